//! Reviews (复核): an operator has quarantined entries judged again, or asks their author for a
//! correction. The gate works them off in batches of one letter each, behind everything else of the
//! platform; what is taken away from the review, what is told to the author and what has come of it
//! commit in one transaction. So a review goes on where a process was killed.
//!
//! Nobody overrules the gate: what is released is what passes by what is in force now.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sanheyi_exchange_spec::custody::FAMILY;
use sanheyi_exchange_spec::gate::{EXCHANGE_FAMILY, Standing, bears_content};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::quarantine::Handling;
use sanheyi_exchange_spec::returning::{Return, ReturnedEntry};
use sanheyi_node::branch::Quarantined;
use sanheyi_node::store::{ChangeRow, IndexRow, JournalNumber, Store, StoreError};

use super::super::Shared;
use super::super::hosted::Judgeable;
use super::super::mailbox::Letter;
use super::Gate;
use super::again::{Asker, row_of};
use super::known::Cursors;
use super::rejudge::{Learnt, Outcome, Reopened};
use crate::quarantine::Reviewed;
use crate::store::{
    GateRow, ReviewAct, ReviewCounts, ReviewRow, gate_list, review_count, review_due, review_get,
    review_take,
};

/// Entries of a batch: what one letter may name.
const BATCH: usize = limits::RECEIPT_EXCEPTIONS;

/// A batch of a review: of one journal, ascending.
struct Batch {
    review: ReviewRow,
    journal: JournalNumber,
    sequences: Vec<u64>,
}

/// What would come of releasing entries.
struct Tried {
    /// What changes; entries whose verdict is the same as before are not in it.
    outcome: Option<Outcome>,
    reviewed: Vec<(u64, Reviewed)>,
    /// Accepted ones by whose content others are judged.
    learnt: Vec<Reopened>,
}

/// Whether an entry may be judged again. A decision on custody is final, for both parties have
/// acted on it; and what the exchange writes itself is checked for form only.
fn is_releasable(dataset: &str) -> bool {
    !dataset.starts_with(FAMILY) && !dataset.starts_with(EXCHANGE_FAMILY)
}

/// Tries the release of entries of a platform, by journal, ascending; nothing is written. Answers
/// what would become of each.
pub(crate) async fn try_release(
    shared: &Arc<Shared>,
    store: &Store,
    entries: &[(JournalNumber, Vec<u64>)],
) -> Result<Vec<(JournalNumber, u64, Reviewed)>, StoreError> {
    let mut gate = Gate::new(Arc::clone(shared), 0, 1)?;
    let cursors: Cursors =
        gate_list(store).await?.into_iter().map(|row| (row.journal, row.judged)).collect();
    let (mut learnt, mut found) = (Learnt::default(), Vec::new());
    for (journal, sequences) in entries {
        for some in sequences.chunks(BATCH) {
            let tried = gate.release(store, *journal, some, &learnt, &cursors).await?;
            learnt.0.extend(tried.learnt);
            found.extend(tried.reviewed.into_iter().map(|(at, what)| (*journal, at, what)));
        }
    }
    Ok(found)
}

impl Gate {
    /// Goes on with a review of the platform's entries, one batch. Answers how many.
    pub(super) async fn review(
        &mut self,
        store: &Store,
        judgeable: &Judgeable,
        rows: &[GateRow],
        cursors: &Cursors,
    ) -> Result<u64, StoreError> {
        if !self.shared.reviews.has(store.platform()) {
            return Ok(0);
        }
        let Some(batch) = next_batch(store).await? else {
            self.shared.reviews.done(store.platform());
            return Ok(0);
        };
        let counts = match batch.review.act {
            ReviewAct::Release => {
                self.release_batch(store, &batch, judgeable, rows, cursors).await?
            }
            ReviewAct::Return => self.return_batch(store, &batch).await?,
        };
        let done = batch.review.done.total() + counts.total();
        if done >= batch.review.entries {
            self.conclude(store, &batch.review).await?;
        }
        Ok(batch.sequences.len() as u64)
    }

    async fn release_batch(
        &mut self,
        store: &Store,
        batch: &Batch,
        judgeable: &Judgeable,
        rows: &[GateRow],
        cursors: &Cursors,
    ) -> Result<ReviewCounts, StoreError> {
        let (number, sequences) = (batch.journal, &batch.sequences);
        let none = Learnt::default();
        let tried = self.release(store, number, sequences, &none, cursors).await?;
        let counts = counted(&tried.reviewed);
        let id = batch.review.id;
        let asker = Asker::Review { id, sequences, counts };
        match tried.outcome {
            Some(outcome) => {
                let row = row_of(rows, number)?;
                self.settle_again(store, row, &outcome, (judgeable, cursors), &asker).await?;
            }
            None => {
                let mut tx = store.begin("review_pass").await?;
                asker.take(&mut tx, store, number);
                tx.commit().await?;
            }
        }
        Ok(counts)
    }

