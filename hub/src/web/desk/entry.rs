//! `/quarantine/entry/{platform}/{journal}/{sequence}`: one entry, with every reason beside the
//! field that it is about.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use sanheyi_exchange_spec::dictionary::lines::Line;
use sanheyi_node::web::error::WebError;
use sanheyi_node::web::form::encoded;
use sanheyi_node::web::lang::Lang;
use sanheyi_node::web::page::Page;
use sanheyi_node::web::pages::ground::dataset;
use sanheyi_node::web::parts::{
    Column, Table, Tone, crumbs, exact, facts, form_token, moment, none, state,
};
use sanheyi_node::web::viewer::{Role, Viewer};

use super::handled;
use crate::quarantine::plan::{WORKING_DAYS, WORKING_DAYS_MOST};
use crate::quarantine::show::BodyShown;
use crate::quarantine::{Cursor, Detail, Item};
use crate::web::names::Names;
use crate::web::site::Site;

/// Where the page of an entry is.
pub(super) fn path(place: &Cursor) -> String {
    let Cursor { platform, journal, sequence } = place;
    format!("/quarantine/entry/{platform}/{}/{sequence}", journal.to_column())
}

/// The page.
///
/// # Errors
/// If there is no such entry, or the store cannot be read.
pub async fn page(
    State(site): State<Site>,
    Path((platform, journal, sequence)): Path<(String, String, String)>,
    viewer: Viewer,
) -> Result<Response, WebError> {
    let place = format!("{platform}/{journal}/{sequence}");
    let place: Cursor = place.parse().map_err(|_| WebError::not_found())?;
    let detail = site.desk().desk().show_at(&place, false).await?;
    let detail = detail.ok_or_else(WebError::not_found)?;
    let names = site.names(viewer.lang).await?;
    Ok(shown(&viewer, &detail, &names).into_response())
}

fn shown<'a>(viewer: &'a Viewer, detail: &Detail, names: &Names) -> Page<'a> {
    let lang = viewer.lang;
    let name = &detail.item.name;
    let title = match detail.item.handling {
        Some(_) => format!("{} {}", lang.t("隔离的条目", "Quarantined:"), name.record),
        None => format!("{} {}", lang.t("待判的条目", "Pending:"), name.record),
    };
    let body = html! {
        (crumbs(lang, &[(lang.t("隔离区", "Quarantine"), "/quarantine")]))
        div.split {
            section aria-labelledby="why-title" {
                h2 #why-title { (lang.t("原因", "Why")) }
                (reasons(lang, &detail.item))
            }
            section aria-labelledby="about-title" {
                h2 #about-title { (lang.t("条目", "The entry")) }
                (about(viewer, detail, names))
            }
        }
        section aria-labelledby="body-title" {
            h2 #body-title { (lang.t("内容", "What it says")) }
            (content(lang, detail))
        }
        @if viewer.may(Role::Operator) && detail.item.handling.is_some_and(|one| !one.is_settled()) {
            (acts(viewer, detail))
        }
    };
    Page::new(viewer, title, body)
}

/// What waits has done nothing wrong.
fn tone(item: &Item) -> Tone {
    match item.handling {
        Some(_) => Tone::Bad,
        None => Tone::Warn,
    }
}

fn reasons(lang: Lang, item: &Item) -> Markup {
    html! {
        ul.findings {
            @for why in &item.reasons {
                li.(tone(item).class()) {
                    strong { (lang.t(&why.zh, &why.en)) }
                    div.name {
                        @if !why.field.is_empty() { (lang.t("字段 ", "field ")) a href={ "#field-" (why.field) } { code { (why.field) } } " · " }
                        (lang.t("规则 ", "rule ")) code { (why.rule) }
                    }
                }
            }
        }
    }
}

