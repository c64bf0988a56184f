//! Proofs that travel alone (C2SP `tlog-proof`): an entry's index, its path, and the checkpoint
//! that it leads to.
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! extra <base64, if there is any>
//! index 73894
//! gSKyXoYZUgZ6jduWYrkDOARinOMGJveXjgMkBTcdPlQ=
//! …
//!
//! <checkpoint>
//! ```

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use super::{ProofError, SIZE_MAX, verify_inclusion};
use crate::checkpoint::{self, Checkpoint, CheckpointError};
use crate::limits::{HEADER_BYTES, NOTE_BYTES};
use crate::note::{Note, NoteError, decimal};
use crate::suite::{Digest, Suite, VerifyingKey};
use crate::text::{base64, parse_base64};

#[cfg(test)]
mod tests;

/// Most hashes in a proof of inclusion: one per bit of the largest size.
pub const PROOF_HASHES: usize = SIZE_MAX.count_ones() as usize;
/// Most bytes of extra data: room for the header of the entry.
pub const EXTRA_BYTES: usize = HEADER_BYTES;
/// Longest text of a proof, in bytes: its first lines, extra data and hashes in base64, and a note.
pub const PROOF_BYTES: usize =
    128 + EXTRA_BYTES.div_ceil(3) * 4 + PROOF_HASHES * HASH_LINE + NOTE_BYTES;

const HEADING: &str = "c2sp.org/tlog-proof@v1";
/// A hash in base64 and its newline.
const HASH_LINE: usize = 45;

/// Proof that an entry stands in a journal, to be checked without any store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    /// Data that the proof does not cover, such as the header whose leaf hash is proved.
    pub extra: Option<Vec<u8>>,
    /// Index of the entry in its journal.
    pub index: u64,
    /// From the leaf's neighbour upwards, as [`super::inclusion_proof`] gives them.
    pub hashes: Vec<Digest>,
    /// The note that [`Checkpoint::sign`] gave, byte for byte, with other signatures perhaps.
    pub checkpoint: String,
}

/// Why a travelling proof is refused.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum TlogProofError {
    /// Beyond [`PROOF_BYTES`], [`PROOF_HASHES`] or [`EXTRA_BYTES`].
    #[error("the proof is too long")]
    TooLong,
    /// A line is missing or malformed.
    #[error("the proof's line of {0} is missing or malformed")]
    Line(&'static str),
    /// What follows the blank line is no signed note.
    #[error("the proof holds no checkpoint")]
    Note(#[from] NoteError),
    /// The checkpoint is refused.
    #[error("the proof's checkpoint is refused")]
    Checkpoint(#[from] CheckpointError),
    /// The hashes do not lead to the checkpoint's root.
    #[error("the proof does not prove")]
    Proof(#[from] ProofError),
}

// === impl TlogProof ===

impl TlogProof {
    /// Checks that `leaf` stands at the index in the journal of the checkpoint, whose author has
    /// `key`; gives the checkpoint. Whether it is the journal that was asked about is for the
    /// caller to compare.
    ///
    /// # Errors
    /// If the checkpoint is refused or the hashes do not lead to its root.
    pub fn verify(
        &self,
        suite: Suite,
        leaf: &Digest,
        key: &VerifyingKey,
    ) -> Result<Checkpoint, TlogProofError> {
        let head = Checkpoint::open(&self.checkpoint, key)?;
        verify_inclusion(suite, leaf, self.index, head.size, &self.hashes, &head.root)?;
        Ok(head)
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{HEADING}")?;
        if let Some(extra) = &self.extra {
            writeln!(f, "extra {}", base64(extra))?;
        }
        writeln!(f, "index {}", self.index)?;
        for hash in &self.hashes {
            writeln!(f, "{}", base64(hash.as_bytes()))?;
        }
        write!(f, "\n{}", self.checkpoint)
    }
}

impl FromStr for TlogProof {
    type Err = TlogProofError;

    /// Reads a proof. Nothing is verified yet.
    fn from_str(text: &str) -> Result<Self, TlogProofError> {
        use TlogProofError::{Line, TooLong};
        if text.len() > PROOF_BYTES {
            return Err(TooLong);
        }
        let (head, checkpoint) = text.split_once("\n\n").ok_or(Line("checkpoint"))?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(HEADING) {
            return Err(Line("heading"));
        }
        let extra = lines
            .next_if(|line| line.starts_with("extra "))
            .map(|line| parse_base64(&line["extra ".len()..]).ok_or(Line("extra")))
            .transpose()?;
        if extra.as_ref().is_some_and(|extra| extra.len() > EXTRA_BYTES) {
            return Err(TooLong);
        }
        let index = lines.next().and_then(|line| line.strip_prefix("index ")).and_then(decimal);
        let index = index.filter(|index| *index < SIZE_MAX).ok_or(Line("index"))?;
        let mut hashes = Vec::new();
        for line in lines {
            if hashes.len() == PROOF_HASHES {
                return Err(TooLong);
            }
            hashes.push(checkpoint::root(line).ok_or(Line("hashes"))?);
        }
        Note::parse(checkpoint)?;
        Ok(TlogProof { extra, index, hashes, checkpoint: checkpoint.to_owned() })
    }
}
