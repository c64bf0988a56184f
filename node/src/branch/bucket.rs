//! A bucket of tokens: how much of something may go in a time. It is told the time and decides; who
//! asks it waits. Quotas of records and caps of bytes are the same bucket.

use std::time::Duration;

use sanheyi_exchange_spec::time::Timestamp;

const SECOND: i64 = 1_000_000;

/// A bucket of tokens that holds one second's worth. What asks for so many goes when as many are
/// there; what asks for more than the bucket holds goes when it is full, and what it took too much
/// is paid back before the next goes.
#[derive(Debug, Default)]
pub struct Bucket {
    /// Tokens a second; 0 = no limit.
    rate: u64,
    /// When the bucket is full again.
    full: Timestamp,
    /// When it was asked last.
    asked: Timestamp,
}

// === impl Bucket ===

impl Bucket {
    /// A full bucket; `rate` in tokens a second, 0 = no limit.
    pub fn new(rate: u64) -> Self {
        Self { rate, ..Self::default() }
    }

    /// Tokens a second.
    pub fn rate(&self) -> u64 {
        self.rate
    }

    /// Takes tokens; answers how long to wait until they are there. Turns are given in the order in
    /// which they are asked for.
    ///
    /// # Errors
    /// With the wait, if it is longer than `longest`; nothing is taken then.
    pub fn take(
        &mut self,
        amount: u64,
        now: Timestamp,
        longest: Duration,
    ) -> Result<Duration, Duration> {
        if self.rate == 0 || amount == 0 {
            return Ok(Duration::ZERO);
        }
        let due = self.due(amount, now);
        let wait = Duration::from_micros(due.micros_since(now).unsigned_abs());
        if wait > longest {
            return Err(wait);
        }
        self.full = self.full.max(due).plus_micros(self.micros(amount));
        Ok(wait)
    }

    /// How long until nothing is owed: for what is as large as it turns out to be, and is paid
    /// after it went.
    pub fn owes(&mut self, now: Timestamp) -> Duration {
        if self.rate == 0 {
            return Duration::ZERO;
        }
        Duration::from_micros(self.due(0, now).micros_since(now).unsigned_abs())
    }

    /// Pays for what went.
    pub fn pay(&mut self, amount: u64, now: Timestamp) {
        if self.rate > 0 {
            self.full = self.full.max(now).plus_micros(self.micros(amount));
        }
    }

    /// When so many tokens are there.
    fn due(&mut self, amount: u64, now: Timestamp) -> Timestamp {
        // Where the machine's clock is set back, the debt goes back with it.
        let back = self.asked.micros_since(now).max(0);
        self.full = self.full.plus_micros(-back);
        self.asked = now;
        let spare = self.micros(self.rate.saturating_sub(amount));
        self.full.plus_micros(-spare).max(now)
    }

    /// Time in which so many tokens come.
    fn micros(&self, amount: u64) -> i64 {
        let micros = u128::from(amount) * u128::from(SECOND.unsigned_abs());
        i64::try_from(micros / u128::from(self.rate.max(1))).unwrap_or(i64::MAX / 4)
    }
}
