//! The hub ends every connection in order when it has reached its age. What is under way is still
//! answered, the node connects again at once, and no record has to be written twice.

use std::time::Duration;

use sanheyi_exchange_spec::link::branch::Phase;
use sanheyi_node::uplink::port::{CallError, HubPort as _};
use sanheyi_node::uplink::retry::RetryConfig;
use sanheyi_node::uplink::sync::Outcome;
use sanheyi_tests::balancer::Balancer;
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no, new_complaints};
use sanheyi_tests::patience::{until, within};
use sanheyi_tests::world::{World, assert_converged, journal_of, settled};

/// Short, so that a test sees several ends; a tenth more or less.
const AGE: Duration = Duration::from_secs(1);
/// Connections that a test sees end.
const ENDS: u64 = 3;
/// Far beyond any test's patience: whoever pauses once is found out.
const NEVER: RetryConfig = RetryConfig {
    first: Duration::from_secs(1 << 40),
    factor: 2,
    max: Duration::from_secs(1 << 40),
};

/// Answers of a connection on which nothing happens.
const FEW: usize = 10;

#[track_caller]
fn left_in_order(ended: Outcome) {
    let Outcome::Reconnect { pause: false, why } = ended else { panic!("a pause: {ended:?}") };
    assert!(why.contains("in order"), "{why}");
}

async fn ageing(seed: u64) -> World {
    let mut world = World::new(seed, &["jintan"]).await;
    world.hub.stop().await;
    world.hub.max_age = Some(AGE);
    world.hub.start().await;
    world
}

#[tokio::test]
async fn while_records_flow() {
    let mut world = ageing(140).await;
    let balancer = Balancer::start().await;
    balancer.set(0, Some(world.hub.address()));
    let mut node = world.node("jintan").await;
    node.dial = balancer.address();
    node.dial_on_with(NEVER).await;
    let mut serial = 1;
    within("several connections have ended", async {
        while balancer.served(0) <= ENDS {
            node.submit(new_complaints(serial..serial + 10)).await;
            serial += 10;
            let row = node.link_row().await;
            assert_ne!(row.phase, "down", "{}", row.detail);
        }
    })
    .await;
    until("everything is answered", async || settled(node.store()).await).await;
    assert_eq!(journal_of(&node).await.head.size, serial - 1);
    assert_eq!(balancer.turned_away(), 0);
    assert_eq!(node.link_row().await.detail, "");
    node.hang_up().await;
    assert_converged(&world, &node).await;
}

#[tokio::test]
async fn while_nothing_happens() {
    let mut world = ageing(141).await;
    let node = world.node("jintan").await;
    node.submit(new_complaints(1..4)).await;
    for _ in 0..ENDS {
        let mut link = node.settle().await;
        assert_eq!(link.session.machine().phase(), Phase::Live);
        // A pull waits: it is answered, and the next one is not taken any more.
        let mut steps = 0;
        let ended = loop {
            match link.step().await {
                Outcome::Going => steps += 1,
                ended => break ended,
            }
        };
        left_in_order(ended);
        assert!(steps < FEW, "{steps} steps: it asks in a circle");
    }
    assert_converged(&world, &node).await;
}

#[tokio::test]
async fn a_hub_that_stops_says_goodbye_too() {
    let mut world = World::new(144, &["jintan"]).await;
    let node = world.node("jintan").await;
    let mut link = node.settle().await;
    let ((), ended) = tokio::join!(world.hub.stop(), link.end());
    left_in_order(ended);
}

#[tokio::test]
async fn a_call_under_way_is_answered_and_the_next_one_is_for_the_next_connection() {
    let mut world = ageing(142).await;
    let mut jintan = world.foreign("jintan").await;
    jintan.greet().await.unwrap();
    let mut next = 1;
    let ended = within("the connection ends", async {
        loop {
            let one = [jintan.entry(COMPLAINT, &complaint_no(next), None, vec![])];
            match jintan.push(&one).await {
                Ok(answer) => assert_eq!(answer.durable, next),
                Err(error) => return error,
            }
            next += 1;
        }
    })
    .await;
    assert!(matches!(ended, CallError::Ended(_)), "{ended:?}");
    let again = jintan.port.greet(jintan.greet_call()).await;
    assert!(matches!(again, Err(CallError::Ended(_))), "{again:?}");

    jintan.reconnect().await;
    let answer = jintan.greet().await.unwrap();
    assert_eq!(answer.grants[0].size, next - 1, "what was answered is there, and nothing else");
    let one = [jintan.entry(COMPLAINT, &complaint_no(next), None, vec![])];
    assert_eq!(jintan.push(&one).await.unwrap().durable, next);
}

#[tokio::test]
async fn a_line_that_breaks_is_no_end_in_order() {
    let mut world = World::new(143, &["jintan"]).await;
    let jintan = world.foreign("jintan").await;
    jintan.port.greet(jintan.greet_call()).await.unwrap();
    world.hub.kill().await;
    let lost = jintan.port.greet(jintan.greet_call()).await;
    assert!(matches!(lost, Err(CallError::Lost(_))), "{lost:?}");
}
