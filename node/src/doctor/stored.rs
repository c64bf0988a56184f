//! What the store says: whether it opens, what processes noted in it, backups, the quarantine.

use std::time::Duration;

use sanheyi_exchange_spec::health::{Finding, alerts};
use sanheyi_exchange_spec::time::Timestamp;

use super::{Examined, table};
use crate::backup;
use crate::config::backup::BackupConfig;
use crate::health::noted::noted;
use crate::process::clock::pause;
use crate::store::{Address, Database, STEPS, Step, Store, StoreError};

/// Why a store cannot be read.
pub fn unreadable(subject: &str, error: &StoreError) -> Finding {
    let fault = match error {
        StoreError::Absent(_) => &table::STORE_ABSENT,
        _ => &table::STORE_UNREADABLE,
    };
    Finding::new(fault, subject, format!("{}：{error}", fault.zh), error.to_string())
}

/// So long is waited for a database to open, and in a quick look for all that is read of it: who
/// probes a container waits for no longer than that.
pub const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// Opens a database that answers, and that this program knows: `further` are the steps of a hub's
/// tables.
///
/// # Errors
/// With what is wrong about it.
pub async fn opened(
    address: impl Into<Address>,
    further: &[Step],
    subject: &str,
) -> Result<Database, Finding> {
    let open = async {
        let database = Database::open_read_only(address).await?;
        let stand = database.applied().await?;
        Ok((database, stand))
    };
    let (database, stand) = in_time(subject, open).await?;
    let known = |version: &i64| STEPS.iter().chain(further).any(|step| step.version == *version);
    let Some(version) = stand.iter().find(|version| !known(version)) else { return Ok(database) };
    database.close().await;
    let zh = format!("数据库结构的第 {version} 步本程序不认识");
    let en = format!("this program does not know step {version} of the database");
    Err(Finding::new(&table::STORE_NEWER, subject, zh, en))
}

/// What a look finds, if it is a quick one in time.
///
/// # Errors
/// With what is wrong about the database.
pub async fn looked<T>(
    quick: bool,
    subject: &str,
    look: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, Finding> {
    match quick {
        true => in_time(subject, look).await,
        false => look.await.map_err(|error| unreadable(subject, &error)),
    }
}

async fn in_time<T>(
    subject: &str,
    ask: impl Future<Output = Result<T, StoreError>>,
) -> Result<T, Finding> {
    tokio::select! {
        said = ask => said.map_err(|error| unreadable(subject, &error)),
        () = pause(ANSWERS_WITHIN) => {
            let seconds = ANSWERS_WITHIN.as_secs();
            let zh = format!("数据库 {seconds} 秒没有应答");
            let en = format!("the database has not answered for {seconds} s");
            Err(Finding::new(&table::STORE_SILENT, subject, zh, en))
        }
    }
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
