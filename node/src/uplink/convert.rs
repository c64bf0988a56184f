//! Between the port's words and the wire's, both ways. What comes from outside is held against its
//! bounds here.

use std::time::Duration;

use bytes::Bytes;
use sanheyi_exchange_spec::error::{Code, IdError};
use sanheyi_exchange_spec::forward::Enclosure;
use sanheyi_exchange_spec::ids::{EpochId, Generation, JournalId};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::link::{Position, Refusal};
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::exchange::v1 as wire;

use super::bounds::{at_most, malformed};
use super::port::{
    CopyClaim, GreetAnswer, GreetCall, JournalClaim, JournalGrant, PullAnswer, PullCall,
    PushAnswer, PushCall, Tail,
};

/// A message that is not well formed.
pub type Malformed = Box<Refusal>;

fn field<T>(place: &str, parsed: Result<T, IdError>) -> Result<T, Malformed> {
    parsed.map_err(|error| malformed(place, error))
}

fn journal(text: &str) -> Result<JournalId, Malformed> {
    field("journal", text.parse())
}

fn blob<const N: usize>(bytes: &[u8; N]) -> Bytes {
    Bytes::copy_from_slice(bytes)
}

// === Greet ===

impl From<GreetCall> for wire::GreetRequest {
    fn from(call: GreetCall) -> Self {
        let claim = |one: JournalClaim| wire::JournalClaim {
            journal: one.journal.to_string(),
            holds: one.holds.iter().map(|id| blob(id.as_bytes())).collect(),
            next: blob(one.next.as_bytes()),
            size: one.size,
            root: blob(one.root.as_bytes()),
            last_grant: one.last_grant,
        };
        let copy = |one: CopyClaim| wire::CopyClaim {
            journal: one.journal.to_string(),
            size: one.size,
            root: blob(one.root.as_bytes()),
            checkpoint: one.checkpoint,
        };
        Self {
            protocol: call.protocol,
            standard: call.standard,
            software: call.software,
            now: call.now.as_micros(),
            journals: call.journals.into_iter().map(claim).collect(),
            copies: call.copies.into_iter().map(copy).collect(),
        }
    }
}

impl TryFrom<wire::GreetRequest> for GreetCall {
    type Error = Malformed;

    fn try_from(message: wire::GreetRequest) -> Result<Self, Malformed> {
        let claim = |one: wire::JournalClaim| {
            Ok(JournalClaim {
                journal: journal(&one.journal)?,
                holds: one
                    .holds
                    .iter()
                    .map(|id| field("holds", EpochId::from_slice(id)))
                    .collect::<Result<_, _>>()?,
                next: field("next", EpochId::from_slice(&one.next))?,
                size: one.size,
                root: field("root", Digest::from_slice(&one.root))?,
                last_grant: one.last_grant,
            })
        };
        let copy = |one: wire::CopyClaim| {
            Ok(CopyClaim {
                journal: journal(&one.journal)?,
                size: one.size,
                root: field("root", Digest::from_slice(&one.root))?,
                checkpoint: one.checkpoint,
            })
        };
        let call = Self {
            protocol: message.protocol,
            standard: message.standard,
            software: message.software,
            now: Timestamp::from_micros(message.now),
            journals: message.journals.into_iter().map(claim).collect::<Result<_, Malformed>>()?,
            copies: message.copies.into_iter().map(copy).collect::<Result<_, Malformed>>()?,
        };
        call.bounded()
    }
}

impl From<GreetAnswer> for wire::GreetResponse {
    fn from(answer: GreetAnswer) -> Self {
        let grant = |one: JournalGrant| wire::JournalGrant {
            journal: one.journal.to_string(),
            epoch: blob(one.epoch.as_bytes()),
            size: one.size,
            root: blob(one.root.as_bytes()),
            grant: one.grant,
            extends_claim: one.extends_claim,
        };
        Self {
            generation: blob(answer.generation.as_bytes()),
            now: answer.now.as_micros(),
            standard: answer.standard,
            grants: answer.grants.into_iter().map(grant).collect(),
            mailboxes: answer.mailboxes.into_iter().map(to_size).collect(),
        }
    }
}

impl TryFrom<wire::GreetResponse> for GreetAnswer {
    type Error = Malformed;

