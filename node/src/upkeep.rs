//! Upkeep (维护): what keeps a store fit over years, beside the traffic and never in front of it.
//!
//! ```text
//! room     how much the disk has left: announced long before, refused at the last threshold
//! merge    runs of small segments become segments of the usual size; roots and proofs stay
//! files    what erased bodies and abandoned uploads leave behind
//! archive  old rows of an audit go into a signed file, which is read back before they go
//! tasks    which of these there are, when each runs, what it came to
//! ```
//!
//! A node runs them on its own rows, a hub on the rows of every platform; the commands
//! `upkeep status` and `upkeep run` show and do the same beside a process that runs.
//!
//! *Absent here*: journals and checkpoints. They never go.

pub mod archive;
pub mod files;
pub mod merge;
pub mod node;
pub mod room;
pub mod tasks;

#[cfg(test)]
mod tests;
