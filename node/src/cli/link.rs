//! `link`: in what state the line to the hub is, since when, why, and what to do. A hub's command
//! shows its lines by the same functions.

use sanheyi_exchange_spec::health::Severity;
use serde::Serialize;

use super::local::rfc3339;
use super::status::{skew, spaced};
use super::table::{Align, Table, grouped};
use super::{Answer, Listing, closed};
use crate::health::beside::{Seen, line};
use crate::health::noted::Noted;
use crate::health::report::{FindingReport, LaneReport, LinkReport};
use crate::process::clock::{Clock as _, SystemClock};

/// What `link --help` ends with.
pub const HELP: &str = "\
例 · Examples:
  sanheyi-node link
  sanheyi-node link --json | jq '{state, since, behind_up}'

状态 · State: 从未连接 never，正常 live，积压 behind，离线 offline，停滞 stuck，扣留 held，磁盘已满 full；与页面、指标、doctor 用词相同。
The same words as in pages, metrics and `doctor`. What is shown is what the running process has noted, ten seconds ago at most;
without a process every line is offline, and running is false.
JSON: running, noted (when a process last noted how it stands)
  platform, state, code (of a held line), since, behind_up, behind_down (null: not known), unjudged, heard, heartbeat, version,
  address, skew_micros
  lanes [line, way (up, down), size, behind, waits_until, stopped]
  findings [name, severity, subject, since, what_zh, what_en, remedy_zh, remedy_en]";

/// A line with all that is known of it; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
pub struct LineReport {
    /// Whether a process lives.
    pub running: bool,
    /// When one last noted how it stands; null where none ever has.
    pub noted: Option<String>,
    /// The line.
    #[serde(flatten)]
    pub link: LinkReport,
    /// Its lanes.
    pub lanes: Vec<LaneReport>,
    /// What is wrong about it, the gravest first.
    pub findings: Vec<FindingReport>,
}

impl LineReport {
    /// Of a line that was seen.
    pub fn new(seen: &Seen, noted: &Noted) -> Self {
        Self {
            running: noted.lives(),
            noted: noted.last().and_then(rfc3339),
            link: seen.into(),
            lanes: seen.link.facts.lanes.iter().map(LaneReport::from).collect(),
            findings: seen.findings.iter().map(FindingReport::from).collect(),
        }
    }
}

/// Shows the line of a node.
///
/// # Errors
/// If the store cannot be read.
pub async fn link(args: &Listing) -> anyhow::Result<Answer> {
    let (config, store) = args.at.open().await?;
    let (seen, noted) = closed(&store, line(&config, &store, SystemClock.now()).await).await?;
    Answer::report(&LineReport::new(&seen, &noted), args.json, text)
}

/// A line of text where no process runs.
pub fn stale(running: bool, noted: Option<&str>) -> String {
    match (running, noted) {
        (true, _) => String::new(),
        (false, Some(at)) => {
            let at = spaced(at);
            format!("没有进程在运行，以下为 {at} 所记 · no process runs; this was noted at {at}\n")
        }
        (false, None) => {
            "没有进程在运行，也从未运行过 · no process runs, and none ever has\n".into()
        }
    }
}

/// A number of entries; `—` where it is not known.
pub fn count(number: Option<u64>) -> String {
    number.map_or_else(|| "—".to_owned(), grouped)
}

/// A time; `—` where there is none.
pub fn time(at: Option<&str>) -> String {
    at.map_or_else(|| "—".to_owned(), spaced)
}

/// A line with all that is known of it.
pub fn text(report: &LineReport) -> String {
    let LinkReport { platform, words, heard, heartbeat, version, address, .. } = &report.link;
    let dash = |text: &Option<String>| text.clone().unwrap_or_else(|| "—".to_owned());
    let facts = [
        ("对方 peer", platform.clone()),
        ("状态 state", words.clone()),
        ("自 since", time(report.link.since.as_deref())),
        ("上行积压 behind, up", count(report.link.behind_up)),
        ("下行积压 behind, down", count(report.link.behind_down)),
        ("待判 unjudged", grouped(report.link.unjudged)),
        ("最近应答 heard", time(heard.as_deref())),
        ("最近心跳 heartbeat", time(heartbeat.as_deref())),
        ("对方程序 version", dash(version)),
        ("地址 address", dash(address)),
        ("时钟差 skew", report.link.skew_micros.map_or_else(|| "—".to_owned(), skew)),
    ];
    let mut table = Table::new(&[("", Align::Left), ("", Align::Left)]);
    for (name, value) in facts {
        table.row([name.to_owned(), value]);
    }
    let mut text = stale(report.running, report.noted.as_deref());
    // A table begins with its headings, and this one has none.
    text.push_str(table.render().trim_start());
    text.push_str(&lanes(&report.lanes));
    for one in &report.findings {
        let severity = Severity::parse(one.severity).map_or("", Severity::zh);
        text.push_str(&format!(
            "\n[{severity} {}] {} {}\n  {}\n  {}\n  怎么办 · next: {} · {}\n",
            one.severity,
            one.name,
            one.subject,
            one.what_zh,
            one.what_en,
            one.remedy_zh,
            one.remedy_en,
        ));
    }
    text
}

fn lanes(lanes: &[LaneReport]) -> String {
    if lanes.is_empty() {
        return String::new();
    }
    let mut table = Table::new(&[
        ("日志线 LINE", Align::Left),
        ("方向 WAY", Align::Left),
        ("条目 SIZE", Align::Right),
        ("积压 BEHIND", Align::Right),
        ("说明 NOTE", Align::Left),
    ]);
    for lane in lanes {
        let note = match (&lane.stopped, &lane.waits_until) {
            (Some(why), _) => format!("已停止 stopped: {why}"),
            (None, Some(until)) => format!("等待可用时段 waits for its hours: {}", spaced(until)),
            (None, None) => String::new(),
        };
        let way = if lane.way == "up" { "上行 up" } else { "下行 down" };
        let (size, behind) = (grouped(lane.size), grouped(lane.behind));
        table.row([lane.line.clone(), way.to_owned(), size, behind, note]);
    }
    format!("\n{}", table.render())
}
