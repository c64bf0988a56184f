//! `quarantine`: the own entries that the hub's gate did not accept, with its reasons, what its
//! operators ask for, and what to do about each.

use clap::{Args, Subcommand};
use sanheyi_exchange_spec::conflict;
use sanheyi_exchange_spec::custody;
use sanheyi_exchange_spec::gate::{EXCHANGE_FAMILY, Standing};
use sanheyi_exchange_spec::quarantine::Handling;
use serde::Serialize;

use super::local::{rfc3339, shown};
use super::records::ShownReason;
use super::table::grouped;
use super::{Answer, DIFFERENT, Listing, OK, closed};
use crate::branch::{JudgedJournal, QuarantineCounts, Quarantined};
use crate::store::{ReturnedRow, Store, StoreError};

/// What `quarantine --help` ends with.
pub const HELP: &str = "\
例 · Examples:
  sanheyi-node quarantine list                       待处理的 · what is to be seen to
  sanheyi-node quarantine list --state all --json
  sanheyi-node quarantine show case.case/JS048100JT0000000217/1
  sanheyi-node quarantine counts                     合计应为零差 · the sums, which must agree

隔离的条目不会丢失：按理由更正后，由原系统交来下一版本；该版本被接受后自动了结。
What is quarantined is not lost: put right what the reasons name, and hand in the next revision as any other; once that is
accepted it is settled.
状态 · State: 待处理 open，已退回 returned（市级要求更正 · the hub asks for a correction），已更正 corrected，已撤回 withdrawn，待判 pending
JSON: entries [dataset, record, revision, journal, sequence, standing, state, reasons [field, rule, level, zh, en], returned (null,
or asked, days, due, note), settled_by, released, next_revision, remedy_zh, remedy_en], next (null at the end; else for --after)";

/// Most entries on one page.
const PAGE: u64 = 10_000;
/// Entries looked at together.
const READ: u64 = 500;

/// What is asked of the quarantine.
#[derive(Debug, Subcommand)]
pub enum QuarantineCommand {
    /// 列出，按先后 · List, oldest first
    List(ListArgs),
    /// 查看一条 · One entry
    Show(ShowArgs),
    /// 合计 · The sums
    Counts(Listing),
}

/// What `quarantine list` is told.
#[derive(Clone, Debug, Args)]
pub struct ListArgs {
    /// Whose, and how to show it.
    #[command(flatten)]
    pub listing: Listing,
    /// 处理情况：unsettled、open、returned、corrected、withdrawn、pending、all · How it is handled
    #[arg(long, default_value = "unsettled", value_parser = STATES)]
    pub state: String,
    /// 最多条数 · How many at most
    #[arg(long, value_name = "N", default_value_t = 50)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=PAGE))]
    pub limit: u64,
    /// 接在其后，即上一页给出的 next · Go on after this, as the page before says in `next`
    #[arg(long, value_name = "JOURNAL/SEQUENCE", value_parser = cursor)]
    pub after: Option<(i64, u64)>,
}

/// What `quarantine show` is told.
#[derive(Clone, Debug, Args)]
pub struct ShowArgs {
    /// Whose, and how to show it.
    #[command(flatten)]
    pub listing: Listing,
    /// 数据集/记录/版本 · Dataset, record and revision
    #[arg(value_name = "DATASET/RECORD/REVISION")]
    pub entry: String,
}

const STATES: [&str; 7] =
    ["unsettled", "open", "returned", "corrected", "withdrawn", "pending", "all"];

/// A page; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
pub struct QuarantineReport {
    /// The entries, by journal and sequence number.
    pub entries: Vec<ShownQuarantined>,
    /// What to hand to `--after` for the next page; null at the end.
    pub next: Option<String>,
}

/// One entry.
#[derive(Clone, Debug, Serialize)]
pub struct ShownQuarantined {
    /// Dataset.
    pub dataset: String,
    /// Record.
    pub record: String,
    /// Revision.
    pub revision: u64,
    /// The journal that it stands in.
    pub journal: String,
    /// Its sequence number there.
    pub sequence: u64,
    /// `accepted` where it was released, `quarantined` or `pending`.
    pub standing: &'static str,
    /// `open`, `returned`, `corrected`, `withdrawn` or `pending`.
    pub state: &'static str,
    #[serde(skip)]
    state_zh: &'static str,
    /// Why.
    pub reasons: Vec<ShownReason>,
    /// What the hub asks for.
    pub returned: Option<ShownReturn>,
    /// The later revision that settles it.
    pub settled_by: Option<u64>,
    /// When a later verdict accepted it.
    pub released: Option<String>,
    /// The revision by which it would be put right; null where there is nothing to do.
    pub next_revision: Option<u64>,
    /// What to do, in Chinese.
    pub remedy_zh: String,
    /// What to do, in English.
    pub remedy_en: String,
}

