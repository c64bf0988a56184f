//! Verifying a journal that grows meanwhile. What `verify` finds is tested with the command.

use sanheyi_exchange_spec::keyring::Keyring;

use super::*;
use crate::tests::{Home, draft, tamper};

/// Verifies the journal as it stood when `row` was read.
async fn walked(home: &Home, row: JournalRow) -> JournalReport {
    let mut letters = Letters::default();
    let mut walk = Walk::new(home.store(), row, Keyring::default(), &mut letters).unwrap();
    let outcome = walk.journal(&mut |_, _, _| {}).await;
    walk.report(outcome).unwrap()
}

#[tokio::test]
async fn a_journal_that_grows_meanwhile_is_no_difference() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    home.submit((0..250).map(|number| draft(&format!("A{number}"))).collect()).await;
    let before = home.journal().await;
    // Its last tile fills, and another begins.
    home.submit((0..250).map(|number| draft(&format!("B{number}"))).collect()).await;
    let report = walked(&home, before.clone()).await;
    assert_eq!((report.difference, report.entries, report.root), (None, 250, before.head.root));
}

#[tokio::test]
async fn entries_that_the_journal_does_not_count_are_a_difference() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    home.submit(vec![draft("A")]).await;
    let added =
        "INSERT INTO segment SELECT platform, journal, 1, entries, stored, bytes FROM segment";
    tamper(home.store().database().address().file().unwrap(), added).await;
    let report = walked(&home, home.journal().await).await;
    let found = report.difference.unwrap();
    assert_eq!((found.table, found.column, found.place), ("segment", "first", 1));
}
