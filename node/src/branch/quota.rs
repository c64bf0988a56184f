//! The quota (配额) of a platform that shares a process with others: how many records a second it may
//! submit. A submission beyond it waits for its turn, outside the store and outside the writer's
//! queue, so that nobody else waits with it; one whose turn is too far off is refused, and nothing
//! of it was taken.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::bucket::Bucket;
use super::submit::SubmitError;
use crate::process::clock::{Clock, pause};

/// Longest that a submission waits for its turn: short of what callers take for a lost answer.
pub const QUOTA_WAIT: Duration = Duration::from_secs(10);
/// Most submissions of a platform that wait for their turn: bounds the memory of what they hold.
pub const QUOTA_WAITING: usize = 64;

/// The quota of one platform.
#[derive(Debug)]
pub(super) struct Quota {
    bucket: Mutex<Bucket>,
    waiting: Semaphore,
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
        if bucket.rate() != rate {
            *bucket = Bucket::new(rate);
        }
    }

    /// Waits for the turn of a submission of so many records.
    pub(super) async fn turn(&self, records: usize, clock: &dyn Clock) -> Result<(), SubmitError> {
        let full = self.waiting.try_acquire();
        let longest = if full.is_ok() { QUOTA_WAIT } else { Duration::ZERO };
        let amount = u64::try_from(records).unwrap_or(u64::MAX);
        let taken = self.bucket().take(amount, clock.now(), longest);
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
