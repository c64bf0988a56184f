//! `/certificates/{platform}/revoke`: what would be cut is named, then it is cut.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::store::HeardRow;
use sanheyi_node::web::error::WebError;
use sanheyi_node::web::form::Fields;
use sanheyi_node::web::lang::Lang;
use sanheyi_node::web::page::Page;
use sanheyi_node::web::parts::{
    Column, Table, Tone, crumbs, exact, form_token, moment, said, state,
};
use sanheyi_node::web::viewer::Viewer;

use super::life;
use crate::store::{CertificateRow, certificate_list};
use crate::web::site::Site;

/// Longest reason, in bytes: some sentences.
const REASON_BYTES: usize = 1024;

/// What the page shows.
struct View {
    platform: PlatformId,
    /// Its name.
    title: String,
    /// Certificates that count.
    counting: Vec<CertificateRow>,
    /// Connections that stand.
    lines: Vec<HeardRow>,
    /// Serial numbers that are ticked.
    ticked: Vec<String>,
    reason: String,
}

/// What would be cut.
///
/// # Errors
/// If there is no such platform, or the store cannot be read.
pub async fn page(
    State(site): State<Site>,
    Path(platform): Path<String>,
    viewer: Viewer,
) -> Result<Response, WebError> {
    let asked = viewer.asked();
    let view = gather(&site, viewer.lang, &platform, &asked).await?;
    Ok(shown(&viewer, &view, &html! {}).into_response())
}

/// Cuts it.
///
/// # Errors
/// If the store cannot be read or written.
pub async fn revoke(
    State(site): State<Site>,
    Path(platform): Path<String>,
    viewer: Viewer,
    fields: Fields,
) -> Result<Response, WebError> {
    let lang = viewer.lang;
    let view = gather(&site, lang, &platform, &fields).await?;
    let reason = view.reason.trim();
    if reason.is_empty() || reason.len() > REASON_BYTES || view.ticked.is_empty() {
        let why = lang.t("请勾选证书并写明原因。", "Tick certificates and say why.");
        let page = shown(&viewer, &view, &said(Tone::Bad, why));
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    }
    let (who, _) = viewer.acting();
    let certificates = &site.parts().certificates;
    let done = certificates.revoke(&view.platform, &view.ticked, &who, reason).await?;
    certificates.look_now();
    let view = gather(&site, lang, &platform, &Fields::default()).await?;
    let told = html! {
        div.said.good role="status" {
            p { (done.len()) (lang.t(" 份证书已吊销，5 秒内各实例断开其连接：", " certificates are revoked; every instance cuts their lines within 5 seconds:")) }
            ul { @for serial in &done { li { code { (serial) } } } }
        }
    };
    Ok(shown(&viewer, &view, &told).into_response())
}

async fn gather(
    site: &Site,
    lang: Lang,
    platform: &str,
    fields: &Fields,
) -> Result<View, WebError> {
    let platform: PlatformId = platform.parse().map_err(|_| WebError::not_found())?;
    let now = site.parts().shell.now();
    let rows = certificate_list(&site.store(&platform)).await?;
    if rows.is_empty() {
        return Err(WebError::not_found());
    }
    let counting: Vec<_> = rows.into_iter().filter(|row| row.counts(now)).collect();
    let known = |serial: &str| counting.iter().any(|row| row.serial == serial);
    let ticked = fields.all("serial").filter(|serial| known(serial)).map(str::to_owned).collect();
    let heard = site.own().heard_list().await?.into_iter();
    let lines = heard.filter(|one| one.peer == platform && one.connected).collect();
    let reason = fields.get("reason").to_owned();
    let names = site.names(lang).await?;
    let title = names.said(platform.as_str()).to_owned();
    Ok(View { platform, title, counting, lines, ticked, reason })
}

