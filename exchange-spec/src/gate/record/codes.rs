//! Code lists as data (代码表), region succession, the working calendar.

use std::collections::BTreeSet;

use jiff::civil::{Date, Weekday};
use sanheyi_proto::standard::v1::{
    CalendarDay, CodeEntry, CodeList, DayKind, RegionSuccession, WorkingCalendar,
};

use super::interval;
use crate::reason::Findings;

/// Rules of a code list.
pub(super) fn code_list(list: &CodeList, out: &mut Findings) {
    interval::days("", &list.valid_from, &list.valid_until, out);
    let mut codes = BTreeSet::new();
    for (at, entry) in list.entries.iter().enumerate() {
        if !codes.insert(entry.code.as_str()) {
            out.error(
                format!("entries[{at}].code"),
                "record.code_unique",
                format!("代码 {} 在表中重复，请删去或改正第 {} 项", entry.code, at + 1),
                format!(
                    "code {} stands twice: take entry {} out, or correct it",
                    entry.code,
                    at + 1
                ),
            );
        }
        interval::days(&format!("entries[{at}]."), &entry.valid_from, &entry.valid_until, out);
        within(at, entry, list, out);
    }
}

/// A code is valid on days of its list only.
fn within(at: usize, entry: &CodeEntry, list: &CodeList, out: &mut Findings) {
    let early = !entry.valid_from.is_empty() && entry.valid_from < list.valid_from;
    let late = !list.valid_until.is_empty() && entry.valid_until > list.valid_until;
    // What is valid on no day of the list at all.
    let after = !list.valid_until.is_empty() && entry.valid_from >= list.valid_until;
    let before = !entry.valid_until.is_empty() && entry.valid_until <= list.valid_from;
    if early || late || after || before {
        let end = if early || after { "valid_from" } else { "valid_until" };
        out.error(
            format!("entries[{at}].{end}"),
            "record.code_dates",
            format!("第 {} 项代码的起止日期超出代码表的起止日期，请改正", at + 1),
            format!("the days of entry {} leave those of the list: correct them", at + 1),
        );
    }
}

/// Rules of a region succession.
pub(super) fn region_succession(succession: &RegionSuccession, out: &mut Findings) {
    if succession.successor_code == succession.former_code {
        out.error(
            "successor_code",
            "record.region_successor",
            "新区划代码不能与原区划代码相同，请改正",
            "a region does not succeed itself: correct the code of the successor",
        );
    }
}

/// Rules of a working calendar.
pub(super) fn working_calendar(calendar: &WorkingCalendar, out: &mut Findings) {
    let mut days = BTreeSet::new();
    for (at, day) in calendar.days.iter().enumerate() {
        // The field level has passed: a text that is no day is not met here.
        let Ok(date) = day.day.parse::<Date>() else { continue };
        if u32::try_from(i32::from(date.year())) != Ok(calendar.year) {
            out.error(
                format!("days[{at}].day"),
                "record.calendar_year",
                format!("{date} 不在 {} 年内，请删去或改正", calendar.year),
                format!("{date} is no day of {}: take it out, or correct it", calendar.year),
            );
        }
        if !days.insert(date) {
            out.error(
                format!("days[{at}].day"),
                "record.calendar_unique",
                format!("{date} 重复，请删去其中之一"),
                format!("{date} stands twice: take one of them out"),
            );
        }
        weekday(at, day, date, out);
    }
}

