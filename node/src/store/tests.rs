//! The store under its branch: schema, readers beside the writer, and what a caller is told.

use std::collections::BTreeSet;

use super::{Database, StoreError};
use crate::process::lifecycle::beside;
use crate::tests::{Home, database_of, draft, id, tamper};

#[tokio::test]
async fn a_store_that_a_newer_program_has_written_is_not_opened() {
    let dir = tempfile::tempdir().unwrap();
    Home::open(dir.path(), 1).await.close().await;
    let path = database_of(dir.path());
    let newer = "INSERT INTO _sqlx_migrations \
        (version, description, installed_on, success, checksum, execution_time) \
        VALUES (999, 'of tomorrow', CURRENT_TIMESTAMP, TRUE, x'00', 1)";
    assert_eq!(tamper(&path, newer).await, 1);
    let refused = Database::open(path.as_path(), &[]).await.unwrap_err();
    assert!(matches!(refused, StoreError::SchemaUnknown(999)), "{refused}");
    assert!(refused.to_string().contains("999"), "{refused}");
}

#[tokio::test]
async fn a_reader_beside_the_writer_sees_what_is_committed_and_writes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    let beside = Database::open_read_only(database_of(dir.path())).await.unwrap();
    let store = beside.of(&id("jintan"));
    assert!(store.record_list(None, 1).await.unwrap().is_empty());
    home.submit(vec![draft("A")]).await;
    assert_eq!(store.record_list(None, 10).await.unwrap().len(), 1);

    let refused = store.begin("link_put").await.err().unwrap();
    assert!(matches!(refused, StoreError::Database { operation: "link_put", .. }), "{refused}");
}

#[tokio::test]
async fn another_platforms_rows_are_not_seen() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    home.submit(vec![draft("A")]).await;
    let other = home.store().database().of(&id("liyang"));
    assert!(other.record_list(None, 10).await.unwrap().is_empty());
    assert!(other.journal_list().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_database_that_is_not_there_is_not_made_by_a_reader() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("node.sqlite");
    let refused = Database::open_read_only(path.as_path()).await.unwrap_err();
    assert!(matches!(refused, StoreError::Absent(_)), "{refused}");
    assert!(!path.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn many_openings_of_one_new_store_at_once_all_succeed() {
    for _ in 0..5 {
        let dir = tempfile::tempdir().unwrap();
        // Its folder is not there yet, either: a command may come before the process that runs.
        let path = dir.path().join("data/node.sqlite");
        let openings: Vec<_> = (0..16)
            .map(|_| {
                let path = path.clone();
                beside(async move { Database::open(path, &[]).await })
            })
            .collect();
        let mut opened = Vec::new();
        for opening in openings {
            opened.push(opening.await.unwrap());
        }
        // All of them read and write one store.
        for (number, database) in opened.iter().enumerate() {
            let store = database.of(&id(&format!("p{number}")));
            let mut tx = store.begin("link_put").await.unwrap();
            tx.link_put(&store, &super::LinkRow::default()).await.unwrap();
            tx.commit().await.unwrap();
        }
        let mut seen = BTreeSet::new();
        for number in 0..opened.len() {
            let link = opened[0].of(&id(&format!("p{number}"))).link_get().await.unwrap();
            seen.extend(link.map(|_| number));
        }
        assert_eq!(seen.len(), opened.len());
        for database in opened {
            database.close().await;
        }
    }
}
