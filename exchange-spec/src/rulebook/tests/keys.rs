//! The directory and its keys.

use super::*;
use crate::suite::SigningKey;

const LISTED: &str = "exchange.platform";

fn key(seed: u8) -> VerifyingKey {
    SigningKey::from_seed(&[seed; 32]).verifying()
}

fn range(seed: u8, from: u64, lane: Option<Lane>) -> KeyRange {
    KeyRange { key: key(seed), keeper: None, lane, from }
}

fn jintan(keys: &[KeyRange]) -> standard::Platform {
    standard::Platform {
        platform: "jintan".into(),
        title_zh: "金坛".into(),
        title_en: "Jintan".into(),
        mode: standard::PlatformMode::Node.into(),
        key_id: "1a2b3c4d".into(),
        joined_at: MORNING.as_micros(),
        keys: keys.iter().map(KeyRange::record).collect(),
        ..standard::Platform::default()
    }
}

#[test]
fn a_key_is_known_for_its_range_and_lane() {
    let mut broadcast = Broadcast::default();
    let (name, normal, urgent) = (platform("jintan"), Lane::Normal, Lane::Urgent);
    assert_eq!(broadcast.rules.key_of(&name, normal, 0), None);
    let keys = [range(2, 500, Some(urgent)), range(1, 0, None)];
    assert_eq!(broadcast.put(LISTED, &jintan(&keys)), Applied::Taken);
    let rules = &broadcast.rules;
    assert_eq!(rules.platform(&name).unwrap().title_zh.as_ref(), "金坛");
    assert_eq!(rules.platform(&name).unwrap().mode, Mode::Node);
    assert_eq!(rules.key_of(&name, urgent, 499), Some(key(1)));
    assert_eq!(rules.key_of(&name, urgent, 500), Some(key(2)));
    assert_eq!(rules.key_of(&name, normal, 9_999), Some(key(1)));
    assert_eq!(rules.key_of(&platform("wujin"), normal, 0), None);
}

#[test]
fn a_key_that_is_known_is_never_replaced_for_its_range() {
    let mut broadcast = Broadcast::default();
    let (name, normal) = (platform("jintan"), Lane::Normal);
    broadcast.put(LISTED, &jintan(&[range(1, 0, None), range(2, 500, None)]));
    for bad in [
        range(3, 0, None),
        range(3, 0, Some(normal)),
        range(3, 200, None),
        range(3, 500, None),
        range(3, 499, Some(normal)),
    ] {
        let mut changed = jintan(&[bad]);
        changed.title_zh = "他人".into();
        let Applied::Refused(reason) = broadcast.put(LISTED, &changed) else { panic!() };
        assert_eq!(reason.rule, "rulebook.key_replaced");
    }
    assert_eq!(broadcast.rules.refused(), 5);
    // Nothing of a refused listing stays.
    assert_eq!(&*broadcast.rules.platform(&name).unwrap().title_zh, "金坛");
    // A later range is added, also where the known ones are not named again.
    assert_eq!(broadcast.put(LISTED, &jintan(&[range(3, 900, None)])), Applied::Taken);
    let keys = [0, 499, 500, 899, 900].map(|at| broadcast.rules.key_of(&name, normal, at));
    assert_eq!(keys, [key(1), key(1), key(2), key(2), key(3)].map(Some));
    // One that has signed nothing is named again, ahead of the one that takes its place.
    let both = [range(3, 900, None), range(4, 900, Some(normal)), range(4, 40, Some(Lane::Urgent))];
    let Applied::Refused(_) = broadcast.put(LISTED, &jintan(&both)) else { panic!() };
    assert_eq!(broadcast.put(LISTED, &jintan(&both[..2])), Applied::Taken);
    for _ in 0..2 {
        let of = |lane, at| broadcast.rules.key_of(&name, lane, at);
        assert_eq!((of(normal, 899), of(normal, 900)), (Some(key(2)), Some(key(4))));
        assert_eq!(of(Lane::Urgent, 900), Some(key(3)));
        assert_eq!(broadcast.put(LISTED, &jintan(&both[..2])), Applied::Taken, "said again");
    }
    let turned = [range(5, 900, Some(normal)), range(4, 900, Some(normal))];
    let Applied::Refused(_) = broadcast.put(LISTED, &jintan(&turned)) else { panic!() };
    // Who leaves can still be held to what it signed.
    assert_eq!(broadcast.withdraw(LISTED, "jintan"), Applied::Taken);
    assert!(broadcast.rules.platform(&name).is_none());
    assert_eq!(broadcast.rules.platforms().count(), 0);
    assert_eq!(broadcast.rules.key_of(&name, normal, 500), Some(key(2)));
    let again = broadcast.put(LISTED, &jintan(&[range(4, 0, None)]));
    assert!(matches!(again, Applied::Refused(_)));
}
