//! The quarantine (隔离区) of one platform, read out of its store: what was quarantined, and how it
//! is being handled. The same at the hub and at the branch, whose rows say the same.

use std::collections::BTreeMap;

use sanheyi_exchange_spec::entry::Operation;
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::ids::JournalId;
use sanheyi_exchange_spec::invariants::{Broken, quarantine_settles};
use sanheyi_exchange_spec::quarantine::{Handling, Known, Tally, handling};
use sanheyi_exchange_spec::receipt::Exception;
use sanheyi_exchange_spec::segment::{Opened, SegmentReader};
use sanheyi_exchange_spec::suite::Suite;
use sanheyi_exchange_spec::time::Timestamp;

use crate::store::{
    FoundRecord, IndexRow, JournalNumber, Place, ReleasedRow, ReturnedRow, Store, StoreError,
};

/// Entries looked at together.
const PAGE: u64 = 500;
/// Revisions of a record that are looked through for one that was accepted.
const REVISIONS: u64 = 1000;
/// How often a journal is counted until it has stood still meanwhile.
const STILL: usize = 16;

/// An entry that was quarantined, or that is pending.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantined {
    /// Number of its journal in this store.
    pub journal: JournalNumber,
    /// What the gate said of it: of a released one what it said before.
    pub verdict: Exception,
    /// How it is being handled; nothing while it is pending.
    pub handling: Option<Handling>,
    /// The correction that was asked for.
    pub returned: Option<ReturnedRow>,
    /// The last accepted later revision of its record, and what that does.
    pub later: Option<(u64, Operation)>,
    /// When a later verdict accepted it.
    pub released: Option<Timestamp>,
}

/// A journal whose entries were judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgedJournal {
    /// Its number in this store.
    pub number: JournalNumber,
    /// Its id.
    pub journal: JournalId,
}

/// How the quarantine of a journal stands, counted twice: out of the receipts and one by one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QuarantineCounts {
    /// Entries that the receipts have as quarantined, later verdicts counted in.
    pub quarantined: u64,
    /// Entries that a later verdict accepted out of the quarantine.
    pub released: u64,
    /// Every such entry, by how it is handled.
    pub tally: Tally,
}

// === impl QuarantineCounts ===

impl QuarantineCounts {
    /// How many entries were ever quarantined and are not pending now.
    pub fn total(&self) -> u64 {
        self.quarantined.saturating_add(self.released)
    }

    /// Total less the four ways of handling: 0, or something is wrong.
    pub fn difference(&self) -> i128 {
        i128::from(self.total()) - i128::from(self.tally.total())
    }

    /// Holds the sum against the entries.
    ///
    /// # Errors
    /// If they differ.
    pub fn settle(&self) -> Result<(), Broken> {
        quarantine_settles(self.quarantined, self.released, &self.tally)
    }

    /// Adds another journal's.
    pub fn add(&mut self, other: &Self) {
        self.quarantined += other.quarantined;
        self.released += other.released;
        self.tally += other.tally;
    }
}

impl Store {
    /// The journals of the platform itself, ascending by number: those that the gate judges.
    ///
    /// # Errors
    /// Of the database.
    pub async fn judged_journals(&self) -> Result<Vec<JudgedJournal>, StoreError> {
        let rows = self.journal_list().await?;
        let own = rows.into_iter().filter(|row| row.head.journal.author == *self.platform());
        let mut own: Vec<_> = own
            .map(|row| JudgedJournal { number: row.number, journal: row.head.journal })
            .collect();
        own.sort_by_key(|one| one.number);
        Ok(own)
    }

