//! Files instead of a line: the same calls, the same rules, the same result however often a file
//! comes.

use prost::Message as _;
use sanheyi_hub::carry::CarryFault as HubFault;
use sanheyi_node::branch::{Draft, stored_rules, verify_shown};
use sanheyi_node::process::entropy::{Entropy as _, SeededEntropy};
use sanheyi_node::store::JournalRow;
use sanheyi_node::uplink::carry::{CarryFault, Wish};
use sanheyi_proto::standard::v1::{Complaint, PolicyScope};
use sanheyi_tests::fixtures::{POWER, complaint, handling_on, new_case, new_complaints, new_item};
use sanheyi_tests::joint::{may_see, new_joint};
use sanheyi_tests::knobs::Ground;
use sanheyi_tests::world::{
    ALL, HUB, NodeMachine, World, answer, assert_converged, bring, copy_folder, export, ferry,
    hub_rows, id, journal_of, node_rows, round_trip, settled, take,
};

use crate::commands::try_hub;

/// Complaints that hardly shrink: some windows of them.
fn bulky(serials: std::ops::Range<u64>) -> Vec<Draft> {
    let chance = SeededEntropy::new(serials.start);
    let content = || (0..180).map(|_| format!("{:016x}", chance.u64())).collect();
    let bulky = serials.map(|serial| {
        let body = Complaint { content: content(), ..complaint(serial) }.encode_to_vec();
        Draft { body: body.into(), ..new_complaints(serial..serial + 1).remove(0) }
    });
    bulky.collect()
}

/// The node's journals, and what it holds of the Greet chain of its own.
async fn state(node: &NodeMachine) -> (Vec<JournalRow>, impl PartialEq + std::fmt::Debug) {
    let own = journal_of(node).await;
    (node_rows(node).await, node.store().greeting_get(own.number).await.unwrap())
}

#[tokio::test]
async fn several_round_trips_end_with_equal_roots_and_every_entry_answered() {
    let mut world = World::new(700, &["jintan"]).await;
    let node = world.node("jintan").await;
    let first = node.submit(new_complaints(1..301)).await;
    // The first brings the grant and no entries: nothing may be signed before.
    round_trip(&world, &node).await;
    assert!(!settled(node.store()).await);
    for serial in 0..3 {
        let imported = round_trip(&world, &node).await;
        assert!(imported.journals.iter().all(|one| one.agrees), "{imported:?}");
        assert!(imported.refused.is_empty());
        assert!(settled(node.store()).await, "receipts come with the same answer");
        assert_converged(&world, &node).await;
        node.submit(new_complaints(301 + serial * 50..351 + serial * 50)).await;
    }
    node.submit(vec![handling_on(1, 1, &first[0])]).await;
    round_trip(&world, &node).await;
    assert_converged(&world, &node).await;
    assert_eq!(journal_of(&node).await.head.size, 451);
}

#[tokio::test]
async fn the_same_files_again_change_nothing_on_either_side() {
    let mut world = World::new(701, &["jintan"]).await;
    let node = world.node("jintan").await;
    round_trip(&world, &node).await;
    node.submit(new_complaints(1..201)).await;
    let up = export(&node, ALL).await.remove(0);
    let mut there = ferry(&world).await;
    let taken = take(&mut there, &up).await.unwrap();
    assert!(!taken.repeat && taken.pushes > 0);
    let down = answer(&there, &taken).await;
    bring(&node, &down).await.unwrap();
    assert_converged(&world, &node).await;

    let (hub, here) = (hub_rows(&world, &id("jintan")).await, state(&node).await);
    let mut there = ferry(&world).await;
    let again = take(&mut there, &up).await.unwrap();
    assert!(again.repeat && again.pushes == 0);
    assert_eq!(hub_rows(&world, &id("jintan")).await, hub, "nothing changed at the hub");
    bring(&node, &down).await.unwrap();
    let now = state(&node).await;
    assert_eq!(now.0, here.0, "nor at the node");
    assert!(now.1 == here.1, "{:?}, then {:?}", here.1, now.1);
    // The answer that was written again brings the same.
    let second = answer(&there, &again).await;
    bring(&node, &second).await.unwrap();
    assert_eq!(state(&node).await.0, here.0);
    round_trip(&world, &node).await;
    assert_converged(&world, &node).await;
}

