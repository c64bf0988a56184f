//! Judging again (改判): a pending entry waits for one thing. Whoever writes *pending* and whoever
//! writes what is waited for meet on the platform's locked row, and the waiter looks once more
//! under the lock; behind it a slow sweep looks through everything that waits (rule 16).

use sanheyi_exchange_spec::custody::{FAMILY, Ruling};
use sanheyi_exchange_spec::entry::HeaderView;
use sanheyi_exchange_spec::gate::{
    Candidate, Edition, Needs, Standing, Verdict, Wait, judge, needs,
};
use sanheyi_exchange_spec::later::{Change, LaterVerdict};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::segment::Opened;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::store::{IndexRow, JournalNumber, Place, Store, StoreError, Tx};
use sanheyi_proto::Violations;

use super::super::errand::{self, Accepted, Errands};
use super::super::hosted::Judgeable;
use super::super::mailbox::Letter;
use super::super::permits::Permits;
use super::super::range::exception;
use super::Gate;
use super::custody::{self, still_open};
use super::known::{Asked, Cursors, is_judged};
use crate::store::{
    WaitingRow, platform_lock, waiting_any, waiting_awaited, waiting_missed, waiting_put,
    waiting_put_ready, waiting_ready, waiting_take, waiting_wake,
};

/// Rows looked through at a time by the sweep.
const PAGE: u64 = 1000;

/// An entry that is judged again, taken out of its segment: of many segments no more is kept.
struct Reopened {
    sequence: u64,
    header: Vec<u8>,
    body: Option<Vec<u8>>,
    digest: Digest,
    /// When the hub received it.
    stored: Timestamp,
}

/// What came of judging again.
struct Outcome {
    later: LaterVerdict,
    sequences: Vec<u64>,
    waits: Vec<(u64, Wait)>,
    /// What follows of the offer or the answer that is the last of them.
    ruling: Option<Ruling>,
    /// What is shown to others, and erased.
    errands: Errands,
    index: Vec<IndexRow>,
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

/// Makes ready what waits for something that has come.
pub(super) async fn wake(
    tx: &mut Tx,
    store: &Store,
    come: impl FnOnce() -> Vec<Vec<u8>>,
) -> Result<(), StoreError> {
    if waiting_any(tx, store).await? {
        waiting_wake(tx, store, &come());
    }
    Ok(())
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
        cursors: &Cursors,
    ) -> Result<u64, StoreError> {
        let ready = waiting_ready(store, limits::RECEIPT_EXCEPTIONS as u64).await?;
        let Some(WaitingRow { journal: number, .. }) = ready.first().copied() else {
            return Ok(0);
        };
        let sequences = ready.iter().filter(|row| row.journal == number).map(|row| row.sequence);
        let reopened = self.reopen(store, number, sequences.collect()).await?;
        let outcome = self.judge_again(store, number, &reopened, cursors).await?;
        self.settle_again(store, number, &outcome, judgeable, cursors).await?;
        Ok(outcome.sequences.len() as u64)
    }

    async fn reopen(
        &mut self,
        store: &Store,
        number: JournalNumber,
        sequences: Vec<u64>,
    ) -> Result<Vec<Reopened>, StoreError> {
        let mut reopened = Vec::with_capacity(sequences.len());
        let mut current: Option<(u64, Opened, Timestamp)> = None;
        for sequence in sequences {
            let absent = || {
                StoreError::contradiction("waiting", "sequence", sequence, "is not in the journal")
            };
            let holds = |(first, opened, _): &(u64, Opened, Timestamp)| {
                (*first..*first + opened.len() as u64).contains(&sequence)
            };
            let (first, opened, stored) = match current.take().filter(holds) {
                Some(held) => held,
                None => {
                    let rows = store.segment_from(number, sequence, 1).await?;
                    let row = rows.into_iter().next().filter(|row| row.past() > sequence);
                    let row = row.ok_or_else(absent)?;
                    (row.first, self.open(row.first, &row.bytes)?, row.stored)
                }
            };
            let place = usize::try_from(sequence - first).map_err(|_| absent())?;
            let entry = opened.get(place).ok_or_else(absent)?;
            let (header, digest) = (entry.header_bytes.to_vec(), entry.digest);
            let body = entry.body.map(|(_, body)| body.to_vec());
            reopened.push(Reopened { sequence, header, body, digest, stored });
            current = Some((first, opened, stored));
        }
        Ok(reopened)
    }