    /// Up to `limit` entries of a journal that were quarantined, after sequence number `after`,
    /// ascending; with those that are `pending`, if asked for. At most 500 at a time.
    ///
    /// # Errors
    /// Of the database, or if a segment does not open.
    pub async fn quarantine_page(
        &self,
        journal: JournalNumber,
        after: Option<u64>,
        limit: u64,
        pending: bool,
    ) -> Result<Vec<Quarantined>, StoreError> {
        let limit = limit.min(PAGE);
        let mut found = BTreeMap::new();
        let standings = [Standing::Quarantined, Standing::Pending];
        for standing in standings.into_iter().take(if pending { 2 } else { 1 }) {
            let listed = self.exception_standing(journal, standing, after, limit).await?;
            found.extend(listed.into_iter().map(|one| (one.sequence, (one, None))));
        }
        for ReleasedRow { judged, before } in self.released_list(journal, after, limit).await? {
            found.insert(before.sequence, (before, Some(judged)));
        }
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        let page: Vec<_> = found.into_values().take(most).collect();
        self.handled(journal, page).await
    }

    /// One entry, if it was quarantined or is pending.
    ///
    /// # Errors
    /// As [`Store::quarantine_page`].
    pub async fn quarantine_get(
        &self,
        journal: JournalNumber,
        sequence: u64,
    ) -> Result<Option<Quarantined>, StoreError> {
        let page = self.quarantine_page(journal, sequence.checked_sub(1), 1, true).await?;
        Ok(page.into_iter().find(|one| one.verdict.sequence == sequence))
    }

    /// Those of these entries of a journal that are in the quarantine or pending, ascending.
    ///
    /// # Errors
    /// As [`Store::quarantine_page`].
    pub async fn quarantine_among(
        &self,
        journal: JournalNumber,
        sequences: &[u64],
    ) -> Result<Vec<Quarantined>, StoreError> {
        if sequences.is_empty() {
            return Ok(Vec::new());
        }
        let found = self.exception_among(journal, sequences).await?;
        let found = found.into_iter().filter(|one| one.standing != Standing::Accepted);
        self.handled(journal, found.map(|one| (one, None)).collect()).await
    }

    /// Counts the quarantine of a journal, from both sides.
    ///
    /// # Errors
    /// As [`Store::quarantine_page`].
    pub async fn quarantine_count(
        &self,
        journal: JournalNumber,
    ) -> Result<QuarantineCounts, StoreError> {
        let mut counts = self.quarantine_said(journal).await?;
        for _ in 0..STILL {
            counts.tally = self.quarantine_tally(journal).await?;
            let now = self.quarantine_said(journal).await?;
            // While the gate judges, what is counted first and last belongs to two moments.
            if (now.quarantined, now.released) == (counts.quarantined, counts.released) {
                break;
            }
            counts = QuarantineCounts { tally: counts.tally, ..now };
        }
        Ok(counts)
    }

    /// What receipts and later verdicts say.
    async fn quarantine_said(
        &self,
        journal: JournalNumber,
    ) -> Result<QuarantineCounts, StoreError> {
        let quarantined = self.receipt_counts(journal).await?.0.quarantined;
        let (_, released) = self.quarantine_rows(journal).await?;
        Ok(QuarantineCounts { quarantined, released, tally: Tally::default() })
    }

    /// What is found one by one.
    async fn quarantine_tally(&self, journal: JournalNumber) -> Result<Tally, StoreError> {
        let (mut tally, mut after) = (Tally::default(), None);
        loop {
            let page = self.quarantine_page(journal, after, PAGE, false).await?;
            let Some(last) = page.last() else { return Ok(tally) };
            after = Some(last.verdict.sequence);
            page.iter().filter_map(|one| one.handling).for_each(|one| tally.count(one));
        }
    }

    /// Finds out how entries of a journal are handled, all of them together.
    async fn handled(
        &self,
        journal: JournalNumber,
        page: Vec<(Exception, Option<Timestamp>)>,
    ) -> Result<Vec<Quarantined>, StoreError> {
        let sequences: Vec<_> = page.iter().map(|(one, _)| one.sequence).collect();
        let returned = match sequences.is_empty() {
            true => Vec::new(),
            false => self.returned_among(journal, &sequences).await?,
        };
        let mut returned: BTreeMap<_, _> =
            returned.into_iter().map(|row| (row.sequence, row)).collect();
        let accepted = self.accepted_later(page.iter().map(|(one, _)| one)).await?;
        let places = accepted.values().map(|found| (found.place.journal, found.place.sequence));
        let operations = self.operations(places.collect()).await?;
        let handled = page.into_iter().map(|(verdict, released)| {
            let later = accepted.get(&verdict.sequence).and_then(|found| {
                let at = (found.place.journal, found.place.sequence);
                operations.get(&at).map(|does| (found.revision, *does))
            });
            let returned = returned.remove(&verdict.sequence);
            let known = Known {
                released: released.is_some(),
                later: later.map(|(_, does)| does),
                returned: returned.is_some(),
            };
            let waits = released.is_none() && verdict.standing == Standing::Pending;
            let handling = (!waits).then(|| handling(&known));
            Quarantined { journal, verdict, handling, returned, later, released }
        });
        Ok(handled.collect())
    }

