//! The port to a hub, in the words of the form. Its gRPC form is [`super::grpc`]; the hub's own
//! [`Exchange`] answers the same calls without a wire.
//!
//! [`Exchange`]: https://docs.rs/sanheyi-hub

use std::time::Duration;

use bytes::Bytes;
use sanheyi_exchange_spec::attachment::Attachment;
use sanheyi_exchange_spec::forward::Enclosure;
use sanheyi_exchange_spec::health::Heartbeat;
use sanheyi_exchange_spec::ids::{EpochId, Generation, JournalId};
use sanheyi_exchange_spec::link::{Position, Refusal};
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use thiserror::Error;

use crate::branch::attachment::Held;

/// Version of the protocol spoken here.
pub const PROTOCOL: u32 = 1;

/// What a branch says of one of its own journals. The grant is a signed note, not yet verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalClaim {
    /// The journal.
    pub journal: JournalId,
    /// All epoch ids that the branch may hold.
    pub holds: Vec<EpochId>,
    /// The next epoch id.
    pub next: EpochId,
    /// Size of the branch's journal.
    pub size: u64,
    /// Root of the branch's journal.
    pub root: Digest,
    /// The last grant held, or empty.
    pub last_grant: String,
}

/// What a branch holds of somebody else's journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopyClaim {
    /// The journal.
    pub journal: JournalId,
    /// Size of the copy.
    pub size: u64,
    /// Root of the copy.
    pub root: Digest,
    /// The author's checkpoint at exactly that size, or empty.
    pub checkpoint: String,
}

/// A Greet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GreetCall {
    /// Version of the protocol.
    pub protocol: u32,
    /// Version of the standard that the branch writes.
    pub standard: u32,
    /// Name and version of the software.
    pub software: String,
    /// The branch's clock.
    pub now: Timestamp,
    /// Its own journals.
    pub journals: Vec<JournalClaim>,
    /// Its copies.
    pub copies: Vec<CopyClaim>,
}

/// The answer for one journal. The grant is a signed note, not yet verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalGrant {
    /// The journal.
    pub journal: JournalId,
    /// The epoch now in force.
    pub epoch: EpochId,
    /// Size of the hub's copy.
    pub size: u64,
    /// Root of the hub's copy.
    pub root: Digest,
    /// The grant.
    pub grant: String,
    /// Whether what was claimed is a prefix of the hub's copy.
    pub extends_claim: bool,
}

/// The answer to a Greet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GreetAnswer {
    /// Generation of the hub's store.
    pub generation: Generation,
    /// The hub's clock.
    pub now: Timestamp,
    /// Version of the standard that the hub judges by.
    pub standard: u32,
    /// One grant for each journal claimed.
    pub grants: Vec<JournalGrant>,
    /// Journals to pull, with their durable sizes.
    pub mailboxes: Vec<(JournalId, u64)>,
}

/// A push.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushCall {
    /// The journal.
    pub journal: JournalId,
    /// Position carried.
    pub position: Position,
    /// Sequence number of the first entry.
    pub first: u64,
    /// Segments, in order.
    pub segments: Vec<Bytes>,
    /// The author's checkpoint at the size after the last entry.
    pub checkpoint: String,
}

/// The answer to a push: everything before `durable` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PushAnswer {
    /// Position in force.
    pub position: Position,
    /// Durable size of the hub's copy.
    pub durable: u64,
}

/// A pull.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullCall {
    /// Generation of the last answered Greet.
    pub generation: Generation,
    /// Journals, and where the copies end.
    pub cursors: Vec<(JournalId, u64)>,
    /// The epochs that the branch holds of its own journals.
    pub epochs: Vec<(JournalId, EpochId)>,
    /// How long the hub may wait for news.
    pub wait: Duration,
    /// Bytes of segments that may come.
    pub max_bytes: usize,
}

/// The next entries of a journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tail {
    /// The journal.
    pub journal: JournalId,
    /// Sequence number of the first entry.
    pub first: u64,
    /// Segments, in order.
    pub segments: Vec<Bytes>,
    /// The author's checkpoint after the last entry, or empty for an own journal.
    pub checkpoint: String,
    /// Durable size of the journal at the hub.
    pub durable: u64,
    /// What belongs to the forwards among the entries, by their sequence numbers.
    pub enclosures: Vec<(u64, Enclosure)>,
}

/// The answer to a pull.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullAnswer {
    /// Generation of the hub's store.
    pub generation: Generation,
    /// The tails; none if nothing came while it waited.
    pub tails: Vec<Tail>,
}

/// A piece of a file that is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PieceCall {
    /// SHA-256 of the file.
    pub digest: Digest,
    /// Number of the piece, from 0.
    pub number: u64,
    /// The piece.
    pub piece: Bytes,
}

/// A piece of a file that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PieceAsked {
    /// SHA-256 of the file.
    pub digest: Digest,
    /// Number of the piece, from 0.
    pub number: u64,
}

/// Why a call was not answered.
#[derive(Debug, Error)]
pub enum CallError {
    /// The hub refused.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// The line was lost, or the hub could not be reached.
    #[error("{0}")]
    Lost(String),
    /// The hub has ended this connection in order, because of its age or because it stops, and the
    /// call is to be made on the next one. Nothing is wrong.
    #[error("{0}")]
    Ended(String),
    /// One of the two certificates was refused: no pause will mend that.
    #[error("{0}")]
    Identity(String),
}

/// The three calls, those for files that entries name, and heartbeats. A port that carries no files
/// answers the latter as if it had lost them: records go on without.
pub trait HubPort: Send + Sync {
    /// Greets.
    fn greet(&self, call: GreetCall)
    -> impl Future<Output = Result<GreetAnswer, CallError>> + Send;

    /// Pushes.
    fn push(&self, call: PushCall) -> impl Future<Output = Result<PushAnswer, CallError>> + Send;

    /// Pulls.
    fn pull(&self, call: PullCall) -> impl Future<Output = Result<PullAnswer, CallError>> + Send;

    /// Offers a file that an entry names.
    fn offer_file(&self, file: Attachment) -> impl Future<Output = Result<Held, CallError>> + Send {
        drop(file);
        std::future::ready(Err(without_files()))
    }

    /// Gives the next piece of a file.
    fn put_piece(&self, call: PieceCall) -> impl Future<Output = Result<Held, CallError>> + Send {
        drop(call);
        std::future::ready(Err(without_files()))
    }

    /// Gives a heartbeat and takes the hub's. A port without heartbeats answers nothing.
    fn beat(
        &self,
        beat: Heartbeat,
    ) -> impl Future<Output = Result<Option<Heartbeat>, CallError>> + Send {
        drop(beat);
        std::future::ready(Ok(None))
    }

    /// Asks for a piece of a file.
    fn get_piece(&self, call: PieceAsked) -> impl Future<Output = Result<Bytes, CallError>> + Send {
        let _ = call;
        std::future::ready(Err(without_files()))
    }
}

fn without_files() -> CallError {
    CallError::Lost("this port carries no files".to_owned())
}

impl From<Box<Refusal>> for CallError {
    fn from(refusal: Box<Refusal>) -> Self {
        CallError::Refused(refusal)
    }
}

impl From<Refusal> for CallError {
    fn from(refusal: Refusal) -> Self {
        CallError::Refused(Box::new(refusal))
    }
}
