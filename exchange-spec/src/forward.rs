//! Forwards (转送, rule 20): an entry of one platform that another may see. It stands in the
//! reader's mailbox as its author's header and place; body and proof are joined when it is served,
//! so that erasure has one place. The reader trusts the author's checkpoint, not the hub's word.

use bytes::Bytes;
use prost::Message as _;
use sanheyi_proto::exchange::v1 as wire;
use thiserror::Error;

use crate::checkpoint::{self, Checkpoint, CheckpointError};
use crate::entry::{Body, HeaderError, HeaderView};
use crate::error::IdError;
use crate::gate::Standing;
use crate::ids::{JournalId, Lane, PlatformId};
use crate::limits;
use crate::merkle::{ProofError, SIZE_MAX, verify_inclusion};
use crate::reason::Reason;
use crate::suite::{Digest, Salt, Suite, VerifyingKey};

#[cfg(test)]
mod tests;

/// Dataset of a forward.
pub const DATASET: &str = "exchange.forward";

/// An entry of somebody else, without its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forward {
    /// The author's journal.
    pub journal: JournalId,
    /// Where the entry stands in it, below [`SIZE_MAX`].
    pub sequence: u64,
    /// Header bytes as their author wrote them.
    pub header: Bytes,
    /// How the hub's gate judged it.
    pub standing: Standing,
    /// Why, where it was not simply accepted.
    pub reasons: Vec<Reason>,
}

/// What is joined to a forward when it is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Enclosure {
    /// Salt and body; `None` where the body was erased.
    pub body: Option<Body>,
    /// The author's checkpoint, a signed note.
    pub checkpoint: String,
    /// Inclusion proof of the entry at the checkpoint's size.
    pub inclusion: Vec<Digest>,
}

