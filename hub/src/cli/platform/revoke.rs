//! `platform revoke` and `platform certificates`.

use std::sync::Arc;

use anyhow::bail;
use clap::Args;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::local::{rfc3339, shown};
use sanheyi_node::cli::table::{Align, Table};
use sanheyi_node::process::clock::{Clock, SystemClock};
use sanheyi_node::store::Database;
use serde::Serialize;

use super::super::{At, authority::beside};
use crate::store::{CertificateRow, certificate_list, certificate_use_of, open};

/// What `platform revoke --help` ends with.
pub(crate) const HELP: &str = "\
例 · Examples:
  sanheyi-hub platform certificates jintan                          先看有哪些证书 · see which there are
  sanheyi-hub platform revoke jintan --all --reason '机器被盗'       只说明将做什么 · only says what it would do
  sanheyi-hub platform revoke jintan --all --reason '机器被盗' --yes
  sanheyi-hub platform revoke jintan --serial 4f… --reason '旧机器退役' --yes

吊销后 5 秒内，各实例断开该证书的连接并拒绝新连接；节点显示“身份扣留”，凭新令牌执行 enrol --again 后恢复。已存的条目不受影响。
Within 5 seconds every instance cuts the lines of that certificate and refuses new ones; the node says that it
is held, until it is let in by another token (`enrol --again`). What is stored stays.";

/// What `platform revoke` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct RevokeArgs {
    #[command(flatten)]
    at: At,
    /// 平台标识 · The platform
    platform: PlatformId,
    /// 只吊销此序列号的证书，可多次给出 · Only the certificate of this serial number; may be repeated
    #[arg(long, value_name = "SERIAL", required_unless_present = "all", conflicts_with = "all")]
    serial: Vec<String>,
    /// 吊销其全部有效证书 · All certificates of it that count
    #[arg(long)]
    all: bool,
    /// 原因，记入审计 · Why; it is written down
    #[arg(long)]
    reason: String,
    /// 确认执行；否则只说明将做什么 · Do it; without this it only says what it would do
    #[arg(long)]
    yes: bool,
    /// 输出 JSON · Print one JSON document
    #[arg(long)]
    json: bool,
}

/// What `platform certificates` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct CertificatesArgs {
    #[command(flatten)]
    at: At,
    /// 平台标识 · The platform
    platform: PlatformId,
    /// 输出 JSON · Print one JSON document
    #[arg(long)]
    json: bool,
}

/// A certificate; these are the keys of `--json`.
#[derive(Clone, Serialize)]
struct Listed {
    serial: String,
    origin: &'static str,
    issued: Option<String>,
    not_after: Option<String>,
    seen: Option<String>,
    revoked: Option<String>,
    reason: String,
    counts: bool,
    #[serde(skip)]
    cells: [String; 6],
}

/// A report of `platform revoke`.
#[derive(Serialize)]
struct Revoked {
    platform: String,
    done: bool,
    certificates: Vec<Listed>,
}

async fn listed(
    database: &Database,
    platform: &PlatformId,
    now: Timestamp,
) -> anyhow::Result<Vec<Listed>> {
    let store = database.of(platform);
    let used = certificate_use_of(&store).await?;
    let rows = certificate_list(&store).await?;
    let seen = |row: &CertificateRow| {
        let of = used.iter().find(|used| used.serial == row.serial).map(|used| used.seen);
        of.filter(|at| at.as_micros() > 0)
    };
    Ok(rows.iter().map(|row| one(row, seen(row), now)).collect())
}

fn one(row: &CertificateRow, seen: Option<Timestamp>, now: Timestamp) -> Listed {
    let standing = match row.revoked {
        Some(at) => format!("已吊销 revoked {}：{}", shown(at), row.reason),
        None if row.counts(now) => "有效 counts".to_owned(),
        None => "已到期 ended".to_owned(),
    };
    let cells = [
        row.serial.clone(),
        row.origin.as_str().to_owned(),
        shown(row.issued),
        shown(row.not_after),
        seen.map_or_else(|| "—".to_owned(), shown),
        standing,
    ];
    Listed {
        serial: row.serial.clone(),
        origin: row.origin.as_str(),
        issued: rfc3339(row.issued),
        not_after: rfc3339(row.not_after),
        seen: seen.and_then(rfc3339),
        revoked: row.revoked.and_then(rfc3339),
        reason: row.reason.clone(),
        counts: row.counts(now),
        cells,
    }
}

fn table(listed: &[Listed]) -> String {
    let left = Align::Left;
    let mut table = Table::new(&[
        ("序列号 SERIAL", left),
        ("来源 ORIGIN", left),
        ("签发 ISSUED", left),
        ("到期 ENDS", left),
        ("最近使用 SEEN", left),
        ("状态 STANDING", left),
    ]);
    listed.iter().for_each(|row| table.row(row.cells.clone()));
    table.render()
}

pub(super) async fn certificates(args: &CertificatesArgs) -> anyhow::Result<Answer> {
    let (_, database) = args.at.open().await?;
    let found = listed(&database, &args.platform, SystemClock.now()).await;
    database.close().await;
    Answer::report(&found?, args.json, |listed| table(listed))
}

pub(super) async fn revoke(args: &RevokeArgs) -> anyhow::Result<Answer> {
    if args.reason.trim().is_empty() {
        bail!("请写明原因 · say why: --reason");
    }
    let config = args.at.load()?;
    let database = open(&config.database(), &config.hub).await?;
    let done = revoke_in(args, &config, &database).await;
    database.close().await;
    let report = done?;
    Answer::report(&report, args.json, |report| {
        let shown = table(&report.certificates);
        let platform = &report.platform;
        if report.done {
            format!(
                "{shown}已吊销，5 秒内断开 · revoked; the lines of {platform} are cut within 5 s\n\
                 恢复 · to let it in again: sanheyi-hub platform token {platform}, sanheyi-node enrol --again …\n"
            )
        } else {
            format!(
                "{shown}以上证书将被吊销，{platform} 的连接将断开；确认请加 --yes · these would be revoked and the \
                 lines of {platform} cut; nothing is done without --yes\n"
            )
        }
    })
}

async fn revoke_in(
    args: &RevokeArgs,
    config: &crate::config::CheckedConfig,
    database: &Database,
) -> anyhow::Result<Revoked> {
    let (platform, now) = (&args.platform, SystemClock.now());
    let mut found = listed(database, platform, now).await?;
    if let Some(unknown) =
        args.serial.iter().find(|serial| !found.iter().any(|row| row.serial == **serial))
    {
        bail!("{platform} 没有序列号为 {unknown} 的证书 · {platform} has no certificate {unknown}");
    }
    found.retain(|row| row.counts && (args.all || args.serial.contains(&row.serial)));
    if found.is_empty() {
        bail!("{platform} 没有可吊销的有效证书 · no certificate of {platform} counts any more");
    }
    if args.yes {
        let (certificates, who) = beside(config, database, Arc::new(SystemClock)).await?;
        let serials: Vec<_> = found.iter().map(|row| row.serial.clone()).collect();
        certificates.revoke(platform, &serials, &who, args.reason.trim()).await?;
    }
    Ok(Revoked { platform: platform.to_string(), done: args.yes, certificates: found })
}
