//! What pending entries wait for: a row for each, woken by what it waits for and by nothing else,
//! and taken by one.

use sanheyi_exchange_spec::gate::{Standing, Wait};
use sanheyi_hub::store::{
    WaitingRow, gate_open, waiting_any, waiting_awaited, waiting_missed, waiting_put,
    waiting_put_ready, waiting_ready, waiting_take, waiting_wake,
};
use sanheyi_node::store::{JournalNumber, Store};
use sanheyi_tests::fixtures::COMPLAINT;
use sanheyi_tests::world::id;

use super::ground::{Ground, raced};
use super::verdicts::receipt;

const JOURNAL: JournalNumber = JournalNumber::from_column(1);
const SECOND: JournalNumber = JournalNumber::from_column(2);
/// More than any statement's share.
const MANY: u64 = 1500;

fn on(record: &str) -> Wait {
    Wait::Record { dataset: COMPLAINT.into(), record: record.into() }
}

fn at(journal: JournalNumber, sequence: u64) -> WaitingRow {
    WaitingRow { journal, sequence }
}

async fn put(store: &Store, journal: JournalNumber, waits: &[(u64, Wait)]) {
    let mut tx = store.begin("waiting_put").await.unwrap();
    waiting_put(&mut tx, store, journal, waits);
    tx.commit().await.unwrap();
}

async fn wake(store: &Store, come: &[Wait]) {
    let come: Vec<_> = come.iter().map(Wait::to_bytes).collect();
    let mut tx = store.begin("waiting_wake").await.unwrap();
    waiting_wake(&mut tx, store, &come);
    tx.commit().await.unwrap();
}

async fn take(store: &Store, journal: JournalNumber, sequences: &[u64]) {
    let mut tx = store.begin("waiting_take").await.unwrap();
    waiting_take(&mut tx, store, journal, sequences);
    tx.commit().await.unwrap();
}

async fn any(store: &Store) -> bool {
    let mut tx = store.begin("waiting_any").await.unwrap();
    waiting_any(&mut tx, store).await.unwrap()
}

pub(crate) async fn what_comes_wakes_only_what_waits_for_it(ground: &Ground) {
    let store = ground.jintan().await;
    assert!(!any(&store).await);
    put(&store, JOURNAL, &[(3, on("A")), (4, on("B")), (9, Wait::Dataset("x.y".into()))]).await;
    put(&store, SECOND, &[(1, on("A"))]).await;
    let elsewhere = store.database().of(&id("wujin"));
    put(&elsewhere, JOURNAL, &[(3, on("A"))]).await;
    assert!(any(&store).await);
    assert_eq!(waiting_ready(&store, 9).await.unwrap(), []);

    let revision = Wait::Revision { dataset: COMPLAINT.into(), record: "B".into(), revision: 1 };
    wake(&store, &[on("A"), on("AA"), on(""), revision]).await;
    let ready = waiting_ready(&store, 9).await.unwrap();
    assert_eq!(ready, [at(JOURNAL, 3), at(SECOND, 1)]);
    assert_eq!(waiting_ready(&store, 1).await.unwrap(), ready[..1]);
    assert_eq!(waiting_ready(&elsewhere, 9).await.unwrap(), [], "another platform's A");
    wake(&store, &[on("A")]).await;
    assert_eq!(waiting_ready(&store, 9).await.unwrap(), ready);

    wake(&store, &[on("B"), Wait::Dataset("x.y".into())]).await;
    assert_eq!(waiting_ready(&store, 9).await.unwrap().len(), 4);
    assert!(any(&store).await, "what is ready is pending, too");
    take(&store, JOURNAL, &[3, 4, 9]).await;
    assert!(any(&store).await);
    take(&store, SECOND, &[1]).await;
    assert!(!any(&store).await);
}

