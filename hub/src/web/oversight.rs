//! `/orders` and `/complaints`: what the city has asked of platforms, what is overdue first. They
//! are read by the same functions as the commands of that name.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::cli::complaint::{ComplaintQuery, ShownComplaint};
use sanheyi_node::cli::order::{OrderQuery, ShownOrder};
use sanheyi_node::cli::oversight::{Ground, ShownTerm};
use sanheyi_node::cli::{complaint, order};
use sanheyi_node::store::StoreError;
use sanheyi_node::web::error::WebError;
use sanheyi_node::web::form::{Fields, encoded, query};
use sanheyi_node::web::lang::Lang;
use sanheyi_node::web::page::Page;
use sanheyi_node::web::pages::incoming::{due, word};
use sanheyi_node::web::parts::{Column, Table, Tone, figures, number, state};
use sanheyi_node::web::viewer::Viewer;

use super::names::Names;
use super::site::Site;
use crate::cli::oversight::{Whereabouts, ground_of};
use crate::store::PlatformRow;

/// Most rows of a page; who needs more filters, or asks the command.
const ROWS: usize = 500;

/// One order or complaint, as a row shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Asked {
    dataset: &'static str,
    no: String,
    platform: String,
    what: String,
    organisation: String,
    state: String,
    delivered: bool,
    withdrawn: bool,
    first: ShownTerm,
    last: ShownTerm,
    overdue: bool,
    over: bool,
}

/// What the address asks for.
#[derive(Clone, Debug, Default)]
struct Filter {
    platform: String,
    state: String,
}

/// Which of the two pages.
#[derive(Clone, Copy)]
struct Kind {
    path: &'static str,
    zh: &'static str,
    en: &'static str,
    terms: [(&'static str, &'static str); 2],
    command: &'static str,
}

const ORDERS: Kind = Kind {
    path: "/orders",
    zh: "督办",
    en: "Orders",
    terms: [("回复期限", "Reply due"), ("办结期限", "Closing due")],
    command: "sanheyi-hub order issue",
};
const COMPLAINTS: Kind = Kind {
    path: "/complaints",
    zh: "投诉",
    en: "Complaints",
    terms: [("受理期限", "Acceptance due"), ("答复期限", "Answer due")],
    command: "sanheyi-hub complaint send",
};

/// The page of the orders.
///
/// # Errors
/// If the store cannot be read.
pub async fn orders(State(site): State<Site>, viewer: Viewer) -> Result<Response, WebError> {
    let filter = Filter::of(&viewer.asked());
    let mut rows = Vec::new();
    for row in site.platforms(filter.platform()).await? {
        let ground = ground(&site, &row).await?;
        let query = OrderQuery { from_hub: true, ..OrderQuery::default() };
        rows.extend(order::list(&ground, &query).await?.orders.into_iter().map(Asked::order));
    }
    let platforms = site.titles(viewer.lang).await?;
    Ok(shown(&viewer, ORDERS, &filter, rows, &platforms).into_response())
}

/// The page of the complaints.
///
/// # Errors
/// If the store cannot be read.
pub async fn complaints(State(site): State<Site>, viewer: Viewer) -> Result<Response, WebError> {
    let filter = Filter::of(&viewer.asked());
    let mut rows = Vec::new();
    for row in site.platforms(filter.platform()).await? {
        let ground = ground(&site, &row).await?;
        let query = ComplaintQuery { from_hub: true, ..ComplaintQuery::default() };
        let found = complaint::list(&ground, &query).await?.complaints;
        rows.extend(found.into_iter().map(Asked::complaint));
    }
    let platforms = site.titles(viewer.lang).await?;
    Ok(shown(&viewer, COMPLAINTS, &filter, rows, &platforms).into_response())
}

async fn ground(site: &Site, row: &PlatformRow) -> Result<Ground, StoreError> {
    let parts = site.parts();
    let rules = parts.exchange.rulebook();
    ground_of(&Whereabouts {
        database: &parts.database,
        hub: &parts.hub,
        data: &parts.config.data,
        rules: &rules,
        now: parts.shell.now(),
        row,
    })
    .await
}

