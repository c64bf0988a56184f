//! A penalty case (处罚案件): itself, its steps and its decision, held to a benchmark where there is
//! one.

use sanheyi_proto::standard::v1::{
    Amount, AmountUnit, CaseSource, Decision, DocumentKind, Evidence, EvidenceKind, Penalty,
    PenaltyKind, PenaltyOutcome, PenaltyProcedure, PenaltyStep, PenaltyStepStatus, Reporter,
    StepStatus, Target,
};

use super::papers::{self, Paper};
use super::{Fate, Step, Told, oversight};
use crate::demo::year::chance::Chance;
use crate::demo::year::flow::{self, Post};
use crate::demo::year::library::benchmark::{self, GRADES, Scale};
use crate::demo::year::{calendar, people, staff};

/// From so many yuan on a penalty is discussed by all heads together.
const WEIGHTY: u32 = 50_000;
/// Days within which a fine is to be paid (行政处罚法, article 46 of 1996).
const TO_PAY: u32 = 15;

/// Tells it.
pub(super) fn tell(told: &mut Told<'_>, fate: Fate, steps: &[Step], chance: &mut Chance) {
    let opening = told.opening;
    let Some(mut case) = case(told, chance) else { return };
    told.put(opening.at, "case.penalty", told.no.clone(), 1, &case);
    for step in steps {
        self::step(told, &case, step);
        papers::suspension(told, step);
    }
    let Some(end) = steps.last().map(|step| step.to) else { return };
    let nameless = case.r#abstract.is_empty();
    if chance.per_mille(52) {
        let when = opening.at.plus((end.0 - opening.at.0) / 3);
        case.change_number = 2;
        case.updated_at = opening.micros(when);
        case.facts.push_str("（案情已补充）");
        told.put(when, "case.penalty", told.no.clone(), 2, &case);
    }
    oversight::watch(told, steps, nameless, chance);
    let Some(target) = case.targets.into_iter().next() else { return };
    decide(told, fate, steps, target, chance);
}

/// The case as it is opened; nothing if the year is over.
fn case(told: &Told<'_>, chance: &mut Chance) -> Option<Penalty> {
    let opening = told.opening;
    let (item, place) = (opening.item, opening.district.title_zh);
    let opened_at = opening.instant(opening.at)?;
    let created = opening.at.minus(chance.between(600, 6000));
    let target = people::target(people::applicant(item, opening.district, chance));
    let sources =
        [CaseSource::Inspection, CaseSource::Report, CaseSource::Transferred, CaseSource::Assigned];
    let source = sources[chance.weighted(&[640, 210, 100, 50])];
    let matter = item.name.trim_start_matches('对').trim_end_matches("的处罚");
    let reporter = (source == CaseSource::Report)
        .then(|| Reporter { name: people::name(chance), ..Reporter::default() });
    Some(Penalty {
        no: told.no.clone(),
        change_number: 1,
        internal_no: opening.internal_no(),
        organisation: opening.organisation(),
        power_code: item.code(opening.district.region),
        power_version: opening.version,
        department: opening.department(),
        title: format!("{}涉嫌{matter}案", target.name),
        source: source.into(),
        place: format!("{place}辖区内"),
        facts: format!("{}涉嫌{matter}，现场检查有初步证据。", target.name),
        // A few clerks leave the abstract out; supervision notices.
        r#abstract: if chance.per_mille(990) {
            format!("涉嫌{matter}。")
        } else {
            String::new()
        },
        targets: vec![target],
        reporter,
        promise: Some(item.promise()),
        created_at: opening.micros(created),
        opened_at: Some(opened_at),
        updated_at: opened_at,
        ..Penalty::default()
    })
}

