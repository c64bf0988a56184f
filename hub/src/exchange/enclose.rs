//! Joining bodies and proofs to forwards when they are served (rule 20): out of the author's rows,
//! so that erasure has one place. What is shown ends at what the author signed and the hub has.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use sanheyi_exchange_spec::forward::{Enclosure, Forward};
use sanheyi_exchange_spec::ids::{JournalId, PlatformId};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::merkle::{TileId, inclusion_proof, inclusion_tiles};
use sanheyi_exchange_spec::segment::{EntryView, Opened, SegmentReader};
use sanheyi_exchange_spec::suite::{Digest, Suite};
use sanheyi_node::branch::{Window, forward_of, window};
use sanheyi_node::store::{JournalNumber, JournalRow, Reach, Store, StoreError};

use super::Shared;
use super::hosted::copy_get;

/// Which readers have forwards at all: a mailbox without them is served as it is stored.
#[derive(Default)]
pub(crate) struct Forwarded(Mutex<Known>);

#[derive(Default)]
struct Known {
    some: BTreeSet<PlatformId>,
    none: BTreeSet<PlatformId>,
}

// === impl Forwarded ===

impl Forwarded {
    fn known(&self) -> MutexGuard<'_, Known> {
        // A poisoned lock holds sets that are still whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A reader has one now.
    pub(super) fn note(&self, reader: &PlatformId) {
        let mut known = self.known();
        known.none.remove(reader);
        known.some.insert(reader.clone());
    }

    /// Whether a reader has any. That it has none is remembered only where no other process writes.
    async fn any(&self, shared: &Shared, store: &Store) -> Result<bool, StoreError> {
        let reader = store.platform();
        {
            let known = self.known();
            if known.some.contains(reader) || known.none.contains(reader) {
                return Ok(known.some.contains(reader));
            }
        }
        let any = store.incoming_besides(&shared.parts.hub).await?;
        let alone = shared.parts.database.reach() == Reach::Everything;
        let mut known = self.known();
        match any {
            true => {
                known.some.insert(reader.clone());
            }
            // Unless one was written while the store was asked.
            false if alone && !known.some.contains(reader) => {
                known.none.insert(reader.clone());
            }
            false => {}
        }
        Ok(any)
    }
}

// === pages ===

/// Entries of a platform's journals, by their places; the segment read last is kept.
pub(super) struct Pages {
    reader: SegmentReader,
    last: Option<(JournalNumber, u64, Opened)>,
}

impl Pages {
    pub(super) fn new() -> Result<Self, StoreError> {
        let reader = SegmentReader::new(Suite::Intl)
            .map_err(|error| StoreError::contradiction("segment", "bytes", "a context", error))?;
        Ok(Self { reader, last: None })
    }

    /// The segment that holds an entry, and the entry's position in it.
    async fn segment(
        &mut self,
        store: &Store,
        journal: JournalNumber,
        sequence: u64,
    ) -> Result<(&Opened, usize), StoreError> {
        let wrong =
            |problem: &str| StoreError::contradiction("segment", "bytes", sequence, problem);
        let holds = |(number, first, opened): &(JournalNumber, u64, Opened)| {
            *number == journal && (*first..*first + opened.len() as u64).contains(&sequence)
        };
        if !self.last.as_ref().is_some_and(holds) {
            let rows = store.segment_from(journal, sequence, 1).await?;
            let row = rows.into_iter().find(|row| row.past() > sequence);
            let row = row.ok_or_else(|| wrong("is missing"))?;
            let opened = self.reader.open(&row.bytes).map_err(|e| wrong(&e.to_string()))?;
            self.last = Some((journal, row.first, opened));
        }
        let (_, first, opened) = self.last.as_ref().ok_or_else(|| wrong("is missing"))?;
        let place = usize::try_from(sequence - first).map_err(|_| wrong("is too far"))?;
        Ok((opened, place))
    }

    /// An entry.
    pub(super) async fn entry(
        &mut self,
        store: &Store,
        journal: JournalNumber,
        sequence: u64,
    ) -> Result<EntryView<'_>, StoreError> {
        let (opened, place) = self.segment(store, journal, sequence).await?;
        let absent =
            || StoreError::contradiction("segment", "bytes", sequence, "the entry is missing");
        opened.get(place).ok_or_else(absent)
    }
}

// === enclosing ===

/// What an author has signed last, as far as the hub has it.
struct Signed {
    store: Store,
    row: JournalRow,
    note: String,
    size: u64,
}

/// Joins bodies and proofs to forwards.
pub(super) struct Encloser<'a> {
    shared: &'a Shared,
    pages: Pages,
    signed: BTreeMap<JournalId, Signed>,
}

