//! Across records, rule by rule: it fires, it does not, and where it begins to.

use prost::Message as _;
use sanheyi_proto::standard::v1::{Case, CaseStep, Limit, LimitUnit, PowerItem, PowerState};
use sanheyi_proto::{STANDARD, Violations};

use super::{SALT, header, held, samples, why};
use crate::entry::{Header, HeaderView, Operation};
use crate::gate::{
    Candidate, Content, Edition, Facts, Head, Key, Needs, Standing, Verdict, Version, Wait, judge,
    needs,
};
use crate::ids::Lane;
use crate::suite::{Digest, Suite};
use crate::time::Timestamp;

const ITEM: &str = "catalogue.power_item";
const CASE: &str = "case.case";
const NO: &str = "JS048100JT0000000217";
const CODE: &str = "JS048100JT-XK-1030-3";
const DAY: i64 = 24 * 3_600_000_000;

fn verdict(header: &Header, body: &[u8], facts: &Facts) -> Verdict {
    let bytes = header.encode();
    let view = HeaderView::parse(&bytes).unwrap();
    let candidate = Candidate { header: &view, body: Some(body), lane: Lane::Normal };
    held(&candidate, facts, &mut Violations::new())
}

fn on(facts: &Facts, dataset: &str, body: &[u8]) -> Verdict {
    verdict(&header(dataset, Operation::Put, STANDARD, body), body, facts)
}

fn key(dataset: &'static str, record: &str) -> Key {
    Key { dataset, record: record.to_owned() }
}

fn head(standing: Standing) -> Option<Head> {
    Some(Head { revision: 1, standing })
}

/// The item is there, and its accepted revisions are these: when, and what they say.
fn item_is(revisions: &[(i64, PowerItem)]) -> Facts {
    let mut content = Content::empty(ITEM).unwrap();
    for (revision, (occurred, item)) in (1..).zip(revisions) {
        content.add(&Version {
            revision,
            occurred: Timestamp::from_micros(*occurred),
            operation: Operation::Put,
            body: Some(&item.encode_to_vec()),
        });
    }
    let mut facts = Facts::default();
    facts.know_record(&key(ITEM, CODE), head(Standing::Accepted));
    facts.know_content(&key(ITEM, CODE), content);
    facts
}

fn opened(at: i64) -> Vec<u8> {
    Case { applied_at: at, created_at: at, updated_at: at, ..samples::case() }.encode_to_vec()
}

fn in_state(state: PowerState) -> PowerItem {
    PowerItem { state: state.into(), ..samples::item() }
}

#[test]
fn a_batch_asks_for_what_it_refers_to_and_for_nothing_else() {
    let (case, step) = (samples::case().encode_to_vec(), samples::step().encode_to_vec());
    let mut asked = Needs::default();
    let mut ask = |dataset: &str, body: &[u8], revision: u64| {
        let mut header = header(dataset, Operation::Put, STANDARD, body);
        header.revision = revision;
        header.follows = (revision > 1).then_some(Digest::new([1; 32]));
        let bytes = header.encode();
        let view = HeaderView::parse(&bytes).unwrap();
        needs(&view, Some(body), &Edition::CURRENT, &mut asked);
    };
    ask(CASE, &case, 1);
    ask("case.step", &step, 1);
    ask("case.step", &step, 3);
    ask("weather.report", &case, 1);
    ask("exchange.receipt", &case, 1);
    assert!(!asked.is_empty());
    assert_eq!(asked.records, [key(CASE, NO), key(ITEM, CODE)].into());
    assert_eq!(asked.contents, [key(ITEM, CODE)].into());
    assert_eq!(asked.revisions, [(key("case.step", &format!("{NO}-0002")), 2)].into());
}

#[test]
fn what_refers_to_something_absent_waits_for_the_first_of_it() {
    let step = samples::step().encode_to_vec();
    let alone = on(&Facts::default(), "case.step", &step);
    assert_eq!(alone.standing, Standing::Pending);
    assert_eq!(why(&alone), [("case_no", "reference.absent")]);
    let record = NO.to_owned();
    assert_eq!(alone.waits, Some(Wait::Record { dataset: CASE.to_owned(), record }));
    assert!(alone.reasons[0].zh.contains("办件") && alone.reasons[0].en.contains(NO));
}

#[test]
fn whatever_was_judged_counts_as_there() {
    let step = samples::step().encode_to_vec();
    let by = |standing| {
        let mut facts = Facts::default();
        facts.know_record(&key(CASE, NO), head(standing));
        on(&facts, "case.step", &step)
    };
    for standing in [Standing::Accepted, Standing::Pending] {
        assert_eq!(by(standing), Verdict::accepted(), "{standing:?}");
    }
    let warned = by(Standing::Quarantined);
    assert_eq!(warned.standing, Standing::Accepted);
    assert_eq!(why(&warned), [("case_no", "reference.quarantined")]);
}