fn shown<'a>(viewer: &'a Viewer, view: &View, told: &Markup) -> Page<'a> {
    let lang = viewer.lang;
    let title = match lang {
        Lang::Zh => format!("吊销证书：{}", view.title),
        Lang::En => format!("Revoke certificates of {}", view.title),
    };
    let body = html! {
        (crumbs(lang, &[(lang.t("证书", "Certificates"), "/certificates")]))
        (told)
        @if view.counting.is_empty() {
            section { p.empty { (lang.t("该平台没有有效的证书。", "No certificate of this platform is valid.")) } }
        } @else {
            (form(viewer, view))
        }
    };
    Page::new(viewer, title, body)
}

fn form(viewer: &Viewer, view: &View) -> Markup {
    let lang = viewer.lang;
    let columns = [
        Column::text("吊销", "Revoke"),
        Column::text("序列号", "Serial number"),
        Column::text("签发", "Issued"),
        Column::text("到期", "Ends"),
        Column::text("状态", "State"),
        Column::text("现有连接", "Connected now"),
    ];
    let mut table = Table::new(lang, lang.t("有效的证书", "Valid certificates"), &columns);
    for row in &view.counting {
        let id = format!("serial-{}", row.serial);
        let lines: Vec<_> = view.lines.iter().filter(|one| one.serial == row.serial).collect();
        table.row([
            html! {
                input type="checkbox" name="serial" id=(id) value=(row.serial) checked[view.ticked.contains(&row.serial)]
                    aria-label=(format!("{} {}", lang.t("吊销", "Revoke"), row.serial));
            },
            html! { label.inline for=(id) { code { (row.serial) } } },
            exact(row.issued),
            exact(row.not_after),
            life(lang, row, viewer.shell.now()),
            html! {
                @if lines.is_empty() { span.quiet { (lang.t("没有", "none")) } }
                @for line in lines {
                    div { (state(Tone::Bad, lang.t("将断开", "will be cut"))) " " (line.address) " " (moment(viewer, line.since)) }
                }
            },
        ]);
    }
    html! {
        section {
            p { (lang.t(
                "吊销后不能恢复。使用所选证书的连接会在 5 秒内断开，之后的连接一律拒绝；节点会显示“身份扣留”，须用新令牌重新入网。已存的条目不受影响。",
                "This cannot be undone. Lines made by the ticked certificates are cut within 5 seconds and refused from then on; the node says that it is held and has to enrol again by a new token. What is stored stays.",
            )) }
            form method="post" {
                (form_token(viewer))
                (table)
                label for="reason" { (lang.t("原因，记入审计", "Why; it is written into the audit"))
                    input #reason name="reason" required maxlength="300" value=(view.reason) autocomplete="off";
                }
                div.actions {
                    button.danger { (lang.t("吊销所选证书", "Revoke the ticked certificates")) }
                    a href={ "/platforms/" (view.platform) } { (lang.t("不吊销，返回", "Do not, go back")) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use sanheyi_node::web::lang::Lang;
    use sanheyi_node::web::viewer::Role;

    use super::super::tests::certificate;
    use super::*;
    use crate::web::planted::{Ground, NOW};

    #[tokio::test]
    async fn the_page_names_the_lines_that_would_be_cut() {
        let ground = Ground::new().await;
        let line = HeardRow {
            peer: "jintan".parse().unwrap(),
            instance: "a".into(),
            connected: true,
            since: NOW,
            heard: NOW,
            address: "10.1.2.3:5000".into(),
            serial: "aa".into(),
            beat: None,
        };
        let view = View {
            title: "金坛市".into(),
            platform: "jintan".parse().unwrap(),
            counting: vec![certificate("aa", 90), certificate("bb", 90)],
            lines: vec![line],
            ticked: vec!["aa".into()],
            reason: String::new(),
        };
        for lang in [Lang::Zh, Lang::En] {
            let viewer = ground.viewer(Role::Admin, lang);
            let html = shown(&viewer, &view, &html! {}).render().into_string();
            assert!(html.contains("10.1.2.3:5000"));
            assert_eq!(html.matches(" checked").count(), 1);
            assert!(html.contains("name=\"form_token\" value=\"token-1\""));
        }
    }
}
