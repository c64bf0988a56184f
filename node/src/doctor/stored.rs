//! What the store says: whether it opens, what processes noted in it, backups, the quarantine.

use sanheyi_exchange_spec::health::{Finding, alerts};
use sanheyi_exchange_spec::time::Timestamp;

use super::{Examined, table};
use crate::backup;
use crate::config::backup::BackupConfig;
use crate::health::noted::noted;
use crate::store::{Database, Store, StoreError};

/// Why a store cannot be read.
pub fn unreadable(subject: &str, error: &StoreError) -> Finding {
    let fault = match error {
        StoreError::Absent(_) => &table::STORE_ABSENT,
        _ => &table::STORE_UNREADABLE,
    };
    Finding::new(fault, subject, format!("{}：{error}", fault.zh), error.to_string())
}

/// What processes have noted; answers whether one lives.
///
/// # Errors
/// Of the database.
pub async fn processes(
    out: &mut Examined,
    store: &Store,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let noted = noted(store, now).await?;
    let lives = !noted.living.is_empty();
    out.add("processes", noted.findings);
    Ok(lives)
}

/// What is wrong about backups.
///
/// # Errors
/// Of the database.
pub async fn backups(
    out: &mut Examined,
    store: &Store,
    settings: &BackupConfig,
    config: &std::path::Path,
    now: Timestamp,
) -> Result<(), StoreError> {
    let started = store.pulse_list().await?.iter().map(|row| row.started).min().unwrap_or(now);
    let facts = backup::facts(store, settings, config, started).await?;
    out.add("backup", backup::findings(&facts, now));
    Ok(())
}

/// Whether the quarantine adds up, and who waits in it.
///
/// # Errors
/// Of the database.
pub async fn quarantine(store: &Store) -> Result<Vec<Finding>, StoreError> {
    let (mut found, mut open) = (Vec::new(), 0);
    let subject = store.platform().as_str();
    for journal in store.judged_journals().await? {
        let counts = store.quarantine_count(journal.number).await?;
        open += counts.tally.open;
        found.extend(
            counts.settle().err().map(|broken| {
                Finding::new(&table::QUARANTINE_SETTLES, subject, broken.zh, broken.en)
            }),
        );
    }
    if open > 0 {
        let (zh, en) = (format!("{open} 条待处理"), format!("{open} entries wait"));
        found.push(Finding::new(&alerts::QUARANTINE_WAITING, subject, zh, en));
    }
    Ok(found)
}

/// What the database says about its own file; a server looks after its own.
///
/// # Errors
/// Of the database.
pub async fn damage(database: &Database, subject: &str) -> Result<Vec<Finding>, StoreError> {
    let said = database.damage().await?;
    let found = said.into_iter().map(|said| {
        Finding::new(&table::STORE_DAMAGED, subject, format!("数据库自检：{said}"), said)
    });
    Ok(found.collect())
}
