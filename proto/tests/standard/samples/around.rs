//! What cases of both families have: suspensions, documents, deliveries, evaluations.

use sanheyi_proto::standard::v1::{
    CaseFamily, Delivery, DeliveryWay, Document, DocumentKind, Evaluation, EvaluationWay,
    ExtensionApprover, PaperType, RequestedMaterial, Satisfaction, Suspension, SuspensionKind,
};

use super::super::{MORNING, Sample, limit, sample};
use super::{NO, attachment};

fn suspension() -> Suspension {
    Suspension {
        family: CaseFamily::Permit.into(),
        case_no: NO.into(),
        serial: 1,
        kind: SuspensionKind::Correction.into(),
        step_ordinal: 1,
        reason: "申请材料不齐全".into(),
        initiator: "李明".into(),
        approver_level: 0,
        approver: "王建国".into(),
        informed_at: Some(MORNING),
        extension: None,
        expected: Some(limit(5)),
        materials: vec![RequestedMaterial {
            name: "车辆行驶证".into(),
            requirement: "复印件须加盖公章".into(),
            returned: true,
        }],
        started_at: MORNING,
        ended_at: Some(MORNING + 1),
        result: "材料已补齐".into(),
        office: "运输管理处".into(),
        staff_name: "李明".into(),
    }
}

fn extension() -> Suspension {
    Suspension {
        family: CaseFamily::Permit.into(),
        case_no: NO.into(),
        serial: 2,
        kind: SuspensionKind::Extension.into(),
        reason: "案情复杂，二十日内不能作出决定".into(),
        approver_level: ExtensionApprover::Head.into(),
        approver: "王建国".into(),
        informed_at: Some(MORNING),
        extension: Some(limit(10)),
        started_at: MORNING,
        office: "运输管理处".into(),
        staff_name: "李明".into(),
        ..Suspension::default()
    }
}

fn document() -> Document {
    Document {
        family: CaseFamily::Permit.into(),
        case_no: NO.into(),
        serial: 1,
        kind: DocumentKind::Acceptance.into(),
        number: "坛交受〔2010〕217号".into(),
        title: "受理通知书".into(),
        step_ordinal: 1,
        made_at: MORNING,
        issued_at: Some(MORNING + 1),
        signed_by: "王建国".into(),
        attachment: Some(attachment("受理通知书.pdf")),
    }
}

fn delivery() -> Delivery {
    Delivery {
        family: CaseFamily::Permit.into(),
        case_no: NO.into(),
        serial: 1,
        document_serial: 1,
        title: "受理通知书".into(),
        way: DeliveryWay::Direct.into(),
        receiver_name: "周小明".into(),
        receiver_paper_type: PaperType::CitizenCard.into(),
        receiver_paper_number: "11010519491231002X".into(),
        witness: "吴卫东".into(),
        tracking_no: "EX000000000CN".into(),
        sent_at: Some(MORNING),
        delivered_at: MORNING + 1,
        staff_name: "李明".into(),
        receipt: Some(attachment("送达回证.pdf")),
    }
}

fn evaluation() -> Evaluation {
    Evaluation {
        family: CaseFamily::Permit.into(),
        case_no: NO.into(),
        serial: 1,
        satisfaction: Satisfaction::Dissatisfied.into(),
        way: EvaluationWay::Counter.into(),
        evaluator: "周小明".into(),
        content: "等候时间长".into(),
        evaluated_at: MORNING,
        response: "已增设窗口".into(),
        responded_at: Some(MORNING + 1),
    }
}

pub(super) fn samples() -> Vec<Sample> {
    let short_document = Document {
        number: String::new(),
        step_ordinal: 0,
        issued_at: None,
        signed_by: String::new(),
        attachment: None,
        ..document()
    };
    let short_delivery = Delivery {
        document_serial: 0,
        way: DeliveryWay::Notice.into(),
        receiver_name: String::new(),
        receiver_paper_type: 0,
        receiver_paper_number: String::new(),
        witness: String::new(),
        tracking_no: String::new(),
        sent_at: None,
        receipt: None,
        ..delivery()
    };
    let short_evaluation = Evaluation {
        satisfaction: Satisfaction::Satisfied.into(),
        evaluator: String::new(),
        content: String::new(),
        response: String::new(),
        responded_at: None,
        ..evaluation()
    };
    vec![
        sample("case.suspension", &suspension()),
        sample("case.suspension", &extension()),
        sample("case.document", &document()),
        sample("case.document", &short_document),
        sample("case.delivery", &delivery()),
        sample("case.delivery", &short_delivery),
        sample("case.evaluation", &evaluation()),
        sample("case.evaluation", &short_evaluation),
    ]
}
