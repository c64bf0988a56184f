//! What must hold at the end, recomputed from the bytes of both stores.

use sanheyi_exchange_spec::ids::{Audience, JournalId, Lane, PlatformId};
use sanheyi_exchange_spec::invariants::{
    Answered, Sealed, byte_exact, every_entry_answered, receipts_tile,
};
use sanheyi_exchange_spec::keyring::Keyring;
use sanheyi_hub::store::former_key_list;
use sanheyi_node::branch::{JournalReport, verify};
use sanheyi_node::store::{JournalRow, Store};

use super::{NodeMachine, World};

/// The node's journals and the hub's rows of them, in the node's own store.
///
/// # Panics
/// If the store cannot be read.
pub async fn node_rows(node: &NodeMachine) -> Vec<JournalRow> {
    node.store().journal_list().await.expect("the node's journals")
}

/// The hub's rows of a platform's journals.
///
/// # Panics
/// If the store cannot be read.
pub async fn hub_rows(world: &World, platform: &PlatformId) -> Vec<JournalRow> {
    world.hub.store(platform).journal_list().await.expect("the hub's journals")
}

/// The journal that the node appends.
///
/// # Panics
/// If there is none.
pub async fn journal_of(node: &NodeMachine) -> JournalRow {
    let rows = node_rows(node).await;
    rows.into_iter().find(|row| row.home).expect("a journal at its home")
}

/// The keys of hub and node, and those that the platform had before.
async fn keys(world: &World, node: &NodeMachine) -> Keyring {
    let hub = world.setup().hub.clone();
    let own = node.parts().key.verifying();
    let mut keys = Keyring::from([(hub, world.hub.key().verifying()), (node.platform(), own)]);
    for row in former_key_list(&world.hub.database()).await.expect("the former keys") {
        keys.put_former(row.platform.clone(), Lane::Normal, row.normal, row.key);
        keys.put_former(row.platform, Lane::Urgent, row.urgent, row.key);
    }
    keys
}

/// Verifies a store from its bytes.
///
/// # Panics
/// With the first difference.
pub async fn assert_sound(store: &Store, keys: &Keyring) -> Vec<JournalReport> {
    let reports = verify(store, keys).await.expect("the store is read");
    for report in &reports {
        let at = &report.journal;
        assert!(report.difference.is_none(), "{at}: {:?}", report.difference);
    }
    reports
}

fn sealed(report: &JournalReport) -> Sealed {
    Sealed { size: report.entries, root: report.root }
}

/// The node's journals at the hub, the hub's letters at the node, every entry answered: all of it
/// recomputed from bytes on both sides, and equal.
///
/// # Panics
/// With what does not hold.
pub async fn assert_converged(world: &World, node: &NodeMachine) {
    let keys = keys(world, node).await;
    let (here, there) = (node.store().clone(), world.hub.store(&node.platform()));
    let home = assert_sound(&here, &keys).await;
    let hub = assert_sound(&there, &keys).await;
    assert!(home.iter().any(|report| report.home), "the node appends nothing");
    for report in &home {
        if report.journal.audience == Audience::All {
            assert_prefix(world, report).await;
            continue;
        }
        let other = hub.iter().find(|other| other.journal == report.journal);
        let other = other.unwrap_or_else(|| panic!("{} is not at the hub", report.journal));
        assert_ne!(report.home, other.home, "{} has one home", report.journal);
        byte_exact(&sealed(report), &sealed(other)).expect("the copy is the home's, byte by byte");
        if report.home {
            assert_answered(&here, &report.journal, report.entries).await;
            assert_answered(&there, &report.journal, report.entries).await;
            assert_same_answers(&here, &there, &report.journal).await;
        }
    }
}

/// What a node has of the broadcast is what the hub has of it, as far as the node has it.
async fn assert_prefix(world: &World, copy: &JournalReport) {
    let store = world.hub.store(&world.setup().hub);
    let row = row_of(&store, &copy.journal).await;
    assert!(copy.entries <= row.head.size, "{}: a copy is no longer than its home", copy.journal);
    let root = store.root_at(row.number, copy.entries).await.expect("the hub's tree");
    assert_eq!(root, copy.root, "{}: the copy is the home's, byte by byte", copy.journal);
}

async fn row_of(store: &Store, journal: &JournalId) -> JournalRow {
    let row = store.journal_get(journal).await.expect("the store is read");
    row.unwrap_or_else(|| panic!("{journal} is not here"))
}

/// Receipts tile the journal and cover it, and the counts add up.
async fn assert_answered(store: &Store, journal: &JournalId, size: u64) {
    let row = row_of(store, journal).await;
    let receipts = store.receipt_list(row.number, 0, u64::from(u32::MAX)).await.expect("receipts");
    let covered = receipts_tile(receipts.iter().map(|one| (one.first, one.past)));
    assert_eq!(covered.expect("first verdicts tile"), size, "{journal}: every entry is answered");
    let (counts, received) = store.receipt_counts(row.number).await.expect("counts");
    let answered = Answered {
        received,
        accepted: counts.accepted,
        quarantined: counts.quarantined,
        pending: counts.pending,
    };
    every_entry_answered(answered).expect("the counts add up");
}

async fn assert_same_answers(here: &Store, there: &Store, journal: &JournalId) {
    let (ours, theirs) = (row_of(here, journal).await, row_of(there, journal).await);
    let limit = u64::from(u32::MAX);
    let mine = here.receipt_list(ours.number, 0, limit).await.expect("receipts");
    let hubs = there.receipt_list(theirs.number, 0, limit).await.expect("receipts");
    assert_eq!(mine, hubs, "{journal}: the receipts are the same");
    let mine = here.exception_list(ours.number, None, limit).await.expect("exceptions");
    let hubs = there.exception_list(theirs.number, None, limit).await.expect("exceptions");
    assert_eq!(mine, hubs, "{journal}: the exceptions are the same");
}
