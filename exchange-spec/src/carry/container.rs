//! The container of a carry file, written and read as a stream: one item is in memory at a time.

use std::io::{ErrorKind, Read, Write};

use prost::Message as _;
use sanheyi_proto::exchange::v1::CarryItem;

use super::{CarryError, Claimed, Ending, MAGIC, Manifest};
use crate::limits::{CARRY_BYTES, MESSAGE_BYTES, NOTE_BYTES};
use crate::suite::{Running, SigningKey};
use crate::wire::put_varint;

/// Bytes of the longest length of an item.
const LENGTH_BYTES: u32 = 4;

/// Writes a carry file.
pub struct Writer<W> {
    sink: W,
    hash: Running,
    bytes: u64,
    items: u64,
}

/// Reads a carry file of a known length.
pub struct Reader<R> {
    source: R,
    hash: Running,
    /// Bytes read.
    at: u64,
    /// Bytes of the whole file.
    length: u64,
    items: u64,
    ended: bool,
}

// === impl Writer ===

impl<W: Write> Writer<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// Of the sink.
    pub fn new(sink: W) -> Result<Self, CarryError> {
        let mut writer = Self { sink, hash: Running::default(), bytes: 0, items: 0 };
        writer.put(MAGIC)?;
        Ok(writer)
    }

    /// Bytes written.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Items written.
    pub fn items(&self) -> u64 {
        self.items
    }

    /// Writes an item.
    ///
    /// # Errors
    /// Of the sink; [`CarryError::Item`] if it is empty or above [`MESSAGE_BYTES`], and
    /// [`CarryError::TooLong`] if the file would be.
    pub fn push(&mut self, item: &CarryItem) -> Result<(), CarryError> {
        let bytes = item.encode_to_vec();
        if bytes.is_empty() || bytes.len() > MESSAGE_BYTES {
            let problem = format!("1 ≤ {} ≤ {MESSAGE_BYTES}", bytes.len());
            return Err(CarryError::Item { at: self.bytes, problem });
        }
        let mut framed = Vec::with_capacity(bytes.len() + LENGTH_BYTES as usize);
        put_varint(&mut framed, bytes.len() as u64);
        framed.extend_from_slice(&bytes);
        // Its end and the manifest must fit as well.
        if self.bytes + (framed.len() + 1 + NOTE_BYTES) as u64 > CARRY_BYTES {
            return Err(CarryError::TooLong);
        }
        self.items += 1;
        self.put(&framed)
    }

    /// Ends the file with its manifest; gives back the sink, for whoever makes it durable.
    ///
    /// # Errors
    /// Of the sink.
    pub fn finish(mut self, ending: Ending, key: &SigningKey) -> Result<(Manifest, W), CarryError> {
        self.put(&[0])?;
        let Ending { from, to, kind, number, part, answers, time } = ending;
        let (digest, items, bytes) = (self.hash.finish(), self.items, self.bytes);
        let manifest =
            Manifest { from, to, kind, number, part, answers, digest, items, bytes, time };
        self.sink.write_all(manifest.sign(key).as_bytes())?;
        self.sink.flush()?;
        Ok((manifest, self.sink))
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), CarryError> {
        self.sink.write_all(bytes)?;
        self.hash.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }
}

// === impl Reader ===

impl<R: Read> Reader<R> {
    /// Begins to read a file of `length` bytes.
    ///
    /// # Errors
    /// Of the source; if the length is above [`CARRY_BYTES`] or the file is no carry file.
    pub fn open(source: R, length: u64) -> Result<Self, CarryError> {
        if length > CARRY_BYTES {
            return Err(CarryError::TooLong);
        }
        let hash = Running::default();
        let mut reader = Self { source, hash, at: 0, length, items: 0, ended: false };
        let mut magic = [0; MAGIC.len()];
        match reader.take(&mut magic) {
            Ok(()) if magic == *MAGIC => Ok(reader),
            Err(CarryError::Io(error)) => Err(CarryError::Io(error)),
            _ => Err(CarryError::Magic),
        }
    }

    /// The next item; none after the last.
    ///
    /// # Errors
    /// Of the source, or if it is not as the form says.
    pub fn next_item(&mut self) -> Result<Option<CarryItem>, CarryError> {
        if self.ended {
            return Ok(None);
        }
        let at = self.at;
        let length = self.item_length(at)?;
        if length == 0 {
            self.ended = true;
            return Ok(None);
        }
        if length as u64 > self.length - self.at {
            return Err(CarryError::Truncated(self.length));
        }
        let mut bytes = vec![0; length];
        self.take(&mut bytes)?;
        self.items += 1;
        let item = CarryItem::decode(bytes.as_slice())
            .map_err(|error| CarryError::Item { at, problem: error.to_string() })?;
        if item.item.is_none() {
            return Err(CarryError::Item { at, problem: "kind unknown".to_owned() });
        }
        Ok(Some(item))
    }

    /// What the file says of itself, held against all its bytes; passes over items that are left.
    ///
    /// # Errors
    /// As [`Self::next_item`], and if the manifest does not fit what stands before it.
    pub fn finish(mut self) -> Result<Claimed, CarryError> {
        while self.next_item()?.is_some() {}
        let left = self.length - self.at;
        if left > NOTE_BYTES as u64 {
            return Err(crate::note::NoteError::TooLong.into());
        }
        let (digest, items, bytes) = (std::mem::take(&mut self.hash).finish(), self.items, self.at);
        let mut note = Vec::new();
        let read = self.source.by_ref().take(left).read_to_end(&mut note)?;
        // A note that stops within a line is a file that stops there.
        if (read as u64) < left || !note.ends_with(b"\n") {
            return Err(CarryError::Truncated(bytes + read as u64));
        }
        let note = String::from_utf8(note).map_err(|_| crate::note::NoteError::Text)?;
        Claimed::new(&note, &digest, items, bytes)
    }

    /// The length of an item: a varint in its shortest form.
    fn item_length(&mut self, at: u64) -> Result<usize, CarryError> {
        let mut value = 0_usize;
        for place in 0..LENGTH_BYTES {
            let mut byte = [0];
            self.take(&mut byte)?;
            let [byte] = byte;
            value |= usize::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                let shortest = place == 0 || byte != 0;
                return match shortest && value <= MESSAGE_BYTES {
                    true => Ok(value),
                    false => Err(CarryError::Length { at }),
                };
            }
        }
        Err(CarryError::Length { at })
    }

    fn take(&mut self, bytes: &mut [u8]) -> Result<(), CarryError> {
        match self.source.read_exact(bytes) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => {
                return Err(CarryError::Truncated(self.length.max(self.at)));
            }
            Err(error) => return Err(error.into()),
        }
        self.at += bytes.len() as u64;
        if self.at > self.length {
            return Err(CarryError::Truncated(self.length));
        }
        self.hash.update(bytes);
        Ok(())
    }
}
