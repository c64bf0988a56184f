//! Real processes: hubs and nodes are killed in mid-flow, again and again, and nothing that was
//! acknowledged is lost or doubled.

#![expect(clippy::unwrap_used, reason = "in tests a panic is the report")]

mod federation;
mod hubs;
mod ledger;
mod the_demonstration_runs_with_its_hub_on_postgresql;
mod three_instances_of_a_hub_share_one_database;
mod what_was_acknowledged_survives_kill_9;
