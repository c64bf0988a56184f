//! Backups that were made or tried: `backup_*`. Rows are added, and what was verified is noted.

use sanheyi_exchange_spec::time::Timestamp;
use sea_query::{Expr, ExprTrait as _, Order, Query, SelectStatement};

use super::column::{Columns, signed};
use super::engine::Row;
use super::error::StoreError;
use super::{Store, Tx};

/// A backup that was made or tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupRow {
    /// When it began.
    pub at: Timestamp,
    /// Its file, with its folder.
    pub file: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// Entries in it, of all journals.
    pub entries: u64,
    /// Seconds that it took.
    pub seconds: u64,
    /// Empty where it is good; else why it failed.
    pub outcome: String,
    /// When its file was last opened and held against its manifest; 1970 where nobody has.
    pub verified: Timestamp,
}

const COLUMNS: [&str; 7] = ["at", "file", "bytes", "entries", "seconds", "outcome", "verified"];

impl BackupRow {
    /// Whether it can be restored from, as far as known.
    pub fn is_good(&self) -> bool {
        self.outcome.is_empty()
    }
}

impl Store {
    /// The latest `limit` backups, good or failed, the latest first.
    ///
    /// # Errors
    /// Of the database.
    pub async fn backup_list(&self, limit: u64) -> Result<Vec<BackupRow>, StoreError> {
        let rows = self.rows("backup_list", select(self).limit(limit)).await?;
        rows.iter().map(read).collect()
    }

    /// The latest good backup.
    ///
    /// # Errors
    /// Of the database.
    pub async fn backup_good(&self) -> Result<Option<BackupRow>, StoreError> {
        let mut select = select(self);
        select.and_where(Expr::col("outcome").eq("")).limit(1);
        self.rows("backup_good", &select).await?.first().map(read).transpose()
    }

    /// The latest backup that failed.
    ///
    /// # Errors
    /// Of the database.
    pub async fn backup_failed(&self) -> Result<Option<BackupRow>, StoreError> {
        let mut select = select(self);
        select.and_where(Expr::col("outcome").ne("")).limit(1);
        self.rows("backup_failed", &select).await?.first().map(read).transpose()
    }
}

fn select(store: &Store) -> SelectStatement {
    Query::select()
        .columns(COLUMNS)
        .from("backup")
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .order_by("at", Order::Desc)
        .to_owned()
}

fn read(row: &Row) -> Result<BackupRow, StoreError> {
    let row = Columns::new("backup", row);
    Ok(BackupRow {
        at: Timestamp::from_micros(row.integer("at")?),
        file: row.text("file")?.to_owned(),
        bytes: row.number("bytes")?,
        entries: row.number("entries")?,
        seconds: row.number("seconds")?,
        outcome: row.text("outcome")?.to_owned(),
        verified: Timestamp::from_micros(row.integer("verified")?),
    })
}

impl Tx {
    /// Adds a backup.
    ///
    /// # Errors
    /// Of the database; also if one began at the same moment.
    pub async fn backup_add(&mut self, store: &Store, row: &BackupRow) -> Result<(), StoreError> {
        let insert = Query::insert()
            .into_table("backup")
            .columns(["platform"].into_iter().chain(COLUMNS))
            .values_panic([
                store.platform().as_str().into(),
                row.at.as_micros().into(),
                row.file.as_str().into(),
                signed(row.bytes).into(),
                signed(row.entries).into(),
                signed(row.seconds).into(),
                row.outcome.as_str().into(),
                row.verified.as_micros().into(),
            ])
            .to_owned();
        self.run(&insert).await.map(drop)
    }

    /// Notes that the backup that began at `at` was opened and held against its manifest at `now`;
    /// answers whether the store knows of it.
    ///
    /// # Errors
    /// Of the database.
    pub async fn backup_verified(
        &mut self,
        store: &Store,
        at: Timestamp,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let update = Query::update()
            .table("backup")
            .value("verified", now.as_micros())
            .and_where(Expr::col("platform").eq(store.platform().as_str()))
            .and_where(Expr::col("at").eq(at.as_micros()))
            .to_owned();
        Ok(self.run(&update).await? > 0)
    }
}
