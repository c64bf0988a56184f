//! Quarantined entries that nobody has dealt with. Of the others, which grow in number for ever,
//! each is looked at once: a look afterwards reads what waited before and what has come since.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::health::Finding;
use sanheyi_exchange_spec::health::alerts::QUARANTINE_WAITING;
use sanheyi_exchange_spec::quarantine::Handling;
use sanheyi_exchange_spec::time::Timestamp;

use super::check::{Check, Found};
use crate::store::{JournalNumber, Store, StoreError};

/// How often it is looked, in microseconds: people deal with them, and that takes longer.
pub const LOOK_EVERY: i64 = 30_000_000;
/// So many of a platform are counted, and then it says *at least*: more make no difference to
/// whoever reads it.
pub const COUNTED: u64 = 1000;
/// When the store counts others than were looked at, everything is looked at again, but not more
/// often than this, in microseconds: what was pending may be quarantined entry by entry.
pub const AGAIN_AFTER: i64 = 300_000_000;
/// Everything is looked at again after so long, in microseconds, whatever the store counts: two
/// changes may have made up for each other.
pub const AGAIN_ALWAYS: i64 = 3_600_000_000;
/// Entries looked at together.
const PAGE: u64 = 500;

/// What was found at the last look, and when that was.
#[derive(Debug, Default)]
pub struct Last(Mutex<Option<(Timestamp, Vec<Finding>)>>);

/// Looks at the quarantine of the store's platform.
#[derive(Debug, Default)]
pub struct Waiting {
    last: Last,
    memory: Mutex<Memory>,
}

/// What is known of a platform's quarantine since the last look. Nothing of it has to last: without
/// it everything is looked at once more.
#[derive(Debug, Default)]
pub struct Memory {
    journals: BTreeMap<JournalNumber, Seen>,
    read: u64,
}

/// What is known of a journal.
#[derive(Debug, Default)]
struct Seen {
    /// When it was begun to look at everything.
    begun: Timestamp,
    /// Everything up to this entry was looked at.
    past: Option<u64>,
    /// Entries up to there that were ever quarantined and are not pending, as the store counts.
    counted: u64,
    /// Those up to there that nobody has dealt with.
    open: BTreeSet<u64>,
}

// === impl Last ===

impl Last {
    /// What was found, while that still counts.
    pub fn get(&self, now: Timestamp) -> Option<Vec<Finding>> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let fresh = |at: Timestamp| (0..LOOK_EVERY).contains(&now.micros_since(at));
        last.as_ref().filter(|(at, _)| fresh(*at)).map(|(_, found)| found.clone())
    }

    /// Keeps what was found.
    pub fn set(&self, now: Timestamp, found: &[Finding]) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, found.to_vec()));
    }
}

impl Check for Waiting {
    fn findings<'a>(&'a self, store: &'a Store, now: Timestamp) -> Found<'a> {
        Box::pin(async move {
            if let Some(found) = self.last.get(now) {
                return Ok(found);
            }
            // A look that fails or is dropped forgets, and the next one begins from nothing.
            let memory = || self.memory.lock().unwrap_or_else(PoisonError::into_inner);
            let mut known = std::mem::take(&mut *memory());
            let found: Vec<_> = known.waiting(store, now).await?.into_iter().collect();
            *memory() = known;
            self.last.set(now, &found);
            Ok(found)
        })
    }
}

// === impl Memory ===

impl Memory {
    /// What waits in the quarantine of the store's platform, if anything: how many, since when the
    /// eldest. The store is always the same one.
    ///
    /// # Errors
    /// Of the database, or if a segment does not open.
    pub async fn waiting(
        &mut self,
        store: &Store,
        now: Timestamp,
    ) -> Result<Option<Finding>, StoreError> {
        let (open, eldest) = self.open(store, now).await?;
        if open == 0 {
            return Ok(None);
        }
        let (least_zh, least_en) = if open < COUNTED { ("", "") } else { ("至少 ", "at least ") };
        let zh = format!("{least_zh}{open} 条隔离条目待处理");
        let en = format!("{least_en}{open} quarantined entries wait to be dealt with");
        let mut found = Finding::new(&QUARANTINE_WAITING, store.platform().as_str(), zh, en);
        found.since = eldest;
        Ok(Some(found))
    }

    /// How many entries wait, [`COUNTED`] at most, and when the eldest came.
    ///
    /// # Errors
    /// As [`Memory::waiting`].
    pub async fn open(
        &mut self,
        store: &Store,
        now: Timestamp,
    ) -> Result<(u64, Option<Timestamp>), StoreError> {
        let (mut open, mut eldest) = (0_u64, None::<Timestamp>);
        self.read = 0;
        for journal in store.judged_journals().await? {
            let mut seen = self.journals.remove(&journal.number).unwrap_or_default();
            self.read += seen.look(store, journal.number, now).await?;
            open = open.saturating_add(seen.open.len() as u64);
            if let Some(first) = seen.open.first() {
                let received = store.receipt_over(journal.number, *first).await?;
                eldest = eldest.into_iter().chain(received.map(|row| row.received)).min();
            }
            self.journals.insert(journal.number, seen);
        }
        Ok((open.min(COUNTED), eldest))
    }

    /// Entries that the last look read: what it cost.
    pub fn read(&self) -> u64 {
        self.read
    }
}

/// What waits in the quarantine of the store's platform, if anything, by one look at everything.
///
/// # Errors
/// As [`Memory::waiting`].
pub async fn waiting(store: &Store) -> Result<Option<Finding>, StoreError> {
    Memory::default().waiting(store, Timestamp::default()).await
}

// === impl Seen ===

impl Seen {
    /// Looks at what waited before, and at what has come since, until so many wait that they are
    /// not counted any more. Answers how many entries it has read.
    async fn look(
        &mut self,
        store: &Store,
        journal: JournalNumber,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut read = 0;
        let before: Vec<_> = std::mem::take(&mut self.open).into_iter().collect();
        for some in before.chunks(usize::try_from(PAGE).unwrap_or(usize::MAX)) {
            read += some.len() as u64;
            self.open.extend(still_open(store, journal, some).await?);
        }
        if self.begins_again(store, journal, now).await? {
            (self.begun, self.past) = (now, None);
        }
        let from = self.past;
        while (self.open.len() as u64) < COUNTED {
            let standing = Standing::Quarantined;
            let found = store.exception_standing(journal, standing, self.past, PAGE).await?;
            let sequences: Vec<_> = found.iter().map(|one| one.sequence).collect();
            let Some(last) = sequences.last() else { break };
            self.past = Some(*last);
            read += sequences.len() as u64;
            self.open.extend(still_open(store, journal, &sequences).await?);
        }
        if let Some(past) = self.past.filter(|_| self.past != from) {
            self.counted = store.quarantined_until(journal, past).await?;
        }
        Ok(read)
    }

    async fn begins_again(
        &self,
        store: &Store,
        journal: JournalNumber,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let Some(past) = self.past else { return Ok(true) };
        let since = now.micros_since(self.begun);
        if !(0..AGAIN_ALWAYS).contains(&since) {
            return Ok(true);
        }
        let due = since >= AGAIN_AFTER;
        Ok(due && store.quarantined_until(journal, past).await? != self.counted)
    }
}

/// Those of these entries that nobody has dealt with.
async fn still_open(
    store: &Store,
    journal: JournalNumber,
    sequences: &[u64],
) -> Result<Vec<u64>, StoreError> {
    let found = store.quarantine_among(journal, sequences).await?;
    let open = found.iter().filter(|one| one.handling == Some(Handling::Open));
    Ok(open.map(|one| one.verdict.sequence).collect())
}
