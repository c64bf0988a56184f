//! Merging (合并): small writes leave small segments, hundreds of bytes each. Runs of adjacent ones
//! are unpacked and packed anew, by the functions that packed them first, into segments of the
//! usual size. Headers, digests, roots and proofs stay what they were, and that is verified before
//! the swap; what was erased stays erased.
//!
//! A run grows in steps, so that an entry is packed anew a few times in its life and no more: see
//! `plan`. The swap is one transaction whose condition is that the old segments are still there,
//! byte for byte; whoever reads meanwhile sees the old or the new, and reads by sequence numbers.

mod plan;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::merkle::TileId;
use sanheyi_exchange_spec::segment::{SegmentReader, SegmentWriter};
use sanheyi_exchange_spec::suite::{Digest, Suite};
use sanheyi_exchange_spec::time::Timestamp;

use crate::store::{JournalNumber, JournalRow, SegmentRow, SegmentSize, Store, StoreError};

use plan::{Plan, plan};

/// Segments younger than this are left alone: they may be on their way to somebody, or be looked at
/// as what has come last.
pub const MERGE_AFTER: Duration = Duration::from_secs(600);
/// Sizes of segments that are looked at in one go: more than any run has.
const LOOK: usize = limits::SEGMENT_ENTRIES + 1;
/// Hashes in a tile.
const TILE: u64 = 256;

/// A journal, and how much of it may be merged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mergeable {
    /// Its number.
    pub number: JournalNumber,
    /// One past the last entry that may: below it nobody judges or sends any more.
    pub until: u64,
    /// Entries whose segments stay as they are: what is judged again is judged by the time at which
    /// it came.
    pub apart: BTreeSet<u64>,
}

/// What merging came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// Swaps.
    pub runs: u64,
    /// Segments that went.
    pub taken: u64,
    /// Segments that came for them.
    pub put: u64,
    /// Bytes of those that went.
    pub bytes_taken: u64,
    /// Bytes of those that came.
    pub bytes_put: u64,
}

/// Merges, with contexts of compression that are used again and again, and remembers how far it is.
pub struct Merger {
    reader: SegmentReader,
    packer: SegmentWriter,
    /// Segments before these need not be looked at again.
    passed: BTreeMap<(PlatformId, JournalNumber), u64>,
}

/// The journals of a branch at its home: of its own what the hub has acknowledged, of others' all.
///
/// # Errors
/// Of the database.
pub async fn mergeable_of_branch(store: &Store) -> Result<Vec<Mergeable>, StoreError> {
    let mut all = Vec::new();
    for JournalRow { number, home, head, .. } in store.journal_list().await? {
        let until = match home {
            true => store.greeting_get(number).await?.acknowledged.min(head.size),
            false => head.size,
        };
        all.push(Mergeable { number, until, apart: BTreeSet::new() });
    }
    Ok(all)
}

/// How many of these segments a run has.
fn within(sizes: &[SegmentSize], run: &Range<u64>) -> usize {
    sizes.iter().filter(|one| run.contains(&one.first)).count()
}

fn wrong(first: u64, problem: impl ToString) -> StoreError {
    StoreError::contradiction("segment", "bytes", first, problem)
}

// === impl Merged ===

impl Merged {
    /// Segments fewer than before.
    pub fn fewer(&self) -> u64 {
        self.taken - self.put
    }

    /// Bytes fewer than before.
    pub fn freed(&self) -> u64 {
        self.bytes_taken.saturating_sub(self.bytes_put)
    }
}

impl std::ops::AddAssign for Merged {
    fn add_assign(&mut self, more: Self) {
        self.runs += more.runs;
        self.taken += more.taken;
        self.put += more.put;
        self.bytes_taken += more.bytes_taken;
        self.bytes_put += more.bytes_put;
    }
}

// === impl Merger ===

