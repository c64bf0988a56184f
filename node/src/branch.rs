//! The branch (分支): a platform's living store and what may be done with it. The same engine runs a
//! district's node and the hub's own journals.
//!
//! ```text
//! submit ──► writer: decide by `expect`, seal ──► journal, tree, index ──► answer
//!            one segment a group                  one transaction a group
//! pull   ──► copy: admit by exchange-spec     ──► journal, tree, receipts
//!                                                 one transaction a tail
//! ```
//!
//! *Absent here*: sockets (see `uplink`), deciding what may be admitted or judged (see
//! `exchange-spec`).

mod adopt;
mod carry;
mod commit;
mod contents;
mod copy;
mod decide;
mod foresight;
mod group;
mod journal;
mod quota;
mod recent;
mod records;
mod slice;
mod stages;
mod submit;
mod verify;
mod writer;

pub use adopt::Adoption;
pub use copy::{Copies, CopyError, open_segments};
pub use journal::{Advance, LiveJournal, Sealed, seal};
pub use quota::{QUOTA_WAIT, QUOTA_WAITING};
pub use recent::Recent;
pub use records::{RecordView, Shown};
pub use slice::{Window, window};
pub use stages::Stages;
pub use submit::{Appended, Draft, Refused, SubmitError, check};
pub use verify::{Difference, Fault, JournalReport, verify};
pub use writer::{Branch, BranchConfig};

#[cfg(test)]
mod tests;
