//! Whatever somebody changes in the database, `verify` names its table and column.

use sanheyi_exchange_spec::gate::{Reason, Standing};
use sanheyi_exchange_spec::later::{self, Change, LaterVerdict};
use sanheyi_exchange_spec::link::admit::Head;
use sanheyi_exchange_spec::receipt::{self, Exception, Receipt};

use super::{DIFFERENT, OK, command, deliver, empty_folder, folder, json};
use crate::tests::{DATASET, Home, MORNING, database_of, draft, record, tamper};

/// Changes a store by `sql` and checks what `verify` names.
async fn names(sql: &'static str, table: &str, column: &str) {
    named_in(&folder().await, sql, table, column).await;
}

async fn named_in(dir: &tempfile::TempDir, sql: &'static str, table: &str, column: &str) {
    assert!(tamper(&database_of(dir.path()), sql).await > 0, "{sql}");
    named(dir, sql, table, column).await;
}

/// What `verify` names in a folder in which this has happened.
async fn named(dir: &tempfile::TempDir, sql: &str, table: &str, column: &str) {
    let answer = command(dir.path(), &["verify"]).await;
    assert_eq!(answer.code, DIFFERENT, "{sql}\n{}", answer.text);
    assert!(answer.text.contains(&format!("  {table}.{column} ")), "{sql}\n{}", answer.text);
    let report = json(dir.path(), &["verify"]).await;
    assert_eq!(report["clean"], false);
    let journals = report["journals"].as_array().unwrap();
    let found = journals.iter().find_map(|one| one["difference"].as_object()).unwrap();
    assert_eq!((&found["table"], &found["column"]), (&table.into(), &column.into()), "{sql}");
}

#[tokio::test]
async fn an_altered_byte_of_a_segment() {
    // One byte in the middle of the frame of 300 entries.
    let sql = "UPDATE segment SET bytes = CAST(substr(bytes, 1, length(bytes) / 2) AS BLOB) \
        || CASE substr(bytes, length(bytes) / 2 + 1, 1) WHEN x'00' THEN x'01' ELSE x'00' END \
        || substr(bytes, length(bytes) / 2 + 2) WHERE first = 0";
    names(sql, "segment", "bytes").await;
}

#[tokio::test]
async fn a_removed_segment() {
    names("DELETE FROM segment WHERE first = 300", "segment", "first").await;
    names("DELETE FROM segment WHERE first = 302", "journal", "size").await;
}

#[tokio::test]
async fn another_count_of_entries() {
    names("UPDATE segment SET entries = 299 WHERE first = 0", "segment", "entries").await;
}

#[tokio::test]
async fn a_changed_root_and_a_changed_size() {
    names("UPDATE journal SET root = zeroblob(32) WHERE size > 0", "journal", "root").await;
    names("UPDATE journal SET size = 302 WHERE size = 303", "journal", "root").await;
}

#[tokio::test]
async fn a_changed_or_removed_tile() {
    let changed = "UPDATE tile SET hashes = zeroblob(32) || substr(hashes, 33) WHERE level = 0";
    names(changed, "tile", "hashes").await;
    names("DELETE FROM tile WHERE position = 1", "tile", "hashes").await;
}

#[tokio::test]
async fn a_removed_or_moved_index_row() {
    let removed = "DELETE FROM record WHERE key = (SELECT max(key) FROM record)";
    names(removed, "record", "key").await;
    let moved = "UPDATE record SET place = (SELECT place FROM record ORDER BY key LIMIT 1) \
        WHERE key = (SELECT max(key) FROM record)";
    names(moved, "record", "key").await;
    names("UPDATE record SET place = x'00'", "record", "place").await;
}

#[tokio::test]
async fn a_changed_receipt_and_a_changed_checkpoint() {
    names("UPDATE receipt SET root = zeroblob(32)", "receipt", "root").await;
    names("UPDATE receipt SET accepted = accepted - 1", "receipt", "accepted").await;
    names("UPDATE receipt SET first = 1", "receipt", "first").await;
    names("UPDATE checkpoint SET size = 301", "checkpoint", "size").await;
    names("UPDATE checkpoint SET size = 999", "checkpoint", "size").await;
    names("UPDATE checkpoint SET note = replace(note, '302', '301')", "checkpoint", "note").await;
}