impl Merger {
    /// One that has seen nothing yet.
    ///
    /// # Errors
    /// If zstd has no memory.
    pub fn new() -> std::io::Result<Self> {
        Ok(Self {
            reader: SegmentReader::new(Suite::Intl)?,
            packer: SegmentWriter::new()?,
            passed: BTreeMap::new(),
        })
    }

    /// One run of a journal, if there is any: a transaction of a megabyte or so. `None` if there is
    /// nothing to merge in what was stored before `before`.
    ///
    /// # Errors
    /// [`StoreError::Raced`] if somebody has rewritten a segment meanwhile: it is looked at again.
    /// Of the database, or if stored segments are not what the tree says; nothing changed then.
    pub async fn once(
        &mut self,
        store: &Store,
        journal: &Mergeable,
        before: Timestamp,
    ) -> Result<Option<Merged>, StoreError> {
        let key = (store.platform().clone(), journal.number);
        let merged = self.next(store, journal, before, &key).await;
        if merged.is_err() {
            self.passed.remove(&key);
        }
        merged
    }

    async fn next(
        &mut self,
        store: &Store,
        journal: &Mergeable,
        before: Timestamp,
        key: &(PlatformId, JournalNumber),
    ) -> Result<Option<Merged>, StoreError> {
        loop {
            let from = self.passed.get(key).copied().unwrap_or(0);
            // A journal that was cut back has become another one.
            let from = if from > journal.until { 0 } else { from };
            let sizes = store.segment_sizes(journal.number, from, LOOK).await?;
            match plan(&sizes, journal, before) {
                Plan::Wait => return Ok(None),
                Plan::Pass(next) => self.passed.insert(key.clone(), next),
                Plan::Merge(run) => {
                    let segments = within(&sizes, &run);
                    let merged = self.merge(store, journal.number, run.clone(), segments).await;
                    if let Some(merged) = merged? {
                        return Ok(Some(merged));
                    }
                    // Its bodies are so large that they stay as they are.
                    self.passed.insert(key.clone(), run.end)
                }
            };
        }
    }

    /// Whether there is a run to merge, and how many segments it has, for whoever only asks.
    ///
    /// # Errors
    /// Of the database.
    pub async fn look(
        store: &Store,
        journal: &Mergeable,
        before: Timestamp,
    ) -> Result<u64, StoreError> {
        let (mut from, mut segments) = (0, 0);
        loop {
            let sizes = store.segment_sizes(journal.number, from, LOOK).await?;
            match plan(&sizes, journal, before) {
                Plan::Wait => return Ok(segments),
                Plan::Pass(next) => from = next,
                Plan::Merge(run) => {
                    segments += within(&sizes, &run) as u64;
                    from = run.end;
                }
            }
        }
    }

    async fn merge(
        &mut self,
        store: &Store,
        journal: JournalNumber,
        run: Range<u64>,
        segments: usize,
    ) -> Result<Option<Merged>, StoreError> {
        let old = store.segment_from(journal, run.start, segments).await?;
        let old: Vec<_> = old.into_iter().filter(|row| run.contains(&row.first)).collect();
        let leaves = leaves(store, journal, run.clone()).await?;
        let new = self.pack(&old, &leaves);
        if new.is_err() {
            // What was gathered until then belongs to nobody.
            drop(self.packer.finish());
        }
        let new = new?;
        if new.len() >= old.len() {
            return Ok(None);
        }
        self.hold_against(&new, &old, &leaves)?;
        let mut tx = store.begin("segment_swap").await?;
        tx.segment_swap(store, journal, &old, &new);
        tx.commit().await?;
        let bytes = |rows: &[SegmentRow]| rows.iter().map(|row| row.bytes.len() as u64).sum();
        Ok(Some(Merged {
            runs: 1,
            taken: old.len() as u64,
            put: new.len() as u64,
            bytes_taken: bytes(&old),
            bytes_put: bytes(&new),
        }))
    }

