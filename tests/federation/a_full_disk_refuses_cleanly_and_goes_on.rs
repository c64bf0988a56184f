//! A full disk: nothing is written by halves, everybody is told, and once there is room it goes on
//! by itself.

use prost::Message as _;
use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::limits::EPOCHS_HELD;
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_node::branch::{Sealed, SubmitError};
use sanheyi_node::store::{Database, StoreError};
use sanheyi_node::uplink::grpc::GrpcPort;
use sanheyi_node::uplink::port::{
    CallError, GreetAnswer, GreetCall, HubPort, PullAnswer, PullCall, PushAnswer, PushCall,
};
use sanheyi_node::uplink::sync::{Outcome, Session};
use sanheyi_proto::standard::v1::{Complainant, Complaint};
use sanheyi_tests::fixtures::{COMPLAINT, complaint, complaint_no, new_complaint, new_complaints};
use sanheyi_tests::knobs::Ground;
use sanheyi_tests::patience::{until, within};
use sanheyi_tests::world::{Foreign, World, assert_converged, hub_rows, id, journal_of, settled};

use crate::refused;

/// As many pages as there may ever be.
const UNLIMITED: u32 = 4_294_967_294;

/// No page more than there are.
async fn fill(database: &Database) {
    database.limit_pages(1).await.unwrap();
}

/// Complaints that do not pack well: some pages of them.
fn bulky(foreign: &Foreign, serials: std::ops::Range<u64>) -> Vec<Sealed> {
    let entry = |serial| {
        let digits = |n: u64| format!("{:x}", u128::from(serial) * 7_919 + u128::from(n)).repeat(9);
        let complainant = complaint(serial)
            .complainant
            .map(|one| Complainant { address: digits(3).chars().take(200).collect(), ..one });
        let body = Complaint { complainant, ..complaint(serial) }.encode_to_vec();
        foreign.entry(COMPLAINT, &complaint_no(serial), None, body)
    };
    serials.map(entry).collect()
}

#[tokio::test]
async fn at_the_hub_a_push_is_refused_whole_and_admitted_once_there_is_room() {
    let mut world = World::on(Ground::Sqlite, 170, &["jintan"]).await;
    let mut foreign = world.foreign("jintan").await;
    foreign.greet().await.unwrap();
    let first = bulky(&foreign, 1..101);
    foreign.push(&first).await.unwrap();
    let store = world.hub.store(&id("jintan"));
    let row = hub_rows(&world, &id("jintan")).await[0].clone();
    until("it is judged", async || store.receipt_counts(row.number).await.unwrap().1 == 100).await;

    fill(&world.hub.database()).await;
    let before = hub_rows(&world, &id("jintan")).await;
    let more = bulky(&foreign, 101..1101);
    let refusal = refused(foreign.push(&more).await, Code::StoreFull);
    assert!(refusal.to_string().contains(Code::StoreFull.remedy_zh()));
    assert_eq!(hub_rows(&world, &id("jintan")).await, before, "nothing is half written");
    refused(foreign.push(&more).await, Code::StoreFull);

    world.hub.database().limit_pages(UNLIMITED).await.unwrap();
    assert_eq!(foreign.push(&more).await.unwrap().durable, 1100);
    until("it is judged", async || store.receipt_counts(row.number).await.unwrap().1 == 1100).await;
}

#[tokio::test]
async fn a_node_before_a_full_hub_keeps_trying_and_catches_up() {
    let mut world = World::on(Ground::Sqlite, 171, &["jintan"]).await;
    let mut node = world.node("jintan").await;
    node.dial_on().await;
    node.submit(new_complaints(1..11)).await;
    until("all is answered", async || settled(node.store()).await).await;
    fill(&world.hub.database()).await;
    node.submit(new_complaints(11..2011)).await;
    until("it says why it does not go on", async || {
        node.link_row().await.detail.contains("store_full")
    })
    .await;
    world.hub.database().limit_pages(UNLIMITED).await.unwrap();
    until("all is answered", async || settled(node.store()).await).await;
    assert_converged(&world, &node).await;
}

#[tokio::test]
async fn at_a_node_a_submission_is_refused_whole() {
    let mut world = World::new(172, &["jintan"]).await;
    let mut node = world.node("jintan").await;
    node.submit(new_complaints(1..101)).await;
    drop(node.settle().await);
    let database = node.store().database().clone();
    fill(&database).await;
    let before = journal_of(&node).await;
    let refused = node.try_submit(new_complaints(101..3101)).await;
    let full = |answer: &Result<_, SubmitError>| {
        matches!(answer, Err(SubmitError::Store(StoreError::Full { .. })))
    };
    assert!(full(&refused), "{refused:?}");
    assert_eq!(journal_of(&node).await, before, "nothing is half written");
    drop(refused);

    database.limit_pages(UNLIMITED).await.unwrap();
    node.submit(new_complaints(101..3101)).await;
    // One that is too large for the disk does not take its neighbour along.
    fill(&database).await;
    let (large, small) = tokio::join!(
        node.try_submit(new_complaints(3101..6101)),
        node.try_submit(vec![new_complaint(7000)])
    );
    assert!(full(&large), "{large:?}");
    database.limit_pages(UNLIMITED).await.unwrap();
    let past = 3100 + u64::from(small.is_ok());
    drop(database);
    node.dial_on().await;
    until("all is answered", async || settled(node.store()).await).await;
    assert_eq!(journal_of(&node).await.head.size, past);
    assert_converged(&world, &node).await;
}

/// A hub that has no room even for a Greet.
struct FullPort(GrpcPort);

impl HubPort for FullPort {
    async fn greet(&self, _: GreetCall) -> Result<GreetAnswer, CallError> {
        Err(Refusal::new(Code::StoreFull, "", "磁盘已满", "the disk is full").into())
    }

    async fn push(&self, call: PushCall) -> Result<PushAnswer, CallError> {
        self.0.push(call).await
    }

    async fn pull(&self, call: PullCall) -> Result<PullAnswer, CallError> {
        self.0.pull(call).await
    }
}

#[tokio::test]
async fn however_often_a_full_hub_is_greeted_nobody_is_held_for_it() {
    let mut world = World::new(173, &["jintan"]).await;
    let node = world.node("jintan").await;
    node.submit(new_complaints(1..11)).await;
    let line = node.line().await.unwrap();
    for _ in 0..=EPOCHS_HELD {
        let mut session = Session::new(node.parts(), FullPort(GrpcPort::new(&line)));
        let ended = within("the Greet is refused", async {
            loop {
                match session.step().await {
                    Outcome::Going => {}
                    ended => return ended,
                }
            }
        })
        .await;
        assert!(matches!(ended, Outcome::Reconnect { pause: true, .. }), "{ended:?}");
    }
    let _link = node.settle().await;
    assert_converged(&world, &node).await;
}
