//! `/settings`: the configuration as it was checked, without secrets, and versions. It is changed in
//! the file; the node reads it when it starts.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::config::NodeConfig;
use crate::store::STEPS;
use crate::web::lang::Lang;
use crate::web::page::Page;
use crate::web::parts::{bytes, counted, facts};
use crate::web::site::Site;
use crate::web::viewer::Viewer;

/// The page.
pub async fn page(viewer: Viewer, State(site): State<Site>) -> Response {
    let lang = viewer.lang;
    let config = &site.parts().config;
    let body = html! {
        p.lead { (lang.t("配置在文件中修改，重启后生效；密钥不在此显示。", "The configuration is changed in its file and read at the next start. Keys are not shown.")) }
        div.grid.wide {
            @for (id, title, shown) in sections(lang, config) {
                section aria-labelledby=(id) { h2 id=(id) { (title) } (shown) }
            }
        }
    };
    Page::new(&viewer, lang.t("设置", "Settings"), body).into_response()
}

fn sections(lang: Lang, config: &NodeConfig) -> Vec<(&'static str, &'static str, Markup)> {
    let code = |text: &dyn ToString| html! { code { (text.to_string()) } };
    let path = |path: &std::path::Path| html! { code { (path.display()) } };
    let days = |days: u64| match days {
        0 => html! { (lang.t("一直保留", "kept")) },
        days => html! { (counted(lang, days, "天", "day")) },
    };
    let pages = match config.pages.listen {
        Some(address) => {
            html! { code { (address) } " " (if config.pages.tls.is_some() { "TLS 1.3" } else { lang.t("仅本机，明文", "this machine alone, plain") }) }
        }
        None => html! { (lang.t("不提供", "none")) },
    };
    vec![
        (
            "platform-title",
            lang.t("平台", "Platform"),
            facts([
                ("platform", code(&config.platform)),
                ("hub", code(&config.hub)),
                ("data", path(&config.data)),
                (lang.t("配置文件", "configuration"), path(&config.file)),
            ]),
        ),
        (
            "line-title",
            lang.t("链路", "Line"),
            facts([
                ("uplink.address", code(&config.uplink.address)),
                ("uplink.server_name", code(&config.uplink.server_name)),
                ("tls.ca", path(&config.tls.ca)),
                ("tls.certificate", path(&config.tls.certificate)),
                ("keys.hub_key", code(&hex(config.keys.hub_key.as_bytes()))),
            ]),
        ),
        (
            "pages-title",
            lang.t("页面与日志", "Pages and log"),
            facts([("pages.listen", pages), ("log.filter", code(&config.log.filter))]),
        ),
        (
            "disk-title",
            lang.t("磁盘与保管", "Disk and retention"),
            facts([
                ("disk.notice_free_percent", html! { (config.disk.notice_free_percent) "%" }),
                ("disk.warn_free_percent", html! { (config.disk.warn_free_percent) "%" }),
                ("disk.refuse_free_bytes", html! { (bytes(config.disk.refuse_free_bytes)) }),
                ("retention.unfinished_days", days(config.retention.unfinished_days)),
                ("retention.unnamed_days", days(config.retention.unnamed_days)),
                ("retention.audit_days", days(config.retention.audit_days)),
            ]),
        ),
        (
            "versions-title",
            lang.t("版本", "Versions"),
            facts([
                (lang.t("程序", "program"), html! { (crate::health::VERSION) }),
                (lang.t("标准", "standard"), html! { (sanheyi_proto::STANDARD) }),
                (
                    lang.t("表结构", "schema"),
                    html! { (STEPS.last().map_or(0, |step| step.version)) },
                ),
            ]),
        ),
    ]
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
