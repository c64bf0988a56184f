//! `restore`: a node out of a backup, into an empty folder.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::VerifyingKey;
use serde::Serialize;

use super::Answer;
use super::backup::Bar;
use super::table::grouped;
use crate::backup::{Expected, Grounds, Identities, Restored, settle};
use crate::cli::local::{rfc3339, shown};
use crate::process::clock::SystemClock;
use crate::process::entropy::OsEntropy;
use crate::process::{folder, user};

/// What `restore --help` ends with.
pub const HELP: &str = "\
例 · Example:
  sanheyi-node restore --from jintan-20261123T183000Z.sanheyi-backup \\
      --identity /media/key/backup.identity --folder /var/lib/sanheyi-node

只恢复到空目录；签名、摘要和每个日志的根逐一核验，有一处不符就什么也不留下。恢复的节点另有新的纪元，先由市级管理员放行：
Only into an empty folder. Signature, digests and every journal's root are checked; where one does not hold, nothing
remains. A restored node has an epoch of its own, and the hub's operator lets it go on first:
  sanheyi-hub platform readmit ID --epoch E
JSON: config, platform, backup, epoch, readmit, journals [journal, size, acknowledged], unsent
退出码 · Exit codes: 0 已恢复 · restored; 1 未恢复 · not restored, nothing remains.";

/// What `restore` is told.
#[derive(Clone, Debug, Args)]
pub struct RestoreArgs {
    /// 备份文件 · The backup
    #[arg(long, value_name = "FILE")]
    pub from: PathBuf,
    /// 备份私钥文件（权限 600）· The private key of backups, a file of mode 600
    #[arg(long, value_name = "KEY")]
    pub identity: PathBuf,
    /// 空目录，恢复到此 · A folder that is empty or does not exist
    #[arg(long, value_name = "NEW")]
    pub folder: PathBuf,
    /// 应为此平台的备份 · Whose backup it must be
    #[arg(long, value_name = "ID")]
    pub platform: Option<PlatformId>,
    /// 应由此公钥签名（市级平台 platform list 可查）· The verifying key that must have signed it
    #[arg(long, value_name = "KEY")]
    pub key: Option<VerifyingKey>,
    /// 输出 JSON · Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// What was restored; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
struct RestoreReport {
    /// Its configuration.
    config: PathBuf,
    /// The platform.
    platform: String,
    /// When the backup was made.
    backup: Option<String>,
    /// The epoch of this machine.
    epoch: String,
    /// What the hub's operator types.
    readmit: String,
    /// Its own journals, as they were backed up.
    journals: Vec<RestoredJournal>,
    /// Entries in the backup that the hub had not acknowledged when it was made.
    unsent: u64,
    #[serde(skip)]
    made: String,
}

#[derive(Clone, Debug, Serialize)]
struct RestoredJournal {
    journal: String,
    size: u64,
    acknowledged: u64,
}

/// Restores a node.
///
/// # Errors
/// See [`crate::backup::BackupError`]; nothing remains then.
pub async fn restore(args: &RestoreArgs) -> anyhow::Result<Answer> {
    let grounds = Grounds {
        file: args.from.clone(),
        identities: Identities::read(&args.identity)?,
        expected: Expected { platform: args.platform.clone(), key: args.key },
        folder: args.folder.clone(),
        by: account(&args.folder)?,
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
    };
    let mut bar = Bar::new();
    let restored = settle(&grounds, &mut |stage, done, of| bar.tell(stage, done, of)).await;
    bar.end();
    Answer::report(&report(restored?), args.json, text)
}

/// Who restores, for the audit: the account of the machine.
///
/// # Errors
/// If the folder cannot be made.
pub fn account(folder: &Path) -> anyhow::Result<String> {
    folder::private(folder)?;
    Ok(format!("cli:{}", user::uid(folder)?))
}

fn report(restored: Restored) -> RestoreReport {
    let Restored { config, manifest, epoch, own } = restored;
    let platform = manifest.platform.to_string();
    let journals = own.iter().map(|line| RestoredJournal {
        journal: line.journal.to_string(),
        size: line.size,
        acknowledged: line.acknowledged.unwrap_or(0),
    });
    RestoreReport {
        config,
        readmit: format!("sanheyi-hub platform readmit {platform} --epoch {epoch}"),
        platform,
        backup: rfc3339(manifest.time),
        epoch: epoch.to_string(),
        journals: journals.collect(),
        unsent: own
            .iter()
            .map(|line| line.size.saturating_sub(line.acknowledged.unwrap_or(0)))
            .sum(),
        made: shown(manifest.time),
    }
}

fn text(report: &RestoreReport) -> String {
    let RestoreReport { platform, made, config, readmit, unsent, .. } = report;
    let mut text = format!(
        "已恢复 {platform}（{made} 的备份）· restored {platform}, as it was at {made}\n  {}\n",
        config.display()
    );
    for RestoredJournal { journal, size, acknowledged } in &report.journals {
        let (size, acknowledged) = (grouped(*size), grouped(*acknowledged));
        // Writing to a string does not fail.
        let _ = writeln!(
            text,
            "  {journal}：备份中 {size} 条，其中市级当时已确认 {acknowledged} 条 · {size} entries, {acknowledged} acknowledged then"
        );
    }
    let unsent = grouped(*unsent);
    let _ = write!(
        text,
        "\n接着 · Next:\n\
         1 请市级管理员执行（本机有新的纪元，未放行前不会续传；原机器若仍在运行，放行后即被扣留）\n\
         \x20 The hub's operator types (this machine has a new epoch and is held until then; the old one, if it still runs, is held after it):\n\
         \x20   {readmit}\n\
         2 sanheyi-node run --config {0}\n\
         \x20 网闸后的区县 · behind a one-way gate: sanheyi-node carry export --greet-only --config {0} --to up.carry\n\n\
         然后 · What happens then:\n\
         - 以市级所存为准：备份之后报送并获确认的条目自动取回\n\
         \x20 The hub's copy becomes the prefix: what was acknowledged after the backup comes back by itself.\n\
         - 备份中尚未确认的 {unsent} 条会重新报送；与市级所存冲突的，整条留在冲突条目中\n\
         \x20 The {unsent} entries that were not acknowledged when it was made are sent again; one that no longer fits is kept whole in a conflict entry.\n\
         - 备份之后写入、而市级从未收到的条目，已随原磁盘丢失：其数量不多于原节点最后显示的积压\n\
         \x20 What was written after the backup and never reached the hub is lost with the old disk: at most as many entries as the old node last showed as behind.\n",
        config.display()
    );
    text
}
