//! Heartbeats (心跳): what each end of a link tells the other about itself every few minutes, so that
//! a peer that is connected and does nothing is told apart from one that has nothing to do.

use crate::time::Timestamp;

/// Longest version text that is kept of a heartbeat, in bytes.
pub const VERSION_BYTES: usize = 64;
/// Shortest interval of heartbeats, in seconds.
pub const SHORTEST_SECONDS: u32 = 10;
/// Longest interval of heartbeats, in seconds: an hour.
pub const LONGEST_SECONDS: u32 = 3600;
/// Interval of heartbeats unless configured otherwise, in seconds.
pub const USUAL_SECONDS: u32 = 300;

/// One heartbeat.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heartbeat {
    /// The writer's clock.
    pub at: Timestamp,
    /// How often the writer sends one, in seconds.
    pub every_seconds: u32,
    /// Entries of the journals that it writes to the other side.
    pub size: u64,
    /// How many of them the other side has acknowledged.
    pub acknowledged: u64,
    /// What is free of the writer's disk, in percent; `None` where it does not know.
    pub free_percent: Option<u8>,
    /// How many things the writer finds wrong with itself.
    pub findings: u32,
    /// Whether one of its lanes has hours, outside which it carries nothing: then a backlog may
    /// stand still for long and nothing be wrong.
    pub has_hours: bool,
    /// Name and version of its program, at most [`VERSION_BYTES`].
    pub version: String,
}

impl Heartbeat {
    /// The same within its bounds: what a peer says is never trusted to be small.
    #[must_use]
    pub fn bounded(mut self) -> Self {
        let end = self.version.floor_char_boundary(VERSION_BYTES);
        self.version.truncate(end);
        self.every_seconds = self.every_seconds.clamp(SHORTEST_SECONDS, LONGEST_SECONDS);
        self.free_percent = self.free_percent.map(|percent| percent.min(100));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_heartbeat_is_held_within_its_bounds() {
        let long = "é".repeat(VERSION_BYTES);
        let said = Heartbeat {
            every_seconds: 1,
            free_percent: Some(101),
            version: long,
            ..Heartbeat::default()
        }
        .bounded();
        assert_eq!(said.version, "é".repeat(VERSION_BYTES / 2));
        assert_eq!((said.every_seconds, said.free_percent), (SHORTEST_SECONDS, Some(100)));
        let slow = Heartbeat { every_seconds: u32::MAX, ..Heartbeat::default() }.bounded();
        assert_eq!(slow.every_seconds, LONGEST_SECONDS);
    }
}
