//! A forward proves its entry by its author's checkpoint, and by nothing else.

use proptest::prelude::*;

use super::*;
use crate::entry::{Header, Operation};
use crate::ids::EpochId;
use crate::merkle::{Tree, inclusion_proof};
use crate::suite::SigningKey;
use crate::time::Timestamp;

const JOURNAL: &str = "jintan>changzhou/normal/000102030405060708090a0b0c0d0e0f";
const ENTRIES: u64 = 300;

fn author() -> SigningKey {
    SigningKey::from_seed(&[3; 32])
}

fn body(number: u64) -> Body {
    Body { salt: Salt([5; 16]), bytes: format!("part {number}").into() }
}

fn header(number: u64) -> Bytes {
    let Body { salt, bytes } = body(number);
    let header = Header {
        dataset: "case.document".parse().unwrap(),
        record: format!("JS048200SC0000000001-{number:04}").parse().unwrap(),
        revision: 1,
        follows: None,
        custody_epoch: 0,
        operation: Operation::Put,
        standard: 3,
        occurred: Timestamp::from_micros(1),
        recorded: Timestamp::from_micros(2),
        body_digest: Suite::Intl.body(&salt, &bytes),
    };
    header.encode().into()
}

fn signed(tree: &Tree) -> Checkpoint {
    Checkpoint {
        journal: JOURNAL.parse().unwrap(),
        size: tree.size(),
        root: tree.root(),
        epoch: EpochId::new([1; 16]),
        opened: 0,
        time: Timestamp::from_micros(3),
        keeper: None,
    }
}

/// The entry at `sequence` of a journal of so many entries, with all that proves it.
fn forwarded(sequence: u64) -> (Forward, Enclosure) {
    let mut tree = Tree::new(Suite::Intl);
    (0..ENTRIES).for_each(|number| tree.push(Suite::Intl.leaf(&header(number))));
    let tiles = tree.take_changed();
    let inclusion = inclusion_proof(Suite::Intl, sequence, tree.size(), |tile| {
        let stored = tiles.iter().find(|(id, _)| *id == tile);
        Ok::<_, std::convert::Infallible>(stored.map(|(_, hashes)| hashes.clone()))
    });
    let checkpoint = signed(&tree).sign(&author());
    let enclosure =
        Enclosure { body: Some(body(sequence)), checkpoint, inclusion: inclusion.unwrap() };
    let forward = Forward {
        journal: JOURNAL.parse().unwrap(),
        sequence,
        header: header(sequence),
        standing: Standing::Accepted,
        reasons: vec![Reason::new("title", "record.x", "提示", "a warning")],
    };
    (forward, enclosure)
}

fn verified((forward, enclosure): &(Forward, Enclosure)) -> Result<u64, EnclosureError> {
    forward.verify(enclosure, key_of).map(|signed| signed.size)
}

/// As a directory says it: for the journal's last entry, which is the one that is signed for.
fn key_of(platform: &PlatformId, lane: Lane, sequence: u64) -> Option<VerifyingKey> {
    let known = platform.as_str() == "jintan" && lane == Lane::Normal && sequence == ENTRIES - 1;
    known.then(|| author().verifying())
}

#[test]
fn a_forward_survives_its_bytes() {
    let (forward, enclosure) = forwarded(7);
    assert_eq!(Forward::decode(&forward.encode()).unwrap(), forward);
    let beside = ["another".to_owned(), enclosure.checkpoint.clone()];
    let read = Enclosure::from_wire(enclosure.to_wire(41, 1), &beside).unwrap();
    assert_eq!(read, (41, enclosure.clone()));
    let erased = Enclosure { body: None, ..enclosure };
    let read = Enclosure::from_wire(erased.to_wire(41, 1), &beside).unwrap();
    assert_eq!(read, (41, erased));
}

#[test]
fn the_authors_checkpoint_proves_the_entry_with_its_body_and_without() {
    for sequence in [0, 1, 255, 256, ENTRIES - 1] {
        let (forward, enclosure) = forwarded(sequence);
        assert_eq!(verified(&(forward.clone(), enclosure.clone())), Ok(ENTRIES));
        let erased = Enclosure { body: None, ..enclosure };
        assert_eq!(verified(&(forward, erased)), Ok(ENTRIES));
    }
}

