//! `link`: in what state each platform's line is, since when, why, and what to do.

use clap::{Args, Subcommand};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::link::{LineReport, count, stale, text as line_text, time};
use sanheyi_node::cli::local::rfc3339;
use sanheyi_node::cli::status::skew;
use sanheyi_node::cli::table::{Align, Table};
use sanheyi_node::health::report::LinkReport;
use sanheyi_node::process::clock::{Clock as _, SystemClock};
use serde::Serialize;

use super::Listing;
use crate::health::beside::{Lines, lines};

/// What `link --help` ends with.
pub(crate) const HELP: &str = "\
例 · Examples:
  sanheyi-hub link list                        各平台链路 · the line of every platform
  sanheyi-hub link show jintan                 为何，怎么办 · why, and what to do
  sanheyi-hub link list --json | jq '.links[] | select(.state != \"live\") | {platform, state, since}'

状态 · State: 从未连接 never，正常 live，积压 behind，离线 offline，停滞 stuck，扣留 held，磁盘已满 full；与页面、指标、doctor 用词相同。
The same words as in pages, metrics and `doctor`. What is shown is what the running instances have noted, ten seconds ago at
most; without a process every line is offline, and running is false. A tenant has no line: it is live where its branch runs.
JSON of list: hub, running, noted (when a process last noted how it stands)
  links [title_zh, title_en, hosted, platform, state, code (of a held line), since, behind_up, behind_down (null: not known),
  unjudged, heard, heartbeat, version, address, skew_micros]
JSON of show: title_zh, title_en, hosted, running, noted, the same keys of the line,
  lanes [line, way (up, down), size, behind, waits_until, stopped]
  findings [name, severity, subject, since, what_zh, what_en, remedy_zh, remedy_en]";

#[derive(Debug, Subcommand)]
pub(crate) enum LinkCommand {
    /// 列出各平台链路 · List the lines of all platforms
    List(Listing),
    /// 查看一个平台的链路：为何，怎么办 · One platform's line: why, and what to do
    Show(ShowArgs),
}

#[derive(Clone, Debug, Args)]
pub(crate) struct ShowArgs {
    /// 平台 · The platform
    platform: PlatformId,
    #[command(flatten)]
    listing: Listing,
}

/// All lines; these are the keys of `--json`.
#[derive(Debug, Serialize)]
struct LinksReport {
    hub: String,
    running: bool,
    noted: Option<String>,
    links: Vec<Titled<LinkReport>>,
}

/// What is told of a platform's line, with whose it is.
#[derive(Debug, Serialize)]
struct Titled<T> {
    title_zh: String,
    title_en: String,
    /// Whether its branch lives in the hub.
    hosted: bool,
    #[serde(flatten)]
    told: T,
}

pub(crate) async fn link(command: LinkCommand) -> anyhow::Result<Answer> {
    match command {
        LinkCommand::List(listing) => list(&listing).await,
        LinkCommand::Show(args) => show(&args).await,
    }
}

async fn look(listing: &Listing) -> anyhow::Result<(String, Lines)> {
    let (config, database) = listing.at.open().await?;
    let seen = lines(&database, &config.hub, SystemClock.now()).await;
    database.close().await;
    Ok((config.hub.to_string(), seen?))
}

async fn list(listing: &Listing) -> anyhow::Result<Answer> {
    let (hub, Lines { lines, noted }) = look(listing).await?;
    let links = lines.iter().map(|(row, seen)| Titled {
        title_zh: row.title_zh.clone(),
        title_en: row.title_en.clone(),
        hosted: row.hosted,
        told: seen.into(),
    });
    let links = links.collect();
    let (running, noted) = (noted.lives(), noted.last().and_then(rfc3339));
    Answer::report(&LinksReport { hub, running, noted, links }, listing.json, text)
}

async fn show(args: &ShowArgs) -> anyhow::Result<Answer> {
    let (_, Lines { lines, noted }) = look(&args.listing).await?;
    let platform = &args.platform;
    let Some((row, seen)) = lines.iter().find(|(row, _)| row.platform == *platform) else {
        anyhow::bail!(
            "没有登记平台 {platform}，请用 platform list 核对 / no platform {platform} is registered: see `platform list`"
        );
    };
    let report = Titled {
        title_zh: row.title_zh.clone(),
        title_en: row.title_en.clone(),
        hosted: row.hosted,
        told: LineReport::new(seen, &noted),
    };
    Answer::report(&report, args.listing.json, |report| {
        let hosted = if report.hosted { "（托管 hosted）" } else { "" };
        let title = format!("{} {}{hosted}", report.title_zh, report.title_en);
        format!("{title}\n{}", line_text(&report.told))
    })
}

fn text(report: &LinksReport) -> String {
    let (left, right) = (Align::Left, Align::Right);
    let mut table = Table::new(&[
        ("平台 PLATFORM", left),
        ("状态 STATE", left),
        ("自 SINCE", left),
        ("上行积压 UP", right),
        ("下行积压 DOWN", right),
        ("最近心跳 HEARTBEAT", left),
        ("程序 VERSION", left),
        ("地址 ADDRESS", left),
        ("时钟差 SKEW", right),
    ]);
    let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "—".to_owned());
    for Titled { title_zh, title_en, hosted, told } in &report.links {
        let hosted = if *hosted { "（托管 hosted）" } else { "" };
        table.row([
            format!("{} {title_zh} {title_en}{hosted}", told.platform),
            told.words.clone(),
            time(told.since.as_deref()),
            count(told.behind_up),
            count(told.behind_down),
            time(told.heartbeat.as_deref()),
            dash(&told.version),
            dash(&told.address),
            told.skew_micros.map_or_else(|| "—".to_owned(), skew),
        ]);
    }
    let stale = stale(report.running, report.noted.as_deref());
    let next = "为何与怎么办 · why, and what to do: sanheyi-hub link show PLATFORM";
    format!("市级平台 · hub {}\n{stale}{}{next}\n", report.hub, table.render())
}

#[cfg(test)]
mod tests;
