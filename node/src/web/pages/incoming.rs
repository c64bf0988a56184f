//! `/incoming`: what was written to the platform: orders of supervision, complaints, and entries of
//! others that it was shown.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use sanheyi_exchange_spec::ids::PlatformId;

use super::ground::{Ground, dataset};
use crate::cli::complaint::{self, ComplaintQuery};
use crate::cli::order::{self, OrderQuery};
use crate::cli::oversight::{Ground as Oversight, Reached, ShownTerm, rules_of};
use crate::store::{IncomingRow, StoreError};
use crate::web::error::WebError;
use crate::web::form::{encoded, query};
use crate::web::lang::Lang;
use crate::web::page::Page;
use crate::web::parts::{Column, Table, Tone, number, state};
use crate::web::site::Site;
use crate::web::viewer::Viewer;

/// Rows of a page.
pub const PAGE: u64 = 50;

const OF_ORDERS: [Column; 5] = [
    Column::text("督办编号", "Order"),
    Column::text("被督办机构", "Organisation"),
    Column::text("状态", "State"),
    Column::text("回复期限", "Reply due"),
    Column::text("办结期限", "Closing due"),
];

const OF_COMPLAINTS: [Column; 5] = [
    Column::text("投诉编号", "Complaint"),
    Column::text("被投诉机构", "Complained of"),
    Column::text("状态", "State"),
    Column::text("受理期限", "Acceptance due"),
    Column::text("答复期限", "Answer due"),
];

const OF_FORWARDS: [Column; 4] = [
    Column::text("来自", "From"),
    Column::text("数据集", "Dataset"),
    Column::text("记录", "Record"),
    Column::number("版本", "Revision"),
];

/// What is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Orders,
    Complaints,
    Forwards,
}

const ALL: [(Which, &str, &str, &str); 3] = [
    (Which::Orders, "orders", "督办", "Orders"),
    (Which::Complaints, "complaints", "投诉", "Complaints"),
    (Which::Forwards, "forwards", "转来的记录", "Shown by others"),
];

/// The page.
///
/// # Errors
/// If the store cannot be read.
pub async fn page(viewer: Viewer, State(site): State<Site>) -> Result<Response, WebError> {
    let lang = viewer.lang;
    let asked = viewer.asked();
    let which = ALL.iter().find(|(_, name, ..)| *name == asked.get("kind"));
    let which = which.map_or(Which::Orders, |(which, ..)| *which);
    let ground = site.ground();
    let open = asked.get("all").is_empty();
    let listed = match which {
        Which::Orders => orders(&viewer, &site, &ground, open).await?,
        Which::Complaints => complaints(&viewer, &site, &ground, open).await?,
        Which::Forwards => forwards(&viewer, &ground, asked.get("after")).await?,
    };
    let name = ALL.iter().find(|(one, ..)| *one == which).map_or("", |(_, name, ..)| name);
    let body = html! {
        nav.tabs aria-label=(lang.t("类别", "Kinds")) {
            @for (one, name, zh, en) in ALL {
                a href={ "?kind=" (name) } aria-current=[(one == which).then_some("page")] { (lang.t(zh, en)) }
            }
        }
        section {
            @if which != Which::Forwards {
                form.filter method="get" action="/incoming" {
                    input type="hidden" name="kind" value=(name);
                    label.inline { input type="checkbox" name="all" value="1" checked[!open]; (lang.t("包括已办结的", "with those that are over")) }
                    button.second { (lang.t("筛选", "Filter")) }
                }
            }
            (listed)
        }
    };
    Ok(Page::new(&viewer, lang.t("来件", "Incoming"), body).into_response())
}

async fn oversight(viewer: &Viewer, site: &Site) -> Result<Oversight, StoreError> {
    let parts = site.parts();
    Ok(Oversight {
        store: parts.store.clone(),
        hub: parts.config.hub.clone(),
        reached: Reached::Here,
        rules: rules_of(&parts.store, &parts.config.hub).await?,
        now: viewer.shell.now(),
        socket: parts.config.socket(),
    })
}

/// A record by its number; a link where it stands in a journal here.
async fn linked(
    ground: &Ground,
    author: &PlatformId,
    dataset: &str,
    record: &str,
) -> Result<Markup, StoreError> {
    let store = &ground.store;
    let own = store.record_head(dataset, record).await?.map(|_| ground.record(dataset, record));
    let path = match own {
        Some(path) => Some(path),
        None => {
            let head = store.incoming_head(author, dataset, record).await?;
            head.map(|head| ground.entry(head.place.journal, head.place.sequence))
        }
    };
    Ok(html! {
        @if let Some(path) = path { a href=(path) { code { (record) } } } @else { code { (record) } }
    })
}

async fn orders(
    viewer: &Viewer,
    site: &Site,
    ground: &Ground,
    open: bool,
) -> Result<Markup, StoreError> {
    let lang = viewer.lang;
    let query = OrderQuery { open, from_hub: true, ..OrderQuery::default() };
    let report = order::list(&oversight(viewer, site).await?, &query).await?;
    let mut table = Table::new(lang, lang.t("督办", "Orders"), &OF_ORDERS);
    for one in &report.orders {
        let tone = if one.overdue { Tone::Bad } else { Tone::Off };
        table.row([
            linked(ground, &ground.hub, order::ORDER, &one.no).await?,
            html! { (one.organisation) },
            html! { (state(tone, word(lang, one.state))) @if one.withdrawn { " " (state(Tone::Off, lang.t("已撤回", "withdrawn"))) } },
            due(lang, &one.reply),
            due(lang, &one.closing),
        ]);
    }
    let more = lang.t(
        "回复与办结请用命令 sanheyi-node order。",
        "Reply and close by the command sanheyi-node order.",
    );
    Ok(html! { (table.or(lang.t("没有未办结的督办。", "No orders are open."))) p.quiet { (more) } })
}

