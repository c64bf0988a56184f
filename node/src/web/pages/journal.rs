//! `/journals/{journal}`: one journal: its size and root, epochs, signed checkpoints, segments, and
//! its entries.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use sanheyi_exchange_spec::entry::Operation;
use sanheyi_exchange_spec::segment::SegmentReader;
use sanheyi_exchange_spec::suite::Suite;
use sanheyi_exchange_spec::time::Timestamp;

use super::ground::{Ground, dataset, role_of, standing};
use super::journals::{Known, known, lane, stands};
use super::proof::held;
use crate::store::{CheckpointRow, SegmentRow, StoreError};
use crate::web::error::WebError;
use crate::web::lang::Lang;
use crate::web::page::Page;
use crate::web::parts::{
    Column, Table, Tone, bytes, exact, facts, figures, moment, none, number, said, state,
};
use crate::web::viewer::Viewer;

/// Entries of a page.
pub const ENTRIES: u64 = 50;
/// Checkpoints that are shown, the last ones.
const CHECKPOINTS: u64 = 5;
/// Segments read at a time.
const READ: usize = 8;

const OF_ENTRIES: [Column; 6] = [
    Column::number("序号", "Sequence"),
    Column::text("数据集", "Dataset"),
    Column::text("记录", "Record"),
    Column::number("版本", "Revision"),
    Column::text("写入", "Recorded"),
    Column::text("状态", "Standing"),
];

const OF_SEGMENTS: [Column; 4] = [
    Column::text("条目", "Entries"),
    Column::number("条数", "Count"),
    Column::number("字节", "Bytes"),
    Column::text("存入", "Stored"),
];

/// An entry as it stands in a list.
struct Line {
    sequence: u64,
    dataset: String,
    record: String,
    revision: u64,
    withdraws: bool,
    recorded: Timestamp,
}

