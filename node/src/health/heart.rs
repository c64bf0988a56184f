//! The heart of a branch: what its heartbeats say, and what its hub's said last.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sanheyi_exchange_spec::health::Heartbeat;
use sanheyi_exchange_spec::time::Timestamp;

use super::VERSION;
use crate::upkeep::room::Room;
use crate::uplink::lanes::{Hours, LaneRules};

/// What a heartbeat is made of, beside what the line itself knows.
pub struct Heart {
    seconds: u32,
    room: Option<Arc<Room>>,
    has_hours: bool,
    findings: AtomicU32,
    peer: Mutex<Option<(Heartbeat, Timestamp)>>,
}

// === impl Heart ===

impl Heart {
    /// A heart that beats every `seconds`, on a disk, for a line with these lanes.
    pub fn new(seconds: u32, room: Option<Arc<Room>>, lanes: &LaneRules) -> Self {
        let free = Hours::default();
        let has_hours = lanes.urgent.hours != free || lanes.normal.hours != free;
        Self { seconds, room, has_hours, findings: AtomicU32::new(0), peer: Mutex::default() }
    }

    /// Between two heartbeats.
    pub fn every(&self) -> Duration {
        Duration::from_secs(u64::from(self.seconds))
    }

    /// How many things are wrong, as the watchdog found last.
    pub fn set_findings(&self, count: usize) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        self.findings.store(count, Ordering::Relaxed);
    }

    /// A heartbeat for a side that has `acknowledged` of `size` entries.
    pub fn beat(&self, now: Timestamp, size: u64, acknowledged: u64) -> Heartbeat {
        let seen = self.room.as_ref().and_then(|room| room.look());
        let free = seen.map(|seen| seen.space.free_percent());
        Heartbeat {
            at: now,
            every_seconds: self.seconds,
            size,
            acknowledged,
            free_percent: free.and_then(|percent| u8::try_from(percent).ok()),
            findings: self.findings.load(Ordering::Relaxed),
            version: VERSION.to_owned(),
            has_hours: self.has_hours,
        }
    }

    /// The other side's heartbeat came.
    pub fn heard(&self, beat: Heartbeat, now: Timestamp) {
        *self.peer.lock().unwrap_or_else(PoisonError::into_inner) = Some((beat, now));
    }

    /// The other side's last heartbeat, and when it came.
    pub fn peer(&self) -> Option<(Heartbeat, Timestamp)> {
        self.peer.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
