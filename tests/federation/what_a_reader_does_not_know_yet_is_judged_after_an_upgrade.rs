//! A hub that is a version behind keeps what it does not know byte for byte, says so, and judges it
//! after its upgrade. Fields that it does not know travel through it whole (rule 10).

use std::time::Duration;

use prost::Message as _;
use sanheyi_exchange_spec::gate::{Edition, Standing};
use sanheyi_exchange_spec::limits::WINDOW_BYTES;
use sanheyi_exchange_spec::segment::SegmentReader;
use sanheyi_exchange_spec::suite::Suite;
use sanheyi_node::branch::Sealed;
use sanheyi_node::store::Counts;
use sanheyi_node::uplink::port::{HubPort as _, PullCall};
use sanheyi_proto::standard::v1::{Case, PowerItem};
use sanheyi_proto::{Dataset, STANDARD, dataset};
use sanheyi_tests::fixtures::{
    CASE, COMPLAINT, ITEM, POWER, STEP, case, case_no, complaint, complaint_no, draft, item,
    item_no, new_case, new_complaints, new_item, new_step, step, step_no,
};
use sanheyi_tests::patience::within;
use sanheyi_tests::world::{
    Foreign, NodeMachine, World, assert_converged, counts, id, judged, rules, told,
};

/// The standard before there were power items and cases in it.
fn before(name: &str) -> Option<&'static Dataset> {
    dataset(name).filter(|known| ![ITEM, CASE, STEP].contains(&known.name))
}

/// A hub that is behind.
async fn behind(seed: u64, names: &[&str]) -> World {
    let mut world = World::new(seed, names).await;
    world.hub.stop().await;
    world.hub.edition = Edition::new(STANDARD - 1, before);
    world.hub.start().await;
    world
}

async fn upgrade(world: &mut World) {
    world.hub.stop().await;
    world.hub.edition = Edition::CURRENT;
    world.hub.start().await;
}

fn pending(at: u64, rule: &str) -> (u64, Standing, Vec<String>) {
    (at, Standing::Pending, vec![rule.to_owned()])
}

/// Every body at the hub is the one that the node has.
async fn assert_intact(world: &World, node: &NodeMachine, entries: u64) {
    let (here, there) = (node.store(), world.hub.store(&node.platform()));
    let home = here.journal_list().await.unwrap().into_iter().find(|row| row.home).unwrap();
    let copy = there.journal_get(&home.head.journal).await.unwrap().unwrap();
    for sequence in 0..entries {
        let ours = here.entry_get(home.number, sequence).await.unwrap().unwrap();
        assert_eq!(there.entry_get(copy.number, sequence).await.unwrap(), Some(ours));
    }
}

#[tokio::test]
async fn a_newer_node_is_heard_in_full_once_its_hub_is_as_new() {
    let mut world = behind(420, &["jintan"]).await;
    let mut node = world.node("jintan").await;
    node.dial_on().await;
    // A field of tomorrow that even the node does not know, beside those of its own standard.
    let tomorrow = [case(2).encode_to_vec(), unknown_field(b"of tomorrow")].concat();
    node.submit(new_complaints(1..4)).await;
    node.submit(vec![new_step(1, 1), draft(CASE, &case_no(2), tomorrow)]).await;
    node.submit(vec![new_item(POWER), new_case(1)]).await;
    told(&world, &node).await;
    let due: Vec<_> = (0..7).map(|at| pending(at, "standard.unknown")).collect();
    assert_eq!(rules(node.store()).await, due);
    assert_converged(&world, &node).await;
    assert_intact(&world, &node, 7).await;

    // Restarted as it was it knows no more.
    world.hub.stop().await;
    world.hub.start().await;
    told(&world, &node).await;
    assert_eq!(rules(node.store()).await, due);

    upgrade(&mut world).await;
    until_accepted(&world, &node, 7).await;
    assert_converged(&world, &node).await;
    assert_intact(&world, &node, 7).await;
    node.hang_up().await;
}

async fn until_accepted(world: &World, node: &NodeMachine, accepted: u64) {
    sanheyi_tests::patience::until("all is accepted", async || {
        counts(node.store()).await.accepted == accepted
    })
    .await;
    told(world, node).await;
    for store in [node.store(), &world.hub.store(&node.platform())] {
        assert_eq!(counts(store).await, Counts { accepted, ..Counts::default() });
        assert_eq!(rules(store).await, []);
    }
}

