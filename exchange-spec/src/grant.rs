//! Grants: the hub's signed answer to a Greet, for one journal. A branch shows its last one to a
//! hub that was restored.
//!
//! ```text
//! sanheyi-grant/v1
//! jintan>changzhou/normal/000102030405060708090a0b0c0d0e0f
//! epoch 0f0e0d0c0b0a09080706050403020100
//! serial 7
//! opened 4000
//! root CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=
//! generation 00112233445566778899aabbccddeeff
//! time 1767225600000000
//!
//! — changzhou Az3grl…
//! ```
//!
//! The key name is the hub's platform id. Further lines are allowed after these and ignored.

use thiserror::Error;

use crate::checkpoint::{number, root, time};
use crate::error::Code;
use crate::ids::{EpochId, Generation, JournalId, PlatformId};
use crate::note::{Lines, Note, NoteError};
use crate::suite::{Digest, SigningKey, VerifyingKey};
use crate::text::base64;
use crate::time::Timestamp;

#[cfg(test)]
mod tests;

/// First line of a grant. No checkpoint begins with it, since it is no journal id.
const HEADING: &str = "sanheyi-grant/v1";

/// What a hub grants in answer to a Greet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The journal.
    pub journal: JournalId,
    /// The epoch that it opens.
    pub epoch: EpochId,
    /// Counts the grants of this line of journals at the hub: the higher is the later. At most
    /// [`crate::merkle::SIZE_MAX`].
    pub serial: u64,
    /// Size of the hub's copy at which the epoch opens, at most [`crate::merkle::SIZE_MAX`].
    pub opened: u64,
    /// Root of that copy.
    pub root: Digest,
    /// Generation of the hub's store.
    pub generation: Generation,
    /// When it was granted, by the hub's clock.
    pub time: Timestamp,
}

/// Why a grant is refused.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum GrantError {
    /// It is no signed note, or not signed by the hub's key.
    #[error("the grant's note is refused")]
    Note(#[from] NoteError),
    /// A line is missing or malformed.
    #[error("the grant's line of {0} is missing or malformed")]
    Line(&'static str),
}

// === impl GrantError ===

impl GrantError {
    /// The code under which a surface refuses.
    pub const fn code(self) -> Code {
        match self {
            GrantError::Note(error) => error.code(),
            GrantError::Line(_) => Code::Malformed,
        }
    }
}

// === impl Grant ===

impl Grant {
    /// Signs by the hub's key: the note as it is stored and sent.
    pub fn sign(&self, hub: &PlatformId, key: &SigningKey) -> String {
        let text = format!(
            "{HEADING}\n{}\nepoch {}\nserial {}\nopened {}\nroot {}\ngeneration {}\ntime {}\n",
            self.journal,
            self.epoch,
            self.serial,
            self.opened,
            base64(self.root.as_bytes()),
            self.generation,
            self.time,
        );
        Note::sign_lines(text, hub.as_str(), key).to_string()
    }

    /// Reads a grant of the hub that has `key`. The signature is verified over the exact bytes.
    ///
    /// # Errors
    /// If it is no note, not signed by the key, beyond a bound, or a line is not in its only form.
    pub fn open(note: &str, hub: &PlatformId, key: &VerifyingKey) -> Result<Grant, GrantError> {
        use GrantError::Line;
        let note = Note::parse(note)?;
        note.verify(hub.as_str(), key)?;
        let mut lines = Lines::of(&note);
        if lines.line() != Some(HEADING) {
            return Err(Line("heading"));
        }
        let journal = lines.line().and_then(|line| line.parse().ok());
        let grant = Grant {
            journal: journal.ok_or(Line("journal"))?,
            epoch: lines.value("epoch").and_then(|v| v.parse().ok()).ok_or(Line("epoch"))?,
            serial: lines.value("serial").and_then(number).ok_or(Line("serial"))?,
            opened: lines.value("opened").and_then(number).ok_or(Line("opened"))?,
            root: lines.value("root").and_then(root).ok_or(Line("root"))?,
            generation: lines
                .value("generation")
                .and_then(|v| v.parse().ok())
                .ok_or(Line("generation"))?,
            time: lines.value("time").and_then(time).ok_or(Line("time"))?,
        };
        if lines.rest_is_well_formed() { Ok(grant) } else { Err(Line("extension")) }
    }
}
