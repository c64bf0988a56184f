//! `dispatch`: anything that the hub may write and no other command is made for (签发): opinions of
//! the legal office on power items, findings, cards, clearings. It goes to the platform that it
//! names.

use std::path::PathBuf;

use anyhow::{Context as _, anyhow};
use clap::Args;
use sanheyi_exchange_spec::ids::Audience;
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::oversight::AsOf;
use serde::Serialize;

use super::oversight::{body_of, draft_of};
use super::{Listing, desk};

pub(super) const HELP: &str = "\
例 · Examples:
  sanheyi-hub dispatch catalogue.review opinion.json --dry-run    发给谁、走哪条信道 · for whom, on which lane
  sanheyi-hub dispatch catalogue.review opinion.json              法制审核意见 · an opinion of the legal office
  sanheyi-hub dispatch supervision.card card.json                 监察告知单 · a card of supervision
正文为 JSON，同 standard json；须填写收件平台 · the body is JSON as `standard json` writes it, and names the platform
JSON: dataset, record, revision (null: nothing was written), lane, platform (null: all)";

/// What is dispatched.
#[derive(Clone, Debug, Args)]
pub(crate) struct DispatchArgs {
    #[command(flatten)]
    listing: Listing,
    /// 数据集 · The dataset
    dataset: String,
    /// 正文 JSON 文件 · The body as JSON
    file: PathBuf,
    /// 只显示发给谁 · Only show for whom it is
    #[arg(long)]
    dry_run: bool,
}

/// What was or would be dispatched; these are the keys of `--json`.
#[derive(Debug, Serialize)]
struct Dispatched {
    dataset: &'static str,
    record: String,
    revision: Option<u64>,
    lane: String,
    platform: Option<String>,
}

pub(crate) async fn dispatch(args: DispatchArgs) -> anyhow::Result<Answer> {
    let known = sanheyi_proto::dataset(&args.dataset).with_context(|| {
        format!("标准中没有数据集 {0} · dataset {0} is not in the standard", args.dataset)
    })?;
    let body = body_of(known.name, &args.file)?;
    let draft = draft_of(known.name, body, AsOf::default().instant())?;
    let audience = desk::whom(&draft).map_err(|reasons| {
        let told: Vec<_> = reasons.iter().map(ToString::to_string).collect();
        anyhow!(told.join("\n"))
    })?;
    let mut dispatched = Dispatched {
        dataset: known.name,
        record: draft.record.clone(),
        revision: None,
        lane: sanheyi_exchange_spec::ids::Lane::from(known.lane).to_string(),
        platform: match audience {
            Audience::All => None,
            Audience::One(platform) => Some(platform.to_string()),
        },
    };
    if !args.dry_run {
        let appended = desk::hand_in(&args.listing.at, vec![draft]).await?;
        dispatched.revision = appended.first().map(|one| one.revision);
    }
    Answer::report(&dispatched, args.listing.json, text)
}

fn text(dispatched: &Dispatched) -> String {
    let Dispatched { dataset, record, revision, lane, platform } = dispatched;
    let all = "全部平台 all platforms";
    let whom = platform.as_deref().unwrap_or(all);
    match revision {
        Some(revision) => format!(
            "已签发 {dataset} {record} 第 {revision} 版 → {whom}，信道 {lane} · dispatched as revision {revision} to {whom}, lane {lane}\n"
        ),
        None => format!(
            "试签发，未写入 · nothing was written: {dataset} {record} → {whom}，信道 lane {lane}\n"
        ),
    }
}
