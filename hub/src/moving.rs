//! Moving a hub's store to another database (迁移): every row is copied, and then held against its
//! original; every root is computed again from the bytes that arrived. Only then the target is a
//! store, and the source is one no more: it is marked, and no hub runs on it again. The generation
//! is copied, for it is the same store at another place.
//!
//! A copy that was interrupted goes on where it stood. Who writes the source meanwhile takes its
//! mark away, and with it the right to go on: what was copied then is the past.

mod compare;

use std::collections::BTreeSet;
use std::fs::File;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::VerifyingKey;
use sanheyi_node::process::entropy::Entropy;
use sanheyi_node::store::{Address, Database, Lease, StoreError};
use thiserror::Error;

use crate::store::{
    Mark, PRESENT, STEPS, is_mark, mark_get, mark_put, mark_remove, mark_settle, moved_to,
    table_count, table_platforms, tables,
};
pub use compare::{JournalMoved, Moved, TableMoved};

/// A store file is for its owner: it holds personal data.
const FILE_MODE: u32 = 0o600;

/// Why a store was not moved.
#[derive(Debug, Error)]
pub enum MoveError {
    /// A database failed, or is not one that may be moved.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A hub runs on one of them.
    #[error("{0} 上有市级平台在运行，请先停止 · a hub runs on {0}: stop it first")]
    Running(String),
    /// The target holds something already.
    #[error(
        "目标 {address} 不是空库（表 {table} 有数据），请换一个空的数据库 · the target {address} is not empty (table {table}): give an empty database"
    )]
    NotEmpty {
        /// The target.
        address: String,
        /// A table that has rows.
        table: &'static str,
    },
    /// The source was written since the copy began, or the target is a copy of another one.
    #[error(
        "{target} 中未完成的副本不属于 {from} 的现状（迁移开始后源库被写入，或来自别的库），请换一个空的数据库 · what stands in {target} is no part of {from} as it is now (it was written since, or this is another store): give an empty database"
    )]
    Stale {
        /// The source.
        from: String,
        /// The target.
        target: String,
    },
    /// The target's file cannot be made.
    #[error("无法建立 {address} · cannot make {address}")]
    File {
        /// The target.
        address: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// How far a copy is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Whose rows.
    pub platform: PlatformId,
    /// What is being done with them.
    pub stage: Stage,
    /// Rows done.
    pub done: u64,
    /// Of so many.
    pub total: u64,
}

/// What a copy does with rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It copies them.
    Copy,
    /// It holds them against their originals, and computes every root again.
    Compare,
}

/// A store that is to be moved.
pub struct Move<'a> {
    /// Where it lies.
    pub from: &'a Address,
    /// Where it shall lie.
    pub to: &'a Address,
    /// The hub's own platform.
    pub hub: &'a PlatformId,
    /// Verifies the hub's own checkpoints.
    pub hub_key: VerifyingKey,
    /// Chance.
    pub entropy: &'a dyn Entropy,
}

/// Both databases, which nobody else has.
struct Pair {
    from: Database,
    to: Database,
    hub: PlatformId,
    /// What the marks of this copy say.
    id: Vec<u8>,
    /// The source was marked already: an earlier run did everything but its last step.
    marked: bool,
    leases: Vec<Lease>,
}

// === impl Move ===

