//! Segments that were opened for admission and wait for the gate, so that they need not be opened
//! twice. Bounded: what does not fit is opened again from the store.

use std::collections::BTreeMap;
use std::sync::Mutex;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::segment::Opened;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::store::JournalNumber;

/// Bytes of opened segments that may wait for the gate.
const FRESH_BYTES: usize = 64 * 1024 * 1024;

/// A segment's place: platform, journal, first sequence number.
pub(crate) type SegmentKey = (PlatformId, JournalNumber, u64);

/// A segment that waits for the gate.
pub(crate) struct Waiting {
    pub(crate) opened: Opened,
    pub(crate) stored: Timestamp,
    /// Root of the journal after it, where admission has computed it.
    pub(crate) root: Option<Digest>,
}

/// Opened segments on their way to the gate.
#[derive(Default)]
pub(crate) struct Fresh(Mutex<Held>);

#[derive(Default)]
struct Held {
    segments: BTreeMap<SegmentKey, Waiting>,
    bytes: usize,
}

impl Fresh {
    /// Keeps an opened segment if there is room.
    pub(crate) fn put(&self, key: SegmentKey, waiting: Waiting) {
        let mut held = self.0.lock().unwrap_or_else(|poison| poison.into_inner());
        let bytes = waiting.opened.memory();
        if held.bytes + bytes <= FRESH_BYTES {
            held.bytes += bytes;
            if let Some(before) = held.segments.insert(key, waiting) {
                held.bytes -= before.opened.memory();
            }
        }
    }

    /// Forgets what lies before `past`: it was judged, from here or from the store.
    pub(crate) fn forget(&self, platform: &PlatformId, journal: JournalNumber, past: u64) {
        let mut held = self.0.lock().unwrap_or_else(|poison| poison.into_inner());
        let judged = (platform.clone(), journal, 0)..(platform.clone(), journal, past);
        let keys: Vec<_> = held.segments.range(judged).map(|(key, _)| key.clone()).collect();
        for key in keys {
            if let Some(waiting) = held.segments.remove(&key) {
                held.bytes -= waiting.opened.memory();
            }
        }
    }

    /// Takes an opened segment away.
    pub(crate) fn take(&self, key: &SegmentKey) -> Option<Waiting> {
        let mut held = self.0.lock().unwrap_or_else(|poison| poison.into_inner());
        let waiting = held.segments.remove(key)?;
        held.bytes -= waiting.opened.memory();
        Some(waiting)
    }
}

#[cfg(test)]
mod tests {
    use sanheyi_exchange_spec::segment::{SegmentReader, SegmentWriter};
    use sanheyi_exchange_spec::suite::{Salt, Suite};

    use super::*;

    fn opened() -> Opened {
        let header = sanheyi_exchange_spec::entry::Header {
            dataset: "case.case".parse().unwrap(),
            record: "A1".parse().unwrap(),
            revision: 1,
            follows: None,
            custody_epoch: 0,
            operation: sanheyi_exchange_spec::entry::Operation::Put,
            standard: 1,
            occurred: Timestamp::default(),
            recorded: Timestamp::default(),
            body_digest: Suite::Intl.body(&Salt([1; 16]), b""),
        };
        let mut writer = SegmentWriter::new().unwrap();
        writer.push(&header.encode(), &Salt([1; 16]), b"");
        SegmentReader::new(Suite::Intl).unwrap().open(&writer.finish().unwrap()).unwrap()
    }

    #[test]
    fn what_was_judged_from_the_store_does_not_stay() {
        let fresh = Fresh::default();
        let platform: PlatformId = "jintan".parse().unwrap();
        let key = |number, first| (platform.clone(), JournalNumber::from_column(number), first);
        for at in [(1, 0), (1, 5), (1, 9), (2, 0)] {
            let waiting = Waiting { opened: opened(), stored: Timestamp::default(), root: None };
            fresh.put(key(at.0, at.1), waiting);
        }
        fresh.forget(&platform, JournalNumber::from_column(1), 9);
        assert!(fresh.take(&key(1, 0)).is_none() && fresh.take(&key(1, 5)).is_none());
        assert!(fresh.take(&key(1, 9)).is_some() && fresh.take(&key(2, 0)).is_some());
        assert_eq!(fresh.0.lock().unwrap().bytes, 0);
    }
}
