//! The last groups that became durable, as they are: what is pushed at once, and what a receipt is
//! about, need not be read from the store again. What is not here is there.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use sanheyi_exchange_spec::ids::JournalId;
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::suite::Digest;

use super::journal::Advance;
use super::slice::Window;

/// Recent groups of journals that are appended here.
#[derive(Debug)]
pub struct Recent {
    journals: Mutex<BTreeMap<JournalId, Tail>>,
    /// Bytes of segments kept of each journal.
    bytes: usize,
}

#[derive(Debug, Default)]
struct Tail {
    groups: VecDeque<Group>,
    bytes: usize,
}

#[derive(Debug)]
struct Group {
    first: u64,
    past: u64,
    /// Root of the journal at `past`.
    root: Digest,
    segments: Vec<Bytes>,
    bytes: usize,
}

// === impl Recent ===

impl Default for Recent {
    /// Some windows of each journal.
    fn default() -> Self {
        Self::new(8 * limits::WINDOW_BYTES)
    }
}

impl Recent {
    /// Keeps up to `bytes` of each journal.
    pub fn new(bytes: usize) -> Self {
        Self { journals: Mutex::default(), bytes }
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<JournalId, Tail>> {
        // A poisoned lock holds groups that are still whole: they are pushed and popped as such.
        self.journals.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps a group that was committed.
    pub fn put(&self, journal: &JournalId, advance: &Advance) {
        let segments: Vec<Bytes> = advance.segments().cloned().collect();
        let group = Group {
            first: advance.first(),
            past: advance.to().size,
            root: advance.to().root,
            bytes: segments.iter().map(Bytes::len).sum(),
            segments,
        };
        let mut held = self.held();
        let tail = held.entry(journal.clone()).or_default();
        if tail.groups.back().is_some_and(|last| last.past != group.first) {
            *tail = Tail::default();
        }
        tail.bytes += group.bytes;
        tail.groups.push_back(group);
        while tail.bytes > self.bytes {
            let Some(oldest) = tail.groups.pop_front() else { break };
            tail.bytes -= oldest.bytes;
        }
    }

    /// Forgets everything: a history is being replaced.
    pub(super) fn clear(&self) {
        self.held().clear();
    }

    /// The window of whole groups that begins at `first`, with at most `max_bytes` of segments, and
    /// the root at its end; `None` if no such group begins there.
    pub fn window(
        &self,
        journal: &JournalId,
        first: u64,
        max_bytes: usize,
    ) -> Option<(Window, Digest)> {
        let held = self.held();
        let tail = held.get(journal)?;
        let begin = tail.groups.binary_search_by_key(&first, |group| group.first).ok()?;
        let mut window = Window { first, past: first, segments: Vec::new() };
        let (mut root, mut bytes) = (None, 0);
        for group in tail.groups.range(begin..) {
            let full = bytes + group.bytes > max_bytes
                || window.segments.len() + group.segments.len() > limits::WINDOW_SEGMENTS;
            // A group beyond the bounds is cut by whoever reads it from the store.
            if full {
                break;
            }
            bytes += group.bytes;
            window.past = group.past;
            window.segments.extend(group.segments.iter().cloned());
            root = Some(group.root);
        }
        root.map(|root| (window, root))
    }

    /// Root of a journal at the end of a group.
    pub fn root_at(&self, journal: &JournalId, size: u64) -> Option<Digest> {
        let held = self.held();
        let tail = held.get(journal)?;
        let place = tail.groups.binary_search_by_key(&size, |group| group.past).ok()?;
        tail.groups.get(place).map(|group| group.root)
    }
}

#[cfg(test)]
mod tests {
    use super::super::window;
    use crate::tests::{Home, draft};
    use sanheyi_exchange_spec::limits;

    #[tokio::test]
    async fn what_is_kept_is_what_the_store_has() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::open(dir.path(), 1).await;
        for batch in [["A", "B"], ["C", "D"], ["E", "F"]] {
            home.submit(batch.map(draft).to_vec()).await;
        }
        let journal = home.journal().await;
        let (id, recent) = (&journal.head.journal, home.branch.recent());
        for first in [0, 2, 4] {
            let (kept, root) = recent.window(id, first, limits::WINDOW_BYTES).unwrap();
            let stored =
                window(home.store(), journal.number, first, 6, limits::WINDOW_BYTES).await.unwrap();
            assert_eq!((kept.first, kept.past, kept.segments), (first, 6, stored.segments));
            assert_eq!(root, journal.head.root);
        }
        // Inside a group, beyond the journal, or with too little room: the store is asked.
        for (first, bytes) in [(1, limits::WINDOW_BYTES), (6, limits::WINDOW_BYTES), (0, 10)] {
            assert!(recent.window(id, first, bytes).is_none());
        }
        let root = home.store().root_at(journal.number, 4).await.unwrap();
        assert_eq!((recent.root_at(id, 4), recent.root_at(id, 3)), (Some(root), None));
    }

    #[tokio::test]
    async fn a_replaced_history_is_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::open(dir.path(), 1).await;
        home.submit(vec![draft("A")]).await;
        let journal = home.journal().await;
        let recent = home.branch.recent();
        assert!(recent.root_at(&journal.head.journal, 1).is_some());
        recent.clear();
        assert!(recent.root_at(&journal.head.journal, 1).is_none());
        home.submit(vec![draft("B")]).await;
        assert!(recent.root_at(&journal.head.journal, 2).is_some());
        assert!(recent.window(&journal.head.journal, 0, limits::WINDOW_BYTES).is_none());
    }
}
