//! Oversight (督办、投诉): how an order or a complaint stands, and whether what it asks for comes in
//! time. Pure functions of the records, a calendar and an instant, so that whoever has the records
//! says the same of them: the city that issued an order, and the district that answers it.
//!
//! A limit ends with its last day in Beijing; the day on which it begins is not counted. Where the
//! calendar does not have the days, a limit is [`Timing::Unknown`], and says which year is missing.
//!
//! ```
//! use sanheyi_exchange_spec::calendar::{Calendar, midnight};
//! use sanheyi_exchange_spec::oversight::{OrderRecords, OrderState, Timing, order};
//! use sanheyi_proto::standard::v1::SupervisionOrder;
//!
//! // Issued the Friday before the Spring Festival of 2010; nobody has answered a month later.
//! let issued_at = midnight("2010-02-05".parse()?).as_micros();
//! let records = OrderRecords {
//!     order: &SupervisionOrder { issued_at, ..SupervisionOrder::default() },
//!     delivered: true,
//!     replies: &[],
//!     result: None,
//! };
//! let stands = order(&records, Calendar::builtin(), midnight("2010-03-10".parse()?));
//! assert_eq!(stands.state, OrderState::Delivered);
//! assert_eq!(stands.reply.timing, Timing::Overdue);
//! assert_eq!(stands.closing.timing, Timing::Running, "the 20th working day is 10 March");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod complaint;
mod order;
#[cfg(test)]
mod tests;

use thiserror::Error;

pub use self::complaint::{ComplaintProgress, ComplaintRecords, ComplaintStanding, complaint};
pub use self::order::{OrderRecords, OrderStanding, OrderState, order};
use crate::calendar::{Calendar, Date, Limit, OutOfCalendar, date_of, midnight};
use crate::time::Timestamp;

/// Working days for the reply to an order that names no time of its own.
pub const REPLY_WORKING_DAYS: u32 = 5;
/// Working days within which an order is closed (provincial rule B002).
pub const CLOSE_WORKING_DAYS: u32 = 20;
/// Working days within which a complaint is accepted, passed on or refused.
pub const ACCEPT_WORKING_DAYS: u32 = 5;
/// Months within which a complaint is answered that promises no limit of its own.
pub const ANSWER_MONTHS: u32 = 1;

/// How something that is due stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Timing {
    /// 期限内: not done, and there is time left.
    Running,
    /// 按期: done in time.
    Met,
    /// 逾期完成: done, but too late; or never done before all was over, too late.
    Late,
    /// 逾期: not done, and the time has passed.
    Overdue,
    /// 无须: all was over before it came due.
    Waived,
    /// 期限不明: the calendar does not say when it is due.
    Unknown,
}

/// Something that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// The last instant in time.
    pub due: Result<Timestamp, NoTerm>,
    /// When it was done.
    pub done: Option<Timestamp>,
    /// Whether that is in time.
    pub timing: Timing,
}

/// Why there is no saying when something is due.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NoTerm {
    /// Days would have to be counted that no calendar covers.
    #[error(transparent)]
    OutOfCalendar(#[from] OutOfCalendar),
    /// The record has a limit in a unit that is not known.
    #[error("the limit is in a unit that is not known")]
    Unit,
}

/// The last instant of a limit that begins at `start`: the end of its last day in Beijing.
///
/// # Errors
/// If the calendar does not cover the days of it.
pub fn last_instant(
    calendar: &Calendar,
    start: Timestamp,
    limit: Limit,
) -> Result<Timestamp, OutOfCalendar> {
    calendar.due(date_of(start), limit).map(end_of)
}

/// The last microsecond of a day in Beijing.
fn end_of(day: Date) -> Timestamp {
    midnight(day.tomorrow().unwrap_or(day)).plus_micros(-1)
}

/// The earliest of some instants.
fn earliest(instants: impl Iterator<Item = i64>) -> Option<Timestamp> {
    instants.min().map(Timestamp::from_micros)
}

// === impl Term ===

impl Term {
    /// What is due and was perhaps done, at `now`. `over`: when there was no more need of it.
    fn new(
        due: Result<Timestamp, NoTerm>,
        done: Option<Timestamp>,
        over: Option<Timestamp>,
        now: Timestamp,
    ) -> Term {
        let timing = match (&due, done, over) {
            (Err(_), _, _) => Timing::Unknown,
            (Ok(due), Some(done), _) => {
                if done <= *due {
                    Timing::Met
                } else {
                    Timing::Late
                }
            }
            (Ok(due), None, Some(over)) if over <= *due => Timing::Waived,
            (Ok(_), None, Some(_)) => Timing::Late,
            (Ok(due), None, None) if now <= *due => Timing::Running,
            (Ok(_), None, None) => Timing::Overdue,
        };
        Term { due, done, timing }
    }
}

// === impl Timing ===

impl Timing {
    /// The name in JSON.
    pub const fn en(self) -> &'static str {
        match self {
            Timing::Running => "running",
            Timing::Met => "met",
            Timing::Late => "late",
            Timing::Overdue => "overdue",
            Timing::Waived => "waived",
            Timing::Unknown => "unknown",
        }
    }

    /// The name for readers.
    pub const fn zh(self) -> &'static str {
        match self {
            Timing::Running => "期限内",
            Timing::Met => "按期",
            Timing::Late => "逾期完成",
            Timing::Overdue => "逾期",
            Timing::Waived => "无须",
            Timing::Unknown => "期限不明",
        }
    }
}

// === impl NoTerm ===

impl NoTerm {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            NoTerm::OutOfCalendar(out) => out.zh(),
            NoTerm::Unit => "期限单位无法识别".to_owned(),
        }
    }
}
