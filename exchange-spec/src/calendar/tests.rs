//! The reference's due dates, the edges of calendars and pauses, and a second opinion day by day.

mod laws;

use super::*;

/// 2010-11-23T00:00:00+08:00.
const MIDNIGHT: i64 = 1_290_441_600_000_000;
const HOUR: i64 = 3_600_000_000;

pub(super) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// An instant in Beijing: day and hour.
fn at(date: &str, hour: i64) -> Timestamp {
    midnight(day(date)).plus_micros(hour * HOUR)
}

fn pause(from: (&str, i64), to: (&str, i64)) -> Pause {
    Pause { from: at(from.0, from.1), to: Some(at(to.0, to.1)) }
}

fn due(start: &str, limit: Limit, pauses: &[Pause], extension: Option<Limit>) -> Due {
    Clock::new(Calendar::builtin()).due(day(start), limit, pauses, extension).unwrap()
}

fn months(amount: u32) -> Limit {
    Limit { amount, unit: Unit::Month }
}

fn days(amount: u32) -> Limit {
    Limit { amount, unit: Unit::CalendarDay }
}

/// Working days from 1 January up to and with 31 December.
fn working_days_of(calendar: &Calendar, year: i16) -> u32 {
    let (first, last) = (Date::constant(year, 1, 1), Date::constant(year, 12, 31));
    let after_first = calendar.working_days_between(first, last).unwrap();
    after_first + u32::from(calendar.is_working(first).unwrap())
}

#[test]
fn the_due_dates_of_the_reference() {
    for (start, amount, expected) in [
        ("2009-09-25", 5, "2009-10-09"),
        ("2009-09-30", 20, "2009-11-04"),
        ("2009-10-13", 30, "2009-11-24"),
        ("2010-02-05", 20, "2010-03-10"),
        ("2010-02-12", 1, "2010-02-20"),
        ("2010-06-11", 5, "2010-06-21"),
        ("2010-09-21", 10, "2010-10-12"),
    ] {
        let found = Calendar::builtin().due(day(start), Limit::working_days(amount)).unwrap();
        assert_eq!(found, day(expected), "{amount} working days after {start}");
    }
}

#[test]
fn working_days_of_every_year() {
    let calendar = Calendar::builtin();
    let expected = [
        249, 251, 250, 250, 250, 249, 250, 250, 249, 250, // 2007 to 2016
        249, 250, 250, 249, 250, 249, 249, 251, 248, 248, // 2017 to 2026
    ];
    for (year, expected) in (calendar.first_year()..=calendar.last_year()).zip(expected) {
        assert_eq!(working_days_of(calendar, year), expected, "{year}");
    }
}

/// A calendar is a version: the notice of December 2011 made a working day of the last Saturday of
/// 2011, which has 249 by the notices up to its own and 250 since.
#[test]
fn a_later_notice_may_change_the_year_before() {
    let known = notices().iter().filter(|notice| notice.year <= 2011);
    let days = known.flat_map(|notice| notice.days.clone());
    let before = Calendar::from_days("known in 2011", 2007..=2011, days).unwrap();
    let saturday = day("2011-12-31");
    assert!(!before.is_working(saturday).unwrap());
    assert!(Calendar::builtin().is_working(saturday).unwrap());
    assert_eq!(Calendar::builtin().day(saturday).unwrap().kind, DayKind::Worked);
    assert_eq!([2009, 2010, 2011].map(|year| working_days_of(&before, year)), [250, 250, 249]);
}

#[test]
fn the_spring_festival_of_2020_was_made_longer() {
    let calendar = Calendar::builtin();
    // Friday 31 January was to be worked, and Saturday 1 February in exchange for another day.
    for off in ["2020-01-31", "2020-02-01", "2020-02-02"] {
        assert!(!calendar.is_working(day(off)).unwrap(), "{off}");
    }
    assert!(calendar.is_working(day("2020-02-03")).unwrap());
}

#[test]
fn a_calendar_answers_for_its_years_only() {
    let calendar = Calendar::builtin();
    for (inside, outside) in [("2007-01-01", "2006-12-31"), ("2026-12-31", "2027-01-01")] {
        assert!(calendar.is_working(day(inside)).is_ok());
        let refused = calendar.is_working(day(outside)).unwrap_err();
        assert_eq!(refused.year, day(outside).year());
        assert_eq!((refused.first, refused.last), (2007, 2026));
    }
    let last = day("2026-12-30");
    assert_eq!(calendar.due(last, Limit::working_days(1)).unwrap(), day("2026-12-31"));
    let refused = calendar.due(last, Limit::working_days(2)).unwrap_err();
    assert_eq!(refused.year, 2027);
    assert!(refused.zh().contains("尚缺 2027 年"), "{}", refused.zh());
    assert_eq!(
        refused.to_string(),
        "the working calendar cn-2026-1 covers 2007 to 2026; 2027 is needed"
    );
    // Other units need no calendar, only a year that dates have.
    assert_eq!(calendar.due(day("1999-12-31"), days(1)).unwrap(), day("2000-01-01"));
    assert_eq!(calendar.due(day("9999-12-31"), days(1)).unwrap_err().year, 10_000);
    assert_eq!(calendar.due(last, months(u32::MAX)).unwrap_err().year, 10_000);
    assert!(Calendar::empty().is_working(last).is_err());
}

