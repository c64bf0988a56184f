//! What is signed: checkpoints, grants, travelling proofs.

use sanheyi_exchange_spec::checkpoint::{Checkpoint, CheckpointError};
use sanheyi_exchange_spec::grant::{Grant, GrantError};
use sanheyi_exchange_spec::ids::{EpochId, Generation, PlatformId};
use sanheyi_exchange_spec::merkle::inclusion_proof;
use sanheyi_exchange_spec::merkle::tlog_proof::TlogProof;
use sanheyi_exchange_spec::note::{Note, parse_verifier_key, verifier_key};
use sanheyi_exchange_spec::suite::{SigningKey, Suite};
use sanheyi_exchange_spec::time::Timestamp;
use serde_json::{Value, json};

use crate::entries::{JOURNAL, MORNING};
use crate::tree::{leaf, read, tree};
use crate::{hex, hold, variant};

const SEED: [u8; 32] = [7; 32];
const HUB_SEED: [u8; 32] = [9; 32];

fn key() -> SigningKey {
    SigningKey::from_seed(&SEED)
}

fn checkpoint(size: u64) -> Checkpoint {
    Checkpoint {
        journal: JOURNAL.parse().unwrap(),
        size,
        root: tree(size).0.root(),
        epoch: EpochId::new([0x0e; 16]),
        opened: size / 2,
        time: Timestamp::from_micros(MORNING),
        keeper: None,
    }
}

fn grant() -> Grant {
    Grant {
        journal: JOURNAL.parse().unwrap(),
        epoch: EpochId::new([0x0e; 16]),
        serial: 7,
        opened: 9,
        root: tree(9).0.root(),
        generation: Generation::new([0x9e; 16]),
        time: Timestamp::from_micros(MORNING),
    }
}

/// The text of a note, signed anew after `from` was replaced by `to`.
fn resigned(note: &str, name: &str, key: &SigningKey, from: &str, to: &str) -> String {
    assert!(note.contains(from), "{from}");
    let text = note.split_once("\n\n").unwrap().0.replace(from, to) + "\n";
    Note::sign(text, name, key).unwrap().to_string()
}

fn note_error(error: &CheckpointError) -> String {
    match error {
        CheckpointError::Note(error) => variant(error),
        CheckpointError::Line(line) => format!("Line {line}"),
    }
}

#[test]
fn checkpoints_are_the_golden_ones() {
    let (name, key) = (JOURNAL, key());
    let verifier = verifier_key(name, &key.verifying());
    assert_eq!(parse_verifier_key(&verifier), Ok((name.to_owned(), key.verifying())));
    let good: Vec<Value> = [0, 1, 9]
        .map(|size| {
            let checkpoint = checkpoint(size);
            let note = checkpoint.sign(&key);
            assert_eq!(Checkpoint::open(&note, &key.verifying()), Ok(checkpoint.clone()));
            json!({
                "journal": checkpoint.journal.to_string(),
                "size": size,
                "root": checkpoint.root.to_string(),
                "epoch": checkpoint.epoch.to_string(),
                "opened": checkpoint.opened,
                "time": checkpoint.time.as_micros(),
                "note": note,
            })
        })
        .into();
    let kept = Checkpoint { keeper: Some("changzhou".parse().unwrap()), ..checkpoint(9) };
    let kept_note = kept.sign(&key);
    assert_eq!(Checkpoint::open(&kept_note, &key.verifying()), Ok(kept));
    let by = |line: &str| resigned(&kept_note, name, &key, "keeper changzhou", line);
    let note = checkpoint(9).sign(&key);
    let again = |from: &str, to: &str| resigned(&note, name, &key, from, to);
    let extended = again("time ", "time 1\nweather fine\nand ");
    assert!(Checkpoint::open(&extended, &key.verifying()).is_ok());
    let other = SigningKey::from_seed(&HUB_SEED);
    let refused: Vec<Value> = [
        ("changed after it was signed", note.replace("\n9\n", "\n8\n")),
        ("signed by another key", checkpoint(9).sign(&other)),
        ("signed under another name", resigned(&note, "jintan", &key, "\n9\n", "\n9\n")),
        ("not signed", note.split_once('\u{2014}').unwrap().0.to_owned()),
        ("a size with a zero in front", again("\n9\n", "\n09\n")),
        ("a size beyond 63 bits", again("\n9\n", "\n9223372036854775808\n")),
        ("a root that is too short", again(note.lines().nth(2).unwrap(), "AAAA")),
        ("an epoch in capitals", again("0e0e", "0E0e")),
        ("no time", again("\ntime ", "\nhour ")),
        ("a keeper who is the author", by("keeper jintan")),
        ("a keeper who is no platform", by("keeper Changzhou")),
    ]
    .iter()
    .map(|(name, note)| {
        let error = note_error(&Checkpoint::open(note, &key.verifying()).expect_err(name));
        json!({"name": name, "note": note, "error": error})
    })
    .collect();
    let vector = json!({
        "seed": hex(SEED),
        "public_key": hex(key.verifying().as_bytes()),
        "verifier_key": verifier,
        "checkpoints": good,
        "with_later_extension_lines": extended,
        "kept_by_another": {"keeper": "changzhou", "size": 9, "note": kept_note},
        "refused": refused,
    });
    hold("checkpoints", &vector);
}

