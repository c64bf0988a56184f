//! Rules of benchmarks, each where it fires, does not, and at the boundary.

use sanheyi_proto::standard::v1::{Amount, AmountUnit, PenaltyKind};

use super::*;
use crate::gate::record::tests::rules;

const NONE: [&str; 0] = [];
const YUAN: AmountUnit = AmountUnit::Yuan;
const WAN: AmountUnit = AmountUnit::WanYuan;

fn amount(value: &str, unit: AmountUnit) -> Option<Amount> {
    (!value.is_empty()).then(|| Amount { value: value.into(), unit: unit.into() })
}

/// A fine from `low` to `high`; an empty end is open.
fn fine(low: &str, high: &str, unit: AmountUnit) -> DiscretionRange {
    DiscretionRange {
        penalty_kind: PenaltyKind::Fine.into(),
        r#type: RangeType::Bounds.into(),
        low: amount(low, unit),
        high: amount(high, unit),
        ..DiscretionRange::default()
    }
}

/// A fine of so many times of a base.
fn times(base: &str, low: &str, high: &str) -> DiscretionRange {
    DiscretionRange {
        penalty_kind: PenaltyKind::Fine.into(),
        r#type: RangeType::Base.into(),
        base_name: base.into(),
        low_multiple: low.into(),
        high_multiple: high.into(),
        ..DiscretionRange::default()
    }
}

fn of(statutory: Vec<DiscretionRange>, grades: Vec<Vec<DiscretionRange>>) -> Vec<String> {
    let grade = |(at, ranges): (usize, Vec<DiscretionRange>)| BenchmarkGrade {
        id: format!("G{at}"),
        ranges,
        ..BenchmarkGrade::default()
    };
    let grades = grades.into_iter().enumerate().map(grade).collect();
    let benchmark = Benchmark { statutory, grades, ..Benchmark::default() };
    rules(|out| super::benchmark(&benchmark, out))
}

fn alone(range: DiscretionRange) -> Vec<String> {
    of(vec![range], Vec::new())
}

#[test]
fn a_range_of_bounds_has_a_bound() {
    assert_eq!(alone(fine("1", "", YUAN)), NONE);
    assert_eq!(alone(fine("", "1", YUAN)), NONE);
    assert_eq!(alone(fine("", "", YUAN)), ["error statutory[0] record.range_bound"]);
}

#[test]
fn a_range_of_bounds_has_one_unit() {
    assert_eq!(alone(fine("1", "2", WAN)), NONE);
    let mixed = DiscretionRange { high: amount("10", WAN), ..fine("30000", "", YUAN) };
    assert_eq!(alone(mixed), ["error statutory[0].high.unit record.range_unit"]);
}

#[test]
fn a_range_begins_below_its_end() {
    assert_eq!(alone(fine("2", "10", YUAN)), NONE, "numbers, not texts");
    assert_eq!(alone(fine("10", "10.0", YUAN)), NONE, "a range of one amount");
    let reversed = ["error statutory[0].high record.range_order"];
    assert_eq!(alone(fine("10.000001", "10", YUAN)), reversed);
    assert_eq!(alone(times("货值金额", "10", "10")), NONE);
    let reversed = ["error statutory[0].high_multiple record.range_order"];
    assert_eq!(alone(times("货值金额", "10.1", "10")), reversed);
    let inside = of(Vec::new(), vec![vec![fine("2", "1", YUAN)]]);
    assert_eq!(inside, ["error grades[0].ranges[0].high record.range_order"]);
}

#[test]
fn multiples_have_a_base_and_a_number() {
    assert_eq!(alone(times("违法所得", "1", "5")), NONE);
    assert_eq!(alone(times("违法所得", "", "5")), NONE);
    assert_eq!(alone(times("违法所得", "1", "")), NONE);
    let no_number = ["error statutory[0].high_multiple record.range_base"];
    assert_eq!(alone(times("违法所得", "", "")), no_number);
    let no_base = ["error statutory[0].base_name record.range_base"];
    assert_eq!(alone(times("", "1", "5")), no_base);
    assert_eq!(alone(times("\u{3000}", "1", "5")), no_base);
}

