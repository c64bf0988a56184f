//! Upkeep merges small segments at a node and at the hub, and nobody notices: cursors stand in the
//! middle of what was merged, what is pending is judged when its time has come, a machine that was
//! lost has its journal back, and files go with the bodies that named them, on both sides.

use std::sync::Arc;
use std::time::Duration;

use prost::Message as _;
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_hub::upkeep::HubEstate;
use sanheyi_node::branch::Erase;
use sanheyi_node::config::upkeep::RetentionRules;
use sanheyi_node::store::{DueState, SegmentTotal, Store, Way};
use sanheyi_node::upkeep::merge::MERGE_AFTER;
use sanheyi_node::upkeep::node::NodeEstate;
use sanheyi_node::upkeep::tasks::{DONE, Estate, Orders, Task, Upkeep};
use sanheyi_tests::files::TestFile;
use sanheyi_tests::fixtures::{
    COMPLAINT, HANDLING, complaint_no, draft, handling, handling_no, new_complaint, new_complaints,
};
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{
    NodeMachine, World, assert_converged, copy_folder, id, journal_of, settled,
};

fn upkeep<E: Estate>(world: &World, estate: E) -> Upkeep<E> {
    let orders = Orders {
        retention: RetentionRules::default(),
        archive: world.folder("archive"),
        key: world.hub.key(),
        clock: Arc::clone(&world.clock) as _,
    };
    Upkeep::new(estate, orders).unwrap()
}

fn of_hub(world: &World) -> Upkeep<HubEstate> {
    upkeep(world, HubEstate { database: world.hub.database(), hub: world.setup().hub.clone() })
}

fn of_node(world: &World, node: &NodeMachine) -> Upkeep<NodeEstate> {
    upkeep(world, NodeEstate(node.store().clone()))
}

async fn run<E: Estate>(mut upkeep: Upkeep<E>, task: Task) -> u64 {
    let row = upkeep.run(task).await.unwrap();
    assert_eq!(row.outcome, DONE);
    row.rows
}

async fn total(store: &Store) -> SegmentTotal {
    store.segment_total().await.unwrap()
}

/// Records one by one, each of them answered before the next: a segment each, everywhere.
async fn one_by_one(node: &NodeMachine, serials: std::ops::Range<u64>) {
    for serial in serials {
        node.submit(vec![new_complaint(serial)]).await;
        until("it is answered", async || settled(node.store()).await).await;
    }
}

#[tokio::test]
async fn cursors_stand_in_the_middle_of_what_was_merged() {
    let mut world = World::new(5200, &["jintan"]).await;
    let mut node = world.node("jintan").await;
    node.dial_on().await;
    one_by_one(&node, 1..11).await;
    let backup = world.folder("backup");
    node.close().await;
    copy_folder(node.folder(), &backup);
    node.open().await;
    node.dial_on().await;
    one_by_one(&node, 11..21).await;
    // What refers to something absent is pending, and its segment stays as it is.
    let body = handling(500, 1).encode_to_vec();
    node.submit(vec![draft(HANDLING, &handling_no(500, 1), body)]).await;
    until("it is answered", async || settled(node.store()).await).await;
    one_by_one(&node, 21..31).await;
    let there = world.hub.store(&id("jintan"));
    let (here, hub) = (total(node.store()).await, total(&there).await);
    assert_eq!(run(of_hub(&world), Task::Merge).await, 0, "everything is too young");
    world.clock.advance(MERGE_AFTER + Duration::from_micros(1));
    // The node is away while the hub merges what it has not read, and merges itself.
    node.hang_up().await;
    world.hub.exchange().dispatch(vec![to_jintan(901), to_jintan(902)]).await.unwrap();
    world.clock.advance(MERGE_AFTER + Duration::from_micros(1));
    assert!(run(of_hub(&world), Task::Merge).await > 40);
    assert!(run(of_node(&world, &node), Task::Merge).await > 40);
    let (here_after, hub_after) = (total(node.store()).await, total(&there).await);
    println!("{here:?} {hub:?} became {here_after:?} {hub_after:?}");
    assert!(here_after.segments * 3 < here.segments && hub_after.segments * 3 < hub.segments);
    let own = node.store().clone();
    let standing = async || {
        let rows = own.record_revisions(HANDLING, &handling_no(500, 1), 1).await.unwrap();
        own.standing_of(rows[0].place.journal, rows[0].place.sequence).await.unwrap()
    };
    assert_eq!(standing().await, Standing::Pending);

    node.dial_on().await;
    one_by_one(&node, 500..501).await;
    until("it is judged again", async || standing().await == Standing::Accepted).await;
    one_by_one(&node, 31..36).await;
    assert_converged(&world, &node).await;
    // A machine that was lost comes back from an early backup and takes the hub's copy, of which
    // the middle of a merged segment is what both share.
    node.close().await;
    let mut restored = world.node_at(&backup).await;
    world.readmit(&restored).await;
    restored.dial_on().await;
    until("its journal is back", async || journal_of(&restored).await.head.size >= 37).await;
    restored.submit(new_complaints(40..45)).await;
    until("all is answered", async || settled(restored.store()).await).await;
    assert_converged(&world, &restored).await;
}

fn to_jintan(serial: u64) -> sanheyi_node::branch::Draft {
    let body = sanheyi_proto::standard::v1::Complaint {
        addressee: "jintan".to_owned(),
        ..sanheyi_tests::fixtures::complaint(serial)
    };
    draft(COMPLAINT, &complaint_no(serial), body.encode_to_vec())
}

#[tokio::test]
async fn a_file_goes_with_its_body_on_both_sides() {
    let mut world = World::new(5210, &["jintan"]).await;
    let mut node = world.node("jintan").await;
    node.dial_on().await;
    let file = TestFile::pdf(5211, 600 * 1024);
    file.shelve(node.store()).await;
    node.submit(vec![file.named_by(1)]).await;
    let there = world.hub.store(&id("jintan"));
    until("the hub has it", async || {
        file.state(node.store(), Way::Up).await == Some(DueState::Passed)
    })
    .await;
    assert_eq!(run(of_hub(&world), Task::Files).await, 0);
    let erase = Erase {
        dataset: COMPLAINT.parse().unwrap(),
        record: complaint_no(1).parse().unwrap(),
        revision: 1,
        reason: "保存期限届满".into(),
        basis: "档案保管期限表".into(),
        decided_by: "数据管理科".into(),
    };
    node.branch().erase(erase).await.unwrap();
    assert_eq!(run(of_node(&world, &node), Task::Files).await, 1);
    assert!(!file.is_in(node.store()).await);
    until("the hub has erased", async || settled(node.store()).await).await;
    assert_eq!(run(of_hub(&world), Task::Files).await, 1);
    assert!(!file.is_in(&there).await);
    assert_eq!(file.state(&there, Way::Up).await, None);
    assert_converged(&world, &node).await;
}
