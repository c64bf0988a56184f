//! Cases of the kinds that are not penalties, and their results.

#[cfg(test)]
mod tests;

use rust_decimal::Decimal;
use sanheyi_proto::standard::v1::{
    ApplicantType, Case, CaseFamily, CaseOutcome, CaseResult, Certificate,
};

use super::paper::{self, Holder, Paper};
use super::{Field, money, number};
use crate::reason::Findings;

/// The least characters of a reason that says something: as the performance score of the province
/// counts them.
pub(super) const REASON_CHARACTERS: usize = 10;

/// Whether a text is long enough to be a reason.
pub(super) fn is_reason(text: &str) -> bool {
    text.trim().chars().count() >= REASON_CHARACTERS
}

/// case.case
pub(super) fn case(case: &Case, out: &mut Findings) {
    let no = Field { name: "no", zh: "办件编号", en: "case number" };
    number::own(no, &case.no, &case.organisation, out);
    number::power_of("power_code", &case.power_code, &case.organisation, out);
    number::power_kind("power_code", &case.power_code, CaseFamily::Permit, out);
    if case.joint_case_no == case.no {
        out.error(
            "joint_case_no",
            "record.joint_case",
            "“并联办理主办件编号”不能是本办件，主办件请留空",
            "the leading case cannot be this case itself: leave it empty in the leading case",
        );
    }
    papers(case, out);
    for (index, material) in case.materials.iter().enumerate() {
        if material.received_at.is_some() && !material.received {
            let nth = index.saturating_add(1);
            out.warning(
                format!("materials[{index}].received"),
                "record.material_received",
                format!("第 {nth} 项申请材料填有收取时间，却标为未收取，请核对"),
                format!("material {nth} has a time of receipt but is marked as not received"),
            );
        }
    }
}

fn papers(case: &Case, out: &mut Findings) {
    if let Some(applicant) = &case.applicant {
        let of = Field { name: "applicant.", zh: "申请人", en: "the applicant" };
        let kind = applicant.paper_type();
        let paper = Paper { of, kind, number: &applicant.paper_number };
        paper::check(paper, out);
        match applicant.r#type() {
            ApplicantType::Person => paper::holder(paper, Holder::Person, out),
            ApplicantType::LegalPerson | ApplicantType::OtherOrganisation => {
                paper::holder(paper, Holder::Organisation, out);
            }
            ApplicantType::Unspecified => {}
        }
    }
    if let Some(agent) = &case.agent {
        let of = Field { name: "agent.", zh: "代理人", en: "the agent" };
        paper::check(Paper { of, kind: agent.paper_type(), number: &agent.paper_number }, out);
    }
}

/// case.result
pub(super) fn result(result: &CaseResult, out: &mut Findings) {
    let outcome = result.outcome();
    if result.last_step == 0 && outcome != CaseOutcome::NotAccepted {
        out.error(
            "last_step",
            "record.result_steps",
            "除不予受理外，办件结果须有环节：请填写作出决定的环节序号",
            "a result needs steps unless the case was not accepted: fill in the step that decided",
        );
    }
    let refused = matches!(outcome, CaseOutcome::NotAccepted | CaseOutcome::Refused);
    if refused && !is_reason(&result.reason) {
        out.error(
            "reason",
            "record.refusal_reason",
            format!("不予受理、不予许可须说明理由，“结果说明”至少 {REASON_CHARACTERS} 个字"),
            format!("a refusal needs a reason: write at least {REASON_CHARACTERS} characters"),
        );
    }
    if outcome != CaseOutcome::Granted && !result.certificates.is_empty() {
        out.error(
            "certificates",
            "record.certificate_outcome",
            "办理结果不是许可，不应有许可证书：请核对办理结果",
            "the case was not granted and has a certificate: correct the outcome",
        );
    }
    for (index, certificate) in result.certificates.iter().enumerate() {
        period(index, certificate, out);
    }
    fees(result, out);
}

fn period(index: usize, certificate: &Certificate, out: &mut Findings) {
    let Certificate { valid_from: from, valid_until: until, .. } = certificate;
    // Days in this form order as texts do.
    if from.is_empty() || until.is_empty() || until >= from {
        return;
    }
    out.error(
        format!("certificates[{index}].valid_until"),
        "record.certificate_dates",
        format!("“有效期至” {until} 早于“有效期自” {from}，请改正日期"),
        format!("“valid until” {until} is before “valid from” {from}: correct the dates"),
    );
}

fn fees(result: &CaseResult, out: &mut Findings) {
    let CaseResult { receivable, paid, relief, .. } = result;
    for (name, zh, en, amount) in [
        ("receivable", "应收金额", "amount due", receivable),
        ("paid", "实收金额", "amount paid", paid),
        ("relief", "减免金额", "amount waived", relief),
    ] {
        money::unit(Field { name, zh, en }, amount.as_ref(), out);
    }
    if money::some(relief.as_ref()) && result.relief_reason.trim().is_empty() {
        out.error(
            "relief_reason",
            "record.relief_reason",
            "有减免金额，须填写“减免原因”",
            "something was waived: fill in the reason of the relief",
        );
    }
    let yuan = |amount: &Option<_>| money::yuan_or_zero(amount.as_ref());
    let (Some(due), Some(paid), Some(waived)) = (yuan(receivable), yuan(paid), yuan(relief)) else {
        return;
    };
    if waived > due {
        out.warning(
            "relief",
            "record.relief_over",
            format!("减免 {waived} 元超过应收 {due} 元，请核对数额和单位"),
            format!("{waived} yuan are waived of {due} yuan due: look at amounts and units again"),
        );
    }
    let left = due.saturating_sub(waived).max(Decimal::ZERO);
    if paid > left {
        out.warning(
            "paid",
            "record.paid_over",
            format!("实收 {paid} 元超过应收减去减免后的 {left} 元，请核对数额和单位"),
            format!(
                "{paid} yuan are paid where {left} yuan are due: look at amounts and units again"
            ),
        );
    }
}
