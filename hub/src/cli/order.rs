//! `order`: orders of supervision (督办) to platforms, and how they stand.

mod issue;

use clap::{Args, Subcommand};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::order::{
    OrderQuery, OrdersReport, ShownOrder, UNKNOWN, detailed, list, show, shown_as,
};
use sanheyi_node::cli::oversight::{AsOf, unknown};

use super::Listing;
use super::oversight::City;

pub(super) const HELP: &str = "\
例 · Examples:
  sanheyi-hub order issue --to jintan --supervisor JS040000JC --organisation JS048100JT --by 何静 \\
      --opinion '请查明超期原因并回复'          编号默认为下一个空号 · the number is the next free one
  sanheyi-hub order issue --to jintan --supervisor JS040000JC --finding JS048100JC0000000031 --by 何静 --opinion … --dry-run
  sanheyi-hub order list --overdue             各平台逾期的督办 · what is overdue, of all platforms
  sanheyi-hub order show JS040000JC2010000007 --json

编号 · Numbers: 督办机构编码、四位年份、六位流水号；可用 --no 指定 · the organisation that orders, the year in four digits and
  six more, counted on from the highest that was given; or as --no says
已送达 · Delivered: 平台已取走；托管平台写入即送达 · the platform has taken it; to a tenant it is delivered when written
JSON: as of `sanheyi-node order`";

#[derive(Debug, Subcommand)]
pub(crate) enum OrderCommand {
    /// 签发督办 · Issue an order to a platform
    Issue(Box<issue::IssueArgs>),
    /// 列出督办及其状态 · List orders and how they stand
    List(ListArgs),
    /// 显示一件督办 · Show one order with its replies and its result
    Show(ShowArgs),
}

/// What `order list` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    listing: Listing,
    /// 只看一个平台 · One platform only
    #[arg(long)]
    platform: Option<PlatformId>,
    /// 也列出各平台自己签发的 · Also those that platforms issue within themselves
    #[arg(long, conflicts_with = "from_hub")]
    all: bool,
    #[command(flatten)]
    query: OrderQuery,
}

/// What `order show` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    listing: Listing,
    /// 督办编号 · Number of the order
    no: String,
    /// 平台，默认逐一查找 · The platform, else each is looked through
    #[arg(long)]
    platform: Option<PlatformId>,
    #[command(flatten)]
    as_of: AsOf,
}

pub(crate) async fn order(command: OrderCommand) -> anyhow::Result<Answer> {
    match command {
        OrderCommand::Issue(args) => issue::issue(&args).await,
        OrderCommand::List(args) => {
            let city = City::open(&args.listing.at, args.query.as_of.instant()).await?;
            let found = gather(&city, &args).await;
            shown_as(&city.closed(found).await?, args.listing.json)
        }
        OrderCommand::Show(args) => {
            let city = City::open(&args.listing.at, args.as_of.instant()).await?;
            let found = find(&city, &args).await;
            detailed(&city.closed(found).await?, args.listing.json)
        }
    }
}

async fn gather(city: &City, args: &ListArgs) -> anyhow::Result<OrdersReport> {
    let query = OrderQuery { from_hub: !args.all, ..args.query.clone() };
    let mut orders = Vec::new();
    for row in city.asked(args.platform.as_ref())? {
        orders.extend(list(&city.ground(row).await?, &query).await?.orders);
    }
    orders.sort_by(|one, other| one.no.cmp(&other.no));
    Ok(OrdersReport { orders })
}

async fn find(city: &City, args: &ShowArgs) -> anyhow::Result<ShownOrder> {
    let mut near = Vec::new();
    for row in city.asked(args.platform.as_ref())? {
        let ground = city.ground(row).await?;
        let orders = list(&ground, &OrderQuery::default()).await?.orders;
        if orders.iter().any(|one| one.no == args.no) {
            return show(&ground, &args.no).await;
        }
        near.extend(orders.into_iter().map(|one| one.no));
    }
    unknown(UNKNOWN, &args.no, near.into_iter())
}
