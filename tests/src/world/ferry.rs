//! Exchange by files: what an operator does on either side of a one-way gate.

use std::io::Cursor;
use std::sync::Arc;

use sanheyi_hub::carry::{CarryFault as HubFault, Ferry, Taken};
use sanheyi_hub::exchange::ExchangeParts;
use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_node::uplink::carry::{Carrier, CarryFault, Imported, Wish};

use super::{NodeMachine, World};

/// Everything in one file.
pub const ALL: Wish = Wish { bytes: u64::MAX, entries: true };

/// Who carries for a node.
pub fn carrier(node: &NodeMachine) -> Carrier {
    let parts = node.parts();
    Carrier {
        store: node.store().clone(),
        hub: parts.branch.hub().clone(),
        key: parts.key,
        hub_key: parts.hub_key,
        clock: parts.clock,
        entropy: parts.entropy,
    }
}

/// What the hub's operator takes files in with, beside the hub that runs.
///
/// # Panics
/// If the store cannot be opened.
pub async fn ferry(world: &World) -> Ferry {
    let parts = ExchangeParts {
        hub: world.setup().hub.clone(),
        database: world.hub.database(),
        key: world.hub.key(),
        clock: Arc::clone(&world.clock) as _,
        entropy: Arc::new(SeededEntropy::new(0x5faced)),
        edition: world.hub.edition,
    };
    Ferry::open(parts).await.expect("the exchange opens")
}

/// The files of an export.
///
/// # Panics
/// If the node refuses.
pub async fn export(node: &NodeMachine, wish: Wish) -> Vec<Vec<u8>> {
    let mut files = Vec::new();
    carrier(node).export(wish, &mut files).await.expect("the node exports");
    files
}

/// Takes a file in at the hub.
///
/// # Errors
/// As the hub says.
pub async fn take(ferry: &mut Ferry, file: &[u8]) -> Result<Taken, HubFault> {
    ferry.take(Cursor::new(file), file.len() as u64).await
}

/// The answer to a file.
///
/// # Panics
/// If the hub refuses.
pub async fn answer(ferry: &Ferry, taken: &Taken) -> Vec<u8> {
    let answer = ferry.answer(taken, &taken.refused, u64::MAX, Vec::new()).await;
    answer.expect("the hub answers").1
}

/// Takes an answer in at the node.
///
/// # Errors
/// As the node says.
pub async fn bring(node: &NodeMachine, file: &[u8]) -> Result<Imported, CarryFault> {
    let (source, length) = (Cursor::new(file), file.len() as u64);
    carrier(node).import(source, length, Some(node.branch())).await
}

/// One round trip: up, judged, and back.
///
/// # Panics
/// If either side refuses.
pub async fn round_trip(world: &World, node: &NodeMachine) -> Imported {
    let mut ferry = ferry(world).await;
    let mut last = None;
    for file in export(node, ALL).await {
        let taken = take(&mut ferry, &file).await.expect("the hub takes it in");
        assert!(taken.judged, "all of it has a verdict");
        last = Some(taken);
    }
    let answer = answer(&ferry, &last.expect("a file")).await;
    bring(node, &answer).await.expect("the node takes it in")
}
