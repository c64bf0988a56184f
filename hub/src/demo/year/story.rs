//! The story of one case: all that will happen to it, told when it begins. What is common to cases
//! of both families stands here; [`permit`] and [`penalty`] write the records.

use prost::Message;
use sanheyi_exchange_spec::entry::Operation;
use sanheyi_proto::standard::v1::{CaseFamily, Limit, PowerKind, StepStatus};

use super::calendar::{self, Calendar, DAY, WorkTime};
use super::chance::Chance;
use super::flow::{self, Stage};
use super::staff::{self, Clerk};
use super::{District, Written};
use crate::demo::items::Item;

mod oversight;
mod papers;
mod penalty;
mod permit;

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

/// A step with its place, its time and its clerk.
struct Step {
    planned: Planned,
    ordinal: u32,
    from: WorkTime,
    to: WorkTime,
    staff: Clerk,
}

/// What a story is told about.
pub(super) struct Opening<'a> {
    pub(super) district: &'a District,
    pub(super) calendar: &'a Calendar,
    pub(super) item: &'a Item,
    /// The version of the item that is in force.
    pub(super) version: u32,
    /// Whoever opens it has not noticed that the item is suspended.
    pub(super) unaware: bool,
    /// When the case is opened.
    pub(super) at: WorkTime,
    /// Serial of the case in its organisation, from 1.
    pub(super) serial: u64,
    /// The same in the district.
    pub(super) count: u64,
}

/// Everything that happens to the case within the year, in the order of time, each with its day.
pub(super) fn tell(opening: &Opening<'_>, chance: &mut Chance) -> Vec<(u32, Written)> {
    let fate = if opening.unaware { Fate::Done } else { fate(opening.item, chance) };
    let mut planned = plan(opening, fate, chance);
    if fate == Fate::Withdrawn {
        take_back(&mut planned, chance);
    }
    let steps = opening.live(planned, chance);
    let penalty = opening.item.kind == PowerKind::Cf;
    let mut told = Told {
        opening,
        family: if penalty { CaseFamily::Penalty } else { CaseFamily::Permit },
        no: format!("{}{:010}", opening.item.organisation(opening.district.region), opening.serial),
        documents: 0,
        suspensions: 0,
        events: Vec::new(),
    };
    if penalty {
        penalty::tell(&mut told, fate, &steps, chance);
    } else {
        permit::tell(&mut told, fate, &steps, chance);
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

// === impl Step ===

impl Step {
    /// What is written of the clock in it.
    fn is_running(&self) -> bool {
        self.planned.stage.share > 0
    }
}

// === impl Opening ===

impl Opening<'_> {
    /// The steps one after another, each with its clerk.
    fn live(&self, planned: Vec<Planned>, chance: &mut Chance) -> Vec<Step> {
        let mut from = self.at;
        let step = |(ordinal, planned): (u32, Planned)| {
            let to = from.plus(planned.seconds);
            let staff = staff::clerk(self.item.letters, planned.stage.post, chance);
            let step = Step { planned, ordinal, from, to, staff };
            from = to;
            step
        };
        (1..).zip(planned).map(step).collect()
    }

    /// An instant; 0 beyond the year, where nothing is written any more.
    fn micros(&self, at: WorkTime) -> i64 {
        self.calendar.instant(at).map_or(0, |at| at.as_micros())
    }

    /// The same, and nothing beyond the year.
    fn instant(&self, at: WorkTime) -> Option<i64> {
        self.calendar.instant(at).map(|at| at.as_micros())
    }

    /// The day as texts have it; empty beyond the year.
    fn day(&self, at: WorkTime) -> String {
        let offset = self.calendar.offset(at);
        offset.map_or_else(String::new, |offset| calendar::day_of_year(offset).to_string())
    }

    /// Code of the organisation that handles it.
    fn organisation(&self) -> String {
        self.item.organisation(self.district.region)
    }

    /// The department that handles it.
    fn department(&self) -> String {
        format!("{}{}", self.district.title_zh, self.item.department)
    }

    /// Number of the case in the department's own books.
    fn internal_no(&self) -> String {
        format!("{}{}2010{:05}", self.item.letters, self.item.kind_letters(), self.serial)
    }
}

/// What has been told so far.
struct Told<'a> {
    opening: &'a Opening<'a>,
    family: CaseFamily,
    /// The number of the case.
    no: String,
    /// Documents so far.
    documents: u32,
    /// Suspensions so far.
    suspensions: u32,
    events: Vec<(u32, Written)>,
}

impl Told<'_> {
    /// Adds a record state, unless it lies beyond the year.
    fn put(
        &mut self,
        at: WorkTime,
        dataset: &'static str,
        record: String,
        revision: u64,
        body: &impl Message,
    ) {
        self.add(at, dataset, record, (revision, Operation::Put), body);
    }

    fn add(
        &mut self,
        at: WorkTime,
        dataset: &'static str,
        record: String,
        how: (u64, Operation),
        body: &impl Message,
    ) {
        let calendar = self.opening.calendar;
        if let (Some(day), Some(occurred)) = (calendar.offset(at), self.opening.instant(at)) {
            self.events.push((day, Written::new(dataset, record, how, occurred, body)));
        }
    }

    /// Whether two times lie on different days.
    fn over_night(&self, from: WorkTime, to: WorkTime) -> bool {
        self.opening.calendar.offset(from) != self.opening.calendar.offset(to)
    }
}
