//! Unknown fields survive (rule 6): a revision that is handed in starts from the bytes of the
//! revision before it. What a newer program has written there, and this one does not know, goes on.

use std::collections::BTreeMap;

use sanheyi_exchange_spec::entry::Operation;
use sanheyi_exchange_spec::segment::{Opened, SegmentReader};
use sanheyi_exchange_spec::suite::{Digest, Suite};
use sanheyi_proto::{carry_unknown, dataset};

use super::submit::Draft;
use crate::store::{IndexRow, JournalNumber, Place, Store, StoreError};

/// Adds to drafts of further revisions the fields of the revision before that are not known here.
/// A draft whose revision before is not there is left as it is: it will be refused.
///
/// # Errors
/// Of the database, or if a segment does not open.
pub(super) async fn carry(store: &Store, drafts: &mut [Draft]) -> Result<(), StoreError> {
    let mut revised: Vec<(&mut Draft, (u64, Digest))> = drafts
        .iter_mut()
        .filter(|draft| draft.operation == Operation::Put)
        .filter_map(|draft| draft.follows.map(|follows| (draft, follows)))
        .collect();
    if revised.is_empty() {
        return Ok(());
    }
    let asked: Vec<_> = revised
        .iter()
        .map(|(draft, (revision, _))| {
            IndexRow::asked(draft.dataset.as_str(), draft.record.as_str(), *revision)
        })
        .collect();
    let places = store.record_places(&asked).await?;
    let mut pages = Pages::new()?;
    for ((draft, (_, digest)), place) in revised.iter_mut().zip(places) {
        let Some(place) = place.filter(|place| place.digest == *digest) else { continue };
        let Some(known) = dataset(draft.dataset.as_str()) else { continue };
        let mut body = Vec::new();
        if let Some(before) = pages.body(store, &place).await? {
            body.extend_from_slice(&draft.body);
            if carry_unknown(known, &before, &mut body) {
                draft.body = body.into();
            }
        }
    }
    Ok(())
}

/// Segments that were opened on the way: records of one submission often stand together.
struct Pages {
    reader: SegmentReader,
    opened: BTreeMap<(JournalNumber, u64), Opened>,
}

/// Opened segments kept at a time.
const PAGES: usize = 16;

impl Pages {
    fn new() -> Result<Self, StoreError> {
        let reader = SegmentReader::new(Suite::Intl)
            .map_err(|error| StoreError::contradiction("segment", "bytes", "a context", error))?;
        Ok(Self { reader, opened: BTreeMap::new() })
    }

    async fn body(
        &mut self,
        store: &Store,
        place: &Place,
    ) -> Result<Option<bytes::Bytes>, StoreError> {
        let (journal, sequence) = (place.journal, place.sequence);
        let from = (journal, 0)..=(journal, sequence);
        let held = self.opened.range(from).next_back().map(|((_, first), one)| (*first, one.len()));
        let first = match held {
            Some((first, length)) if sequence < first + length as u64 => first,
            _ => {
                let rows = store.segment_from(journal, sequence, 1).await?;
                let Some(row) = rows.into_iter().find(|row| row.past() > sequence) else {
                    return Ok(None);
                };
                let opened = self.reader.open(&row.bytes).map_err(|error| {
                    StoreError::contradiction("segment", "bytes", row.first, error)
                })?;
                if self.opened.len() >= PAGES {
                    self.opened.clear();
                }
                self.opened.insert((journal, row.first), opened);
                row.first
            }
        };
        let Some(opened) = self.opened.get(&(journal, first)) else { return Ok(None) };
        let at = usize::try_from(sequence - first).unwrap_or(usize::MAX);
        Ok(opened.body(at).map(|body| body.bytes))
    }
}
