//! The dry run of a review, its beginning, and how far it is.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use sanheyi_node::process::said::Said;
use sanheyi_node::web::error::WebError;
use sanheyi_node::web::form::Fields;
use sanheyi_node::web::lang::Lang;
use sanheyi_node::web::page::Page;
use sanheyi_node::web::parts::{
    Column, Table, Tone, crumbs, facts, figures, form_token, moment, number, state,
};
use sanheyi_node::web::viewer::Viewer;

use super::entry;
use super::filter::{address as address_of, fields_of, filter_of, unread};
use crate::quarantine::plan::Outcome;
use crate::quarantine::{Act, Cursor, Plan, PlanError, Progress, Review, Reviewed, Who};
use crate::store::platform_list;
use crate::web::site::Site;

/// What would become of an entry, in the order in which it is shown.
const KINDS: [Reviewed; 5] =
    [Reviewed::Accepted, Reviewed::Returned, Reviewed::Stays, Reviewed::Pending, Reviewed::Passed];

/// What a form asks for.
struct Asked {
    act: Act,
    /// Entries by their places; nothing: all that match the filter.
    ticked: Option<Vec<Cursor>>,
    filter: crate::quarantine::Filter,
}

/// The dry run: tells what would happen and changes nothing.
///
/// # Errors
/// If the form is not understood, or the store cannot be read.
pub async fn plan(
    State(site): State<Site>,
    viewer: Viewer,
    fields: Fields,
) -> Result<Response, WebError> {
    let asked = Asked::of(&fields)?;
    let plan = made(&site, &asked).await?;
    Ok(shown(&viewer, &asked, &plan).into_response())
}

/// Begins it. What is done is found out anew, by the same function as the dry run.
///
/// # Errors
/// If the form is not understood, or the store cannot be read or written.
pub async fn begin(
    State(site): State<Site>,
    viewer: Viewer,
    fields: Fields,
) -> Result<Response, WebError> {
    let asked = Asked::of(&fields)?;
    let plan = made(&site, &asked).await?;
    let (name, role) = viewer.acting();
    let who = Who { name, role: role.to_owned() };
    let review = site.desk().begin(&plan, &who).await.map_err(refused)?;
    let id: String = review.id.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Redirect::to(&format!("/quarantine/reviews/{id}")).into_response())
}

async fn made(site: &Site, asked: &Asked) -> Result<Plan, WebError> {
    let desk = site.desk();
    let plan = match &asked.ticked {
        Some(ticked) => desk.plan_of(&asked.act, ticked).await,
        None => desk.plan(&asked.act, &asked.filter).await,
    };
    plan.map_err(refused)
}

fn refused(error: PlanError) -> WebError {
    match error {
        PlanError::Store(error) => error.into(),
        PlanError::Unsaid(zh, en) => said(zh, en),
        PlanError::Calendar(error) => said("工作日历不覆盖该期限", &error.to_string()),
    }
}

fn said(zh: &str, en: &str) -> WebError {
    let remedy = Said::new("请返回修改后再试", "go back, correct it, and try again");
    WebError::new(StatusCode::UNPROCESSABLE_ENTITY, Said::new(zh, en), remedy)
}

fn shown<'a>(viewer: &'a Viewer, asked: &Asked, plan: &Plan) -> Page<'a> {
    let lang = viewer.lang;
    let title = match plan.act {
        Act::Release => lang.t("试算：放行复判", "Dry run: judge again"),
        Act::Return { .. } => lang.t("试算：退回更正", "Dry run: return for correction"),
    };
    let body = html! {
        (crumbs(lang, &[(lang.t("隔离区", "Quarantine"), "/quarantine")]))
        p.lead { (lang.t("尚未作任何改动。", "Nothing has been changed yet.")) }
        @if plan.entries.is_empty() {
            section { p.empty {
                (lang.t("没有可处理的条目：未勾选，或均已了结。", "There is nothing to do: nothing was ticked, or all of it is settled. "))
                " " a href={ "/quarantine?" (address_of(&asked.filter)) } { (lang.t("返回", "Back")) }
            } }
        } @else {
            (outcome(lang, &plan.outcome))
            (by_rule(lang, plan))
            (examples(lang, plan))
            (confirm(viewer, asked, plan))
        }
    };
    Page::new(viewer, title, body)
}

