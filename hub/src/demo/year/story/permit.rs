//! A case that is no penalty (办件): itself, its steps and its result.

use sanheyi_exchange_spec::entry::Operation;
use sanheyi_proto::standard::v1::{
    Amount, AmountUnit, Applicant, ApplyWay, Case, CaseOutcome, CaseResult, CaseStep, Certificate,
    DocumentKind, HandlingForm, PermitCategory, PowerKind,
};

use super::papers::{self, Paper};
use super::{Fate, Opening, Step, Told, oversight};
use crate::demo::year::calendar::{DAY, WorkTime};
use crate::demo::year::chance::Chance;
use crate::demo::year::{flow, people};

/// Parts of a thousand decisions whose document is kept on the platform.
const ON_FILE: u32 = 350;

/// Tells it.
pub(super) fn tell(told: &mut Told<'_>, fate: Fate, steps: &[Step], chance: &mut Chance) {
    let opening = told.opening;
    let Some(mut case) = case(told, chance) else { return };
    told.put(opening.at, "case.case", told.no.clone(), 1, &case);
    for step in steps {
        self::step(told, &case, step);
        papers::suspension(told, step);
    }
    let Some(end) = steps.last().map(|step| step.to) else { return };
    let nameless = case.r#abstract.is_empty();
    let mut revision = 1;
    if !opening.unaware && chance.per_mille(52) {
        let span = (end.0 - opening.at.0).min(3 * DAY);
        let when = opening.at.plus(span / 10 + chance.below(span * 8 / 10));
        if let Some(instant) = opening.instant(when) {
            revision = 2;
            mend(&mut case, instant, chance);
            told.put(when, "case.case", told.no.clone(), revision, &case);
        }
    }
    oversight::watch(told, steps, nameless, chance);
    if fate == Fate::Withdrawn {
        if let Some(instant) = opening.instant(end) {
            case.change_number += 1;
            case.updated_at = instant;
            let how = (revision + 1, Operation::Withdraw);
            told.add(end, "case.case", told.no.clone(), how, &case);
        }
        return;
    }
    let applicant = case.applicant.unwrap_or_default();
    result(told, fate, steps, chance);
    documents(told, fate, steps, &applicant, chance);
    papers::evaluation(told, end, &applicant.name, chance);
}

/// The case as it is opened; nothing if the year is over.
fn case(told: &Told<'_>, chance: &mut Chance) -> Option<Case> {
    let opening = told.opening;
    let item = opening.item;
    let applicant = people::applicant(item, opening.district, chance);
    let created_at = opening.instant(opening.at)?;
    let applied = flow::is_applied_for(item.kind);
    let before = if applied { chance.between(60, 2400) } else { 0 };
    let (title, summary) = if applied {
        let title = format!("{}申请办理{}", applicant.name, item.name);
        (title, format!("申请人申请办理“{}”，提交申请表及附件。", item.name))
    } else {
        let title = format!("{}：{}", applicant.name, item.name);
        (title, format!("依职权启动“{}”，对象情况见附卷。", item.name))
    };
    let promise = item.promise();
    let at_once = promise.amount <= 1;
    Some(Case {
        no: told.no.clone(),
        change_number: 1,
        internal_no: opening.internal_no(),
        organisation: opening.organisation(),
        power_code: item.code(opening.district.region),
        power_version: opening.version,
        department: opening.department(),
        title,
        // A few clerks leave the abstract out; supervision notices.
        r#abstract: if chance.per_mille(990) { summary } else { String::new() },
        apply_way: if applied { apply_way(chance) } else { ApplyWay::Other }.into(),
        applicant: Some(applicant),
        promise: Some(promise),
        applied_at: opening.micros(opening.at.minus(before)),
        created_at,
        updated_at: created_at,
        handling: if at_once { HandlingForm::OnTheSpot } else { HandlingForm::Promised }.into(),
        ..Case::default()
    })
}

fn apply_way(chance: &mut Chance) -> ApplyWay {
    let ways = [ApplyWay::Counter, ApplyWay::Online, ApplyWay::Letter, ApplyWay::Telephone];
    ways[chance.weighted(&[800, 140, 45, 15])]
}

/// Mends the data of a case.
fn mend(case: &mut Case, at: i64, chance: &mut Chance) {
    case.change_number += 1;
    case.updated_at = at;
    if let Some(applicant) = case.applicant.as_mut().filter(|_| chance.per_mille(600)) {
        applicant.phone = crate::demo::year::numbers::telephone(chance.below(10_000_000));
    } else {
        case.r#abstract.push_str("（摘要已更正）");
    }
}

