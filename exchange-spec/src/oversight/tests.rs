//! Orders and complaints, each limit where it ends and the instant behind it.

use sanheyi_proto::standard::v1::{
    Complaint, ComplaintHandling, ComplaintState, HandlingAction, Limit as Promised, LimitUnit,
    SupervisionOrder, SupervisionReply, SupervisionResult,
};

use super::*;

const HOUR: i64 = 3_600_000_000;

/// An hour of a day in Beijing.
fn at(day: &str, hour: i64) -> Timestamp {
    midnight(day.parse().unwrap()).plus_micros(hour * HOUR)
}

fn midnight_after(day: &str) -> Timestamp {
    at(day, 24)
}

/// An order issued at ten in the morning, with replies and perhaps a result at these instants.
fn stands(
    issued: &str,
    replied: &[Timestamp],
    ended: Option<Timestamp>,
    now: Timestamp,
) -> OrderStanding {
    let body = SupervisionOrder { issued_at: at(issued, 10).as_micros(), ..Default::default() };
    let reply =
        |at: &Timestamp| SupervisionReply { replied_at: at.as_micros(), ..Default::default() };
    let replies: Vec<_> = replied.iter().map(reply).collect();
    let result =
        ended.map(|at| SupervisionResult { ended_at: at.as_micros(), ..Default::default() });
    let records =
        OrderRecords { order: &body, delivered: false, replies: &replies, result: result.as_ref() };
    order(&records, Calendar::builtin(), now)
}

#[test]
fn an_order_is_issued_delivered_replied_and_closed() {
    let body = SupervisionOrder::default();
    let (reply, result) = (SupervisionReply::default(), SupervisionResult::default());
    let state = |delivered, replies: &[SupervisionReply], result| {
        let records = OrderRecords { order: &body, delivered, replies, result };
        order(&records, Calendar::builtin(), Timestamp::default()).state
    };
    assert_eq!(state(false, &[], None), OrderState::Issued);
    assert_eq!(state(true, &[], None), OrderState::Delivered);
    assert_eq!(state(true, std::slice::from_ref(&reply), None), OrderState::Replied);
    assert_eq!(state(false, &[reply], None), OrderState::Replied, "whoever replies has it");
    assert_eq!(state(true, &[], Some(&result)), OrderState::Closed, "nobody replied");
}

/// Issued; last day for the reply ([`REPLY_WORKING_DAYS`]); last day to close it
/// ([`CLOSE_WORKING_DAYS`]).
const LAST_DAYS: [(&str, &str, &str); 6] = [
    ("2009-09-25", "2009-10-09", "2009-10-29"),
    ("2009-09-30", "2009-10-14", "2009-11-04"),
    // Over the Spring Festival: 13 to 19 February are off, Saturday 20 and Sunday 21 worked.
    ("2010-02-05", "2010-02-12", "2010-03-10"),
    ("2010-02-12", "2010-02-24", "2010-03-17"),
    // A day off counts as little as any other first day.
    ("2010-02-14", "2010-02-24", "2010-03-17"),
    ("2010-06-11", "2010-06-21", "2010-07-12"),
];

#[test]
fn orders_are_due_by_working_days_in_beijing() {
    for (issued, reply, close) in LAST_DAYS {
        let stands = stands(issued, &[], None, at(issued, 11));
        let last = |day| Ok(midnight_after(day).plus_micros(-1));
        assert_eq!(stands.reply.due, last(reply), "{issued}");
        assert_eq!(stands.closing.due, last(close), "{issued}");
        let calendar = Calendar::builtin();
        let between = |day: &str| {
            calendar.working_days_between(issued.parse().unwrap(), day.parse().unwrap()).unwrap()
        };
        assert_eq!((between(reply), between(close)), (REPLY_WORKING_DAYS, CLOSE_WORKING_DAYS));
    }
}

#[test]
fn an_order_is_overdue_from_midnight_on() {
    for (issued, reply, close) in LAST_DAYS {
        for (due, term) in [(reply, 0), (close, 1)] {
            let timing = |now| {
                let stands = stands(issued, &[], None, now);
                [stands.reply.timing, stands.closing.timing][term]
            };
            let midnight = midnight_after(due);
            assert_eq!(timing(midnight.plus_micros(-1)), Timing::Running, "{issued} {due}");
            assert_eq!(timing(midnight), Timing::Overdue, "{issued} {due}");
        }
    }
}

