//! The contract of the port to a hub: one suite, held against every form of it, plain and wrapped
//! in faults. Whoever makes another form adds a line to [`on_every_form`] and says in [`forms`] how
//! it is made.

#![expect(clippy::unwrap_used, reason = "in tests a panic is the report")]

mod bounds;
mod files;
mod forms;
mod store;
mod suite;

use sanheyi_tests::knobs;
use sanheyi_tests::world::{CALLS, FATES, Faults, World};

/// Makes a test of every promise for one form of the port.
macro_rules! on_form {
    ($form:ident: $($promise:ident)*) => {
        mod $form {
            use super::*;
            $(#[tokio::test]
            async fn $promise() {
                let faults = Faults::new(knobs::seed(), stringify!($promise));
                let mut world = World::new(7, &["jintan", "wujin"]).await;
                let jintan = forms::$form(&mut world, "jintan", &faults).await;
                let wujin = forms::$form(&mut world, "wujin", &faults).await;
                suite::$promise(&world, jintan, wujin).await;
            })*
        }
    };
}

/// Makes a test of every promise for every form of the port.
macro_rules! on_every_form {
    ($($promise:ident)*) => {
        on_form! { local: $($promise)* }
        on_form! { local_faulty: $($promise)* }
        on_form! { grpc: $($promise)* }
        on_form! { grpc_faulty: $($promise)* }

        /// The names of the promises, so that a test may go through them all.
        const PROMISES: &[&str] = &[$(stringify!($promise)),*];

        /// Holds one promise, by its name, on the local form with these faults.
        async fn hold_with(faults: &std::sync::Arc<Faults>, promise: &str) {
            let mut world = Box::pin(World::new(7, &["jintan", "wujin"])).await;
            let jintan = forms::local_faulty(&mut world, "jintan", faults).await;
            let wujin = forms::local_faulty(&mut world, "wujin", faults).await;
            // Boxed: all of them side by side in one future are more than a test's stack holds.
            match promise {
                $(stringify!($promise) => {
                    Box::pin(suite::$promise(&world, jintan, wujin)).await;
                })*
                other => panic!("no promise is named {other}"),
            }
        }
    };
}

on_every_form! {
    a_greet_grants_every_journal_that_is_claimed
    the_same_greet_again_gets_the_same_answer
    a_greet_that_holds_no_epoch_in_force_is_held
    a_greet_of_another_protocol_is_refused
    a_push_is_answered_when_it_is_durable
    a_repeated_push_changes_nothing
    a_gap_is_refused_with_the_durable_size
    a_stale_epoch_or_generation_is_refused_with_the_position_in_force
    another_history_is_refused_with_both_roots
    a_pull_gives_letters_and_the_own_journal_byte_for_byte
    a_pull_waits_for_news
    what_is_anothers_is_refused
    a_file_is_taken_behind_its_record_and_given_back
}

/// Nobody could tell a suite that holds under faults from one that has never met any.
#[tokio::test]
async fn every_call_meets_every_fate() {
    let faults = Faults::new(knobs::seed(), "every call meets every fate");
    for promise in PROMISES {
        hold_with(&faults, promise).await;
    }
    let counts = faults.counts();
    for call in CALLS {
        for fate in FATES {
            assert!(counts.contains_key(&(call, fate)), "no {call} met {fate:?}: {counts:?}");
        }
    }
}
