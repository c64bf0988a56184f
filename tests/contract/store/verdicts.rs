//! Receipts, and what later verdicts change of them: each of them counts once, however often it
//! comes.

use sanheyi_exchange_spec::gate::{Level, Reason, Standing};
use sanheyi_exchange_spec::later::Change;
use sanheyi_exchange_spec::receipt::{Exception, Receipt};
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_node::store::{Counts, IndexRow, JournalNumber, Store};
use sanheyi_tests::fixtures::{COMPLAINT, MORNING};

use super::ground::{Ground, UP, entry, open_journal, raced, row};

const JOURNAL: JournalNumber = JournalNumber::from_column(1);

fn reason(level: Level) -> Reason {
    Reason { level, ..Reason::new("title", "string.min_len", "不能为空", "must not be empty") }
}

/// An entry that stands like this; what is accepted is warned of something.
pub(crate) fn exception(sequence: u64, standing: Standing) -> Exception {
    let level = if standing == Standing::Accepted { Level::Warning } else { Level::Error };
    Exception {
        sequence,
        standing,
        dataset: COMPLAINT.into(),
        record: format!("A{sequence}"),
        revision: 1,
        reasons: vec![reason(level)],
    }
}

/// A receipt for a range.
pub(crate) fn receipt(from: u64, to: u64, excepted: &[(u64, Standing)]) -> Receipt {
    Receipt {
        journal: UP.parse().unwrap(),
        from,
        to,
        root: Digest::new([to.to_be_bytes()[7]; 32]),
        standard: 3,
        received: MORNING,
        broadcast: 0,
        exceptions: excepted.iter().map(|(at, standing)| exception(*at, *standing)).collect(),
    }
}

pub(crate) async fn a_receipt_that_comes_again_changes_no_count(ground: &Ground) {
    let store = ground.jintan().await;
    assert_eq!(store.receipt_counts(JOURNAL).await.unwrap(), (Counts::default(), 0));
    let one = receipt(
        0,
        10,
        &[(2, Standing::Quarantined), (5, Standing::Accepted), (7, Standing::Pending)],
    );
    let two = receipt(10, 20, &[(11, Standing::Quarantined)]);
    for _ in 0..2 {
        let mut tx = store.begin("receipt_put").await.unwrap();
        tx.receipt_put(&store, JOURNAL, &one);
        tx.receipt_put(&store, JOURNAL, &two);
        tx.commit().await.unwrap();
        let counts = Counts { accepted: 17, quarantined: 2, pending: 1, warned: 1 };
        assert_eq!(store.receipt_counts(JOURNAL).await.unwrap(), (counts, 20));
        assert_eq!(store.receipt_count(JOURNAL, 19).await.unwrap(), 1);
        assert_eq!(store.receipt_count(JOURNAL, 20).await.unwrap(), 2);
    }
    let first = Counts { accepted: 8, quarantined: 1, pending: 1, warned: 1 };
    assert_eq!(store.receipt_list(JOURNAL, 0, 1).await.unwrap()[0].counts, first);
    let list = store.receipt_list(JOURNAL, 1, 9).await.unwrap();
    assert_eq!((list.len(), list[0].first, list[0].past), (1, 10, 20));
    assert_eq!((list[0].root, list[0].standard, list[0].received), (two.root, 3, MORNING));
    let all: Vec<_> = one.exceptions.iter().chain(&two.exceptions).cloned().collect();
    assert_eq!(store.exception_list(JOURNAL, None, 9).await.unwrap(), all);
    assert_eq!(store.exception_list(JOURNAL, Some(2), 1).await.unwrap(), all[1..2]);

    let mut tx = store.begin("receipt_cut").await.unwrap();
    tx.receipt_cut(&store, JOURNAL, 10).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.receipt_counts(JOURNAL).await.unwrap().1, 10);
    assert_eq!(store.exception_list(JOURNAL, None, 9).await.unwrap(), all[..3]);
}

async fn change(store: &Store, journal: JournalNumber, changes: &[Change]) {
    let mut tx = store.begin("verdict_change").await.unwrap();
    for change in changes {
        tx.verdict_change(store, journal, change);
    }
    tx.commit().await.unwrap();
}

/// Pending before, and now like this.
fn later(verdict: Exception) -> Change {
    Change { replaced: Standing::Pending, verdict }
}

fn plainly_accepted(sequence: u64) -> Exception {
    Exception { reasons: Vec::new(), ..exception(sequence, Standing::Accepted) }
}

