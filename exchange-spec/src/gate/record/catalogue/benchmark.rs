//! Benchmarks of discretion (裁量基准): ranges that a machine can check, and grades that keep within
//! the law and out of each other's way.

mod span;

use std::collections::BTreeSet;

use sanheyi_proto::standard::v1::{Benchmark, BenchmarkGrade, DiscretionRange, RangeType};

use self::span::Span;
use crate::amount::decimal;
use crate::gate::record::interval;
use crate::reason::Findings;

/// Rules of a benchmark.
pub(in crate::gate::record) fn benchmark(benchmark: &Benchmark, out: &mut Findings) {
    interval::instants(benchmark.valid_from, benchmark.valid_until, out);
    for (at, one) in benchmark.statutory.iter().enumerate() {
        range(&format!("statutory[{at}]"), one, out);
    }
    let mut ids = BTreeSet::new();
    for (at, grade) in benchmark.grades.iter().enumerate() {
        if !ids.insert(grade.id.as_str()) {
            out.error(
                format!("grades[{at}].id"),
                "record.grade_id",
                format!("档次标识 {} 重复，请为第 {} 档另取标识", grade.id, at + 1),
                format!("the id {} stands twice: give grade {} another one", grade.id, at + 1),
            );
        }
        for (way, one) in grade.ranges.iter().enumerate() {
            range(&format!("grades[{at}].ranges[{way}]"), one, out);
        }
    }
    within(benchmark, out);
    overlap(&benchmark.grades, out);
}

/// A range by itself: bounds with one unit, in order; or multiples of a base; or words.
fn range(path: &str, range: &DiscretionRange, out: &mut Findings) {
    match range.r#type() {
        RangeType::Bounds => bounds(path, range, out),
        RangeType::Base => base(path, range, out),
        RangeType::Other if range.remark.trim().is_empty() => out.error(
            format!("{path}.remark"),
            "record.range_words",
            "类型为“其他”的裁量幅度须用文字说明，请填写备注",
            "a range of type “other” is said in words: fill in the remark",
        ),
        RangeType::Other | RangeType::Unspecified => {}
    }
}

fn bounds(path: &str, range: &DiscretionRange, out: &mut Findings) {
    match (&range.low, &range.high) {
        (None, None) => out.error(
            path,
            "record.range_bound",
            "类型为“上下限”的裁量幅度须有下限或上限，请补填；没有数额的请选“其他”",
            "a range of type “bounds” needs a lowest or a highest amount: fill one in, or choose “other”",
        ),
        (Some(low), Some(high)) if low.unit != high.unit => out.error(
            format!("{path}.high.unit"),
            "record.range_unit",
            "裁量幅度的下限与上限须用同一单位，请统一单位",
            "the lowest and the highest amount of a range have one unit: use one",
        ),
        (Some(low), Some(high)) if decimal(&low.value) > decimal(&high.value) => {
            order(format!("{path}.high"), out);
        }
        _ => {}
    }
}

fn base(path: &str, range: &DiscretionRange, out: &mut Findings) {
    if range.base_name.trim().is_empty() {
        out.error(
            format!("{path}.base_name"),
            "record.range_base",
            "类型为“基数倍数”的裁量幅度须写明基数名称，请补填",
            "a range of type “multiples of a base” names its base: fill in the name",
        );
    }
    let (low, high) = (decimal(&range.low_multiple), decimal(&range.high_multiple));
    if low.is_none() && high.is_none() {
        out.error(
            format!("{path}.high_multiple"),
            "record.range_base",
            "类型为“基数倍数”的裁量幅度须有倍数下限或倍数上限，请补填",
            "a range of type “multiples of a base” needs a lowest or a highest multiple: fill one in",
        );
    }
    if let (Some(low), Some(high)) = (low, high)
        && low > high
    {
        order(format!("{path}.high_multiple"), out);
    }
}

fn order(field: String, out: &mut Findings) {
    out.error(
        field,
        "record.range_order",
        "裁量幅度的下限不得大于上限，请改正其中之一",
        "the lowest end of a range must not be above its highest: correct one of them",
    );
}

/// A grade keeps within what the law allows, wherever both measure the same thing.
fn within(benchmark: &Benchmark, out: &mut Findings) {
    let law: Vec<Span<'_>> = benchmark.statutory.iter().filter_map(Span::of).collect();
    for (at, grade) in benchmark.grades.iter().enumerate() {
        for (way, range) in grade.ranges.iter().enumerate() {
            let Some(span) = Span::of(range) else { continue };
            let mut alike = law.iter().filter(|law| law.measures_as(&span)).peekable();
            if alike.peek().is_some() && !alike.any(|law| law.contains(&span)) {
                out.error(
                    format!("grades[{at}].ranges[{way}]"),
                    "record.grade_within",
                    format!("第 {} 档“{}”的幅度超出法定幅度，请按法定幅度改正", at + 1, grade.name),
                    format!(
                        "grade {} (“{}”) leaves the statutory range: correct it by the law",
                        at + 1,
                        grade.name
                    ),
                );
            }
        }
    }
}

/// Two grades may touch at an edge and share no more.
fn overlap(grades: &[BenchmarkGrade], out: &mut Findings) {
    for (at, grade) in grades.iter().enumerate() {
        let clash = grades.iter().take(at).position(|before| shares(before, grade));
        if let Some(before) = clash {
            out.warning(
                format!("grades[{at}]"),
                "record.grade_overlap",
                format!("第 {} 档与第 {} 档的幅度重叠，请核对两档的界限", before + 1, at + 1),
                format!(
                    "the ranges of grades {} and {} overlap: look at where one ends and the other begins",
                    before + 1,
                    at + 1
                ),
            );
        }
    }
}

fn shares(one: &BenchmarkGrade, other: &BenchmarkGrade) -> bool {
    let others: Vec<Span<'_>> = other.ranges.iter().filter_map(Span::of).collect();
    let clash =
        |span: Span<'_>| others.iter().any(|other| span.measures_as(other) && span.overlaps(other));
    one.ranges.iter().filter_map(Span::of).any(clash)
}

#[cfg(test)]
mod tests;
