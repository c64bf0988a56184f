//! A writer with its own ledger: what the node has acknowledged, kept apart from both stores.

use std::path::PathBuf;

use prost::Message as _;
use sanheyi_node::gateway::client::{IntakeClient, IntakeError};
use sanheyi_proto::exchange::v1 as wire;
use sanheyi_proto::standard::v1::Case;
use sanheyi_tests::fixtures::{CASE, MORNING, case, case_no};
use sanheyi_tests::patience::{look_again, within};
use tokio::sync::watch;

/// An acknowledged write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) serial: u64,
    pub(crate) revision: u64,
    pub(crate) digest: Vec<u8>,
}

/// Writes to a node's intake until it is told to stop.
pub(crate) struct Writer {
    socket: PathBuf,
    ledger: watch::Sender<Vec<Written>>,
    stop: watch::Receiver<bool>,
    next: u64,
}

/// Records in a submission.
const BATCH: u64 = 25;

fn draft(serial: u64, follows: Option<&Written>) -> wire::Draft {
    let change_number = follows.map_or(1, |one| u32::try_from(one.revision).unwrap() + 1);
    wire::Draft {
        dataset: CASE.into(),
        record: case_no(serial),
        operation: wire::Operation::Put.into(),
        occurred: MORNING.as_micros(),
        body: Case { change_number, ..case(serial) }.encode_to_vec().into(),
        follows_revision: follows.map_or(0, |one| one.revision),
        follows_digest: follows.map_or_else(Vec::new, |one| one.digest.clone()).into(),
        reads: Vec::new(),
    }
}

impl Writer {
    /// A writer that begins with the first case.
    pub(crate) fn new(
        socket: PathBuf,
        ledger: watch::Sender<Vec<Written>>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        Self { socket, ledger, stop, next: 1 }
    }

    /// Writes, connecting again whenever the node was gone.
    pub(crate) async fn run(mut self) {
        while !*self.stop.borrow() {
            if let Some(client) = self.connect().await {
                self.write_on(&client).await;
            }
        }
    }

    /// A connection, as soon as the node answers; none if it is time to stop.
    async fn connect(&self) -> Option<IntakeClient> {
        within("the node answers", async {
            while !*self.stop.borrow() {
                if let Ok(client) = IntakeClient::connect(&self.socket).await {
                    return Some(client);
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
