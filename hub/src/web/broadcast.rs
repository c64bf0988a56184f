//! `/broadcast`: what the hub says to everybody: its journal, code lists, calendars, platforms and
//! policies.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use sanheyi_exchange_spec::ids::Audience;
use sanheyi_exchange_spec::rulebook::{Action, Effect, Rule, Rulebook};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::store::JournalRow;
use sanheyi_node::web::error::WebError;
use sanheyi_node::web::lang::Lang;
use sanheyi_node::web::page::Page;
use sanheyi_node::web::parts::{Column, Table, Tone, exact, facts, figures, number, state};
use sanheyi_node::web::viewer::Viewer;

use super::site::Site;

/// The page.
///
/// # Errors
/// If the store cannot be read.
pub async fn page(State(site): State<Site>, viewer: Viewer) -> Result<Response, WebError> {
    let rows = site.own().journal_list().await?;
    let broadcast = rows.into_iter().rfind(|row| row.head.journal.audience == Audience::All);
    let rules = site.parts().exchange.rulebook();
    let title = viewer.lang.t("广播", "The broadcast");
    let hub = site.parts().hub.as_str();
    Ok(Page::new(&viewer, title, render(&viewer, hub, broadcast.as_ref(), &rules)).into_response())
}

fn render(viewer: &Viewer, hub: &str, journal: Option<&JournalRow>, rules: &Rulebook) -> Markup {
    let lang = viewer.lang;
    let counts = [
        (lang.t("条目", "Entries"), journal.map_or(0, |row| row.head.size), "#journal"),
        (lang.t("代码表", "Code lists"), rules.code_lists().count() as u64, "#lists"),
        (lang.t("平台", "Platforms"), rules.platforms().count() as u64, "#listed"),
        (lang.t("策略", "Policies"), rules.policies().rules().count() as u64, "#policies"),
    ];
    html! {
        p.lead { (lang.t("市级平台对所有平台所说：每个节点各有一份，可逐条核验。", "What the hub says to all platforms: every node has a copy and can check each entry.")) }
        (figures(counts.map(|(name, count, to)| (name, number(count), Some(to.to_owned())))))
        (head(lang, hub, journal))
        (policies(viewer, rules))
        (lists(lang, rules))
        (listed(lang, hub, rules))
    }
}

fn titled(id: &str, title: &str, body: &Markup) -> Markup {
    html! {
        section id=(id) aria-labelledby={ (id) "-title" } {
            h2 id={ (id) "-title" } { (title) }
            (body)
        }
    }
}

fn head(lang: Lang, hub: &str, journal: Option<&JournalRow>) -> Markup {
    let body = match journal {
        None => html! { p.empty { (lang.t("还没有广播。", "There is no broadcast yet.")) } },
        Some(row) => facts([
            (
                lang.t("日志", "Journal"),
                html! { a href=(format!("/platforms/{hub}/journals/{}", row.number.to_column())) { code { (row.head.journal) } } },
            ),
            (lang.t("条目", "Entries"), number(row.head.size)),
            (lang.t("根", "Root"), html! { code { (row.head.root) } }),
            (lang.t("最后写入", "Last written"), exact(row.recorded)),
        ]),
    };
    titled("journal", lang.t("日志", "The journal"), &body)
}

fn policies(viewer: &Viewer, rules: &Rulebook) -> Markup {
    let (lang, now) = (viewer.lang, viewer.shell.now());
    let columns = [
        Column::text("标识", "Id"),
        Column::text("效力", "Effect"),
        Column::text("平台", "Platform"),
        Column::text("事项", "What"),
        Column::text("有效", "In force"),
        Column::text("理由", "Reason"),
        Column::text("决定人", "Decided by"),
        Column::number("版本", "Revision"),
    ];
    let mut table = Table::new(lang, lang.t("策略", "Policies"), &columns);
    for rule in rules.policies().rules() {
        table.row(policy(lang, rule, now));
    }
    let body = html! {
        p.quiet { (lang.t("未经允许的即为禁止，禁止优先于允许。", "What nobody has permitted is denied, and a denial wins.")) }
        (table.or(lang.t("没有策略，一律禁止。", "There are no policies: everything is denied.")))
    };
    titled("policies", lang.t("策略", "Policies"), &body)
}

fn policy(lang: Lang, rule: &Rule, now: Timestamp) -> [Markup; 8] {
    let effect = match rule.effect {
        Effect::Permit => state(Tone::Good, lang.t("允许", "permit")),
        Effect::Deny => state(Tone::Bad, lang.t("禁止", "deny")),
    };
    let what = match rule.action {
        Action::Send => html! { (lang.t("报送 ", "send ")) code { (rule.dataset) } },
        Action::See => {
            html! { (lang.t("查看 ", "see ")) code { (rule.dataset) } " ← " code { (rule.author) } }
        }
    };
    let holds = match rule.holds_at(now) {
        true => state(Tone::Good, lang.t("是", "yes")),
        false => state(Tone::Off, lang.t("否", "no")),
    };
    [
        html! { code { (rule.id) } },
        effect,
        html! { code { (rule.platform) } },
        what,
        holds,
        html! { (rule.reason) },
        html! { (rule.decided_by) },
        number(rule.place.revision),
    ]
}

fn lists(lang: Lang, rules: &Rulebook) -> Markup {
    let columns = [
        Column::text("代码表", "Code list"),
        Column::number("版本", "Version"),
        Column::text("名称", "Title"),
        Column::number("代码", "Codes"),
    ];
    let mut table = Table::new(lang, lang.t("代码表", "Code lists"), &columns);
    for one in rules.code_lists() {
        table.row([
            html! { code { (one.id) } },
            html! { (one.version) },
            html! { (lang.t(&one.title_zh, &one.title_en)) },
            number(one.entries.len() as u64),
        ]);
    }
    titled(
        "lists",
        lang.t("代码表", "Code lists"),
        &table.or(lang.t("没有代码表。", "No code lists.")),
    )
}

fn listed(lang: Lang, hub: &str, rules: &Rulebook) -> Markup {
    let columns = [
        Column::text("平台", "Platform"),
        Column::text("名称", "Name"),
        Column::text("区划代码", "Regions"),
        Column::text("加入", "Joined"),
        Column::number("密钥", "Keys"),
    ];
    let mut table = Table::new(lang, lang.t("平台名录", "The directory"), &columns);
    for one in rules.platforms() {
        table.row([
            html! {
                @if one.platform.as_str() == hub { code { (one.platform) } }
                @else { a href={ "/platforms/" (one.platform) } { code { (one.platform) } } }
            },
            html! { (lang.t(&one.title_zh, &one.title_en)) },
            html! { (one.regions.join(" ")) },
            exact(one.joined),
            number(one.keys.len() as u64),
        ]);
    }
    let empty = lang.t("名录为空。", "The directory is empty.");
    titled("listed", lang.t("平台名录", "The directory of platforms"), &table.or(empty))
}

#[cfg(test)]
mod tests {
    use sanheyi_node::web::viewer::Role;

    use super::*;
    use crate::web::planted::Ground;

    #[tokio::test]
    async fn what_is_built_in_is_shown_in_both_languages() {
        let ground = Ground::new().await;
        for (lang, denied) in [(Lang::Zh, "一律禁止"), (Lang::En, "everything is denied")] {
            let viewer = ground.viewer(Role::Viewer, lang);
            let html = render(&viewer, "changzhou", None, &Rulebook::builtin()).into_string();
            assert!(html.contains(denied));
            assert!(html.contains("<code>region</code>"), "{html}");
        }
    }
}
