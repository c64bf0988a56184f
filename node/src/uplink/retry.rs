//! How long to wait before the line is tried again: exponential growth to a bound, with full
//! jitter, for ever.
//!
//! This is the only file that names the crate `backoff`, whose trait it implements. The crate's own
//! policy reads the wall clock and draws from a global generator, so neither a simulation nor a
//! test could repeat it; and it gives up after a while, which a link that is meant for years must
//! not. So the growth is ours, and chance is given.
//!
//! *Full jitter* draws each pause evenly between nothing and the present ceiling: when a hub comes
//! back after a night, its districts do not knock all at once.

use std::sync::Arc;
use std::time::Duration;

use backoff::backoff::Backoff;

use crate::process::entropy::Entropy;

/// How pauses grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryConfig {
    /// Ceiling of the first pause.
    pub first: Duration,
    /// By what the ceiling grows with every attempt.
    pub factor: u32,
    /// Ceiling of every pause.
    pub max: Duration,
}

/// The pauses of one line.
pub struct Retry {
    config: RetryConfig,
    ceiling: Duration,
    entropy: Arc<dyn Entropy>,
}

// === impl RetryConfig ===

impl Default for RetryConfig {
    fn default() -> Self {
        // A restart of the hub is bridged within seconds; after an hour of outage a district knocks
        // about twice a minute.
        Self { first: Duration::from_millis(500), factor: 2, max: Duration::from_secs(60) }
    }
}

// === impl Retry ===

impl Retry {
    /// Pauses that begin at `config.first`.
    pub fn new(entropy: Arc<dyn Entropy>, config: RetryConfig) -> Self {
        Self { config, ceiling: config.first.min(config.max), entropy }
    }

    /// The next pause; there is always one.
    pub fn next_pause(&mut self) -> Duration {
        let pause = self.jitter();
        self.ceiling = self.ceiling.saturating_mul(self.config.factor.max(1)).min(self.config.max);
        pause
    }

    /// Begins anew: the line has worked.
    pub fn reset(&mut self) {
        self.ceiling = self.config.first.min(self.config.max);
    }

    /// The longest that the next pause can be.
    pub fn ceiling(&self) -> Duration {
        self.ceiling
    }

    fn jitter(&self) -> Duration {
        let nanos = u64::try_from(self.ceiling.as_nanos()).unwrap_or(u64::MAX);
        // The high half of a 64 by 64 bit product is even over `0..=nanos` without division.
        let product = u128::from(self.entropy.u64()) * (u128::from(nanos) + 1);
        Duration::from_nanos(u64::try_from(product >> 64).unwrap_or(nanos))
    }
}

impl Backoff for Retry {
    fn next_backoff(&mut self) -> Option<Duration> {
        Some(self.next_pause())
    }

    fn reset(&mut self) {
        Retry::reset(self);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::entropy::SeededEntropy;

    const CONFIG: RetryConfig =
        RetryConfig { first: Duration::from_millis(100), factor: 3, max: Duration::from_secs(2) };

    fn retry(seed: u64) -> Retry {
        Retry::new(Arc::new(SeededEntropy::new(seed)), CONFIG)
    }

    #[test]
    fn the_ceiling_grows_to_its_bound_and_a_reset_begins_anew() {
        let mut retry = retry(1);
        let mut ceilings = Vec::new();
        for _ in 0..6 {
            ceilings.push(retry.ceiling().as_millis());
            let ceiling = retry.ceiling();
            assert!(retry.next_pause() <= ceiling);
        }
        assert_eq!(ceilings, [100, 300, 900, 2000, 2000, 2000]);
        retry.reset();
        assert_eq!(retry.ceiling(), CONFIG.first);
    }

    #[test]
    fn jitter_repeats_with_its_seed_and_differs_with_another() {
        let pauses = |seed| {
            let mut retry = retry(seed);
            (0..20).map(|_| retry.next_pause()).collect::<Vec<_>>()
        };
        assert_eq!(pauses(5), pauses(5));
        assert_ne!(pauses(5), pauses(6));
    }

    #[test]
    fn jitter_is_spread_over_the_whole_pause() {
        let mut retry = retry(2);
        for _ in 0..5 {
            retry.next_pause();
        }
        let pauses: Vec<_> = (0..400).map(|_| retry.next_pause()).collect();
        for quarter in 0..4 {
            let (low, high) = (CONFIG.max / 4 * quarter, CONFIG.max / 4 * (quarter + 1));
            let hits = pauses.iter().filter(|pause| (low..high).contains(*pause)).count();
            assert!((60..=140).contains(&hits), "{hits} of 400 in quarter {quarter}");
        }
    }

    #[test]
    fn it_never_gives_up() {
        let mut retry: Box<dyn Backoff> = Box::new(retry(3));
        assert!((0..100_000).all(|_| retry.next_backoff().is_some()));
    }
}
