//! Upkeep on both databases: segments are swapped whole or not at all, however many are at work;
//! files and audits go as far as was said, and no further.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use sanheyi_exchange_spec::entry::HeaderView;
use sanheyi_exchange_spec::keyring::Keyring;
use sanheyi_exchange_spec::segment::{SegmentReader, SegmentWriter};
use sanheyi_exchange_spec::suite::{Digest, SigningKey, Suite};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::branch::{LiveJournal, erase_body, verify, window};
use sanheyi_node::store::{
    ChangeRow, IndexRow, JournalRow, Place, SegmentRow, Store, StoreError, UpkeepRow,
};
use sanheyi_node::upkeep::archive::{Archive, archive};
use sanheyi_node::upkeep::files::{TOGETHER, idle, remove_idle};
use sanheyi_node::upkeep::merge::{MERGE_AFTER, Mergeable, Merged, Merger};
use sanheyi_node::upkeep::node::table;
use sanheyi_tests::fixtures::MORNING;
use sanheyi_tests::patience::within;

use super::ground::{Ground, UP, entry, open_journal, raced};

/// Old enough for everything that is stored here.
fn later() -> Timestamp {
    MORNING.plus_micros(i64::try_from(MERGE_AFTER.as_micros()).unwrap())
}

/// Appends so many entries, a segment each, some dozens by one commit.
async fn append(store: &Store, journal: &mut LiveJournal, entries: u64) {
    let mut packer = SegmentWriter::new().unwrap();
    let mut left = entries;
    while left > 0 {
        let mut tx = store.begin("journal_append").await.unwrap();
        for _ in 0..left.min(50) {
            let number = journal.head().size;
            let one = entry(&format!("A{number:06}"), 1);
            let advance = journal.append(&mut packer, std::slice::from_ref(&one), MORNING).unwrap();
            let place = Place {
                journal: journal.number(),
                sequence: number,
                standing: None,
                digest: one.digest,
            };
            let header = HeaderView::parse(&one.header).unwrap();
            tx.journal_write(store, &advance);
            tx.record_add(store, vec![IndexRow::new(&header, &place)]).await.unwrap();
            journal.settle(advance);
        }
        tx.commit().await.unwrap();
        left -= left.min(50);
    }
}

async fn grown(store: &Store, entries: u64) -> (LiveJournal, Mergeable) {
    let row = open_journal(store, UP).await;
    let mut journal = LiveJournal::open(store, row).await.unwrap();
    append(store, &mut journal, entries).await;
    let mergeable = Mergeable { number: journal.number(), until: entries, apart: BTreeSet::new() };
    (journal, mergeable)
}

/// What a reader sees, window by window.
async fn seen(store: &Store, row: &JournalRow) -> Vec<(Digest, bool)> {
    let mut reader = SegmentReader::new(Suite::Intl).unwrap();
    let (mut next, mut seen) = (0, Vec::new());
    while next < row.head.size {
        let read = window(store, row.number, next, row.head.size, 16 * 1024).await.unwrap();
        assert!(read.first == next && read.past > next, "a gap at {next}");
        for bytes in &read.segments {
            let opened = reader.open(bytes).unwrap();
            seen.extend(opened.iter().map(|one| (one.digest, one.body.is_some())));
        }
        assert_eq!(seen.len() as u64, read.past);
        next = read.past;
    }
    seen
}

async fn all(store: &Store, journal: &Mergeable) -> Merged {
    let (mut merger, mut sum) = (Merger::new().unwrap(), Merged::default());
    loop {
        match merger.once(store, journal, later()).await {
            Ok(Some(more)) => sum += more,
            Ok(None) => return sum,
            Err(StoreError::Raced("segment")) => {}
            Err(other) => panic!("{other}"),
        }
    }
}

async fn sound(store: &Store) {
    for report in verify(store, &Keyring::default()).await.unwrap() {
        assert_eq!(report.difference, None);
    }
}