fn shown<'a>(
    viewer: &'a Viewer,
    kind: Kind,
    filter: &Filter,
    mut rows: Vec<Asked>,
    platforms: &[(String, String)],
) -> Page<'a> {
    let lang = viewer.lang;
    // What is too late comes first, then what is still to be done, then the rest; each by number.
    rows.sort_by_key(|one| (!one.overdue, one.over, one.no.clone()));
    let body = html! {
        (counted(lang, kind, filter, &rows))
        (form(lang, kind, filter, platforms))
        (table(lang, kind, filter, &rows, &Names::new(platforms.iter().cloned())))
        p.quiet { (lang.t("签发与答复在命令行进行：", "They are issued and answered by commands: ")) code { (kind.command) } }
    };
    Page::new(viewer, lang.t(kind.zh, kind.en), body)
}

fn counted(lang: Lang, kind: Kind, filter: &Filter, rows: &[Asked]) -> Markup {
    let to = |state: &str| {
        let query = query([("platform", filter.platform.as_str()), ("state", state)]);
        Some(format!("{}?{query}", kind.path))
    };
    let count = |of: fn(&Asked) -> bool| number(rows.iter().filter(|one| of(one)).count() as u64);
    figures([
        (lang.t("已逾期", "Overdue"), count(|one| one.overdue), to("overdue")),
        (lang.t("未办结", "Not closed"), count(|one| !one.over), to("open")),
        (lang.t("未送达", "Not delivered"), count(|one| !one.delivered), to("undelivered")),
        (lang.t("全部", "All"), number(rows.len() as u64), to("")),
    ])
}

fn form(lang: Lang, kind: Kind, filter: &Filter, platforms: &[(String, String)]) -> Markup {
    let states = [
        ("", "全部", "all"),
        ("overdue", "已逾期", "overdue"),
        ("open", "未办结", "not closed"),
        ("undelivered", "未送达", "not delivered"),
    ];
    html! {
        form.filter method="get" action=(kind.path) role="search" {
            label for="platform" { (lang.t("平台", "Platform"))
                select #platform name="platform" {
                    option value="" { (lang.t("全部", "all")) }
                    @for (id, title) in platforms { option value=(id) selected[*id == filter.platform] { (title) } }
                }
            }
            label for="state" { (lang.t("状态", "State"))
                select #state name="state" {
                    @for (name, zh, en) in states { option value=(name) selected[name == filter.state] { (lang.t(zh, en)) } }
                }
            }
            button { (lang.t("筛选", "Filter")) }
        }
    }
}

fn table(lang: Lang, kind: Kind, filter: &Filter, rows: &[Asked], names: &Names) -> Markup {
    let [first, last] = kind.terms;
    let columns = [
        Column::text("编号", "Number"),
        Column::text("平台", "Platform"),
        Column::text("内容", "What"),
        Column::text("机构", "Organisation"),
        Column::text("状态", "State"),
        Column::text(first.0, first.1),
        Column::text(last.0, last.1),
    ];
    let mut table = Table::new(lang, lang.t(kind.zh, kind.en), &columns);
    let passed: Vec<_> = rows.iter().filter(|one| filter.passes(one)).collect();
    for one in passed.iter().take(ROWS) {
        let record =
            format!("/platforms/{}/records/{}/{}", one.platform, one.dataset, encoded(&one.no));
        table.row([
            html! { a href=(record) { (one.no) } },
            names.link(&one.platform),
            html! { (one.what) },
            html! { (one.organisation) },
            stands(lang, one),
            due(lang, &one.first),
            due(lang, &one.last),
        ]);
    }
    let empty = match rows.is_empty() {
        true => lang.t("还没有。", "There are none yet."),
        false => lang.t("没有符合条件的。", "None matches."),
    };
    html! {
        section {
            (table.or(empty))
            @if passed.len() > ROWS { p.quiet { (lang.t("只显示前 500 件，请缩小筛选。", "The first 500 only: filter more closely.")) } }
        }
    }
}

