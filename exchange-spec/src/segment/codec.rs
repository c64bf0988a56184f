//! Writing and opening segments, each with one compression context that is used again and again.

use std::ops::Range;

use bytes::Bytes;
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe;

use super::{Opened, SegmentError, Slot};
use crate::entry::{self, DIGEST_TAIL, HeaderView};
use crate::limits;
use crate::suite::{Digest, Salt, Suite};
use crate::wire::{Reader, Truncated, put_varint};

const MAGIC: &[u8; 4] = b"SHY1";
const PREAMBLE: usize = 4 + 5 * 4;
const WHOLE: u8 = 0;
const ERASED: u8 = 1;
/// zstd level at the origin: the fastest; the frames are packed once and sent as they are.
const LEVEL: i32 = 1;

/// Gathers entries and packs them into a segment.
pub struct SegmentWriter {
    packer: Compressor<'static>,
    headers: Vec<u8>,
    bodies: Vec<u8>,
    entries: usize,
}

/// Opens segments, holding every bound before it allocates.
pub struct SegmentReader {
    suite: Suite,
    unpacker: Decompressor<'static>,
}

impl From<Truncated> for SegmentError {
    fn from(_: Truncated) -> Self {
        SegmentError::Length
    }
}

/// Number of entries that a segment announces, without opening it.
///
/// # Errors
/// If it is not a segment, or the number is beyond the bound.
pub fn peek_entries(bytes: &[u8]) -> Result<u32, SegmentError> {
    Preamble::read(&mut Reader::new(bytes)).map(|preamble| preamble.entries)
}

// === impl SegmentWriter ===

impl SegmentWriter {
    /// A writer with its own compression context.
    ///
    /// # Errors
    /// If zstd cannot have the memory for its context.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self {
            packer: Compressor::new(LEVEL)?,
            headers: Vec::new(),
            bodies: Vec::new(),
            entries: 0,
        })
    }

    /// Number of entries gathered.
    pub fn len(&self) -> usize {
        self.entries
    }

    /// Whether nothing is gathered.
    pub fn is_empty(&self) -> bool {
        self.entries == 0
    }

    /// Whether the segment should be closed before an entry is added.
    pub fn is_full(&self) -> bool {
        self.entries >= limits::SEGMENT_ENTRIES
            || self.bodies.len() >= limits::SEGMENT_TARGET_BYTES
            || self.headers.len() >= limits::SEGMENT_TARGET_BYTES
    }

    /// Adds an entry with its body. `header` ends with the body digest, which is left out.
    pub fn push(&mut self, header: &[u8], salt: &Salt, body: &[u8]) {
        let prefix = &header[..header.len().saturating_sub(DIGEST_TAIL)];
        self.headers.push(WHOLE);
        put_varint(&mut self.headers, prefix.len() as u64);
        self.headers.extend_from_slice(prefix);
        self.bodies.extend_from_slice(&salt.0);
        put_varint(&mut self.bodies, body.len() as u64);
        self.bodies.extend_from_slice(body);
        self.entries += 1;
    }

    /// Adds an entry whose body has been erased.
    pub fn push_erased(&mut self, header: &[u8]) {
        self.headers.push(ERASED);
        put_varint(&mut self.headers, header.len() as u64);
        self.headers.extend_from_slice(header);
        self.entries += 1;
    }

    /// Packs what was gathered and begins anew.
    ///
    /// # Errors
    /// If zstd fails, which it does only without memory.
    pub fn finish(&mut self) -> std::io::Result<Bytes> {
        let headers = pack(&mut self.packer, &self.headers)?;
        let bodies = pack(&mut self.packer, &self.bodies)?;
        let mut out = Vec::with_capacity(PREAMBLE + headers.len() + bodies.len());
        out.extend_from_slice(MAGIC);
        let lengths =
            [self.entries, self.headers.len(), headers.len(), self.bodies.len(), bodies.len()];
        for length in lengths {
            // Bounded by is_full() and the bounds of an entry, far below 32 bits.
            out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
        }
        out.extend_from_slice(&headers);
        out.extend_from_slice(&bodies);
        self.headers.clear();
        self.bodies.clear();
        self.entries = 0;
        Ok(out.into())
    }
}

/// Packs a frame; one that does not get smaller, or would look like a bomb to its reader, stands as
/// it is.
fn pack(packer: &mut Compressor<'static>, frame: &[u8]) -> std::io::Result<Vec<u8>> {
    let packed = packer.compress(frame)?;
    let bomb = frame.len() > limits::FRAME_RATIO_FREE_BYTES
        && frame.len() > packed.len() * limits::FRAME_RATIO;
    Ok(if bomb || packed.len() >= frame.len() { frame.to_vec() } else { packed })
}

// === impl SegmentReader ===

impl SegmentReader {
    /// A reader for journals of one suite.
    ///
    /// # Errors
    /// If zstd cannot have the memory for its context.
    pub fn new(suite: Suite) -> std::io::Result<Self> {
        Ok(Self { suite, unpacker: Decompressor::new()? })
    }