    /// The entries of a run in as few segments as their bounds allow.
    fn pack(
        &mut self,
        old: &[SegmentRow],
        leaves: &[Digest],
    ) -> Result<Vec<SegmentRow>, StoreError> {
        let Some(first) = old.first().map(|row| row.first) else { return Ok(Vec::new()) };
        // When the last of them came: none came later than its segment says.
        let stored = old.iter().map(|row| row.stored).max().unwrap_or_default();
        let (mut next, mut new): (u64, Vec<SegmentRow>) = (first, Vec::new());
        let mut expected = leaves.iter();
        for row in old {
            if row.first != next {
                return Err(wrong(row.first, format!("entries from {next} on are missing")));
            }
            let opened = self.reader.open(&row.bytes).map_err(|error| wrong(row.first, error))?;
            for entry in opened.iter() {
                if expected.next() != Some(&entry.digest) {
                    return Err(wrong(next, "the entry is not the tree's leaf"));
                }
                if self.packer.is_full() {
                    self.close(&mut new, first, stored)?;
                }
                match entry.body {
                    Some((salt, body)) => self.packer.push(entry.header_bytes, &salt, body),
                    None => self.packer.push_erased(entry.header_bytes),
                }
                next += 1;
            }
        }
        if !self.packer.is_empty() {
            self.close(&mut new, first, stored)?;
        }
        Ok(new)
    }

    fn close(
        &mut self,
        new: &mut Vec<SegmentRow>,
        first: u64,
        stored: Timestamp,
    ) -> Result<(), StoreError> {
        let first = new.last().map_or(first, SegmentRow::past);
        let entries = self.packer.len() as u64;
        let bytes = self.packer.finish().map_err(|error| wrong(first, error))?;
        new.push(SegmentRow { first, entries, stored, bytes });
        Ok(())
    }

    /// What was packed is opened again: the same leaves in the same order, and a body exactly where
    /// there was one. A body that is there was digested when it was opened, so it is the same.
    fn hold_against(
        &mut self,
        new: &[SegmentRow],
        old: &[SegmentRow],
        leaves: &[Digest],
    ) -> Result<(), StoreError> {
        let differs = |row: &SegmentRow| wrong(row.first, "packed anew it would be another one");
        let seen = self.seen(new)?;
        if seen != self.seen(old)? {
            return Err(new.first().map_or(StoreError::Raced("segment"), differs));
        }
        match seen.iter().map(|(digest, _)| digest).eq(leaves) {
            true => Ok(()),
            false => Err(new.first().map_or(StoreError::Raced("segment"), differs)),
        }
    }

    fn seen(&mut self, rows: &[SegmentRow]) -> Result<Vec<(Digest, bool)>, StoreError> {
        let mut seen = Vec::new();
        for row in rows {
            let opened = self.reader.open(&row.bytes).map_err(|error| wrong(row.first, error))?;
            seen.extend(opened.iter().map(|entry| (entry.digest, entry.body.is_some())));
        }
        Ok(seen)
    }
}

/// Leaves of a journal's tree as its tiles have them: what every root is made of.
async fn leaves(
    store: &Store,
    journal: JournalNumber,
    run: Range<u64>,
) -> Result<Vec<Digest>, StoreError> {
    let tiles: Vec<_> = (run.start / TILE..=run.end.saturating_sub(1) / TILE)
        .map(|index| TileId { level: 0, index })
        .collect();
    let stored = store.tile_get(journal, &tiles).await?;
    run.map(|sequence| {
        let missing = || StoreError::contradiction("tile", "hashes", sequence, "a leaf is missing");
        let tile = stored.get(&TileId { level: 0, index: sequence / TILE }).ok_or_else(missing)?;
        let at = usize::try_from(sequence % TILE).map_err(|_| missing())? * size_of::<Digest>();
        let leaf = tile.get(at..at + size_of::<Digest>()).ok_or_else(missing)?;
        Digest::from_slice(leaf).map_err(|_| missing())
    })
    .collect()
}

#[cfg(test)]
mod tests;
