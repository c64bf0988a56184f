//! A file goes up behind the record that names it, in pieces; a cut line loses the one that was on
//! its way, and no other.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use sanheyi_node::store::{DueState, Store, Way};
use sanheyi_node::uplink::grpc::GrpcPort;
use sanheyi_node::uplink::sync::{Outcome, Session};
use sanheyi_tests::faults::Proxy;
use sanheyi_tests::files::{Called, Noting, TestFile};
use sanheyi_tests::patience::within;
use sanheyi_tests::world::{NodeMachine, World, assert_converged, id};

const KIB: usize = 1024;

/// One connection's life, until it ends or the file is where it should be.
async fn carry(
    node: &NodeMachine,
    log: &Arc<Mutex<Vec<Called>>>,
    done: impl AsyncFn() -> bool,
) -> bool {
    let Ok(line) = node.line().await else { return done().await };
    let port = Noting::new(GrpcPort::new(&line), log);
    let mut session = Session::new(node.parts(), port);
    within("the connection ends, or the file is there", async {
        loop {
            if done().await {
                return true;
            }
            if session.step().await != Outcome::Going {
                return false;
            }
        }
    })
    .await
}

async fn passed(file: &TestFile, store: &Store) -> bool {
    file.state(store, Way::Up).await == Some(DueState::Passed)
}

#[tokio::test]
async fn and_at_most_one_piece_is_sent_again_for_each_cut() {
    let mut world = World::new(3100, &["jintan"]).await;
    let proxy = Proxy::before(world.hub.address()).await;
    let mut node = world.node("jintan").await;
    node.dial = proxy.address();
    let file = TestFile::pdf(3101, 3300 * KIB);
    file.shelve(node.store()).await;
    node.submit(vec![file.named_by(1)]).await;

    let log = Arc::default();
    let store = node.store().clone();
    // In the middle of a piece, near its end, and before the first.
    for bytes in [700 * KIB, 130 * KIB, 1000 * KIB, 5 * KIB, 530 * KIB] {
        let torn = proxy.torn();
        proxy.cut_after(i64::try_from(bytes).unwrap());
        while proxy.torn() == torn {
            let there = carry(&node, &log, async || proxy.torn() > torn).await;
            assert!(!passed(&file, &store).await, "{there}: the line is cut before the end");
        }
    }
    while !carry(&node, &log, async || passed(&file, &store).await).await {}

    let sent: Vec<_> = log.lock().unwrap().iter().filter_map(piece_of).collect();
    let distinct: BTreeSet<_> = sent.iter().copied().collect();
    assert_eq!(distinct.len() as u64, file.file.pieces(), "every piece was sent");
    let again = sent.len() - distinct.len();
    assert!(again as u64 <= proxy.torn(), "{again} pieces again for {} cuts", proxy.torn());
    assert!(file.is_in(&world.hub.store(&id("jintan"))).await);
    let there = world.hub.store(&id("jintan"));
    assert_eq!(file.state(&there, Way::Up).await, Some(DueState::Here));
    node.settle().await;
    assert_converged(&world, &node).await;
}

fn piece_of(called: &Called) -> Option<u64> {
    match called {
        Called::Put(_, number) => Some(*number),
        _ => None,
    }
}

#[tokio::test]
async fn what_the_hub_has_is_not_sent_again() {
    let mut world = World::new(3110, &["jintan"]).await;
    let node = world.node("jintan").await;
    let file = TestFile::pdf(3111, 600 * KIB);
    file.shelve(node.store()).await;
    node.submit(vec![file.named_by(1)]).await;
    let (log, store) = (Arc::default(), node.store().clone());
    while !carry(&node, &log, async || passed(&file, &store).await).await {}
    let pieces =
        |log: &Arc<Mutex<Vec<Called>>>| log.lock().unwrap().iter().filter_map(piece_of).count();
    assert_eq!(pieces(&log), 3);

    // A second record names it; nothing of it goes again.
    let appended = node.submit(vec![file.named_by(2)]).await;
    assert_eq!(appended.len(), 1);
    assert!(passed(&file, &store).await);
    node.settle().await;
    assert_eq!(pieces(&log), 3);
}
