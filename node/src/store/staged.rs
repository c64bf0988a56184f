//! Segments of a history that is being adopted: `staged_*`. They pass through the store, so that
//! memory stays flat however long a journal is.

use sanheyi_exchange_spec::time::Timestamp;
use sea_query::{Expr, ExprTrait as _, OnConflict, Order, Query};

use super::column::{Columns, signed};
use super::error::StoreError;
use super::{JournalNumber, SegmentRow, Store, Tx, in_journal};

/// Whose history a staged segment belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Staged {
    /// The hub's copy.
    Hub,
    /// The branch's own tail.
    Own,
}

impl Staged {
    const fn number(self) -> i64 {
        match self {
            Staged::Hub => 0,
            Staged::Own => 1,
        }
    }
}

impl Tx {
    /// Stages segments.
    ///
    /// # Errors
    /// Of the database.
    pub async fn staged_put(
        &mut self,
        store: &Store,
        journal: JournalNumber,
        kind: Staged,
        segments: &[SegmentRow],
    ) -> Result<(), StoreError> {
        for segment in segments {
            let insert = Query::insert()
                .into_table("staged")
                .columns(["platform", "journal", "kind", "first", "entries", "bytes"])
                .values_panic([
                    store.platform().as_str().into(),
                    journal.0.into(),
                    kind.number().into(),
                    signed(segment.first).into(),
                    signed(segment.entries).into(),
                    segment.bytes.to_vec().into(),
                ])
                .on_conflict(
                    OnConflict::columns(["platform", "journal", "kind", "first"])
                        .update_columns(["entries", "bytes"])
                        .to_owned(),
                )
                .to_owned();
            self.run(&insert).await?;
        }
        Ok(())
    }

    /// Up to `limit` staged segments from `first` on, ascending.
    ///
    /// # Errors
    /// Of the database.
    pub async fn staged_from(
        &mut self,
        store: &Store,
        journal: JournalNumber,
        kind: Staged,
        first: u64,
        limit: u64,
    ) -> Result<Vec<SegmentRow>, StoreError> {
        let select = Query::select()
            .columns(["first", "entries", "bytes"])
            .from("staged")
            .cond_where(in_journal(store, journal))
            .and_where(Expr::col("kind").eq(kind.number()))
            .and_where(Expr::col("first").gte(signed(first)))
            .order_by("first", Order::Asc)
            .limit(limit)
            .to_owned();
        let rows = self.rows(&select).await?;
        rows.iter()
            .map(|row| {
                let row = Columns::new("staged", row);
                Ok(SegmentRow {
                    first: row.number("first")?,
                    entries: row.number("entries")?,
                    stored: Timestamp::default(),
                    bytes: row.blob("bytes")?.to_vec().into(),
                })
            })
            .collect()
    }

    /// Forgets what is staged for a journal.
    ///
    /// # Errors
    /// Of the database.
    pub async fn staged_clear(
        &mut self,
        store: &Store,
        journal: JournalNumber,
    ) -> Result<(), StoreError> {
        let delete =
            Query::delete().from_table("staged").cond_where(in_journal(store, journal)).to_owned();
        self.run(&delete).await.map(drop)
    }
}