#[test]
fn grants_are_the_golden_ones() {
    let (hub, key): (PlatformId, _) =
        ("changzhou".parse().unwrap(), SigningKey::from_seed(&HUB_SEED));
    let (grant, open) = (grant(), |note: &str| Grant::open(note, &hub, &key.verifying()));
    let note = grant.sign(&hub, &key);
    assert_eq!(open(&note), Ok(grant.clone()));
    let again = |from: &str, to: &str| resigned(&note, hub.as_str(), &key, from, to);
    let refused: Vec<Value> = [
        ("changed after it was signed", note.replace("serial 7", "serial 8")),
        ("signed under another name", resigned(&note, "wuxi", &key, "serial 7", "serial 7")),
        ("another heading", again("sanheyi-grant/v1", "sanheyi-grant/v2")),
        ("a serial with a plus", again("serial 7", "serial +7")),
        ("lines in another order", again("serial 7\nopened 9", "opened 9\nserial 7")),
    ]
    .iter()
    .map(|(name, note)| {
        let error = match open(note).expect_err(name) {
            GrantError::Note(error) => variant(&error),
            GrantError::Line(line) => format!("Line {line}"),
        };
        json!({"name": name, "note": note, "error": error})
    })
    .collect();
    let vector = json!({
        "seed": hex(HUB_SEED),
        "verifier_key": verifier_key(hub.as_str(), &key.verifying()),
        "grant": {
            "journal": grant.journal.to_string(),
            "epoch": grant.epoch.to_string(),
            "serial": grant.serial,
            "opened": grant.opened,
            "root": grant.root.to_string(),
            "generation": grant.generation.to_string(),
            "time": grant.time.as_micros(),
            "note": note,
        },
        "refused": refused,
    });
    hold("grants", &vector);
}

#[test]
fn travelling_proofs_are_the_golden_ones() {
    let (key, (_, tiles)) = (key(), tree(9));
    let proofs: Vec<Value> = [(8, None), (3, Some(3_u64.to_be_bytes().to_vec()))]
        .map(|(index, extra)| {
            let hashes = inclusion_proof(Suite::Intl, index, 9, read(&tiles)).unwrap();
            let proof = TlogProof { extra, index, hashes, checkpoint: checkpoint(9).sign(&key) };
            let text = proof.to_string();
            let read: TlogProof = text.parse().unwrap();
            assert_eq!(read, proof);
            let verified = read.verify(Suite::Intl, &leaf(index), &key.verifying());
            assert_eq!(verified.unwrap(), checkpoint(9));
            assert!(read.verify(Suite::Intl, &leaf(index + 1), &key.verifying()).is_err());
            json!({"index": index, "leaf": leaf(index).to_string(), "text": text})
        })
        .into();
    let verifier = verifier_key(JOURNAL, &key.verifying());
    hold("tlog_proofs", &json!({"verifier_key": verifier, "proofs": proofs}));
}