#[test]
fn months_end_on_their_last_day_where_they_are_shorter() {
    let years = |amount| Limit { amount, unit: Unit::Year };
    for (start, limit, expected) in [
        ("2009-01-31", months(1), "2009-02-28"),
        ("2012-01-31", months(1), "2012-02-29"),
        ("2009-01-30", months(1), "2009-02-28"),
        ("2009-02-28", months(1), "2009-03-28"),
        ("2009-11-30", months(3), "2010-02-28"),
        ("2009-10-13", months(12), "2010-10-13"),
        ("2012-02-29", years(1), "2013-02-28"),
        ("2012-02-29", years(4), "2016-02-29"),
        ("2009-12-31", days(1), "2010-01-01"),
        ("2009-10-13", days(90), "2010-01-11"),
    ] {
        let found = Calendar::builtin().due(day(start), limit).unwrap();
        assert_eq!(found, day(expected), "{limit} after {start}");
    }
    // A law that lets a limit run on where its last day is off asks for the next working day.
    assert_eq!(Calendar::builtin().next_working(day("2009-02-28")).unwrap(), day("2009-03-02"));
    assert_eq!(Calendar::builtin().next_working(day("2009-03-02")).unwrap(), day("2009-03-02"));
}

#[test]
fn calendars_that_are_none_are_refused() {
    let most = i16::try_from(CALENDAR_YEARS).unwrap();
    let of = |years| Calendar::from_days("x", years, []);
    assert_eq!(of(2001..=2000 + most).unwrap().last_year(), 2000 + most);
    assert_eq!(of(2000..=2000 + most).unwrap_err(), CalendarError::Years(2000, 2000 + most));
    assert_eq!(of(9990..=10_000).unwrap_err(), CalendarError::Years(9990, 10_000));
    #[expect(clippy::reversed_empty_ranges, reason = "that is what is refused")]
    let reversed = of(2010..=2009);
    assert_eq!(reversed.unwrap_err(), CalendarError::Years(2010, 2009));

    let one = |kind| Day { date: day("2010-02-15"), kind, title: "春节".into() };
    let twice = [one(DayKind::Off), one(DayKind::Off)];
    let calendar = Calendar::from_days("x", 2010..=2010, twice).unwrap();
    assert_eq!(calendar.days().count(), 1);
    let both = Calendar::from_days("x", 2010..=2010, [one(DayKind::Off), one(DayKind::Worked)]);
    assert_eq!(both.unwrap_err(), CalendarError::Contradiction(day("2010-02-15")));
    // What lies outside is passed over.
    let outside = Calendar::from_days("x", 2011..=2011, [one(DayKind::Off)]).unwrap();
    assert_eq!(outside.days().count(), 0);
}

#[test]
fn days_are_those_of_beijing() {
    let midnight_there = Timestamp::from_micros(MIDNIGHT);
    assert_eq!(midnight(day("2010-11-23")), midnight_there);
    assert_eq!(date_of(midnight_there), day("2010-11-23"));
    assert_eq!(date_of(midnight_there.plus_micros(-1)), day("2010-11-22"));
    assert_eq!(date_of(midnight_there.plus_micros(24 * HOUR - 1)), day("2010-11-23"));
    assert_eq!(date_of(Timestamp::from_micros(i64::MAX)), Date::MAX);
    assert_eq!(date_of(Timestamp::from_micros(i64::MIN)), Date::MIN);
}

