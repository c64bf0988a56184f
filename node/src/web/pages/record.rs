//! `/records/{dataset}/{record}`: one record: its revisions, how each stands, and why.

use std::collections::BTreeMap;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use sanheyi_exchange_spec::entry::Operation;
use sanheyi_exchange_spec::gate::{Level, Reason, Standing};

use super::body;
use super::ground::{Ground, Whole, dataset, standing};
use crate::branch::RecordView;
use crate::store::StoreError;
use crate::web::error::WebError;
use crate::web::lang::Lang;
use crate::web::page::Page;
use crate::web::parts::{Column, Table, Tone, exact, facts, number, state};
use crate::web::viewer::Viewer;

/// Most revisions that are shown.
pub const REVISIONS: u64 = 200;

const COLUMNS: [Column; 6] = [
    Column::number("版本", "Revision"),
    Column::text("动作", "Operation"),
    Column::text("发生", "Occurred"),
    Column::text("写入", "Recorded"),
    Column::text("状态", "Standing"),
    Column::text("原因", "Reasons"),
];

/// The page.
///
/// # Errors
/// If there is no such record, or the store cannot be read.
pub async fn page(
    viewer: Viewer,
    ground: Ground,
    Path(params): Path<BTreeMap<String, String>>,
) -> Result<Response, WebError> {
    let lang = viewer.lang;
    let param = |name: &str| params.get(name).map_or("", String::as_str);
    let (name, record) = (param("dataset"), param("record"));
    let views = ground.store.record_history(name, record, REVISIONS).await?;
    let Some(last) = views.last() else { return Err(WebError::not_found()) };
    let mut table = Table::new(lang, lang.t("版本", "Revisions"), &COLUMNS);
    let mut latest = None;
    for view in &views {
        let place = &view.found.place;
        let whole = ground.whole(place.journal, place.sequence).await?;
        let reasons = reasons(&ground, view).await?;
        table.row(cells(lang, &ground, view, whole.as_ref(), &reasons));
        latest = whole.or(latest);
    }
    let records = ground.path("/records");
    let of_dataset = ground.path(&format!("/records?dataset={name}"));
    let title = sanheyi_proto::datasets().iter().find(|one| one.name == name);
    let title = title.map_or(name, |known| lang.t(known.title_zh, known.title_en));
    let body = html! {
        (ground.crumbs(lang, &[(lang.t("记录", "Records"), &records), (title, &of_dataset)]))
        section {
            (facts([
                (lang.t("数据集", "Dataset"), dataset(lang, name)),
                (lang.t("最新版本", "Latest revision"), number(last.found.revision)),
                (lang.t("状态", "Standing"), standing(lang, last.standing)),
            ]))
        }
        section aria-labelledby="revisions-title" {
            h2 #revisions-title { (lang.t("版本", "Revisions")) }
            (table.or(""))
            @if views.len() as u64 == REVISIONS { p.quiet { (lang.t("只显示前 200 个版本。", "Only the first 200 revisions are shown.")) } }
        }
        @if let Some(whole) = &latest {
            section aria-labelledby="body-title" {
                h2 #body-title { (lang.t("最新版本的正文", "Body of the latest revision")) }
                (body::shown(lang, whole, body::Masks::On))
                p { a href=(ground.entry(last.found.place.journal, last.found.place.sequence)) { (lang.t("条目、回执与证明", "Entry, receipt and proof")) } }
            }
        }
    };
    Ok(Page::new(&viewer, record, body).into_response())
}

fn cells(
    lang: Lang,
    ground: &Ground,
    view: &RecordView,
    whole: Option<&Whole>,
    reasons: &[Reason],
) -> [Markup; 6] {
    let place = &view.found.place;
    let header = whole.map(|whole| &whole.header);
    [
        html! { a href=(ground.entry(place.journal, place.sequence)) { (number(view.found.revision)) } },
        header.map_or_else(|| html! {}, |header| operation(lang, header.operation)),
        header.map_or_else(|| html! {}, |header| exact(header.occurred)),
        header.map_or_else(|| html! {}, |header| exact(header.recorded)),
        standing(lang, view.standing),
        why(lang, reasons),
    ]
}

/// What an entry does, as a mark.
pub(super) fn operation(lang: Lang, operation: Operation) -> Markup {
    match operation {
        Operation::Put => html! { span.tight { (lang.t("写入", "put")) } },
        Operation::Withdraw => state(Tone::Off, lang.t("撤回", "withdraw")),
    }
}

/// What the gate said of a revision beyond its standing.
async fn reasons(ground: &Ground, view: &RecordView) -> Result<Vec<Reason>, StoreError> {
    let place = &view.found.place;
    match view.standing {
        None => Ok(Vec::new()),
        Some(_) => Ok(said_of(ground, place.journal, place.sequence).await?.1),
    }
}

/// How a judged entry stands, and why.
///
/// # Errors
/// Of the database.
pub(super) async fn said_of(
    ground: &Ground,
    journal: crate::store::JournalNumber,
    sequence: u64,
) -> Result<(Standing, Vec<Reason>), StoreError> {
    let next = ground.store.exception_list(journal, sequence.checked_sub(1), 1).await?;
    let own = next.into_iter().find(|one| one.sequence == sequence);
    Ok(own.map_or((Standing::Accepted, Vec::new()), |one| (one.standing, one.reasons)))
}

/// Reasons, one below the other, each with its field and its rule.
pub(super) fn why(lang: Lang, reasons: &[Reason]) -> Markup {
    html! {
        @if !reasons.is_empty() {
            ul.reasons {
                @for reason in reasons {
                    li {
                        @if reason.level == Level::Warning { (state(Tone::Warn, lang.t("提示", "warning"))) " " }
                        (lang.t(&reason.zh, &reason.en))
                        span.rule.quiet { @if !reason.field.is_empty() { code { (reason.field) } " " } code { (reason.rule) } }
                    }
                }
            }
        }
    }
}
