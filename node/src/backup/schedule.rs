//! When a backup is due: every day at one time of Beijing, and the first one at once. Pure; the
//! task is in `daily.rs`.

use std::str::FromStr;

use sanheyi_exchange_spec::time::Timestamp;

/// Microseconds of a minute.
const MINUTE: i64 = 60_000_000;
/// Microseconds of a day.
const DAY: i64 = 24 * 60 * MINUTE;
/// How far the clocks of Beijing are ahead of UTC, all the year round.
const BEIJING: i64 = 8 * 60 * MINUTE;
/// After a failure it is tried again so much later: the disk may have room again.
pub const RETRY: i64 = 60 * MINUTE;

/// A time of the day in Beijing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Daily {
    minute: i64,
}

/// The last try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tried {
    /// When it began.
    pub at: Timestamp,
    /// Whether a good backup came of it.
    pub good: bool,
}

impl FromStr for Daily {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (hour, minute) = text.split_once(':').ok_or(())?;
        let read = |text: &str, most: i64| {
            let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<i64>().ok().filter(|number| digits && *number < most).ok_or(())
        };
        Ok(Self { minute: read(hour, 24)? * 60 + read(minute, 60)? })
    }
}

impl Daily {
    /// The latest moment of this time of the day that is not after `now`.
    pub const fn last(self, now: Timestamp) -> Timestamp {
        let begun = now.as_micros().saturating_add(BEIJING - self.minute * MINUTE);
        let days = begun.div_euclid(DAY) * DAY;
        Timestamp::from_micros(days - BEIJING + self.minute * MINUTE)
    }

    /// Whether a backup is due: its time has come since the last one was tried, or the last try
    /// failed a while ago. Where none was ever tried one is due at once: a new machine does not
    /// wait for its first night.
    pub fn is_due(self, now: Timestamp, started: Timestamp, tried: Option<Tried>) -> bool {
        match tried {
            None => true,
            // It was noted by a clock that has been set back: what counts is this process.
            Some(tried) if tried.at > now => self.last(now) > started,
            Some(tried) if !tried.good && now.micros_since(tried.at) >= RETRY => true,
            Some(tried) => self.last(now) > tried.at,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Midnight in Beijing that begins 2026-01-01.
    const MIDNIGHT: i64 = 1_767_196_800_000_000;

    fn at(day: i64, hour: i64, minute: i64) -> Timestamp {
        Timestamp::from_micros(MIDNIGHT + day * DAY + (hour * 60 + minute) * MINUTE)
    }

    fn nightly() -> Daily {
        "02:30".parse().unwrap()
    }

    #[test]
    fn a_time_of_the_day_is_two_digits_and_two() {
        for wrong in ["", "2:30", "24:00", "02:60", "0230", "+2:30", "02:3", "02:30:00"] {
            assert!(wrong.parse::<Daily>().is_err(), "{wrong}");
        }
        assert_eq!(nightly().last(at(3, 2, 30)), at(3, 2, 30));
        assert_eq!(nightly().last(at(3, 2, 29)), at(2, 2, 30));
        assert_eq!("00:00".parse::<Daily>().unwrap().last(at(3, 0, 0)), at(3, 0, 0));
        assert_eq!("23:59".parse::<Daily>().unwrap().last(at(3, 0, 0)), at(2, 23, 59));
    }

    #[test]
    fn every_day_of_a_year_has_one_and_no_summer_time_moves_it() {
        let started = at(0, 12, 0);
        let (mut tried, mut made) = (None, Vec::new());
        for minute in 0..366 * 24 * 6 {
            let now = started.plus_micros(minute * 10 * MINUTE);
            if nightly().is_due(now, started, tried) {
                tried = Some(Tried { at: now, good: true });
                made.push(now);
            }
        }
        assert_eq!(made.remove(0), started, "the first one at once");
        assert_eq!(made.len(), 366);
        let same = |time: &Timestamp| (time.as_micros() - MIDNIGHT).rem_euclid(DAY);
        assert!(made.iter().all(|time| same(time) == 150 * MINUTE), "always at half past two");
    }

    #[test]
    fn what_was_missed_is_made_up_for_and_what_failed_tried_again() {
        let good = |at| Some(Tried { at, good: true });
        let failed = |at| Some(Tried { at, good: false });
        let yesterday = at(4, 2, 30);
        assert!(nightly().is_due(at(5, 9, 0), at(5, 8, 0), good(yesterday)), "it was off at night");
        assert!(nightly().is_due(at(5, 9, 0), at(5, 9, 0), None), "a new store has none");
        assert!(!nightly().is_due(at(5, 9, 1), at(5, 9, 0), good(at(5, 9, 0))), "and then has one");
        assert!(!nightly().is_due(at(5, 9, 1), at(5, 9, 0), failed(at(5, 9, 0))));
        assert!(!nightly().is_due(at(5, 3, 0), at(0, 0, 0), failed(at(5, 2, 30))));
        assert!(nightly().is_due(at(5, 3, 30), at(0, 0, 0), failed(at(5, 2, 30))));
        assert!(!nightly().is_due(at(5, 9, 0), at(5, 8, 0), good(at(9, 0, 0))), "set back: once");
        assert!(nightly().is_due(at(6, 2, 31), at(5, 8, 0), good(at(9, 0, 0))), "and it goes on");
    }
}