async fn complaints(
    viewer: &Viewer,
    site: &Site,
    ground: &Ground,
    open: bool,
) -> Result<Markup, StoreError> {
    let lang = viewer.lang;
    let query = ComplaintQuery { open, from_hub: true, ..ComplaintQuery::default() };
    let report = complaint::list(&oversight(viewer, site).await?, &query).await?;
    let mut table = Table::new(lang, lang.t("投诉", "Complaints"), &OF_COMPLAINTS);
    for one in &report.complaints {
        let tone = if one.overdue { Tone::Bad } else { Tone::Off };
        let author = one.author.parse().unwrap_or_else(|_| ground.hub.clone());
        table.row([
            linked(ground, &author, complaint::COMPLAINT, &one.no).await?,
            html! { (one.accused_organisation) },
            state(tone, word(lang, one.state)),
            due(lang, &one.acceptance),
            due(lang, &one.answer),
        ]);
    }
    let more = lang.t(
        "处理请用命令 sanheyi-node complaint。",
        "Handle them by the command sanheyi-node complaint.",
    );
    Ok(
        html! { (table.or(lang.t("没有未结的投诉。", "No complaints are open."))) p.quiet { (more) } },
    )
}

/// States of orders and complaints in words; others are shown as they are written.
pub fn word(lang: Lang, state: &str) -> &str {
    let (zh, en) = match state {
        "issued" => ("已签发", "issued"),
        "delivered" => ("已送达", "delivered"),
        "replied" => ("已回复", "replied"),
        "closed" => ("已办结", "closed"),
        "registered" => ("已登记", "registered"),
        "accepted" => ("已受理", "accepted"),
        "refused" => ("不予受理", "refused"),
        "transferred" => ("已转办", "passed on"),
        "in_progress" => ("办理中", "in progress"),
        "withdrawn" => ("已撤回", "withdrawn"),
        "answered" => ("已答复", "answered"),
        other => return other,
    };
    lang.t(zh, en)
}

/// Until when something is due, and whether that is kept. It is due until a day's last instant, so
/// the day says it.
pub fn due(lang: Lang, term: &ShownTerm) -> Markup {
    let (tone, zh, en) = match term.timing {
        "met" => (Tone::Good, "按期", "in time"),
        "running" => (Tone::Off, "期限内", "in time so far"),
        "late" => (Tone::Warn, "逾期完成", "done late"),
        "overdue" => (Tone::Bad, "逾期", "overdue"),
        "waived" => (Tone::Off, "无须", "not needed"),
        _ => (Tone::Off, "期限不明", "unknown"),
    };
    let shown: Option<String> = term.due.as_deref().map(|due| due.chars().take(10).collect());
    html! {
        @if let Some(shown) = shown { time datetime=(term.due.as_deref().unwrap_or_default()) { (shown) } " " }
        (state(tone, lang.t(zh, en)))
        @if let Some(why) = &term.unknown {
            " " span.quiet { (why.split_once(" · ").map_or(why.as_str(), |(zh, en)| lang.t(zh, en))) }
        }
    }
}

async fn forwards(viewer: &Viewer, ground: &Ground, after: &str) -> Result<Markup, StoreError> {
    let lang = viewer.lang;
    let mut after = cursor(after);
    let (mut table, mut full) =
        (Table::new(lang, lang.t("转来的记录", "Shown by others"), &OF_FORWARDS), false);
    let mut shown = 0;
    'pages: loop {
        let rows = ground.store.incoming_after(after.as_ref(), 500).await?;
        let end = rows.len() < 500;
        for row in rows {
            if row.author == ground.hub {
                after = Some(row);
                continue;
            }
            if shown == PAGE {
                full = true;
                break 'pages;
            }
            shown += 1;
            let IncomingRow { author, dataset: name, record, revision, place } = &row;
            table.row([
                html! { code { (author) } },
                dataset(lang, name),
                html! { a href=(ground.entry(place.journal, place.sequence)) { code { (record) } } },
                number(*revision),
            ]);
            after = Some(row);
        }
        if end {
            break;
        }
    }
    let next = after.filter(|_| full).map(|row| written(&row));
    Ok(html! {
        (table.or(lang.t("还没有别的平台转来的记录。", "No other platform has shown anything yet.")))
        nav.pager aria-label=(lang.t("翻页", "Pages")) {
            span {}
            @if let Some(next) = next { a href={ "?" (query([("kind", "forwards"), ("after", &next)])) } rel="next" { (lang.t("继续", "Go on")) } }
        }
    })
}

fn written(row: &IncomingRow) -> String {
    let IncomingRow { author, dataset, record, revision, .. } = row;
    format!("{author}/{dataset}/{}/{revision}", encoded(record))
}

fn cursor(text: &str) -> Option<IncomingRow> {
    let mut parts = text.splitn(4, '/');
    let (author, dataset) = (parts.next()?.parse().ok()?, parts.next()?.to_owned());
    let (record, revision) = (parts.next()?, parts.next()?.parse().ok()?);
    let record = crate::web::form::Fields::parse(&format!("r={record}")).get("r").to_owned();
    let place = crate::cli::records::NOWHERE;
    Some(IncomingRow { author, dataset, record, revision, place })
}