/// Writes a step, once or, if it lasts over night, twice.
fn step(told: &mut Told<'_>, case: &Penalty, step: &Step) {
    let (opening, planned) = (told.opening, &step.planned);
    let Some(began_at) = opening.instant(step.from) else { return };
    let stage = planned.stage;
    let mut body = PenaltyStep {
        case_no: case.no.clone(),
        ordinal: step.ordinal,
        tache_id: format!("CF-{}", stage.id),
        tache_name: stage.name.into(),
        phase: flow::phase(stage).into(),
        office: stage.post.office().into(),
        staff_code: step.staff.0.clone(),
        staff_name: step.staff.1.into(),
        status: status(planned.open).into(),
        promise: case.promise.as_ref().and_then(|promise| planned.limit(promise)),
        clock_runs: step.is_running(),
        note: planned.opening_note().into(),
        previous: step.ordinal - 1,
        node_id: stage.id.into(),
        began_at,
        ..PenaltyStep::default()
    };
    let record = format!("{}-{:04}", case.no, step.ordinal);
    let mut revision = 1;
    if told.over_night(step.from, step.to) {
        told.put(step.from, "case.penalty_step", record.clone(), revision, &body);
        revision = 2;
    }
    body.status = status(planned.done).into();
    body.note = planned.note.into();
    body.processed_at = opening.instant(step.to);
    if stage.id == "DC" {
        body.evidence.push(Evidence {
            kind: EvidenceKind::Inspection.into(),
            name: "现场检查笔录".into(),
            proves: "违法事实存在。".into(),
            collected_by: step.staff.1.into(),
            collected_at: Some(began_at),
            ..Evidence::default()
        });
    }
    told.put(step.to, "case.penalty_step", record, revision, &body);
}

/// The same standing in the words of penalty cases; a decision against is a decision.
fn status(status: StepStatus) -> PenaltyStepStatus {
    match status {
        StepStatus::InProgress => PenaltyStepStatus::InProgress,
        StepStatus::Paused | StepStatus::Correction => PenaltyStepStatus::Paused,
        StepStatus::Returned => PenaltyStepStatus::Returned,
        StepStatus::Terminated => PenaltyStepStatus::Terminated,
        _ => PenaltyStepStatus::Passed,
    }
}

/// The decision with its notice before and its delivery behind.
fn decide(told: &mut Told<'_>, fate: Fate, steps: &[Step], target: Target, chance: &mut Chance) {
    let (opening, spared) = (told.opening, fate == Fate::NotGranted);
    let find = |id: &str| steps.iter().find(|step| step.planned.stage.id == id);
    let (Some(told_before), Some(decided), Some(end)) = (find("GZ"), find("JD"), find("SD")) else {
        return;
    };
    let (kind, title) = (DocumentKind::PenaltyNotice, "行政处罚事先告知书");
    papers::document(told, &Paper { kind, title, at: told_before.to, step: told_before });
    let (kind, title) = if spared {
        (DocumentKind::NoPenaltyDecision, "不予行政处罚决定书")
    } else {
        (DocumentKind::PenaltyDecision, "行政处罚决定书")
    };
    let document = papers::document(told, &Paper { kind, title, at: decided.to, step: decided });
    let name = target.name.clone();
    let letters = opening.item.letters;
    let first = |post| staff::clerks(letters, post).into_iter().next().unwrap_or_default().0;
    let decided_at = opening.micros(decided.to);
    let mut body = Decision {
        case_no: told.no.clone(),
        serial: 1,
        change_number: 1,
        power_code: opening.item.code(opening.district.region),
        power_version: opening.version,
        last_step: decided.ordinal,
        procedure: PenaltyProcedure::Ordinary.into(),
        outcome: PenaltyOutcome::NoPenalty.into(),
        target: Some(target),
        document_no: format!("{letters}罚字〔2010〕{:05}号", opening.serial),
        facts: "事实清楚，证据确凿。".into(),
        basis: opening.item.law(),
        content: "违法行为轻微并及时纠正，不予处罚。".into(),
        decided_by: decided.staff.0.clone(),
        second_person: first(Post::Office),
        legal_reviewer: first(Post::Legal),
        authority: opening.department(),
        authority_credit_code: staff::authority_code(opening.district.region, letters),
        decided_at,
        updated_at: decided_at,
        ..Decision::default()
    };
    if !spared {
        body.outcome = PenaltyOutcome::Penalty.into();
        punish(told, &mut body, decided, chance);
    }
    let record = format!("{}-01", told.no);
    told.put(decided.to, "case.decision", record.clone(), 1, &body);
    papers::delivery(told, end, document, title, &name, chance);
    body.change_number = 2;
    body.finished_at = opening.instant(end.to);
    body.updated_at = opening.micros(end.to);
    told.put(end.to, "case.decision", record, 2, &body);
}