impl Move<'_> {
    /// Moves the store; where anything differs afterwards, nothing is marked as moved, and the
    /// answer says what. `told` hears how far it is.
    ///
    /// # Errors
    /// See [`MoveError`].
    pub async fn run(&self, told: &mut (dyn FnMut(&Progress) + Send)) -> Result<Moved, MoveError> {
        if let Some(absent) = self.from.file().filter(|path| !path.exists()) {
            return Err(StoreError::Absent(absent.to_owned()).into());
        }
        self.to.file().map_or(Ok(()), |path| self.make(path))?;
        let from = Database::open(self.from, STEPS).await?;
        let to = match Database::open(self.to, STEPS).await {
            Ok(to) => to,
            Err(error) => {
                from.close().await;
                return Err(error.into());
            }
        };
        let moved = self.between(&from, &to, told).await;
        from.close().await;
        to.close().await;
        moved
    }

    fn make(&self, path: &Path) -> Result<(), MoveError> {
        let made = File::options().create(true).append(true).mode(FILE_MODE).open(path);
        made.map(drop).map_err(|source| MoveError::File { address: self.to.to_string(), source })
    }

    async fn between(
        &self,
        from: &Database,
        to: &Database,
        told: &mut (dyn FnMut(&Progress) + Send),
    ) -> Result<Moved, MoveError> {
        let mut leases = Vec::new();
        for (database, address) in [(from, self.from), (to, self.to)] {
            let lease = database.lease(PRESENT).await?;
            leases.push(lease.ok_or_else(|| MoveError::Running(address.to_string()))?);
        }
        let (id, marked) = self.begin(from, to).await?;
        let (from, to, hub) = (from.clone(), to.clone(), self.hub.clone());
        let mut pair = Pair { from, to, hub, id, marked, leases };
        let platforms = table_platforms(&pair.from).await?;
        pair.copy(&platforms, told).await?;
        let moved = compare::compare(&pair, &platforms, self.hub_key, told).await?;
        if moved.clean {
            pair.finish().await?;
        }
        for lease in pair.leases {
            lease.release().await;
        }
        Ok(moved)
    }

    /// The id of the copy, which both marks carry, and whether the source is marked as moved by it:
    /// a new one into an empty target, or the one that was interrupted.
    async fn begin(&self, from: &Database, to: &Database) -> Result<(Vec<u8>, bool), MoveError> {
        let (source, target) = (from.of(self.hub), to.of(self.hub));
        let stale =
            || MoveError::Stale { from: self.from.to_string(), target: self.to.to_string() };
        if mark_get(&source, Mark::Copying).await?.is_some() {
            return Err(StoreError::Unfinished.into());
        }
        let moved = mark_get(&source, Mark::Moved).await?;
        if let Some(id) = mark_get(&target, Mark::Copying).await? {
            let moving = mark_get(&source, Mark::Moving).await?;
            let marked = moved.is_some_and(|mark| mark.starts_with(&id));
            return if marked || moving.as_ref() == Some(&id) {
                Ok((id, marked))
            } else {
                Err(stale())
            };
        }
        if let Some(mark) = moved {
            return Err(StoreError::Moved(moved_to(&mark)).into());
        }
        self.must_be_empty(to).await?;
        let id = self.entropy.bytes16().to_vec();
        let mut tx = source.begin("mark_put").await?;
        mark_remove(&mut tx, &source, Mark::Moving).await?;
        mark_put(&mut tx, &source, Mark::Moving, &id).await?;
        tx.commit().await?;
        let mut tx = target.begin("mark_put").await?;
        mark_put(&mut tx, &target, Mark::Copying, &id).await?;
        tx.commit().await?;
        Ok((id, false))
    }

    /// Not a row in any table: rows that stand already would stay, and be taken for copies.
    async fn must_be_empty(&self, to: &Database) -> Result<(), MoveError> {
        for table in tables() {
            if table_count(to, table).await? > 0 {
                return Err(MoveError::NotEmpty {
                    address: self.to.to_string(),
                    table: table.name,
                });
            }
        }
        Ok(())
    }
}

// === impl Pair ===

impl Pair {
    /// Copies what is not there yet, platform by platform, page by page, each page in one
    /// transaction: rows come in the order of their keys, so the last one says where to go on.
    async fn copy(
        &mut self,
        platforms: &BTreeSet<PlatformId>,
        told: &mut (dyn FnMut(&Progress) + Send),
    ) -> Result<(), MoveError> {
        let mut total = 0;
        for table in tables() {
            total += table_count(&self.from, table).await?;
        }
        let mut done = 0;
        for platform in platforms {
            for table in tables() {
                let (source, target) = (self.from.of(platform), self.to.of(platform));
                let mut after = target.table_last(table).await?;
                loop {
                    self.still_alone().await?;
                    let mut page = source.table_page(table, after.as_deref()).await?;
                    let Some(last) = page.last() else { break };
                    after = Some(table.key_of(last));
                    page.retain(|row| !is_mark(table, row));
                    done += page.len() as u64;
                    let mut tx = target.begin("table_put").await?;
                    tx.table_put(table, page).await?;
                    tx.commit().await?;
                    let (platform, stage) = (platform.clone(), Stage::Copy);
                    told(&Progress { platform, stage, done, total });
                }
            }
        }
        Ok(())
    }

    /// A lost connection is a lost lease: then a hub may have started.
    async fn still_alone(&mut self) -> Result<(), StoreError> {
        for lease in &mut self.leases {
            lease.check().await?;
        }
        Ok(())
    }

    /// The source is closed before the target is opened: at no time can hubs run on both.
    async fn finish(&mut self) -> Result<(), MoveError> {
        self.still_alone().await?;
        let (source, target) = (self.from.of(&self.hub), self.to.of(&self.hub));
        let (from, to) = (self.from.address().to_string(), self.to.address().to_string());
        if !self.marked {
            let mut mark = self.id.clone();
            mark.extend(to.bytes());
            let mut tx = source.begin("mark_moved").await?;
            mark_settle(&mut tx, &source, Mark::Moving, &self.id);
            let put = mark_put(&mut tx, &source, Mark::Moved, &mark).await;
            put.map_err(|error| match error {
                StoreError::Raced(_) => MoveError::Stale { from, target: to },
                error => error.into(),
            })?;
            tx.commit().await?;
        }
        let mut tx = target.begin("mark_remove").await?;
        mark_settle(&mut tx, &target, Mark::Copying, &self.id);
        tx.commit().await?;
        Ok(())
    }
}
