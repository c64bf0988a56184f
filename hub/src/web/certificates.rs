//! `/certificates`: which certificates count, for how long, and how one is revoked; `/authority`:
//! who signs them.

pub mod authority;
pub mod revoke;

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::web::error::WebError;
use sanheyi_node::web::lang::Lang;
use sanheyi_node::web::page::Page;
use sanheyi_node::web::parts::{Column, Table, Tone, exact, moment, none, number, state};
use sanheyi_node::web::viewer::Viewer;

use super::names::Names;
use super::site::Site;
use crate::store::{CertificateRow, certificate_list, certificate_use_list, platform_list};

/// Of a certificate that ends within so many days somebody is told.
const SOON: i64 = 30;
/// Of one that ends within so many days somebody must act.
const NOW: i64 = 7;
const DAY_MICROS: i64 = 86_400_000_000;

const COLUMNS: [Column; 7] = [
    Column::text("平台", "Platform"),
    Column::text("序列号", "Serial number"),
    Column::text("来源", "Origin"),
    Column::text("到期", "Ends"),
    Column::number("剩余天数", "Days left"),
    Column::text("最近使用", "Last used"),
    Column::text("状态", "State"),
];

/// A certificate, and when it last came with a connection.
#[derive(Clone, Debug)]
pub struct Seen {
    /// As it was issued.
    pub row: CertificateRow,
    /// When it was last used.
    pub seen: Option<Timestamp>,
}

/// The page.
///
/// # Errors
/// If the store cannot be read.
pub async fn page(State(site): State<Site>, viewer: Viewer) -> Result<Response, WebError> {
    let parts = site.parts();
    let used: BTreeMap<_, _> = certificate_use_list(&parts.database)
        .await?
        .into_iter()
        .map(|row| ((row.platform, row.serial), row.seen))
        .collect();
    let mut rows = Vec::new();
    let platforms = platform_list(&parts.database).await?.into_iter().map(|row| row.platform);
    for platform in std::iter::once(parts.hub.clone()).chain(platforms) {
        for row in certificate_list(&site.store(&platform)).await?.into_iter().rev() {
            let seen = used.get(&(platform.clone(), row.serial.clone())).copied();
            rows.push(Seen { row, seen: seen.filter(|at| at.as_micros() > 0) });
        }
    }
    let title = viewer.lang.t("证书", "Certificates");
    let names = site.names(viewer.lang).await?;
    Ok(Page::new(&viewer, title, render(&viewer, &rows, &names)).into_response())
}

fn render(viewer: &Viewer, rows: &[Seen], names: &Names) -> Markup {
    let lang = viewer.lang;
    let all = viewer.asked().get("state") == "all";
    let now = viewer.shell.now();
    let counting = rows.iter().filter(|one| one.row.counts(now)).count();
    let mut table = Table::new(lang, lang.t("证书", "Certificates"), &COLUMNS);
    for one in rows.iter().filter(|one| all || one.row.counts(now)) {
        table.row(cells(viewer, one, names));
    }
    html! {
        p.lead {
            (lang.t("节点在到期前 30 天自动续期。", "Nodes renew their certificates by themselves 30 days before they end. "))
            " " a href="/authority" { (lang.t("签发机构与轮换", "The authority and its rotation")) }
        }
        form.filter method="get" action="/certificates" {
            label for="state" { (lang.t("显示", "Show"))
                select #state name="state" {
                    option value="" { (lang.t("有效的", "valid ones")) " (" (counting) ")" }
                    option value="all" selected[all] { (lang.t("全部", "all")) " (" (rows.len()) ")" }
                }
            }
            button { (lang.t("筛选", "Filter")) }
        }
        section { (table.or(lang.t("没有有效的证书。", "No certificate is valid."))) }
    }
}

fn cells(viewer: &Viewer, one: &Seen, names: &Names) -> [Markup; 7] {
    let (lang, now) = (viewer.lang, viewer.shell.now());
    let row = &one.row;
    let platform = row.platform.as_str();
    let counts = row.counts(now);
    let days = u64::try_from(days_left(row, now)).unwrap_or(0);
    [
        names.link(platform),
        html! { code { (row.serial) } },
        html! { (origin(lang, row)) },
        exact(row.not_after),
        if counts { number(days) } else { none() },
        one.seen.map_or_else(none, |seen| moment(viewer, seen)),
        html! {
            (life(lang, row, now))
            @if counts {
                " " a href={ "/certificates/" (platform) "/revoke?serial=" (row.serial) } { (lang.t("吊销…", "Revoke…")) }
            }
        },
    ]
}

pub(super) fn origin(lang: Lang, row: &CertificateRow) -> &'static str {
    match row.origin.as_str() {
        "init" => lang.t("市级平台自身", "the hub's own"),
        "add" => lang.t("登记时制作", "made when registered"),
        "enrol" => lang.t("入网", "enrolment"),
        _ => lang.t("续期", "renewal"),
    }
}

fn days_left(row: &CertificateRow, now: Timestamp) -> i64 {
    row.not_after.micros_since(now) / DAY_MICROS
}

/// Whether a certificate counts, and for how long.
pub fn life(lang: Lang, row: &CertificateRow, now: Timestamp) -> Markup {
    if let Some(at) = row.revoked {
        return html! {
            (state(Tone::Off, lang.t("已吊销", "revoked"))) " " (exact(at)) " " (row.reason)
        };
    }
    match days_left(row, now) {
        _ if now >= row.not_after => state(Tone::Off, lang.t("已到期", "ended")),
        days if days < NOW => state(Tone::Bad, lang.t("即将到期", "ends at once")),
        days if days < SOON => state(Tone::Warn, lang.t("快到期", "ends soon")),
        _ => state(Tone::Good, lang.t("有效", "valid")),
    }
}

#[cfg(test)]
mod tests {
    use sanheyi_node::web::viewer::Role;

    use super::*;
    use crate::store::Origin;
    use crate::web::planted::{Ground, NOW as PRESENT};

    pub(crate) fn certificate(serial: &str, days: i64) -> CertificateRow {
        CertificateRow {
            platform: "jintan".parse().unwrap(),
            serial: serial.to_owned(),
            issued: PRESENT.plus_micros(-DAY_MICROS),
            not_after: PRESENT.plus_micros(days * DAY_MICROS),
            authority: [1; 32],
            origin: Origin::Enrol,
            revoked: None,
            reason: String::new(),
        }
    }

    #[tokio::test]
    async fn those_that_count_are_shown_with_their_days_and_the_others_when_asked_for() {
        let ground = Ground::new().await;
        let revoked = CertificateRow {
            revoked: Some(PRESENT),
            reason: "机器被盗".into(),
            ..certificate("cc", 50)
        };
        let rows = [certificate("aa", 90), certificate("bb", 3), certificate("dd", -1), revoked]
            .map(|row| Seen { row, seen: None });
        let mut viewer = ground.viewer(Role::Admin, Lang::Zh);
        let html = render(&viewer, &rows, &Names::default()).into_string();
        assert!(html.contains("aa") && html.contains("bb") && html.contains("即将到期"));
        assert!(!html.contains("<code>cc") && !html.contains("<code>dd"));
        assert!(html.contains("/certificates/jintan/revoke?serial=aa"));
        viewer.query = "state=all".into();
        let html = render(&viewer, &rows, &Names::default()).into_string();
        assert!(html.contains("机器被盗") && html.contains("已到期"));
        assert!(!html.contains("revoke?serial=cc"), "what is over is not revoked again");
    }
}
