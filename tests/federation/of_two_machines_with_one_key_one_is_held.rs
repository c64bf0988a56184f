//! A folder was copied to a second machine: one of the two goes on, the other is held and says so.

use sanheyi_exchange_spec::error::Code;
use sanheyi_node::branch::SubmitError;
use sanheyi_tests::fixtures::new_cases;
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{World, assert_converged, copy_folder, settled};

#[tokio::test]
async fn the_one_that_greets_first_goes_on() {
    let mut world = World::new(30, &["jintan"]).await;
    let mut original = world.node("jintan").await;
    original.submit(new_cases(1..51)).await;
    drop(original.settle().await);
    original.close().await;
    let folder = world.folder("clone");
    copy_folder(original.folder(), &folder);

    original.open().await;
    original.submit(new_cases(51..61)).await;
    drop(original.settle().await);

    let mut clone = world.node_at(&folder).await;
    clone.submit(new_cases(1000..1001)).await;
    clone.dial_on().await;
    until("the clone is held", async || clone.link_row().await.phase == "held:identity_held").await;
    let detail = clone.link_row().await.detail;
    assert!(detail.contains(Code::IdentityHeld.remedy_zh()), "{detail}");
    let refused = clone.try_submit(new_cases(1001..1002)).await;
    assert!(matches!(refused, Err(SubmitError::Held(Code::IdentityHeld))), "{refused:?}");

    // It is not forgotten with the process.
    clone.close().await;
    clone.open().await;
    let refused = clone.try_submit(new_cases(1001..1002)).await;
    assert!(matches!(refused, Err(SubmitError::Held(Code::IdentityHeld))), "{refused:?}");

    original.submit(new_cases(61..71)).await;
    let _link = original.settle().await;
    assert_converged(&world, &original).await;
}

#[tokio::test]
async fn and_it_may_be_the_copy() {
    let mut world = World::new(31, &["jintan"]).await;
    let mut original = world.node("jintan").await;
    original.submit(new_cases(1..11)).await;
    drop(original.settle().await);
    original.close().await;
    let folder = world.folder("clone");
    copy_folder(original.folder(), &folder);
    let mut clone = world.node_at(&folder).await;
    original.open().await;

    clone.dial_on().await;
    clone.submit(new_cases(11..21)).await;
    until("the clone's entries are answered", async || settled(clone.store()).await).await;
    original.dial_on().await;
    until("the original is held", async || original.link_row().await.phase == "held:identity_held")
        .await;
    assert_converged(&world, &clone).await;
}

#[tokio::test]
async fn an_operator_may_have_the_other_one_go_on() {
    let mut world = World::new(32, &["jintan"]).await;
    let mut original = world.node("jintan").await;
    original.submit(new_cases(1..11)).await;
    drop(original.settle().await);
    original.close().await;
    let folder = world.folder("clone");
    copy_folder(original.folder(), &folder);
    original.open().await;
    drop(original.settle().await);
    let mut clone = world.node_at(&folder).await;
    clone.submit(new_cases(11..21)).await;
    clone.dial_on().await;
    until("the clone is held", async || clone.link_row().await.phase == "held:identity_held").await;
    clone.close().await;

    clone.open().await;
    world.readmit(&clone).await;
    clone.dial_on().await;
    until("the clone's entries are answered", async || settled(clone.store()).await).await;
    assert_converged(&world, &clone).await;
    clone.submit(new_cases(21..31)).await;

    original.dial_on().await;
    until("the original is held", async || original.link_row().await.phase == "held:identity_held")
        .await;
}

#[tokio::test]
async fn the_one_that_was_replaced_finds_out_although_it_has_nothing_to_push() {
    let mut world = World::new(33, &["jintan"]).await;
    let mut original = world.node("jintan").await;
    original.submit(new_cases(1..11)).await;
    drop(original.settle().await);
    original.close().await;
    let folder = world.folder("clone");
    copy_folder(original.folder(), &folder);
    original.open().await;
    original.dial_on().await;
    until("the original is live", async || original.link_row().await.phase == "live").await;
    let clone = world.node_at(&folder).await;
    world.readmit(&clone).await;
    let _link = clone.settle().await;
    until("the original is held", async || original.link_row().await.phase == "held:identity_held")
        .await;
}
