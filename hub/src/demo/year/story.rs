//! The story of one case: all that will happen to it, told when it begins.

use bytes::Bytes;
use prost::Message as _;
use sanheyi_exchange_spec::entry::Operation;
use sanheyi_proto::standard::v1::{ApplyWay, Case, CaseStep, Limit, PowerKind, StepStatus};

use super::calendar::{Calendar, DAY, WorkTime};
use super::chance::Chance;
use super::flow::{self, Stage};
use super::{District, Written, people};
use crate::demo::items::Item;

/// How a case ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Well, and in time.
    Done,
    /// Well, after the promised limit.
    Late,
    /// It is not taken up.
    NotAccepted,
    /// It is decided against.
    NotGranted,
    /// The applicant takes it back.
    Withdrawn,
}

/// A step as it is going to be.
struct Planned {
    stage: &'static Stage,
    /// Working seconds that it takes.
    seconds: u32,
    /// Status while it is open.
    open: StepStatus,
    /// Status when it is done.
    done: StepStatus,
    note: &'static str,
}

/// What a story is told about.
pub(super) struct Opening<'a> {
    pub(super) district: &'a District,
    pub(super) calendar: &'a Calendar,
    pub(super) item: &'a Item,
    /// When the case is opened.
    pub(super) at: WorkTime,
    /// Serial of the case in its organisation, from 1.
    pub(super) serial: u64,
}

/// Everything that happens to the case within the year, in the order of time, each with its day.
pub(super) fn tell(opening: &Opening<'_>, chance: &mut Chance) -> Vec<(u32, Written)> {
    let Some(mut case) = opening.case(chance) else { return Vec::new() };
    let fate = fate(opening.item, chance);
    let mut planned = plan(opening, fate, chance);
    if fate == Fate::Withdrawn {
        take_back(&mut planned, chance);
    }
    let mut told = Told { opening, events: Vec::new() };
    told.add(opening.at, "case.case", case.no.clone(), (1, Operation::Put), case.encode_to_vec());
    let mut at = opening.at;
    for (ordinal, step) in (1..).zip(&planned) {
        at = told.step(&case, ordinal, step, at, chance);
    }
    let mut revision = 1;
    if chance.per_mille(52) {
        let span = (at.0 - opening.at.0).min(3 * DAY);
        let when = opening.at.plus(span / 10 + chance.below(span * 8 / 10));
        if let Some(instant) = opening.calendar.instant(when) {
            revision = 2;
            mend(&mut case, instant.as_micros(), chance);
            let body = case.encode_to_vec();
            told.add(when, "case.case", case.no.clone(), (revision, Operation::Put), body);
        }
    }
    if let (Fate::Withdrawn, Some(end)) = (fate, opening.calendar.instant(at)) {
        case.change_number += 1;
        case.updated_at = end.as_micros();
        let how = (revision + 1, Operation::Withdraw);
        told.add(at, "case.case", case.no.clone(), how, case.encode_to_vec());
    }
    told.events.sort_by_key(|(_, written)| written.occurred);
    told.events
}

fn fate(item: &Item, chance: &mut Chance) -> Fate {
    let weights: [u32; 5] = match item.kind {
        kind if flow::is_applied_for(kind) => [914, 22, 24, 26, 14],
        // What an office begins of itself is not refused or taken back; a party may be spared.
        PowerKind::Cf => [938, 22, 0, 40, 0],
        _ => [978, 22, 0, 0, 0],
    };
    [Fate::Done, Fate::Late, Fate::NotAccepted, Fate::NotGranted, Fate::Withdrawn]
        [chance.weighted(&weights)]
}

