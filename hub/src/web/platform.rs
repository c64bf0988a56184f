//! `/platforms/{platform}`: one platform: how it stands, since when, why and what to do; and what
//! the hub has of it.

mod gather;
mod sections;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use sanheyi_exchange_spec::custody::Custody;
use sanheyi_exchange_spec::health::{Finding, LinkFacts};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::rulebook::Rule;
use sanheyi_node::health::LinkStanding;
use sanheyi_node::store::{ChangeRow, Counts, HeardRow, JournalRow};
use sanheyi_node::web::error::WebError;
use sanheyi_node::web::page::Page;
use sanheyi_node::web::parts::{crumbs, facts, figures, moment, none, number, state};
use sanheyi_node::web::viewer::{Role, Viewer};

use super::federation::{Federation, Stand, Stop};
use super::live::stream;
use super::names::Names;
use super::overview::findings;
use super::site::Site;
use crate::store::{CertificateRow, PlatformRow};

/// A journal of the platform.
#[derive(Clone, Debug)]
pub struct JournalView {
    /// As it is stored.
    pub row: JournalRow,
    /// What became of its entries; of those that the gate judges.
    pub counts: Option<Counts>,
    /// One past the last that was judged.
    pub judged: u64,
    /// How many entries the platform has of it, where the hub writes and it reads.
    pub read: Option<u64>,
}

/// All that the page shows.
#[derive(Clone, Debug)]
pub struct PlatformView {
    /// How it stands.
    pub stop: Stop,
    /// As it is registered.
    pub row: PlatformRow,
    /// What is wrong with it.
    pub findings: Vec<Finding>,
    /// Its line, as the watchdog knows it.
    pub link: Option<LinkStanding>,
    /// Its journals and the hub's to it.
    pub journals: Vec<JournalView>,
    /// Its certificates, the oldest first.
    pub certificates: Vec<CertificateRow>,
    /// Which processes heard it, and its heartbeats.
    pub heard: Vec<HeardRow>,
    /// Policies that name it and hold now.
    pub policies: Vec<std::sync::Arc<Rule>>,
    /// Records of which custody has passed: by what the platform is to them.
    pub custody: Vec<(String, String, Custody)>,
    /// The last changes about it.
    pub changes: Vec<ChangeRow>,
}

/// The page.
///
/// # Errors
/// If there is no such platform, or the store cannot be read.
pub async fn page(
    State(site): State<Site>,
    Path(platform): Path<String>,
    viewer: Viewer,
) -> Result<Response, WebError> {
    let platform: PlatformId = platform.parse().map_err(|_| WebError::not_found())?;
    let view = gather::view(&site, &platform).await?.ok_or_else(WebError::not_found)?;
    Ok(shown(&viewer, &view).into_response())
}

/// What keeps it fresh.
///
/// # Errors
/// If too many pages are kept fresh already.
pub async fn live(
    State(site): State<Site>,
    Path(platform): Path<String>,
    viewer: Viewer,
) -> Result<Response, WebError> {
    stream(&site, viewer, move |viewer, federation: &Federation| {
        let Some(stop) = federation.stop(&platform) else { return Vec::new() };
        let names = Names::of(viewer.lang, federation);
        let found = findings(viewer, federation.findings_of(&platform), &names);
        vec![("figures", counted(viewer, stop)), ("findings", found)]
    })
}

fn shown<'a>(viewer: &'a Viewer, view: &PlatformView) -> Page<'a> {
    let lang = viewer.lang;
    let live = format!("{}/live", view.stop.path());
    Page::new(viewer, view.stop.title(lang), render(viewer, view)).live(live)
}