#[test]
fn whatever_is_changed_on_the_way_is_named() {
    let good = forwarded(40);
    let change = |how: fn(&mut Forward, &mut Enclosure)| {
        let (mut forward, mut enclosure) = good.clone();
        how(&mut forward, &mut enclosure);
        verified(&(forward, enclosure)).unwrap_err().to_string()
    };
    let named = |problem: String, place: &str| {
        assert!(problem.starts_with(place), "{problem}");
    };
    named(change(|_, e| e.body = Some(body(41))), "body");
    named(change(|_, e| e.body.as_mut().unwrap().salt = Salt([6; 16])), "body");
    named(change(|f, _| f.header = header(41)), "inclusion");
    named(change(|f, _| f.sequence = 41), "inclusion");
    named(change(|f, _| f.sequence = ENTRIES), "inclusion");
    named(change(|f, _| f.header = Bytes::from_static(b"no header")), "header");
    named(change(|_, e| e.inclusion[2] = Digest::new([9; 32])), "inclusion");
    named(change(|_, e| e.inclusion.truncate(3)), "inclusion");
    let another = "jintan>changzhou/urgent/000102030405060708090a0b0c0d0e0f";
    let (forward, enclosure) = good.clone();
    let elsewhere = Forward { journal: another.parse().unwrap(), ..forward };
    named(verified(&(elsewhere, enclosure.clone())).unwrap_err().to_string(), "key");
    let another = JOURNAL.replace("0001", "0002");
    let (forward, _) = good.clone();
    let elsewhere = Forward { journal: another.parse().unwrap(), ..forward };
    named(verified(&(elsewhere, enclosure)).unwrap_err().to_string(), "checkpoint");
}

#[test]
fn the_hubs_word_proves_nothing() {
    let (forward, enclosure) = forwarded(40);
    let hub = SigningKey::from_seed(&[8; 32]);
    let mut tree = Tree::new(Suite::Intl);
    (0..ENTRIES).for_each(|number| tree.push(Suite::Intl.leaf(&header(number))));
    let checkpoint = signed(&tree).sign(&hub);
    let told = Enclosure { checkpoint, ..enclosure };
    let refused = forward.verify(&told, key_of);
    assert!(matches!(refused, Err(EnclosureError::Checkpoint(_))), "{refused:?}");
}

#[test]
fn forwards_and_enclosures_are_bounded_at_their_edges() {
    let (forward, enclosure) = forwarded(7);
    let with = |reasons: usize| {
        let reasons = vec![Reason::new("", "record.x", "提示", "a warning"); reasons];
        Forward { reasons, ..forward.clone() }.encode()
    };
    assert!(Forward::decode(&with(limits::REASONS)).is_ok());
    assert!(Forward::decode(&with(limits::REASONS + 1)).is_err());
    let at = |sequence| Forward { sequence, ..forward.clone() }.encode();
    assert!(Forward::decode(&at(SIZE_MAX - 1)).is_ok());
    assert!(Forward::decode(&at(SIZE_MAX)).is_err());

    let beside = [enclosure.checkpoint.clone()];
    let read = |one: &Enclosure| Enclosure::from_wire(one.to_wire(0, 0), &beside).is_ok();
    let hashes =
        |count| Enclosure { inclusion: vec![Digest::new([1; 32]); count], ..enclosure.clone() };
    assert!(read(&hashes(limits::INCLUSION_HASHES)));
    assert!(!read(&hashes(limits::INCLUSION_HASHES + 1)));
    let long = |length| {
        let body = Body { salt: Salt([1; 16]), bytes: vec![0; length].into() };
        Enclosure { body: Some(body), ..enclosure.clone() }
    };
    assert!(read(&long(limits::BODY_BYTES)));
    assert!(!read(&long(limits::BODY_BYTES + 1)));
}

#[test]
fn an_enclosure_out_of_shape_is_refused() {
    let (_, enclosure) = forwarded(7);
    let beside = [enclosure.checkpoint.clone()];
    let change = |how: fn(&mut wire::Enclosure)| {
        let mut message = enclosure.to_wire(0, 0);
        how(&mut message);
        assert!(Enclosure::from_wire(message, &beside).is_err());
    };
    change(|message| message.checkpoint = 1);
    change(|message| message.salt = Bytes::from_static(&[1; 15]));
    change(|message| message.erased = true);
    change(|message| message.inclusion[0] = Bytes::from_static(&[1; 31]));
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        let _ = Forward::decode(&bytes);
        if let Ok(message) = wire::Enclosure::decode(&*bytes) {
            let _ = Enclosure::from_wire(message, &[]);
        }
    }
}
