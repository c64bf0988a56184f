//! `records`: revisions of records in the order of the index, and what became of each.

mod shown;

use clap::Args;
use sanheyi_exchange_spec::conflict;
use sanheyi_exchange_spec::gate::{Level, Standing};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_proto::datasets;
use serde::Serialize;

use super::table::{Align, Table, grouped};
use super::{Answer, Listing, closed};
pub use shown::{ForeignRecord, ShownReport, shown_by};

use crate::branch::{RecordView, stored_rules};
use crate::store::{FoundRecord, JournalNumber, Place, Store, StoreError};

/// What `records --help` ends with.
pub const HELP: &str = "\
例 · Examples:
  sanheyi-node records --limit 20
  sanheyi-node records --dataset case.case --json
  sanheyi-node records --record JS048100JT0000000217        一条记录的全部版本 · all revisions of one
  sanheyi-node records --from jintan                       别的平台转来的 · what another platform showed
  sanheyi-node records --after case.case/JS048100JT0000000217/1   下一页 · the next page

状态 · Standing: 已接受 accepted，已隔离 quarantined，待判 pending，未回执 unanswered
JSON: next (null at the end; else for --after)
  records   [dataset, record, revision, journal, sequence, digest, standing,
            reasons [field, rule, level, zh, en]]
