//! Findings, cards, orders, replies, complaints.

use sanheyi_proto::standard::v1::{
    Card, CaseFamily, Clearing, ClearingWay, Complainant, Complaint, ComplaintFinding,
    ComplaintHandling, ComplaintState, ComplaintWay, Finding, FindingLevel, FindingSource,
    FindingSubject, FindingType, HandlingAction, RuleSet, SuperviseType, SupervisionOrder,
    SupervisionReply, SupervisionResult,
};

use super::case::attachment;
use super::{MORNING, Sample, limit, sample};

const CASE: &str = "JS048100JT0000000217";
const FINDING: &str = "JS048100JC0000000031";
const ORDER: &str = "JS040000JC0000000007";
const COMPLAINT: &str = "JS048100JT0000000044";

fn finding() -> Finding {
    Finding {
        no: FINDING.into(),
        subject: FindingSubject::Permit.into(),
        family: CaseFamily::Permit.into(),
        case_no: CASE.into(),
        step_ordinal: 2,
        organisation: "JS048100JT".into(),
        department: "运输管理处".into(),
        internal_no: "坛交XK〔2010〕217号".into(),
        power_code: "JS048100JT-XK-1030".into(),
        platform: "jintan".into(),
        rule_set: RuleSet::Y2015.into(),
        rule_set_version: 1,
        rule: "A004".into(),
        level: FindingLevel::Alarm.into(),
        r#type: FindingType::Time.into(),
        source: FindingSource::Department.into(),
        description: "办件超过承诺期限仍未办结".into(),
        judged_at: MORNING,
        found_at: MORNING + 1,
        due_at: Some(MORNING - 1),
        journal_size: 4_711,
        calendar: "2010-1".into(),
        minutes_offline: 90,
    }
}

fn card() -> Card {
    Card {
        no: "JS048100JC0000000032".into(),
        finding_no: FINDING.into(),
        level: FindingLevel::Alarm.into(),
        organisation: "JS048100JT".into(),
        department: "运输管理处".into(),
        staff_code: "JT0031".into(),
        staff_name: "李明".into(),
        opinion: "请说明超期原因并立即办结。".into(),
        issuer_name: "何静".into(),
        issued_at: MORNING,
        answer_due_at: Some(MORNING + 1),
        replaces: "JS048100JC0000000030".into(),
        addressee: "jintan".into(),
    }
}

fn clearing() -> Clearing {
    Clearing {
        finding_no: FINDING.into(),
        way: ClearingWay::Application.into(),
        cleared_by: "JC0003".into(),
        staff_name: "何静".into(),
        reason: "系统停电两天，有客观原因。".into(),
        applied_by: "李明".into(),
        found_at: MORNING,
        cleared_at: MORNING + 1,
        addressee: "jintan".into(),
    }
}

fn order() -> SupervisionOrder {
    SupervisionOrder {
        no: ORDER.into(),
        issuer: "changzhou".into(),
        r#type: SuperviseType::CaseAlarm.into(),
        finding_no: FINDING.into(),
        family: CaseFamily::Permit.into(),
        case_no: CASE.into(),
        complaint_no: String::new(),
        internal_no: "坛交XK〔2010〕217号".into(),
        power_code: "JS048100JT-XK-1030".into(),
        organisation: "JS048100JT".into(),
        department: "运输管理处".into(),
        supervisor: "JS040000JC".into(),
        operator_name: "何静".into(),
        opinion: "请查明超期原因，五个工作日内回复。".into(),
        issued_at: MORNING,
        reply_due_at: MORNING + 1,
        attachments: vec![attachment("督办通知.pdf")],
        addressee: "jintan".into(),
    }
}

fn reply() -> SupervisionReply {
    SupervisionReply {
        order_no: ORDER.into(),
        serial: 1,
        issuer: "changzhou".into(),
        organisation: "JS048100JT".into(),
        department: "运输管理处".into(),
        operator_name: "王建国".into(),
        content: "系统停电两天，办件已于今日办结。".into(),
        objective_cause: true,
        ordered_at: MORNING,
        received_at: Some(MORNING + 1),
        replied_at: MORNING + 2,
        attachments: vec![attachment("停电证明.pdf")],
    }
}

fn result() -> SupervisionResult {
    SupervisionResult {
        order_no: ORDER.into(),
        issuer: "changzhou".into(),
        objective_cause: true,
        result: "情况属实，不予追究。".into(),
        without_reply: false,
        operator_name: "何静".into(),
        ordered_at: MORNING,
        ended_at: MORNING + 3,
    }
}

