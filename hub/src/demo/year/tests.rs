mod family;
mod report;

use std::collections::{BTreeMap, BTreeSet};

use sanheyi_exchange_spec::gate::{Level, Standing};
use sanheyi_exchange_spec::limits;
use sanheyi_proto::standard::v1::{Case, Penalty};

use super::calendar::YEAR_BEGINS;
use super::*;
use crate::demo::model::Gate;

const SMALL: Plan = Plan { seed: 7, cases_per_day: 6 };
const LARGE: Plan = Plan { seed: 7, cases_per_day: 24 };
/// The year that CI plays, and most entries of it: its run takes its time from these.
const SHORT: (Plan, usize) = (Plan { seed: 2010, cases_per_day: crate::demo::SHORT }, 55_000);

/// All districts, those with a node first.
fn all() -> impl Iterator<Item = District> {
    districts().into_iter().chain(tenants())
}

fn written(district: &District, plan: &Plan) -> impl Iterator<Item = Written> + use<> {
    let days = year(district, plan).flat_map(|day| day.batches).flatten();
    publication(district).into_iter().chain(days)
}

#[test]
fn the_gate_accepts_all_of_it_and_warns_where_that_is_meant() {
    let (plan, most) = SHORT;
    let mut families: BTreeMap<&str, usize> = BTreeMap::new();
    for district in all() {
        let mut gate = Gate::default();
        let mut warned: BTreeMap<String, u32> = BTreeMap::new();
        for one in written(&district, &plan) {
            let verdict = gate.next(&one);
            assert_eq!(verdict.standing, Standing::Accepted, "{one:?}: {:?}", verdict.reasons);
            for reason in verdict.reasons {
                assert_eq!(reason.level, Level::Warning);
                *warned.entry(reason.rule).or_default() += 1;
            }
            *families.entry(one.dataset).or_default() += 1;
        }
        assert_eq!(warned, BTreeMap::from([("power.not_in_force".to_owned(), UNAWARE)]));
    }
    let entries = families.values().sum::<usize>();
    assert!(entries <= most, "{entries} entries in a short year");
    // Of what a platform may write, nothing is left out but what the acts after the year write.
    let own =
        sanheyi_proto::datasets().iter().filter(|one| one.author != sanheyi_proto::Author::Hub);
    let missing = own.map(|one| one.name).filter(|name| !families.contains_key(name));
    let acts = ["case.joint", "case.joint_opinion", "custody.answer", "custody.offer"];
    assert_eq!(missing.collect::<Vec<_>>(), acts);
}

#[test]
fn what_stands_at_the_beginning_stands_once() {
    for district in all() {
        let published = publication(&district);
        let mut records = BTreeSet::new();
        for one in &published {
            assert_eq!((one.revision, one.operation), (1, Operation::Put));
            assert!(records.insert((one.dataset, &one.record)), "{}", one.record);
            assert!(one.body.len() <= limits::BODY_BYTES);
        }
        let items = records.iter().filter(|(dataset, _)| *dataset == "catalogue.power_item");
        assert_eq!(items.count(), 152);
    }
}

#[test]
fn a_year_can_be_handed_in_as_it_comes() {
    for district in all() {
        let mut heads: BTreeMap<(&str, String), u64> = BTreeMap::new();
        for one in publication(&district) {
            heads.insert((one.dataset, one.record), 1);
        }
        let mut withdrawn = BTreeSet::new();
        let mut last = Timestamp::default();
        for batch in year(&district, &SMALL).flat_map(|day| day.batches) {
            assert!(!batch.is_empty() && batch.len() <= BATCH.min(limits::SUBMIT_DRAFTS));
            let mut within = BTreeSet::new();
            for written in batch {
                let key = (written.dataset, written.record.clone());
                assert!(within.insert(key.clone()), "{key:?} stands twice in a batch");
                assert!(!withdrawn.contains(&key), "{key:?} comes back");
                assert!(last <= written.occurred, "time runs forward");
                last = written.occurred;
                let head = heads.entry(key.clone()).or_insert(0);
                assert_eq!(written.revision, *head + 1, "{key:?}");
                *head = written.revision;
                if written.operation == Operation::Withdraw {
                    withdrawn.insert(key);
                }
            }
        }
    }
}

