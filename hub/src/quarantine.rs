//! The quarantine desk (隔离区): an operator works off what the gate quarantined, one entry or
//! thousands. Commands and pages call the same functions.
//!
//! Nobody overrules the gate; a forced acceptance would prove nothing. *Release* 放行复判 has the gate
//! judge the chosen entries again by what is in force now: what passes is accepted by a later
//! verdict, what does not stays, with fresh reasons. *Return* 退回更正 asks the author for a
//! correction by a letter. Both are written down as a *review* 复核, which the gate of whichever hub
//! runs works off in bounded batches; so a review goes on where its process was killed, and giving
//! it twice changes nothing.
//!
//! # Reading order
//!
//! 1. [`filter`]: which entries. [`list`]: pages of them, one of them whole, the counts.
//! 2. [`plan`]: what a review would do, entry by entry, judged and not written.
//! 3. [`review`]: a review that is under way.

pub mod filter;
pub mod list;
pub mod plan;
pub mod review;
pub mod show;

pub use filter::{Cursor, EntryName, Filter, State};
pub use list::{Counted, Item};
pub use plan::{Act, Plan, PlanError, Reviewed, RuleCount};
pub use review::{Progress, Review, Who};
pub use show::Detail;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::store::Database;

use crate::exchange::Exchange;

/// The desk, reading: a store is enough, beside a hub that runs or without one.
#[derive(Clone)]
pub struct Desk {
    database: Database,
    hub: PlatformId,
}

/// The desk, working: over the exchange of a hub that runs, or of a command beside it.
#[derive(Clone)]
pub struct WorkingDesk {
    desk: Desk,
    exchange: Exchange,
}

// === impl Desk ===

impl Desk {
    /// The desk of a hub's store.
    pub fn new(database: Database, hub: PlatformId) -> Self {
        Self { database, hub }
    }
}

// === impl WorkingDesk ===

impl WorkingDesk {
    /// The desk of an exchange.
    pub fn new(exchange: &Exchange) -> Self {
        let parts = exchange.parts();
        let desk = Desk::new(parts.database.clone(), parts.hub.clone());
        Self { desk, exchange: exchange.clone() }
    }

    /// What reads.
    pub fn desk(&self) -> &Desk {
        &self.desk
    }
}
