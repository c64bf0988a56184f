//! ... and appends its own again. What the hub has becomes the prefix; what only the restored
//! machine has is appended behind it, byte for byte, and never twice.

use sanheyi_node::branch::Appended;
use sanheyi_tests::fixtures::{handling_on, new_complaints};
use sanheyi_tests::world::{
    NodeMachine, World, assert_converged, copy_folder, hub_rows, id, journal_of,
};

/// A node whose backup is older than what the hub has: in the backup 100 entries, at the hub 150.
async fn lost_machine(world: &mut World) -> Vec<Appended> {
    let mut node = world.node("jintan").await;
    let first = node.submit(new_complaints(1..101)).await;
    let mut link = node.settle().await;
    copy_folder(node.folder(), &world.folder("backup"));
    node.submit(new_complaints(101..151)).await;
    assert!(link.settle(node.store()).await, "they go up in the same epoch");
    node.kill().await;
    first
}

async fn restored(world: &mut World) -> NodeMachine {
    copy_folder(&world.folder("backup"), &world.folder("restored"));
    let folder = world.folder("restored");
    world.node_at(&folder).await
}

#[tokio::test]
async fn an_idle_backup_takes_over_what_the_hub_has() {
    let mut world = World::new(40, &["jintan"]).await;
    lost_machine(&mut world).await;
    let node = restored(&mut world).await;
    assert_eq!(journal_of(&node).await.head.size, 100);
    let _link = node.settle().await;
    assert_eq!(journal_of(&node).await.head.size, 150);
    assert_converged(&world, &node).await;
}

#[tokio::test]
async fn a_backup_that_was_written_to_appends_its_own_again_byte_for_byte() {
    let mut world = World::new(41, &["jintan"]).await;
    let first = lost_machine(&mut world).await;
    let node = restored(&mut world).await;
    let mut own = node.submit(new_complaints(500..511)).await;
    own.extend(node.submit(vec![handling_on(1, 1, &first[0])]).await);
    let mut link = node.settle().await;
    assert_eq!(journal_of(&node).await.head.size, 162);
    assert_converged(&world, &node).await;
    let row = journal_of(&node).await;
    for (sequence, own) in (150..).zip(own) {
        let shown = node.store().entry_get(row.number, sequence).await.unwrap().unwrap();
        assert_eq!(shown.digest, own.digest, "entry {sequence} is the one that was written");
    }
    node.submit(new_complaints(600..601)).await;
    assert!(link.settle(node.store()).await, "and it goes on");
    assert_converged(&world, &node).await;
}

#[tokio::test]
async fn restored_twice_it_appends_nothing_twice() {
    let mut world = World::new(42, &["jintan"]).await;
    lost_machine(&mut world).await;
    let mut node = restored(&mut world).await;
    node.submit(new_complaints(500..511)).await;
    node.close().await;
    copy_folder(&world.folder("restored"), &world.folder("again"));
    node.open().await;
    drop(node.settle().await);
    node.kill().await;
    assert_eq!(hub_rows(&world, &id("jintan")).await[0].head.size, 161);

    let folder = world.folder("again");
    let node = world.node_at(&folder).await;
    world.readmit(&node).await;
    let _link = node.settle().await;
    assert_eq!(journal_of(&node).await.head.size, 161, "all of it is there already");
    assert_converged(&world, &node).await;
}

#[tokio::test]
async fn a_new_machine_gets_everything_back() {
    let mut world = World::new(43, &["jintan"]).await;
    lost_machine(&mut world).await;
    // Keys and epochs of the backup, and a journal that it had just opened.
    let node = restored(&mut world).await;
    let _link = node.settle().await;
    let listed = node.store().record_list(None, 1000).await.unwrap();
    assert_eq!(listed.len(), 150);
    assert!(listed.iter().all(|view| view.standing.is_some()), "each with its answer");
}
