//! Issuing an order.

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use prost::Message as _;
use sanheyi_exchange_spec::calendar::Limit;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::oversight::{REPLY_WORKING_DAYS, last_instant};
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::local::shown;
use sanheyi_node::cli::order::ORDER;
use sanheyi_node::cli::oversight::{Ground, When};
use sanheyi_proto::standard::v1::{
    CaseFamily, Complaint, Finding, SuperviseType, SupervisionOrder,
};
use serde::Serialize;

use super::super::oversight::{City, draft_of, json_of};
use super::super::{Listing, desk};

/// What `order issue` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct IssueArgs {
    #[command(flatten)]
    listing: Listing,
    /// 收件平台 · The platform that it is for
    #[arg(long, value_name = "PLATFORM")]
    to: PlatformId,
    /// 督办编号，默认为下一个空号 · Its number, else the next free one
    #[arg(long)]
    no: Option<String>,
    /// 督办机构编码 · The organisation that orders
    #[arg(long, value_name = "CODE")]
    supervisor: String,
    /// 被督办机构编码，默认依监察或投诉 · The organisation ordered, else as finding or complaint say
    #[arg(long, value_name = "CODE")]
    organisation: Option<String>,
    /// 被督办部门 · Its department
    #[arg(long, value_name = "NAME", default_value_t)]
    department: String,
    /// 督办意见 · What it says
    #[arg(long, value_name = "TEXT")]
    opinion: String,
    /// 督办人 · Who orders
    #[arg(long, value_name = "NAME")]
    by: String,
    /// 监察编号 · The finding that led to it
    #[arg(long, value_name = "NO")]
    finding: Option<String>,
    /// 办件编号 · The case that it is about
    #[arg(long, value_name = "NO")]
    case: Option<String>,
    /// 办件类型，默认查该平台的办件 · The family of the case, else it is looked up at the platform
    #[arg(long)]
    family: Option<Family>,
    /// 投诉编号 · The complaint that it is about
    #[arg(long, value_name = "NO")]
    complaint: Option<String>,
    /// 权力编码 · The power that it is about
    #[arg(long, value_name = "CODE")]
    power: Option<String>,
    /// 回复期限（工作日）· Working days for the reply
    #[arg(long, value_name = "DAYS", default_value_t = REPLY_WORKING_DAYS)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=250))]
    reply_within: u32,
    /// 更正已签发的督办 · Correct an order that was issued
    #[arg(long, requires = "no")]
    revise: bool,
    #[command(flatten)]
    when: When,
    /// 只显示，不签发 · Show it, and issue nothing
    #[arg(long)]
    dry_run: bool,
}

/// A family of cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Family {
    /// 非处罚类办件.
    Permit,
    /// 处罚案件.
    Penalty,
}

/// What was issued; these are the keys of `--json`.
#[derive(Serialize)]
struct Issued {
    no: String,
    platform: String,
    reply_due: String,
    /// Revision, where it was issued.
    revision: Option<u64>,
    body: serde_json::Value,
}

/// What the order is about.
#[derive(Default)]
struct About {
    kind: SuperviseType,
    family: CaseFamily,
    case_no: String,
    finding_no: String,
    complaint_no: String,
    organisation: Option<String>,
    power_code: String,
}

pub(super) async fn issue(args: &IssueArgs) -> anyhow::Result<Answer> {
    let city = City::open(&args.listing.at, args.when.instant()).await?;
    let composed = compose(&city, args).await;
    let (now, body) = (city.now, city.closed(composed).await?);
    let due = shown(sanheyi_exchange_spec::time::Timestamp::from_micros(body.reply_due_at));
    let draft = draft_of(ORDER, body.encode_to_vec(), now)?;
    let shown = json_of(ORDER, &draft.body)?;
    let revision = match args.dry_run {
        true => None,
        false => {
            let appended = desk::hand_in(&args.listing.at, vec![draft]).await?;
            appended.first().map(|one| one.revision)
        }
    };
    let platform = args.to.to_string();
    let issued = Issued { no: body.no, platform, reply_due: due, revision, body: shown };
    Answer::report(&issued, args.listing.json, text)
}

fn text(issued: &Issued) -> String {
    let Issued { no, platform, reply_due, revision, body } = issued;
    match revision {
        Some(revision) => format!(
            "已向 {platform} 签发督办 {no}（第 {revision} 版），回复期限 {reply_due} · order {no} is issued to {platform}, reply due {reply_due}\n"
        ),
        None => format!(
            "试签发，未写入 · nothing was written:\n{body:#}\n回复期限 · reply due: {reply_due}\n"
        ),
    }
}

