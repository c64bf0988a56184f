//! What the broadcast says is what the rulebook answers.

mod keys;
mod lists;
mod policies;

use prost::Message;
use sanheyi_proto::{STANDARD, Violations, dataset};

use super::*;
use crate::gate::{check_body, record};
use crate::suite::Digest;

/// 2010-11-23, 08:00 in Beijing.
const MORNING: Timestamp = Timestamp::from_micros(1_290_470_400_000_000);

/// A broadcast that is read as it is written.
#[derive(Default)]
struct Broadcast {
    rules: Rulebook,
}

impl Broadcast {
    fn apply(&mut self, name: &str, record: &str, op: Operation, body: Option<&[u8]>) -> Applied {
        let header = HeaderView {
            dataset: name,
            record,
            revision: self.rules.size() + 1,
            follows: None,
            custody_epoch: 0,
            operation: op,
            standard: 1,
            occurred: MORNING,
            recorded: MORNING,
            body_digest: Digest::new([0; 32]),
        };
        self.rules.apply(self.rules.size(), &header, body)
    }

    fn put(&mut self, name: &str, body: &impl Message) -> Applied {
        let body = body.encode_to_vec();
        let mut record = String::new();
        assert!(dataset(name).unwrap().record.name(&body, &mut record), "{name}");
        self.apply(name, &record, Operation::Put, Some(&body))
    }

