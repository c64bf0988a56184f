//! Signs of life of a task, read by somebody else: when it took up what it is doing. A task that
//! has nothing to do is at rest, however long; one that is busy with the same thing for half a
//! minute is stuck.

use std::sync::atomic::{AtomicI64, Ordering};

use sanheyi_exchange_spec::health::STUCK_AFTER;
use sanheyi_exchange_spec::time::Timestamp;

/// At rest.
const REST: i64 = i64::MIN;

/// When a task took up what it is doing. It costs the task one atomic write a turn.
#[derive(Debug)]
pub struct Beat(AtomicI64);

impl Default for Beat {
    fn default() -> Self {
        Self(AtomicI64::new(REST))
    }
}

impl Beat {
    /// The task takes something up.
    pub fn busy(&self, now: Timestamp) {
        // Only the number itself is read by others: relaxed is enough.
        self.0.store(now.as_micros(), Ordering::Relaxed);
    }

    /// The task waits for something to do.
    pub fn rest(&self) {
        self.0.store(REST, Ordering::Relaxed);
    }

    /// Since when the task is busy with one thing.
    pub fn busy_since(&self) -> Option<Timestamp> {
        let since = self.0.load(Ordering::Relaxed);
        (since != REST).then_some(Timestamp::from_micros(since))
    }

    /// Since when the task is busy with one thing, if that is too long.
    pub fn stuck_since(&self, now: Timestamp) -> Option<Timestamp> {
        self.busy_since().filter(|since| now.micros_since(*since) >= STUCK_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::MORNING;

    #[test]
    fn a_task_at_rest_is_never_stuck_and_a_busy_one_is_after_its_time() {
        let beat = Beat::default();
        let later = MORNING.plus_micros(STUCK_AFTER);
        assert_eq!(beat.stuck_since(later), None);
        beat.busy(MORNING);
        assert_eq!(beat.stuck_since(later.plus_micros(-1)), None);
        assert_eq!(beat.stuck_since(later), Some(MORNING));
        beat.busy(later);
        assert_eq!(beat.stuck_since(later), None);
        beat.rest();
        assert_eq!(beat.busy_since(), None);
    }
}
