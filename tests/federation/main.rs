//! The federation: a real hub and real nodes in one process, over real mutual TLS. Each file is a
//! sentence about what holds, whatever happens to lines, machines and disks.

#![expect(clippy::unwrap_used, reason = "in tests a panic is the report")]

mod a_carried_file_for_somebody_else_or_changed_is_refused;
mod a_case_is_handed_from_one_district_to_another;
mod a_certificate_is_renewed_and_the_line_never_drops;
mod a_changed_history_stops_its_journal_alone;
mod a_clock_that_is_off_is_a_warning_never_a_refusal;
mod a_complaint_goes_down_and_its_handling_comes_up;
mod a_connection_ends_at_its_age_and_nothing_is_lost;
mod a_disk_that_fills_up_refuses_what_is_new_and_goes_on;
mod a_district_behind_a_one_way_gate_exchanges_by_files;
mod a_faulty_record_is_quarantined_and_its_neighbours_pass;
mod a_full_disk_refuses_cleanly_and_goes_on;
mod a_gap_is_refused_with_the_durable_size;
mod a_hub_is_backed_up_while_it_works_and_restored;
mod a_hub_moves_to_another_database_with_equal_roots;
mod a_hub_reaches_its_store_by_tls_and_a_password_file;
mod a_hub_rewound_in_silence_is_noticed_and_writes_nothing;
mod a_hubs_doctor_names_every_fault;
mod a_lane_waits_for_its_hours_and_the_urgent_one_goes_on;
mod a_late_answer_of_an_old_epoch_counts_for_nothing;
mod a_lost_answer_is_not_a_lost_entry;
mod a_machine_enrols_by_a_token;
mod a_malformed_segment_or_bomb_is_refused;
mod a_new_code_list_takes_effect_on_its_day;
mod a_new_machine_takes_over_from_one_that_was_lost;
mod a_node_and_its_hub_end_with_the_same_root;
mod a_node_catches_up_after_its_line_was_cut;
mod a_node_is_backed_up_while_it_writes_and_restored;
mod a_node_restored_from_backup_takes_the_hubs_copy_and_appends_its_own_again;
mod a_power_that_is_not_published_is_exercised_with_a_warning;
mod a_pull_waits_for_news_and_not_for_a_clock;
mod a_repeated_push_changes_nothing;
mod a_revision_follows_the_one_before_it;
mod a_revoked_platform_is_cut_and_says_so;
mod a_schema_is_brought_up_to_date_and_a_newer_one_refused;
mod a_stranger_is_not_let_in;
mod a_support_bundle_has_nothing_personal;
mod a_tenant_lives_in_the_hub_by_the_same_engine;
mod a_tenant_over_its_quota_waits_and_loses_nothing;
mod an_adoption_goes_on_where_its_connection_ended;
mod an_attachment_comes_to_whom_its_record_was_given;
mod an_attachment_goes_on_where_its_line_was_cut;
mod an_attachment_never_goes_ahead_of_its_record;
mod an_attachment_of_another_type_or_size_is_refused;
mod an_offer_of_custody_is_refused_withdrawn_or_expires;
mod an_operator_erases_what_was_named_first;
mod an_operator_works_off_the_quarantine;
mod an_order_goes_down_and_its_reply_comes_up;
mod commands;
mod home;
mod late_list;
mod many_nodes_at_once;
mod nobody_sees_what_no_policy_shows;
mod of_accept_and_withdraw_the_first_that_is_judged_wins;
mod of_two_machines_with_one_key_one_is_held;
mod one_tenant_cannot_reach_another;
mod receipts_are_the_hubs_word;
mod small_segments_are_merged_behind_everybodys_back;
mod the_authority_is_replaced_while_everything_runs;
mod the_city_sees_all_platforms_and_leaves_a_trace;
mod what_a_reader_does_not_know_yet_is_judged_after_an_upgrade;
mod what_a_tenant_pushes_is_what_its_home_has;
mod what_is_returned_is_settled_by_a_correction;
mod what_no_longer_holds_becomes_a_conflict;
mod what_refers_to_something_absent_waits_for_it;
mod what_the_hub_says_reaches_whom_it_is_for;
mod whatever_stalls_raises_its_own_alert;
mod withdrawal_and_erasure_follow_what_was_forwarded;
mod wujin_verifies_a_joint_part_by_jintans_own_checkpoint;

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_node::uplink::port::CallError;

/// The refusal in an answer, which must be one.
#[track_caller]
fn refusal<T: std::fmt::Debug>(answer: Result<T, CallError>) -> Refusal {
    match answer {
        Err(CallError::Refused(refusal)) => *refusal,
        other => panic!("a refusal was due, and this came: {other:?}"),
    }
}

/// A refusal with a code, and words in both languages.
#[track_caller]
fn refused<T: std::fmt::Debug>(answer: Result<T, CallError>, code: Code) -> Refusal {
    let refusal = refusal(answer);
    assert_eq!(refusal.code, code, "{refusal}");
    assert!(!refusal.zh.is_empty() && !refusal.en.is_empty(), "{refusal:?}");
    refusal
}
