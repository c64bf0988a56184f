//! Records go up, answers come down, and both stores have the same root, recomputed from bytes.

use sanheyi_tests::fixtures::{
    POWER, handling_on, new_case, new_complaints, new_item, new_step, next_complaint,
};
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{World, assert_converged, journal_of, settled};

#[tokio::test]
async fn a_thousand_records_reach_the_hub_and_are_answered() {
    let mut world = World::new(1, &["jintan"]).await;
    let node = world.node("jintan").await;
    let appended = node.submit(new_complaints(1..1001)).await;
    assert_eq!(appended.len(), 1000);
    let _link = node.settle().await;
    assert_converged(&world, &node).await;
    assert_eq!(journal_of(&node).await.head.size, 1000);
}

#[tokio::test]
async fn several_datasets_and_later_revisions_flow_while_the_line_stands() {
    let mut world = World::new(2, &["jintan"]).await;
    let mut node = world.node("jintan").await;
    node.dial_on().await;
    node.submit(vec![new_item(POWER)]).await;
    for serial in 1..21 {
        let head = node.submit(new_complaints(serial..serial + 1)).await[0];
        let title = "变更后的标题";
        let head = node.submit(vec![next_complaint(serial, &head, title)]).await[0];
        node.submit(vec![handling_on(serial, 1, &head)]).await;
        node.submit(vec![new_item(serial), new_case(serial), new_step(serial, 1)]).await;
    }
    until("all is answered", async || settled(node.store()).await).await;
    node.hang_up().await;
    assert_converged(&world, &node).await;
    let row = journal_of(&node).await;
    let (counts, _) = node.store().receipt_counts(row.number).await.unwrap();
    assert_eq!((counts.accepted, row.head.size), (121, 121), "all are accepted");
}

#[tokio::test]
async fn it_goes_on_after_either_was_stopped_or_killed() {
    let mut world = World::new(3, &["jintan"]).await;
    let mut node = world.node("jintan").await;
    node.submit(new_complaints(1..301)).await;
    drop(node.settle().await);
    node.close().await;
    world.hub.stop().await;

    node.open().await;
    node.dial_on().await;
    node.submit(new_complaints(301..401)).await;
    until("the link is seen to be down", async || node.link_row().await.phase == "down").await;
    world.hub.start().await;
    until("all is answered", async || settled(node.store()).await).await;
    assert_converged(&world, &node).await;

    world.hub.kill().await;
    node.submit(new_complaints(401..501)).await;
    node.kill().await;
    world.hub.start().await;
    node.open().await;
    let _link = node.settle().await;
    assert_converged(&world, &node).await;
    assert_eq!(journal_of(&node).await.head.size, 500);
}
