//! `platform …`: who takes part.

mod enrol;
mod revoke;
mod tenant;

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, bail};
use clap::{Args, Subcommand};
use sanheyi_exchange_spec::ids::{EpochId, PlatformId};
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::local::{rfc3339, shown};
use sanheyi_node::cli::table::{Align, Table, grouped};
use sanheyi_node::process::clock::SystemClock;
use sanheyi_node::process::entropy::OsEntropy;
use serde::Serialize;

use super::{At, Listing, home};
use crate::config::CheckedConfig;
use crate::exchange::{EVERYTHING, readmit};
use crate::setup::{NewPlatform, NewTenant, Setup};
use crate::store::{open, platform_list};

#[derive(Debug, Subcommand)]
pub(crate) enum PlatformCommand {
    /// 登记平台：给出入网令牌，或以 --out 生成节点文件 · Register a platform: a token for its machine, or files with
    /// --out
    #[command(after_help = ADD_HELP)]
    Add(AddArgs),
    /// 再发入网令牌，也用于更换机器 · Another enrolment token, also for another machine
    #[command(after_help = enrol::HELP)]
    Token(enrol::TokenArgs),
    /// 批准待入网的机器 · Let a machine in that waits for approval
    Approve(enrol::DecideArgs),
    /// 拒绝待入网的机器 · Send a machine away that waits for approval
    Reject(enrol::DecideArgs),
    /// 列出入网令牌与申请 · List tokens and what became of them
    Enrolments(Listing),
    /// 列出平台 · List platforms
    List(Listing),
    /// 列出平台的证书 · List a platform's certificates
    Certificates(revoke::CertificatesArgs),
    /// 吊销证书并断开连接 · Revoke certificates and cut their lines
    #[command(after_help = revoke::HELP)]
    Revoke(revoke::RevokeArgs),
    /// 设定托管平台每秒可提交的条数 · Set how many records a second a tenant may submit
    Quota(tenant::QuotaArgs),
    /// 让被扣留的机器继续 · Let a held machine go on, such as one restored from its backup
    Readmit(ReadmitArgs),
}

/// What `platform add --help` ends with.
const ADD_HELP: &str = "\
例 · Examples:
  sanheyi-hub platform add jintan --title-zh 金坛 --title-en Jintan
      给出一次性令牌和节点上要运行的命令；密钥在节点生成 · prints a token, good once, and the command for the node; keys are made there
  sanheyi-hub platform add jintan --title-zh 金坛 --title-en Jintan --address hub:7443 --out jintan/
      网络不通时：连同密钥写入目录，由人送达 · without a network: a folder with the keys in it, carried by hand
  sanheyi-hub platform add wujin --title-zh 武进 --title-en Wujin --hosted
      由市级平台托管 · hosted by the hub";

/// What `platform readmit` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReadmitArgs {
    #[command(flatten)]
    at: At,
    /// 平台标识 · The platform
    platform: PlatformId,
    /// 该机器 status 所示的本机纪元 · The epoch that the machine's own `status` shows
    #[arg(long)]
    epoch: EpochId,
}

/// What `platform add` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct AddArgs {
    #[command(flatten)]
    at: At,
    /// 平台标识 · Its id, stable for life
    platform: PlatformId,
    /// 中文名 · Its name in Chinese
    #[arg(long)]
    title_zh: String,
    /// 英文名 · Its name in English
    #[arg(long)]
    title_en: String,
    /// 由市级平台托管，不设节点 · Hosted by the hub, without a node of its own
    #[arg(long)]
    hosted: bool,
    /// 托管平台每秒可提交的条数，0 为不限 · Records a second that a tenant may submit, 0 = no limit
    #[arg(long, value_name = "N", default_value_t = 0, requires = "hosted")]
    quota: u64,
    /// 允许报送的数据集，可多次给出 · A dataset that it may send, `case.step`, `case.*` or `*`; may be repeated
    #[arg(long, value_name = "PATTERN", default_values_t = [EVERYTHING.to_owned()])]
    may_send: Vec<String>,
    /// 市级平台地址 · Where its node reaches the hub, host:port
    #[arg(long, conflicts_with = "hosted")]
    address: Option<String>,
    /// 证书中的名称 · Name in the hub's certificate
    #[arg(long, default_value = "localhost", conflicts_with = "hosted")]
    server_name: String,
    /// 不经网络：密钥也在此生成，写入该目录 · Without a network: keys are made here, too, into this folder
    #[arg(long, value_name = "DIR", conflicts_with = "hosted", requires = "address")]
    out: Option<PathBuf>,
    #[command(flatten)]
    how: enrol::TokenHow,
    /// 输出 JSON（令牌）· Print one JSON document (the token)
    #[arg(long)]
    json: bool,
}

/// A platform in the listing; these are the keys of `--json`.
#[derive(Serialize)]
struct Listed {
    platform: String,
    title_zh: String,
    title_en: String,
    key: String,
    added: Option<String>,
    hosted: bool,
    quota: u64,
    #[serde(skip)]
    shown: String,
}

