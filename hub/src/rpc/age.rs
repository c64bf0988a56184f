//! How long a connection lives. A connection that has reached its age is ended in order: the branch
//! hears a goodbye, what is under way is still answered, and it connects again at once. So an
//! instance that comes back behind a balancer has its share of the branches within one age, and a
//! certificate, which is looked at when a connection begins, counts for no longer than that.

use std::time::Duration;

use sanheyi_node::process::entropy::Entropy;

/// Age of a connection unless configured otherwise, in seconds. A branch so makes some fifty Greets
/// a day, each a few milliseconds of the hub's time, and an instance that comes back waits for half
/// an hour at most.
pub const MAX_AGE_SECONDS: u64 = 1_800;
/// Longest age that may be configured, in seconds: a day, after which a certificate that has
/// expired must not carry a connection.
pub const LONGEST_AGE_SECONDS: u64 = 86_400;
/// How much the age of one process may differ from what is configured, in percent: instances that
/// were started together must not send their branches to each other all at once.
const JITTER_PERCENT: u64 = 10;
/// How long after its connection's age, or after the hub was told to stop, a pull goes on waiting:
/// the goodbye must be out before its answer, or the branch would only ask again.
pub const GOODBYE_FIRST: Duration = Duration::from_millis(100);
/// How long after its age a connection may take to end: longer than a push takes on the slowest
/// line that is provided for (90 s), so that only who does not go is cut off.
pub const DRAIN: Duration = Duration::from_secs(120);

/// The age for one process: what is configured, a little more or less.
pub fn jittered(configured: Duration, entropy: &dyn Entropy) -> Duration {
    let spread = 2 * JITTER_PERCENT * 10 + 1;
    let thousandths = 1_000 - JITTER_PERCENT * 10 + entropy.u64() % spread;
    let millis = u64::try_from(configured.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(millis.saturating_mul(thousandths) / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use sanheyi_node::process::entropy::SeededEntropy;

    #[test]
    fn ages_differ_by_a_tenth_at_most_and_fill_that_range() {
        let entropy = SeededEntropy::new(1);
        let configured = Duration::from_secs(MAX_AGE_SECONDS);
        let ages: Vec<_> = (0..1_000).map(|_| jittered(configured, &entropy).as_secs()).collect();
        assert!(ages.iter().all(|age| (1_620..=1_980).contains(age)), "{ages:?}");
        assert!(ages.iter().any(|age| *age < 1_640) && ages.iter().any(|age| *age > 1_960));
    }
}
