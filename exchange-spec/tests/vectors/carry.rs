//! Carry files: in both directions, and what must be refused.

use sanheyi_exchange_spec::carry::{CarryError, Ending, Kind, Manifest, Reader, Writer};
use sanheyi_exchange_spec::ids::{CarryId, PlatformId};
use sanheyi_exchange_spec::suite::SigningKey;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::exchange::v1 as wire;
use sanheyi_proto::exchange::v1::carry_item::Item;
use serde_json::{Value, json};

use crate::entries::{JOURNAL, MORNING};
use crate::{hex, hold, variant};

const SEED: [u8; 32] = [7; 32];
const HUB_SEED: [u8; 32] = [9; 32];

fn id(text: &str) -> PlatformId {
    text.parse().unwrap()
}

fn greet() -> Item {
    let claim = wire::JournalClaim {
        journal: JOURNAL.into(),
        holds: vec![vec![0x0e; 16].into()],
        next: vec![0x0f; 16].into(),
        ..wire::JournalClaim::default()
    };
    Item::Greet(wire::GreetRequest {
        protocol: 1,
        standard: 1,
        now: MORNING,
        journals: vec![claim],
        ..wire::GreetRequest::default()
    })
}

fn push() -> Item {
    let segments = vec![b"a segment".as_slice().into()];
    Item::Push(wire::PushRequest {
        journal: JOURNAL.into(),
        first: 7,
        segments,
        ..wire::PushRequest::default()
    })
}

fn greeted() -> Item {
    let mailboxes = vec![wire::JournalSize { journal: JOURNAL.into(), size: 3 }];
    Item::Greeted(wire::GreetResponse { mailboxes, now: MORNING, ..Default::default() })
}

fn file(kind: Kind, part: u64, items: &[Item], key: &SigningKey) -> (Manifest, Vec<u8>) {
    let (from, to) = match kind {
        Kind::Up => ("jintan", "changzhou"),
        Kind::Down => ("changzhou", "jintan"),
    };
    let mut writer = Writer::new(Vec::new()).unwrap();
    for item in items {
        writer.push(&wire::CarryItem { item: Some(item.clone()) }).unwrap();
    }
    let ending = Ending {
        from: id(from),
        to: id(to),
        kind,
        number: CarryId::new([3; 16]),
        part,
        answers: (kind == Kind::Down).then_some(CarryId::new([4; 16])),
        time: Timestamp::from_micros(MORNING),
    };
    writer.finish(ending, key).unwrap()
}

fn read(bytes: &[u8], to: &str, kind: Kind, key: &SigningKey) -> Result<Manifest, CarryError> {
    let claimed = Reader::open(bytes, bytes.len() as u64)?.finish()?;
    claimed.verify(&id(to), kind, &key.verifying()).cloned()
}

fn shown(name: &str, (manifest, bytes): &(Manifest, Vec<u8>)) -> Value {
    json!({
        "name": name,
        "from": manifest.from.to_string(),
        "to": manifest.to.to_string(),
        "kind": manifest.kind.to_string(),
        "number": manifest.number.to_string(),
        "part": manifest.part,
        "answers": manifest.answers.map(|id| id.to_string()),
        "digest": manifest.digest.to_string(),
        "items": manifest.items,
        "bytes": manifest.bytes,
        "time": manifest.time.as_micros(),
        "file": hex(bytes),
    })
}

#[test]
fn carry_files_are_the_golden_ones() {
    let (key, hub) = (SigningKey::from_seed(&SEED), SigningKey::from_seed(&HUB_SEED));
    let up = file(Kind::Up, 1, &[push(), greet()], &key);
    let part = file(Kind::Up, 2, &[push()], &key);
    let down = file(Kind::Down, 1, &[greeted()], &hub);
    let open = |bytes: &[u8]| read(bytes, "changzhou", Kind::Up, &key);
    assert_eq!(open(&up.1).unwrap(), up.0);
    assert_eq!(open(&part.1).unwrap(), part.0);
    assert_eq!(read(&down.1, "jintan", Kind::Down, &hub).unwrap(), down.0);

    let bytes = &up.1;
    let changed = |at: usize| {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        bytes
    };
    let after = usize::try_from(up.0.bytes).unwrap();
    let unknown = [b"SHYC1", &[4, 0xa2, 0x06, 0x01, b'x', 0][..]].concat();
    let long = [b"SHYC1", &[0x81, 0x00][..], &bytes[7..]].concat();
    let refused: Vec<Value> = [
        ("an item changed", changed(20)),
        ("the manifest changed", changed(after + 30)),
        ("another magic", changed(4)),
        ("cut off within an item", bytes[..40].to_vec()),
        ("cut off before the manifest", bytes[..after].to_vec()),
        ("a byte too many", [bytes, &b"\n"[..]].concat()),
        ("an item of a later kind", unknown),
        ("a length that is longer than it need be", long),
        ("signed by another key", file(Kind::Up, 1, &[greet()], &hub).1),
        ("for another reader, the other way", down.1.clone()),
    ]
    .iter()
    .map(|(name, bytes)| {
        let error = variant(&open(bytes).expect_err(name));
        json!({"name": name, "file": hex(bytes), "error": error})
    })
    .collect();
    let vector = json!({
        "seed": hex(SEED),
        "hub_seed": hex(HUB_SEED),
        "reader": "changzhou",
        "files": [
            shown("pushes and the Greet", &up),
            shown("a second file of an export, without a Greet", &part),
            shown("an answer", &down),
        ],
        "refused": refused,
    });
    hold("carry", &vector);
}
