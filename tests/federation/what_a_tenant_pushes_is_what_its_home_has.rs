//! Admission of a hosted journal writes no entry: so it must hold, before its cursor moves, that
//! the home has those very entries. Shown by a program that holds a tenant's key and calls by hand.

use std::sync::Arc;

use prost::Message as _;
use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::gate::Edition;
use sanheyi_exchange_spec::link::Position;
use sanheyi_hub::exchange::{Exchange, ExchangeParts, Gate, LocalPort};
use sanheyi_hub::store::{gate_get, hosted_list};
use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_node::store::{GreetingRow, Store};
use sanheyi_node::uplink::port::{HubPort as _, PullCall};
use sanheyi_tests::fixtures::{COMPLAINT, complaint, complaint_no, new_complaints};
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{Foreign, World, assert_tenant_sound, home_and_admitted, settled};

use crate::home::Home;
use crate::refused;

/// A hub that stands still but for its admission, and a tenant's link made by hand.
struct ByHand {
    home: Home,
    link: Foreign<LocalPort>,
    workers: Vec<tokio::task::JoinHandle<()>>,
    gates: Vec<Gate>,
}

impl ByHand {
    async fn take(world: &World, name: &str) -> Self {
        let home = Home::open(world, name).await;
        let setup = world.setup();
        let parts = ExchangeParts {
            hub: setup.hub.clone(),
            database: home.store.database().clone(),
            key: world.hub.key(),
            clock: world.clock.clone(),
            entropy: Arc::new(SeededEntropy::new(9)),
            edition: Edition::CURRENT,
        };
        let (exchange, workers) = Exchange::open(parts).await.unwrap();
        let (admission, gates) = (workers.admission.into_iter(), workers.gates);
        let workers = admission
            .map(|worker| tokio::spawn(async move { worker.run().await.unwrap() }))
            .collect();
        let platform = home.store.platform().clone();
        let key = sanheyi_hub::app::signing_key(&setup.tenant_files(&platform).key).unwrap();
        let port = LocalPort::new(exchange, platform.clone());
        let mut link = Foreign::on(port, platform, key, world.clock.clone(), 6);
        link.keeper = Some(setup.hub.clone());
        link.journal = home.journal.id().clone();
        link.holds = home.store.greeting_get(home.journal.number()).await.unwrap().holds;
        for sequence in 0..home.journal.head().size {
            let entry = home.store.entry_get(home.journal.number(), sequence).await.unwrap();
            link.tree.push(entry.unwrap().digest);
        }
        Self { home, link, workers, gates }
    }

    /// Lets the gate judge all that there is to judge; answers how far it came.
    async fn judge(&mut self) -> u64 {
        for gate in &mut self.gates {
            while gate.round().await > 0 {}
        }
        gate_get(&self.home.store, self.home.journal.number()).await.unwrap().unwrap()
    }

    /// Gives the tenant back, with the epoch that was opened by hand: it was its own.
    async fn release(self) {
        let (store, number) = (&self.home.store, self.home.journal.number());
        let mut tx = store.begin("test").await.unwrap();
        let before = tx.greeting_get(store, number).await.unwrap();
        let holds = self.link.holds.clone();
        tx.greeting_put(store, number, &GreetingRow { holds, ..before }).await.unwrap();
        tx.commit().await.unwrap();
        drop(self.link);
        for worker in self.workers {
            worker.abort();
        }
        self.home.close().await;
    }
}

async fn admitted(store: &Store) -> (u64, bool) {
    let row = hosted_list(store).await.unwrap().remove(0);
    (row.head.size, row.head.stopped)
}

#[tokio::test]
async fn or_it_is_refused_and_nothing_moves() {
    let mut world = World::new(331, &[]).await;
    let tianning = world.tenant("tianning").await;
    tianning.submit(new_complaints(1..6)).await;
    let store = world.hub.store(&tianning.platform);
    until("all is answered", async || settled(&store).await).await;
    world.hub.stop().await;
    let mut hand = ByHand::take(&world, "tianning").await;
    let store = hand.home.store.clone();
    hand.link.greet().await.unwrap();
    assert_eq!(hand.link.opened, 5, "its epoch opens at what was admitted");

    // Beyond the home: these entries are nowhere.
    let body = |serial| complaint(serial).encode_to_vec();
    let next = [hand.link.entry(COMPLAINT, &complaint_no(6), None, body(6))];
    let refusal = refused(hand.link.push(&next).await, Code::Gap);
    assert_eq!(refusal.durable, Some(5));
    assert_eq!(admitted(&store).await, (5, false));

    // The home's own, but nobody says who keeps the key; or somebody else does.
    hand.home.append(&next).await;
    let hub = hand.link.keeper.take();
    refused(hand.link.push(&next).await, Code::SignatureInvalid);
    hand.link.keeper = Some("wuxi".parse().unwrap());
    refused(hand.link.push(&next).await, Code::SignatureInvalid);
    hand.link.keeper = hub;
    assert_eq!(admitted(&store).await, (5, false));
    assert_eq!(hand.link.push(&next).await.unwrap().durable, 6);
    assert_eq!(admitted(&store).await, (6, false));
    let again = hand.link.push_call(&next);
    let stale =
        Position { epoch: sanheyi_exchange_spec::ids::EpochId::new([9; 16]), ..hand.link.position };
    let stale = sanheyi_node::uplink::port::PushCall { position: stale, ..again };
    refused(hand.link.port.push(stale).await, Code::EpochStale);

    // As many as the home has, and others: its journal is stopped, the home is as it was.
    let home = [hand.link.entry(COMPLAINT, &complaint_no(7), None, body(7))];
    hand.home.append(&home).await;
    let other = [hand.link.entry(COMPLAINT, &complaint_no(8), None, body(8))];
    let refusal = refused(hand.link.push(&other).await, Code::HistoryChanged);
    let (claimed, held) = refusal.roots.unwrap();
    assert_ne!(claimed, held);
    assert_eq!(held, hand.home.journal.head().root);
    assert_eq!(admitted(&store).await, (6, true));
    let row = store.journal_get(hand.home.journal.id()).await.unwrap().unwrap();
    assert_eq!((row.head.size, row.head.stopped), (7, false), "the home appends on");
    refused(hand.link.push(&home).await, Code::HistoryChanged);
    assert_eq!(hand.judge().await, 6, "what was not admitted is not judged");

    // What was not admitted is not shown to a pull of the own journal.
    let cursors = vec![(hand.link.journal.clone(), 0)];
    let generation = hand.link.position.generation;
    let (wait, max_bytes) = (std::time::Duration::ZERO, 1 << 20);
    let pull = PullCall { generation, cursors, epochs: Vec::new(), wait, max_bytes };
    let tail = hand.link.port.pull(pull).await.unwrap().tails.remove(0);
    assert_eq!(tail.durable, 6);
    hand.release().await;

    // A stop ends with the epoch, and the branch, who never said otherwise, goes on.
    world.hub.start().await;
    tianning.up().await;
    let store = world.hub.store(&tianning.platform);
    until("all is answered", async || settled(&store).await).await;
    assert_tenant_sound(&world, &tianning).await;
    assert_eq!(home_and_admitted(&store).await.1.head.size, 7);
}
