//! A writer keeps writing; the node, the hub, or both are killed; in the end both stores verify
//! from their bytes, agree, and hold every acknowledged write exactly once.

use std::collections::BTreeMap;

use sanheyi_exchange_spec::segment::SegmentReader;
use sanheyi_exchange_spec::suite::Suite;
use sanheyi_node::store::{JournalRow, Store};
use sanheyi_tests::fixtures::{CASE, case_no};
use sanheyi_tests::knobs::kills;
use sanheyi_tests::patience::{until, within};
use sanheyi_tests::world::settled;
use tokio::sync::watch;

use crate::federation::{Federation, succeed};
use crate::ledger::{Writer, Written};

/// Acknowledged writes between two kills.
const BETWEEN: usize = 500;

#[tokio::test]
async fn exactly_once_in_the_hubs_journal() {
    let mut federation = Federation::new().await;
    federation.hub.start();
    federation.node.start();
    let (ledger, mut written) = watch::channel(Vec::new());
    let (stop, stopped) = watch::channel(false);
    let socket = federation.node_config().socket();
    let writer = tokio::spawn(Writer::new(socket, ledger, stopped).run());

    for kill in 0..kills() {
        let enough = written.borrow_and_update().len() + BETWEEN;
        let more = written.wait_for(|ledger| ledger.len() >= enough);
        within("the writer writes", more).await.expect("the writer lives");
        match kill % 3 {
            0 => {
                federation.node.kill().await;
                federation.node.start();
            }
            1 => {
                federation.hub.kill().await;
                federation.hub.start();
            }
            _ => {
                federation.hub.kill().await;
                federation.node.kill().await;
                federation.node.start();
                federation.hub.start();
            }
        }
    }
    stop.send_replace(true);
    within("the writer ends", writer).await.expect("nothing was refused");

    let store = federation.node_store().await;
    until("everything is answered", async || settled(&store).await).await;
    federation.node.stop().await;
    federation.hub.stop().await;
    succeed(&["node", "verify", "--config", federation.node_toml().to_str().unwrap()]).await;
    succeed(&["verify", "--config", federation.hub_toml().to_str().unwrap()]).await;
    let ledger = written.borrow().clone();
    assert_once_at_both(&federation, &ledger).await;
}

async fn own_journal(store: &Store) -> JournalRow {
    let rows = store.journal_list().await.unwrap();
    let platform = store.platform();
    rows.into_iter().find(|row| row.head.journal.author == *platform).unwrap()
}

/// How often each digest stands in a journal.
async fn digests(store: &Store, row: &JournalRow) -> BTreeMap<Vec<u8>, u64> {
    let mut counted = BTreeMap::new();
    let mut reader = SegmentReader::new(Suite::Intl).unwrap();
    let mut next = 0;
    while next < row.head.size {
        let segments = store.segment_from(row.number, next, 64).await.unwrap();
        for segment in segments {
            for digest in reader.open(&segment.bytes).unwrap().digests() {
                *counted.entry(digest.as_bytes().to_vec()).or_default() += 1;
            }
            next = segment.past();
        }
    }
    counted
}

async fn assert_once_at_both(federation: &Federation, ledger: &[Written]) {
    let (node, hub) = (federation.node_store().await, federation.hub_store().await);
    let (home, copy) = (own_journal(&node).await, own_journal(&hub).await);
    assert_eq!(home.head.journal, copy.head.journal);
    assert_eq!((home.head.size, home.head.root), (copy.head.size, copy.head.root));
    let counted = digests(&hub, &copy).await;
    assert_eq!(counted.values().sum::<u64>(), copy.head.size);
    assert!(ledger.len() as u64 <= copy.head.size && !ledger.is_empty());
    for one in ledger {
        let times = counted.get(&one.digest);
        assert_eq!(times, Some(&1), "{one:?} was acknowledged\n{}", federation.said());
    }
    for one in ledger.iter().step_by(97) {
        let revisions = hub.record_revisions(CASE, &case_no(one.serial), 100).await.unwrap();
        let found = revisions.iter().find(|found| found.revision == one.revision).unwrap();
        assert_eq!(found.place.digest.as_bytes()[..], one.digest[..]);
    }
}
