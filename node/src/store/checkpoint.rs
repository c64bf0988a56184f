//! Signed checkpoints by size: `checkpoint_*`.

use sea_query::{Expr, ExprTrait as _, OnConflict, Order, Query, SelectStatement};

use super::column::{Columns, signed};
use super::engine::Row;
use super::error::StoreError;
use super::{JournalNumber, Store, Tx, in_journal};

/// A checkpoint as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointRow {
    /// Size that it is about.
    pub size: u64,
    /// The signed note.
    pub note: String,
}

// === impl Store ===

impl Store {
    /// The checkpoint at exactly `size`.
    ///
    /// # Errors
    /// Of the database.
    pub async fn checkpoint_get(
        &self,
        journal: JournalNumber,
        size: u64,
    ) -> Result<Option<CheckpointRow>, StoreError> {
        let mut select = checkpoints(self, journal);
        select.and_where(Expr::col("size").eq(signed(size)));
        self.rows("checkpoint_get", &select).await?.first().map(read).transpose()
    }

    /// The last `limit` checkpoints, the largest first.
    ///
    /// # Errors
    /// Of the database.
    pub async fn checkpoint_last(
        &self,
        journal: JournalNumber,
        limit: u64,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        let mut select = checkpoints(self, journal);
        select.clear_order_by().order_by("size", Order::Desc).limit(limit);
        self.rows("checkpoint_last", &select).await?.iter().map(read).collect()
    }

    /// Up to `limit` checkpoints beyond size `after`, ascending.
    ///
    /// # Errors
    /// Of the database.
    pub async fn checkpoint_list(
        &self,
        journal: JournalNumber,
        after: u64,
        limit: u64,
    ) -> Result<Vec<CheckpointRow>, StoreError> {
        let mut select = checkpoints(self, journal);
        select.and_where(Expr::col("size").gt(signed(after))).limit(limit);
        self.rows("checkpoint_list", &select).await?.iter().map(read).collect()
    }
}

fn checkpoints(store: &Store, journal: JournalNumber) -> SelectStatement {
    Query::select()
        .columns(["size", "note"])
        .from("checkpoint")
        .cond_where(in_journal(store, journal))
        .order_by("size", Order::Asc)
        .to_owned()
}

fn read(row: &Row) -> Result<CheckpointRow, StoreError> {
    let row = Columns::new("checkpoint", row);
    Ok(CheckpointRow { size: row.number("size")?, note: row.text("note")?.to_owned() })
}

// === impl Tx ===

impl Tx {
    /// Keeps a checkpoint; one that is there for that size stays.
    pub fn checkpoint_put(
        &mut self,
        store: &Store,
        journal: JournalNumber,
        checkpoint: &CheckpointRow,
    ) {
        let insert = Query::insert()
            .into_table("checkpoint")
            .columns(["platform", "journal", "size", "note"])
            .values_panic([
                store.platform().as_str().into(),
                journal.0.into(),
                signed(checkpoint.size).into(),
                checkpoint.note.as_str().into(),
            ])
            .on_conflict(
                OnConflict::columns(["platform", "journal", "size"]).do_nothing().to_owned(),
            )
            .to_owned();
        self.later(&insert, None);
    }

    /// Removes checkpoints beyond `size`: a journal cut back to the hub's copy signs anew from
    /// there.
    ///
    /// # Errors
    /// Of the database.
    pub async fn checkpoint_cut(
        &mut self,
        store: &Store,
        journal: JournalNumber,
        size: u64,
    ) -> Result<(), StoreError> {
        let delete = Query::delete()
            .from_table("checkpoint")
            .cond_where(in_journal(store, journal))
            .and_where(Expr::col("size").gt(signed(size)))
            .to_owned();
        self.run(&delete).await.map(drop)
    }
}
