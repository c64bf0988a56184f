//! A history that takes longer to fetch than a connection lives is fetched all the same: what has
//! come is kept, and the next connection goes on behind it.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use sanheyi_node::uplink::grpc::GrpcPort;
use sanheyi_node::uplink::port::{
    CallError, GreetAnswer, GreetCall, HubPort, PullAnswer, PullCall, PushAnswer, PushCall,
};
use sanheyi_node::uplink::sync::{Outcome, Session};
use sanheyi_tests::fixtures::new_complaints;
use sanheyi_tests::patience::within;
use sanheyi_tests::world::{NodeMachine, World, assert_converged, copy_folder, journal_of};

/// Entries that the hub has beyond the backup: a pull gives one at least.
const ENTRIES: u64 = 6;
/// Pulls that a connection lives for.
const LIFE: u64 = 2;

/// Gives the least that a pull can give, and ends in order after a few.
struct ShortPort {
    inner: GrpcPort,
    pulls: AtomicU64,
    cursors: Arc<Mutex<Vec<u64>>>,
}

impl HubPort for ShortPort {
    async fn greet(&self, call: GreetCall) -> Result<GreetAnswer, CallError> {
        self.inner.greet(call).await
    }

    async fn push(&self, call: PushCall) -> Result<PushAnswer, CallError> {
        self.inner.push(call).await
    }

    async fn pull(&self, call: PullCall) -> Result<PullAnswer, CallError> {
        if self.pulls.fetch_add(1, Ordering::SeqCst) >= LIFE {
            return Err(CallError::Ended("made up: the connection has reached its age".into()));
        }
        self.cursors.lock().unwrap().push(call.cursors[0].1);
        self.inner.pull(PullCall { max_bytes: 1, ..call }).await
    }
}

/// One short connection; how it ended, and from where on it pulled.
async fn connection(node: &NodeMachine) -> (Outcome, Vec<u64>) {
    let line = node.line().await.unwrap();
    let cursors = Arc::default();
    let inner = GrpcPort::new(&line);
    let port = ShortPort { inner, pulls: AtomicU64::new(0), cursors: Arc::clone(&cursors) };
    let mut session = Session::new(node.parts(), port);
    let outcome = within("the connection ends", async {
        loop {
            match session.step().await {
                Outcome::Going => {}
                ended => return ended,
            }
        }
    })
    .await;
    let cursors = cursors.lock().unwrap().clone();
    (outcome, cursors)
}

#[tokio::test]
async fn window_by_window() {
    let mut world = World::new(150, &["jintan"]).await;
    let mut node = world.node("jintan").await;
    node.submit(new_complaints(1..11)).await;
    let mut link = node.settle().await;
    copy_folder(node.folder(), &world.folder("backup"));
    for serial in 20..20 + ENTRIES {
        node.submit(new_complaints(serial..serial + 1)).await;
        assert!(link.settle(node.store()).await);
    }
    node.kill().await;
    let size = 10 + ENTRIES;

    let backup = world.folder("backup");
    let node = world.node_at(&backup).await;
    node.submit(new_complaints(900..901)).await;
    let mut pulled = Vec::new();
    for _ in 0..ENTRIES / LIFE {
        assert_eq!(journal_of(&node).await.head.size, 11);
        let (outcome, cursors) = connection(&node).await;
        assert!(matches!(outcome, Outcome::Reconnect { pause: false, .. }), "{outcome:?}");
        pulled.extend(cursors);
    }
    let each_once: Vec<u64> = (10..10 + ENTRIES).collect();
    assert_eq!(pulled, each_once);
    assert_eq!(journal_of(&node).await.head.size, size + 1, "adopted, and its own behind it");
    let _link = node.settle().await;
    assert_converged(&world, &node).await;
}
