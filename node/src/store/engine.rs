//! The one room that knows which database a store lies in: SQLite in a file of our own, or
//! PostgreSQL behind a socket. Everything above builds statements with sea-query and reads rows by
//! column; what differs is here, and what only one of the two has lies in a file below.
//!
//! | | SQLite | PostgreSQL |
//! |---|---|---|
//! | writers | one, in this process | many, in many processes |
//! | a group of statements | one message to the driver's thread | one after another |
//! | one transaction holds | rows of every platform: one fsync | rows of one platform: one shard |
//! | a forgotten platform | does not compile | nor here; row-level security shows no row |
//! | news to other processes | there are none | LISTEN and NOTIFY |

mod address;
mod postgres;
mod sqlite;

use std::collections::BTreeSet;
use std::sync::Arc;

use sanheyi_exchange_spec::ids::PlatformId;
use sea_query::{PostgresQueryBuilder, SqliteQueryBuilder, Value, Values};
use sea_query_sqlx::{SqlxBinder, SqlxValues};
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{
    AssertSqlSafe, Decode, Executor as _, Postgres, Row as _, SqlStr, Sqlite, Transaction, Type,
};

pub use address::{Address, AddressError, ServerAddress};
pub(super) use postgres::Postgres as PostgresEngine;
pub use postgres::{Lease, Letterbox};
pub(super) use sqlite::Sqlite as SqliteEngine;

use super::database::Step;
use super::error::StoreError;

/// Whose rows a transaction sees.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scope<'a> {
    /// Those of one platform.
    Of(&'a PlatformId),
    /// The directory of platforms, which everybody may read.
    Directory,
    /// Those of all platforms, to be read only.
    City,
}

/// The open database.
#[derive(Clone, Debug)]
pub(super) enum Engine {
    Sqlite(SqliteEngine),
    Postgres(PostgresEngine),
}

/// How a lease is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// By one process.
    Alone,
    /// By as many as want to.
    Together,
}

/// What one transaction may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Rows of every platform: there is one writer, and the fewer commits the better.
    Everything,
    /// Rows of one platform: platforms lie on shards of their own, and commits go on side by side.
    OnePlatform,
}

/// A row, whichever database it came from.
pub enum Row {
    /// From SQLite.
    Sqlite(SqliteRow),
    /// From PostgreSQL.
    Postgres(PgRow),
}

/// A transaction that is open.
pub(super) enum Open {
    Sqlite(Transaction<'static, Sqlite>),
    Postgres(Transaction<'static, Postgres>),
}

/// A statement as the driver takes it.
pub(super) struct Statement {
    pub(super) sql: Arc<str>,
    pub(super) values: Vec<Value>,
}

/// The language of a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    Sqlite,
    Postgres,
}

// === impl Engine ===

impl Engine {
    /// Opens a database; answers which steps stood in it before.
    pub(super) async fn open(
        address: &Address,
        steps: &[Step],
    ) -> Result<(Self, BTreeSet<i64>), StoreError> {
        match address {
            Address::File(path) => {
                let (sqlite, before) = SqliteEngine::open(path, steps).await?;
                Ok((Self::Sqlite(sqlite), before))
            }
            Address::Server(at) => {
                let (postgres, before) = PostgresEngine::open(at, steps).await?;
                Ok((Self::Postgres(postgres), before))
            }
        }
    }

    pub(super) async fn open_read_only(address: &Address) -> Result<Self, StoreError> {
        match address {
            Address::File(path) => Ok(Self::Sqlite(SqliteEngine::open_read_only(path).await?)),
            Address::Server(at) => Ok(Self::Postgres(PostgresEngine::open_read_only(at).await?)),
        }
    }

    pub(super) fn language(&self) -> Language {
        match self {
            Self::Sqlite(_) => Language::Sqlite,
            Self::Postgres(_) => Language::Postgres,
        }
    }

    pub(super) fn reach(&self) -> Reach {
        match self {
            Self::Sqlite(_) => Reach::Everything,
            Self::Postgres(_) => Reach::OnePlatform,
        }
    }

    /// Begins a writing transaction.
    pub(super) async fn begin(&self, scope: Scope<'_>) -> Result<Open, sqlx::Error> {
        match self {
            Self::Sqlite(sqlite) => sqlite.begin().await.map(Open::Sqlite),
            Self::Postgres(postgres) => postgres.begin(scope).await.map(Open::Postgres),
        }
    }

    /// Rows of a statement, read beside the writers.
    pub(super) async fn rows(
        &self,
        scope: Scope<'_>,
        statement: &impl SqlxBinder,
    ) -> Result<Vec<Row>, sqlx::Error> {
        let statement = self.language().build(statement);
        match self {
            Self::Sqlite(sqlite) => {
                let query = sqlx::query_with(statement.text(), statement.bound());
                let rows = query.fetch_all(sqlite.reader()).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres(postgres) => {
                Open::Postgres(postgres.read(scope).await?).rows(statement).await
            }
        }
    }

    /// Begins to read what there is at this moment, of all platforms.
    pub(super) async fn begin_snapshot(&self) -> Result<Open, sqlx::Error> {
        match self {
            Self::Sqlite(sqlite) => sqlite.reader().begin().await.map(Open::Sqlite),
            Self::Postgres(postgres) => postgres.read_at_once().await.map(Open::Postgres),
        }
    }

    /// The steps of the schema that stand.
    pub(super) async fn applied(&self) -> Result<BTreeSet<i64>, sqlx::Error> {
        match self {
            Self::Sqlite(sqlite) => sqlite.applied().await,
            Self::Postgres(postgres) => Ok(postgres.applied().await?.into_keys().collect()),
        }
    }

    /// How durable a commit is, as a connection that writes says it: settings and their values.
    pub(super) async fn durability(&self) -> Result<Vec<(&'static str, String)>, sqlx::Error> {
        match self {
            Self::Sqlite(sqlite) => sqlite.durability().await,
            Self::Postgres(postgres) => postgres.durability().await,
        }
    }

    pub(super) async fn close(&self) {
        match self {
            Self::Sqlite(sqlite) => sqlite.close().await,
            Self::Postgres(postgres) => postgres.close().await,
        }
    }
}

// === impl Language ===

impl Language {
    /// A statement in this language.
    pub(super) fn build(self, statement: &impl SqlxBinder) -> Statement {
        let (sql, SqlxValues(Values(values))) = match self {
            Self::Sqlite => statement.build_sqlx(SqliteQueryBuilder),
            Self::Postgres => statement.build_sqlx(PostgresQueryBuilder),
        };
        Statement { sql: sql.into(), values }
    }
}

// === impl Statement ===

impl Statement {
    /// Its text: built by sea-query, or out of constants of ours. Values are bound, never written
    /// into it.
    fn text(&self) -> AssertSqlSafe<Arc<str>> {
        AssertSqlSafe(Arc::clone(&self.sql))
    }

