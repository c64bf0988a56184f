//! The working calendar: days, due dates, the clock with what stops it and what is added.

use sanheyi_exchange_spec::calendar::{
    Calendar, Clock, Date, Due, Limit, Pause, Unit, midnight, notices,
};
use serde_json::{Value, json};

use crate::hold;

const HOUR: i64 = 3_600_000_000;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn unit_name(unit: Unit) -> &'static str {
    match unit {
        Unit::CalendarDay => "CALENDAR_DAY",
        Unit::WorkingDay => "WORKING_DAY",
        Unit::Month => "MONTH",
        Unit::Year => "YEAR",
    }
}

fn limit_vector(limit: Limit) -> Value {
    json!({"amount": limit.amount, "unit": unit_name(limit.unit)})
}

/// Every day that is not as the week has it, and the totals that follow from them.
fn year_vectors(calendar: &Calendar) -> Vec<Value> {
    let year_vector = |year: i16| {
        let (mut off, mut worked, mut total) = (Vec::new(), Vec::new(), 0);
        let mut date = day(&format!("{year}-01-01"));
        while date.year() == year {
            let weekend = date.weekday().to_monday_one_offset() > 5;
            match (calendar.is_working(date).unwrap(), weekend) {
                (true, true) => worked.push(date.to_string()),
                (false, false) => off.push(date.to_string()),
                _ => {}
            }
            total += u32::from(calendar.is_working(date).unwrap());
            date = date.tomorrow().unwrap();
        }
        let numbers = notices().iter().filter(|notice| notice.year == year);
        json!({
            "year": year,
            "notices": numbers.map(|notice| &notice.number).collect::<Vec<_>>(),
            "off": off,
            "worked": worked,
            "working_days": total,
        })
    };
    (calendar.first_year()..=calendar.last_year()).map(year_vector).collect()
}

const UNITS: [(Unit, &[u32]); 4] = [
    (Unit::CalendarDay, &[1, 15, 90]),
    (Unit::WorkingDay, &[1, 5, 10, 20, 30, 45]),
    (Unit::Month, &[1, 2, 12]),
    (Unit::Year, &[1, 2]),
];

fn due_vectors(calendar: &Calendar) -> Vec<Value> {
    let reference = [
        ("2009-09-25", 5, "2009-10-09"),
        ("2009-09-30", 20, "2009-11-04"),
        ("2009-10-13", 30, "2009-11-24"),
        ("2010-02-05", 20, "2010-03-10"),
        ("2010-02-12", 1, "2010-02-20"),
        ("2010-06-11", 5, "2010-06-21"),
        ("2010-09-21", 10, "2010-10-12"),
    ];
    for (start, amount, expected) in reference {
        let found = calendar.due(day(start), Limit::working_days(amount)).unwrap();
        assert_eq!(found, day(expected), "{start} {amount}");
    }
    let starts = [
        "2009-09-25",
        "2009-09-30",
        "2009-10-13",
        "2009-12-31",
        "2010-02-05",
        "2010-02-12",
        "2010-06-11",
        "2010-09-21",
        "2011-12-30",
        "2012-01-31",
        "2012-02-29",
        "2013-01-31",
        "2019-04-30",
        "2020-01-23",
        "2023-09-28",
        "2025-01-27",
    ];
    let mut vectors = Vec::new();
    for start in starts {
        for (unit, amounts) in UNITS {
            for amount in amounts.iter().copied() {
                let limit = Limit { amount, unit };
                let due = calendar.due(day(start), limit).unwrap();
                vectors.push(json!({
                    "start": start, "limit": limit_vector(limit), "due": due.to_string(),
                }));
            }
        }
    }
    vectors
}

/// From and to: day and hour in Beijing.
type Hours = ((&'static str, i64), Option<(&'static str, i64)>);

fn clock_vector(
    name: &str,
    start: &str,
    limit: Limit,
    hours: &[Hours],
    extension: Option<Limit>,
) -> Value {
    let at = |(date, hour): (&str, i64)| midnight(day(date)).plus_micros(hour * HOUR);
    let said = |(date, hour): (&str, i64)| format!("{date} {hour:02}:00");
    let pauses: Vec<Pause> =
        hours.iter().map(|(from, to)| Pause { from: at(*from), to: to.map(at) }).collect();
    let clock = Clock::new(Calendar::builtin());
    let shown: Vec<Value> = hours
        .iter()
        .zip(&pauses)
        .map(|((from, to), pause)| {
            json!({
                "from": pause.from.as_micros(),
                "to": pause.to.map(|to| to.as_micros()),
                "in_beijing": [said(*from), to.map(said).unwrap_or_default()],
            })
        })
        .collect();
    let mut vector = json!({
        "name": name,
        "start": start,
        "limit": limit_vector(limit),
        "pauses": shown,
        "extension": extension.map(limit_vector),
    });
    let found = match clock.due(day(start), limit, &pauses, extension) {
        Ok(Due::On(date)) => json!({"due": date.to_string()}),
        Ok(Due::Stopped(since)) => json!({"stopped": since.to_string()}),
        Err(error) => json!({"refused": error.to_string()}),
    };
    if let (Some(vector), Some(found)) = (vector.as_object_mut(), found.as_object()) {
        vector.extend(found.clone());
    }
    vector
}

