//! `tenant custody`: what a tenant offers and takes over, as at a node.

use clap::{Args, Subcommand};
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::custody::{self, AnswerTold, OfferTold, WithdrawTold};
use sanheyi_node::cli::oversight::{When, handed_in};
use sanheyi_proto::standard::v1::CustodyDecision;

use super::oversight::OfTenant;

#[derive(Debug, Subcommand)]
pub(crate) enum TenantCustodyCommand {
    /// 列出移交与提议 · List what was handed over, and offers that are open
    List(OfTenant<Nothing>),
    /// 提议移交一条记录 · Offer a record to another platform
    Offer(OfTenant<OfferTold>),
    /// 接收 · Accept what is offered
    Accept(OfTenant<AnswerTold>),
    /// 拒绝 · Refuse what is offered
    Refuse(OfTenant<AnswerTold>),
    /// 撤回本平台的提议 · Withdraw an offer of its own
    Withdraw(OfTenant<WithdrawTold>),
}

/// Nothing more is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct Nothing {}

pub(super) async fn custody(command: TenantCustodyCommand) -> anyhow::Result<Answer> {
    let now = When::default().instant();
    match command {
        TenantCustodyCommand::List(of) => {
            let (city, ground) = of.open(now).await?;
            let found = custody::list(&ground).await;
            custody::shown_as(&city.closed(found.map_err(Into::into)).await?, of.listing.json)
        }
        TenantCustodyCommand::Offer(of) => {
            let (city, ground) = of.open(now).await?;
            let done = custody::offer(&ground, &of.told).await;
            handed_in(&city.closed(done).await?, of.listing.json)
        }
        TenantCustodyCommand::Accept(of) => {
            let (city, ground) = of.open(now).await?;
            let done = custody::answer(&ground, &of.told, CustodyDecision::Accept).await;
            handed_in(&city.closed(done).await?, of.listing.json)
        }
        TenantCustodyCommand::Refuse(of) => {
            let (city, ground) = of.open(now).await?;
            let done = custody::answer(&ground, &of.told, CustodyDecision::Refuse).await;
            handed_in(&city.closed(done).await?, of.listing.json)
        }
        TenantCustodyCommand::Withdraw(of) => {
            let (city, ground) = of.open(now).await?;
            let done = custody::withdraw(&ground, &of.told).await;
            handed_in(&city.closed(done).await?, of.listing.json)
        }
    }
}
