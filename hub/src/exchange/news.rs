//! News of journals: a number per platform that grows with every commit, on which pulls and the
//! gate wait. Nobody sleeps to find out.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use sanheyi_exchange_spec::ids::PlatformId;
use tokio::sync::watch;

/// News of all platforms.
pub(crate) struct News {
    platforms: Mutex<BTreeMap<PlatformId, watch::Sender<u64>>>,
    admitted: watch::Sender<BTreeSet<PlatformId>>,
    closed: watch::Sender<bool>,
}

impl Default for News {
    fn default() -> Self {
        Self {
            platforms: Mutex::default(),
            admitted: watch::Sender::new(BTreeSet::new()),
            closed: watch::Sender::new(false),
        }
    }
}

impl News {
    /// Something was committed to a mailbox of `platform`.
    pub(crate) fn tell(&self, platform: &PlatformId) {
        self.channel(platform, |channel| channel.send_modify(|count| *count += 1));
    }

    /// Hears of commits to mailboxes of `platform`.
    pub(crate) fn listen(&self, platform: &PlatformId) -> watch::Receiver<u64> {
        self.channel(platform, watch::Sender::subscribe)
    }

    /// Something of `platform` was admitted.
    pub(crate) fn tell_gate(&self, platform: &PlatformId) {
        self.admitted.send_modify(|platforms| {
            platforms.insert(platform.clone());
        });
    }

    /// The platforms of which something was admitted since the last time.
    pub(crate) fn take_admitted(&self) -> BTreeSet<PlatformId> {
        let mut taken = BTreeSet::new();
        self.admitted.send_if_modified(|platforms| {
            std::mem::swap(platforms, &mut taken);
            false
        });
        taken
    }

    /// Hears of admissions.
    pub(crate) fn listen_gate(&self) -> watch::Receiver<BTreeSet<PlatformId>> {
        self.admitted.subscribe()
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
