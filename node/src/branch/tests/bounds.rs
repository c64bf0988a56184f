//! Bounds of a submission: reached, then crossed.

use sanheyi_exchange_spec::limits::{DRAFT_BYTES, READS, SEGMENT_ENTRIES, SUBMIT_DRAFTS};
use sanheyi_proto::exchange::v1::Read;

use super::{refused_by, rules};
use crate::branch::{Draft, SubmitError};
use crate::tests::{DATASET, Home, body, draft, padded};

#[tokio::test]
async fn a_submission_has_at_most_so_many_drafts() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    let many = |count| (0..count).map(|number| draft(&format!("A{number:06}"))).collect::<Vec<_>>();
    let refused = home.branch.submit(many(SUBMIT_DRAFTS + 1)).await;
    assert!(matches!(refused, Err(SubmitError::TooMany(_))), "{refused:?}");
    assert_eq!(home.submit(many(SUBMIT_DRAFTS)).await.len(), SUBMIT_DRAFTS);

    let journal = home.journal().await;
    assert_eq!(journal.head.size, SUBMIT_DRAFTS as u64);
    let segments = home.store().segment_from(journal.number, 0, SUBMIT_DRAFTS).await.unwrap();
    assert!(segments.len() >= SUBMIT_DRAFTS / SEGMENT_ENTRIES);
    assert!(segments.iter().all(|segment| segment.entries <= SEGMENT_ENTRIES as u64));
}

#[tokio::test]
async fn a_body_has_at_most_so_many_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    let long = |length| Draft { body: padded(&body("A"), length), ..draft("A") };
    let refused = home.branch.submit(vec![long(DRAFT_BYTES + 1)]).await;
    assert_eq!(rules(refused), refused_by("bounds"));
    home.submit(vec![long(DRAFT_BYTES)]).await;
    let journal = home.journal().await;
    let shown = home.store().entry_get(journal.number, 0).await.unwrap().unwrap();
    assert_eq!(shown.body.unwrap().len(), DRAFT_BYTES);
}

#[tokio::test]
async fn a_decision_reads_at_most_so_many_records() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    let read = |number| Read {
        dataset: DATASET.to_owned(),
        record: format!("R{number}"),
        ..Read::default()
    };
    let reading = |count| Draft { reads: (0..count).map(read).collect(), ..draft("A") };
    let refused = home.branch.submit(vec![reading(READS + 1)]).await;
    assert_eq!(rules(refused), refused_by("bounds"));
    home.submit(vec![reading(READS)]).await;
}
