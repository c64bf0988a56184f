//! Verifying a store from its bytes alone: every segment is opened, every digest, leaf, tile and
//! root computed again, every checkpoint's signature checked, every index row and receipt held
//! against the entries. Nothing stored is trusted; the first difference of each journal is named.

mod index;
mod letters;
mod quarantine;
mod shown;

use sanheyi_exchange_spec::checkpoint::Checkpoint;
use sanheyi_exchange_spec::ids::{JournalId, PlatformId};
use sanheyi_exchange_spec::invariants::{Answered, Sealed, checkpoint_binds, every_entry_answered};
use sanheyi_exchange_spec::keyring::Keyring;
use sanheyi_exchange_spec::merkle::{TileId, Tree};
use sanheyi_exchange_spec::segment::SegmentReader;
use sanheyi_exchange_spec::suite::{Digest, Suite};
use thiserror::Error;

use letters::Letters;
pub use shown::{ShownReport, verify_shown};

use super::slice::part;
use crate::store::{CheckpointRow, Counts, JournalRow, ReceiptRow, SegmentRow, Store, StoreError};

/// Rows read at a time.
const READ: usize = 64;

/// What verifying a journal found.
#[derive(Clone, Debug)]
pub struct JournalReport {
    /// The journal.
    pub journal: JournalId,
    /// Whether it is appended here.
    pub home: bool,
    /// Number of entries, recomputed.
    pub entries: u64,
    /// Root, recomputed from the bytes.
    pub root: Digest,
    /// Checkpoints checked.
    pub checkpoints: u64,
    /// Receipts checked.
    pub receipts: u64,
    /// Who holds the author's key, where the latest checkpoint says that it is not the author.
    pub keeper: Option<PlatformId>,
    /// The first difference, if any.
    pub difference: Option<Difference>,
}

/// The first place where stored rows and stored bytes differ.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{table}.{column} {place}: {problem}")]
pub struct Difference {
    /// Table.
    pub table: &'static str,
    /// Column.
    pub column: &'static str,
    /// Sequence number or size.
    pub place: u64,
    /// What is different.
    pub problem: String,
}

/// Why verifying stopped.
#[derive(Debug, Error)]
pub enum Fault {
    /// A difference was found.
    #[error(transparent)]
    Difference(#[from] Difference),
    /// The store could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Hears how far a journal is verified: entries done, of so many.
pub type VerifyTeller<'a> = &'a mut (dyn FnMut(&JournalId, u64, u64) + Send);

/// Verifies every journal of a platform's store. `keys` gives the key of an author; checkpoints of
/// an author without one cannot be checked and are a difference.
///
/// # Errors
/// If the store cannot be read.
pub async fn verify(store: &Store, keys: &Keyring) -> Result<Vec<JournalReport>, StoreError> {
    verify_told(store, keys, &mut |_, _, _| {}).await
}

/// As [`verify`]; `told` hears how far it is.
///
/// # Errors
/// If the store cannot be read.
pub async fn verify_told(
    store: &Store,
    keys: &Keyring,
    told: VerifyTeller<'_>,
) -> Result<Vec<JournalReport>, StoreError> {
    let rows = store.journal_list().await?;
    let mut letters = Letters::default();
    let mut reports = Vec::new();
    let mut indexed = 0;
    for row in &rows {
        let mut walk = Walk::new(store, row.clone(), keys.clone(), &mut letters)?;
        let outcome = walk.journal(&mut *told).await;
        indexed += walk.indexed;
        reports.push(walk.report(outcome)?);
    }
    if reports.iter().any(|report| report.difference.is_some()) {
        // What the counts below would say then follows from that.
        return Ok(reports);
    }
    let still = store.journal_list().await? == rows;
    for report in reports.iter_mut().filter(|one| one.journal.author == *store.platform()) {
        let closed = letters.close(store, &report.journal, still).await;
        let surplus = surplus(store, indexed, still).await;
        report.difference = report.difference.take().or(difference_of(closed.and(surplus))?);
    }
    Ok(reports)
}

/// No index row stands for an entry that is not there. Counted only in a store that stood still.
async fn surplus(store: &Store, indexed: u64, still: bool) -> Result<(), Fault> {
    let rows = store.record_count().await?;
    if !still || rows == indexed {
        return Ok(());
    }
    let problem = format!("{rows} rows, {indexed} of them belong to entries");
    Err(differs("record", "key", rows, problem).into())
}

fn difference_of(outcome: Result<(), Fault>) -> Result<Option<Difference>, StoreError> {
    match outcome {
        Ok(()) => Ok(None),
        Err(Fault::Difference(difference)) => Ok(Some(difference)),
        Err(Fault::Store(error)) => Err(error),
    }
}

struct Walk<'a> {
    store: &'a Store,
    row: JournalRow,
    keys: Keyring,
    tree: Tree,
    reader: SegmentReader,
    /// Entries before this sequence number must stand in the index.
    indexed_up_to: u64,
    /// Entries that stand in the index.
    indexed: u64,
    /// Receipts read out of mailboxes.
    letters: &'a mut Letters,
    checkpoints: u64,
    receipts: u64,
    keeper: Option<PlatformId>,
    next_checkpoint: Option<CheckpointRow>,
    next_receipt: Option<ReceiptRow>,
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "made where an error is at hand, and errors are not needed after"
)]
fn differs(
    table: &'static str,
    column: &'static str,
    place: u64,
    problem: impl ToString,
) -> Difference {
    Difference { table, column, place, problem: problem.to_string() }
}