    /// Judges entries again that are in the quarantine and not settled, by what is in force now.
    async fn release(
        &mut self,
        store: &Store,
        number: JournalNumber,
        sequences: &[u64],
        learnt: &Learnt,
        cursors: &Cursors,
    ) -> Result<Tried, StoreError> {
        let chosen =
            chosen(store, number, sequences, &[Handling::Open, Handling::Returned]).await?;
        let known = chosen.iter().filter(|(_, one)| is_releasable(&one.verdict.dataset));
        let before: BTreeMap<u64, &Quarantined> = known.map(|(at, one)| (*at, one)).collect();
        let twice = claimed_twice(store, number, &before).await?;
        let due = before.keys().copied().filter(|at| !twice.contains(at)).collect();
        let mut reopened = self.reopen(store, number, due).await?;
        let now = self.now();
        reopened.iter_mut().for_each(|one| one.by = now);
        let mut reviewed: BTreeMap<u64, Reviewed> =
            sequences.iter().map(|at| (*at, Reviewed::Passed)).collect();
        reviewed.extend(twice.iter().map(|at| (*at, Reviewed::Stays)));
        if reopened.is_empty() {
            let reviewed = reviewed.into_iter().collect();
            return Ok(Tried { outcome: None, reviewed, learnt: Vec::new() });
        }
        let quarantined = (reopened.as_slice(), Standing::Quarantined);
        let mut outcome = self.judge_again(store, number, quarantined, learnt, cursors).await?;
        let mut accepted = BTreeSet::new();
        for change in &outcome.later.changes {
            let verdict = &change.verdict;
            reviewed.insert(verdict.sequence, Reviewed::of(verdict.standing));
            if verdict.standing == Standing::Accepted && bears_content(&verdict.dataset) {
                accepted.insert(verdict.sequence);
            }
        }
        let learnt = reopened.into_iter().filter(|one| accepted.contains(&one.sequence)).collect();
        unchanged_out(&mut outcome, &before);
        let outcome = Some(outcome).filter(|one| !one.later.changes.is_empty());
        Ok(Tried { outcome, reviewed: reviewed.into_iter().collect(), learnt })
    }

    async fn return_batch(
        &mut self,
        store: &Store,
        batch: &Batch,
    ) -> Result<ReviewCounts, StoreError> {
        let Batch { review, journal: number, sequences } = batch;
        let chosen = chosen(store, *number, sequences, &[Handling::Open]).await?;
        let reopened = self.reopen(store, *number, chosen.keys().copied().collect()).await?;
        let returned = chosen.len() as u64;
        let passed = (sequences.len() as u64).saturating_sub(returned);
        let counts = ReviewCounts { returned, passed, ..ReviewCounts::default() };
        let letter = Return {
            journal: self.journal_id(store, *number).await?,
            asked: review.at,
            working_days: review.days.max(1),
            due: review.due,
            note: review.note.clone(),
            entries: reopened
                .iter()
                .zip(chosen.values())
                .map(|(one, found)| asked_of(one, found))
                .collect(),
        };
        let delivery = if letter.entries.is_empty() {
            None
        } else {
            let (lane, now) = (letter.journal.lane, self.now());
            let last = (*number, sequences.last().copied().unwrap_or_default(), None);
            Some(self.prepare(store, lane, &Letter::Return(&letter), last, now).await?)
        };
        let mut tx = store.begin("review_return").await?;
        review_take(&mut tx, store, *number, sequences);
        review_count(&mut tx, store, &review.id, &counts);
        if let Some(delivery) = &delivery {
            tx.returned_put(store, *number, &letter);
            delivery.write(&mut tx).await?;
        }
        tx.commit().await?;
        if let Some(delivery) = delivery {
            self.delivered(store, delivery);
        }
        Ok(counts)
    }

