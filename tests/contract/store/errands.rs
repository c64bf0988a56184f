//! What is shown to whom: errands, sights, and what a reader keeps of it.

use std::collections::BTreeSet;

use bytes::Bytes;
use sanheyi_exchange_spec::entry::Body;
use sanheyi_exchange_spec::forward::{Enclosure, Forward};
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::suite::{Digest, Salt};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_hub::store::{
    Errand, Sight, errand_done, errand_due, errand_put, errand_readers, sight_end, sight_of,
    sight_put,
};
use sanheyi_node::store::{EnclosureRow, Erased, JournalNumber, Store};
use sanheyi_tests::fixtures::{CASE, MORNING, sealed};
use sanheyi_tests::world::id;

use super::ground::{Ground, UP};

const JOURNAL: JournalNumber = JournalNumber::from_column(1);
/// More than one statement's share.
const MANY: u64 = 600;

fn errand(sequence: u64, reader: &str) -> Errand {
    Errand { journal: JOURNAL, sequence, reader: id(reader) }
}

async fn put(store: &Store, errands: &[Errand]) {
    let mut tx = store.begin("errand_put").await.unwrap();
    errand_put(&mut tx, store, errands);
    tx.commit().await.unwrap();
}

pub(crate) async fn an_errand_is_due_once_and_a_record_in_sight_while_a_request_stands(
    ground: &Ground,
) {
    let store = ground.jintan().await;
    errands(&store).await;
    sights(&store).await;
}

/// Due once; afterwards it says for ever who was shown what.
async fn errands(store: &Store) {
    let many: Vec<_> = (0..MANY).map(|sequence| errand(sequence, "wujin")).collect();
    put(store, &many).await;
    put(store, &[errand(7, "liyang"), errand(7, "wujin")]).await;
    put(&store.database().of(&id("wujin")), &[errand(1, "jintan")]).await;
    assert_eq!(errand_due(store, 3).await.unwrap(), many[..3]);
    let mut tx = store.begin("errand_done").await.unwrap();
    errand_done(&mut tx, store, &many, MORNING);
    let readers = errand_readers(&mut tx, store, JOURNAL, 7).await.unwrap();
    assert_eq!(readers, BTreeSet::from([id("liyang"), id("wujin")]));
    tx.commit().await.unwrap();
    assert_eq!(errand_due(store, 9).await.unwrap(), [errand(7, "liyang")]);
    // What was done is not due again.
    put(store, &many[..9]).await;
    assert_eq!(errand_due(store, 9).await.unwrap(), [errand(7, "liyang")]);
}

async fn sights(store: &Store) {
    let sight = |record: &str, reader: &str, request: &str| Sight {
        dataset: CASE.into(),
        record: record.into(),
        reader: id(reader),
        request: request.into(),
    };
    let seen = [sight("A", "liyang", "J"), sight("A", "wujin", "J"), sight("A", "wujin", "K")];
    let mut tx = store.begin("sight_put").await.unwrap();
    sight_put(&mut tx, store, &seen, MORNING);
    sight_put(&mut tx, store, &seen[..1], Timestamp::default());
    tx.commit().await.unwrap();
    let asked = |record: &str| BTreeSet::from([(CASE.to_owned(), record.to_owned())]);
    let found = async |record: &str| {
        let mut found = sight_of(store, &asked(record)).await.unwrap();
        found.sort();
        found
    };
    assert_eq!((found("A").await, found("AA").await), (seen.to_vec(), vec![]));
    let mut tx = store.begin("sight_end").await.unwrap();
    sight_end(&mut tx, store, &BTreeSet::from(["J".to_owned()]));
    tx.commit().await.unwrap();
    assert_eq!(found("A").await, seen[2..]);
}

fn shown(record: &str, body: &'static [u8]) -> EnclosureRow {
    let entry = sealed(record, 1, body);
    let forward = Forward {
        journal: UP.parse().unwrap(),
        sequence: 7,
        header: entry.header,
        standing: Standing::Accepted,
        reasons: Vec::new(),
    };
    let body = Body { salt: Salt([3; 16]), bytes: Bytes::from_static(body) };
    let inclusion = vec![Digest::new([1; 32]), Digest::new([2; 32])];
    let enclosure = Enclosure { body: Some(body), checkpoint: "检查点\n".into(), inclusion };
    EnclosureRow { forward, enclosure, erased: Erased::No }
}

pub(crate) async fn what_was_shown_comes_back_and_loses_its_body_once_it_is_erased(
    ground: &Ground,
) {
    let store = ground.jintan().await;
    let rows = [shown("A", b"one"), shown("B", b"two")];
    let mut tx = store.begin("enclosure_put").await.unwrap();
    tx.enclosure_put(&store, &rows).unwrap();
    tx.enclosure_put(&store, &rows[..1]).unwrap();
    tx.commit().await.unwrap();
    let (first, second) = (rows[0].key().unwrap(), rows[1].key().unwrap());
    let author = first.author.clone();
    assert_eq!(store.enclosure_get(&first).await.unwrap().as_ref(), Some(&rows[0]));
    assert_eq!(store.enclosure_list(Some(&author), None, 9).await.unwrap(), rows);
    assert_eq!(store.enclosure_list(None, Some(&first), 9).await.unwrap(), rows[1..]);
    assert_eq!(store.enclosure_list(Some(&id("wujin")), None, 9).await.unwrap(), []);

    let digest = rows[0].forward.digest();
    let mut tx = store.begin("enclosure_erase").await.unwrap();
    let other = Digest::new([9; 32]);
    assert!(!tx.enclosure_erase(&store, &second, &other).await.unwrap(), "another entry stays");
    assert!(tx.enclosure_erase(&store, &first, &digest).await.unwrap());
    tx.commit().await.unwrap();
    let erased = store.enclosure_get(&first).await.unwrap().unwrap();
    assert_eq!((erased.erased, &erased.enclosure.body), (Erased::Proved, &None));
    assert_eq!(erased.forward, rows[0].forward);
    assert_eq!(store.enclosure_get(&second).await.unwrap().as_ref(), Some(&rows[1]));
}