    async fn judge_again(
        &mut self,
        store: &Store,
        number: JournalNumber,
        reopened: &[Reopened],
        cursors: &Cursors,
    ) -> Result<Outcome, StoreError> {
        let edition = self.shared.parts.edition;
        let journal = self.journal_id(store, number).await?;
        let mut asked = Needs::default();
        let memory = self.memories.entry(store.platform().clone()).or_default();
        asked.custody.everywhere = memory.custody(store).await?;
        let mut entries = Vec::with_capacity(reopened.len());
        for one in reopened {
            let wrong = |error| StoreError::contradiction("segment", "bytes", one.sequence, error);
            let header = HeaderView::parse(&one.header).map_err(wrong)?;
            needs(&header, one.body.as_deref(), &edition, &mut asked);
            entries.push((one, header));
        }
        let rules = self.shared.rulebook();
        let asked = Asked::only(asked);
        let mut facts =
            custody::facts(&self.shared, store, cursors, &asked, memory, &rules).await?;
        let mut permits = Permits::new(&rules, &journal.author);
        let (mut changes, mut waits, mut index) = (Vec::new(), Vec::new(), Vec::new());
        let (mut sequences, mut ruling) = (Vec::new(), None);
        let mut scratch = Violations::default();
        for (Reopened { sequence, body, digest, stored, .. }, header) in &entries {
            let body = body.as_deref();
            let candidate = Candidate { header, body, lane: journal.lane };
            let refused = permits.refuse(header.dataset, *stored);
            let mut verdict =
                refused.unwrap_or_else(|| judge(&candidate, &edition, &facts, &mut scratch));
            facts.learn(header, body, *digest, verdict.standing);
            memory.forget(header.dataset, header.record);
            waits.extend(verdict.waits.take().map(|wait| (*sequence, wait)));
            index.push(stands(header, number, *sequence, &verdict, *digest));
            sequences.push(*sequence);
            let decides = header.dataset.starts_with(FAMILY);
            if decides && verdict.standing == Standing::Accepted {
                ruling = sanheyi_exchange_spec::custody::ruling(header, body, &facts.custody);
            }
            let verdict = exception(*sequence, header, verdict);
            changes.push(Change { replaced: Standing::Pending, verdict });
            if decides {
                // What follows of it is written down before anything else is judged.
                break;
            }
        }
        let told: Vec<_> = changes.iter().map(|change| change.verdict.clone()).collect();
        let lost = custody::shown(number, &told, &facts);
        let (standard, judged) = (edition.version(), self.now());
        let later = LaterVerdict { journal, standard, judged, changes };
        let accepted = entries.iter().zip(&told);
        let accepted = accepted.filter(|(_, verdict)| verdict.standing == Standing::Accepted);
        let accepted: Vec<_> = accepted
            .map(|((one, header), _)| Accepted {
                sequence: one.sequence,
                header: *header,
                body: one.body.as_deref(),
            })
            .collect();
        let errands = errand::decide(store, number, &accepted, &rules, judged).await?;
        let errands = errands.with(lost);
        Ok(Outcome { later, sequences, waits, ruling, errands, index })
    }

    async fn settle_again(
        &mut self,
        store: &Store,
        number: JournalNumber,
        outcome: &Outcome,
        judgeable: &Judgeable,
        cursors: &Cursors,
    ) -> Result<(), StoreError> {
        let platform = store.platform().clone();
        let (letter, lane) = (Letter::Later(&outcome.later), outcome.later.journal.lane);
        let last = outcome.sequences.last().copied().unwrap_or_default();
        let last = (number, last, outcome.ruling.clone());
        let judged = outcome.later.judged;
        let delivery = self.prepare(store, lane, &letter, last, judged).await?;
        let mut tx = store.begin("gate_again").await?;
        waiting_take(&mut tx, store, number, &outcome.sequences);
        delivery.lock(&mut tx).await?;
        still_absent(&mut tx, store, cursors, &outcome.waits).await?;
        for change in &outcome.later.changes {
            tx.verdict_change(store, number, change);
        }
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

fn stands(
    header: &HeaderView<'_>,
    journal: JournalNumber,
    sequence: u64,
    verdict: &Verdict,
    digest: Digest,
) -> IndexRow {
    let standing = Some(verdict.standing);
    IndexRow::new(header, &Place { journal, sequence, standing, digest })
}
