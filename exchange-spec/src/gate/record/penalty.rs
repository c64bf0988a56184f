//! Penalty cases.

#[cfg(test)]
mod tests;

use sanheyi_proto::standard::v1::{CaseFamily, Penalty, Target, TargetType};

use super::paper::{self, Holder, Paper};
use super::{Field, number};
use crate::reason::Findings;

/// case.penalty
pub(super) fn penalty(case: &Penalty, out: &mut Findings) {
    let no = Field { name: "no", zh: "案件编号", en: "number of the penalty case" };
    number::own(no, &case.no, &case.organisation, out);
    number::power_of("power_code", &case.power_code, &case.organisation, out);
    number::power_kind("power_code", &case.power_code, CaseFamily::Penalty, out);
    let merged = &case.merged_power_codes;
    for (index, power) in merged.iter().enumerate() {
        let field = format!("merged_power_codes[{index}]");
        number::power_of(&field, power, &case.organisation, out);
        number::power_kind(&field, power, CaseFamily::Penalty, out);
        if *power == case.power_code || merged.iter().take(index).any(|other| other == power) {
            let nth = index.saturating_add(1);
            out.error(
                field,
                "record.merged_power",
                format!("“并案处罚权力编码”第 {nth} 项 {power} 重复，请删去"),
                format!("power {nth} of the merged case, {power}, is there already: take it out"),
            );
        }
    }
    for (index, target) in case.targets.iter().enumerate() {
        self::target(&format!("targets[{index}]."), target, out);
    }
    if let Some(reporter) = &case.reporter {
        let of = Field { name: "reporter.", zh: "举报人", en: "the reporter" };
        let kind = reporter.paper_type();
        paper::check(Paper { of, kind, number: &reporter.paper_number }, out);
    }
}

/// A person under penalty; `path` leads up to its fields.
pub(super) fn target(path: &str, target: &Target, out: &mut Findings) {
    let of = Field { name: path, zh: "当事人", en: "the person under penalty" };
    let paper = Paper { of, kind: target.paper_type(), number: &target.paper_number };
    paper::check(paper, out);
    match target.r#type() {
        TargetType::Person => paper::holder(paper, Holder::Person, out),
        TargetType::Organisation => paper::holder(paper, Holder::Organisation, out),
        TargetType::Unspecified => {}
    }
}