async fn compose(city: &City, args: &IssueArgs) -> anyhow::Result<SupervisionOrder> {
    let ground = city.ground(city.platform(&args.to)?).await?;
    let about = about(&ground, args).await?;
    let no = match &args.no {
        Some(no) => no.clone(),
        None => city.next_number::<SupervisionOrder>(ORDER, &args.supervisor).await?,
    };
    let there = ground.one::<SupervisionOrder>(ORDER, &no).await?.is_some();
    if there != args.revise {
        match there {
            true => bail!(
                "督办 {no} 已签发；更正请加 --revise · {no} is issued already: to correct it add --revise"
            ),
            false => bail!("没有督办 {no}，无从更正 · there is no order {no} to correct"),
        }
    }
    let within = Limit::working_days(args.reply_within);
    let due = last_instant(city.rules.calendar(), city.now, within).map_err(|out| {
        anyhow::anyhow!(
            "{}；请先发布该年日历 · {out}: publish that year's calendar first",
            out.zh()
        )
    })?;
    let organisation = args.organisation.clone().or(about.organisation).context(
        "须指明被督办机构 --organisation · say which organisation is ordered: --organisation",
    )?;
    Ok(SupervisionOrder {
        no,
        issuer: city.config.hub.to_string(),
        r#type: about.kind.into(),
        finding_no: about.finding_no,
        family: about.family.into(),
        case_no: about.case_no,
        complaint_no: about.complaint_no,
        power_code: args.power.clone().unwrap_or(about.power_code),
        organisation,
        department: args.department.clone(),
        supervisor: args.supervisor.clone(),
        operator_name: args.by.clone(),
        opinion: args.opinion.clone(),
        issued_at: city.now.as_micros(),
        reply_due_at: due.as_micros(),
        addressee: args.to.to_string(),
        ..SupervisionOrder::default()
    })
}

/// What the order is about: as the operator says, else as finding and complaint say.
async fn about(ground: &Ground, args: &IssueArgs) -> anyhow::Result<About> {
    let mut about = About {
        finding_no: args.finding.clone().unwrap_or_default(),
        complaint_no: args.complaint.clone().unwrap_or_default(),
        ..About::default()
    };
    if let Some(no) = &args.finding
        && let Some(found) = ground.one::<Finding>("supervision.finding", no).await?
    {
        (about.family, about.power_code) = (found.body.family(), found.body.power_code);
        about.case_no = found.body.case_no;
        about.organisation = Some(found.body.organisation);
    }
    if let Some(no) = &args.complaint
        && let Some(found) = ground.one::<Complaint>("supervision.complaint", no).await?
    {
        let accused = found.body.accused_organisation;
        about.organisation = about.organisation.or((!accused.is_empty()).then_some(accused));
    }
    if let Some(no) = &args.case {
        about.case_no.clone_from(no);
        about.family = family(ground, args, no).await?;
    }
    about.kind = match (about.family, args.finding.is_some(), args.complaint.is_some()) {
        (_, _, true) => SuperviseType::Complaint,
        (CaseFamily::Permit, true, _) => SuperviseType::CaseAlarm,
        (CaseFamily::Penalty, true, _) => SuperviseType::PenaltyAlarm,
        (CaseFamily::Permit, false, _) => SuperviseType::Case,
        (CaseFamily::Penalty, false, _) => SuperviseType::Penalty,
        (CaseFamily::Unspecified, ..) => SuperviseType::Department,
    };
    Ok(about)
}

/// The family of a case, as the operator says, else as the platform has it.
async fn family(ground: &Ground, args: &IssueArgs, no: &str) -> anyhow::Result<CaseFamily> {
    match args.family {
        Some(Family::Permit) => return Ok(CaseFamily::Permit),
        Some(Family::Penalty) => return Ok(CaseFamily::Penalty),
        None => {}
    }
    for (dataset, family) in
        [("case.case", CaseFamily::Permit), ("case.penalty", CaseFamily::Penalty)]
    {
        if ground.store.record_head(dataset, no).await?.is_some() {
            return Ok(family);
        }
    }
    bail!(
        "该平台没有办件 {no}，请用 --family 指明类型 · the platform has no case {no}: say its family with --family"
    )
}