    /// Opens a segment: inflates it, reads every header, computes every body digest and entry
    /// digest.
    ///
    /// # Errors
    /// See [`SegmentError`]. Lengths, counts and ratios are held against their bounds before
    /// anything is inflated.
    pub fn open(&mut self, bytes: &[u8]) -> Result<Opened, SegmentError> {
        let mut reader = Reader::new(bytes);
        let preamble = Preamble::read(&mut reader)?;
        let headers = reader.take(preamble.headers.packed as usize)?;
        let bodies = reader.take(preamble.bodies.packed as usize)?;
        if !reader.is_empty() {
            return Err(SegmentError::Length);
        }
        let headers = self.unpack(headers, preamble.headers)?;
        let bodies = Bytes::from(self.unpack(bodies, preamble.bodies)?);
        self.read_entries(preamble.entries, &headers, bodies)
    }

    fn unpack(&mut self, packed: &[u8], frame: Frame) -> Result<Vec<u8>, SegmentError> {
        if frame.packed == frame.inflated {
            return Ok(packed.to_vec());
        }
        if !is_one_frame(packed) {
            return Err(SegmentError::Frame);
        }
        let mut out = Vec::with_capacity(frame.inflated as usize);
        let length = self
            .unpacker
            .decompress_to_buffer(packed, &mut out)
            .map_err(|_| SegmentError::Frame)?;
        if length == frame.inflated as usize { Ok(out) } else { Err(SegmentError::Frame) }
    }

    fn read_entries(
        &self,
        entries: u32,
        packed_headers: &[u8],
        bodies: Bytes,
    ) -> Result<Opened, SegmentError> {
        let mut out = Vec::with_capacity(packed_headers.len() + entries as usize * DIGEST_TAIL);
        let mut slots = Vec::with_capacity(entries as usize);
        let mut head = Reader::new(packed_headers);
        let mut tail = Reader::new(&bodies);
        for entry in 0..entries {
            let slot = self.read_entry(entry, &mut head, &mut tail, &bodies, &mut out)?;
            slots.push(slot);
        }
        if !head.is_empty() || !tail.is_empty() {
            return Err(SegmentError::Length);
        }
        Ok(Opened { headers: out, bodies, slots })
    }

    fn read_entry(
        &self,
        entry: u32,
        head: &mut Reader<'_>,
        tail: &mut Reader<'_>,
        bodies: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<Slot, SegmentError> {
        let kind = head.byte()?;
        let start = out.len();
        out.extend_from_slice(head.delimited()?);
        let body = match kind {
            WHOLE => {
                let salt = tail.salt()?;
                let body = tail.delimited()?;
                if body.len() > limits::BODY_BYTES {
                    return Err(SegmentError::BodyTooLong { entry, bytes: body.len() });
                }
                entry::seal(out, &self.suite.body(&salt, body));
                Some((salt, ending_at(bodies.len() - tail.left(), body.len())))
            }
            ERASED => None,
            _ => return Err(SegmentError::Kind(entry)),
        };
        let header = &out[start..];
        HeaderView::parse(header).map_err(|error| SegmentError::Header { entry, error })?;
        Ok(Slot { digest: self.suite.leaf(header), header: start..out.len(), body })
    }

    /// Digest of a header, by this reader's suite.
    pub fn leaf(&self, header: &[u8]) -> Digest {
        self.suite.leaf(header)
    }
}

/// Whether the bytes are one zstd frame (RFC 8878 section 3.1.1), nothing around it, whose window
/// is within its bound. Inflating in one go, zstd itself minds neither.
fn is_one_frame(packed: &[u8]) -> bool {
    const SINGLE_SEGMENT: u8 = 1 << 5;
    let (Some(descriptor), Some(window)) = (packed.get(4), packed.get(5)) else { return false };
    let exponent = u32::from(window >> 3) + 10;
    let mantissa = usize::from(window & 7);
    let small = descriptor & SINGLE_SEGMENT != 0
        || exponent < limits::FRAME_WINDOW_LOG
        || exponent == limits::FRAME_WINDOW_LOG && mantissa == 0;
    small && zstd_safe::find_frame_compressed_size(packed) == Ok(packed.len())
}

fn ending_at(end: usize, length: usize) -> Range<usize> {
    end - length..end
}

// === the preamble ===

#[derive(Clone, Copy)]
struct Frame {
    inflated: u32,
    packed: u32,
}

struct Preamble {
    entries: u32,
    headers: Frame,
    bodies: Frame,
}

impl Preamble {
    fn read(reader: &mut Reader<'_>) -> Result<Self, SegmentError> {
        if reader.array::<4>().as_ref() != Ok(MAGIC) {
            return Err(SegmentError::Magic);
        }
        let entries = reader.u32_le()?;
        if entries == 0 || entries as usize > limits::SEGMENT_ENTRIES {
            return Err(SegmentError::Entries(entries));
        }
        let headers = Frame::read(reader)?;
        let bodies = Frame::read(reader)?;
        Ok(Self { entries, headers, bodies })
    }
}

impl Frame {
    fn read(reader: &mut Reader<'_>) -> Result<Self, SegmentError> {
        let Frame { inflated, packed } =
            Frame { inflated: reader.u32_le()?, packed: reader.u32_le()? };
        if inflated as usize > limits::FRAME_BYTES {
            return Err(SegmentError::FrameTooLarge(inflated));
        }
        if packed > inflated {
            return Err(SegmentError::Length);
        }
        let beyond = inflated as usize > limits::FRAME_RATIO_FREE_BYTES
            && inflated as usize > packed as usize * limits::FRAME_RATIO;
        if beyond {
            Err(SegmentError::Ratio { packed, inflated })
        } else {
            Ok(Self { inflated, packed })
        }
    }
}
