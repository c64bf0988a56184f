//! The hub's authority is replaced by another one, and nobody stops: nodes hear whom to trust, say
//! that they do, renew, and only then the former one ends. Who slept through it is named, and
//! still gets in before that.

use std::time::Duration;

use sanheyi_hub::certificates::{RotationError, RotationReport, SEEN_DAYS};
use sanheyi_hub::store::AuthorityState;
use sanheyi_node::process::clock::Clock as _;
use sanheyi_tests::fixtures::new_complaints;
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{NodeMachine, World, assert_converged, copy_folder, settled};

const DAY: Duration = Duration::from_secs(86_400);

async fn report(world: &World) -> RotationReport {
    world.hub.certificates().rotation().await.unwrap()
}

/// The authorities that a node trusts.
fn trusted(node: &NodeMachine) -> String {
    std::fs::read_to_string(node.config().identity().now().ca).unwrap()
}

async fn signs_next(world: &World) {
    until("the next authority signs", async || report(world).await.has(AuthorityState::Former))
        .await;
}

async fn flows(node: &NodeMachine, serials: std::ops::Range<u64>) {
    node.submit(new_complaints(serials)).await;
    until("everything is answered", async || settled(node.store()).await).await;
    let row = node.link_row().await;
    assert_eq!((row.phase.as_str(), row.detail.as_str()), ("live", ""));
}

#[tokio::test]
async fn and_who_slept_through_it_is_named_and_still_gets_in() {
    let mut world = World::new(620, &["jintan", "liyang", "wujin"]).await;
    let (mut jintan, mut wujin) = (world.node("jintan").await, world.node("wujin").await);
    let mut liyang = world.node("liyang").await;
    drop(liyang.settle().await);
    // Liyang sleeps for longer than anybody is waited for.
    world.clock.advance(DAY * 31);
    const { assert!(31 > SEEN_DAYS) };
    for node in [&mut jintan, &mut wujin] {
        node.dial_on().await;
        flows(node, 1..4).await;
    }
    let certificates = world.hub.certificates();
    certificates.rotate("cli:test").await.unwrap();
    assert!(matches!(certificates.rotate("cli:test").await, Err(RotationError::UnderWay)));
    assert_eq!(report(&world).await.unconfirmed(), ["jintan", "wujin"]);
    flows(&jintan, 4..7).await;
    jintan.keep_identity().await.unwrap();
    assert_eq!(report(&world).await.unconfirmed(), ["wujin"]);
    assert!(!report(&world).await.has(AuthorityState::Former));
    let refused = certificates.finish(&[], "cli:test").await;
    assert!(matches!(refused, Err(RotationError::NotSigning(names)) if names == ["wujin"]));
    wujin.keep_identity().await.unwrap();
    signs_next(&world).await;

    // Told so, they renew; what flows goes on flowing.
    let before = jintan.serial();
    flows(&jintan, 7..10).await;
    for node in [&jintan, &wujin] {
        node.keep_identity().await.unwrap();
    }
    assert_ne!(jintan.serial(), before);
    for node in [&mut jintan, &mut wujin] {
        node.hang_up().await;
        node.dial_on().await;
        flows(node, 10..13).await;
    }
    assert_eq!(report(&world).await.unrenewed(), ["liyang"]);
    let refused = certificates.finish(&[], "cli:test").await;
    assert!(matches!(refused, Err(RotationError::Living(names)) if names == ["liyang"]));

    // It wakes up, is let in by its old certificate, and catches up with everything.
    liyang.dial_on().await;
    flows(&liyang, 1..3).await;
    liyang.keep_identity().await.unwrap();
    liyang.hang_up().await;
    liyang.dial_on().await;
    flows(&liyang, 3..5).await;
    assert!(report(&world).await.unrenewed().is_empty());

    certificates.finish(&[], "cli:test").await.unwrap();
    let bundle = certificates.bundle().await.unwrap();
    assert_eq!(bundle.matches("BEGIN CERTIFICATE").count(), 1);
    // The hub shows a certificate of the new one now; nodes drop the former one at their next look.
    let now = world.clock.now();
    until("nodes trust the new authority alone", async || {
        let asked = jintan.keeper().ask(now).await;
        asked.is_ok() && report(&world).await.platforms.iter().any(|one| one.confirmed)
    })
    .await;
    for node in [&mut jintan, &mut wujin, &mut liyang] {
        node.hang_up().await;
        node.dial_on().await;
        flows(node, 20..23).await;
        node.hang_up().await;
        assert_converged(&world, node).await;
    }
}

