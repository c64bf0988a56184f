//! News of journals: a number per platform that grows with every commit, on which pulls and the
//! gate wait. Nobody sleeps to find out. What other instances on the same database commit is heard
//! by the herald.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use sanheyi_exchange_spec::ids::PlatformId;
use tokio::sync::watch;

use super::lanes::lane_of;

/// News of all platforms.
pub(crate) struct News {
    platforms: Mutex<BTreeMap<PlatformId, watch::Sender<u64>>>,
    /// For each lane of the gate: of which platforms something was admitted.
    admitted: Vec<watch::Sender<BTreeSet<PlatformId>>>,
    /// What other instances are to be told.
    abroad: watch::Sender<BTreeSet<PlatformId>>,
    closed: watch::Sender<bool>,
}

impl News {
    /// News for a gate of so many lanes.
    pub(crate) fn new(lanes: usize) -> Self {
        Self {
            platforms: Mutex::default(),
            admitted: (0..lanes).map(|_| watch::Sender::new(BTreeSet::new())).collect(),
            abroad: watch::Sender::new(BTreeSet::new()),
            closed: watch::Sender::new(false),
        }
    }

    /// Something was committed to a mailbox of `platform`, here.
    pub(crate) fn tell(&self, platform: &PlatformId) {
        self.hear(platform);
        self.abroad.send_modify(|platforms| {
            platforms.insert(platform.clone());
        });
    }

    /// Something was committed to a mailbox of `platform`, here or elsewhere.
    pub(crate) fn hear(&self, platform: &PlatformId) {
        self.channel(platform, |channel| channel.send_modify(|count| *count += 1));
    }

    /// Something may have been committed to any mailbox.
    pub(crate) fn hear_all(&self) {
        let platforms = self.platforms.lock().unwrap_or_else(|poison| poison.into_inner());
        for channel in platforms.values() {
            channel.send_modify(|count| *count += 1);
        }
    }

    /// Hears of commits to mailboxes of `platform`.
    pub(crate) fn listen(&self, platform: &PlatformId) -> watch::Receiver<u64> {
        self.channel(platform, watch::Sender::subscribe)
    }

    /// Hears that other instances are to be told something.
    pub(crate) fn listen_abroad(&self) -> watch::Receiver<BTreeSet<PlatformId>> {
        self.abroad.subscribe()
    }

    /// What other instances are to be told since the last time.
    pub(crate) fn take_abroad(&self) -> BTreeSet<PlatformId> {
        take(&self.abroad)
    }

    /// Something of `platform` was admitted.
    pub(crate) fn tell_gate(&self, platform: &PlatformId) {
        let lane = lane_of(platform, self.admitted.len());
        self.admitted[lane].send_modify(|platforms| {
            platforms.insert(platform.clone());
        });
    }

    /// The platforms of a lane of which something was admitted since the last time.
    pub(crate) fn take_admitted(&self, lane: usize) -> BTreeSet<PlatformId> {
        take(&self.admitted[lane])
    }

    /// Hears of admissions in a lane.
    pub(crate) fn listen_gate(&self, lane: usize) -> watch::Receiver<BTreeSet<PlatformId>> {
        self.admitted[lane].subscribe()
    }

    /// Nobody shall wait any longer.
    pub(crate) fn close(&self) {
        self.closed.send_replace(true);
    }

    /// Waits until nobody shall wait any longer.
    pub(crate) async fn closed(&self) {
        // The sender lives as long as the news.
        let _ = self.closed.subscribe().wait_for(|closed| *closed).await;
    }

    fn channel<T>(&self, platform: &PlatformId, with: impl FnOnce(&watch::Sender<u64>) -> T) -> T {
        // A poisoned lock holds a map that is still whole: entries are only ever added.
        let mut platforms = self.platforms.lock().unwrap_or_else(|poison| poison.into_inner());
        with(platforms.entry(platform.clone()).or_insert_with(|| watch::Sender::new(0)))
    }
}

fn take(from: &watch::Sender<BTreeSet<PlatformId>>) -> BTreeSet<PlatformId> {
    let mut taken = BTreeSet::new();
    from.send_if_modified(|platforms| {
        std::mem::swap(platforms, &mut taken);
        false
    });
    taken
}
