//! How cases of both families go.

use std::collections::{BTreeMap, BTreeSet};

use sanheyi_proto::standard::v1::{
    ApplicantType, Case, CaseOutcome, CaseResult, CaseStep, Decision, Finding, FindingType,
    LimitUnit, Penalty, PenaltyOutcome, PenaltyStep, PowerItem, PowerState, StepStatus,
};

use super::*;

/// The cases and steps of a year, each with all its states.
#[derive(Default)]
struct Told {
    cases: BTreeMap<String, Vec<(Operation, Case)>>,
    steps: BTreeMap<String, Vec<CaseStep>>,
    results: BTreeMap<String, CaseResult>,
    penalties: BTreeMap<String, Penalty>,
    penalty_steps: BTreeMap<String, Vec<PenaltyStep>>,
    decisions: BTreeMap<String, Decision>,
    findings: Vec<Finding>,
}

fn read<M: Message + Default>(written: &Written) -> M {
    M::decode(written.body.clone()).unwrap()
}

fn told(district: &District, plan: &Plan) -> Told {
    let mut told = Told::default();
    for written in written(district, plan) {
        let record = written.record.clone();
        match written.dataset {
            "case.case" => {
                let state = (written.operation, read(&written));
                told.cases.entry(record).or_default().push(state);
            }
            "case.step" => told.steps.entry(record).or_default().push(read(&written)),
            "case.result" => drop(told.results.insert(record, read(&written))),
            "case.penalty" => drop(told.penalties.insert(record, read(&written))),
            "case.penalty_step" => {
                told.penalty_steps.entry(record).or_default().push(read(&written));
            }
            "case.decision" => drop(told.decisions.insert(record, read(&written))),
            "supervision.finding" => told.findings.push(read(&written)),
            _ => {}
        }
    }
    told
}

#[test]
fn cases_go_roughly_as_they_go() {
    let [_, liyang, _] = districts();
    let told = told(&liyang, &LARGE);
    let cases = told.cases.len();
    let count_cases = |wanted: &dyn Fn(&(Operation, Case)) -> bool| {
        told.cases.values().filter(|states| states.iter().any(wanted)).count()
    };
    let count_steps = |wanted: &dyn Fn(&CaseStep) -> bool| {
        told.steps.values().filter(|states| states.iter().any(wanted)).count()
    };
    let is = |step: &CaseStep, status: StepStatus| step.status() == status;
    let bad = [CaseOutcome::NotAccepted, CaseOutcome::Refused];
    let refused = told.results.values().filter(|result| bad.contains(&result.outcome())).count();
    let late = late(&told);
    let parts = [
        ("withdrawn", count_cases(&|state| state.0 == Operation::Withdraw), 4..20),
        (
            "mended",
            count_cases(&|state| state.0 == Operation::Put && state.1.change_number == 2),
            35..65,
        ),
        ("corrected", count_steps(&|step| is(step, StepStatus::Correction)), 42..78),
        ("suspended", count_steps(&|step| is(step, StepStatus::Paused)), 20..42),
        ("refused", refused, 28..56),
        ("late", late.len(), 10..30),
    ];
    for (name, count, bounds) in parts {
        let part = count * 1000 / cases;
        assert!(bounds.contains(&part), "{name}: {part} of 1000");
    }
    let finished = told.results.len() * 100 / cases;
    assert!(finished > 85, "{finished} of a hundred are finished by the end of the year");
    let found = told.findings.iter().filter(|one| one.r#type() == FindingType::Time);
    let found: BTreeSet<&String> = found.map(|finding| &finding.case_no).collect();
    let noticed = late.iter().filter(|no| found.contains(*no)).count();
    assert!(noticed * 10 >= late.len() * 7, "{noticed} of {} late cases are found", late.len());
    assert!(found.len() < 2 * late.len() + told.penalties.len() / 20, "{}", found.len());
}

#[test]
fn firms_keep_their_codes_and_cases_run_on_what_is_there() {
    let [jintan, _, _] = districts();
    let told = told(&jintan, &LARGE);
    let mut items: BTreeSet<String> = BTreeSet::new();
    for one in written(&jintan, &LARGE).filter(|one| one.dataset == "catalogue.power_item") {
        items.insert(one.record);
    }
    let mut codes: BTreeMap<String, String> = BTreeMap::new();
    for (_, case) in told.cases.values().flatten() {
        let firm = case.applicant.clone().unwrap();
        if firm.r#type() == ApplicantType::LegalPerson {
            let code = codes.entry(firm.name).or_insert(firm.paper_number.clone());
            assert_eq!(*code, firm.paper_number, "a firm keeps its code");
        }
        let record = format!("{}-{}", case.power_code, case.power_version);
        assert!(items.contains(&record), "{record} is not in the catalogue");
    }
    assert_eq!(items.len(), 153, "one item has a second version");
}

