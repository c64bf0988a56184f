//! Judging again (改判): a pending entry waits for one thing. Whoever writes *pending* and whoever
//! writes what is waited for meet on the platform's locked row, and the waiter looks once more
//! under the lock; behind it a slow sweep looks through everything that waits (rule 16).

use sanheyi_exchange_spec::gate::{Edition, Standing, Wait};
use sanheyi_exchange_spec::limits;
use sanheyi_node::store::{IndexRow, JournalNumber, Store, StoreError, Tx};

use super::super::hosted::Judgeable;
use super::super::mailbox::Letter;
use super::Gate;
use super::custody::{self, still_open};
use super::known::{Cursors, is_judged};
use super::rejudge::{Learnt, Outcome};
use crate::store::{
    GateRow, ReviewCounts, WaitingRow, gate_again, platform_lock, review_count, review_take,
    waiting_any, waiting_awaited, waiting_missed, waiting_put, waiting_put_ready, waiting_ready,
    waiting_take, waiting_wake,
};

/// Rows looked through at a time by the sweep.
const PAGE: u64 = 1000;

/// Who asks for entries to be judged again.
pub(super) enum Asker<'a> {
    /// They themselves: what they waited for has come.
    Waiting {
        /// They.
        sequences: &'a [u64],
    },
    /// An operator, by a review.
    Review {
        /// Its id.
        id: [u8; 16],
        /// The entries of the batch, also those of which nothing changes.
        sequences: &'a [u64],
        /// What has come of them.
        counts: ReviewCounts,
    },
}

impl Asker<'_> {
    /// What asked is done with.
    pub(super) fn take(&self, tx: &mut Tx, store: &Store, number: JournalNumber) {
        match self {
            Asker::Waiting { sequences } => waiting_take(tx, store, number, sequences),
            Asker::Review { id, sequences, counts } => {
                review_take(tx, store, number, sequences);
                review_count(tx, store, id, counts);
            }
        }
    }
}

/// What a pending entry waits for is still not there, under the lock of the platform; else somebody
/// has raced.
pub(super) async fn still_absent(
    tx: &mut Tx,
    store: &Store,
    cursors: &Cursors,
    waits: &[(u64, Wait)],
) -> Result<(), StoreError> {
    platform_lock(tx, store).await?;
    let rows: Vec<_> = waits.iter().filter_map(|(_, wait)| asked(wait)).collect();
    let places = tx.record_places(store, &rows).await?;
    if places.into_iter().flatten().any(|place| is_judged(&place, cursors)) {
        return Err(StoreError::Raced("waiting"));
    }
    still_open(tx, store, waits.iter().map(|(_, wait)| wait)).await
}

/// Makes ready what waits for something that has come. Answers whether any entry is pending.
pub(super) async fn wake(
    tx: &mut Tx,
    store: &Store,
    come: impl FnOnce() -> Vec<Vec<u8>>,
) -> Result<bool, StoreError> {
    let any = waiting_any(tx, store).await?;
    if any {
        waiting_wake(tx, store, &come());
    }
    Ok(any)
}

/// The index row whose coming ends a wait.
fn asked(wait: &Wait) -> Option<IndexRow> {
    match wait {
        Wait::Record { dataset, record } => Some(IndexRow::asked(dataset, record, 1)),
        Wait::Revision { dataset, record, revision } => {
            Some(IndexRow::asked(dataset, record, *revision))
        }
        Wait::Standard(_) | Wait::Dataset(_) | Wait::Custody { .. } | Wait::Decision { .. } => None,
    }
}

impl Gate {
    /// Judges entries again whose wait has ended, of one journal, as many as a letter may name.
    /// Answers how many.
    pub(super) async fn again(
        &mut self,
        store: &Store,
        judgeable: &Judgeable,
        rows: &[GateRow],
        cursors: &Cursors,
    ) -> Result<u64, StoreError> {
        let ready = waiting_ready(store, limits::RECEIPT_EXCEPTIONS as u64).await?;
        let Some(WaitingRow { journal: number, .. }) = ready.first().copied() else {
            return Ok(0);
        };
        let sequences = ready.iter().filter(|row| row.journal == number).map(|row| row.sequence);
        let reopened = self.reopen(store, number, sequences.collect()).await?;
        let pending = (reopened.as_slice(), Standing::Pending);
        let none = Learnt::default();
        let outcome = self.judge_again(store, number, pending, &none, cursors).await?;
        let row = row_of(rows, number)?;
        let asker = Asker::Waiting { sequences: &outcome.sequences };
        self.settle_again(store, row, &outcome, (judgeable, cursors), &asker).await?;
        Ok(outcome.sequences.len() as u64)
    }

