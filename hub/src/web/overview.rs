//! `/`: the federation at a glance: what is wrong, the map, and a table with the same facts.

pub mod ground;
pub mod map;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use sanheyi_exchange_spec::health::{Finding, Severity};
use sanheyi_node::health::quarantine::COUNTED;
use sanheyi_node::web::error::WebError;
use sanheyi_node::web::page::Page;
use sanheyi_node::web::parts::{Column, Table, Tone, figures, moment, none, number, state};
use sanheyi_node::web::viewer::Viewer;

use super::federation::{Federation, Stand, Stop};
use super::live::stream;
use super::names::Names;
use super::site::Site;

/// Where changes of the overview come from.
pub const LIVE: &str = "/live";

const COLUMNS: [Column; 9] = [
    Column::text("平台", "Platform"),
    Column::text("所在", "Home"),
    Column::text("状态", "State"),
    Column::number("相差", "Behind"),
    Column::text("自", "Since"),
    Column::text("最近应答", "Last heard"),
    Column::number("隔离", "Quarantined"),
    Column::number("待判", "Pending"),
    Column::number("条目", "Entries"),
];

/// The page.
///
/// # Errors
/// If the store cannot be read.
pub async fn page(State(site): State<Site>, viewer: Viewer) -> Result<Response, WebError> {
    let federation = site.look().await?;
    Ok(shown(&viewer, &federation).into_response())
}

/// What keeps it fresh.
///
/// # Errors
/// If too many pages are kept fresh already.
pub async fn live(State(site): State<Site>, viewer: Viewer) -> Result<Response, WebError> {
    stream(&site, viewer, |viewer, federation| parts(viewer, federation).into())
}

fn shown<'a>(viewer: &'a Viewer, federation: &Federation) -> Page<'a> {
    let title = viewer.lang.t("联邦总览", "The federation");
    Page::new(viewer, title, render(viewer, federation)).live(LIVE)
}

/// What is in it: parts that are kept fresh, each by its id.
fn render(viewer: &Viewer, federation: &Federation) -> Markup {
    let lang = viewer.lang;
    let [figures, map, findings, platforms] = parts(viewer, federation).map(|(_, part)| part);
    html! {
        div #figures { (figures) }
        div.split.overview {
            section aria-labelledby="map-title" {
                h2 #map-title data-fresh=(lang.t("连接中断，数据可能已旧", "connection lost, this may be old")) { (lang.t("链路", "Links")) }
                div #map { (map) }
            }
            section aria-labelledby="findings-title" {
                h2 #findings-title { (lang.t("需要处理", "What needs attention")) }
                div #findings aria-live="polite" { (findings) }
            }
        }
        section aria-labelledby="platforms-title" {
            h2 #platforms-title { (lang.t("平台", "Platforms")) }
            div #platforms { (platforms) }
        }
    }
}

/// The parts that change, by the ids of their elements.
pub fn parts(viewer: &Viewer, federation: &Federation) -> [(&'static str, Markup); 4] {
    let lang = viewer.lang;
    [
        ("figures", counted(viewer, federation)),
        ("map", map::map(lang, federation)),
        ("findings", findings(viewer, federation.findings.iter(), &Names::of(lang, federation))),
        ("platforms", table(viewer, federation.stops.iter())),
    ]
}

fn counted(viewer: &Viewer, federation: &Federation) -> Markup {
    let lang = viewer.lang;
    let to = |path: &str| Some(path.to_owned());
    let grave = federation.findings.iter().filter(|one| one.severity == Severity::Critical);
    let (platforms, wrong) = (federation.stops.len(), federation.findings.len());
    let well = federation.stops.iter().filter(|stop| stop.stand.tone() == Tone::Good).count();
    html! {
        (figures([
            (lang.t("平台，其中正常", "Platforms, of them well"), html! { (platforms) small { " / " (well) } }, to("/platforms")),
            (lang.t("告警，其中严重", "Findings, of them critical"), html! { (wrong) small { " / " (grave.count()) } }, to("/health")),
            (lang.t("相差条目", "Entries behind"), number(federation.sum(|stop| stop.behind)), to("/platforms?sort=behind")),
            (lang.t("隔离", "Quarantined"), waiting(federation), to("/quarantine")),
            (lang.t("待判", "Pending"), number(federation.sum(|stop| stop.pending)), to("/quarantine?state=pending")),
            (lang.t("未判", "Not judged yet"), number(federation.sum(|stop| stop.unjudged)), to("/platforms?sort=unjudged")),
            (lang.t("条目", "Entries"), number(federation.sum(|stop| stop.entries)), to("/platforms?sort=entries")),
        ]))
    }
}

/// Quarantined entries that nobody has dealt with: of a platform with very many not all are counted.
fn waiting(federation: &Federation) -> Markup {
    let more = federation.stops.iter().any(|stop| stop.quarantined >= COUNTED);
    html! { (number(federation.sum(|stop| stop.quarantined))) @if more { "+" } }
}

/// What is wrong, with why and what to do; a word that all is well where nothing is.
/// The same wrong at several places stands once, with all of the places.
pub fn findings<'a>(
    viewer: &Viewer,
    found: impl Iterator<Item = &'a Finding>,
    names: &Names,
) -> Markup {
    let lang = viewer.lang;
    let found: Vec<_> = found.collect();
    if found.is_empty() {
        return html! { p.empty { (state(Tone::Good, lang.t("一切正常", "All is well"))) } };
    }
    html! {
        ul.findings {
            @for same in found.chunk_by(|one, next| is_same(one, next)) {
                @let one = same[0];
                @let title = one.alert().map_or(one.name, |alert| lang.t(alert.zh, alert.en));
                @let places: Vec<_> = same.iter().map(|one| names.said(&one.subject)).collect();
                li.(tone(one.severity).class()) {
                    strong {
                        (lang.t(one.severity.zh(), one.severity.as_str())) (lang.t("：", ": ")) (title)
                        " · " (places.join(lang.t("、", ", ")))
                    }
                    div { (lang.t(&one.what_zh, &one.what_en)) }
                    div { (lang.t("处理：", "What to do: ")) (lang.t(&one.remedy_zh, &one.remedy_en)) }
                    div.name {
                        a href={ "/health#" (one.name) } { code { (one.name) } }
                        @if let Some(since) = one.since { " · " (lang.t("自 ", "since ")) (moment(viewer, since)) }
                    }
                }
            }
        }
    }
}

