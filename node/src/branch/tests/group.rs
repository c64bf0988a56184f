//! Groups: submissions that arrive together share a commit, and nothing else.

use sanheyi_exchange_spec::ids::{EpochId, Generation};
use sanheyi_exchange_spec::link::Position;
use tokio::task::JoinHandle;

use super::{refused_by, rules};
use crate::branch::{Appended, Branch, Draft, SubmitError};
use crate::tests::{Home, draft, idle, normal, wrong};

type Submitted = JoinHandle<Result<Vec<Appended>, SubmitError>>;

fn submitter(branch: &Branch, drafts: Vec<Draft>) -> Submitted {
    let branch = branch.clone();
    tokio::spawn(async move { branch.submit(drafts).await })
}

#[tokio::test]
async fn concurrent_submitters_share_commits() {
    const SUBMITTERS: usize = 64;
    let dir = tempfile::tempdir().unwrap();
    let (branch, _, writer) = idle(dir.path(), 1).await;
    // On the one thread of this test all of them queue before the writer is polled first.
    let submitted: Vec<_> = (0..SUBMITTERS)
        .map(|number| submitter(&branch, vec![draft(&format!("A{number}"))]))
        .collect();
    let writer = tokio::spawn(writer);
    let mut sequences = Vec::new();
    for one in submitted {
        sequences.push(one.await.unwrap().unwrap()[0].sequence);
    }
    sequences.sort_unstable();
    assert_eq!(sequences, (0..SUBMITTERS as u64).collect::<Vec<_>>());

    let journal = normal(branch.store()).await;
    let segments = branch.store().segment_from(journal.number, 0, SUBMITTERS).await.unwrap();
    assert!(segments.len() < SUBMITTERS / 4, "{} segments, one a commit", segments.len());
    drop(branch);
    writer.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_refused_submission_leaves_its_neighbours_alone() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    home.submit(vec![draft("A")]).await;
    home.close().await;

    // Record A is remembered by nobody now: the group finds out only when it inserts.
    let (branch, _, writer) = idle(dir.path(), 2).await;
    let before = submitter(&branch, vec![draft("B"), draft("C")]);
    let taken = submitter(&branch, vec![draft("D"), draft("A")]);
    let invalid = submitter(&branch, vec![draft("E"), wrong("F")]);
    let after = submitter(&branch, vec![draft("D")]);
    let _writer = tokio::spawn(writer);

    assert_eq!(before.await.unwrap().unwrap().len(), 2);
    assert_eq!(rules(taken.await.unwrap()), [(1, "expect".to_owned())]);
    assert!(rules(invalid.await.unwrap()).iter().all(|(index, _)| *index == 1));
    assert_eq!(after.await.unwrap().unwrap()[0].sequence, 3);
    assert_eq!(normal(branch.store()).await.head.size, 4);
}

#[tokio::test]
async fn of_two_in_one_group_that_take_a_record_the_first_has_it() {
    let dir = tempfile::tempdir().unwrap();
    let (branch, _, writer) = idle(dir.path(), 1).await;
    let first = submitter(&branch, vec![draft("A")]);
    let second = submitter(&branch, vec![draft("A")]);
    let _writer = tokio::spawn(writer);
    first.await.unwrap().unwrap();
    assert_eq!(rules(second.await.unwrap()), refused_by("expect"));
}

#[tokio::test]
async fn an_epoch_that_a_greet_moves_under_the_writer_costs_nobody_a_submission() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    let first = home.submit(vec![draft("A")]).await[0];
    let (store, journal) = (home.store().clone(), home.journal().await);
    let position = Position { generation: Generation::new([4; 16]), epoch: EpochId::new([5; 16]) };
    let mut tx = store.begin("test").await.unwrap();
    tx.journal_grant(&store, journal.number, 1, position, 1).await.unwrap();
    tx.commit().await.unwrap();

    home.submit(vec![crate::tests::next("A", first)]).await;
    let head = home.journal().await.head;
    assert_eq!((head.size, head.position), (2, position));
}
