//! Rule 13: any instance of a hub answers any call. Two nodes and a tenant write all the time;
//! instances are killed at random, never all at once, and come back; in the end nothing that was
//! acknowledged is lost or doubled, no instance was without work for long, and the tenant has moved
//! on whenever the instance died in which it lived.

use sanheyi_node::process::entropy::{Entropy as _, SeededEntropy};
use sanheyi_tests::knobs::{kills, seed};
use sanheyi_tests::patience::{until, within};
use sanheyi_tests::world::settled;
use tokio::sync::watch;

use crate::hubs::{Hubs, INSTANCES};
use crate::ledger::{Writer, Written, assert_once};

/// Writes that each of them acknowledges between two kills.
const BETWEEN: usize = 300;

type Ledger = watch::Receiver<Vec<Written>>;

#[tokio::test]
async fn killed_at_random_they_lose_nothing_and_none_is_idle() {
    let seed = seed();
    println!("SANHEYI_SEED={seed:#x}");
    let chance = SeededEntropy::new(seed);
    let mut world = Hubs::new().await;
    for instance in 0..INSTANCES {
        world.start(instance).await;
    }
    let (stop, stopped) = watch::channel(false);
    let (mut ledgers, mut writers): (Vec<Ledger>, Vec<_>) = (Vec::new(), Vec::new());
    let mut sockets = Vec::new();
    for node in 0..world.nodes.len() {
        world.nodes[node].start();
        sockets.push(vec![world.node_config(node).socket()]);
    }
    sockets.push(world.tenant_sockets());
    for sockets in sockets {
        let (ledger, written) = watch::channel(Vec::new());
        writers.push(tokio::spawn(Writer::new(sockets, ledger, stopped.clone()).run()));
        ledgers.push(written);
    }

    all_have_work(&world).await;
    for _ in 0..kills() {
        more_is_written(&mut ledgers).await;
        let mut drawn = [0; 2];
        chance.fill(&mut drawn);
        let first = usize::from(drawn[0]) % INSTANCES;
        world.kill(first).await;
        // Sometimes a second one dies while the first is away.
        let second = (drawn[1] % 3 == 0).then_some((first + 1) % INSTANCES);
        if let Some(second) = second {
            world.kill(second).await;
        }
        more_is_written(&mut ledgers).await;
        world.start(first).await;
        if let Some(second) = second {
            world.start(second).await;
        }
        all_have_work(&world).await;
    }

    stop.send_replace(true);
    for writer in writers {
        within("a writer ends", writer).await.expect("nothing was refused");
    }
    let tenant = world.tenant_store().await;
    until("everything of the tenant is answered", async || settled(&tenant).await).await;
    for node in 0..world.nodes.len() {
        let store = world.node_store(node).await;
        until("everything is answered", async || settled(&store).await).await;
    }
    for node in &mut world.nodes {
        node.stop().await;
    }
    for hub in &mut world.hubs {
        hub.stop().await;
    }
    world.verify().await;
    let mut pairs = vec![(tenant.clone(), tenant)];
    for node in (0..world.nodes.len()).rev() {
        pairs.insert(0, (world.node_store(node).await, world.hub_store(node).await));
    }
    for (written, (home, copy)) in ledgers.iter().zip(pairs) {
        let ledger = written.borrow().clone();
        assert_once(&home, &copy, &ledger, &world.said()).await;
    }
}

/// All of them have acknowledged more.
async fn more_is_written(ledgers: &mut [Ledger]) {
    for written in ledgers {
        let enough = written.borrow_and_update().len() + BETWEEN;
        let more = written.wait_for(|ledger| ledger.len() >= enough);
        within("the writers write", more).await.expect("the writer lives");
    }
}

/// From now on every instance is given a connection again, within a few of their ages.
async fn all_have_work(world: &Hubs) {
    let before: Vec<u64> = (0..INSTANCES).map(|one| world.balancer.served(one)).collect();
    until("every instance has work", async || {
        (0..INSTANCES).all(|one| world.balancer.served(one) > before[one])
    })
    .await;
}
