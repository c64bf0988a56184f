//! `authority …`: the certificate authorities, and how one follows another without stopping.

use std::sync::Arc;

use clap::{Args, Subcommand};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::local::{rfc3339, shown};
use sanheyi_node::cli::table::{Align, Table};
use sanheyi_node::process::clock::{Clock, SystemClock};
use sanheyi_node::process::entropy::{Entropy, OsEntropy};
use sanheyi_node::process::user;
use sanheyi_node::store::Database;
use serde::Serialize;

use super::At;
use crate::certificates::{Certificates, RotationReport};
use crate::config::CheckedConfig;
use crate::store::{AuthorityState, open};

/// What `authority --help` ends with.
pub(crate) const HELP: &str = "\
例 · Examples:
  sanheyi-hub authority show                 有哪些根证书，哪一个在签发 · which there are and which one signs
  sanheyi-hub authority rotate               生成下一个根证书，各平台开始同时信任两者 · make the next one
  sanheyi-hub authority status               谁已确认、谁还在等 · who trusts it, who is waited for
  sanheyi-hub authority rotate --now         不再等待，立即改由新根证书签发 · sign with it now, whoever trusts it
  sanheyi-hub authority finish               停用旧根证书；仍在使用的平台会逐一列出 · end the former one
  sanheyi-hub authority finish --without jintan   确认放弃该平台的旧证书 · cut this platform off

全程不停机：旧证书在 finish 之前一直有效。30 天内连接过的平台都确认后，自动改由新根证书签发并通知各节点续期。
Nothing stops: old certificates count until `finish`. Once every platform that was seen within 30 days trusts
the next authority it signs by itself, and nodes are told to renew.";

#[derive(Debug, Subcommand)]
pub(crate) enum AuthorityCommand {
    /// 列出根证书 · Show the authorities
    Show(Shown),
    /// 开始轮换，或立即启用下一个 · Begin a rotation, or have the next authority sign at once
    Rotate(RotateArgs),
    /// 轮换进度：各平台是否确认、是否已续期 · How a rotation stands, platform by platform
    Status(Shown),
    /// 停用旧根证书 · End the former authority
    Finish(FinishArgs),
}

/// Whose, and how to show it.
#[derive(Clone, Debug, Args)]
pub(crate) struct Shown {
    #[command(flatten)]
    at: At,
    /// 输出 JSON · Print one JSON document
    #[arg(long)]
    json: bool,
}

/// What `authority rotate` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct RotateArgs {
    #[command(flatten)]
    shown: Shown,
    /// 立即由下一个根证书签发，不等未确认的平台 · Have the next authority sign now, whoever trusts it
    #[arg(long)]
    now: bool,
}

/// What `authority finish` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct FinishArgs {
    #[command(flatten)]
    shown: Shown,
    /// 将被断开的平台，可多次给出 · A platform that is cut off by it; may be repeated
    #[arg(long, value_name = "ID")]
    without: Vec<PlatformId>,
}

/// An authority; these are the keys of `--json`.
#[derive(Serialize)]
struct Authority {
    key: String,
    state: &'static str,
    made: Option<String>,
    since: Option<String>,
    not_after: Option<String>,
    key_here: bool,
    #[serde(skip)]
    cells: [String; 5],
}

/// A platform; these are the keys of `--json`.
#[derive(Serialize)]
struct Platform {
    platform: String,
    seen: Option<String>,
    confirmed: bool,
    renewed: bool,
    living: bool,
    #[serde(skip)]
    cells: [String; 4],
}

/// The report of every one of these commands.
#[derive(Serialize)]
struct Report {
    authorities: Vec<Authority>,
    platforms: Vec<Platform>,
    waits_for: Vec<String>,
    cut_off_by_finish: Vec<String>,
    #[serde(skip)]
    whole: bool,
}

