//! Discretion benchmarks (裁量基准) of some penalty items: what the law allows, and the grades within.
//!
//! The amounts follow the acts as far as the list of items quotes them; the grades are invented, by
//! the rule of thumb that the lowest three tenths are light and the highest three are heavy.

use sanheyi_proto::standard::v1::{
    Amount, AmountUnit, Benchmark, BenchmarkGrade, DiscretionRange, PenaltyKind, RangeType,
};

use crate::demo::items::Item;
use crate::demo::year::calendar::YEAR_BEGINS;
use crate::demo::year::{District, Written};

/// Ids, names and circumstances of the grades.
pub(in crate::demo::year) const GRADES: [(&str, &str, &str); 3] = [
    ("QW", "轻微", "初次违法，主动改正，危害后果轻微。"),
    ("YB", "一般", "没有从轻、从重情节。"),
    ("YZ", "严重", "两年内再次违法，或者拒不改正，或者危害后果严重。"),
];

/// Bounds of the three grades: from one to the next.
type Bounds = [u32; 4];

/// A benchmark before an item has it.
pub(in crate::demo::year) struct Scale {
    item: &'static str,
    pub(in crate::demo::year) violation: &'static str,
    /// The fine in yuan, or as a multiple of the worth of the goods.
    pub(in crate::demo::year) fine: Bounds,
    /// The fine is a multiple.
    pub(in crate::demo::year) multiple: bool,
    /// Days of detention beside the fine.
    pub(in crate::demo::year) detention: Option<Bounds>,
    /// What is withheld beside the fine.
    pub(in crate::demo::year) licence: &'static str,
}

const fn scale(item: &'static str, violation: &'static str, fine: Bounds) -> Scale {
    Scale { item, violation, fine, multiple: false, detention: None, licence: "" }
}

const FOOD: &str = "对未取得食品生产经营许可从事食品生产经营活动的处罚";
static SCALES: [Scale; 8] = [
    scale(FOOD, "货值金额不足一万元", [50_000, 65_000, 85_000, 100_000]),
    Scale { multiple: true, ..scale(FOOD, "货值金额一万元以上", [10, 13, 17, 20]) },
    scale("对无证无照经营的处罚", "无证无照从事经营活动", [100, 3_000, 7_000, 10_000]),
    scale("对车辆超限在公路上擅自行驶的处罚", "车辆超限行驶公路", [100, 9_000, 21_000, 30_000]),
    scale(
        "对超过水污染物排放标准排放水污染物的处罚",
        "超标排放水污染物",
        [100_000, 370_000, 730_000, 1_000_000],
    ),
    scale(
        "对消防设施配置不符合标准或未保持完好有效的处罚",
        "消防设施未保持完好有效",
        [5_000, 18_500, 36_500, 50_000],
    ),
    Scale {
        licence: "暂扣机动车驾驶证6个月",
        ..scale("对饮酒后驾驶机动车的处罚", "饮酒后驾驶机动车", [1_000, 1_300, 1_700, 2_000])
    },
    Scale {
        detention: Some([5, 6, 9, 10]),
        ..scale("对殴打他人或者故意伤害他人身体的处罚", "殴打他人", [200, 290, 410, 500])
    },
];

/// The scales of an item, each with its serial number.
pub(in crate::demo::year) fn scales(item: &Item) -> impl Iterator<Item = (u32, &'static Scale)> {
    (1..).zip(SCALES.iter().filter(|scale| scale.item == item.name))
}

/// The classes of penalties that the benchmarks of an item speak of; none of an item without.
pub(super) fn classes(item: &Item) -> Vec<i32> {
    let mut classes = Vec::new();
    if let Some((_, scale)) = scales(item).next() {
        classes.push(PenaltyKind::Fine.into());
        if !scale.licence.is_empty() {
            classes.push(PenaltyKind::Licence.into());
        }
        if scale.detention.is_some() {
            classes.push(PenaltyKind::Detention.into());
        }
    }
    classes
}

/// The benchmarks of an item.
pub(super) fn records(district: &District, item: &Item) -> Vec<Written> {
    let record = |(serial, scale): (u32, &Scale)| {
        let body = Benchmark {
            power_code: item.code(district.region),
            power_version: 1,
            serial,
            violation: scale.violation.into(),
            basis: item.law(),
            statutory: scale.ranges(0, 3),
            grades: scale.grades(),
            document: "行政处罚裁量基准（试行）".into(),
            valid_from: YEAR_BEGINS,
            ..Benchmark::default()
        };
        let record = format!("{}-{}-{serial:03}", body.power_code, body.power_version);
        Written::first("catalogue.benchmark", record, YEAR_BEGINS, &body)
    };
    scales(item).map(record).collect()
}

// === impl Scale ===

impl Scale {
    /// Lowest and highest fine of a grade, 0 to 2.
    pub(in crate::demo::year) fn fines(&self, grade: usize) -> (u32, u32) {
        (self.fine[grade], self.fine[grade + 1])
    }

    fn grades(&self) -> Vec<BenchmarkGrade> {
        let grade =
            |(place, (id, name, circumstances)): (usize, (&str, &str, &str))| BenchmarkGrade {
                id: id.into(),
                name: name.into(),
                circumstances: circumstances.into(),
                ranges: self.ranges(place, place + 1),
            };
        GRADES.into_iter().enumerate().map(grade).collect()
    }

    /// The ranges from one bound to another.
    fn ranges(&self, from: usize, to: usize) -> Vec<DiscretionRange> {
        let fine = PenaltyKind::Fine;
        let mut ranges = vec![if self.multiple {
            DiscretionRange {
                penalty_kind: fine.into(),
                r#type: RangeType::Base.into(),
                base_name: "货值金额".into(),
                low_multiple: self.fine[from].to_string(),
                high_multiple: self.fine[to].to_string(),
                ..DiscretionRange::default()
            }
        } else {
            bounds(fine, AmountUnit::Yuan, (self.fine[from], self.fine[to]))
        }];
        if let Some(days) = self.detention {
            let (kind, unit) = (PenaltyKind::Detention, AmountUnit::Day);
            ranges.push(bounds(kind, unit, (days[from], days[to])));
        }
        if !self.licence.is_empty() {
            ranges.push(DiscretionRange {
                penalty_kind: PenaltyKind::Licence.into(),
                r#type: RangeType::Other.into(),
                remark: self.licence.into(),
                ..DiscretionRange::default()
            });
        }
        ranges
    }
}

fn bounds(kind: PenaltyKind, unit: AmountUnit, (low, high): (u32, u32)) -> DiscretionRange {
    let amount = |value: u32| Some(Amount { value: value.to_string(), unit: unit.into() });
    DiscretionRange {
        penalty_kind: kind.into(),
        r#type: RangeType::Bounds.into(),
        low: amount(low),
        high: amount(high),
        ..DiscretionRange::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::items;

    #[test]
    fn the_items_that_have_benchmarks_are_in_the_list_and_grades_ascend() {
        let items = items::items();
        for scale in &SCALES {
            assert!(items.iter().any(|item| item.name == scale.item), "{}", scale.item);
            assert!(scale.fine.is_sorted() && scale.detention.is_none_or(|days| days.is_sorted()));
        }
    }
}
