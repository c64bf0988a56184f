//! Segments. Packing is not canonical: another release of zstd may pack the same entries into other
//! bytes. Opening is: so the stored bytes are opened, never compared with packed ones.

use sanheyi_exchange_spec::segment::{Opened, SegmentReader, SegmentWriter, peek_entries};
use sanheyi_exchange_spec::suite::{Salt, Suite};
use sanheyi_exchange_spec::{entry, limits};
use serde_json::{Value, json};

use crate::entries::{first, salt};
use crate::{hex, hold, stored, unhex, variant};

fn packed(fill: impl FnOnce(&mut SegmentWriter)) -> Vec<u8> {
    let mut writer = SegmentWriter::new().unwrap();
    fill(&mut writer);
    writer.finish().unwrap().to_vec()
}

fn put(writer: &mut SegmentWriter, salt: Salt, body: &[u8]) {
    writer.push(&first(&salt, body).encode(), &salt, body);
}

/// Frames as they stand, under the lengths that they have.
fn plain(entries: u32, headers: &[u8], bodies: &[u8]) -> Vec<u8> {
    let length = |frame: &[u8]| u32::try_from(frame.len()).unwrap();
    let (h, b) = (length(headers), length(bodies));
    segment([entries, h, h, b, b], &[headers, bodies])
}

fn segment(numbers: [u32; 5], frames: &[&[u8]]) -> Vec<u8> {
    let numbers: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
    [b"SHY1", &numbers[..], &frames.concat()].concat()
}

/// One entry of a headers frame, whole, and of a bodies frame.
fn one(body: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let header = first(&salt(0x11), body).encode();
    let prefix = &header[..header.len() - entry::DIGEST_TAIL];
    let length = |bytes: &[u8]| u8::try_from(bytes.len()).unwrap();
    let headers = [&[0, length(prefix)], prefix].concat();
    (headers, [&[0x11; 16], &[length(body)][..], body].concat())
}

fn good() -> Vec<(&'static str, Vec<u8>)> {
    let (headers, bodies) = one(b"first");
    vec![
        ("one entry, both frames as they are", plain(1, &headers, &bodies)),
        ("four entries, packed by zstd, the second erased", {
            packed(|writer| {
                put(writer, salt(1), b"first");
                writer.push_erased(&first(&salt(2), b"erased").encode());
                put(writer, salt(3), b"");
                put(writer, salt(4), "办件 ".repeat(40).as_bytes());
            })
        }),
    ]
}

fn refused() -> Vec<(&'static str, Vec<u8>)> {
    let (headers, bodies) = one(b"first");
    let whole = plain(1, &headers, &bodies);
    let free = u32::try_from(limits::FRAME_RATIO_FREE_BYTES).unwrap();
    let frame = u32::try_from(limits::FRAME_BYTES).unwrap();
    let most = u32::try_from(limits::SEGMENT_ENTRIES).unwrap();
    let small = zstd::bulk::compress(&[7; 600], 1).unwrap();
    let packed = u32::try_from(small.len()).unwrap();
    let (kind, broken) =
        ([&[2], &headers[1..]].concat(), [&headers[..3], b"X", &headers[4..]].concat());
    vec![
        ("empty", Vec::new()),
        ("another version", [b"SHY2", &whole[4..]].concat()),
        ("cut in its preamble", whole[..20].to_vec()),
        ("cut in its last frame", whole[..whole.len() - 1].to_vec()),
        ("a byte after its end", [&whole[..], b"x"].concat()),
        ("no entries", segment([0, 0, 0, 0, 0], &[])),
        ("too many entries", segment([most + 1, 1, 1, 1, 1], &[b"hb"])),
        ("a frame too large", segment([1, frame + 1, 9, 1, 1], &[&[0; 10]])),
        ("a frame that grows when packed", segment([1, 1, 2, 1, 1], &[&[0; 3]])),
        ("a ratio too high", segment([1, free + 1, 256, 1, 1], &[&[0; 257]])),
        ("a frame that is no zstd", segment([1, 600, 5, 1, 1], &[&[0; 6]])),
        ("a frame that announces less", segment([1, 599, packed, 1, 1], &[&small, b"b"])),
        ("a frame that announces more", segment([1, 601, packed, 1, 1], &[&small, b"b"])),
        ("two frames in one", {
            let two = [&small[..], &small].concat();
            segment([1, 1200, packed * 2, 1, 1], &[&two, b"b"])
        }),
        ("fewer entries than announced", plain(2, &headers, &bodies)),
        ("more entries than announced", plain(1, &headers.repeat(2), &bodies.repeat(2))),
        ("a kind that is not known", plain(1, &kind, &bodies)),
        ("a header that breaks a rule", plain(1, &broken, &bodies)),
        ("a body without an entry", plain(1, &headers, &bodies.repeat(2))),
    ]
}

fn vector(name: &str, bytes: &[u8], opened: &Opened) -> Value {
    let entries: Vec<Value> = opened
        .iter()
        .map(|entry| {
            json!({
                "header": hex(entry.header_bytes),
                "digest": entry.digest.to_string(),
                "salt": entry.body.map(|(salt, _)| hex(salt.0)),
                "body": entry.body.map(|(_, body)| hex(body)),
            })
        })
        .collect();
    json!({"name": name, "segment": hex(bytes), "entries": entries})
}

#[test]
fn segments_open_to_the_golden_entries() {
    let mut reader = SegmentReader::new(Suite::Intl).unwrap();
    let kept = stored("segments");
    let mut opened = Vec::new();
    for (place, (name, packed)) in good().into_iter().enumerate() {
        let entries = vector(name, &[], &reader.open(&packed).unwrap())["entries"].take();
        // The bytes that stand in the file, as long as they open to the same entries.
        let stands = kept["opened"][place]["segment"].as_str().map(unhex).unwrap_or_default();
        let same = reader
            .open(&stands)
            .is_ok_and(|stands| vector(name, &[], &stands)["entries"] == entries);
        let bytes = if same { stands } else { packed };
        let one = reader.open(&bytes).unwrap();
        assert_eq!(usize::try_from(peek_entries(&bytes).unwrap()), Ok(one.len()));
        opened.push(vector(name, &bytes, &one));
    }
    let refused: Vec<Value> = refused()
        .iter()
        .enumerate()
        .map(|(place, (name, bytes))| {
            let error = variant(&reader.open(bytes).expect_err(name));
            let stands = kept["refused"][place]["segment"].as_str().map(unhex);
            let stands = stands
                .filter(|stands| reader.open(stands).is_err_and(|found| variant(&found) == error));
            let bytes = stands.as_ref().unwrap_or(bytes);
            json!({"name": name, "segment": hex(bytes), "error": error})
        })
        .collect();
    hold("segments", &json!({"opened": opened, "refused": refused}));
}
