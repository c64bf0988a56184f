//! Where a branch's time goes, by stage: running sums, said when the process stops.

use std::sync::atomic::{AtomicU64, Ordering};

use sanheyi_exchange_spec::time::Timestamp;

use crate::health::beat::Beat;
use crate::health::spread::Spread;

/// Sums of microseconds by stage, and of groups and entries.
#[derive(Debug, Default)]
pub struct Stages {
    /// Checking drafts against the standard.
    pub check: AtomicU64,
    /// Deciding by what their authors read.
    pub decide: AtomicU64,
    /// Salting, digesting, writing headers.
    pub seal: AtomicU64,
    /// Growing the tree, compressing segments.
    pub pack: AtomicU64,
    /// Writing journal, segments, tiles and index.
    pub write: AtomicU64,
    /// Committing: log and fsync, and of a small group the writing, too.
    pub commit: AtomicU64,
    /// Groups committed.
    pub groups: AtomicU64,
    /// Entries committed.
    pub entries: AtomicU64,
    /// How long each commit took.
    pub commits: Spread,
    /// Since when the writer is at one group.
    pub busy: Beat,
}

/// Adds the time from `from` to `to` to a stage.
pub(super) fn add(stage: &AtomicU64, from: Timestamp, to: Timestamp) {
    stage.fetch_add(u64::try_from(to.micros_since(from)).unwrap_or(0), Ordering::Relaxed);
}

// === impl Stages ===

impl Stages {
    /// Counts a group that was committed.
    pub(super) fn committed(&self, entries: u64) {
        self.groups.fetch_add(1, Ordering::Relaxed);
        self.entries.fetch_add(entries, Ordering::Relaxed);
    }

    /// Says the sums in one line.
    pub(crate) fn say(&self) {
        let read = |stage: &AtomicU64| stage.load(Ordering::Relaxed);
        tracing::info!(
            check = read(&self.check),
            decide = read(&self.decide),
            seal = read(&self.seal),
            pack = read(&self.pack),
            write = read(&self.write),
            commit = read(&self.commit),
            groups = read(&self.groups),
            entries = read(&self.entries),
            "time by stage, in microseconds"
        );
    }
}
