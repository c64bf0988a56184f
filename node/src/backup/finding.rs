//! What is wrong about backups: none for too long, the last one failed, or the private key lies on
//! the machine that it is to save.

use std::path::{Path, PathBuf};

use sanheyi_exchange_spec::health::{Finding, Severity, alerts};
use sanheyi_exchange_spec::time::Timestamp;

use super::seal::IDENTITY_FILE;
use crate::config::backup::BackupConfig;
use crate::health::check::{Check, Found};
use crate::store::{BackupRow, Store, StoreError};

/// Microseconds of an hour.
const HOUR: i64 = 3_600_000_000;
/// Without a good backup for so long, in microseconds, one is missing: a day, and two hours in
/// which it may be late.
pub const OLD_AFTER: i64 = 26 * HOUR;
/// Without one for so long, in microseconds, it is grave: a weekend was let pass.
pub const CRITICAL_AFTER: i64 = 72 * HOUR;
/// Rows looked at.
const LOOK: u64 = 1;

/// What is known about backups.
#[derive(Clone, Debug, Default)]
pub struct BackupFacts {
    /// The platform.
    pub subject: String,
    /// Whether anybody is named who could open one.
    pub recipients: bool,
    /// Whether they are made by themselves.
    pub scheduled: bool,
    /// Since when somebody could have made one: the start of the process.
    pub started: Timestamp,
    /// The last good one.
    pub good: Option<BackupRow>,
    /// The last that was tried.
    pub last: Option<BackupRow>,
    /// Where the private key lies, if it is on this machine.
    pub identity_here: Option<String>,
}

/// Gathers what is known: out of the store, and by a look beside the configuration.
///
/// # Errors
/// Of the database.
pub async fn facts(
    store: &Store,
    settings: &BackupConfig,
    config: &Path,
    started: Timestamp,
) -> Result<BackupFacts, StoreError> {
    let identity = config.with_file_name(IDENTITY_FILE);
    Ok(BackupFacts {
        subject: store.platform().to_string(),
        recipients: !settings.recipients.is_empty(),
        scheduled: settings.at.is_some(),
        started,
        good: store.backup_good().await?,
        last: store.backup_list(LOOK).await?.into_iter().next(),
        identity_here: identity.exists().then(|| identity.display().to_string()),
    })
}

/// The watchdog's look at backups.
pub struct BackupCheck {
    settings: BackupConfig,
    config: PathBuf,
    started: Timestamp,
}

impl BackupCheck {
    /// From now on: what the configuration at `config` says of backups.
    pub fn new(settings: BackupConfig, config: PathBuf, started: Timestamp) -> Self {
        Self { settings, config, started }
    }
}

impl Check for BackupCheck {
    fn findings<'a>(&'a self, store: &'a Store, now: Timestamp) -> Found<'a> {
        Box::pin(async move {
            let facts = facts(store, &self.settings, &self.config, self.started).await?;
            Ok(findings(&facts, now))
        })
    }
}

/// What is wrong at `now`.
pub fn findings(facts: &BackupFacts, now: Timestamp) -> Vec<Finding> {
    [old(facts, now), failed(facts), identity(facts)].into_iter().flatten().collect()
}

fn old(facts: &BackupFacts, now: Timestamp) -> Option<Finding> {
    let since = facts.good.as_ref().map_or(facts.started, |good| good.at);
    let age = now.micros_since(since);
    // Who makes them by hand is told when it is grave.
    let bound = if facts.scheduled { OLD_AFTER } else { CRITICAL_AFTER };
    if age < bound {
        return None;
    }
    let hours = age / HOUR;
    let (zh, en) = match facts.good {
        Some(_) => (
            format!("最近一次成功备份在 {hours} 小时前"),
            format!("the last good backup is {hours} hours old"),
        ),
        None => (
            format!("启动 {hours} 小时以来没有成功的备份"),
            format!("there is no good backup, {hours} hours after the start"),
        ),
    };
    let mut finding = Finding::new(&alerts::BACKUP_OLD, &facts.subject, zh, en).since(since);
    if age >= CRITICAL_AFTER {
        finding = finding.as_grave_as(Severity::Critical);
    }
    if !facts.recipients {
        finding = finding.remedied(
            "配置 [backup] 中没有 recipients，不会备份：请填写 age 公钥后执行 backup",
            "the configuration names no [backup] recipients, so none is made: name one and run `backup`",
        );
    }
    Some(finding)
}