pub(crate) async fn small_segments_become_few_while_others_read_and_append(ground: &Ground) {
    let store = ground.jintan().await;
    let (mut journal, mergeable) = grown(&store, 2500).await;
    let row = store.journal_get(journal.id()).await.unwrap().unwrap();
    let before = seen(&store, &row).await;
    let total = store.segment_total().await.unwrap();
    assert_eq!(total.segments, 2500);
    // Two processes merge, one reads, one appends.
    let (one, two) = (ground.jintan().await, ground.jintan().await);
    let reading = async {
        for _ in 0..5 {
            assert!(seen(&store, &row).await == before);
        }
    };
    let (first, second, (), ()) = within("all are done", async {
        tokio::join!(
            all(&one, &mergeable),
            all(&two, &mergeable),
            reading,
            append(&store, &mut journal, 100)
        )
    })
    .await;
    let after = store.segment_total().await.unwrap();
    assert!(after.segments < 130, "{after:?}");
    assert_eq!(first.fewer() + second.fewer(), 2600 - after.segments);
    assert!(total.bytes > 3 * after.bytes, "{total:?} {after:?}");
    assert!(seen(&store, &row).await == before);
    sound(&store).await;
}

pub(crate) async fn a_swap_is_whole_or_not_at_all(ground: &Ground) {
    let (one, two) = (ground.jintan().await, ground.jintan().await);
    let (journal, mergeable) = grown(&one, 8).await;
    let row = one.journal_get(journal.id()).await.unwrap().unwrap();
    let old = one.segment_from(row.number, 0, 9).await.unwrap();
    let mut packer = SegmentWriter::new().unwrap();
    let mut reader = SegmentReader::new(Suite::Intl).unwrap();
    for segment in &old {
        let opened = reader.open(&segment.bytes).unwrap();
        let (salt, body) = opened.get(0).unwrap().body.unwrap();
        packer.push(opened.get(0).unwrap().header_bytes, &salt, body);
    }
    let bytes = packer.finish().unwrap();
    let new = [SegmentRow { first: 0, entries: 8, stored: MORNING, bytes }];
    // A process that dies between leaves no trace.
    let mut tx = one.begin("segment_swap").await.unwrap();
    tx.segment_swap(&one, row.number, &old, &new);
    assert_eq!(tx.segment_from(&one, row.number, 5, 9).await.unwrap(), new);
    drop(tx);
    assert_eq!(one.segment_from(row.number, 0, 9).await.unwrap(), old);
    // Somebody erases what was read.
    let sealed = entry("A000003", 1);
    let place = Place { journal: row.number, sequence: 3, standing: None, digest: sealed.digest };
    let mut tx = two.begin("entry_erase").await.unwrap();
    assert!(erase_body(&mut tx, &two, &place).await.unwrap());
    tx.commit().await.unwrap();
    let mut tx = one.begin("segment_swap").await.unwrap();
    tx.segment_swap(&one, row.number, &old, &new);
    raced(tx.commit().await, "segment");
    let kept = seen(&one, &row).await;
    assert_eq!(kept.iter().position(|(_, there)| !there), Some(3));
    assert_eq!(all(&one, &mergeable).await.put, 1);
    assert!(seen(&two, &row).await == kept);
    // Who wants to erase from the old segment finds the new one.
    let sealed = entry("A000006", 1);
    let place = Place { journal: row.number, sequence: 6, standing: None, digest: sealed.digest };
    let mut tx = two.begin("entry_erase").await.unwrap();
    assert!(erase_body(&mut tx, &two, &place).await.unwrap());
    tx.commit().await.unwrap();
    sound(&one).await;
}

