//! Real processes: hubs and nodes are killed in mid-flow, again and again, and nothing that was
//! acknowledged is lost or doubled.

#![expect(clippy::unwrap_used, reason = "in tests a panic is the report")]

mod a_large_file_passes_through_flat_memory;
mod a_log_gets_plain_lines_and_the_answer_is_one_document;
mod a_node_enrols_by_a_token_and_both_are_live;
mod an_urgent_order_passes_a_million_waiting_entries;
mod federation;
mod files_pass_a_one_way_gate_by_the_commands;
mod hubs;
mod ledger;
mod line;
mod the_demonstration_runs_with_its_hub_on_postgresql;
mod the_guides_commands_run;
mod three_instances_of_a_hub_share_one_database;
mod two_hundred_links_weigh_little_at_the_hub;
mod what_was_acknowledged_survives_kill_9;
