//! `/settings`: how the hub is configured. No secret stands in it, and it is changed in its file.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use sanheyi_node::web::error::WebError;
use sanheyi_node::web::lang::Lang;
use sanheyi_node::web::page::Page;
use sanheyi_node::web::parts::facts;
use sanheyi_node::web::viewer::Viewer;

use super::site::Site;

/// A heading with names and values.
type Group = (&'static str, Vec<(&'static str, String)>);

/// The page.
///
/// # Errors
/// Of the store, where it does not say how durable it is.
pub async fn page(State(site): State<Site>, viewer: Viewer) -> Result<Response, WebError> {
    let groups = gather(&site, viewer.lang).await?;
    let title = viewer.lang.t("设置", "Settings");
    Ok(Page::new(&viewer, title, render(viewer.lang, &groups)).into_response())
}

async fn gather(site: &Site, lang: Lang) -> Result<Vec<Group>, WebError> {
    let parts = site.parts();
    let config = &parts.config;
    let path = |path: &std::path::Path| path.display().to_string();
    let pages = config.pages.listen.map_or_else(|| "—".to_owned(), |at| at.to_string());
    let durable = parts.database.durability().await?;
    let durable = durable.into_iter();
    let mut store = vec![("address", parts.database.address().to_string())];
    store.extend(durable);
    Ok(vec![
        (
            lang.t("市级平台", "The hub"),
            vec![
                ("hub", config.hub.to_string()),
                ("data", path(&config.data)),
                ("listen", config.listen.to_string()),
                ("pages.listen", pages),
                ("line.max_age_seconds", config.max_age.as_secs().to_string()),
                ("log.filter", config.log.filter.clone()),
                ("version", env!("CARGO_PKG_VERSION").to_owned()),
            ],
        ),
        (lang.t("存储", "The store"), store),
        (
            lang.t("证书与密钥的文件", "Files of certificates and keys"),
            vec![
                ("tls.ca", path(&config.tls.ca)),
                ("tls.certificate", path(&config.tls.certificate)),
                ("tls.key", path(&config.tls.key)),
                ("keys.signing", path(&config.signing)),
                ("authority.certificate_days", config.certificate_days.to_string()),
            ],
        ),
    ])
}

fn render(lang: Lang, groups: &[Group]) -> Markup {
    html! {
        p.lead { (lang.t("只供查看。修改配置文件并重新启动后生效；每一项的说明见：", "To be read only. It is changed in the configuration and takes effect after a restart; what each key means is told by: ")) code { "sanheyi-hub config example" } }
        @for (title, list) in groups {
            section {
                h2 { (title) }
                (facts(list.iter().map(|(name, value)| (*name, html! { code { (value) } }))))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_stands_beside_its_key() {
        let groups = [("市级平台", vec![("listen", "0.0.0.0:7443".to_owned())])];
        let html = render(Lang::Zh, &groups).into_string();
        assert!(html.contains("<dt>listen</dt><dd><code>0.0.0.0:7443</code></dd>"), "{html}");
    }
}