/// What the penalty is: within the grade of a benchmark, or as the office sees fit.
fn punish(told: &Told<'_>, body: &mut Decision, decided: &Step, chance: &mut Chance) {
    let opening = told.opening;
    let scales: Vec<_> = benchmark::scales(opening.item).collect();
    let fine = if scales.is_empty() {
        free(body, chance)
    } else {
        let (serial, scale) = &scales[chance.index(scales.len())];
        graded(body, *serial, scale, chance)
    };
    if fine > 0 {
        body.fine = yuan(fine);
        body.collective = fine >= WEIGHTY;
        if let Some(day) = opening.calendar.offset(decided.to) {
            body.pay_until = calendar::day_of_year(day + TO_PAY).to_string();
        }
    }
    let words: Vec<&str> = body.classes().map(class).collect();
    body.content = if fine > 0 {
        format!("{}，罚款{fine}元。", words.join("、"))
    } else {
        format!("{}。", words.join("、"))
    };
}

fn yuan(amount: u32) -> Option<Amount> {
    Some(Amount { value: amount.to_string(), unit: AmountUnit::Yuan.into() })
}

fn class(kind: PenaltyKind) -> &'static str {
    match kind {
        PenaltyKind::Warning => "警告",
        PenaltyKind::Fine => "处以罚款",
        PenaltyKind::Confiscation => "没收违法所得",
        PenaltyKind::Licence => "暂扣证照",
        PenaltyKind::Detention => "行政拘留",
        _ => "其他处罚",
    }
}

/// A penalty by a benchmark; answers the fine.
fn graded(body: &mut Decision, serial: u32, scale: &Scale, chance: &mut Chance) -> u32 {
    let grade = chance.weighted(&[400, 450, 150]);
    let (low, high) = scale.fines(grade);
    body.violation = scale.violation.into();
    body.benchmark_serial = serial;
    body.benchmark_grade = GRADES[grade].0.into();
    body.standard = GRADES[grade].2.into();
    let mut classes = vec![PenaltyKind::Fine];
    let fine = if scale.multiple {
        let worth = chance.between(100, 600) * 100;
        body.base = yuan(worth);
        body.confiscated_items = "违法生产经营的食品".into();
        classes.push(PenaltyKind::Confiscation);
        worth * chance.between(low, high)
    } else {
        low + (high - low) / 20 * chance.between(0, 20)
    };
    if let Some(days) = scale.detention {
        body.detention_days = chance.between(days[grade], days[grade + 1]);
        classes.push(PenaltyKind::Detention);
    }
    if !scale.licence.is_empty() {
        body.licence = scale.licence.into();
        classes.push(PenaltyKind::Licence);
    }
    body.classes = classes.into_iter().map(Into::into).collect();
    fine
}

/// A penalty where there is no benchmark; answers the fine.
fn free(body: &mut Decision, chance: &mut Chance) -> u32 {
    let classes = match chance.weighted(&[780, 120, 100]) {
        0 => vec![PenaltyKind::Fine],
        1 => vec![PenaltyKind::Fine, PenaltyKind::Confiscation],
        _ => vec![PenaltyKind::Warning],
    };
    if classes.contains(&PenaltyKind::Confiscation) {
        body.confiscated = yuan(chance.between(1, 80) * 100);
    }
    let fined = classes.contains(&PenaltyKind::Fine);
    body.classes = classes.into_iter().map(Into::into).collect();
    if fined { chance.between(2, 50) * 100 } else { 0 }
}
