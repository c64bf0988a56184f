//! Discretion (自由裁量, standard, decision 9): a decision is held against the grade of the benchmark
//! that it names. Who leaves the range says so, with a reason and a second person; that these are
//! there is a rule within the record.

use std::cmp::Ordering;

use prost::Message as _;
use rust_decimal::Decimal;
use sanheyi_proto::standard::v1::{
    Amount, AmountUnit, Benchmark, BenchmarkGrade, Decision, DiscretionRange, PenaltyKind,
    RangeType,
};

use super::{Facts, Findings};
use crate::amount;
use crate::gate::content::{BENCHMARK, Content};
use crate::time::Timestamp;

/// Dataset of a decision.
pub(super) const DECISION: &str = "case.decision";

/// Holds a decision against its benchmark.
pub(in crate::gate) fn judge(dataset: &str, body: &[u8], facts: &Facts, out: &mut Findings) {
    if dataset != DECISION {
        return;
    }
    let Ok(decision) = Decision::decode(body) else { return };
    let Decision { power_code, power_version, benchmark_serial, .. } = &decision;
    let name = format!("{power_code}-{power_version}-{benchmark_serial:03}");
    let content = facts.content(BENCHMARK, &name);
    let at = Timestamp::from_micros(decision.decided_at);
    let grades = content.and_then(Content::grades);
    let Some(benchmark) = grades.and_then(|grades| grades.at(at)) else { return };
    in_force(&decision, benchmark, &name, out);
    if decision.benchmark_grade.is_empty() {
        return;
    }
    let grade = benchmark.grades.iter().find(|grade| grade.id == decision.benchmark_grade);
    match grade {
        Some(grade) => within(&decision, grade, out),
        None => out.error(
            "benchmark_grade",
            "discretion.grade",
            format!("裁量基准 {name} 没有 {} 档，请按基准所列档次填写", decision.benchmark_grade),
            format!("benchmark {name} has no grade {}: name one it has", decision.benchmark_grade),
        ),
    }
}

fn in_force(decision: &Decision, benchmark: &Benchmark, name: &str, out: &mut Findings) {
    let at = decision.decided_at;
    let begun = at >= benchmark.valid_from;
    if begun && benchmark.valid_until.is_none_or(|until| at < until) {
        return;
    }
    out.warning(
        "benchmark_serial",
        "discretion.not_in_force",
        format!("作出决定时裁量基准 {name} 不在有效期内"),
        format!("benchmark {name} was not in force when the decision was made"),
    );
}

/// What was decided, by kind of penalty.
fn decided(decision: &Decision) -> [(PenaltyKind, &'static str, Option<Amount>); 3] {
    let days = |days: u32| {
        (days > 0).then(|| Amount { value: days.to_string(), unit: AmountUnit::Day.into() })
    };
    [
        (PenaltyKind::Fine, "fine", decision.fine.clone()),
        (PenaltyKind::Closure, "closure_days", days(decision.closure_days)),
        (PenaltyKind::Detention, "detention_days", days(decision.detention_days)),
    ]
}

fn within(decision: &Decision, grade: &BenchmarkGrade, out: &mut Findings) {
    let mut left = false;
    let mut known = false;
    for (kind, field, amount) in decided(decision) {
        let Some(amount) = amount else { continue };
        let ranges = grade.ranges.iter().filter(|range| range.penalty_kind() == kind);
        let mut answers =
            ranges.filter_map(|range| holds(range, &amount, decision.base.as_ref())).peekable();
        if answers.peek().is_none() {
            continue;
        }
        known = true;
        // A grade may offer several ranges of one kind, as by the worth of the goods.
        if answers.any(|inside| inside) {
            continue;
        }
        left = true;
        if !decision.outside_benchmark {
            out.error(
                field,
                "discretion.range",
                format!("处罚幅度不在裁量基准“{}”档的范围内，须注明偏离并说明理由、由第二人审核", grade.name),
                format!(
                    "the penalty lies outside the range of grade {}: say so, with a reason and a second person",
                    grade.name
                ),
            );
        }
    }
    if decision.outside_benchmark && known && !left {
        out.warning(
            "outside_benchmark",
            "discretion.inside",
            format!("注明偏离裁量基准，但处罚幅度在“{}”档的范围内", grade.name),
            format!("it is said to leave the benchmark, yet lies within grade {}", grade.name),
        );
    }
}

/// Whether an amount lies within a range; nothing where they cannot be compared.
fn holds(range: &DiscretionRange, amount: &Amount, base: Option<&Amount>) -> Option<bool> {
    match range.r#type() {
        RangeType::Bounds => {
            let low = edge(range.low.as_ref(), amount)?;
            let high = edge(range.high.as_ref(), amount)?;
            (range.low.is_some() || range.high.is_some())
                .then_some(low != Some(Ordering::Greater) && high != Some(Ordering::Less))
        }
        RangeType::Base => {
            let base = base.filter(|base| amount::comparable(base.unit(), amount.unit()))?;
            let (base, amount) = (amount::in_base(base)?, amount::in_base(amount)?);
            let multiple = |text: &str| -> Option<Option<Decimal>> {
                if text.is_empty() {
                    return Some(None);
                }
                amount::decimal(text)?.checked_mul(base).map(Some)
            };
            let (low, high) = (multiple(&range.low_multiple)?, multiple(&range.high_multiple)?);
            (low.is_some() || high.is_some()).then_some(
                low.is_none_or(|low| low <= amount) && high.is_none_or(|high| amount <= high),
            )
        }
        RangeType::Unspecified | RangeType::Other => None,
    }
}

/// How an edge of a range compares with an amount; `Some(None)` where there is no edge.
fn edge(edge: Option<&Amount>, amount: &Amount) -> Option<Option<Ordering>> {
    match edge {
        None => Some(None),
        Some(edge) => amount::compare(edge, amount).map(Some),
    }
}