pub(crate) async fn what_upkeep_did_is_written_over_and_read_back(ground: &Ground) {
    let store = ground.jintan().await;
    assert_eq!(store.upkeep_list().await.unwrap(), []);
    let row = |task: &str, rows| UpkeepRow {
        task: task.to_owned(),
        at: MORNING,
        outcome: "磁盘已满 · full".to_owned(),
        rows,
        bytes: 1 << 40,
    };
    for rows in [1, 2] {
        let mut tx = store.begin("upkeep_put").await.unwrap();
        tx.upkeep_put(&store, &row("tidy", rows));
        tx.upkeep_put(&store, &row("merge", rows));
        tx.commit().await.unwrap();
    }
    assert_eq!(store.upkeep_list().await.unwrap(), [row("merge", 2), row("tidy", 2)]);
    store.database().tidy().await.unwrap();
}

pub(crate) async fn an_audit_is_cut_where_its_file_ends(ground: &Ground) {
    let store = ground.jintan().await;
    let change = |micros: i64, id: u8| ChangeRow {
        at: MORNING.plus_micros(micros),
        id: [id; 16],
        who: "cli:root".to_owned(),
        ..ChangeRow::default()
    };
    let mut tx = store.begin("change_add").await.unwrap();
    for row in [change(0, 1), change(0, 2), change(1, 0), change(2, 7)] {
        tx.change_add(&store, &row).await.unwrap();
    }
    tx.commit().await.unwrap();
    let table = table("change").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let at = Archive {
        folder: folder.path().join("archive"),
        keeper: store.platform().clone(),
        key: SigningKey::from_seed(&[1; 32]),
    };
    let before = MORNING.plus_micros(1);
    assert_eq!(store.table_older(table, before.as_micros()).await.unwrap(), 2);
    assert_eq!(archive(&store, table, before, before, &at).await.unwrap().rows, 2);
    assert_eq!(store.table_older(table, i64::MAX).await.unwrap(), 2);
    // A row that has come under the cut meanwhile is not taken along.
    let mut tx = store.begin("table_cut").await.unwrap();
    let last = store.table_last(table).await.unwrap().unwrap();
    tx.table_cut(&store, table, &last, 1);
    raced(tx.commit().await, "change");
    assert_eq!(store.table_older(table, i64::MAX).await.unwrap(), 2);
}

pub(crate) async fn an_upload_that_was_given_up_goes_piece_by_piece(ground: &Ground) {
    let store = ground.jintan().await;
    let digest = Digest::new([5; 32]);
    let pieces = TOGETHER + 3;
    let file = sanheyi_exchange_spec::attachment::Attachment {
        digest,
        bytes: sanheyi_exchange_spec::limits::ATTACHMENT_PIECE_BYTES * (pieces + 1),
        media_type: "application/pdf".to_owned(),
    };
    let mut tx = store.begin("attachment_open").await.unwrap();
    tx.attachment_open(&store, &file, MORNING).await.unwrap();
    for number in 0..pieces {
        tx.piece_add(&store, &digest, number, &Bytes::from_static(b"a piece"));
    }
    tx.commit().await.unwrap();
    let after = MORNING.plus_micros(i64::try_from(Duration::from_secs(1).as_micros()).unwrap());
    assert_eq!(idle(&store, Some(MORNING), None).await.unwrap(), []);
    let rows = idle(&store, Some(after), Some(after)).await.unwrap();
    assert_eq!(rows.len(), 1);
    // Whoever goes on with it meanwhile keeps it.
    let mut tx = store.begin("piece_add").await.unwrap();
    tx.piece_add(&store, &digest, pieces, &Bytes::from_static(b"one more"));
    tx.commit().await.unwrap();
    assert_eq!(remove_idle(&store, &rows).await.unwrap().files, 0);
    assert_eq!(store.attachment_get(&digest).await.unwrap().unwrap().held, pieces + 1);
    let rows = idle(&store, Some(after), None).await.unwrap();
    assert_eq!(remove_idle(&store, &rows).await.unwrap().files, 1);
    assert_eq!(store.attachment_get(&digest).await.unwrap(), None);
    for number in 0..=pieces {
        assert_eq!(store.piece_get(&digest, number).await.unwrap(), None, "piece {number}");
    }
}
