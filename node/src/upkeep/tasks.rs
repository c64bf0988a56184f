//! The tasks of upkeep: what there is to do, how often, what it came to. Each runs beside the
//! traffic, in small transactions with pauses between; of several processes on one database one
//! does it at a time.

mod task;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::SigningKey;
use sanheyi_exchange_spec::time::Timestamp;
use thiserror::Error;

use super::archive::{Archive, ArchiveError, archive};
use super::files;
use super::merge::{MERGE_AFTER, Mergeable, Merger};
use crate::config::upkeep::RetentionRules;
use crate::process::clock::{Clock, pause};
use crate::process::lifecycle::Shutdown;
use crate::process::said::with_causes;
use crate::store::tables::Table;
use crate::store::{Store, StoreError, UpkeepRow};

pub use task::Task;

/// How often it is seen whether a task is due.
const LOOK: Duration = Duration::from_secs(10);
/// Between two transactions of a task: whoever else wants to write has its turn.
const BETWEEN: Duration = Duration::from_millis(20);
/// Transactions of merging in one turn: what is left has its turn later.
const RUNS: usize = 256;
/// Files of an archive written in one turn.
const FILES: usize = 64;
/// What one process does at a time.
const LEASE: &str = "upkeep";
/// What a task that succeeded came to.
pub const DONE: &str = "done";
/// Longest reason that is written down, in characters.
const REASON: usize = 500;
const DAY_MICROS: i64 = 24 * 3600 * 1_000_000;

/// What a task did, or would do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// Segments fewer, files, or rows.
    pub rows: u64,
    /// Bytes that became free; of the archive, those of its files.
    pub bytes: u64,
}

/// Why a task did not end well. What it did until then stands.
#[derive(Debug, Error)]
pub enum UpkeepError {
    /// Another process does it at this moment.
    #[error("另一进程正在维护，请稍后再试 · another process does upkeep: try again later")]
    Elsewhere,
    /// The archive.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Whose rows are kept: a node's own, or those of all platforms of a hub.
pub trait Estate: Send + Sync + 'static {
    /// The rows where it is written down what was done.
    fn home(&self) -> Store;

    /// The rows of every platform.
    ///
    /// # Errors
    /// Of the database.
    fn stores(&self) -> impl Future<Output = Result<Vec<Store>, StoreError>> + Send;

    /// The journals of a platform, and how much of each may be merged.
    ///
    /// # Errors
    /// Of the database.
    fn mergeable(
        &self,
        store: &Store,
    ) -> impl Future<Output = Result<Vec<Mergeable>, StoreError>> + Send;

    /// Tables at home that are audits: their key begins with `at`.
    fn audits(&self) -> Vec<&'static Table>;
}

/// What upkeep is told.
#[derive(Clone)]
pub struct Orders {
    /// What may go, and when.
    pub retention: RetentionRules,
    /// Folder of the archive.
    pub archive: PathBuf,
    /// Signs what is in it.
    pub key: SigningKey,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// Does the tasks.
pub struct Upkeep<E> {
    estate: E,
    orders: Orders,
    merger: Merger,
}

impl std::ops::AddAssign for Done {
    fn add_assign(&mut self, more: Self) {
        self.rows += more.rows;
        self.bytes += more.bytes;
    }
}

/// A time so many days ago; none for a schedule that is off.
fn days_before(now: Timestamp, days: u64) -> Option<Timestamp> {
    let days = i64::try_from(days).ok().filter(|days| *days > 0)?;
    Some(now.plus_micros(-days.saturating_mul(DAY_MICROS)))
}

fn merge_before(now: Timestamp) -> Timestamp {
    let after = i64::try_from(MERGE_AFTER.as_micros()).unwrap_or(i64::MAX);
    now.plus_micros(-after)
}

/// The platforms and files of a home's archive.
fn archive_of(orders: &Orders, keeper: &PlatformId) -> Archive {
    Archive { folder: orders.archive.clone(), keeper: keeper.clone(), key: orders.key.clone() }
}

// === impl Upkeep ===

impl<E: Estate> Upkeep<E> {
    /// Upkeep of an estate.
    ///
    /// # Errors
    /// If zstd has no memory.
    pub fn new(estate: E, orders: Orders) -> Result<Self, StoreError> {
        let memory = |error| StoreError::contradiction("segment", "bytes", "a context", error);
        Ok(Self { estate, orders, merger: Merger::new().map_err(memory)? })
    }

    /// The rows where it is written down what was done.
    pub fn home(&self) -> Store {
        self.estate.home()
    }

    /// Does what is due, until a stop is asked for. What fails is said, and has its turn again.
    ///
    /// # Errors
    /// Never by itself.
    pub async fn live(mut self, shutdown: Shutdown) -> Result<(), StoreError> {
        loop {
            tokio::select! {
                () = pause(LOOK) => {}
                () = shutdown.soft_asked() => return Ok(()),
            }
            tokio::select! {
                turn = self.turn() => match turn {
                    Ok(_) | Err(UpkeepError::Elsewhere) => {}
                    Err(error) => tracing::warn!(error = with_causes(&error), "no upkeep now"),
                },
                // A transaction that is dropped has changed nothing.
                () = shutdown.soft_asked() => return Ok(()),
            }
        }
    }

