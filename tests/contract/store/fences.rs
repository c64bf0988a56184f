//! What a write that must win says in its condition, and what becomes of those that lose.

use sanheyi_exchange_spec::ids::{EpochId, Generation};
use sanheyi_exchange_spec::link::Position;
use sanheyi_exchange_spec::link::admit::Head;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::store::{JournalRow, SegmentRow, Store, StoreError};
use sanheyi_tests::fixtures::MORNING;
use sanheyi_tests::world::id;

use super::ground::{Ground, OTHER, UP, empty, open_journal, position, raced, row};

/// Moves a head, and adds an index row behind it.
async fn advance(store: &Store, at: &JournalRow, from: &Head, to: u64) -> Result<(), StoreError> {
    let mut tx = store.begin("journal_append").await?;
    let root = Digest::new([to.to_be_bytes()[7]; 32]);
    tx.journal_advance(store, at.number, from, to, &root, MORNING);
    tx.record_add(store, vec![row(&format!("A{to}"), 1, to)]).await?;
    tx.commit().await
}

pub(crate) async fn a_head_moves_only_from_where_it_was(ground: &Ground) {
    // Two processes: each has opened the store by itself.
    let (one, two) = (ground.jintan().await, ground.jintan().await);
    let at = open_journal(&one, UP).await;
    advance(&one, &at, &at.head, 5).await.unwrap();
    let now = two.journal_get(&at.head.journal).await.unwrap().unwrap().head;
    assert_eq!(now.size, 5);

    let Position { generation, epoch } = now.position;
    let stale = [
        at.head.clone(),
        Head { size: 6, ..now.clone() },
        Head { position: Position { epoch: EpochId::new([9; 16]), generation }, ..now.clone() },
        Head { position: Position { epoch, generation: Generation::new([9; 16]) }, ..now.clone() },
    ];
    for from in stale {
        raced(advance(&two, &at, &from, 7).await, "journal");
        assert_eq!(two.journal_get(&at.head.journal).await.unwrap().unwrap().head, now);
        assert_eq!(one.record_count().await.unwrap(), 1, "what stood behind it was not written");
    }
    let elsewhere = one.database().of(&id("wujin"));
    raced(advance(&elsewhere, &at, &now, 7).await, "journal");
    advance(&two, &at, &now, 7).await.unwrap();
    assert_eq!(one.journal_get(&at.head.journal).await.unwrap().unwrap().head.size, 7);
}

pub(crate) async fn an_epoch_opens_once(ground: &Ground) {
    let (one, two) = (ground.jintan().await, ground.jintan().await);
    let at = open_journal(&one, UP).await;
    let mut tx = one.begin("journal_epoch").await.unwrap();
    tx.journal_stop(&one, at.number, "stopped").await.unwrap();
    tx.journal_epoch(&one, at.number, 1, 2, position(5), 0).await.unwrap();
    tx.commit().await.unwrap();
    let now = two.journal_get(&at.head.journal).await.unwrap().unwrap();
    assert_eq!((now.serial, now.head.position, now.stopped.clone()), (2, position(5), None));

    let mut tx = two.begin("journal_epoch").await.unwrap();
    raced(tx.journal_epoch(&two, at.number, 1, 3, position(6), 0).await, "journal");
    drop(tx);
    assert_eq!(two.journal_get(&at.head.journal).await.unwrap().unwrap(), now);
    // An append that was prepared in the epoch before is late.
    raced(advance(&one, &at, &at.head, 1).await, "journal");
}

pub(crate) async fn a_transaction_that_is_dropped_leaves_no_trace(ground: &Ground) {
    let store = ground.jintan().await;
    let mut tx = store.begin("journal_open").await.unwrap();
    let at = tx.journal_open(&store, &empty(UP), true, 1).await.unwrap();
    let segment =
        SegmentRow { first: 0, entries: 1, stored: MORNING, bytes: b"a segment".to_vec().into() };
    tx.segment_insert(&store, at.number, &[segment]);
    assert_eq!(tx.segment_from(&store, at.number, 0, 9).await.unwrap().len(), 1);
    drop(tx);
    assert_eq!(store.journal_list().await.unwrap(), []);
    assert_eq!(store.segment_from(at.number, 0, 9).await.unwrap(), []);
    // Nor does it hold anything that the next one needs.
    assert_eq!(open_journal(&store, UP).await, at);
}

pub(crate) async fn a_key_that_is_there_already_is_a_race(ground: &Ground) {
    let store = ground.jintan().await;
    let at = open_journal(&store, UP).await;
    let segment =
        SegmentRow { first: 0, entries: 1, stored: MORNING, bytes: b"a segment".to_vec().into() };
    for again in [false, true] {
        let mut tx = store.begin("segment_insert").await.unwrap();
        tx.segment_insert(&store, at.number, std::slice::from_ref(&segment));
        match tx.commit().await {
            Ok(()) => assert!(!again),
            refused => raced(refused, "segment_insert"),
        }
    }
    let mut tx = store.begin("journal_open").await.unwrap();
    raced(tx.journal_open(&store, &empty(UP), true, 1).await, "journal_open");
    drop(tx);
    assert_eq!(store.journal_list().await.unwrap(), [at]);
}

pub(crate) async fn what_waits_is_run_in_order_before_what_is_run_next(ground: &Ground) {
    let store = ground.jintan().await;
    let at = open_journal(&store, UP).await;
    let head = |size: u64| Head { size, ..at.head.clone() };
    let root = at.head.root;
    let mut tx = store.begin("in_order").await.unwrap();
    for size in 0..40 {
        tx.journal_advance(&store, at.number, &head(size), size + 1, &root, Timestamp::default());
    }
    let seen = tx.journal_get(&store, &at.head.journal).await.unwrap().unwrap();
    assert_eq!(seen.head.size, 40);
    tx.journal_advance(&store, at.number, &head(40), 41, &root, Timestamp::default());
    tx.commit().await.unwrap();
    let stored = store.journal_get(&at.head.journal).await.unwrap().unwrap();
    assert_eq!(stored.head.size, 41);

    let mut tx = store.begin("out_of_order").await.unwrap();
    tx.journal_advance(&store, at.number, &head(42), 43, &root, Timestamp::default());
    tx.journal_advance(&store, at.number, &head(41), 42, &root, Timestamp::default());
    raced(tx.commit().await, "journal");
    assert_eq!(store.journal_get(&at.head.journal).await.unwrap(), Some(stored));
}

pub(crate) async fn what_waits_and_must_change_rows_is_a_race_where_it_does_not(ground: &Ground) {
    let store = ground.jintan().await;
    let at = open_journal(&store, UP).await;
    let wrong = Head { size: 9, ..at.head.clone() };
    let mut tx = store.begin("must").await.unwrap();
    tx.journal_advance(&store, at.number, &wrong, 10, &at.head.root, MORNING);
    // Whichever statement comes next says it, and nothing of the transaction stands.
    raced(tx.journal_list(&store).await, "journal");
    drop(tx);
    let mut tx = store.begin("must").await.unwrap();
    tx.journal_open(&store, &empty(OTHER), true, 1).await.unwrap();
    tx.journal_advance(&store, at.number, &wrong, 10, &at.head.root, MORNING);
    raced(tx.commit().await, "journal");
    assert_eq!(store.journal_list().await.unwrap(), [at]);
}
