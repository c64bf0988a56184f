//! Who offers another history than the one held is stopped, loudly, with both roots; nothing is
//! overwritten, and nobody else is held up.

use sanheyi_exchange_spec::error::Code;
use sanheyi_node::uplink::port::HubPort as _;
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no};
use sanheyi_tests::world::{World, hub_rows, id};

use crate::refused;

#[tokio::test]
async fn until_it_greets_anew() {
    let mut world = World::new(90, &["jintan", "wujin"]).await;
    let mut jintan = world.foreign("jintan").await;
    let mut wujin = world.foreign("wujin").await;
    jintan.greet().await.unwrap();
    wujin.greet().await.unwrap();
    let entries: Vec<_> =
        (1..4).map(|n| jintan.entry(COMPLAINT, &complaint_no(n), None, vec![])).collect();
    let (empty, true_root) = (jintan.tree.clone(), {
        jintan.push(&entries).await.unwrap();
        jintan.tree.root()
    });

    let others: Vec<_> =
        (1..4).map(|n| jintan.entry(COMPLAINT, &complaint_no(n), None, vec![1])).collect();
    let truth = std::mem::replace(&mut jintan.tree, empty);
    let changed = jintan.push_call(&others);
    others.iter().for_each(|entry| jintan.tree.push(entry.digest));
    let refusal = refused(jintan.port.push(changed).await, Code::HistoryChanged);
    assert_eq!(refusal.roots, Some((jintan.tree.root(), true_root)), "offered, held");
    jintan.tree = truth;

    let row = hub_rows(&world, &id("jintan")).await[0].clone();
    assert!(row.head.stopped);
    let why = row.stopped.unwrap();
    assert!(why.contains(&true_root.to_string()), "{why}");
    assert_eq!((row.head.size, row.head.root), (3, true_root), "nothing is overwritten");
    let more = [jintan.entry(COMPLAINT, &complaint_no(4), None, vec![])];
    refused(jintan.push(&more).await, Code::HistoryChanged);

    let theirs = [wujin.entry(COMPLAINT, &complaint_no(1), None, vec![])];
    wujin.push(&theirs).await.unwrap();

    jintan.greet().await.unwrap();
    assert_eq!(jintan.push(&more).await.unwrap().durable, 4, "a new epoch ends the stop");
}

#[tokio::test]
async fn a_root_that_the_entries_do_not_give_is_a_changed_history_too() {
    let mut world = World::new(91, &["jintan"]).await;
    let mut jintan = world.foreign("jintan").await;
    jintan.greet().await.unwrap();
    let one = [jintan.entry(COMPLAINT, &complaint_no(1), None, vec![])];
    let other = [jintan.entry(COMPLAINT, &complaint_no(2), None, vec![])];
    let mut call = jintan.push_call(&one);
    call.segments = vec![jintan.segment(&other)];
    refused(jintan.port.push(call).await, Code::HistoryChanged);
    assert_eq!(hub_rows(&world, &id("jintan")).await[0].head.size, 0);

    jintan.greet().await.unwrap();
    let elsewhere = jintan.checkpoint(7, jintan.tree.root());
    let mut call = jintan.push_call(&one);
    call.checkpoint = elsewhere;
    refused(jintan.port.push(call).await, Code::SignatureInvalid);
    jintan.push(&one).await.unwrap();
}
