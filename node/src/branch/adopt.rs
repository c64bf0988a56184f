//! Taking the hub's copy as the prefix (rule 12). One transaction cuts the journal back to what
//! both share, takes over the hub's entries, and appends again, byte for byte, the branch's own
//! entries that are not among them. What no longer holds is appended inside a conflict entry. A
//! crash leaves the journal as it was before, or as it is after.

use std::collections::BTreeMap;

use bytes::Bytes;
use sanheyi_exchange_spec::conflict::{self, Conflict};
use sanheyi_exchange_spec::entry::{Header, HeaderView, Operation};
use sanheyi_exchange_spec::erasure::Erasure;
use sanheyi_exchange_spec::error::IdError;
use sanheyi_exchange_spec::ids::JournalId;
use sanheyi_exchange_spec::merkle::{TileId, Tree, edge_tiles};
use sanheyi_exchange_spec::segment::{EntryView, SegmentReader, SegmentWriter};
use sanheyi_exchange_spec::suite::{Digest, Suite};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::STANDARD;
use sanheyi_proto::exchange::v1 as wire;

use super::attachment::{note, note_own};
use super::copy::open_segments;
use super::decide::RecordState;
use super::erase::{erase_again, erasure_of};
use super::journal::{LiveJournal, Sealed, seal, view};
use super::slice::part;
use super::submit::state_of;
use crate::process::entropy::Entropy;
use crate::store::{
    ExpectationRow, IndexRow, JournalNumber, JournalRow, Place, SegmentRow, Staged, Store,
    StoreError, Tx, Way,
};

/// Staged segments read at a time.
const READ: u64 = 64;
/// Own entries appended again together.
const TOGETHER: usize = 512;
/// Own segments set aside at a time.
const OWN_READ: usize = 64;

/// An adoption: entries `shared..size` of the hub's copy are staged in the store.
#[derive(Clone, Debug)]
pub struct Adoption {
    /// The journal.
    pub journal: JournalId,
    /// Both histories agree up to here.
    pub shared: u64,
    /// Size of the hub's copy.
    pub size: u64,
    /// Root of the hub's copy at that size, as granted.
    pub root: Digest,
}

struct Work<'a> {
    store: &'a Store,
    now: Timestamp,
    entropy: &'a dyn Entropy,
    journal: LiveJournal,
    reader: SegmentReader,
    packer: SegmentWriter,
    /// Own entries that will be appended together, with what their decisions read.
    waiting: Vec<(Sealed, Vec<wire::Read>)>,
    /// Heads that they make.
    heads: BTreeMap<(String, String), (u64, Digest)>,
    /// Erasures of either side: what they erased may be back.
    erasures: Vec<Erasure>,
}

/// Carries out an adoption; answers the journal's size after it.
///
/// # Errors
/// Of the database; [`StoreError::Contradiction`] if what is staged does not give the granted root.
/// Nothing changed then.
pub(crate) async fn adopt(
    store: &Store,
    now: Timestamp,
    entropy: &dyn Entropy,
    adoption: Adoption,
) -> Result<u64, StoreError> {
    let mut tx = store.begin("journal_adopt").await?;
    let row = tx.journal_get(store, &adoption.journal).await?.ok_or_else(|| absent(&adoption))?;
    set_own_tail_aside(&mut tx, store, &row, adoption.shared).await?;
    let expected = tx.expectation_take(store, row.number, adoption.shared).await?;
    let journal = cut(&mut tx, store, &row, adoption.shared).await?;
    let mut work = Work {
        store,
        now,
        entropy,
        journal,
        reader: SegmentReader::new(Suite::Intl).map_err(no_memory)?,
        packer: SegmentWriter::new().map_err(no_memory)?,
        waiting: Vec::new(),
        heads: BTreeMap::new(),
        erasures: Vec::new(),
    };
    work.take_over(&mut tx, &adoption).await?;
    tx.receipt_cut(store, row.number, adoption.size).await?;
    work.append_again(&mut tx, &expected).await?;
    erase_again(&mut tx, store, &work.erasures).await?;
    tx.staged_clear(store, row.number).await?;
    let size = work.journal.head().size;
    tx.commit().await?;
    Ok(size)
}

fn absent(adoption: &Adoption) -> StoreError {
    StoreError::contradiction("journal", "id", &adoption.journal, "is not here")
}

fn no_memory(error: std::io::Error) -> StoreError {
    StoreError::contradiction("segment", "bytes", "packer", error)
}

/// Stages the branch's own entries beyond what is shared, and takes them out of journal and index.
async fn set_own_tail_aside(
    tx: &mut Tx,
    store: &Store,
    row: &JournalRow,
    shared: u64,
) -> Result<(), StoreError> {
    let mut reader = SegmentReader::new(Suite::Intl).map_err(no_memory)?;
    let mut next = shared;
    while next < row.head.size {
        let rows = tx.segment_from(store, row.number, next, OWN_READ).await?;
        let own: Vec<_> = rows
            .into_iter()
            .filter(|one| one.past() > next)
            .map(|one| part(one, shared, u64::MAX))
            .collect::<Result<_, _>>()?;
        let Some(last) = own.last() else { break };
        next = last.past();
        for segment in &own {
            let opened = open_one(&mut reader, segment)?;
            let index: Vec<_> = index_rows(row.number, segment.first, opened.iter()).collect();
            tx.record_remove(store, &index).await?;
        }
        tx.staged_put(store, row.number, Staged::Own, &own).await?;
    }
    Ok(())
}

