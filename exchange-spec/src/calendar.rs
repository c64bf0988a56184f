//! The working calendar (工作日历), time limits (期限) and the clock that runs against them.
//!
//! A day works if it is a weekday (Monday to Friday), unless an arrangement of the State Council
//! says otherwise: a weekday may be [`DayKind::Off`], a day of a weekend [`DayKind::Worked`]. The
//! arrangements since 2007 are built in ([`Calendar::builtin`]); a hub may hand out later or other
//! ones ([`Calendar::from_records`]). A calendar knows for which years it was made, and answers
//! [`OutOfCalendar`] for all others instead of guessing.
//!
//! Days are days of Beijing, UTC+8 throughout: [`date_of`] and [`midnight`] lead from instants to
//! days and back.
//!
//! ```
//! use sanheyi_exchange_spec::calendar::{Calendar, Clock, Due, Limit, Pause, midnight};
//!
//! // Before the National Day of 2009: Sunday 27 September is worked, 1 to 8 October are off.
//! let calendar = Calendar::builtin();
//! let start = "2009-09-25".parse()?;
//! assert!(calendar.is_working("2009-09-27".parse()?)?);
//! assert!(!calendar.is_working("2009-10-08".parse()?)?);
//!
//! // The first day is not counted.
//! let limit = Limit::working_days(5);
//! assert_eq!(calendar.due(start, limit)?, "2009-10-09".parse()?);
//!
//! // The applicant was asked for a missing paper and brought it two days later: the clock stood.
//! let pause = Pause {
//!     from: midnight("2009-09-28".parse()?).plus_micros(9 * 3_600_000_000),
//!     to: Some(midnight("2009-09-29".parse()?).plus_micros(15 * 3_600_000_000)),
//! };
//! let due = Clock::new(calendar).due(start, limit, &[pause], None)?;
//! assert_eq!(due, Due::On("2009-10-12".parse()?));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod clock;
mod limit;
mod notices;
mod records;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::sync::LazyLock;

use jiff::SignedDuration;
pub use jiff::civil::Date;
use jiff::civil::Weekday;
use thiserror::Error;

pub use self::clock::{Clock, ClockError, Due, Pause};
pub use self::limit::{Limit, Unit};
pub use self::notices::{Notice, notices};
use crate::time::{BEIJING_MICROS, DAY_MICROS, Timestamp};

/// Most years of one calendar: a working life, and room for all history that is loaded at the
/// start.
pub const CALENDAR_YEARS: usize = 100;

const DAY_SECONDS: i64 = 24 * 3_600;
const EPOCH: Date = jiff::civil::date(1970, 1, 1);

/// What an arrangement makes of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DayKind {
    /// 放假: nobody works, although it may be a weekday.
    Off,
    /// 上班: it is worked, although it is a Saturday or Sunday.
    Worked,
}

/// One day of an arrangement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    /// The day.
    pub date: Date,
    /// Off or worked. To say of a Sunday that it is off, or of a Monday that it is worked, changes
    /// nothing.
    pub kind: DayKind,
    /// The festival, as readers know it: 国庆节.
    pub title: Box<str>,
}

/// A working calendar of some years in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Calendar {
    version: Box<str>,
    first: Date,
    last: Date,
    /// What differs from the week's order, and what is confirmed by name.
    days: BTreeMap<Date, Day>,
    /// For each day from `first` on: how many working days there are up to and with it.
    counts: Vec<u32>,
}

/// Days that do not make a calendar.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum CalendarError {
    /// No years, too many, or years that no date has.
    #[error("a calendar has 1 to {CALENDAR_YEARS} years: {0} to {1} is none")]
    Years(i16, i16),
    /// Years follow one another; this one is missing.
    #[error("the calendar of {0} is missing")]
    Gap(u32),
    /// A day that does not exist, or is neither off nor worked.
    #[error("a day of the calendar does not exist, or is neither off nor worked")]
    Day,
    /// The same day is off and worked.
    #[error("{0} is off and worked at once")]
    Contradiction(Date),
}

