//! Findings, cards, clearings, orders, replies and results of supervision.

#[cfg(test)]
mod tests;

use sanheyi_proto::standard::v1::{
    Card, CaseFamily, Clearing, ClearingWay, Finding, FindingSubject, SuperviseType,
    SupervisionOrder, SupervisionReply, SupervisionResult,
};

use super::case::{REASON_CHARACTERS, is_reason};
use super::number;
use crate::reason::Findings;

/// Stands where a person would, if no person did it.
const SYSTEM: &str = "SYSTEM";

/// supervision.finding
pub(super) fn finding(finding: &Finding, out: &mut Findings) {
    number::case_pair(finding.family(), &finding.case_no, out);
    let family = match finding.subject() {
        FindingSubject::Permit => CaseFamily::Permit,
        FindingSubject::Penalty => CaseFamily::Penalty,
        _ => CaseFamily::Unspecified,
    };
    if family != CaseFamily::Unspecified && family != finding.family() {
        out.error(
            "family",
            "record.finding_subject",
            "监察对象是办件，须填写相符的办件类型和办件编号",
            "the finding is about a case: fill in its family, as the subject says, and its number",
        );
    }
    if finding.subject() == FindingSubject::Platform && finding.platform.is_empty() {
        out.error(
            "platform",
            "record.finding_platform",
            "监察对象是分平台，须填写“分平台标识”",
            "the finding is about a platform: fill in its id",
        );
    }
    if finding.step_ordinal > 0 && finding.case_no.is_empty() {
        out.error(
            "case_no",
            "record.finding_step",
            "填有环节序号，须同时填写办件编号",
            "there is an ordinal of a step: fill in the case number as well",
        );
    }
}

/// supervision.card
pub(super) fn card(card: &Card, out: &mut Findings) {
    if card.replaces == card.no {
        out.error(
            "replaces",
            "record.card_replaces",
            "“被取代的告知单编号”不能是本告知单，没有被取代的请留空",
            "a card cannot replace itself: leave the field empty where it replaces none",
        );
    }
}

/// supervision.clearing
pub(super) fn clearing(clearing: &Clearing, out: &mut Findings) {
    let by_system = clearing.cleared_by == SYSTEM;
    let by_person = matches!(clearing.way(), ClearingWay::Application | ClearingWay::Mistaken);
    if by_system && by_person {
        out.error(
            "cleared_by",
            "record.clearing_person",
            "申请摘牌和监察有误只能由人摘牌，请填写摘牌人编码",
            "on application or by mistake it is cleared by a person: fill in the staff code",
        );
    }
    if !by_system && clearing.staff_name.trim().is_empty() {
        out.error(
            "staff_name",
            "record.clearing_name",
            "由人摘牌的，须填写“摘牌人姓名”",
            "a person cleared it: fill in the name",
        );
    }
    if !by_system && !is_reason(&clearing.reason) {
        out.error(
            "reason",
            "record.clearing_reason",
            format!("由人摘牌的，须说明原因，“摘牌原因”至少 {REASON_CHARACTERS} 个字"),
            format!(
                "a person cleared it: write a reason of at least {REASON_CHARACTERS} characters"
            ),
        );
    }
    if clearing.way() == ClearingWay::Application && clearing.applied_by.trim().is_empty() {
        out.error(
            "applied_by",
            "record.clearing_applied",
            "申请摘牌须填写“申请人”",
            "it was cleared on application: fill in who applied",
        );
    }
}

/// supervision.order
pub(super) fn order(order: &SupervisionOrder, out: &mut Findings) {
    number::case_pair(order.family(), &order.case_no, out);
    let kind = order.r#type();
    let family = match kind {
        SuperviseType::Case | SuperviseType::CaseAlarm => CaseFamily::Permit,
        SuperviseType::Penalty | SuperviseType::PenaltyAlarm => CaseFamily::Penalty,
        _ => CaseFamily::Unspecified,
    };
    if family != CaseFamily::Unspecified && family != order.family() {
        out.error(
            "family",
            "record.order_case",
            "办件督办须填写相符的办件类型和办件编号",
            "an order about a case needs the family that its type says, and the case number",
        );
    }
    let alarm = matches!(kind, SuperviseType::CaseAlarm | SuperviseType::PenaltyAlarm);
    if alarm && order.finding_no.is_empty() {
        out.error(
            "finding_no",
            "record.order_finding",
            "告警督办须填写“监察编号”",
            "an order about an alarm needs the number of the finding: fill it in",
        );
    }
    if kind == SuperviseType::Complaint && order.complaint_no.is_empty() {
        out.error(
            "complaint_no",
            "record.order_complaint",
            "投诉督办须填写“投诉编号”",
            "an order about a complaint needs its number: fill it in",
        );
    }
    terms(order, out);
}

/// Until when, for whom and by whom.
fn terms(order: &SupervisionOrder, out: &mut Findings) {
    if order.reply_due_at <= order.issued_at {
        out.error(
            "reply_due_at",
            "record.order_due",
            "“应回复时间”须晚于“督办时间”，请改正时间",
            "“reply due at” must be later than “time of the order”: correct it",
        );
    }
    if order.addressee == order.issuer {
        out.error(
            "addressee",
            "record.order_addressee",
            "收件平台不能是签发平台；在本平台内督办的请留空",
            "an order is not addressed to the platform that issues it: leave it empty within one platform",
        );
    }
    if order.organisation == order.supervisor {
        out.warning(
            "organisation",
            "record.order_self",
            "督办机构与被督办机构相同，请核对",
            "the organisation that orders is the one ordered: look at it again",
        );
    }
}

/// supervision.reply
pub(super) fn reply(reply: &SupervisionReply, out: &mut Findings) {
    objective_cause("content", reply.objective_cause, &reply.content, out);
}

/// supervision.result
pub(super) fn result(result: &SupervisionResult, out: &mut Findings) {
    objective_cause("result", result.objective_cause, &result.result, out);
}

fn objective_cause(field: &str, claimed: bool, text: &str, out: &mut Findings) {
    if claimed && !is_reason(text) {
        out.error(
            field,
            "record.objective_cause",
            format!("有客观原因的须写明，至少 {REASON_CHARACTERS} 个字"),
            format!(
                "an objective cause has to be told: write at least {REASON_CHARACTERS} characters"
            ),
        );
    }
}
