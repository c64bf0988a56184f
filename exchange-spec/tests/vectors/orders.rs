//! Orders and complaints: what is known of them, and how they stand at an instant.

use sanheyi_exchange_spec::calendar::{Calendar, midnight};
use sanheyi_exchange_spec::oversight::{ComplaintRecords, OrderRecords, Term, complaint, order};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::standard::v1::{
    Complaint, ComplaintHandling, ComplaintState, HandlingAction, Limit, LimitUnit,
    SupervisionOrder, SupervisionReply, SupervisionResult,
};
use serde_json::{Value, json};

use crate::hold;

const HOUR: i64 = 3_600_000_000;

/// A day and an hour in Beijing.
type Hour = (&'static str, i64);

fn at((day, hour): Hour) -> i64 {
    midnight(day.parse().unwrap()).plus_micros(hour * HOUR).as_micros()
}

fn term(term: &Term) -> Value {
    json!({
        "due": term.due.as_ref().ok().map(|due| due.as_micros()),
        "done": term.done.map(Timestamp::as_micros),
        "timing": term.timing.en(),
    })
}

#[derive(Clone, Copy, Default)]
struct Order {
    name: &'static str,
    reply_due: Option<Hour>,
    delivered: bool,
    replied: &'static [Hour],
    ended: Option<Hour>,
}

/// Issued on 5 February 2010, at ten, but where it says otherwise.
fn order_vector(told: Order, issued: Hour, now: Hour) -> Value {
    let body = SupervisionOrder {
        issued_at: at(issued),
        reply_due_at: told.reply_due.map(at).unwrap_or_default(),
        ..Default::default()
    };
    let replied = told.replied.iter().copied().map(at);
    let replies: Vec<_> =
        replied.map(|replied_at| SupervisionReply { replied_at, ..Default::default() }).collect();
    let result =
        told.ended.map(|ended| SupervisionResult { ended_at: at(ended), ..Default::default() });
    let records = OrderRecords {
        order: &body,
        delivered: told.delivered,
        replies: &replies,
        result: result.as_ref(),
    };
    let stands = order(&records, Calendar::builtin(), Timestamp::from_micros(at(now)));
    json!({
        "name": told.name,
        "issued_at": body.issued_at,
        "reply_due_at": told.reply_due.map(at),
        "delivered": told.delivered,
        "replied_at": replies.iter().map(|reply| reply.replied_at).collect::<Vec<_>>(),
        "ended_at": result.map(|result| result.ended_at),
        "now": at(now),
        "state": stands.state.en(),
        "reply": term(&stands.reply),
        "closing": term(&stands.closing),
    })
}

fn order_vectors() -> Vec<Value> {
    let issued = ("2010-02-05", 10);
    let of = |told: Order, now| order_vector(told, issued, now);
    let none = Order { delivered: true, ..Order::default() };
    vec![
        of(Order { name: "issued", ..Order::default() }, ("2010-02-05", 11)),
        of(Order { name: "delivered", ..none }, ("2010-02-12", 23)),
        of(Order { name: "the reply is overdue from midnight on", ..none }, ("2010-02-13", 0)),
        of(
            Order { name: "replied on the last day", replied: &[("2010-02-12", 17)], ..none },
            ("2010-03-10", 23),
        ),
        of(
            Order { name: "replied at midnight, too late", replied: &[("2010-02-13", 0)], ..none },
            ("2010-03-11", 0),
        ),
        of(
            Order {
                name: "closed in time",
                replied: &[("2010-02-20", 9), ("2010-02-08", 9)],
                ended: Some(("2010-03-10", 23)),
                ..none
            },
            ("2010-06-01", 0),
        ),
        of(
            Order { name: "closed before a reply was due", ended: Some(("2010-02-08", 9)), ..none },
            ("2010-06-01", 0),
        ),
        of(
            Order { name: "closed late, no reply", ended: Some(("2010-03-11", 0)), ..none },
            ("2010-06-01", 0),
        ),
        of(
            Order { name: "its own time", reply_due: Some(("2010-02-06", 12)), ..none },
            ("2010-02-06", 12),
        ),
        order_vector(
            Order { name: "no calendar for the year of the end", ..none },
            ("2026-12-10", 10),
            ("2026-12-18", 0),
        ),
    ]
}

/// An action, when the work began, when the complainant was answered.
type Work = (HandlingAction, Hour, Option<Hour>);

fn complaint_vector(
    name: &str,
    due: Option<Limit>,
    state: ComplaintState,
    work: &[Work],
    now: Hour,
) -> Value {
    let body = Complaint {
        received_at: at(("2010-02-05", 10)),
        updated_at: at(("2010-02-11", 9)),
        due,
        state: state.into(),
        ..Default::default()
    };
    let handling = |(serial, (action, began, replied)): (u32, &Work)| ComplaintHandling {
        serial,
        action: (*action).into(),
        began_at: at(*began),
        replied_at: replied.map(at),
        extension: (*action == HandlingAction::Extend)
            .then_some(Limit { amount: 1, unit: LimitUnit::WorkingDay.into() }),
        ..Default::default()
    };
    let handlings: Vec<_> = (1..).zip(work).map(handling).collect();
    let records = ComplaintRecords { complaint: &body, delivered: true, handlings: &handlings };
    let stands = complaint(&records, Calendar::builtin(), Timestamp::from_micros(at(now)));
    let limit = |limit: &Limit| json!({"amount": limit.amount, "unit": limit.unit});
    let shown = handlings.iter().map(|one| {
        json!({
            "serial": one.serial,
            "action": one.action,
            "began_at": one.began_at,
            "replied_at": one.replied_at,
            "extension": one.extension.as_ref().map(limit),
        })
    });
    json!({
        "name": name,
        "received_at": body.received_at,
        "updated_at": body.updated_at,
        "due": due.as_ref().map(limit),
        "state_of_record": body.state,
        "delivered": true,
        "handlings": shown.collect::<Vec<_>>(),
        "now": at(now),
        "state": stands.state.en(),
        "acceptance": term(&stands.acceptance),
        "answer": term(&stands.answer),
    })
}

fn complaint_vectors() -> Vec<Value> {
    let five = Some(Limit { amount: 5, unit: LimitUnit::WorkingDay.into() });
    let registered = ComplaintState::Registered;
    let accept = (HandlingAction::Accept, ("2010-02-08", 9), None);
    let answer = (HandlingAction::Answer, ("2010-02-20", 9), Some(("2010-02-20", 10)));
    let extend = (HandlingAction::Extend, ("2010-02-11", 9), None);
    let close = (HandlingAction::Close, ("2010-02-21", 9), None);
    let refuse = (HandlingAction::Refuse, ("2010-02-12", 9), None);
    let last = ("2010-02-12", 23);
    vec![
        complaint_vector("delivered", five, registered, &[], last),
        complaint_vector("overdue from midnight on", five, registered, &[], ("2010-02-13", 0)),
        complaint_vector("a month where it promises nothing", None, registered, &[], last),
        complaint_vector("accepted", five, registered, &[accept], last),
        complaint_vector("answered late", five, registered, &[accept, answer], ("2010-02-20", 11)),
        complaint_vector(
            "an extension over the Spring Festival",
            five,
            registered,
            &[accept, extend, answer, close],
            ("2010-02-21", 10),
        ),
        complaint_vector("refused", five, registered, &[refuse], last),
        complaint_vector("it says so itself", five, ComplaintState::Answered, &[], last),
        complaint_vector("withdrawn", five, ComplaintState::Withdrawn, &[], ("2010-06-01", 0)),
    ]
}

#[test]
fn orders_and_complaints_stand_as_the_golden_ones() {
    let vector = json!({"orders": order_vectors(), "complaints": complaint_vectors()});
    hold("orders", &vector);
}
