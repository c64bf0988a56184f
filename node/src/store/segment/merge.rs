//! Segments as upkeep sees them: how large they are, and others in their place.

use sanheyi_exchange_spec::time::Timestamp;
use sea_query::{Alias, Expr, ExprTrait as _, Func, Order, Query};

use super::super::column::{Columns, signed};
use super::super::error::StoreError;
use super::super::{JournalNumber, Must, Store, Tx, in_journal, total};
use super::SegmentRow;

/// Segments that one statement takes away: each is a value of its condition.
const TAKEN: usize = 128;

/// How large a segment is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentSize {
    /// Sequence number of its first entry.
    pub first: u64,
    /// Number of its entries.
    pub entries: u64,
    /// When it was stored here.
    pub stored: Timestamp,
    /// Its bytes.
    pub bytes: u64,
}

/// How many segments there are, and how large they are together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SegmentTotal {
    /// Segments.
    pub segments: u64,
    /// Their bytes.
    pub bytes: u64,
}

impl SegmentSize {
    /// One past its last entry.
    pub fn past(&self) -> u64 {
        self.first + self.entries
    }
}

fn length() -> sea_query::FunctionCall {
    Func::cust(Alias::new("length")).arg(Expr::col("bytes"))
}

// === impl Store ===

impl Store {
    /// Sizes of up to `limit` segments that begin at or after `first`, ascending. Their bytes are
    /// not read.
    ///
    /// # Errors
    /// Of the database.
    pub async fn segment_sizes(
        &self,
        journal: JournalNumber,
        first: u64,
        limit: usize,
    ) -> Result<Vec<SegmentSize>, StoreError> {
        let select = Query::select()
            .columns(["first", "entries", "stored"])
            .expr_as(Expr::expr(length()).cast_as("bigint"), "size")
            .from("segment")
            .cond_where(in_journal(self, journal))
            .and_where(Expr::col("first").gte(signed(first)))
            .order_by("first", Order::Asc)
            .limit(limit as u64)
            .to_owned();
        let rows = self.rows("segment_sizes", &select).await?;
        rows.iter()
            .map(|row| {
                let row = Columns::new("segment", row);
                Ok(SegmentSize {
                    first: row.number("first")?,
                    entries: row.number("entries")?,
                    stored: Timestamp::from_micros(row.integer("stored")?),
                    bytes: row.number("size")?,
                })
            })
            .collect()
    }

    /// How many segments the platform has, and their bytes.
    ///
    /// # Errors
    /// Of the database.
    pub async fn segment_total(&self) -> Result<SegmentTotal, StoreError> {
        let sizes = Query::select()
            .expr_as(Expr::expr(length()).cast_as("bigint"), "size")
            .from("segment")
            .and_where(Expr::col("platform").eq(self.platform().as_str()))
            .to_owned();
        let select = Query::select()
            .expr_as(Expr::col("size").count(), "segments")
            .expr_as(total("size"), "size")
            .from_subquery(sizes, "sizes")
            .to_owned();
        let rows = self.rows("segment_total", &select).await?;
        let Some(row) = rows.first() else { return Ok(SegmentTotal::default()) };
        let row = Columns::new("segment", row);
        let segments = row.number("segments")?;
        Ok(SegmentTotal { segments, bytes: row.number("size")? })
    }
}

// === impl Tx ===

impl Tx {
    /// Puts other segments in the place of adjacent ones that hold the same entries.
    /// [`StoreError::Raced`] if those are no longer there as they were read, byte for byte; then
    /// nothing changed. The first statement says so.
    pub fn segment_swap(
        &mut self,
        store: &Store,
        journal: JournalNumber,
        old: &[SegmentRow],
        new: &[SegmentRow],
    ) {
        for some in old.chunks(TAKEN) {
            let (Some(first), Some(last)) = (some.first(), some.last()) else { continue };
            let delete = Query::delete()
                .from_table("segment")
                .cond_where(in_journal(store, journal))
                .and_where(Expr::col("first").gte(signed(first.first)))
                .and_where(Expr::col("first").lt(signed(last.past())))
                .and_where(Expr::col("bytes").is_in(some.iter().map(|row| row.bytes.to_vec())))
                .to_owned();
            self.later(&delete, Must::change(some.len() as u64, "segment"));
        }
        self.segment_insert(store, journal, new);
    }
}