    /// Makes durable what came of judging again, and takes away who asked for it, in one
    /// transaction.
    pub(super) async fn settle_again(
        &mut self,
        store: &Store,
        row: &GateRow,
        outcome: &Outcome,
        (judgeable, cursors): (&Judgeable, &Cursors),
        asker: &Asker<'_>,
    ) -> Result<(), StoreError> {
        let number = row.journal;
        let platform = store.platform().clone();
        let (letter, lane) = (Letter::Later(&outcome.later), outcome.later.journal.lane);
        let last = outcome.sequences.last().copied().unwrap_or_default();
        let last = (number, last, outcome.ruling.clone());
        let judged = outcome.later.judged;
        let delivery = self.prepare(store, lane, &letter, last, judged).await?;
        let mut tx = store.begin("gate_again").await?;
        gate_again(&mut tx, store, row);
        asker.take(&mut tx, store, number);
        delivery.lock(&mut tx).await?;
        still_absent(&mut tx, store, cursors, &outcome.waits).await?;
        tx.later_put(store, number, &outcome.later).await?;
        if judgeable.is_indexed_here() {
            tx.record_stand(store, &outcome.index);
        } else {
            let told = outcome.later.changes.iter().map(|change| &change.verdict);
            custody::heard_at_home(&mut tx, store, told).await?;
        }
        waiting_put(&mut tx, store, number, &outcome.waits);
        outcome.errands.write(&mut tx, store, number, judged).await?;
        delivery.write(&mut tx).await?;
        tx.commit().await?;
        if !outcome.errands.is_empty() {
            self.shared.due.tell(&platform);
        }
        self.delivered(store, delivery);
        self.memories.entry(platform.clone()).or_default().judged_again(row);
        if !outcome.waits.is_empty() {
            self.waiting.insert(platform);
        }
        Ok(())
    }

    /// Looks through everything that waits, and makes ready what need not wait any longer: after
    /// an upgrade, and where nobody was told.
    pub(super) async fn sweep(
        &mut self,
        store: &Store,
        cursors: &Cursors,
    ) -> Result<(), StoreError> {
        loop {
            let missed = waiting_missed(store, PAGE).await?;
            if missed.is_empty() {
                break;
            }
            let mut tx = store.begin("waiting_sweep").await?;
            platform_lock(&mut tx, store).await?;
            waiting_put_ready(&mut tx, store, &missed);
            tx.commit().await?;
        }
        let mut after = Vec::new();
        loop {
            let awaited = waiting_awaited(store, &after, PAGE).await?;
            let Some(last) = awaited.last() else { return Ok(()) };
            after.clone_from(last);
            self.waiting.insert(store.platform().clone());
            let come = self.come(store, awaited, cursors).await?;
            if !come.is_empty() {
                let mut tx = store.begin("waiting_sweep").await?;
                waiting_wake(&mut tx, store, &come);
                tx.commit().await?;
            }
        }
    }

    /// Which of these have come.
    async fn come(
        &self,
        store: &Store,
        awaited: Vec<Vec<u8>>,
        cursors: &Cursors,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        let edition = self.shared.parts.edition;
        let (mut come, mut rows, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        for key in awaited {
            let wait = Wait::from_bytes(&key);
            match wait.as_ref().and_then(asked) {
                Some(row) => {
                    rows.push(row);
                    keys.push(key);
                }
                None if known_now(wait.as_ref(), &edition) => come.push(key),
                None if custody::has_come(store, wait.as_ref()).await? => come.push(key),
                None => {}
            }
        }
        for (key, place) in keys.into_iter().zip(store.record_places(&rows).await?) {
            let judged = place.filter(|place| is_judged(place, cursors));
            come.extend(judged.map(|_| key));
        }
        Ok(come)
    }
}

/// The cursor of a journal, as it was read.
pub(super) fn row_of(rows: &[GateRow], number: JournalNumber) -> Result<&GateRow, StoreError> {
    rows.iter().find(|row| row.journal == number).ok_or_else(|| {
        StoreError::contradiction("gate", "journal", number.to_column(), "is not judged")
    })
}

/// Whether an edition ends a wait.
fn known_now(wait: Option<&Wait>, edition: &Edition) -> bool {
    match wait {
        Some(Wait::Standard(version)) => *version <= edition.version(),
        Some(Wait::Dataset(name)) => edition.dataset(name).is_some(),
        Some(
            Wait::Custody { .. }
            | Wait::Decision { .. }
            | Wait::Record { .. }
            | Wait::Revision { .. },
        ) => false,
        // Written by a newer program: what it waits for shows when it is judged.
        None => true,
    }
}