    /// Does what is due; answers what was done.
    ///
    /// # Errors
    /// [`UpkeepError::Elsewhere`] if another process does it; or of the store, if it cannot be
    /// written down.
    pub async fn turn(&mut self) -> Result<Vec<UpkeepRow>, UpkeepError> {
        let last = self.estate.home().upkeep_list().await?;
        let now = self.orders.clock.now();
        let due = |task: &Task| {
            let ran = last.iter().find(|row| row.task == task.as_str()).map(|row| row.at);
            // A clock that was set back does not put it off for ever.
            task.next(ran) <= now || ran.is_some_and(|ran| ran > now)
        };
        let mut done = Vec::new();
        for task in Task::ALL.into_iter().filter(due) {
            done.push(self.run(task).await?);
        }
        Ok(done)
    }

    /// Does a task, and writes down what it came to.
    ///
    /// # Errors
    /// As [`Upkeep::turn`]. What the task itself failed with stands in the row.
    pub async fn run(&mut self, task: Task) -> Result<UpkeepRow, UpkeepError> {
        let home = self.estate.home();
        let lease = home.database().lease(LEASE).await?.ok_or(UpkeepError::Elsewhere)?;
        let mut done = Done::default();
        let outcome = self.carry_out(task, &mut done).await;
        let told = match &outcome {
            Ok(()) => DONE.to_owned(),
            Err(error) => {
                let why = with_causes(error);
                tracing::warn!(task = task.as_str(), why, "upkeep failed and is tried again");
                why.chars().take(REASON).collect()
            }
        };
        let row = UpkeepRow {
            task: task.as_str().to_owned(),
            at: self.orders.clock.now(),
            outcome: told,
            rows: done.rows,
            bytes: done.bytes,
        };
        let written = async {
            let mut tx = home.begin("upkeep_put").await?;
            tx.upkeep_put(&home, &row);
            tx.commit().await
        };
        let written = written.await;
        lease.release().await;
        written?;
        Ok(row)
    }

    async fn carry_out(&mut self, task: Task, done: &mut Done) -> Result<(), UpkeepError> {
        match task {
            Task::Merge => self.merge(done).await,
            Task::Files => {
                for store in self.estate.stores().await? {
                    let gone = files::look_through(&store).await?;
                    *done += Done { rows: gone.files, bytes: gone.bytes };
                }
                Ok(())
            }
            Task::Uploads => {
                for store in self.estate.stores().await? {
                    let rows = self.idle(&store).await?;
                    let gone = files::remove_idle(&store, &rows).await?;
                    *done += Done { rows: gone.files, bytes: gone.bytes };
                }
                Ok(())
            }
            Task::Archive => self.archive(done).await,
            Task::Tidy => {
                let freed = self.estate.home().database().tidy().await?;
                *done += Done { rows: 0, bytes: freed };
                Ok(())
            }
        }
    }

    async fn merge(&mut self, done: &mut Done) -> Result<(), UpkeepError> {
        let before = merge_before(self.orders.clock.now());
        let mut runs = RUNS;
        let mut first_wrong = None;
        for store in self.estate.stores().await? {
            for journal in self.estate.mergeable(&store).await? {
                while runs > 0 {
                    match self.merger.once(&store, &journal, before).await {
                        Ok(Some(merged)) => {
                            *done += Done { rows: merged.fewer(), bytes: merged.freed() };
                            runs -= 1;
                            pause(BETWEEN).await;
                        }
                        Ok(None) | Err(StoreError::Raced(_)) => break,
                        // What is wrong with one journal holds no other up.
                        Err(error) => {
                            first_wrong = first_wrong.or(Some(error));
                            break;
                        }
                    }
                }
            }
        }
        first_wrong.map_or(Ok(()), |error| Err(error.into()))
    }

    async fn idle(&self, store: &Store) -> Result<Vec<crate::store::AttachmentRow>, StoreError> {
        let now = self.orders.clock.now();
        let RetentionRules { unfinished_days, unnamed_days, .. } = self.orders.retention;
        let (unfinished, unnamed) =
            (days_before(now, unfinished_days), days_before(now, unnamed_days));
        files::idle(store, unfinished, unnamed).await
    }

    async fn archive(&self, done: &mut Done) -> Result<(), UpkeepError> {
        let now = self.orders.clock.now();
        let Some(before) = days_before(now, self.orders.retention.audit_days) else {
            return Ok(());
        };
        let home = self.estate.home();
        let at = archive_of(&self.orders, home.platform());
        for table in self.estate.audits() {
            for _ in 0..FILES {
                let file = archive(&home, table, before, now, &at).await?;
                if file.file.is_none() {
                    break;
                }
                *done += Done { rows: file.rows, bytes: file.bytes };
                pause(BETWEEN).await;
            }
        }
        Ok(())
    }

    /// What a task would do now; it does nothing.
    ///
    /// # Errors
    /// Of the store.
    pub async fn look(&self, task: Task) -> Result<Done, UpkeepError> {
        let mut done = Done::default();
        let now = self.orders.clock.now();
        for store in self.estate.stores().await? {
            match task {
                Task::Merge => {
                    for journal in self.estate.mergeable(&store).await? {
                        let rows = Merger::look(&store, &journal, merge_before(now)).await?;
                        done += Done { rows, bytes: 0 };
                    }
                }
                Task::Files => {
                    let asked = files::asked(&store).await?;
                    done += Done { rows: asked.files, bytes: asked.bytes };
                }
                Task::Uploads => {
                    for row in self.idle(&store).await? {
                        done += Done { rows: 1, bytes: files::held_bytes(&row) };
                    }
                }
                Task::Archive | Task::Tidy => {}
            }
        }
        if let (Task::Archive, Some(before)) =
            (task, days_before(now, self.orders.retention.audit_days))
        {
            for table in self.estate.audits() {
                let rows = self.estate.home().table_older(table, before.as_micros()).await?;
                done += Done { rows, bytes: 0 };
            }
        }
        Ok(done)
    }
}
