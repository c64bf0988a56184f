//! Entries (条目): a header, whose bytes are the entry's identity, and a salted body.
//!
//! ```
//! use sanheyi_exchange_spec::entry::{Header, HeaderView, Operation};
//! use sanheyi_exchange_spec::suite::{Salt, Suite};
//! use sanheyi_exchange_spec::time::Timestamp;
//!
//! let salt = Salt([7; 16]);
//! let header = Header {
//!     dataset: "case.step".parse()?,
//!     record: "JS048200SC0000000001-0001".parse()?,
//!     revision: 1,
//!     follows: None,
//!     custody_epoch: 0,
//!     operation: Operation::Put,
//!     standard: 1,
//!     occurred: Timestamp::from_micros(1),
//!     recorded: Timestamp::from_micros(2),
//!     body_digest: Suite::Intl.body(&salt, b"body"),
//! };
//! let bytes = header.encode();
//! assert_eq!(HeaderView::parse(&bytes)?.to_header()?, header);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use thiserror::Error;

use crate::error::IdError;
use crate::ids::{self, DatasetName, RecordId};
use crate::limits;
use crate::suite::{Digest, Salt};
use crate::time::Timestamp;
use crate::wire::{Reader, Truncated, put_varint};

/// What an entry does to its record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Operation {
    /// 写入: the whole new state of the record.
    Put,
    /// 撤回: the record is withdrawn.
    Withdraw,
}

/// A header in its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Dataset of the record.
    pub dataset: DatasetName,
    /// The record.
    pub record: RecordId,
    /// Revision, from 1 without gaps.
    pub revision: u64,
    /// Digest of the revision that this one follows; `None` in revision 1.
    pub follows: Option<Digest>,
    /// Custody epoch of the record.
    pub custody_epoch: u64,
    /// Put or withdraw.
    pub operation: Operation,
    /// Version of the standard in which the body is written, from 1.
    pub standard: u32,
    /// When it happened in the world.
    pub occurred: Timestamp,
    /// When the author recorded it, by the author's clock.
    pub recorded: Timestamp,
    /// Digest of salt and body.
    pub body_digest: Digest,
}

/// A header as it stands in its bytes; nothing is copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeaderView<'a> {
    /// Dataset of the record.
    pub dataset: &'a str,
    /// The record.
    pub record: &'a str,
    /// Revision, from 1.
    pub revision: u64,
    /// Digest of the revision that this one follows.
    pub follows: Option<Digest>,
    /// Custody epoch of the record.
    pub custody_epoch: u64,
    /// Put or withdraw.
    pub operation: Operation,
    /// Version of the standard in which the body is written.
    pub standard: u32,
    /// When it happened in the world.
    pub occurred: Timestamp,
    /// When the author recorded it.
    pub recorded: Timestamp,
    /// Digest of salt and body.
    pub body_digest: Digest,
}

/// Salt and body of an entry that has not been erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Body {
    /// The salt.
    pub salt: Salt,
    /// The payload's bytes exactly as written.
    pub bytes: bytes::Bytes,
}

/// Header bytes that do not follow the form.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum HeaderError {
    /// More than [`limits::HEADER_BYTES`].
    #[error("the header has {0} bytes, more than {max}", max = limits::HEADER_BYTES)]
    TooLong(usize),
    /// The bytes end early, or a varint is not in its shortest form.
    #[error("the header's bytes end early or are not in their shortest form")]
    Truncated,
    /// Fields out of order, repeated, missing, or with a value that they cannot have.
    #[error("header field {field}: {problem}")]
    Field {
        /// Name of the field.
        field: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
}

// Field numbers of sanheyi.exchange.v1.Header, as tags.
const DATASET: u64 = 1 << 3 | 2;
const RECORD: u64 = 2 << 3 | 2;
const REVISION: u64 = 3 << 3;
const FOLLOWS: u64 = 4 << 3 | 2;
const CUSTODY: u64 = 5 << 3;
const OPERATION: u64 = 6 << 3;
const STANDARD: u64 = 7 << 3;
const OCCURRED: u64 = 8 << 3 | 1;
const RECORDED: u64 = 9 << 3 | 1;
const BODY_DIGEST: u64 = 15 << 3 | 2;

/// Numbers from here on do not fit a signed column of 64 bits.
const SIGNED: u64 = 1 << 63;

