//! What lies around a case of either family: suspensions (特别程序、补正), documents (文书), deliveries
//! (送达), evaluations (评价).

use sanheyi_proto::standard::v1::{
    CaseFamily, Delivery, DeliveryWay, Document, DocumentKind, Evaluation, EvaluationWay,
    RequestedMaterial, Satisfaction, Suspension, SuspensionKind,
};

use super::{Step, Told, oversight};
use crate::demo::year::calendar::{DAY, WorkTime};
use crate::demo::year::chance::Chance;
use crate::demo::year::flow;

/// Parts of a thousand cases that are evaluated.
const EVALUATED: u32 = 80;

/// A document that is made.
pub(super) struct Paper<'a> {
    pub(super) kind: DocumentKind,
    pub(super) title: &'a str,
    pub(super) at: WorkTime,
    /// The step that makes it.
    pub(super) step: &'a Step,
}

/// Writes a document; answers its serial number.
pub(super) fn document(told: &mut Told<'_>, paper: &Paper<'_>) -> u32 {
    told.documents += 1;
    let (opening, serial) = (told.opening, told.documents);
    let made_at = opening.micros(paper.at);
    let body = Document {
        family: told.family.into(),
        case_no: told.no.clone(),
        serial,
        kind: paper.kind.into(),
        number: format!("{}字〔2010〕{:05}-{serial}号", opening.item.letters, opening.serial),
        title: paper.title.into(),
        step_ordinal: paper.step.ordinal,
        made_at,
        issued_at: Some(made_at),
        signed_by: paper.step.staff.1.into(),
        ..Document::default()
    };
    told.put(paper.at, "case.document", format!("{}-{serial:04}", told.no), 1, &body);
    serial
}

/// Writes what a step stops the clock for, if it does: as it begins and as it ends, and the notice.
pub(super) fn suspension(told: &mut Told<'_>, step: &Step) {
    let Some(kind) = flow::suspension(step.planned.stage) else { return };
    told.suspensions += 1;
    let (opening, serial) = (told.opening, told.suspensions);
    let mut body = Suspension {
        family: told.family.into(),
        case_no: told.no.clone(),
        serial,
        kind: kind.into(),
        step_ordinal: step.ordinal,
        reason: step.planned.opening_note().into(),
        initiator: step.staff.1.into(),
        informed_at: Some(opening.micros(step.from)),
        started_at: opening.micros(step.from),
        office: step.planned.stage.post.office().into(),
        staff_name: step.staff.1.into(),
        ..Suspension::default()
    };
    if kind == SuspensionKind::Correction {
        body.materials.push(RequestedMaterial {
            name: "身份证明复印件".into(),
            requirement: "清晰、在有效期内。".into(),
            returned: false,
        });
    }
    let record = format!("{}-{serial:04}", told.no);
    told.put(step.from, "case.suspension", record.clone(), 1, &body);
    let (notice, title) = match kind {
        SuspensionKind::Correction => (DocumentKind::Correction, "补正材料通知书"),
        SuspensionKind::Hearing => (DocumentKind::Hearing, "听证通知书"),
        _ => (DocumentKind::SpecialProcedure, "特别程序告知书"),
    };
    document(told, &Paper { kind: notice, title, at: step.from, step });
    body.ended_at = opening.instant(step.to);
    body.result = step.planned.note.into();
    body.materials.iter_mut().for_each(|material| material.returned = true);
    told.put(step.to, "case.suspension", record, 2, &body);
}

/// Writes how a document was delivered in a step.
pub(super) fn delivery(
    told: &mut Told<'_>,
    step: &Step,
    document: u32,
    title: &str,
    receiver: &str,
    chance: &mut Chance,
) {
    let opening = told.opening;
    let penalty = told.family == CaseFamily::Penalty;
    let ways = [DeliveryWay::Collected, DeliveryWay::Direct, DeliveryWay::Post, DeliveryWay::Left];
    let weights = if penalty { [50, 650, 220, 80] } else { [720, 130, 150, 0] };
    let way = ways[chance.weighted(&weights)];
    let posted = way == DeliveryWay::Post;
    let body = Delivery {
        family: told.family.into(),
        case_no: told.no.clone(),
        serial: 1,
        document_serial: document,
        title: title.into(),
        way: way.into(),
        receiver_name: if way == DeliveryWay::Left { String::new() } else { receiver.into() },
        witness: if way == DeliveryWay::Left { "社区工作人员".into() } else { String::new() },
        tracking_no: if posted { format!("SY{:011}", opening.count) } else { String::new() },
        sent_at: posted.then(|| opening.micros(step.from)),
        delivered_at: opening.micros(step.to),
        staff_name: step.staff.1.into(),
        ..Delivery::default()
    };
    told.put(step.to, "case.delivery", format!("{}-0001", told.no), 1, &body);
}

/// Writes what the applicant thinks of it, if he says so; who is dissatisfied is answered, and may
/// complain.
pub(super) fn evaluation(told: &mut Told<'_>, end: WorkTime, name: &str, chance: &mut Chance) {
    if !chance.per_mille(EVALUATED) {
        return;
    }
    let opening = told.opening;
    let at = end.plus(300 + chance.below(2 * DAY));
    let grades = [
        Satisfaction::VerySatisfied,
        Satisfaction::Satisfied,
        Satisfaction::FairlySatisfied,
        Satisfaction::Dissatisfied,
        Satisfaction::VeryDissatisfied,
    ];
    let grade = chance.weighted(&[520, 330, 90, 45, 15]);
    let ways = [EvaluationWay::Counter, EvaluationWay::Online, EvaluationWay::ShortMessage];
    let mut body = Evaluation {
        family: told.family.into(),
        case_no: told.no.clone(),
        serial: 1,
        satisfaction: grades[grade].into(),
        way: ways[chance.weighted(&[600, 250, 150])].into(),
        evaluator: name.into(),
        evaluated_at: opening.micros(at),
        ..Evaluation::default()
    };
    let record = format!("{}-0001", told.no);
    if grade < 3 {
        told.put(at, "case.evaluation", record, 1, &body);
        return;
    }
    body.content = "等候时间过长，答复不清楚。".into();
    told.put(at, "case.evaluation", record.clone(), 1, &body);
    let answered = at.plus(DAY);
    body.response = "已向评价人说明情况并致歉，窗口已增加人手。".into();
    body.responded_at = opening.instant(answered);
    told.put(answered, "case.evaluation", record, 2, &body);
    if chance.per_mille(600) {
        oversight::complaint(told, at.plus(600), name, chance);
    }
}
