//! A range is judged by the policies that its hub has broadcast.

use std::collections::BTreeSet;
use std::sync::Arc;

use prost::Message as _;
use sanheyi_exchange_spec::entry::{Header, HeaderView, Operation};
use sanheyi_exchange_spec::gate::{Edition, Facts, Standing};
use sanheyi_exchange_spec::ids::Lane;
use sanheyi_exchange_spec::segment::{SegmentReader, SegmentWriter};
use sanheyi_exchange_spec::suite::{Digest, Salt, Suite};
use sanheyi_node::store::JournalNumber;
use sanheyi_proto::standard::v1::{Policy, PolicyAction, PolicyEffect};

use super::*;
use crate::exchange::range::{Hearing, Part, judge_range};

const MORNING: Timestamp = Timestamp::from_micros(1_290_470_400_000_000);

fn header(dataset: &str, record: &str) -> Header {
    Header {
        dataset: dataset.parse().unwrap(),
        record: record.parse().unwrap(),
        revision: 1,
        follows: None,
        custody_epoch: 0,
        operation: Operation::Withdraw,
        standard: 1,
        occurred: MORNING,
        recorded: MORNING,
        body_digest: Digest::new([0; 32]),
    }
}

/// A broadcast that lets Jintan send what `dataset` covers until an instant.
fn rules(dataset: &str, until: Option<Timestamp>) -> Rulebook {
    let policy = Policy {
        id: "send-jintan".into(),
        title: "金坛".into(),
        effect: PolicyEffect::Permit.into(),
        action: PolicyAction::Send.into(),
        platform: "jintan".into(),
        dataset: dataset.into(),
        valid_until: until.map(Timestamp::as_micros),
        ..Policy::default()
    };
    let mut rules = Rulebook::builtin();
    let bytes = Header { operation: Operation::Put, ..header("exchange.policy", "send-jintan") };
    let bytes = bytes.encode();
    let view = HeaderView::parse(&bytes).unwrap();
    rules.apply(0, &view, Some(&policy.encode_to_vec()));
    rules
}

/// How withdrawals of these datasets stand, which nothing but a policy can refuse.
fn standings(rules: Rulebook, datasets: &[&str]) -> Vec<(Standing, Vec<String>)> {
    let mut writer = SegmentWriter::new().unwrap();
    for dataset in datasets {
        let salt = Salt([7; 16]);
        let body_digest = Suite::Intl.body(&salt, b"");
        writer.push(&Header { body_digest, ..header(dataset, "A") }.encode(), &salt, b"");
    }
    let opened = SegmentReader::new(Suite::Intl).unwrap();
    let opened = { opened }.open(&writer.finish().unwrap()).unwrap();
    let parts = [Part { first: 0, opened, stored: MORNING, root: None }];
    let mut facts = Facts::default().with_rules(Arc::new(rules));
    let hearing = Hearing {
        author: &"jintan".parse().unwrap(),
        journal: JournalNumber::from_column(1),
        lane: Lane::Normal,
        due: &(0..datasets.len() as u64),
        parts: &parts,
        taken: &BTreeSet::new(),
        edition: &Edition::CURRENT,
    };
    let range = judge_range(&hearing, &mut facts);
    assert_eq!(range.past, datasets.len() as u64);
    let verdict = |sequence: u64| match range.exceptions.iter().find(|e| e.sequence == sequence) {
        Some(one) => (one.standing, one.reasons.iter().map(|reason| reason.rule.clone()).collect()),
        None => (Standing::Accepted, Vec::new()),
    };
    (0..range.past).map(verdict).collect()
}

#[test]
fn what_an_author_may_not_send_is_quarantined() {
    let refused = || (Standing::Quarantined, vec!["policy.send".to_owned()]);
    let fine = || (Standing::Accepted, Vec::new());
    let sent = ["case.case", "case.step", "activity.daily"];
    assert_eq!(standings(rules("case.*", None), &sent), [fine(), fine(), refused()]);
    assert_eq!(standings(rules("case.step", None), &sent), [refused(), fine(), refused()]);
    // What counts is when the hub received it.
    let until = |at| standings(rules("*", Some(at)), &sent[..1]);
    assert_eq!(until(MORNING.plus_micros(1)), [fine()]);
    assert_eq!(until(MORNING), [refused()]);
    // Nobody has said anything of anybody yet.
    assert_eq!(standings(Rulebook::builtin(), &sent), [fine(), fine(), fine()]);
}

#[test]
fn the_exchange_itself_needs_no_policy() {
    let found = standings(rules("case.step", None), &["exchange.conflict"]);
    assert_eq!(found[0].1, ["exchange.form"], "judged as ever");
}

#[test]
fn no_more_answers_are_kept_than_fit() {
    let (rules, jintan) = (rules("case.*", None), "jintan".parse().unwrap());
    let mut permits = Permits::new(&rules, &jintan);
    for number in 0..=ANSWERS {
        assert!(permits.refuse(&format!("other.d{number}"), MORNING).is_some());
        assert!(permits.known.len() <= ANSWERS);
    }
    assert!(permits.refuse("case.case", MORNING).is_none());
    assert!(permits.refuse("case.case", MORNING).is_none());
}
