//! `/attachments`: files that entries name: which are still to come or to go, which were refused.

use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use sanheyi_exchange_spec::suite::Digest;

use super::ground::{Ground, dataset, short};
use crate::store::{DueRow, DueState, DueTotal, StoreError, Way};
use crate::web::error::WebError;
use crate::web::form::query;
use crate::web::lang::Lang;
use crate::web::page::Page;
use crate::web::parts::{Column, Table, Tone, bytes, none, number, state};
use crate::web::viewer::Viewer;

/// Files of a page.
pub const PAGE: u64 = 50;

const TOTALS: [Column; 4] = [
    Column::text("方向", "Way"),
    Column::text("状态", "State"),
    Column::number("文件", "Files"),
    Column::number("大小", "Size"),
];

const FILES: [Column; 6] = [
    Column::text("摘要", "Digest"),
    Column::text("类型", "Type"),
    Column::number("大小", "Size"),
    Column::text("数据集", "Dataset"),
    Column::text("记录", "Record"),
    Column::text("说明", "Why"),
];

/// The page.
///
/// # Errors
/// If the store cannot be read.
pub async fn page(viewer: Viewer, ground: Ground) -> Result<Response, WebError> {
    let lang = viewer.lang;
    let asked = viewer.asked();
    let totals = ground.store.due_totals().await?;
    let way = if asked.get("way") == "down" { Way::Down } else { Way::Up };
    let wanted = DueState::ALL.into_iter().find(|one| one.as_str() == asked.get("state"));
    let mut table = Table::new(lang, lang.t("按方向与状态", "By way and state"), &TOTALS);
    for DueTotal { way, state, files, bytes: size } in &totals {
        let path = format!("?{}", query([("way", way_name(*way)), ("state", state.as_str())]));
        table.row([
            html! { (way_word(lang, *way)) },
            html! { a href=(path) { (stands(lang, *state)) } },
            number(*files),
            html! { (bytes(*size)) },
        ]);
    }
    let body = html! {
        (ground.crumbs(lang, &[]))
        p.lead { (lang.t("附件按内容摘要传送，断点续传；记录与附件各走各的，不互相等待。", "Files travel by the digest of their content and go on where they stopped; records and files do not wait for each other.")) }
        section aria-labelledby="totals-title" {
            h2 #totals-title { (lang.t("概况", "Totals")) }
            (table.or(lang.t("还没有记录引用附件。", "No record names a file yet.")))
        }
        @if let Some(wanted) = wanted {
            section aria-labelledby="files-title" {
                h2 #files-title { (way_word(lang, way)) " · " (word(lang, wanted)) }
                (files(lang, &ground, way, wanted, asked.get("after")).await?)
            }
        }
    };
    Ok(Page::new(&viewer, lang.t("附件", "Attachments"), body).into_response())
}

async fn files(
    lang: Lang,
    ground: &Ground,
    way: Way,
    state: DueState,
    after: &str,
) -> Result<Markup, StoreError> {
    let after = digest(after);
    let rows = ground.store.due_list(way, state, after.as_ref(), PAGE + 1).await?;
    let full = rows.len() as u64 > PAGE;
    let shown = &rows[..rows.len().min(usize::try_from(PAGE).unwrap_or(usize::MAX))];
    let mut table = Table::new(lang, lang.t("文件", "Files"), &FILES);
    for row in shown {
        table.row(cells(lang, ground, row));
    }
    let next = shown.last().filter(|_| full).map(|row| {
        let after = row.file.digest.to_string();
        format!(
            "?{}",
            query([("way", way_name(way)), ("state", state.as_str()), ("after", &after)])
        )
    });
    Ok(html! {
        (table.or(lang.t("没有。", "None.")))
        nav.pager aria-label=(lang.t("翻页", "Pages")) {
            span {}
            @if let Some(next) = next { a href=(next) rel="next" { (lang.t("继续", "Go on")) } }
        }
    })
}

fn cells(lang: Lang, ground: &Ground, row: &DueRow) -> [Markup; 6] {
    let own = row.way == Way::Up;
    [
        short(&row.file.digest.to_string()),
        html! { (row.file.media_type) },
        html! { (bytes(row.file.bytes)) },
        dataset(lang, &row.dataset),
        html! {
            @if own { a href=(ground.record(&row.dataset, &row.record)) { code { (row.record) } } }
            @else { code { (row.record) } }
        },
        html! { @if row.why.is_empty() { (none()) } @else { (row.why) } },
    ]
}

/// A digest in hex.
fn digest(text: &str) -> Option<Digest> {
    let pairs = text.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).ok());
    let bytes: Option<Vec<u8>> =
        pairs.map(|pair| pair.and_then(|pair| u8::from_str_radix(pair, 16).ok())).collect();
    Digest::from_slice(&bytes?).ok()
}

fn way_name(way: Way) -> &'static str {
    match way {
        Way::Up => "up",
        Way::Down => "down",
    }
}

fn way_word(lang: Lang, way: Way) -> &'static str {
    match way {
        Way::Up => lang.t("上行", "up"),
        Way::Down => lang.t("下行", "down"),
    }
}

fn word(lang: Lang, state: DueState) -> &'static str {
    match state {
        DueState::Absent => lang.t("未到", "absent"),
        DueState::Here => lang.t("在库", "here"),
        DueState::Passed => lang.t("市级已存", "at the hub"),
        DueState::Refused => lang.t("被拒", "refused"),
    }
}

fn stands(lang: Lang, due: DueState) -> Markup {
    let tone = match due {
        DueState::Absent => Tone::Warn,
        DueState::Here => Tone::Off,
        DueState::Passed => Tone::Good,
        DueState::Refused => Tone::Bad,
    };
    state(tone, word(lang, due))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_in_an_address_is_read_back() {
        let some = Digest::new([0xa5; 32]);
        assert_eq!(digest(&some.to_string()), Some(some));
        assert_eq!(digest("a5"), None);
        assert_eq!(digest("zz"), None);
    }
}
