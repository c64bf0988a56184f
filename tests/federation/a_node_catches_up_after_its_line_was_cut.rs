//! A line that is cut in the middle of whatever is sent costs time, never an entry.

use std::time::Duration;

use sanheyi_tests::faults::Proxy;
use sanheyi_tests::fixtures::new_complaints;
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{World, assert_converged, journal_of, settled};

#[tokio::test]
async fn after_every_cut_it_goes_on_and_nothing_is_lost_or_doubled() {
    let mut world = World::new(10, &["jintan"]).await;
    let proxy = Proxy::before(world.hub.address()).await;
    let mut node = world.node("jintan").await;
    node.dial = proxy.address();
    node.dial_on().await;
    // In the handshake, in the Greet, at the beginning and in the middle of a window.
    for (round, bytes) in (0..).zip([700, 3_500, 6_000, 20_000, 60_000, 90_000]) {
        let torn = proxy.torn();
        proxy.cut_after(bytes);
        proxy.cut();
        let first = 1 + round * 4000;
        node.submit(new_complaints(first..first + 4000)).await;
        until("the line was torn", async || proxy.torn() > torn).await;
    }
    until("all is answered", async || settled(node.store()).await).await;
    assert_converged(&world, &node).await;
    assert_eq!(journal_of(&node).await.head.size, 24_000);
}

#[tokio::test]
async fn while_nobody_answers_it_writes_and_says_that_the_line_is_down() {
    let mut world = World::new(11, &["jintan"]).await;
    let proxy = Proxy::before(world.hub.address()).await;
    let mut node = world.node("jintan").await;
    node.dial = proxy.address();
    node.submit(new_complaints(1..101)).await;
    node.dial_on().await;
    until("all is answered", async || settled(node.store()).await).await;

    proxy.refuse(true);
    proxy.cut();
    until("it says that the line is down", async || node.link_row().await.phase == "down").await;
    node.submit(new_complaints(101..201)).await;
    assert!(!node.link_row().await.detail.is_empty(), "and why");

    proxy.refuse(false);
    until("all is answered", async || settled(node.store()).await).await;
    until("it says that it is live", async || node.link_row().await.phase == "live").await;
    assert_converged(&world, &node).await;
}

#[tokio::test]
async fn a_slow_line_carries_everything_too() {
    let mut world = World::new(12, &["jintan"]).await;
    let proxy = Proxy::before(world.hub.address()).await;
    proxy.delay(Duration::from_millis(20));
    let mut node = world.node("jintan").await;
    node.dial = proxy.address();
    node.submit(new_complaints(1..2001)).await;
    let _link = node.settle().await;
    assert_converged(&world, &node).await;
}