/// The steps with their lengths, such that the clock runs out only on those that are late.
fn plan(opening: &Opening<'_>, fate: Fate, chance: &mut Chance) -> Vec<Planned> {
    let stages = flow::stages(opening.item.kind);
    let promise = opening.item.promise();
    let due = opening.calendar.due(opening.at, &promise).0 - opening.at.0;
    let budget = match fate {
        Fate::Late => due + DAY / 4 + chance.below(8 * DAY),
        _ => due / 100 * chance.between(12, 88),
    };
    let uneven: Vec<u32> =
        stages.iter().map(|stage| stage.share * chance.between(50, 150)).collect();
    let whole: u32 = uneven.iter().sum();
    let mut planned: Vec<Planned> = Vec::with_capacity(stages.len() + 2);
    for (stage, share) in stages.iter().zip(&uneven) {
        let after = if promise.amount > 1 { 3 * DAY } else { 3600 };
        let seconds = match stage.share {
            0 => 600 + chance.below(after),
            _ => (budget / whole).saturating_mul(*share).max(240),
        };
        planned.push(Planned::new(stage, seconds, StepStatus::InProgress));
    }
    let deciding = flow::deciding(stages);
    match fate {
        Fate::NotAccepted => {
            planned.truncate(1);
            planned[0].done = StepStatus::Terminated;
            planned[0].note = "申请事项不符合受理条件，不予受理，已告知理由。";
        }
        Fate::NotGranted => {
            planned[deciding].done = StepStatus::Overruled;
            planned[deciding].note = match opening.item.kind {
                PowerKind::Cf => "违法行为轻微并及时纠正，决定不予处罚。",
                _ => "不符合法定条件，决定不予办理，已说明理由和救济途径。",
            };
        }
        Fate::Done | Fate::Late | Fate::Withdrawn => {}
    }
    stop_the_clock(opening.item, &promise, &mut planned, chance);
    planned
}

/// Puts in corrections and special procedures, where the clock stops.
fn stop_the_clock(item: &Item, promise: &Limit, planned: &mut Vec<Planned>, chance: &mut Chance) {
    if promise.amount > 1 && planned.len() > 2 && chance.per_mille(52) {
        let kinds = if flow::is_applied_for(item.kind) { 3 } else { 2 };
        let stage = &flow::SUSPENSIONS[chance.index(kinds)];
        let seconds = chance.between(4 * DAY, 15 * DAY);
        planned.insert(2, Planned::new(stage, seconds, StepStatus::Paused));
    }
    if flow::is_applied_for(item.kind) && chance.per_mille(80) {
        // Rightly before the case is accepted, wrongly after it in one of ten.
        let place = usize::from(planned.len() > 1 && chance.per_mille(100));
        let seconds = chance.between(DAY / 2, 5 * DAY);
        let step = Planned::new(&flow::CORRECTION, seconds, StepStatus::Correction);
        planned.insert(place, step);
    }
}

/// Cuts the story off within one of its steps, but not the first.
fn take_back(planned: &mut Vec<Planned>, chance: &mut Chance) {
    planned.truncate(2 + chance.index(planned.len() - 1));
    if let Some(last) = planned.last_mut() {
        last.seconds = (last.seconds / 10).saturating_mul(chance.between(1, 9)).max(60);
        last.done = StepStatus::Terminated;
        last.note = "申请人撤回申请，程序中止。";
    }
}

/// Mends the data of a case.
fn mend(case: &mut Case, at: i64, chance: &mut Chance) {
    case.change_number += 1;
    case.updated_at = at;
    if let Some(applicant) = case.applicant.as_mut().filter(|_| chance.per_mille(600)) {
        applicant.phone = people::telephone(chance.below(10_000_000));
    } else {
        case.r#abstract.push_str("（摘要已更正）");
    }
}

// === impl Planned ===

impl Planned {
    fn new(stage: &'static Stage, seconds: u32, open: StepStatus) -> Self {
        Self { stage, seconds, open, done: StepStatus::Passed, note: stage.note }
    }

    /// What is written when the step begins.
    fn opening_note(&self) -> &'static str {
        match self.open {
            StepStatus::Correction => "材料不全，已一次告知需要补正的内容。",
            StepStatus::Paused => "所需时间不计入办理期限，已书面告知。",
            _ => "正在办理。",
        }
    }

    /// The part of the promise that the step may take, in whole units.
    fn limit(&self, promise: &Limit) -> Option<Limit> {
        let amount = promise.amount * self.stage.share / 100;
        (amount > 0).then_some(Limit { amount, unit: promise.unit })
    }
}

// === impl Opening ===

