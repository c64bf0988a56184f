use std::collections::{BTreeMap, BTreeSet};

use sanheyi_exchange_spec::ids::RecordId;
use sanheyi_exchange_spec::limits;
use sanheyi_proto::standard::v1::{
    ApplicantType, Case, CaseStep, LimitUnit, PowerItem, StepStatus,
};
use sanheyi_proto::{Violations, dataset};

use super::*;

const SMALL: Plan = Plan { seed: 7, cases_per_day: 6 };
const LARGE: Plan = Plan { seed: 7, cases_per_day: 24 };

fn assert_sound(written: &Written, scratch: &mut Violations) {
    scratch.clear();
    (dataset(written.dataset).expect("a dataset of the standard").check)(&written.body, scratch);
    assert!(scratch.is_empty(), "{}: {scratch:?}", written.record);
    assert!(written.record.parse::<RecordId>().is_ok(), "{}", written.record);
    assert!(written.body.len() <= limits::BODY_BYTES);
}

/// The cases and steps of a year, each with all its states.
struct Told {
    cases: BTreeMap<String, Vec<(Operation, Case)>>,
    steps: BTreeMap<String, Vec<CaseStep>>,
}

fn told(district: &District, plan: &Plan) -> Told {
    let mut told = Told { cases: BTreeMap::new(), steps: BTreeMap::new() };
    for written in year(district, plan).flat_map(|day| day.batches).flatten() {
        if written.dataset == "case.case" {
            let case = Case::decode(written.body).unwrap();
            told.cases.entry(written.record).or_default().push((written.operation, case));
        } else {
            let step = CaseStep::decode(written.body).unwrap();
            told.steps.entry(written.record).or_default().push(step);
        }
    }
    told
}

/// All districts, those with a node first.
fn all() -> impl Iterator<Item = District> {
    districts().into_iter().chain(tenants())
}

#[test]
fn the_items_are_published_without_fault() {
    let mut scratch = Violations::new();
    for district in all() {
        let published = publication(&district);
        assert_eq!(published.len(), 152);
        assert!(published.windows(2).all(|pair| pair[0].record < pair[1].record));
        for written in published {
            assert_sound(&written, &mut scratch);
            let item = PowerItem::decode(written.body).unwrap();
            assert_eq!(written.record, format!("{}/1", item.code));
        }
    }
}

