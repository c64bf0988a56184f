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
pub mod attachment;
mod bucket;
mod carry;
mod commit;
mod contents;
mod copy;
pub mod custody;
mod decide;
mod erase;
mod foresight;
mod forwards;
mod group;
mod journal;
mod letters;
mod quarantine;
mod quota;
mod recent;
mod records;
mod rules;
mod slice;
mod stages;
mod submit;
mod verify;
mod writer;

pub use adopt::Adoption;
pub use bucket::Bucket;
pub use copy::{Arrived, Copies, CopyError, open_segments};
pub use erase::{Erase, EraseError, erase_body};
pub use forwards::{ForwardFault, Proved, forward_of, forwards_in, keep, prove};
pub use journal::{Advance, LiveJournal, Sealed, seal};
pub use quarantine::{JudgedJournal, QuarantineCounts, Quarantined};
pub use quota::{QUOTA_WAIT, QUOTA_WAITING};
pub use recent::Recent;
pub use records::{RecordView, Shown};
pub use rules::{read_rules, stored_rules};
pub use slice::{Window, window};
pub use stages::Stages;
pub use submit::{Appended, Draft, Refused, SubmitError};
pub use verify::{
    Difference, Fault, JournalReport, ShownReport, VerifyTeller, verify, verify_shown, verify_told,
};
pub use writer::{Branch, BranchConfig};

#[cfg(test)]
mod tests;
