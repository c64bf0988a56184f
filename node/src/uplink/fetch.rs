//! Fetching the hub's copy of an own journal, window by window, into the store; then it becomes the
//! prefix (rule 12).

use std::time::Duration;

use sanheyi_exchange_spec::ids::Generation;
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::segment::peek_entries;
use sanheyi_exchange_spec::time::Timestamp;

use super::greeting::failed;
use super::port::{CallError, HubPort, JournalGrant, PullCall, Tail};
use crate::branch::{Adoption, Branch};
use crate::store::{SegmentRow, Staged, StoreError};

/// Makes the hub's copy the prefix; answers the journal's size after it.
pub(super) async fn fetch_and_adopt<P: HubPort>(
    branch: &Branch,
    port: &P,
    generation: Generation,
    grant: &JournalGrant,
) -> Result<u64, CallError> {
    let store = branch.store();
    let absent = || CallError::Lost(format!("{} is not here", grant.journal));
    let row = store.journal_get(&grant.journal).await.map_err(failed)?.ok_or_else(absent)?;
    let acknowledged = store.greeting_get(row.number).await.map_err(failed)?.acknowledged;
    let shared = if grant.extends_claim {
        row.head.size.min(grant.size)
    } else {
        acknowledged.min(row.head.size).min(grant.size)
    };
    // What the hub once acknowledged is shared, unless either side was restored: then all of it is
    // fetched.
    match from(branch, port, generation, grant, shared).await {
        Err(CallError::Lost(why)) if shared > 0 => {
            tracing::warn!(journal = %grant.journal, why, "fetching the whole journal");
            from(branch, port, generation, grant, 0).await
        }
        outcome => outcome,
    }
}

async fn from<P: HubPort>(
    branch: &Branch,
    port: &P,
    generation: Generation,
    grant: &JournalGrant,
    shared: u64,
) -> Result<u64, CallError> {
    let store = branch.store();
    let row = store.journal_get(&grant.journal).await.map_err(failed)?;
    let number = row
        .map(|row| row.number)
        .ok_or_else(|| CallError::Lost(format!("{} is not here", grant.journal)))?;
    let mut tx = store.begin("staged_clear").await.map_err(failed)?;
    tx.staged_clear(store, number).await.map_err(failed)?;
    tx.commit().await.map_err(failed)?;
    let mut next = shared;
    while next < grant.size {
        let tail = pull_one(port, generation, grant, next).await?;
        let rows = rows_of(&tail, next)?;
        next = rows.last().map_or(next, SegmentRow::past);
        let mut tx = store.begin("staged_put").await.map_err(failed)?;
        tx.staged_put(store, number, Staged::Hub, &rows).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
    }
    let adoption =
        Adoption { journal: grant.journal.clone(), shared, size: grant.size, root: grant.root };
    branch.adopt(adoption).await.map_err(|error: StoreError| failed(error))
}

async fn pull_one<P: HubPort>(
    port: &P,
    generation: Generation,
    grant: &JournalGrant,
    next: u64,
) -> Result<Tail, CallError> {
    let journal = &grant.journal;
    let call = PullCall {
        generation,
        epochs: vec![(journal.clone(), grant.epoch)],
        cursors: vec![(journal.clone(), next)],
        wait: Duration::ZERO,
        max_bytes: limits::WINDOW_BYTES,
    };
    let answer = port.pull(call).await?;
    answer
        .tails
        .into_iter()
        .find(|tail| tail.journal == *journal && tail.first == next && !tail.segments.is_empty())
        .ok_or_else(|| CallError::Lost(format!("the hub gave nothing of {journal} from {next}")))
}

fn rows_of(tail: &Tail, first: u64) -> Result<Vec<SegmentRow>, CallError> {
    let mut next = first;
    tail.segments
        .iter()
        .map(|bytes| {
            let entries =
                peek_entries(bytes).map_err(|error| CallError::Lost(error.to_string()))?;
            let row = SegmentRow {
                first: next,
                entries: u64::from(entries),
                stored: Timestamp::default(),
                bytes: bytes.clone(),
            };
            next += u64::from(entries);
            Ok(row)
        })
        .collect()
}
