//! The clock (计时): a limit that pauses stop and an extension prolongs.
//!
//! What stops it: a correction (补正), a suspension (暂停), a special procedure (特别程序) such as a
//! hearing, a test or an expert's opinion (Law on Administrative Permits, article 45). What
//! prolongs it: one extension that the head has approved (article 42).
//!
//! # What a paused day counts
//!
//! A day counts only if the clock ran through all of it. A day that a pause touches, if only by a
//! minute, is not counted: neither the day on which a pause begins nor the day on which it ends.
//! So the time after a pause begins as a limit does, on the day after. A pause that ends at
//! midnight does not touch the day that begins then. Pauses that overlap or meet on one day count
//! that day once.

use thiserror::Error;

use super::{Calendar, Date, Limit, OutOfCalendar, Unit, date_of, days_between, plus_days};
use crate::time::Timestamp;

/// A time in which the clock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// From this instant on.
    pub from: Timestamp,
    /// Until this instant; `None` while it still stands. As late as `from`: no pause at all.
    pub to: Option<Timestamp>,
}

/// When a limit ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// On this day, at its end.
    On(Date),
    /// Not to be said yet: the clock has stood since this day.
    Stopped(Date),
}

/// Why the clock says nothing.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ClockError {
    /// It would have to count days that no calendar covers.
    #[error(transparent)]
    OutOfCalendar(#[from] OutOfCalendar),
    /// A pause ends before it begins: its place among those given, from 0.
    #[error("pause {0} ends before it begins")]
    Reversed(usize),
}

/// Counts a limit by a calendar.
#[derive(Clone, Copy, Debug)]
pub struct Clock<'a> {
    calendar: &'a Calendar,
}

/// Days on which the clock stands, whole: from the first up to and with the last, if it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Standstill {
    first: Date,
    last: Option<Date>,
}

// === impl Clock ===

impl<'a> Clock<'a> {
    /// A clock by this calendar.
    pub const fn new(calendar: &'a Calendar) -> Self {
        Self { calendar }
    }

    /// When a limit ends that begins on `start` (which is not counted), with what stopped it and
    /// what was added to it.
    ///
    /// Months and years are turned into the days up to their end, and each of those that was paused
    /// moves the end by a day. An extension in the limit's own unit is added to the amount (two
    /// months, not a month and then another); one in another unit is counted from where the limit
    /// ends.
    ///
    /// A pause that begins after the end changes nothing; an open one that begins before leaves the
    /// end open ([`Due::Stopped`]).
    ///
    /// # Errors
    /// If a pause ends before it begins, or if days are needed that the calendar does not cover.
    pub fn due(
        &self,
        start: Date,
        limit: Limit,
        pauses: &[Pause],
        extension: Option<Limit>,
    ) -> Result<Due, ClockError> {
        let pauses = standstills(pauses)?;
        match extension {
            Some(more) if more.unit == limit.unit => {
                let amount = limit.amount.saturating_add(more.amount);
                self.run(start, Limit { amount, ..limit }, &pauses)
            }
            Some(more) => match self.run(start, limit, &pauses)? {
                Due::On(end) => self.run(end, more, &pauses),
                stopped @ Due::Stopped(_) => Ok(stopped),
            },
            None => self.run(start, limit, &pauses),
        }
    }

    /// How many days have counted after `start` up to and with `until`: working days for a limit of
    /// those, calendar days for the other units. 0 where `until` is not later.
    ///
    /// # Errors
    /// As [`Clock::due`].
    pub fn counted(
        &self,
        start: Date,
        until: Date,
        unit: Unit,
        pauses: &[Pause],
    ) -> Result<u32, ClockError> {
        let (mut from, mut total) = (start, 0_u32);
        for stop in standstills(pauses)?.iter().filter(|stop| stop.last.is_none_or(|l| l > start)) {
            if stop.first > until {
                break;
            }
            total = total.saturating_add(self.days(from, before(stop.first), unit)?);
            let Some(last) = stop.last else { return Ok(total) };
            from = last;
        }
        Ok(total.saturating_add(self.days(from, until, unit)?))
    }

    fn run(&self, start: Date, limit: Limit, stops: &[Standstill]) -> Result<Due, ClockError> {
        if limit.amount == 0 {
            return Ok(Due::On(start));
        }
        // Months end where they end; from there on they are days.
        let (unit, mut left) = match limit.unit {
            Unit::Month | Unit::Year => {
                (Unit::CalendarDay, days_between(start, self.calendar.due(start, limit)?))
            }
            unit => (unit, limit.amount),
        };
        let mut from = start;
        for stop in stops.iter().filter(|stop| stop.last.is_none_or(|last| last > start)) {
            // What ends before the next pause needs no calendar beyond.
            if let Ok(end) = self.calendar.due(from, Limit { amount: left, unit })
                && end < stop.first
            {
                return Ok(Due::On(end));
            }
            left = left.saturating_sub(self.days(from, before(stop.first), unit)?);
            let Some(last) = stop.last else { return Ok(Due::Stopped(stop.first)) };
            from = from.max(last);
        }
        Ok(Due::On(self.calendar.due(from, Limit { amount: left, unit })?))
    }

    /// Days after `from` up to and with `to` that count in this unit.
    fn days(&self, from: Date, to: Date, unit: Unit) -> Result<u32, OutOfCalendar> {
        match unit {
            _ if to <= from => Ok(0),
            Unit::WorkingDay => self.calendar.working_days_between(from, to),
            Unit::CalendarDay | Unit::Month | Unit::Year => Ok(days_between(from, to)),
        }
    }
}

fn before(date: Date) -> Date {
    date.yesterday().unwrap_or(date)
}

/// The days that pauses touch: in order, without overlap.
fn standstills(pauses: &[Pause]) -> Result<Vec<Standstill>, ClockError> {
    let mut all = Vec::with_capacity(pauses.len());
    for (place, pause) in pauses.iter().enumerate() {
        let first = date_of(pause.from);
        match pause.to {
            Some(to) if to < pause.from => return Err(ClockError::Reversed(place)),
            Some(to) if to == pause.from => {}
            // The instant at which it ends belongs to it no longer.
            Some(to) => all.push(Standstill { first, last: Some(date_of(to.plus_micros(-1))) }),
            None => all.push(Standstill { first, last: None }),
        }
    }
    all.sort_unstable();
    let mut merged: Vec<Standstill> = Vec::with_capacity(all.len());
    for next in all {
        match merged.last_mut() {
            Some(open) if open.last.is_none() => break,
            Some(Standstill { last: Some(last), .. })
                if plus_days(*last, 1).is_none_or(|free| next.first <= free) =>
            {
                let grown = next.last.map(|end| end.max(*last));
                if let Some(place) = merged.last_mut() {
                    place.last = grown;
                }
            }
            _ => merged.push(next),
        }
    }
    Ok(merged)
}

// === impl Due ===

impl Due {
    /// The day, if it can be said.
    pub const fn date(self) -> Option<Date> {
        match self {
            Due::On(date) => Some(date),
            Due::Stopped(_) => None,
        }
    }

    /// Whether it has passed on `today`: a limit that ends today still runs.
    pub fn is_past(self, today: Date) -> bool {
        self.date().is_some_and(|date| date < today)
    }
}

// === impl ClockError ===

impl ClockError {
    /// The same in Chinese.
    pub fn zh(&self) -> String {
        match self {
            ClockError::OutOfCalendar(out) => out.zh(),
            ClockError::Reversed(place) => format!("第 {} 段暂停的结束早于开始", place + 1),
        }
    }
}
