//! Head, menu and foot around a page.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

use super::assets;
use super::guard::PASSWORD;
use super::viewer::Viewer;
use crate::cli::local::rfc3339;

/// A page: its name and its body.
#[derive(Debug)]
pub struct Page<'a> {
    viewer: &'a Viewer,
    title: String,
    body: Markup,
    live: Option<String>,
}

// === impl Page ===

impl<'a> Page<'a> {
    /// A page for `viewer`, with its title in their language.
    pub fn new(viewer: &'a Viewer, title: impl Into<String>, body: Markup) -> Self {
        Self { viewer, title: title.into(), body, live: None }
    }

    /// Keeps parts of it fresh: server-sent events of `path` name an element by its id and bring
    /// what is in it now.
    #[must_use]
    pub fn live(self, path: impl Into<String>) -> Self {
        Self { live: Some(path.into()), ..self }
    }

    /// The whole document.
    pub fn render(self) -> Markup {
        let Self { viewer, title, body, live } = self;
        let lang = viewer.lang;
        let parts = viewer.shell.parts();
        let site = lang.t(&parts.title_zh, &parts.title_en);
        html! {
            (DOCTYPE)
            html lang=(lang.tag()) {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (title) " · " (site) }
                    link rel="stylesheet" href=(assets::STYLE.path());
                    link rel="icon" href=(assets::ICON.path()) type="image/svg+xml";
                    script src=(assets::SCRIPT.path()) defer {}
                }
                // By this clock the ages of times are told, not by the browser's.
                body data-live=[live] data-now=[rfc3339(viewer.shell.now())] {
                    a.skip href="#main" { (lang.t("跳到正文", "Skip to content")) }
                    header.top {
                        a.site href="/" { (assets::mark()) span { (site) } }
                        (menu(viewer))
                        (corner(viewer))
                    }
                    main #main tabindex="-1" {
                        h1 { (title) }
                        (body)
                    }
                    footer {
                        span { (lang.t("三合一 · 行政权力网上公开透明运行", "Sanheyi · administrative power, online and in the open")) }
                        span.version { (env!("CARGO_PKG_VERSION")) }
                    }
                }
            }
        }
    }
}

impl IntoResponse for Page<'_> {
    fn into_response(self) -> Response {
        let html = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
        (html, self.render().into_string()).into_response()
    }
}

fn menu(viewer: &Viewer) -> Markup {
    let lang = viewer.lang;
    html! {
        nav.menu aria-label=(lang.t("主菜单", "Main menu")) {
            @for entry in viewer.shell.parts().menu {
                @if viewer.may(entry.role) {
                    a href=(entry.path) aria-current=[is_here(entry.path, &viewer.path)] {
                        (lang.t(entry.zh, entry.en))
                    }
                }
            }
        }
    }
}

fn is_here(entry: &str, path: &str) -> Option<&'static str> {
    let below = path.strip_prefix(entry).is_some_and(|rest| rest.starts_with('/'));
    (entry == path || (entry != "/" && below)).then_some("page")
}

/// The other language, and who is signed in.
fn corner(viewer: &Viewer) -> Markup {
    let (lang, other) = (viewer.lang, viewer.lang.other());
    let and = if viewer.query.is_empty() { "" } else { "&" };
    html! {
        div.corner {
            a href={ "?" (viewer.query) (and) "lang=" (other.code()) } hreflang=(other.tag()) lang=(other.tag()) {
                (other.t("中文", "English"))
            }
            @if let Some(who) = &viewer.who {
                a.who href=(PASSWORD) title=(lang.t("更换口令", "Change your password")) { (who.name) " · " (who.role.title(lang)) }
                form method="post" action="/sign-out" {
                    input type="hidden" name="form_token" value=(who.form_token);
                    button.plain { (lang.t("退出", "Sign out")) }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entry_of_the_menu_is_marked_where_one_is_or_below() {
        assert!(is_here("/journals", "/journals").is_some());
        assert!(is_here("/journals", "/journals/1").is_some());
        assert!(is_here("/journals", "/journalsx").is_none());
        assert!(is_here("/", "/").is_some());
        assert!(is_here("/", "/journals").is_none());
    }
}
