//! A machine is lost with its disk, keys and all. A new one enrols: its journal comes back from the
//! hub, it writes on with a key of its own, and what the old one signed stays verifiable.

use std::fs;

use sanheyi_exchange_spec::ids::{Lane, PlatformId};
use sanheyi_exchange_spec::suite::VerifyingKey;
use sanheyi_hub::store::{certificate_list, former_key_list};
use sanheyi_node::enrol::enrol;
use sanheyi_tests::fixtures::new_complaints;
use sanheyi_tests::patience::{until, within};
use sanheyi_tests::world::{NodeMachine, World, assert_converged, hub_rows, id, journal_of};

const JINTAN: &str = "jintan";

/// A new machine of jintan, enrolled and open.
async fn new_machine(world: &mut World, folder: &str, replaces: bool) -> NodeMachine {
    let token = world.token(JINTAN, replaces).await;
    let parts = world.machine(folder, &token);
    let done = within("the machine is enrolled", enrol(&parts, |_| {})).await.unwrap();
    assert_eq!(done.platform, id(JINTAN));
    world.node_at(&parts.folder).await
}

/// A machine that has written `1..31`, as it stood when it was lost.
async fn lost(world: &mut World) -> (NodeMachine, VerifyingKey) {
    let node = world.node(JINTAN).await;
    node.submit(new_complaints(1..31)).await;
    let _link = node.settle().await;
    let key = node.parts().key.verifying();
    (node, key)
}

/// The key by which everybody verifies jintan at a sequence number, as the broadcast says.
async fn listed(world: &World, at: u64, due: VerifyingKey) {
    let platform: PlatformId = id(JINTAN);
    until("the broadcast says whose key it is", async || {
        let rules = world.hub.exchange().rulebook();
        rules.key_of(&platform, Lane::Normal, at) == Some(due)
    })
    .await;
}

#[tokio::test]
async fn and_its_journal_comes_back_with_equal_roots() {
    let mut world = World::new(910, &[JINTAN]).await;
    let (mut node, first) = lost(&mut world).await;
    let before = journal_of(&node).await.head;
    let serial = node.serial();
    node.kill().await;
    fs::remove_dir_all(world.folder(JINTAN)).unwrap();

    let node = new_machine(&mut world, "new", true).await;
    let second = node.parts().key.verifying();
    assert_ne!(first, second);
    // It works before it has heard of the hub, too.
    node.submit(new_complaints(500..503)).await;
    let mut link = node.settle().await;
    let now = journal_of(&node).await.head;
    assert_eq!((&now.journal, now.size), (&before.journal, 33), "the very same journal");
    let row = journal_of(&node).await;
    assert_eq!(node.store().root_at(row.number, 30).await.unwrap(), before.root);
    node.submit(new_complaints(31..41)).await;
    assert!(link.settle(node.store()).await, "it writes on");
    assert_converged(&world, &node).await;

    let store = world.hub.store(&id(JINTAN));
    let certificates = certificate_list(&store).await.unwrap();
    let old = certificates.iter().find(|row| row.serial == serial).unwrap();
    assert!(old.revoked.is_some(), "the lost machine's certificate is revoked");
    assert_eq!(certificates.iter().filter(|row| row.revoked.is_none()).count(), 1);
    listed(&world, 29, first).await;
    listed(&world, 30, second).await;
    let former = former_key_list(&world.hub.database()).await.unwrap();
    assert_eq!(former.len(), 1);
    assert_eq!((former[0].normal, former[0].key), (30, first));
}

#[tokio::test]
async fn also_one_that_never_wrote() {
    let mut world = World::new(911, &[JINTAN]).await;
    // The first was lost before it ever called, and so is the second.
    let mut never = new_machine(&mut world, "second", true).await;
    never.kill().await;
    let mut third = new_machine(&mut world, "third", true).await;
    third.submit(new_complaints(1..11)).await;
    drop(third.settle().await);
    assert_converged(&world, &third).await;
    let third_key = third.parts().key.verifying();
    listed(&world, 0, third_key).await;
    third.kill().await;
    // And two more, the first of which takes over and writes nothing.
    let mut fourth = new_machine(&mut world, "fourth", true).await;
    drop(fourth.settle().await);
    fourth.kill().await;
    let fifth = new_machine(&mut world, "fifth", true).await;
    fifth.submit(new_complaints(11..21)).await;
    drop(fifth.settle().await);
    assert_converged(&world, &fifth).await;
    listed(&world, 9, third_key).await;
    listed(&world, 10, fifth.parts().key.verifying()).await;
    // What the broadcast says survives the hub.
    world.hub.stop().await;
    world.hub.start().await;
    listed(&world, 9, third_key).await;
    listed(&world, 10, fifth.parts().key.verifying()).await;
}

#[tokio::test]
async fn and_the_lost_one_is_held_when_it_turns_up() {
    let mut world = World::new(912, &[JINTAN]).await;
    let (mut old, _) = lost(&mut world).await;
    // Nothing was revoked: its epoch alone is what holds it.
    let node = new_machine(&mut world, "new", false).await;
    let _link = node.settle().await;
    let size = hub_rows(&world, &id(JINTAN)).await[0].head.size;
    old.submit(new_complaints(31..33)).await;
    old.dial_on().await;
    until("it is held", async || old.link_row().await.phase == "held:identity_held").await;
    let rows = hub_rows(&world, &id(JINTAN)).await;
    assert_eq!(rows[0].head.size, size, "nothing of it was taken");
    assert_converged(&world, &node).await;
}