/// A forward that does not follow the form.
#[derive(Debug, Error)]
pub enum ForwardError {
    /// Not the protobuf message.
    #[error("not a forward")]
    Decode(#[from] prost::DecodeError),
    /// An id without its shape.
    #[error(transparent)]
    Id(#[from] IdError),
    /// The header is not a proper one.
    #[error("the entry forwarded: {0}")]
    Header(#[from] HeaderError),
    /// Beyond a bound.
    #[error("a forward: {0}")]
    Bound(&'static str),
}

/// Why an enclosure does not prove its forward. Whoever meets it keeps nothing of it.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum EnclosureError {
    /// The header is not a proper one.
    #[error("header: {0}")]
    Header(#[from] HeaderError),
    /// The directory of the reader has no key of the author yet.
    #[error("key: the directory has no key of the author for this journal yet")]
    Key,
    /// The checkpoint is no checkpoint of the author.
    #[error("checkpoint: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The checkpoint is about another journal.
    #[error("checkpoint: it is about another journal")]
    Journal,
    /// The entry does not stand in the journal that the author signed.
    #[error("inclusion: {0}")]
    Inclusion(#[from] ProofError),
    /// The body is not the one that the header binds.
    #[error("body: it does not have the digest that the header binds")]
    Body,
}

// === impl Forward ===

impl Forward {
    /// The forward's body.
    pub fn encode(&self) -> Vec<u8> {
        wire::Forward {
            journal: self.journal.to_string(),
            sequence: self.sequence,
            header: self.header.clone(),
            standing: self.standing.to_wire() as i32,
            reasons: self.reasons.iter().map(Reason::to_wire).collect(),
        }
        .encode_to_vec()
    }

    /// Reads a forward's body. A standing that is not known counts as pending.
    ///
    /// # Errors
    /// See [`ForwardError`].
    pub fn decode(body: &[u8]) -> Result<Self, ForwardError> {
        let message = wire::Forward::decode(body)?;
        if message.sequence >= SIZE_MAX {
            return Err(ForwardError::Bound("no journal is that long"));
        }
        if message.reasons.len() > limits::REASONS {
            return Err(ForwardError::Bound("too many reasons"));
        }
        HeaderView::parse(&message.header)?;
        Ok(Self {
            journal: message.journal.parse()?,
            sequence: message.sequence,
            header: message.header,
            standing: Standing::from_wire(message.standing).unwrap_or(Standing::Pending),
            reasons: message.reasons.into_iter().map(Reason::from_wire).collect(),
        })
    }

    /// Digest of the entry: the leaf of its header.
    pub fn digest(&self) -> Digest {
        Suite::Intl.leaf(&self.header)
    }

    /// Verifies what came with the forward: that the author signed a journal in which this very
    /// entry stands at this very place, and that the body is the one that the header binds.
    /// `key_of` gives the author's key that signs from a sequence number on. Answers the author's
    /// checkpoint.
    ///
    /// # Errors
    /// See [`EnclosureError`].
    pub fn verify(
        &self,
        enclosure: &Enclosure,
        key_of: impl FnOnce(&PlatformId, Lane, u64) -> Option<VerifyingKey>,
    ) -> Result<Checkpoint, EnclosureError> {
        let header = HeaderView::parse(&self.header)?;
        // The last entry that the checkpoint is about says whose turn it was to sign. It is
        // believed only as far as the signature then holds.
        let last = claimed_size(&enclosure.checkpoint).map_or(self.sequence, |size| size - 1);
        let JournalId { author, lane, .. } = &self.journal;
        let key = key_of(author, *lane, last).ok_or(EnclosureError::Key)?;
        let signed = Checkpoint::open(&enclosure.checkpoint, &key)?;
        if signed.journal != self.journal {
            return Err(EnclosureError::Journal);
        }
        let (leaf, size) = (self.digest(), signed.size);
        let (sequence, proof) = (self.sequence, &enclosure.inclusion);
        verify_inclusion(Suite::Intl, &leaf, sequence, size, proof, &signed.root)?;
        match &enclosure.body {
            Some(body) if Suite::Intl.body(&body.salt, &body.bytes) != header.body_digest => {
                Err(EnclosureError::Body)
            }
            _ => Ok(signed),
        }
    }
}

/// The size that a checkpoint names, above 0, before anybody has verified it.
fn claimed_size(note: &str) -> Option<u64> {
    note.lines().nth(1).and_then(checkpoint::number).filter(|size| *size > 0)
}

// === impl Enclosure ===

impl Enclosure {
    /// As it travels, for the forward at `sequence` of the mailbox; its checkpoint travels beside
    /// it, at place `checkpoint`.
    pub fn to_wire(&self, sequence: u64, checkpoint: u32) -> wire::Enclosure {
        let (salt, body) = self.body.as_ref().map_or_else(Default::default, |body| {
            (Bytes::copy_from_slice(&body.salt.0), body.bytes.clone())
        });
        wire::Enclosure {
            sequence,
            salt,
            body,
            erased: self.body.is_none(),
            checkpoint,
            inclusion: self
                .inclusion
                .iter()
                .map(|hash| Bytes::copy_from_slice(hash.as_bytes()))
                .collect(),
        }
    }

    /// Reads an enclosure; `checkpoints` are those that travelled beside it. Answers the sequence
    /// number of its forward in the mailbox, too.
    ///
    /// # Errors
    /// What is out of shape or beyond a bound.
    pub fn from_wire(
        message: wire::Enclosure,
        checkpoints: &[String],
    ) -> Result<(u64, Self), &'static str> {
        let body = match (message.erased, message.salt.as_ref().try_into()) {
            (true, _) if message.salt.is_empty() && message.body.is_empty() => None,
            (true, _) => return Err("an erased body cannot be there"),
            (false, Ok(_)) if message.body.len() > limits::BODY_BYTES => {
                return Err("a body that is too long");
            }
            (false, Ok(salt)) => Some(Body { salt: Salt(salt), bytes: message.body }),
            (false, Err(_)) => return Err("the salt must have 16 bytes"),
        };
        if message.inclusion.len() > limits::INCLUSION_HASHES {
            return Err("too many hashes in a proof");
        }
        let inclusion: Result<_, _> =
            message.inclusion.iter().map(|hash| Digest::from_slice(hash)).collect();
        let inclusion = inclusion.map_err(|_| "the hashes of a proof must have 32 bytes")?;
        let named = usize::try_from(message.checkpoint).ok();
        let checkpoint = named.and_then(|at| checkpoints.get(at)).cloned();
        let checkpoint = checkpoint.ok_or("it names a checkpoint that is not there")?;
        Ok((message.sequence, Self { body, checkpoint, inclusion }))
    }

    /// Bytes that it takes in a message, beside the checkpoint.
    pub fn weight(&self) -> usize {
        let body = self.body.as_ref().map_or(0, |body| body.bytes.len() + limits::SALT_BYTES);
        // Tags and lengths: two a hash, some for each field.
        body + self.inclusion.len() * 34 + 40
    }
}
