//! Each predicate holds where it should and fails where it should, with the place.

use std::fmt::Debug;

use super::*;
use crate::suite::Suite;

#[track_caller]
fn breaks<T: Debug>(found: Result<T, Broken>, invariant: Invariant, place: u64) {
    let broken = found.unwrap_err();
    assert_eq!((broken.invariant, broken.place), (invariant, place), "{broken}");
    assert!(!broken.zh.is_empty() && !broken.en.is_empty());
    assert!(broken.to_string().contains(invariant.as_str()));
}

fn sealed(size: u64, byte: u8) -> Sealed {
    Sealed { size, root: Suite::Intl.leaf(&[byte]) }
}

#[test]
fn ids_are_stable_and_sentences_stand_in_both_languages() {
    let ids: Vec<_> = INVARIANTS.iter().map(|invariant| invariant.as_str()).collect();
    assert_eq!(
        ids,
        [
            "durable_first",
            "contiguous",
            "byte_exact",
            "every_entry_answered",
            "receipts_tile",
            "index_complete",
            "checkpoint_binds",
            "one_epoch",
            "expectations_kept",
            "unknown_carried",
            "quarantine_settles",
        ]
    );
    for invariant in INVARIANTS {
        assert_eq!(Invariant::parse(invariant.as_str()), Some(invariant));
        assert!(!invariant.zh().is_empty() && !invariant.en().is_empty());
    }
    assert_eq!(Invariant::parse("always_sunny"), None);
}

#[test]
fn segments_are_contiguous() {
    assert_eq!(contiguous([], 0), Ok(()));
    assert_eq!(contiguous([(0, 3), (3, 1), (4, 10)], 14), Ok(()));
    let broken = Invariant::Contiguous;
    breaks(contiguous([(0, 3), (4, 1)], 5), broken, 3);
    breaks(contiguous([(0, 3), (2, 2)], 4), broken, 3);
    breaks(contiguous([(1, 3)], 4), broken, 0);
    breaks(contiguous([(0, 3), (3, 0)], 3), broken, 3);
    breaks(contiguous([(0, 3)], 4), broken, 3);
    breaks(contiguous([(0, 3)], 2), broken, 2);
    breaks(contiguous([(0, u64::MAX), (u64::MAX, 1)], 7), broken, 7);
}

#[test]
fn copies_are_byte_exact() {
    assert_eq!(byte_exact(&sealed(5, 1), &sealed(5, 1)), Ok(()));
    breaks(byte_exact(&sealed(5, 1), &sealed(5, 2)), Invariant::ByteExact, 5);
    breaks(byte_exact(&sealed(5, 1), &sealed(4, 1)), Invariant::ByteExact, 4);
}

#[test]
fn every_entry_has_one_standing() {
    let good = Answered { received: 10, accepted: 7, quarantined: 2, pending: 1 };
    assert_eq!(every_entry_answered(good), Ok(()));
    for wrong in [
        Answered { accepted: 8, ..good },
        Answered { pending: 0, ..good },
        Answered { quarantined: u64::MAX, ..good },
    ] {
        breaks(every_entry_answered(wrong), Invariant::EveryEntryAnswered, 10);
    }
}

#[test]
fn receipts_tile_the_journal() {
    assert_eq!(receipts_tile([]), Ok(0));
    assert_eq!(receipts_tile([(0, 4), (4, 9)]), Ok(9));
    let broken = Invariant::ReceiptsTile;
    breaks(receipts_tile([(0, 4), (5, 9)]), broken, 4);
    breaks(receipts_tile([(0, 4), (3, 9)]), broken, 4);
    breaks(receipts_tile([(0, 4), (4, 4)]), broken, 4);
    breaks(receipts_tile([(1, 4)]), broken, 0);
}

#[test]
fn the_index_is_complete() {
    assert_eq!(index_complete([], 0), Ok(()));
    assert_eq!(index_complete(0..5, 5), Ok(()));
    let broken = Invariant::IndexComplete;
    breaks(index_complete([0, 1, 3], 4), broken, 2);
    breaks(index_complete([0, 1, 1], 3), broken, 1);
    breaks(index_complete(0..5, 4), broken, 4);
    breaks(index_complete(0..4, 5), broken, 4);
}

#[test]
fn a_checkpoint_is_true_of_its_journal() {
    assert_eq!(checkpoint_binds(&sealed(5, 1), &sealed(5, 1)), Ok(()));
    breaks(checkpoint_binds(&sealed(5, 1), &sealed(5, 2)), Invariant::CheckpointBinds, 5);
}

#[test]
fn grants_ascend_strictly() {
    assert_eq!(grants_ascend([]), Ok(()));
    assert_eq!(grants_ascend([1, 2, 7]), Ok(()));
    breaks(grants_ascend([1, 2, 2]), Invariant::OneEpoch, 2);
    breaks(grants_ascend([3, 1]), Invariant::OneEpoch, 1);
    breaks(grants_ascend([0]), Invariant::OneEpoch, 0);
}

#[test]
fn the_quarantine_adds_up() {
    let tally = Tally { open: 4, returned: 3, corrected: 2, withdrawn: 1 };
    assert_eq!(quarantine_settles(8, 2, &tally), Ok(()));
    assert_eq!(quarantine_settles(0, 0, &Tally::default()), Ok(()));
    let settles = Invariant::QuarantineSettles;
    breaks(quarantine_settles(8, 1, &tally), settles, 8);
    breaks(quarantine_settles(9, 2, &tally), settles, 9);
    breaks(quarantine_settles(0, 0, &tally), settles, 0);
}
