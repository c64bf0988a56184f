//! What cases of both families have: suspensions, documents, deliveries, evaluations.

#[cfg(test)]
mod tests;

use sanheyi_proto::standard::v1::{
    CaseFamily, Delivery, DeliveryWay, Document, DocumentKind, Evaluation, ExtensionApprover,
    Suspension, SuspensionKind,
};

use super::Field;
use super::paper::{self, Paper};
use crate::reason::Findings;

/// case.suspension
pub(super) fn suspension(suspension: &Suspension, out: &mut Findings) {
    extension(suspension, out);
    match (suspension.kind(), suspension.materials.is_empty()) {
        (SuspensionKind::Correction, true) => out.error(
            "materials",
            "record.correction_materials",
            "补正须一次告知全部需补正的材料：请至少填写一项",
            "a correction says at once what is missing: fill in at least one material",
        ),
        (SuspensionKind::Correction, false) | (_, true) => {}
        (_, false) => out.error(
            "materials",
            "record.correction_materials",
            "只有补正才有需补正的材料：请改正特别程序种类，或删去材料",
            "only a correction asks for materials: correct the kind, or take the materials out",
        ),
    }
    let told = suspension.informed_at.is_some()
        || suspension.family() != CaseFamily::Permit
        || matches!(suspension.kind(), SuspensionKind::Pause | SuspensionKind::Other);
    if !told {
        out.warning(
            "informed_at",
            "record.applicant_informed",
            "补正、延长和特别程序均应告知申请人，请填写告知时间",
            "the applicant has to be told of it: fill in when that was done",
        );
    }
}

fn extension(suspension: &Suspension, out: &mut Findings) {
    let is_extension = suspension.kind() == SuspensionKind::Extension;
    if is_extension != suspension.extension.is_some() {
        let (zh, en) = if is_extension {
            ("延长审批须填写“延长期限”", "an extension needs its limit: fill it in")
        } else {
            (
                "只有延长审批才有“延长期限”：请改正特别程序种类，或删去期限",
                "only an extension has a limit: correct the kind, or take the limit out",
            )
        };
        out.error("extension", "record.extension_limit", zh, en);
    }
    if !is_extension {
        return;
    }
    let unknown = suspension.approver_level() == ExtensionApprover::Unspecified;
    if unknown || suspension.approver.trim().is_empty() {
        out.error(
            if unknown { "approver_level" } else { "approver" },
            "record.extension_approver",
            "延长审批须经负责人批准：请填写批准人及其级别",
            "an extension is approved by a head: fill in who approved it, and at which level",
        );
    }
}

/// case.document
pub(super) fn document(document: &Document, out: &mut Findings) {
    if let Some(family) = family_of(document.kind())
        && family != document.family()
    {
        let (zh, en) = match family {
            CaseFamily::Penalty => ("处罚案件", "penalty cases"),
            _ => ("非处罚类办件", "cases of other kinds than penalties"),
        };
        out.error(
            "kind",
            "record.document_family",
            format!("这一文书种类只用于{zh}，请改正文书种类或办件类型"),
            format!("this kind of document is one of {en}: correct the kind or the family"),
        );
    }
    let numbered = matches!(
        document.kind(),
        DocumentKind::PermitDecision
            | DocumentKind::RefusalDecision
            | DocumentKind::PenaltyDecision
            | DocumentKind::NoPenaltyDecision
    );
    if numbered && document.number.trim().is_empty() {
        out.warning(
            "number",
            "record.document_number",
            "决定书须有文书号，请填写“文书号”",
            "a decision has a number: fill in the number of the document",
        );
    }
}

/// The family whose cases alone have such documents.
fn family_of(kind: DocumentKind) -> Option<CaseFamily> {
    match kind {
        DocumentKind::Application
        | DocumentKind::Acceptance
        | DocumentKind::NonAcceptance
        | DocumentKind::Correction
        | DocumentKind::PermitDecision
        | DocumentKind::RefusalDecision
        | DocumentKind::Certificate => Some(CaseFamily::Permit),
        DocumentKind::Filing
        | DocumentKind::NonFiling
        | DocumentKind::PenaltyNotice
        | DocumentKind::PenaltyDecision
        | DocumentKind::NoPenaltyDecision
        | DocumentKind::Dismissal => Some(CaseFamily::Penalty),
        _ => None,
    }
}

/// case.delivery
pub(super) fn delivery(delivery: &Delivery, out: &mut Findings) {
    let of = Field { name: "receiver_", zh: "签收人", en: "the receiver" };
    let kind = delivery.receiver_paper_type();
    paper::check(Paper { of, kind, number: &delivery.receiver_paper_number }, out);
    let absent = |text: &str| text.trim().is_empty();
    match delivery.way() {
        DeliveryWay::Direct | DeliveryWay::Collected if absent(&delivery.receiver_name) => out
            .error(
                "receiver_name",
                "record.delivery_receiver",
                "直接送达或窗口领取须有签收人，请填写“签收人姓名”",
                "what is handed over is signed for: fill in the name of the receiver",
            ),
        DeliveryWay::Left if absent(&delivery.witness) => out.warning(
            "witness",
            "record.delivery_witness",
            "留置送达须有见证人，请填写“见证人”",
            "what is left behind is witnessed: fill in the witness",
        ),
        DeliveryWay::Post if absent(&delivery.tracking_no) => out.warning(
            "tracking_no",
            "record.delivery_tracking",
            "邮寄送达应有物流单号，请填写“物流单号”",
            "what is posted has a tracking number: fill it in",
        ),
        _ => {}
    }
}

/// case.evaluation
pub(super) fn evaluation(evaluation: &Evaluation, out: &mut Findings) {
    let answered = !evaluation.response.trim().is_empty();
    if answered == evaluation.responded_at.is_some() {
        return;
    }
    let (field, zh, en) = if answered {
        ("responded_at", "有回复，须填写“回复时间”", "there is a response: fill in its time")
    } else {
        (
            "response",
            "有回复时间，须填写“回复”",
            "there is a time of response: fill in the response",
        )
    };
    out.error(field, "record.evaluation_response", zh, en);
}
