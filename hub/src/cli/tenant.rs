//! `tenant records`: what a tenant has handed in and what became of it, as its operator would see
//! it at a node.

use anyhow::bail;
use clap::{Args, Subcommand};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::records::{RecordsQuery, page, shown_as};

use super::Listing;
use crate::store::platform_get;

#[derive(Debug, Subcommand)]
pub(crate) enum TenantCommand {
    /// 列出托管平台的记录及其状态 · List a tenant's records and how they stand
    Records(RecordsArgs),
}

/// What `tenant records` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct RecordsArgs {
    #[command(flatten)]
    listing: Listing,
    /// 托管平台标识 · The tenant
    platform: PlatformId,
    #[command(flatten)]
    query: RecordsQuery,
}

pub(crate) async fn tenant(command: TenantCommand) -> anyhow::Result<Answer> {
    let TenantCommand::Records(RecordsArgs { listing, platform, query }) = command;
    let (_, database) = listing.at.open().await?;
    let known = platform_get(&database, &platform).await;
    let listed = match &known {
        Ok(Some(row)) if row.hosted => Some(page(&database.of(&platform), &query).await),
        _ => None,
    };
    database.close().await;
    known?;
    match listed {
        Some(report) => shown_as(&report?, listing.json),
        None => bail!("没有名为 {platform} 的托管平台 · there is no tenant {platform}"),
    }
}