    fn try_from(message: wire::GreetResponse) -> Result<Self, Malformed> {
        at_most("grants", message.grants.len(), limits::JOURNALS_PER_CALL)?;
        at_most("mailboxes", message.mailboxes.len(), limits::JOURNALS_PER_CALL)?;
        let grant = |one: wire::JournalGrant| {
            Ok(JournalGrant {
                journal: journal(&one.journal)?,
                epoch: field("epoch", EpochId::from_slice(&one.epoch))?,
                size: one.size,
                root: field("root", Digest::from_slice(&one.root))?,
                grant: one.grant,
                extends_claim: one.extends_claim,
            })
        };
        Ok(Self {
            generation: generation(&message.generation)?,
            now: Timestamp::from_micros(message.now),
            standard: message.standard,
            grants: message.grants.into_iter().map(grant).collect::<Result<_, Malformed>>()?,
            mailboxes: message.mailboxes.iter().map(from_size).collect::<Result<_, _>>()?,
        })
    }
}

fn generation(bytes: &[u8]) -> Result<Generation, Malformed> {
    field("generation", Generation::from_slice(bytes))
}

fn to_size((journal, size): (JournalId, u64)) -> wire::JournalSize {
    wire::JournalSize { journal: journal.to_string(), size }
}

fn from_size(message: &wire::JournalSize) -> Result<(JournalId, u64), Malformed> {
    Ok((journal(&message.journal)?, message.size))
}

fn to_epoch((journal, epoch): (JournalId, EpochId)) -> wire::JournalEpoch {
    wire::JournalEpoch { journal: journal.to_string(), epoch: blob(epoch.as_bytes()) }
}

fn from_epoch(message: &wire::JournalEpoch) -> Result<(JournalId, EpochId), Malformed> {
    Ok((journal(&message.journal)?, field("epoch", EpochId::from_slice(&message.epoch))?))
}

// === Push ===

impl From<PushCall> for wire::PushRequest {
    fn from(call: PushCall) -> Self {
        Self {
            journal: call.journal.to_string(),
            generation: blob(call.position.generation.as_bytes()),
            epoch: blob(call.position.epoch.as_bytes()),
            first: call.first,
            segments: call.segments,
            checkpoint: call.checkpoint,
        }
    }
}

impl TryFrom<wire::PushRequest> for PushCall {
    type Error = Malformed;

    fn try_from(message: wire::PushRequest) -> Result<Self, Malformed> {
        let call = Self {
            journal: journal(&message.journal)?,
            position: Position {
                generation: generation(&message.generation)?,
                epoch: field("epoch", EpochId::from_slice(&message.epoch))?,
            },
            first: message.first,
            segments: message.segments,
            checkpoint: message.checkpoint,
        };
        call.bounded()
    }
}

impl From<PushAnswer> for wire::PushResponse {
    fn from(answer: PushAnswer) -> Self {
        Self {
            generation: blob(answer.position.generation.as_bytes()),
            epoch: blob(answer.position.epoch.as_bytes()),
            durable: answer.durable,
        }
    }
}

impl TryFrom<wire::PushResponse> for PushAnswer {
    type Error = Malformed;

    fn try_from(message: wire::PushResponse) -> Result<Self, Malformed> {
        Ok(Self {
            position: Position {
                generation: generation(&message.generation)?,
                epoch: field("epoch", EpochId::from_slice(&message.epoch))?,
            },
            durable: message.durable,
        })
    }
}

// === Pull ===

impl From<PullCall> for wire::PullRequest {
    fn from(call: PullCall) -> Self {
        let wait = u32::try_from(call.wait.as_millis()).unwrap_or(u32::MAX);
        Self {
            generation: blob(call.generation.as_bytes()),
            cursors: call.cursors.into_iter().map(to_size).collect(),
            epochs: call.epochs.into_iter().map(to_epoch).collect(),
            wait_millis: wait.min(limits::PULL_WAIT_MILLIS),
            max_bytes: u32::try_from(call.max_bytes).unwrap_or(u32::MAX),
        }
    }
}

impl TryFrom<wire::PullRequest> for PullCall {
    type Error = Malformed;

    fn try_from(message: wire::PullRequest) -> Result<Self, Malformed> {
        let call = Self {
            generation: generation(&message.generation)?,
            cursors: message.cursors.iter().map(from_size).collect::<Result<_, _>>()?,
            epochs: message.epochs.iter().map(from_epoch).collect::<Result<_, _>>()?,
            wait: Duration::from_millis(u64::from(message.wait_millis)),
            max_bytes: message.max_bytes as usize,
        };
        call.bounded()
    }
}

impl From<PullAnswer> for wire::PullResponse {
    fn from(answer: PullAnswer) -> Self {
        Self {
            generation: blob(answer.generation.as_bytes()),
            tails: answer.tails.into_iter().map(wire::Tail::from).collect(),
        }
    }
}

impl TryFrom<wire::PullResponse> for PullAnswer {
    type Error = Malformed;