impl<'a> Walk<'a> {
    fn new(
        store: &'a Store,
        row: JournalRow,
        keys: Keyring,
        letters: &'a mut Letters,
    ) -> Result<Self, StoreError> {
        let reader = SegmentReader::new(Suite::Intl)
            .map_err(|error| StoreError::contradiction("segment", "bytes", "reader", error))?;
        Ok(Self {
            store,
            row,
            keys,
            tree: Tree::new(Suite::Intl),
            reader,
            indexed_up_to: 0,
            indexed: 0,
            letters,
            checkpoints: 0,
            receipts: 0,
            keeper: None,
            next_checkpoint: None,
            next_receipt: None,
        })
    }

    fn report(self, outcome: Result<(), Fault>) -> Result<JournalReport, StoreError> {
        let difference = match outcome {
            Ok(()) => None,
            Err(Fault::Difference(difference)) => Some(difference),
            Err(Fault::Store(StoreError::Contradiction { table, column, key, problem })) => {
                Some(differs(table, column, self.tree.size(), format!("{key}: {problem}")))
            }
            Err(Fault::Store(error)) => return Err(error),
        };
        Ok(JournalReport {
            journal: self.row.head.journal.clone(),
            home: self.row.home,
            entries: self.tree.size(),
            root: self.tree.root(),
            checkpoints: self.checkpoints,
            receipts: self.receipts,
            keeper: self.keeper,
            difference,
        })
    }

    /// Up to the size that the journal had when the walk began: it may grow meanwhile.
    async fn journal(&mut self, told: VerifyTeller<'_>) -> Result<(), Fault> {
        let judged = self.store.receipt_counts(self.row.number).await?.1;
        self.indexed_up_to = if self.row.home { u64::MAX } else { judged };
        self.next_checkpoint = self.checkpoint_after(None).await?;
        self.next_receipt = self.receipt_after(0).await?;
        while self.tree.size() < self.row.head.size {
            let (next, size) = (self.tree.size(), self.row.head.size);
            told(&self.row.head.journal, next, size);
            let rows = self.store.segment_from(self.row.number, next, READ).await?;
            // Of a segment in which the walk stands, because it was merged meanwhile, the rest.
            let fresh = rows.into_iter().filter(|row| row.past() > next && row.first < size);
            let fresh =
                fresh.map(|row| part(row, next, u64::MAX)).collect::<Result<Vec<_>, _>>()?;
            if fresh.is_empty() {
                break;
            }
            for segment in fresh {
                self.segment(&segment).await?;
            }
            self.tiles().await?;
            // A segment that was merged meanwhile may hold entries that came since.
            if self.tree.size() > size
                && let Some(now) = self.store.journal_get(&self.row.head.journal).await?
            {
                self.row = now;
            }
        }
        self.head()?;
        self.beyond().await
    }

    /// Nothing may lie beyond the journal. What is seen there was committed with its size, which is
    /// asked afterwards: a journal that grows meanwhile is no difference.
    async fn beyond(&self) -> Result<(), Fault> {
        let size = self.tree.size();
        let segments = self.store.segment_from(self.row.number, size, READ).await?;
        let now = self.store.journal_get(&self.row.head.journal).await?;
        let now = now.map_or(0, |row| row.head.size);
        if let Some(beyond) = segments.iter().find(|segment| segment.past() > now) {
            return Err(differs("segment", "first", beyond.first, "beyond the journal").into());
        }
        if let Some(beyond) = self.next_checkpoint.as_ref().filter(|one| one.size > now) {
            return Err(differs("checkpoint", "size", beyond.size, "beyond the journal").into());
        }
        if let Some(beyond) = self.next_receipt.as_ref().filter(|one| one.past > now) {
            return Err(differs("receipt", "past", beyond.past, "beyond the journal").into());
        }
        Ok(())
    }

