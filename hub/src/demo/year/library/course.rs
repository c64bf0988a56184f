//! What becomes of an item in the year (事项状态), and the records that say so.

use jiff::civil::{Date, date};
use sanheyi_exchange_spec::entry::Operation;
use sanheyi_proto::standard::v1::{
    CatalogueChange, PowerItem, PowerState, PublicationAct, ReviewStage,
};

use super::review;
use crate::demo::items::Item;
use crate::demo::year::calendar::{Calendar, DAY, WorkTime, YEAR_BEGINS, midnight};
use crate::demo::year::{District, Written};

/// Cases that each district opens on the item though it is suspended: who did so had not noticed.
pub(in crate::demo) const UNAWARE: u32 = 2;
/// The promise of the second version, in working days.
pub(super) const SHORTER: u32 = 4;

/// The items that are drafted when the year begins, and when they are published.
const DRAFTED: [(&str, Date); 3] = [
    ("取水许可及排污口审批", date(2010, 3, 1)),
    ("民办学校的设立、分立、合并变更、终止审批", date(2010, 5, 4)),
    ("医疗机构设置许可", date(2010, 7, 1)),
];
const SUSPENDED: (&str, Date, Date) =
    ("城镇污水排入排水管网许可证核发", date(2010, 7, 5), date(2010, 9, 6));
const SUPERSEDED: (&str, Date) = ("商品房预售许可", date(2010, 9, 1));
const ABOLISHED: (&str, Date) = ("生产建设项目水土保持方案审批", date(2010, 11, 1));

/// The stations of a draft: the state, and how many working days before its publication.
const STATIONS: [(PowerState, u32); 5] = [
    (PowerState::Submitted, 25),
    (PowerState::InReview, 20),
    (PowerState::Confirmed, 10),
    (PowerState::Customised, 5),
    (PowerState::Published, 0),
];

/// What becomes of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// Nothing.
    Standing,
    /// Drafted as the year begins; published on this day.
    Drafted(Date),
    /// Suspended, and resumed.
    Suspended { from: Date, until: Date },
    /// A second version takes its place.
    Superseded(Date),
    /// Exercised no more.
    Abolished(Date),
}

impl Course {
    pub(super) fn of(item: &Item) -> Self {
        if let Some((_, day)) = DRAFTED.iter().find(|(name, _)| *name == item.name) {
            return Course::Drafted(*day);
        }
        let (suspended, from, until) = SUSPENDED;
        match item.name.as_str() {
            name if name == suspended => Course::Suspended { from, until },
            name if name == SUPERSEDED.0 => Course::Superseded(SUPERSEDED.1),
            name if name == ABOLISHED.0 => Course::Abolished(ABOLISHED.1),
            _ => Course::Standing,
        }
    }

    /// The state of the first version on a day; a draft is a draft until it is published.
    pub(super) fn state(self, day: Date) -> PowerState {
        match self {
            Course::Drafted(from) if day < from => PowerState::Draft,
            Course::Suspended { from, until } if (from..until).contains(&day) => {
                PowerState::Suspended
            }
            Course::Superseded(from) if day >= from => PowerState::Superseded,
            Course::Abolished(from) if day >= from => PowerState::Abolished,
            _ => PowerState::Published,
        }
    }

    /// The same, with the stations of a draft.
    pub(super) fn station(self, day: Date, calendar: &Calendar) -> PowerState {
        let Course::Drafted(from) = self else { return self.state(day) };
        let left = calendar.worked(day, from).saturating_sub(1);
        let reached = STATIONS.iter().rev().find(|(_, before)| left <= *before);
        reached.map_or(PowerState::Draft, |(state, _)| *state)
    }

    /// Whether it changes in the month that ends with `day`, or is on its way to it.
    pub(super) fn moves(self, day: Date) -> bool {
        let within = |one: Date| (one.year(), one.month()) == (day.year(), day.month());
        match self {
            Course::Standing => false,
            Course::Drafted(from) => from > day || within(from),
            Course::Superseded(from) | Course::Abolished(from) => within(from),
            Course::Suspended { from, until } => within(from) || within(until),
        }
    }
}

/// An item that changes.
pub(super) struct Change<'a> {
    pub(super) district: &'a District,
    pub(super) calendar: &'a Calendar,
    pub(super) item: &'a Item,
    /// Its second version.
    pub(super) successor: Option<&'a Item>,
}

