//! The working calendar as the broadcast says it: a year that it has takes the place of the
//! built-in one.

use std::collections::BTreeMap;

use sanheyi_proto::standard::v1 as standard;

use crate::calendar::Calendar;

/// Years by record, and the calendar that they make together with what is built in.
#[derive(Clone, Debug)]
pub(super) struct Calendars {
    received: BTreeMap<Box<str>, standard::WorkingCalendar>,
    joined: Calendar,
}

// === impl Calendars ===

impl Calendars {
    pub(super) fn builtin() -> Self {
        Self { received: BTreeMap::new(), joined: Calendar::builtin().clone() }
    }

    pub(super) fn joined(&self) -> &Calendar {
        &self.joined
    }

    pub(super) fn put(&mut self, record: &str, year: standard::WorkingCalendar) -> bool {
        let before = self.received.insert(record.into(), year);
        if self.join() {
            return true;
        }
        match before {
            Some(before) => self.received.insert(record.into(), before),
            None => self.received.remove(record),
        };
        false
    }

    pub(super) fn withdraw(&mut self, record: &str) -> bool {
        self.received.remove(record).is_some() && self.join()
    }

    /// Joins the years. A year behind a gap waits until the gap is filled.
    fn join(&mut self) -> bool {
        if self.received.is_empty() {
            self.joined = Calendar::builtin().clone();
            return true;
        }
        let built_in = Calendar::builtin();
        let own = (built_in.first_year()..=built_in.last_year()).filter_map(|y| built_in.record(y));
        let mut years: BTreeMap<u32, standard::WorkingCalendar> =
            own.map(|year| (year.year, standard::WorkingCalendar { version: 0, ..year })).collect();
        for year in self.received.values() {
            let known = years.entry(year.year).or_insert_with(|| year.clone());
            if known.version < year.version {
                known.clone_from(year);
            }
        }
        let first = u32::try_from(built_in.first_year()).unwrap_or(0);
        // What lies before the built-in years joins them backwards, what lies behind forwards.
        let start = (0..=first).rev().take_while(|year| years.contains_key(year)).last();
        let row: Vec<_> = (start.unwrap_or(first)..).map_while(|year| years.get(&year)).collect();
        let version = row.last().map(|last| format!("cn-{}-{}", last.year, last.version));
        match Calendar::from_records(&version.unwrap_or_default(), row) {
            Ok(joined) => {
                self.joined = joined;
                true
            }
            Err(_) => false,
        }
    }
}