    async fn segment(&mut self, row: &SegmentRow) -> Result<(), Fault> {
        let next = self.tree.size();
        if row.first != next {
            let problem = format!("entries are missing: the next should begin at {next}");
            return Err(differs("segment", "first", row.first, problem).into());
        }
        let opened = self
            .reader
            .open(&row.bytes)
            .map_err(|error| differs("segment", "bytes", row.first, error))?;
        if opened.len() as u64 != row.entries {
            let problem = format!("{} in the row, {} in the bytes", row.entries, opened.len());
            return Err(differs("segment", "entries", row.first, problem).into());
        }
        self.index(row.first, &opened).await?;
        if self.row.head.journal.author != *self.store.platform() {
            self.letters.read(self.store, row.first, &opened).await?;
        }
        for digest in opened.digests() {
            self.tree.push(*digest);
            self.at_size().await?;
        }
        Ok(())
    }

    /// Checkpoints and receipts that are about exactly this size.
    async fn at_size(&mut self) -> Result<(), Fault> {
        let size = self.tree.size();
        if let Some(checkpoint) = self.next_checkpoint.take_if(|one| one.size <= size) {
            self.checkpoint(&checkpoint)?;
            self.next_checkpoint = self.checkpoint_after(Some(checkpoint.size)).await?;
        }
        if let Some(receipt) = self.next_receipt.take_if(|one| one.past <= size) {
            self.receipt(&receipt)?;
            self.next_receipt = self.receipt_after(receipt.past).await?;
        }
        Ok(())
    }

    fn checkpoint(&mut self, row: &CheckpointRow) -> Result<(), Difference> {
        let journal = &self.row.head.journal;
        let key = self.keys.key_of(&journal.author, journal.lane, row.size).ok_or_else(|| {
            differs("checkpoint", "note", row.size, format!("no key of {}", journal.author))
        })?;
        let signed = Checkpoint::open(&row.note, &key)
            .map_err(|error| differs("checkpoint", "note", row.size, error))?;
        if signed.journal != *journal || signed.size != row.size {
            let problem = format!("it is about {} @{}", signed.journal, signed.size);
            return Err(differs("checkpoint", "size", row.size, problem));
        }
        let recomputed = Sealed { size: self.tree.size(), root: self.tree.root() };
        checkpoint_binds(&Sealed { size: signed.size, root: signed.root }, &recomputed)
            .map_err(|broken| differs("checkpoint", "note", row.size, broken))?;
        self.checkpoints += 1;
        self.keeper = signed.keeper;
        Ok(())
    }

    fn receipt(&mut self, row: &ReceiptRow) -> Result<(), Difference> {
        if row.past != self.tree.size() || row.root != self.tree.root() {
            let problem = format!("receipt has {}, computed {}", row.root, self.tree.root());
            return Err(differs("receipt", "root", row.past, problem));
        }
        let Counts { accepted, quarantined, pending, .. } = row.counts;
        let received = row.past - row.first;
        every_entry_answered(Answered { received, accepted, quarantined, pending })
            .map_err(|broken| differs("receipt", "accepted", row.first, broken))?;
        self.receipts += 1;
        Ok(())
    }

    async fn checkpoint_after(&self, size: Option<u64>) -> Result<Option<CheckpointRow>, Fault> {
        let after = size.unwrap_or(0);
        let rows = self.store.checkpoint_list(self.row.number, after, 1).await?;
        Ok(rows.into_iter().next())
    }

    async fn receipt_after(&self, past: u64) -> Result<Option<ReceiptRow>, Fault> {
        let rows = self.store.receipt_list(self.row.number, past, 1).await?;
        match rows.into_iter().next() {
            Some(row) if row.first != past => {
                let problem =
                    format!("the receipt before ends at {past}: first verdicts must tile");
                Err(differs("receipt", "first", row.first, problem).into())
            }
            row => Ok(row),
        }
    }

    fn head(&self) -> Result<(), Difference> {
        let (stored, size) = (&self.row.head, self.tree.size());
        if stored.size != size {
            let problem = format!("{} in the row, {size} in the bytes", stored.size);
            return Err(differs("journal", "size", size, problem));
        }
        if stored.root != self.tree.root() {
            let problem = format!("{} in the row, {} computed", stored.root, self.tree.root());
            return Err(differs("journal", "root", size, problem));
        }
        Ok(())
    }

    async fn tiles(&mut self) -> Result<(), Fault> {
        for (id, hashes) in self.tree.take_changed() {
            let stored = self.store.tile_get(self.row.number, &[id]).await?;
            // The stored tile may have grown meanwhile; what it begins with stays.
            let width = id.width(self.tree.size()) * 32;
            let have = stored.get(&id).and_then(|have| have.get(..width));
            if have.is_none() || have != hashes.get(..width) {
                let TileId { level, index } = id;
                let problem = format!("tile {level}/{index} is not what the entries give");
                return Err(differs("tile", "hashes", index, problem).into());
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
