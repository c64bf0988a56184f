//! How far the hub has acknowledged, written down while no receipt comes: what the hub has stored
//! is safe, whether its gate moves or not.

use std::time::Duration;

use super::{Outcome, Session};
use crate::process::clock::{Deadline, pause};
use crate::store::StoreError;
use crate::uplink::greeting::failed;
use crate::uplink::port::HubPort;

/// So long is waited for a mailbox, with which it would be written anyway. A busy line so has one
/// small transaction a second at most, and none for each push.
const NOTE_WITHIN: Duration = Duration::from_secs(1);

/// Waits until it is due, if it ever is.
pub(super) async fn due(note: Option<Deadline>) {
    match note {
        Some(note) => pause(note.left()).await,
        None => std::future::pending().await,
    }
}

impl<P: HubPort + 'static> Session<P> {
    /// Something was acknowledged.
    pub(super) fn note_soon(&mut self) {
        self.note.get_or_insert_with(|| Deadline::after(NOTE_WITHIN));
    }

    pub(super) async fn write_down(&mut self) -> Outcome {
        self.note = None;
        let acknowledged = self.acknowledged();
        let Some(copies) = self.copies.as_mut() else { return Outcome::Going };
        match copies.note(&acknowledged).await {
            Ok(()) => Outcome::Going,
            // A full disk must not take the link down: the next receipt or Greet notes it.
            Err(StoreError::Full { operation }) => {
                tracing::error!(operation, "the disk is full");
                Outcome::Going
            }
            Err(error) => self.failed(None, failed(error)).await,
        }
    }
}
