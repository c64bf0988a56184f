//! Which backups stay: the last of each of the latest days, weeks and months. The newest stays
//! whatever happens, and a file that is not named as ours is never touched.

use std::collections::BTreeSet;

use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp as Instant, civil};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;

/// What a file of a backup is called after its platform and time.
pub const EXTENSION: &str = ".sanheyi-backup";
/// How the time stands in its name, in UTC.
const FORMAT: &str = "%Y%m%dT%H%M%SZ";
/// Beijing has no summer time.
const BEIJING: i8 = 8;

/// How many are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Days.
    pub daily: u32,
    /// Weeks, which begin on Monday.
    pub weekly: u32,
    /// Months.
    pub monthly: u32,
}

impl Default for Keep {
    fn default() -> Self {
        Self { daily: 7, weekly: 4, monthly: 12 }
    }
}

/// The name of a backup's file: `jintan-20261123T183000Z.sanheyi-backup`.
pub fn file_name(platform: &PlatformId, at: Timestamp) -> String {
    let instant = Instant::from_microsecond(at.as_micros()).unwrap_or_default();
    format!("{platform}-{}{EXTENSION}", instant.strftime(FORMAT))
}

/// When the backup of a platform was begun, by the name of its file; `None` of any other file.
pub fn time_of(platform: &PlatformId, name: &str) -> Option<Timestamp> {
    let stem = name.strip_suffix(EXTENSION)?;
    let time = stem.strip_prefix(platform.as_str())?.strip_prefix('-')?;
    let civil = civil::DateTime::strptime("%Y%m%dT%H%M%S", time.strip_suffix('Z')?).ok()?;
    let instant = civil.to_zoned(TimeZone::UTC).ok()?.timestamp();
    Some(Timestamp::from_micros(instant.as_microsecond()))
}

/// Of backups by their times, those that go.
pub fn surplus(times: &BTreeSet<Timestamp>, keep: Keep) -> BTreeSet<Timestamp> {
    let mut stay: BTreeSet<Timestamp> = times.last().copied().into_iter().collect();
    stay.extend(latest(times, keep.daily, Timestamp::beijing_day));
    // 1970-01-01 was a Thursday.
    stay.extend(latest(times, keep.weekly, |time| (time.beijing_day() + 3).div_euclid(7)));
    stay.extend(latest(times, keep.monthly, month));
    times.difference(&stay).copied().collect()
}

/// The last backup of each of the latest `many` spans that have one.
fn latest(
    times: &BTreeSet<Timestamp>,
    many: u32,
    span: impl Fn(Timestamp) -> i64,
) -> Vec<Timestamp> {
    let mut found = Vec::new();
    let mut before = None;
    for time in times.iter().rev() {
        if found.len() as u64 == u64::from(many) {
            break;
        }
        if before.replace(span(*time)) != Some(span(*time)) {
            found.push(*time);
        }
    }
    found
}

fn month(time: Timestamp) -> i64 {
    let instant = Instant::from_microsecond(time.as_micros()).unwrap_or_default();
    let there = instant.to_zoned(TimeZone::fixed(Offset::constant(BEIJING)));
    i64::from(there.year()) * 12 + i64::from(there.month())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn platform() -> PlatformId {
        "jintan".parse().unwrap()
    }

    /// Half past two at night in Beijing, so many days after 2026-01-01, a Thursday.
    fn night(day: i64) -> Timestamp {
        let first = 1_767_205_800_000_000_i64;
        Timestamp::from_micros(first + day * 86_400_000_000)
    }

    #[test]
    fn a_name_tells_whose_and_when_and_nothing_else_passes() {
        let name = file_name(&platform(), night(0));
        assert_eq!(name, "jintan-20251231T183000Z.sanheyi-backup");
        assert_eq!(time_of(&platform(), &name), Some(night(0)));
        for other in [
            "jintan-2-20251231T183000Z.sanheyi-backup",
            "wujin-20251231T183000Z.sanheyi-backup",
            "jintan-20251231T183000Z.sanheyi-backup.old",
            ".jintan-20251231T183000Z.sanheyi-backup.part",
            "jintan-yesterday.sanheyi-backup",
        ] {
            assert_eq!(time_of(&platform(), other), None, "{other}");
        }
    }

    #[test]
    fn of_a_year_of_nights_days_weeks_and_months_stay() {
        let mut there = BTreeSet::new();
        for day in 0..365 {
            there.insert(night(day));
            for gone in surplus(&there, Keep::default()) {
                there.remove(&gone);
            }
        }
        let kept: Vec<_> = there.iter().rev().copied().collect();
        assert_eq!(kept[..7], (0..7).map(|back| night(364 - back)).collect::<Vec<_>>());
        // Sunday 27 December 2026 and the Sundays before it end their weeks.
        for sunday in [360, 353, 346] {
            assert!(there.contains(&night(sunday)), "day {sunday}");
        }
        let months: BTreeSet<_> = kept.iter().map(|time| month(*time)).collect();
        assert_eq!(months.len(), 12, "each month of the year has one: {kept:?}");
        // Those of earlier months are the last of their months.
        assert!(there.contains(&night(30)) && there.contains(&night(58)), "{kept:?}");
        assert!(kept.len() <= 7 + 4 + 12, "{}", kept.len());
    }

    #[test]
    fn of_several_a_day_the_last_stays_and_the_newest_always() {
        let hour = |n: i64| night(0).plus_micros(n * 3_600_000_000);
        let there = BTreeSet::from([hour(0), hour(5), hour(9)]);
        let keep = Keep { daily: 2, weekly: 0, monthly: 0 };
        assert_eq!(surplus(&there, keep), BTreeSet::from([hour(0), hour(5)]));
        let none = Keep { daily: 0, weekly: 0, monthly: 0 };
        assert_eq!(surplus(&there, none), BTreeSet::from([hour(0), hour(5)]));
        assert_eq!(surplus(&BTreeSet::new(), none), BTreeSet::new());
    }

    #[test]
    fn days_are_those_of_beijing() {
        // 23:59 and 00:01 in Beijing are two days, although one in UTC.
        let (late, early) =
            (night(0).plus_micros(-9_060_000_000), night(0).plus_micros(-8_940_000_000));
        assert_ne!(late.beijing_day(), early.beijing_day());
        let keep = Keep { daily: 2, weekly: 0, monthly: 0 };
        assert_eq!(surplus(&BTreeSet::from([late, early]), keep), BTreeSet::new());
    }
}