fn about(viewer: &Viewer, detail: &Detail, names: &Names) -> Markup {
    let lang = viewer.lang;
    let item = &detail.item;
    let name = &item.name;
    let base = format!("/platforms/{}", name.platform);
    let record = format!("{base}/records/{}/{}", encoded(&name.dataset), encoded(&name.record));
    let entry =
        format!("{base}/entries/{}/{}", item.cursor.journal.to_column(), item.cursor.sequence);
    let mut list = vec![
        (lang.t("平台", "Platform"), names.link(name.platform.as_str())),
        (lang.t("数据集", "Dataset"), dataset(lang, &name.dataset)),
        (lang.t("记录", "Record"), html! { a href=(record) { (name.record) } }),
        (lang.t("版本", "Revision"), html! { (name.revision) }),
        (lang.t("状态", "State"), handled(viewer, item)),
        (
            lang.t("日志与序号", "Journal, sequence"),
            html! { code { (item.journal) } " " a href=(entry) { "#" (item.cursor.sequence) } },
        ),
        (lang.t("收到", "Received"), item.received.map_or_else(none, exact)),
        (lang.t("摘要", "Digest"), html! { code { (detail.digest) } }),
    ];
    if let Some(returned) = &item.returned {
        list.push((lang.t("退回", "Returned"), html! {
            (moment(viewer, returned.asked)) " · " (lang.t("期限 ", "due ")) (exact(returned.due)) div { (returned.note) }
        }));
    }
    if let Some(revision) = item.settled_by {
        list.push((lang.t("已由此版了结", "Settled by revision"), html! { (revision) }));
    }
    if let Some(released) = item.released {
        list.push((lang.t("复判接受于", "Accepted by a later verdict"), exact(released)));
    }
    facts(list)
}

/// The body by titles; a field with a reason has it beside.
fn content(lang: Lang, detail: &Detail) -> Markup {
    let lines = match &detail.body {
        BodyShown::Lines(lines) => lines,
        BodyShown::Gone => {
            return html! { p.empty { (lang.t("没有内容：撤回，或已删除。", "There is no body: a withdrawal, or it was erased.")) } };
        }
        BodyShown::Unreadable => {
            return html! { p.empty { (lang.t("无法按数据字典解读。", "It cannot be read by the dictionary.")) } };
        }
    };
    let columns =
        [Column::text("字段", "Field"), Column::text("值", "Value"), Column::text("原因", "Why")];
    let mut table = Table::new(lang, lang.t("内容", "What it says"), &columns);
    for line in lines {
        table.row([field(lang, line), value(lang, line), beside(lang, line, &detail.item)]);
    }
    table.or(lang.t("空白。", "It is empty."))
}

fn field(lang: Lang, line: &Line) -> Markup {
    let depth = line.depth.min(6);
    html! {
        span id={ "field-" (line.path) } class={ "depth-" (depth) } { (lang.t(line.title_zh, line.title_en)) }
        " " code.quiet { (line.path) }
    }
}

fn value(lang: Lang, line: &Line) -> Markup {
    let value = match lang {
        Lang::Zh => &line.value_zh,
        Lang::En => &line.value_en,
    };
    html! {
        (value.as_deref().unwrap_or_default())
        @if line.masked { " " (state(Tone::Off, lang.t("个人信息，已遮蔽", "personal, masked"))) }
    }
}

fn beside(lang: Lang, line: &Line, item: &Item) -> Markup {
    html! {
        @for why in item.reasons.iter().filter(|why| why.field == line.path) {
            div { (state(tone(item), &why.rule)) " " (lang.t(&why.zh, &why.en)) }
        }
    }
}

fn acts(viewer: &Viewer, detail: &Detail) -> Markup {
    let lang = viewer.lang;
    html! {
        section aria-labelledby="acts-title" {
            h2 #acts-title { (lang.t("处理", "What to do")) }
            form.stack method="post" action="/quarantine/plan" {
                (form_token(viewer))
                input type="hidden" name="which" value="ticked";
                input type="hidden" name="entry" value=(detail.item.cursor);
                label for="note" { (lang.t("退回说明，写给作者（不得含个人信息）", "For a return: what the author is to correct, with nothing personal"))
                    textarea #note name="note" maxlength="340" {}
                }
                label for="days" { (lang.t("更正期限（工作日）", "Working days for the correction"))
                    input #days name="days" type="number" min="1" max=(WORKING_DAYS_MOST) value=(WORKING_DAYS);
                }
                div.actions {
                    button name="act" value="release" { (lang.t("试算放行复判", "Dry run: judge again")) }
                    button.second name="act" value="return" { (lang.t("试算退回更正", "Dry run: return for correction")) }
                }
            }
        }
    }
}
