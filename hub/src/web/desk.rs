//! `/quarantine`: what the gate did not accept, to be worked off, one entry or thousands. What
//! would happen is shown before it happens.

pub mod entry;
pub mod filter;
pub mod review;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use sanheyi_exchange_spec::quarantine::Handling;
use sanheyi_node::web::error::WebError;
use sanheyi_node::web::form::query;
use sanheyi_node::web::lang::Lang;
use sanheyi_node::web::page::Page;
use sanheyi_node::web::pages::ground::dataset;
use sanheyi_node::web::parts::{Column, Table, Tone, form_token, moment, none, number, state};
use sanheyi_node::web::viewer::{Role, Viewer};

use self::filter::{fields_of, filter_of};
use super::names::Names;
use super::site::Site;
use crate::quarantine::plan::{WORKING_DAYS, WORKING_DAYS_MOST};
use crate::quarantine::{Counted, Cursor, Filter, Item, State as Stands, list};

/// Entries of a page.
pub const PAGE: usize = 100;
/// Reasons of an entry that a row shows; the entry's page shows all.
const REASONS: usize = 3;

/// All that the page shows.
struct View {
    filter: Filter,
    platforms: Vec<(String, String)>,
    counted: Vec<Counted>,
    page: list::Page,
    /// How many entries the filter lets pass; nothing if more than are counted.
    all: Option<usize>,
    first: bool,
}

/// The page.
///
/// # Errors
/// If the address names no filter, or the store cannot be read.
pub async fn page(State(site): State<Site>, viewer: Viewer) -> Result<Response, WebError> {
    let asked = viewer.asked();
    let filter = filter_of(&asked)?;
    let after = match asked.get("after") {
        "" => None,
        text => Some(text.parse::<Cursor>().map_err(|_| filter::unread("after"))?),
    };
    let desk = site.desk();
    let page = desk.desk().list(&filter, after.as_ref(), PAGE).await?;
    let all = match (&after, &page.next) {
        (None, None) => Some(page.items.len()),
        _ => {
            let whole = desk.desk().list(&filter, None, list::PAGE).await?;
            whole.next.is_none().then_some(whole.items.len())
        }
    };
    let counted = desk.desk().counts(filter.platform.as_ref()).await?;
    let platforms = site.titles(viewer.lang).await?;
    let view = View { filter, platforms, counted, page, all, first: after.is_none() };
    Ok(shown(&viewer, &view).into_response())
}

fn shown<'a>(viewer: &'a Viewer, view: &View) -> Page<'a> {
    let lang = viewer.lang;
    let body = html! {
        (filter::form(lang, &view.filter, &view.platforms))
        (sums(lang, view))
        @if viewer.may(Role::Operator) && !view.page.items.is_empty() {
            form #desk method="post" action="/quarantine/plan" {
                (form_token(viewer))
                (fields_of(&view.filter))
                (entries(viewer, view, true))
                (acts(lang, view))
            }
        } @else {
            (entries(viewer, view, false))
        }
    };
    Page::new(viewer, lang.t("隔离区", "Quarantine"), body)
}

/// The counts as a sum that comes out even; each opens what it counts.
fn sums(lang: Lang, view: &View) -> Markup {
    let mut counts = sanheyi_node::branch::QuarantineCounts::default();
    let mut pending = 0;
    for one in &view.counted {
        counts.add(&one.counts);
        pending += one.pending;
    }
    let platform = view.filter.platform.as_ref().map_or("", |one| one.as_str());
    let to =
        |state: &str| format!("/quarantine?{}", query([("platform", platform), ("state", state)]));
    let difference = counts.difference();
    html! {
        section.sums aria-labelledby="sums-title" {
            h2 #sums-title { (lang.t("账目", "The account")) }
            p.sum {
                @for (index, handling) in Handling::ALL.into_iter().enumerate() {
                    @if index > 0 { span.op { " + " } }
                    a href=(to(handling.en())) {
                        (lang.t(handling.zh(), handling.en())) " " b { (number(counts.tally.of(handling))) }
                    }
                }
                span.op { " = " }
                a href=(to("all")) { (lang.t("曾被隔离", "ever quarantined")) " " b { (number(counts.total())) } }
                " "
                @if difference == 0 { (state(Tone::Good, lang.t("相符", "it comes out even"))) }
                @else { (state(Tone::Bad, lang.t("不符", "it does not come out even"))) " " (difference) }
            }
            p.quiet {
                (lang.t("其中回执仍为隔离 ", "Of them quarantined by the receipts ")) (number(counts.quarantined))
                (lang.t("，复判后接受 ", ", accepted by a later verdict ")) (number(counts.released))
                (lang.t("。另有 ", ". Besides ")) a href=(to("pending")) { (lang.t("待判", "pending")) " " (number(pending)) } (lang.t("，等待其他条目。", ", which wait for other entries."))
            }
        }
    }
}

