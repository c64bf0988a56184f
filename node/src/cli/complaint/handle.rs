//! What a platform does with a complaint, and how one is shown with all that was done.

use clap::{Args, ValueEnum};
use sanheyi_proto::standard::v1::{
    ComplaintFinding, ComplaintHandling, HandlingAction, Limit, LimitUnit,
};

use super::super::oversight::{Ground, HandedIn, When, draft};
use super::{HANDLING, ShownComplaint, known};

/// A piece of work.
#[derive(Clone, Debug, Args)]
pub struct HandleTold {
    /// 投诉编号 · Number of the complaint
    pub no: String,
    /// 处理方式 · What is done
    #[arg(long, value_name = "ACTION")]
    pub action: Action,
    /// 处理意见：答复、不予受理的理由、延期的理由 · The answer, or the reason of a refusal or an extension
    #[arg(long, value_name = "TEXT", default_value_t)]
    pub opinion: String,
    /// 承办部门 · The department
    #[arg(long, value_name = "NAME")]
    pub department: String,
    /// 承办人编码 · Staff code of who does it
    #[arg(long, value_name = "CODE")]
    pub staff_code: String,
    /// 承办人姓名 · Name of who does it
    #[arg(long, value_name = "NAME")]
    pub staff_name: String,
    /// 承办机构编码，默认被投诉机构 · The organisation that does it, else the one complained of
    #[arg(long, value_name = "CODE")]
    pub organisation: Option<String>,
    /// 核查结论 · Whether the complaint was right
    #[arg(long, value_name = "OUTCOME")]
    pub outcome: Option<Outcome>,
    /// 处理结果 · What was put right, and who was held to account
    #[arg(long, value_name = "TEXT", default_value_t)]
    pub result: String,
    /// 转办机构编码 · The organisation that it is passed on to
    #[arg(long, value_name = "CODE", default_value_t)]
    pub transferred_to: String,
    /// 延期的工作日数 · Working days by which the limit is extended
    #[arg(long, value_name = "DAYS")]
    pub extend_by: Option<u32>,
    /// When it happened.
    #[command(flatten)]
    pub when: When,
}

/// What is done with a complaint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Action {
    /// 受理.
    Accept,
    /// 不予受理.
    Refuse,
    /// 转办.
    Transfer,
    /// 调查核实.
    Investigate,
    /// 延期.
    Extend,
    /// 答复.
    Answer,
    /// 办结.
    Close,
}

/// Whether a complaint was right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Outcome {
    /// 属实.
    True,
    /// 部分属实.
    PartlyTrue,
    /// 不属实.
    Untrue,
    /// 无法核实.
    Unverifiable,
}

/// Writes down what is done with a complaint that is there.
///
/// # Errors
/// If there is no such complaint ([`super::UNKNOWN`]), or if the work is refused.
pub async fn handle(ground: &Ground, told: &HandleTold) -> anyhow::Result<HandedIn> {
    let complaint = known(ground, &told.no).await?.body;
    let serial = ground.next_serial(HANDLING, &told.no).await?;
    let now = ground.now.as_micros();
    let accused = [complaint.accused_organisation, complaint.organisation];
    let about = accused.into_iter().find(|one| !one.is_empty());
    let extension =
        told.extend_by.map(|amount| Limit { amount, unit: LimitUnit::WorkingDay.into() });
    let body = ComplaintHandling {
        complaint_no: told.no.clone(),
        serial,
        organisation: told.organisation.clone().or(about).unwrap_or_default(),
        department: told.department.clone(),
        staff_code: told.staff_code.clone(),
        staff_name: told.staff_name.clone(),
        action: HandlingAction::from(told.action).into(),
        opinion: told.opinion.clone(),
        outcome: told.outcome.map_or(ComplaintFinding::Unspecified, Into::into).into(),
        result: told.result.clone(),
        transferred_to: told.transferred_to.clone(),
        extension,
        began_at: now,
        replied_at: (told.action == Action::Answer).then_some(now),
        attachments: Vec::new(),
    };
    let record = format!("{}-{serial:04}", told.no);
    ground.hand_in(draft(HANDLING, record, &body, None, ground.now)).await
}

/// All of one complaint, for a terminal.
pub(super) fn text(complaint: &ShownComplaint) -> String {
    let mut text = format!(
        "投诉 {} 第 {} 版 · complaint, revision {}\n  {} {} → {} {}{}\n  投诉标题 title: {}\n  状态 state: {} {}{}\n",
        complaint.no,
        complaint.revision,
        complaint.revision,
        complaint.author,
        complaint.organisation,
        complaint.addressee,
        complaint.accused_organisation,
        if complaint.withdrawn { "（已撤回 withdrawn）" } else { "" },
        complaint.title,
        complaint.state_zh,
        complaint.state,
        if complaint.delivered { "" } else { "（未送达 not delivered yet）" },
    );
    if !complaint.case_no.is_empty() {
        text.push_str(&format!("  办件编号 case: {}\n", complaint.case_no));
    }
    for (zh, en, term) in [
        ("受理期限", "accept by", &complaint.acceptance),
        ("答复期限", "answer by", &complaint.answer),
    ] {
        text.push_str(&format!("  {zh} {en}: {}\n", term.text()));
        if let Some(why) = &term.unknown {
            text.push_str(&format!("    {why}\n"));
        }
    }
    for one in &complaint.handlings {
        let at = one.began_at.as_deref().unwrap_or("—");
        text.push_str(&format!(
            "  处理 {} {} {at} {} {} {}\n",
            one.serial, one.action_zh, one.organisation, one.staff_name, one.standing
        ));
        for said in [&one.opinion, &one.result].into_iter().filter(|said| !said.is_empty()) {
            text.push_str(&format!("    {said}\n"));
        }
    }
    text
}

// === impl Action ===

impl From<Action> for HandlingAction {
    fn from(action: Action) -> Self {
        match action {
            Action::Accept => HandlingAction::Accept,
            Action::Refuse => HandlingAction::Refuse,
            Action::Transfer => HandlingAction::Transfer,
            Action::Investigate => HandlingAction::Investigate,
            Action::Extend => HandlingAction::Extend,
            Action::Answer => HandlingAction::Answer,
            Action::Close => HandlingAction::Close,
        }
    }
}

// === impl Outcome ===

impl From<Outcome> for ComplaintFinding {
    fn from(outcome: Outcome) -> Self {
        match outcome {
            Outcome::True => ComplaintFinding::True,
            Outcome::PartlyTrue => ComplaintFinding::PartlyTrue,
            Outcome::Untrue => ComplaintFinding::Untrue,
            Outcome::Unverifiable => ComplaintFinding::Unverifiable,
        }
    }
}
