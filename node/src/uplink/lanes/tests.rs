//! Hours and caps by themselves, with a clock that is told.

use super::*;
use crate::process::clock::ManualClock;
use crate::tests::MORNING;

/// A time of the day in Beijing: `MORNING` is 08:00.
fn at(hour: i64, minute: i64) -> Timestamp {
    MORNING.plus_micros(((hour - 8) * 60 + minute) * 60_000_000)
}

fn hours(spans: &[&str]) -> Hours {
    Hours::read(spans).unwrap()
}

/// Minutes until a lane may be used.
fn opens(hours: &Hours, now: Timestamp) -> u64 {
    hours.opens_in(now).as_secs() / 60
}

/// Minutes that it may still be used.
fn closes(hours: &Hours, now: Timestamp) -> Option<u64> {
    hours.closes_in(now).map(|left| left.as_secs() / 60)
}

#[test]
fn a_lane_without_hours_is_always_open() {
    let always = hours(&[]);
    assert_eq!((opens(&always, at(3, 0)), closes(&always, at(3, 0))), (0, None));
    assert_eq!(closes(&hours(&["00:00-24:00"]), at(23, 59)), None);
    assert_eq!(closes(&hours(&["00:00-12:00", "12:00-24:00"]), at(7, 0)), None);
}

#[test]
fn hours_over_midnight_are_open_on_both_sides_of_it() {
    let night = hours(&["18:00-08:00"]);
    assert_eq!(night.to_string(), "18:00-08:00");
    assert_eq!([at(17, 59), at(18, 0)].map(|now| opens(&night, now)), [1, 0]);
    assert_eq!([at(23, 59), at(24, 0), at(31, 59)].map(|now| opens(&night, now)), [0, 0, 0]);
    assert_eq!(opens(&night, at(8, 0)), 600);
    let left = [at(18, 0), at(23, 59), at(24, 0), at(31, 59), at(12, 0)];
    assert_eq!(
        left.map(|now| closes(&night, now)),
        [Some(840), Some(481), Some(480), Some(1), Some(0)]
    );
    // To the microsecond.
    let (last, edge) = (at(8, 0).plus_micros(-1), at(18, 0).plus_micros(-1));
    assert_eq!(night.opens_in(last), Duration::ZERO);
    assert_eq!(night.opens_in(edge), Duration::from_micros(1));
}

#[test]
fn hours_that_end_or_begin_at_midnight_do_so_exactly() {
    let evening = hours(&["20:00-24:00"]);
    assert_eq!([at(23, 59), at(24, 0)].map(|now| opens(&evening, now)), [0, 1200]);
    let early = hours(&["00:00-06:00"]);
    assert_eq!(
        [at(23, 59), at(24, 0), at(29, 59), at(30, 0)].map(|now| opens(&early, now)),
        [1, 0, 0, 1080]
    );
    // Together they are one night, and say so.
    let both = hours(&["20:00-24:00", "00:00-06:00"]);
    assert_eq!(closes(&both, at(22, 0)), Some(480));
    let lunch = hours(&["12:00-13:00", "18:00-19:00"]);
    assert_eq!([at(13, 0), at(19, 0)].map(|now| opens(&lunch, now)), [300, 1020]);
}

#[test]
fn what_is_no_span_of_a_day_is_refused() {
    for text in
        ["", "18:00", "8:00-18:00", "18:00-08:60", "24:00-08:00", "25:00-26:00", "+1:00-02:00"]
    {
        assert_eq!(Hours::read(&[text]), Err(vec![HoursError::Span(text.to_owned())]));
    }
    assert_eq!(Hours::read(&["08:00-08:00"]), Err(vec![HoursError::Empty("08:00-08:00".into())]));
    assert!(Hours::read(&["00:00-24:00"; SPANS]).is_ok());
    assert_eq!(Hours::read(&["00:00-24:00"; SPANS + 1]), Err(vec![HoursError::Many(SPANS + 1)]));
}

fn lanes(kilobits_per_second: u32, spans: &[&str]) -> (Lanes, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::new(MORNING));
    let normal = LaneRule { kilobits_per_second, hours: hours(spans) };
    let rules = LaneRules { normal, ..LaneRules::default() };
    (Lanes::new(&rules, Arc::clone(&clock) as _), clock)
}