/// Cases whose clock ran longer than was promised, counted with a calendar of working days.
fn late(told: &Told) -> Vec<&String> {
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
    told.cases.iter().filter(|(_, states)| over(states)).map(|(no, _)| no).collect()
}

#[test]
fn penalties_are_decided_within_their_grade() {
    let [_, _, wujin] = districts();
    let told = told(&wujin, &LARGE);
    let penalties = told.penalties.len();
    assert!(penalties * 20 > told.cases.len(), "{penalties} penalty cases");
    assert!(told.penalty_steps.len() > 3 * penalties);
    let decisions: Vec<&Decision> = told.decisions.values().collect();
    let count = |wanted: &dyn Fn(&&&Decision) -> bool| decisions.iter().filter(wanted).count();
    assert!(decisions.len() * 4 > penalties * 3 / 2, "{} decisions", decisions.len());
    let spared = count(&|one| one.outcome() == PenaltyOutcome::NoPenalty);
    assert!((1..decisions.len() / 10).contains(&spared), "{spared} are spared");
    let graded = count(&|one| !one.benchmark_grade.is_empty());
    assert!(graded * 3 > decisions.len(), "{graded} of {} by a benchmark", decisions.len());
    assert!(count(&|one| one.classes.len() > 1) > 0, "some with several punishments");
    assert!(count(&|one| one.base.is_some()) > 0, "some by multiples of a base");
}

#[test]
fn a_few_items_change_their_state() {
    let [jintan, _, _] = districts();
    let mut states: BTreeMap<String, Vec<PowerState>> = BTreeMap::new();
    for one in written(&jintan, &SMALL).filter(|one| one.dataset == "catalogue.power_item") {
        states.entry(one.record.clone()).or_default().push(read::<PowerItem>(&one).state());
    }
    use PowerState::*;
    let count = |wanted: &[PowerState]| states.values().filter(|all| all[..] == *wanted).count();
    assert_eq!(count(&[Draft, Submitted, InReview, Confirmed, Customised, Published]), 3);
    assert_eq!(count(&[Published, Suspended, Published]), 1);
    assert_eq!(count(&[Published, Superseded]), 1);
    assert_eq!(count(&[Published, Abolished]), 1);
    assert_eq!(count(&[Published]), 152 - 6 + 1);
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
        match written.dataset {
            "case.case" | "case.penalty" => {
                let (organisation, serial) = written.record.split_at(10);
                let last = serials.entry(organisation.into()).or_default();
                assert_eq!(serial.parse::<u64>().unwrap(), *last + 1);
                *last += 1;
            }
            "case.step" | "case.penalty_step" => {
                let (case, ordinal) = written.record.split_once('-').unwrap();
                let last = ordinals.entry(case.into()).or_default();
                assert_eq!(ordinal.parse::<u32>().unwrap(), *last + 1);
                *last += 1;
            }
            _ => {}
        }
    }
}
