//! Travelling proofs: written, read back, verified, bounded.

use std::convert::Infallible;

use proptest::prelude::*;

use super::*;
use crate::ids::EpochId;
use crate::merkle::{Tree, inclusion_proof};
use crate::suite::SigningKey;
use crate::time::Timestamp;

const SUITE: Suite = Suite::Intl;

fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

fn leaf(index: u64) -> Digest {
    SUITE.leaf(&index.to_be_bytes())
}

/// The proof of one entry among `size`, and the checkpoint that it names.
fn proof(index: u64, size: u64) -> (TlogProof, Checkpoint) {
    let mut tree = Tree::new(SUITE);
    (0..size).for_each(|index| tree.push(leaf(index)));
    let checkpoint = Checkpoint {
        journal: "jintan>*/urgent/000102030405060708090a0b0c0d0e0f".parse().unwrap(),
        size,
        root: tree.root(),
        epoch: EpochId::new([1; 16]),
        opened: 0,
        time: Timestamp::from_micros(1),
        keeper: None,
    };
    let tiles = tree.take_changed();
    let read = |tile| Ok::<_, Infallible>(tiles.iter().find(|t| t.0 == tile).map(|t| t.1.clone()));
    let hashes = inclusion_proof(SUITE, index, size, read).unwrap();
    let proof = TlogProof { extra: None, index, hashes, checkpoint: checkpoint.sign(&key()) };
    (proof, checkpoint)
}

#[test]
fn a_proof_has_exactly_this_text() {
    let (mut proof, _) = proof(2, 3);
    let hash = base64(proof.hashes[0].as_bytes());
    let checkpoint = &proof.checkpoint;
    let text = format!("c2sp.org/tlog-proof@v1\nindex 2\n{hash}\n\n{checkpoint}");
    assert_eq!(proof.to_string(), text);
    let text = text.replace("index", "extra AAEC\nindex");
    proof.extra = Some(vec![0, 1, 2]);
    assert_eq!(proof.to_string(), text);
}

#[test]
fn a_proof_verifies_after_its_journey_and_only_for_its_leaf_index_and_key() {
    for (index, size) in [(0, 1), (0, 2), (4, 5), (299, 300), (17, 300)] {
        let (mut proof, checkpoint) = proof(index, size);
        proof.extra = Some(index.to_be_bytes().to_vec());
        let mut read: TlogProof = proof.to_string().parse().unwrap();
        assert_eq!(read, proof);
        let key = key().verifying();
        assert_eq!(read.verify(SUITE, &leaf(index), &key), Ok(checkpoint));
        let wrong = Err(TlogProofError::Proof(ProofError::Root));
        assert_eq!(read.verify(SUITE, &leaf(index + 1), &key), wrong);
        let other = SigningKey::from_seed(&[8; 32]).verifying();
        let refused = read.verify(SUITE, &leaf(index), &other);
        assert!(matches!(refused, Err(TlogProofError::Checkpoint(_))));
        read.index += 1;
        assert!(matches!(read.verify(SUITE, &leaf(index), &key), Err(TlogProofError::Proof(_))));
    }
}

#[test]
fn every_bound_trips_at_its_edge() {
    let (proof, _) = proof(0, 1);
    let read = |proof: &TlogProof| proof.to_string().parse::<TlogProof>();
    let hashes = |count: usize| TlogProof { hashes: vec![leaf(0); count], ..proof.clone() };
    assert!(read(&hashes(PROOF_HASHES)).is_ok());
    assert_eq!(read(&hashes(PROOF_HASHES + 1)), Err(TlogProofError::TooLong));
    let extra = |bytes: usize| TlogProof { extra: Some(vec![0; bytes]), ..proof.clone() };
    assert!(read(&extra(0)).is_ok());
    assert!(read(&extra(EXTRA_BYTES)).is_ok());
    assert_eq!(read(&extra(EXTRA_BYTES + 1)), Err(TlogProofError::TooLong));
    let index = |index: u64| TlogProof { index, ..proof.clone() };
    assert!(read(&index(SIZE_MAX - 1)).is_ok());
    assert_eq!(read(&index(SIZE_MAX)), Err(TlogProofError::Line("index")));

    // Everything at its longest at once.
    let note = |bytes: usize| {
        let rest = Note::sign_lines("\n".to_owned(), "name", &key()).to_string().len();
        let text = format!("{}\n", "x".repeat(bytes - rest));
        Note::sign_lines(text, "name", &key()).to_string()
    };
    let longest = TlogProof {
        extra: Some(vec![0; EXTRA_BYTES]),
        index: SIZE_MAX - 1,
        hashes: vec![leaf(0); PROOF_HASHES],
        checkpoint: note(NOTE_BYTES),
    };
    assert!(read(&longest).is_ok());
    let checkpoint = note(NOTE_BYTES + 1);
    let refused = read(&TlogProof { checkpoint, ..longest });
    assert_eq!(refused, Err(TlogProofError::Note(NoteError::TooLong)));
    assert_eq!("x".repeat(PROOF_BYTES + 1).parse::<TlogProof>(), Err(TlogProofError::TooLong));
    let unread = "x".repeat(PROOF_BYTES).parse::<TlogProof>();
    assert_eq!(unread, Err(TlogProofError::Line("checkpoint")));
}

#[test]
fn what_is_no_proof_is_refused_by_name() {
    let text = proof(2, 3).0.to_string();
    let hash = text.lines().nth(2).unwrap().to_owned();
    for (name, old, new) in [
        ("heading", "proof@v1", "proof@v2"),
        ("heading", "c2sp", " c2sp"),
        ("extra", "index 2", "extra AAE\nindex 2"),
        ("index", "index 2", "index 02"),
        ("index", "index 2", "index  2"),
        ("index", "index 2", "extra AAAA\nextra AAAA\nindex 2"),
        ("index", "index 2\n", ""),
        ("hashes", hash.as_str(), "AAAA"),
        ("hashes", hash.as_str(), "index 2"),
        ("checkpoint", "\n\n", "\n"),
    ] {
        let refused = text.replace(old, new).parse::<TlogProof>();
        assert_eq!(refused, Err(TlogProofError::Line(name)), "{old:?} as {new:?}");
    }
    let unsigned = text.rsplit_once("\n\n").unwrap().0.to_owned() + "\n";
    assert_eq!(unsigned.parse::<TlogProof>(), Err(TlogProofError::Note(NoteError::Unsigned)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hostile_text_is_refused_or_read_back_and_never_panics(
        text in prop_oneof![any::<String>(), "(.{0,60}\n){0,9}"],
        (at, to) in (any::<prop::sample::Index>(), any::<char>()),
    ) {
        prop_assert!(text.parse::<TlogProof>().is_err());
        let unsigned = format!("{HEADING}\nindex 0\n\n{text}");
        prop_assert!(unsigned.parse::<TlogProof>().is_err());
        let mut changed: Vec<char> = proof(2, 3).0.to_string().chars().collect();
        let at = at.index(changed.len());
        prop_assume!(changed[at] != to);
        changed[at] = to;
        let changed: String = changed.iter().collect();
        if let Ok(read) = changed.parse::<TlogProof>() {
            prop_assert_eq!(read.to_string(), changed);
            prop_assert!(read.verify(SUITE, &leaf(2), &key().verifying()).is_err());
        }
    }
}