    fn bound(self) -> SqlxValues {
        SqlxValues(Values(self.values))
    }
}

// === impl Open ===

impl Open {
    pub(super) fn language(&self) -> Language {
        match self {
            Self::Sqlite(_) => Language::Sqlite,
            Self::Postgres(_) => Language::Postgres,
        }
    }

    /// Runs a statement; answers how many rows it changed.
    pub(super) async fn run(&mut self, statement: Statement) -> Result<u64, sqlx::Error> {
        let text = statement.text();
        match self {
            Self::Sqlite(tx) => {
                let done = tx.execute(sqlx::query_with(text, statement.bound())).await?;
                Ok(done.rows_affected())
            }
            Self::Postgres(tx) => {
                let done = tx.execute(sqlx::query_with(text, statement.bound())).await?;
                Ok(done.rows_affected())
            }
        }
    }

    /// Runs statements in order; answers how many rows each changed, as far as it came, and what
    /// stopped it. It may stop at one that does not change as many as are `due`.
    pub(super) async fn run_all(
        &mut self,
        statements: Vec<Statement>,
        due: &[Option<u64>],
    ) -> (Vec<u64>, Result<(), sqlx::Error>) {
        let mut changed = Vec::with_capacity(statements.len());
        let outcome = match self {
            Self::Sqlite(tx) => sqlite::run_all(tx, statements, &mut changed).await,
            // PostgreSQL prepares one statement at a time. To join them by common table expressions
            // would save round trips, but a distributed PostgreSQL refuses INSERT in those.
            Self::Postgres(_) => self.run_each(statements, due, &mut changed).await,
        };
        (changed, outcome)
    }

    /// One statement after another. What stands behind a fence that did not hold is not sent.
    async fn run_each(
        &mut self,
        statements: Vec<Statement>,
        due: &[Option<u64>],
        changed: &mut Vec<u64>,
    ) -> Result<(), sqlx::Error> {
        for (statement, due) in statements.into_iter().zip(due) {
            let rows = self.run(statement).await?;
            changed.push(rows);
            if due.is_some_and(|due| due != rows) {
                break;
            }
        }
        Ok(())
    }

    /// Rows of a statement, as this transaction sees them.
    pub(super) async fn rows(&mut self, statement: Statement) -> Result<Vec<Row>, sqlx::Error> {
        let text = statement.text();
        match self {
            Self::Sqlite(tx) => {
                let rows = tx.fetch_all(sqlx::query_with(text, statement.bound())).await?;
                Ok(rows.into_iter().map(Row::Sqlite).collect())
            }
            Self::Postgres(tx) => {
                let rows = tx.fetch_all(sqlx::query_with(text, statement.bound())).await?;
                Ok(rows.into_iter().map(Row::Postgres).collect())
            }
        }
    }

    /// Turns to the rows of another platform, for the statements that follow.
    pub(super) async fn turn_to(&mut self, platform: &PlatformId) -> Result<(), sqlx::Error> {
        match self {
            // It sees the rows of all platforms, and its statements carry theirs.
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(tx) => postgres::turn_to(tx, platform).await,
        }
    }

    pub(super) async fn commit(self) -> Result<(), sqlx::Error> {
        match self {
            Self::Sqlite(tx) => tx.commit().await,
            Self::Postgres(tx) => tx.commit().await,
        }
    }
}

// === impl Row ===

impl Row {
    pub(super) fn get<'r, T>(&'r self, column: &str) -> Result<T, sqlx::Error>
    where
        T: Decode<'r, Sqlite> + Type<Sqlite> + Decode<'r, Postgres> + Type<Postgres>,
    {
        match self {
            Self::Sqlite(row) => row.try_get(column),
            Self::Postgres(row) => row.try_get(column),
        }
    }
}

/// The steps as sqlx runs them, in one language.
fn migrator(steps: &[Step], language: Language) -> sqlx::migrate::Migrator {
    use sqlx::migrate::{Migration, MigrationType, Migrator};
    let migrations = steps.iter().map(|step| {
        let text = match language {
            Language::Sqlite => step.sqlite,
            Language::Postgres => step.postgres,
        };
        let sql = SqlStr::from_static(text);
        Migration::new(step.version, step.title.into(), MigrationType::Simple, sql, false)
    });
    Migrator::with_migrations(migrations.collect())
}

/// What went wrong with the schema.
fn unmigrated(error: sqlx::migrate::MigrateError) -> StoreError {
    match error {
        sqlx::migrate::MigrateError::VersionMissing(version) => StoreError::SchemaUnknown(version),
        other => StoreError::migration(other),
    }
}