/// Bytes of the body digest at the end of every header: tag, length, 32 bytes. A segment leaves
/// them out while the body is there, because they can be computed.
pub const DIGEST_TAIL: usize = 34;

// === impl Header ===

impl Header {
    /// The header's bytes, in their one form.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = self.encode_prefix();
        seal(&mut out, &self.body_digest);
        out
    }

    /// The header's bytes up to the body digest.
    pub fn encode_prefix(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(160);
        put_text(&mut out, DATASET, self.dataset.as_str());
        put_text(&mut out, RECORD, self.record.as_str());
        put_number(&mut out, REVISION, self.revision);
        if let Some(follows) = &self.follows {
            put_varint(&mut out, FOLLOWS);
            put_varint(&mut out, 32);
            out.extend_from_slice(follows.as_bytes());
        }
        put_number(&mut out, CUSTODY, self.custody_epoch);
        put_number(&mut out, OPERATION, self.operation.number());
        put_number(&mut out, STANDARD, u64::from(self.standard));
        put_time(&mut out, OCCURRED, self.occurred);
        put_time(&mut out, RECORDED, self.recorded);
        out
    }
}

/// Appends the body digest to a header's prefix.
pub(crate) fn seal(prefix: &mut Vec<u8>, digest: &Digest) {
    put_varint(prefix, BODY_DIGEST);
    put_varint(prefix, 32);
    prefix.extend_from_slice(digest.as_bytes());
}

fn put_text(out: &mut Vec<u8>, tag: u64, text: &str) {
    put_varint(out, tag);
    put_varint(out, text.len() as u64);
    out.extend_from_slice(text.as_bytes());
}

fn put_number(out: &mut Vec<u8>, tag: u64, number: u64) {
    if number != 0 {
        put_varint(out, tag);
        put_varint(out, number);
    }
}

fn put_time(out: &mut Vec<u8>, tag: u64, time: Timestamp) {
    if time != Timestamp::default() {
        put_varint(out, tag);
        out.extend_from_slice(&time.as_micros().to_le_bytes());
    }
}

// === impl HeaderView ===

impl<'a> HeaderView<'a> {
    /// Reads a header.
    ///
    /// Fields ascend and stand once; fields that this version does not know may stand between field
    /// 9 and the body digest, which is always last.
    ///
    /// # Errors
    /// See [`HeaderError`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, HeaderError> {
        if bytes.len() > limits::HEADER_BYTES {
            return Err(HeaderError::TooLong(bytes.len()));
        }
        let mut fields = Fields { reader: Reader::new(bytes), last: 0 };
        let view = HeaderView {
            dataset: fields.text(DATASET, "dataset", ids::dataset_name_ok)?,
            record: fields.text(RECORD, "record", ids::record_id_ok)?,
            revision: fields.number(REVISION)?,
            follows: fields.digest(FOLLOWS, "follows")?,
            custody_epoch: fields.number(CUSTODY)?,
            operation: Operation::from_number(fields.number(OPERATION)?)?,
            standard: u32::try_from(fields.number(STANDARD)?)
                .map_err(|_| field("standard", "is beyond 32 bits"))?,
            occurred: fields.time(OCCURRED)?,
            recorded: fields.time(RECORDED)?,
            body_digest: fields.last_digest()?,
        };
        view.check()?;
        Ok(view)
    }

    fn check(&self) -> Result<(), HeaderError> {
        match (self.revision, &self.follows) {
            (0, _) => Err(field("revision", "must be at least 1")),
            (1, Some(_)) => Err(field("follows", "must be absent in revision 1")),
            (2.., None) => Err(field("follows", "must name the revision before")),
            (SIGNED.., _) => Err(field("revision", "is beyond 63 bits")),
            _ if self.custody_epoch >= SIGNED => Err(field("custody_epoch", "is beyond 63 bits")),
            _ if self.standard == 0 => Err(field("standard", "must be at least 1")),
            _ => Ok(()),
        }
    }

    /// The header in its own parts.
    ///
    /// # Errors
    /// Never for a view that [`HeaderView::parse`] gave; the ids are parsed again.
    pub fn to_header(&self) -> Result<Header, IdError> {
        Ok(Header {
            dataset: self.dataset.parse()?,
            record: self.record.parse()?,
            revision: self.revision,
            follows: self.follows,
            custody_epoch: self.custody_epoch,
            operation: self.operation,
            standard: self.standard,
            occurred: self.occurred,
            recorded: self.recorded,
            body_digest: self.body_digest,
        })
    }
}