fn stands(lang: Lang, one: &Asked) -> Markup {
    let (tone, word) = match one {
        Asked { withdrawn: true, .. } => (Tone::Off, lang.t("已撤回", "withdrawn").to_owned()),
        Asked { overdue: true, .. } => {
            (Tone::Bad, format!("{} · {}", lang.t("逾期", "overdue"), word(lang, &one.state)))
        }
        Asked { over: true, .. } => (Tone::Good, word(lang, &one.state).to_owned()),
        _ => (Tone::Warn, word(lang, &one.state).to_owned()),
    };
    html! {
        (state(tone, &word))
        @if !one.delivered && !one.withdrawn { " " (state(Tone::Off, lang.t("未送达", "not delivered"))) }
    }
}

// === impl Asked ===

impl Asked {
    fn order(one: ShownOrder) -> Self {
        Self {
            dataset: order::ORDER,
            platform: one.addressee,
            what: one.opinion,
            organisation: one.organisation,
            state: one.state.to_owned(),
            delivered: one.delivered,
            withdrawn: one.withdrawn,
            overdue: one.overdue,
            over: one.withdrawn || one.result.is_some(),
            first: one.reply,
            last: one.closing,
            no: one.no,
        }
    }

    fn complaint(one: ShownComplaint) -> Self {
        Self {
            dataset: complaint::COMPLAINT,
            platform: one.addressee.clone(),
            what: one.title.clone(),
            organisation: one.accused_organisation.clone(),
            state: one.state.to_owned(),
            delivered: one.delivered,
            withdrawn: one.withdrawn,
            overdue: one.overdue,
            over: one.is_over(),
            first: one.acceptance.clone(),
            last: one.answer.clone(),
            no: one.no,
        }
    }
}

// === impl Filter ===

impl Filter {
    fn of(fields: &Fields) -> Self {
        let of = |name: &str| fields.get(name).to_owned();
        Self { platform: of("platform"), state: of("state") }
    }

    fn platform(&self) -> Option<PlatformId> {
        self.platform.parse().ok()
    }

    fn passes(&self, one: &Asked) -> bool {
        match self.state.as_str() {
            "overdue" => one.overdue,
            "open" => !one.over,
            "undelivered" => !one.delivered,
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use sanheyi_exchange_spec::oversight::{Term, Timing};
    use sanheyi_node::web::viewer::Role;

    use super::*;
    use crate::web::planted::{self, NOW};

    fn asked(no: &str, overdue: bool, over: bool) -> Asked {
        let term = Term { due: Ok(NOW), done: None, timing: Timing::Running };
        Asked {
            dataset: order::ORDER,
            no: no.into(),
            platform: "jintan".into(),
            what: "请查明超期原因并回复".into(),
            organisation: "JS048100JT".into(),
            state: "delivered".into(),
            delivered: true,
            withdrawn: false,
            first: ShownTerm::of(&term),
            last: ShownTerm::of(&term),
            overdue,
            over,
        }
    }

    #[tokio::test]
    async fn what_is_overdue_comes_first_and_says_so_in_words() {
        let ground = planted::Ground::new().await;
        let rows =
            vec![asked("A1", false, true), asked("A2", false, false), asked("A3", true, false)];
        let viewer = ground.viewer(Role::Viewer, Lang::Zh);
        let all = shown(&viewer, ORDERS, &Filter::default(), rows.clone(), &[]).render();
        let html = all.into_string();
        let at = |text: &str| html.find(text).unwrap();
        assert!(at(">A3<") < at(">A2<") && at(">A2<") < at(">A1<"));
        assert!(html.contains("逾期 · 已送达"));
        let overdue = Filter { state: "overdue".into(), ..Filter::default() };
        let html = shown(&viewer, ORDERS, &overdue, rows, &[]).render().into_string();
        assert!(html.contains(">A3<") && !html.contains(">A1<"));
    }
}
