//! Checkpoints (C2SP `tlog-checkpoint`): a journal's size and root, signed by its author.
//!
//! ```text
//! jintan>changzhou/normal/000102030405060708090a0b0c0d0e0f
//! 4096
//! CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//! epoch 0f0e0d0c0b0a09080706050403020100 4000
//! time 1767225600000000
//!
//! — jintan>changzhou/normal/000102030405060708090a0b0c0d0e0f Az3grl…
//! ```
//!
//! Origin and key name are the journal id. Epoch (with the size at which it opened) and time are
//! extension lines. Where somebody else than the author holds the key, the line after them says
//! who: `keeper changzhou`. Further extension lines are allowed after these and ignored.

use thiserror::Error;

use crate::error::Code;
use crate::ids::{EpochId, JournalId, PlatformId};
use crate::merkle::SIZE_MAX;
use crate::note::{Lines, Note, NoteError, decimal};
use crate::suite::{Digest, SigningKey, VerifyingKey};
use crate::text::{base64, parse_base64};
use crate::time::Timestamp;

#[cfg(test)]
mod tests;

/// What an author says about its journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The journal.
    pub journal: JournalId,
    /// How many entries it has, at most [`SIZE_MAX`].
    pub size: u64,
    /// Root over the leaf hashes of these entries.
    pub root: Digest,
    /// The epoch in which it was signed.
    pub epoch: EpochId,
    /// Size at which that epoch opened, at most [`SIZE_MAX`].
    pub opened: u64,
    /// When it was signed, by the author's clock.
    pub time: Timestamp,
    /// Who holds the key that signs, where it is not the author: the hub that hosts a tenant.
    pub keeper: Option<PlatformId>,
}

/// How the line of the keeper begins.
const KEEPER: &str = "keeper";

/// Why a checkpoint is refused.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum CheckpointError {
    /// It is no signed note, or not signed by the key.
    #[error("the checkpoint's note is refused")]
    Note(#[from] NoteError),
    /// A line is missing or malformed.
    #[error("the checkpoint's line of {0} is missing or malformed")]
    Line(&'static str),
}

// === impl CheckpointError ===

impl CheckpointError {
    /// The code under which a surface refuses.
    pub const fn code(self) -> Code {
        match self {
            CheckpointError::Note(error) => error.code(),
            CheckpointError::Line(_) => Code::Malformed,
        }
    }
}

// === impl Checkpoint ===

impl Checkpoint {
    /// Signs by the author's key: the note as it is stored and sent.
    pub fn sign(&self, key: &SigningKey) -> String {
        let origin = self.journal.to_string();
        let mut text = format!(
            "{origin}\n{}\n{}\nepoch {} {}\ntime {}\n",
            self.size,
            base64(self.root.as_bytes()),
            self.epoch,
            self.opened,
            self.time,
        );
        if let Some(keeper) = &self.keeper {
            text.push_str(&format!("{KEEPER} {keeper}\n"));
        }
        Note::sign_lines(text, &origin, key).to_string()
    }

    /// Reads a checkpoint whose author has `key`. The signature is verified over the exact bytes.
    /// Whether it is the journal that was asked about is for the caller to compare.
    ///
    /// # Errors
    /// If it is no note, not signed by the key, beyond a bound, or a line is not in its only form.
    pub fn open(note: &str, key: &VerifyingKey) -> Result<Checkpoint, CheckpointError> {
        use CheckpointError::Line;
        let note = Note::parse(note)?;
        let mut lines = Lines::of(&note);
        let origin = lines.line().ok_or(Line("origin"))?;
        note.verify(origin, key)?;
        let journal: JournalId = origin.parse().map_err(|_| Line("origin"))?;
        let size = lines.line().and_then(number).ok_or(Line("size"))?;
        let root = lines.line().and_then(root).ok_or(Line("root"))?;
        let epoch = lines.value("epoch").and_then(|value| value.split_once(' '));
        let (epoch, opened) = epoch.ok_or(Line("epoch"))?;
        let epoch = epoch.parse().map_err(|_| Line("epoch"))?;
        let opened = number(opened).ok_or(Line("epoch"))?;
        let time = lines.value("time").and_then(time).ok_or(Line("time"))?;
        let keeper = lines.optional(KEEPER).map(str::parse::<PlatformId>);
        let keeper = keeper.transpose().map_err(|_| Line(KEEPER))?;
        // Who keeps its own key says nothing: there is one form of that.
        if keeper.as_ref() == Some(&journal.author) {
            return Err(Line(KEEPER));
        }
        let checkpoint = Checkpoint { journal, size, root, epoch, opened, time, keeper };
        if lines.rest_is_well_formed() { Ok(checkpoint) } else { Err(Line("extension")) }
    }
}

/// Reads a size, or another count that is stored in a signed column.
pub(crate) fn number(text: &str) -> Option<u64> {
    decimal(text).filter(|number| *number <= SIZE_MAX)
}

/// Reads a root.
pub(crate) fn root(text: &str) -> Option<Digest> {
    Digest::from_slice(&parse_base64(text)?).ok()
}

/// Reads a time.
pub(crate) fn time(text: &str) -> Option<Timestamp> {
    decimal(text).map(Timestamp::from_micros)
}