/// A day that lies outside the calendar: another calendar is needed, nothing is guessed.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("the working calendar {version} covers {first} to {last}; {year} is needed")]
pub struct OutOfCalendar {
    /// Version of the calendar.
    pub version: Box<str>,
    /// Its first year.
    pub first: i16,
    /// Its last year.
    pub last: i16,
    /// The year that is needed; where a limit runs over the end, the year behind the last.
    pub year: i16,
}

static BUILTIN: LazyLock<Calendar> =
    LazyLock::new(|| notices::builtin().unwrap_or_else(Calendar::empty));

/// The day in Beijing (UTC+8, without summer time) that an instant lies in. Instants before the
/// year -9999 or after the year 9999 count as those days.
pub fn date_of(instant: Timestamp) -> Date {
    let seconds = instant.beijing_day().saturating_mul(DAY_SECONDS);
    let end = if seconds < 0 { Date::MIN } else { Date::MAX };
    EPOCH.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(end)
}

/// The instant at which a day begins in Beijing.
pub fn midnight(date: Date) -> Timestamp {
    let days = EPOCH.duration_until(date).as_secs().div_euclid(DAY_SECONDS);
    Timestamp::from_micros(days * DAY_MICROS - BEIJING_MICROS)
}

/// The day `days` days after `date`, if there is one.
fn plus_days(date: Date, days: u32) -> Option<Date> {
    date.checked_add(SignedDuration::from_secs(i64::from(days) * DAY_SECONDS)).ok()
}

/// Days from `from` to `to`; 0 where `to` is not later.
fn days_between(from: Date, to: Date) -> u32 {
    u32::try_from(from.duration_until(to).as_secs().div_euclid(DAY_SECONDS)).unwrap_or(0)
}

// === impl Calendar ===