/// The page.
///
/// # Errors
/// If there is no such journal, or the store cannot be read.
pub async fn page(
    viewer: Viewer,
    ground: Ground,
    Path(params): Path<BTreeMap<String, String>>,
) -> Result<Response, WebError> {
    let lang = viewer.lang;
    let row = ground.find(params.get("journal").map_or("", String::as_str)).await?;
    let known = known(&ground, row).await?;
    let size = known.row.head.size;
    let last = size.saturating_sub(1) / ENTRIES * ENTRIES;
    let from = viewer.asked().get("from").parse().map_or(last, |from: u64| from.min(last));
    let (lines, segments) = entries(&ground, &known, from).await?;
    let checkpoints = ground.store.checkpoint_last(known.row.number, CHECKPOINTS).await?;
    let title = format!(
        "{} · {}",
        role_of(lang, &ground, &known.row.head.journal),
        lane(&viewer, &known.row)
    );
    let path = ground.path("/journals");
    let body = html! {
        (ground.crumbs(lang, &[(lang.t("日志", "Journals"), &path)]))
        @if let Some(why) = &known.row.stopped { (said(Tone::Bad, &format!("{}: {why}", lang.t("已停止", "stopped")))) }
        (counted(&viewer, &ground, &known))
        section aria-labelledby="head-title" { h2 #head-title { (lang.t("日志头", "Head")) } (head(&viewer, &known)) }
        section aria-labelledby="entries-title" {
            h2 #entries-title { (lang.t("条目", "Entries")) }
            (listed(&viewer, &ground, &known, &lines).await?)
            (pager(&viewer, from, size))
        }
        section aria-labelledby="checkpoints-title" {
            h2 #checkpoints-title { (lang.t("签名检查点", "Signed checkpoints")) }
            (signed(&viewer, &ground, &known, &checkpoints))
        }
        section aria-labelledby="segments-title" {
            h2 #segments-title { (lang.t("上列条目所在的段", "Segments of the entries above")) }
            (stored(&viewer, &segments))
        }
    };
    Ok(Page::new(&viewer, title, body).into_response())
}

/// The entries of a page, and the segments that they lie in.
async fn entries(
    ground: &Ground,
    known: &Known,
    from: u64,
) -> Result<(Vec<Line>, Vec<SegmentRow>), StoreError> {
    let to = (from + ENTRIES).min(known.row.head.size);
    let wrong = |at: u64, error: &dyn ToString| {
        StoreError::contradiction("segment", "bytes", at, error.to_string())
    };
    let mut reader = SegmentReader::new(Suite::Intl).map_err(|error| wrong(from, &error))?;
    let (mut lines, mut segments, mut next) = (Vec::new(), Vec::new(), from);
    while next < to {
        let rows = ground.store.segment_from(known.row.number, next, READ).await?;
        let before = next;
        for row in rows.into_iter().take_while(|row| row.first < to) {
            let opened = reader.open(&row.bytes).map_err(|error| wrong(row.first, &error))?;
            let within = (row.first..).zip(opened.iter()).filter(|(at, _)| (from..to).contains(at));
            lines.extend(within.map(|(sequence, entry)| Line {
                sequence,
                dataset: entry.header.dataset.to_owned(),
                record: entry.header.record.to_owned(),
                revision: entry.header.revision,
                withdraws: entry.header.operation == Operation::Withdraw,
                recorded: entry.header.recorded,
            }));
            next = row.past();
            segments.push(row);
        }
        if next == before {
            break;
        }
    }
    Ok((lines, segments))
}

fn counted(viewer: &Viewer, ground: &Ground, known: &Known) -> Markup {
    let lang = viewer.lang;
    let Known { row, acknowledged, counts, judged } = known;
    let own = row.head.journal.author == *ground.store.platform();
    let quarantine = own.then(|| ground.path("/quarantine"));
    let of = |name| Some(ground.path(&format!("/records?standing={name}")));
    html! {
        (figures([(lang.t("条目", "Entries"), number(row.head.size), None)]
            .into_iter()
            .chain(acknowledged.map(|many| (lang.t("市级已存", "At the hub"), number(many), None)))
            .chain((own && *judged > 0).then(|| (lang.t("已接受", "Accepted"), number(counts.accepted), of("accepted"))))
            .chain((own && *judged > 0).then(|| (lang.t("已隔离", "Quarantined"), number(counts.quarantined), quarantine)))
            .chain((own && *judged > 0).then(|| (lang.t("待判", "Pending"), number(counts.pending), of("pending"))))
            .chain(own.then(|| (lang.t("未回执", "Unanswered"), number(row.head.size.saturating_sub(*judged)), of("unanswered"))))))
    }
}

fn head(viewer: &Viewer, known: &Known) -> Markup {
    let lang = viewer.lang;
    let row = &known.row;
    let head = &row.head;
    facts([
        (lang.t("状态", "State"), stands(viewer, row, known.acknowledged)),
        (lang.t("编号", "Id"), html! { code { (head.journal) } }),
        (lang.t("根", "Root"), html! { code { (head.root) } }),
        (
            lang.t("纪元", "Epoch"),
            html! { code { (head.position.epoch) } " " span.quiet { (lang.t("自条目 ", "from entry ")) (number(head.opened)) } },
        ),
        (lang.t("已授予纪元", "Epochs granted"), number(row.serial)),
        (
            lang.t("市级存储世代", "Generation of the hub's store"),
            html! { code { (head.position.generation) } },
        ),
        (
            lang.t("写于", "Appended"),
            html! { (if row.home { lang.t("本机", "here") } else { lang.t("别处，这里是副本", "elsewhere, this is a copy") }) },
        ),
        (lang.t("最近写入", "Last written"), moment(viewer, row.recorded)),
    ])
}

async fn listed(
    viewer: &Viewer,
    ground: &Ground,
    known: &Known,
    lines: &[Line],
) -> Result<Markup, StoreError> {
    let lang = viewer.lang;
    let own = known.row.head.journal.author == *ground.store.platform();
    let mut table = Table::new(lang, lang.t("条目", "Entries"), &OF_ENTRIES);
    for line in lines {
        let stands = match own {
            true if line.sequence < known.judged => {
                Some(ground.store.standing_of(known.row.number, line.sequence).await?)
            }
            _ => None,
        };
        table.row([
            html! { a href=(ground.entry(known.row.number, line.sequence)) { (number(line.sequence)) } },
            dataset(lang, &line.dataset),
            html! {
                @if own { a href=(ground.record(&line.dataset, &line.record)) { code { (line.record) } } }
                @else { code { (line.record) } }
                @if line.withdraws { " " (state(Tone::Off, lang.t("撤回", "withdraws"))) }
            },
            number(line.revision),
            moment(viewer, line.recorded),
            if own { standing(lang, stands) } else { none() },
        ]);
    }
    Ok(table.or(lang.t("还没有条目。", "No entries yet.")))
}

fn pager(viewer: &Viewer, from: u64, size: u64) -> Markup {
    let lang = viewer.lang;
    let to = (from + ENTRIES).min(size);
    html! {
        nav.pager aria-label=(lang.t("翻页", "Pages")) {
            span {
                @if from > 0 {
                    a href="?from=0" rel="first" { (lang.t("最早", "First")) } " "
                    a href={ "?from=" (from.saturating_sub(ENTRIES)) } rel="prev" { (lang.t("更早", "Earlier")) }
                }
            }
            @if size > 0 { span { (number(from)) "–" (number(to.saturating_sub(1))) " / " (number(size)) } }
            span {
                @if to < size {
                    a href={ "?from=" (to) } rel="next" { (lang.t("更晚", "Later")) } " "
                    a href="?" rel="last" { (lang.t("最新", "Latest")) }
                }
            }
        }
    }
}

fn signed(
    viewer: &Viewer,
    ground: &Ground,
    known: &Known,
    checkpoints: &[CheckpointRow],
) -> Markup {
    let lang = viewer.lang;
    html! {
        @if checkpoints.is_empty() { p.empty { (none_signed(lang, ground, known)) } }
        @for row in checkpoints {
            details open[checkpoints.first() == Some(row)] {
                summary {
                    (lang.t("大小", "size")) " " (number(row.size)) " "
                    @match held(ground, &known.row.head.journal, row) {
                        Ok(checkpoint) => {
                            (state(Tone::Good, lang.t("签名有效", "signature holds"))) " " (exact(checkpoint.time))
                            @if let Some(keeper) = &checkpoint.keeper { " " span.quiet { (lang.t("代管签名", "signed for it by")) " " code { (keeper) } } }
                        },
                        Err(problem) => { (state(Tone::Bad, lang.t(&problem.zh, &problem.en))) },
                    }
                }
                pre tabindex="0" { (row.note) }
            }
        }
    }
}

/// Why there is none. A branch keeps no checkpoints of its own journals: the hub has them.
fn none_signed(lang: Lang, ground: &Ground, known: &Known) -> &'static str {
    let row = &known.row;
    match row.home && row.head.journal.author == *ground.store.platform() && row.head.size > 0 {
        true => lang.t(
            "本平台日志的检查点随每次推送签出，由市级保存；本机以市级回执所载的根核验。",
            "Checkpoints of this journal go along with every push and are kept by the hub; here the roots in the hub's receipts prove it.",
        ),
        false => lang.t("还没有检查点。", "No checkpoints yet."),
    }
}

fn stored(viewer: &Viewer, segments: &[SegmentRow]) -> Markup {
    let lang = viewer.lang;
    let mut table = Table::new(lang, lang.t("段", "Segments"), &OF_SEGMENTS);
    for row in segments {
        table.row([
            html! { (number(row.first)) @if row.entries > 1 { "–" (number(row.past().saturating_sub(1))) } },
            number(row.entries),
            html! { (bytes(row.bytes.len() as u64)) },
            exact(row.stored),
        ]);
    }
    table.or(lang.t("没有段。", "No segments."))
}
