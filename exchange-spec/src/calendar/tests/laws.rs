//! What must hold for every start, limit and pause.

use proptest::prelude::*;

use super::*;

/// The first day of the calendar.
const FIRST: Date = Date::constant(2007, 1, 1);
/// Days from there on which something starts: to the spring of 2024.
const STARTS: u32 = 6_300;
/// So many days are counted one by one before a clock is said never to end.
const COUNTED: u32 = 1_000;

fn starts() -> impl Strategy<Value = Date> {
    (0..STARTS).prop_map(|days| plus_days(FIRST, days).unwrap())
}

fn units() -> impl Strategy<Value = Unit> {
    prop_oneof![Just(Unit::CalendarDay), Just(Unit::WorkingDay), Just(Unit::Month)]
}

fn limits() -> impl Strategy<Value = Limit> {
    (0..=12_u32, units()).prop_map(|(amount, unit)| Limit { amount, unit })
}

/// Pauses near a start: hours from it and their length.
fn pauses() -> impl Strategy<Value = Vec<(i64, Option<i64>)>> {
    let length = prop_oneof![9 => (0..200_i64).prop_map(Some), 1 => Just(None)];
    prop::collection::vec((-100..1_200_i64, length), 0..6)
}

fn placed(start: Date, hours: &[(i64, Option<i64>)]) -> Vec<Pause> {
    let at = |hour: i64| midnight(start).plus_micros(hour * HOUR);
    let pause = |(from, length): &(i64, Option<i64>)| Pause {
        from: at(*from),
        to: length.map(|length| at(from + length)),
    };
    hours.iter().map(pause).collect()
}

/// Whether a pause touches a day, by the instants themselves.
fn touched(date: Date, pauses: &[Pause]) -> bool {
    let (begin, end) = (midnight(date), midnight(date.tomorrow().unwrap()));
    pauses
        .iter()
        .any(|pause| pause.from < end && pause.to.is_none_or(|to| to > begin && to > pause.from))
}

/// The clock again, day by day and without any cleverness; `None` where it never ends.
fn slowly(start: Date, limit: Limit, pauses: &[Pause]) -> Option<Date> {
    let calendar = Calendar::builtin();
    let (mut date, mut left) = (start, limit.amount);
    if limit.unit == Unit::Month {
        left = days_between(start, calendar.due(start, limit).unwrap());
    }
    for _ in 0..COUNTED {
        if left == 0 {
            return Some(date);
        }
        date = date.tomorrow().unwrap();
        let counts = limit.unit != Unit::WorkingDay || calendar.is_working(date).unwrap();
        left -= u32::from(counts && !touched(date, pauses));
    }
    None
}

/// Found by chance: a clock that never ends was counted beyond the calendar.
#[test]
fn whatever_starts_is_counted_within_the_calendar() {
    let last = plus_days(FIRST, STARTS + COUNTED).unwrap();
    assert!(last.year() <= Calendar::builtin().last_year(), "{last}");
    let never = [Pause { from: midnight(FIRST), to: None }];
    let start = plus_days(FIRST, STARTS - 1).unwrap();
    assert_eq!(slowly(start, Limit::working_days(1), &never), None);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn due_grows_with_start_and_amount(
        start in starts(), later in 0..40_u32, unit in units(), amount in 0..24_u32,
    ) {
        let calendar = Calendar::builtin();
        let of = |start, amount| calendar.due(start, Limit { amount, unit }).unwrap();
        let first = of(start, amount);
        prop_assert!(first >= start);
        prop_assert!(of(start, amount + 1) > first);
        prop_assert!(of(plus_days(start, later).unwrap(), amount) >= first);
    }

    #[test]
    fn working_days_end_on_a_working_day_and_count_back(start in starts(), amount in 1..300_u32) {
        let calendar = Calendar::builtin();
        let due = calendar.due(start, Limit::working_days(amount)).unwrap();
        prop_assert!(calendar.is_working(due).unwrap());
        prop_assert_eq!(calendar.working_days_between(start, due).unwrap(), amount);
    }

    #[test]
    fn what_lies_between_leads_back(start in starts(), later in 1..400_u32) {
        let calendar = Calendar::builtin();
        let end = calendar.next_working(plus_days(start, later).unwrap()).unwrap();
        let between = calendar.working_days_between(start, end).unwrap();
        prop_assert_eq!(calendar.due(start, Limit::working_days(between)).unwrap(), end);
    }

    #[test]
    fn the_clock_agrees_with_counting_day_by_day(
        start in starts(), limit in limits(), hours in pauses(),
    ) {
        let pauses = placed(start, &hours);
        let clock = Clock::new(Calendar::builtin());
        let due = clock.due(start, limit, &pauses, None).unwrap();
        prop_assert_eq!(due.date(), slowly(start, limit, &pauses));
        // And as many days have counted as the limit has.
        if let (Due::On(end), Unit::CalendarDay | Unit::WorkingDay) = (due, limit.unit) {
            prop_assert_eq!(clock.counted(start, end, limit.unit, &pauses).unwrap(), limit.amount);
        }
    }

    #[test]
    fn a_pause_never_brings_the_end_nearer(
        start in starts(), limit in limits(), hours in pauses(), more in pauses(),
    ) {
        let clock = Clock::new(Calendar::builtin());
        let fewer = placed(start, &hours);
        let all: Vec<Pause> = [fewer.clone(), placed(start, &more)].concat();
        let ends = |pauses: &[Pause]| {
            clock.due(start, limit, pauses, None).unwrap().date().unwrap_or(Date::MAX)
        };
        prop_assert!(ends(&all) >= ends(&fewer));
    }

    #[test]
    fn an_instant_lies_in_its_day(micros in -10_000_000_000_000_000..10_000_000_000_000_000_i64) {
        let instant = Timestamp::from_micros(micros);
        let date = date_of(instant);
        prop_assert!(midnight(date) <= instant);
        prop_assert!(instant < midnight(date.tomorrow().unwrap()));
    }
}
