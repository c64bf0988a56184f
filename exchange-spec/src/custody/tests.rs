//! What passes, what stays, and what both are told.

use super::*;
use crate::gate::Wait;

fn platform(name: &str) -> PlatformId {
    name.parse().unwrap()
}

fn ruling(outcome: Outcome) -> Ruling {
    Ruling {
        from: platform("jintan"),
        no: "YJ-2010-0001".into(),
        revision: 2,
        offer: Offer {
            dataset: "case.case".parse().unwrap(),
            record: "JS048100JT0000000217".parse().unwrap(),
            revision: 3,
            digest: Digest::new([3; 32]),
            to: platform("wujin"),
            expires: Timestamp::from_micros(90),
            reason: "管辖".into(),
        },
        epoch: 1,
        outcome,
        shown: true,
        reason: "管辖".into(),
        at: Timestamp::from_micros(50),
    }
}

fn frozen() -> Custody {
    let frozen = Some(OfferName { offerer: None, no: "YJ-2010-0001".into(), revision: 2 });
    Custody { frozen, ..Custody::default() }
}

#[test]
fn a_notice_survives_its_bytes() {
    let decisions = [Decision::Accept, Decision::Refuse, Decision::Withdraw];
    let decided = decisions.map(Outcome::Decided);
    for outcome in decided.into_iter().chain([Outcome::Offered]) {
        let notice = ruling(outcome).notice();
        assert_eq!(Notice::decode(&notice.encode()).unwrap(), notice);
    }
    for decision in decisions {
        assert_eq!(Decision::from_number(decision.number()), Some(decision));
        assert!(!decision.zh().is_empty() && !decision.to_string().is_empty());
    }
    assert_eq!((Decision::from_number(0), Decision::from_number(4)), (None, None));
}

#[test]
fn a_notice_that_does_not_follow_the_form_is_refused() {
    use sanheyi_proto::exchange::v1 as wire;
    let good = wire::CustodyNotice::decode(&*ruling(Outcome::Offered).notice().encode()).unwrap();
    let spoilt: [fn(&mut wire::CustodyNotice); 7] = [
        |notice| notice.outcome = 0,
        |notice| notice.outcome = 9,
        |notice| notice.digest = vec![1; 31].into(),
        |notice| notice.revision = 0,
        |notice| notice.offer_revision = 0,
        |notice| notice.epoch = 0,
        |notice| notice.to = "Wujin".into(),
    ];
    for spoil in spoilt {
        let mut notice = good.clone();
        spoil(&mut notice);
        assert!(Notice::decode(&notice.encode_to_vec()).is_err(), "{notice:?}");
    }
    assert!(Notice::decode(b"\xff").is_err());
}

#[test]
fn an_offer_freezes_the_record_and_nothing_else() {
    let settled = ruling(Outcome::Offered).settle(Custody::default());
    assert_eq!((settled.from, settled.to), (Some(frozen()), None));
    assert!(settled.wakes_from.is_empty() && settled.wakes_to.is_empty());
}

#[test]
fn an_acceptance_hands_the_record_over_at_the_next_epoch() {
    let settled = ruling(Outcome::Decided(Decision::Accept)).settle(frozen());
    let (from, to) = (settled.from.unwrap(), settled.to.unwrap());
    assert_eq!((from.epoch, from.ours, from.other), (1, false, Some(platform("wujin"))));
    assert_eq!((to.epoch, to.ours, to.other), (1, true, Some(platform("jintan"))));
    assert_eq!((from.base, to.base), (None, Some((3, Digest::new([3; 32])))));
    assert_eq!((from.frozen, to.frozen), (None, None));
    let (dataset, record) = ("case.case".to_owned(), "JS048100JT0000000217".to_owned());
    let decision = Wait::Decision { offer: "YJ-2010-0001".into(), revision: 2 };
    let opened = Wait::Custody { dataset: dataset.clone(), record: record.clone(), epoch: 1 };
    assert_eq!(settled.wakes_from, [decision, opened.clone()]);
    assert_eq!(settled.wakes_to, [opened, Wait::Record { dataset, record }]);
}

#[test]
fn a_refusal_or_withdrawal_leaves_the_record_where_it_was() {
    for decision in [Decision::Refuse, Decision::Withdraw] {
        let settled = ruling(Outcome::Decided(decision)).settle(frozen());
        assert_eq!((settled.from, settled.to), (Some(Custody::default()), None));
        let decision = Wait::Decision { offer: "YJ-2010-0001".into(), revision: 2 };
        assert_eq!((settled.wakes_from, settled.wakes_to), (vec![decision], Vec::new()));
    }
}

#[test]
fn what_was_taken_back_before_it_was_shown_froze_nothing() {
    let early = Ruling { shown: false, ..ruling(Outcome::Decided(Decision::Withdraw)) };
    let settled = early.settle(Custody::default());
    assert_eq!((settled.from, settled.to), (None, None));
    assert!(settled.wakes_from.is_empty() && settled.wakes_to.is_empty());
}

#[test]
fn what_the_exchange_and_custody_write_is_not_handed_over() {
    assert_eq!(key("case.case", "A").map(|key| key.dataset), Some("case.case"));
    for dataset in [OFFER, ANSWER, "exchange.bulletin", "weather.report"] {
        assert_eq!(key(dataset, "A"), None, "{dataset}");
    }
}
