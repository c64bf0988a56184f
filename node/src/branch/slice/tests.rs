//! Windows at their edge: however the author packed, no more than the bound is shown at once.

use bytes::Bytes;
use sanheyi_exchange_spec::limits::{BODY_BYTES, DRAFT_BYTES, WINDOW_BYTES};
use sanheyi_exchange_spec::segment::{SegmentReader, SegmentWriter};
use sanheyi_exchange_spec::suite::Suite;

use super::*;
use crate::branch::Draft;
use crate::process::entropy::{Entropy as _, SeededEntropy};
use crate::tests::{Home, body, draft, padded};

/// Windows of a journal until its end.
async fn all(store: &Store, row: &crate::store::JournalRow, max_bytes: usize) -> Vec<Window> {
    let mut windows: Vec<Window> = Vec::new();
    loop {
        let first = windows.last().map_or(0, |window| window.past);
        if first == row.head.size {
            return windows;
        }
        let next = window(store, row.number, first, row.head.size, max_bytes).await.unwrap();
        assert!(next.first == first && next.past > first, "it goes on");
        windows.push(next);
    }
}

fn bytes_of(window: &Window) -> usize {
    window.segments.iter().map(Bytes::len).sum()
}

/// Leaves of the entries of windows, in order.
fn digests(windows: &[Window]) -> Vec<Digest> {
    let mut reader = SegmentReader::new(Suite::Intl).unwrap();
    let segments = windows.iter().flat_map(|window| &window.segments);
    segments
        .flat_map(|bytes| reader.open(bytes).unwrap().digests().copied().collect::<Vec<_>>())
        .collect()
}

/// A draft that does not compress: its body ends in `length` bytes of chance.
fn noise(name: &str, length: usize, chance: &SeededEntropy) -> Draft {
    let plain = body(name);
    let mut long = padded(&plain, length).to_vec();
    let from = plain.len() + 5;
    chance.fill(&mut long[from..]);
    Draft { body: long.into(), ..draft(name) }
}

#[tokio::test]
async fn a_segment_larger_than_a_window_is_cut_and_none_of_it_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let (home, chance) = (Home::open(dir.path(), 1).await, SeededEntropy::new(7));
    let drafts = (0..80).map(|n| noise(&format!("A{n}"), 20_000, &chance)).collect();
    home.submit(drafts).await;
    home.submit(vec![draft("B")]).await;
    let row = home.journal().await;
    let stored = home.store().segment_from(row.number, 0, 16).await.unwrap();
    assert!(stored.iter().any(|one| one.bytes.len() > WINDOW_BYTES), "one is too large");

    let whole = all(home.store(), &row, usize::MAX).await;
    for max_bytes in [WINDOW_BYTES, 100_000, 20_500] {
        let windows = all(home.store(), &row, max_bytes).await;
        assert_eq!(digests(&windows), digests(&whole));
        for window in &windows {
            assert!(bytes_of(window) <= max_bytes, "{} > {max_bytes}", bytes_of(window));
        }
        // Nor is it cut smaller than need be.
        let least = usize::try_from(row.head.size).unwrap() * 20_000 / max_bytes;
        assert!(windows.len() <= 2 * least + 2, "{} windows", windows.len());
    }
    // An entry that is larger by itself goes alone.
    let alone = all(home.store(), &row, 1).await;
    assert_eq!(alone.len() as u64, row.head.size);
}

#[tokio::test]
async fn a_window_is_never_more_than_its_bound_and_one_largest_body() {
    let dir = tempfile::tempdir().unwrap();
    let (home, chance) = (Home::open(dir.path(), 1).await, SeededEntropy::new(8));
    for n in 0..3 {
        home.submit(vec![noise(&format!("A{n}"), DRAFT_BYTES, &chance), draft(&format!("B{n}"))])
            .await;
    }
    let row = home.journal().await;
    for max_bytes in [WINDOW_BYTES, DRAFT_BYTES, 1] {
        for window in all(home.store(), &row, max_bytes).await {
            let one = window.past - window.first == 1;
            let bound = if one { max_bytes.max(BODY_BYTES) } else { max_bytes };
            assert!(bytes_of(&window) <= bound, "{} > {bound}", bytes_of(&window));
        }
    }
}

#[tokio::test]
async fn a_segment_of_exactly_the_bound_goes_as_it_is_stored() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    home.submit(["A", "B", "C"].map(draft).to_vec()).await;
    let row = home.journal().await;
    let stored = home.store().segment_from(row.number, 0, 1).await.unwrap();
    let bytes = &stored[0].bytes;
    let exact = window(home.store(), row.number, 0, 3, bytes.len()).await.unwrap();
    assert_eq!((exact.past, &exact.segments[0]), (3, bytes));
    let less = window(home.store(), row.number, 0, 3, bytes.len() - 1).await.unwrap();
    assert_eq!((less.past, less.segments.len()), (2, 1));
}

#[test]
fn an_erased_entry_is_packed_anew_without_its_body() {
    let header = crate::branch::seal(
        sanheyi_exchange_spec::entry::Header {
            dataset: "supervision.complaint".parse().unwrap(),
            record: "A".parse().unwrap(),
            revision: 1,
            follows: None,
            custody_epoch: 0,
            operation: sanheyi_exchange_spec::entry::Operation::Put,
            standard: 1,
            occurred: crate::tests::MORNING,
            recorded: crate::tests::MORNING,
            body_digest: Digest::new([0; 32]),
        },
        sanheyi_exchange_spec::suite::Salt([3; 16]),
        Bytes::from_static(b"a body"),
    );
    let mut writer = SegmentWriter::new().unwrap();
    writer.push_erased(&header.header);
    writer.push(&header.header, &header.body.salt, &header.body.bytes);
    let bytes = writer.finish().unwrap();
    let row = SegmentRow { first: 5, entries: 2, stored: crate::tests::MORNING, bytes };
    let cut = at_most(&row, 1).unwrap();
    let opened = open(&cut).unwrap();
    assert_eq!((cut.first, cut.entries, opened.len()), (5, 1, 1));
    assert!(opened.body(0).is_none() && opened.digest(0) == Some(&header.digest));
}
