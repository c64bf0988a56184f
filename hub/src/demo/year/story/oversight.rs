//! Supervision (监察) within the district: findings on a case with their cards and clearings, orders
//! (督办) with reply and result, complaints (投诉) with their handling.
//!
//! The district's own body of supervision writes them. Numbers are its code and the case's place in
//! the district with one digit more, so that none stands twice.

use sanheyi_proto::standard::v1::{
    Card, CaseFamily, Clearing, ClearingWay, Complainant, Complaint, ComplaintFinding,
    ComplaintHandling, ComplaintState, ComplaintWay, Finding, FindingLevel, FindingSource,
    FindingSubject, FindingType, HandlingAction, RuleSet, SuperviseType, SupervisionOrder,
    SupervisionReply, SupervisionResult,
};

use super::{Step, Told};
use crate::demo::items::SUPERVISION;
use crate::demo::year::calendar::{DAY, WorkTime};
use crate::demo::year::chance::Chance;
use crate::demo::year::flow::Post;
use crate::demo::year::staff::{self, Clerk};

/// Working days after which what was only a reminder falls.
const EXPIRES: u32 = 20;
/// Parts of a thousand alarms that are followed by an order.
const ORDERED: u32 = 400;

/// A rule and what it found.
struct Found<'a> {
    /// Last digit of its number.
    digit: u64,
    rule: &'a str,
    level: FindingLevel,
    kind: FindingType,
    description: &'a str,
    /// The limit that was passed.
    due: Option<WorkTime>,
    at: WorkTime,
}

/// Looks at a case: is it over its limit, is its abstract missing, was its item in force.
pub(super) fn watch(told: &mut Told<'_>, steps: &[Step], nameless: bool, chance: &mut Chance) {
    let opening = told.opening;
    let next_morning = |at: WorkTime| WorkTime((at.0 / DAY + 1).saturating_mul(DAY));
    if nameless {
        let found = Found {
            digit: 1,
            rule: "NO_ABSTRACT",
            level: FindingLevel::Reminder,
            kind: FindingType::Content,
            description: "未填写摘要。",
            due: None,
            at: next_morning(opening.at),
        };
        finding(told, steps, &found, chance);
    }
    if opening.unaware {
        let found = Found {
            digit: 2,
            rule: "NOT_IN_FORCE",
            level: FindingLevel::Alarm,
            kind: FindingType::Flow,
            description: "所依据的权力事项已挂起，仍开办办件。",
            due: None,
            at: next_morning(opening.at),
        };
        finding(told, steps, &found, chance);
    }
    if let Some(due) = overrun(told, steps) {
        let found = Found {
            digit: 3,
            rule: "A004",
            level: FindingLevel::Alarm,
            kind: FindingType::Time,
            description: "办件超过承诺期限。",
            due: Some(due),
            at: next_morning(due),
        };
        finding(told, steps, &found, chance);
    }
}

/// When the clock of the case ran out, if it did: it stands still in some steps.
fn overrun(told: &Told<'_>, steps: &[Step]) -> Option<WorkTime> {
    let opening = told.opening;
    let mut left = opening.calendar.due(opening.at, &opening.item.promise()).0 - opening.at.0;
    for step in steps.iter().filter(|step| step.is_running()) {
        let took = step.to.0 - step.from.0;
        if took > left {
            return Some(step.from.plus(left));
        }
        left -= took;
    }
    None
}

/// Number of a record of supervision.
fn number(told: &Told<'_>, digit: u64) -> String {
    let office = told.opening.district.organisation(SUPERVISION.1);
    format!("{office}{:010}", told.opening.count * 10 + digit)
}

fn inspector() -> Clerk {
    staff::clerks(SUPERVISION.1, Post::Office).into_iter().next().unwrap_or_default()
}

