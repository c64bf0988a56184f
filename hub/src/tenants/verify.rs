//! What `verify` holds at a hub beyond the bytes of the journals: who keeps the keys, and, of
//! hosted journals, what was admitted and judged of them.

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::keyring::Keyring;
use sanheyi_node::branch::{Difference, JournalReport, VerifyTeller, verify_told as verify_bytes};
use sanheyi_node::store::{JournalRow, Store, StoreError};

use crate::store::{PlatformRow, gate_get, hosted_list};

/// Verifies the rows of one platform of a hub.
///
/// # Errors
/// If the store cannot be read.
pub async fn verify(
    store: &Store,
    platform: &PlatformRow,
    hub: &PlatformId,
    keys: &Keyring,
) -> Result<Vec<JournalReport>, StoreError> {
    verify_told(store, platform, hub, keys, &mut |_, _, _| {}).await
}

/// As [`verify`]; `told` hears how far it is.
///
/// # Errors
/// If the store cannot be read.
pub async fn verify_told(
    store: &Store,
    platform: &PlatformRow,
    hub: &PlatformId,
    keys: &Keyring,
    told: VerifyTeller<'_>,
) -> Result<Vec<JournalReport>, StoreError> {
    // What was admitted before the walk lies inside of what is walked.
    let admitted = hosted_list(store).await?;
    let mut reports = verify_bytes(store, keys, told).await?;
    for report in &mut reports {
        let own = report.journal.author == platform.platform;
        if own && report.difference.is_none() {
            let row = admitted.iter().find(|row| row.head.journal == report.journal);
            report.difference = difference(store, platform, hub, row, report).await?;
        }
    }
    Ok(reports)
}

fn differs(
    table: &'static str,
    column: &'static str,
    place: u64,
    problem: String,
) -> Option<Difference> {
    Some(Difference { table, column, place, problem })
}

async fn difference(
    store: &Store,
    platform: &PlatformRow,
    hub: &PlatformId,
    admitted: Option<&JournalRow>,
    report: &JournalReport,
) -> Result<Option<Difference>, StoreError> {
    let due = platform.hosted.then_some(hub);
    if report.checkpoints > 0 && report.keeper.as_ref() != due {
        let named = |who: Option<&PlatformId>| who.unwrap_or(&platform.platform).to_string();
        let (said, due) = (named(report.keeper.as_ref()), named(due));
        let problem = format!("says that {said} keeps the key, it is registered that {due} does");
        return Ok(differs("checkpoint", "note", report.entries, problem));
    }
    let Some(row) = admitted else { return Ok(None) };
    let (number, size) = (row.number, row.head.size);
    if size > report.entries {
        let problem = format!("{size} were admitted, the home has {}", report.entries);
        return Ok(differs("hosted", "size", size, problem));
    }
    // The tiles have just been held against the bytes.
    let root = store.root_at(number, size).await?;
    if root != row.head.root {
        let problem = format!("{} was admitted, the home has {root}", row.head.root);
        return Ok(differs("hosted", "root", size, problem));
    }
    let judged = gate_get(store, number).await?.unwrap_or(0);
    let answered = store.receipt_counts(number).await?.1;
    let now = hosted_list(store).await?.into_iter().find(|now| now.number == number);
    let size = now.map_or(size, |now| now.head.size);
    if judged.max(answered) > size {
        let problem = format!("{size} were admitted, {} were judged", judged.max(answered));
        return Ok(differs("gate", "judged", size, problem));
    }
    Ok(None)
}
