//! Hours (时段) of a day, Beijing time, in which a lane may be used: written `18:00-08:00`, also over
//! midnight.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use sanheyi_exchange_spec::time::Timestamp;
use thiserror::Error;

/// Most spans of a lane in a day: more than any timetable has.
pub const SPANS: usize = 24;

const MINUTE: i64 = 60_000_000;
const DAY: i64 = 1440 * MINUTE;
/// Beijing is eight hours ahead and knows no summer time.
const BEIJING: i64 = 480 * MINUTE;

/// Hours of a day; none = always.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hours(Vec<Span>);

/// From one minute of the day up to another, which may be the next day's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    from: i64,
    until: i64,
}

/// What is wrong with hours.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum HoursError {
    /// It is no span of a day.
    #[error("`{0}` is not written as 18:00-08:00")]
    Span(String),
    /// It begins where it ends.
    #[error("`{0}` begins where it ends; leave `hours` empty for the whole day")]
    Empty(String),
    /// There are too many.
    #[error("{0} spans: at most {SPANS}")]
    Many(usize),
}

// === impl Hours ===

impl Hours {
    /// Reads spans as they are written.
    ///
    /// # Errors
    /// Of every span that cannot be used.
    pub fn read<T: AsRef<str>>(spans: &[T]) -> Result<Self, Vec<HoursError>> {
        if spans.len() > SPANS {
            return Err(vec![HoursError::Many(spans.len())]);
        }
        let (mut hours, mut wrong) = (Vec::new(), Vec::new());
        for text in spans {
            match text.as_ref().parse() {
                Ok(span) => hours.push(span),
                Err(error) => wrong.push(error),
            }
        }
        if wrong.is_empty() { Ok(Self(hours)) } else { Err(wrong) }
    }

    /// How long until the lane may be used; nothing if it may be now.
    pub fn opens_in(&self, now: Timestamp) -> Duration {
        let time = of_day(now);
        let open = self.0.is_empty() || self.0.iter().any(|span| span.has(time));
        let next = self.0.iter().map(|span| (span.from - time).rem_euclid(DAY)).min();
        if open { Duration::ZERO } else { micros(next.unwrap_or_default()) }
    }

    /// How long the lane may still be used; `None` if it may be all day. Spans that touch are one.
    pub fn closes_in(&self, now: Timestamp) -> Option<Duration> {
        if self.0.is_empty() {
            return None;
        }
        let (mut ahead, began) = (0, of_day(now));
        while ahead < DAY {
            let time = (began + ahead).rem_euclid(DAY);
            let ends = self.0.iter().filter(|span| span.has(time));
            match ends.map(|span| (span.until - time - 1).rem_euclid(DAY) + 1).max() {
                Some(longer) => ahead += longer,
                None => return Some(micros(ahead)),
            }
        }
        None
    }
}

/// Microseconds since midnight in Beijing.
fn of_day(now: Timestamp) -> i64 {
    now.plus_micros(BEIJING).as_micros().rem_euclid(DAY)
}

fn micros(of: i64) -> Duration {
    Duration::from_micros(of.unsigned_abs())
}

impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, span) in self.0.iter().enumerate() {
            let gap = if place == 0 { "" } else { " " };
            let clock = |time: i64| format!("{:02}:{:02}", time / MINUTE / 60, time / MINUTE % 60);
            write!(f, "{gap}{}-{}", clock(span.from), clock(span.until))?;
        }
        Ok(())
    }
}

// === impl Span ===

impl Span {
    fn has(&self, time: i64) -> bool {
        let (after, before) = (self.from <= time, time < self.until);
        if self.from < self.until { after && before } else { after || before }
    }
}

impl FromStr for Span {
    type Err = HoursError;

    fn from_str(text: &str) -> Result<Self, HoursError> {
        let no_span = || HoursError::Span(text.to_owned());
        let (from, until) = text.split_once('-').ok_or_else(no_span)?;
        let (from, until) = minute(from).zip(minute(until)).ok_or_else(no_span)?;
        if from == DAY {
            return Err(no_span());
        }
        if from == until {
            return Err(HoursError::Empty(text.to_owned()));
        }
        Ok(Self { from, until })
    }
}

/// `08:00` as microseconds since midnight; `24:00` is the end of the day.
fn minute(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let number = |digits: &str| {
        let two = digits.len() == 2 && digits.bytes().all(|byte| byte.is_ascii_digit());
        two.then(|| digits.parse::<i64>().ok()).flatten()
    };
    let (hour, minute) = number(hour).zip(number(minute))?;
    let time = hour * 60 + minute;
    (minute < 60 && time <= 1440).then_some(time * MINUTE)
}
