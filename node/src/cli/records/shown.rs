//! `records --from`: what another platform wrote and this one was shown, each with the checkpoint
//! of its author that proves it.

use sanheyi_exchange_spec::checkpoint::Checkpoint;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::rulebook::Rulebook;
use serde::Serialize;

use super::super::table::{Align, Table, grouped};
use super::{Cursor, RecordsQuery, standing_zh};
use crate::store::{EnclosureRow, Erased, ForeignKey, Store, StoreError};

/// The listing; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
pub struct ShownReport {
    /// Who wrote them.
    pub from: String,
    /// The revisions, ascending by dataset, record and revision.
    pub records: Vec<ForeignRecord>,
    /// What to hand to `--after` for the next page; null at the end.
    pub next: Option<String>,
}

/// One revision of another platform's record.
#[derive(Clone, Debug, Serialize)]
pub struct ForeignRecord {
    /// Dataset.
    pub dataset: String,
    /// Record.
    pub record: String,
    /// Revision, from 1.
    pub revision: u64,
    /// The author's journal.
    pub journal: String,
    /// Sequence number there.
    pub sequence: u64,
    /// Its digest.
    pub digest: String,
    /// How the hub's gate judged it.
    pub standing: &'static str,
    /// `there`, `erased` where its author has erased the body, or `withheld` where it was gone when
    /// it was served and its author's word on that has not come.
    pub body: &'static str,
    /// Size at which its author signed the journal that it stands in; null where the directory has
    /// no key of the author.
    pub signed_at_size: Option<u64>,
    /// Who holds the author's key, where it is not the author; or null.
    pub keeper: Option<String>,
    /// The author's checkpoint, a signed note.
    pub checkpoint: String,
}

/// A page of what `from` wrote and this platform was shown.
///
/// # Errors
/// If the store cannot be read.
pub async fn shown_by(
    store: &Store,
    rules: &Rulebook,
    from: &PlatformId,
    args: &RecordsQuery,
) -> Result<ShownReport, StoreError> {
    let after = args.after.clone().map(|Cursor { dataset, record, revision }| ForeignKey {
        author: from.clone(),
        dataset,
        record,
        revision,
    });
    let rows = store.enclosure_list(Some(from), after.as_ref(), args.limit).await?;
    let full = rows.len() as u64 == args.limit;
    let last = rows.last().filter(|_| full).map(EnclosureRow::key).transpose()?;
    let next = last.map(|key| format!("{}/{}/{}", key.dataset, key.record, key.revision));
    let mut records = Vec::with_capacity(rows.len());
    for row in &rows {
        let key = row.key()?;
        let wanted = args.dataset.as_ref().is_none_or(|dataset| *dataset == key.dataset)
            && args.record.as_ref().is_none_or(|record| *record == key.record);
        if wanted {
            records.push(record(rules, row, key));
        }
    }
    Ok(ShownReport { from: from.to_string(), records, next })
}

fn record(rules: &Rulebook, row: &EnclosureRow, key: ForeignKey) -> ForeignRecord {
    let EnclosureRow { forward, enclosure, erased } = row;
    let key_of = |author: &PlatformId, lane, at| rules.key_of(author, lane, at);
    let signed: Option<Checkpoint> = forward.verify(enclosure, key_of).ok();
    ForeignRecord {
        dataset: key.dataset,
        record: key.record,
        revision: key.revision,
        journal: forward.journal.to_string(),
        sequence: forward.sequence,
        digest: forward.digest().to_string(),
        standing: forward.standing.en(),
        body: match erased {
            Erased::No => "there",
            Erased::Served => "withheld",
            Erased::Proved => "erased",
        },
        signed_at_size: signed.as_ref().map(|signed| signed.size),
        keeper: signed.and_then(|signed| signed.keeper).map(|keeper| keeper.to_string()),
        checkpoint: enclosure.checkpoint.clone(),
    }
}

/// The listing for a person.
pub(super) fn text(report: &ShownReport) -> String {
    if report.records.is_empty() {
        return format!("没有 {0} 转来的记录 · nothing was shown of {0}\n", report.from);
    }
    let mut table = Table::new(&[
        ("数据集 DATASET", Align::Left),
        ("记录 RECORD", Align::Left),
        ("版本 REV", Align::Right),
        ("序号 SEQ", Align::Right),
        ("状态 STANDING", Align::Left),
        ("正文 BODY", Align::Left),
        ("作者检查点 SIGNED AT", Align::Right),
        ("密钥保管方 KEEPER", Align::Left),
    ]);
    for one in &report.records {
        let body = match one.body {
            "there" => "在 there",
            "erased" => "已删除 erased",
            _ => "未随附 withheld",
        };
        table.row([
            one.dataset.clone(),
            one.record.clone(),
            one.revision.to_string(),
            grouped(one.sequence),
            format!("{} {}", standing_zh(one.standing), one.standing),
            body.to_owned(),
            one.signed_at_size.map_or("—".to_owned(), grouped),
            one.keeper.clone().unwrap_or_else(|| report.from.clone()),
        ]);
    }
    let mut text = table.render();
    if let Some(next) = &report.next {
        text.push_str(&format!("下一页 · next page: --after {next}\n"));
    }
    text
}
