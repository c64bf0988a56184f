//! The index of records: `record_*`. One small row an entry: dataset, record and revision point to
//! journal, sequence, standing and digest. Both are packed, sorted before they are inserted, and
//! ascend with the record ids.
//!
//! ```text
//! key    = dataset 0x00 record 0x00 number (the revision)
//! place  = number (the journal) | number (the sequence) | standing byte | digest (32 bytes)
//! number = length byte, then big-endian without leading zeros: sorts as numbers do
//! ```

mod insert;
mod read;
mod write;

use sanheyi_exchange_spec::entry::HeaderView;
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::suite::Digest;

use super::JournalNumber;
use super::column::Columns;
use super::engine::Row;
use super::error::StoreError;

/// Keys named in one statement.
const CHUNK: usize = 512;

/// An index row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IndexRow {
    key: Vec<u8>,
    place: Vec<u8>,
}

/// Where an entry stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The journal.
    pub journal: JournalNumber,
    /// Its sequence number there.
    pub sequence: u64,
    /// What the gate decided here; `None` at a branch, whose verdicts are in its receipts.
    pub standing: Option<Standing>,
    /// Its digest.
    pub digest: Digest,
}

/// The highest revision of a record and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordHead {
    /// Its revision.
    pub revision: u64,
    /// Where it stands.
    pub place: Place,
}

/// A record found by a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundRecord {
    /// Its dataset.
    pub dataset: String,
    /// Its id.
    pub record: String,
    /// Its revision.
    pub revision: u64,
    /// Where that revision stands.
    pub place: Place,
}

// === keys ===

pub(super) fn record_prefix(dataset: &str, record: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(dataset.len() + record.len() + 6);
    key.extend_from_slice(dataset.as_bytes());
    key.push(0);
    key.extend_from_slice(record.as_bytes());
    key.push(0);
    key
}

pub(super) fn push_ordered(key: &mut Vec<u8>, number: u64) {
    let bytes = number.to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let (_, digits) = bytes.split_at(zeros);
    // At most eight.
    key.push(u8::try_from(digits.len()).unwrap_or(8));
    key.extend_from_slice(digits);
}

/// The least key beyond all revisions of a record.
pub(super) fn beyond(mut prefix: Vec<u8>) -> Vec<u8> {
    prefix.push(0xff);
    prefix
}

impl IndexRow {
    /// The index row of an entry.
    pub fn new(header: &HeaderView<'_>, place: &Place) -> Self {
        let mut key = record_prefix(header.dataset, header.record);
        push_ordered(&mut key, header.revision);
        Self { key, place: place.pack() }
    }

    /// The key of one revision, to be asked about.
    pub fn asked(dataset: &str, record: &str, revision: u64) -> Self {
        let mut key = record_prefix(dataset, record);
        push_ordered(&mut key, revision);
        Self { key, place: Vec::new() }
    }
}

impl Place {
    pub(super) fn pack(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(44);
        push_ordered(&mut out, self.journal.0.unsigned_abs());
        push_ordered(&mut out, self.sequence);
        out.push(match self.standing {
            None => 0,
            Some(Standing::Accepted) => 1,
            Some(Standing::Quarantined) => 2,
            Some(Standing::Pending) => 3,
        });
        out.extend_from_slice(self.digest.as_bytes());
        out
    }

    pub(super) fn unpack(mut bytes: &[u8]) -> Option<Self> {
        let journal = i64::try_from(take_ordered(&mut bytes)?).ok()?;
        let sequence = take_ordered(&mut bytes)?;
        let (standing, digest) = bytes.split_first()?;
        Some(Self {
            journal: JournalNumber(journal),
            sequence,
            standing: Standing::from_number(i64::from(*standing)),
            digest: Digest::from_slice(digest).ok()?,
        })
    }
}

pub(super) fn take_ordered(bytes: &mut &[u8]) -> Option<u64> {
    let (length, rest) = bytes.split_first()?;
    let (number, rest) = rest.split_at_checked(usize::from(*length).min(9))?;
    *bytes = rest;
    (number.len() <= 8).then(|| number.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

fn unpack_key(key: &[u8]) -> Option<(String, String, u64)> {
    let mut parts = key.splitn(3, |byte| *byte == 0);
    let dataset = std::str::from_utf8(parts.next()?).ok()?.to_owned();
    let record = std::str::from_utf8(parts.next()?).ok()?.to_owned();
    let mut rest = parts.next()?;
    Some((dataset, record, take_ordered(&mut rest)?))
}

/// Between which two keys all revisions of a record stand, neither of them a key.
pub fn record_range(dataset: &str, record: &str) -> (Vec<u8>, Vec<u8>) {
    let prefix = record_prefix(dataset, record);
    (prefix.clone(), beyond(prefix))
}

/// Reads the columns `key` and `place` of an index row.
///
/// # Errors
/// If they are none.
pub fn record_read(row: &Row) -> Result<FoundRecord, StoreError> {
    let row = Columns::new("record", row);
    let (dataset, record, revision) =
        unpack_key(row.blob("key")?).ok_or_else(|| row.wrong("key", "not an index key"))?;
    let place = Place::unpack(row.blob("place")?)
        .ok_or_else(|| row.wrong("place", format!("of {dataset} {record} is not a place")))?;
    Ok(FoundRecord { dataset, record, revision, place })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_their_numbers_do() {
        let key = |number| {
            let mut key = record_prefix("case.case", "A1");
            push_ordered(&mut key, number);
            key
        };
        let numbers = [1, 2, 255, 256, 65_535, 65_536, u64::MAX];
        assert!(numbers.map(key).is_sorted());
        for number in numbers {
            let unpacked = unpack_key(&key(number)).unwrap();
            assert_eq!(unpacked, ("case.case".into(), "A1".into(), number));
            assert!(key(number) < beyond(record_prefix("case.case", "A1")));
        }
    }

    #[test]
    fn a_place_survives_its_bytes() {
        let place = Place {
            journal: JournalNumber(3),
            sequence: 70_000,
            standing: Some(Standing::Quarantined),
            digest: Digest::new([8; 32]),
        };
        assert_eq!(Place::unpack(&place.pack()), Some(place));
        assert_eq!(Place::unpack(&place.pack()[..10]), None);
    }
}