    fn try_from(message: wire::PullResponse) -> Result<Self, Malformed> {
        at_most("tails", message.tails.len(), limits::JOURNALS_PER_CALL)?;
        Ok(Self {
            generation: generation(&message.generation)?,
            tails: message
                .tails
                .into_iter()
                .map(Tail::try_from)
                .collect::<Result<_, Malformed>>()?,
        })
    }
}

impl From<Tail> for wire::Tail {
    fn from(tail: Tail) -> Self {
        // Those who are forwarded together mostly stand on one checkpoint.
        let mut checkpoints: Vec<String> = Vec::new();
        let mut enclosures = Vec::with_capacity(tail.enclosures.len());
        for (sequence, enclosure) in tail.enclosures {
            let known = checkpoints.iter().rposition(|note| *note == enclosure.checkpoint);
            let place = known.unwrap_or(checkpoints.len());
            enclosures.push(enclosure.to_wire(sequence, u32::try_from(place).unwrap_or(u32::MAX)));
            if known.is_none() {
                checkpoints.push(enclosure.checkpoint);
            }
        }
        Self {
            journal: tail.journal.to_string(),
            first: tail.first,
            segments: tail.segments,
            checkpoint: tail.checkpoint,
            durable: tail.durable,
            enclosures,
            checkpoints,
        }
    }
}

impl TryFrom<wire::Tail> for Tail {
    type Error = Malformed;

    fn try_from(message: wire::Tail) -> Result<Self, Malformed> {
        at_most("segments", message.segments.len(), limits::WINDOW_SEGMENTS)?;
        at_most("enclosures", message.enclosures.len(), limits::ENCLOSURES)?;
        at_most("checkpoints", message.checkpoints.len(), limits::ENCLOSURES)?;
        let checkpoints = message.checkpoints;
        let enclosure = |one| {
            Enclosure::from_wire(one, &checkpoints).map_err(|error| malformed("enclosures", error))
        };
        Ok(Tail {
            journal: journal(&message.journal)?,
            first: message.first,
            segments: message.segments,
            checkpoint: message.checkpoint,
            durable: message.durable,
            enclosures: message.enclosures.into_iter().map(enclosure).collect::<Result<_, _>>()?,
        })
    }
}

// === Refusal ===

/// A refusal as it travels.
pub fn refusal_to_wire(refusal: &Refusal) -> wire::Refusal {
    let root = |pick: fn(&(Digest, Digest)) -> &Digest| {
        refusal.roots.as_ref().map_or_else(Bytes::new, |roots| blob(pick(roots).as_bytes()))
    };
    wire::Refusal {
        code: refusal.code.as_str().to_owned(),
        place: refusal.place.clone(),
        zh: refusal.zh.clone(),
        en: refusal.en.clone(),
        remedy_zh: refusal.code.remedy_zh().to_owned(),
        remedy_en: refusal.code.remedy_en().to_owned(),
        durable: refusal.durable.unwrap_or(0),
        root_claimed: root(|roots| &roots.0),
        root_held: root(|roots| &roots.1),
        generation: refusal.position.map_or_else(Bytes::new, |at| blob(at.generation.as_bytes())),
        epoch: refusal.position.map_or_else(Bytes::new, |at| blob(at.epoch.as_bytes())),
    }
}

/// Reads a refusal; one with a code that is not in the table is an [`Code::Internal`] of the other
/// side.
pub fn refusal_from_wire(message: wire::Refusal) -> Refusal {
    let code = Code::parse(&message.code).unwrap_or(Code::Internal);
    let mut refusal = Refusal::new(code, message.place, message.zh, message.en);
    if matches!(code, Code::Gap | Code::EpochStale | Code::HistoryChanged) {
        refusal.durable = Some(message.durable);
    }
    let (claimed, held) =
        (Digest::from_slice(&message.root_claimed), Digest::from_slice(&message.root_held));
    if let (Ok(claimed), Ok(held)) = (claimed, held) {
        refusal.roots = Some((claimed, held));
    }
    let position =
        (Generation::from_slice(&message.generation), EpochId::from_slice(&message.epoch));
    if let (Ok(generation), Ok(epoch)) = position {
        refusal.position = Some(Position { generation, epoch });
    }
    refusal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_has_so_many_enclosures_and_no_more() {
        let tail = |count: usize| wire::Tail {
            journal: format!("changzhou>wujin/normal/{:032}", 0),
            enclosures: vec![wire::Enclosure { erased: true, ..Default::default() }; count],
            checkpoints: vec![String::new()],
            ..Default::default()
        };
        assert!(Tail::try_from(tail(limits::ENCLOSURES)).is_ok());
        assert!(Tail::try_from(tail(limits::ENCLOSURES + 1)).is_err());
    }
}
