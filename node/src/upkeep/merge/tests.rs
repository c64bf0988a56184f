//! Many small segments become few; every entry, root and proof stays.

use std::collections::BTreeMap;

use sanheyi_exchange_spec::keyring::Keyring;

use super::*;
use crate::branch::{Erase, verify, window};
use crate::process::clock::Clock as _;
use crate::tests::{DATASET, Home, database_of, draft, record, tamper};

/// Submissions of one record each.
const MANY: usize = 10_000;
/// Of so many together, so that the test is over soon: the writer may still commit them in groups.
const AT_ONCE: usize = 100;

fn now(home: &Home) -> Timestamp {
    home.clock.now()
}

async fn all(home: &Home) -> (JournalRow, Mergeable) {
    let row = home.journal().await;
    let journal = Mergeable { number: row.number, until: row.head.size, apart: BTreeSet::new() };
    (row, journal)
}

async fn merged(home: &Home, merger: &mut Merger, journal: &Mergeable) -> Merged {
    let mut sum = Merged::default();
    while let Some(more) = merger.once(home.store(), journal, now(home)).await.unwrap() {
        sum += more;
    }
    sum
}

/// Appends records one by one, a segment each.
async fn one_by_one(home: &Home, names: Range<usize>) {
    for name in names {
        home.submit(vec![draft(&format!("A{name}"))]).await;
    }
}

/// Digest and body of every entry, read by sequence numbers as a push or a pull reads them.
async fn entries(store: &Store, row: &JournalRow, bytes: usize) -> Vec<(Digest, Option<Vec<u8>>)> {
    let mut reader = SegmentReader::new(Suite::Intl).unwrap();
    let (mut next, mut seen) = (0, Vec::new());
    while next < row.head.size {
        let read = window(store, row.number, next, row.head.size, bytes).await.unwrap();
        assert!(read.first == next && read.past > next, "a gap at {next}");
        for segment in &read.segments {
            let opened = reader.open(segment).unwrap();
            let each = opened.iter();
            seen.extend(each.map(|one| (one.digest, one.body.map(|(_, body)| body.to_vec()))));
        }
        assert_eq!(seen.len() as u64, read.past, "no entry twice, none left out");
        next = read.past;
    }
    seen
}