impl<'a> Encloser<'a> {
    pub(super) fn new(shared: &'a Shared) -> Result<Self, StoreError> {
        Ok(Self { shared, pages: Pages::new()?, signed: BTreeMap::new() })
    }

    /// What belongs to a forward.
    pub(super) async fn enclose(&mut self, forward: &Forward) -> Result<Enclosure, StoreError> {
        let id = &forward.journal;
        let sequence = forward.sequence;
        if self.signed.get(id).is_none_or(|signed| signed.size <= sequence) {
            let signed = signed(self.shared, id, sequence).await?;
            self.signed.insert(id.clone(), signed);
        }
        let absent = || StoreError::contradiction("journal", "id", id, "is not here");
        let Signed { store, row, note, size } = self.signed.get(id).ok_or_else(absent)?;
        let (opened, place) = self.pages.segment(store, row.number, sequence).await?;
        if opened.digest(place) != Some(&forward.digest()) {
            let problem = "is not the entry that was forwarded";
            return Err(StoreError::contradiction("segment", "bytes", sequence, problem));
        }
        let body = opened.body(place);
        let tiles = store.tile_get(row.number, &inclusion_tiles(sequence, *size)).await?;
        let read = |tile: TileId| Ok::<_, Infallible>(tiles.get(&tile).cloned());
        let inclusion = inclusion_proof(Suite::Intl, sequence, *size, read)
            .map_err(|error| StoreError::contradiction("tile", "hashes", sequence, error))?;
        Ok(Enclosure { body, checkpoint: note.clone(), inclusion })
    }
}

/// The author's newest checkpoint that covers an entry, of what the hub has admitted.
async fn signed(shared: &Shared, id: &JournalId, sequence: u64) -> Result<Signed, StoreError> {
    let store = shared.store(&id.author);
    let absent = || StoreError::contradiction("journal", "id", id, "is not here");
    let row = copy_get(shared, &store, id).await?.ok_or_else(absent)?;
    let newest = store.checkpoint_get(row.number, row.head.size).await?;
    let found = match newest.filter(|one| one.size > sequence) {
        Some(newest) => Some(newest),
        None => store.checkpoint_list(row.number, sequence, 1).await?.into_iter().next(),
    };
    let found = found.ok_or_else(|| {
        StoreError::contradiction("checkpoint", "size", id, "none covers what is forwarded")
    })?;
    Ok(Signed { store, row, note: found.note, size: found.size })
}

// === serving ===

/// Joins what belongs to the forwards of a window of a mailbox. The window is cut so that segments
/// and enclosures stay within `max_bytes`; at least one entry is left in it.
pub(super) async fn enclosed(
    shared: &Shared,
    store: &Store,
    row: &JournalRow,
    entries: Window,
    max_bytes: usize,
) -> Result<(Window, Vec<(u64, Enclosure)>), StoreError> {
    if !shared.forwarded.any(shared, store).await? {
        return Ok((entries, Vec::new()));
    }
    let mut encloser = Encloser::new(shared)?;
    let mut found = Vec::new();
    let mut notes: BTreeSet<Digest> = BTreeSet::new();
    let (mut bytes, mut next) = (0, entries.first);
    for segment in &entries.segments {
        bytes += segment.len();
        for (sequence, forward) in forwards(segment, &mut next)? {
            let enclosure = encloser.enclose(&forward).await?;
            let mut weight = enclosure.weight();
            if notes.insert(Suite::Intl.leaf(enclosure.checkpoint.as_bytes())) {
                weight += enclosure.checkpoint.len();
            }
            let full = bytes + weight > max_bytes || found.len() >= limits::ENCLOSURES;
            if full && sequence > entries.first {
                let first = entries.first;
                let cut = window(store, row.number, first, sequence, max_bytes).await?;
                found.retain(|(at, _)| *at < cut.past);
                return Ok((cut, found));
            }
            bytes += weight;
            found.push((sequence, enclosure));
        }
    }
    Ok((entries, found))
}

/// The forwards in a segment that begins at `next`, which moves behind it.
fn forwards(segment: &Bytes, next: &mut u64) -> Result<Vec<(u64, Forward)>, StoreError> {
    let wrong = |problem: String| {
        StoreError::contradiction("segment", "bytes", "a mailbox's segment", problem)
    };
    let mut reader = SegmentReader::new(Suite::Intl).map_err(|error| wrong(error.to_string()))?;
    let opened = reader.open(segment).map_err(|error| wrong(error.to_string()))?;
    let mut found = Vec::new();
    for (sequence, entry) in (*next..).zip(opened.iter()) {
        let forward = forward_of(sequence, &entry).map_err(|error| wrong(error.to_string()))?;
        found.extend(forward.map(|forward| (sequence, forward)));
    }
    *next += opened.len() as u64;
    Ok(found)
}