/// Entries by the older standard, of datasets that the older hub does not have: one that is good
/// and its case, one that is not; one of a dataset that no hub knows, between two complaints.
fn of_unknown_datasets(foreign: &Foreign) -> Vec<Sealed> {
    let plain = |serial| {
        let body = complaint(serial).encode_to_vec();
        foreign.entry(COMPLAINT, &complaint_no(serial), None, body)
    };
    let wrong = PowerItem { name: String::new(), ..item(7) }.encode_to_vec();
    let early = Case { power_code: item(8).code, ..case(3) }.encode_to_vec();
    vec![
        plain(1),
        foreign.entry(CASE, &case_no(1), None, case(1).encode_to_vec()),
        foreign.entry(STEP, &step_no(1, 1), None, step(1, 1).encode_to_vec()),
        foreign.entry(ITEM, &item_no(POWER), None, item(POWER).encode_to_vec()),
        foreign.entry(ITEM, &item_no(7), None, wrong),
        foreign.entry("weather.report", "W-1", None, vec![1, 2, 3]),
        foreign.entry(CASE, &case_no(3), None, early),
        foreign.entry_by(STANDARD + 1, COMPLAINT, &complaint_no(3), None, vec![0xff]),
        plain(2),
    ]
}

#[tokio::test]
async fn each_is_judged_for_what_it_is_when_its_dataset_is_known() {
    let mut world = behind(421, &["jintan"]).await;
    let mut foreign = world.foreign("jintan").await;
    assert_eq!(foreign.greet().await.unwrap().standard, STANDARD - 1);
    let entries = of_unknown_datasets(&foreign);
    foreign.push(&entries).await.unwrap();
    judged(&world, &id("jintan")).await;
    let store = world.hub.store(&id("jintan"));
    let mut due: Vec<_> = (1..7).map(|at| pending(at, "dataset.unknown")).collect();
    due.push(pending(7, "standard.unknown"));
    assert_eq!(rules(&store).await, due);
    assert_eq!(counts(&store).await, Counts { accepted: 2, pending: 7, ..Counts::default() });

    upgrade(&mut world).await;
    let store = world.hub.store(&id("jintan"));
    sanheyi_tests::patience::until("the known ones are judged", async || {
        counts(&store).await.accepted == 5
    })
    .await;
    judged(&world, &id("jintan")).await;
    let quarantined = (4, Standing::Quarantined, vec!["string.min_len".to_owned()]);
    let due = [
        quarantined,
        pending(5, "dataset.unknown"),
        pending(6, "reference.absent"),
        pending(7, "standard.unknown"),
    ];
    assert_eq!(rules(&store).await, due);
    let due = Counts { accepted: 5, quarantined: 1, pending: 3, warned: 0 };
    assert_eq!(counts(&store).await, due);
    let row = store.journal_get(&foreign.journal).await.unwrap().unwrap();
    for (sequence, sent) in (0..).zip(&entries) {
        let kept = store.entry_get(row.number, sequence).await.unwrap().unwrap();
        assert_eq!((kept.digest, kept.body.unwrap()), (sent.digest, sent.body.bytes.clone()));
    }
}

/// Field 9999 of a message, of bytes: its tag is 9999 × 8 + 2.
fn unknown_field(bytes: &[u8]) -> Vec<u8> {
    let mut field = vec![0xfa, 0xf0, 0x04, u8::try_from(bytes.len()).unwrap()];
    field.extend(bytes);
    field
}

#[tokio::test]
async fn a_field_that_nobody_knows_is_kept_and_comes_back() {
    let mut world = World::new(422, &["jintan"]).await;
    let mut foreign = world.foreign("jintan").await;
    let answer = foreign.greet().await.unwrap();
    // In front, behind, and more than once.
    let field = unknown_field("三合一".as_bytes());
    let body = [field.clone(), complaint(1).encode_to_vec(), field, unknown_field(b"")].concat();
    let entry = foreign.entry(COMPLAINT, &complaint_no(1), None, body.clone());
    foreign.push(std::slice::from_ref(&entry)).await.unwrap();
    judged(&world, &id("jintan")).await;
    let store = world.hub.store(&id("jintan"));
    assert_eq!(counts(&store).await, Counts { accepted: 1, ..Counts::default() });

    let pull = PullCall {
        generation: answer.generation,
        cursors: vec![(foreign.journal.clone(), 0)],
        epochs: Vec::new(),
        wait: Duration::ZERO,
        max_bytes: WINDOW_BYTES,
    };
    let tails = within("its own journal", foreign.port.pull(pull)).await.unwrap().tails;
    let tail = tails.iter().find(|tail| tail.journal == foreign.journal).unwrap();
    let opened = SegmentReader::new(Suite::Intl).unwrap().open(&tail.segments[0]).unwrap();
    let kept = opened.get(0).unwrap();
    assert_eq!((kept.digest, kept.body.unwrap().1), (entry.digest, &body[..]));
}
