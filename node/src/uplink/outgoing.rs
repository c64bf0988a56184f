//! What a push carries: the next window of an own journal, and the checkpoint at its end.

use sanheyi_exchange_spec::checkpoint::Checkpoint;
use sanheyi_exchange_spec::ids::JournalId;
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::link::Position;
use sanheyi_exchange_spec::suite::Digest;

use super::greeting::failed;
use super::parts::LinkParts;
use super::port::{CallError, PushCall};
use crate::branch::{Window, window};
use crate::store::Store;

/// Reads the next window of a journal and signs the size at its end: a durable prefix that is shown
/// for the first time.
pub(super) async fn prepare_push(
    parts: &LinkParts,
    journal: &JournalId,
    position: Position,
    opened: u64,
    first: u64,
) -> Result<PushCall, CallError> {
    let (entries, root) = match parts.branch.recent().window(journal, first, limits::WINDOW_BYTES) {
        Some(recent) => recent,
        None => stored(parts.branch.store(), journal, first).await?,
    };
    let checkpoint = Checkpoint {
        journal: journal.clone(),
        size: entries.past,
        root,
        epoch: position.epoch,
        opened,
        time: parts.clock.now(),
        keeper: parts.keeper.clone(),
    };
    Ok(PushCall {
        journal: journal.clone(),
        position,
        first,
        segments: entries.segments,
        checkpoint: checkpoint.sign(&parts.key),
    })
}

/// A window as the store has it, and the root at its end.
async fn stored(
    store: &Store,
    journal: &JournalId,
    first: u64,
) -> Result<(Window, Digest), CallError> {
    let lost = || CallError::Lost(format!("{journal} is not here"));
    let row = store.journal_get(journal).await.map_err(failed)?.ok_or_else(lost)?;
    let entries = window(store, row.number, first, row.head.size, limits::WINDOW_BYTES)
        .await
        .map_err(failed)?;
    let root = store.root_at(row.number, entries.past).await.map_err(failed)?;
    Ok((entries, root))
}