pub(crate) async fn platform(command: PlatformCommand) -> anyhow::Result<Answer> {
    match command {
        PlatformCommand::Add(args) => add(args).await,
        PlatformCommand::Token(args) => enrol::token(&args).await,
        PlatformCommand::Approve(args) => enrol::approve(&args).await,
        PlatformCommand::Reject(args) => enrol::reject(&args).await,
        PlatformCommand::Enrolments(listing) => enrol::list(&listing).await,
        PlatformCommand::List(listing) => list(&listing).await,
        PlatformCommand::Certificates(args) => revoke::certificates(&args).await,
        PlatformCommand::Revoke(args) => revoke::revoke(&args).await,
        PlatformCommand::Quota(args) => tenant::quota(&args).await,
        PlatformCommand::Readmit(args) => let_go_on(args).await,
    }
}

/// The setup of a configured hub.
fn setup(config: &CheckedConfig) -> anyhow::Result<Setup> {
    let authority = config.tls.ca.parent().context("the authority lies in no folder")?;
    Ok(Setup {
        folder: authority.to_owned(),
        data: config.data.clone(),
        store: config.database(),
        signing: config.signing.clone(),
        tenants: config.tenants.clone(),
        hub: config.hub.clone(),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
    })
}

async fn add(args: AddArgs) -> anyhow::Result<Answer> {
    let setup = setup(&args.at.load()?)?;
    let AddArgs { at, platform, title_zh, title_en, quota, server_name, may_send, .. } = args;
    if args.hosted {
        let tenant = NewTenant { platform, title_zh, title_en, quota, may_send };
        return tenant::add(&setup, &tenant).await;
    }
    let (Some(address), Some(out)) = (args.address.clone(), args.out) else {
        let (titles, how) = ((title_zh, title_en), args.how);
        let (address, json) = (args.address, args.json);
        return enrol::first(enrol::First { at, platform, titles, may_send, how, address, json })
            .await;
    };
    let new = NewPlatform { platform, title_zh, title_en, address, server_name, out, may_send };
    let node = setup.platform_add(&new).await?;
    Ok(Answer::ok(format!(
        "已登记 {0}，请将 {1} 整个目录安全送达节点 · {0} is registered: carry the folder {1} to its node\n\
         节点上运行 · on the node: sanheyi-node run --config {2}\n",
        new.platform,
        new.out.display(),
        node.display()
    )))
}

/// Of several machines with one key the operator names, by its epoch, the one that goes on. It must
/// be restarted then; whichever went on until now is held at its next call.
async fn let_go_on(args: ReadmitArgs) -> anyhow::Result<Answer> {
    let config = args.at.load()?;
    if args.epoch.is_zero() {
        bail!("该机器从未被授予纪元 · that machine was never granted an epoch");
    }
    let database = open(&config.database(), &config.hub).await?;
    let store = database.of(&args.platform);
    let mut journals = store.journal_list().await?;
    journals.retain(|row| !row.home && row.head.journal.author == args.platform);
    for row in &journals {
        let journal = &row.head.journal;
        readmit(&database, &config.hub, &args.platform, journal, args.epoch).await?;
    }
    database.close().await;
    if journals.is_empty() {
        bail!("没有 {0} 的日志 · there is no journal of {0}", args.platform);
    }
    Ok(Answer::ok(format!(
        "已允许持有纪元 {} 的机器继续，请在该机器上重启节点 · the machine that holds {} may go on: restart its node\n",
        args.epoch, args.epoch
    )))
}

async fn list(listing: &Listing) -> anyhow::Result<Answer> {
    let (_, database) = listing.at.open().await?;
    let rows = platform_list(&database).await;
    database.close().await;
    let listed: Vec<_> = rows?
        .into_iter()
        .map(|row| Listed {
            platform: row.platform.to_string(),
            title_zh: row.title_zh,
            title_en: row.title_en,
            key: row.key.to_string(),
            added: rfc3339(row.added),
            hosted: row.hosted,
            quota: row.quota,
            shown: shown(row.added),
        })
        .collect();
    Answer::report(&listed, listing.json, |listed| {
        let left = Align::Left;
        let mut table = Table::new(&[
            ("平台 PLATFORM", left),
            ("名称 TITLE", left),
            ("所在 HOME", left),
            ("配额/秒 QUOTA/S", Align::Right),
            ("登记 ADDED", left),
            ("验证公钥 KEY", left),
        ]);
        for row in listed {
            let title = format!("{} {}", row.title_zh, row.title_en);
            let home = home(row.hosted).to_owned();
            let quota = match row.quota {
                0 => "–".to_owned(),
                quota => grouped(quota),
            };
            let (shown, key) = (row.shown.clone(), row.key.clone());
            table.row([row.platform.clone(), title, home, quota, shown, key]);
        }
        table.render()
    })
}
