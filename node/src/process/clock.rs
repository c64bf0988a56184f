//! Time is given, never fetched. A function that decides takes `now`; whoever waits and ticks holds
//! an `Arc<dyn Clock>`.
//!
//! Certificates are checked by the same clock (see [`super::tls`]), so a test that moves the clock
//! past a certificate's end sees it refused.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use sanheyi_exchange_spec::time::Timestamp;
use tokio::time::Instant;

/// Says what time it is.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// Lets time pass on the machine: for pacing, never for waiting until something has happened.
pub async fn pause(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// A moment ahead by which something must be over, on the machine: what the clock says, and whoever
/// sets it, does not move it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline(Instant);

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

/// A clock that moves only when it is told to: for tests, the simulation and the demonstration's
/// year.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

// === impl Deadline ===

impl Deadline {
    /// The moment `duration` from now.
    #[expect(clippy::disallowed_methods, reason = "the one door of time")]
    pub fn after(duration: Duration) -> Self {
        Self(Instant::now() + duration)
    }

    /// What is left until then: nothing, once it has passed.
    #[expect(clippy::disallowed_methods, reason = "the one door of time")]
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }
}

// === impl SystemClock ===

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one door of time")]
    fn now(&self) -> Timestamp {
        // A machine that believes it is before 1970 gets a negative time: wrong, visible, and no
        // panic.
        let now = SystemTime::now();
        let micros = match now.duration_since(UNIX_EPOCH) {
            Ok(after) => saturating_micros(after),
            Err(before) => -saturating_micros(before.duration()),
        };
        Timestamp::from_micros(micros)
    }
}

// === impl ManualClock ===

impl ManualClock {
    /// A clock that stands at `start`.
    pub fn new(start: Timestamp) -> Self {
        Self(AtomicI64::new(start.as_micros()))
    }

    /// Moves forward.
    pub fn advance(&self, by: Duration) {
        self.0.fetch_add(saturating_micros(by), Ordering::SeqCst);
    }

    /// Moves to `now`, forward or back: operators do set clocks back.
    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_micros(), Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }
}

fn saturating_micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = ManualClock::new(Timestamp::from_micros(10));
        assert_eq!(clock.now(), Timestamp::from_micros(10));
        clock.advance(Duration::from_millis(2));
        assert_eq!(clock.now(), Timestamp::from_micros(2_010));
        clock.set(Timestamp::from_micros(-5));
        assert_eq!(clock.now(), Timestamp::from_micros(-5));
    }

    #[test]
    fn a_deadline_comes_nearer_and_then_stays_passed() {
        let hour = Duration::from_secs(3600);
        let (now, later) = (Deadline::after(Duration::ZERO), Deadline::after(hour));
        assert!(now < later && later.left() <= hour);
        assert_eq!(now.left(), Duration::ZERO);
    }

    #[test]
    fn the_system_clock_is_in_this_century() {
        let year_2020 = Timestamp::from_micros(1_577_836_800_000_000);
        let year_2100 = Timestamp::from_micros(4_102_444_800_000_000);
        let now = SystemClock.now();
        assert!(year_2020 < now && now < year_2100, "{now}");
    }
}
