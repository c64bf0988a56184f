//! What a draft expects must stand: revision and digest, of its own record and of those it read.

use sanheyi_exchange_spec::suite::Digest;
use sanheyi_proto::exchange::v1::Read;

use super::{refused_by, rules};
use crate::branch::{Appended, Draft};
use crate::tests::{DATASET, Home, draft, next, record};

fn read(name: &str, head: Option<Appended>) -> Read {
    Read {
        dataset: DATASET.to_owned(),
        record: record(name),
        revision: head.map_or(0, |head| head.revision),
        digest: head.map(|head| head.digest.as_bytes().to_vec().into()).unwrap_or_default(),
    }
}

fn reading(name: &str, reads: Vec<Read>) -> Draft {
    Draft { reads, ..draft(name) }
}

#[tokio::test]
async fn another_number_or_another_digest_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    let first = home.submit(vec![draft("A")]).await[0];
    let other = home.submit(vec![draft("B")]).await[0];

    let beyond = Appended { revision: 2, ..first };
    let refused = home.branch.submit(vec![next("A", beyond)]).await;
    assert_eq!(rules(refused), refused_by("expect"));

    // The number is right: whoever read another history read another state.
    let forked = Appended { digest: other.digest, ..first };
    let refused = home.branch.submit(vec![next("A", forked)]).await;
    assert_eq!(rules(refused), refused_by("expect"));

    let second = home.submit(vec![next("A", first)]).await[0];
    let refused = home.branch.submit(vec![next("A", first)]).await;
    assert_eq!(rules(refused), refused_by("expect"), "it was changed meanwhile");
    home.submit(vec![next("A", second)]).await;
    assert_eq!(home.journal().await.head.size, 4);
}

#[tokio::test]
async fn a_record_is_new_only_once_from_memory_and_from_the_index() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    let first = home.submit(vec![draft("A")]).await[0];
    assert_eq!(rules(home.branch.submit(vec![draft("A")]).await), refused_by("expect"));
    home.close().await;

    let home = Home::open(dir.path(), 2).await;
    assert_eq!(rules(home.branch.submit(vec![draft("A")]).await), refused_by("expect"));
    home.submit(vec![next("A", first)]).await;
    assert_eq!(home.journal().await.head.size, 2);
}

#[tokio::test]
async fn what_a_decision_read_must_still_stand() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    let first = home.submit(vec![draft("A")]).await[0];
    home.submit(vec![reading("B", vec![read("A", Some(first)), read("Z", None)])]).await;

    let forked = Appended { digest: Digest::new([9; 32]), ..first };
    let refused = home.branch.submit(vec![reading("C", vec![read("A", Some(forked))])]).await;
    assert_eq!(rules(refused), refused_by("expect"));
    let refused = home.branch.submit(vec![reading("C", vec![read("A", None)])]).await;
    assert_eq!(rules(refused), refused_by("expect"));
}

#[tokio::test]
async fn an_absence_that_was_read_is_looked_up_where_nobody_remembers() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    home.submit(vec![draft("A")]).await;
    home.close().await;

    // No insert of record A will come up short here: the draft writes record C.
    let home = Home::open(dir.path(), 2).await;
    let refused = home.branch.submit(vec![reading("C", vec![read("A", None)])]).await;
    assert_eq!(rules(refused), refused_by("expect"));
    home.submit(vec![reading("C", vec![read("Z", None)])]).await;
}

#[tokio::test]
async fn nobody_can_have_read_what_is_not_sealed_yet() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    let guess = Appended { sequence: 0, revision: 1, digest: Digest::new([0; 32]) };
    let refused = home.branch.submit(vec![draft("A"), next("A", guess)]).await;
    assert_eq!(rules(refused), [(1, "expect".to_owned())]);
    let refused = home.branch.submit(vec![draft("A"), draft("A")]).await;
    assert_eq!(rules(refused), [(1, "expect".to_owned())]);
    assert_eq!(home.journal().await.head.size, 0);
}
