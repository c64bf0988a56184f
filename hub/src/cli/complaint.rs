//! `complaint`: complaints (投诉) that the city passes down, and how they stand.

mod send;

use clap::{Args, Subcommand};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::complaint::{
    ComplaintQuery, ComplaintsReport, ShownComplaint, UNKNOWN, detailed, list, show, shown_as,
};
use sanheyi_node::cli::oversight::{AsOf, unknown};

use super::Listing;
use super::oversight::City;

pub(super) const HELP: &str = "\
例 · Examples:
  sanheyi-hub complaint send --to jintan --organisation JS040000XF --title '反映班车拒载' --content '…' --way hotline \\
      --accused JS048100JT --due 15             编号默认为下一个空号 · the number is the next free one
  sanheyi-hub complaint send --to jintan --file complaint.json   正文 JSON，同 standard json · a body as `standard json` writes it
  sanheyi-hub complaint list --overdue
  sanheyi-hub complaint show JS040000XF2010000012

JSON: as of `sanheyi-node complaint`";

#[derive(Debug, Subcommand)]
pub(crate) enum ComplaintCommand {
    /// 转办投诉 · Send a complaint to a platform
    Send(Box<send::SendArgs>),
    /// 列出投诉及其状态 · List complaints and how they stand
    List(ListArgs),
    /// 显示一件投诉 · Show one complaint with all that was done
    Show(ShowArgs),
}

/// What `complaint list` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    listing: Listing,
    /// 只看一个平台 · One platform only
    #[arg(long)]
    platform: Option<PlatformId>,
    /// 也列出各平台自己登记的 · Also those that platforms have registered themselves
    #[arg(long, conflicts_with = "from_hub")]
    all: bool,
    #[command(flatten)]
    query: ComplaintQuery,
}

/// What `complaint show` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    listing: Listing,
    /// 投诉编号 · Number of the complaint
    no: String,
    /// 平台，默认逐一查找 · The platform, else each is looked through
    #[arg(long)]
    platform: Option<PlatformId>,
    #[command(flatten)]
    as_of: AsOf,
}

pub(crate) async fn complaint(command: ComplaintCommand) -> anyhow::Result<Answer> {
    match command {
        ComplaintCommand::Send(args) => send::send(&args).await,
        ComplaintCommand::List(args) => {
            let city = City::open(&args.listing.at, args.query.as_of.instant()).await?;
            let found = gather(&city, &args).await;
            shown_as(&city.closed(found).await?, args.listing.json)
        }
        ComplaintCommand::Show(args) => {
            let city = City::open(&args.listing.at, args.as_of.instant()).await?;
            let found = find(&city, &args).await;
            detailed(&city.closed(found).await?, args.listing.json)
        }
    }
}

async fn gather(city: &City, args: &ListArgs) -> anyhow::Result<ComplaintsReport> {
    let query = ComplaintQuery { from_hub: !args.all, ..args.query.clone() };
    let mut complaints = Vec::new();
    for row in city.asked(args.platform.as_ref())? {
        complaints.extend(list(&city.ground(row).await?, &query).await?.complaints);
    }
    complaints.sort_by(|one, other| one.no.cmp(&other.no));
    Ok(ComplaintsReport { complaints })
}

async fn find(city: &City, args: &ShowArgs) -> anyhow::Result<ShownComplaint> {
    let mut near = Vec::new();
    for row in city.asked(args.platform.as_ref())? {
        let ground = city.ground(row).await?;
        let complaints = list(&ground, &ComplaintQuery::default()).await?.complaints;
        if complaints.iter().any(|one| one.no == args.no) {
            return show(&ground, &args.no).await;
        }
        near.extend(complaints.into_iter().map(|one| one.no));
    }
    unknown(UNKNOWN, &args.no, near.into_iter())
}
