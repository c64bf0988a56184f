//! `status`: how the link stands, what is behind, what became of entries. It reads the store beside
//! the running node.

mod lanes;
pub mod told;

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::limits;
use serde::Serialize;

pub use self::lanes::LaneStatus;
use self::told::Told;
use super::files::{self, FilesStatus};
use super::table::{Align, Table, grouped};
use super::{Answer, Listing, closed, local};
use crate::config::NodeConfig;
use crate::gateway::socket;
use crate::health::beside::{Seen, line};
use crate::health::report::LinkReport;
use crate::process::clock::{Clock as _, SystemClock};
use crate::store::{JournalRow, LinkRow, Store, StoreError};

/// What `status --help` ends with.
pub const HELP: &str = "\
例 · Examples:
  sanheyi-node status
  sanheyi-node status --json | jq '.journals[] | {journal, behind, behind_since}'

可在节点运行或停止时查看。时间为北京时间。
It may be asked while the node runs and while it does not. Times are Beijing time.

JSON: platform, hub, running
  link      state (never, live, behind, offline, stuck, held, full: as `link` has it), phase (never,
            down, greeting, reconciling, live, held:CODE), since, heard, detail, skew_micros,
            bytes_sent, bytes_received, bytes_sent_per_entry, bytes_received_per_entry
  lanes     [lane, kilobits_per_second, hours, waits_until]
  journals  [journal, lane, size, acknowledged, behind, behind_since, accepted, warned, quarantined,
            pending, unanswered, stopped]
  copies    [journal, size, stopped]
  attachments [way (up, down), state (absent, here, passed, refused), files, bytes]
  findings  [name, severity, subject, since, what_zh, what_en, remedy_zh, remedy_en], as noted by the
            process that runs; process.silent where none does
  backup    good (null, or at, file, bytes), failed (null, or at, file, why)";

/// The report; these are the keys of `--json`. Times are by RFC 3339, null where nothing has
/// happened.
#[derive(Clone, Debug, Serialize)]
pub struct StatusReport {
    /// The platform.
    pub platform: String,
    /// Its hub.
    pub hub: String,
    /// Whether a node answers at the data folder's socket.
    pub running: bool,
    /// The link to the hub.
    pub link: LinkStatus,
    /// What each lane may take of the line, and which waits for its hours.
    pub lanes: Vec<LaneStatus>,
    /// The platform's own journals: what goes up.
    pub journals: Vec<JournalStatus>,
    /// Copies of others' journals: what came down.
    pub copies: Vec<CopyStatus>,
    /// Files that entries name, by way and state.
    pub attachments: Vec<FilesStatus>,
    /// What is wrong, and backups.
    #[serde(flatten)]
    pub told: Told,
}

/// The link, as the node last noted it.
#[derive(Clone, Debug, Serialize)]
pub struct LinkStatus {
    /// Its state: the word of [`sanheyi_exchange_spec::health::LinkState`].
    pub state: &'static str,
    /// The words of the state, for people.
    #[serde(skip)]
    pub words: String,
    /// `never`, `down`, `greeting`, `reconciling`, `live`, or `held:` and a code.
    pub phase: String,
    /// Since when.
    pub since: Option<String>,
    /// When the hub last answered.
    pub heard: Option<String>,
    /// Why, in words; empty where all is well.
    pub detail: String,
    /// The hub's clock less ours at the last Greet, in microseconds.
    pub skew_micros: i64,
    /// Bytes sent, as on the wire, since the store was made.
    pub bytes_sent: u64,
    /// Bytes received, likewise.
    pub bytes_received: u64,
    /// Bytes sent for each entry that the hub has acknowledged; null before the first.
    pub bytes_sent_per_entry: Option<f64>,
    /// Bytes received for each of them.
    pub bytes_received_per_entry: Option<f64>,
}

/// A journal that is appended here.
#[derive(Clone, Debug, Serialize)]
pub struct JournalStatus {
    /// Its id.
    pub journal: String,
    /// Its lane.
    pub lane: &'static str,
    /// Number of its entries.
    pub size: u64,
    /// How many of them the hub has acknowledged.
    pub acknowledged: u64,
    /// How many it has not.
    pub behind: u64,
    /// When the first of those was written.
    pub behind_since: Option<String>,
    /// Entries accepted by the hub's receipts.
    pub accepted: u64,
    /// Of the accepted, those with warnings.
    pub warned: u64,
    /// Entries quarantined.
    pub quarantined: u64,
    /// Entries that the hub cannot judge yet.
    pub pending: u64,
    /// Entries that no receipt covers yet.
    pub unanswered: u64,
    /// The epoch that this machine holds: by it an operator of the hub names the machine.
    pub epoch: String,
    /// Why it is stopped, or null.
    pub stopped: Option<String>,
}