fn open_one(
    reader: &mut SegmentReader,
    segment: &SegmentRow,
) -> Result<sanheyi_exchange_spec::segment::Opened, StoreError> {
    reader
        .open(&segment.bytes)
        .map_err(|error| StoreError::contradiction("segment", "bytes", segment.first, error))
}

fn index_rows<'a>(
    journal: JournalNumber,
    first: u64,
    entries: impl Iterator<Item = EntryView<'a>>,
) -> impl Iterator<Item = IndexRow> {
    (first..).zip(entries).map(move |(sequence, entry)| {
        let place = Place { journal, sequence, standing: None, digest: entry.digest };
        IndexRow::new(&entry.header, &place)
    })
}

/// Cuts the journal back to `size`.
async fn cut(
    tx: &mut Tx,
    store: &Store,
    row: &JournalRow,
    size: u64,
) -> Result<LiveJournal, StoreError> {
    let straddling = tx.segment_from(store, row.number, size, 1).await?;
    tx.segment_cut(store, row.number, size).await?;
    if let Some(segment) = straddling.into_iter().find(|one| one.first < size && one.past() > size)
    {
        tx.segment_cut(store, row.number, segment.first).await?;
        let kept = part(segment, 0, size)?;
        tx.segment_insert(store, row.number, &[kept]);
    }
    let tiles = tx.tile_get(store, row.number, &edge_tiles(size)).await?;
    let read = |tile: TileId| Ok::<_, std::convert::Infallible>(tiles.get(&tile).cloned());
    let tree = Tree::open(Suite::Intl, size, read)
        .map_err(|error| StoreError::contradiction("tile", "hashes", &row.head.journal, error))?;
    tx.journal_cut(store, row.number, size, &tree.root()).await?;
    tx.checkpoint_cut(store, row.number, size).await?;
    let row = tx.journal_get(store, &row.head.journal).await?.ok_or_else(|| {
        StoreError::contradiction("journal", "id", &row.head.journal, "is not here")
    })?;
    LiveJournal::open_in(tx, store, row).await
}

// === impl Work ===

