//! Working time of 2010: days by the notice of the State Council, hours 9 to 12 and 13:30 to 17:30.
//!
//! A case lives on an axis of working seconds, from the first working second of the year; what lies
//! between (nights, holidays) is not on it, so nothing can happen then.

use jiff::ToSpan as _;
use jiff::civil::{Date, date};
use sanheyi_exchange_spec::calendar as standard;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::standard::v1::{Limit, LimitUnit};

/// Seconds of a working day.
pub(super) const DAY: u32 = MORNING + 4 * 3600;
/// Seconds before noon.
const MORNING: u32 = 3 * 3600;

/// 2010-01-01T00:00 at Changzhou (UTC+8), in microseconds.
pub(super) const YEAR_BEGINS: i64 = 1_262_275_200_000_000;
/// Days of 2010.
pub(super) const DAYS: u32 = 365;

/// A time on the axis, in working seconds from the beginning of the year; it may lie beyond it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct WorkTime(pub(super) u32);

impl WorkTime {
    /// So many working seconds later.
    pub(super) fn plus(self, seconds: u32) -> Self {
        Self(self.0.saturating_add(seconds))
    }

    /// So many working seconds earlier, at most back to the beginning of the year.
    pub(super) fn minus(self, seconds: u32) -> Self {
        Self(self.0.saturating_sub(seconds))
    }
}

/// The working days of the year.
pub(super) struct Calendar {
    /// Each as the number of days since the first of January, ascending.
    days: Vec<u32>,
}

/// The date so many days after the first of January.
pub(super) fn day_of_year(offset: u32) -> Date {
    date(2010, 1, 1).saturating_add(i64::from(offset).days())
}

/// When a day of the year begins at Changzhou, in microseconds.
pub(super) fn midnight(day: Date) -> i64 {
    standard::midnight(day).as_micros()
}

fn is_worked(day: Date) -> bool {
    standard::Calendar::builtin().is_working(day).unwrap_or(false)
}

impl Calendar {
    pub(super) fn new() -> Self {
        Self { days: (0..DAYS).filter(|offset| is_worked(day_of_year(*offset))).collect() }
    }

    /// When the working day so many days after the first of January begins; nothing if it is off.
    pub(super) fn opens(&self, offset: u32) -> Option<WorkTime> {
        self.days.binary_search(&offset).ok().map(at)
    }

    /// When a day of the year begins to be worked, or the next that is.
    pub(super) fn opening(&self, day: Date) -> WorkTime {
        let offset = u32::try_from(day.day_of_year() - 1).unwrap_or(0);
        at(self.days.partition_point(|known| *known < offset))
    }

    /// Working days from one day of the year to another, both counted; 0 if it lies before.
    pub(super) fn worked(&self, from: Date, to: Date) -> u32 {
        if to < from {
            return 0;
        }
        let within = |day: &Date| self.opens(u32::from(day.day_of_year().unsigned_abs()) - 1);
        let days = from.series(1.day()).take_while(|day| *day <= to);
        u32::try_from(days.filter(|day| within(day).is_some()).count()).unwrap_or(u32::MAX)
    }

    /// Days from the first of January; nothing beyond the year.
    pub(super) fn offset(&self, time: WorkTime) -> Option<u32> {
        self.days.get((time.0 / DAY) as usize).copied()
    }

    /// The instant; nothing beyond the year.
    pub(super) fn instant(&self, time: WorkTime) -> Option<Timestamp> {
        let second = time.0 % DAY;
        let clock =
            if second < MORNING { 9 * 3600 + second } else { 9 * 3600 + 1800 + 3600 + second };
        let seconds = i64::from(self.offset(time)?) * 86_400 + i64::from(clock);
        Some(Timestamp::from_micros(YEAR_BEGINS + seconds * 1_000_000))
    }

    /// When a limit is over that began at `from`; the first day is not counted.
    pub(super) fn due(&self, from: WorkTime, limit: &Limit) -> WorkTime {
        let days = match limit.unit() {
            LimitUnit::Unspecified | LimitUnit::WorkingDay => {
                return from.plus(limit.amount.saturating_mul(DAY));
            }
            LimitUnit::CalendarDay => limit.amount,
            LimitUnit::Month => limit.amount.saturating_mul(30),
            LimitUnit::Year => limit.amount.saturating_mul(365),
        };
        let target = self.offset(from).unwrap_or(DAYS).saturating_add(days);
        let within = self.days.partition_point(|day| *day <= target);
        // Beyond the year five days of seven are worked; no event lies there, only lengths do.
        let beyond = target.saturating_sub(DAYS - 1) / 7 * 5;
        at(within).plus(beyond.saturating_mul(DAY))
    }
}

/// When a working day begins, by its position among the working days.
fn at(position: usize) -> WorkTime {
    WorkTime(u32::try_from(position).unwrap_or(u32::MAX).saturating_mul(DAY))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(month: i8, day: i8) -> u32 {
        u32::try_from(date(2010, month, day).day_of_year()).unwrap() - 1
    }

    #[test]
    fn the_year_has_250_working_days() {
        let calendar = Calendar::new();
        assert_eq!(calendar.days.len(), 250);
        assert!(calendar.opens(day(2, 20)).is_some(), "a worked Saturday");
        assert!(calendar.opens(day(2, 19)).is_none(), "the last day of the Spring Festival");
        assert!(calendar.opens(day(10, 8)).is_some());
    }

    #[test]
    fn limits_end_where_the_notice_says() {
        let calendar = Calendar::new();
        let vectors = [
            ((2, 5), 20, (3, 10)),
            ((2, 12), 1, (2, 20)),
            ((6, 11), 5, (6, 21)),
            ((9, 21), 10, (10, 12)),
        ];
        for (from, amount, to) in vectors {
            let limit = Limit { amount, unit: LimitUnit::WorkingDay.into() };
            let due = calendar.due(calendar.opens(day(from.0, from.1)).unwrap(), &limit);
            assert_eq!(calendar.offset(due), Some(day(to.0, to.1)), "{from:?} and {amount}");
        }
        let limit = Limit { amount: 10, unit: LimitUnit::CalendarDay.into() };
        let due = calendar.due(calendar.opens(day(2, 5)).unwrap(), &limit);
        assert_eq!(calendar.offset(due), Some(day(2, 20)), "over with the 15th, a day off");
    }

    #[test]
    fn seconds_become_instants_of_the_working_day() {
        let calendar = Calendar::new();
        let fourth = YEAR_BEGINS + 3 * 86_400_000_000;
        let instant = |second| calendar.instant(WorkTime(second)).unwrap().as_micros() - fourth;
        assert_eq!(instant(0), 9 * 3_600_000_000);
        assert_eq!(instant(MORNING - 1), (12 * 3600 - 1) * 1_000_000);
        assert_eq!(instant(MORNING), 27 * 1_800_000_000);
        assert_eq!(instant(DAY - 1), (35 * 1800 - 1) * 1_000_000);
        assert_eq!(calendar.instant(at(250)), None);
    }
}
