//! A link that a test steps by hand.

use sanheyi_node::store::{JournalRow, Store};
use sanheyi_node::uplink::grpc::GrpcPort;
use sanheyi_node::uplink::sync::{LinkParts, Outcome, Session};
use sanheyi_node::uplink::transport::Line;

use crate::patience::within;

/// One connection's life, step by step.
pub struct Link {
    /// The session.
    pub session: Session<GrpcPort>,
    _line: Line,
}

impl Link {
    pub(super) fn new(parts: LinkParts, line: Line) -> Self {
        Self { session: Session::new(parts, GrpcPort::new(&line)), _line: line }
    }

    /// Waits for one thing to happen and does what follows.
    pub async fn step(&mut self) -> Outcome {
        within("something happens on the link", self.session.step()).await
    }

    /// Steps until `holds`, or until the link ends: then with how it ended.
    ///
    /// # Errors
    /// The outcome that ended the link.
    pub async fn until(
        &mut self,
        what: &str,
        mut holds: impl AsyncFnMut(&Session<GrpcPort>) -> bool,
    ) -> Result<(), Outcome> {
        within(what, async {
            while !holds(&self.session).await {
                match self.session.step().await {
                    Outcome::Going => {}
                    ended => return Err(ended),
                }
            }
            Ok(())
        })
        .await
    }

    /// Steps until the link ends.
    pub async fn end(&mut self) -> Outcome {
        let ended = self.until("the link ends", async |_| false).await;
        ended.expect_err("nothing but the link's end ends this")
    }

    /// Steps until everything is acknowledged and answered; `false` if the link is to be made anew.
    ///
    /// # Panics
    /// If the node is held.
    pub async fn settle(&mut self, store: &Store) -> bool {
        let what = "everything is acknowledged and answered";
        let done = async |session: &Session<GrpcPort>| {
            session.machine().is_caught_up() && settled(store).await
        };
        match self.until(what, done).await {
            Ok(()) => true,
            Err(Outcome::Held(code, why)) => panic!("the node is held: {code}: {why}"),
            Err(_) => false,
        }
    }
}

/// Whether receipts cover every entry of the platform's own journals.
///
/// # Panics
/// If the store cannot be read.
pub async fn settled(store: &Store) -> bool {
    let rows = store.journal_list().await.expect("the journals");
    let own = |row: &&JournalRow| row.home && row.head.journal.author == *store.platform();
    for row in rows.iter().filter(own) {
        let (_, judged) = store.receipt_counts(row.number).await.expect("the receipts");
        if judged < row.head.size {
            return false;
        }
    }
    true
}
