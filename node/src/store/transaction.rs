//! Writing transactions.
//!
//! A message to the database costs more than most statements. So a statement whose result nobody
//! waits for is handed in with [`Tx::later`]; all that wait go to the database together, before the
//! next statement that is run, or before the commit.

use sea_query_sqlx::SqlxBinder;

use super::database::Store;
use super::engine::{Language, Open, Row, Statement};
use super::error::StoreError;

/// A named writing transaction on the rows of one platform. Dropped without [`Tx::commit`], it
/// leaves no trace.
pub struct Tx {
    open: Open,
    name: &'static str,
    waiting: Vec<(Statement, Option<Must>)>,
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
    pub(super) fn new(open: Open, name: &'static str) -> Self {
        Self { open, name, waiting: Vec::new() }
    }

    /// The language of its statements.
    pub(super) fn language(&self) -> Language {
        self.open.language()
    }

    /// Makes everything since the beginning durable.
    ///
    /// # Errors
    /// Of the database, or of a statement that was waiting; then nothing was written. Only if the
    /// connection to a server is lost at this very moment nobody knows: read again what is stored.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        self.flush().await?;
        self.open.commit().await.map_err(StoreError::at(self.name))
    }

    /// Turns to the rows of another platform: what was handed in before is run, and what follows is
    /// about `store`. Only what is named as work across shards does this (rule 21). The rows before
    /// are out of sight meanwhile, wherever row-level security binds.
    ///
    /// # Errors
    /// Of the database, or of a statement that was waiting.
    pub async fn turn_to(&mut self, store: &Store) -> Result<(), StoreError> {
        self.flush().await?;
        self.open.turn_to(store.platform()).await.map_err(StoreError::at(self.name))
    }

    /// Hands a statement in, to be run with those that follow, in order. What is wrong with it is
    /// said when they are run: [`StoreError::Raced`] if it does not change the rows it must.
    pub fn later(&mut self, statement: &impl SqlxBinder, must: Option<Must>) {
        let statement = self.language().build(statement);
        self.waiting.push((statement, must));
    }

    /// Runs what was handed in.
    async fn flush(&mut self) -> Result<(), StoreError> {
        let (statements, musts): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.waiting).into_iter().unzip();
        let due: Vec<_> = musts.iter().map(|must| must.map(|must| must.change)).collect();
        // The first may be a fence, whose row lock is what makes other writers wait.
        let (changed, outcome) = self.open.run_all(statements, &due).await;
        // A fence that did not hold is why what stood behind it failed, so it is said first.
        for (rows, must) in changed.iter().zip(&musts) {
            match must {
                Some(Must { change, of }) if rows != change => return Err(StoreError::Raced(of)),
                _ => {}
            }
        }
        outcome.map_err(StoreError::at(self.name))?;
        // Every condition is held against an answer, or nothing of it counts.
        if changed.len() < musts.len() {
            return Err(StoreError::Raced("a statement"));
        }
        Ok(())
    }

    /// Runs a statement; answers how many rows it changed.
    ///
    /// # Errors
    /// Of the database, or of a statement that was waiting; so for all that run.
    pub async fn run(&mut self, statement: &impl SqlxBinder) -> Result<u64, StoreError> {
        let statement = self.language().build(statement);
        self.run_built(statement).await
    }

    /// Runs a statement whose text is at hand; answers how many rows it changed.
    pub(super) async fn run_built(&mut self, statement: Statement) -> Result<u64, StoreError> {
        self.flush().await?;
        self.open.run(statement).await.map_err(StoreError::at(self.name))
    }

    /// Rows of a statement, as this transaction sees them.
    ///
    /// # Errors
    /// As [`Tx::run`].
    pub async fn rows(&mut self, statement: &impl SqlxBinder) -> Result<Vec<Row>, StoreError> {
        self.flush().await?;
        let statement = self.language().build(statement);
        self.open.rows(statement).await.map_err(StoreError::at(self.name))
    }
}

// === impl Must ===

impl Must {
    /// Must change `change` rows of `of`.
    pub const fn change(change: u64, of: &'static str) -> Option<Self> {
        Some(Self { change, of })
    }
}
