//! `order`: orders of supervision (督办), how they stand, and the platform's answers to them.

mod answer;

use clap::{Args, Subcommand};
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::oversight::{OrderRecords, order as stands};
use sanheyi_proto::standard::v1::{
    SuperviseType, SupervisionOrder, SupervisionReply, SupervisionResult,
};
use serde::Serialize;

pub use self::answer::{ReplyTold, ResultTold, reply, result};
use super::oversight::{AsOf, Found, Ground, ShownTerm, Whose, code_zh, instant, unknown};
use super::table::{Align, Table};
use super::{Answer, Listing};
use crate::store::StoreError;

/// What `order --help` ends with.
pub const HELP: &str = "\
例 · Examples:
  … order list                                   督办一览及期限 · orders and how they stand
  … order list --overdue --as-of 2010-03-11T00:00:00+08:00
  … order show JS040000JC0000000007              一件督办的全部 · all of one
  … order reply JS040000JC0000000007 --content '系统停电两天，办件已于今日办结' --by 王建国 --objective-cause
  … order result JS040000JC0000000007 --result '情况属实，整改到位' --by 何静

状态 · State: 已签发 issued，已送达 delivered，已回复 replied，已办结 closed
期限 · Terms: 回复以督办所载为准，否则 5 个工作日；办结 20 个工作日 · the reply as the order says, else 5 working days; closing 20
JSON: orders [no, revision, issuer, addressee, organisation, department, kind, finding_no, case_no, complaint_no,
      opinion, issued_at, state, delivered, withdrawn, reply, closing [due, done, timing, unknown], overdue,
      replies [serial, organisation, department, operator_name, content, objective_cause, replied_at, standing],
      result {operator_name, result, objective_cause, without_reply, ended_at, standing}]";

/// The dataset of orders.
pub const ORDER: &str = "supervision.order";
/// The dataset of replies.
pub const REPLY: &str = "supervision.reply";
/// The dataset of results.
pub const RESULT: &str = "supervision.result";

/// Rule of a number that no order has.
pub const UNKNOWN: &str = "order.unknown";

/// Commands about orders.
#[derive(Clone, Debug, Subcommand)]
pub enum OrderCommand {
    /// 列出督办及其状态 · List orders and how they stand
    List(ListArgs),
    /// 显示一件督办 · Show one order with its replies and its result
    Show(ShowArgs),
    /// 回复督办 · Reply to an order
    Reply(ReplyArgs),
    /// 办结督办 · Say how an order ended
    Result(ResultArgs),
}

/// What `order list` is told.
#[derive(Clone, Debug, Args)]
pub struct ListArgs {
    /// Whose orders, and how to show them.
    #[command(flatten)]
    pub listing: Listing,
    /// Which of them.
    #[command(flatten)]
    pub query: OrderQuery,
}

/// Which orders to list.
#[derive(Clone, Debug, Default, Args)]
pub struct OrderQuery {
    /// 只列已逾期的 · Only those with something overdue
    #[arg(long)]
    pub overdue: bool,
    /// 只列市级平台发来的 · Only those that the hub sent
    #[arg(long)]
    pub from_hub: bool,
    /// 只列未办结的 · Only those that are not closed
    #[arg(long)]
    pub open: bool,
    /// The instant that is asked about.
    #[command(flatten)]
    pub as_of: AsOf,
}

/// What `order show` is told.
#[derive(Clone, Debug, Args)]
pub struct ShowArgs {
    /// Whose order, and how to show it.
    #[command(flatten)]
    pub listing: Listing,
    /// 督办编号 · Number of the order
    pub no: String,
    /// The instant that is asked about.
    #[command(flatten)]
    pub as_of: AsOf,
}

/// What `order reply` is told.
#[derive(Clone, Debug, Args)]
pub struct ReplyArgs {
    /// Whose answer, and how to show what became of it.
    #[command(flatten)]
    pub listing: Listing,
    /// The reply.
    #[command(flatten)]
    pub told: ReplyTold,
}

/// What `order result` is told.
#[derive(Clone, Debug, Args)]
pub struct ResultArgs {
    /// Whose answer, and how to show what became of it.
    #[command(flatten)]
    pub listing: Listing,
    /// The result.
    #[command(flatten)]
    pub told: ResultTold,
}

/// The listing; these are the keys of `--json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OrdersReport {
    /// Orders, ascending by number.
    pub orders: Vec<ShownOrder>,
}

