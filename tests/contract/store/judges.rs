//! Two instances of a hub judge one platform at once: what waits in one journal and what it waits
//! for in another meet on the platform's row, so that nothing waits for what is there.

use std::sync::Arc;

use prost::Message as _;
use sanheyi_exchange_spec::gate::{Edition, Standing};
use sanheyi_exchange_spec::ids::{JournalId, Lane};
use sanheyi_exchange_spec::keyring::Keyring;
use sanheyi_exchange_spec::limits::RECEIPT_EXCEPTIONS;
use sanheyi_hub::exchange::{Exchange, ExchangeParts, LocalPort};
use sanheyi_hub::store::{gate_list, open, waiting_awaited, waiting_ready};
use sanheyi_node::branch::Sealed;
use sanheyi_node::config::NodeConfig;
use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_node::store::{Counts, Store};
use sanheyi_tests::fixtures::{
    COMPLAINT, HANDLING, complaint, complaint_no, handling, handling_no,
};
use sanheyi_tests::knobs::Ground;
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{Foreign, World, assert_sound, id};
use tokio::task::JoinSet;

/// Records of each journal: some receipts of them.
const EACH: u64 = 8 * RECEIPT_EXCEPTIONS as u64;

/// An instance of the world's hub; its workers, not yet run.
async fn instance(world: &World, seed: u64) -> (Exchange, sanheyi_hub::exchange::Workers, Store) {
    let setup = world.setup();
    let database = open(&setup.store, &setup.hub).await.unwrap();
    let parts = ExchangeParts {
        hub: setup.hub.clone(),
        database: database.clone(),
        key: world.hub.key(),
        clock: world.clock.clone(),
        entropy: Arc::new(SeededEntropy::new(seed)),
        edition: Edition::CURRENT,
    };
    let (exchange, workers) = Exchange::open(parts).await.unwrap();
    (exchange, workers, database.of(&id("jintan")))
}

/// A program with a journal on this lane.
fn program(world: &World, exchange: &Exchange, lane: Lane, seed: u64) -> Foreign<LocalPort> {
    let config = NodeConfig::load(&world.folder("jintan").join("node.toml")).unwrap();
    let port = LocalPort::new(exchange.clone(), config.platform.clone());
    let key = config.read_signing_key().unwrap();
    let mut program = Foreign::on(port, config.platform, key, Arc::clone(&world.clock), seed);
    program.journal = JournalId { lane, ..program.journal.clone() };
    program
}

async fn push(program: &mut Foreign<LocalPort>, entries: &[Sealed]) {
    program.greet().await.unwrap();
    for some in entries.chunks(RECEIPT_EXCEPTIONS) {
        program.push(some).await.unwrap();
    }
}

/// Handlings wait in one journal for complaints of the other, in which they are quarantined: it is
/// on the wrong lane. So they are there, and whoever refers to them is warned.
async fn pushed(world: &World, exchange: &Exchange) -> [JournalId; 2] {
    let mut waiting = program(world, exchange, Lane::Normal, 91);
    let mut awaited = program(world, exchange, Lane::Urgent, 92);
    // A range behind: one instance judges it while the other judges what it refers to.
    let shift = |number: u64| (number + EACH - RECEIPT_EXCEPTIONS as u64) % EACH;
    let handlings: Vec<_> = (0..EACH)
        .map(|number| {
            let (record, body) = (handling_no(shift(number), 1), handling(shift(number), 1));
            waiting.entry(HANDLING, &record, None, body.encode_to_vec())
        })
        .collect();
    let complaints: Vec<_> = (0..EACH)
        .map(|number| {
            let body = complaint(number).encode_to_vec();
            awaited.entry(COMPLAINT, &complaint_no(number), None, body)
        })
        .collect();
    push(&mut waiting, &handlings).await;
    push(&mut awaited, &complaints).await;
    [waiting.journal, awaited.journal]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_that_judge_one_platform_keep_no_waiter() {
    let mut world = World::on(Ground::Postgres, 440, &["jintan"]).await;
    world.hub.stop().await;
    let (exchange, one, store) = instance(&world, 1).await;
    let (_second, two, _) = instance(&world, 2).await;
    let mut working = JoinSet::new();
    for worker in one.admission {
        working.spawn(async move { worker.run().await.unwrap() });
    }
    let [waiting, awaited] = pushed(&world, &exchange).await;
    for gate in one.gates.into_iter().chain(two.gates) {
        working.spawn(async move { gate.run().await.unwrap() });
    }
    until("both journals are judged", async || {
        gate_list(&store).await.unwrap().iter().map(|row| row.judged).sum::<u64>() == 2 * EACH
    })
    .await;
    // At once, not only after a sweep.
    let left = waiting_awaited(&store, &[], 9).await.unwrap();
    assert_eq!(left, Vec::<Vec<u8>>::new(), "all of it has come");
    until("nothing waits", async || waiting_ready(&store, 1).await.unwrap().is_empty()).await;
    working.shutdown().await;

    let row = store.journal_get(&waiting).await.unwrap().unwrap();
    let due = Counts { accepted: EACH, warned: EACH, ..Counts::default() };
    assert_eq!(store.receipt_counts(row.number).await.unwrap(), (due, EACH));
    let exceptions = store.exception_list(row.number, None, EACH + 1).await.unwrap();
    assert!(exceptions.iter().all(|one| {
        one.standing == Standing::Accepted && one.reasons[0].rule == "reference.quarantined"
    }));
    let row = store.journal_get(&awaited).await.unwrap().unwrap();
    let due = Counts { quarantined: EACH, ..Counts::default() };
    assert_eq!(store.receipt_counts(row.number).await.unwrap(), (due, EACH));
    let own = NodeConfig::load(&world.folder("jintan").join("node.toml")).unwrap();
    let own = own.read_signing_key().unwrap().verifying();
    let hub = (world.setup().hub.clone(), world.hub.key().verifying());
    let keys = Keyring::from([hub, (id("jintan"), own)]);
    assert_sound(&store, &keys).await;
}
