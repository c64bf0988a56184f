//! Fetching the hub's copy of an own journal, window by window, into the store; then it becomes the
//! prefix (rule 12).

use std::time::Duration;

use sanheyi_exchange_spec::ids::Generation;
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::segment::{SegmentError, peek_entries};
use sanheyi_exchange_spec::time::Timestamp;

use super::greeting::failed;
use super::port::{CallError, HubPort, JournalGrant, PullCall, Tail};
use crate::branch::{Adoption, Branch};
use crate::store::{JournalNumber, SegmentRow, Staged, Store, StoreError};

/// Staged segments looked at in one go: with a window each, a few megabytes.
const READ: u64 = 16;

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
    let outcome = match from(branch, port, generation, grant, shared, true).await {
        Err(Trouble::Unfit(why)) => {
            tracing::warn!(journal = %grant.journal, why, "fetching the whole journal");
            from(branch, port, generation, grant, 0, false).await
        }
        outcome => outcome,
    };
    outcome.map_err(|trouble| match trouble {
        Trouble::Call(error) => error,
        Trouble::Unfit(why) => CallError::Lost(why),
    })
}

/// Why the hub's copy did not become the prefix.
enum Trouble {
    /// A call, or the store, failed: what is staged is gone on with on the next connection.
    Call(CallError),
    /// What is staged, or what was taken for shared, does not go together with the hub's copy.
    Unfit(String),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Contradiction { .. } => Trouble::Unfit(error.to_string()),
            other => Trouble::Call(failed(other)),
        }
    }
}

async fn from<P: HubPort>(
    branch: &Branch,
    port: &P,
    generation: Generation,
    grant: &JournalGrant,
    shared: u64,
    go_on: bool,
) -> Result<u64, Trouble> {
    let store = branch.store();
    let row = store.journal_get(&grant.journal).await?;
    let number = row
        .map(|row| row.number)
        .ok_or_else(|| Trouble::Unfit(format!("{} is not here", grant.journal)))?;
    let kept = if go_on { staged_past(store, number, shared, grant.size).await? } else { None };
    let mut next = match kept {
        Some(past) => past,
        None => {
            let mut tx = store.begin("staged_clear").await?;
            tx.staged_clear(store, number).await?;
            tx.commit().await?;
            shared
        }
    };
    while next < grant.size {
        let tail = pull_one(port, generation, grant, next).await?;
        let rows = rows_of(&tail, next).map_err(|error| Trouble::Unfit(error.to_string()))?;
        next = rows.last().map_or(next, SegmentRow::past);
        let mut tx = store.begin("staged_put").await?;
        tx.staged_put(store, number, Staged::Hub, &rows).await?;
        tx.commit().await?;
    }
    let adoption =
        Adoption { journal: grant.journal.clone(), shared, size: grant.size, root: grant.root };
    Ok(branch.adopt(adoption).await?)
}

/// Where the windows end that an earlier connection has staged from `shared` on; `None` if there
/// are none, or not from there. Without them an adoption that takes longer than a connection lives
/// would never end. Whether they are the hub's is seen by the root, as with those fetched now.
async fn staged_past(
    store: &Store,
    number: JournalNumber,
    shared: u64,
    size: u64,
) -> Result<Option<u64>, StoreError> {
    let mut tx = store.begin("staged_past").await?;
    let mut past = shared;
    loop {
        let rows = tx.staged_from(store, number, Staged::Hub, past, READ).await?;
        let before = past;
        for row in &rows {
            if row.first != past {
                break;
            }
            past = row.past();
        }
        if past == before {
            break;
        }
    }
    tx.commit().await?;
    Ok((shared < past && past <= size).then_some(past))
}

async fn pull_one<P: HubPort>(
    port: &P,
    generation: Generation,
    grant: &JournalGrant,
    next: u64,
) -> Result<Tail, Trouble> {
    let journal = &grant.journal;
    let call = PullCall {
        generation,
        epochs: vec![(journal.clone(), grant.epoch)],
        cursors: vec![(journal.clone(), next)],
        wait: Duration::ZERO,
        max_bytes: limits::WINDOW_BYTES,
    };
    let answer = port.pull(call).await.map_err(Trouble::Call)?;
    answer
        .tails
        .into_iter()
        .find(|tail| tail.journal == *journal && tail.first == next && !tail.segments.is_empty())
        .ok_or_else(|| Trouble::Unfit(format!("the hub gave nothing of {journal} from {next}")))
}

pub(super) fn rows_of(tail: &Tail, first: u64) -> Result<Vec<SegmentRow>, SegmentError> {
    let mut next = first;
    tail.segments
        .iter()
        .map(|bytes| {
            let entries = peek_entries(bytes)?;
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