#[test]
fn the_seed_and_the_district_make_the_year() {
    let [jintan, liyang, _] = districts();
    let days = |district, seed| -> Vec<Day> { year(district, &Plan { seed, ..SMALL }).collect() };
    let one = days(&jintan, 7);
    assert_eq!(one.len(), 365);
    assert_eq!(one, days(&jintan, 7));
    assert_ne!(one, days(&jintan, 8));
    let other = days(&liyang, 7);
    let bodies = |days: &[Day]| days.iter().map(|day| day.batches.concat().len()).sum::<usize>();
    assert_ne!(bodies(&one), bodies(&other));
}

#[test]
fn nothing_happens_on_days_off_or_out_of_hours() {
    let [_, _, wujin] = districts();
    let mut off = 0;
    for (offset, day) in (0..).zip(year(&wujin, &SMALL)) {
        let midnight = YEAR_BEGINS + offset * 86_400_000_000;
        let calendar = Calendar::new();
        if calendar.opens(u32::try_from(offset).unwrap()).is_none() {
            assert!(day.batches.is_empty(), "{}", day.date);
            off += 1;
        }
        for written in day.batches.iter().flatten() {
            let minute = (written.occurred.as_micros() - midnight) / 60_000_000;
            let hours = (540..720).contains(&minute) || (810..1050).contains(&minute);
            assert!(hours, "{} at minute {minute} of {}", written.record, day.date);
        }
    }
    assert_eq!(off, 115);
}

/// Whether a case of either family begins.
fn opens(written: &Written) -> bool {
    matches!(written.dataset, "case.case" | "case.penalty") && written.revision == 1
}

#[test]
fn volumes_follow_place_season_and_weekday() {
    let cases = |district| written(&district, &SMALL).filter(opens).count();
    let totals: Vec<usize> = all().map(cases).collect();
    let daily = totals.iter().sum::<usize>() / 250;
    assert!((36..=48).contains(&daily), "about seven times 6 cases a day: {daily}");
    let [jintan, liyang, wujin, tianning, zhonglou, qishuyan, xinbei] = totals[..] else {
        panic!("seven districts: {totals:?}");
    };
    let descending = [wujin, liyang, jintan, xinbei, tianning, qishuyan];
    assert!(descending.is_sorted_by(|more, less| more > less), "by residents: {totals:?}");
    assert!(zhonglou > 4 * qishuyan, "by residents: {totals:?}");

    let [_, _, wujin] = districts();
    let (mut months, mut weekdays) = ([0; 13], [0; 7]);
    let mut items: BTreeMap<String, u32> = BTreeMap::new();
    for day in year(&wujin, &LARGE) {
        for written in day.batches.iter().flatten().filter(|one| opens(one)) {
            months[usize::try_from(day.date.month()).unwrap()] += 1;
            let weekday = day.date.weekday().to_monday_zero_offset();
            weekdays[usize::try_from(weekday).unwrap()] += 1;
            let code = match written.dataset {
                "case.case" => Case::decode(written.body.clone()).unwrap().power_code,
                _ => Penalty::decode(written.body.clone()).unwrap().power_code,
            };
            *items.entry(code).or_default() += 1;
        }
    }
    assert!(months[1..].iter().all(|cases| *cases >= months[2]), "February is low: {months:?}");
    assert!(months[3] > months[8] && months[12] > months[10], "{months:?}");
    assert!(weekdays[0] > weekdays[2] && weekdays[2] > weekdays[4], "{weekdays:?}");
    let mut counts: Vec<u32> = items.into_values().collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let (busy, all) = (counts[..20].iter().sum::<u32>(), counts.iter().sum::<u32>());
    assert!(busy * 2 > all, "20 items carry half of the cases: {busy} of {all}");
}
