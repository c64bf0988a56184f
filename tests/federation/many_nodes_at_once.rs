//! Three districts at once: their pushes share commits, and each ends with its own root.

use sanheyi_tests::fixtures::new_complaints;
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{World, assert_converged, journal_of, settled};

const EACH: u64 = 6_000;

#[tokio::test]
async fn all_of_them_converge() {
    let names = ["jintan", "liyang", "wujin"];
    let mut world = World::new(100, &names).await;
    let mut nodes = Vec::new();
    for name in names {
        let mut node = world.node(name).await;
        node.dial_on().await;
        nodes.push(node);
    }
    for first in (1..=EACH).step_by(1000) {
        let batch = || new_complaints(first..first + 1000);
        let [a, b, c] = &nodes[..] else { unreachable!() };
        tokio::join!(a.submit(batch()), b.submit(batch()), c.submit(batch()));
    }
    for node in &nodes {
        until("all is answered", async || settled(node.store()).await).await;
        assert_converged(&world, node).await;
        assert_eq!(journal_of(node).await.head.size, EACH);
    }
    let stages = world.hub.exchange();
    let judged = stages.stages().judged.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(judged, EACH * 3, "each entry is judged once");
}
