//! Real processes: a hub and a node are killed in mid-flow, again and again, and nothing that was
//! acknowledged is lost or doubled.

#![expect(clippy::unwrap_used, reason = "in tests a panic is the report")]

mod federation;
mod ledger;
mod what_was_acknowledged_survives_kill_9;
