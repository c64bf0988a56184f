//! Judging entries that were judged before (复判), by what is in force now: pending ones whose wait
//! has ended, and quarantined ones that an operator reviews. What is decided here is written
//! nowhere yet.

use sanheyi_exchange_spec::custody::{FAMILY, Ruling};
use sanheyi_exchange_spec::entry::HeaderView;
use sanheyi_exchange_spec::gate::{Candidate, Facts, Needs, Standing, Verdict, Wait, judge, needs};
use sanheyi_exchange_spec::later::{Change, LaterVerdict};
use sanheyi_exchange_spec::segment::Opened;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::store::{IndexRow, JournalNumber, Place, Store, StoreError};
use sanheyi_proto::Violations;

use super::super::errand::{self, Accepted, Errands};
use super::super::permits::Permits;
use super::super::range::exception;
use super::Gate;
use super::custody;
use super::known::{Asked, Cursors};

/// An entry that is judged again, taken out of its segment: of many segments no more is kept.
pub(super) struct Reopened {
    pub(super) sequence: u64,
    pub(super) header: Vec<u8>,
    pub(super) body: Option<Vec<u8>>,
    pub(super) digest: Digest,
    /// The instant whose policies it is held against: when the hub received it, or now.
    pub(super) by: Timestamp,
}

/// What came of judging again.
pub(super) struct Outcome {
    pub(super) later: LaterVerdict,
    pub(super) sequences: Vec<u64>,
    pub(super) waits: Vec<(u64, Wait)>,
    /// What follows of the offer or the answer that is the last of them.
    pub(super) ruling: Option<Ruling>,
    /// What is shown to others, and erased.
    pub(super) errands: Errands,
    pub(super) index: Vec<IndexRow>,
}

/// Entries that were accepted a moment ago and are written nowhere, because a review is only tried.
#[derive(Default)]
pub(super) struct Learnt(pub(super) Vec<Reopened>);

impl Gate {
    /// Takes entries out of their segments; each is held against what was permitted when the hub
    /// received it.
    pub(super) async fn reopen(
        &mut self,
        store: &Store,
        number: JournalNumber,
        sequences: Vec<u64>,
    ) -> Result<Vec<Reopened>, StoreError> {
        let mut reopened = Vec::with_capacity(sequences.len());
        let mut current: Option<(u64, Opened, Timestamp)> = None;
        for sequence in sequences {
            let absent = || {
                StoreError::contradiction(
                    "exception",
                    "sequence",
                    sequence,
                    "is not in the journal",
                )
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
            reopened.push(Reopened { sequence, header, body, digest, by: stored });
            current = Some((first, opened, stored));
        }
        Ok(reopened)
    }

    /// Judges entries that stand as `replaced`.
    pub(super) async fn judge_again(
        &mut self,
        store: &Store,
        number: JournalNumber,
        (reopened, replaced): (&[Reopened], Standing),
        learnt: &Learnt,
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
        learnt.teach(&mut facts)?;
        let mut permits = Permits::new(&rules, &journal.author);
        let (mut changes, mut waits, mut index) = (Vec::new(), Vec::new(), Vec::new());
        let (mut sequences, mut ruling) = (Vec::new(), None);
        let mut scratch = Violations::default();
        for (Reopened { sequence, body, digest, by, .. }, header) in &entries {
            let body = body.as_deref();
            let candidate = Candidate { header, body, lane: journal.lane };
            let refused = permits.refuse(header.dataset, *by);
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
            changes.push(Change { replaced, verdict });
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
}

// === impl Learnt ===

impl Learnt {
    fn teach(&self, facts: &mut Facts) -> Result<(), StoreError> {
        for one in &self.0 {
            let header = HeaderView::parse(&one.header).map_err(|error| {
                StoreError::contradiction("segment", "bytes", one.sequence, error)
            })?;
            facts.learn(&header, one.body.as_deref(), one.digest, Standing::Accepted);
        }
        Ok(())
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