fn failed(facts: &BackupFacts) -> Option<Finding> {
    let last = facts.last.as_ref().filter(|last| !last.is_good())?;
    let (zh, en) = (format!("备份失败：{}", last.outcome), format!("failed: {}", last.outcome));
    Some(Finding::new(&alerts::BACKUP_FAILED, &facts.subject, zh, en).since(last.at))
}

fn identity(facts: &BackupFacts) -> Option<Finding> {
    let path = facts.identity_here.as_ref()?;
    facts.good.as_ref()?;
    Some(Finding::new(
        &alerts::BACKUP_IDENTITY_HERE,
        &facts.subject,
        format!("备份私钥 {path} 仍在本机"),
        format!("the private key of backups, {path}, still lies on this machine"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(at: i64, outcome: &str) -> BackupRow {
        BackupRow {
            at: Timestamp::from_micros(at),
            file: "x".into(),
            bytes: 1,
            entries: 1,
            seconds: 1,
            outcome: outcome.into(),
            verified: Timestamp::default(),
        }
    }

    fn names(facts: &BackupFacts, now: i64) -> Vec<(&'static str, Severity)> {
        let found = findings(facts, Timestamp::from_micros(now));
        found.iter().map(|one| (one.name, one.severity)).collect()
    }

    #[test]
    fn one_that_is_missing_is_noticed_after_a_day_and_grave_after_three() {
        let scheduled = BackupFacts { scheduled: true, recipients: true, ..Default::default() };
        for facts in [
            scheduled.clone(),
            BackupFacts { good: Some(row(0, "")), last: Some(row(0, "")), ..scheduled.clone() },
        ] {
            assert_eq!(names(&facts, OLD_AFTER - 1), []);
            assert_eq!(names(&facts, OLD_AFTER), [("backup.old", Severity::Warning)]);
            assert_eq!(names(&facts, CRITICAL_AFTER), [("backup.old", Severity::Critical)]);
        }
        let by_hand = BackupFacts { scheduled: false, ..scheduled.clone() };
        assert_eq!(names(&by_hand, CRITICAL_AFTER - 1), []);
        assert_eq!(names(&by_hand, CRITICAL_AFTER), [("backup.old", Severity::Critical)]);
        let nobody = BackupFacts { recipients: false, ..scheduled };
        let found = findings(&nobody, Timestamp::from_micros(OLD_AFTER));
        assert!(found[0].remedy_en.contains("recipients"), "{found:?}");
    }

    #[test]
    fn one_that_failed_is_named_until_the_next_good_one() {
        let facts = BackupFacts {
            good: Some(row(0, "")),
            last: Some(row(1, "磁盘已满 · disk full")),
            ..Default::default()
        };
        let found = findings(&facts, Timestamp::from_micros(2));
        assert_eq!(found[0].name, "backup.failed");
        assert!(found[0].what_en.contains("disk full"), "{found:?}");
        assert_eq!(names(&BackupFacts { last: Some(row(2, "")), ..facts }, 2), []);
    }

    #[test]
    fn a_private_key_on_the_machine_is_a_notice_once_there_is_a_backup() {
        let fresh =
            BackupFacts { identity_here: Some("backup.identity".into()), ..Default::default() };
        assert_eq!(names(&fresh, 0), []);
        let made = BackupFacts { good: Some(row(0, "")), ..fresh };
        assert_eq!(names(&made, 0), [("backup.identity_here", Severity::Notice)]);
    }
}
