//! Windows of a journal for a push or a pull: whole segments as they are stored. Only the rest of a
//! segment in which a cursor stands is packed anew, and the part that fits of one that is larger
//! than a window: what is in flight is bounded, however the author packed.

use std::ops::Range;

use bytes::Bytes;
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::merkle::{TileId, root_at, root_tiles};
use sanheyi_exchange_spec::segment::{Opened, SegmentReader, SegmentWriter};
use sanheyi_exchange_spec::suite::{Digest, Suite};

use crate::store::{JournalNumber, SegmentRow, Store, StoreError};

/// Segments read from the store at a time while a window fills.
const READ: usize = 16;

/// Entries `first..past` of a journal, in segments.
#[derive(Clone, Debug, Default)]
pub struct Window {
    /// Sequence number of the first entry.
    pub first: u64,
    /// One past the last entry.
    pub past: u64,
    /// The segments.
    pub segments: Vec<Bytes>,
}

/// The next window of a journal from `first` on, up to `limit` entries' end and `max_bytes` of
/// segments. An entry that is larger goes alone: at least one goes if there is any.
///
/// # Errors
/// Of the database, or if a stored segment does not open.
pub async fn window(
    store: &Store,
    journal: JournalNumber,
    first: u64,
    limit: u64,
    max_bytes: usize,
) -> Result<Window, StoreError> {
    let mut window = Window { first, past: first, segments: Vec::new() };
    let mut bytes = 0;
    while window.past < limit {
        let rows = store.segment_from(journal, window.past, READ).await?;
        let before = window.past;
        for row in rows {
            if row.past() <= window.past {
                continue;
            }
            let mut row = part(row, window.past, limit)?;
            let full = window.segments.len() >= limits::WINDOW_SEGMENTS
                || bytes + row.bytes.len() > max_bytes;
            if row.first >= limit || (full && !window.segments.is_empty()) {
                return Ok(window);
            }
            if full {
                row = at_most(&row, max_bytes)?;
            }
            bytes += row.bytes.len();
            window.past = row.past();
            window.segments.push(row.bytes);
            if full {
                return Ok(window);
            }
        }
        if window.past == before {
            break;
        }
    }
    Ok(window)
}

/// The part of a segment that lies in `first..past`; the segment itself where it lies inside.
pub(crate) fn part(row: SegmentRow, first: u64, past: u64) -> Result<SegmentRow, StoreError> {
    if row.first >= first && row.past() <= past || row.first >= past {
        return Ok(row);
    }
    let opened = open(&row)?;
    let kept = first.max(row.first)..past.min(row.past());
    let bytes = pack(&row, &opened, kept.clone())?;
    Ok(SegmentRow { first: kept.start, entries: kept.end - kept.start, bytes, ..row })
}

/// The first entries of a segment that fit into `max_bytes`; one at least.
fn at_most(row: &SegmentRow, max_bytes: usize) -> Result<SegmentRow, StoreError> {
    let opened = open(row)?;
    let (mut entries, mut bytes) = (row.entries, row.bytes.clone());
    // How many fit is guessed by the bytes of each and found out by packing: fewer each time.
    while bytes.len() > max_bytes && entries > 1 {
        let share = u128::from(entries) * (max_bytes as u128) / (bytes.len() as u128);
        let guess = u64::try_from(share).unwrap_or(u64::MAX);
        entries = guess.clamp(1, entries - 1);
        bytes = pack(row, &opened, row.first..row.first + entries)?;
    }
    Ok(SegmentRow { first: row.first, entries, bytes, stored: row.stored })
}

fn wrong(row: &SegmentRow, problem: &dyn ToString) -> StoreError {
    StoreError::contradiction("segment", "bytes", row.first, problem.to_string())
}

fn open(row: &SegmentRow) -> Result<Opened, StoreError> {
    let mut reader = SegmentReader::new(Suite::Intl).map_err(|error| wrong(row, &error))?;
    reader.open(&row.bytes).map_err(|error| wrong(row, &error))
}

/// Some of a segment's entries, packed anew.
fn pack(row: &SegmentRow, opened: &Opened, kept: Range<u64>) -> Result<Bytes, StoreError> {
    let mut writer = SegmentWriter::new().map_err(|error| wrong(row, &error))?;
    for (sequence, entry) in (row.first..).zip(opened.iter()) {
        if kept.contains(&sequence) {
            match entry.body {
                Some((salt, body)) => writer.push(entry.header_bytes, &salt, body),
                None => writer.push_erased(entry.header_bytes),
            }
        }
    }
    writer.finish().map_err(|error| wrong(row, &error))
}

impl Store {
    /// Root of a journal at `size`, from its stored tiles.
    ///
    /// # Errors
    /// Of the database, or if tiles are missing.
    pub async fn root_at(&self, journal: JournalNumber, size: u64) -> Result<Digest, StoreError> {
        let tiles = self.tile_get(journal, &root_tiles(size)).await?;
        let read = |tile: TileId| Ok::<_, std::convert::Infallible>(tiles.get(&tile).cloned());
        root_at(Suite::Intl, size, read)
            .map_err(|error| StoreError::contradiction("tile", "hashes", size, error))
    }
}

#[cfg(test)]
mod tests;
