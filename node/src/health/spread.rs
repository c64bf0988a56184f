//! How long something takes, as a histogram: two atomic additions an event, and nothing is kept of
//! the event itself.

use std::sync::atomic::{AtomicU64, Ordering};

/// Upper ends of the buckets, in microseconds: from a commit on a fast disk to one that hangs.
pub const BOUNDS: [u64; 12] = [
    500, 1_000, 2_000, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 5_000_000,
    30_000_000,
];

/// Counts of events by how long they took.
#[derive(Debug, Default)]
pub struct Spread {
    /// One more than bounds: the last is for what lies beyond them all.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
}

/// A spread as it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Read {
    /// Seconds of all events together.
    pub sum_seconds: f64,
    /// Number of events.
    pub count: u64,
    /// Upper end of each bucket in seconds and the events in it alone; the last has no end.
    pub buckets: Vec<(f64, u64)>,
}

impl Spread {
    /// Counts an event that took `micros`.
    pub fn note(&self, micros: u64) {
        let bucket = BOUNDS.partition_point(|bound| *bound < micros);
        self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        self.micros.fetch_add(micros, Ordering::Relaxed);
    }

    /// What was counted so far.
    pub fn read(&self) -> Read {
        let ends = BOUNDS.iter().map(|bound| *bound as f64 / 1e6).chain([f64::INFINITY]);
        let counts = self.buckets.iter().map(|bucket| bucket.load(Ordering::Relaxed));
        let buckets: Vec<_> = ends.zip(counts).collect();
        Read {
            sum_seconds: self.micros.load(Ordering::Relaxed) as f64 / 1e6,
            count: buckets.iter().map(|(_, count)| count).sum(),
            buckets,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_counted_in_the_bucket_that_holds_it() {
        let spread = Spread::default();
        for micros in [0, 500, 501, 30_000_000, 30_000_001] {
            spread.note(micros);
        }
        let read = spread.read();
        let counts: Vec<_> = read.buckets.iter().map(|(_, count)| *count).collect();
        assert_eq!(counts, [2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
        assert_eq!(read.count, 5);
        assert!((read.sum_seconds - 60.001_002).abs() < 1e-9, "{}", read.sum_seconds);
    }
}