/// A correction that the hub asks for.
#[derive(Clone, Debug, Serialize)]
pub struct ShownReturn {
    /// When it was asked for.
    pub asked: Option<String>,
    /// Working days that are given.
    pub days: u32,
    /// The last instant of the last of them.
    pub due: Option<String>,
    /// What the operator says.
    pub note: String,
    #[serde(skip)]
    until: String,
}

/// The sums; these are the keys of `--json`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct CountsReport {
    /// Ever quarantined, and not pending now.
    pub quarantined: u64,
    /// Open.
    pub open: u64,
    /// Returned.
    pub returned: u64,
    /// Corrected.
    pub corrected: u64,
    /// Withdrawn.
    pub withdrawn: u64,
    /// What is left over: must be 0.
    pub difference: i128,
}

/// Carries the command out.
///
/// # Errors
/// If the store cannot be read, or there is no such entry.
pub async fn quarantine(command: &QuarantineCommand) -> anyhow::Result<Answer> {
    match command {
        QuarantineCommand::List(args) => {
            let (_, store) = args.listing.at.open().await?;
            let report = closed(&store, page(&store, args).await).await?;
            Answer::report(&report, args.listing.json, list_text)
        }
        QuarantineCommand::Show(args) => {
            let (_, store) = args.listing.at.open().await?;
            let found = closed(&store, one(&store, &args.entry).await).await?;
            let Some(found) = found else {
                anyhow::bail!(
                    "{0} 不在隔离区，也未待判 / {0} is neither quarantined nor pending; see `sanheyi-node records`",
                    args.entry
                )
            };
            Answer::report(&found, args.listing.json, entry_text)
        }
        QuarantineCommand::Counts(listing) => {
            let (_, store) = listing.at.open().await?;
            let counts = closed(&store, count(&store).await).await?;
            let report = sums(&counts);
            let answer = Answer::report(&report, listing.json, counts_text)?;
            let code = if report.difference == 0 { OK } else { DIFFERENT };
            Ok(Answer { code, ..answer })
        }
    }
}

async fn page(store: &Store, args: &ListArgs) -> Result<QuarantineReport, StoreError> {
    let (state, mut report) =
        (args.state.as_str(), QuarantineReport { entries: Vec::new(), next: None });
    for journal in store.judged_journals().await? {
        let number = journal.number.to_column();
        let mut after = match args.after {
            Some((from, _)) if number < from => continue,
            Some((from, at)) if number == from => Some(at),
            _ => None,
        };
        loop {
            let found = store.quarantine_page(journal.number, after, READ, true).await?;
            let Some(last) = found.last() else { break };
            after = Some(last.verdict.sequence);
            for one in found.into_iter().filter(|one| is_meant(state, one.handling)) {
                if report.entries.len() as u64 == args.limit {
                    return Ok(report);
                }
                report.next = Some(format!("{number}/{}", one.verdict.sequence));
                report.entries.push(entry(store, &journal, one).await?);
            }
        }
    }
    report.next = None;
    Ok(report)
}

fn is_meant(state: &str, handling: Option<Handling>) -> bool {
    match (state, handling) {
        ("all", _) | ("unsettled" | "pending", None) => true,
        ("unsettled", Some(how)) => !how.is_settled(),
        (state, Some(how)) => how.en() == state,
        (_, None) => false,
    }
}

async fn one(store: &Store, name: &str) -> Result<Option<ShownQuarantined>, StoreError> {
    let named = |one: &Quarantined| {
        let verdict = &one.verdict;
        format!("{}/{}/{}", verdict.dataset, verdict.record, verdict.revision) == name
    };
    for journal in store.judged_journals().await? {
        let mut after = None;
        loop {
            let found = store.quarantine_page(journal.number, after, READ, true).await?;
            let Some(last) = found.last() else { break };
            after = Some(last.verdict.sequence);
            if let Some(found) = found.into_iter().find(&named) {
                return entry(store, &journal, found).await.map(Some);
            }
        }
    }
    Ok(None)
}

async fn count(store: &Store) -> Result<QuarantineCounts, StoreError> {
    let mut counts = QuarantineCounts::default();
    for journal in store.judged_journals().await? {
        counts.add(&store.quarantine_count(journal.number).await?);
    }
    Ok(counts)
}

fn sums(counts: &QuarantineCounts) -> CountsReport {
    let tally = counts.tally;
    CountsReport {
        quarantined: counts.total(),
        open: tally.open,
        returned: tally.returned,
        corrected: tally.corrected,
        withdrawn: tally.withdrawn,
        difference: counts.difference(),
    }
}

