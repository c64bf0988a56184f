//! `/health`: what is wrong now, by name, and every alert that there is with what to do about it.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use sanheyi_exchange_spec::health::{ALERTS, Alert, Finding, SEVERITIES, Severity};
use sanheyi_node::health::Standing;
use sanheyi_node::store::PulseRow;
use sanheyi_node::web::error::WebError;
use sanheyi_node::web::lang::Lang;
use sanheyi_node::web::page::Page;
use sanheyi_node::web::parts::{Column, Table, Tone, exact, moment, number, state};
use sanheyi_node::web::viewer::Viewer;

use super::live::stream;
use super::names::Names;
use super::overview::{findings, tone};
use super::site::Site;

/// The page.
///
/// # Errors
/// If the store cannot be read.
pub async fn page(State(site): State<Site>, viewer: Viewer) -> Result<Response, WebError> {
    let pulses = site.own().pulse_list().await?;
    let standing = site.parts().standing.borrow().clone();
    let names = site.names(viewer.lang).await?;
    Ok(shown(&viewer, &standing, &pulses, &names).into_response())
}

/// What keeps it fresh.
///
/// # Errors
/// If too many pages are kept fresh already.
pub async fn live(State(site): State<Site>, viewer: Viewer) -> Result<Response, WebError> {
    stream(&site, viewer, |viewer, federation| {
        let names = Names::of(viewer.lang, federation);
        vec![("findings", chosen(viewer, &federation.findings, &names))]
    })
}

fn shown<'a>(
    viewer: &'a Viewer,
    standing: &Standing,
    pulses: &[PulseRow],
    names: &Names,
) -> Page<'a> {
    let lang = viewer.lang;
    let path = match viewer.query.is_empty() {
        true => "/health/live".to_owned(),
        false => format!("/health/live?{}", viewer.query),
    };
    let body = html! {
        (filter(viewer))
        section aria-labelledby="now-title" {
            h2 #now-title data-fresh=(lang.t("连接中断，数据可能已旧", "connection lost, this may be old")) { (lang.t("现在的告警", "What is wrong now")) }
            div #findings aria-live="polite" { (chosen(viewer, &standing.findings, names)) }
        }
        (processes(viewer, pulses))
        (table(lang, &standing.findings))
    };
    Page::new(viewer, lang.t("健康", "Health"), body).live(path)
}

fn filter(viewer: &Viewer) -> Markup {
    let lang = viewer.lang;
    let asked = viewer.asked();
    let severity = asked.get("severity");
    html! {
        form.filter method="get" action="/health" role="search" {
            label for="severity" { (lang.t("级别", "Severity"))
                select #severity name="severity" {
                    option value="" { (lang.t("全部", "all")) }
                    @for one in SEVERITIES {
                        option value=(one.as_str()) selected[one.as_str() == severity] { (lang.t(one.zh(), one.as_str())) }
                    }
                }
            }
            label for="subject" { (lang.t("对象", "About"))
                input #subject name="subject" type="search" value=(asked.get("subject")) autocomplete="off" placeholder="jintan";
            }
            button { (lang.t("筛选", "Filter")) }
        }
    }
}

/// Findings that the address lets pass.
fn chosen(viewer: &Viewer, all: &[Finding], names: &Names) -> Markup {
    let asked = viewer.asked();
    let severity = Severity::parse(asked.get("severity"));
    let subject = asked.get("subject");
    let mut passed = all
        .iter()
        .filter(|one| severity.is_none_or(|severity| one.severity == severity))
        .filter(|one| one.subject.contains(subject) || names.said(&one.subject).contains(subject))
        .peekable();
    if passed.peek().is_none() && !all.is_empty() {
        let none = viewer.lang.t("没有符合条件的告警。", "No finding matches.");
        return html! { p.empty { (none) " " a href="/health" { (viewer.lang.t("显示全部", "Show all")) } } };
    }
    findings(viewer, passed, names)
}

fn processes(viewer: &Viewer, pulses: &[PulseRow]) -> Markup {
    let lang = viewer.lang;
    let columns = [
        Column::text("实例", "Instance"),
        Column::text("状态", "State"),
        Column::text("启动", "Started"),
        Column::text("最近自报", "Last noted"),
        Column::text("版本", "Version"),
    ];
    let caption = lang.t("市级平台进程", "Processes of the hub");
    let mut table = Table::new(lang, caption, &columns);
    for row in pulses {
        let ready = match row.ready {
            true => state(Tone::Good, lang.t("就绪", "ready")),
            false => state(Tone::Warn, lang.t("未就绪", "not ready")),
        };
        let (name, started) = (html! { code { (row.instance) } }, exact(row.started));
        table.row([name, ready, started, moment(viewer, row.at), html! { (row.version) }]);
    }
    html! {
        section aria-labelledby="processes-title" {
            h2 #processes-title { (caption) }
            (table.or(lang.t("还没有进程自报。", "No process has noted itself yet.")))
        }
    }
}

/// Every alert, with how often it is raised now.
fn table(lang: Lang, found: &[Finding]) -> Markup {
    let columns = [
        Column::text("名称", "Name"),
        Column::text("级别", "Severity"),
        Column::number("现有", "Now"),
        Column::text("何时", "When"),
        Column::text("处理", "What to do"),
    ];
    let caption = lang.t("告警一览", "Every alert");
    let mut table = Table::new(lang, caption, &columns);
    for Alert { name, severity, zh, en, when_zh, when_en, remedy_zh, remedy_en } in ALERTS {
        let now = found.iter().filter(|one| one.name == *name).count();
        table.row([
            html! { span id=(name) { (lang.t(zh, en)) } br; code { (name) } },
            state(tone(*severity), lang.t(severity.zh(), severity.as_str())),
            number(now as u64),
            html! { (lang.t(when_zh, when_en)) },
            html! { (lang.t(remedy_zh, remedy_en)) },
        ]);
    }
    html! {
        section aria-labelledby="alerts-title" {
            h2 #alerts-title { (caption) }
            (table.or(""))
        }
    }
}

#[cfg(test)]
mod tests {
    use sanheyi_node::web::viewer::Role;

    use super::*;
    use crate::web::planted::{Ground, federation};

    #[tokio::test]
    async fn every_alert_has_its_place_and_the_address_chooses_among_the_findings() {
        let ground = Ground::new().await;
        let standing = Standing { findings: federation().findings, ..Standing::default() };
        for lang in [Lang::Zh, Lang::En] {
            let viewer = ground.viewer(Role::Viewer, lang);
            let html = shown(&viewer, &standing, &[], &Names::default()).render().into_string();
            for alert in ALERTS {
                assert!(html.contains(&format!("id=\"{}\"", alert.name)));
            }
        }
        let mut viewer = ground.viewer(Role::Viewer, Lang::En);
        viewer.query = "severity=critical".into();
        let html = chosen(&viewer, &standing.findings, &Names::default()).into_string();
        assert!(html.contains("zhonglou") && !html.contains("a backlog of 12345"), "{html}");
        viewer.query = "subject=nobody".into();
        let html = chosen(&viewer, &standing.findings, &Names::default()).into_string();
        assert!(html.contains("No finding matches"));
    }
}