/// The register of certificates beside a hub that may be running, and who asks.
pub(crate) async fn beside(
    config: &CheckedConfig,
    database: &Database,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<(Certificates, String)> {
    let entropy: Arc<dyn Entropy> = Arc::new(OsEntropy);
    let certificates = Certificates::open(config.certificates(database, &clock, &entropy)).await?;
    Ok((certificates, format!("cli:{}", user::uid(&config.data)?)))
}

pub(crate) async fn authority(command: AuthorityCommand) -> anyhow::Result<Answer> {
    let shown = match &command {
        AuthorityCommand::Show(shown) | AuthorityCommand::Status(shown) => shown,
        AuthorityCommand::Rotate(args) => &args.shown,
        AuthorityCommand::Finish(args) => &args.shown,
    };
    let (config, json) = (shown.at.load()?, shown.json);
    let database = open(&config.database(), &config.hub).await?;
    let done = carry_out(&command, &config, &database).await;
    database.close().await;
    let (report, whole) = done?;
    Answer::report(&made(&report, whole), json, text)
}

async fn carry_out(
    command: &AuthorityCommand,
    config: &CheckedConfig,
    database: &Database,
) -> anyhow::Result<(RotationReport, bool)> {
    let (certificates, who) = beside(config, database, Arc::new(SystemClock)).await?;
    match command {
        AuthorityCommand::Show(_) => return Ok((certificates.rotation().await?, false)),
        AuthorityCommand::Status(_) => {}
        AuthorityCommand::Rotate(args) if args.now => {
            if !certificates.rotation().await?.has(AuthorityState::Next) {
                certificates.rotate(&who).await?;
            }
            certificates.sign_with_next(&who).await?;
        }
        AuthorityCommand::Rotate(_) => certificates.rotate(&who).await?,
        AuthorityCommand::Finish(args) => certificates.finish(&args.without, &who).await?,
    }
    Ok((certificates.rotation().await?, true))
}

fn made(report: &RotationReport, whole: bool) -> Report {
    let authorities = report.authorities.iter().map(|one| {
        let key: String = one.row.key.iter().map(|byte| format!("{byte:02x}")).collect();
        let state = one.row.state;
        let here = if one.key_here { "在本机 here" } else { "不在 absent" };
        let cells = [
            key.chars().take(16).collect(),
            format!("{} {}", state.zh(), state.as_str()),
            shown(one.row.since),
            shown(one.not_after),
            here.to_owned(),
        ];
        Authority {
            key,
            state: state.as_str(),
            made: rfc3339(one.row.made),
            since: rfc3339(one.row.since),
            not_after: rfc3339(one.not_after),
            key_here: one.key_here,
            cells,
        }
    });
    let yes = |holds: bool| if holds { "是 yes" } else { "否 no" }.to_owned();
    let platforms = report.platforms.iter().map(|one| Platform {
        platform: one.platform.to_string(),
        seen: one.seen.and_then(rfc3339),
        confirmed: one.confirmed,
        renewed: one.renewed,
        living: one.living,
        cells: [
            one.platform.to_string(),
            one.seen.map_or_else(|| "—".to_owned(), shown),
            yes(one.confirmed),
            if one.living { yes(one.renewed) } else { "无有效证书 none counts".to_owned() },
        ],
    });
    let waits = if report.has(AuthorityState::Next) { report.unconfirmed() } else { vec![] };
    let cut = if report.has(AuthorityState::Former) { report.unrenewed() } else { vec![] };
    Report {
        authorities: authorities.collect(),
        platforms: platforms.collect(),
        waits_for: waits,
        cut_off_by_finish: cut,
        whole,
    }
}

fn text(report: &Report) -> String {
    let left = Align::Left;
    let mut table = Table::new(&[
        ("根证书 AUTHORITY", left),
        ("状态 STATE", left),
        ("自 SINCE", left),
        ("到期 ENDS", left),
        ("私钥 KEY", left),
    ]);
    report.authorities.iter().for_each(|one| table.row(one.cells.clone()));
    let mut text = table.render();
    if !report.whole {
        return text;
    }
    let mut table = Table::new(&[
        ("平台 PLATFORM", left),
        ("最近连接 SEEN", left),
        ("已确认信任 TRUSTS", left),
        ("已续期 RENEWED", left),
    ]);
    report.platforms.iter().for_each(|one| table.row(one.cells.clone()));
    text.push_str(&table.render());
    for (names, zh, en) in [
        (&report.waits_for, "启用新根证书前还在等待", "waited for before the next authority signs"),
        (&report.cut_off_by_finish, "结束轮换将断开", "would be cut off by finish"),
    ] {
        if !names.is_empty() {
            text.push_str(&format!("{zh} · {en}：{}\n", names.join(", ")));
        }
    }
    text
}
