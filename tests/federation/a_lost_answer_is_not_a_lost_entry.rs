//! Durable, then answered: when the answer is lost, what was admitted stays admitted, once.

use sanheyi_exchange_spec::ids::EpochId;
use sanheyi_node::uplink::port::HubPort as _;
use sanheyi_node::uplink::sync::Outcome;
use sanheyi_tests::faults::Proxy;
use sanheyi_tests::fixtures::new_complaints;
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{World, assert_converged, hub_rows, id, journal_of, settled};

async fn size_at_hub(world: &World) -> u64 {
    let rows = hub_rows(world, &id("jintan")).await;
    rows.iter().find(|row| !row.home).map_or(0, |row| row.head.size)
}

#[tokio::test]
async fn of_a_push() {
    let mut world = World::new(20, &["jintan"]).await;
    let proxy = Proxy::before(world.hub.address()).await;
    let mut node = world.node("jintan").await;
    node.dial = proxy.address();
    node.dial_on().await;
    until("the link is live", async || node.link_row().await.phase == "live").await;

    proxy.lose_answers(true);
    node.submit(new_complaints(1..101)).await;
    until("the hub has them", async || size_at_hub(&world).await == 100).await;
    let row = journal_of(&node).await;
    assert_eq!(node.store().receipt_counts(row.number).await.unwrap().1, 0, "no answer came");
    proxy.lose_answers(false);
    proxy.cut();

    until("all is answered", async || settled(node.store()).await).await;
    assert_converged(&world, &node).await;
    assert_eq!(size_at_hub(&world).await, 100, "nothing is there twice");
}

#[tokio::test]
async fn of_a_greet() {
    let mut world = World::new(21, &["jintan"]).await;
    let proxy = Proxy::before(world.hub.address()).await;
    let mut node = world.node("jintan").await;
    node.dial = proxy.address();
    node.submit(new_complaints(1..11)).await;

    let mut link = node.link().await;
    proxy.lose_answers(true);
    assert_eq!(link.step().await, Outcome::Going, "the next epoch is stored");
    // No answer comes, so that stepping can be given up once the hub has granted.
    tokio::select! {
        outcome = link.step() => panic!("an answer came: {outcome:?}"),
        () = until("the hub has granted", async || hub_rows(&world, &id("jintan")).await.len() == 4) => {}
    }
    proxy.lose_answers(false);
    proxy.cut();
    assert!(matches!(link.end().await, Outcome::Reconnect { pause: true, .. }));
    let row = journal_of(&node).await;
    let greeting = node.store().greeting_get(row.number).await.unwrap();
    assert_eq!(greeting.holds.len(), 2, "it may hold the old epoch, or the one it asked for");
    assert_eq!(greeting.holds[0], EpochId::ZERO);

    let _link = node.settle().await;
    assert_converged(&world, &node).await;
    assert_eq!(journal_of(&node).await.serial, 2, "two Greets, two grants, one machine");
}

#[tokio::test]
async fn the_same_greet_again_changes_nothing() {
    let world = World::new(22, &["jintan"]).await;
    let mut world = world;
    let foreign = world.foreign("jintan").await;
    let call = foreign.greet_call();
    let first = foreign.port.greet(call.clone()).await.unwrap();
    let again = foreign.port.greet(call).await.unwrap();
    assert_eq!(first, again);
    let rows = hub_rows(&world, &id("jintan")).await;
    assert_eq!(rows.iter().map(|row| row.serial).max(), Some(1));
}
