//! `platform add` and `platform list`.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::{Args, Subcommand};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::local::{rfc3339, shown};
use sanheyi_node::cli::table::{Align, Table};
use sanheyi_node::process::clock::SystemClock;
use sanheyi_node::process::entropy::OsEntropy;
use serde::Serialize;

use super::{At, Listing};
use crate::config::CheckedConfig;
use crate::setup::{NewPlatform, Setup};
use crate::store::platform_list;

#[derive(Debug, Subcommand)]
pub(crate) enum PlatformCommand {
    /// 登记平台，生成其节点所需文件 · Register a platform and write what its node needs
    Add(AddArgs),
    /// 列出平台 · List platforms
    List(Listing),
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
    /// 市级平台地址 · Where its node reaches the hub, host:port
    #[arg(long)]
    address: String,
    /// 证书中的名称 · Name in the hub's certificate
    #[arg(long, default_value = "localhost")]
    server_name: String,
    /// 节点文件目录 · Folder for what its node needs
    #[arg(long)]
    out: PathBuf,
}

/// A platform in the listing; these are the keys of `--json`.
#[derive(Serialize)]
struct Listed {
    platform: String,
    title_zh: String,
    title_en: String,
    key: String,
    added: Option<String>,
    #[serde(skip)]
    shown: String,
}

pub(crate) async fn platform(command: PlatformCommand) -> anyhow::Result<Answer> {
    match command {
        PlatformCommand::Add(args) => add(args).await,
        PlatformCommand::List(listing) => list(&listing).await,
    }
}

async fn add(args: AddArgs) -> anyhow::Result<Answer> {
    let config = CheckedConfig::load(&args.at.config)?;
    let folder = args.at.config.parent().context("the configuration lies in no folder")?;
    let setup = Setup {
        folder: folder.to_owned(),
        hub: config.hub.clone(),
        clock: Arc::new(SystemClock),
        entropy: Arc::new(OsEntropy),
    };
    let new = NewPlatform {
        platform: args.platform,
        title_zh: args.title_zh,
        title_en: args.title_en,
        address: args.address,
        server_name: args.server_name,
        out: args.out,
    };
    let node = setup.platform_add(&new).await?;
    Ok(Answer::ok(format!(
        "已登记 {0}，请将 {1} 整个目录安全送达节点 · {0} is registered: carry the folder {1} to its node\n\
         节点上运行 · on the node: sanheyi-node run --config {2}\n",
        new.platform,
        new.out.display(),
        node.display()
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
            shown: shown(row.added),
        })
        .collect();
    Answer::report(&listed, listing.json, |listed| {
        let left = Align::Left;
        let mut table = Table::new(&[
            ("平台 PLATFORM", left),
            ("名称 TITLE", left),
            ("登记 ADDED", left),
            ("验证公钥 KEY", left),
        ]);
        for row in listed {
            let title = format!("{} {}", row.title_zh, row.title_en);
            table.row([row.platform.clone(), title, row.shown.clone(), row.key.clone()]);
        }
        table.render()
    })
}
