//! `quarantine show`: one entry, whole.

use anyhow::bail;
use clap::Args;
use sanheyi_exchange_spec::dictionary::lines::Line;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::local::rfc3339;
use sanheyi_node::store::Database;
use serde::Serialize;

use super::super::Listing;
use super::list::{Quarantined, at, entry_text, quarantined};
use super::review::{Working, who};
use crate::quarantine::show::BodyShown;
use crate::quarantine::{Desk, Detail};

/// What `quarantine show` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    listing: Listing,
    /// 平台 · Whose
    platform: PlatformId,
    /// 数据集/记录/版本 · Dataset, record and revision
    #[arg(value_name = "DATASET/RECORD/REVISION")]
    entry: String,
    /// 不遮盖个人信息；须写明用途，并记入审计 · Show personal fields; say what for, it is written down
    #[arg(long, requires = "purpose")]
    personal: bool,
    /// 查看个人信息的用途，记入审计 · What personal fields are looked at for
    #[arg(long, value_name = "TEXT", requires = "personal")]
    purpose: Option<String>,
}

/// One entry; these are the keys of `--json`.
#[derive(Debug, Serialize)]
struct ShownReport {
    #[serde(flatten)]
    entry: Quarantined,
    operation: &'static str,
    standard: u32,
    occurred: Option<String>,
    recorded: Option<String>,
    custody_epoch: u64,
    digest: String,
    follows: Option<String>,
    /// `there`, `gone` or `unreadable`.
    body_is: &'static str,
    body: Vec<ShownLine>,
    #[serde(skip)]
    shown: String,
}

/// One field of the body.
#[derive(Debug, Serialize)]
struct ShownLine {
    path: String,
    depth: usize,
    title_zh: &'static str,
    title_en: &'static str,
    zh: Option<String>,
    en: Option<String>,
    personal: bool,
    masked: bool,
}

pub(super) async fn show(args: ShowArgs) -> anyhow::Result<Answer> {
    let name = super::named(&args.platform, &args.entry)?;
    if let Some(purpose) = args.purpose.as_deref().filter(|_| args.personal) {
        let working = Working::open(&args.listing).await?;
        let noted = working.desk.audit_look(&name, purpose, &who(&working.config)?).await;
        working.close().await;
        noted?;
    }
    let (config, database) = args.listing.at.open().await?;
    let found = found(&database, &config.hub, &name, args.personal).await;
    database.close().await;
    let Some(detail) = found? else {
        bail!(
            "{name} 不在隔离区，也未待判 / {name} is neither quarantined nor pending; see `sanheyi-hub quarantine list --state all`"
        )
    };
    Answer::report(&report(detail), args.listing.json, text)
}

async fn found(
    database: &Database,
    hub: &PlatformId,
    name: &crate::quarantine::EntryName,
    personal: bool,
) -> anyhow::Result<Option<Detail>> {
    Ok(Desk::new(database.clone(), hub.clone()).show(name, personal).await?)
}

fn report(detail: Detail) -> ShownReport {
    let Detail { item, header, digest, body } = detail;
    let shown = format!(
        "收到 received {} · 发生 occurred {} · 记录 recorded {}",
        at(item.received),
        at(Some(header.occurred)),
        at(Some(header.recorded))
    );
    let (body_is, lines) = match body {
        BodyShown::Lines(lines) => ("there", lines),
        BodyShown::Gone => ("gone", Vec::new()),
        BodyShown::Unreadable => ("unreadable", Vec::new()),
    };
    ShownReport {
        entry: quarantined(item),
        operation: match header.operation {
            sanheyi_exchange_spec::entry::Operation::Put => "put",
            sanheyi_exchange_spec::entry::Operation::Withdraw => "withdraw",
        },
        standard: header.standard,
        occurred: rfc3339(header.occurred),
        recorded: rfc3339(header.recorded),
        custody_epoch: header.custody_epoch,
        digest: digest.to_string(),
        follows: header.follows.map(|one| one.to_string()),
        body_is,
        body: lines.into_iter().map(line).collect(),
        shown,
    }
}

fn line(line: Line) -> ShownLine {
    ShownLine {
        path: line.path,
        depth: line.depth,
        title_zh: line.title_zh,
        title_en: line.title_en,
        zh: line.value_zh,
        en: line.value_en,
        personal: line.personal,
        masked: line.masked,
    }
}

fn text(report: &ShownReport) -> String {
    let mut text = entry_text(&report.entry);
    text.push_str(&format!("{}\n", report.entry.journal));
    text.push_str(&format!("{} {} · {}\n", report.operation, report.digest, report.shown));
    match report.body_is {
        "gone" => text.push_str("正文已删除或没有正文 · there is no body, or it was erased\n"),
        "unreadable" => {
            text.push_str("正文无法按本版标准读出 · the body cannot be read by this standard\n");
        }
        _ => {}
    }
    for ShownLine { path, depth, title_zh, title_en, zh, masked, .. } in &report.body {
        let (indent, mark) =
            ("  ".repeat(depth + 1), if *masked { " [已遮盖 masked]" } else { "" });
        let value = zh.as_deref().map(|zh| format!("：{zh}")).unwrap_or_default();
        text.push_str(&format!("{indent}{title_zh} {title_en} ({path}){value}{mark}\n"));
    }
    text
}
