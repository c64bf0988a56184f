//! The lanes (通道) of the line: how much of it each may take, and in which hours. The node makes all
//! calls, so what it keeps binds both directions. An urgent lane never waits for the normal one.
//!
//! ```text
//! turn (its hours, nothing owed) ──► push or pull, up to one window ──► paid (bytes that went)
//! ```

mod hours;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sanheyi_exchange_spec::ids::Lane;
use sanheyi_exchange_spec::time::Timestamp;

pub use hours::{Hours, HoursError, SPANS};

use crate::branch::Bucket;
use crate::process::clock::{Clock, pause};
pub use crate::store::Way;

/// How long a lane waits at most before it looks at the clock again: somebody may have set it.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// What one lane may take of the line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaneRule {
    /// `kilobits_per_second`: cap of what it carries, in each direction; 0 = none. Segments and
    /// pieces of attachments are counted, packed as they travel; what lies around them is not.
    pub kilobits_per_second: u32,
    /// `hours`: when it may be used; none = always.
    pub hours: Hours,
}

/// What each lane may take of the line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaneRules {
    /// `[lanes.urgent]`.
    pub urgent: LaneRule,
    /// `[lanes.normal]`.
    pub normal: LaneRule,
}

/// The turns of all lanes, shared by whatever uses the line.
pub struct Lanes {
    clock: Arc<dyn Clock>,
    urgent: Turns,
    normal: Turns,
}

struct Turns {
    hours: Hours,
    up: Mutex<Bucket>,
    down: Mutex<Bucket>,
}

// === impl LaneRule ===

impl LaneRule {
    /// When the lane may be used again, if it has to wait for its hours.
    pub fn waits_until(&self, now: Timestamp) -> Option<Timestamp> {
        let wait = self.hours.opens_in(now);
        let micros = i64::try_from(wait.as_micros()).unwrap_or(i64::MAX);
        (!wait.is_zero()).then(|| now.plus_micros(micros))
    }
}

// === impl LaneRules ===

impl LaneRules {
    /// The rule of a lane.
    pub fn of(&self, lane: Lane) -> &LaneRule {
        match lane {
            Lane::Urgent => &self.urgent,
            Lane::Normal => &self.normal,
        }
    }
}

// === impl Turns ===

impl Turns {
    fn new(rule: &LaneRule) -> Self {
        let bytes_a_second = u64::from(rule.kilobits_per_second) * 1000 / 8;
        let bucket = || Mutex::new(Bucket::new(bytes_a_second));
        Self { hours: rule.hours.clone(), up: bucket(), down: bucket() }
    }

    fn bucket(&self, way: Way) -> std::sync::MutexGuard<'_, Bucket> {
        let bucket = match way {
            Way::Up => &self.up,
            Way::Down => &self.down,
        };
        // A poisoned lock holds a bucket that is still whole: it is changed in one piece.
        bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Lanes ===

impl Lanes {
    /// Lanes that keep those rules; every bucket begins full.
    pub fn new(rules: &LaneRules, clock: Arc<dyn Clock>) -> Self {
        Self { clock, urgent: Turns::new(&rules.urgent), normal: Turns::new(&rules.normal) }
    }

    /// Lanes without caps or hours.
    pub fn free(clock: Arc<dyn Clock>) -> Self {
        Self::new(&LaneRules::default(), clock)
    }

    fn of(&self, lane: Lane) -> &Turns {
        match lane {
            Lane::Urgent => &self.urgent,
            Lane::Normal => &self.normal,
        }
    }

    /// How long until it is the lane's turn in a direction: its hours, and nothing owed.
    pub fn wait(&self, lane: Lane, way: Way) -> Duration {
        let (turns, now) = (self.of(lane), self.clock.now());
        turns.hours.opens_in(now).max(turns.bucket(way).owes(now))
    }

    /// Waits for the lane's turn in a direction.
    pub async fn turn(&self, lane: Lane, way: Way) {
        while let Some(wait) = self.next_look(lane, way) {
            pause(wait).await;
        }
    }

    fn next_look(&self, lane: Lane, way: Way) -> Option<Duration> {
        let wait = self.wait(lane, way).min(LOOK_AGAIN);
        (!wait.is_zero()).then_some(wait)
    }

    /// Pays for bytes that went; what is owed now, the next turn waits for.
    pub fn paid(&self, lane: Lane, way: Way, bytes: usize) {
        let (turns, now) = (self.of(lane), self.clock.now());
        turns.bucket(way).pay(u64::try_from(bytes).unwrap_or(u64::MAX), now);
    }

    /// `longest`, or how long the lane may still be used, if that is shorter: a call that waits for
    /// news does not outlast its hours.
    pub fn within_hours(&self, lane: Lane, longest: Duration) -> Duration {
        let closes = self.of(lane).hours.closes_in(self.clock.now());
        closes.map_or(longest, |closes| closes.min(longest))
    }
}

#[cfg(test)]
mod tests;
