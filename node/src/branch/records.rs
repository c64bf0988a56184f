//! Reading records: where each revision stands, and what became of it.

use bytes::Bytes;
use sanheyi_exchange_spec::entry::{Header, HeaderView};
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::ids::JournalId;
use sanheyi_exchange_spec::segment::SegmentReader;
use sanheyi_exchange_spec::suite::{Digest, Suite};

use crate::store::{FoundRecord, JournalNumber, Store, StoreError};

/// One revision of a record, as a listing shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordView {
    /// Dataset, record, revision and place.
    pub found: FoundRecord,
    /// The journal that it stands in.
    pub journal: JournalId,
    /// What became of it; `None` while no receipt covers it.
    pub standing: Option<Standing>,
}

/// An entry as it stands in its segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// Its header.
    pub header: Header,
    /// Its digest.
    pub digest: Digest,
    /// Its body, unless erased.
    pub body: Option<Bytes>,
}

impl Store {
    /// Up to `limit` revisions after `after`, in the order of the index, each with its standing.
    ///
    /// # Errors
    /// Of the database.
    pub async fn record_list(
        &self,
        after: Option<&FoundRecord>,
        limit: u64,
    ) -> Result<Vec<RecordView>, StoreError> {
        let found = self.record_after(after, limit).await?;
        self.with_standings(found).await
    }

    /// All revisions of one record, each with its standing.
    ///
    /// # Errors
    /// Of the database.
    pub async fn record_history(
        &self,
        dataset: &str,
        record: &str,
        limit: u64,
    ) -> Result<Vec<RecordView>, StoreError> {
        let found = self.record_revisions(dataset, record, limit).await?;
        self.with_standings(found).await
    }

    async fn with_standings(&self, found: Vec<FoundRecord>) -> Result<Vec<RecordView>, StoreError> {
        let journals = self.journal_list().await?;
        let mut judged = std::collections::BTreeMap::new();
        for journal in &journals {
            judged.insert(journal.number, self.receipt_counts(journal.number).await?.1);
        }
        let mut views = Vec::with_capacity(found.len());
        for found in found {
            let number = found.place.journal;
            let journal = journals.iter().find(|row| row.number == number).ok_or_else(|| {
                StoreError::contradiction("record", "place", &found.record, "names no journal")
            })?;
            let covered = judged.get(&number).is_some_and(|past| found.place.sequence < *past);
            let standing = match (found.place.standing, covered) {
                (Some(standing), _) => Some(standing),
                (None, true) => Some(self.standing_of(number, found.place.sequence).await?),
                (None, false) => None,
            };
            views.push(RecordView { found, journal: journal.head.journal.clone(), standing });
        }
        Ok(views)
    }

    /// How a judged entry stands, where the index does not say it: what no exception names is
    /// accepted.
    ///
    /// # Errors
    /// Of the database.
    pub async fn standing_of(
        &self,
        journal: JournalNumber,
        sequence: u64,
    ) -> Result<Standing, StoreError> {
        let before = sequence.checked_sub(1);
        let next = self.exception_list(journal, before, 1).await?;
        Ok(next
            .first()
            .filter(|exception| exception.sequence == sequence)
            .map_or(Standing::Accepted, |exception| exception.standing))
    }

    /// The entry at `sequence` of a journal.
    ///
    /// # Errors
    /// Of the database, or if its segment does not open.
    pub async fn entry_get(
        &self,
        journal: JournalNumber,
        sequence: u64,
    ) -> Result<Option<Shown>, StoreError> {
        let rows = self.segment_from(journal, sequence, 1).await?;
        let Some(row) = rows.first().filter(|row| row.past() > sequence) else { return Ok(None) };
        let wrong = |error: &dyn ToString| {
            StoreError::contradiction("segment", "bytes", sequence, error.to_string())
        };
        let mut reader = SegmentReader::new(Suite::Intl).map_err(|e| wrong(&e))?;
        let opened = reader.open(&row.bytes).map_err(|e| wrong(&e))?;
        let place = usize::try_from(sequence - row.first).map_err(|e| wrong(&e))?;
        let Some(entry) = opened.get(place) else { return Ok(None) };
        let header = HeaderView::to_header(&entry.header).map_err(|e| wrong(&e))?;
        let body = opened.body(place).map(|body| body.bytes);
        Ok(Some(Shown { header, digest: entry.digest, body }))
    }
}