#[tokio::test]
async fn what_was_interrupted_is_done_by_the_same_file_once_more() {
    use sanheyi_exchange_spec::carry::Reader;
    use sanheyi_node::uplink::port::PushCall;
    use sanheyi_proto::exchange::v1::carry_item::Item;

    let mut world = World::new(702, &["jintan"]).await;
    let node = world.node("jintan").await;
    round_trip(&world, &node).await;
    for batch in 0..4 {
        node.submit(bulky(1 + batch * 250..251 + batch * 250)).await;
    }
    let up = export(&node, ALL).await.remove(0);
    // It stopped between its first push and its Greet.
    let mut reader = Reader::open(&up[..], up.len() as u64).unwrap();
    let Some(Item::Push(first)) = reader.next_item().unwrap().unwrap().item else { panic!() };
    let call = PushCall::try_from(first).unwrap();
    world.hub.exchange().push(&id("jintan"), call).await.unwrap();
    let durable = hub_rows(&world, &id("jintan")).await[0].head.size;
    assert!(0 < durable && durable < 1000, "a part of it: {durable}");
    let mut there = ferry(&world).await;
    assert!(!take(&mut there, &up).await.unwrap().repeat);
    // And again before its answer was written.
    let mut there = ferry(&world).await;
    let taken = take(&mut there, &up).await.unwrap();
    assert!(taken.repeat);
    bring(&node, &answer(&there, &taken).await).await.unwrap();
    assert_converged(&world, &node).await;
    assert!(settled(node.store()).await);
}

#[tokio::test]
async fn an_export_in_several_files_is_taken_in_in_their_order() {
    let mut world = World::new(703, &["jintan"]).await;
    let node = world.node("jintan").await;
    round_trip(&world, &node).await;
    for batch in 0..4 {
        node.submit(bulky(1 + batch * 250..251 + batch * 250)).await;
    }
    let files = export(&node, Wish { bytes: 1, ..ALL }).await;
    assert!(files.len() > 2, "a push in each, and the Greet: {}", files.len());
    let mut there = ferry(&world).await;
    let early = take(&mut there, &files[1]).await.unwrap_err();
    assert!(matches!(early, HubFault::Early { part: 2, .. }), "{early}");
    let mut last = None;
    for file in &files {
        last = Some(take(&mut there, file).await.unwrap());
    }
    // A part that comes late, or twice, changes nothing.
    assert!(take(&mut there, &files[0]).await.unwrap().greeted.is_none());
    bring(&node, &answer(&there, &last.unwrap()).await).await.unwrap();
    assert_converged(&world, &node).await;
    assert_eq!(journal_of(&node).await.head.size, 1000);
}

#[tokio::test]
async fn a_lost_file_costs_nothing_and_an_older_one_is_refused() {
    let mut world = World::new(704, &["jintan"]).await;
    let node = world.node("jintan").await;
    round_trip(&world, &node).await;
    node.submit(new_complaints(1..51)).await;
    let lost = export(&node, ALL).await.remove(0);
    node.submit(new_complaints(51..101)).await;
    let mut there = ferry(&world).await;
    let taken = take(&mut there, &export(&node, ALL).await[0]).await.unwrap();
    let first = answer(&there, &taken).await;
    let older = take(&mut there, &lost).await.unwrap_err();
    assert!(matches!(older, HubFault::Older(_)), "{older}");
    bring(&node, &first).await.unwrap();
    assert_converged(&world, &node).await;
    round_trip(&world, &node).await;
    let older = bring(&node, &first).await.unwrap_err();
    assert!(matches!(older, CarryFault::Older(_)), "{older}");
}

#[tokio::test]
async fn a_lost_answer_costs_a_round_trip_and_no_entry() {
    let mut world = World::new(705, &["jintan"]).await;
    let node = world.node("jintan").await;
    round_trip(&world, &node).await;
    node.submit(new_complaints(1..51)).await;
    let mut there = ferry(&world).await;
    take(&mut there, &export(&node, ALL).await[0]).await.unwrap();
    node.submit(new_complaints(51..101)).await;
    // Its epoch is in force no longer: the entries wait for the next grant.
    let imported = round_trip(&world, &node).await;
    assert_eq!(imported.journals[0].durable, 50);
    round_trip(&world, &node).await;
    assert_converged(&world, &node).await;
}

#[tokio::test]
async fn a_line_and_files_take_turns() {
    let mut world = World::new(706, &["jintan"]).await;
    let node = world.node("jintan").await;
    round_trip(&world, &node).await;
    node.submit(new_complaints(1..51)).await;
    let stale = export(&node, ALL).await.remove(0);
    drop(node.settle().await);
    let mut there = ferry(&world).await;
    let older = take(&mut there, &stale).await.unwrap_err();
    assert!(matches!(older, HubFault::Older(_)), "{older}");
    node.submit(new_complaints(51..101)).await;
    round_trip(&world, &node).await;
    assert_converged(&world, &node).await;
    node.submit(new_complaints(101..151)).await;
    let _link = node.settle().await;
    assert_converged(&world, &node).await;
}

