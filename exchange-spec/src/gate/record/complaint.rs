//! Complaints, and what is done with them.

#[cfg(test)]
mod tests;

use sanheyi_proto::standard::v1::{Complaint, ComplaintFinding, ComplaintHandling, HandlingAction};

use super::case::{REASON_CHARACTERS, is_reason};
use super::{Field, number};
use crate::reason::Findings;

/// supervision.complaint
pub(super) fn complaint(complaint: &Complaint, out: &mut Findings) {
    let no = Field { name: "no", zh: "投诉编号", en: "complaint number" };
    number::own(no, &complaint.no, &complaint.organisation, out);
    number::case_pair(complaint.family(), &complaint.case_no, out);
}

/// supervision.complaint_handling
pub(super) fn handling(handling: &ComplaintHandling, out: &mut Findings) {
    let action = handling.action();
    let explained = matches!(action, HandlingAction::Refuse | HandlingAction::Extend);
    if explained && !is_reason(&handling.opinion) {
        out.error(
            "opinion",
            "record.handling_reason",
            format!("不予受理和延期须说明理由，“处理意见”至少 {REASON_CHARACTERS} 个字"),
            format!(
                "refusing and extending need a reason: write at least {REASON_CHARACTERS} characters"
            ),
        );
    }
    let passed_on = !handling.transferred_to.is_empty();
    if passed_on != (action == HandlingAction::Transfer)
        || handling.transferred_to == handling.organisation
    {
        out.error(
            "transferred_to",
            "record.handling_transfer",
            "转办须填写本机构以外的转办机构；其他处理方式请留空",
            "passing on needs an organisation other than this one; with other actions leave it empty",
        );
    }
    if handling.extension.is_some() != (action == HandlingAction::Extend) {
        out.error(
            "extension",
            "record.handling_extension",
            "延期须填写“延期时限”；其他处理方式请留空",
            "extending needs an extension; with other actions leave it empty",
        );
    }
    let said = handling.replied_at.is_some() && !handling.opinion.trim().is_empty();
    if action == HandlingAction::Answer && !said {
        out.error(
            "replied_at",
            "record.handling_answer",
            "答复须填写“处理意见”和“反馈时间”",
            "an answer needs the opinion and the time of the reply: fill them in",
        );
    }
    if action == HandlingAction::Close && handling.outcome() == ComplaintFinding::Unspecified {
        out.error(
            "outcome",
            "record.handling_outcome",
            "办结须填写“核查结论”",
            "closing needs the outcome: fill it in",
        );
    }
}
