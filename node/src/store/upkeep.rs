//! What upkeep remembers: `upkeep_*`, when each task ran last; `unnamed_*`, files that nobody may
//! need any more.

use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use sea_query::{Expr, ExprTrait as _, OnConflict, Order, Query};

use super::attachment::in_file;
use super::column::{Columns, signed};
use super::error::StoreError;
use super::{Store, Tx};

/// When a task ran last, and what it came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpkeepRow {
    /// Name of the task.
    pub task: String,
    /// When it ended.
    pub at: Timestamp,
    /// `done`, or why not.
    pub outcome: String,
    /// Rows that it merged, removed or put into the archive.
    pub rows: u64,
    /// Bytes that it freed.
    pub bytes: u64,
}

// === impl Store ===

impl Store {
    /// Every task that ever ran, by its name.
    ///
    /// # Errors
    /// Of the database.
    pub async fn upkeep_list(&self) -> Result<Vec<UpkeepRow>, StoreError> {
        let select = Query::select()
            .columns(["task", "at", "outcome", "rows", "bytes"])
            .from("upkeep")
            .and_where(Expr::col("platform").eq(self.platform().as_str()))
            .order_by("task", Order::Asc)
            .to_owned();
        let rows = self.rows("upkeep_list", &select).await?;
        rows.iter()
            .map(|row| {
                let row = Columns::new("upkeep", row);
                Ok(UpkeepRow {
                    task: row.text("task")?.to_owned(),
                    at: Timestamp::from_micros(row.integer("at")?),
                    outcome: row.text("outcome")?.to_owned(),
                    rows: row.number("rows")?,
                    bytes: row.number("bytes")?,
                })
            })
            .collect()
    }

    /// Up to `limit` files that nobody may need any more.
    ///
    /// # Errors
    /// Of the database.
    pub async fn unnamed_list(&self, limit: u64) -> Result<Vec<Digest>, StoreError> {
        let select = Query::select()
            .column("digest")
            .from("unnamed")
            .and_where(Expr::col("platform").eq(self.platform().as_str()))
            .order_by("digest", Order::Asc)
            .limit(limit)
            .to_owned();
        let rows = self.rows("unnamed_list", &select).await?;
        rows.iter()
            .map(|row| {
                let row = Columns::new("unnamed", row);
                row.parsed("digest", Digest::from_slice(row.blob("digest")?))
            })
            .collect()
    }
}

// === impl Tx ===

impl Tx {
    /// Writes down that a task ran.
    pub fn upkeep_put(&mut self, store: &Store, row: &UpkeepRow) {
        let insert = Query::insert()
            .into_table("upkeep")
            .columns(["platform", "task", "at", "outcome", "rows", "bytes"])
            .values_panic([
                store.platform().as_str().into(),
                row.task.as_str().into(),
                row.at.as_micros().into(),
                row.outcome.as_str().into(),
                signed(row.rows).into(),
                signed(row.bytes).into(),
            ])
            .on_conflict(
                OnConflict::columns(["platform", "task"])
                    .update_columns(["at", "outcome", "rows", "bytes"])
                    .to_owned(),
            )
            .to_owned();
        self.later(&insert, None);
    }

    /// Notes that nobody may need a file any more, with what is run next.
    pub fn unnamed_put(&mut self, store: &Store, digest: &Digest) {
        let insert = Query::insert()
            .into_table("unnamed")
            .columns(["platform", "digest"])
            .values_panic([store.platform().as_str().into(), digest.as_bytes().to_vec().into()])
            .on_conflict(OnConflict::columns(["platform", "digest"]).do_nothing().to_owned())
            .to_owned();
        self.later(&insert, None);
    }

    /// The question is settled, with what is run next.
    pub fn unnamed_drop(&mut self, store: &Store, digest: &Digest) {
        let delete =
            Query::delete().from_table("unnamed").cond_where(in_file(store, digest)).to_owned();
        self.later(&delete, None);
    }
}
