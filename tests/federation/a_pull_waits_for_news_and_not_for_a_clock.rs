//! A pull is answered when there is something to say, or when its own wait is over.

use std::time::Duration;

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::limits::{PULL_WAIT_MILLIS, WINDOW_BYTES};
use sanheyi_node::uplink::port::{CallError, HubPort as _, PullCall};
use sanheyi_proto::exchange::v1 as wire;
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no};
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{Foreign, World};

use crate::refused;

/// Far less than the longest wait, far more than an answer takes.
const SOON: Duration = Duration::from_secs(10);

async fn greeted(world: &mut World) -> (Foreign, PullCall) {
    let mut foreign = world.foreign("jintan").await;
    let answer = foreign.greet().await.unwrap();
    let call = PullCall {
        epochs: Vec::new(),
        generation: answer.generation,
        cursors: answer.mailboxes,
        wait: Duration::from_millis(u64::from(PULL_WAIT_MILLIS)),
        max_bytes: WINDOW_BYTES,
    };
    (foreign, call)
}

#[tokio::test]
async fn it_is_answered_as_soon_as_a_receipt_is_there() {
    let mut world = World::new(180, &["jintan"]).await;
    let (mut foreign, call) = greeted(&mut world).await;
    let entry = [foreign.entry(COMPLAINT, &complaint_no(1), None, vec![])];
    let port = foreign.port.clone();
    let waiting = tokio::spawn(async move { port.pull(call).await });
    foreign.push(&entry).await.unwrap();
    let answer = tokio::time::timeout(SOON, waiting).await.expect("at once").unwrap().unwrap();
    assert_eq!(answer.tails.len(), 1);
    assert_eq!((answer.tails[0].first, answer.tails[0].durable), (0, 1));
}

#[tokio::test]
async fn with_nothing_to_say_it_is_answered_empty_after_its_wait() {
    let mut world = World::new(181, &["jintan"]).await;
    let (foreign, call) = greeted(&mut world).await;
    for millis in [0, 30] {
        let call = PullCall { wait: Duration::from_millis(millis), ..call.clone() };
        let answer = tokio::time::timeout(SOON, foreign.port.pull(call)).await;
        assert_eq!(answer.expect("in time").unwrap().tails, []);
    }
}

#[test]
fn nobody_makes_it_wait_longer_than_its_bound() {
    let asked = wire::PullRequest {
        epochs: Vec::new(),
        generation: vec![1; 16].into(),
        cursors: Vec::new(),
        wait_millis: PULL_WAIT_MILLIS + 1,
        max_bytes: u32::MAX,
    };
    let call = PullCall::try_from(asked).unwrap();
    assert_eq!(call.wait, Duration::from_millis(u64::from(PULL_WAIT_MILLIS)));
    assert_eq!(call.max_bytes, WINDOW_BYTES);
}

#[tokio::test]
async fn a_hub_that_stops_keeps_nobody_waiting() {
    let mut world = World::new(182, &["jintan"]).await;
    let (foreign, call) = greeted(&mut world).await;
    let port = foreign.port.clone();
    let sent = world.hub.meter().received();
    let waiting = tokio::spawn(async move { port.pull(call).await });
    let meter = world.hub.meter();
    until("the call has arrived", async || meter.received() > sent).await;
    world.hub.stop().await;
    // On the wire it is refused as unavailable; after the goodbye that means no harm.
    let answer = waiting.await.unwrap();
    assert!(matches!(answer, Err(CallError::Ended(_))), "{answer:?}");
}

#[tokio::test]
async fn a_cursor_beyond_the_end_shows_that_the_hub_was_rewound() {
    let mut world = World::new(183, &["jintan"]).await;
    let (foreign, call) = greeted(&mut world).await;
    let cursors = vec![(call.cursors[0].0.clone(), 5)];
    let refusal = refused(foreign.port.pull(PullCall { cursors, ..call }).await, Code::Gap);
    assert_eq!(refusal.durable, Some(0));
}