#[test]
fn a_year_can_be_handed_in_as_it_comes() {
    let mut scratch = Violations::new();
    for district in all() {
        let mut heads: BTreeMap<(&str, String), (u64, Timestamp)> = BTreeMap::new();
        let mut withdrawn = BTreeSet::new();
        let mut last = Timestamp::default();
        for batch in year(&district, &SMALL).flat_map(|day| day.batches) {
            assert!(!batch.is_empty() && batch.len() <= BATCH.min(limits::SUBMIT_DRAFTS));
            let mut within = BTreeSet::new();
            for written in batch {
                assert_sound(&written, &mut scratch);
                let key = (written.dataset, written.record.clone());
                assert!(within.insert(key.clone()), "{key:?} stands twice in a batch");
                assert!(!withdrawn.contains(&key), "{key:?} comes back");
                assert!(last <= written.occurred, "time runs forward");
                last = written.occurred;
                let head = heads.entry(key.clone()).or_insert((0, Timestamp::default()));
                assert_eq!(written.revision, head.0 + 1, "{key:?}");
                assert!(head.1 <= written.occurred, "{key:?}");
                *head = (written.revision, written.occurred);
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

#[test]
fn volumes_follow_place_season_and_weekday() {
    let totals: Vec<usize> = all().map(|district| told(&district, &SMALL).cases.len()).collect();
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
        let opened = |written: &&Written| written.dataset == "case.case" && written.revision == 1;
        for written in day.batches.iter().flatten().filter(opened) {
            months[usize::try_from(day.date.month()).unwrap()] += 1;
            let weekday = day.date.weekday().to_monday_zero_offset();
            weekdays[usize::try_from(weekday).unwrap()] += 1;
            *items.entry(Case::decode(written.body.clone()).unwrap().power_code).or_default() += 1;
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

#[test]
fn cases_go_roughly_as_they_go() {
    let [_, liyang, _] = districts();
    let told = told(&liyang, &LARGE);
    let published: BTreeSet<String> =
        publication(&liyang).into_iter().map(|written| written.record).collect();
    let cases = told.cases.len();
    let count_cases = |wanted: &dyn Fn(&(Operation, Case)) -> bool| {
        told.cases.values().filter(|states| states.iter().any(wanted)).count()
    };
    let count_steps = |wanted: &dyn Fn(&CaseStep) -> bool| {
        told.steps.values().filter(|states| states.iter().any(wanted)).count()
    };
    let is = |step: &CaseStep, status: StepStatus| step.status() == status;
    let refused =
        |step: &CaseStep| step.note.contains("不予受理") || is(step, StepStatus::Overruled);
    let parts = [
        ("withdrawn", count_cases(&|state| state.0 == Operation::Withdraw), 4..20),
        (
            "mended",
            count_cases(&|state| state.0 == Operation::Put && state.1.change_number == 2),
            35..65,
        ),
        ("corrected", count_steps(&|step| is(step, StepStatus::Correction)), 42..78),
        ("suspended", count_steps(&|step| is(step, StepStatus::Paused)), 20..42),
        ("refused", count_steps(&refused), 28..52),
        ("late", late(&told), 10..30),
    ];
    for (name, count, bounds) in parts {
        let part = count * 1000 / cases;
        assert!(bounds.contains(&part), "{name}: {part} of 1000");
    }
    let mut codes: BTreeMap<String, String> = BTreeMap::new();
    for case in told.cases.values().flatten() {
        let firm = case.1.applicant.clone().unwrap();
        if firm.r#type() == ApplicantType::LegalPerson {
            let code = codes.entry(firm.name).or_insert(firm.paper_number.clone());
            assert_eq!(*code, firm.paper_number, "a firm keeps its code");
        }
        let record = format!("{}/{}", case.1.power_code, case.1.power_version);
        assert!(published.contains(&record), "{record} is not published");
    }
}

/// Cases whose clock ran longer than was promised, counted with a calendar of working days.
fn late(told: &Told) -> usize {
    let calendar = Calendar::new();
    let working: Vec<i64> = (0..DAYS)
        .filter(|day| calendar.opens(*day).is_some())
        .map(|day| YEAR_BEGINS + i64::from(day) * 86_400_000_000)
        .collect();
    let days = |from: i64, to: i64| working.iter().filter(|day| (from..to).contains(*day)).count();
    let over = |states: &Vec<(Operation, Case)>| {
        let case = &states[0].1;
        let promise = case.promise.unwrap();
        let steps: Vec<&CaseStep> = (1..10)
            .map_while(|ordinal| told.steps.get(&format!("{}-{ordinal:04}", case.no)))
            .filter_map(|states| states.last())
            .filter(|step| step.clock_runs)
            .collect();
        let spent = |step: &&CaseStep| days(step.began_at, step.processed_at.unwrap_or(i64::MAX));
        let worked: usize = steps.iter().map(spent).sum();
        let promised = usize::try_from(promise.amount).unwrap();
        match promise.unit() {
            LimitUnit::WorkingDay => worked > promised,
            _ => worked * 7 > promised * 5 + 7,
        }
    };
    told.cases.values().filter(|states| over(states)).count()
}

#[test]
fn numbers_ascend_in_each_organisation_and_steps_in_each_case() {
    let [jintan, _, _] = districts();
    let mut serials: BTreeMap<String, u64> = BTreeMap::new();
    let mut ordinals: BTreeMap<String, u32> = BTreeMap::new();
    for written in year(&jintan, &SMALL).flat_map(|day| day.batches).flatten() {
        if written.revision > 1 {
            continue;
        }
        if written.dataset == "case.case" {
            let (organisation, serial) = written.record.split_at(10);
            let last = serials.entry(organisation.into()).or_default();
            assert_eq!(serial.parse::<u64>().unwrap(), *last + 1);
            *last += 1;
        } else {
            let step = CaseStep::decode(written.body).unwrap();
            assert_eq!(written.record, format!("{}-{:04}", step.case_no, step.ordinal));
            let last = ordinals.entry(step.case_no).or_default();
            assert_eq!(step.ordinal, *last + 1);
            *last += 1;
        }
    }
}
