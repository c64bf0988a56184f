//! What is stored comes back as it was, resource by resource.

use bytes::Bytes;
use sanheyi_exchange_spec::ids::EpochId;
use sanheyi_exchange_spec::merkle::TileId;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::process::entropy::{Entropy as _, SeededEntropy};
use sanheyi_node::store::{
    CheckpointRow, ExpectationRow, GreetingRow, JournalNumber, LinkRow, SegmentRow, Staged,
};
use sanheyi_proto::exchange::v1 as wire;
use sanheyi_tests::fixtures::{COMPLAINT, MORNING};

use super::ground::{Ground, OTHER, UP, empty, open_journal, position};

const JOURNAL: JournalNumber = JournalNumber::from_column(1);
/// A full tile: 256 hashes.
const TILE_BYTES: usize = 256 * 32;
/// The highest number that a column holds.
const HIGHEST: u64 = i64::MAX.unsigned_abs();

fn segment(first: u64, entries: u64) -> SegmentRow {
    let stored = Timestamp::from_micros(first.cast_signed());
    SegmentRow { first, entries, stored, bytes: Bytes::from(first.to_be_bytes().to_vec()) }
}

fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    SeededEntropy::new(seed).fill(&mut bytes);
    bytes
}

pub(crate) async fn a_journal_comes_back_as_it_was_opened(ground: &Ground) {
    let store = ground.jintan().await;
    let one = open_journal(&store, UP).await;
    let two = open_journal(&store, OTHER).await;
    assert_eq!((one.number, two.number), (JOURNAL, JournalNumber::from_column(2)));
    assert_eq!(store.journal_get(&one.head.journal).await.unwrap(), Some(one.clone()));
    assert_eq!(store.journal_list().await.unwrap(), [one.clone(), two.clone()]);

    let mut tx = store.begin("journal").await.unwrap();
    let root = Digest::new([9; 32]);
    tx.journal_advance(&store, one.number, &one.head, HIGHEST, &root, MORNING);
    tx.journal_stop(&store, two.number, "根不一致 · another root").await.unwrap();
    tx.journal_grant(&store, two.number, 7, position(4), 3).await.unwrap();
    assert_eq!(tx.journal_list(&store).await.unwrap().len(), 2);
    tx.commit().await.unwrap();
    let list = store.journal_list().await.unwrap();
    assert_eq!((list[0].head.size, list[0].head.root, list[0].recorded), (HIGHEST, root, MORNING));
    let why = list[1].stopped.as_deref();
    assert_eq!((list[1].head.stopped, why), (true, Some("根不一致 · another root")));
    assert_eq!((list[1].head.position, list[1].serial, list[1].head.opened), (position(4), 7, 3));

    let mut tx = store.begin("journal_cut").await.unwrap();
    tx.journal_cut(&store, one.number, 0, &one.head.root).await.unwrap();
    tx.commit().await.unwrap();
    let cut = store.journal_get(&one.head.journal).await.unwrap().unwrap();
    assert_eq!((cut.head, cut.home), (empty(UP), true));
}

pub(crate) async fn tiles_come_back_whole_and_the_last_word_counts(ground: &Ground) {
    let store = ground.jintan().await;
    let tile = |level, index| TileId { level, index };
    let full = |seed| noise(seed, TILE_BYTES);
    // More than are asked for in one statement.
    let many: Vec<_> = (0..300).map(|index| (tile(0, index), full(index))).collect();
    let mut tx = store.begin("tile_put").await.unwrap();
    tx.tile_put(&store, JOURNAL, &many);
    tx.tile_put(&store, JOURNAL, &[(tile(1, 0), vec![1; 32])]);
    tx.tile_put(&store, JOURNAL, &[(tile(1, 0), vec![2; 64])]);
    tx.tile_put(&store, JOURNAL, &[]);
    let wanted: Vec<_> = many.iter().map(|(id, _)| *id).chain([tile(1, 0), tile(7, 0)]).collect();
    assert_eq!(tx.tile_get(&store, JOURNAL, &wanted).await.unwrap().len(), 301);
    tx.commit().await.unwrap();

    let stored = store.tile_get(JOURNAL, &wanted).await.unwrap();
    assert_eq!(stored.len(), 301, "one was never there");
    assert!(many.iter().all(|(id, hashes)| stored[id] == *hashes));
    assert_eq!(stored[&tile(1, 0)], vec![2; 64]);
    let elsewhere = JournalNumber::from_column(2);
    assert!(store.tile_get(elsewhere, &wanted).await.unwrap().is_empty());
}

