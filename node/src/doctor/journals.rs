//! Every byte held against every row, as `verify` does it; a difference has the name of the
//! invariant that it breaks.

use sanheyi_exchange_spec::health::{Alert, Finding};
use sanheyi_exchange_spec::keyring::Keyring;

use super::table;
use crate::branch::attachment::verify_files;
use crate::branch::{Difference, JournalReport, verify};
use crate::store::{Store, StoreError};

/// What of a platform's journals and files contradicts itself.
///
/// # Errors
/// Of the database.
pub async fn journals(store: &Store, keys: &Keyring) -> Result<Vec<Finding>, StoreError> {
    let mut found = differences(verify(store, keys).await?);
    found.extend(stored_files(store).await?);
    Ok(found)
}

/// Which files of a platform are not what their rows say.
///
/// # Errors
/// Of the database.
pub async fn stored_files(store: &Store) -> Result<Vec<Finding>, StoreError> {
    let files = verify_files(store).await?.differences.into_iter();
    let found = files.map(|(digest, difference)| {
        let said = difference.to_string();
        let zh = format!("附件有差异：{said}");
        Finding::new(&table::FILES_DIFFER, digest.to_string(), zh, said)
    });
    Ok(found.collect())
}

/// The findings of what `verify` reports.
pub fn differences(reports: Vec<JournalReport>) -> Vec<Finding> {
    let named = |report: JournalReport| {
        let difference = report.difference?;
        Some(differs(&report.journal.to_string(), &difference))
    };
    reports.into_iter().filter_map(named).collect()
}

/// The finding of a difference.
pub fn differs(subject: &str, difference: &Difference) -> Finding {
    let said = difference.to_string();
    Finding::new(broken(difference), subject, format!("存储有差异：{said}"), said)
}

/// Which invariant a difference breaks.
fn broken(difference: &Difference) -> &'static Alert {
    match (difference.table, difference.column) {
        ("segment", "first" | "entries") | ("journal", "size") => &table::CONTIGUOUS,
        ("receipt", "first" | "past") => &table::RECEIPTS_TILE,
        ("receipt" | "exception", _) => &table::EVERY_ENTRY_ANSWERED,
        ("record" | "incoming", _) => &table::INDEX_COMPLETE,
        ("checkpoint", _) => &table::CHECKPOINT_BINDS,
        ("released" | "returned", _) => &table::QUARANTINE_SETTLES,
        ("enclosure", _) => &table::SHOWN_DIFFERS,
        _ => &table::BYTE_EXACT,
    }
}
