//! Files and their pieces, and which of them are to travel.

use bytes::Bytes;
use sanheyi_exchange_spec::attachment::Attachment;
use sanheyi_node::branch::attachment::{Held, offer, put, verify_files};
use sanheyi_node::store::{DueState, DueTotal, Named, Store, StoreError, Way};
use sanheyi_tests::files::TestFile;
use sanheyi_tests::fixtures::MORNING;

use super::ground::Ground;

async fn name(store: &Store, way: Way, file: &Attachment, revision: u64) {
    let (dataset, record) = ("case.case".to_owned(), "A".to_owned());
    let named = Named { file: file.clone(), dataset, record, revision };
    let mut tx = store.begin("due_put").await.unwrap();
    tx.due_put(store, way, store.platform(), &named).await.unwrap();
    tx.commit().await.unwrap();
}

pub(crate) async fn a_file_comes_piece_by_piece_and_is_whole_at_last(ground: &Ground) {
    let store = ground.jintan().await;
    let file = TestFile::pdf(1, 600 * 1024);
    name(&store, Way::Up, &file.file, 1).await;
    assert_eq!(file.state(&store, Way::Up).await, Some(DueState::Absent));
    file.shelve(&store).await;
    assert_eq!(file.state(&store, Way::Up).await, Some(DueState::Here));
    assert!(file.is_in(&store).await);
    let again = offer(&store, &file.file, MORNING).await.unwrap();
    assert_eq!(again, Held { pieces: 3, whole: true });
    let rows = store.attachment_list(None, 10).await.unwrap();
    assert_eq!((rows.len(), rows[0].held, rows[0].whole), (1, 3, true));
    assert_eq!(store.attachment_list(Some(&file.digest()), 10).await.unwrap(), []);
    // One that is named when it is here already.
    name(&store, Way::Down, &file.file, 2).await;
    assert_eq!(file.state(&store, Way::Down).await, Some(DueState::Here));
}

pub(crate) async fn of_two_that_bring_one_piece_one_has_raced(ground: &Ground) {
    let store = ground.jintan().await;
    let file = TestFile::pdf(2, 300 * 1024);
    offer(&store, &file.file, MORNING).await.unwrap();
    let (digest, piece) = (file.digest(), file.pieces()[0].clone());
    let (one, two) = tokio::join!(
        put(&store, &digest, 0, &piece, MORNING),
        put(&store, &digest, 0, &piece, MORNING)
    );
    let held = Held { pieces: 1, whole: false };
    assert_eq!((one.unwrap(), two.unwrap()), (held, held), "whoever came second changes nothing");
    let mut tx = store.begin("piece_add").await.unwrap();
    tx.piece_add(&store, &digest, 0, &piece);
    assert!(matches!(tx.commit().await, Err(StoreError::Raced("attachment"))));
    assert_eq!(store.attachment_get(&digest).await.unwrap().unwrap().held, 1);
}

pub(crate) async fn what_became_of_a_file_stays_when_it_is_named_again(ground: &Ground) {
    let store = ground.jintan().await;
    let (one, two) = (TestFile::pdf(3, 1000), TestFile::pdf(4, 2000));
    for file in [&one, &two] {
        name(&store, Way::Up, &file.file, 1).await;
        file.shelve(&store).await;
    }
    let mut tx = store.begin("due_state").await.unwrap();
    tx.due_state(&store, Way::Up, &one.digest(), DueState::Passed, "");
    tx.due_state(&store, Way::Up, &two.digest(), DueState::Refused, "类型不符 · another type");
    tx.commit().await.unwrap();
    let total = |state, bytes| DueTotal { way: Way::Up, state, files: 1, bytes };
    let totals = store.due_totals().await.unwrap();
    assert_eq!(totals, [total(DueState::Passed, 1000), total(DueState::Refused, 2000)]);
    let refused = store.due_list(Way::Up, DueState::Refused, None, 9).await.unwrap();
    assert_eq!((refused.len(), refused[0].why.is_empty()), (1, false));

    name(&store, Way::Up, &one.file, 2).await;
    name(&store, Way::Up, &two.file, 2).await;
    assert_eq!(one.state(&store, Way::Up).await, Some(DueState::Passed));
    assert_eq!(two.state(&store, Way::Up).await, Some(DueState::Here), "it may go again");
    // The hub was restored: what it had it may have no longer.
    let mut tx = store.begin("due_again").await.unwrap();
    tx.due_again(&store);
    tx.commit().await.unwrap();
    assert_eq!(store.due_list(Way::Up, DueState::Here, None, 9).await.unwrap().len(), 2);
    let after = one.digest().min(two.digest());
    let rest = store.due_list(Way::Up, DueState::Here, Some(&after), 9).await.unwrap();
    assert_eq!(rest.len(), 1);
}

pub(crate) async fn bytes_that_were_changed_are_found(ground: &Ground) {
    let store = ground.jintan().await;
    let (good, bad) = (TestFile::pdf(5, 300 * 1024), TestFile::pdf(6, 1000));
    good.shelve(&store).await;
    // As if the row said so of other bytes.
    offer(&store, &bad.file, MORNING).await.unwrap();
    let mut tx = store.begin("piece_add").await.unwrap();
    tx.piece_add(&store, &bad.digest(), 0, &Bytes::from(vec![b'x'; 1000]));
    tx.attachment_settle(&store, &bad.digest(), MORNING);
    tx.commit().await.unwrap();
    let begun = TestFile::pdf(7, 300 * 1024);
    offer(&store, &begun.file, MORNING).await.unwrap();

    let report = verify_files(&store).await.unwrap();
    assert_eq!((report.whole, report.begun), (2, 1));
    assert_eq!(report.bytes, 300 * 1024 + 1000);
    let [(digest, difference)] = &report.differences[..] else { panic!("{report:?}") };
    assert_eq!(*digest, bad.digest());
    assert_eq!((difference.table, difference.column), ("piece", "bytes"));
}
