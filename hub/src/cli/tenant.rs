//! `tenant records`: what a tenant has handed in and what became of it, as its operator would see
//! it at a node; its orders and complaints, its answers to them, and bodies of its that are erased.

mod custody;
mod oversight;

use anyhow::bail;
use clap::{Args, Subcommand};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::erase::{self, EraseTold, HELP as ERASE};
use sanheyi_node::cli::oversight::When;
use sanheyi_node::cli::records::{RecordsQuery, page, shown_as};

use super::Listing;
use crate::store::platform_get;

#[derive(Debug, Subcommand)]
pub(crate) enum TenantCommand {
    /// 列出托管平台的记录及其状态 · List a tenant's records and how they stand
    Records(RecordsArgs),
    /// 托管平台的督办：查看、回复、办结 · A tenant's orders: see them, reply, say how they ended
    #[command(subcommand)]
    Order(oversight::TenantOrderCommand),
    /// 托管平台的投诉：查看、处理 · A tenant's complaints: see them, write down what is done
    #[command(subcommand)]
    Complaint(oversight::TenantComplaintCommand),
    /// 删除托管平台的正文：先说明，确认后删除 · Erase a tenant's bodies: shown first, done with --yes
    #[command(after_help = ERASE)]
    Erase(oversight::OfTenant<EraseTold>),
    /// 托管平台的保管权：移交、接收、拒绝、撤回 · A tenant's custody: offer a record, or take one over
    #[command(subcommand)]
    Custody(custody::TenantCustodyCommand),
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
    match command {
        TenantCommand::Records(args) => records(args).await,
        TenantCommand::Order(command) => oversight::order(command).await,
        TenantCommand::Complaint(command) => oversight::complaint(command).await,
        TenantCommand::Erase(of) => erased(of).await,
        TenantCommand::Custody(command) => custody::custody(command).await,
    }
}

async fn erased(of: oversight::OfTenant<EraseTold>) -> anyhow::Result<Answer> {
    let (city, ground) = of.open(When::default().instant()).await?;
    let done = erase::carried_out(&ground, &of.told).await;
    erase::shown_as(&city.closed(done).await?, of.listing.json)
}

async fn records(args: RecordsArgs) -> anyhow::Result<Answer> {
    let RecordsArgs { listing, platform, query } = args;
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