fn stopping_vectors() -> Vec<Value> {
    let five = Limit::working_days(5);
    let of = |name, hours: &[Hours]| clock_vector(name, "2009-11-09", five, hours, None);
    vec![
        of("no pause", &[]),
        of("two days touched", &[(("2009-11-10", 17), Some(("2009-11-11", 9)))]),
        of("an hour takes its day", &[(("2009-11-10", 10), Some(("2009-11-10", 11)))]),
        of(
            "what ends at midnight does not touch the next day",
            &[(("2009-11-10", 0), Some(("2009-11-11", 0)))],
        ),
        of("no time, no pause", &[(("2009-11-10", 10), Some(("2009-11-10", 10)))]),
        of(
            "overlapping pauses count once",
            &[
                (("2009-11-10", 8), Some(("2009-11-12", 8))),
                (("2009-11-11", 8), Some(("2009-11-11", 18))),
                (("2009-11-12", 14), Some(("2009-11-13", 9))),
            ],
        ),
        of("the first day is not counted anyway", &[(("2009-11-09", 8), Some(("2009-11-09", 18)))]),
        of("a weekend cannot be lost", &[(("2009-11-14", 0), Some(("2009-11-16", 0)))]),
        of("a pause on the last day", &[(("2009-11-16", 16), Some(("2009-11-17", 0)))]),
        of("a pause behind the end", &[(("2009-11-17", 8), Some(("2009-11-20", 18)))]),
        of("an open pause", &[(("2009-11-12", 10), None)]),
        of("an open pause behind the end", &[(("2009-11-17", 10), None)]),
        of("a pause that ends before it begins", &[(("2009-11-11", 9), Some(("2009-11-10", 9)))]),
        clock_vector(
            "the Spring Festival lies within a pause",
            "2010-02-05",
            Limit::working_days(20),
            &[(("2010-02-10", 9), Some(("2010-02-22", 16)))],
            None,
        ),
        clock_vector("no calendar for the year", "2026-12-28", five, &[], None),
    ]
}

fn extension_vectors() -> Vec<Value> {
    let days = |amount| Limit { amount, unit: Unit::CalendarDay };
    let months = |amount| Limit { amount, unit: Unit::Month };
    let (ten, twenty) = (Limit::working_days(10), Limit::working_days(20));
    let pause: &[Hours] = &[(("2009-02-03", 9), Some(("2009-02-05", 9)))];
    vec![
        clock_vector("ten more working days", "2009-10-13", twenty, &[], Some(ten)),
        clock_vector("months are added to months", "2009-01-31", months(1), &[], Some(months(1))),
        clock_vector("another unit begins at the end", "2009-01-31", months(1), &[], Some(ten)),
        clock_vector("a paused month", "2009-01-31", months(1), pause, None),
        clock_vector("paused within the extension", "2009-01-05", days(10), pause, Some(days(20))),
        clock_vector(
            "both, over the end of a year",
            "2009-12-14",
            twenty,
            &[
                (("2009-12-21", 14), Some(("2009-12-24", 10))),
                (("2010-01-08", 9), Some(("2010-01-08", 12))),
            ],
            Some(ten),
        ),
        clock_vector(
            "an open pause before the extension",
            "2009-10-13",
            twenty,
            &[(("2009-10-20", 9), None)],
            Some(months(1)),
        ),
    ]
}

fn between_vectors(calendar: &Calendar) -> Vec<Value> {
    [
        ("2009-09-30", "2009-10-09"),
        ("2009-12-31", "2010-12-31"),
        ("2010-02-12", "2010-02-20"),
        ("2010-02-12", "2010-02-12"),
        ("2011-12-30", "2011-12-31"),
        ("2010-02-20", "2010-02-12"),
    ]
    .map(|(from, to)| {
        let days = calendar.working_days_between(day(from), day(to)).unwrap();
        json!({"from": from, "to": to, "working_days": days})
    })
    .into()
}

#[test]
fn days_and_due_dates_are_the_golden_ones() {
    let calendar = Calendar::builtin();
    let clock = [stopping_vectors(), extension_vectors()].concat();
    let vector = json!({
        "version": calendar.version(),
        "years": year_vectors(calendar),
        "due": due_vectors(calendar),
        "between": between_vectors(calendar),
        "clock": clock,
    });
    hold("calendar", &vector);
}
