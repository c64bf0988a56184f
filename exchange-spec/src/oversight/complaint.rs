//! Complaints (投诉): registered, accepted or passed on or refused, handled, answered, closed.

use sanheyi_proto::standard::v1::{Complaint, ComplaintHandling, ComplaintState, HandlingAction};

use super::{ACCEPT_WORKING_DAYS, ANSWER_MONTHS, NoTerm, Term, earliest, end_of, last_instant};
use crate::calendar::{Calendar, Clock, ClockError, Due, Limit, Unit, date_of};
use crate::time::Timestamp;

/// What is known of a complaint.
#[derive(Clone, Copy, Debug)]
pub struct ComplaintRecords<'a> {
    /// The complaint in its latest revision.
    pub complaint: &'a Complaint,
    /// Whether the platform that it is for has it.
    pub delivered: bool,
    /// What was done with it, each in its latest revision.
    pub handlings: &'a [ComplaintHandling],
}

/// How far a complaint has come; a later state stands for those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ComplaintProgress {
    /// 已登记.
    Registered,
    /// 已送达: the platform that it is for has it.
    Delivered,
    /// 已受理.
    Accepted,
    /// 已转办.
    Transferred,
    /// 办理中.
    InProgress,
    /// 已答复.
    Answered,
    /// 不予受理: it ends with that.
    Refused,
    /// 已办结.
    Closed,
    /// 已撤回: it ends with that.
    Withdrawn,
}

/// How a complaint stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComplaintStanding {
    /// How far it has come.
    pub state: ComplaintProgress,
    /// Accepting, passing on or refusing it: due [`ACCEPT_WORKING_DAYS`] after its receipt.
    pub acceptance: Term,
    /// Answering it: due by its own limit, with one extension, else [`ANSWER_MONTHS`] after its
    /// receipt.
    pub answer: Term,
}

/// How a complaint stands at `now`. Instants are those that the records name.
pub fn complaint(
    records: &ComplaintRecords<'_>,
    calendar: &Calendar,
    now: Timestamp,
) -> ComplaintStanding {
    let ComplaintRecords { complaint, delivered, handlings } = *records;
    let told = ComplaintProgress::of_state(complaint.state());
    let done = handlings.iter().map(|one| ComplaintProgress::of_action(one.action()));
    let floor =
        if delivered { ComplaintProgress::Delivered } else { ComplaintProgress::Registered };
    let state = done.fold(told, Ord::max).max(floor);
    // Withdrawing is no handling: what was not done by then is waived.
    let withdrawn = told == ComplaintProgress::Withdrawn;
    // What the complaint says of itself it said when it was last changed.
    let said = |reached| (told >= reached && !withdrawn).then_some(complaint.updated_at);
    let began = handlings.iter().map(|one| one.began_at);
    let taken_up = earliest(began.chain(said(ComplaintProgress::Accepted)));
    let answers = handlings.iter().filter_map(answered_at);
    let answered = earliest(answers.chain(said(ComplaintProgress::Answered)));
    let ended = withdrawn.then(|| Timestamp::from_micros(complaint.updated_at));
    let received = Timestamp::from_micros(complaint.received_at);
    let accept_by = last_instant(calendar, received, Limit::working_days(ACCEPT_WORKING_DAYS));
    ComplaintStanding {
        state,
        acceptance: Term::new(accept_by.map_err(Into::into), taken_up, ended, now),
        answer: Term::new(answer_by(complaint, handlings, calendar), answered, ended, now),
    }
}

/// When a piece of work gave the complainant an answer, if it did: a refusal is one.
fn answered_at(handling: &ComplaintHandling) -> Option<i64> {
    let ends = matches!(handling.action(), HandlingAction::Refuse | HandlingAction::Close);
    handling.replied_at.or_else(|| ends.then_some(handling.began_at))
}

fn answer_by(
    complaint: &Complaint,
    handlings: &[ComplaintHandling],
    calendar: &Calendar,
) -> Result<Timestamp, NoTerm> {
    let limit = match &complaint.due {
        Some(due) => Limit::from_record(due).ok_or(NoTerm::Unit)?,
        None => Limit { amount: ANSWER_MONTHS, unit: Unit::Month },
    };
    // One extension counts: the first that was given.
    let extending = handlings.iter().filter(|one| one.action() == HandlingAction::Extend);
    let first = extending.min_by_key(|one| one.serial).and_then(|one| one.extension.as_ref());
    let extension = first.map(|more| Limit::from_record(more).ok_or(NoTerm::Unit)).transpose()?;
    let start = date_of(Timestamp::from_micros(complaint.received_at));
    match Clock::new(calendar).due(start, limit, &[], extension) {
        Ok(Due::On(day) | Due::Stopped(day)) => Ok(end_of(day)),
        Err(ClockError::OutOfCalendar(out)) => Err(NoTerm::OutOfCalendar(out)),
        // There are no pauses that could be reversed.
        Err(ClockError::Reversed(_)) => Err(NoTerm::Unit),
    }
}

// === impl ComplaintProgress ===

impl ComplaintProgress {
    const fn of_state(state: ComplaintState) -> Self {
        match state {
            ComplaintState::Unspecified | ComplaintState::Registered => Self::Registered,
            ComplaintState::Accepted => Self::Accepted,
            ComplaintState::Refused => Self::Refused,
            ComplaintState::Transferred => Self::Transferred,
            ComplaintState::InProgress => Self::InProgress,
            ComplaintState::Answered => Self::Answered,
            ComplaintState::Closed => Self::Closed,
            ComplaintState::Withdrawn => Self::Withdrawn,
        }
    }

    const fn of_action(action: HandlingAction) -> Self {
        match action {
            HandlingAction::Unspecified => Self::Registered,
            HandlingAction::Accept => Self::Accepted,
            HandlingAction::Refuse => Self::Refused,
            HandlingAction::Transfer => Self::Transferred,
            HandlingAction::Investigate | HandlingAction::Extend => Self::InProgress,
            HandlingAction::Answer => Self::Answered,
            HandlingAction::Close => Self::Closed,
        }
    }

    /// The name in JSON.
    pub const fn en(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::Delivered => "delivered",
            Self::Accepted => "accepted",
            Self::Transferred => "transferred",
            Self::InProgress => "in_progress",
            Self::Answered => "answered",
            Self::Refused => "refused",
            Self::Closed => "closed",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// The name for readers.
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Registered => "已登记",
            Self::Delivered => "已送达",
            Self::Accepted => "已受理",
            Self::Transferred => "已转办",
            Self::InProgress => "办理中",
            Self::Answered => "已答复",
            Self::Refused => "不予受理",
            Self::Closed => "已办结",
            Self::Withdrawn => "已撤回",
        }
    }

    /// Whether nothing more is to come.
    pub const fn is_over(self) -> bool {
        matches!(self, Self::Refused | Self::Closed | Self::Withdrawn)
    }
}
