//! Where the hub's time goes, by stage: running sums, said when the process stops.

use std::sync::atomic::{AtomicU64, Ordering};

use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::receipt::Receipt;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::health::spread::Spread;

/// Sums of microseconds by stage, and of entries.
#[derive(Debug, Default)]
pub struct Stages {
    /// Opening segments: inflate, digest bodies, hash leaves.
    pub open: AtomicU64,
    /// Admission: tree, checkpoint, transaction.
    pub admit: AtomicU64,
    /// Judging: checks against the standard.
    pub judge: AtomicU64,
    /// Writing verdicts: index, receipt, mailbox, transaction.
    pub settle: AtomicU64,
    /// Entries admitted.
    pub admitted: AtomicU64,
    /// Entries judged.
    pub judged: AtomicU64,
    /// Of these, quarantined at first.
    pub quarantined: AtomicU64,
    /// Of these, pending at first.
    pub pending: AtomicU64,
    /// How long the verdicts of each range took to be durable.
    pub settles: Spread,
}

impl Stages {
    /// A range was judged and is durable.
    pub(crate) fn settled(&self, receipt: &Receipt, from: Timestamp, to: Timestamp) {
        let took = u64::try_from(to.micros_since(from)).unwrap_or(0);
        self.settle.fetch_add(took, Ordering::Relaxed);
        self.settles.note(took);
        let of = |standing| receipt.exceptions.iter().filter(move |one| one.standing == standing);
        count(&self.quarantined, of(Standing::Quarantined).count() as u64);
        count(&self.pending, of(Standing::Pending).count() as u64);
        count(&self.judged, receipt.to - receipt.from);
    }

    /// Says the sums in one line, with the bytes that went over the wire.
    pub(crate) fn say(&self, received: u64, sent: u64) {
        let read = |stage: &AtomicU64| stage.load(Ordering::Relaxed);
        tracing::info!(
            open = read(&self.open),
            admit = read(&self.admit),
            judge = read(&self.judge),
            settle = read(&self.settle),
            admitted = read(&self.admitted),
            judged = read(&self.judged),
            received,
            sent,
            "time by stage, in microseconds"
        );
    }
}

/// Adds the time from `from` to `to` to a stage.
pub(crate) fn add(stage: &AtomicU64, from: Timestamp, to: Timestamp) {
    stage.fetch_add(u64::try_from(to.micros_since(from)).unwrap_or(0), Ordering::Relaxed);
}

/// Counts entries.
pub(crate) fn count(stage: &AtomicU64, entries: u64) {
    stage.fetch_add(entries, Ordering::Relaxed);
}