impl Opening<'_> {
    /// The case as it is opened; nothing if the year is over.
    fn case(&self, chance: &mut Chance) -> Option<Case> {
        let (item, region, place) = (self.item, self.district.region, self.district.title_zh);
        let applicant = people::applicant(item, self.district, chance);
        let created_at = self.calendar.instant(self.at)?.as_micros();
        let applied = flow::is_applied_for(item.kind);
        let before = if applied { chance.between(60, 2400) } else { 0 };
        let applied_at = self.calendar.instant(self.at.minus(before))?.as_micros();
        let (title, summary) = if applied {
            let title = format!("{}申请办理{}", applicant.name, item.name);
            (title, format!("申请人申请办理“{}”，提交申请表及附件。", item.name))
        } else {
            let title = format!("{}：{}", applicant.name, item.name);
            (title, format!("依职权启动“{}”，对象情况见附卷。", item.name))
        };
        let organisation = item.organisation(region);
        Some(Case {
            no: format!("{organisation}{:010}", self.serial),
            change_number: 1,
            internal_no: format!("{}{}2010{:05}", item.letters, item.kind_letters(), self.serial),
            organisation,
            power_code: item.code(region),
            power_version: 1,
            department: format!("{place}{}", item.department),
            title,
            // A few clerks leave the abstract out; supervision is to notice.
            r#abstract: if chance.per_mille(990) { summary } else { String::new() },
            apply_way: if applied { apply_way(chance) } else { ApplyWay::Other }.into(),
            applicant: Some(applicant),
            promise: Some(item.promise()),
            applied_at,
            created_at,
            updated_at: created_at,
        })
    }
}

fn apply_way(chance: &mut Chance) -> ApplyWay {
    let ways = [ApplyWay::Counter, ApplyWay::Online, ApplyWay::Letter, ApplyWay::Telephone];
    ways[chance.weighted(&[800, 140, 45, 15])]
}

/// What has been told so far.
struct Told<'a> {
    opening: &'a Opening<'a>,
    events: Vec<(u32, Written)>,
}

impl Told<'_> {
    /// Adds a record state, unless it lies beyond the year.
    fn add(
        &mut self,
        at: WorkTime,
        dataset: &'static str,
        record: String,
        (revision, operation): (u64, Operation),
        body: Vec<u8>,
    ) {
        let calendar = self.opening.calendar;
        let (Some(day), Some(occurred)) = (calendar.offset(at), calendar.instant(at)) else {
            return;
        };
        let body = Bytes::from(body);
        self.events.push((day, Written { dataset, record, revision, operation, occurred, body }));
    }

    /// Adds a step that begins at `at`, once or, if it lasts over night, twice. Says when it ends.
    fn step(
        &mut self,
        case: &Case,
        ordinal: u32,
        planned: &Planned,
        at: WorkTime,
        chance: &mut Chance,
    ) -> WorkTime {
        let end = at.plus(planned.seconds);
        let calendar = self.opening.calendar;
        let Some(began) = calendar.instant(at) else { return end };
        let stage = planned.stage;
        let (staff_code, staff) = people::clerk(self.opening.item.letters, stage.post, chance);
        let mut step = CaseStep {
            case_no: case.no.clone(),
            ordinal,
            tache_id: format!("{}-{}", self.opening.item.kind_letters(), stage.id),
            tache_name: stage.name.into(),
            office: stage.post.office().into(),
            staff_code,
            staff_name: staff.into(),
            status: planned.open.into(),
            promise: case.promise.as_ref().and_then(|promise| planned.limit(promise)),
            clock_runs: stage.share > 0,
            note: planned.opening_note().into(),
            began_at: began.as_micros(),
            processed_at: None,
        };
        let record = format!("{}-{ordinal:04}", case.no);
        let mut revision = 1;
        if calendar.offset(at) != calendar.offset(end) {
            let how = (revision, Operation::Put);
            self.add(at, "case.step", record.clone(), how, step.encode_to_vec());
            revision = 2;
        }
        step.status = planned.done.into();
        step.note = planned.note.into();
        step.processed_at = calendar.instant(end).map(|end| end.as_micros());
        self.add(end, "case.step", record, (revision, Operation::Put), step.encode_to_vec());
        end
    }
}
