//! The contract of the port to a hub: one suite, held against every form of it. Whoever makes a
//! third form adds a line to [`on_every_form`].

#![expect(clippy::unwrap_used, reason = "in tests a panic is the report")]

mod suite;

use sanheyi_tests::world::World;

/// Makes a test of every promise for every form of the port.
macro_rules! on_every_form {
    ($($promise:ident)*) => {
        mod local {
            use super::*;
            $(#[tokio::test]
            async fn $promise() {
                let mut world = World::new(7, &["jintan", "wujin"]).await;
                let (jintan, wujin) = (world.local("jintan").await, world.local("wujin").await);
                suite::$promise(&world, jintan, wujin).await;
            })*
        }
        mod grpc {
            use super::*;
            $(#[tokio::test]
            async fn $promise() {
                let mut world = World::new(7, &["jintan", "wujin"]).await;
                let (jintan, wujin) = (world.foreign("jintan").await, world.foreign("wujin").await);
                suite::$promise(&world, jintan, wujin).await;
            })*
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
}
