//! Time limits: an amount and a unit.

use std::fmt;

use jiff::Span;
use sanheyi_proto::standard::v1 as standard;

use super::Date;

const MONTHS_OF_A_YEAR: i64 = 12;

/// Unit of a time limit (interface of 2009, PROMISE_TYPE).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// 天: every day counts.
    CalendarDay,
    /// 工作日: only days that are worked count.
    WorkingDay,
    /// 个月.
    Month,
    /// 年.
    Year,
}

/// A time limit (期限). The day on which it begins is not counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limit {
    /// How many of the unit; 0 ends on the day on which it begins. Records of the standard hold 1
    /// to 9,999.
    pub amount: u32,
    /// The unit.
    pub unit: Unit,
}

// === impl Limit ===

impl Limit {
    /// A limit of so many working days.
    pub const fn working_days(amount: u32) -> Limit {
        Limit { amount, unit: Unit::WorkingDay }
    }

    /// A limit as records hold it; `None` if its unit is none that is known.
    pub fn from_record(limit: &standard::Limit) -> Option<Limit> {
        let unit = match limit.unit() {
            standard::LimitUnit::CalendarDay => Unit::CalendarDay,
            standard::LimitUnit::WorkingDay => Unit::WorkingDay,
            standard::LimitUnit::Month => Unit::Month,
            standard::LimitUnit::Year => Unit::Year,
            standard::LimitUnit::Unspecified => return None,
        };
        Some(Limit { amount: limit.amount, unit })
    }

    /// The day so many months (or years) after `start`, if there is one; the last of the month
    /// where the month is shorter.
    pub(super) fn months_after(self, start: Date) -> Option<Date> {
        let each = if self.unit == Unit::Year { MONTHS_OF_A_YEAR } else { 1 };
        let span = Span::new().try_months(i64::from(self.amount) * each).ok()?;
        start.checked_add(span).ok()
    }
}

// === impl Unit ===

impl Unit {
    /// The unit in Chinese, as behind a number.
    pub const fn zh(self) -> &'static str {
        match self {
            Unit::CalendarDay => "天",
            Unit::WorkingDay => "个工作日",
            Unit::Month => "个月",
            Unit::Year => "年",
        }
    }

    /// The unit in English, as behind a number.
    pub const fn en(self) -> &'static str {
        match self {
            Unit::CalendarDay => "days",
            Unit::WorkingDay => "working days",
            Unit::Month => "months",
            Unit::Year => "years",
        }
    }
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.unit.en())
    }
}
