//! A folder was copied to a second machine: one of the two goes on, the other is held and says so.

use std::path::PathBuf;

use sanheyi_exchange_spec::error::Code;
use sanheyi_node::branch::SubmitError;
use sanheyi_tests::fixtures::new_complaints;
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{NodeMachine, World, assert_converged, copy_folder, settled};

/// A node whose first complaints, up to `past`, are answered, closed; and a copy of its folder.
async fn copied(seed: u64, past: u64) -> (World, NodeMachine, PathBuf) {
    let mut world = World::new(seed, &["jintan"]).await;
    let mut original = world.node("jintan").await;
    original.submit(new_complaints(1..past)).await;
    drop(original.settle().await);
    original.close().await;
    let folder = world.folder("clone");
    copy_folder(original.folder(), &folder);
    (world, original, folder)
}

#[tokio::test]
async fn the_one_that_greets_first_goes_on() {
    let (mut world, mut original, folder) = copied(30, 51).await;

    original.open().await;
    original.submit(new_complaints(51..61)).await;
    drop(original.settle().await);

    let mut clone = world.node_at(&folder).await;
    clone.submit(new_complaints(1000..1001)).await;
    clone.dial_on().await;
    until("the clone is held", async || clone.link_row().await.phase == "held:identity_held").await;
    let detail = clone.link_row().await.detail;
    assert!(detail.contains(Code::IdentityHeld.remedy_zh()), "{detail}");
    let refused = clone.try_submit(new_complaints(1001..1002)).await;
    assert!(matches!(refused, Err(SubmitError::Held(Code::IdentityHeld))), "{refused:?}");

    // It is not forgotten with the process.
    clone.close().await;
    clone.open().await;
    let refused = clone.try_submit(new_complaints(1001..1002)).await;
    assert!(matches!(refused, Err(SubmitError::Held(Code::IdentityHeld))), "{refused:?}");

    original.submit(new_complaints(61..71)).await;
    let _link = original.settle().await;
    assert_converged(&world, &original).await;
}

#[tokio::test]
async fn and_it_may_be_the_copy() {
    let (mut world, mut original, folder) = copied(31, 11).await;
    let mut clone = world.node_at(&folder).await;
    original.open().await;

    clone.dial_on().await;
    clone.submit(new_complaints(11..21)).await;
    until("the clone's entries are answered", async || settled(clone.store()).await).await;
    original.dial_on().await;
    until("the original is held", async || original.link_row().await.phase == "held:identity_held")
        .await;
    assert_converged(&world, &clone).await;
}

#[tokio::test]
async fn an_operator_may_have_the_other_one_go_on() {
    let (mut world, mut original, folder) = copied(32, 11).await;
    original.open().await;
    drop(original.settle().await);
    let mut clone = world.node_at(&folder).await;
    clone.submit(new_complaints(11..21)).await;
    clone.dial_on().await;
    until("the clone is held", async || clone.link_row().await.phase == "held:identity_held").await;
    clone.close().await;

    clone.open().await;
    world.readmit(&clone).await;
    clone.dial_on().await;
    until("the clone's entries are answered", async || settled(clone.store()).await).await;
    assert_converged(&world, &clone).await;
    clone.submit(new_complaints(21..31)).await;

    original.dial_on().await;
    until("the original is held", async || original.link_row().await.phase == "held:identity_held")
        .await;
}

#[tokio::test]
async fn the_one_that_was_replaced_finds_out_although_it_has_nothing_to_push() {
    let (mut world, mut original, folder) = copied(33, 11).await;
    original.open().await;
    original.dial_on().await;
    until("the original is live", async || original.link_row().await.phase == "live").await;
    let clone = world.node_at(&folder).await;
    world.readmit(&clone).await;
    let _link = clone.settle().await;
    until("the original is held", async || original.link_row().await.phase == "held:identity_held")
        .await;
}
