//! Writing a group: decided, packed into segments, indexed, and made durable in one transaction.

use sanheyi_exchange_spec::ids::Lane;
use sanheyi_exchange_spec::time::Timestamp;

use super::attachment::note_own;
use super::custody::Custodian;
use super::decide::{HeadMap, Heads};
use super::group::Decided;
use super::journal::{Advance, LiveJournal, view};
use super::stages::add;
use super::submit::{Appended, Draft, Refused};
use super::writer::{Writer, no_memory};
use crate::store::{IndexRow, Place, StoreError, Tx};

/// How often a group is tried again before its fault is said: a Greet can move the epoch under it
/// once or twice.
const TRIES: usize = 4;

/// Answers to the submissions of a group.
pub(super) type Answers = Vec<Result<Vec<Appended>, Vec<Refused>>>;

/// What a group adds to a journal.
type Advances = Vec<(Lane, Advance)>;

impl Writer {
    /// Tries a group; again where what was remembered proves stale: a record that was taken for
    /// absent, or a journal whose epoch a Greet has moved.
    pub(super) async fn try_until_settled(
        &mut self,
        submissions: &[Vec<Draft>],
    ) -> Result<Answers, StoreError> {
        let mut optimistic = true;
        for _ in 0..TRIES {
            match self.try_group(submissions, optimistic).await {
                Err(StoreError::Raced("record")) if optimistic => optimistic = false,
                Err(StoreError::Raced("journal")) => self.reload().await?,
                outcome => return outcome,
            }
        }
        self.try_group(submissions, optimistic).await
    }

    pub(super) async fn reload(&mut self) -> Result<(), StoreError> {
        for journal in self.lanes.values_mut() {
            if let Some(row) = self.store.journal_get(journal.id()).await? {
                if row.head.size != journal.head().size {
                    // It grew without this writer: another process on the same database, or a
                    // commit whose answer was lost. What was remembered of records is old.
                    self.cache.clear();
                    self.recent.clear();
                }
                *journal = LiveJournal::open(&self.store, row).await?;
            }
        }
        Ok(())
    }

    /// Decides and writes a group. `optimistic`: records that nobody remembers are taken for
    /// absent, and the index proves it: a revision 1 that is there already makes the insert come up
    /// short.
    async fn try_group(
        &mut self,
        submissions: &[Vec<Draft>],
        optimistic: bool,
    ) -> Result<Answers, StoreError> {
        let now = self.now();
        let mut tx = self.store.begin("journal_append").await?;
        let custody = Custodian::open(&mut tx, &self.store).await?;
        let written = HeadMap::default();
        let mut heads = Heads { cache: &self.cache, written, custody, optimistic };
        let mut decided = Decided::default();
        for drafts in submissions {
            self.decide(&mut tx, &mut heads, drafts, now, &mut decided).await?;
        }
        let (written, custody) = (heads.written, heads.custody);
        let (advances, index) = self.pack(&decided, now)?;
        self.write(&mut tx, &advances, index, &decided).await?;
        custody.write(&mut tx, &self.store);
        let began = self.clock.now();
        tx.commit().await?;
        let done = self.clock.now();
        add(&self.stages.commit, began, done);
        self.stages.commits.note(u64::try_from(done.micros_since(began)).unwrap_or(0));
        self.stages.committed(decided.entries.values().map(|one| one.len() as u64).sum());
        self.cache.remember(written);
        for (lane, advance) in advances {
            if let Some(journal) = self.lanes.get_mut(&lane) {
                self.recent.put(journal.id(), &advance);
                journal.settle(advance);
            }
        }
        self.announce();
        Ok(decided.answers)
    }

    /// Packs the entries of each lane into segments, and makes their index rows.
    fn pack(
        &mut self,
        decided: &Decided,
        now: Timestamp,
    ) -> Result<(Advances, Vec<IndexRow>), StoreError> {
        let began = self.clock.now();
        let mut advances = Vec::new();
        let mut index = Vec::new();
        for (lane, entries) in &decided.entries {
            let Some(journal) = self.lanes.get(lane) else { continue };
            let advance = journal.append(&mut self.packer, entries, now).map_err(no_memory)?;
            for (sequence, entry) in (advance.first()..).zip(entries) {
                let place = Place {
                    journal: journal.number(),
                    sequence,
                    standing: None,
                    digest: entry.digest,
                };
                index.push(IndexRow::new(&view(entry)?, &place));
            }
            advances.push((*lane, advance));
        }
        add(&self.stages.pack, began, self.clock.now());
        Ok((advances, index))
    }

    async fn write(
        &self,
        tx: &mut Tx,
        advances: &Advances,
        index: Vec<IndexRow>,
        decided: &Decided,
    ) -> Result<(), StoreError> {
        let began = self.clock.now();
        for (_, advance) in advances {
            tx.journal_write(&self.store, advance);
        }
        tx.record_add(&self.store, index).await?;
        note_own(tx, &self.store, decided.entries.values().flatten()).await?;
        add(&self.stages.write, began, self.clock.now());
        for (lane, expectation) in &decided.expectations {
            if let Some(journal) = self.lanes.get(lane) {
                tx.expectation_put(&self.store, journal.number(), expectation).await?;
            }
        }
        Ok(())
    }
}