/// One order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownOrder {
    /// Its number.
    pub no: String,
    /// Its latest revision.
    pub revision: u64,
    /// The platform that issued it.
    pub issuer: String,
    /// The platform that it is for; empty within one platform.
    pub addressee: String,
    /// The organisation that has to answer.
    pub organisation: String,
    /// Its department.
    pub department: String,
    /// The code of its type.
    pub kind: &'static str,
    /// The finding that led to it.
    pub finding_no: String,
    /// The case that it is about.
    pub case_no: String,
    /// The complaint that it is about.
    pub complaint_no: String,
    /// What it says.
    pub opinion: String,
    /// When it was issued.
    pub issued_at: Option<String>,
    /// `issued`, `delivered`, `replied` or `closed`.
    pub state: &'static str,
    /// Whether the platform that it is for has its latest revision.
    pub delivered: bool,
    /// Whether it was withdrawn.
    pub withdrawn: bool,
    /// The first reply.
    pub reply: ShownTerm,
    /// The end.
    pub closing: ShownTerm,
    /// Whether something is not done, and too late.
    pub overdue: bool,
    /// The replies.
    pub replies: Vec<ShownReply>,
    /// How it ended.
    pub result: Option<ShownResult>,
    #[serde(skip)]
    kind_zh: &'static str,
    #[serde(skip)]
    state_zh: &'static str,
}

/// A reply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownReply {
    /// Its serial number.
    pub serial: u32,
    /// The organisation that replies.
    pub organisation: String,
    /// Its department.
    pub department: String,
    /// Who replied.
    pub operator_name: String,
    /// What.
    pub content: String,
    /// Whether an objective cause is claimed.
    pub objective_cause: bool,
    /// When.
    pub replied_at: Option<String>,
    /// `accepted`, `pending`, or `unanswered` while the gate has said nothing.
    pub standing: &'static str,
}

/// How an order ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShownResult {
    /// Who ended it.
    pub operator_name: String,
    /// How.
    pub result: String,
    /// Whether there was an objective cause.
    pub objective_cause: bool,
    /// Whether nobody had replied.
    pub without_reply: bool,
    /// When.
    pub ended_at: Option<String>,
    /// `accepted`, `pending`, or `unanswered` while the gate has said nothing.
    pub standing: &'static str,
}

/// Carries out a command about a node's orders.
///
/// # Errors
/// If the store cannot be read, the number is not known, or the answer is refused.
pub async fn order(command: &OrderCommand) -> anyhow::Result<Answer> {
    match command {
        OrderCommand::List(ListArgs { listing, query }) => {
            let ground = Ground::open(&listing.at, query.as_of.instant()).await?;
            let found = list(&ground, query).await;
            shown_as(&ground.closed(found).await?, listing.json)
        }
        OrderCommand::Show(ShowArgs { listing, no, as_of }) => {
            let ground = Ground::open(&listing.at, as_of.instant()).await?;
            let found = show(&ground, no).await;
            detailed(&ground.closed(found).await?, listing.json)
        }
        OrderCommand::Reply(ReplyArgs { listing, told }) => {
            let ground = Ground::open(&listing.at, told.when.instant()).await?;
            let done = reply(&ground, told).await;
            super::oversight::handed_in(&ground.closed(done).await?, listing.json)
        }
        OrderCommand::Result(ResultArgs { listing, told }) => {
            let ground = Ground::open(&listing.at, told.when.instant()).await?;
            let done = result(&ground, told).await;
            super::oversight::handed_in(&ground.closed(done).await?, listing.json)
        }
    }
}

/// The orders in the rows of a platform.
///
/// # Errors
/// Of the store.
pub async fn list(ground: &Ground, query: &OrderQuery) -> Result<OrdersReport, StoreError> {
    let mut orders = Vec::new();
    let whose = if query.from_hub { Whose::Hubs } else { Whose::Everybodys };
    for found in ground.all::<SupervisionOrder>(ORDER, "", whose).await? {
        let one = shown(ground, &found).await?;
        let wanted = (!query.overdue || one.overdue) && (!query.open || one.result.is_none());
        orders.extend(wanted.then_some(one));
    }
    Ok(OrdersReport { orders })
}

/// One order.
///
/// # Errors
/// Of the store; or if there is none of that number.
pub async fn show(ground: &Ground, no: &str) -> anyhow::Result<ShownOrder> {
    let found = known(ground, no).await?;
    Ok(shown(ground, &found).await?)
}

