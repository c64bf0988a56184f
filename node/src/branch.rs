//! The branch (分支): a platform's living store and what may be done with it. The same engine runs a district's node and
//! the hub's own journals.
//!
//! ```text
//! submit ──► writer: decide by `expect`, seal, one segment a group ──► journal, tree, index: one transaction ──► answer
//! pull   ──► copy: admit by the rule of exchange-spec               ──► journal, tree, receipts: one transaction
//! ```
//!
//! *Absent here*: sockets (see `uplink`), deciding what may be admitted or judged (see `exchange-spec`).

mod adopt;
mod copy;
mod decide;
mod journal;
mod records;
mod slice;
mod submit;
mod verify;
mod writer;

pub use adopt::Adoption;
pub use copy::{CopyError, Copies, open_segments};
pub use journal::{Advance, LiveJournal, Sealed, seal};
pub use records::{RecordView, Shown};
pub use slice::{Window, window};
pub use verify::{Difference, Fault, JournalReport, verify};
pub use submit::{Appended, Draft, Refused, SubmitError};
pub use writer::{Branch, BranchConfig};