#[test]
fn what_is_done_in_the_last_instant_is_in_time() {
    let (issued, reply, close) = LAST_DAYS[2];
    let later = at("2010-06-01", 0);
    let timing = |replied: Timestamp, ended: Timestamp| {
        let stands = stands(issued, &[replied], Some(ended), later);
        (stands.reply.timing, stands.closing.timing)
    };
    let (reply, close) = (midnight_after(reply), midnight_after(close));
    assert_eq!(timing(reply.plus_micros(-1), close.plus_micros(-1)), (Timing::Met, Timing::Met));
    assert_eq!(timing(reply, close), (Timing::Late, Timing::Late));
}

#[test]
fn the_first_reply_counts_and_a_later_one_takes_nothing_away() {
    let (early, late) = (at("2010-02-08", 9), at("2010-05-01", 9));
    let stands = stands("2010-02-05", &[late, early], None, at("2010-05-02", 0));
    assert_eq!((stands.reply.done, stands.reply.timing), (Some(early), Timing::Met));
    assert_eq!(stands.closing.timing, Timing::Overdue);
}

#[test]
fn an_order_that_is_closed_needs_no_reply_any_more() {
    let ended = |day| stands("2010-02-05", &[], Some(at(day, 9)), at("2010-06-01", 0)).reply.timing;
    assert_eq!(ended("2010-02-12"), Timing::Waived);
    assert_eq!(ended("2010-02-20"), Timing::Late, "it was overdue when the order was closed");
}

#[test]
fn an_order_may_name_the_time_of_the_reply_itself() {
    let issued_at = at("2010-02-05", 10).as_micros();
    let due = |reply_due_at| {
        let body = SupervisionOrder { issued_at, reply_due_at, ..Default::default() };
        let records = OrderRecords { order: &body, delivered: true, replies: &[], result: None };
        let stands = order(&records, Calendar::builtin(), Timestamp::from_micros(reply_due_at));
        (stands.reply.due.unwrap(), stands.reply.timing)
    };
    let named = Timestamp::from_micros(issued_at + 1);
    assert_eq!(due(issued_at + 1), (named, Timing::Running));
    let counted = midnight_after("2010-02-12").plus_micros(-1);
    assert_eq!(due(issued_at).0, counted, "no time at all is none");
    assert_eq!(due(0).0, counted);
}

#[test]
fn a_calendar_that_ends_before_is_told_and_nothing_is_guessed() {
    let calendar = Calendar::from_days("2010-1", 2010..=2010, []).unwrap();
    let body =
        SupervisionOrder { issued_at: at("2010-12-20", 10).as_micros(), ..Default::default() };
    let records = OrderRecords { order: &body, delivered: true, replies: &[], result: None };
    let stands = order(&records, &calendar, at("2011-06-01", 0));
    assert_eq!(stands.reply.timing, Timing::Overdue, "27 December is covered");
    assert_eq!(stands.closing.timing, Timing::Unknown);
    let Err(NoTerm::OutOfCalendar(out)) = &stands.closing.due else { panic!("{stands:?}") };
    assert_eq!(out.year, 2011);
    assert!(stands.closing.due.unwrap_err().zh().contains("2011"));
}

fn handling(serial: u32, action: HandlingAction, began: Timestamp) -> ComplaintHandling {
    ComplaintHandling {
        serial,
        action: action.into(),
        began_at: began.as_micros(),
        ..Default::default()
    }
}

/// Received Friday 5 February 2010 at ten.
fn received() -> Complaint {
    let received_at = at("2010-02-05", 10).as_micros();
    let state = ComplaintState::Registered.into();
    Complaint { received_at, updated_at: received_at, state, ..Default::default() }
}

fn complains(
    complaint: &Complaint,
    handlings: &[ComplaintHandling],
    now: Timestamp,
) -> ComplaintStanding {
    let records = ComplaintRecords { complaint, delivered: false, handlings };
    super::complaint(&records, Calendar::builtin(), now)
}