/// A copy of a journal that is appended elsewhere.
#[derive(Clone, Debug, Serialize)]
pub struct CopyStatus {
    /// Its id.
    pub journal: String,
    /// Number of its entries.
    pub size: u64,
    /// Why it is stopped, or null.
    pub stopped: Option<String>,
}

/// Shows how a node stands.
///
/// # Errors
/// If the store cannot be read.
pub async fn status(args: &Listing) -> anyhow::Result<Answer> {
    let (config, store) = args.at.open().await?;
    let report = closed(&store, report(&config, &store).await).await?;
    Answer::report(&report, args.json, text)
}

/// How a node stands.
///
/// # Errors
/// Of the database.
pub async fn report(config: &NodeConfig, store: &Store) -> Result<StatusReport, StoreError> {
    let (mut journals, mut copies) = (Vec::new(), Vec::new());
    for row in store.journal_list().await? {
        if row.home {
            journals.push(journal(store, row).await?);
        } else {
            let JournalRow { head, stopped, .. } = row;
            copies.push(CopyStatus { journal: head.journal.to_string(), size: head.size, stopped });
        }
    }
    let (seen, _) = line(config, store, SystemClock.now()).await?;
    let acknowledged = journals.iter().map(|one| one.acknowledged).sum();
    Ok(StatusReport {
        platform: config.platform.to_string(),
        hub: config.hub.to_string(),
        running: socket::answers(&config.socket()).await,
        link: link(&seen, store.link_get().await?, acknowledged),
        lanes: lanes::lanes(&config.lanes, SystemClock.now()),
        journals,
        copies,
        attachments: files::totals(store).await?,
        told: told::told(store, SystemClock.now()).await?,
    })
}

fn link(seen: &Seen, row: Option<LinkRow>, acknowledged: u64) -> LinkStatus {
    let never = || LinkRow { phase: "never".to_owned(), ..LinkRow::default() };
    let row = row.unwrap_or_else(never);
    let each = |bytes: u64| (acknowledged > 0).then(|| bytes as f64 / acknowledged as f64);
    LinkStatus {
        state: seen.link.state.as_str(),
        words: LinkReport::from(seen).words,
        since: local::rfc3339(row.since),
        heard: local::rfc3339(row.heard),
        skew_micros: row.skew,
        bytes_sent: row.sent,
        bytes_received: row.received,
        bytes_sent_per_entry: each(row.sent),
        bytes_received_per_entry: each(row.received),
        phase: row.phase,
        detail: row.detail,
    }
}

async fn journal(store: &Store, row: JournalRow) -> Result<JournalStatus, StoreError> {
    let JournalRow { number, head, stopped, .. } = row;
    let greeting = store.greeting_get(number).await?;
    let acknowledged = greeting.acknowledged.min(head.size);
    let behind = head.size - acknowledged;
    let waiting = match behind {
        0 => Vec::new(),
        _ => store.segment_from(number, acknowledged, 1).await?,
    };
    let (counts, judged) = store.receipt_counts(number).await?;
    Ok(JournalStatus {
        journal: head.journal.to_string(),
        lane: head.journal.lane.as_str(),
        size: head.size,
        acknowledged,
        behind,
        behind_since: waiting.first().and_then(|segment| local::rfc3339(segment.stored)),
        accepted: counts.accepted,
        warned: counts.warned,
        quarantined: counts.quarantined,
        pending: counts.pending,
        unanswered: head.size.saturating_sub(judged),
        epoch: greeting.holds.first().map(ToString::to_string).unwrap_or_default(),
        stopped,
    })
}

// === text ===

