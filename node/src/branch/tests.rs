//! A branch by itself: what it takes, what it refuses, and what is left of both after a restart.

mod bounds;
mod expect;
mod foresight;
mod group;
mod rules;

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::keyring::Keyring;
use sanheyi_exchange_spec::receipt::{Exception, Receipt};

use super::{Refused, SubmitError, verify};
use crate::store::StoreError;
use crate::tests::{DATASET, Home, MORNING, body, draft, next, record, wrong};

/// Ids of the rules by which drafts were refused, with their positions.
fn rules(outcome: Result<Vec<super::Appended>, SubmitError>) -> Vec<(usize, String)> {
    match outcome {
        Err(SubmitError::Refused(refused)) => refused
            .into_iter()
            .flat_map(|Refused { index, reasons }| {
                reasons.into_iter().map(move |reason| (index, reason.rule))
            })
            .collect(),
        other => panic!("{other:?}"),
    }
}

fn refused_by(rule: &str) -> Vec<(usize, String)> {
    vec![(0, rule.to_owned())]
}

#[tokio::test]
async fn what_is_submitted_is_durable_indexed_and_shown() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    let first = home.submit(vec![draft("A"), draft("B")]).await;
    let second = home.submit(vec![next("A", first[0])]).await;
    assert_eq!((first[0].sequence, first[1].sequence, second[0].sequence), (0, 1, 2));
    assert_eq!((first[0].revision, second[0].revision), (1, 2));

    let journal = home.journal().await;
    assert_eq!(journal.head.size, 3);
    let history = home.store().record_history(DATASET, &record("A"), 10).await.unwrap();
    let seen: Vec<_> = history.iter().map(|v| (v.found.revision, v.found.place.digest)).collect();
    assert_eq!(seen, [(1, first[0].digest), (2, second[0].digest)]);
    assert!(history.iter().all(|view| view.standing.is_none()), "no receipt covers them");

    let shown = home.store().entry_get(journal.number, 2).await.unwrap().unwrap();
    assert_eq!(shown.digest, second[0].digest);
    assert_eq!(shown.header.follows, Some(first[0].digest));
    assert_eq!(shown.body, Some(body("A")));
    assert_eq!(home.store().entry_get(journal.number, 3).await.unwrap(), None);
}

#[tokio::test]
async fn a_refused_draft_refuses_its_whole_submission_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    let outcome = home.branch.submit(vec![draft("A"), wrong("B"), draft("C")]).await;
    let rules = rules(outcome);
    assert!(!rules.is_empty() && rules.iter().all(|(index, _)| *index == 1), "{rules:?}");
    assert_eq!(home.journal().await.head.size, 0);

    let unknown = crate::branch::Draft { dataset: "case.unknown".parse().unwrap(), ..draft("A") };
    assert_eq!(self::rules(home.branch.submit(vec![unknown]).await), refused_by("dataset.unknown"));

    home.submit(vec![draft("A")]).await;
    assert_eq!(home.journal().await.head.size, 1);
    assert_eq!(home.submit(Vec::new()).await, []);
}

#[tokio::test]
async fn a_branch_that_is_opened_again_has_the_same_roots() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    for number in 0..300 {
        home.submit(vec![draft(&format!("A{number}"))]).await;
    }
    let before = home.store().journal_list().await.unwrap();
    home.close().await;

    let home = Home::open(dir.path(), 2).await;
    assert_eq!(home.store().journal_list().await.unwrap(), before);
    home.submit(vec![draft("B")]).await;
    let reports = verify(home.store(), &Keyring::default()).await.unwrap();
    assert!(reports.iter().all(|report| report.difference.is_none()), "{reports:?}");
    assert_eq!(reports.iter().map(|report| report.entries).sum::<u64>(), 301);
}

