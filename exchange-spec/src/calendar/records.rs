//! The calendar as the hub hands it out: dataset `codes.working_calendar`, one record for each year
//! and version, of which the highest binds.

use std::collections::BTreeMap;

use sanheyi_proto::standard::v1 as standard;

use super::{Calendar, CalendarError, Date, Day, DayKind, notices};

impl Calendar {
    /// The calendar that the hub's records make together. Of several versions of a year the
    /// highest binds; the years must follow one another.
    ///
    /// # Errors
    /// If a year is missing in between, a day is none, or as [`Calendar::from_days`].
    pub fn from_records<'a>(
        version: &str,
        records: impl IntoIterator<Item = &'a standard::WorkingCalendar>,
    ) -> Result<Calendar, CalendarError> {
        let mut years: BTreeMap<u32, &standard::WorkingCalendar> = BTreeMap::new();
        for record in records {
            let known = years.entry(record.year).or_insert(record);
            if known.version < record.version {
                *known = record;
            }
        }
        let (Some(first), Some(last)) = (years.keys().next(), years.keys().next_back()) else {
            return Err(CalendarError::Years(0, 0));
        };
        if let Some(gap) = (*first..=*last).find(|year| !years.contains_key(year)) {
            return Err(CalendarError::Gap(gap));
        }
        let number = |year: u32| i16::try_from(year).map_err(|_| CalendarError::Gap(year));
        let years_covered = number(*first)?..=number(*last)?;
        let days = years.values().flat_map(|record| &record.days).map(day);
        Calendar::from_days(version, years_covered, days.collect::<Result<Vec<_>, _>>()?)
    }

    /// The record of a year in its first version, for a hub that has nothing better to hand out
    /// than what is built in; `None` if the calendar does not cover it.
    pub fn record(&self, year: i16) -> Option<standard::WorkingCalendar> {
        let (first, last) = (Date::new(year, 1, 1).ok()?, Date::new(year, 12, 31).ok()?);
        self.is_working(first).ok()?;
        let differs = |day: &&Day| super::works(day.date, None) != (day.kind == DayKind::Worked);
        let days: Vec<standard::CalendarDay> =
            self.days.range(first..=last).map(|(_, day)| day).filter(differs).map(of_day).collect();
        let names_a_day = |notice: &&super::Notice| {
            notice.days.iter().any(|day| (first..=last).contains(&day.date))
        };
        let basis: Vec<&str> =
            notices().iter().filter(names_a_day).map(|notice| &*notice.number).collect();
        Some(standard::WorkingCalendar {
            year: u32::try_from(year).ok()?,
            version: 1,
            days,
            basis: basis.join("、"),
            ..standard::WorkingCalendar::default()
        })
    }
}

fn day(day: &standard::CalendarDay) -> Result<Day, CalendarError> {
    let kind = match day.kind() {
        standard::DayKind::Off => DayKind::Off,
        standard::DayKind::Worked => DayKind::Worked,
        standard::DayKind::Unspecified => return Err(CalendarError::Day),
    };
    let date = day.day.parse().map_err(|_| CalendarError::Day)?;
    Ok(Day { date, kind, title: day.name.as_str().into() })
}

fn of_day(day: &Day) -> standard::CalendarDay {
    let kind = match day.kind {
        DayKind::Off => standard::DayKind::Off,
        DayKind::Worked => standard::DayKind::Worked,
    };
    standard::CalendarDay {
        day: day.date.to_string(),
        kind: kind.into(),
        name: day.title.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;
    use sanheyi_proto::{Violations, dataset};

    use super::*;

    fn records() -> Vec<standard::WorkingCalendar> {
        let calendar = Calendar::builtin();
        let years = calendar.first_year()..=calendar.last_year();
        years.map(|year| calendar.record(year).unwrap()).collect()
    }

    #[test]
    fn the_built_in_calendar_survives_its_records_and_they_keep_the_rules() {
        let known = dataset("codes.working_calendar").unwrap();
        for record in records() {
            let mut violations = Violations::new();
            (known.check)(&record.encode_to_vec(), &mut violations);
            assert_eq!(violations.iter().count(), 0, "{}", record.year);
        }
        let again = Calendar::from_records("again", &records()).unwrap();
        let mut date = again.days().next().unwrap().date;
        while let Ok(expected) = Calendar::builtin().is_working(date) {
            assert_eq!(again.is_working(date), Ok(expected), "{date}");
            date = date.tomorrow().unwrap();
        }
        assert!(Calendar::builtin().record(2006).is_none());
        // The last day of 2011 was arranged by the notice for 2012.
        let of_2011 = Calendar::builtin().record(2011).unwrap();
        assert_eq!(of_2011.basis, "国办发明电〔2010〕40号、国办发明电〔2011〕45号");
    }

    #[test]
    fn the_highest_version_of_a_year_binds() {
        let mut first = Calendar::builtin().record(2011).unwrap();
        let second = standard::WorkingCalendar { version: 2, ..first.clone() };
        first.days.retain(|day| day.day != "2011-12-31");
        let saturday: Date = "2011-12-31".parse().unwrap();
        for order in [[&first, &second], [&second, &first]] {
            let calendar = Calendar::from_records("x", order).unwrap();
            assert!(calendar.is_working(saturday).unwrap());
        }
        assert!(!Calendar::from_records("x", [&first]).unwrap().is_working(saturday).unwrap());
    }

    #[test]
    fn records_that_make_no_calendar_are_refused() {
        let [a, b, c] = [2010, 2011, 2012].map(|year| Calendar::builtin().record(year).unwrap());
        assert!(Calendar::from_records("x", [&c, &a, &b]).is_ok());
        let gap = Calendar::from_records("x", [&a, &c]).unwrap_err();
        assert_eq!(gap, CalendarError::Gap(2011));
        let none: [&standard::WorkingCalendar; 0] = [];
        assert_eq!(Calendar::from_records("x", none).unwrap_err(), CalendarError::Years(0, 0));
        let mut bad = a.clone();
        bad.days[0].day = "2010-02-30".into();
        assert_eq!(Calendar::from_records("x", [&bad]).unwrap_err(), CalendarError::Day);
        let mut bad = a;
        bad.days[0].kind = 9;
        assert_eq!(Calendar::from_records("x", [&bad]).unwrap_err(), CalendarError::Day);
    }
}