impl Change<'_> {
    /// All that is written of it, each with its day.
    pub(super) fn tell(&self, course: Course) -> Vec<(u32, Written)> {
        match course {
            Course::Standing => Vec::new(),
            Course::Drafted(day) => self.publish(day),
            Course::Suspended { from, until } => self.suspend(from, until),
            Course::Superseded(day) => self.supersede(day),
            Course::Abolished(day) => self.abolish(day),
        }
    }

    fn publish(&self, day: Date) -> Vec<(u32, Written)> {
        let end = self.calendar.opening(day);
        let mut told = Vec::new();
        for (revision, (state, before)) in (2..).zip(STATIONS) {
            let at = end.minus(before * DAY);
            self.state(&mut told, at, revision, |item| {
                item.state = state.into();
                item.valid_from = midnight(day);
                item.change = CatalogueChange::Added.into();
            });
            let stage = match state {
                PowerState::InReview => ReviewStage::Review,
                PowerState::Confirmed => ReviewStage::Confirmation,
                _ => continue,
            };
            let asked = self.instant(end.minus(STATIONS[0].1 * DAY));
            let change = CatalogueChange::Added;
            let word = review::Word { version: 1, stage, change, asked };
            self.at(&mut told, at, |at| review::record(self.district, self.item, &word, at));
        }
        let act = review::Act { version: 1, serial: 1, act: PublicationAct::Published, reason: "" };
        self.at(&mut told, end, |at| review::publication(self.district, self.item, &act, at));
        told
    }

    fn suspend(&self, from: Date, until: Date) -> Vec<(u32, Written)> {
        let mut told = Vec::new();
        let acts = [
            (from, PowerState::Suspended, PublicationAct::Suspended, "法规修订，待新规施行。"),
            (until, PowerState::Published, PublicationAct::Resumed, "新规已施行，恢复办理。"),
        ];
        for ((revision, serial), (day, state, act, reason)) in (2..).zip(2..).zip(acts) {
            let at = self.calendar.opening(day);
            self.state(&mut told, at, revision, |item| item.state = state.into());
            let act = review::Act { version: 1, serial, act, reason };
            self.at(&mut told, at, |at| review::publication(self.district, self.item, &act, at));
        }
        told
    }

    fn supersede(&self, day: Date) -> Vec<(u32, Written)> {
        let Some(successor) = self.successor else { return Vec::new() };
        let (at, mut told) = (self.calendar.opening(day), Vec::new());
        self.state(&mut told, at, 2, |item| {
            item.state = PowerState::Superseded.into();
            item.valid_until = Some(midnight(day));
        });
        self.at(&mut told, at, |at| {
            let District { region, title_zh, .. } = self.district;
            let mut body = successor.power_item(region, title_zh, midnight(day));
            body.version = 2;
            body.change = CatalogueChange::Changed.into();
            body.change_reason = "承诺期限缩短。".into();
            let record = format!("{}-2", body.code);
            Written::first("catalogue.power_item", record, at, &body)
        });
        let (change, asked) = (CatalogueChange::Changed, self.instant(at.minus(10 * DAY)));
        let word = review::Word { version: 2, stage: ReviewStage::Confirmation, change, asked };
        self.at(&mut told, at, |at| review::record(self.district, successor, &word, at));
        let act = review::Act { version: 2, serial: 1, act: PublicationAct::Published, reason: "" };
        self.at(&mut told, at, |at| review::publication(self.district, successor, &act, at));
        told
    }

    fn abolish(&self, day: Date) -> Vec<(u32, Written)> {
        let (at, mut told) = (self.calendar.opening(day), Vec::new());
        self.state(&mut told, at, 2, |item| {
            item.state = PowerState::Abolished.into();
            item.valid_until = Some(midnight(day));
            item.change = CatalogueChange::Abolished.into();
            item.change_reason = "上级决定取消该事项。".into();
        });
        let reason = "事项已取消，撤下公布。";
        let act = review::Act { version: 1, serial: 2, act: PublicationAct::Withdrawn, reason };
        self.at(&mut told, at, |at| review::publication(self.district, self.item, &act, at));
        told
    }

    /// Writes a revision of the first version.
    fn state(
        &self,
        told: &mut Vec<(u32, Written)>,
        at: WorkTime,
        revision: u64,
        change: impl FnOnce(&mut PowerItem),
    ) {
        let District { region, title_zh, .. } = self.district;
        let mut body = self.item.power_item(region, title_zh, YEAR_BEGINS);
        change(&mut body);
        self.at(told, at, |at| {
            let record = format!("{}-{}", body.code, body.version);
            let put = Operation::Put;
            Written::new("catalogue.power_item", record, (revision, put), at, &body)
        });
    }

    /// Adds a record that is written then.
    fn at(&self, told: &mut Vec<(u32, Written)>, at: WorkTime, write: impl FnOnce(i64) -> Written) {
        if let (Some(day), Some(at)) = (self.calendar.offset(at), self.instant(at)) {
            told.push((day, write(at)));
        }
    }

    fn instant(&self, at: WorkTime) -> Option<i64> {
        self.calendar.instant(at).map(|at| at.as_micros())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::demo::items;

    #[test]
    fn the_items_that_change_are_in_the_list_and_change_on_working_days() {
        let courses: Vec<Course> = items::items().iter().map(Course::of).collect();
        let changing = courses.iter().filter(|course| **course != Course::Standing).count();
        assert_eq!(changing, DRAFTED.len() + 3, "{courses:?}");
        let calendar = Calendar::new();
        let days = [SUSPENDED.1, SUSPENDED.2, SUPERSEDED.1, ABOLISHED.1];
        for day in days.into_iter().chain(DRAFTED.map(|(_, day)| day)) {
            assert_eq!(calendar.worked(day, day), 1, "{day}");
        }
    }

    #[test]
    fn a_draft_comes_through_its_stations() {
        let calendar = Calendar::new();
        let course = Course::Drafted(DRAFTED[0].1);
        let station = |month, day| course.station(date(2010, month, day), &calendar);
        assert_eq!(station(1, 4), PowerState::Draft);
        assert_eq!(station(2, 26), PowerState::Customised);
        assert_eq!(station(3, 1), PowerState::Published);
        assert_eq!(station(12, 31), PowerState::Published);
    }
}