#[test]
fn a_range_in_words_has_words() {
    let words = |remark: &str| {
        let r#type = RangeType::Other.into();
        alone(DiscretionRange { r#type, remark: remark.into(), ..DiscretionRange::default() })
    };
    assert_eq!(words("没收违法所得"), NONE);
    assert_eq!(words(""), ["error statutory[0].remark record.range_words"]);
    assert_eq!(words(" "), ["error statutory[0].remark record.range_words"]);
}

#[test]
fn a_grade_keeps_within_the_law() {
    let law = || vec![fine("3", "10", WAN), times("货值金额", "10", "20")];
    let outside = ["error grades[0].ranges[0] record.grade_within"];
    for range in [
        fine("30000", "100000", YUAN),
        fine("3", "5", WAN),
        fine("", "100000.00", YUAN),
        fine("30000", "", YUAN),
        times("货值金额", "10", "20"),
        // Of another base, or another unit: nothing to compare it with.
        times("违法所得", "1", "100"),
        fine("1", "15", AmountUnit::Day),
    ] {
        assert_eq!(of(law(), vec![vec![range.clone()]]), NONE, "{range:?}");
    }
    for range in [
        fine("29999.99", "50000", YUAN),
        fine("50000", "100000.01", YUAN),
        fine("100001", "", YUAN),
        fine("", "2.9", WAN),
        times("货值金额", "9.9", "15"),
        times("货值金额", "15", "20.000001"),
    ] {
        assert_eq!(of(law(), vec![vec![range.clone()]]), outside, "{range:?}");
    }
    let detained =
        DiscretionRange { penalty_kind: PenaltyKind::Detention.into(), ..fine("1", "2", WAN) };
    assert_eq!(of(law(), vec![vec![detained]]), NONE, "another kind of penalty");
    let two = vec![fine("1", "2", WAN), fine("5", "6", WAN)];
    assert_eq!(of(two.clone(), vec![vec![fine("5", "6", WAN)]]), NONE, "within one of two");
    assert_eq!(of(two, vec![vec![fine("2", "5", WAN)]]), outside, "across two");
}

#[test]
fn grades_touch_at_their_edges_only() {
    let law = || vec![fine("", "100000", YUAN)];
    let overlap = ["warning grades[1] record.grade_overlap"];
    let pair = |one, other| of(law(), vec![vec![one], vec![other]]);
    assert_eq!(pair(fine("3", "5", WAN), fine("50000", "80000", YUAN)), NONE);
    assert_eq!(pair(fine("5", "8", WAN), fine("30000", "50000", YUAN)), NONE, "in any order");
    assert_eq!(pair(fine("3", "5", WAN), fine("49999.99", "80000", YUAN)), overlap);
    assert_eq!(pair(fine("", "5", WAN), fine("0", "50000", YUAN)), overlap);
    assert_eq!(pair(fine("5", "", WAN), fine("", "50000", YUAN)), NONE, "open ends");
    assert_eq!(pair(fine("5", "", WAN), fine("", "50000.01", YUAN)), overlap);
    assert_eq!(pair(fine("3", "5", WAN), times("货值金额", "1", "5")), NONE, "other things");
    let three =
        vec![vec![fine("1", "2", WAN)], vec![fine("2", "4", WAN)], vec![fine("3", "5", WAN)]];
    assert_eq!(of(law(), three), ["warning grades[2] record.grade_overlap"]);
}

#[test]
fn grade_ids_stand_once() {
    let grade = |id: &str| BenchmarkGrade { id: id.into(), ..BenchmarkGrade::default() };
    let of = |ids: [&str; 3]| {
        let benchmark = Benchmark { grades: ids.map(grade).to_vec(), ..Benchmark::default() };
        rules(|out| super::benchmark(&benchmark, out))
    };
    assert_eq!(of(["QW", "YB", "YZ"]), NONE);
    assert_eq!(of(["QW", "YB", "QW"]), ["error grades[2].id record.grade_id"]);
}

#[test]
fn a_benchmark_is_valid_for_some_time() {
    let of = |until| {
        let benchmark =
            Benchmark { valid_from: 7, valid_until: Some(until), ..Benchmark::default() };
        rules(|out| super::benchmark(&benchmark, out))
    };
    assert_eq!(of(8), NONE);
    assert_eq!(of(7), ["error valid_until record.valid_interval"]);
}