    /// A review has come to its end on this platform: it is written down with what came of it.
    async fn conclude(&self, store: &Store, review: &ReviewRow) -> Result<(), StoreError> {
        let Some(review) = review_get(store, &review.id).await? else { return Ok(()) };
        let parts = &self.shared.parts;
        let what = match review.act {
            ReviewAct::Release => "quarantine.release",
            ReviewAct::Return => "quarantine.return",
        };
        let ReviewCounts { accepted, stays, pending, returned, passed } = review.done;
        let row = ChangeRow::done(
            parts.clock.as_ref(),
            parts.entropy.as_ref(),
            review.who,
            what,
            store.platform().as_str(),
        );
        let row = row.with(format!(
            "{}; entries {}; accepted {accepted}, stays {stays}, pending {pending}, returned {returned}, passed {passed}",
            review.filter, review.entries
        ));
        let hub = self.shared.store(&parts.hub);
        let mut tx = hub.begin("change_add").await?;
        tx.change_add(&hub, &row).await?;
        tx.commit().await
    }
}

/// The next batch of the platform's reviews.
async fn next_batch(store: &Store) -> Result<Option<Batch>, StoreError> {
    let due = review_due(store, BATCH as u64).await?;
    let Some(first) = due.first().copied() else { return Ok(None) };
    let review = review_get(store, &first.review).await?.ok_or_else(|| {
        StoreError::contradiction("review_entry", "review", first.sequence, "names no review")
    })?;
    let same = due.iter().filter(|one| (one.journal, one.review) == (first.journal, first.review));
    let sequences = same.map(|one| one.sequence).collect();
    Ok(Some(Batch { review, journal: first.journal, sequences }))
}

/// Those of these entries that are handled in one of these ways now.
async fn chosen(
    store: &Store,
    number: JournalNumber,
    sequences: &[u64],
    handled: &[Handling],
) -> Result<BTreeMap<u64, Quarantined>, StoreError> {
    let found = store.quarantine_among(number, sequences).await?;
    let meant = |one: &Quarantined| one.handling.is_some_and(|how| handled.contains(&how));
    Ok(found.into_iter().filter(meant).map(|one| (one.verdict.sequence, one)).collect())
}

/// Entries that claim a revision which another entry has: what they say does not matter.
async fn claimed_twice(
    store: &Store,
    number: JournalNumber,
    entries: &BTreeMap<u64, &Quarantined>,
) -> Result<BTreeSet<u64>, StoreError> {
    let rows: Vec<_> = entries
        .values()
        .map(|one| &one.verdict)
        .map(|verdict| IndexRow::asked(&verdict.dataset, &verdict.record, verdict.revision))
        .collect();
    let places = store.record_places(&rows).await?;
    let other = entries.keys().zip(places).filter(|(at, place)| {
        place.is_some_and(|place| (place.journal, place.sequence) != (number, **at))
    });
    Ok(other.map(|(at, _)| *at).collect())
}

/// Leaves out what stands as before, for the same reasons: nobody is told anything twice.
fn unchanged_out(outcome: &mut Outcome, before: &BTreeMap<u64, &Quarantined>) {
    let is_new = |at: &u64, changes: &[sanheyi_exchange_spec::later::Change]| {
        let change = changes.iter().find(|change| change.verdict.sequence == *at);
        change.is_some_and(|one| before.get(at).is_none_or(|was| was.verdict != one.verdict))
    };
    let changes = std::mem::take(&mut outcome.later.changes);
    let sequences = std::mem::take(&mut outcome.sequences);
    let index = std::mem::take(&mut outcome.index);
    let kept = sequences.into_iter().zip(index).filter(|(at, _)| is_new(at, &changes));
    (outcome.sequences, outcome.index) = kept.unzip();
    outcome.later.changes = changes;
    let sequences = &outcome.sequences;
    outcome.later.changes.retain(|one| sequences.contains(&one.verdict.sequence));
}

fn asked_of(one: &Reopened, found: &Quarantined) -> ReturnedEntry {
    let verdict = &found.verdict;
    let mut rules: Vec<_> = verdict.reasons.iter().map(|reason| reason.rule.clone()).collect();
    rules.dedup();
    rules.truncate(limits::REASONS);
    ReturnedEntry {
        sequence: one.sequence,
        dataset: verdict.dataset.clone(),
        record: verdict.record.clone(),
        revision: verdict.revision,
        digest: one.digest,
        rules,
    }
}

fn counted(reviewed: &[(u64, Reviewed)]) -> ReviewCounts {
    let of = |what| reviewed.iter().filter(|(_, one)| *one == what).count() as u64;
    ReviewCounts {
        accepted: of(Reviewed::Accepted),
        stays: of(Reviewed::Stays),
        pending: of(Reviewed::Pending),
        returned: of(Reviewed::Returned),
        passed: of(Reviewed::Passed),
    }
}
