//! Writing transactions, one at a time.
//!
//! The database runs on a thread of its own, and a message to it costs more than most statements.
//! So a statement whose result nobody waits for is handed in with [`Tx::later`]; all that wait go
//! to the database together, before the next statement that is run, or before the commit.

use std::sync::Arc;

use futures_util::TryStreamExt as _;
use sea_query::{SqliteQueryBuilder, Value, Values};
use sea_query_sqlx::{SqlxBinder, SqlxValues};
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Either, Executor as _, Sqlite, Transaction};

use super::error::StoreError;

/// Statements that go to the database in one message: bounds the memory of those that stay
/// prepared.
const TOGETHER: usize = 16;

/// A named writing transaction on the rows of one platform. Dropped without [`Tx::commit`], it
/// leaves no trace.
pub struct Tx {
    inner: Transaction<'static, Sqlite>,
    name: &'static str,
    waiting: Vec<Waiting>,
}

/// A statement that is yet to be run.
struct Waiting {
    sql: String,
    values: Vec<Value>,
    must: Option<Must>,
}

/// How many rows a statement must change; with another number, its table was raced for.
#[derive(Clone, Copy, Debug)]
pub struct Must {
    /// Rows.
    pub change: u64,
    /// Table.
    pub of: &'static str,
}

// === impl Tx ===

impl Tx {
    pub(super) fn new(inner: Transaction<'static, Sqlite>, name: &'static str) -> Self {
        Self { inner, name, waiting: Vec::new() }
    }

    /// Makes everything since the beginning durable.
    ///
    /// # Errors
    /// Of the database, or of a statement that was waiting; then nothing was written.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        self.flush().await?;
        self.inner.commit().await.map_err(StoreError::at(self.name))
    }

    /// Hands a statement in, to be run with those that follow, in order. What is wrong with it is
    /// said when they are run: [`StoreError::Raced`] if it does not change the rows it must.
    pub fn later(&mut self, statement: &impl SqlxBinder, must: Option<Must>) {
        let (sql, SqlxValues(Values(values))) = statement.build_sqlx(SqliteQueryBuilder);
        self.waiting.push(Waiting { sql, values, must });
    }

    /// Runs what was handed in.
    async fn flush(&mut self) -> Result<(), StoreError> {
        let mut waiting = std::mem::take(&mut self.waiting).into_iter().peekable();
        while waiting.peek().is_some() {
            self.flush_some(waiting.by_ref().take(TOGETHER)).await?;
        }
        Ok(())
    }

    async fn flush_some(&mut self, some: impl Iterator<Item = Waiting>) -> Result<(), StoreError> {
        let (mut text, mut bound, mut musts) = (String::new(), Vec::new(), Vec::new());
        for Waiting { sql, values, must } in some {
            text.push_str(&sql);
            text.push(';');
            bound.extend(values);
            musts.push(must);
        }
        let mut musts = musts.into_iter();
        let name = self.name;
        let query = sqlx::query_with(AssertSqlSafe(text), SqlxValues(Values(bound)));
        let mut results = self.connection().fetch_many(query);
        while let Some(result) = results.try_next().await.map_err(StoreError::at(name))? {
            let Either::Left(done) = result else { continue };
            if let Some(Some(Must { change, of })) = musts.next()
                && done.rows_affected() != change
            {
                return Err(StoreError::Raced(of));
            }
        }
        // Every condition was held against an answer, or nothing of it counts.
        if musts.next().is_some() { Err(StoreError::Raced("a statement")) } else { Ok(()) }
    }

    /// Runs a statement; answers how many rows it changed.
    ///
    /// # Errors
    /// Of the database, or of a statement that was waiting; so for all that run.
    pub async fn run(&mut self, statement: &impl SqlxBinder) -> Result<u64, StoreError> {
        self.flush().await?;
        let (sql, values) = statement.build_sqlx(SqliteQueryBuilder);
        sqlx::query_with(AssertSqlSafe(sql), values)
            .execute(self.connection())
            .await
            .map(|done| done.rows_affected())
            .map_err(StoreError::at(self.name))
    }

    /// Runs a statement whose text is at hand; answers how many rows it changed.
    pub(crate) async fn run_text(
        &mut self,
        sql: Arc<str>,
        values: SqliteArguments,
    ) -> Result<u64, StoreError> {
        self.flush().await?;
        sqlx::query_with(AssertSqlSafe(sql), values)
            .execute(self.connection())
            .await
            .map(|done| done.rows_affected())
            .map_err(StoreError::at(self.name))
    }

    /// Rows of a statement, as this transaction sees them.
    ///
    /// # Errors
    /// As [`Tx::run`].
    pub async fn rows(
        &mut self,
        statement: &impl SqlxBinder,
    ) -> Result<Vec<SqliteRow>, StoreError> {
        self.flush().await?;
        let (sql, values) = statement.build_sqlx(SqliteQueryBuilder);
        sqlx::query_with(AssertSqlSafe(sql), values)
            .fetch_all(self.connection())
            .await
            .map_err(StoreError::at(self.name))
    }

    fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.inner
    }
}

// === impl Must ===

impl Must {
    /// Must change `change` rows of `of`.
    pub const fn change(change: u64, of: &'static str) -> Option<Self> {
        Some(Self { change, of })
    }
}