fn of(outcome: &Outcome, what: Reviewed) -> u64 {
    match what {
        Reviewed::Accepted => outcome.accepted,
        Reviewed::Stays => outcome.stays,
        Reviewed::Pending => outcome.pending,
        Reviewed::Returned => outcome.returned,
        Reviewed::Passed => outcome.passed,
    }
}

fn outcome(lang: Lang, outcome: &Outcome) -> Markup {
    let kinds = KINDS.into_iter().filter(|kind| of(outcome, *kind) > 0);
    let kinds = kinds.map(|kind| (lang.t(kind.zh(), kind.en()), number(of(outcome, kind)), None));
    let total = (lang.t("合计", "in all"), number(outcome.total()), None);
    html! { div #outcome { (figures(kinds.chain([total]))) } }
}

fn by_rule(lang: Lang, plan: &Plan) -> Markup {
    let columns = [
        Column::text("规则", "Rule"),
        Column::number("条目", "Entries"),
        Column::number("改判接受", "Accepted"),
        Column::number("退回", "Returned"),
        Column::number("仍隔离", "Stay"),
        Column::number("待判", "Pending"),
        Column::number("不处理", "Passed over"),
    ];
    let mut table = Table::new(lang, lang.t("按规则", "By rule"), &columns);
    for (rule, count) in &plan.rules {
        let Outcome { accepted, stays, pending, returned, passed } = count.outcome;
        let counts = [count.entries, accepted, returned, stays, pending, passed].map(number);
        table.row(std::iter::once(html! { code { (rule) } }).chain(counts));
    }
    html! {
        section aria-labelledby="rules-title" {
            h2 #rules-title { (lang.t("按规则", "By rule")) }
            p.quiet { (lang.t("一个条目可违反多条规则，故各行之和可大于合计。", "One entry may break several rules, so the rows may add up to more.")) }
            (table.or(lang.t("没有原因。", "No reasons.")))
        }
    }
}

fn examples(lang: Lang, plan: &Plan) -> Markup {
    html! {
        section aria-labelledby="examples-title" {
            h2 #examples-title { (lang.t("例", "Examples")) }
            ul {
                @for (item, what) in &plan.examples {
                    li {
                        a href=(entry::path(&item.cursor)) { (item.name) } " → "
                        (state(tone(*what), lang.t(what.zh(), what.en())))
                    }
                }
            }
        }
    }
}

fn tone(what: Reviewed) -> Tone {
    match what {
        Reviewed::Accepted => Tone::Good,
        Reviewed::Stays => Tone::Bad,
        Reviewed::Pending | Reviewed::Returned => Tone::Warn,
        Reviewed::Passed => Tone::Off,
    }
}

fn confirm(viewer: &Viewer, asked: &Asked, plan: &Plan) -> Markup {
    let lang = viewer.lang;
    let count = plan.entries.len();
    html! {
        section aria-labelledby="confirm-title" {
            h2 #confirm-title { (lang.t("执行", "Carry it out")) }
            p { (match (&plan.act, lang) {
                (Act::Release, Lang::Zh) => format!("将由闸口按现行规则重新判定 {count} 个条目；通过的改判接受，不通过的仍隔离，附新的原因。"),
                (Act::Release, Lang::En) => format!("The gate judges {count} entries again by what is in force now. What passes is accepted by a later verdict; what does not stays, with fresh reasons."),
                (Act::Return { days, .. }, Lang::Zh) => format!("将向作者发信，请其在 {days} 个工作日内更正 {count} 个条目；条目仍隔离，直至新版本被接受。"),
                (Act::Return { days, .. }, Lang::En) => format!("Their authors are asked by letter to correct {count} entries within {days} working days. The entries stay quarantined until a new revision is accepted."),
            }) }
            @if let Act::Return { note, .. } = &plan.act {
                (facts([(lang.t("退回说明", "Note"), html! { (note) })]))
            }
            @if plan.more {
                p { (state(Tone::Warn, lang.t("一次最多 10,000 条，其余请再做一次", "At most 10,000 at once: repeat it for the rest"))) }
            }
            form method="post" action="/quarantine/reviews" {
                (form_token(viewer))
                (hidden(asked))
                div.actions {
                    button { (lang.t("执行", "Carry it out")) " (" (count) ")" }
                    a href={ "/quarantine?" (address_of(&asked.filter)) } { (lang.t("不执行，返回", "Do not, go back")) }
                }
            }
        }
    }
}

/// What was asked for, within the form that carries it out.
fn hidden(asked: &Asked) -> Markup {
    html! {
        (fields_of(&asked.filter))
        input type="hidden" name="act" value=(asked.act.name());
        @if let Act::Return { note, days } = &asked.act {
            input type="hidden" name="note" value=(note);
            input type="hidden" name="days" value=(days);
        }
        input type="hidden" name="which" value=(if asked.ticked.is_some() { "ticked" } else { "all" });
        @for place in asked.ticked.iter().flatten() {
            input type="hidden" name="entry" value=(place);
        }
    }
}

/// How far a review is, and what has come of it.
///
/// # Errors
/// If there is no such review, or the store cannot be read.
pub async fn progress(
    State(site): State<Site>,
    Path(id): Path<String>,
    viewer: Viewer,
) -> Result<Response, WebError> {
    let id = u128::from_str_radix(&id, 16).ok().filter(|_| id.len() == 32);
    let id = id.ok_or_else(WebError::not_found)?.to_be_bytes();
    let rows = platform_list(&site.parts().database).await?;
    let platforms = rows.into_iter().map(|row| row.platform).collect();
    let review = Review { id, platforms, entries: 0 };
    let progress = site.desk().desk().progress(&review).await?;
    if progress.entries == 0 {
        return Err(WebError::not_found());
    }
    Ok(told(&viewer, &progress).into_response())
}

fn told<'a>(viewer: &'a Viewer, progress: &Progress) -> Page<'a> {
    let lang = viewer.lang;
    let left = progress.left();
    let body = html! {
        (crumbs(lang, &[(lang.t("隔离区", "Quarantine"), "/quarantine")]))
        div.said.(if left == 0 { "good" } else { "warn" }) role="status" #progress {
            @if left == 0 { (lang.t("已完成。", "It is done.")) }
            @else { (lang.t("进行中，尚余 ", "Under way, still to be looked at: ")) (number(left)) " · " a href="" { (lang.t("刷新", "Reload")) } }
        }
        (outcome(lang, &progress.done))
        section {
            (facts([
                (lang.t("开始", "Begun"), moment(viewer, progress.begun)),
                (lang.t("条目", "Entries"), number(progress.entries)),
            ]))
            div.actions {
                a.button.second href="/quarantine" { (lang.t("回到隔离区", "Back to the quarantine")) }
            }
        }
    };
    Page::new(viewer, lang.t("复核结果", "What came of the review"), body)
}

// === impl Asked ===

impl Asked {
    fn of(fields: &Fields) -> Result<Self, WebError> {
        let act = match fields.get("act") {
            "release" => Act::Release,
            "return" => {
                let days = fields.get("days").parse().map_err(|_| unread("days"))?;
                Act::Return { note: fields.get("note").to_owned(), days }
            }
            _ => return Err(unread("act")),
        };
        let ticked = match fields.get("which") {
            "all" => None,
            _ => Some(places(fields)?),
        };
        Ok(Self { act, ticked, filter: filter_of(fields)? })
    }
}

fn places(fields: &Fields) -> Result<Vec<Cursor>, WebError> {
    let places = fields.all("entry").map(|text| text.parse().map_err(|_| unread("entry")));
    places.collect()
}

#[cfg(test)]
mod tests;
