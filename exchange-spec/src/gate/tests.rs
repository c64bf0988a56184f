//! The gate, case by case: what goes in, what stands afterwards and why.

use bytes::Bytes;
use prost::Message as _;
use sanheyi_proto::standard::v1::{Case, CaseStep, PowerItem};

use sanheyi_proto::STANDARD;

use super::*;
use crate::entry::{Body, Header};
use crate::limits;
use crate::receipt::{Exception, Receipt};
use crate::suite::{Digest, Salt, Suite};
use crate::time::Timestamp;

mod across;
mod custody;
mod discretion;
mod samples;

const SALT: Salt = Salt([6; 16]);

/// A header whose record is named by the body, if the body names one.
fn header(dataset: &str, operation: Operation, standard: u32, body: &[u8]) -> Header {
    let mut named = String::new();
    let known = sanheyi_proto::dataset(dataset);
    let names = known.is_some_and(|known| known.record.name(body, &mut named));
    let record = Some(named).filter(|_| names).and_then(|record| record.parse().ok());
    Header {
        dataset: dataset.parse().unwrap(),
        record: record.unwrap_or_else(|| "JS048100JT0000000217".parse().unwrap()),
        revision: 1,
        follows: None,
        custody_epoch: 0,
        operation,
        standard,
        occurred: Timestamp::from_micros(samples::MORNING),
        recorded: Timestamp::from_micros(samples::MORNING),
        body_digest: Suite::Intl.body(&SALT, body),
    }
}

/// Facts in which everything that is asked about is there and accepted.
fn all_there(header: &HeaderView<'_>, body: Option<&[u8]>) -> Facts {
    let (mut asked, mut facts) = (Needs::default(), Facts::default());
    needs(header, body, &Edition::CURRENT, &mut asked);
    let head = Head { revision: 1, standing: Standing::Accepted };
    asked.records.iter().for_each(|key| facts.know_record(key, Some(head)));
    facts
}

fn judged(header: &Header, body: Option<&[u8]>, lane: Lane, scratch: &mut Violations) -> Verdict {
    let bytes = header.encode();
    let header = HeaderView::parse(&bytes).unwrap();
    let facts = all_there(&header, body);
    held(&Candidate { header: &header, body, lane }, &facts, scratch)
}

/// Judges, and holds the verdict against what is true of all.
fn held(candidate: &Candidate<'_>, facts: &Facts, scratch: &mut Violations) -> Verdict {
    let verdict = judge(candidate, &Edition::CURRENT, facts, scratch);
    let errors = verdict.reasons.iter().any(|reason| reason.level == Level::Error);
    assert_eq!(verdict.standing != Standing::Accepted, errors);
    assert_eq!(verdict.standing == Standing::Pending, verdict.waits.is_some());
    assert!(verdict.reasons.len() <= limits::REASONS);
    for reason in &verdict.reasons {
        assert!(!reason.rule.is_empty() && !reason.zh.is_empty() && !reason.en.is_empty());
        assert_eq!(Reason::from_wire(reason.to_wire()), *reason);
    }
    verdict
}

/// Judges a put of the present standard on the normal lane.
fn put(dataset: &str, body: &[u8]) -> Verdict {
    let header = header(dataset, Operation::Put, STANDARD, body);
    judged(&header, Some(body), Lane::Normal, &mut Violations::new())
}

/// Field and rule of every reason.
fn why(verdict: &Verdict) -> Vec<(&str, &str)> {
    verdict.reasons.iter().map(|r| (r.field.as_str(), r.rule.as_str())).collect()
}

#[test]
fn a_body_that_keeps_the_rules_is_accepted() {
    for (dataset, body) in samples::good() {
        assert_eq!(put(dataset, &body), Verdict::accepted(), "{dataset}");
    }
}