fn entries(viewer: &Viewer, view: &View, tickable: bool) -> Markup {
    let lang = viewer.lang;
    let columns = [
        Column::text("选", "Tick"),
        Column::text("平台", "Platform"),
        Column::text("记录", "Record"),
        Column::text("原因：字段与规则", "Why: field and rule"),
        Column::text("状态", "State"),
        Column::text("收到", "Received"),
    ];
    let from = usize::from(!tickable);
    let columns = columns.get(from..).unwrap_or_default();
    let mut table = Table::new(lang, lang.t("隔离的条目", "Quarantined entries"), columns);
    let names = Names::new(view.platforms.iter().cloned());
    for item in &view.page.items {
        let cells = cells(viewer, item, &names);
        table.row(cells.into_iter().skip(from));
    }
    let next = view.page.next.as_ref().map(|next| {
        let fields = filter::pairs(&view.filter);
        let fields = fields.iter().map(|(name, value)| (*name, value.as_str()));
        let after = next.to_string();
        format!("/quarantine?{}", query(fields.chain([("after", after.as_str())])))
    });
    html! {
        section aria-labelledby="entries-title" {
            h2 #entries-title { (lang.t("条目", "Entries")) " " span.quiet { (all_of(lang, view)) } }
            (table.or(lang.t("没有符合条件的条目。", "No entry matches.")))
            nav.pager aria-label=(lang.t("翻页", "Pages")) {
                @if view.first { span {} } @else { a href={ "/quarantine?" (filter::address(&view.filter)) } rel="first" { (lang.t("第一页", "First page")) } }
                @if let Some(next) = next { a href=(next) rel="next" { (lang.t("下一页", "Next page")) } }
            }
        }
    }
}

fn all_of(lang: Lang, view: &View) -> String {
    match (view.all, lang) {
        (Some(all), Lang::Zh) => format!("共 {all} 条"),
        (Some(all), Lang::En) => format!("{all} in all"),
        (None, Lang::Zh) => format!("超过 {} 条", list::PAGE),
        (None, Lang::En) => format!("more than {}", list::PAGE),
    }
}

fn cells(viewer: &Viewer, item: &Item, names: &Names) -> [Markup; 6] {
    let lang = viewer.lang;
    let name = &item.name;
    let cursor = item.cursor.to_string();
    let label = format!("{} {} {}", lang.t("选择", "Tick"), name.dataset, name.record);
    [
        html! { input type="checkbox" name="entry" value=(cursor) aria-label=(label); },
        html! { a.whole href={ "/platforms/" (name.platform) } { (names.said(name.platform.as_str())) } },
        html! {
            a href=(entry::path(&item.cursor)) { (name.record) } br;
            span.quiet { (dataset(lang, &name.dataset)) " " span.tight { (revision(lang, name.revision)) } }
        },
        reasons(lang, item),
        handled(viewer, item),
        item.received.map_or_else(none, |at| moment(viewer, at)),
    ]
}

fn revision(lang: Lang, revision: u64) -> String {
    match lang {
        Lang::Zh => format!("第 {revision} 版"),
        Lang::En => format!("revision {revision}"),
    }
}

fn reasons(lang: Lang, item: &Item) -> Markup {
    let more = item.reasons.len().saturating_sub(REASONS);
    html! {
        @for why in item.reasons.iter().take(REASONS) {
            div {
                (lang.t(&why.zh, &why.en)) br;
                span.quiet {
                    @if !why.field.is_empty() { a href={ "/quarantine?" (query([("field", why.field.as_str())])) } { code { (why.field) } } " " }
                    a href={ "/quarantine?" (query([("rule", why.rule.as_str())])) } { code { (why.rule) } }
                }
            }
        }
        @if more > 0 { span.quiet { "+ " (more) } }
    }
}

/// How an entry is being handled.
fn handled(viewer: &Viewer, item: &Item) -> Markup {
    let lang = viewer.lang;
    let Some(handling) = item.handling else {
        return state(Tone::Warn, lang.t("待判", "pending"));
    };
    let tone = match handling {
        Handling::Open => Tone::Bad,
        Handling::Returned => Tone::Warn,
        Handling::Corrected => Tone::Good,
        Handling::Withdrawn => Tone::Off,
    };
    html! {
        (state(tone, lang.t(handling.zh(), handling.en())))
        @if let (Handling::Returned, Some(returned)) = (handling, &item.returned) {
            div.quiet.tight { (lang.t("期限 ", "due ")) (moment(viewer, returned.due)) }
        }
    }
}

/// What can be done with those that are ticked, or with all of the filter.
fn acts(lang: Lang, view: &View) -> Markup {
    html! {
        section aria-labelledby="acts-title" {
            h2 #acts-title { (lang.t("处理", "What to do")) }
            fieldset {
                legend { (lang.t("对哪些条目", "With which entries")) }
                label.inline { input type="radio" name="which" value="ticked" checked; (lang.t("勾选的", "those that are ticked")) }
                label.inline { input type="radio" name="which" value="all"; (lang.t("符合筛选条件的全部", "all that match the filter")) " (" (all_of(lang, view)) ")" }
            }
            label for="note" { (lang.t("退回说明，写给作者（不得含个人信息）", "For a return: what the author is to correct, with nothing personal"))
                textarea #note name="note" maxlength="340" {}
            }
            label for="days" { (lang.t("更正期限（工作日）", "Working days for the correction"))
                input #days name="days" type="number" min="1" max=(WORKING_DAYS_MOST) value=(WORKING_DAYS);
            }
            p.quiet { (lang.t("先试算：说明将发生什么，不作任何改动。", "First a dry run: it says what would happen and changes nothing.")) }
            div.actions {
                button name="act" value="release" { (lang.t("试算放行复判", "Dry run: judge again")) }
                button.second name="act" value="return" { (lang.t("试算退回更正", "Dry run: return for correction")) }
            }
        }
    }
}

/// The words of a state in a filter.
fn state_words(lang: Lang, stands: Stands) -> &'static str {
    match stands {
        Stands::Unsettled => lang.t("未了结", "not settled"),
        Stands::Handled(handling) => lang.t(handling.zh(), handling.en()),
        Stands::Pending => lang.t("待判", "pending"),
        Stands::All => lang.t("全部", "all"),
    }
}

#[cfg(test)]
mod tests;
