//! What is wrong, as the process that runs has noted it, and how backups stand: the same parts in
//! the status of a node and of a hub.

use sanheyi_exchange_spec::health::Severity;
use sanheyi_exchange_spec::time::Timestamp;
use serde::Serialize;

use super::super::local::rfc3339;
use super::super::table::grouped;
use super::spaced;
use crate::health::noted::noted;
use crate::health::report::FindingReport;
use crate::store::{BackupRow, Store, StoreError};

/// What is wrong, and backups.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// What is wrong, the gravest first.
    pub findings: Vec<FindingReport>,
    /// Backups.
    pub backup: BackupStatus,
}

/// How backups stand.
#[derive(Clone, Debug, Serialize)]
pub struct BackupStatus {
    /// The last good one; null before the first.
    pub good: Option<GoodBackup>,
    /// The last that failed, good ones may have followed; null where none has.
    pub failed: Option<FailedBackup>,
}

/// A good backup.
#[derive(Clone, Debug, Serialize)]
pub struct GoodBackup {
    /// When it began.
    pub at: Option<String>,
    /// Its file.
    pub file: String,
    /// Bytes of the file.
    pub bytes: u64,
}

/// A backup that failed.
#[derive(Clone, Debug, Serialize)]
pub struct FailedBackup {
    /// When it began.
    pub at: Option<String>,
    /// Its file, had it been good.
    pub file: String,
    /// Why it failed.
    pub why: String,
}

/// Reads it from the rows of a platform.
///
/// # Errors
/// Of the database.
pub async fn told(store: &Store, now: Timestamp) -> Result<Told, StoreError> {
    let noted = noted(store, now).await?;
    let good = store.backup_good().await?.map(|BackupRow { at, file, bytes, .. }| GoodBackup {
        at: rfc3339(at),
        file,
        bytes,
    });
    let failed = store.backup_failed().await?.map(|BackupRow { at, file, outcome, .. }| {
        FailedBackup { at: rfc3339(at), file, why: outcome }
    });
    let findings = noted.findings.iter().map(FindingReport::from).collect();
    Ok(Told { findings, backup: BackupStatus { good, failed } })
}

/// Lines of text: names and times; the sentences are in `doctor`.
pub fn text(told: &Told) -> String {
    let mut text = String::new();
    for one in &told.findings {
        let severity = Severity::parse(one.severity).map_or("", Severity::zh);
        let since = one.since.as_deref().map(|since| format!(" 自 since {}", spaced(since)));
        text.push_str(&format!(
            "告警 alert: [{severity} {}] {} {}{}\n",
            one.severity,
            one.name,
            one.subject,
            since.unwrap_or_default(),
        ));
    }
    if !told.findings.is_empty() {
        text.push_str("为何与怎么办，请用 doctor · see `doctor` for why, and what to do\n");
    }
    let at = |at: &Option<String>| at.as_deref().map(spaced).unwrap_or_default();
    text.push_str(&match &told.backup.good {
        Some(good) => {
            let (at, bytes) = (at(&good.at), grouped(good.bytes));
            format!("备份 backup: {at}，{bytes} 字节 bytes，{}\n", good.file)
        }
        None => "备份 backup: 尚无成功的 none that is good yet\n".to_owned(),
    });
    if let Some(failed) = &told.backup.failed {
        let at = at(&failed.at);
        text.push_str(&format!("最近失败的备份 last failed backup: {at}，{}\n", failed.why));
    }
    text
}