pub(crate) async fn a_later_verdict_moves_the_counts_once(ground: &Ground) {
    let store = ground.jintan().await;
    let pending = [1, 3, 5, 7].map(|at| (at, Standing::Pending));
    let mut tx = store.begin("receipt_put").await.unwrap();
    tx.receipt_put(&store, JOURNAL, &receipt(0, 10, &pending));
    tx.receipt_put(&store, JOURNAL, &receipt(10, 20, &[(13, Standing::Pending)]));
    tx.commit().await.unwrap();
    let other = Reason::new("", "reference.absent", "尚未收到", "has not come");
    let waits_on = Exception { reasons: vec![other], ..exception(7, Standing::Pending) };
    let changes = [
        later(plainly_accepted(1)),
        later(exception(3, Standing::Accepted)),
        later(exception(5, Standing::Quarantined)),
        later(waits_on.clone()),
    ];
    // Again after a lost answer; one by one after all at once.
    for again in 0..3 {
        match again {
            2 => change(&store, JOURNAL, &changes[1..2]).await,
            _ => change(&store, JOURNAL, &changes).await,
        }
        let list = store.receipt_list(JOURNAL, 0, 9).await.unwrap();
        let counts = Counts { accepted: 8, quarantined: 1, pending: 1, warned: 1 };
        assert_eq!(list[0].counts, counts);
        let counts = Counts { accepted: 9, quarantined: 0, pending: 1, warned: 0 };
        assert_eq!(list[1].counts, counts, "its neighbour is as it was");
        let left = [
            exception(3, Standing::Accepted),
            exception(5, Standing::Quarantined),
            waits_on.clone(),
            exception(13, Standing::Pending),
        ];
        assert_eq!(store.exception_list(JOURNAL, None, 9).await.unwrap(), left);
    }
}

pub(crate) async fn a_later_verdict_on_what_does_not_stand_like_that_changes_nothing(
    ground: &Ground,
) {
    let store = ground.jintan().await;
    let mut tx = store.begin("receipt_put").await.unwrap();
    let put = receipt(0, 10, &[(2, Standing::Quarantined), (4, Standing::Pending)]);
    tx.receipt_put(&store, JOURNAL, &put);
    tx.commit().await.unwrap();
    let before = store.receipt_list(JOURNAL, 0, 9).await.unwrap();
    let unmoved = [
        // Quarantined, not pending; accepted, not pending; an entry that no receipt is about.
        later(plainly_accepted(2)),
        later(exception(3, Standing::Quarantined)),
        later(plainly_accepted(3)),
        later(exception(99, Standing::Quarantined)),
    ];
    change(&store, JOURNAL, &unmoved).await;
    // Another journal, and another platform's of the same number.
    change(&store, JournalNumber::from_column(2), &[later(plainly_accepted(4))]).await;
    let elsewhere = store.database().of(&sanheyi_tests::world::id("wujin"));
    change(&elsewhere, JOURNAL, &[later(plainly_accepted(4))]).await;
    assert_eq!(store.receipt_list(JOURNAL, 0, 9).await.unwrap(), before);
    assert_eq!(store.exception_list(JOURNAL, None, 9).await.unwrap(), put.exceptions);
}

pub(crate) async fn how_an_entry_stands_is_written_over(ground: &Ground) {
    let store = ground.jintan().await;
    let at = open_journal(&store, UP).await;
    let mut tx = store.begin("record_add").await.unwrap();
    tx.record_add(&store, vec![row("A", 1, 0), row("A", 2, 1), row("B", 1, 2)]).await.unwrap();
    tx.commit().await.unwrap();
    let standing = |revision, sequence| {
        let sealed = entry("A", revision);
        let header = sanheyi_exchange_spec::entry::HeaderView::parse(&sealed.header).unwrap();
        let standing = Some(Standing::Quarantined);
        let place = sanheyi_node::store::Place {
            journal: at.number,
            sequence,
            standing,
            digest: sealed.digest,
        };
        IndexRow::new(&header, &place)
    };
    let mut tx = store.begin("record_stand").await.unwrap();
    tx.record_stand(&store, &[standing(2, 1)]);
    tx.commit().await.unwrap();
    let revisions = store.record_revisions(COMPLAINT, "A", 9).await.unwrap();
    let stand: Vec<_> = revisions.iter().map(|one| one.place.standing).collect();
    assert_eq!(stand, [None, Some(Standing::Quarantined)]);
    let head = store.record_head(COMPLAINT, "A").await.unwrap().unwrap();
    assert_eq!((head.revision, head.place), (2, revisions[1].place));
    let other = store.record_head(COMPLAINT, "B").await.unwrap().unwrap();
    assert_eq!(other.place.standing, None, "its neighbour is as it was");

    // A row that is not there: nothing of the transaction stands.
    let mut tx = store.begin("record_stand").await.unwrap();
    tx.record_stand(&store, &[standing(1, 0), standing(3, 1)]);
    raced(tx.commit().await, "record");
    let first = store.record_revisions(COMPLAINT, "A", 1).await.unwrap();
    assert_eq!(first[0].place.standing, None);
}
