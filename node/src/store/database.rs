//! The database under a store. This file knows what is SQLite's: how a connection is told to be
//! durable, how a writing transaction begins, which driver error means what. PostgreSQL joins it
//! here.
//!
//! One connection writes, some read beside it. `synchronous = FULL` makes a commit survive power
//! loss; the write-ahead log lets readers go on meanwhile.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sanheyi_exchange_spec::ids::PlatformId;
use sea_query::SqliteQueryBuilder;
use sea_query_sqlx::SqlxBinder;
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow,
    SqliteSynchronous,
};
use sqlx::{AssertSqlSafe, Connection as _, SqlStr};

use super::error::StoreError;
use super::transaction::Tx;

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

/// An open database: one writer, readers beside it.
#[derive(Clone, Debug)]
pub struct Database {
    writer: SqlitePool,
    reader: SqlitePool,
    path: PathBuf,
    pages: Arc<AtomicU32>,
}

/// The rows of one platform. Its statements carry the platform; forgetting it does not compile.
#[derive(Clone, Debug)]
pub struct Store {
    database: Database,
    platform: PlatformId,
}

/// A step of the schema, embedded in the program. Steps only add.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Version, ascending.
    pub version: i64,
    /// What it adds.
    pub title: &'static str,
    /// Its statements.
    pub sql: &'static str,
}

/// The steps of every store.
pub const STEPS: &[Step] =
    &[Step { version: 1, title: "branch", sql: include_str!("migrations/0001_branch.sql") }];

// === impl Database ===

impl Database {
    /// Opens or makes the database at `path` and brings its schema up to [`STEPS`] and `further`
    /// steps.
    ///
    /// # Errors
    /// [`StoreError::SchemaUnknown`] if a newer program has written it; other errors of the
    /// database.
    pub async fn open(path: &Path, further: &[Step]) -> Result<Self, StoreError> {
        let pages = Arc::new(AtomicU32::new(UNLIMITED));
        let writer = writer(path, &pages).await?;
        migrate(&writer, further).await?;
        Ok(Self { writer, reader: readers(path).await?, path: path.to_owned(), pages })
    }

    /// Opens the database for reading beside the process that writes it.
    ///
    /// # Errors
    /// If there is none.
    pub async fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        if !path.exists() {
            return Err(StoreError::Absent(path.to_owned()));
        }
        let reader = readers(path).await?;
        let pages = Arc::new(AtomicU32::new(UNLIMITED));
        Ok(Self { writer: reader.clone(), reader, path: path.to_owned(), pages })
    }

    /// The rows of one platform.
    pub fn of(&self, platform: &PlatformId) -> Store {
        Store { database: self.clone(), platform: platform.clone() }
    }

    /// Where the database lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Begins a named writing transaction, one at a time.
    ///
    /// # Errors
    /// Of the database.
    pub async fn begin(&self, name: &'static str) -> Result<Tx, StoreError> {
        let inner =
            self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(StoreError::at(name))?;
        Ok(Tx::new(inner, name))
    }

    /// Limits the file to `pages` pages of 4 KiB, as a full disk would.
    ///
    /// # Errors
    /// Of the database.
    pub async fn limit_pages(&self, pages: u32) -> Result<(), StoreError> {
        self.pages.store(pages, Ordering::Relaxed);
        sqlx::query(AssertSqlSafe(limit(pages)))
            .execute(&self.writer)
            .await
            .map(drop)
            .map_err(StoreError::at("limit"))
    }

    /// How durable a commit is, as the connection that writes says it: `journal_mode` and
    /// `synchronous`.
    ///
    /// # Errors
    /// Of the database.
    pub async fn durability(&self) -> Result<(String, i64), StoreError> {
        let at = StoreError::at("durability");
        let journal = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&self.writer).await;
        let synchronous = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&self.writer).await;
        journal.and_then(|journal| Ok((journal, synchronous?))).map_err(at)
    }

    /// Writes the log back and closes all connections.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    /// Rows of a statement, read beside the writer.
    pub async fn rows(
        &self,
        name: &'static str,
        statement: &impl SqlxBinder,
    ) -> Result<Vec<SqliteRow>, StoreError> {
        let (sql, values) = statement.build_sqlx(SqliteQueryBuilder);
        sqlx::query_with(AssertSqlSafe(sql), values)
            .fetch_all(&self.reader)
            .await
            .map_err(StoreError::at(name))
    }
}

fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .busy_timeout(BUSY)
        .statement_cache_capacity(STATEMENTS)
        .pragma("cache_size", "-65536")
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

async fn migrate(writer: &SqlitePool, further: &[Step]) -> Result<(), StoreError> {
    let steps = STEPS.iter().chain(further).map(|step| {
        Migration::new(
            step.version,
            step.title.into(),
            MigrationType::Simple,
            SqlStr::from_static(step.sql),
            false,
        )
    });
    let migrator = Migrator::with_migrations(steps.collect());
    match migrator.run(writer).await {
        Ok(()) => Ok(()),
        Err(MigrateError::VersionMissing(version)) => Err(StoreError::SchemaUnknown(version)),
        Err(other) => Err(StoreError::migration(other)),
    }
}

// === impl Store ===

impl Store {
    /// The platform whose rows these are.
    pub fn platform(&self) -> &PlatformId {
        &self.platform
    }

    /// The database under it.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Begins a named writing transaction.
    ///
    /// # Errors
    /// Of the database.
    pub async fn begin(&self, name: &'static str) -> Result<Tx, StoreError> {
        self.database.begin(name).await
    }

    /// Rows of a statement, read beside the writer.
    ///
    /// # Errors
    /// Of the database.
    pub async fn rows(
        &self,
        name: &'static str,
        statement: &impl SqlxBinder,
    ) -> Result<Vec<SqliteRow>, StoreError> {
        self.database.rows(name, statement).await
    }
}
