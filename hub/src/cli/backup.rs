//! `backup`: the node's commands, of a hub.

use std::sync::Arc;

use clap::{Args, Subcommand};
use sanheyi_node::backup::Subject;
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::backup::{self as of, DrillWhat, HowArgs, VerifyWhat, closed};
use sanheyi_node::process::clock::SystemClock;

use super::At;
use crate::backup::OfHub;
use crate::store::open;

/// What `backup --help` ends with.
pub(crate) const HELP: &str = "\
例 · Examples:
  sanheyi-hub backup --config hub.toml         立即备份，可在运行中执行 · back up now, beside the hub that runs
  sanheyi-hub backup list --config hub.toml
  sanheyi-hub backup drill --config hub.toml --identity /media/key/backup.identity
                                               演练恢复并签名存档 · restore as a drill, with a signed report
  sanheyi-hub backup verify --config hub.toml FILE --identity KEY

PostgreSQL 上的存储在同一个快照中逐平台读出；每个平台每个日志的根都由备份的字节重算。备份中含 ca.key 与托管平台的密钥。
A store on PostgreSQL is read platform by platform within one snapshot; the root of every journal of every platform is
recomputed from the copied bytes. The authority's ca.key and the keys of tenants are in it.
JSON: file, at, bytes, store_bytes, journals, entries, seconds, recipients, pruned, identity_here
  list    [file, at, bytes, entries, seconds, outcome (empty = good), verified, there]
  drill   held, platform, at, file, backup, journals, entries, since, seconds, problem, report
退出码 · Exit codes: 0 正常 · all is well; 1 失败，没有留下文件 · it failed and left no file; 2 备份或演练不符 · a backup did not hold.";

/// Backups.
#[derive(Clone, Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct BackupArgs {
    /// Something else than making one.
    #[command(subcommand)]
    command: Option<BackupCommand>,
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    how: HowArgs,
}

/// What else can be done.
#[derive(Clone, Debug, Subcommand)]
enum BackupCommand {
    /// 列出备份 · List backups
    List(super::Listing),
    /// 打开一份备份并核验 · Open a backup and hold everything in it against its manifest
    Verify {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        what: VerifyWhat,
    },
    /// 演练恢复，写出签名报告 · Restore as a drill, compare with today, write a signed report
    Drill {
        #[command(flatten)]
        at: At,
        #[command(flatten)]
        what: DrillWhat,
    },
}

pub(crate) async fn backup(args: &BackupArgs) -> anyhow::Result<Answer> {
    match &args.command {
        None => {
            let subject = subject(&args.at).await?;
            closed(&subject, of::now(&OfHub, &subject, &args.how).await).await
        }
        Some(BackupCommand::List(listing)) => {
            let subject = subject(&listing.at).await?;
            closed(&subject, of::list(&subject, listing.json).await).await
        }
        Some(BackupCommand::Verify { at, what }) => {
            let subject = subject(at).await?;
            closed(&subject, of::verify(&OfHub, &subject, what).await).await
        }
        Some(BackupCommand::Drill { at, what }) => {
            let subject = subject(at).await?;
            closed(&subject, of::practise(&OfHub, &subject, what).await).await
        }
    }
}

async fn subject(at: &At) -> anyhow::Result<Subject> {
    let (config, database) = at.open().await?;
    // A store that is not there is said so, and none is made by backing it up.
    database.close().await;
    let database = open(&config.database(), &config.hub).await?;
    Ok(OfHub::subject(&config, database, Arc::new(SystemClock))?)
}
