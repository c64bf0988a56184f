//! SQLite: one connection writes, some read beside it. `synchronous = FULL` makes a commit survive
//! power loss; the write-ahead log lets readers go on meanwhile.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::TryStreamExt as _;
use sea_query::Values;
use sea_query_sqlx::SqlxValues;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Connection as _, Either, Executor as _, Transaction};

use super::{Language, Statement, migrator, unmigrated};
use crate::store::database::Step;
use crate::store::error::StoreError;

/// Readers beside the one writer.
const READERS: u32 = 4;
/// How long a statement waits for a lock held by another process, such as a backup, before it is an
/// error.
const BUSY: Duration = Duration::from_secs(10);
/// Statements kept prepared per connection: all shapes of the hot paths, with room.
const STATEMENTS: usize = 256;
/// Pages in the write-ahead log before the database itself is written: larger than SQLite's 1,000,
/// because a bulk load commits a few hundred pages at a time.
const LOG_PAGES: i64 = 8000;
/// SQLite's own limit of pages.
const UNLIMITED: u32 = u32::MAX - 1;
/// Statements that go to the driver's thread in one message: bounds the memory of those that stay
/// prepared.
const TOGETHER: usize = 16;

#[derive(Clone, Debug)]
pub(in crate::store) struct Sqlite {
    writer: SqlitePool,
    reader: SqlitePool,
    pages: Arc<AtomicU32>,
}

impl Sqlite {
    /// Opens the database; answers which steps stood already.
    pub(super) async fn open(
        path: &Path,
        steps: &[Step],
    ) -> Result<(Self, BTreeSet<i64>), StoreError> {
        let pages = Arc::new(AtomicU32::new(UNLIMITED));
        let writer = writer(path, &pages).await?;
        let before = applied(&writer).await.map_err(StoreError::at("open"))?;
        migrator(steps, Language::Sqlite).run(&writer).await.map_err(unmigrated)?;
        Ok((Self { writer, reader: readers(path).await?, pages }, before))
    }

    pub(super) async fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        if !path.exists() {
            return Err(StoreError::Absent(path.to_owned()));
        }
        let reader = readers(path).await?;
        let pages = Arc::new(AtomicU32::new(UNLIMITED));
        Ok(Self { writer: reader.clone(), reader, pages })
    }

    pub(super) async fn begin(&self) -> Result<Transaction<'static, sqlx::Sqlite>, sqlx::Error> {
        self.writer.begin_with("BEGIN IMMEDIATE").await
    }

    pub(super) fn reader(&self) -> &SqlitePool {
        &self.reader
    }

    /// Limits the file to `pages` pages of 4 KiB, as a full disk would.
    pub(in crate::store) async fn limit_pages(&self, pages: u32) -> Result<(), sqlx::Error> {
        self.pages.store(pages, Ordering::Relaxed);
        sqlx::query(AssertSqlSafe(limit(pages))).execute(&self.writer).await.map(drop)
    }

    pub(super) async fn durability(&self) -> Result<Vec<(&'static str, String)>, sqlx::Error> {
        let journal = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&self.writer).await?;
        let synchronous: i64 =
            sqlx::query_scalar("PRAGMA synchronous").fetch_one(&self.writer).await?;
        Ok(vec![("journal_mode", journal), ("synchronous", synchronous.to_string())])
    }

    /// Writes the log back and closes all connections.
    pub(super) async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// The steps that stand.
async fn applied(writer: &SqlitePool) -> Result<BTreeSet<i64>, sqlx::Error> {
    let tables = sqlx::query_scalar::<_, i64>(
        "SELECT count(*) FROM sqlite_master WHERE name = '_sqlx_migrations'",
    );
    if tables.fetch_one(writer).await? == 0 {
        return Ok(BTreeSet::new());
    }
    let applied = sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success");
    Ok(applied.fetch_all(writer).await?.into_iter().collect())
}

/// The database runs on a thread of its own, and a message to it costs more than most statements:
/// they go to it together.
pub(super) async fn run_all(
    tx: &mut Transaction<'static, sqlx::Sqlite>,
    statements: Vec<Statement>,
    changed: &mut Vec<u64>,
) -> Result<(), sqlx::Error> {
    let mut statements = statements.into_iter().peekable();
    while statements.peek().is_some() {
        let (mut text, mut bound) = (String::new(), Vec::new());
        for Statement { sql, values } in statements.by_ref().take(TOGETHER) {
            text.push_str(&sql);
            text.push(';');
            bound.extend(values);
        }
        let query = sqlx::query_with(AssertSqlSafe(text), SqlxValues(Values(bound)));
        let mut results = tx.fetch_many(query);
        while let Some(result) = results.try_next().await? {
            if let Either::Left(done) = result {
                changed.push(done.rows_affected());
            }
        }
    }
    Ok(())
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY)
        .statement_cache_capacity(STATEMENTS)
        .pragma("cache_size", "-65536")
        // What is erased leaves no trace in pages that are free.
        .pragma("secure_delete", "ON")
}

fn limit(pages: u32) -> String {
    format!("PRAGMA max_page_count = {pages}")
}

async fn writer(path: &Path, pages: &Arc<AtomicU32>) -> Result<SqlitePool, StoreError> {
    let pages = Arc::clone(pages);
    SqlitePoolOptions::new()
        .max_connections(1)
        // A connection is a file of our own: asking whether it still answers says nothing.
        .test_before_acquire(false)
        .after_connect(move |connection, _| {
            let limit = limit(pages.load(Ordering::Relaxed));
            Box::pin(async move {
                sqlx::query(AssertSqlSafe(limit)).execute(connection).await.map(drop)
            })
        })
        // On a full disk SQLite ends the transaction by itself. The driver, who wants to roll it
        // back, fails at that and believes for ever that one is open: take a fresh connection.
        .before_acquire(|connection, _| {
            let usable = !connection.is_in_transaction();
            Box::pin(async move { Ok(usable) })
        })
        .connect_with(
            options(path)
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .pragma("wal_autocheckpoint", LOG_PAGES.to_string()),
        )
        .await
        .map_err(StoreError::at("open"))
}

async fn readers(path: &Path) -> Result<SqlitePool, StoreError> {
    SqlitePoolOptions::new()
        .max_connections(READERS)
        .test_before_acquire(false)
        .connect_with(options(path).pragma("query_only", "ON"))
        .await
        .map_err(StoreError::at("open readers"))
}