pub(crate) async fn segments_are_read_from_the_middle_on(ground: &Ground) {
    let store = ground.jintan().await;
    // More than are stored by one statement.
    let all: Vec<_> = (0..40).map(|number| segment(number * 10, 10)).collect();
    let mut tx = store.begin("segment_insert").await.unwrap();
    tx.segment_insert(&store, JOURNAL, &all);
    tx.segment_insert(&store, JournalNumber::from_column(2), &[segment(0, 1000)]);
    assert_eq!(tx.segment_from(&store, JOURNAL, 9, 1).await.unwrap(), all[..1]);
    tx.commit().await.unwrap();

    assert_eq!(store.segment_from(JOURNAL, 0, 100).await.unwrap(), all);
    assert_eq!(store.segment_from(JOURNAL, 109, 2).await.unwrap(), all[10..12]);
    assert_eq!(store.segment_from(JOURNAL, 110, 2).await.unwrap(), all[11..13]);
    let beyond = store.segment_from(JOURNAL, 400, 2).await.unwrap();
    assert_eq!(beyond, all[39..], "the last one, whose end the caller sees");

    let mut tx = store.begin("segment_cut").await.unwrap();
    assert_eq!(tx.segment_cut(&store, JOURNAL, 100).await.unwrap(), 30);
    tx.commit().await.unwrap();
    assert_eq!(store.segment_from(JOURNAL, 0, 100).await.unwrap(), all[..10]);
}

pub(crate) async fn bytes_come_back_as_they_were(ground: &Ground) {
    let store = ground.jintan().await;
    let every: Vec<u8> = (0..=255).collect();
    let bodies = [Vec::new(), vec![0; 1024], every, noise(1, 1024 * 1024), vec![0; 1024 * 1024]];
    let rows: Vec<_> = bodies
        .iter()
        .zip(0..)
        .map(|(bytes, first)| SegmentRow { bytes: bytes.clone().into(), ..segment(first, 1) })
        .collect();
    let mut tx = store.begin("segment_insert").await.unwrap();
    tx.segment_insert(&store, JOURNAL, &rows);
    tx.commit().await.unwrap();
    assert_eq!(store.segment_from(JOURNAL, 0, 9).await.unwrap(), rows);

    let notes = ["", "市级平台 \u{1f4d1}\n— 'quoted' \"twice\" \\ %s $1 ?1 ;--\n", "\t\r\n"];
    let mut tx = store.begin("checkpoint_put").await.unwrap();
    for (note, size) in notes.iter().zip(1..) {
        let row = CheckpointRow { size, note: (*note).to_owned() };
        tx.checkpoint_put(&store, JOURNAL, &row);
    }
    tx.commit().await.unwrap();
    let stored = store.checkpoint_list(JOURNAL, 0, 9).await.unwrap();
    assert_eq!(stored.iter().map(|row| row.note.as_str()).collect::<Vec<_>>(), notes);
}

pub(crate) async fn checkpoints_stay_as_they_were_put_first(ground: &Ground) {
    let store = ground.jintan().await;
    let row = |size, note: &str| CheckpointRow { size, note: note.to_owned() };
    let mut tx = store.begin("checkpoint_put").await.unwrap();
    for one in [row(3, "three"), row(HIGHEST, "last"), row(3, "again"), row(20, "twenty")] {
        tx.checkpoint_put(&store, JOURNAL, &one);
    }
    tx.commit().await.unwrap();
    assert_eq!(store.checkpoint_get(JOURNAL, 3).await.unwrap(), Some(row(3, "three")));
    assert_eq!(store.checkpoint_get(JOURNAL, 4).await.unwrap(), None);
    let beyond = store.checkpoint_list(JOURNAL, 3, 9).await.unwrap();
    assert_eq!(beyond, [row(20, "twenty"), row(HIGHEST, "last")]);
    let mut tx = store.begin("checkpoint_cut").await.unwrap();
    tx.checkpoint_cut(&store, JOURNAL, 20).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.checkpoint_list(JOURNAL, 3, 9).await.unwrap(), [row(20, "twenty")]);
}