/// Writes a step, once or, if it lasts over night, twice.
fn step(told: &mut Told<'_>, case: &Case, step: &Step) {
    let (opening, planned) = (told.opening, &step.planned);
    let Some(began_at) = opening.instant(step.from) else { return };
    let stage = planned.stage;
    let mut body = CaseStep {
        case_no: case.no.clone(),
        ordinal: step.ordinal,
        tache_id: format!("{}-{}", opening.item.kind_letters(), stage.id),
        tache_name: stage.name.into(),
        office: stage.post.office().into(),
        staff_code: step.staff.0.clone(),
        staff_name: step.staff.1.into(),
        status: planned.open.into(),
        promise: case.promise.as_ref().and_then(|promise| planned.limit(promise)),
        clock_runs: step.is_running(),
        note: planned.opening_note().into(),
        began_at,
        previous: step.ordinal - 1,
        node_id: stage.id.into(),
        ..CaseStep::default()
    };
    let record = format!("{}-{:04}", case.no, step.ordinal);
    let mut revision = 1;
    if told.over_night(step.from, step.to) {
        told.put(step.from, "case.step", record.clone(), revision, &body);
        revision = 2;
    }
    body.status = planned.done.into();
    body.note = planned.note.into();
    body.processed_at = opening.instant(step.to);
    told.put(step.to, "case.step", record, revision, &body);
}

/// The step that decided: of a case that went its way the last in which the clock ran.
fn decided(fate: Fate, steps: &[Step]) -> Option<&Step> {
    let running = steps.iter().rev().find(|step| step.is_running());
    running.filter(|_| fate != Fate::NotAccepted).or(steps.last())
}

fn result(told: &mut Told<'_>, fate: Fate, steps: &[Step], chance: &mut Chance) {
    let opening = told.opening;
    let (Some(decided), Some(end)) = (decided(fate, steps), steps.last()) else { return };
    let outcome = match fate {
        Fate::NotAccepted => CaseOutcome::NotAccepted,
        Fate::NotGranted => CaseOutcome::Refused,
        Fate::Done | Fate::Late | Fate::Withdrawn => CaseOutcome::Granted,
    };
    let granted = outcome == CaseOutcome::Granted;
    let finished_at = opening.micros(end.to);
    let mut body = CaseResult {
        case_no: told.no.clone(),
        change_number: 1,
        outcome: outcome.into(),
        last_step: decided.ordinal,
        reason: if granted { String::new() } else { decided.planned.note.into() },
        decided_by: decided.staff.1.into(),
        decided_on: opening.day(decided.to),
        finished_at,
        updated_at: finished_at,
        ..CaseResult::default()
    };
    if granted && opening.item.kind == PowerKind::Xk && chance.per_mille(300) {
        body.certificates.push(certificate(opening, decided.to));
    }
    if granted && opening.item.kind == PowerKind::Zs {
        levy(&mut body, chance);
    }
    told.put(end.to, "case.result", told.no.clone(), 1, &body);
}

/// A certificate for three years.
fn certificate(opening: &Opening<'_>, at: WorkTime) -> Certificate {
    let from = opening.day(at);
    Certificate {
        name: opening.item.name.chars().take(60).collect(),
        number: format!("{}证字〔2010〕{:06}号", opening.item.letters, opening.serial),
        category: PermitCategory::Ordinary.into(),
        valid_until: from.replacen("2010", "2013", 1),
        valid_from: from,
        issuer: opening.department(),
        ..Certificate::default()
    }
}

/// What was due and paid; a few are let off a part.
fn levy(body: &mut CaseResult, chance: &mut Chance) {
    let yuan =
        |amount: u32| Some(Amount { value: amount.to_string(), unit: AmountUnit::Yuan.into() });
    let due = chance.between(2, 400) * 50;
    let waived = if chance.per_mille(80) { due / 2 } else { 0 };
    body.receivable = yuan(due);
    body.paid = yuan(due - waived);
    if waived > 0 {
        body.relief = yuan(waived);
        body.relief_reason = "小型微利企业，依规定减半征收。".into();
    }
}

/// The document of the decision, if it is kept on the platform, and how it was delivered.
fn documents(
    told: &mut Told<'_>,
    fate: Fate,
    steps: &[Step],
    applicant: &Applicant,
    chance: &mut Chance,
) {
    let item = told.opening.item;
    let Some(decided) = decided(fate, steps) else { return };
    let delivers = flow::stages(item.kind).iter().any(|stage| stage.id == "SD");
    let (kind, title) = match fate {
        Fate::NotAccepted => (DocumentKind::NonAcceptance, "不予受理通知书"),
        Fate::NotGranted if item.kind == PowerKind::Xk => {
            (DocumentKind::RefusalDecision, "不予许可决定书")
        }
        Fate::Done | Fate::Late if item.kind == PowerKind::Xk => {
            (DocumentKind::PermitDecision, "准予许可决定书")
        }
        _ => (DocumentKind::Other, "决定书"),
    };
    let bad = matches!(fate, Fate::NotAccepted | Fate::NotGranted);
    if !(bad || delivers && chance.per_mille(ON_FILE)) {
        return;
    }
    let document = papers::document(told, &Paper { kind, title, at: decided.to, step: decided });
    if let Some(end) = steps.last().filter(|step| step.planned.stage.id == "SD") {
        papers::delivery(told, end, document, title, &applicant.name, chance);
    }
}
