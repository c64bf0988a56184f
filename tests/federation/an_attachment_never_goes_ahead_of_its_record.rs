//! A file follows the entry that names it: a branch offers none before its records have gone, and a
//! hub takes none that no admitted entry names.

use std::sync::{Arc, Mutex};

use sanheyi_exchange_spec::error::Code;
use sanheyi_node::branch::attachment::Held;
use sanheyi_node::store::{DueState, Way};
use sanheyi_node::uplink::grpc::GrpcPort;
use sanheyi_node::uplink::port::{HubPort as _, PieceAsked};
use sanheyi_node::uplink::sync::{Outcome, Session};
use sanheyi_tests::files::{Called, Noting, TestFile};
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no, new_complaints};
use sanheyi_tests::patience::within;
use sanheyi_tests::world::{World, id};

use crate::refused;

#[tokio::test]
async fn a_hub_takes_no_file_that_no_entry_names() {
    let mut world = World::new(3200, &["jintan"]).await;
    let mut foreign = world.foreign("jintan").await;
    foreign.greet().await.unwrap();
    let file = TestFile::pdf(3201, 300 * 1024);

    let refusal = refused(foreign.port.offer_file(file.file.clone()).await, Code::Unavailable);
    assert!(refusal.place.contains(&file.digest().to_string()), "{refusal}");
    // Nor its pieces, whoever believes that they were offered.
    refused(foreign.port.put_piece(file.piece(0)).await, Code::Gap);
    let asked = PieceAsked { digest: file.digest(), number: 0 };
    refused(foreign.port.get_piece(asked).await, Code::Unauthorised);
    let store = world.hub.store(&id("jintan"));
    assert_eq!(store.attachment_get(&file.digest()).await.unwrap(), None, "nothing was stored");

    let entry = foreign.entry(COMPLAINT, &complaint_no(1), None, file.complaint(1));
    foreign.push(&[entry]).await.unwrap();
    within("the gate has seen the entry", async {
        while file.state(&store, Way::Up).await.is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let nothing = Held { pieces: 0, whole: false };
    assert_eq!(foreign.port.offer_file(file.file.clone()).await.unwrap(), nothing);
    // Given out it is only when it is whole.
    refused(foreign.port.get_piece(asked).await, Code::Unavailable);
    for number in 0..file.file.pieces() {
        let held = foreign.port.put_piece(file.piece(number)).await.unwrap();
        assert_eq!(held, Held { pieces: number + 1, whole: number + 1 == file.file.pieces() });
    }
    assert_eq!(foreign.port.get_piece(asked).await.unwrap(), file.pieces()[0]);
    assert!(file.is_in(&store).await);
}

#[tokio::test]
async fn another_platform_neither_gives_nor_gets_it() {
    let mut world = World::new(3210, &["jintan", "wujin"]).await;
    let node = world.node("jintan").await;
    let file = TestFile::pdf(3211, 1024);
    file.shelve(node.store()).await;
    node.submit(vec![file.named_by(1)]).await;
    let mut link = node.settle().await;
    let store = node.store().clone();
    let there = async |_: &_| file.state(&store, Way::Up).await == Some(DueState::Passed);
    link.until("the hub has the file", there).await.unwrap();

    let foreign = world.foreign("wujin").await;
    refused(foreign.port.offer_file(file.file.clone()).await, Code::Unavailable);
    let asked = PieceAsked { digest: file.digest(), number: 0 };
    refused(foreign.port.get_piece(asked).await, Code::Unauthorised);
}

#[tokio::test]
async fn a_branch_sends_its_records_first() {
    let mut world = World::new(3220, &["jintan"]).await;
    let node = world.node("jintan").await;
    let file = TestFile::pdf(3221, 600 * 1024);
    file.shelve(node.store()).await;
    node.submit(vec![file.named_by(1)]).await;
    node.submit(new_complaints(2..1500)).await;

    let log: Arc<Mutex<Vec<Called>>> = Arc::default();
    let line = node.line().await.unwrap();
    let port = Noting::new(GrpcPort::new(&line), &log);
    let mut session = Session::new(node.parts(), port);
    let store = node.store().clone();
    within("the hub has the file", async {
        while file.state(&store, Way::Up).await != Some(DueState::Passed) {
            assert_eq!(session.step().await, Outcome::Going);
        }
    })
    .await;
    let log = log.lock().unwrap();
    let first = log.iter().position(|one| matches!(one, Called::Offered(_))).unwrap();
    let last = log.iter().rposition(|one| *one == Called::Pushed).unwrap();
    assert!(last < first, "{log:?}");
}