pub(crate) async fn a_greeting_comes_back_and_acknowledging_forgets_what_was_expected(
    ground: &Ground,
) {
    let store = ground.jintan().await;
    assert_eq!(store.greeting_get(JOURNAL).await.unwrap(), GreetingRow::default());
    let holds = vec![EpochId::new([1; 16]), EpochId::new([2; 16])];
    let greeting = GreetingRow { holds, grant: "授权\n".into(), acknowledged: 0 };
    let read = |revision| wire::Read {
        dataset: COMPLAINT.into(),
        record: "A".into(),
        revision,
        digest: vec![0; 32].into(),
    };
    let expected = |sequence| ExpectationRow { sequence, reads: vec![read(sequence), read(0)] };
    let mut tx = store.begin("greeting_put").await.unwrap();
    tx.greeting_put(&store, JOURNAL, &GreetingRow::default()).await.unwrap();
    // How far was acknowledged is not said here, once the row is there.
    let ahead = GreetingRow { acknowledged: 2, ..greeting.clone() };
    tx.greeting_put(&store, JOURNAL, &ahead).await.unwrap();
    assert_eq!(tx.greeting_get(&store, JOURNAL).await.unwrap(), greeting);
    for sequence in [9, 3, 4] {
        tx.expectation_put(&store, JOURNAL, &expected(sequence)).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!(store.greeting_get(JOURNAL).await.unwrap(), greeting);

    let mut tx = store.begin("greeting_acknowledge").await.unwrap();
    tx.greeting_acknowledge(&store, JOURNAL, 4);
    let left = tx.expectation_take(&store, JOURNAL, 0).await.unwrap();
    assert_eq!(left, [expected(4), expected(9)]);
    assert_eq!(tx.expectation_take(&store, JOURNAL, 0).await.unwrap(), []);
    tx.commit().await.unwrap();
    let acknowledged = GreetingRow { acknowledged: 4, ..greeting };
    assert_eq!(store.greeting_get(JOURNAL).await.unwrap(), acknowledged);
}

pub(crate) async fn what_is_staged_comes_back_and_is_forgotten(ground: &Ground) {
    let store = ground.jintan().await;
    // When it was stored is not kept: it never comes from here.
    let staged = |first| SegmentRow { stored: Timestamp::default(), ..segment(first, 2) };
    let mut tx = store.begin("staged_put").await.unwrap();
    let hub = [staged(4), staged(0), staged(2)];
    tx.staged_put(&store, JOURNAL, Staged::Hub, &hub).await.unwrap();
    tx.staged_put(&store, JOURNAL, Staged::Own, &[staged(2)]).await.unwrap();
    let again = SegmentRow { entries: 9, bytes: Bytes::from_static(b"again"), ..staged(2) };
    tx.staged_put(&store, JOURNAL, Staged::Hub, std::slice::from_ref(&again)).await.unwrap();
    tx.commit().await.unwrap();

    let mut tx = store.begin("staged_clear").await.unwrap();
    let found = tx.staged_from(&store, JOURNAL, Staged::Hub, 1, 9).await.unwrap();
    assert_eq!(found, [again, staged(4)]);
    let own = tx.staged_from(&store, JOURNAL, Staged::Own, 0, 9).await.unwrap();
    assert_eq!(own, [staged(2)]);
    tx.staged_clear(&store, JOURNAL).await.unwrap();
    for kind in [Staged::Hub, Staged::Own] {
        assert_eq!(tx.staged_from(&store, JOURNAL, kind, 0, 9).await.unwrap(), []);
    }
    tx.commit().await.unwrap();
}

pub(crate) async fn the_link_shows_its_last_word(ground: &Ground) {
    let store = ground.jintan().await;
    assert_eq!(store.link_get().await.unwrap(), None);
    let live = LinkRow { phase: "live".into(), skew: -5, sent: HIGHEST, ..LinkRow::default() };
    let held = LinkRow { phase: "held".into(), detail: "另一台机器".into(), ..live.clone() };
    for link in [live, held] {
        let mut tx = store.begin("link_put").await.unwrap();
        tx.link_put(&store, &link).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(store.link_get().await.unwrap(), Some(link));
    }
}
