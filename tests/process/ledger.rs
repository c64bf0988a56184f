//! A writer with its own ledger: what a branch has acknowledged, kept apart from all stores.

use std::collections::BTreeMap;
use std::path::PathBuf;

use prost::Message as _;
use sanheyi_exchange_spec::segment::SegmentReader;
use sanheyi_exchange_spec::suite::Suite;
use sanheyi_node::gateway::client::{IntakeClient, IntakeError};
use sanheyi_node::store::{JournalRow, Store};
use sanheyi_proto::exchange::v1 as wire;
use sanheyi_proto::standard::v1::Complaint;
use sanheyi_tests::fixtures::{COMPLAINT, MORNING, complaint, complaint_no};
use sanheyi_tests::patience::{look_again, within};
use tokio::sync::watch;

/// An acknowledged write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) serial: u64,
    pub(crate) revision: u64,
    pub(crate) digest: Vec<u8>,
}

/// Writes to a branch's intake until it is told to stop.
pub(crate) struct Writer {
    /// Where the branch may be: a node's one socket, or a tenant's, which lives in one instance of
    /// several.
    sockets: Vec<PathBuf>,
    ledger: watch::Sender<Vec<Written>>,
    stop: watch::Receiver<bool>,
    next: u64,
}

/// Records in a submission.
const BATCH: u64 = 25;

fn draft(serial: u64, follows: Option<&Written>) -> wire::Draft {
    let title = format!("第 {} 次登记", follows.map_or(1, |one| one.revision + 1));
    wire::Draft {
        dataset: COMPLAINT.into(),
        record: complaint_no(serial),
        operation: wire::Operation::Put.into(),
        occurred: MORNING.as_micros(),
        body: Complaint { title, ..complaint(serial) }.encode_to_vec().into(),
        follows_revision: follows.map_or(0, |one| one.revision),
        follows_digest: follows.map_or_else(Vec::new, |one| one.digest.clone()).into(),
        reads: Vec::new(),
    }
}

impl Writer {
    /// A writer that begins with the first complaint.
    pub(crate) fn new(
        sockets: Vec<PathBuf>,
        ledger: watch::Sender<Vec<Written>>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self { sockets, ledger, stop, next: 1 }
    }

    /// Writes, connecting again whenever the node was gone.
    pub(crate) async fn run(mut self) {
        while !*self.stop.borrow() {
            if let Some(client) = self.connect().await {
                self.write_on(&client).await;
            }
        }
    }

    /// A connection, as soon as the branch answers; none if it is time to stop.
    async fn connect(&self) -> Option<IntakeClient> {
        within("the branch answers", async {
            while !*self.stop.borrow() {
                for socket in &self.sockets {
                    if let Ok(client) = IntakeClient::connect(socket).await {
                        return Some(client);
                    }
                }
                look_again().await;
            }
            None
        })
        .await
    }

    /// Writes until the connection is lost. What was under way then is never written again: whether
    /// it was appended is not known, and the ledger holds only what is.
    async fn write_on(&mut self, client: &IntakeClient) {
        while !*self.stop.borrow() {
            // Mostly new records; the last of each batch is the next revision of an earlier one.
            let serials: Vec<_> = (self.next..self.next + BATCH).collect();
            self.next += BATCH;
            let mut drafts: Vec<_> = serials.iter().map(|serial| draft(*serial, None)).collect();
            let revised = self.ledger.borrow().last().cloned();
            drafts.extend(revised.iter().map(|one| draft(one.serial, Some(one))));
            let answer = match client.submit(drafts).await {
                Ok(answer) => answer,
                Err(IntakeError::Refused(refusal)) => panic!("refused: {refusal}"),
                Err(_) => {
                    // The record revised may have moved on: the next batch begins a new one.
                    self.ledger.send_modify(|ledger| ledger.rotate_right(1));
                    return;
                }
            };
            assert_eq!(answer.refused, [], "every draft is good");
            let serials = serials.into_iter().chain(revised.map(|one| one.serial));
            let written = serials.zip(answer.appended).map(|(serial, one)| Written {
                serial,
                revision: one.revision,
                digest: one.digest.to_vec(),
            });
            self.ledger.send_modify(|ledger| ledger.extend(written));
        }
    }
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

/// Home and copy agree, and every acknowledged write stands in the copy exactly once. `said`: what
/// the parties have logged.
pub(crate) async fn assert_once(node: &Store, hub: &Store, ledger: &[Written], said: &str) {
    let (home, copy) = (own_journal(node).await, own_journal(hub).await);
    assert_eq!(home.head.journal, copy.head.journal);
    assert_eq!((home.head.size, home.head.root), (copy.head.size, copy.head.root));
    let counted = digests(hub, &copy).await;
    assert_eq!(counted.values().sum::<u64>(), copy.head.size);
    assert!(ledger.len() as u64 <= copy.head.size && !ledger.is_empty());
    for one in ledger {
        let times = counted.get(&one.digest);
        assert_eq!(times, Some(&1), "{one:?} was acknowledged\n{said}");
    }
    for one in ledger.iter().step_by(97) {
        let revisions = hub
            .record_revisions(COMPLAINT, &complaint_no(one.serial), u64::from(u32::MAX))
            .await
            .unwrap();
        let found = revisions.iter().find(|found| found.revision == one.revision).unwrap();
        assert_eq!(found.place.digest.as_bytes()[..], one.digest[..]);
    }
}
