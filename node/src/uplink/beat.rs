//! Heartbeats as they travel, and when the next one is due.

use std::sync::Arc;
use std::time::Duration;

use sanheyi_exchange_spec::health::Heartbeat;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::exchange::v1 as wire;

use crate::health::heart::Heart;
use crate::process::clock::Deadline;

/// A heartbeat as a message.
pub fn beat_to_wire(beat: Heartbeat) -> wire::Heartbeat {
    wire::Heartbeat {
        at: beat.at.as_micros(),
        every_seconds: beat.every_seconds,
        size: beat.size,
        acknowledged: beat.acknowledged,
        free_percent: beat.free_percent.map(u32::from),
        findings: beat.findings,
        version: beat.version,
        has_hours: beat.has_hours,
    }
}

/// A heartbeat out of a message, within its bounds.
pub fn beat_from_wire(message: wire::Heartbeat) -> Heartbeat {
    let percent = |percent: u32| u8::try_from(percent).unwrap_or(u8::MAX);
    Heartbeat {
        at: Timestamp::from_micros(message.at),
        every_seconds: message.every_seconds,
        size: message.size,
        acknowledged: message.acknowledged,
        free_percent: message.free_percent.map(percent),
        findings: message.findings,
        version: message.version,
        has_hours: message.has_hours,
    }
    .bounded()
}

/// The heart of a session: says when a heartbeat is due. The first is due as soon as the line lives
/// (FORM 16.1): from then on both sides know whom they talk to.
pub(super) struct Pulse {
    pub(super) heart: Arc<Heart>,
    due: Deadline,
}

impl Pulse {
    pub(super) fn new(heart: Arc<Heart>) -> Self {
        let due = Deadline::after(Duration::ZERO);
        Self { heart, due }
    }

    /// Waits until the next heartbeat is due.
    pub(super) async fn wait(pulse: &Option<Self>) {
        match pulse {
            Some(pulse) => crate::process::clock::pause(pulse.due.left()).await,
            None => std::future::pending().await,
        }
    }

    /// The next one is due after an interval.
    pub(super) fn again(&mut self) {
        self.due = Deadline::after(self.heart.every());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::MORNING;

    #[test]
    fn a_heartbeat_survives_its_message_and_a_hostile_one_is_held_within_bounds() {
        let beat = Heartbeat {
            at: MORNING,
            every_seconds: 300,
            size: 7,
            acknowledged: 5,
            free_percent: Some(33),
            findings: 2,
            version: "sanheyi/0.1.0".to_owned(),
            has_hours: true,
        };
        assert_eq!(beat_from_wire(beat_to_wire(beat.clone())), beat);
        let mut hostile = beat_to_wire(beat);
        hostile.free_percent = Some(u32::MAX);
        hostile.every_seconds = 0;
        let held = beat_from_wire(hostile);
        assert_eq!((held.free_percent, held.every_seconds), (Some(100), 10));
    }
}
