//! The counterexamples of rule 11 by name: M0 is the machine, M1 its clone or backup, H the hub.

use super::*;
use crate::suite::Suite;
use crate::time::Timestamp;

fn journal() -> JournalId {
    "jintan>changzhou/normal/00000000000000000000000000000001".parse().unwrap()
}

fn epoch(n: u8) -> EpochId {
    EpochId::new([n; 16])
}

fn generation(n: u8) -> Generation {
    Generation::new([n; 16])
}

fn claim(holds: &[u8], next: u8) -> Claim {
    Claim {
        journal: journal(),
        holds: holds.iter().map(|n| epoch(*n)).collect(),
        next: epoch(next),
        size: 0,
        root: Suite::Intl.empty_root(),
        last_grant: None,
    }
}

fn line(in_force: u8, serial: u64) -> Line {
    Line {
        journal: journal(),
        epoch: epoch(in_force),
        serial,
        opened: 0,
        size: 0,
        root: Suite::Intl.empty_root(),
    }
}

fn grant(of: u8, serial: u64, by: Generation) -> Grant {
    Grant {
        journal: journal(),
        epoch: epoch(of),
        serial,
        opened: 0,
        root: Suite::Intl.empty_root(),
        generation: by,
        time: Timestamp::default(),
    }
}

#[test]
fn the_first_greet_opens_and_the_chain_goes_on() {
    let hub = generation(9);
    assert_eq!(greet(None, &claim(&[0], 1), hub), Ok(Opening::New { serial: 1 }));
    assert_eq!(greet(Some(&line(1, 1)), &claim(&[1], 2), hub), Ok(Opening::New { serial: 2 }));
}

#[test]
fn a_lost_answer_is_repeated_without_a_new_epoch() {
    let hub = generation(9);
    assert_eq!(greet(Some(&line(1, 1)), &claim(&[0], 1), hub), Ok(Opening::Repeat));
    // The branch restarted meanwhile and drew anew; it may hold either.
    assert_eq!(greet(Some(&line(1, 1)), &claim(&[0, 1], 2), hub), Ok(Opening::New { serial: 2 }));
}

#[test]
fn of_two_machines_with_one_key_one_goes_on() {
    let hub = generation(9);
    // M1 is a silent copy of M0 in epoch 1; M1 greets first.
    let after = line(2, 2);
    assert_eq!(greet(Some(&line(1, 1)), &claim(&[1], 2), hub), Ok(Opening::New { serial: 2 }));
    let refused = greet(Some(&after), &claim(&[1], 3), hub).unwrap_err();
    assert_eq!(refused.code, Code::IdentityHeld);
    // A fresh machine with the same key opens another incarnation: it is held as well.
    let mut fresh = claim(&[0], 4);
    fresh.journal.incarnation = crate::ids::Incarnation::new([2; 16]);
    assert_eq!(greet(Some(&after), &fresh, hub).unwrap_err().code, Code::IdentityHeld);
}

#[test]
fn a_restored_hub_accepts_its_own_later_grant() {
    let (old, new) = (generation(8), generation(9));
    let mut shown = claim(&[10], 11);
    shown.last_grant = Some(grant(10, 10, old));
    assert_eq!(greet(None, &shown, new), Ok(Opening::New { serial: 11 }));
    assert_eq!(greet(Some(&line(3, 3)), &shown, new), Ok(Opening::New { serial: 11 }));
    // A grant that is not later, or not among the epochs held, opens nothing.
    assert_eq!(greet(Some(&line(12, 12)), &shown, new).unwrap_err().code, Code::IdentityHeld);
    shown.holds = vec![epoch(4)];
    assert_eq!(greet(Some(&line(3, 3)), &shown, new).unwrap_err().code, Code::IdentityHeld);
}

#[test]
fn a_hub_rewound_in_silence_is_noticed() {
    let same = generation(9);
    let mut shown = claim(&[10], 11);
    shown.last_grant = Some(grant(10, 10, same));
    assert_eq!(greet(Some(&line(3, 3)), &shown, same).unwrap_err().code, Code::HubRewound);
    assert_eq!(greet(None, &shown, same).unwrap_err().code, Code::HubRewound);
}

#[test]
fn claims_out_of_bounds_are_malformed() {
    let hub = generation(9);
    let held = |count: usize| Claim {
        holds: (0..count).map(|n| EpochId::new((n as u128).to_le_bytes())).collect(),
        next: EpochId::new([255; 16]),
        ..claim(&[0], 1)
    };
    assert!(greet(None, &held(limits::EPOCHS_HELD), hub).is_ok());
    for bad in [held(0), held(limits::EPOCHS_HELD + 1), claim(&[0], 0), claim(&[0, 1], 1)] {
        assert_eq!(greet(None, &bad, hub).unwrap_err().code, Code::Malformed);
    }
}