--from: from, next
  records   [dataset, record, revision, journal, sequence, digest, standing, body (there, erased, withheld),
            signed_at_size, keeper (null, or who holds the author's key), checkpoint]";

/// Most revisions on one page.
const PAGE: u64 = 10_000;

/// What to list.
#[derive(Clone, Debug, Args)]
pub struct RecordsArgs {
    /// Whose records, and how to show them.
    #[command(flatten)]
    pub listing: Listing,
    /// Which of them.
    #[command(flatten)]
    pub query: RecordsQuery,
    /// 列出该平台转来的记录及其检查点 · What this platform wrote and ours was shown, with its proofs
    #[arg(long, value_name = "PLATFORM")]
    pub from: Option<PlatformId>,
}

/// Which records to list.
#[derive(Clone, Debug, Args)]
pub struct RecordsQuery {
    /// 只列该数据集 · Only this dataset, for example case.step
    #[arg(long, value_name = "NAME")]
    pub dataset: Option<String>,
    /// 只列该记录的各版本 · Only the revisions of this record
    #[arg(long, value_name = "ID")]
    pub record: Option<String>,
    /// 最多条数 · How many at most
    #[arg(long, value_name = "N", default_value_t = 50)]
    #[arg(value_parser = clap::value_parser!(u64).range(1..=PAGE))]
    pub limit: u64,
    /// 接在其后，即上一页给出的 next · Go on after this, as the page before says in `next`
    #[arg(long, value_name = "DATASET/RECORD/REVISION", conflicts_with = "record")]
    #[arg(value_parser = cursor)]
    pub after: Option<Cursor>,
}

/// Where a page begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    dataset: String,
    record: String,
    revision: u64,
}

/// The listing; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
pub struct RecordsReport {
    /// The revisions, ascending by dataset, record and revision.
    pub records: Vec<ShownRecord>,
    /// What to hand to `--after` for the next page; null at the end.
    pub next: Option<String>,
}

/// One revision of a record.
#[derive(Clone, Debug, Serialize)]
pub struct ShownRecord {
    /// Dataset.
    pub dataset: String,
    /// Record.
    pub record: String,
    /// Revision, from 1.
    pub revision: u64,
    /// The journal that it stands in.
    pub journal: String,
    /// Its sequence number there; it may move when a history is adopted.
    pub sequence: u64,
    /// Its digest.
    pub digest: String,
    /// `accepted`, `quarantined`, `pending`, or `unanswered` while no receipt covers it.
    pub standing: &'static str,
    /// Why it is quarantined or pending; of an accepted one, warnings.
    pub reasons: Vec<ShownReason>,
}

/// One reason, in the words of the gate.
#[derive(Clone, Debug, Serialize)]
pub struct ShownReason {
    /// Path of the field; empty where the entry as a whole is meant.
    pub field: String,
    /// Id of the rule.
    pub rule: String,
    /// `error` or `warning`.
    pub level: &'static str,
    /// The sentence in Chinese.
    pub zh: String,
    /// The sentence in English.
    pub en: String,
}

/// Lists records of a node.
///
/// # Errors
/// If the store cannot be read.
pub async fn records(args: &RecordsArgs) -> anyhow::Result<Answer> {
    let (config, store) = args.listing.at.open().await?;
    if let Some(from) = &args.from {
        let rules = stored_rules(&store, &config.hub).await?;
        let found = shown_by(&store, &rules, from, &args.query).await;
        let report = closed(&store, found).await?;
        return Answer::report(&report, args.listing.json, shown::text);
    }
    let report = closed(&store, page(&store, &args.query).await).await?;
    shown_as(&report, args.listing.json)
}

/// A listing as it is shown.
///
/// # Errors
/// If it cannot be written as JSON.
pub fn shown_as(report: &RecordsReport, json: bool) -> anyhow::Result<Answer> {
    Answer::report(report, json, text)
}

/// One page of the records of a branch.
///
/// # Errors
/// If the store cannot be read.
pub async fn page(store: &Store, args: &RecordsQuery) -> Result<RecordsReport, StoreError> {
    let views = match &args.record {
        Some(record) => revisions(store, args, record).await?,
        None => walk(store, args).await?,
    };
    let full = views.len() as u64 == args.limit && args.record.is_none();
    let next = views.last().filter(|_| full).map(|RecordView { found, .. }| {
        format!("{}/{}/{}", found.dataset, found.record, found.revision)
    });
    let mut records = Vec::with_capacity(views.len());
    for view in views {
        records.push(shown(store, view).await?);
    }
    Ok(RecordsReport { records, next })
}

/// All revisions of one record; without a dataset, in every dataset that there can be.
async fn revisions(
    store: &Store,
    args: &RecordsQuery,
    record: &str,
) -> Result<Vec<RecordView>, StoreError> {
    let names: Vec<&str> = match &args.dataset {
        Some(dataset) => vec![dataset],
        None => datasets().iter().map(|known| known.name).chain([conflict::DATASET]).collect(),
    };
    let mut views = Vec::new();
    for dataset in names {
        let left = args.limit - views.len() as u64;
        if left == 0 {
            break;
        }
        views.extend(store.record_history(dataset, record, left).await?);
    }
    Ok(views)
}

async fn walk(store: &Store, args: &RecordsQuery) -> Result<Vec<RecordView>, StoreError> {
    let after = args.after.clone().or_else(|| {
        // No record has an empty id: this stands before all of the dataset.
        let dataset = args.dataset.clone()?;
        Some(Cursor { dataset, record: String::new(), revision: 0 })
    });
    let after = after.map(|Cursor { dataset, record, revision }| FoundRecord {
        dataset,
        record,
        revision,
        place: NOWHERE,
    });
    let mut views = store.record_list(after.as_ref(), args.limit).await?;
    if let Some(dataset) = &args.dataset {
        views.retain(|view| view.found.dataset == *dataset);
    }
    Ok(views)
}

/// A cursor names a key; where that stands is not asked.
pub(crate) const NOWHERE: Place = Place {
    journal: JournalNumber::from_column(0),
    sequence: 0,
    standing: None,
    digest: sanheyi_exchange_spec::suite::Digest::new([0; 32]),
};

async fn shown(store: &Store, view: RecordView) -> Result<ShownRecord, StoreError> {
    let RecordView { found, journal, standing } = view;
    let reasons = match standing {
        None => Vec::new(),
        Some(_) => reasons(store, &found.place).await?,
    };
    Ok(ShownRecord {
        dataset: found.dataset,
        record: found.record,
        revision: found.revision,
        journal: journal.to_string(),
        sequence: found.place.sequence,
        digest: found.place.digest.to_string(),
        standing: standing.map_or("unanswered", Standing::en),
        reasons,
    })
}

async fn reasons(store: &Store, place: &Place) -> Result<Vec<ShownReason>, StoreError> {
    let before = place.sequence.checked_sub(1);
    let found = store.exception_list(place.journal, before, 1).await?;
    let own = found.into_iter().find(|exception| exception.sequence == place.sequence);
    let reasons = own.map(|exception| exception.reasons).unwrap_or_default();
    let shown = reasons.into_iter().map(|reason| ShownReason {
        field: reason.field,
        rule: reason.rule,
        level: reason.level.en(),
        zh: reason.zh,
        en: reason.en,
    });
    Ok(shown.collect())
}

fn cursor(text: &str) -> Result<Cursor, String> {
    // A record id may hold a slash; a dataset and a revision hold none.
    let parts = text
        .split_once('/')
        .and_then(|(dataset, rest)| Some((dataset, rest.rsplit_once('/')?)))
        .and_then(|(dataset, (record, revision))| Some((dataset, record, revision.parse().ok()?)));
    match parts {
        Some((dataset, record, revision)) => {
            Ok(Cursor { dataset: dataset.to_owned(), record: record.to_owned(), revision })
        }
        None => Err("应为 数据集/记录/版本 · it should be dataset/record/revision".to_owned()),
    }
}

fn text(report: &RecordsReport) -> String {
    if report.records.is_empty() {
        return "没有记录 · no records\n".to_owned();
    }
    let mut table = Table::new(&[
        ("数据集 DATASET", Align::Left),
        ("记录 RECORD", Align::Left),
        ("版本 REV", Align::Right),
        ("序号 SEQ", Align::Right),
        ("状态 STANDING", Align::Left),
        ("原因 REASONS", Align::Left),
    ]);
    for record in &report.records {
        let mut reasons = record.reasons.iter().map(reason);
        table.row([
            record.dataset.clone(),
            record.record.clone(),
            record.revision.to_string(),
            grouped(record.sequence),
            format!("{} {}", standing_zh(record.standing), record.standing),
            reasons.next().unwrap_or_default(),
        ]);
        for more in reasons {
            let none = String::new;
            table.row([none(), none(), none(), none(), none(), more]);
        }
    }
    let mut text = table.render();
    if let Some(next) = &report.next {
        text.push_str(&format!("下一页 · next page: --after {next}\n"));
    }
    text
}

fn reason(reason: &ShownReason) -> String {
    let ShownReason { field, rule, level, zh, .. } = reason;
    let mark = if *level == Level::Warning.en() { "提示 " } else { "" };
    match field.as_str() {
        "" => format!("{mark}{zh} [{rule}]"),
        field => format!("{mark}{field}: {zh} [{rule}]"),
    }
}

fn standing_zh(en: &str) -> &'static str {
    [Standing::Accepted, Standing::Quarantined, Standing::Pending]
        .into_iter()
        .find(|standing| standing.en() == en)
        .map_or("未回执", Standing::zh)
}
