//! The quota (配额) of a platform that shares a process with others: how many records a second it may
//! submit. A submission beyond it waits for its turn, outside the store and outside the writer's
//! queue, so that nobody else waits with it; one whose turn is too far off is refused, and nothing
//! of it was taken.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sanheyi_exchange_spec::time::Timestamp;
use tokio::sync::Semaphore;

use super::submit::SubmitError;
use crate::process::clock::{Clock, pause};

/// Longest that a submission waits for its turn: short of what callers take for a lost answer.
pub const QUOTA_WAIT: Duration = Duration::from_secs(10);
/// Most submissions of a platform that wait for their turn: bounds the memory of what they hold.
pub const QUOTA_WAITING: usize = 64;

const SECOND: i64 = 1_000_000;

/// A bucket of tokens that holds one second's worth of records. A submission goes when there are as
/// many tokens as it has records; a larger one than the bucket goes when it is full, and what it
/// took too much is paid back before the next goes.
#[derive(Debug, Default)]
struct Bucket {
    /// Records a second; 0 = no limit.
    rate: u64,
    /// When the bucket is full again.
    full: Timestamp,
    /// When it was asked last.
    asked: Timestamp,
}

/// The quota of one platform.
#[derive(Debug)]
pub(super) struct Quota {
    bucket: Mutex<Bucket>,
    waiting: Semaphore,
}

// === impl Bucket ===

impl Bucket {
    /// Takes tokens for `records`; answers how long to wait until they are there. Turns are given
    /// in the order in which they are asked for.
    ///
    /// # Errors
    /// With the wait, if it is longer than `longest`; nothing is taken then.
    fn take(
        &mut self,
        records: usize,
        now: Timestamp,
        longest: Duration,
    ) -> Result<Duration, Duration> {
        if self.rate == 0 || records == 0 {
            return Ok(Duration::ZERO);
        }
        // Where the machine's clock is set back, the debt goes back with it.
        let back = self.asked.micros_since(now).max(0);
        self.full = self.full.plus_micros(-back);
        self.asked = now;
        let records = u64::try_from(records).unwrap_or(u64::MAX);
        let spare = self.micros(self.rate.saturating_sub(records));
        let due = self.full.plus_micros(-spare).max(now);
        let wait = Duration::from_micros(due.micros_since(now).unsigned_abs());
        if wait > longest {
            return Err(wait);
        }
        self.full = self.full.max(due).plus_micros(self.micros(records));
        Ok(wait)
    }

    /// Time in which so many tokens come.
    fn micros(&self, records: u64) -> i64 {
        let micros = u128::from(records) * u128::from(SECOND.unsigned_abs());
        i64::try_from(micros / u128::from(self.rate.max(1))).unwrap_or(i64::MAX / 4)
    }
}

// === impl Quota ===

impl Default for Quota {
    fn default() -> Self {
        Self { bucket: Mutex::default(), waiting: Semaphore::new(QUOTA_WAITING) }
    }
}

impl Quota {
    /// Changes the rate; the bucket begins full.
    pub(super) fn set(&self, rate: u64) {
        let mut bucket = self.bucket();
        if bucket.rate != rate {
            *bucket = Bucket { rate, ..Bucket::default() };
        }
    }

    /// Waits for the turn of a submission of so many records.
    pub(super) async fn turn(&self, records: usize, clock: &dyn Clock) -> Result<(), SubmitError> {
        let full = self.waiting.try_acquire();
        let longest = if full.is_ok() { QUOTA_WAIT } else { Duration::ZERO };
        let taken = self.bucket().take(records, clock.now(), longest);
        let wait = taken.map_err(SubmitError::OverQuota)?;
        if !wait.is_zero() {
            pause(wait).await;
        }
        Ok(())
    }

    fn bucket(&self) -> std::sync::MutexGuard<'_, Bucket> {
        // A poisoned lock holds a bucket that is still whole: it is changed in one piece.
        self.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