#[tokio::test]
async fn and_no_line_drops_meanwhile_and_the_former_one_opens_no_door_afterwards() {
    let mut world = World::new(623, &["jintan", "wujin"]).await;
    let (mut jintan, mut wujin) = (world.node("jintan").await, world.node("wujin").await);
    // The machine as it is under the former authority.
    jintan.close().await;
    let former = world.folder("former");
    copy_folder(jintan.folder(), &former);
    jintan.open().await;
    for node in [&mut jintan, &mut wujin] {
        node.dial_on().await;
        flows(node, 1..4).await;
    }
    let before = [jintan.link_row().await.since, wujin.link_row().await.since];
    let (serials, bundle) = ([jintan.serial(), wujin.serial()], trusted(&jintan));
    // A line that were made again from here on would stand since later.
    world.clock.advance(Duration::from_secs(3600));
    let certificates = world.hub.certificates();
    certificates.rotate("cli:test").await.unwrap();
    for node in [&jintan, &wujin] {
        node.keep_identity().await.unwrap();
        assert_ne!(trusted(node), bundle, "it trusts both");
        flows(node, 4..7).await;
    }
    signs_next(&world).await;
    for (node, serial) in [&jintan, &wujin].into_iter().zip(&serials) {
        node.keep_identity().await.unwrap();
        assert_ne!(node.serial(), *serial, "it has a certificate of the next one");
        flows(node, 7..10).await;
    }
    until("the hub has seen the new certificates", async || {
        for node in [&jintan, &wujin] {
            node.keep_identity().await.unwrap();
        }
        report(&world).await.unrenewed().is_empty()
    })
    .await;
    certificates.finish(&[], "cli:test").await.unwrap();
    let last = certificates.bundle().await.unwrap();
    for node in [&jintan, &wujin] {
        until("the node trusts the next authority alone", async || {
            node.keeper().ask(world.clock.now()).await.is_ok() && trusted(node) == last
        })
        .await;
        flows(node, 10..13).await;
    }
    let after = [jintan.link_row().await.since, wujin.link_row().await.since];
    assert_eq!(after, before, "no line dropped");

    // Who knows the former one alone does not believe the hub; and if it did, it is not believed.
    jintan.hang_up().await;
    jintan.close().await;
    let mut old = world.node_at(&former).await;
    assert!(old.line().await.is_err(), "the hub shows a certificate of the next one");
    old.close().await;
    std::fs::write(former.join("ca.pem"), &last).unwrap();
    let mut old = world.node_at(&former).await;
    old.dial_on().await;
    until("the node is held", async || old.link_row().await.phase.starts_with("held:")).await;
    assert_eq!(old.link_row().await.phase, "held:unauthorised");
    old.hang_up().await;
    old.close().await;
    // The machine with the new certificate goes on.
    jintan.open().await;
    drop(jintan.settle().await);
    assert_converged(&world, &jintan).await;
}

#[tokio::test]
async fn and_a_rotation_goes_on_after_a_crash() {
    let mut world = World::new(621, &["jintan"]).await;
    let mut node = world.node("jintan").await;
    drop(node.settle().await);
    // The files are there, and the store has not heard of them: killed between the two.
    let setup = world.setup().clone();
    let now = world.clock.now();
    let next = sanheyi_hub::authority::make_next(
        &world.hub.folder(),
        &setup.hub,
        now,
        setup.entropy.as_ref(),
    );
    let key = next.unwrap().key_digest();
    assert_eq!(report(&world).await.authorities.len(), 1);
    world.hub.kill().await;
    world.hub.start().await;
    let known = report(&world).await;
    assert!(known.authorities.iter().any(|one| one.row.key == key && one.key_here));
    node.keep_identity().await.unwrap();
    signs_next(&world).await;
    world.hub.kill().await;
    world.hub.start().await;
    node.keep_identity().await.unwrap();
    node.dial_on().await;
    flows(&node, 1..4).await;
    world.hub.certificates().finish(&[], "cli:test").await.unwrap();
    node.hang_up().await;
    node.close().await;
    world.hub.stop().await;
    world.hub.start().await;
    node.open().await;
    drop(node.settle().await);
    assert_converged(&world, &node).await;
}

#[tokio::test]
async fn and_a_hub_whose_authority_is_kept_offline_says_so_and_goes_on() {
    let mut world = World::new(622, &["jintan"]).await;
    let node = world.node("jintan").await;
    drop(node.settle().await);
    let key = world.hub.folder().join("ca.key");
    let away = world.hub.folder().join("offline");
    std::fs::rename(&key, &away).unwrap();
    world.clock.advance(DAY * 641);
    let refused = node.keep_identity().await.unwrap_err().to_string();
    assert!(refused.contains("证书"), "{refused}");
    let known = report(&world).await;
    let found = sanheyi_hub::certificates::health::authority_findings(
        &world.setup().hub,
        &known.authorities,
        world.clock.now(),
    );
    assert!(found.iter().any(|one| one.name == "authority.offline"), "{found:?}");
    drop(node.settle().await);
    std::fs::rename(&away, &key).unwrap();
    node.keep_identity().await.unwrap();
    drop(node.settle().await);
}