#[test]
fn a_capped_lane_waits_until_what_it_carried_is_paid_and_the_urgent_one_does_not() {
    // 80 kbit/s are 10,000 bytes a second.
    let (lanes, clock) = lanes(80, &[]);
    let wait = |way| lanes.wait(Lane::Normal, way).as_millis();
    assert_eq!((wait(Way::Up), wait(Way::Down)), (0, 0));
    lanes.paid(Lane::Normal, Way::Up, 10_000);
    assert_eq!((wait(Way::Up), wait(Way::Down)), (0, 0), "one second's worth may go at once");
    lanes.paid(Lane::Normal, Way::Up, 50_000);
    assert_eq!((wait(Way::Up), wait(Way::Down)), (5_000, 0), "each direction has its own");
    assert_eq!(lanes.wait(Lane::Urgent, Way::Up), Duration::ZERO);
    lanes.paid(Lane::Urgent, Way::Up, usize::MAX);
    assert_eq!(lanes.wait(Lane::Urgent, Way::Up), Duration::ZERO, "it has no cap");
    clock.advance(Duration::from_secs(4));
    assert_eq!(wait(Way::Up), 1_000);
    clock.advance(Duration::from_secs(1));
    assert_eq!(wait(Way::Up), 0);
}

#[test]
fn over_any_time_a_lane_carries_its_cap_and_one_window_more() {
    let window = sanheyi_exchange_spec::limits::WINDOW_BYTES;
    let (lanes, clock) = lanes(1_000, &[]);
    let (mut gone, mut passed) = (0, Duration::ZERO);
    while passed < Duration::from_secs(600) {
        let wait = lanes.wait(Lane::Normal, Way::Down);
        clock.advance(wait);
        passed += wait;
        lanes.paid(Lane::Normal, Way::Down, window);
        gone += window;
        let bound = 125_000.0 * (passed.as_secs_f64() + 1.0) + window as f64;
        assert!(gone as f64 <= bound, "{gone} bytes in {passed:?}");
    }
    assert!(gone as f64 >= 125_000.0 * 590.0, "and not much less: {gone}");
}

#[test]
fn a_lane_waits_for_its_hours_and_a_call_does_not_outlast_them() {
    let (lanes, clock) = lanes(0, &["18:00-08:30"]);
    let longest = Duration::from_secs(25);
    assert_eq!(lanes.wait(Lane::Normal, Way::Up), Duration::ZERO);
    assert_eq!(lanes.within_hours(Lane::Normal, longest), longest);
    clock.set(at(8, 30).plus_micros(-7_000_000));
    assert_eq!(lanes.within_hours(Lane::Normal, longest), Duration::from_secs(7));
    assert_eq!(lanes.within_hours(Lane::Urgent, longest), longest);
    clock.set(at(8, 30));
    assert_eq!(lanes.wait(Lane::Normal, Way::Down), Duration::from_secs(34_200));
    assert_eq!(lanes.wait(Lane::Urgent, Way::Down), Duration::ZERO);
    let rule = LaneRule { kilobits_per_second: 0, hours: hours(&["18:00-08:30"]) };
    assert_eq!(rule.waits_until(clock.now()), Some(at(18, 0)));
    clock.set(at(18, 0));
    assert_eq!(lanes.wait(Lane::Normal, Way::Down), Duration::ZERO);
    assert_eq!(rule.waits_until(clock.now()), None);
}

#[test]
fn a_lane_looks_again_before_long_for_somebody_may_set_the_clock() {
    let (lanes, clock) = lanes(0, &["18:00-19:00"]);
    assert_eq!(lanes.next_look(Lane::Normal, Way::Up), Some(LOOK_AGAIN));
    clock.set(at(18, 0).plus_micros(-1_000_000));
    assert_eq!(lanes.next_look(Lane::Normal, Way::Up), Some(Duration::from_secs(1)));
    clock.set(at(18, 0));
    assert_eq!(lanes.next_look(Lane::Normal, Way::Up), None);
}

#[tokio::test]
async fn a_turn_that_has_come_does_not_wait() {
    let (lanes, _clock) = lanes(80, &[]);
    lanes.turn(Lane::Normal, Way::Up).await;
    lanes.turn(Lane::Urgent, Way::Down).await;
}