#[test]
fn each_broken_field_of_each_dataset_is_named() {
    let broken = [
        (
            "case.case",
            Case { no: String::new(), ..samples::case() }.encode_to_vec(),
            "no",
            "required",
        ),
        (
            "case.case",
            Case { title: "案".repeat(201), ..samples::case() }.encode_to_vec(),
            "title",
            "string.max_len",
        ),
        (
            "case.step",
            CaseStep { ordinal: 0, ..samples::step() }.encode_to_vec(),
            "ordinal",
            "uint32.gte_lte",
        ),
        (
            "case.step",
            CaseStep { case_no: "217".into(), ..samples::step() }.encode_to_vec(),
            "case_no",
            "string.pattern",
        ),
        (
            "catalogue.power_item",
            PowerItem { kind: 77, ..samples::item() }.encode_to_vec(),
            "kind",
            "enum.defined_only",
        ),
        (
            "catalogue.power_item",
            PowerItem { legal_basis: Vec::new(), ..samples::item() }.encode_to_vec(),
            "legal_basis",
            "repeated.min_items",
        ),
    ];
    for (dataset, body, field, rule) in broken {
        let verdict = put(dataset, &body);
        assert_eq!(verdict.standing, Standing::Quarantined, "{dataset} {field}");
        assert_eq!(why(&verdict), [(field, rule)], "{dataset}");
    }
    let verdict = put("case.case", b"\xff");
    assert_eq!((verdict.standing, why(&verdict)), (Standing::Quarantined, vec![("", "wire")]));
}

#[test]
fn what_the_reader_does_not_know_yet_is_pending() {
    let body = samples::case().encode_to_vec();
    let verdict = put("weather.report", &body);
    assert_eq!(verdict.standing, Standing::Pending);
    assert_eq!(why(&verdict), [("", "dataset.unknown")]);
    let later = header("case.case", Operation::Put, STANDARD + 1, &body);
    let verdict = judged(&later, Some(&body), Lane::Normal, &mut Violations::new());
    assert_eq!(verdict.standing, Standing::Pending);
    assert_eq!(why(&verdict), [("", "standard.unknown")]);
}

#[test]
fn a_dataset_that_changed_its_lane_is_judged_by_the_version_that_wrote_it() {
    let known = sanheyi_proto::dataset("supervision.order").unwrap();
    let body = b"whatever it says";
    for (standard, lane, right) in [
        (known.lane_since - 1, Lane::Normal, true),
        (known.lane_since - 1, Lane::Urgent, false),
        (known.lane_since, Lane::Normal, false),
        (known.lane_since, Lane::Urgent, true),
    ] {
        let header = header(known.name, Operation::Withdraw, standard, body);
        let verdict = judged(&header, Some(body), lane, &mut Violations::new());
        assert_eq!(why(&verdict).contains(&("", "dataset.lane")), !right, "{standard} {lane}");
    }
}

#[test]
fn a_dataset_keeps_to_its_lane() {
    let body = samples::case().encode_to_vec();
    let header = header("case.case", Operation::Put, STANDARD, &body);
    let verdict = judged(&header, Some(&body), Lane::Urgent, &mut Violations::new());
    assert_eq!(verdict.standing, Standing::Quarantined);
    assert_eq!(why(&verdict), [("", "dataset.lane")]);
}

#[test]
fn a_withdrawal_needs_no_body_and_a_put_does() {
    let withdraw = header("case.case", Operation::Withdraw, STANDARD, b"");
    for body in [None, Some(&b""[..]), Some(b"\xff why it was withdrawn")] {
        let verdict = judged(&withdraw, body, Lane::Normal, &mut Violations::new());
        assert_eq!(verdict, Verdict::accepted());
    }
    let put = header("case.case", Operation::Put, STANDARD, b"");
    let verdict = judged(&put, None, Lane::Normal, &mut Violations::new());
    assert_eq!(verdict.standing, Standing::Quarantined);
    assert_eq!(why(&verdict), [("", "body.erased")]);
}

#[test]
fn a_conflict_entry_is_kept_and_shows_its_reason() {
    let body = samples::case().encode_to_vec();
    let inside = header("case.case", Operation::Put, STANDARD, &body);
    let conflict = Conflict::new(
        inside.encode().into(),
        Body { salt: SALT, bytes: Bytes::from(body) },
        Some((3, Digest::new([1; 32]))),
    )
    .unwrap();
    let verdict = put(conflict::DATASET, &conflict.encode());
    assert_eq!(verdict, Verdict::quarantined(vec![conflict.reason.clone()]));
    assert!(conflict.reason.zh.contains("第 3 版") && conflict.reason.en.contains("revision 3"));
    // What an author has put in the reason's place goes no further.
    let mut talkative = conflict.clone();
    talkative.reason.zh = "长".repeat(limits::BODY_BYTES / 4);
    assert_eq!(put(conflict::DATASET, &talkative.encode()), verdict);
    // One that is no conflict entry, or has lost its body.
    assert_eq!(why(&put(conflict::DATASET, b"\xff")), [("", "exchange.form")]);
    let erased = header(conflict::DATASET, Operation::Put, STANDARD, b"");
    let verdict = judged(&erased, None, Lane::Normal, &mut Violations::new());
    assert_eq!(why(&verdict), [("", "exchange.form")]);
}

