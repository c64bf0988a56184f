//! Which segments are merged next: pure, from their sizes alone.
//!
//! A run at the end of what may be merged, which later ones will join, is merged only once it has
//! at least doubled its largest part: so a segment grows by doubling, and an entry is packed anew
//! some ten times at most. A run that nothing can join any more is merged for a smaller gain, once.

use std::ops::Range;

use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::time::Timestamp;

use super::Mergeable;
use crate::store::SegmentSize;

/// Bytes of packed segments that one run may have: bounds its transaction, and how long a writer
/// waits behind it.
pub(super) const RUN_BYTES: u64 = 1024 * 1024;
/// Span of time that one segment may come from, in microseconds: to the day, a segment still says
/// when its entries came. Receipts say it exactly.
pub(super) const RUN_MICROS: i64 = 24 * 3600 * 1_000_000;
/// Fewest segments of a run that may still grow: less is not worth a transaction.
const FEWEST: usize = 4;
/// A run that cannot grow is worth it if this share of it is not its largest part.
const GAIN: u64 = 8;

/// What is to be done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// The segments of these entries become as few as may be.
    Merge(Range<u64>),
    /// What lies before this entry stays as it is.
    Pass(u64),
    /// Nothing now; later segments may change that.
    Wait,
}

/// A run that is being gathered.
struct Run {
    segments: usize,
    entries: u64,
    bytes: u64,
    largest: u64,
    times: (Timestamp, Timestamp),
}

/// What is to be done with the segments that begin with `sizes`; there are more than a run can
/// have, or they are all there are.
pub(super) fn plan(sizes: &[SegmentSize], journal: &Mergeable, before: Timestamp) -> Plan {
    for (start, first) in sizes.iter().enumerate() {
        let may = |one: &SegmentSize| one.past() <= journal.until && one.stored <= before;
        let apart = |one: &SegmentSize| journal.apart.range(one.first..one.past()).next().is_some();
        if !may(first) {
            return Plan::Wait;
        }
        let mut run = Run::new(first);
        let mut past = first.past();
        let mut closed = apart(first);
        for next in &sizes[start + 1..] {
            if closed || !may(next) {
                break;
            }
            closed = apart(next) || !run.takes(next);
            if !closed {
                run = run.with(next);
                past = next.past();
            }
        }
        if run.is_worth(closed) {
            return Plan::Merge(first.first..past);
        }
        if closed && start == 0 {
            return Plan::Pass(first.past());
        }
    }
    Plan::Wait
}

// === impl Run ===

impl Run {
    fn new(first: &SegmentSize) -> Self {
        Self {
            segments: 1,
            entries: first.entries,
            bytes: first.bytes,
            largest: first.entries,
            times: (first.stored, first.stored),
        }
    }

    fn with(&self, next: &SegmentSize) -> Self {
        Self {
            segments: self.segments + 1,
            entries: self.entries + next.entries,
            bytes: self.bytes + next.bytes,
            largest: self.largest.max(next.entries),
            times: (self.times.0.min(next.stored), self.times.1.max(next.stored)),
        }
    }

    fn takes(&self, next: &SegmentSize) -> bool {
        let with = self.with(next);
        with.entries <= limits::SEGMENT_ENTRIES as u64
            && with.bytes <= RUN_BYTES
            && with.times.1.micros_since(with.times.0) <= RUN_MICROS
    }

