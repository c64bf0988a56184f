//! The index of records: counted once, and in the order of its bytes, whatever the database thinks
//! of letters.

use sanheyi_exchange_spec::ids::RecordId;
use sanheyi_node::process::entropy::{Entropy as _, SeededEntropy};
use sanheyi_node::store::{FoundRecord, JournalNumber};
use sanheyi_tests::fixtures::{COMPLAINT, HANDLING};
use sanheyi_tests::knobs::seed;

use super::ground::{Ground, entry, raced, row};

/// The highest revision.
const LAST: u64 = i64::MAX.unsigned_abs();

pub(crate) async fn every_row_counts_once_however_many_there_are(ground: &Ground) {
    let store = ground.jintan().await;
    let mut next = 0;
    // Below, at and above the sizes that one statement inserts.
    for count in [1, 3, 16, 17, 500, 900, 4096, 4097, 9000] {
        let rows: Vec<_> =
            (next..next + count).map(|number| row(&format!("A{number:06}"), 1, number)).collect();
        let mut tx = store.begin("record_insert").await.unwrap();
        assert_eq!(tx.record_insert(&store, rows.clone()).await.unwrap(), count);
        assert_eq!(tx.record_insert(&store, rows.clone()).await.unwrap(), 0);
        tx.commit().await.unwrap();
        let places = store.record_places(&rows).await.unwrap();
        assert!(places.iter().zip(next..).all(|(one, at)| one.unwrap().sequence == at));
        next += count;
    }
    assert_eq!(store.record_count().await.unwrap(), next);
}

pub(crate) async fn a_row_that_is_there_already_is_a_race_however_many_there_are(ground: &Ground) {
    let store = ground.jintan().await;
    let rows = |count| (0..count).map(|number| row(&format!("A{number:04}"), 1, number)).collect();
    for count in [2, 16, 17, 500] {
        let mut tx = store.begin("record_add").await.unwrap();
        tx.record_add(&store, rows(1)).await.unwrap();
        let outcome = match tx.record_add(&store, rows(count)).await {
            Ok(()) => tx.commit().await,
            early => early,
        };
        raced(outcome, "record");
        assert_eq!(store.record_count().await.unwrap(), 0, "nothing of it was written");
    }
    let mut tx = store.begin("record_add").await.unwrap();
    for count in [0, 5] {
        tx.record_add(&store, rows(count)).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(store.record_count().await.unwrap(), 5);
}

/// Ids that a collation, a pattern or a number would sort or take otherwise than their bytes, and
/// chance beside them.
fn hostile(seed: u64) -> Vec<String> {
    let mut ids: Vec<String> = "A a B b Z z A- A. A_ A~ AA Aa aA A1 A01 A10 A2 - -- ~ ~~ ! !! % _ \
        \\ \\\\ ' '' \" $1 ?1 0 00 1 10 2 NULL null true -1 1e9 A;-- A/* *"
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    let chance = SeededEntropy::new(seed);
    for _ in 0..200 {
        let length = usize::try_from(1 + chance.u64() % 64).unwrap();
        let mut bytes = vec![0; length];
        chance.fill(&mut bytes);
        ids.push(bytes.iter().map(|byte| char::from(b'!' + byte % 94)).collect());
    }
    ids.sort_unstable();
    ids.dedup();
    ids
}

pub(crate) async fn the_index_is_in_the_order_of_bytes_whatever_the_ids(ground: &Ground) {
    let store = ground.jintan().await;
    let seed = seed();
    let ids = hostile(seed);
    assert!(ids.iter().all(|id| id.parse::<RecordId>().is_ok()));
    let revisions = [1, 2, 255, 256, 65_536, LAST];
    let mut rows = Vec::new();
    for id in &ids {
        rows.extend(revisions.iter().map(|revision| row(id, *revision, *revision)));
    }
    let mut tx = store.begin("record_insert").await.unwrap();
    assert_eq!(tx.record_insert(&store, rows.clone()).await.unwrap(), rows.len() as u64);
    for id in &ids {
        let head = tx.record_head(&store, COMPLAINT, id).await.unwrap().unwrap();
        assert_eq!((head.revision, head.place.digest), (LAST, entry(id, LAST).digest));
    }
    tx.commit().await.unwrap();

    let mut walked: Vec<FoundRecord> = Vec::new();
    loop {
        let page = store.record_after(walked.last(), 97).await.unwrap();
        if page.is_empty() {
            break;
        }
        walked.extend(page);
    }
    let seen: Vec<_> = walked.iter().map(|one| (one.record.as_str(), one.revision)).collect();
    let due: Vec<_> = ids
        .iter()
        .flat_map(|id| revisions.iter().map(|revision| (id.as_str(), *revision)))
        .collect();
    assert_eq!(seen, due, "seed {seed}");
    for id in &ids {
        let found = store.record_revisions(COMPLAINT, id, 9).await.unwrap();
        assert_eq!(
            found.iter().map(|one| one.revision).collect::<Vec<_>>(),
            revisions,
            "{id}, seed {seed}"
        );
        assert!(found.iter().all(|one| one.record == *id), "{id}");
        assert_eq!(store.record_revisions(COMPLAINT, id, 2).await.unwrap(), found[..2]);
    }
}

pub(crate) async fn the_head_is_the_highest_revision(ground: &Ground) {
    let store = ground.jintan().await;
    let mut tx = store.begin("record_add").await.unwrap();
    assert_eq!(tx.record_head(&store, COMPLAINT, "A").await.unwrap(), None);
    // Handed in, and seen by what is asked next.
    let rows = vec![row("A", 300, 2), row("A", 2, 1), row("AB", 999, 3)];
    tx.record_add(&store, rows).await.unwrap();
    let head = tx.record_head(&store, COMPLAINT, "A").await.unwrap().unwrap();
    assert_eq!((head.revision, head.place.sequence), (300, 2));
    assert_eq!(head.place.journal, JournalNumber::from_column(1));
    let place = tx.record_place(&store, COMPLAINT, "A", 2).await.unwrap().unwrap();
    assert_eq!((place.sequence, place.digest), (1, entry("A", 2).digest));
    assert_eq!(tx.record_place(&store, COMPLAINT, "A", 3).await.unwrap(), None);
    assert_eq!(tx.record_head(&store, HANDLING, "A").await.unwrap(), None);
    tx.commit().await.unwrap();
}

pub(crate) async fn rows_are_removed_by_their_keys(ground: &Ground) {
    let store = ground.jintan().await;
    let rows: Vec<_> = (0..1200).map(|number| row(&format!("A{number:04}"), 1, number)).collect();
    let mut tx = store.begin("record_remove").await.unwrap();
    tx.record_insert(&store, rows.clone()).await.unwrap();
    tx.record_remove(&store, &rows[100..]).await.unwrap();
    tx.commit().await.unwrap();
    let places = store.record_places(&rows).await.unwrap();
    assert!(places[..100].iter().all(Option::is_some), "they stay");
    assert!(places[100..].iter().all(Option::is_none), "they are gone");
}
