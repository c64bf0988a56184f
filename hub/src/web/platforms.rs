//! `/platforms`: every platform, filtered and sorted by what the address says.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use sanheyi_node::web::error::WebError;
use sanheyi_node::web::form::query;
use sanheyi_node::web::lang::Lang;
use sanheyi_node::web::page::Page;
use sanheyi_node::web::viewer::Viewer;

use super::federation::{Federation, Stop};
use super::overview::map::{LOOKS, plain};
use super::overview::table;
use super::site::Site;

/// By what rows may be sorted, the largest first, and what that is called.
const SORTS: [(&str, &str, &str); 6] = [
    ("platform", "标识", "id"),
    ("behind", "相差", "behind"),
    ("quarantined", "隔离", "quarantined"),
    ("pending", "待判", "pending"),
    ("unjudged", "未判", "not judged"),
    ("entries", "条目", "entries"),
];

/// What the address asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Asked {
    text: String,
    state: String,
    sort: String,
}

/// The page.
///
/// # Errors
/// If the store cannot be read.
pub async fn page(State(site): State<Site>, viewer: Viewer) -> Result<Response, WebError> {
    let federation = site.look().await?;
    Ok(shown(&viewer, &federation).into_response())
}

fn shown<'a>(viewer: &'a Viewer, federation: &Federation) -> Page<'a> {
    let fields = viewer.asked();
    let of = |name: &str| fields.get(name).to_owned();
    let asked = Asked { text: of("q"), state: of("state"), sort: of("sort") };
    Page::new(viewer, viewer.lang.t("平台", "Platforms"), render(viewer, federation, &asked))
}

fn render(viewer: &Viewer, federation: &Federation, asked: &Asked) -> Markup {
    let lang = viewer.lang;
    let rows = chosen(federation, asked);
    let (some, all) = (rows.len(), federation.stops.len());
    html! {
        (filter(lang, asked))
        section {
            p.quiet { (match lang {
                Lang::Zh => format!("共 {all} 个平台，显示 {some} 个"),
                Lang::En => format!("{some} of {all} platforms"),
            }) }
            @if rows.is_empty() && all > 0 {
                p.empty {
                    (lang.t("没有符合条件的平台。", "No platform matches. ")) a href="/platforms" { (lang.t("显示全部", "Show all")) }
                }
            } @else {
                (table(viewer, rows.into_iter()))
            }
        }
    }
}

fn chosen<'a>(federation: &'a Federation, asked: &Asked) -> Vec<&'a Stop> {
    let text = asked.text.to_lowercase();
    let says = |stop: &&Stop| {
        let names = [&stop.platform, &stop.title_zh, &stop.title_en];
        names.iter().any(|name| name.to_lowercase().contains(&text))
    };
    let stands = |stop: &&Stop| asked.state.is_empty() || stop.stand.as_str() == asked.state;
    let mut rows: Vec<_> = federation.stops.iter().filter(says).filter(stands).collect();
    let by: Option<fn(&Stop) -> u64> = match asked.sort.as_str() {
        "behind" => Some(|stop| stop.behind),
        "quarantined" => Some(|stop| stop.quarantined),
        "pending" => Some(|stop| stop.pending),
        "unjudged" => Some(|stop| stop.unjudged),
        "entries" => Some(|stop| stop.entries),
        _ => None,
    };
    if let Some(by) = by {
        rows.sort_by_key(|stop| std::cmp::Reverse(by(stop)));
    }
    rows
}

fn filter(lang: Lang, asked: &Asked) -> Markup {
    html! {
        form.filter method="get" action="/platforms" role="search" {
            label for="q" { (lang.t("名称或标识", "Name or id"))
                input #q name="q" type="search" value=(asked.text) autocomplete="off";
            }
            label for="state" { (lang.t("状态", "State"))
                select #state name="state" {
                    option value="" { (lang.t("全部", "all")) }
                    @for look in LOOKS {
                        option value=(look.as_str()) selected[asked.state == look.as_str()] { (plain(lang, look)) }
                    }
                }
            }
            label for="sort" { (lang.t("排序", "Sorted by"))
                select #sort name="sort" {
                    @for (name, zh, en) in SORTS {
                        option value=(name) selected[asked.sort == name] { (lang.t(zh, en)) }
                    }
                }
            }
            button { (lang.t("筛选", "Filter")) }
        }
    }
}

/// The address of the platforms in one state.
pub fn in_state(state: &str) -> String {
    format!("/platforms?{}", query([("state", state)]))
}

#[cfg(test)]
mod tests {
    use sanheyi_node::web::viewer::Role;

    use super::*;
    use crate::web::planted::{Ground, federation};

    fn ids(asked: &Asked) -> Vec<String> {
        chosen(&federation(), asked).iter().map(|stop| stop.platform.clone()).collect()
    }

    #[test]
    fn the_address_filters_and_sorts() {
        let asked = |text: &str, state: &str, sort: &str| Asked {
            text: text.into(),
            state: state.into(),
            sort: sort.into(),
        };
        assert_eq!(ids(&asked("", "hosted", "")), ["xinbei", "tianning"]);
        assert_eq!(ids(&asked("JIN", "", "")), ["jintan", "wujin", "jingkai"]);
        assert_eq!(ids(&asked("", "", "behind"))[..2], ["liyang", "zhonglou"]);
        assert_eq!(ids(&asked("nobody", "", "")), [""; 0]);
    }

    #[tokio::test]
    async fn a_filter_that_nothing_passes_says_so_and_leads_back() {
        let ground = Ground::new().await;
        let mut viewer = ground.viewer(Role::Viewer, Lang::Zh);
        viewer.query = "q=nobody&state=live".into();
        let html = shown(&viewer, &federation()).render().into_string();
        assert!(html.contains("没有符合条件的平台"));
        assert!(html.contains("<a href=\"/platforms\">显示全部"));
        assert!(html.contains("value=\"nobody\""), "what was asked stays in the form");
    }
}
