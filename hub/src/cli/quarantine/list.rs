//! `quarantine list` and `quarantine counts`.

use clap::Args;
use sanheyi_exchange_spec::gate::{Reason, Standing};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::quarantine::Tally;
use sanheyi_node::cli::local::{rfc3339, shown};
use sanheyi_node::cli::table::{Align, Table, grouped};
use sanheyi_node::cli::{Answer, DIFFERENT, OK};
use sanheyi_node::store::ReturnedRow;
use serde::Serialize;

use super::super::Listing;
use super::Which;
use crate::quarantine::{Counted, Cursor, Desk, Item, State};

/// What `quarantine list` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    listing: Listing,
    #[command(flatten)]
    which: Which,
    /// 处理情况：unsettled、open、returned、corrected、withdrawn、pending、all · How it is handled
    #[arg(long, default_value_t = State::Unsettled)]
    state: State,
    /// 也列出已了结的，即 --state all · Also those that are settled: --state all
    #[arg(long, conflicts_with = "state")]
    cleared: bool,
    /// 最多条数 · At most so many
    #[arg(long, default_value_t = 100)]
    limit: usize,
    /// 接在其后，即上一页最后一条的 cursor · Go on after this, the `cursor` of the page's last one
    #[arg(long, value_name = "PLATFORM/JOURNAL/SEQUENCE")]
    after: Option<Cursor>,
}

/// What `quarantine counts` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct CountsArgs {
    #[command(flatten)]
    listing: Listing,
    /// 只看一个平台 · One platform only
    #[arg(long)]
    platform: Option<PlatformId>,
}

/// One entry; these are the keys of `--json`.
#[derive(Debug, Serialize)]
pub(super) struct Quarantined {
    pub(super) platform: String,
    pub(super) journal: String,
    pub(super) sequence: u64,
    pub(super) standing: &'static str,
    #[serde(skip)]
    pub(super) standing_zh: &'static str,
    /// `open`, `returned`, `corrected`, `withdrawn`, or `pending`.
    pub(super) state: &'static str,
    #[serde(skip)]
    pub(super) state_zh: &'static str,
    pub(super) dataset: String,
    pub(super) record: String,
    pub(super) revision: u64,
    /// Whether it is settled.
    pub(super) cleared: bool,
    /// When the hub received it.
    pub(super) received: Option<String>,
    pub(super) reasons: Vec<Told>,
    pub(super) returned: Option<Returned>,
    /// The later revision that settles it.
    pub(super) settled_by: Option<u64>,
    /// When a later verdict accepted it.
    pub(super) released: Option<String>,
    /// For `--after`.
    pub(super) cursor: String,
}

/// One reason.
#[derive(Debug, Serialize)]
pub(super) struct Told {
    pub(super) field: String,
    pub(super) rule: String,
    pub(super) level: &'static str,
    pub(super) zh: String,
    pub(super) en: String,
}

/// A correction that was asked for.
#[derive(Debug, Serialize)]
pub(super) struct Returned {
    asked: Option<String>,
    days: u32,
    due: Option<String>,
    note: String,
}

/// The counts of one platform; these are the keys of `--json`.
#[derive(Debug, Serialize)]
struct CountsRow {
    platform: String,
    /// Ever quarantined, and not pending now.
    quarantined: u64,
    open: u64,
    returned: u64,
    corrected: u64,
    withdrawn: u64,
    /// quarantined - open - returned - corrected - withdrawn: must be 0.
    difference: i128,
    /// Waiting for something else; not in the quarantine.
    pending: u64,
    /// What is wrong, if the sum is.
    broken: Option<String>,
}

pub(super) async fn list(args: ListArgs) -> anyhow::Result<Answer> {
    let (config, database) = args.listing.at.open().await?;
    let state = if args.cleared { State::All } else { args.state };
    let desk = Desk::new(database.clone(), config.hub);
    let page = desk.list(&args.which.filter(state), args.after.as_ref(), args.limit).await;
    database.close().await;
    let page = page?;
    let next = page.next.map(|next| next.to_string());
    let items: Vec<_> = page.items.into_iter().map(quarantined).collect();
    let answer = Answer::report(&items, args.listing.json, |items| list_text(items))?;
    let text = match next.filter(|_| !args.listing.json) {
        Some(next) => format!("{}下一页 · next page: --after {next}\n", answer.text),
        None => answer.text,
    };
    Ok(Answer { text, ..answer })
}

pub(super) fn quarantined(item: Item) -> Quarantined {
    let state = item.handling.map_or(("pending", "待判"), |how| (how.en(), how.zh()));
    Quarantined {
        cursor: item.cursor.to_string(),
        platform: item.name.platform.to_string(),
        journal: item.journal,
        sequence: item.cursor.sequence,
        standing: Standing::en(item.standing),
        standing_zh: item.standing.zh(),
        state: state.0,
        state_zh: state.1,
        dataset: item.name.dataset,
        record: item.name.record,
        revision: item.name.revision,
        cleared: item.handling.is_some_and(|how| how.is_settled()),
        received: item.received.and_then(rfc3339),
        reasons: item.reasons.into_iter().map(told).collect(),
        returned: item.returned.map(returned),
        settled_by: item.settled_by,
        released: item.released.and_then(rfc3339),
    }
}

