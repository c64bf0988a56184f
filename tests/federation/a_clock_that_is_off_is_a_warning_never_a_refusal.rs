//! Clocks order and merge nothing. One that is off is shown, and everything flows.

use std::sync::Arc;
use std::time::Duration;

use sanheyi_exchange_spec::limits::CLOCK_SKEW_MICROS;
use sanheyi_node::process::clock::{Clock as _, ManualClock};
use sanheyi_tests::fixtures::new_complaints;
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{World, assert_converged, settled};

/// A node whose clock is `off` microseconds behind the hub's.
async fn flows_with(seed: u64, off: i64) {
    let mut world = World::new(seed, &["jintan"]).await;
    // Certificates are older than any clock here is off.
    world.clock.advance(Duration::from_secs(2 * 86_400));
    let mut node = world.node("jintan").await;
    node.close().await;
    node.set_clock(Arc::new(ManualClock::new(world.clock.now().plus_micros(-off))));
    node.open().await;
    node.submit(new_complaints(1..21)).await;
    node.dial_on().await;
    until("all is answered", async || settled(node.store()).await).await;
    until("the link is live", async || node.link_row().await.phase == "live").await;
    assert_eq!(node.link_row().await.skew, off, "the hub's clock less ours");
    assert_converged(&world, &node).await;
}

#[tokio::test]
async fn at_the_bound_and_beyond_it_either_way() {
    flows_with(110, CLOCK_SKEW_MICROS).await;
    flows_with(120, CLOCK_SKEW_MICROS + 1).await;
    flows_with(130, -CLOCK_SKEW_MICROS - 1).await;
    flows_with(140, 86_400_000_000).await;
}

#[tokio::test]
async fn a_clock_that_is_set_back_does_not_turn_the_journals_time_back() {
    let mut world = World::new(150, &["jintan"]).await;
    let node = world.node("jintan").await;
    node.submit(new_complaints(1..3)).await;
    let before = world.clock.now();
    world.clock.set(before.plus_micros(-60_000_000));
    node.submit(new_complaints(3..5)).await;
    let row = sanheyi_tests::world::journal_of(&node).await;
    for sequence in 0..4 {
        let shown = node.store().entry_get(row.number, sequence).await.unwrap().unwrap();
        assert_eq!(shown.header.recorded, before);
    }
    let _link = node.settle().await;
    assert_converged(&world, &node).await;
}