async fn entry(
    store: &Store,
    journal: &JudgedJournal,
    one: Quarantined,
) -> Result<ShownQuarantined, StoreError> {
    let Quarantined { verdict, handling, returned, later, released, .. } = one;
    let settled = handling.is_some_and(Handling::is_settled);
    let next = match handling {
        Some(_) if !settled => {
            let head = store.record_head(&verdict.dataset, &verdict.record).await?;
            Some(head.map_or(verdict.revision, |head| head.revision) + 1)
        }
        _ => None,
    };
    let next = next.filter(|_| !verdict.dataset.starts_with(EXCHANGE_FAMILY));
    let (remedy_zh, remedy_en) = remedy(&verdict.dataset, handling, next);
    let state = handling.map_or(("pending", "待判"), |how| (how.en(), how.zh()));
    let standing = if released.is_some() { Standing::Accepted } else { verdict.standing };
    let reasons = verdict.reasons.into_iter().map(|why| ShownReason {
        field: why.field,
        rule: why.rule,
        level: why.level.en(),
        zh: why.zh,
        en: why.en,
    });
    Ok(ShownQuarantined {
        dataset: verdict.dataset,
        record: verdict.record,
        revision: verdict.revision,
        journal: journal.journal.to_string(),
        sequence: verdict.sequence,
        standing: standing.en(),
        state: state.0,
        state_zh: state.1,
        reasons: reasons.collect(),
        returned: returned.map(asked),
        settled_by: later.map(|(revision, _)| revision),
        released: released.and_then(rfc3339),
        next_revision: next,
        remedy_zh,
        remedy_en,
    })
}

fn asked(row: ReturnedRow) -> ShownReturn {
    let ReturnedRow { asked, days, due, note, .. } = row;
    ShownReturn { asked: rfc3339(asked), days, due: rfc3339(due), note, until: shown(due) }
}

/// What the author can do about an entry.
fn remedy(dataset: &str, handling: Option<Handling>, next: Option<u64>) -> (String, String) {
    let (zh, en) = match (handling, next) {
        (None, _) => (
            "等待所引用的记录或市级平台升级，到时自动判定，无须处理".to_owned(),
            "nothing: it waits for what it refers to, or for the hub, and is judged by itself"
                .to_owned(),
        ),
        (Some(how), _) if how.is_settled() => {
            ("已了结，无须处理".to_owned(), "nothing: it is settled".to_owned())
        }
        _ if dataset == conflict::DATASET => (
            "查明后写出原记录的下一版本，或不再处理".to_owned(),
            "find out what holds, then write the next revision of the record inside, or leave it"
                .to_owned(),
        ),
        _ if dataset.starts_with(custody::FAMILY) => (
            "该提议或答复已被拒绝；如仍需移交，请以 `sanheyi-node custody` 重新提出".to_owned(),
            "the offer or answer did not count; make a new one by `sanheyi-node custody`"
                .to_owned(),
        ),
        (_, Some(next)) => (
            format!("按理由更正，由原系统交来第 {next} 版；或由市级平台在规则更正后放行复判"),
            format!(
                "put right what the reasons name and hand in revision {next}; or the hub has it judged again once its lists are right"
            ),
        ),
        _ => ("请重新写出该条目".to_owned(), "write the entry anew".to_owned()),
    };
    (zh, en)
}

fn cursor(text: &str) -> Result<(i64, u64), String> {
    let parts = text.split_once('/');
    let read = parts.and_then(|(journal, at)| Some((journal.parse().ok()?, at.parse().ok()?)));
    read.ok_or_else(|| "应为 日志号/序号 · it should be journal/sequence".to_owned())
}

fn list_text(report: &QuarantineReport) -> String {
    if report.entries.is_empty() {
        return "没有须处理的条目 · nothing is quarantined\n".to_owned();
    }
    let mut text: String = report.entries.iter().map(entry_text).collect();
    if let Some(next) = &report.next {
        text.push_str(&format!("下一页 · next page: --after {next}\n"));
    }
    text
}

fn entry_text(one: &ShownQuarantined) -> String {
    let ShownQuarantined { dataset, record, revision, sequence, state, state_zh, .. } = one;
    let mut text = format!("#{sequence} {dataset} {record} r{revision} · {state_zh} {state}\n");
    for ShownReason { field, rule, zh, en, .. } in &one.reasons {
        let place = format!("{field} {rule}");
        text.push_str(&format!("    [{}] {zh}\n      {en}\n", place.trim_start()));
    }
    if let Some(ShownReturn { days, note, until, .. }) = &one.returned {
        text.push_str(&format!(
            "    市级要求更正（{days} 个工作日，至 {until}）：{note}\n      the hub asks for a correction by then\n"
        ));
    }
    text.push_str(&format!("    → {}\n      {}\n", one.remedy_zh, one.remedy_en));
    text
}

fn counts_text(report: &CountsReport) -> String {
    let CountsReport { quarantined, open, returned, corrected, withdrawn, difference } = *report;
    format!(
        "隔离 quarantined {} = 待处理 open {} + 已退回 returned {} + 已更正 corrected {} + 已撤回 withdrawn {}，差 difference {difference}\n",
        grouped(quarantined),
        grouped(open),
        grouped(returned),
        grouped(corrected),
        grouped(withdrawn)
    )
}