#[test]
fn a_day_that_a_pause_touches_is_not_counted() {
    let limit = Limit::working_days(5);
    let on = |text: &str| Due::On(day(text));
    // Monday 9 November 2009: five working days end on Monday the 16th.
    assert_eq!(due("2009-11-09", limit, &[], None), on("2009-11-16"));
    // Two days that are touched, whatever the hours.
    let two = [pause(("2009-11-10", 17), ("2009-11-11", 9))];
    assert_eq!(due("2009-11-09", limit, &two, None), on("2009-11-18"));
    // An hour within one day takes that day.
    let hour = pause(("2009-11-10", 10), ("2009-11-10", 11));
    assert_eq!(due("2009-11-09", limit, &[hour], None), on("2009-11-17"));
    // What ends at midnight does not touch the day that begins.
    let whole = pause(("2009-11-10", 0), ("2009-11-11", 0));
    assert_eq!(due("2009-11-09", limit, &[whole], None), on("2009-11-17"));
    // No time, no pause.
    let none = pause(("2009-11-10", 10), ("2009-11-10", 10));
    assert_eq!(due("2009-11-09", limit, &[none], None), on("2009-11-16"));
    // Overlapping pauses and pauses that meet on one day count each day once, in any order.
    let over = [two[0], hour, whole, pause(("2009-11-11", 14), ("2009-11-11", 15))];
    assert_eq!(due("2009-11-09", limit, &over, None), on("2009-11-18"));
    let turned = [over[3], over[2], over[1], over[0]];
    assert_eq!(due("2009-11-09", limit, &turned, None), on("2009-11-18"));
    // Days off, the first day, and days behind the end are none that could be lost.
    let lost = [
        pause(("2009-11-09", 8), ("2009-11-09", 18)),
        pause(("2009-11-14", 8), ("2009-11-15", 18)),
        pause(("2009-11-17", 8), ("2009-11-20", 18)),
    ];
    assert_eq!(due("2009-11-09", limit, &lost, None), on("2009-11-16"));
    // On the last day the clock stops once more.
    let last = pause(("2009-11-16", 16), ("2009-11-17", 0));
    assert_eq!(due("2009-11-09", limit, &[last], None), on("2009-11-17"));
}

#[test]
fn an_open_pause_leaves_the_end_open() {
    let limit = Limit::working_days(5);
    let open = |date| Pause { from: at(date, 10), to: None };
    let stopped = due("2009-11-09", limit, &[open("2009-11-12")], None);
    assert_eq!(stopped, Due::Stopped(day("2009-11-12")));
    assert_eq!(stopped.date(), None);
    assert!(!stopped.is_past(day("2019-01-01")));
    // An extension is not counted before the limit has run out.
    let longer = due("2009-11-09", limit, &[open("2009-11-12")], Some(months(1)));
    assert_eq!(longer, stopped);
    // It began when the limit had ended already.
    let ended = due("2009-11-09", limit, &[open("2009-11-17")], None);
    assert_eq!(ended, Due::On(day("2009-11-16")));
    assert!(!ended.is_past(day("2009-11-16")) && ended.is_past(day("2009-11-17")));
    // A pause within an open one changes nothing.
    let both = [open("2009-11-12"), pause(("2009-11-13", 8), ("2009-11-13", 9))];
    assert_eq!(due("2009-11-09", limit, &both, None), stopped);
}

#[test]
fn one_extension_is_added() {
    let on = |text: &str| Due::On(day(text));
    let (twenty, ten) = (Limit::working_days(20), Limit::working_days(10));
    assert_eq!(due("2009-10-13", twenty, &[], Some(ten)), on("2009-11-24"));
    // In the same unit the amounts are added: two months after 31 January, not one and another.
    assert_eq!(due("2009-01-31", months(1), &[], Some(months(1))), on("2009-03-31"));
    // In another unit it begins where the limit ends: 28 February 2009, a Saturday.
    assert_eq!(due("2009-01-31", months(1), &[], Some(Limit::working_days(1))), on("2009-03-02"));
    let pauses = [pause(("2009-02-03", 9), ("2009-02-05", 9))];
    assert_eq!(due("2009-01-31", months(1), &pauses, None), on("2009-03-03"));
    assert_eq!(due("2009-01-05", days(10), &pauses, Some(days(20))), on("2009-02-07"));
    assert_eq!(due("2009-01-05", days(0), &pauses, None), on("2009-01-05"));
}

#[test]
fn the_clock_says_why_it_says_nothing() {
    let clock = Clock::new(Calendar::builtin());
    let reversed = pause(("2009-11-11", 9), ("2009-11-10", 9));
    let good = pause(("2009-11-10", 9), ("2009-11-11", 9));
    let found = clock.due(day("2009-11-09"), Limit::working_days(5), &[good, reversed], None);
    let refused = found.unwrap_err();
    assert_eq!(refused, ClockError::Reversed(1));
    assert_eq!(refused.to_string(), "pause 1 ends before it begins");
    assert_eq!(refused.zh(), "第 2 段暂停的结束早于开始");
    let beyond = clock.due(day("2026-12-30"), Limit::working_days(2), &[], None).unwrap_err();
    assert!(beyond.zh().starts_with("工作日历"));
    // A pause beyond the calendar is none of its business where the limit ended before.
    let later = Pause { from: at("2030-01-01", 9), to: None };
    let ends = clock.due(day("2026-12-28"), Limit::working_days(2), &[later], None).unwrap();
    assert_eq!(ends, Due::On(day("2026-12-30")));
}
