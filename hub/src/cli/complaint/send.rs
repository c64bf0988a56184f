//! Sending a complaint to the platform that is to handle it.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use clap::{Args, ValueEnum};
use prost::Message as _;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::complaint::COMPLAINT;
use sanheyi_node::cli::oversight::When;
use sanheyi_proto::standard::v1::{
    Complainant, Complaint, ComplaintState, ComplaintWay, Limit, LimitUnit,
};
use serde::Serialize;

use super::super::oversight::{City, body_of, draft_of, json_of};
use super::super::{Listing, desk};

/// What `complaint send` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct SendArgs {
    #[command(flatten)]
    listing: Listing,
    /// 收件平台 · The platform that it is for
    #[arg(long, value_name = "PLATFORM")]
    to: PlatformId,
    /// 正文 JSON 文件，代替以下各项 · A body as JSON, instead of what follows
    #[arg(long, value_name = "FILE", conflicts_with_all = ["no", "organisation", "title", "content"])]
    file: Option<PathBuf>,
    /// 投诉编号，默认为下一个空号 · Its number, else the next free one
    #[arg(long)]
    no: Option<String>,
    /// 登记机构编码 · The organisation that registered it
    #[arg(long, value_name = "CODE", required_unless_present = "file")]
    organisation: Option<String>,
    /// 投诉标题 · Its title
    #[arg(long, value_name = "TEXT", required_unless_present = "file")]
    title: Option<String>,
    /// 投诉内容 · What it says
    #[arg(long, value_name = "TEXT", required_unless_present = "file")]
    content: Option<String>,
    /// 投诉方式 · How it came in
    #[arg(long, default_value = "transferred")]
    way: Way,
    /// 被投诉机构编码 · The organisation complained of
    #[arg(long, value_name = "CODE", default_value_t)]
    accused: String,
    /// 权力编码 · The power that it is about
    #[arg(long, value_name = "CODE", default_value_t)]
    power: String,
    /// 投诉人姓名；不填为匿名 · Who complains; anonymous where it is not given
    #[arg(long, value_name = "NAME")]
    complainant: Option<String>,
    /// 投诉人电话 · Telephone of who complains
    #[arg(long, value_name = "NUMBER", requires = "complainant", default_value_t)]
    phone: String,
    /// 办理期限（工作日）；不填为一个月 · Working days for the answer; a month where it is not given
    #[arg(long, value_name = "DAYS")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=250))]
    due: Option<u32>,
    /// 更正已转办的投诉 · Correct a complaint that was sent
    #[arg(long)]
    revise: bool,
    #[command(flatten)]
    when: When,
    /// 只显示，不发出 · Show it, and send nothing
    #[arg(long)]
    dry_run: bool,
}

/// How a complaint came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Way {
    /// 来访.
    Visit,
    /// 来信.
    Letter,
    /// 电话.
    Telephone,
    /// 网上.
    Online,
    /// 电子邮件.
    Email,
    /// 政务热线.
    Hotline,
    /// 媒体反映.
    Media,
    /// 上级转办.
    Transferred,
    /// 其他.
    Other,
}

/// What was sent; these are the keys of `--json`.
#[derive(Serialize)]
struct Sent {
    no: String,
    platform: String,
    /// Revision, where it was sent.
    revision: Option<u64>,
    body: serde_json::Value,
}

pub(super) async fn send(args: &SendArgs) -> anyhow::Result<Answer> {
    let city = City::open(&args.listing.at, args.when.instant()).await?;
    let composed = compose(&city, args).await;
    let (now, body) = (city.now, city.closed(composed).await?);
    let draft = draft_of(COMPLAINT, body.encode_to_vec(), now)?;
    let shown = json_of(COMPLAINT, &draft.body)?;
    let revision = match args.dry_run {
        true => None,
        false => {
            let appended = desk::hand_in(&args.listing.at, vec![draft]).await?;
            appended.first().map(|one| one.revision)
        }
    };
    let sent = Sent { no: body.no, platform: args.to.to_string(), revision, body: shown };
    Answer::report(&sent, args.listing.json, |Sent { no, platform, revision, body }| match revision
    {
        Some(revision) => format!(
            "已向 {platform} 转办投诉 {no}（第 {revision} 版）· complaint {no} is sent to {platform}\n"
        ),
        None => format!("试转办，未写入 · nothing was written:\n{body:#}\n"),
    })
}

async fn compose(city: &City, args: &SendArgs) -> anyhow::Result<Complaint> {
    let ground = city.ground(city.platform(&args.to)?).await?;
    let mut body = match &args.file {
        Some(file) => Complaint::decode(body_of(COMPLAINT, file)?.as_slice())?,
        None => told(city, args).await?,
    };
    body.addressee = args.to.to_string();
    let there = ground.one::<Complaint>(COMPLAINT, &body.no).await?.is_some();
    if there != args.revise {
        let no = &body.no;
        match there {
            true => bail!(
                "投诉 {no} 已有；更正请加 --revise · {no} is there already: to correct it add --revise"
            ),
            false => bail!("没有投诉 {no}，无从更正 · there is no complaint {no} to correct"),
        }
    }
    Ok(body)
}

/// A complaint as the options say it.
async fn told(city: &City, args: &SendArgs) -> anyhow::Result<Complaint> {
    let organisation = args.organisation.clone().context("--organisation")?;
    let no = match &args.no {
        Some(no) => no.clone(),
        None => city.next_number::<Complaint>(COMPLAINT, &organisation).await?,
    };
    let now = city.now.as_micros();
    let complainant = args.complainant.clone().map(|name| Complainant {
        name,
        phone: args.phone.clone(),
        ..Complainant::default()
    });
    let anonymous = Complainant { anonymous: true, ..Complainant::default() };
    Ok(Complaint {
        no,
        organisation,
        title: args.title.clone().context("--title")?,
        content: args.content.clone().context("--content")?,
        way: ComplaintWay::from(args.way).into(),
        complainant: Some(complainant.unwrap_or(anonymous)),
        accused_organisation: args.accused.clone(),
        power_code: args.power.clone(),
        received_at: now,
        updated_at: now,
        due: args.due.map(|amount| Limit { amount, unit: LimitUnit::WorkingDay.into() }),
        state: ComplaintState::Registered.into(),
        ..Complaint::default()
    })
}

// === impl Way ===

impl From<Way> for ComplaintWay {
    fn from(way: Way) -> Self {
        match way {
            Way::Visit => ComplaintWay::Visit,
            Way::Letter => ComplaintWay::Letter,
            Way::Telephone => ComplaintWay::Telephone,
            Way::Online => ComplaintWay::Online,
            Way::Email => ComplaintWay::Email,
            Way::Hotline => ComplaintWay::Hotline,
            Way::Media => ComplaintWay::Media,
            Way::Transferred => ComplaintWay::Transferred,
            Way::Other => ComplaintWay::Other,
        }
    }
}
