//! Certificates end, and nobody has to think of it: a node renews its own in good time, a hub its
//! own, and the line that stands is not touched. What does not renew itself is named, more gravely
//! every time.

use std::time::Duration;

use sanheyi_exchange_spec::health::Severity;
use sanheyi_hub::certificates::LIVING_MOST;
use sanheyi_hub::certificates::health::certificate_findings;
use sanheyi_hub::store::{Origin, certificate_list, certificate_living};
use sanheyi_node::identity::health::{Validity, certificate_finding};
use sanheyi_node::identity::keeper::KeepError;
use sanheyi_node::process::clock::Clock as _;
use sanheyi_node::process::lifecycle::Shutdown;
use sanheyi_node::uplink::port::CallError;
use sanheyi_tests::fixtures::new_complaints;
use sanheyi_tests::patience::{until, within};
use sanheyi_tests::world::{HUB, NodeMachine, World, assert_converged, id, settled};

const DAY: Duration = Duration::from_secs(86_400);

/// The line stands, and has not been down since the last look.
async fn stands(node: &NodeMachine) {
    let row = node.link_row().await;
    assert_eq!((row.phase.as_str(), row.detail.as_str()), ("live", ""));
}

#[tokio::test]
async fn through_all_its_certificates() {
    let mut world = World::new(600, &["jintan"]).await;
    let mut node = world.node("jintan").await;
    node.dial_on().await;
    node.submit(new_complaints(1..4)).await;
    until("everything is answered", async || settled(node.store()).await).await;
    let first = node.serial();

    // The first one lives for two years; nothing is done before three months are left.
    world.clock.advance(DAY * 639);
    node.keep_identity().await.unwrap();
    assert_eq!(node.serial(), first);
    world.clock.advance(DAY);
    node.keep_identity().await.unwrap();
    let second = node.serial();
    assert_ne!(second, first);
    stands(&node).await;

    // That one for ninety days: it is renewed when thirty are left.
    world.clock.advance(DAY * 61);
    node.keep_identity().await.unwrap();
    let third = node.serial();
    assert_ne!(third, second);
    node.submit(new_complaints(4..7)).await;
    until("everything is answered", async || settled(node.store()).await).await;
    stands(&node).await;

    // The first one has ended, at the node and at the hub, whose own task has seen to its own.
    node.hang_up().await;
    world.clock.advance(DAY * 40);
    until("the hub shows one that is valid", async || node.line().await.is_ok()).await;
    let own = certificate_list(&world.hub.store(&id(HUB))).await.unwrap();
    assert!(own.iter().any(|row| row.origin == Origin::Renew && row.counts(world.clock.now())));
    node.submit(new_complaints(7..9)).await;
    drop(node.settle().await);
    let rows = certificate_list(&world.hub.store(&id("jintan"))).await.unwrap();
    let of = |serial: &String| rows.iter().find(|row| row.serial == *serial).unwrap();
    assert_eq!(of(&second).origin, Origin::Renew);
    assert!(!of(&first).counts(world.clock.now()) && of(&third).counts(world.clock.now()));
    assert_converged(&world, &node).await;
}

#[tokio::test]
async fn by_the_task_that_every_node_runs() {
    let mut world = World::new(601, &["jintan"]).await;
    let mut node = world.node("jintan").await;
    world.clock.advance(DAY * 641);
    let first = node.serial();
    let shutdown = Shutdown::new();
    let kept = node.keeper().run(shutdown.clone());
    let renewed = async {
        until("the certificate is renewed", async || node.serial() != first).await;
        shutdown.soft();
    };
    let (ended, ()) = within("the task ends as asked", async { tokio::join!(kept, renewed) }).await;
    ended.unwrap();
    // Another start takes what was renewed, without the configured files having changed.
    node.close().await;
    node.open().await;
    assert_ne!(node.serial(), first);
    drop(node.settle().await);
}

#[tokio::test]
async fn and_who_asks_in_a_circle_is_stopped() {
    let mut world = World::new(602, &["jintan"]).await;
    let node = world.node("jintan").await;
    world.clock.advance(DAY * 641);
    node.keep_identity().await.unwrap();
    for _ in 2..LIVING_MOST {
        // As if no answer ever arrived.
        std::fs::remove_dir_all(node.config().identity().folder()).unwrap();
        node.keep_identity().await.unwrap();
    }
    std::fs::remove_dir_all(node.config().identity().folder()).unwrap();
    let refused = node.keep_identity().await.unwrap_err();
    assert!(matches!(refused, KeepError::Call(CallError::Refused(_))), "{refused}");
    drop(node.settle().await);
}

#[tokio::test]
async fn what_is_not_renewed_is_named_at_thirty_seven_and_one_days_on_both_sides() {
    let mut world = World::new(603, &["jintan"]).await;
    let node = world.node("jintan").await;
    drop(node.settle().await);
    let subject = node.config().identity().load().unwrap().subject;
    let own = Validity { not_before: subject.not_before, not_after: subject.not_after };
    let mut said = Vec::new();
    for (after, what) in [(699, None), (2, Some(30)), (22, Some(7)), (6, Some(1)), (2, Some(0))] {
        world.clock.advance(DAY * after);
        let now = world.clock.now();
        let here = certificate_finding("jintan", own, now);
        let rows = certificate_list(&world.hub.store(&id("jintan"))).await.unwrap();
        let there = certificate_findings(&rows, now).pop();
        assert_eq!(here.is_some(), what.is_some(), "{after}: {here:?}");
        assert_eq!(
            here.as_ref().map(|found| (found.name, found.severity)),
            there.map(|found| (found.name, found.severity)),
        );
        said.extend(here.map(|found| (found.name, found.severity)));
    }
    assert_eq!(
        said,
        [
            ("certificate.expires", Severity::Notice),
            ("certificate.expires", Severity::Warning),
            ("certificate.expires", Severity::Critical),
            ("certificate.expired", Severity::Critical),
        ]
    );
    let living = certificate_living(&world.hub.database(), world.clock.now()).await.unwrap();
    assert!(living.iter().all(|row| row.platform != id("jintan")));
}