#[test]
fn an_error_is_an_error_whatever_else_may_come() {
    let step = CaseStep { ordinal: 0, ..samples::step() }.encode_to_vec();
    let verdict = on(&Facts::default(), "case.step", &step);
    assert_eq!(verdict.standing, Standing::Quarantined);
    assert!(verdict.waits.is_none());
}

#[test]
fn a_batch_learns_what_it_has_judged() {
    let (case, step) = (samples::case().encode_to_vec(), samples::step().encode_to_vec());
    let mut facts = Facts::default();
    facts.know_record(&key(CASE, NO), None);
    let before = on(&facts, "case.step", &step);
    assert_eq!(before.standing, Standing::Pending);
    let bytes = header(CASE, Operation::Put, STANDARD, &case).encode();
    let view = HeaderView::parse(&bytes).unwrap();
    facts.learn(&view, Some(&case), Digest::new([9; 32]), Standing::Pending);
    assert_eq!(on(&facts, "case.step", &step), Verdict::accepted());
    // An older revision that is judged again does not take the head back.
    facts.know_record(&key(CASE, NO), Some(Head { revision: 2, standing: Standing::Accepted }));
    facts.learn(&view, Some(&case), Digest::new([9; 32]), Standing::Quarantined);
    assert_eq!(facts.record(CASE, NO).unwrap().revision, 2);
}

#[test]
fn a_revision_follows_the_one_before_it_and_no_other() {
    let case = opened(samples::MORNING);
    let before = Suite::Intl.body(&SALT, b"the revision before");
    let second = |follows: Digest, facts: &Facts| {
        let header = header(CASE, Operation::Put, STANDARD, &case);
        verdict(&Header { revision: 2, follows: Some(follows), ..header }, &case, facts)
    };
    let mut facts = item_is(&[(samples::MORNING, samples::item())]);
    let absent = second(before, &facts);
    assert_eq!((absent.standing, why(&absent)), (Standing::Pending, vec![("", "revision.absent")]));
    let (dataset, record) = (CASE.to_owned(), NO.to_owned());
    assert_eq!(absent.waits, Some(Wait::Revision { dataset, record, revision: 1 }));
    facts.know_revision(&key(CASE, NO), 1, Some(before));
    assert_eq!(second(before, &facts), Verdict::accepted());
    let other = second(Digest::new([3; 32]), &facts);
    assert_eq!(other.standing, Standing::Quarantined);
    assert_eq!(why(&other), [("", "revision.follows")]);
}

#[test]
fn a_later_custody_epoch_waits_for_its_hand_over() {
    let case = opened(samples::MORNING);
    let facts = item_is(&[(samples::MORNING, samples::item())]);
    let written = |custody_epoch| {
        let header = header(CASE, Operation::Put, STANDARD, &case);
        verdict(&Header { custody_epoch, ..header }, &case, &facts)
    };
    assert_eq!(written(0), Verdict::accepted());
    let waits = written(1);
    assert_eq!((waits.standing, why(&waits)), (Standing::Pending, vec![("", "custody.unknown")]));
    let (dataset, record) = (CASE.to_owned(), NO.to_owned());
    assert_eq!(waits.waits, Some(Wait::Custody { dataset, record, epoch: 1 }));
}

#[test]
fn a_record_has_the_name_that_its_body_gives_it() {
    let case = opened(samples::MORNING);
    let facts = item_is(&[(samples::MORNING, samples::item())]);
    let mut header = header(CASE, Operation::Put, STANDARD, &case);
    assert_eq!(verdict(&header, &case, &facts), Verdict::accepted());
    header.record = "JS048100JT0000000218".parse().unwrap();
    let other = verdict(&header, &case, &facts);
    assert_eq!((other.standing, why(&other)), (Standing::Quarantined, vec![("", "record.name")]));
    assert!(other.reasons[0].en.contains(NO));
}

#[test]
fn what_only_the_hub_writes_is_not_a_branchs_to_write() {
    let body = b"\x0a\x01x";
    let verdict = on(&Facts::default(), "codes.standard_version", body);
    assert_eq!(verdict.standing, Standing::Quarantined);
    assert!(why(&verdict).contains(&("", "dataset.author")), "{:?}", why(&verdict));
}