fn render(viewer: &Viewer, view: &PlatformView) -> Markup {
    let lang = viewer.lang;
    let own = (view.stop.platform.clone(), view.stop.title(lang).to_owned());
    let names = Names::new([own]);
    html! {
        (crumbs(lang, &[(lang.t("总览", "Overview"), "/"), (lang.t("平台", "Platforms"), "/platforms")]))
        div #figures { (counted(viewer, &view.stop)) }
        div.split {
            section #behind aria-labelledby="why-title" {
                h2 #why-title data-fresh=(lang.t("连接中断，数据可能已旧", "connection lost, this may be old")) { (lang.t("状况与处理", "What is wrong, and what to do")) }
                div #findings aria-live="polite" { (findings(viewer, view.findings.iter(), &names)) }
                (view.link.iter().map(|link| sections::lanes(viewer, &link.facts)).next().unwrap_or_default())
            }
            section aria-labelledby="about-title" {
                h2 #about-title { (lang.t("登记", "Registration")) }
                (about(viewer, view))
            }
        }
        (sections::journals(viewer, view))
        (sections::heartbeats(viewer, view))
        @if viewer.may(Role::Admin) { (sections::certificates(viewer, view)) }
        (sections::policies(viewer, view))
        (sections::custody(viewer, view))
        @if viewer.may(Role::Operator) { (sections::changes(viewer, view)) }
    }
}

/// The figures on top; each opens what it counts.
fn counted(viewer: &Viewer, stop: &Stop) -> Markup {
    let lang = viewer.lang;
    let id = &stop.platform;
    let to = |path: String| Some(path);
    let since = match stop.since {
        Some(since) => html! { br; small { (lang.t("自 ", "since ")) (moment(viewer, since)) } },
        None => html! {},
    };
    let heard = stop.heard.map_or_else(none, |heard| moment(viewer, heard));
    let stand = html! { (state(stop.stand.tone(), &stop.stand.title(lang))) (since) };
    let entries = to(format!("{}/journals", stop.path()));
    figures([
        (lang.t("状态", "State"), stand, to("#behind".to_owned())),
        (lang.t("相差", "Behind"), number(stop.behind), to("#behind".to_owned())),
        (lang.t("最近应答", "Last heard"), heard, to("#heartbeats".to_owned())),
        (
            lang.t("隔离", "Quarantined"),
            number(stop.quarantined),
            to(format!("/quarantine?platform={id}")),
        ),
        (
            lang.t("待判", "Pending"),
            number(stop.pending),
            to(format!("/quarantine?platform={id}&state=pending")),
        ),
        (lang.t("未判", "Not judged"), number(stop.unjudged), to("#journals".to_owned())),
        (lang.t("条目", "Entries"), number(stop.entries), entries),
    ])
}

fn about(viewer: &Viewer, view: &PlatformView) -> Markup {
    let lang = viewer.lang;
    let PlatformRow { key, added, quota, .. } = &view.row;
    let (path, hosted) = (view.stop.path(), view.stop.stand == Stand::Hosted);
    let home = match hosted {
        true => lang.t("市级托管", "in the hub"),
        false => lang.t("节点", "a node of its own"),
    };
    let mut list = vec![
        (lang.t("标识", "Id"), html! { code { (view.stop.platform) } }),
        (
            lang.t("名称", "Name"),
            html! { (view.row.title_zh) " · " span lang="en" { (view.row.title_en) } },
        ),
        (lang.t("所在", "Home"), html! { (home) }),
        (lang.t("登记", "Registered"), moment(viewer, *added)),
        (lang.t("验证公钥", "Verifying key"), html! { code { (key) } }),
    ];
    if *quota > 0 {
        list.push((lang.t("每秒上限", "Records a second"), number(*quota)));
    }
    if !view.stop.regions.is_empty() {
        list.push((lang.t("区划代码", "Regions"), html! { (view.stop.regions.join(" ")) }));
    }
    html! {
        (facts(list))
        div.actions {
            a.button.second href={ (path) "/journals" } { (lang.t("日志", "Journals")) }
            a.button.second href={ (path) "/records" } { (lang.t("记录", "Records")) }
            a.button.second href={ "/quarantine?platform=" (view.stop.platform) } { (lang.t("隔离区", "Quarantine")) }
        }
    }
}

/// Whether a line has something to say beside its state.
fn is_worth_telling(facts: &LinkFacts) -> bool {
    facts.lanes.iter().any(|lane| lane.backlog > 0 || lane.stopped.is_some())
}

#[cfg(test)]
mod tests;
