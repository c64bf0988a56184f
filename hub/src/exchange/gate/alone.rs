//! Judging one platform to its end, for whoever waits for its receipts: beside another gate that
//! may do the same, and leaving everybody else's entries to that.

use sanheyi_exchange_spec::ids::PlatformId;

use super::Gate;
use crate::exchange::lanes::lane_of;

impl Gate {
    /// Whether this is the gate of a platform, among so many.
    pub(crate) fn serves(&self, platform: &PlatformId, of: usize) -> bool {
        lane_of(platform, of) == self.lane
    }

    /// Judges what was admitted of a platform; answers whether all of it could be.
    pub(crate) async fn finish(&mut self, platform: &PlatformId) -> bool {
        self.faulty.remove(platform);
        self.busy.insert(platform.clone());
        while self.busy.contains(platform) {
            self.busy.retain(|one| one == platform);
            self.round().await;
        }
        !self.faulty.contains(platform)
    }
}