    fn is_worth(&self, closed: bool) -> bool {
        let others = self.entries - self.largest;
        match closed {
            true => self.segments > 1 && others * GAIN >= self.entries,
            false => self.segments >= FEWEST && others >= self.largest,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::store::JournalNumber;

    const NOW: Timestamp = Timestamp::from_micros(1_000_000_000_000);

    fn journal(until: u64, apart: &[u64]) -> Mergeable {
        let apart: BTreeSet<_> = apart.iter().copied().collect();
        Mergeable { number: JournalNumber::from_column(1), until, apart }
    }

    /// Segments of so many entries, one behind the other, of 400 bytes an entry.
    fn sizes(entries: &[u64]) -> Vec<SegmentSize> {
        let mut first = 0;
        let size = |entries: &u64| {
            let bytes = entries * 400;
            let one = SegmentSize { first, entries: *entries, stored: NOW, bytes };
            first += entries;
            one
        };
        entries.iter().map(size).collect()
    }

    #[test]
    fn a_run_that_may_grow_waits_until_it_has_doubled() {
        let all = journal(u64::MAX, &[]);
        assert_eq!(plan(&sizes(&[1; 3]), &all, NOW), Plan::Wait, "too few");
        assert_eq!(plan(&sizes(&[1; 4]), &all, NOW), Plan::Merge(0..4));
        let grown: Vec<_> = [100].into_iter().chain([1; 99]).collect();
        assert_eq!(plan(&sizes(&grown), &all, NOW), Plan::Merge(100..199), "the small ones alone");
        let doubled: Vec<_> = [100].into_iter().chain([1; 100]).collect();
        assert_eq!(plan(&sizes(&doubled), &all, NOW), Plan::Merge(0..200));
        assert_eq!(plan(&sizes(&[100, 3]), &all, NOW), Plan::Wait);
    }

    #[test]
    fn a_run_that_is_full_is_merged_once_and_then_passed() {
        let all = journal(u64::MAX, &[]);
        let most = limits::SEGMENT_ENTRIES as u64;
        assert_eq!(plan(&sizes(&[1; 1025]), &all, NOW), Plan::Merge(0..most));
        assert_eq!(plan(&sizes(&[most, 1, 1]), &all, NOW), Plan::Pass(most));
        // A gain of an eighth is worth it, less is not.
        assert_eq!(plan(&sizes(&[896, 128, 1]), &all, NOW), Plan::Merge(0..1024));
        assert_eq!(plan(&sizes(&[897, 127, 1]), &all, NOW), Plan::Pass(897));
    }

    #[test]
    fn a_run_has_bounds_in_bytes_and_in_time() {
        let all = journal(u64::MAX, &[]);
        let large = |bytes: u64| {
            let mut sizes = sizes(&[1; 9]);
            sizes.iter_mut().for_each(|one| one.bytes = bytes);
            plan(&sizes, &all, NOW)
        };
        assert_eq!(large(RUN_BYTES / 8), Plan::Merge(0..8));
        assert_eq!(large(RUN_BYTES / 8 + 1), Plan::Merge(0..7));
        assert_eq!(large(RUN_BYTES + 1), Plan::Pass(1), "nothing fits");
        let over = |micros: i64| {
            let mut sizes = sizes(&[1; 8]);
            sizes[..4].iter_mut().for_each(|one| {
                one.stored = Timestamp::from_micros(NOW.as_micros() - micros);
            });
            plan(&sizes, &all, NOW)
        };
        assert_eq!(over(RUN_MICROS), Plan::Merge(0..8));
        assert_eq!(over(RUN_MICROS + 1), Plan::Merge(0..4));
    }

    #[test]
    fn what_is_young_or_not_acknowledged_or_pending_is_left_alone() {
        let young = |count: usize| {
            let mut sizes = sizes(&[1; 8]);
            let later = Timestamp::from_micros(NOW.as_micros() + 1);
            sizes[count..].iter_mut().for_each(|one| one.stored = later);
            plan(&sizes, &journal(u64::MAX, &[]), NOW)
        };
        assert_eq!((young(3), young(4)), (Plan::Wait, Plan::Merge(0..4)));
        assert_eq!(plan(&sizes(&[1; 8]), &journal(3, &[]), NOW), Plan::Wait);
        assert_eq!(plan(&sizes(&[1; 8]), &journal(5, &[]), NOW), Plan::Merge(0..5));
        assert_eq!(plan(&sizes(&[2; 8]), &journal(9, &[]), NOW), Plan::Merge(0..8));
        assert_eq!(plan(&sizes(&[1; 8]), &journal(8, &[5]), NOW), Plan::Merge(0..5));
        assert_eq!(plan(&sizes(&[1; 8]), &journal(8, &[0]), NOW), Plan::Pass(1));
    }
}
