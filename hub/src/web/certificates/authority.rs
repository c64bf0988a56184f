//! `/authority`: who signs certificates, who trusts it, and how far a rotation is.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use sanheyi_node::process::said::Said;
use sanheyi_node::process::said::with_causes;
use sanheyi_node::web::error::WebError;
use sanheyi_node::web::lang::Lang;
use sanheyi_node::web::page::Page;
use sanheyi_node::web::parts::{Column, Table, Tone, crumbs, exact, moment, none, state};
use sanheyi_node::web::viewer::Viewer;

use crate::certificates::{AuthorityReport, PlatformReport, RotationReport};
use crate::store::AuthorityState;
use crate::web::names::Names;
use crate::web::site::Site;

/// The page.
///
/// # Errors
/// If the store or the authorities cannot be read.
pub async fn page(State(site): State<Site>, viewer: Viewer) -> Result<Response, WebError> {
    let report = site.parts().certificates.rotation().await.map_err(|error| unreadable(&error))?;
    let title = viewer.lang.t("签发机构", "The authority");
    let names = site.names(viewer.lang).await?;
    Ok(Page::new(&viewer, title, render(&viewer, &report, &names)).into_response())
}

fn unreadable(error: &(dyn std::error::Error + 'static)) -> WebError {
    let error = with_causes(error);
    tracing::error!(error, "the authorities cannot be shown: {error}");
    WebError::new(
        StatusCode::SERVICE_UNAVAILABLE,
        Said::new("暂时无法读取签发机构", "The authorities cannot be read at the moment"),
        Said::new("请稍后重试；原因见运行日志", "try again in a moment; the log says why"),
    )
}

fn render(viewer: &Viewer, report: &RotationReport, names: &Names) -> Markup {
    let lang = viewer.lang;
    let columns = [
        Column::text("公钥指纹", "Fingerprint of the key"),
        Column::text("状态", "State"),
        Column::text("自", "Since"),
        Column::text("到期", "Ends"),
        Column::text("私钥", "Private key"),
    ];
    let mut table = Table::new(lang, lang.t("签发机构", "Authorities"), &columns);
    for one in &report.authorities {
        table.row(authority_cells(lang, one));
    }
    html! {
        (crumbs(lang, &[(lang.t("证书", "Certificates"), "/certificates")]))
        section { (table.or(lang.t("没有签发机构。", "There is no authority."))) (next_step(lang, report)) }
        (platforms(viewer, report, names))
    }
}

fn authority_cells(lang: Lang, one: &AuthorityReport) -> [Markup; 5] {
    let tone = match one.row.state {
        AuthorityState::Signing => Tone::Good,
        AuthorityState::Next | AuthorityState::Former => Tone::Warn,
        AuthorityState::Ended => Tone::Off,
    };
    let key: String = one.row.key.iter().map(|byte| format!("{byte:02x}")).collect();
    let word = lang.t(one.row.state.zh(), one.row.state.as_str());
    let here = match one.key_here {
        true => state(Tone::Good, lang.t("在本机", "here")),
        false => state(Tone::Off, lang.t("不在本机", "elsewhere")),
    };
    [
        html! { code title=(key) { (key.chars().take(24).collect::<String>()) "…" } },
        state(tone, word),
        exact(one.row.since),
        exact(one.not_after),
        here,
    ]
}

/// What an operator would do next, by command: it is done with the key's file at hand.
fn next_step(lang: Lang, report: &RotationReport) -> Markup {
    let (waits, left) = (report.unconfirmed(), report.unrenewed());
    let next = report.has(AuthorityState::Next);
    let former = report.has(AuthorityState::Former);
    html! {
        @if next {
            p {
                (lang.t("轮换进行中：下一签发机构尚未签发。", "A rotation is under way: the next authority does not sign yet. "))
                @if waits.is_empty() { (lang.t("各平台均已信任它。", "Every platform trusts it.")) }
                @else { (lang.t("还在等待：", "Waiting for: ")) (waits.join(lang.t("、", ", "))) }
            }
            p { code { "sanheyi-hub authority status" } }
        } @else if former {
            p {
                (lang.t("前一签发机构仍受信任。", "The former authority is still trusted. "))
                @if left.is_empty() { (lang.t("已无人使用其证书，可以结束。", "Nobody uses its certificates any more: it may end.")) }
                @else { (lang.t("仍使用其证书：", "Still on its certificates: ")) (left.join(lang.t("、", ", "))) }
            }
            p { code { "sanheyi-hub authority finish" } }
        } @else {
            p.quiet { (lang.t("没有轮换在进行。轮换在命令行进行：", "No rotation is under way. It is begun by the command ")) code { "sanheyi-hub authority rotate" } }
        }
    }
}

fn platforms(viewer: &Viewer, report: &RotationReport, names: &Names) -> Markup {
    let lang = viewer.lang;
    let columns = [
        Column::text("平台", "Platform"),
        Column::text("最近使用证书", "Certificate last used"),
        Column::text("信任清单", "What it trusts"),
        Column::text("证书", "Its certificate"),
    ];
    let caption = lang.t("各平台的信任", "What platforms trust");
    let mut table = Table::new(lang, caption, &columns);
    for PlatformReport { platform, seen, confirmed, renewed, living, .. } in &report.platforms {
        let trusts = match confirmed {
            true => state(Tone::Good, lang.t("已确认", "confirmed")),
            false => state(Tone::Warn, lang.t("未确认", "not confirmed")),
        };
        let own = match (living, renewed) {
            (false, _) => state(Tone::Off, lang.t("没有有效证书", "none is valid")),
            (true, true) => state(Tone::Good, lang.t("由现签发机构签发", "of the one that signs")),
            (true, false) => state(Tone::Warn, lang.t("由其他签发机构签发", "of another one")),
        };
        table.row([
            names.link(platform.as_str()),
            seen.map_or_else(none, |seen| moment(viewer, seen)),
            trusts,
            own,
        ]);
    }
    html! {
        section aria-labelledby="trust-title" {
            h2 #trust-title { (caption) }
            (table.or(lang.t("没有设节点的平台。", "There are no platforms with nodes.")))
        }
    }
}

#[cfg(test)]
mod tests {
    use sanheyi_node::web::viewer::Role;

    use super::*;
    use crate::store::AuthorityRow;
    use crate::web::planted::{Ground, NOW};

    #[tokio::test]
    async fn a_rotation_says_who_is_waited_for() {
        let ground = Ground::new().await;
        let row = |state| AuthorityRow {
            key: [5; 32],
            certificate: String::new(),
            state,
            made: NOW,
            since: NOW,
        };
        let of = |state| AuthorityReport { row: row(state), not_after: NOW, key_here: true };
        let waits = PlatformReport {
            platform: "jintan".parse().unwrap(),
            seen: Some(NOW),
            confirmed: false,
            renewed: true,
            living: true,
            lately: true,
        };
        let authorities = vec![of(AuthorityState::Signing), of(AuthorityState::Next)];
        let report = RotationReport { authorities, platforms: vec![waits] };
        for (lang, said) in [(Lang::Zh, "还在等待：jintan"), (Lang::En, "Waiting for: jintan")]
        {
            let html = render(&ground.viewer(Role::Admin, lang), &report, &Names::default());
            let html = html.into_string();
            assert!(html.contains(said), "{html}");
        }
    }
}
