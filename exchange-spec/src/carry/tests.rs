//! Files that are whole, and files that are not.

use sanheyi_proto::exchange::v1::carry_item::Item;
use sanheyi_proto::exchange::v1::{CarryItem, GreetRequest, PushRequest};

use super::*;
use crate::limits::{CARRY_BYTES, MESSAGE_BYTES, NOTE_BYTES};

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32])
}

fn ending() -> Ending {
    Ending {
        from: "jintan".parse().unwrap(),
        to: "changzhou".parse().unwrap(),
        kind: Kind::Up,
        number: CarryId::new([3; 16]),
        part: 1,
        answers: None,
        time: Timestamp::from_micros(1_782_864_000_000_000),
    }
}

fn push(checkpoint: String) -> CarryItem {
    CarryItem { item: Some(Item::Push(PushRequest { checkpoint, ..PushRequest::default() })) }
}

fn greet() -> CarryItem {
    CarryItem { item: Some(Item::Greet(GreetRequest { protocol: 1, ..GreetRequest::default() })) }
}

fn file(items: &[CarryItem]) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new()).unwrap();
    items.iter().for_each(|item| writer.push(item).unwrap());
    writer.finish(ending(), &key(7)).unwrap().1
}

fn read(file: &[u8]) -> Result<(Vec<CarryItem>, Claimed), CarryError> {
    let mut reader = Reader::open(file, file.len() as u64)?;
    let mut items = Vec::new();
    while let Some(item) = reader.next_item()? {
        items.push(item);
    }
    Ok((items, reader.finish()?))
}

fn verified(file: &[u8]) -> Result<Manifest, CarryError> {
    let (_, claimed) = read(file)?;
    let to = "changzhou".parse().unwrap();
    claimed.verify(&to, Kind::Up, &key(7).verifying()).cloned()
}

#[test]
fn what_is_written_is_read() {
    let items = [push("a".into()), push("b".repeat(1000)), greet()];
    let bytes = file(&items);
    let (found, claimed) = read(&bytes).unwrap();
    assert_eq!(found, items);
    let manifest = verified(&bytes).unwrap();
    assert_eq!(*claimed.manifest(), manifest);
    assert_eq!((manifest.items, manifest.kind, manifest.answers), (3, Kind::Up, None));
    let note = &bytes[usize::try_from(manifest.bytes).unwrap()..];
    assert_eq!(str::from_utf8(note).unwrap(), manifest.sign(&key(7)));
}

#[test]
fn a_file_without_items_is_whole() {
    assert_eq!(verified(&file(&[])).unwrap().items, 0);
}

#[test]
fn every_changed_byte_is_noticed() {
    let bytes = file(&[push("checkpoint".into()), greet()]);
    for at in 0..bytes.len() {
        for bit in [0, 3, 7] {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            assert!(verified(&changed).is_err(), "byte {at}, bit {bit}");
        }
    }
}

#[test]
fn a_file_that_ends_early_or_goes_on_is_refused() {
    let bytes = file(&[push("checkpoint".into()), greet()]);
    for end in 0..bytes.len() {
        let refused = verified(&bytes[..end]);
        assert!(refused.is_err(), "ended at {end}");
    }
    let more = [&bytes[..], b"x"].concat();
    assert!(verified(&more).is_err());
    // Shorter than its length says: the medium was taken out.
    let early = Reader::open(&bytes[..9], bytes.len() as u64).unwrap().finish();
    assert!(matches!(early, Err(CarryError::Truncated(_))), "{early:?}");
}

#[test]
fn it_is_for_one_reader_by_one_writer_and_goes_one_way() {
    let (_, claimed) = read(&file(&[greet()])).unwrap();
    let (hub, key_of) = ("changzhou".parse().unwrap(), key(7).verifying());
    let other = "wujin".parse().unwrap();
    let to = claimed.verify(&other, Kind::Up, &key_of).unwrap_err();
    assert!(matches!(&to, CarryError::Recipient { .. }), "{to}");
    let way = claimed.verify(&hub, Kind::Down, &key_of).unwrap_err();
    assert!(matches!(&way, CarryError::Direction { .. }), "{way}");
    let by = claimed.verify(&hub, Kind::Up, &key(8).verifying()).unwrap_err();
    assert!(matches!(&by, CarryError::Writer(_)), "{by}");
    for error in [to, way, by] {
        assert!(error.to_string().contains(" · "), "both languages: {error}");
    }
}