/// A machine that was lost with 150 entries at the hub, and its backup of 100.
async fn restored(world: &mut World) -> NodeMachine {
    let mut node = world.node("jintan").await;
    round_trip(world, &node).await;
    node.submit(new_complaints(1..101)).await;
    round_trip(world, &node).await;
    copy_folder(node.folder(), &world.folder("backup"));
    node.submit(new_complaints(101..151)).await;
    let mut there = ferry(world).await;
    take(&mut there, &export(&node, Wish { entries: true, ..ALL }).await[0]).await.unwrap();
    node.kill().await;
    let folder = world.folder("backup");
    let node = world.node_at(&folder).await;
    // The lost machine has greeted since: the operator says which goes on.
    world.readmit(&node).await;
    node
}

#[tokio::test]
async fn a_restored_machine_takes_the_hubs_copy_out_of_the_answer() {
    let mut world = World::new(707, &["jintan"]).await;
    let node = restored(&mut world).await;
    let up = export(&node, Wish { entries: false, ..ALL }).await.remove(0);
    let mut there = ferry(&world).await;
    let taken = take(&mut there, &up).await.unwrap();
    let down = answer(&there, &taken).await;
    // With a node running beside there is no writer at hand.
    let source = std::io::Cursor::new(&down);
    let carrier = sanheyi_tests::world::carrier(&node);
    let beside = carrier.import(source, down.len() as u64, None).await.unwrap_err();
    assert!(matches!(beside, CarryFault::NodeRuns(_)), "{beside}");
    let imported = bring(&node, &down).await.unwrap();
    assert_eq!(imported.journals[0].adopted, Some(150), "{imported:?}");
    let sizes = journal_of(&node).await.head.size;
    bring(&node, &down).await.unwrap();
    assert_eq!(journal_of(&node).await.head.size, sizes, "the same answer again");
    node.submit(new_complaints(500..511)).await;
    for _ in 0..2 {
        round_trip(&world, &node).await;
    }
    assert_eq!(journal_of(&node).await.head.size, 161);
    assert_converged(&world, &node).await;
}

#[tokio::test]
async fn a_restored_machine_that_was_written_to_appends_its_own_again() {
    let mut world = World::new(708, &["jintan"]).await;
    let node = restored(&mut world).await;
    node.submit(new_complaints(500..511)).await;
    let mut there = ferry(&world).await;
    let up = export(&node, Wish { entries: false, ..ALL }).await.remove(0);
    let taken = take(&mut there, &up).await.unwrap();
    let imported = bring(&node, &answer(&there, &taken).await).await.unwrap();
    let journal = &imported.journals[0];
    assert!(!journal.agrees && journal.adopted.is_none(), "the next answer brings the copy");
    let imported = round_trip(&world, &node).await;
    assert_eq!(imported.journals[0].adopted, Some(161), "{imported:?}");
    for _ in 0..2 {
        round_trip(&world, &node).await;
    }
    assert_converged(&world, &node).await;
    assert!(settled(node.store()).await);
}

#[tokio::test]
async fn what_another_district_shows_comes_in_files_without_a_hub_that_runs() {
    let mut world = World::on(Ground::Sqlite, 709, &["jintan", "wujin"]).await;
    let (jintan, wujin) = (world.node("jintan").await, world.node("wujin").await);
    let policy = may_see("wujin", "wujin", "case.*", "jintan", PolicyScope::Addressed);
    world.hub.exchange().dispatch(vec![policy]).await.unwrap();
    round_trip(&world, &jintan).await;
    round_trip(&world, &wujin).await;
    jintan.submit(vec![new_item(POWER), new_case(1)]).await;
    jintan.submit(vec![new_joint(1, "wujin")]).await;
    world.hub.stop().await;
    for node in [&jintan, &wujin] {
        let [up, down] = ["up", "down"].map(|name| node.folder().join(name));
        std::fs::write(&up, export(node, ALL).await.remove(0)).unwrap();
        let (from, to) = (up.display().to_string(), down.display().to_string());
        try_hub(&world, &["carry", "import", &from, "--answer", &to]).await.unwrap();
        bring(node, &std::fs::read(&down).unwrap()).await.unwrap();
    }
    let rules = stored_rules(wujin.store(), &id(HUB)).await.unwrap();
    let report = verify_shown(wujin.store(), &rules, &id(HUB)).await.unwrap();
    assert_eq!((report.difference, report.proved), (None, 2), "the request and its part");
    world.hub.start().await;
    assert_converged(&world, &jintan).await;
    assert_converged(&world, &wujin).await;
}