pub(crate) async fn many_that_wait_for_many_are_walked_and_woken(ground: &Ground) {
    let store = ground.jintan().await;
    let waits: Vec<_> = (0..MANY).map(|n| (n, on(&format!("A{:04}", n / 2)))).collect();
    put(&store, JOURNAL, &waits).await;
    let mut due: Vec<_> = waits.iter().map(|(_, wait)| wait.to_bytes()).collect();
    due.dedup();
    let (mut walked, mut after): (Vec<Vec<u8>>, Vec<u8>) = (Vec::new(), Vec::new());
    loop {
        let page = waiting_awaited(&store, &after, 97).await.unwrap();
        let Some(last) = page.last() else { break };
        after.clone_from(last);
        walked.extend(page);
    }
    assert_eq!(walked, due, "each once, by its bytes");
    let come: Vec<_> = waits.iter().map(|(_, wait)| wait.clone()).collect();
    wake(&store, &come).await;
    let ready = waiting_ready(&store, MANY + 1).await.unwrap();
    assert!(ready.iter().copied().eq((0..MANY).map(|n| at(JOURNAL, n))), "{}", ready.len());
    assert_eq!(waiting_awaited(&store, &[], 9).await.unwrap(), Vec::<Vec<u8>>::new());
}

pub(crate) async fn of_two_that_take_what_is_ready_one_has_raced(ground: &Ground) {
    // Two instances: each has opened the store by itself.
    let (one, two) = (ground.jintan().await, ground.jintan().await);
    put(&one, JOURNAL, &[(3, on("A")), (4, on("A")), (5, on("B"))]).await;
    wake(&two, &[on("A")]).await;
    let ready = waiting_ready(&two, 9).await.unwrap();
    assert_eq!(ready, waiting_ready(&one, 9).await.unwrap());

    // What is not ready cannot be taken.
    let mut tx = two.begin("gate_again").await.unwrap();
    waiting_take(&mut tx, &two, JOURNAL, &[3, 4, 5]);
    raced(tx.commit().await, "waiting");
    assert_eq!(waiting_ready(&one, 9).await.unwrap(), ready);

    let mut tx = one.begin("gate_again").await.unwrap();
    waiting_take(&mut tx, &one, JOURNAL, &[3, 4]);
    // The verdict is to wait on: written down anew by whoever took it.
    waiting_put(&mut tx, &one, JOURNAL, &[(4, on("C"))]);
    tx.commit().await.unwrap();
    let mut tx = two.begin("gate_again").await.unwrap();
    waiting_take(&mut tx, &two, JOURNAL, &[3, 4]);
    waiting_put(&mut tx, &two, JOURNAL, &[(3, on("D"))]);
    raced(tx.commit().await, "waiting");
    assert_eq!(waiting_ready(&two, 9).await.unwrap(), []);
    let left = waiting_awaited(&two, &[], 9).await.unwrap();
    assert_eq!(left, [on("B").to_bytes(), on("C").to_bytes()]);
}

pub(crate) async fn what_is_pending_and_waits_for_nothing_is_found(ground: &Ground) {
    let store = ground.jintan().await;
    let pending = [2, 4, 6].map(|at| (at, Standing::Pending));
    let mut tx = store.begin("receipt_put").await.unwrap();
    gate_open(&mut tx, &store, JOURNAL).await.unwrap();
    tx.receipt_put(&store, JOURNAL, &receipt(0, 5, &pending[..2]));
    tx.receipt_put(&store, JOURNAL, &receipt(5, 9, &[pending[2], (7, Standing::Quarantined)]));
    // A journal that no gate of this hub judges.
    tx.receipt_put(&store, SECOND, &receipt(0, 5, &pending[..2]));
    waiting_put(&mut tx, &store, JOURNAL, &[(4, on("A"))]);
    tx.commit().await.unwrap();
    let mut missed = waiting_missed(&store, 9).await.unwrap();
    missed.sort_unstable();
    assert_eq!(missed, [at(JOURNAL, 2), at(JOURNAL, 6)]);
    assert_eq!(waiting_missed(&store, 1).await.unwrap().len(), 1);

    let mut tx = store.begin("waiting_sweep").await.unwrap();
    waiting_put_ready(&mut tx, &store, &missed);
    tx.commit().await.unwrap();
    assert_eq!(waiting_missed(&store, 9).await.unwrap(), []);
    assert_eq!(waiting_ready(&store, 9).await.unwrap(), missed);
}
