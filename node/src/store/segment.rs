//! Segments as they came: `segment_*`.

mod merge;

use bytes::Bytes;
use sanheyi_exchange_spec::time::Timestamp;
use sea_query::{Expr, ExprTrait as _, Order, Query, SelectStatement};

use super::column::{Columns, signed};
use super::engine::Row;
use super::error::StoreError;
use super::{JournalNumber, Must, Store, Tx, in_journal};

pub use merge::{SegmentSize, SegmentTotal};

/// Segments stored by one statement: few shapes of it, all of which stay prepared.
const TOGETHER: usize = 16;

/// A segment as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentRow {
    /// Sequence number of its first entry.
    pub first: u64,
    /// Number of its entries.
    pub entries: u64,
    /// When it was stored here.
    pub stored: Timestamp,
    /// The segment.
    pub bytes: Bytes,
}

impl SegmentRow {
    /// One past its last entry.
    pub fn past(&self) -> u64 {
        self.first + self.entries
    }
}

// === impl Store ===

impl Store {
    /// Up to `limit` segments from the one that holds `sequence` on, ascending.
    ///
    /// # Errors
    /// Of the database.
    pub async fn segment_from(
        &self,
        journal: JournalNumber,
        sequence: u64,
        limit: usize,
    ) -> Result<Vec<SegmentRow>, StoreError> {
        let select = from(self, journal, sequence, limit);
        self.rows("segment_from", &select).await?.iter().map(read).collect()
    }
}

fn from(store: &Store, journal: JournalNumber, sequence: u64, limit: usize) -> SelectStatement {
    // The segment that holds `sequence` is the last that begins at or before it.
    let holder = Query::select()
        .expr(Expr::col("first").max())
        .from("segment")
        .cond_where(in_journal(store, journal))
        .and_where(Expr::col("first").lte(signed(sequence)))
        .to_owned();
    Query::select()
        .columns(["first", "entries", "stored", "bytes"])
        .from("segment")
        .cond_where(in_journal(store, journal))
        .and_where(Expr::col("first").gte(holder))
        .order_by("first", Order::Asc)
        .limit(limit as u64)
        .to_owned()
}

fn read(row: &Row) -> Result<SegmentRow, StoreError> {
    let row = Columns::new("segment", row);
    Ok(SegmentRow {
        first: row.number("first")?,
        entries: row.number("entries")?,
        stored: Timestamp::from_micros(row.integer("stored")?),
        bytes: Bytes::copy_from_slice(row.blob("bytes")?),
    })
}

// === impl Tx ===

impl Tx {
    /// Stores segments, with what is run next.
    pub fn segment_insert(
        &mut self,
        store: &Store,
        journal: JournalNumber,
        segments: &[SegmentRow],
    ) {
        for some in segments.chunks(TOGETHER) {
            let mut insert = Query::insert()
                .into_table("segment")
                .columns(["platform", "journal", "first", "entries", "stored", "bytes"])
                .to_owned();
            for segment in some {
                insert.values_panic([
                    store.platform().as_str().into(),
                    journal.0.into(),
                    signed(segment.first).into(),
                    signed(segment.entries).into(),
                    segment.stored.as_micros().into(),
                    segment.bytes.to_vec().into(),
                ]);
            }
            self.later(&insert, None);
        }
    }

    /// Up to `limit` segments from the one that holds `sequence` on, as this transaction sees them.
    ///
    /// # Errors
    /// Of the database.
    pub async fn segment_from(
        &mut self,
        store: &Store,
        journal: JournalNumber,
        sequence: u64,
        limit: usize,
    ) -> Result<Vec<SegmentRow>, StoreError> {
        let select = from(store, journal, sequence, limit);
        self.rows(&select).await?.iter().map(read).collect()
    }

    /// Puts other bytes in place of a segment's: the same entries, packed anew. With what is run
    /// next; [`StoreError::Raced`] if the segment is no longer there.
    pub fn segment_replace(&mut self, store: &Store, journal: JournalNumber, row: &SegmentRow) {
        let update = Query::update()
            .table("segment")
            .value("bytes", row.bytes.to_vec())
            .cond_where(in_journal(store, journal))
            .and_where(Expr::col("first").eq(signed(row.first)))
            .and_where(Expr::col("entries").eq(signed(row.entries)))
            .to_owned();
        self.later(&update, Must::change(1, "segment"));
    }

    /// Removes segments that begin at or after `first`.
    ///
    /// # Errors
    /// Of the database.
    pub async fn segment_cut(
        &mut self,
        store: &Store,
        journal: JournalNumber,
        first: u64,
    ) -> Result<u64, StoreError> {
        let delete = Query::delete()
            .from_table("segment")
            .cond_where(in_journal(store, journal))
            .and_where(Expr::col("first").gte(signed(first)))
            .to_owned();
        self.run(&delete).await
    }
}
