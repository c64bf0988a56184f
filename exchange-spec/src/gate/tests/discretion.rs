//! A decision against its benchmark, and a flow chart against its item: they fire, they do not, and
//! where they begin to.

use prost::Message as _;
use sanheyi_proto::standard::v1::{
    Amount, AmountUnit, Benchmark, BenchmarkGrade, Decision, DiscretionRange, FlowChart, Limit,
    LimitUnit, PenaltyKind, PowerItem, RangeType,
};

use super::samples;
use crate::entry::Operation;
use crate::gate::across::{discretion_judge, power_judge};
use crate::gate::{Content, Facts, Findings, Key, Level, Version};
use crate::time::Timestamp;

const BENCHMARK: &str = "JS048100SP-CF-0001-1-001";
const DAY: i64 = 24 * 3_600_000_000;

fn amount(value: &str, unit: AmountUnit) -> Option<Amount> {
    Some(Amount { value: value.into(), unit: unit.into() })
}

fn bounds(kind: PenaltyKind, low: Option<Amount>, high: Option<Amount>) -> DiscretionRange {
    let (penalty_kind, r#type) = (kind.into(), RangeType::Bounds.into());
    DiscretionRange { penalty_kind, r#type, low, high, ..DiscretionRange::default() }
}

fn multiples(low: &str, high: &str) -> DiscretionRange {
    DiscretionRange {
        penalty_kind: PenaltyKind::Fine.into(),
        r#type: RangeType::Base.into(),
        base_name: "货值金额".into(),
        low_multiple: low.into(),
        high_multiple: high.into(),
        ..DiscretionRange::default()
    }
}

/// Under 10,000 yuan of goods 65,000 to 85,000 yuan; else 13 to 17 times their worth.
fn benchmark() -> Benchmark {
    let yuan = |value| amount(value, AmountUnit::Yuan);
    let ranges = vec![
        bounds(PenaltyKind::Fine, yuan("65000"), amount("8.5", AmountUnit::WanYuan)),
        multiples("13", "17"),
        bounds(PenaltyKind::Detention, None, amount("5", AmountUnit::Day)),
    ];
    let grade =
        BenchmarkGrade { id: "YB".into(), name: "一般".into(), ranges, ..Default::default() };
    Benchmark {
        power_code: "JS048100SP-CF-0001".into(),
        power_version: 1,
        serial: 1,
        grades: vec![grade],
        valid_from: samples::MORNING,
        valid_until: Some(samples::MORNING + DAY),
        ..Benchmark::default()
    }
}

fn decision() -> Decision {
    Decision {
        power_code: "JS048100SP-CF-0001".into(),
        power_version: 1,
        benchmark_serial: 1,
        benchmark_grade: "YB".into(),
        decided_at: samples::MORNING,
        fine: amount("70000", AmountUnit::Yuan),
        ..Decision::default()
    }
}

fn content(dataset: &'static str, record: &str, body: &[u8]) -> Facts {
    let mut content = Content::empty(dataset).unwrap();
    let occurred = Timestamp::from_micros(samples::MORNING);
    let operation = Operation::Put;
    content.add(&Version { revision: 1, occurred, operation, body: Some(body) });
    let mut facts = Facts::default();
    facts.know_content(&Key { dataset, record: record.into() }, content);
    facts
}

/// Level, field and rule of what is found.
fn found(decision: &Decision) -> Vec<(Level, String, String)> {
    let facts = content("catalogue.benchmark", BENCHMARK, &benchmark().encode_to_vec());
    let mut findings = Findings::default();
    discretion_judge("case.decision", &decision.encode_to_vec(), &facts, &mut findings);
    let reasons = findings.into_reasons().into_iter();
    reasons.map(|reason| (reason.level, reason.field, reason.rule)).collect()
}

fn fined(value: &str, unit: AmountUnit) -> bool {
    let found = found(&Decision { fine: amount(value, unit), ..decision() });
    let range = (Level::Error, "fine".to_owned(), "discretion.range".to_owned());
    assert!(found.is_empty() || found == [range], "{found:?}");
    found.is_empty()
}

#[test]
fn a_fine_lies_within_the_range_of_its_grade() {
    let (yuan, wan) = (AmountUnit::Yuan, AmountUnit::WanYuan);
    for (value, unit, inside) in [
        ("65000", yuan, true),
        ("64999.99", yuan, false),
        ("85000", yuan, true),
        ("85000.01", yuan, false),
        ("6.5", wan, true),
        ("8.5", wan, true),
        ("8.500001", wan, false),
        ("85000", wan, false),
    ] {
        assert_eq!(fined(value, unit), inside, "{value} {unit:?}");
    }
}

#[test]
fn a_fine_by_multiples_needs_the_worth_of_the_base() {
    let by = |fine: &str, base: Option<Amount>| {
        let fine = amount(fine, AmountUnit::WanYuan);
        found(&Decision { fine, base, ..decision() }).is_empty()
    };
    let goods = || amount("20000", AmountUnit::Yuan);
    assert!(by("26", goods()) && by("34", goods()), "13 and 17 times");
    assert!(!by("25.9999", goods()) && !by("34.0001", goods()));
    assert!(!by("26", None), "without a base only the amounts count");
}

#[test]
fn who_leaves_the_range_says_so() {
    let outside = Decision { fine: amount("90000", AmountUnit::Yuan), ..decision() };
    assert_eq!(found(&outside).len(), 1);
    assert!(found(&Decision { outside_benchmark: true, ..outside }).is_empty());
    let inside = found(&Decision { outside_benchmark: true, ..decision() });
    assert_eq!(inside.len(), 1);
    assert_eq!((inside[0].0, inside[0].2.as_str()), (Level::Warning, "discretion.inside"));
}

#[test]
fn days_are_held_as_money_is() {
    let detained = |detention_days| {
        let decision = Decision { fine: None, detention_days, ..decision() };
        found(&decision).into_iter().map(|(_, field, _)| field).collect::<Vec<_>>()
    };
    assert!(detained(5).is_empty());
    assert_eq!(detained(6), ["detention_days"]);
}

#[test]
fn a_grade_is_one_of_its_benchmark() {
    let other = found(&Decision { benchmark_grade: "YZ".into(), ..decision() });
    assert_eq!(other.len(), 1);
    assert_eq!((other[0].0, other[0].2.as_str()), (Level::Error, "discretion.grade"));
    assert!(found(&Decision { benchmark_grade: String::new(), ..decision() }).is_empty());
}

#[test]
fn a_benchmark_is_in_force_when_the_decision_is_made() {
    let at = |decided_at| {
        let found = found(&Decision { decided_at, ..decision() });
        found.into_iter().map(|(level, _, rule)| (level, rule)).collect::<Vec<_>>()
    };
    let warning = [(Level::Warning, "discretion.not_in_force".to_owned())];
    let from = samples::MORNING;
    assert!(at(from).is_empty() && at(from + DAY - 1).is_empty());
    assert_eq!(at(from - 1), warning);
    assert_eq!(at(from + DAY), warning);
}

#[test]
fn a_decision_is_held_against_the_benchmark_of_its_day() {
    let narrower = {
        let mut benchmark = benchmark();
        let range = &mut benchmark.grades[0].ranges[0];
        range.high = amount("66000", AmountUnit::Yuan);
        benchmark
    };
    let (from, later) = (samples::MORNING, samples::MORNING + 1000);
    let mut content = Content::empty("catalogue.benchmark").unwrap();
    // In whatever order they come.
    for (revision, occurred, body) in [(2, later, &narrower), (1, from, &benchmark())] {
        let (occurred, operation) = (Timestamp::from_micros(occurred), Operation::Put);
        let body = body.encode_to_vec();
        content.add(&Version { revision, occurred, operation, body: Some(&body) });
    }
    assert!(content.memory() > 0);
    let withdrawn = Version {
        revision: 3,
        occurred: Timestamp::from_micros(later + 1000),
        operation: Operation::Withdraw,
        body: None,
    };
    content.add(&withdrawn);
    let mut facts = Facts::default();
    let key = Key { dataset: "catalogue.benchmark", record: BENCHMARK.into() };
    facts.know_content(&key, content);
    // 70,000 yuan: within the first, outside of the second; the third says nothing.
    for (decided_at, rules) in [
        (from - 1, vec!["discretion.not_in_force"]),
        (from, vec![]),
        (later - 1, vec![]),
        (later, vec!["discretion.range"]),
        (later + 999, vec!["discretion.range"]),
        (later + 1000, vec![]),
    ] {
        let mut findings = Findings::default();
        let body = Decision { decided_at, ..decision() }.encode_to_vec();
        discretion_judge("case.decision", &body, &facts, &mut findings);
        let found: Vec<_> = findings.into_reasons().into_iter().map(|one| one.rule).collect();
        assert_eq!(found, rules, "{decided_at}");
    }
}

#[test]
fn a_benchmark_that_is_not_known_says_nothing() {
    let mut findings = Findings::default();
    let body = decision().encode_to_vec();
    discretion_judge("case.decision", &body, &Facts::default(), &mut findings);
    assert!(findings.is_empty());
}

#[test]
fn a_flow_chart_is_drawn_for_the_promise_of_its_item() {
    let item = PowerItem { version: 3, ..samples::item() };
    let facts = content("catalogue.power_item", "JS048100JT-XK-1030-3", &item.encode_to_vec());
    let drawn = |promise: Option<Limit>| {
        let chart = FlowChart {
            power_code: "JS048100JT-XK-1030".into(),
            power_version: 3,
            promise,
            ..FlowChart::default()
        };
        let mut findings = Findings::default();
        power_judge("catalogue.flow_chart", &chart.encode_to_vec(), &facts, &mut findings);
        findings.into_reasons().into_iter().map(|reason| reason.rule).collect::<Vec<_>>()
    };
    let limit = |amount, unit: LimitUnit| Some(Limit { amount, unit: unit.into() });
    assert!(drawn(limit(7, LimitUnit::WorkingDay)).is_empty());
    assert_eq!(drawn(limit(8, LimitUnit::WorkingDay)), ["flow.promise"]);
    assert_eq!(drawn(limit(7, LimitUnit::CalendarDay)), ["flow.promise"]);
    assert!(drawn(None).is_empty());
}
