//! The contract of the store: what SQLite and PostgreSQL both must keep, one suite, held against
//! both by [`on_both`]. What only one of the two has stands beside it: another database that is
//! silent, or full, or gone, and the locks between platforms.

mod branch;
mod catalogue;
mod city;
mod crossing;
mod custody;
mod errands;
mod fences;
mod files;
mod ground;
mod hot_path;
mod index;
mod judges;
mod lost;
mod news;
mod quarantine;
mod rows;
mod schema;
mod statements;
mod tls;
mod together;
mod upkeep;
mod verdicts;
mod waiting;

use ground::Ground;

/// Makes a test of every promise for both databases.
macro_rules! on_both {
    ($($room:ident: $($promise:ident)*;)*) => {
        mod sqlite {
            use super::*;
            $($(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                $room::$promise(&Ground::file()).await;
            }
            )*)*
        }
        mod postgres {
            use super::*;
            $($(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $promise() {
                $room::$promise(&Ground::server()).await;
            }
            )*)*
        }
    };
}

on_both! {
    schema:
        a_store_is_opened_again_without_another_step
        a_store_that_a_newer_program_has_written_is_not_opened
        a_reader_beside_the_writer_sees_what_is_committed_and_writes_nothing;
    rows:
        a_journal_comes_back_as_it_was_opened
        tiles_come_back_whole_and_the_last_word_counts
        segments_are_read_from_the_middle_on
        bytes_come_back_as_they_were
        checkpoints_stay_as_they_were_put_first
        a_greeting_comes_back_and_acknowledging_forgets_what_was_expected
        what_is_staged_comes_back_and_is_forgotten
        the_link_shows_its_last_word;
    verdicts:
        a_receipt_that_comes_again_changes_no_count
        a_later_verdict_moves_the_counts_once
        a_later_verdict_on_what_does_not_stand_like_that_changes_nothing
        how_an_entry_stands_is_written_over;
    quarantine:
        what_was_dealt_with_is_not_read_again_at_every_look
        more_than_anybody_reads_are_not_counted;
    custody:
        what_was_written_of_custody_comes_back
        of_two_decisions_one_has_raced
        a_decision_is_one_transaction_in_the_rows_of_two_platforms
        only_who_turns_to_another_platform_sees_its_rows;
    waiting:
        what_comes_wakes_only_what_waits_for_it
        many_that_wait_for_many_are_walked_and_woken
        of_two_that_take_what_is_ready_one_has_raced
        what_is_pending_and_waits_for_nothing_is_found;
    files:
        a_file_comes_piece_by_piece_and_is_whole_at_last
        of_two_that_bring_one_piece_one_has_raced
        what_became_of_a_file_stays_when_it_is_named_again bytes_that_were_changed_are_found;
    errands:
        an_errand_is_due_once_and_a_record_in_sight_while_a_request_stands
        what_was_shown_comes_back_and_loses_its_body_once_it_is_erased;
    index:
        every_row_counts_once_however_many_there_are
        a_row_that_is_there_already_is_a_race_however_many_there_are
        the_index_is_in_the_order_of_bytes_whatever_the_ids
        the_head_is_the_highest_revision
        rows_are_removed_by_their_keys;
    fences:
        a_head_moves_only_from_where_it_was
        an_epoch_opens_once
        a_transaction_that_is_dropped_leaves_no_trace
        a_key_that_is_there_already_is_a_race
        what_waits_is_run_in_order_before_what_is_run_next
        what_waits_and_must_change_rows_is_a_race_where_it_does_not;
    upkeep:
        small_segments_become_few_while_others_read_and_append
        a_swap_is_whole_or_not_at_all
        what_upkeep_did_is_written_over_and_read_back
        an_audit_is_cut_where_its_file_ends
        an_upload_that_was_given_up_goes_piece_by_piece;
    together:
        two_processes_that_append_to_one_journal_lose_and_double_nothing
        two_platforms_are_written_side_by_side;
    city:
        another_platforms_rows_are_not_seen
        the_city_sees_all_platforms_and_the_directory_everybody;
    branch:
        what_is_submitted_is_durable_indexed_and_verified
        a_group_of_many_submissions_loses_none
        what_no_longer_stands_is_refused
        the_hubs_copy_becomes_the_prefix_and_own_entries_follow
        two_processes_with_one_branch_lose_nothing;
}
