//! Waiting until a hub has said all that it has to say, later verdicts included.

use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::ids::{Audience, PlatformId};
use sanheyi_hub::store::{gate_list, waiting_ready};
use sanheyi_node::store::{Counts, JournalNumber, JournalRow, Store};

use super::{NodeMachine, World, hub_rows, node_rows};
use crate::patience::until;

/// Whether the gate has judged all that the hub has of a platform, and judged again what could be.
async fn is_quiet(store: &Store) -> bool {
    let rows = store.journal_list().await.expect("the journals");
    let gates = gate_list(store).await.expect("the gate's cursors");
    let judged = gates.iter().all(|gate| {
        let row = rows.iter().find(|row| row.number == gate.journal);
        row.is_some_and(|row| row.head.size == gate.judged)
    });
    judged && waiting_ready(store, 1).await.expect("what waits").is_empty()
}

/// Waits until the hub has judged all that it has of a platform, again where it could.
pub async fn judged(world: &World, platform: &PlatformId) {
    let store = world.hub.store(platform);
    until("the hub has judged everything", async || is_quiet(&store).await).await;
}

/// Waits until a node, which keeps its line by itself, has everything at the hub, and every letter
/// of the hub.
pub async fn told(world: &World, node: &NodeMachine) {
    let platform = node.platform();
    let store = world.hub.store(&platform);
    until("the node has been told everything", async || {
        // In this order: what is at the hub is judged, and what was judged is told.
        let own = |row: &JournalRow| row.home;
        same(world, node, own).await && is_quiet(&store).await && same(world, node, |_| true).await
    })
    .await;
}

/// Whether these journals of a node are as long at the hub.
async fn same(world: &World, node: &NodeMachine, which: fn(&JournalRow) -> bool) -> bool {
    let there = hub_rows(world, &node.platform()).await;
    let mut here = node_rows(node).await;
    // The broadcast is at home among the hub's own rows.
    here.retain(|row| row.head.journal.audience != Audience::All);
    here.len() == there.len()
        && here.iter().filter(|row| which(row)).all(|row| {
            let other = there.iter().find(|other| other.head.journal == row.head.journal);
            other.is_some_and(|other| other.head.size == row.head.size)
        })
}

/// How the entries of a platform's own journal stand, by a store: counts, and how many entries
/// are counted.
///
/// # Panics
/// If there is no journal.
pub async fn counts(store: &Store) -> Counts {
    let number = own_number(store).await;
    store.receipt_counts(number).await.expect("counts").0
}

/// The reasons of what was excepted in a platform's own journal: sequence number, standing, rules.
///
/// # Panics
/// If there is no journal.
pub async fn rules(store: &Store) -> Vec<(u64, Standing, Vec<String>)> {
    let number = own_number(store).await;
    let all = store.exception_list(number, None, u64::from(u32::MAX)).await.expect("exceptions");
    let rules = all.into_iter().map(|one| {
        let rules = one.reasons.into_iter().map(|reason| reason.rule).collect();
        (one.sequence, one.standing, rules)
    });
    rules.collect()
}

async fn own_number(store: &Store) -> JournalNumber {
    let rows = store.journal_list().await.expect("the journals");
    let own = rows.into_iter().find(|row| row.head.journal.author == *store.platform());
    own.expect("a journal of its own").number
}