impl Work<'_> {
    /// Takes over the hub's entries and holds the root they give against the granted one.
    async fn take_over(&mut self, tx: &mut Tx, adoption: &Adoption) -> Result<(), StoreError> {
        let number = self.journal.number();
        while self.journal.head().size < adoption.size {
            let next = self.journal.head().size;
            let rows = tx.staged_from(self.store, number, Staged::Hub, next, READ).await?;
            if rows.first().map(|row| row.first) != Some(next) {
                return Err(StoreError::contradiction("staged", "first", next, "is missing"));
            }
            let bytes: Vec<_> = rows.into_iter().map(|row| row.bytes).collect();
            let segments = open_segments(&mut self.reader, &bytes)
                .map_err(|error| StoreError::contradiction("staged", "bytes", next, error))?;
            let advance = self.journal.admit(&segments, None, self.now);
            tx.journal_write(self.store, &advance);
            let entries = segments.iter().flat_map(|(_, opened)| opened.iter());
            let index = index_rows(number, next, entries);
            tx.record_insert(self.store, index.collect()).await?;
            let entries = segments.iter().flat_map(|(_, opened)| opened.iter());
            self.erasures.extend(entries.filter_map(|entry| erasure_of(&entry)));
            // What this machine has lost it fetches, what the hub lacks it gives.
            for way in [Way::Up, Way::Down] {
                let entries = segments.iter().flat_map(|(_, opened)| opened.iter());
                note(tx, self.store, way, self.store.platform(), entries).await?;
            }
            self.journal.settle(advance);
        }
        let head = self.journal.head();
        if head.size == adoption.size && head.root == adoption.root {
            return Ok(());
        }
        Err(StoreError::contradiction(
            "staged",
            "bytes",
            &adoption.journal,
            format!("the hub granted root {}, its entries give {}", adoption.root, head.root),
        ))
    }

    /// Appends the branch's own entries again that the hub does not have.
    async fn append_again(
        &mut self,
        tx: &mut Tx,
        expected: &[ExpectationRow],
    ) -> Result<(), StoreError> {
        let expected: BTreeMap<_, _> = expected.iter().map(|row| (row.sequence, row)).collect();
        let number = self.journal.number();
        let mut next = 0;
        loop {
            let rows = tx.staged_from(self.store, number, Staged::Own, next, READ).await?;
            let Some(last) = rows.last() else { return self.flush(tx).await };
            next = last.past();
            for segment in &rows {
                let opened = open_one(&mut self.reader, segment)?;
                for (sequence, entry) in (segment.first..).zip(opened.iter()) {
                    let reads = expected.get(&sequence).copied();
                    self.decide_again(tx, &entry, reads).await?;
                }
            }
        }
    }

    async fn decide_again(
        &mut self,
        tx: &mut Tx,
        entry: &EntryView<'_>,
        reads: Option<&ExpectationRow>,
    ) -> Result<(), StoreError> {
        self.erasures.extend(erasure_of(entry));
        let HeaderView { dataset, record, revision, .. } = entry.header;
        let there = tx.record_place(self.store, dataset, record, revision).await?;
        if there.is_some_and(|place| place.digest == entry.digest) {
            return Ok(());
        }
        let Some((salt, body)) = entry.body else {
            // Without its body nobody can judge it; what it said stands only where the hub has it.
            tracing::error!(dataset, record, revision, "an erased entry is not appended again");
            return Ok(());
        };
        let own = Sealed {
            header: Bytes::copy_from_slice(entry.header_bytes),
            digest: entry.digest,
            body: sanheyi_exchange_spec::entry::Body { salt, bytes: Bytes::copy_from_slice(body) },
        };
        let found = self.head(tx, dataset, record).await?;
        let expected = entry.header.follows.map(|digest| (revision - 1, digest));
        let holds = found == expected && self.reads_hold(tx, reads).await?;
        if holds {
            let reads = reads.map(|row| row.reads.clone()).unwrap_or_default();
            return self.queue(tx, own, reads).await;
        }
        let conflict = self.wrap(&own, found)?;
        let inside = view(&conflict)?;
        let kept = self.head(tx, inside.dataset, inside.record).await?.is_some();
        if kept { Ok(()) } else { self.queue(tx, conflict, Vec::new()).await }
    }

    /// The head of a record: of what is waiting to be appended, or of what is stored.
    async fn head(
        &self,
        tx: &mut Tx,
        dataset: &str,
        record: &str,
    ) -> Result<RecordState, StoreError> {
        let key = (dataset.to_owned(), record.to_owned());
        if let Some(waiting) = self.heads.get(&key) {
            return Ok(Some(*waiting));
        }
        let head = tx.record_head(self.store, dataset, record).await?;
        Ok(head.map(|head| (head.revision, head.place.digest)))
    }

    async fn reads_hold(
        &self,
        tx: &mut Tx,
        reads: Option<&ExpectationRow>,
    ) -> Result<bool, StoreError> {
        for read in reads.into_iter().flat_map(|row| &row.reads) {
            if self.head(tx, &read.dataset, &read.record).await? != state_of(read) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// A conflict entry around an own entry. Its record is the digest of what is inside: a second
    /// adoption finds it again.
    fn wrap(&self, own: &Sealed, found: Option<(u64, Digest)>) -> Result<Sealed, StoreError> {
        let occurred = view(own)?.occurred;
        let wrong = |error: &dyn ToString| {
            StoreError::contradiction("segment", "bytes", own.digest, error.to_string())
        };
        let record = own.digest.to_string().parse().map_err(|e: IdError| wrong(&e))?;
        let dataset = conflict::DATASET.parse().map_err(|e: IdError| wrong(&e))?;
        let body =
            Conflict::new(own.header.clone(), own.body.clone(), found).map_err(|e| wrong(&e))?;
        let header = Header {
            dataset,
            record,
            revision: 1,
            follows: None,
            custody_epoch: 0,
            operation: Operation::Put,
            standard: STANDARD,
            occurred,
            recorded: self.now.max(self.journal.recorded()),
            body_digest: Digest::new([0; 32]),
        };
        Ok(seal(header, self.entropy.salt(), body.encode().into()))
    }

    /// Lets an entry wait for its neighbours, so that they share a segment and its statements.
    async fn queue(
        &mut self,
        tx: &mut Tx,
        entry: Sealed,
        reads: Vec<wire::Read>,
    ) -> Result<(), StoreError> {
        let header = view(&entry)?;
        let key = (header.dataset.to_owned(), header.record.to_owned());
        self.heads.insert(key, (header.revision, entry.digest));
        self.waiting.push((entry, reads));
        if self.waiting.len() >= TOGETHER { self.flush(tx).await } else { Ok(()) }
    }

    async fn flush(&mut self, tx: &mut Tx) -> Result<(), StoreError> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let (entries, reads): (Vec<_>, Vec<_>) = self.waiting.drain(..).unzip();
        self.heads.clear();
        let number = self.journal.number();
        let advance =
            self.journal.append(&mut self.packer, &entries, self.now).map_err(no_memory)?;
        tx.journal_write(self.store, &advance);
        let mut index = Vec::with_capacity(entries.len());
        for (sequence, (entry, reads)) in (advance.first()..).zip(entries.iter().zip(reads)) {
            let place = Place { journal: number, sequence, standing: None, digest: entry.digest };
            index.push(IndexRow::new(&view(entry)?, &place));
            if !reads.is_empty() {
                let moved = ExpectationRow { sequence, reads };
                tx.expectation_put(self.store, number, &moved).await?;
            }
        }
        tx.record_insert(self.store, index).await?;
        note_own(tx, self.store, entries.iter()).await?;
        self.journal.settle(advance);
        Ok(())
    }
}