fn text(report: &StatusReport) -> String {
    let StatusReport { platform, hub, running, link, .. } = report;
    let process = match running {
        true => "运行中 running",
        false => "未运行 not running",
    };
    let mut lines = vec![
        ("平台 platform", platform.clone()),
        ("市级 hub", hub.clone()),
        ("节点 node", process.to_owned()),
        ("链路 link", format!("{}{}", link.words, phase(&link.phase))),
    ];
    lines.extend(link.since.as_deref().map(|since| ("自 since", spaced(since))));
    lines.extend(link.heard.as_deref().map(|heard| ("最近应答 heard", spaced(heard))));
    if !link.detail.is_empty() {
        lines.push(("说明 detail", link.detail.clone()));
    }
    if link.phase.starts_with("held:") {
        let epochs: Vec<_> = report.journals.iter().map(|one| one.epoch.as_str()).collect();
        lines.push(("本机纪元 epoch", epochs.join(" ")));
    }
    if link.phase != "never" {
        lines.push(("时钟差 skew", skew(link.skew_micros)));
        lines.push(("已发送 sent", bytes(link.bytes_sent, link.bytes_sent_per_entry)));
        lines.push(("已接收 received", bytes(link.bytes_received, link.bytes_received_per_entry)));
    }
    let mut facts = Table::new(&[("", Align::Left), ("", Align::Left)]);
    for (name, value) in lines {
        facts.row([name.to_owned(), value]);
    }
    // A table begins with its headings, and this one has none.
    let mut text = facts.render().trim_start().to_owned();
    text.push('\n');
    text.push_str(&lanes::text(&report.lanes));
    text.push_str(&journals(report));
    text.push_str(&files::text(&report.attachments));
    text.push_str(&told::text(&report.told));
    text
}

fn journals(report: &StatusReport) -> String {
    let mut table = Table::new(&[
        ("通道 LANE", Align::Left),
        ("条目 SIZE", Align::Right),
        ("市级已存 ACKED", Align::Right),
        ("积压 BEHIND", Align::Right),
        ("积压自 SINCE", Align::Left),
        ("已接受 ACCEPTED", Align::Right),
        ("其中提示 WARNED", Align::Right),
        ("已隔离 QUARANTINED", Align::Right),
        ("待判 PENDING", Align::Right),
        ("未回执 UNANSWERED", Align::Right),
    ]);
    for journal in &report.journals {
        table.row([
            journal.lane.to_owned(),
            grouped(journal.size),
            grouped(journal.acknowledged),
            grouped(journal.behind),
            journal.behind_since.as_deref().map_or_else(|| "—".to_owned(), spaced),
            grouped(journal.accepted),
            grouped(journal.warned),
            grouped(journal.quarantined),
            grouped(journal.pending),
            grouped(journal.unanswered),
        ]);
    }
    let mut text = table.render();
    let stopped = |id: &str, why: &str| format!("已停止 stopped: {id}: {why}\n");
    for JournalStatus { journal, stopped: why, .. } in &report.journals {
        text.extend(why.as_deref().map(|why| stopped(journal, why)));
    }
    for CopyStatus { journal, size, stopped: why } in &report.copies {
        let to_all = journal.contains(">*/");
        let word = if to_all { "广播 broadcast" } else { "回件 mailbox" };
        text.push_str(&format!("{word}: {journal} {}\n", grouped(*size)));
        text.extend(why.as_deref().map(|why| stopped(journal, why)));
    }
    text
}

/// What is under way, or to be done, beside the state.
fn phase(phase: &str) -> String {
    match phase {
        "greeting" => "，问候中 greeting".to_owned(),
        "reconciling" => "，核对历史 reconciling".to_owned(),
        phase => {
            let code = phase.strip_prefix("held:").and_then(Code::parse);
            code.map_or_else(String::new, |code| format!(" {}", code.remedy_zh()))
        }
    }
}

/// `2010-11-23T08:00:00.000000+08:00` as `2010-11-23 08:00:00`.
pub fn spaced(rfc3339: &str) -> String {
    rfc3339.chars().take(19).map(|c| if c == 'T' { ' ' } else { c }).collect()
}

/// A difference of clocks, and what to do about a large one.
pub fn skew(micros: i64) -> String {
    let seconds = micros as f64 / 1e6;
    let warning = match micros.saturating_abs() >= limits::CLOCK_SKEW_MICROS {
        true => "，请校时 set the clock",
        false => "",
    };
    format!("{seconds:+.3} s{warning}")
}

fn bytes(count: u64, each: Option<f64>) -> String {
    let each = each.map(|each| format!("，每条 per entry {each:.1}")).unwrap_or_default();
    format!("{} 字节 bytes{each}", grouped(count))
}