#[tokio::test]
async fn receipts_and_exceptions_that_the_mailbox_does_not_have_so() {
    names("DELETE FROM receipt", "receipt", "first").await;
    let moved = "UPDATE receipt SET accepted = accepted - 1, pending = pending + 1";
    names(moved, "receipt", "past").await;
    names("UPDATE receipt SET warned = warned + 1", "receipt", "past").await;
    let added = "INSERT INTO receipt SELECT platform, journal, 302, 303, \
        (SELECT root FROM journal WHERE home = 1), standard, received, 1, 0, 0, 0 FROM receipt";
    names(added, "receipt", "first").await;
    names("DELETE FROM exception", "exception", "detail").await;
    let other = "INSERT INTO exception SELECT platform, journal, 7, standing, \
        x'0807' || substr(detail, 4) FROM exception";
    names(other, "exception", "detail").await;
}

#[tokio::test]
async fn an_index_row_that_belongs_to_no_entry() {
    let sql = "INSERT INTO record SELECT platform, key || x'00', place FROM record LIMIT 1";
    names(sql, "record", "key").await;
}

fn stands(sequence: u64, standing: Standing) -> Exception {
    let reasons = match standing {
        Standing::Accepted => Vec::new(),
        _ => vec![Reason::new("", "reference.absent", "尚未收到", "has not come")],
    };
    let (dataset, record) = (DATASET.to_owned(), record(&format!("A{sequence}")));
    Exception { sequence, standing, dataset, record, revision: 1, reasons }
}

/// The receipt of three entries, of which the second and the third are pending.
fn pending(head: &Head) -> Receipt {
    Receipt {
        journal: head.journal.clone(),
        from: 0,
        to: 3,
        root: head.root,
        standard: 1,
        received: MORNING,
        broadcast: 0,
        exceptions: vec![stands(1, Standing::Pending), stands(2, Standing::Pending)],
    }
}

/// Three entries with that receipt: the second was accepted later.
async fn told_later() -> (tempfile::TempDir, Home) {
    let dir = empty_folder();
    let home = Home::open(dir.path(), 1).await;
    home.submit((0..3).map(|number| draft(&format!("A{number}"))).collect()).await;
    let head = home.journal().await.head;
    let receipt = pending(&head);
    let verdict = stands(1, Standing::Accepted);
    let later = LaterVerdict {
        journal: head.journal,
        standard: 1,
        judged: MORNING,
        changes: vec![Change { replaced: Standing::Pending, verdict }],
    };
    let letters = [(receipt::DATASET, receipt.encode()), (later::DATASET, later.encode())];
    deliver(home.store(), &letters).await;
    (dir, home)
}

#[tokio::test]
async fn a_later_verdict_that_the_mailbox_does_not_have() {
    let (dir, home) = told_later().await;
    home.close().await;
    let answer = command(dir.path(), &["verify"]).await;
    assert_eq!(answer.code, OK, "{}", answer.text);
    let sql = "UPDATE receipt SET accepted = 3, pending = 0";
    named_in(&dir, sql, "receipt", "past").await;
    named_in(&dir, "DELETE FROM exception", "exception", "standing").await;
}

#[tokio::test]
async fn a_later_verdict_that_only_the_mailbox_has() {
    let (dir, home) = told_later().await;
    let (store, journal) = (home.store(), home.journal().await);
    let mut tx = store.begin("test").await.unwrap();
    tx.receipt_cut(store, journal.number, 0).await.unwrap();
    tx.receipt_put(store, journal.number, &pending(&journal.head));
    tx.commit().await.unwrap();
    home.close().await;
    named(&dir, "nobody has taken it out", "exception", "standing").await;
}