#[test]
fn other_entries_of_the_exchange_are_not_an_authors_to_write() {
    for dataset in ["exchange.receipt", "exchange.grant", "exchange.closed"] {
        let verdict = put(dataset, b"");
        assert_eq!(verdict.standing, Standing::Quarantined);
        assert_eq!(why(&verdict), [("", "exchange.form")], "{dataset}");
    }
}

#[test]
fn reasons_are_bounded_however_much_is_wrong() {
    let wrong = samples::item().legal_basis.remove(0);
    let wrong = sanheyi_proto::standard::v1::LegalBasis { title: String::new(), ..wrong };
    let crowd = |count: usize| {
        let item = PowerItem { legal_basis: vec![wrong.clone(); count], ..samples::item() };
        put("catalogue.power_item", &item.encode_to_vec()).reasons.len()
    };
    assert_eq!(crowd(limits::REASONS - 1), limits::REASONS - 1);
    assert_eq!(crowd(limits::REASONS), limits::REASONS);
    assert_eq!(crowd(limits::REASONS + 1), limits::REASONS);
}

#[test]
fn a_verdict_does_not_depend_on_the_entry_judged_before() {
    let mut scratch = Violations::new();
    let good = samples::case().encode_to_vec();
    let (bad, header) = (b"\xff", header("case.case", Operation::Put, STANDARD, &good));
    let first = judged(&header, Some(bad), Lane::Normal, &mut scratch);
    assert_eq!(first.standing, Standing::Quarantined);
    let second = judged(&header, Some(&good), Lane::Normal, &mut scratch);
    assert_eq!(second, Verdict::accepted());
}

#[test]
fn a_revision_that_is_taken_says_which() {
    let header = header("case.case", Operation::Put, STANDARD, b"").encode();
    let reason = revision_taken(&HeaderView::parse(&header).unwrap());
    assert_eq!(reason.rule, "revision.taken");
    assert!(reason.zh.contains("JS048100JT0000000217") && reason.en.contains("revision 1"));
}

#[test]
fn standings_survive_their_numbers() {
    for standing in [Standing::Accepted, Standing::Quarantined, Standing::Pending] {
        assert_eq!(Standing::from_number(standing.number()), Some(standing));
        assert_eq!(i64::from(standing.to_wire() as i32), standing.number());
        assert!(!standing.zh().is_empty() && !standing.en().is_empty());
    }
    assert_eq!((Standing::from_number(0), Standing::from_number(4)), (None, None));
}

#[test]
fn the_largest_receipt_fits_a_body() {
    let worst = samples::worst().map(|(dataset, body)| {
        let exception = Exception {
            sequence: u64::MAX >> 1,
            standing: Standing::Quarantined,
            dataset: "d".repeat(limits::DATASET_NAME_BYTES),
            record: "r".repeat(limits::RECORD_ID_BYTES),
            revision: u64::MAX >> 1,
            reasons: put(dataset, &body).reasons,
        };
        assert!(exception.reasons.len() > 10, "{dataset}: {:?}", exception.reasons);
        exception
    });
    let largest = worst.into_iter().max_by_key(|one| one.to_wire().encoded_len()).unwrap();
    let exceptions = |sequence| Exception { sequence, ..largest.clone() };
    let receipt = Receipt {
        journal: "jintan>changzhou/normal/00000000000000000000000000000001".parse().unwrap(),
        from: 0,
        to: limits::RECEIPT_ENTRIES,
        root: Digest::new([5; 32]),
        standard: STANDARD,
        received: Timestamp::from_micros(samples::MORNING),
        broadcast: 0,
        exceptions: (0..limits::RECEIPT_EXCEPTIONS as u64).map(exceptions).collect(),
    };
    let body = receipt.encode();
    assert_eq!(Receipt::decode(&body).unwrap(), receipt);
    assert!(body.len() <= limits::BODY_BYTES, "{} bytes", body.len());
}
