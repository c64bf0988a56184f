//! Segments (段): containers of some hundreds of entries, compressed once at the origin and passed
//! on as they came.
//!
//! A segment is never hashed or signed and carries no sequence number: its boundaries are local to
//! a store.
//!
//! ```text
//! magic "SHY1" | entries u32 | headers: inflated u32, packed u32
//!                            | bodies: inflated u32, packed u32 | headers frame | bodies frame
//! headers frame, per entry:  kind (0 = body there, 1 = erased) | length varint | header bytes
//!                            (kind 0: without the body digest at the end, which can be computed)
//! bodies frame, per entry of kind 0:  salt (16 bytes) | length varint | body bytes
//! ```
//! Numbers are little-endian. A frame is one zstd frame, or stands as it is where packed =
//! inflated.

mod codec;

pub use codec::{SegmentReader, SegmentWriter, peek_entries};

use std::ops::Range;

use bytes::Bytes;
use thiserror::Error;

use crate::entry::{Body, HeaderError, HeaderView};
use crate::limits;
use crate::suite::{Digest, Salt};

/// An opened segment: its entries, in order. Inflated bytes are held once and shared.
#[derive(Clone, Debug)]
pub struct Opened {
    pub(crate) headers: Vec<u8>,
    pub(crate) bodies: Bytes,
    pub(crate) slots: Vec<Slot>,
}

/// Where an entry's parts lie.
#[derive(Clone, Debug)]
pub(crate) struct Slot {
    pub(crate) header: Range<usize>,
    pub(crate) digest: Digest,
    pub(crate) body: Option<(Salt, Range<usize>)>,
}

/// One entry of an opened segment.
#[derive(Clone, Copy, Debug)]
pub struct EntryView<'a> {
    /// The header's bytes, body digest included.
    pub header_bytes: &'a [u8],
    /// The header, read.
    pub header: HeaderView<'a>,
    /// Digest of the entry: the leaf hash of its header.
    pub digest: Digest,
    /// Salt and body, unless erased.
    pub body: Option<(Salt, &'a [u8])>,
}

/// A segment that does not follow the form. Nothing of it is stored.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum SegmentError {
    /// It does not begin with the magic bytes of a version that is known.
    #[error("not a segment of a known version")]
    Magic,
    /// The bytes end early, or go on after their end.
    #[error("the segment's bytes do not have the announced lengths")]
    Length,
    /// No entries, or more than [`limits::SEGMENT_ENTRIES`].
    #[error("{0} entries: a segment has 1 to {max}", max = limits::SEGMENT_ENTRIES)]
    Entries(u32),
    /// An inflated frame beyond [`limits::FRAME_BYTES`].
    #[error("a frame announces {0} bytes, more than {max}", max = limits::FRAME_BYTES)]
    FrameTooLarge(u32),
    /// A frame inflates by more than [`limits::FRAME_RATIO`].
    #[error("a frame inflates from {packed} to {inflated} bytes, more than {max} times", max = limits::FRAME_RATIO)]
    Ratio {
        /// Bytes packed.
        packed: u32,
        /// Bytes announced.
        inflated: u32,
    },
    /// A frame does not inflate to exactly what it announces.
    #[error("a frame does not inflate to the announced length")]
    Frame,
    /// A body beyond [`limits::BODY_BYTES`].
    #[error("entry {entry}: a body of {bytes} bytes, more than {max}", max = limits::BODY_BYTES)]
    BodyTooLong {
        /// Position in the segment, from 0.
        entry: u32,
        /// Bytes of the body.
        bytes: usize,
    },
    /// A kind of entry that is not known.
    #[error("entry {0}: neither whole nor erased")]
    Kind(u32),
    /// A header that does not follow the form.
    #[error("entry {entry}: {error}")]
    Header {
        /// Position in the segment, from 0.
        entry: u32,
        /// What is wrong.
        error: HeaderError,
    },
}

// === impl Opened ===

impl Opened {
    /// Number of entries, 1 to [`limits::SEGMENT_ENTRIES`].
    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Never: a segment has at least one entry.
    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Digest of entry `place`; computed when the segment was opened.
    pub fn digest(&self, place: usize) -> Option<&Digest> {
        self.slots.get(place).map(|slot| &slot.digest)
    }

    /// The digests of all entries, in order: the leaves.
    pub fn digests(&self) -> impl Iterator<Item = &Digest> {
        self.slots.iter().map(|slot| &slot.digest)
    }

    /// Entry `place`, from 0.
    pub fn get(&self, place: usize) -> Option<EntryView<'_>> {
        let slot = self.slots.get(place)?;
        let header_bytes = self.headers.get(slot.header.clone())?;
        Some(EntryView {
            header_bytes,
            // Read once already when the segment was opened.
            header: HeaderView::parse(header_bytes).ok()?,
            digest: slot.digest,
            body: slot
                .body
                .as_ref()
                .and_then(|(salt, range)| Some((*salt, self.bodies.get(range.clone())?))),
        })
    }

    /// All entries, in order.
    pub fn iter(&self) -> impl Iterator<Item = EntryView<'_>> {
        (0..self.slots.len()).filter_map(|place| self.get(place))
    }

    /// Salt and body of entry `place` without copying the body.
    pub fn body(&self, place: usize) -> Option<Body> {
        let (salt, range) = self.slots.get(place)?.body.clone()?;
        Some(Body { salt, bytes: self.bodies.slice(range) })
    }

    /// Bytes held in memory.
    pub fn memory(&self) -> usize {
        self.headers.capacity() + self.bodies.len() + self.slots.len() * size_of::<Slot>()
    }
}

#[cfg(test)]
mod tests;
