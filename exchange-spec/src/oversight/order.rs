//! Orders (督办): issued, delivered, replied to, closed.

use sanheyi_proto::standard::v1::{SupervisionOrder, SupervisionReply, SupervisionResult};

use super::{CLOSE_WORKING_DAYS, REPLY_WORKING_DAYS, Term, earliest, last_instant};
use crate::calendar::{Calendar, Limit};
use crate::time::Timestamp;

/// What is known of an order.
#[derive(Clone, Copy, Debug)]
pub struct OrderRecords<'a> {
    /// The order in its latest revision.
    pub order: &'a SupervisionOrder,
    /// Whether the platform that it is for has it.
    pub delivered: bool,
    /// Its replies, each in its latest revision.
    pub replies: &'a [SupervisionReply],
    /// How it ended.
    pub result: Option<&'a SupervisionResult>,
}

/// How far an order has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrderState {
    /// 已签发.
    Issued,
    /// 已送达: the platform that it is for has it.
    Delivered,
    /// 已回复: there is a reply.
    Replied,
    /// 已办结: there is a result.
    Closed,
}

/// How an order stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderStanding {
    /// How far it has come.
    pub state: OrderState,
    /// The first reply: due when the order says, else after [`REPLY_WORKING_DAYS`].
    pub reply: Term,
    /// The result: due after [`CLOSE_WORKING_DAYS`].
    pub closing: Term,
}

/// How an order stands at `now`. Instants are those that the records name.
pub fn order(records: &OrderRecords<'_>, calendar: &Calendar, now: Timestamp) -> OrderStanding {
    let OrderRecords { order, delivered, replies, result } = *records;
    let issued = Timestamp::from_micros(order.issued_at);
    let within = |days| last_instant(calendar, issued, Limit::working_days(days));
    let reply_due = if order.reply_due_at > order.issued_at {
        Ok(Timestamp::from_micros(order.reply_due_at))
    } else {
        within(REPLY_WORKING_DAYS)
    };
    let replied = earliest(replies.iter().map(|reply| reply.replied_at));
    let ended = result.map(|result| Timestamp::from_micros(result.ended_at));
    let state = if ended.is_some() {
        OrderState::Closed
    } else if replied.is_some() {
        OrderState::Replied
    } else if delivered {
        OrderState::Delivered
    } else {
        OrderState::Issued
    };
    OrderStanding {
        state,
        reply: Term::new(reply_due.map_err(Into::into), replied, ended, now),
        closing: Term::new(within(CLOSE_WORKING_DAYS).map_err(Into::into), ended, None, now),
    }
}

// === impl OrderState ===

impl OrderState {
    /// The name in JSON.
    pub const fn en(self) -> &'static str {
        match self {
            OrderState::Issued => "issued",
            OrderState::Delivered => "delivered",
            OrderState::Replied => "replied",
            OrderState::Closed => "closed",
        }
    }

    /// The name for readers.
    pub const fn zh(self) -> &'static str {
        match self {
            OrderState::Issued => "已签发",
            OrderState::Delivered => "已送达",
            OrderState::Replied => "已回复",
            OrderState::Closed => "已办结",
        }
    }
}
