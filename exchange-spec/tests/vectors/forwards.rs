//! Forwards with what is joined to them, and erasures.

use bytes::Bytes;
use sanheyi_exchange_spec::checkpoint::Checkpoint;
use sanheyi_exchange_spec::entry::Body;
use sanheyi_exchange_spec::erasure::{self, Erasure};
use sanheyi_exchange_spec::forward::{self, Enclosure, Forward};
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::ids::EpochId;
use sanheyi_exchange_spec::merkle::{Tree, inclusion_proof};
use sanheyi_exchange_spec::suite::{Digest, SigningKey, Suite};
use sanheyi_exchange_spec::time::Timestamp;
use serde_json::{Value, json};

use crate::entries::{JOURNAL, MORNING, first, salt};
use crate::{hex, hold, variant};

const SEED: [u8; 32] = [9; 32];
/// Where the entry stands, and among how many.
const PLACE: u64 = 3;
const ENTRIES: u64 = 7;

/// A forward and what proves it.
fn forwarded() -> (Forward, Enclosure) {
    let body = Body { salt: salt(0x11), bytes: (&b"first"[..]).into() };
    let header: Bytes = first(&body.salt, &body.bytes).encode().into();
    let mut tree = Tree::new(Suite::Intl);
    for place in 0..ENTRIES {
        let leaf =
            if place == PLACE { header.to_vec() } else { vec![u8::try_from(place).unwrap()] };
        tree.push(Suite::Intl.leaf(&leaf));
    }
    let tiles = tree.take_changed();
    let inclusion = inclusion_proof(Suite::Intl, PLACE, ENTRIES, |tile| {
        let stored = tiles.iter().find(|(id, _)| *id == tile);
        Ok::<_, std::convert::Infallible>(stored.map(|(_, hashes)| hashes.clone()))
    });
    let checkpoint = Checkpoint {
        journal: JOURNAL.parse().unwrap(),
        size: ENTRIES,
        root: tree.root(),
        epoch: EpochId::new([1; 16]),
        opened: 0,
        time: Timestamp::from_micros(MORNING),
        keeper: None,
    };
    let checkpoint = checkpoint.sign(&SigningKey::from_seed(&SEED));
    let enclosure = Enclosure { body: Some(body), checkpoint, inclusion: inclusion.unwrap() };
    let journal = JOURNAL.parse().unwrap();
    let (standing, reasons) = (Standing::Accepted, Vec::new());
    (Forward { journal, sequence: PLACE, header, standing, reasons }, enclosure)
}

fn vector((forward, enclosure): &(Forward, Enclosure)) -> Value {
    let key = SigningKey::from_seed(&SEED).verifying();
    let verified = forward.verify(enclosure, |_, _, _| Some(key));
    json!({
        "forward": hex(forward.encode()),
        "journal": forward.journal.to_string(),
        "sequence": forward.sequence,
        "header": hex(&forward.header),
        "salt": enclosure.body.as_ref().map(|body| hex(body.salt.0)),
        "inside": enclosure.body.as_ref().map(|body| hex(&body.bytes)),
        "checkpoint": enclosure.checkpoint,
        "inclusion": enclosure.inclusion.iter().map(Digest::to_string).collect::<Vec<_>>(),
        "refused": verified.err().map(|error| variant(&error)),
    })
}

#[test]
fn forwards_and_erasures_are_the_golden_ones() {
    let good = forwarded();
    let changed = |how: fn(&mut Forward, &mut Enclosure)| {
        let (mut forward, mut enclosure) = good.clone();
        how(&mut forward, &mut enclosure);
        (forward, enclosure)
    };
    let scenes = [
        ("proved by its author", good.clone()),
        ("erased, and proved all the same", changed(|_, one| one.body = None)),
        (
            "another body",
            changed(|_, one| {
                one.body = Some(Body { salt: salt(0x11), bytes: (&b"other"[..]).into() });
            }),
        ),
        ("another place", changed(|one, _| one.sequence = PLACE + 1)),
        ("a proof that is too short", changed(|_, one| one.inclusion.truncate(1))),
        (
            "a checkpoint of another key",
            changed(|_, one| {
                let own = SigningKey::from_seed(&SEED).verifying();
                let mut said = Checkpoint::open(&one.checkpoint, &own).unwrap();
                said.opened = 1;
                one.checkpoint = said.sign(&SigningKey::from_seed(&[8; 32]));
            }),
        ),
    ];
    let forwards: Vec<_> = scenes
        .iter()
        .map(|(name, one)| {
            let mut vector = vector(one);
            vector["name"] = json!(name);
            vector
        })
        .collect();
    let erasure = Erasure {
        dataset: "case.case".parse().unwrap(),
        record: "JS048100JT0000000217".parse().unwrap(),
        revision: 2,
        digest: Suite::Intl.leaf(b"erased"),
        reason: "保存期限届满".into(),
        basis: "档案保管期限表第三条".into(),
        decided_by: "数据管理科".into(),
    };
    assert_eq!(Erasure::decode(&erasure.encode()).unwrap(), erasure);
    let said = json!({
        "record": erasure.record_id(),
        "dataset": erasure.dataset.as_str(),
        "erased": erasure.record.as_str(),
        "revision": erasure.revision,
        "digest": erasure.digest.to_string(),
        "reason": erasure.reason,
        "basis": erasure.basis,
        "decided_by": erasure.decided_by,
        "body": hex(erasure.encode()),
    });
    let vector = json!({
        "dataset": forward::DATASET,
        "seed": hex(SEED),
        "forwards": forwards,
        "erasures": {"dataset": erasure::DATASET, "good": [said]},
    });
    hold("forwards", &vector);
}
