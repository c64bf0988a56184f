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

use std::collections::BTreeMap;

use sanheyi_exchange_spec::entry::HeaderView;
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::suite::Digest;
use sea_query::{Cond, Expr, ExprTrait as _, Order, Query};

use super::column::Columns;
use super::engine::Row;
use super::error::StoreError;
use super::{JournalNumber, Store, Tx};

/// Keys asked for in one statement.
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

fn record_prefix(dataset: &str, record: &str) -> Vec<u8> {
    let mut key = Vec::with_capacity(dataset.len() + record.len() + 6);
    key.extend_from_slice(dataset.as_bytes());
    key.push(0);
    key.extend_from_slice(record.as_bytes());
    key.push(0);
    key
}

fn push_ordered(key: &mut Vec<u8>, number: u64) {
    let bytes = number.to_be_bytes();
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let (_, digits) = bytes.split_at(zeros);
    // At most eight.
    key.push(u8::try_from(digits.len()).unwrap_or(8));
    key.extend_from_slice(digits);
}

/// The least key beyond all revisions of a record.
fn beyond(mut prefix: Vec<u8>) -> Vec<u8> {
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
}

impl Place {
    fn pack(&self) -> Vec<u8> {
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

    fn unpack(mut bytes: &[u8]) -> Option<Self> {
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

fn take_ordered(bytes: &mut &[u8]) -> Option<u64> {
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

// === impl Store ===

impl Store {
    /// All revisions of a record, ascending.
    ///
    /// # Errors
    /// Of the database.
    pub async fn record_revisions(
        &self,
        dataset: &str,
        record: &str,
        limit: u64,
    ) -> Result<Vec<FoundRecord>, StoreError> {
        let (from, to) = record_range(dataset, record);
        let mut select = index(self);
        select
            .and_where(Expr::col("key").gt(from))
            .and_where(Expr::col("key").lt(to))
            .order_by("key", Order::Asc)
            .limit(limit);
        self.rows("record_revisions", &select).await?.iter().map(record_read).collect()
    }

    /// How many revisions are indexed.
    ///
    /// # Errors
    /// Of the database.
    pub async fn record_count(&self) -> Result<u64, StoreError> {
        let select = Query::select()
            .expr_as(Expr::col("key").count(), "revisions")
            .from("record")
            .and_where(Expr::col("platform").eq(self.platform().as_str()))
            .to_owned();
        let rows = self.rows("record_count", &select).await?;
        rows.first().map_or(Ok(0), |row| Columns::new("record", row).number("revisions"))
    }

    /// Entries of the index after `(dataset, record, revision)`, ascending: a page of a walk over
    /// all of it.
    ///
    /// # Errors
    /// Of the database.
    pub async fn record_after(
        &self,
        after: Option<&FoundRecord>,
        limit: u64,
    ) -> Result<Vec<FoundRecord>, StoreError> {
        let mut select = index(self);
        if let Some(after) = after {
            let mut key = record_prefix(&after.dataset, &after.record);
            push_ordered(&mut key, after.revision);
            select.and_where(Expr::col("key").gt(key));
        }
        select.order_by("key", Order::Asc).limit(limit);
        self.rows("record_after", &select).await?.iter().map(record_read).collect()
    }
}

impl Store {
    /// The places of these keys, in order; `None` where a key is not indexed.
    ///
    /// # Errors
    /// Of the database.
    pub async fn record_places(&self, rows: &[IndexRow]) -> Result<Vec<Option<Place>>, StoreError> {
        let mut places = Vec::with_capacity(rows.len());
        for some in rows.chunks(CHUNK) {
            let mut select = index(self);
            select.and_where(Expr::col("key").is_in(some.iter().map(|row| row.key.clone())));
            let mut known = BTreeMap::new();
            for row in &self.rows("record_places", &select).await? {
                let columns = Columns::new("record", row);
                known.insert(columns.blob("key")?.to_vec(), record_read(row)?.place);
            }
            places.extend(some.iter().map(|row| known.get(&row.key).copied()));
        }
        Ok(places)
    }
}

fn index(store: &Store) -> sea_query::SelectStatement {
    Query::select()
        .columns(["key", "place"])
        .from("record")
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .to_owned()
}

// === impl Tx ===

impl Tx {
    /// The head of a record.
    ///
    /// # Errors
    /// Of the database.
    pub async fn record_head(
        &mut self,
        store: &Store,
        dataset: &str,
        record: &str,
    ) -> Result<Option<RecordHead>, StoreError> {
        let (from, to) = record_range(dataset, record);
        let mut select = index(store);
        select
            .and_where(Expr::col("key").gt(from))
            .and_where(Expr::col("key").lt(to))
            .order_by("key", Order::Desc)
            .limit(1);
        let rows = self.rows(&select).await?;
        let head = rows.first().map(record_read).transpose()?;
        Ok(head.map(|found| RecordHead { revision: found.revision, place: found.place }))
    }

    /// The place of one revision of a record.
    ///
    /// # Errors
    /// Of the database.
    pub async fn record_place(
        &mut self,
        store: &Store,
        dataset: &str,
        record: &str,
        revision: u64,
    ) -> Result<Option<Place>, StoreError> {
        let mut key = record_prefix(dataset, record);
        push_ordered(&mut key, revision);
        let mut select = index(store);
        select.and_where(Expr::col("key").eq(key));
        let rows = self.rows(&select).await?;
        Ok(rows.first().map(record_read).transpose()?.map(|found| found.place))
    }

    /// Removes the index rows of these entries, for the adoption of the hub's copy.
    ///
    /// # Errors
    /// Of the database.
    pub async fn record_remove(
        &mut self,
        store: &Store,
        rows: &[IndexRow],
    ) -> Result<(), StoreError> {
        for some in rows.chunks(CHUNK) {
            let any = some
                .iter()
                .fold(Cond::any(), |any, row| any.add(Expr::col("key").eq(row.key.clone())));
            let delete = Query::delete()
                .from_table("record")
                .and_where(Expr::col("platform").eq(store.platform().as_str()))
                .cond_where(any)
                .to_owned();
            self.run(&delete).await?;
        }
        Ok(())
    }
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
