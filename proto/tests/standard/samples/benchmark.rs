//! Benchmarks of discretion.

use sanheyi_proto::standard::v1::{
    Amount, AmountUnit, Benchmark, BenchmarkGrade, DiscretionRange, PenaltyKind, RangeType,
};

use super::{MORNING, PENALTY, Sample, sample};

fn amount(value: &str, unit: AmountUnit) -> Option<Amount> {
    Some(Amount { value: value.into(), unit: unit.into() })
}

fn fine(low: &str, high: &str, unit: AmountUnit) -> DiscretionRange {
    DiscretionRange {
        penalty_kind: PenaltyKind::Fine.into(),
        r#type: RangeType::Bounds.into(),
        low: amount(low, unit),
        high: amount(high, unit),
        ..DiscretionRange::default()
    }
}

fn multiple(low: &str, high: &str) -> DiscretionRange {
    DiscretionRange {
        penalty_kind: PenaltyKind::Fine.into(),
        r#type: RangeType::Base.into(),
        base_name: "违法所得".into(),
        low_multiple: low.into(),
        high_multiple: high.into(),
        ..DiscretionRange::default()
    }
}

fn grade(id: &str, name: &str, ranges: Vec<DiscretionRange>) -> BenchmarkGrade {
    BenchmarkGrade {
        id: id.into(),
        name: name.into(),
        circumstances: format!("违法情节{name}的"),
        ranges,
    }
}

fn full() -> Benchmark {
    let goods = DiscretionRange {
        penalty_kind: PenaltyKind::Confiscation.into(),
        r#type: RangeType::Other.into(),
        remark: "没收违法所得".into(),
        ..DiscretionRange::default()
    };
    let yuan = AmountUnit::Yuan;
    Benchmark {
        power_code: PENALTY.into(),
        power_version: 1,
        serial: 1,
        violation: "未取得道路客运经营许可，擅自从事道路客运经营".into(),
        basis: "道路运输条例第六十四条".into(),
        statutory: vec![fine("3", "10", AmountUnit::WanYuan), multiple("2", "10"), goods.clone()],
        grades: vec![
            grade("QW", "轻微", vec![fine("30000", "50000", yuan), multiple("2", "3.5")]),
            grade("YB", "一般", vec![fine("50000", "80000", yuan), multiple("3.5", "6")]),
            grade("YZ", "严重", vec![fine("80000", "100000", yuan), multiple("6", "10"), goods]),
        ],
        document: "苏交法〔2010〕12号".into(),
        valid_from: MORNING,
        valid_until: Some(MORNING + 1),
        remark: "示例".into(),
    }
}

fn least() -> Benchmark {
    let open = DiscretionRange { low: None, ..fine("0", "1000", AmountUnit::Yuan) };
    Benchmark {
        power_code: PENALTY.into(),
        power_version: 1,
        serial: 2,
        violation: "未随车携带道路运输证".into(),
        basis: "道路运输条例第六十九条".into(),
        statutory: vec![open],
        valid_from: MORNING,
        ..Benchmark::default()
    }
}

pub(super) fn samples() -> Vec<Sample> {
    vec![sample("catalogue.benchmark", &full()), sample("catalogue.benchmark", &least())]
}