    fn withdraw(&mut self, name: &str, record: &str) -> Applied {
        self.apply(name, record, Operation::Withdraw, None)
    }
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn platform(text: &str) -> PlatformId {
    text.parse().unwrap()
}

#[test]
fn what_is_built_in_keeps_every_rule_and_is_the_same_each_time() {
    let entries = builtin_entries();
    assert_eq!(entries, builtin_entries());
    let calendar = Calendar::builtin();
    let years = usize::try_from(calendar.last_year() - calendar.first_year() + 1).unwrap();
    let expected = crate::codes::lists().len() + regions::successions().len() + years + 1;
    assert_eq!(entries.len(), expected);
    let mut scratch = Violations::default();
    for entry in &entries {
        let mut findings = Findings::default();
        let known = dataset(entry.dataset).unwrap();
        check_body(known, &entry.record, &entry.body, &mut scratch, &mut findings);
        assert!(findings.is_empty(), "{} {}: {findings:?}", entry.dataset, entry.record);
        record::check(entry.dataset, &entry.body, &mut findings);
        assert!(entry.body.len() <= crate::limits::DRAFT_BYTES, "{}", entry.record);
    }
    let once: std::collections::BTreeSet<_> =
        entries.iter().map(|entry| (entry.dataset, &entry.record)).collect();
    assert_eq!(once.len(), entries.len());
}

/// 1.4: what the hub announces is this very version, with every dataset and the version it came in.
#[test]
fn the_version_that_is_handed_out_lists_what_there_is() {
    let entries = builtin_entries();
    let last = entries.last().unwrap();
    let version = standard::StandardVersion::decode(&*last.body).unwrap();
    assert_eq!((last.dataset, version.version), ("codes.standard_version", STANDARD));
    assert_eq!(last.occurred.as_micros(), version.published_at);
    let names = |since: u32| {
        let datasets = version.datasets.iter().filter(move |one| one.since == since);
        datasets.map(|one| one.name.as_str()).collect::<Vec<_>>()
    };
    let new = ["case.joint", "case.joint_opinion", "catalogue.document_template"];
    assert_eq!(names(3)[..3], new);
    assert_eq!(
        names(3)[3..],
        ["catalogue.reference_item", "custody.answer", "custody.offer", "exchange.policy"]
    );
    assert_eq!(names(1).len() + names(3).len(), sanheyi_proto::datasets().len());
}

#[test]
fn a_broadcast_of_what_is_built_in_changes_nothing() {
    let mut broadcast = Broadcast::default();
    for entry in builtin_entries() {
        let BuiltinEntry { dataset, record, body, .. } = &entry;
        let applied = broadcast.apply(dataset, record, Operation::Put, Some(body));
        assert_eq!(applied, Applied::Taken, "{dataset} {record}");
    }
    let (rules, built_in) = (&broadcast.rules, Rulebook::builtin());
    assert_eq!(rules.size(), builtin_entries().len() as u64);
    assert_eq!((rules.unreadable(), rules.refused()), (0, 0));
    let shown = |rules: &Rulebook| -> Vec<_> {
        let shown =
            |list: &ListInForce| (crate::codes::CodeList::clone(list), list.from, list.until);
        rules.code_lists().map(shown).collect()
    };
    assert_eq!(shown(rules), shown(&built_in));
    assert!(rules.successions().eq(built_in.successions()));
    assert_eq!(rules.standards().keys().collect::<Vec<_>>(), [&STANDARD]);
    for dataset in sanheyi_proto::datasets() {
        let name = dataset.name;
        assert_eq!(rules.watches_codes_of(name), built_in.watches_codes_of(name), "{name}");
    }
    let mut date = Date::constant(2007, 1, 1);
    while let Ok(expected) = built_in.calendar().is_working(date) {
        assert_eq!(rules.calendar().is_working(date), Ok(expected), "{date}");
        date = date.tomorrow().unwrap();
    }
}

#[test]
fn what_cannot_be_read_is_counted_and_the_earlier_revision_stands() {
    let mut broadcast = Broadcast::default();
    let list = codes_of_kinds(2, "2010-01-01");
    assert_eq!(broadcast.put("codes.code_list", &list), Applied::Taken);
    let put = Operation::Put;
    for body in [None, Some(&[0xff, 0xff][..])] {
        let applied = broadcast.apply("codes.code_list", "power_kind-2", put, body);
        assert_eq!(applied, Applied::Unreadable);
    }
    let of_another = list.encode_to_vec();
    let applied = broadcast.apply("codes.code_list", "power_kind-3", put, Some(&of_another));
    assert_eq!(applied, Applied::Unreadable);
    let mut wrong = list;
    wrong.entries[0].valid_until = "2010-02-30".into();
    assert_eq!(broadcast.put("codes.code_list", &wrong), Applied::Unreadable);
    let strange = broadcast.apply("exchange.bulletin", "TB-1", put, Some(&[]));
    assert_eq!(strange, Applied::PassedOver);
    assert_eq!(broadcast.withdraw("exchange.bulletin", "TB-1"), Applied::PassedOver);
    assert_eq!((broadcast.rules.size(), broadcast.rules.unreadable()), (7, 4));
    assert!(broadcast.rules.code_list("power_kind", 2).is_some());
}

#[test]
fn a_year_of_the_broadcast_takes_the_place_of_the_built_in_one() {
    let mut broadcast = Broadcast::default();
    let friday = day("2026-12-25");
    let year = |year: u32, off: &[&str]| standard::WorkingCalendar {
        year,
        version: 1,
        days: off
            .iter()
            .map(|day| standard::CalendarDay {
                day: (*day).into(),
                kind: standard::DayKind::Off.into(),
                name: String::new(),
            })
            .collect(),
        basis: "示例".into(),
        issued_on: String::new(),
    };
    let name = "codes.working_calendar";
    assert!(broadcast.rules.calendar().is_working(friday).unwrap());
    assert_eq!(broadcast.put(name, &year(2026, &["2026-12-25"])), Applied::Taken);
    assert!(!broadcast.rules.calendar().is_working(friday).unwrap());
    // A year behind a gap waits for those before it.
    broadcast.put(name, &year(2028, &[]));
    assert_eq!(broadcast.rules.calendar().last_year(), 2026);
    broadcast.put(name, &year(2027, &[]));
    assert_eq!(broadcast.rules.calendar().last_year(), 2028);
    assert_eq!(broadcast.rules.calendar().version(), "cn-2028-1");
    broadcast.withdraw(name, "2026-1");
    assert!(broadcast.rules.calendar().is_working(friday).unwrap());
}

#[test]
fn a_succession_of_the_broadcast_is_followed_until_it_is_withdrawn() {
    let mut broadcast = Broadcast::default();
    let one = standard::RegionSuccession {
        former_code: "320481".into(),
        serial: 1,
        former_name: "溧阳市".into(),
        successor_code: "320414".into(),
        successor_name: "溧阳区".into(),
        change: standard::RegionChange::Renamed.into(),
        changed_on: "2030-01-01".into(),
        ..standard::RegionSuccession::default()
    };
    let name = "codes.region_succession";
    assert_eq!(broadcast.put(name, &one), Applied::Taken);
    let (before, on) = (day("2029-12-31"), day("2030-01-01"));
    assert_eq!(broadcast.rules.successor("320481", before), None);
    assert_eq!(broadcast.rules.successor("320481", on), Some("320414"));
    assert_eq!(broadcast.withdraw(name, "320481-1"), Applied::Taken);
    assert_eq!(broadcast.rules.successor("320481", on), None);
    // What is built in comes back.
    assert_eq!(broadcast.withdraw(name, "320482-1"), Applied::Taken);
    assert_eq!(broadcast.rules.successor("320482", on), Some("320413"));
    assert_eq!(broadcast.rules.region_name("320413", on), Some("金坛区"));
}

/// A list of the kinds of power with one kind alone.
fn codes_of_kinds(version: u32, from: &str) -> standard::CodeList {
    let mut list = crate::codes::list("power_kind", 1).unwrap().record(day(from));
    list.version = version;
    list.entries.retain(|entry| entry.code == "XK");
    list
}