    /// The last accepted revision behind each of these entries, of those that have one, by their
    /// sequence numbers.
    async fn accepted_later(
        &self,
        entries: impl Iterator<Item = &Exception> + Clone,
    ) -> Result<BTreeMap<u64, FoundRecord>, StoreError> {
        // Revisions go up one by one: where the next is not there, none is.
        let next = entries
            .clone()
            .map(|one| IndexRow::asked(&one.dataset, &one.record, one.revision.saturating_add(1)));
        let next = self.record_places(&next.collect::<Vec<_>>()).await?;
        let mut judged = BTreeMap::new();
        let mut found = BTreeMap::new();
        for (one, _) in entries.zip(next).filter(|(_, next)| next.is_some()) {
            let revisions = self.record_revisions(&one.dataset, &one.record, REVISIONS).await?;
            for later in revisions.into_iter().rev().take_while(|at| at.revision > one.revision) {
                if self.is_accepted(&later.place, &mut judged).await? {
                    found.insert(one.sequence, later);
                    break;
                }
            }
        }
        Ok(found)
    }

    /// Whether an entry was judged and accepted; at a branch its receipts say so. `judged`: how far
    /// journals were, as far as somebody has asked.
    async fn is_accepted(
        &self,
        place: &Place,
        judged: &mut BTreeMap<JournalNumber, u64>,
    ) -> Result<bool, StoreError> {
        if let Some(standing) = place.standing {
            return Ok(standing == Standing::Accepted);
        }
        let past = match judged.get(&place.journal) {
            Some(past) => *past,
            None => {
                let past = self.receipt_counts(place.journal).await?.1;
                judged.insert(place.journal, past);
                past
            }
        };
        let covered = place.sequence < past;
        Ok(covered && self.standing_of(place.journal, place.sequence).await? == Standing::Accepted)
    }

    /// What these entries do to their records; a segment is opened once for all of them in it.
    async fn operations(
        &self,
        mut places: Vec<(JournalNumber, u64)>,
    ) -> Result<BTreeMap<(JournalNumber, u64), Operation>, StoreError> {
        places.sort_unstable();
        let mut found = BTreeMap::new();
        let mut open: Option<(JournalNumber, u64, Opened)> = None;
        for (number, sequence) in places {
            let wrong = |error: &dyn ToString| {
                StoreError::contradiction("segment", "bytes", sequence, error.to_string())
            };
            let holds = |(of, first, opened): &(JournalNumber, u64, Opened)| {
                *of == number && (*first..*first + opened.len() as u64).contains(&sequence)
            };
            if !open.as_ref().is_some_and(holds) {
                let rows = self.segment_from(number, sequence, 1).await?;
                let Some(row) = rows.into_iter().find(|row| row.past() > sequence) else {
                    continue;
                };
                let mut reader = SegmentReader::new(Suite::Intl).map_err(|e| wrong(&e))?;
                let opened = reader.open(&row.bytes).map_err(|e| wrong(&e))?;
                open = Some((number, row.first, opened));
            }
            let entry = open.as_ref().and_then(|(_, first, opened)| {
                let place = usize::try_from(sequence.checked_sub(*first)?).ok()?;
                opened.get(place)
            });
            found.extend(entry.map(|entry| ((number, sequence), entry.header.operation)));
        }
        Ok(found)
    }
}