impl Calendar {
    /// The arrangements of the State Council that this version knows, as one calendar. Nobody has
    /// to hand it out, so limits can be counted before the hub was ever reached.
    pub fn builtin() -> &'static Calendar {
        &BUILTIN
    }

    /// A calendar of `years`, in which `days` differ from the week's order. Days outside the years
    /// are passed over: a year's arrangement may begin in December. The same day may be named
    /// twice.
    ///
    /// # Errors
    /// If there are no years or more than [`CALENDAR_YEARS`], or if a day is off and worked.
    pub fn from_days(
        version: &str,
        years: RangeInclusive<i16>,
        days: impl IntoIterator<Item = Day>,
    ) -> Result<Calendar, CalendarError> {
        let (first_year, last_year) = (*years.start(), *years.end());
        let refused = || CalendarError::Years(first_year, last_year);
        let number = i32::from(last_year) - i32::from(first_year) + 1;
        if !(1..=CALENDAR_YEARS).contains(&usize::try_from(number).unwrap_or(0)) {
            return Err(refused());
        }
        let first = Date::new(first_year, 1, 1).map_err(|_| refused())?;
        let last = Date::new(last_year, 12, 31).map_err(|_| refused())?;
        let mut named: BTreeMap<Date, Day> = BTreeMap::new();
        for day in days.into_iter().filter(|day| (first..=last).contains(&day.date)) {
            let date = day.date;
            if let Some(other) = named.insert(date, day.clone())
                && other.kind != day.kind
            {
                return Err(CalendarError::Contradiction(date));
            }
        }
        let counts = count(first, last, &named);
        Ok(Calendar { version: version.into(), first, last, days: named, counts })
    }

    /// No year at all.
    fn empty() -> Calendar {
        let (first, last) = (Date::MAX, Date::MIN);
        Calendar { version: Box::default(), first, last, days: BTreeMap::new(), counts: Vec::new() }
    }

    /// Its version, as findings name it.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// The first year that it covers, from 1 January on.
    pub fn first_year(&self) -> i16 {
        self.first.year()
    }

    /// The last year that it covers, up to 31 December.
    pub fn last_year(&self) -> i16 {
        self.last.year()
    }

    /// The days that were arranged, in order.
    pub fn days(&self) -> impl Iterator<Item = &Day> {
        self.days.values()
    }

    /// What was arranged for a day, if anything was.
    pub fn day(&self, date: Date) -> Option<&Day> {
        self.days.get(&date)
    }

    /// Whether a day is worked.
    ///
    /// # Errors
    /// If the calendar does not cover it.
    pub fn is_working(&self, date: Date) -> Result<bool, OutOfCalendar> {
        self.place(date)?;
        Ok(works(date, self.days.get(&date)))
    }

    /// The next working day on or after `date`: for limits that a law lets run on where their last
    /// day is off.
    ///
    /// # Errors
    /// If the calendar does not cover it.
    pub fn next_working(&self, date: Date) -> Result<Date, OutOfCalendar> {
        if self.is_working(date)? { Ok(date) } else { self.after_working_days(date, 1) }
    }

    /// Working days after `from` up to and with `to`: the first day is not counted. 0 where `to` is
    /// not later.
    ///
    /// # Errors
    /// If the calendar does not cover both.
    pub fn working_days_between(&self, from: Date, to: Date) -> Result<u32, OutOfCalendar> {
        let (before, with) = (self.counted(from)?, self.counted(to)?);
        Ok(with.saturating_sub(before))
    }

    /// The last day of a limit that begins on `start`. `start` is not counted, so 1 working day
    /// after a Monday is the Tuesday; 0 of anything is `start` itself.
    ///
    /// Months and years end on the day with the same number, or, where the month is shorter, on its
    /// last: a month after 31 January is 28 or 29 February. Only working days step over days off;
    /// the other units end where they end (see [`Calendar::next_working`]).
    ///
    /// # Errors
    /// If working days run beyond the calendar, or anything beyond the year 9999.
    pub fn due(&self, start: Date, limit: Limit) -> Result<Date, OutOfCalendar> {
        let found = match limit.unit {
            Unit::WorkingDay => return self.after_working_days(start, limit.amount),
            Unit::CalendarDay => plus_days(start, limit.amount),
            Unit::Month | Unit::Year => limit.months_after(start),
        };
        found.ok_or_else(|| self.out_of(Date::MAX.year().saturating_add(1)))
    }

    /// The `amount`-th working day after `start`.
    pub(self) fn after_working_days(
        &self,
        start: Date,
        amount: u32,
    ) -> Result<Date, OutOfCalendar> {
        let target = self.counted(start)?.saturating_add(amount);
        if amount == 0 {
            return Ok(start);
        }
        let place = self.counts.partition_point(|count| *count < target);
        let found = (place < self.counts.len())
            .then(|| u32::try_from(place).ok().and_then(|days| plus_days(self.first, days)));
        found.flatten().ok_or_else(|| self.out_of(self.last_year().saturating_add(1)))
    }

    /// Working days from the calendar's first day up to and with `date`.
    fn counted(&self, date: Date) -> Result<u32, OutOfCalendar> {
        let place = self.place(date)?;
        self.counts.get(place).copied().ok_or_else(|| self.out_of(date.year()))
    }

    /// Where a day stands in the calendar.
    fn place(&self, date: Date) -> Result<usize, OutOfCalendar> {
        if !(self.first..=self.last).contains(&date) {
            return Err(self.out_of(date.year()));
        }
        usize::try_from(days_between(self.first, date)).map_err(|_| self.out_of(date.year()))
    }

    fn out_of(&self, year: i16) -> OutOfCalendar {
        let (first, last) = (self.first_year(), self.last_year());
        OutOfCalendar { version: self.version.clone(), first, last, year }
    }
}

fn works(date: Date, arranged: Option<&Day>) -> bool {
    match arranged {
        Some(day) => day.kind == DayKind::Worked,
        None => !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday),
    }
}

/// Running totals of working days.
fn count(first: Date, last: Date, named: &BTreeMap<Date, Day>) -> Vec<u32> {
    let mut counts = Vec::new();
    let (mut date, mut total) = (first, 0);
    loop {
        total += u32::from(works(date, named.get(&date)));
        counts.push(total);
        match date.tomorrow() {
            Ok(next) if next <= last => date = next,
            _ => return counts,
        }
    }
}

// === impl OutOfCalendar ===

impl OutOfCalendar {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        let OutOfCalendar { version, first, last, year } = self;
        format!("工作日历 {version} 只含 {first} 年至 {last} 年，尚缺 {year} 年的安排")
    }
}
