//! Segments that were opened for admission and wait for the gate, so that they need not be opened twice. Bounded: what does
//! not fit is opened again from the store.

use std::collections::BTreeMap;
use std::sync::Mutex;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::segment::Opened;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::store::JournalNumber;

/// Bytes of opened segments that may wait for the gate.
const FRESH_BYTES: usize = 64 * 1024 * 1024;

/// A segment's place: platform, journal, first sequence number.
pub(crate) type SegmentKey = (PlatformId, JournalNumber, u64);

/// Opened segments on their way to the gate.
#[derive(Default)]
pub(crate) struct Fresh(Mutex<Held>);

#[derive(Default)]
struct Held {
    segments: BTreeMap<SegmentKey, (Opened, Timestamp)>,
    bytes: usize,
}

impl Fresh {
    /// Keeps an opened segment if there is room.
    pub(crate) fn put(&self, key: SegmentKey, opened: Opened, stored: Timestamp) {
        let mut held = self.0.lock().unwrap_or_else(|poison| poison.into_inner());
        if held.bytes + opened.memory() <= FRESH_BYTES {
            held.bytes += opened.memory();
            if let Some((before, _)) = held.segments.insert(key, (opened, stored)) {
                held.bytes -= before.memory();
            }
        }
    }

    /// Takes an opened segment away, with the time at which it was stored.
    pub(crate) fn take(&self, key: &SegmentKey) -> Option<(Opened, Timestamp)> {
        let mut held = self.0.lock().unwrap_or_else(|poison| poison.into_inner());
        let (opened, stored) = held.segments.remove(key)?;
        held.bytes -= opened.memory();
        Some((opened, stored))
    }
}
