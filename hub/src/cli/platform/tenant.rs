//! `platform add --hosted` and `platform quota`.

use clap::Args;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::cli::Answer;

use super::super::At;
use super::setup;
use crate::setup::{NewTenant, Setup};

/// What `platform quota` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct QuotaArgs {
    #[command(flatten)]
    at: At,
    /// 托管平台标识 · The tenant
    platform: PlatformId,
    /// 每秒条数，0 为不限 · Records a second, 0 = no limit
    records: u64,
}

pub(super) async fn add(setup: &Setup, new: &NewTenant) -> anyhow::Result<Answer> {
    let files = setup.tenant_add(new).await?;
    Ok(Answer::ok(format!(
        "已登记托管平台 {0}，其密钥由市级平台保管：{1}，请随即备份 · {0} is registered as a tenant; the hub keeps its key, back it up now: {1}\n\
         市级平台运行时在此收件 · while the hub runs, records are handed in at: {2}\n",
        new.platform,
        files.key.display(),
        files.socket.display(),
    )))
}

pub(super) async fn quota(args: &QuotaArgs) -> anyhow::Result<Answer> {
    setup(&args.at.load()?)?.tenant_quota(&args.platform, args.records).await?;
    let (zh, en) = match args.records {
        0 => ("不限".to_owned(), "no limit".to_owned()),
        records => (format!("每秒 {records} 条"), format!("{records} records a second")),
    };
    Ok(Answer::ok(format!(
        "{0} 的配额已设为{zh}，数秒内生效 · the quota of {0} is {en} now; a running hub heeds it within seconds\n",
        args.platform
    )))
}