fn told(reason: Reason) -> Told {
    let Reason { field, rule, zh, en, level } = reason;
    Told { field, rule, level: level.en(), zh, en }
}

fn returned(row: ReturnedRow) -> Returned {
    let ReturnedRow { asked, days, due, note, .. } = row;
    Returned { asked: rfc3339(asked), days, due: rfc3339(due), note }
}

fn list_text(found: &[Quarantined]) -> String {
    if found.is_empty() {
        return "隔离区为空 · nothing is quarantined\n".to_owned();
    }
    found.iter().map(entry_text).collect()
}

/// An entry with its reasons, as lines.
pub(super) fn entry_text(one: &Quarantined) -> String {
    let Quarantined { platform, sequence, dataset, record, revision, .. } = one;
    let state = match one.state {
        "open" | "pending" => String::new(),
        "corrected" => "，已更正 cleared".to_owned(),
        state => format!("，{} {state}", one.state_zh),
    };
    let mut text = format!(
        "{platform} #{sequence} {dataset} {record} r{revision} · {} {}{state}\n",
        one.standing_zh, one.standing,
    );
    for Told { field, rule, zh, en, .. } in &one.reasons {
        text.push_str(&format!(
            "    [{}] {zh}\n      {en}\n",
            format!("{field} {rule}").trim_start()
        ));
    }
    if let Some(Returned { due, days, note, .. }) = &one.returned {
        let due = due.as_deref().unwrap_or("—");
        text.push_str(&format!(
            "    退回：{note}（{days} 个工作日，至 {due}） · asked for a correction\n"
        ));
    }
    text
}

pub(super) async fn counts(args: CountsArgs) -> anyhow::Result<Answer> {
    let (config, database) = args.listing.at.open().await?;
    let counted = Desk::new(database.clone(), config.hub).counts(args.platform.as_ref()).await;
    database.close().await;
    let rows: Vec<_> = counted?.into_iter().map(row).collect();
    let agree = rows.iter().all(|row| row.broken.is_none());
    let answer = Answer::report(&rows, args.listing.json, |rows| counts_text(rows))?;
    Ok(Answer { code: if agree { OK } else { DIFFERENT }, ..answer })
}

fn row(counted: Counted) -> CountsRow {
    let Counted { platform, counts, pending } = counted;
    let Tally { open, returned, corrected, withdrawn } = counts.tally;
    CountsRow {
        platform: platform.to_string(),
        quarantined: counts.total(),
        open,
        returned,
        corrected,
        withdrawn,
        difference: counts.difference(),
        pending,
        broken: counts.settle().err().map(|broken| broken.to_string()),
    }
}

fn counts_text(rows: &[CountsRow]) -> String {
    let mut table = Table::new(&[
        ("平台 PLATFORM", Align::Left),
        ("隔离 QUARANTINED", Align::Right),
        ("待处理 OPEN", Align::Right),
        ("已退回 RETURNED", Align::Right),
        ("已更正 CORRECTED", Align::Right),
        ("已撤回 WITHDRAWN", Align::Right),
        ("差 DIFFERENCE", Align::Right),
        ("待判 PENDING", Align::Right),
    ]);
    for row in rows {
        table.row([
            row.platform.clone(),
            grouped(row.quarantined),
            grouped(row.open),
            grouped(row.returned),
            grouped(row.corrected),
            grouped(row.withdrawn),
            row.difference.to_string(),
            grouped(row.pending),
        ]);
    }
    let mut text = table.render();
    for broken in rows.iter().filter_map(|row| Some((&row.platform, row.broken.as_ref()?))) {
        text.push_str(&format!("{}: {}\n", broken.0, broken.1));
    }
    if rows.iter().any(|row| row.broken.is_some()) {
        text.push_str(
            "请以 `sanheyi-hub verify` 核验存储 · check the store by `sanheyi-hub verify`\n",
        );
    } else {
        text.push_str(&format!("合计相符，差 0 · they add up: {} \n", shown_total(rows)));
    }
    text
}

fn shown_total(rows: &[CountsRow]) -> String {
    let sum = |of: fn(&CountsRow) -> u64| grouped(rows.iter().map(of).sum());
    format!(
        "{} = {} + {} + {} + {}",
        sum(|row| row.quarantined),
        sum(|row| row.open),
        sum(|row| row.returned),
        sum(|row| row.corrected),
        sum(|row| row.withdrawn)
    )
}

/// An instant for people.
pub(super) fn at(text: Option<sanheyi_exchange_spec::time::Timestamp>) -> String {
    text.map_or_else(|| "—".to_owned(), shown)
}