async fn assert_verified(home: &Home) {
    for report in verify(home.store(), &Keyring::default()).await.unwrap() {
        assert_eq!(report.difference, None, "{}", report.journal);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_small_segments_become_few_and_every_reader_sees_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    one_by_one(&home, 0..AT_ONCE).await;
    // The others in the same shape, but without a flush for each: segments of one entry.
    let mut packer = SegmentWriter::new().unwrap();
    let store = home.store().clone();
    home.submit((AT_ONCE..MANY.min(4000)).map(|n| draft(&format!("A{n}"))).collect()).await;
    for from in (4000..MANY).step_by(3000) {
        home.submit((from..from + 3000).map(|n| draft(&format!("A{n}"))).collect()).await;
    }
    let (row, journal) = all(&home).await;
    assert_eq!(row.head.size, MANY as u64);
    apart(&store, &row, &mut packer).await;
    let before = entries(&store, &row, limits::WINDOW_BYTES).await;
    let root = store.root_at(row.number, 7777).await.unwrap();
    let total = store.segment_total().await.unwrap();
    assert_eq!(total.segments, MANY as u64);

    // A reader goes through the journal again and again meanwhile.
    let (reading, stop) = (store.clone(), crate::process::lifecycle::Shutdown::new());
    let (expected, read_row, wish) = (before.clone(), row.clone(), stop.clone());
    let reader = tokio::spawn(async move {
        let mut rounds = 0;
        while !wish.is_soft() {
            assert!(entries(&reading, &read_row, 64 * 1024).await == expected);
            rounds += 1;
        }
        rounds
    });
    let mut merger = Merger::new().unwrap();
    let sum = merged(&home, &mut merger, &journal).await;
    stop.soft();
    let rounds = reader.await.unwrap();

    let after = store.segment_total().await.unwrap();
    let factor = total.bytes as f64 / after.bytes as f64;
    println!(
        "{} segments of {} bytes became {} of {} bytes: {factor:.1} times less, {rounds} rounds read meanwhile",
        total.segments, total.bytes, after.segments, after.bytes
    );
    assert!(after.segments <= 2 * (MANY / limits::SEGMENT_ENTRIES) as u64 + 12, "{after:?}");
    assert!(factor > 2.0, "{factor}");
    assert_eq!(sum.fewer(), total.segments - after.segments);
    assert_eq!(sum.freed(), total.bytes - after.bytes);
    assert!(entries(&store, &row, limits::WINDOW_BYTES).await == before);
    assert_eq!(store.root_at(row.number, 7777).await.unwrap(), root);
    assert_eq!(home.journal().await, row, "the journal is what it was");
    assert_verified(&home).await;
    // From the middle of a merged segment on, and one entry alone.
    for first in [1, 511, 5000, MANY as u64 - 1] {
        let read = window(&store, row.number, first, row.head.size, 4096).await.unwrap();
        let mut reader = SegmentReader::new(Suite::Intl).unwrap();
        let opened = reader.open(&read.segments[0]).unwrap();
        let place = usize::try_from(first).unwrap();
        assert_eq!((read.first, opened.digest(0)), (first, Some(&before[place].0)));
        let shown = store.entry_get(row.number, first).await.unwrap().unwrap();
        assert_eq!(shown.body.map(|body| body.to_vec()), before[place].1);
    }
    assert_eq!(merged(&home, &mut merger, &journal).await, Merged::default(), "it is done");
}

/// Takes a journal's segments apart into one for each entry, as small writes leave them.
async fn apart(store: &Store, row: &JournalRow, packer: &mut SegmentWriter) {
    let mut reader = SegmentReader::new(Suite::Intl).unwrap();
    let old = store.segment_from(row.number, 0, MANY).await.unwrap();
    let mut new = Vec::new();
    for one in &old {
        for (first, entry) in (one.first..).zip(reader.open(&one.bytes).unwrap().iter()) {
            let (salt, body) = entry.body.unwrap();
            packer.push(entry.header_bytes, &salt, body);
            let bytes = packer.finish().unwrap();
            new.push(SegmentRow { first, entries: 1, stored: one.stored, bytes });
        }
    }
    let mut tx = store.begin("segment_swap").await.unwrap();
    tx.segment_swap(store, row.number, &old, &new);
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn what_was_erased_stays_erased_and_can_be_erased_after() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 2).await;
    one_by_one(&home, 0..8).await;
    let erase = |name: &str| Erase {
        dataset: DATASET.parse().unwrap(),
        record: record(name).parse().unwrap(),
        revision: 1,
        reason: "保存期限届满".into(),
        basis: "档案保管期限表".into(),
        decided_by: "数据管理科".into(),
    };
    home.branch.erase(erase("A3")).await.unwrap();
    let (row, journal) = all(&home).await;
    let before = entries(home.store(), &row, limits::WINDOW_BYTES).await;
    assert_eq!(before.iter().filter(|(_, body)| body.is_none()).count(), 1);
    let mut merger = Merger::new().unwrap();
    assert_eq!(merged(&home, &mut merger, &journal).await.put, 1);
    assert!(entries(home.store(), &row, limits::WINDOW_BYTES).await == before);
    home.branch.erase(erase("A5")).await.unwrap();
    let row = home.journal().await;
    let after = entries(home.store(), &row, limits::WINDOW_BYTES).await;
    assert!(after[3].1.is_none() && after[5].1.is_none() && after[4].1.is_some());
    assert_verified(&home).await;
}

#[tokio::test]
async fn a_segment_that_is_not_what_the_tree_says_is_left_as_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 3).await;
    one_by_one(&home, 0..8).await;
    let (_, journal) = all(&home).await;
    let swapped = "UPDATE segment SET bytes = (SELECT bytes FROM segment AS other WHERE \
                   other.first = 6 AND other.journal = segment.journal) WHERE first = 5";
    assert_eq!(tamper(&database_of(dir.path()), swapped).await, 1);
    let before = home.store().segment_total().await.unwrap();
    let mut merger = Merger::new().unwrap();
    let refused = merger.once(home.store(), &journal, now(&home)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Contradiction { .. }), "{refused}");
    assert_eq!(home.store().segment_total().await.unwrap(), before);
    // What was gathered before it was found does not reach another journal.
    let other = tempfile::tempdir().unwrap();
    let sound = Home::open(other.path(), 4).await;
    one_by_one(&sound, 0..8).await;
    let (_, journal) = all(&sound).await;
    assert_eq!(merged(&sound, &mut merger, &journal).await.put, 1);
    assert_verified(&sound).await;
}

#[tokio::test]
async fn a_journal_that_grows_is_packed_anew_a_few_times_and_no_more() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 5).await;
    let mut merger = Merger::new().unwrap();
    let mut sum = Merged::default();
    for turn in 0..60 {
        one_by_one(&home, turn * 5..turn * 5 + 5).await;
        let (_, journal) = all(&home).await;
        sum += merged(&home, &mut merger, &journal).await;
    }
    let (row, _) = all(&home).await;
    let total = home.store().segment_total().await.unwrap();
    assert!(total.segments < 40, "{total:?}");
    // Each run takes at least four segments and doubles the largest: far fewer than one a turn.
    assert!(sum.runs < 120, "{sum:?}");
    assert_eq!(entries(home.store(), &row, 4096).await.len(), 300);
    let numbers: BTreeMap<_, _> = merger.passed.clone();
    assert!(numbers.values().all(|passed| *passed <= 300), "{numbers:?}");
    assert_verified(&home).await;
}
