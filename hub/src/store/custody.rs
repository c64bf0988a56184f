//! Who has which record, as the gate has judged it: a register of the shape that branches have
//! theirs in, but in the rows of each platform at the hub.

use sanheyi_node::store::Register;

/// What the gate has judged of custody.
pub const CUSTODY: Register = Register { records: "custody", offers: "custody_offer" };
