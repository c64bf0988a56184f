//! Windows of a journal for a push or a pull: whole segments as they are stored; only where a
//! cursor stands inside a segment is its rest packed anew.

use bytes::Bytes;
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::merkle::{TileId, root_at, root_tiles};
use sanheyi_exchange_spec::segment::{SegmentReader, SegmentWriter};
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
/// segments; at least one segment if there is any.
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
            let row = part(row, window.past, limit)?;
            let full = window.segments.len() >= limits::WINDOW_SEGMENTS
                || bytes + row.bytes.len() > max_bytes;
            if row.first >= limit || (full && !window.segments.is_empty()) {
                return Ok(window);
            }
            bytes += row.bytes.len();
            window.past = row.past();
            window.segments.push(row.bytes);
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
    let wrong = |problem: &dyn ToString| {
        StoreError::contradiction("segment", "bytes", row.first, problem.to_string())
    };
    let mut reader = SegmentReader::new(Suite::Intl).map_err(|e| wrong(&e))?;
    let mut writer = SegmentWriter::new().map_err(|e| wrong(&e))?;
    let opened = reader.open(&row.bytes).map_err(|e| wrong(&e))?;
    let kept = first.max(row.first)..past.min(row.past());
    for (sequence, entry) in (row.first..).zip(opened.iter()) {
        if kept.contains(&sequence) {
            match entry.body {
                Some((salt, body)) => writer.push(entry.header_bytes, &salt, body),
                None => writer.push_erased(entry.header_bytes),
            }
        }
    }
    let bytes = writer.finish().map_err(|e| wrong(&e))?;
    Ok(SegmentRow { first: kept.start, entries: kept.end - kept.start, bytes, ..row })
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