fn finding(told: &mut Told<'_>, steps: &[Step], found: &Found<'_>, chance: &mut Chance) {
    let opening = told.opening;
    let no = number(told, found.digit);
    let subject = match told.family {
        CaseFamily::Penalty => FindingSubject::Penalty,
        _ => FindingSubject::Permit,
    };
    let body = Finding {
        no: no.clone(),
        subject: subject.into(),
        family: told.family.into(),
        case_no: told.no.clone(),
        organisation: opening.organisation(),
        department: opening.department(),
        internal_no: opening.internal_no(),
        power_code: opening.item.code(opening.district.region),
        platform: opening.district.platform.to_string(),
        rule_set: RuleSet::Y2015.into(),
        rule_set_version: 1,
        rule: found.rule.into(),
        level: found.level.into(),
        r#type: found.kind.into(),
        source: FindingSource::Department.into(),
        description: found.description.into(),
        judged_at: opening.micros(found.at),
        found_at: opening.micros(found.at),
        due_at: found.due.map(|due| opening.micros(due)),
        calendar: "2010".into(),
        ..Finding::default()
    };
    told.put(found.at, "supervision.finding", no.clone(), 1, &body);
    card(told, steps, found, &no);
    let ordered = found.level == FindingLevel::Alarm && chance.per_mille(ORDERED);
    let (way, at) = if ordered {
        (ClearingWay::Ordered, order(told, found, &no))
    } else if found.level == FindingLevel::Alarm {
        (ClearingWay::Application, found.at.plus(6 * DAY))
    } else {
        (ClearingWay::Expired, found.at.plus(EXPIRES * DAY))
    };
    clearing(told, (way, at), body.found_at, &no);
}

/// Brings the finding to whoever had the case in hand.
fn card(told: &mut Told<'_>, steps: &[Step], found: &Found<'_>, finding_no: &str) {
    let (opening, no) = (told.opening, number(told, found.digit + 3));
    let in_hand = steps.iter().rev().find(|step| step.from <= found.at).or(steps.first());
    let (staff_code, staff_name) = in_hand.map(|step| step.staff.clone()).unwrap_or_default();
    let at = found.at.plus(600);
    let alarm = found.level == FindingLevel::Alarm;
    let body = Card {
        no: no.clone(),
        finding_no: finding_no.into(),
        level: found.level.into(),
        organisation: opening.organisation(),
        department: opening.department(),
        staff_code,
        staff_name: staff_name.into(),
        opinion: found.description.into(),
        issuer_name: if alarm { inspector().1 } else { "SYSTEM" }.into(),
        issued_at: opening.micros(at),
        ..Card::default()
    };
    told.put(at, "supervision.card", no, 1, &body);
}

fn clearing(told: &mut Told<'_>, (way, at): (ClearingWay, WorkTime), found_at: i64, no: &str) {
    let (by_system, applied) = (way == ClearingWay::Expired, way == ClearingWay::Application);
    let (code, name) = inspector();
    let body = Clearing {
        finding_no: no.into(),
        way: way.into(),
        cleared_by: if by_system { "SYSTEM".into() } else { code },
        staff_name: if by_system { "" } else { name }.into(),
        reason: match way {
            ClearingWay::Ordered => "已督办，承办部门已书面回复并整改。".into(),
            ClearingWay::Application => "承办部门申请摘牌，所述原因经核实属实。".into(),
            _ => String::new(),
        },
        applied_by: if applied { told.opening.department() } else { String::new() },
        found_at,
        cleared_at: told.opening.micros(at),
        ..Clearing::default()
    };
    told.put(at, "supervision.clearing", no.into(), 1, &body);
}

