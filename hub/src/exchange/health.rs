//! The exchange as its watchdog sees it, and what it answers to heartbeats.

use std::sync::Arc;

use sanheyi_exchange_spec::health::Heartbeat;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::health::Standing;
use tokio::sync::watch;

use super::Exchange;
use crate::health::peers::Peers;
use crate::health::{Works, heartbeat};

impl Exchange {
    /// Who is connected to it, and what they say of themselves.
    pub fn peers(&self) -> Arc<Peers> {
        Arc::clone(&self.shared.peers)
    }

    /// Signs of life of its workers.
    pub fn works(&self) -> Arc<Works> {
        Arc::clone(&self.shared.works)
    }

    /// What its watchdog sees. Said once; later words change nothing.
    pub fn set_standing(&self, standing: watch::Receiver<Arc<Standing>>) {
        let _ = self.shared.standing.set(standing);
    }

    /// What its watchdog sees, if it has one.
    pub fn standing(&self) -> Option<watch::Receiver<Arc<Standing>>> {
        self.shared.standing.get().cloned()
    }

    /// Takes a platform's heartbeat and gives the hub's; none before the watchdog has looked.
    pub fn beat(&self, platform: &PlatformId, beat: Option<Heartbeat>) -> Option<Heartbeat> {
        let now = self.shared.parts.clock.now();
        // The hub beats whenever it is asked, so as often as the branch does.
        let every_seconds = beat.as_ref().map_or(0, |beat| beat.every_seconds);
        if let Some(beat) = beat {
            self.shared.peers.beat(platform, beat);
        }
        let standing = Arc::clone(&self.shared.standing.get()?.borrow());
        let link = standing.link(platform.as_str());
        let said = heartbeat(link, now, standing.findings.len());
        Some(Heartbeat { every_seconds, ..said }.bounded())
    }
}
