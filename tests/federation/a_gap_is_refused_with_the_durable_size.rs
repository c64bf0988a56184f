//! A copy has no gaps: who offers what lies beyond is told where to go on.

use sanheyi_exchange_spec::error::Code;
use sanheyi_node::uplink::port::HubPort as _;
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no};
use sanheyi_tests::world::{World, hub_rows, id};

use crate::refused;

#[tokio::test]
async fn and_nothing_is_admitted() {
    let mut world = World::new(70, &["jintan"]).await;
    let mut foreign = world.foreign("jintan").await;
    foreign.greet().await.unwrap();
    let entries: Vec<_> =
        (1..7).map(|n| foreign.entry(COMPLAINT, &complaint_no(n), None, vec![])).collect();
    foreign.push(&entries[..3]).await.unwrap();

    let behind = foreign.tree.clone();
    entries[3..5].iter().for_each(|entry| foreign.tree.push(entry.digest));
    let beyond = foreign.push_call(&entries[5..]);
    let refusal = refused(foreign.port.push(beyond).await, Code::Gap);
    assert_eq!(refusal.durable, Some(3));
    assert_eq!(hub_rows(&world, &id("jintan")).await[0].head.size, 3);

    foreign.tree = behind;
    let answer = foreign.push(&entries[3..]).await.unwrap();
    assert_eq!(answer.durable, 6);
}
