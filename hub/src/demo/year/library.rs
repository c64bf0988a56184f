//! The catalogue (目录) of a district: its power items, what belongs to them, and what becomes of
//! them during the year.
//!
//! All items stand in it from the first day. One in five, and each of which more is told, has its
//! charts, guide, risk points, reviews and publication. Three items are still drafted when the year
//! begins, one is suspended for a summer, one gets a second version, one is abolished.

use std::collections::BTreeMap;

use jiff::civil::Date;
use sanheyi_proto::standard::v1::PowerState;

use self::course::Course;
use super::calendar::{self, Calendar, YEAR_BEGINS};
use super::{District, Written, staff};
use crate::demo::items::{self, Item};

pub(super) mod benchmark;
mod chart;
pub(super) mod course;
mod guide;
mod progress;
mod review;

/// One item in so many has all that belongs to an item.
const DOCUMENTED: usize = 5;

/// The catalogue of a district.
pub(super) struct Library {
    /// All items, by position.
    pub(super) items: Vec<Item>,
    courses: Vec<Course>,
    /// Second versions, by position.
    successors: BTreeMap<usize, Item>,
}

impl Library {
    pub(super) fn new() -> Self {
        let items = items::items();
        let courses: Vec<Course> = items.iter().map(Course::of).collect();
        let successor = |(position, course): (usize, &Course)| {
            matches!(course, Course::Superseded(_))
                .then(|| (position, items[position].promising(course::SHORTER)))
        };
        let successors = courses.iter().enumerate().filter_map(successor).collect();
        Self { items, courses, successors }
    }

    /// The version in which an item is exercised on a day; nothing if it may not be.
    pub(super) fn on(&self, position: usize, day: Date) -> Option<(u32, &Item)> {
        let (first, course) = (&self.items[position], self.courses[position]);
        match course {
            Course::Superseded(from) if day >= from => Some((2, self.successors.get(&position)?)),
            _ => (course.state(day) == PowerState::Published).then_some((1, first)),
        }
    }

    /// The item that cases are opened on though it is suspended: on the first days of that, as many
    /// as [`course::UNAWARE`].
    pub(super) fn unaware(&self, day: Date, calendar: &Calendar) -> Option<usize> {
        let suspended = |course: &Course| match course {
            Course::Suspended { from, .. } => {
                let since = calendar.worked(*from, day);
                (1..=course::UNAWARE).contains(&since)
            }
            _ => false,
        };
        self.courses.iter().position(suspended)
    }

    fn is_documented(&self, position: usize) -> bool {
        position.is_multiple_of(DOCUMENTED)
            || self.courses[position] != Course::Standing
            || benchmark::scales(&self.items[position]).next().is_some()
    }

    /// What stands in the catalogue when the year begins: all items, then what belongs to some.
    pub(super) fn records(&self, district: &District) -> Vec<Written> {
        let mut written = Vec::new();
        for (item, course) in self.items.iter().zip(&self.courses) {
            let mut body = item.power_item(district.region, district.title_zh, YEAR_BEGINS);
            body.state = course.state(calendar::day_of_year(0)).into();
            body.discretion = benchmark::scales(item).next().is_some();
            body.penalty_kinds = benchmark::classes(item);
            if let Course::Drafted(from) = course {
                body.valid_from = calendar::midnight(*from);
            }
            let record = format!("{}-{}", body.code, body.version);
            written.push(Written::first("catalogue.power_item", record, YEAR_BEGINS, &body));
        }
        let mut serials: BTreeMap<&str, u32> = BTreeMap::new();
        for (position, item) in self.items.iter().enumerate() {
            if !self.is_documented(position) {
                continue;
            }
            written.extend(chart::records(district, item));
            written.push(guide::record(district, item));
            written.extend(benchmark::records(district, item));
            if self.courses[position].state(calendar::day_of_year(0)) == PowerState::Published {
                written.extend(review::standing(district, item));
            }
            let serial = serials.entry(item.letters).or_default();
            written.extend(staff::authorisations(district, item, serial));
        }
        written
    }

    /// What becomes of items during the year, each with its day.
    pub(super) fn changes(&self, district: &District, calendar: &Calendar) -> Vec<(u32, Written)> {
        let mut told = Vec::new();
        for (position, course) in self.courses.iter().enumerate() {
            let change = course::Change {
                district,
                calendar,
                item: &self.items[position],
                successor: self.successors.get(&position),
            };
            told.extend(change.tell(*course));
        }
        told
    }

    /// How far the catalogue is at the end of a month, as far as that is worth a report.
    pub(super) fn progress(
        &self,
        district: &District,
        calendar: &Calendar,
        month_end: Date,
        at: i64,
    ) -> Vec<Written> {
        progress::records(district, (&self.items, &self.courses), calendar, month_end, at)
    }
}
