//! `tenant order`, `tenant complaint`: a tenant's own view, and its answers, as at a node.

use anyhow::bail;
use clap::{Args, Subcommand};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::complaint::{self, ComplaintQuery, HandleTold};
use sanheyi_node::cli::order::{self, OrderQuery, ReplyTold, ResultTold};
use sanheyi_node::cli::oversight::{AsOf, Ground, handed_in};

use super::super::Listing;
use super::super::oversight::City;

#[derive(Debug, Subcommand)]
pub(crate) enum TenantOrderCommand {
    /// 列出督办及其状态 · List orders and how they stand
    List(OfTenant<OrderQuery>),
    /// 显示一件督办 · Show one order with its replies and its result
    Show(OfTenant<Named>),
    /// 回复督办 · Reply to an order
    Reply(OfTenant<ReplyTold>),
    /// 办结督办 · Say how an order ended
    Result(OfTenant<ResultTold>),
}

#[derive(Debug, Subcommand)]
pub(crate) enum TenantComplaintCommand {
    /// 列出投诉及其状态 · List complaints and how they stand
    List(OfTenant<ComplaintQuery>),
    /// 显示一件投诉 · Show one complaint with all that was done
    Show(OfTenant<Named>),
    /// 处理投诉 · Write down what is done with a complaint
    Handle(OfTenant<HandleTold>),
}

/// What is asked of which tenant.
#[derive(Clone, Debug, Args)]
pub(crate) struct OfTenant<T: Args> {
    #[command(flatten)]
    pub(super) listing: Listing,
    /// 托管平台标识 · The tenant
    platform: PlatformId,
    #[command(flatten)]
    pub(super) told: T,
}

/// A record by its number.
#[derive(Clone, Debug, Args)]
pub(crate) struct Named {
    /// 编号 · Its number
    no: String,
    #[command(flatten)]
    as_of: AsOf,
}

pub(super) async fn order(command: TenantOrderCommand) -> anyhow::Result<Answer> {
    match command {
        TenantOrderCommand::List(of) => {
            let (city, ground) = of.open(of.told.as_of.instant()).await?;
            let found = order::list(&ground, &of.told).await;
            order::shown_as(&city.closed(found.map_err(Into::into)).await?, of.listing.json)
        }
        TenantOrderCommand::Show(of) => {
            let (city, ground) = of.open(of.told.as_of.instant()).await?;
            let found = order::show(&ground, &of.told.no).await;
            order::detailed(&city.closed(found).await?, of.listing.json)
        }
        TenantOrderCommand::Reply(of) => {
            let (city, ground) = of.open(of.told.when.instant()).await?;
            let done = order::reply(&ground, &of.told).await;
            handed_in(&city.closed(done).await?, of.listing.json)
        }
        TenantOrderCommand::Result(of) => {
            let (city, ground) = of.open(of.told.when.instant()).await?;
            let done = order::result(&ground, &of.told).await;
            handed_in(&city.closed(done).await?, of.listing.json)
        }
    }
}

pub(super) async fn complaint(command: TenantComplaintCommand) -> anyhow::Result<Answer> {
    match command {
        TenantComplaintCommand::List(of) => {
            let (city, ground) = of.open(of.told.as_of.instant()).await?;
            let found = complaint::list(&ground, &of.told).await;
            complaint::shown_as(&city.closed(found.map_err(Into::into)).await?, of.listing.json)
        }
        TenantComplaintCommand::Show(of) => {
            let (city, ground) = of.open(of.told.as_of.instant()).await?;
            let found = complaint::show(&ground, &of.told.no).await;
            complaint::detailed(&city.closed(found).await?, of.listing.json)
        }
        TenantComplaintCommand::Handle(of) => {
            let (city, ground) = of.open(of.told.when.instant()).await?;
            let done = complaint::handle(&ground, &of.told).await;
            handed_in(&city.closed(done).await?, of.listing.json)
        }
    }
}

impl<T: Args> OfTenant<T> {
    /// The tenant's rows.
    pub(super) async fn open(&self, now: Timestamp) -> anyhow::Result<(City, Ground)> {
        let city = City::open(&self.listing.at, now).await?;
        let ground = match city.platforms.iter().find(|row| row.platform == self.platform) {
            Some(row) if row.hosted => city.ground(row).await,
            _ => {
                city.database.close().await;
                bail!("没有名为 {0} 的托管平台 · there is no tenant {0}", self.platform)
            }
        };
        match ground {
            Ok(ground) => Ok((city, ground)),
            Err(error) => {
                city.database.close().await;
                Err(error.into())
            }
        }
    }
}
