//! What waits in the quarantine is found at the cost of what waits, however much was dealt with.

use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::health::Finding;
use sanheyi_exchange_spec::later::Change;
use sanheyi_exchange_spec::returning::{Return, ReturnedEntry};
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::health::quarantine::{AGAIN_AFTER, AGAIN_ALWAYS, COUNTED, LOOK_EVERY, Memory};
use sanheyi_node::store::{JournalNumber, Store};
use sanheyi_tests::fixtures::{COMPLAINT, MORNING};

use super::ground::{Ground, UP, open_journal};
use super::verdicts::{exception, receipt};

const JOURNAL: JournalNumber = JournalNumber::from_column(1);
/// Entries of a receipt here: of more a statement would have too many values.
const TOGETHER: u64 = 500;

/// Entries that are quarantined, but those that are pending.
async fn quarantined(store: &Store, from: u64, to: u64, pending: &[u64]) {
    let mut tx = store.begin("receipt_put").await.unwrap();
    for first in (from..to).step_by(usize::try_from(TOGETHER).unwrap()) {
        let past = (first + TOGETHER).min(to);
        let stands = |at| match pending.contains(&at) {
            true => (at, Standing::Pending),
            false => (at, Standing::Quarantined),
        };
        let excepted: Vec<_> = (first..past).map(stands).collect();
        tx.receipt_put(store, JOURNAL, &receipt(first, past, &excepted));
    }
    tx.commit().await.unwrap();
}

/// A correction of these is asked for: somebody has dealt with them.
async fn returned(store: &Store, sequences: impl Iterator<Item = u64>) {
    let entry = |sequence| ReturnedEntry {
        sequence,
        dataset: COMPLAINT.to_owned(),
        record: format!("A{sequence}"),
        revision: 1,
        digest: Digest::new([7; 32]),
        rules: Vec::new(),
    };
    let all: Vec<_> = sequences.map(entry).collect();
    let mut tx = store.begin("returned_put").await.unwrap();
    for entries in all.chunks(usize::try_from(TOGETHER).unwrap()) {
        let letter = Return {
            journal: UP.parse().unwrap(),
            asked: MORNING,
            working_days: 5,
            due: MORNING,
            note: String::new(),
            entries: entries.to_vec(),
        };
        tx.returned_put(store, JOURNAL, &letter);
    }
    tx.commit().await.unwrap();
}

/// Looks; answers how many wait, as it is said, and how many entries were read for it.
async fn look(memory: &mut Memory, store: &Store, now: Timestamp) -> (String, u64) {
    let found: Option<Finding> = memory.waiting(store, now).await.unwrap();
    let said = found.map_or("none".to_owned(), |found| {
        assert_eq!(found.since, Some(MORNING), "since when the eldest waits");
        found.what_en.split(" quarantined").next().unwrap().to_owned()
    });
    (said, memory.read())
}

pub(crate) async fn what_was_dealt_with_is_not_read_again_at_every_look(ground: &Ground) {
    const MANY: u64 = 10_000;
    let store = ground.jintan().await;
    open_journal(&store, UP).await;
    quarantined(&store, 0, MANY, &[40]).await;
    returned(&store, (0..MANY).filter(|at| ![5, 40, 700, MANY - 1].contains(at))).await;
    let mut memory = Memory::default();
    let mut now = MORNING;
    assert_eq!(look(&mut memory, &store, now).await, ("3".to_owned(), MANY - 1));
    now = now.plus_micros(LOOK_EVERY);
    assert_eq!(look(&mut memory, &store, now).await, ("3".to_owned(), 3));
    // What comes is read, and no more.
    quarantined(&store, MANY, MANY + 10, &[]).await;
    now = now.plus_micros(LOOK_EVERY);
    assert_eq!(look(&mut memory, &store, now).await, ("13".to_owned(), 13));
    // What was pending far behind is seen when everything is looked at again.
    let change =
        Change { replaced: Standing::Pending, verdict: exception(40, Standing::Quarantined) };
    let mut tx = store.begin("verdict_change").await.unwrap();
    tx.verdict_change(&store, JOURNAL, &change);
    tx.commit().await.unwrap();
    now = MORNING.plus_micros(AGAIN_AFTER - 1);
    assert_eq!(look(&mut memory, &store, now).await, ("13".to_owned(), 13));
    now = MORNING.plus_micros(AGAIN_AFTER);
    assert_eq!(look(&mut memory, &store, now).await, ("14".to_owned(), 13 + MANY + 10));
    // It ends at none, and a look at none costs nothing.
    returned(&store, [5, 40, 700, MANY - 1].into_iter().chain(MANY..MANY + 10)).await;
    now = now.plus_micros(LOOK_EVERY);
    assert_eq!(look(&mut memory, &store, now).await, ("none".to_owned(), 14));
    now = now.plus_micros(LOOK_EVERY);
    assert_eq!(look(&mut memory, &store, now).await, ("none".to_owned(), 0));
    now = now.plus_micros(AGAIN_ALWAYS);
    assert_eq!(look(&mut memory, &store, now).await, ("none".to_owned(), MANY + 10));
}

pub(crate) async fn more_than_anybody_reads_are_not_counted(ground: &Ground) {
    let store = ground.jintan().await;
    open_journal(&store, UP).await;
    quarantined(&store, 0, 3 * COUNTED, &[]).await;
    let mut memory = Memory::default();
    let said = format!("at least {COUNTED}");
    assert_eq!(look(&mut memory, &store, MORNING).await, (said.clone(), COUNTED));
    let now = MORNING.plus_micros(LOOK_EVERY);
    assert_eq!(look(&mut memory, &store, now).await, (said.clone(), COUNTED));
    // Those behind take the places of those that were dealt with.
    returned(&store, 0..COUNTED / 2).await;
    let now = now.plus_micros(LOOK_EVERY);
    let read = COUNTED + COUNTED / 2;
    assert_eq!(look(&mut memory, &store, now).await, (said, read));
    returned(&store, COUNTED / 2..3 * COUNTED).await;
    let now = now.plus_micros(LOOK_EVERY);
    assert_eq!(look(&mut memory, &store, now).await.0, "none".to_owned());
}
