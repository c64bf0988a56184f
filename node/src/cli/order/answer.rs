//! Answers to orders: what a platform replies, and how it says that one ended.

use clap::Args;
use sanheyi_proto::standard::v1::{SupervisionReply, SupervisionResult};

use super::super::oversight::{Ground, HandedIn, When, draft};
use super::{REPLY, RESULT, ShownOrder, known, replies};

/// A reply.
#[derive(Clone, Debug, Args)]
pub struct ReplyTold {
    /// 督办编号 · Number of the order
    pub no: String,
    /// 回复内容 · What is replied
    #[arg(long, value_name = "TEXT")]
    pub content: String,
    /// 回复人 · Who replies
    #[arg(long, value_name = "NAME")]
    pub by: String,
    /// 回复机构编码，默认被督办机构 · The organisation that replies, else the one ordered
    #[arg(long, value_name = "CODE")]
    pub organisation: Option<String>,
    /// 回复部门，默认被督办部门 · Its department, else the one ordered
    #[arg(long, value_name = "NAME")]
    pub department: Option<String>,
    /// 申明有客观原因 · An objective cause is claimed
    #[arg(long)]
    pub objective_cause: bool,
    /// When it happened.
    #[command(flatten)]
    pub when: When,
}

/// A result.
#[derive(Clone, Debug, Args)]
pub struct ResultTold {
    /// 督办编号 · Number of the order
    pub no: String,
    /// 督办结果 · How it ended
    #[arg(long, value_name = "TEXT")]
    pub result: String,
    /// 办结人 · Who ends it
    #[arg(long, value_name = "NAME")]
    pub by: String,
    /// 有客观原因 · There was an objective cause
    #[arg(long)]
    pub objective_cause: bool,
    /// When it happened.
    #[command(flatten)]
    pub when: When,
}

/// Replies to an order that is there; what repeats the order is taken from it.
///
/// # Errors
/// If there is no such order ([`super::UNKNOWN`]), or if the reply is refused.
pub async fn reply(ground: &Ground, told: &ReplyTold) -> anyhow::Result<HandedIn> {
    let order = known(ground, &told.no).await?;
    let serial = ground.next_serial(REPLY, &told.no).await?;
    let body = SupervisionReply {
        order_no: told.no.clone(),
        serial,
        issuer: order.body.issuer,
        organisation: told.organisation.clone().unwrap_or(order.body.organisation),
        department: told.department.clone().unwrap_or(order.body.department),
        operator_name: told.by.clone(),
        content: told.content.clone(),
        objective_cause: told.objective_cause,
        ordered_at: order.body.issued_at,
        replied_at: ground.now.as_micros(),
        ..SupervisionReply::default()
    };
    let record = format!("{}-{serial:04}", told.no);
    ground.hand_in(draft(REPLY, record, &body, None, ground.now)).await
}

/// Says how an order ended that is there; said again, it is a revision of what was said before.
///
/// # Errors
/// If there is no such order ([`super::UNKNOWN`]), or if the result is refused.
pub async fn result(ground: &Ground, told: &ResultTold) -> anyhow::Result<HandedIn> {
    let order = known(ground, &told.no).await?;
    let before = ground.store.record_head(RESULT, &told.no).await?;
    let body = SupervisionResult {
        order_no: told.no.clone(),
        issuer: order.body.issuer,
        objective_cause: told.objective_cause,
        result: told.result.clone(),
        without_reply: replies(ground, &told.no).await?.is_empty(),
        operator_name: told.by.clone(),
        ordered_at: order.body.issued_at,
        ended_at: ground.now.as_micros(),
    };
    let follows = before.as_ref().map(|head| (head.revision, &head.place));
    ground.hand_in(draft(RESULT, told.no.clone(), &body, follows, ground.now)).await
}

/// All of one order, for a terminal.
pub(super) fn text(order: &ShownOrder) -> String {
    let mut text = format!(
        "督办 {} 第 {} 版 · order, revision {}\n  {} {} → {} {}{}\n  类型 type: {}\n  状态 state: {} {}{}\n",
        order.no,
        order.revision,
        order.revision,
        order.issuer,
        order.addressee,
        order.organisation,
        order.department,
        if order.withdrawn { "（已撤回 withdrawn）" } else { "" },
        order.kind_zh,
        order.state_zh,
        order.state,
        if order.delivered { "" } else { "（未送达 not delivered yet）" },
    );
    for (zh, en, no) in [
        ("监察编号", "finding", &order.finding_no),
        ("办件编号", "case", &order.case_no),
        ("投诉编号", "complaint", &order.complaint_no),
    ] {
        if !no.is_empty() {
            text.push_str(&format!("  {zh} {en}: {no}\n"));
        }
    }
    text.push_str(&format!("  督办意见 opinion: {}\n", order.opinion));
    for (zh, en, term) in
        [("回复期限", "reply due", &order.reply), ("办结期限", "closing due", &order.closing)]
    {
        text.push_str(&format!("  {zh} {en}: {}\n", term.text()));
        if let Some(why) = &term.unknown {
            text.push_str(&format!("    {why}\n"));
        }
    }
    for reply in &order.replies {
        let at = reply.replied_at.as_deref().unwrap_or("—");
        let cause = if reply.objective_cause { "（客观原因 objective cause）" } else { "" };
        text.push_str(&format!(
            "  回复 reply {} {at} {} {} {}{cause}\n    {}\n",
            reply.serial, reply.organisation, reply.operator_name, reply.standing, reply.content
        ));
    }
    if let Some(result) = &order.result {
        let at = result.ended_at.as_deref().unwrap_or("—");
        text.push_str(&format!(
            "  办结 closed {at} {} {}\n    {}\n",
            result.operator_name, result.standing, result.result
        ));
    }
    text
}
