//! Attachments (附件): files that entries name. A file is known by the SHA-256 of all its bytes and
//! travels in pieces, beside the entries and never ahead of the one that names it.
//!
//! A piece is as much as passes a line of 2 Mbit/s in a second: so long an urgent entry waits at
//! most. Of which types a file may be, and how its bytes show it, stands in [`KINDS`].

mod kinds;

use sanheyi_proto::dataset;
use thiserror::Error;

use crate::limits::{ATTACHMENT_BYTES, ATTACHMENT_PIECE_BYTES};
use crate::suite::{Digest, Running};
pub use kinds::{KINDS, Kind, KindError, agree, kind_of};

/// A file, as an entry names it or as somebody offers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// SHA-256 of all its bytes.
    pub digest: Digest,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its type and subtype, in lower case.
    pub media_type: String,
}

/// What is wrong with a file or with one of its pieces.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum AttachmentError {
    /// Its size.
    #[error(
        "附件应为 1 至 {ATTACHMENT_BYTES} 字节，实为 {0} 字节，请拆分后分别登记 / a file has 1 to {ATTACHMENT_BYTES} bytes, this one has {0}: split it"
    )]
    Size(u64),
    /// Its type.
    #[error(transparent)]
    Kind(#[from] KindError),
    /// There is no piece of that number.
    #[error(
        "附件只有 {pieces} 片，没有第 {number} 片 / the file has {pieces} pieces, none of number {number}"
    )]
    Beyond {
        /// The piece.
        number: u64,
        /// So many there are.
        pieces: u64,
    },
    /// A piece has another size than its number says.
    #[error(
        "第 {number} 片应为 {due} 字节，实为 {is} 字节 / piece {number} must have {due} bytes and has {is}"
    )]
    Piece {
        /// The piece.
        number: u64,
        /// So many bytes it must have.
        due: u64,
        /// So many it has.
        is: u64,
    },
}

/// SHA-256 of a file, computed as its bytes pass.
#[derive(Clone, Default)]
pub struct Hasher(Running);

// === impl Attachment ===

impl Attachment {
    /// How many pieces it has.
    pub const fn pieces(&self) -> u64 {
        self.bytes.div_ceil(ATTACHMENT_PIECE_BYTES)
    }

    /// How many bytes its piece of that number has: all have [`ATTACHMENT_PIECE_BYTES`] but the
    /// last, which has what is left.
    ///
    /// # Errors
    /// [`AttachmentError::Beyond`] if there is none.
    pub fn piece_bytes(&self, number: u64) -> Result<u64, AttachmentError> {
        let pieces = self.pieces();
        if number >= pieces {
            return Err(AttachmentError::Beyond { number, pieces });
        }
        Ok((self.bytes - number * ATTACHMENT_PIECE_BYTES).min(ATTACHMENT_PIECE_BYTES))
    }

    /// Holds its size and its type against the bounds and the types of the form.
    ///
    /// # Errors
    /// [`AttachmentError::Size`] or [`AttachmentError::Kind`].
    pub fn check(&self) -> Result<(), AttachmentError> {
        if !(1..=ATTACHMENT_BYTES).contains(&self.bytes) {
            return Err(AttachmentError::Size(self.bytes));
        }
        kind_of(&self.media_type).map(drop).map_err(AttachmentError::Kind)
    }

    /// Holds a piece against its number, and the first against the type.
    ///
    /// # Errors
    /// Of its size, or of the type that its bytes do not show.
    pub fn check_piece(&self, number: u64, piece: &[u8]) -> Result<(), AttachmentError> {
        let (due, is) = (self.piece_bytes(number)?, piece.len() as u64);
        if due != is {
            return Err(AttachmentError::Piece { number, due, is });
        }
        if number == 0 {
            agree(&self.media_type, piece)?;
        }
        Ok(())
    }
}

/// The files that a body names. What the body's own check refuses (a digest that is none, a size
/// out of bounds) is left out: nothing could travel by it.
pub fn attachments_of(name: &str, body: &[u8]) -> Vec<Attachment> {
    let mut named = Vec::new();
    let Some(dataset) = dataset(name) else { return named };
    dataset.attached(body, |one| {
        let (digest, bytes) = (one.sha256.parse(), u64::try_from(one.bytes));
        let (Ok(digest), Ok(bytes @ 1..=ATTACHMENT_BYTES)) = (digest, bytes) else { return };
        let media_type = one.media_type.to_owned();
        named.push(Attachment { digest, bytes, media_type });
    });
    named
}

// === impl Hasher ===

impl Hasher {
    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The digest of all that passed.
    pub fn finish(self) -> Digest {
        self.0.finish()
    }
}

#[cfg(test)]
mod tests;
