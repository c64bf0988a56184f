//! Contiguous and once: what comes again is compared, answered, and not stored again.

use sanheyi_exchange_spec::merkle::Tree;
use sanheyi_node::uplink::port::HubPort as _;
use sanheyi_node::uplink::port::PushCall;
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no};
use sanheyi_tests::world::{World, hub_rows, id};

#[tokio::test]
async fn whole_or_in_part() {
    let mut world = World::new(80, &["jintan"]).await;
    let mut foreign = world.foreign("jintan").await;
    foreign.greet().await.unwrap();
    let entries: Vec<_> =
        (1..7).map(|n| foreign.entry(COMPLAINT, &complaint_no(n), None, vec![])).collect();
    let empty: Tree = foreign.tree.clone();
    let first = foreign.push_call(&entries[..3]);
    for _ in 0..3 {
        assert_eq!(foreign.port.push(first.clone()).await.unwrap().durable, 3);
    }
    let before = hub_rows(&world, &id("jintan")).await[0].clone();

    // It begins before the durable size and ends beyond it: the caller goes on from there.
    foreign.tree = empty;
    let overlap = foreign.push_call(&entries);
    assert_eq!(foreign.port.push(overlap.clone()).await.unwrap().durable, 3);
    assert_eq!(hub_rows(&world, &id("jintan")).await[0], before, "nothing moved");

    entries[..3].iter().for_each(|entry| foreign.tree.push(entry.digest));
    assert_eq!(foreign.push(&entries[3..]).await.unwrap().durable, 6);
    // However much later: all of it, in one push that ends at the durable size.
    assert_eq!(foreign.port.push(overlap).await.unwrap().durable, 6);
    let late = PushCall { ..first };
    assert_eq!(foreign.port.push(late).await.unwrap().durable, 6);
    assert_eq!(hub_rows(&world, &id("jintan")).await[0].head.size, 6);
}