#[test]
fn a_complaint_is_registered_accepted_handled_answered_and_closed() {
    let now = at("2010-02-08", 9);
    let life = [
        (HandlingAction::Accept, ComplaintProgress::Accepted),
        (HandlingAction::Transfer, ComplaintProgress::Transferred),
        (HandlingAction::Investigate, ComplaintProgress::InProgress),
        (HandlingAction::Extend, ComplaintProgress::InProgress),
        (HandlingAction::Answer, ComplaintProgress::Answered),
        (HandlingAction::Close, ComplaintProgress::Closed),
    ];
    assert_eq!(complains(&received(), &[], now).state, ComplaintProgress::Registered);
    let mut handlings = Vec::new();
    for (serial, (action, state)) in (1..).zip(life) {
        handlings.push(handling(serial, action, now));
        assert_eq!(complains(&received(), &handlings, now).state, state, "{action:?}");
    }
    let refused = [handling(1, HandlingAction::Refuse, now)];
    let refused = complains(&received(), &refused, now);
    assert_eq!(refused.state, ComplaintProgress::Refused);
    assert_eq!((refused.acceptance.timing, refused.answer.timing), (Timing::Met, Timing::Met));
    let delivered = ComplaintRecords { complaint: &received(), delivered: true, handlings: &[] };
    let delivered = complaint(&delivered, Calendar::builtin(), now);
    assert_eq!(delivered.state, ComplaintProgress::Delivered);
}

#[test]
fn a_complaint_says_of_itself_how_far_it_has_come() {
    let updated_at = at("2010-02-26", 9).as_micros();
    for (state, progress, accepted, answered) in [
        (ComplaintState::Accepted, ComplaintProgress::Accepted, Timing::Met, Timing::Running),
        (ComplaintState::Transferred, ComplaintProgress::Transferred, Timing::Met, Timing::Running),
        (ComplaintState::Answered, ComplaintProgress::Answered, Timing::Met, Timing::Met),
        (ComplaintState::Refused, ComplaintProgress::Refused, Timing::Met, Timing::Met),
        (ComplaintState::Withdrawn, ComplaintProgress::Withdrawn, Timing::Waived, Timing::Waived),
    ] {
        let changed = Complaint { state: state.into(), updated_at, ..received() };
        // Accepting is due on 12 February; this one was changed after.
        let early = Complaint { updated_at: at("2010-02-12", 23).as_micros(), ..changed };
        let stands = complains(&early, &[], at("2010-02-26", 9));
        assert_eq!(stands.state, progress);
        assert_eq!((stands.acceptance.timing, stands.answer.timing), (accepted, answered));
        assert_eq!(
            progress.is_over(),
            matches!(state, ComplaintState::Refused | ComplaintState::Withdrawn)
        );
    }
}

#[test]
fn a_complaint_is_taken_up_within_five_working_days() {
    let last = midnight_after("2010-02-12").plus_micros(-1);
    let days = Calendar::builtin()
        .working_days_between("2010-02-05".parse().unwrap(), "2010-02-12".parse().unwrap());
    assert_eq!(days, Ok(ACCEPT_WORKING_DAYS));
    let timing = |taken: Option<Timestamp>, now| {
        let done: Vec<_> =
            taken.map(|at| handling(1, HandlingAction::Accept, at)).into_iter().collect();
        complains(&received(), &done, now).acceptance.timing
    };
    assert_eq!(timing(None, last), Timing::Running);
    assert_eq!(timing(None, last.plus_micros(1)), Timing::Overdue);
    assert_eq!(timing(Some(last), last), Timing::Met);
    assert_eq!(timing(Some(last.plus_micros(1)), last.plus_micros(1)), Timing::Late);
}

#[test]
fn a_complaint_is_answered_by_its_limit_its_one_extension_or_within_a_month() {
    assert_eq!(ANSWER_MONTHS, 1);
    let promised = |amount, unit: LimitUnit| Some(Promised { amount, unit: unit.into() });
    let working = |amount| promised(amount, LimitUnit::WorkingDay);
    let extend = |serial, amount| ComplaintHandling {
        extension: working(amount),
        ..handling(serial, HandlingAction::Extend, at("2010-02-08", 9))
    };
    let due = |due, handlings: &[ComplaintHandling]| {
        complains(&Complaint { due, ..received() }, handlings, at("2010-02-08", 9)).answer.due
    };
    let last = |day| Ok(midnight_after(day).plus_micros(-1));
    assert_eq!(due(None, &[]), last("2010-03-05"));
    assert_eq!(due(working(5), &[]), last("2010-02-12"));
    assert_eq!(due(working(5), &[extend(1, 1)]), last("2010-02-20"), "over the festival");
    assert_eq!(due(working(5), &[extend(2, 9), extend(1, 1)]), last("2010-02-20"), "only one");
    assert_eq!(due(promised(60, LimitUnit::CalendarDay), &[]), last("2010-04-06"));
    assert_eq!(due(promised(1, LimitUnit::Unspecified), &[]), Err(NoTerm::Unit));
}
