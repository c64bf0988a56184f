//! Whether there is room for anything new: below the last threshold of its disk a hub takes neither
//! pushes nor files nor words of its own.

use std::sync::Arc;

use sanheyi_exchange_spec::link::Refusal;
use sanheyi_node::upkeep::room::{NoRoom, Room};

use super::{Exchange, Shared};

impl Exchange {
    /// The disk by which it refuses what is new. Said once; later words change nothing.
    pub fn set_room(&self, room: Arc<Room>) {
        let _ = self.shared.room.set(room);
    }
}

impl Shared {
    /// That disk, if there is one to go by.
    pub(crate) fn room(&self) -> Option<Arc<Room>> {
        self.room.get().cloned()
    }

    /// Whether there is room for anything new.
    ///
    /// # Errors
    /// If there is none.
    pub(crate) fn has_room(&self) -> Result<(), NoRoom> {
        self.room.get().map_or(Ok(()), |room| room.check())
    }
}

/// A disk without room as a refusal.
pub(super) fn no_room(full: &NoRoom) -> Refusal {
    full.refusal("市级平台", "the hub")
}
