//! Holding the index against the entries.

use sanheyi_exchange_spec::entry::HeaderView;
use sanheyi_exchange_spec::merkle::{TILE_WIDTH, TileId};
use sanheyi_exchange_spec::segment::Opened;
use sanheyi_exchange_spec::suite::Digest;

use super::{Difference, Fault, Walk, differs};
use crate::store::{IndexRow, Place, StoreError};

impl Walk<'_> {
    /// Every entry of the platform's own journal stands in the index at its place: at home all of
    /// them, in a copy those that were judged. One whose revision another entry took stands there
    /// by that other.
    pub(super) async fn index(&mut self, first: u64, opened: &Opened) -> Result<(), Fault> {
        if self.row.head.journal.author != *self.store.platform() {
            return Ok(());
        }
        let rows: Vec<_> = (first..)
            .zip(opened.iter())
            .take_while(|(sequence, _)| *sequence < self.indexed_up_to)
            .map(|(sequence, entry)| {
                let journal = self.row.number;
                let place = Place { journal, sequence, standing: None, digest: entry.digest };
                IndexRow::new(&entry.header, &place)
            })
            .collect();
        let places = self.store.record_places(&rows).await?;
        for ((sequence, entry), place) in (first..).zip(opened.iter()).zip(places) {
            let problem = match place {
                None => "is not indexed",
                Some(place) if self.row.home && place.journal != self.row.number => {
                    "is indexed in another journal"
                }
                Some(place) if place.sequence == sequence && place.digest != entry.digest => {
                    "is indexed with another digest"
                }
                Some(place) if self.row.home && place.sequence != sequence => {
                    "is indexed at another place"
                }
                Some(place) => {
                    self.indexed += u64::from(place.sequence == sequence);
                    continue;
                }
            };
            let HeaderView { dataset, record, revision, .. } = entry.header;
            let problem = format!("{dataset} {record} revision {revision} {problem}");
            return Err(self.odd_one(sequence, &entry.digest, problem).await?.into());
        }
        Ok(())
    }

    /// Where an entry and its index row differ: if the tree has another leaf than the bytes give,
    /// too, it is the bytes that were changed.
    async fn odd_one(
        &self,
        sequence: u64,
        digest: &Digest,
        problem: String,
    ) -> Result<Difference, StoreError> {
        let tile = TileId { level: 0, index: sequence / TILE_WIDTH as u64 };
        let stored = self.store.tile_get(self.row.number, &[tile]).await?;
        let leaves = stored.get(&tile).map(|hashes| hashes.chunks_exact(32));
        let place = usize::try_from(sequence % TILE_WIDTH as u64).unwrap_or(usize::MAX);
        let leaf = leaves.and_then(|mut leaves| leaves.nth(place));
        Ok(match leaf {
            Some(leaf) if leaf != digest.as_bytes() => {
                let problem =
                    format!("{problem}, and the tree has another leaf than its bytes give");
                differs("segment", "bytes", sequence, problem)
            }
            _ => differs("record", "key", sequence, problem),
        })
    }
}
