//! The arrangements of the State Council (国务院办公厅关于部分节假日安排的通知), as its notices say
//! them: `data/calendar/notices.json`, one run of days for each clause. A later notice binds where
//! it speaks of the same day as an earlier one (the Spring Festival of 2020).

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::{Calendar, Date, Day, DayKind};

const TEXT: &str = include_str!("../../data/calendar/notices.json");

/// One notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The year whose festivals it arranges. Its days may begin in December of the year before.
    pub year: i16,
    /// Its number: 国办发明电〔2008〕42号.
    pub number: Box<str>,
    /// Every day that it names, in order; days of a weekend that lie within a festival, too.
    pub days: Vec<Day>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: String,
    first_year: i16,
    last_year: i16,
    notices: Vec<NoticeText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NoticeText {
    year: i16,
    number: Box<str>,
    runs: Vec<Run>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    kind: String,
    from: String,
    to: String,
    title: Box<str>,
}

/// The file, read once; `None` is impossible, as a test shows.
static FILE: LazyLock<Option<(File, Vec<Notice>)>> = LazyLock::new(|| read(TEXT));

/// The notices that are built in, in the order in which they were given.
pub fn notices() -> &'static [Notice] {
    FILE.as_ref().map_or(&[], |(_, notices)| notices)
}

/// What they say together.
pub(super) fn builtin() -> Option<Calendar> {
    let (file, notices) = FILE.as_ref()?;
    let mut days = BTreeMap::new();
    for day in notices.iter().flat_map(|notice| &notice.days) {
        days.insert(day.date, day.clone());
    }
    Calendar::from_days(&file.version, file.first_year..=file.last_year, days.into_values()).ok()
}

fn read(text: &str) -> Option<(File, Vec<Notice>)> {
    let file: File = serde_json::from_str(text).ok()?;
    let notices = file.notices.iter().map(notice).collect::<Option<_>>()?;
    Some((file, notices))
}

fn notice(text: &NoticeText) -> Option<Notice> {
    let mut days = Vec::new();
    for run in &text.runs {
        let kind = match run.kind.as_str() {
            "OFF" => DayKind::Off,
            "WORKED" => DayKind::Worked,
            _ => return None,
        };
        let (mut date, to): (Date, Date) = (run.from.parse().ok()?, run.to.parse().ok()?);
        while date <= to {
            days.push(Day { date, kind, title: run.title.clone() });
            date = date.tomorrow().ok()?;
        }
    }
    Some(Notice { year: text.year, number: text.number.clone(), days })
}

#[cfg(test)]
mod tests {
    use jiff::civil::Weekday;

    use super::*;

    #[test]
    fn the_file_is_read_and_every_year_has_its_notice() {
        let (file, notices) = FILE.as_ref().expect("the file is well formed");
        assert!(notices.is_sorted_by_key(|notice| notice.year));
        for year in file.first_year..=file.last_year {
            assert!(notices.iter().any(|notice| notice.year == year), "{year}");
        }
        assert_eq!(notices.len(), 23, "twenty years, of which three were changed later");
        assert!(builtin().is_some());
    }

    #[test]
    fn only_days_of_a_weekend_are_worked_in_exchange_and_runs_are_in_order() {
        for notice in notices() {
            let weekend =
                |date: Date| matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
            assert!(notice.days.is_sorted_by_key(|day| day.date), "{}", notice.number);
            for day in &notice.days {
                assert!(day.kind == DayKind::Off || weekend(day.date), "{:?}", day);
                let near = (i32::from(notice.year) - i32::from(day.date.year())).abs();
                assert!(near <= 1, "{:?}", day);
            }
        }
    }
}