pub(crate) fn complaint() -> Complaint {
    Complaint {
        no: COMPLAINT.into(),
        organisation: "JS048100JT".into(),
        title: "办理客运许可超过承诺期限".into(),
        content: "十一月二日递交材料，至今没有答复。".into(),
        way: ComplaintWay::Telephone.into(),
        complainant: Some(Complainant {
            name: "周小明".into(),
            phone: "0519-82880001".into(),
            address: "金坛市南环路 8 号".into(),
            email: "zhou@example.com".into(),
            anonymous: false,
        }),
        accused_organisation: "JS048100JT".into(),
        accused_person: "李明".into(),
        family: CaseFamily::Permit.into(),
        case_no: CASE.into(),
        power_code: "JS048100JT-XK-1030".into(),
        received_at: MORNING,
        updated_at: MORNING + 1,
        due: Some(limit(5)),
        state: ComplaintState::Accepted.into(),
        attachments: vec![attachment("受理通知书.pdf")],
        addressee: "jintan".into(),
    }
}

fn handling() -> ComplaintHandling {
    ComplaintHandling {
        complaint_no: COMPLAINT.into(),
        serial: 1,
        organisation: "JS048100JT".into(),
        department: "办公室".into(),
        staff_code: "JT0005".into(),
        staff_name: "何静".into(),
        action: HandlingAction::Close.into(),
        opinion: "已督促承办处室当日办结，并向投诉人致歉。".into(),
        outcome: ComplaintFinding::True.into(),
        result: "对经办人提醒谈话。".into(),
        transferred_to: String::new(),
        extension: None,
        began_at: MORNING,
        replied_at: Some(MORNING + 1),
        attachments: vec![attachment("答复.pdf")],
    }
}

pub(crate) fn samples() -> Vec<Sample> {
    let mut samples = vec![
        sample("supervision.finding", &finding()),
        sample("supervision.card", &card()),
        sample("supervision.clearing", &clearing()),
        sample("supervision.order", &order()),
        sample("supervision.reply", &reply()),
        sample("supervision.result", &result()),
        sample("supervision.complaint", &complaint()),
        sample("supervision.complaint_handling", &handling()),
    ];
    samples.extend(short());
    samples.extend(short_complaints());
    samples
}

fn short() -> Vec<Sample> {
    let late = Finding {
        subject: FindingSubject::Platform.into(),
        family: 0,
        case_no: String::new(),
        step_ordinal: 0,
        department: String::new(),
        internal_no: String::new(),
        power_code: String::new(),
        due_at: None,
        journal_size: 0,
        calendar: String::new(),
        minutes_offline: 0,
        ..finding()
    };
    let card = Card {
        department: String::new(),
        staff_code: String::new(),
        staff_name: String::new(),
        opinion: String::new(),
        answer_due_at: None,
        replaces: String::new(),
        addressee: String::new(),
        ..card()
    };
    let clearing = Clearing {
        way: ClearingWay::Expired.into(),
        cleared_by: "SYSTEM".into(),
        staff_name: String::new(),
        reason: String::new(),
        applied_by: String::new(),
        addressee: String::new(),
        ..clearing()
    };
    let order = SupervisionOrder {
        r#type: SuperviseType::Department.into(),
        finding_no: String::new(),
        family: 0,
        case_no: String::new(),
        internal_no: String::new(),
        power_code: String::new(),
        department: String::new(),
        attachments: Vec::new(),
        addressee: String::new(),
        ..order()
    };
    let reply = SupervisionReply {
        department: String::new(),
        objective_cause: false,
        received_at: None,
        attachments: Vec::new(),
        ..reply()
    };
    let result = SupervisionResult { objective_cause: false, ..result() };
    vec![
        sample("supervision.finding", &late),
        sample("supervision.card", &card),
        sample("supervision.clearing", &clearing),
        sample("supervision.order", &order),
        sample("supervision.reply", &reply),
        sample("supervision.result", &result),
    ]
}

fn short_complaints() -> Vec<Sample> {
    let anonymous = Complaint {
        complainant: None,
        accused_organisation: String::new(),
        accused_person: String::new(),
        family: 0,
        case_no: String::new(),
        power_code: String::new(),
        due: None,
        state: ComplaintState::Registered.into(),
        attachments: Vec::new(),
        addressee: String::new(),
        ..complaint()
    };
    let accept = ComplaintHandling {
        action: HandlingAction::Accept.into(),
        opinion: String::new(),
        outcome: 0,
        result: String::new(),
        replied_at: None,
        attachments: Vec::new(),
        ..handling()
    };
    vec![
        sample("supervision.complaint", &anonymous),
        sample("supervision.complaint_handling", &accept),
    ]
}