const fn field(field: &'static str, problem: &'static str) -> HeaderError {
    HeaderError::Field { field, problem }
}

impl From<Truncated> for HeaderError {
    fn from(_: Truncated) -> Self {
        HeaderError::Truncated
    }
}

/// Reads fields that ascend.
struct Fields<'a> {
    reader: Reader<'a>,
    last: u64,
}

impl<'a> Fields<'a> {
    /// Whether the next field is `tag`; consumes the tag if it is.
    fn next_is(&mut self, tag: u64) -> Result<bool, HeaderError> {
        let mut ahead = self.reader;
        if ahead.is_empty() || ahead.varint()? != tag {
            return Ok(false);
        }
        self.reader = ahead;
        self.last = tag >> 3;
        Ok(true)
    }

    fn text(
        &mut self,
        tag: u64,
        name: &'static str,
        ok: fn(&str) -> bool,
    ) -> Result<&'a str, HeaderError> {
        if !self.next_is(tag)? {
            return Err(field(name, "is missing or out of order"));
        }
        let text = std::str::from_utf8(self.reader.delimited()?)
            .map_err(|_| field(name, "is not UTF-8"))?;
        if ok(text) { Ok(text) } else { Err(field(name, "does not have its shape")) }
    }

    /// A varint field; absent = 0, and 0 is never written.
    fn number(&mut self, tag: u64) -> Result<u64, HeaderError> {
        if !self.next_is(tag)? {
            return Ok(0);
        }
        match self.reader.varint()? {
            0 => Err(field("number", "a default must be left out")),
            number => Ok(number),
        }
    }

    fn time(&mut self, tag: u64) -> Result<Timestamp, HeaderError> {
        if !self.next_is(tag)? {
            return Ok(Timestamp::default());
        }
        match self.reader.i64_le()? {
            0 => Err(field("time", "a default must be left out")),
            micros => Ok(Timestamp::from_micros(micros)),
        }
    }

    fn digest(&mut self, tag: u64, name: &'static str) -> Result<Option<Digest>, HeaderError> {
        if !self.next_is(tag)? {
            return Ok(None);
        }
        Digest::from_slice(self.reader.delimited()?)
            .map(Some)
            .map_err(|_| field(name, "must have 32 bytes"))
    }

    /// Skips fields that this version does not know, then reads the body digest, with which the
    /// header ends.
    fn last_digest(&mut self) -> Result<Digest, HeaderError> {
        while self.reader.left() > DIGEST_TAIL {
            self.skip_unknown()?;
        }
        let digest = self.digest(BODY_DIGEST, "body_digest")?;
        match digest {
            Some(digest) if self.reader.is_empty() => Ok(digest),
            _ => Err(field("body_digest", "must be there, and last")),
        }
    }

    fn skip_unknown(&mut self) -> Result<(), HeaderError> {
        let tag = self.reader.varint()?;
        let number = tag >> 3;
        if tag > u64::from(u32::MAX) {
            return Err(field("unknown", "has a number that protobuf does not have"));
        }
        if number <= self.last || number <= RECORDED >> 3 || number == BODY_DIGEST >> 3 {
            return Err(field("unknown", "fields must ascend and stand once"));
        }
        self.last = number;
        match tag & 7 {
            0 => self.reader.varint().map(|_| ())?,
            1 => self.reader.take(8).map(|_| ())?,
            2 => self.reader.delimited().map(|_| ())?,
            5 => self.reader.take(4).map(|_| ())?,
            _ => return Err(field("unknown", "has no known wire type")),
        }
        Ok(())
    }
}

// === impl Operation ===

impl Operation {
    /// Number of the operation on the wire.
    pub const fn number(self) -> u64 {
        match self {
            Operation::Put => 1,
            Operation::Withdraw => 2,
        }
    }

    /// Reads the number.
    ///
    /// # Errors
    /// If it is neither put nor withdraw.
    pub const fn from_number(number: u64) -> Result<Self, HeaderError> {
        match number {
            1 => Ok(Operation::Put),
            2 => Ok(Operation::Withdraw),
            _ => Err(field("operation", "must be put (1) or withdraw (2)")),
        }
    }
}

#[cfg(test)]
mod tests;
