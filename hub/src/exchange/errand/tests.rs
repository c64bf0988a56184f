//! Who is shown what follows from policies, from whom an entry names, and from requests.

use sanheyi_exchange_spec::entry::Header;
use sanheyi_exchange_spec::suite::{Digest, Salt, Suite};
use sanheyi_proto::standard::v1::{
    JointPart, Platform, PlatformMode, Policy, PolicyAction, PolicyEffect, PolicyScope,
};

use super::*;

const JOURNAL: JournalNumber = JournalNumber::from_column(3);
const CASE: &str = "case.case";

fn id(text: &str) -> PlatformId {
    text.parse().unwrap()
}

/// A header's bytes, and the body that it is of.
struct Entry(Vec<u8>, Vec<u8>);

fn entry(dataset: &str, record: &str, revision: u64, body: &impl prost::Message) -> Entry {
    let body = body.encode_to_vec();
    let header = Header {
        dataset: dataset.parse().unwrap(),
        record: record.parse().unwrap(),
        revision,
        follows: (revision > 1).then(|| Digest::new([1; 32])),
        custody_epoch: 0,
        operation: if body.is_empty() { Operation::Withdraw } else { Operation::Put },
        standard: 3,
        occurred: Timestamp::default(),
        recorded: Timestamp::default(),
        body_digest: Suite::Intl.body(&Salt([1; 16]), &body),
    };
    Entry(header.encode(), body)
}

fn case(record: &str, revision: u64) -> Entry {
    let body = sanheyi_proto::standard::v1::Case { no: record.into(), ..Default::default() };
    entry(CASE, record, revision, &body)
}

fn joint(record: &str, revision: u64, partner: &str, parts: &[&str]) -> Entry {
    let part = |record: &&str| JointPart { dataset: CASE.into(), record: (*record).into() };
    let body = Joint {
        no: record.into(),
        partner: partner.into(),
        parts: parts.iter().map(part).collect(),
        ..Joint::default()
    };
    entry(JOINT, record, revision, &body)
}

fn withdrawn(dataset: &str, record: &str, revision: u64) -> Entry {
    entry(dataset, record, revision, &Joint::default())
}

/// A directory of three, and policies: reader, datasets, scope.
fn rules(policies: &[(&str, &str, PolicyScope)]) -> Rulebook {
    let mut rules = Rulebook::builtin();
    let mut sequence = 0;
    let mut add = |Entry(header, body): Entry| {
        let header = HeaderView::parse(&header).unwrap();
        rules.apply(sequence, &header, Some(&body));
        sequence += 1;
    };
    for platform in ["jintan", "wujin", "liyang"] {
        let body = Platform {
            platform: platform.into(),
            mode: PlatformMode::Node.into(),
            ..Platform::default()
        };
        add(entry("exchange.platform", platform, 1, &body));
    }
    for (number, (reader, dataset, scope)) in policies.iter().enumerate() {
        let policy = Policy {
            id: format!("policy-{number}"),
            effect: PolicyEffect::Permit.into(),
            action: PolicyAction::See.into(),
            platform: (*reader).into(),
            dataset: (*dataset).into(),
            author: "jintan".into(),
            scope: (*scope).into(),
            ..Policy::default()
        };
        add(entry("exchange.policy", &policy.id.clone(), 1, &policy));
    }
    rules
}

fn decided(rules: &Rulebook, entries: &[Entry], sights: Vec<Sight>) -> Errands {
    let entries: Vec<_> = (0..)
        .zip(entries)
        .map(|(sequence, Entry(header, body))| Accepted {
            sequence,
            header: HeaderView::parse(header).unwrap(),
            body: Some(body),
        })
        .collect();
    errands_of(&id("jintan"), JOURNAL, &entries, rules, sights, Timestamp::default())
}

/// Sequence number and reader of what is due.
fn due(errands: &Errands) -> Vec<(u64, &str)> {
    errands.due.iter().map(|one| (one.sequence, one.reader.as_str())).collect()
}

fn sight(record: &str, request: &str) -> Sight {
    Sight {
        dataset: CASE.into(),
        record: record.into(),
        reader: id("wujin"),
        request: format!("{JOINT} {request}"),
    }
}