#[test]
fn an_item_may_have_the_largest_size_and_no_byte_more() {
    let overhead = prost::Message::encoded_len(&push("x".repeat(MESSAGE_BYTES - 64)));
    let room = MESSAGE_BYTES - (overhead - (MESSAGE_BYTES - 64));
    let largest = push("x".repeat(room));
    assert_eq!(prost::Message::encoded_len(&largest), MESSAGE_BYTES);
    let bytes = file(std::slice::from_ref(&largest));
    assert_eq!(read(&bytes).unwrap().0, [largest]);
    let mut writer = Writer::new(Vec::new()).unwrap();
    let refused = writer.push(&push("x".repeat(room + 1)));
    assert!(matches!(refused, Err(CarryError::Item { .. })));

    let mut longer = MAGIC.to_vec();
    crate::wire::put_varint(&mut longer, MESSAGE_BYTES as u64 + 1);
    longer.resize(MESSAGE_BYTES + 100, 0);
    assert!(matches!(read(&longer), Err(CarryError::Length { at: 5 })));
}

#[test]
fn a_length_has_one_form_and_an_item_a_kind() {
    for (bytes, why) in [
        (vec![0x81, 0x00], "longer than it need be"),
        (vec![0xff, 0xff, 0xff, 0xff, 0x01], "five bytes"),
    ] {
        let file = [MAGIC, &bytes[..], &[0; 64]].concat();
        assert!(matches!(read(&file), Err(CarryError::Length { .. })), "{why}");
    }
    // Field 100 of a later version, and a field that is cut off.
    for item in [&[0xa2, 0x06, 0x01, b'x'][..], &[0x0a, 0x05]] {
        let length = u8::try_from(item.len()).unwrap();
        let file = [MAGIC, &[length][..], item, &[0; 64]].concat();
        assert!(matches!(read(&file), Err(CarryError::Item { at: 5, .. })));
    }
}

#[test]
fn a_file_and_its_manifest_have_bounds() {
    let open = |length| Reader::open(&b"SHYC1"[..], length);
    assert!(open(CARRY_BYTES).is_ok());
    assert!(matches!(open(CARRY_BYTES + 1), Err(CarryError::TooLong)));
    for (length, fits) in [(NOTE_BYTES, true), (NOTE_BYTES + 1, false)] {
        let bytes = [MAGIC, &[0][..], &b"x".repeat(length - 1), b"\n"].concat();
        let error = read(&bytes).unwrap_err();
        let too_long = matches!(&error, CarryError::Note(crate::note::NoteError::TooLong));
        assert_eq!(!too_long, fits, "{error}");
    }
}

#[test]
fn later_lines_of_a_manifest_are_passed_over_and_no_known_one_may_be_missing() {
    let bytes = file(&[greet()]);
    let whole = verified(&bytes).unwrap();
    let front = &bytes[..usize::try_from(whole.bytes).unwrap()];
    let text = whole.sign(&key(7)).split_once("\n\n").unwrap().0.to_owned() + "\n";
    let signed = |text: String| {
        let note = Note::sign(text, "jintan", &key(7)).unwrap().to_string();
        verified(&[front, note.as_bytes()].concat())
    };
    assert_eq!(signed(text.clone() + "weather fine\n").unwrap(), whole);
    for line in text.lines() {
        let without = text.replacen(&format!("{line}\n"), "", 1);
        assert!(signed(without).is_err(), "without {line}");
    }
    assert!(signed(text.replace("part 1", "part 01")).is_err());
    assert!(signed(text.replace("kind up", "kind sideways")).is_err());
}
