//! `status`: every platform as the hub's store has it.

use sanheyi_node::cli::Answer;
use sanheyi_node::cli::files::{self, FilesStatus};
use sanheyi_node::cli::status::told::{self, Told};
use sanheyi_node::cli::table::{Align, Table, grouped};
use sanheyi_node::process::clock::{Clock as _, SystemClock};
use sanheyi_node::store::{Database, StoreError};
use serde::Serialize;

use super::Listing;
use crate::config::CheckedConfig;
use crate::store::{PlatformRow, copy_list, gate_get, platform_list};

/// What `status --help` ends with.
pub(crate) const HELP: &str = "\
例 · Examples:
  sanheyi-hub status
  sanheyi-hub status --json | jq '.findings[] | {name, subject, since}'

链路状态请用 link list · how lines stand: `link list`
JSON: hub
  platforms [platform, title_zh, title_en, hosted,
    journals [journal, lane, entries, root, epochs, accepted, warned, quarantined, pending, unjudged, stopped],
    attachments [way (up, down), state (absent, here, passed, refused), files, bytes]]
  findings  [name, severity, subject, since, what_zh, what_en, remedy_zh, remedy_en], as noted by the
            instances that run; process.silent where none does
  backup    good (null, or at, file, bytes), failed (null, or at, file, why)";

/// The report; these are the keys of `--json`.
#[derive(Debug, Serialize)]
pub(super) struct StatusReport {
    hub: String,
    platforms: Vec<PlatformStatus>,
    /// What is wrong, and backups.
    #[serde(flatten)]
    told: Told,
}

/// One platform.
#[derive(Debug, Serialize)]
struct PlatformStatus {
    platform: String,
    title_zh: String,
    title_en: String,
    /// Whether its branch lives in the hub.
    hosted: bool,
    journals: Vec<JournalStatus>,
    /// Files that its entries name, and those that it was given, by way and state.
    attachments: Vec<FilesStatus>,
}

/// One journal of it that the hub holds.
#[derive(Debug, Serialize)]
struct JournalStatus {
    journal: String,
    lane: &'static str,
    entries: u64,
    root: String,
    epochs: u64,
    accepted: u64,
    /// Of the accepted, those with warnings.
    warned: u64,
    quarantined: u64,
    pending: u64,
    unjudged: u64,
    stopped: Option<String>,
}

pub(crate) async fn status(listing: &Listing) -> anyhow::Result<Answer> {
    let (config, database) = listing.at.open().await?;
    let report = report(&config, &database).await;
    database.close().await;
    Answer::report(&report?, listing.json, text)
}

/// How a hub stands.
pub(super) async fn report(
    config: &CheckedConfig,
    database: &Database,
) -> Result<StatusReport, StoreError> {
    let platforms = gather(database).await?;
    let told = told::told(&database.of(&config.hub), SystemClock.now()).await?;
    Ok(StatusReport { hub: config.hub.to_string(), platforms, told })
}

async fn gather(database: &Database) -> Result<Vec<PlatformStatus>, StoreError> {
    let mut platforms = Vec::new();
    for row in platform_list(database).await? {
        platforms.push(one(database, row).await?);
    }
    Ok(platforms)
}

async fn one(database: &Database, row: PlatformRow) -> Result<PlatformStatus, StoreError> {
    let store = database.of(&row.platform);
    let mut journals = Vec::new();
    for journal in copy_list(&store).await? {
        let (counts, _) = store.receipt_counts(journal.number).await?;
        let judged = gate_get(&store, journal.number).await?.unwrap_or(0);
        journals.push(JournalStatus {
            journal: journal.head.journal.to_string(),
            lane: journal.head.journal.lane.as_str(),
            entries: journal.head.size,
            root: journal.head.root.to_string(),
            epochs: journal.serial,
            accepted: counts.accepted,
            warned: counts.warned,
            quarantined: counts.quarantined,
            pending: counts.pending,
            unjudged: journal.head.size.saturating_sub(judged),
            stopped: journal.stopped,
        });
    }
    Ok(PlatformStatus {
        platform: row.platform.to_string(),
        title_zh: row.title_zh,
        title_en: row.title_en,
        hosted: row.hosted,
        journals,
        attachments: files::totals(&store).await?,
    })
}

fn text(report: &StatusReport) -> String {
    let (left, right) = (Align::Left, Align::Right);
    let mut table = Table::new(&[
        ("平台 PLATFORM", left),
        ("通道 LANE", left),
        ("条目 ENTRIES", right),
        ("已接受 ACCEPTED", right),
        ("其中提示 WARNED", right),
        ("已隔离 QUARANTINED", right),
        ("待判 PENDING", right),
        ("未判 UNJUDGED", right),
        ("状态 STATE", left),
        ("根 ROOT", left),
    ]);
    let mut stops = String::new();
    for platform in &report.platforms {
        let hosted = if platform.hosted { "（托管 hosted）" } else { "" };
        let title = format!("{} {}{hosted}", platform.title_zh, platform.title_en);
        if platform.journals.is_empty() {
            let none = || "–".to_owned();
            let never = "从未问候 never greeted".to_owned();
            table.row([
                title.clone(),
                none(),
                none(),
                none(),
                none(),
                none(),
                none(),
                never,
                none(),
            ]);
        }
        for journal in &platform.journals {
            let state = match &journal.stopped {
                None => "接收中 open".to_owned(),
                Some(why) => {
                    stops.push_str(&format!("{}: {why}\n", journal.journal));
                    "已停止 STOPPED".to_owned()
                }
            };
            table.row([
                title.clone(),
                journal.lane.to_owned(),
                grouped(journal.entries),
                grouped(journal.accepted),
                grouped(journal.warned),
                grouped(journal.quarantined),
                grouped(journal.pending),
                grouped(journal.unjudged),
                state,
                journal.root.chars().take(16).collect(),
            ]);
        }
    }
    let of_files = report.platforms.iter().filter(|one| !one.attachments.is_empty());
    let files: String = of_files
        .map(|one| format!("{} {}\n{}", one.title_zh, one.title_en, files::text(&one.attachments)))
        .collect();
    let told = told::text(&report.told);
    format!("市级平台 · hub {}\n{}{stops}{files}{told}", report.hub, table.render())
}