#[test]
fn a_case_is_opened_on_what_is_published_on_that_day() {
    let at = samples::MORNING;
    let in_force = |revisions: &[(i64, PowerItem)], case_at: i64| {
        let verdict = on(&item_is(revisions), CASE, &opened(case_at));
        assert_eq!(verdict.standing, Standing::Accepted, "what happened is never lost");
        let reasons = why(&verdict);
        assert!(reasons.is_empty() || reasons == [("power_code", "power.not_in_force")]);
        reasons.is_empty()
    };
    let published = (at, samples::item());
    assert!(in_force(std::slice::from_ref(&published), at + DAY));
    for state in [
        PowerState::Draft,
        PowerState::Confirmed,
        PowerState::Suspended,
        PowerState::Superseded,
        PowerState::Abolished,
    ] {
        assert!(!in_force(&[(at, in_state(state))], at + DAY), "{state:?}");
    }
    // Suspended on the second day and resumed on the fourth.
    let story = [
        published.clone(),
        (at + DAY, in_state(PowerState::Suspended)),
        (at + 3 * DAY, samples::item()),
    ];
    let days = [(0, true), (DAY - 1, true), (DAY, false), (3 * DAY - 1, false), (3 * DAY, true)];
    for (after, expected) in days {
        assert_eq!(in_force(&story, at + after), expected, "{after}");
    }
    // It ends at an instant, and begins with the whole of its first day.
    let ends = PowerItem { valid_until: Some(at + DAY), ..samples::item() };
    assert!(in_force(&[(at, ends.clone())], at + DAY - 1));
    assert!(!in_force(&[(at, ends)], at + DAY));
    assert!(in_force(std::slice::from_ref(&published), at - 3_600_000_000));
    assert!(!in_force(&[published], at - DAY));
}

#[test]
fn an_item_is_older_than_its_first_report() {
    let at = samples::MORNING;
    let item = PowerItem { valid_from: at - 300 * DAY, ..samples::item() };
    let verdict = on(&item_is(&[(at, item)]), CASE, &opened(at - 100 * DAY));
    assert_eq!(verdict, Verdict::accepted());
}

#[test]
fn a_withdrawn_item_is_exercised_no_more() {
    let at = samples::MORNING;
    let mut content = Content::empty(ITEM).unwrap();
    let put = samples::item().encode_to_vec();
    let (occurred, after) = (Timestamp::from_micros(at), Timestamp::from_micros(at + DAY));
    let operation = Operation::Put;
    content.add(&Version { revision: 1, occurred, operation, body: Some(&put) });
    content.add(&Version {
        revision: 2,
        occurred: after,
        operation: Operation::Withdraw,
        body: None,
    });
    let item = content.item().unwrap();
    assert!(item.in_force(occurred) && !item.in_force(after));
}

#[test]
fn an_item_of_which_nothing_was_accepted_says_nothing() {
    let mut facts = Facts::default();
    facts.know_record(&key(ITEM, CODE), head(Standing::Quarantined));
    facts.know_content(&key(ITEM, CODE), Content::empty(ITEM).unwrap());
    let verdict = on(&facts, CASE, &opened(samples::MORNING));
    assert_eq!(why(&verdict), [("power_code", "reference.quarantined")]);
}

#[test]
fn a_case_promises_no_more_time_than_its_item() {
    let at = samples::MORNING;
    let promises = |amount: u32, unit: LimitUnit| {
        let promise = Some(Limit { amount, unit: unit.into() });
        let case = Case { promise, ..Case::decode(&*opened(at)).unwrap() };
        let verdict = on(&item_is(&[(at, samples::item())]), CASE, &case.encode_to_vec());
        assert_eq!(verdict.standing, Standing::Accepted);
        verdict.reasons.first().map(|reason| reason.rule.clone())
    };
    // The item promises 7 working days.
    assert_eq!(promises(7, LimitUnit::WorkingDay), None);
    assert_eq!(promises(8, LimitUnit::WorkingDay).as_deref(), Some("power.promise"));
    assert_eq!(promises(6, LimitUnit::WorkingDay), None);
    assert_eq!(promises(8, LimitUnit::CalendarDay), None);
}

#[test]
fn an_older_reader_waits_for_what_it_does_not_know() {
    fn older(name: &str) -> Option<&'static sanheyi_proto::Dataset> {
        sanheyi_proto::dataset(name).filter(|known| known.name != CASE)
    }
    let edition = Edition::new(STANDARD, older);
    let case = opened(samples::MORNING);
    let judged = |edition: Edition, standard: u32| {
        let bytes = header(CASE, Operation::Put, standard, &case).encode();
        let view = HeaderView::parse(&bytes).unwrap();
        let mut asked = Needs::default();
        needs(&view, Some(&case), &edition, &mut asked);
        let candidate = Candidate { header: &view, body: Some(&case), lane: Lane::Normal };
        let facts = item_is(&[(samples::MORNING, samples::item())]);
        let waits = judge(&candidate, &edition, &facts, &mut Violations::new()).waits;
        assert!(waits.is_none() || asked.is_empty(), "what cannot be judged asks nothing");
        waits
    };
    assert_eq!(judged(edition, STANDARD), Some(Wait::Dataset(CASE.to_owned())));
    assert_eq!(judged(Edition::CURRENT, STANDARD + 1), Some(Wait::Standard(STANDARD + 1)));
    assert_eq!(judged(Edition::CURRENT, STANDARD), None);
    assert!(format!("{:?}", Edition::CURRENT).contains("version"));
}