/// An order that is there.
async fn known(ground: &Ground, no: &str) -> anyhow::Result<Found<SupervisionOrder>> {
    match ground.one(ORDER, no).await? {
        Some(found) => Ok(found),
        None => {
            let all = ground.all::<SupervisionOrder>(ORDER, "", Whose::default()).await?;
            unknown(UNKNOWN, no, all.into_iter().map(|one| one.record))
        }
    }
}

/// The replies to an order.
async fn replies(ground: &Ground, no: &str) -> Result<Vec<Found<SupervisionReply>>, StoreError> {
    let mut replies =
        ground.all::<SupervisionReply>(REPLY, &format!("{no}-"), Whose::default()).await?;
    replies.retain(|one| !one.withdrawn);
    Ok(replies)
}

async fn shown(ground: &Ground, found: &Found<SupervisionOrder>) -> Result<ShownOrder, StoreError> {
    let order = &found.body;
    let replies = replies(ground, &found.record).await?;
    let result = ground.one::<SupervisionResult>(RESULT, &found.record).await?;
    let result = result.filter(|one| !one.withdrawn);
    let bodies: Vec<_> = replies.iter().map(|one| one.body.clone()).collect();
    let records = OrderRecords {
        order,
        delivered: found.delivered,
        replies: &bodies,
        result: result.as_ref().map(|one| &one.body),
    };
    let stands = stands(&records, ground.rules.calendar(), ground.now);
    let (reply, closing) = (ShownTerm::of(&stands.reply), ShownTerm::of(&stands.closing));
    Ok(ShownOrder {
        no: found.record.clone(),
        revision: found.revision,
        issuer: order.issuer.clone(),
        addressee: order.addressee.clone(),
        organisation: order.organisation.clone(),
        department: order.department.clone(),
        kind: SuperviseType::as_str_name(&order.r#type()),
        finding_no: order.finding_no.clone(),
        case_no: order.case_no.clone(),
        complaint_no: order.complaint_no.clone(),
        opinion: order.opinion.clone(),
        issued_at: instant(order.issued_at),
        state: stands.state.en(),
        delivered: found.delivered,
        withdrawn: found.withdrawn,
        overdue: !found.withdrawn && (reply.is_overdue() || closing.is_overdue()),
        reply,
        closing,
        replies: replies.iter().map(shown_reply).collect(),
        result: result.as_ref().map(shown_result),
        kind_zh: code_zh("supervise_type", order.r#type),
        state_zh: stands.state.zh(),
    })
}

fn shown_reply(found: &Found<SupervisionReply>) -> ShownReply {
    let body = &found.body;
    ShownReply {
        serial: body.serial,
        organisation: body.organisation.clone(),
        department: body.department.clone(),
        operator_name: body.operator_name.clone(),
        content: body.content.clone(),
        objective_cause: body.objective_cause,
        replied_at: instant(body.replied_at),
        standing: found.standing.map_or("unanswered", Standing::en),
    }
}

fn shown_result(found: &Found<SupervisionResult>) -> ShownResult {
    let body = &found.body;
    ShownResult {
        operator_name: body.operator_name.clone(),
        result: body.result.clone(),
        objective_cause: body.objective_cause,
        without_reply: body.without_reply,
        ended_at: instant(body.ended_at),
        standing: found.standing.map_or("unanswered", Standing::en),
    }
}

/// A listing as it is shown.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn shown_as(report: &OrdersReport, json: bool) -> anyhow::Result<Answer> {
    Answer::report(report, json, |report| {
        if report.orders.is_empty() {
            return "没有督办 · no orders\n".to_owned();
        }
        let left = Align::Left;
        let mut table = Table::new(&[
            ("督办编号 NO", left),
            ("收件平台 TO", left),
            ("被督办机构 ORGANISATION", left),
            ("状态 STATE", left),
            ("回复期限 REPLY DUE", left),
            ("办结期限 CLOSING DUE", left),
        ]);
        for one in &report.orders {
            let withdrawn = if one.withdrawn { "（已撤回 withdrawn）" } else { "" };
            table.row([
                one.no.clone(),
                if one.addressee.is_empty() { "–".to_owned() } else { one.addressee.clone() },
                one.organisation.clone(),
                format!("{} {}{withdrawn}", one.state_zh, one.state),
                one.reply.text().to_owned(),
                one.closing.text().to_owned(),
            ]);
        }
        table.render()
    })
}

/// One order as it is shown.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn detailed(order: &ShownOrder, json: bool) -> anyhow::Result<Answer> {
    Answer::report(order, json, answer::text)
}