#[test]
fn where_no_policy_shows_anything_nothing_is_due() {
    let rules = rules(&[]);
    assert!(!may_see_any(&rules, &id("jintan")));
    let errands = decided(&rules, &[case("A", 1), joint("J", 1, "wujin", &["A"])], vec![]);
    assert_eq!(errands, Errands::default());
}

#[test]
fn all_of_a_dataset_is_shown_to_whoever_may_see_all_and_nobody_sees_its_own() {
    let rules = rules(&[("*", "case.*", PolicyScope::All)]);
    let errands = decided(&rules, &[case("A", 1), withdrawn(CASE, "A", 2)], vec![]);
    assert_eq!(due(&errands), [(0, "liyang"), (0, "wujin"), (1, "liyang"), (1, "wujin")]);
    let own = entry("exchange.conflict", "A", 1, &Joint { no: "x".into(), ..Joint::default() });
    assert_eq!(due(&decided(&rules, &[own], vec![])), [], "no policy shows the exchange's own");
}

#[test]
fn what_is_addressed_is_shown_with_its_parts_as_they_are_and_as_they_change() {
    let rules = rules(&[("wujin", "case.*", PolicyScope::Addressed)]);
    let entries = [
        case("A", 1),
        case("A", 2),
        case("B", 1),
        joint("J", 1, "wujin", &["A", "C"]),
        case("A", 3),
        case("B", 2),
    ];
    let errands = decided(&rules, &entries, vec![]);
    assert_eq!(due(&errands), [(3, "wujin"), (1, "wujin"), (4, "wujin")]);
    let head = ((CASE.to_owned(), "C".to_owned()), id("wujin"));
    assert_eq!(errands.heads, BTreeSet::from([head]), "it stands in the store, if anywhere");
    assert_eq!(errands.seen.len(), 3);
    assert!(decided(&rules, &[joint("J", 1, "liyang", &["A"])], vec![]).due.is_empty());
}

#[test]
fn parts_need_a_policy_of_their_own() {
    let rules = rules(&[("wujin", JOINT, PolicyScope::Addressed)]);
    let entries = [case("A", 1), joint("J", 1, "wujin", &["A"]), case("A", 2)];
    assert_eq!(due(&decided(&rules, &entries, vec![])), [(1, "wujin")]);
}

#[test]
fn a_request_that_is_withdrawn_or_names_another_ends_what_it_showed() {
    let rules = rules(&[("*", "case.*", PolicyScope::Addressed)]);
    let own = Sight { dataset: JOINT.into(), record: "J".into(), ..sight("J", "J") };
    let sights = || vec![sight("A", "J"), own.clone()];
    let ended = BTreeSet::from([format!("{JOINT} J")]);
    for request in [withdrawn(JOINT, "J", 2), joint("J", 2, "liyang", &[])] {
        let errands = decided(&rules, &[case("A", 2), request, case("A", 3)], sights());
        let wujins: Vec<_> =
            due(&errands).into_iter().filter(|(_, reader)| *reader == "wujin").collect();
        assert_eq!(wujins, [(0, "wujin"), (1, "wujin")], "it hears that it is not asked any more");
        assert_eq!(errands.ended, ended);
    }
    // Another request that stands shows the record on.
    let both = vec![sight("A", "J"), sight("A", "K")];
    let errands = decided(&rules, &[withdrawn(JOINT, "J", 2), case("A", 3)], both);
    assert_eq!(due(&errands), [(1, "wujin")]);
}

#[test]
fn an_erasure_is_shown_by_no_policy_and_carried_out() {
    let rules = rules(&[("*", "*", PolicyScope::All)]);
    let erasure = Erasure {
        dataset: CASE.parse().unwrap(),
        record: "A".parse().unwrap(),
        revision: 1,
        digest: Digest::new([7; 32]),
        reason: "期满".into(),
        basis: "期限表".into(),
        decided_by: "数据科".into(),
    };
    let Entry(header, _) = entry(erasure::DATASET, &erasure.record_id(), 1, &Joint::default());
    let errands = decided(&rules, &[Entry(header, erasure.encode())], vec![]);
    assert_eq!(due(&errands), []);
    assert_eq!(errands.erased, [(0, erasure)]);
}