/// Orders the department to answer; says when that is over.
fn order(told: &mut Told<'_>, found: &Found<'_>, finding_no: &str) -> WorkTime {
    let (opening, no) = (told.opening, number(told, 7));
    let issuer = opening.district.platform.to_string();
    let (_, operator) = inspector();
    let (ordered, replied, over) =
        (found.at.plus(DAY), found.at.plus(3 * DAY), found.at.plus(4 * DAY));
    let ordered_at = opening.micros(ordered);
    let body = SupervisionOrder {
        no: no.clone(),
        issuer: issuer.clone(),
        r#type: SuperviseType::Department.into(),
        finding_no: finding_no.into(),
        family: told.family.into(),
        case_no: told.no.clone(),
        internal_no: opening.internal_no(),
        power_code: opening.item.code(opening.district.region),
        organisation: opening.organisation(),
        department: opening.department(),
        supervisor: opening.district.organisation(SUPERVISION.1),
        operator_name: operator.into(),
        opinion: format!("{}请说明原因，并在五个工作日内回复。", found.description),
        issued_at: ordered_at,
        // Where the year ends before the reply is due.
        reply_due_at: opening
            .instant(ordered.plus(5 * DAY))
            .unwrap_or(ordered_at + 604_800_000_000),
        ..SupervisionOrder::default()
    };
    told.put(ordered, "supervision.order", no.clone(), 1, &body);
    let (_, head) =
        staff::clerks(opening.item.letters, Post::Head).into_iter().next().unwrap_or_default();
    let reply = SupervisionReply {
        order_no: no.clone(),
        serial: 1,
        issuer: issuer.clone(),
        organisation: opening.organisation(),
        department: opening.department(),
        operator_name: head.into(),
        content: "经办人员已作说明，部门已补办手续并整改。".into(),
        ordered_at,
        received_at: Some(ordered_at),
        replied_at: opening.micros(replied),
        ..SupervisionReply::default()
    };
    told.put(replied, "supervision.reply", format!("{no}-0001"), 1, &reply);
    let result = SupervisionResult {
        order_no: no.clone(),
        issuer,
        result: "情况属实，整改到位，予以办结。".into(),
        operator_name: operator.into(),
        ordered_at,
        ended_at: opening.micros(over),
        ..SupervisionResult::default()
    };
    told.put(over, "supervision.result", no, 1, &result);
    over
}

/// A complaint about the case: registered, accepted, answered, closed.
pub(super) fn complaint(told: &mut Told<'_>, at: WorkTime, name: &str, chance: &mut Chance) {
    let (opening, no) = (told.opening, number(told, 9));
    let organisation = opening.district.organisation(SUPERVISION.1);
    let ways = [ComplaintWay::Telephone, ComplaintWay::Online, ComplaintWay::Visit];
    let closed = at.plus(4 * DAY);
    let mut body = Complaint {
        no: no.clone(),
        organisation: organisation.clone(),
        title: "反映办事等候过久".into(),
        content: "反映办理过程中等候过久，窗口答复不清楚。".into(),
        way: ways[chance.weighted(&[500, 300, 200])].into(),
        complainant: Some(Complainant { name: name.into(), ..Complainant::default() }),
        accused_organisation: opening.organisation(),
        family: told.family.into(),
        case_no: told.no.clone(),
        power_code: opening.item.code(opening.district.region),
        received_at: opening.micros(at),
        updated_at: opening.micros(at),
        state: ComplaintState::Registered.into(),
        ..Complaint::default()
    };
    told.put(at, "supervision.complaint", no.clone(), 1, &body);
    let outcomes = [ComplaintFinding::True, ComplaintFinding::PartlyTrue, ComplaintFinding::Untrue];
    let outcome = outcomes[chance.weighted(&[300, 400, 300])];
    let (staff_code, staff_name) = inspector();
    let actions = [
        (HandlingAction::Accept, at.plus(1800), "属本机关受理范围，予以受理。"),
        (HandlingAction::Answer, at.plus(3 * DAY), "已核实并向投诉人当面答复。"),
        (HandlingAction::Close, closed, "办结归档。"),
    ];
    for (serial, (action, when, opinion)) in (1..).zip(actions) {
        let answered = action == HandlingAction::Answer;
        let known = action != HandlingAction::Accept;
        let handling = ComplaintHandling {
            complaint_no: no.clone(),
            serial,
            organisation: organisation.clone(),
            department: format!("{}{}", opening.district.title_zh, SUPERVISION.0),
            staff_code: staff_code.clone(),
            staff_name: staff_name.into(),
            action: action.into(),
            opinion: opinion.into(),
            outcome: if known { outcome } else { ComplaintFinding::Unspecified }.into(),
            began_at: opening.micros(when),
            replied_at: answered.then(|| opening.micros(when)),
            ..ComplaintHandling::default()
        };
        let record = format!("{no}-{serial:04}");
        told.put(when, "supervision.complaint_handling", record, 1, &handling);
    }
    body.state = ComplaintState::Closed.into();
    body.updated_at = opening.micros(closed);
    told.put(closed, "supervision.complaint", no, 2, &body);
}