#[tokio::test]
async fn the_authors_clock_never_goes_back_within_a_journal() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    home.submit(vec![draft("A")]).await;
    home.clock.set(MORNING.plus_micros(-3_600_000_000));
    home.submit(vec![draft("B")]).await;
    home.close().await;

    let home = Home::open(dir.path(), 2).await;
    home.clock.set(MORNING.plus_micros(-3_600_000_000));
    home.submit(vec![draft("C")]).await;
    let journal = home.journal().await;
    for sequence in 0..3 {
        let shown = home.store().entry_get(journal.number, sequence).await.unwrap().unwrap();
        assert_eq!(shown.header.recorded, MORNING);
    }
}

#[tokio::test]
async fn a_full_disk_takes_nothing_and_is_over_when_there_is_room() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    home.submit(vec![draft("A")]).await;
    let before = home.store().journal_list().await.unwrap();
    let database = home.store().database().clone();
    // A limit below the present size is the present size.
    database.limit_pages(1).await.unwrap();

    let large = || crate::branch::Draft { body: noise("B", 200_000), ..draft("B") };
    for _ in 0..3 {
        let outcome = home.branch.submit(vec![large()]).await;
        let Err(SubmitError::Store(error)) = outcome else { panic!("{outcome:?}") };
        assert!(matches!(error, StoreError::Full { .. }), "{error}");
        assert_eq!(error.code(), Code::StoreFull);
        assert_eq!(home.store().journal_list().await.unwrap(), before);
        assert!(home.store().record_history(DATASET, &record("B"), 1).await.unwrap().is_empty());
    }

    database.limit_pages(u32::MAX - 1).await.unwrap();
    assert_eq!(home.submit(vec![large()]).await[0].sequence, 1);
    let reports = verify(home.store(), &Keyring::default()).await.unwrap();
    assert!(reports.iter().all(|report| report.difference.is_none()), "{reports:?}");
}

/// A body of `length` bytes that keeps all rules and does not compress.
fn noise(name: &str, length: usize) -> bytes::Bytes {
    use crate::process::entropy::{Entropy as _, SeededEntropy};
    let plain = body(name);
    let mut body = crate::tests::padded(&plain, length).to_vec();
    let kept = plain.len() + 8;
    SeededEntropy::new(5).fill(&mut body[kept..]);
    body.into()
}

#[tokio::test]
async fn a_machine_that_is_held_appends_nothing_until_it_is_let_go() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    home.branch.hold(Some(Code::IdentityHeld));
    let outcome = home.branch.submit(vec![draft("A")]).await;
    assert!(matches!(outcome, Err(SubmitError::Held(Code::IdentityHeld))), "{outcome:?}");
    home.branch.hold(None);
    home.submit(vec![draft("A")]).await;
}

#[tokio::test]
async fn a_writer_that_has_stopped_is_said_so() {
    let dir = tempfile::tempdir().unwrap();
    let (branch, _, writer) = crate::tests::idle(dir.path(), 1).await;
    drop(writer);
    let outcome = branch.submit(vec![draft("A")]).await;
    assert!(matches!(outcome, Err(SubmitError::Stopped)), "{outcome:?}");
}

#[tokio::test]
async fn standings_follow_the_receipts() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    let done = home.submit(vec![draft("A"), draft("B"), draft("C")]).await;
    let journal = home.journal().await;
    let receipt = Receipt {
        journal: journal.head.journal.clone(),
        from: 0,
        to: 2,
        root: home.store().root_at(journal.number, 2).await.unwrap(),
        standard: 1,
        received: MORNING,
        broadcast: 0,
        exceptions: vec![Exception {
            sequence: done[1].sequence,
            standing: Standing::Quarantined,
            dataset: DATASET.to_owned(),
            record: record("B"),
            revision: 1,
            reasons: Vec::new(),
        }],
    };
    let mut tx = home.store().begin("test").await.unwrap();
    tx.receipt_put(home.store(), journal.number, &receipt);
    tx.commit().await.unwrap();
    let views = home.store().record_list(None, 10).await.unwrap();
    let standings: Vec<_> = views.iter().map(|view| view.standing).collect();
    assert_eq!(standings, [Some(Standing::Accepted), Some(Standing::Quarantined), None]);
}