/// Whether two findings differ in what they are about alone.
fn is_same(one: &Finding, other: &Finding) -> bool {
    let said =
        |one: &'_ Finding| (one.name, one.severity, one.what_zh.clone(), one.remedy_zh.clone());
    said(one) == said(other)
}

/// The colour of a severity.
pub const fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Notice => Tone::Off,
        Severity::Warning => Tone::Warn,
        Severity::Critical => Tone::Bad,
    }
}

/// The facts of the map as a table.
pub fn table<'a>(viewer: &Viewer, stops: impl Iterator<Item = &'a Stop>) -> Markup {
    let lang = viewer.lang;
    let caption = lang.t("各平台的状态", "How each platform stands");
    let mut table = Table::new(lang, caption, &COLUMNS);
    for stop in stops {
        table.row(cells(viewer, stop));
    }
    table.or(lang.t(
        "还没有平台。请用 sanheyi-hub platform add 登记，或在“入网”页生成令牌。",
        "No platforms yet. Register one with sanheyi-hub platform add, or make a token on the page Enrolment.",
    ))
}

fn cells(viewer: &Viewer, stop: &Stop) -> [Markup; 9] {
    let lang = viewer.lang;
    let Stop { platform, .. } = stop;
    let home = match stop.stand {
        Stand::Hosted => lang.t("市级托管", "in the hub"),
        Stand::Link(_) => lang.t("节点", "node"),
    };
    let time = |time: Option<_>| time.map_or_else(none, |time| moment(viewer, time));
    let count = |count: u64, path: String| html! { a href=(path) { (number(count)) } };
    [
        html! { a href=(stop.path()) { (stop.title(lang)) } " " span.quiet.mono { (platform) } },
        html! { (home) },
        state(stop.stand.tone(), &stop.stand.title(lang)),
        count(stop.behind, format!("{}#behind", stop.path())),
        time(stop.since),
        time(stop.heard),
        count(stop.quarantined, format!("/quarantine?platform={platform}")),
        count(stop.pending, format!("/quarantine?platform={platform}&state=pending")),
        count(stop.entries, format!("{}/journals", stop.path())),
    ]
}

#[cfg(test)]
mod tests {
    use sanheyi_exchange_spec::health::alerts::LINK_NEVER;
    use sanheyi_node::web::lang::Lang;
    use sanheyi_node::web::viewer::Role;

    use super::*;
    use crate::web::planted::{Ground, federation};

    #[tokio::test]
    async fn the_table_says_in_words_what_the_map_shows_and_every_figure_opens_something() {
        let ground = Ground::new().await;
        let federation = federation();
        for lang in [Lang::Zh, Lang::En] {
            let viewer = ground.viewer(Role::Viewer, lang);
            let html = shown(&viewer, &federation).render().into_string();
            for stop in &federation.stops {
                assert!(html.contains(&stop.stand.title(lang)), "{:?}", stop.stand);
                assert!(html.contains(&format!("{}/journals", stop.path())));
            }
            for one in &federation.findings {
                assert!(html.contains(lang.t(&one.what_zh, &one.what_en)));
                assert!(html.contains(lang.t(&one.remedy_zh, &one.remedy_en)));
            }
            let (_, rest) = html.split_once("dl class=\"figures\"").unwrap();
            let (figures, _) = rest.split_once("</dl>").unwrap();
            assert_eq!(figures.matches("<dd>").count(), figures.matches("<dd><a ").count());
        }
    }

    #[tokio::test]
    async fn the_same_wrong_at_three_places_stands_once_with_all_three() {
        let ground = Ground::new().await;
        let viewer = ground.viewer(Role::Viewer, Lang::En);
        let never =
            |subject: &str| Finding::new(&LINK_NEVER, subject, "尚未问候过", "never greeted");
        let other = Finding::new(&LINK_NEVER, "xinbei", "别的", "something else");
        let all = [never("jintan"), never("liyang"), never("wujin"), other];
        let names = Names::new([("wujin".to_owned(), "Wujin".to_owned())]);
        let html = findings(&viewer, all.iter(), &names).into_string();
        assert!(html.contains("jintan, liyang, Wujin"), "{html}");
        assert_eq!(html.matches("<li").count(), 2);
    }

    #[tokio::test]
    async fn a_federation_without_platforms_says_how_to_get_one() {
        let ground = Ground::new().await;
        let viewer = ground.viewer(Role::Viewer, Lang::En);
        let html = shown(&viewer, &Federation::default()).render().into_string();
        assert!(html.contains("sanheyi-hub platform add"));
        assert!(html.contains("All is well"));
    }

    #[tokio::test]
    async fn what_platforms_call_themselves_is_no_markup() {
        let ground = Ground::new().await;
        let mut federation = federation();
        federation.stops[0].title_zh = "<script>alert(1)</script>\"".to_owned();
        let viewer = ground.viewer(Role::Viewer, Lang::Zh);
        let html = shown(&viewer, &federation).render().into_string();
        assert!(!html.contains("<script>alert"));
        assert!(!html.contains("</script>\""));
    }
}
