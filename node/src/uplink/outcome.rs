//! What a step of a link came to, and what a failed call means to the link's machine.

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::ids::JournalId;
use sanheyi_exchange_spec::link::branch::Event;

use super::port::CallError;

/// What a step came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Go on stepping.
    Going,
    /// Connect again; first wait if `pause`.
    Reconnect {
        /// Whether to wait first. If not, nothing is wrong with the line.
        pause: bool,
        /// Why.
        why: String,
    },
    /// An operator must act; why, in words.
    Held(Code, String),
}

/// A failed call as an event, and why; or that an operator must act.
pub(super) fn event_of(
    journal: Option<JournalId>,
    error: CallError,
) -> Result<(Event, String), Outcome> {
    match error {
        CallError::Refused(refusal) => {
            tracing::warn!(%refusal, "the hub refused a call");
            let why = refusal.to_string();
            Ok((Event::Refused { journal, refusal: *refusal }, why))
        }
        CallError::Lost(why) => Ok((Event::Lost, why)),
        CallError::Ended(why) => Ok((Event::Ended { journal }, why)),
        CallError::Identity(why) => Err(Outcome::Held(Code::Unauthorised, why)),
    }
}

/// The outcome with its reason.
pub(super) fn because(outcome: &Outcome, reason: String) -> Outcome {
    match outcome {
        Outcome::Reconnect { pause, .. } => Outcome::Reconnect { pause: *pause, why: reason },
        Outcome::Held(code, _) => Outcome::Held(*code, reason),
        Outcome::Going => Outcome::Going,
    }
}