/// The calendar says only what the weekday does not: off from Monday to Friday, worked at weekends.
fn weekday(at: usize, day: &CalendarDay, date: Date, out: &mut Findings) {
    let weekend = matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday);
    let (zh, en) = match (day.kind(), weekend) {
        (DayKind::Off, true) => ("周末，不必列为放假", "at a weekend and off anyway"),
        (DayKind::Worked, false) => ("工作日，不必列为上班", "a weekday and worked anyway"),
        _ => return,
    };
    out.error(
        format!("days[{at}].kind"),
        "record.calendar_weekday",
        format!("{date} 是{zh}，请核对日期后删去或改正"),
        format!("{date} is {en}: look at the day again, and take it out or correct it"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::record::tests::rules;

    const NONE: [&str; 0] = [];

    fn entry(code: &str, from: &str, until: &str) -> CodeEntry {
        CodeEntry {
            code: code.into(),
            valid_from: from.into(),
            valid_until: until.into(),
            ..CodeEntry::default()
        }
    }

    fn list(until: &str, entries: Vec<CodeEntry>) -> Vec<String> {
        let (valid_from, valid_until) = ("2009-10-13".into(), until.into());
        let list = CodeList { valid_from, valid_until, entries, ..CodeList::default() };
        rules(|out| code_list(&list, out))
    }

    #[test]
    fn codes_stand_once() {
        let entries = |codes: [&str; 3]| codes.map(|code| entry(code, "", "")).to_vec();
        assert_eq!(list("", entries(["XK", "CF", "xk"])), NONE);
        let twice = list("", entries(["XK", "CF", "XK"]));
        assert_eq!(twice, ["error entries[2].code record.code_unique"]);
    }

    #[test]
    fn codes_are_valid_within_their_list() {
        let of = |from, until| list("2022-01-01", vec![entry("XK", from, until)]);
        for (from, until) in
            [("", ""), ("2009-10-13", "2022-01-01"), ("2021-12-31", ""), ("", "2009-10-14")]
        {
            assert_eq!(of(from, until), NONE, "{from} {until}");
        }
        for (from, until, field) in [
            ("2009-10-12", "", "valid_from"),
            ("2022-01-01", "", "valid_from"),
            ("", "2022-01-02", "valid_until"),
            ("", "2009-10-13", "valid_until"),
        ] {
            let expected = [format!("error entries[0].{field} record.code_dates")];
            assert_eq!(of(from, until), expected, "{from} {until}");
        }
        assert_eq!(list("", vec![entry("XK", "2009-10-13", "2099-12-31")]), NONE, "an open list");
    }

    #[test]
    fn the_lists_of_this_build_keep_the_rules() {
        for list in crate::codes::lists() {
            let record = list.record(Date::constant(2009, 10, 13));
            assert_eq!(rules(|out| code_list(&record, out)), NONE, "{}", list.id);
        }
        for record in crate::codes::regions::records() {
            assert_eq!(rules(|out| region_succession(&record, out)), NONE);
        }
    }

    #[test]
    fn lists_and_codes_are_valid_for_some_time() {
        assert_eq!(list("2009-10-14", Vec::new()), NONE);
        assert_eq!(list("2009-10-13", Vec::new()), ["error valid_until record.valid_interval"]);
        let backwards = list("", vec![entry("XK", "2015-01-02", "2015-01-02")]);
        assert_eq!(backwards, ["error entries[0].valid_until record.valid_interval"]);
    }

    #[test]
    fn a_region_does_not_succeed_itself() {
        let of = |successor: &str| {
            let (former_code, successor_code) = ("320482".into(), successor.into());
            let one =
                RegionSuccession { former_code, successor_code, ..RegionSuccession::default() };
            rules(|out| region_succession(&one, out))
        };
        assert_eq!(of("320413"), NONE);
        assert_eq!(of("320482"), ["error successor_code record.region_successor"]);
    }

    fn calendar(days: &[(&str, DayKind)]) -> Vec<String> {
        let day = |(day, kind): &(&str, DayKind)| CalendarDay {
            day: (*day).into(),
            kind: (*kind).into(),
            ..CalendarDay::default()
        };
        let days = days.iter().map(day).collect();
        let calendar = WorkingCalendar { year: 2009, days, ..WorkingCalendar::default() };
        rules(|out| working_calendar(&calendar, out))
    }

    #[test]
    fn days_lie_in_the_year_of_their_calendar() {
        assert_eq!(calendar(&[("2009-01-01", DayKind::Off), ("2009-12-31", DayKind::Off)]), NONE);
        for day in ["2008-12-31", "2010-01-01"] {
            let found = calendar(&[(day, DayKind::Off)]);
            assert_eq!(found, ["error days[0].day record.calendar_year"], "{day}");
        }
    }

    #[test]
    fn days_stand_once() {
        assert_eq!(calendar(&[("2009-10-01", DayKind::Off), ("2009-10-02", DayKind::Off)]), NONE);
        let twice = calendar(&[("2009-10-01", DayKind::Off), ("2009-10-01", DayKind::Off)]);
        assert_eq!(twice, ["error days[1].day record.calendar_unique"]);
    }

    #[test]
    fn weekdays_are_off_and_weekends_worked() {
        // 2009-09-25 was a Friday.
        let week = ["2009-09-21", "2009-09-22", "2009-09-23", "2009-09-24", "2009-09-25"];
        let wrong = ["error days[0].kind record.calendar_weekday"];
        for day in week {
            assert_eq!(calendar(&[(day, DayKind::Off)]), NONE, "{day}");
            assert_eq!(calendar(&[(day, DayKind::Worked)]), wrong, "{day}");
        }
        for day in ["2009-09-26", "2009-09-27"] {
            assert_eq!(calendar(&[(day, DayKind::Worked)]), NONE, "{day}");
            assert_eq!(calendar(&[(day, DayKind::Off)]), wrong, "{day}");
        }
    }
}
