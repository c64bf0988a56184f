//! SQLite: one connection writes, some read beside it. `synchronous = FULL` makes a commit survive
//! power loss; the write-ahead log lets readers go on meanwhile.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::TryStreamExt as _;
use sea_query::Values;
use sea_query_sqlx::SqlxValues;
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePool,
    SqlitePoolOptions, SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Connection as _, Either, Executor as _, Transaction};

use super::{Language, Statement, migrator, unmigrated};
use crate::process::folder;
use crate::process::lifecycle::aside;
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
/// One page in so many stays free: what is given back beyond that is asked for again.
const SPARE: i64 = 8;
/// Pages given back at a time: 64 MiB, which holds the writer for some tenths of a second.
const GIVEN_BACK: i64 = 16_384;
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

/// The first of all to open a database at `path` makes its folder too: a command may come before
/// the process that runs.
async fn alone(path: &Path) -> std::io::Result<File> {
    let lock = path.with_extension("schema-lock");
    aside(move || {
        if let Some(parent) = lock.parent() {
            folder::make(parent)?;
        }
        let file = File::options().create(true).truncate(false).write(true).open(lock)?;
        file.lock()?;
        Ok(file)
    })
    .await
}

impl Sqlite {
    /// Opens the database; answers which steps stood already.
    pub(super) async fn open(
        path: &Path,
        steps: &[Step],
    ) -> Result<(Self, BTreeSet<i64>), StoreError> {
        let pages = Arc::new(AtomicU32::new(UNLIMITED));
        // Of two processes that open a new file at once, one makes its tables and the other waits:
        // the driver's own steps do not. The lock goes with the handle.
        let _alone = alone(path).await.map_err(|error| StoreError::at("open")(error.into()))?;
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

    /// The steps that stand.
    pub(super) async fn applied(&self) -> Result<BTreeSet<i64>, sqlx::Error> {
        applied(&self.reader).await
    }

    /// Limits the file to `pages` pages of 4 KiB, as a full disk would.
    pub(in crate::store) async fn limit_pages(&self, pages: u32) -> Result<(), sqlx::Error> {
        self.pages.store(pages, Ordering::Relaxed);
        sqlx::query(AssertSqlSafe(limit(pages))).execute(&self.writer).await.map(drop)
    }

    /// Writes the log back as far as no reader stands in its way, gives free pages back, and lets
    /// the planner look at the tables. Answers the bytes that the file has lost.
    pub(in crate::store) async fn tidy(&self) -> Result<u64, sqlx::Error> {
        let ask = |pragma: &'static str| sqlx::query_scalar::<_, i64>(pragma);
        let size = ask("PRAGMA page_size").fetch_one(&self.writer).await?;
        let free = ask("PRAGMA freelist_count").fetch_one(&self.writer).await?;
        let pages = ask("PRAGMA page_count").fetch_one(&self.writer).await?;
        // Some are kept: what is merged next needs them, and a file that grows again is slower.
        let spare = free - pages / SPARE;
        if spare > 0 {
            let some = spare.min(GIVEN_BACK);
            // It does nothing in a file that was made without: that is fixed when a file is made.
            let give = format!("PRAGMA incremental_vacuum({some})");
            sqlx::query(AssertSqlSafe(give)).execute(&self.writer).await?;
        }
        sqlx::query("PRAGMA optimize").execute(&self.writer).await?;
        sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&self.writer).await?;
        let after = ask("PRAGMA page_count").fetch_one(&self.writer).await?;
        Ok(u64::try_from((pages - after) * size).unwrap_or(0))
    }

    /// What the file finds damaged in itself.
    pub(in crate::store) async fn damage(&self) -> Result<Vec<String>, sqlx::Error> {
        let said = sqlx::query_scalar::<_, String>("PRAGMA quick_check");
        match said.fetch_all(&self.reader).await {
            Ok(said) => Ok(said.into_iter().filter(|one| one != "ok").collect()),
            // Of a page that is none of its own it tells by an error.
            Err(sqlx::Error::Database(error)) if is_corrupt(error.as_ref()) => {
                Ok(vec![error.to_string()])
            }
            Err(error) => Err(error),
        }
    }

    pub(super) async fn durability(&self) -> Result<Vec<(&'static str, String)>, sqlx::Error> {
        let journal = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&self.writer).await?;
        let synchronous: i64 =
            sqlx::query_scalar("PRAGMA synchronous").fetch_one(&self.writer).await?;
        Ok(vec![("journal_mode", journal), ("synchronous", synchronous.to_string())])
    }

    /// Writes the database at `from`, as it is at one moment, into the empty file `to`. Writers go
    /// on meanwhile: it reads beside them, and their log grows for as long as it takes.
    pub(in crate::store) async fn copy(from: &Path, to: &str) -> Result<(), sqlx::Error> {
        let options = SqliteConnectOptions::new().filename(from).busy_timeout(BUSY);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        let done = sqlx::query("VACUUM INTO $1").bind(to).execute(&mut connection).await;
        connection.close().await?;
        done.map(drop)
    }

    /// Writes the log back and closes all connections.
    pub(super) async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// Whether the file is said to be malformed: `SQLITE_CORRUPT`, with whatever is told beside it.
fn is_corrupt(error: &dyn sqlx::error::DatabaseError) -> bool {
    const CORRUPT: i64 = 11;
    error
        .code()
        .and_then(|code| code.parse::<i64>().ok())
        .is_some_and(|code| code & 0xff == CORRUPT)
}

/// The steps that stand.
async fn applied(pool: &SqlitePool) -> Result<BTreeSet<i64>, sqlx::Error> {
    let tables = sqlx::query_scalar::<_, i64>(
        "SELECT count(*) FROM sqlite_master WHERE name = '_sqlx_migrations'",
    );
    if tables.fetch_one(pool).await? == 0 {
        return Ok(BTreeSet::new());
    }
    let applied = sqlx::query_scalar("SELECT version FROM _sqlx_migrations WHERE success");
    Ok(applied.fetch_all(pool).await?.into_iter().collect())
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
                // Fixed when the file is made: free pages can be given back later, some at a time.
                .auto_vacuum(SqliteAutoVacuum::Incremental)
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
