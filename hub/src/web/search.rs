//! `/search`: one record over all platforms. It is a look at the city as a whole, so it says what
//! for and is written down before anything is read; `/looks` shows who has looked.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use sanheyi_node::web::error::WebError;
use sanheyi_node::web::form::{Fields, encoded, query};
use sanheyi_node::web::lang::Lang;
use sanheyi_node::web::page::Page;
use sanheyi_node::web::pages::ground;
use sanheyi_node::web::parts::{Column, Table, Tone, crumbs, exact, form_token, number, said};
use sanheyi_node::web::viewer::Viewer;

use super::names::Names;
use super::site::Site;
use crate::city::{Authorisation, CityError, CityRecord, CityView, View};
use crate::store::{AuditRow, audit_list};

/// Rows of the audit that are shown.
const LOOKS: u64 = 200;

const COLUMNS: [Column; 5] = [
    Column::text("平台", "Platform"),
    Column::number("版本", "Revision"),
    Column::text("状态", "Standing"),
    Column::number("序号", "Sequence"),
    Column::text("摘要", "Digest"),
];

/// What is looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Asked {
    dataset: String,
    record: String,
    purpose: String,
}

/// The form.
pub async fn page(viewer: Viewer) -> Response {
    let asked = Asked::of(&viewer.asked());
    shown(&viewer, &asked, &html! {}).into_response()
}

/// Looks.
///
/// # Errors
/// If the store cannot be read, or the look cannot be written down.
pub async fn look(
    State(site): State<Site>,
    viewer: Viewer,
    fields: Fields,
) -> Result<Response, WebError> {
    let asked = Asked::of(&fields);
    match find(&site, &viewer, &asked).await {
        Ok(found) => {
            let names = site.names(viewer.lang).await?;
            let page = shown(&viewer, &asked, &results(&viewer, &asked, &found, &names));
            Ok(page.into_response())
        }
        Err(CityError::Store(error)) => Err(error.into()),
        Err(error) => {
            let page = shown(&viewer, &asked, &said(Tone::Bad, &error.to_string()));
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

async fn find(site: &Site, viewer: &Viewer, asked: &Asked) -> Result<Vec<CityRecord>, CityError> {
    let (who, _) = viewer.acting();
    let by = Authorisation::new(&who, &asked.purpose, [View::Find])?;
    let parts = site.parts();
    let shell = parts.shell.parts();
    let (clock, entropy) = (Arc::clone(&shell.clock), Arc::clone(&shell.entropy));
    let view = CityView::open(&parts.database, &parts.hub, by, clock, entropy).await?;
    view.find(&asked.dataset, &asked.record).await
}

fn shown<'a>(viewer: &'a Viewer, asked: &Asked, below: &Markup) -> Page<'a> {
    let lang = viewer.lang;
    let body = html! {
        p.lead { (lang.t(
            "在所有平台中查找一条记录。每次查找都先记入审计：何人、何时、何用途、看了什么。",
            "Finds one record, whosever it is. Every look is written down first: who, when, what for, at what.",
        )) " " a href="/looks" { (lang.t("谁查看过", "Who has looked")) } }
        section { (form(viewer, asked)) }
        (below)
    };
    Page::new(viewer, lang.t("跨平台查找", "Search all platforms"), body)
}

fn form(viewer: &Viewer, asked: &Asked) -> Markup {
    let lang = viewer.lang;
    html! {
        form.stack method="post" action="/search" {
            (form_token(viewer))
            label for="dataset" { (lang.t("数据集", "Dataset"))
                select #dataset name="dataset" required {
                    @for one in sanheyi_proto::datasets() {
                        option value=(one.name) selected[one.name == asked.dataset] {
                            (lang.t(one.title_zh, one.title_en)) " " (one.name)
                        }
                    }
                }
            }
            label for="record" { (lang.t("记录编号", "Number or id of the record"))
                input #record name="record" required maxlength="200" value=(asked.record) autocomplete="off" spellcheck="false";
            }
            label for="purpose" { (lang.t("用途，记入审计", "What for; it is written into the audit"))
                input #purpose name="purpose" required maxlength="300" value=(asked.purpose) autocomplete="off";
            }
            div.actions { button { (lang.t("查找", "Search")) } }
        }
    }
}

fn results(viewer: &Viewer, asked: &Asked, found: &[CityRecord], names: &Names) -> Markup {
    let lang = viewer.lang;
    let mut table = Table::new(lang, lang.t("找到的版本", "Revisions found"), &COLUMNS);
    for one in found {
        let platform = one.platform.as_str();
        let place = &one.found.place;
        let base = format!("/platforms/{platform}");
        let record =
            format!("{base}/records/{}/{}", encoded(&asked.dataset), encoded(&asked.record));
        let entry = format!("{base}/entries/{}/{}", place.journal.to_column(), place.sequence);
        table.row([
            html! { a href=(record) { (names.said(platform)) } " " span.quiet.mono { (platform) } },
            number(one.found.revision),
            ground::standing(lang, place.standing),
            html! { a href=(entry) { (number(place.sequence)) } },
            ground::short(&place.digest.to_string()),
        ]);
    }
    let again = query([("dataset", asked.dataset.as_str()), ("record", asked.record.as_str())]);
    html! {
        section aria-labelledby="found-title" {
            h2 #found-title { (lang.t("结果", "Result")) }
            (table.or(lang.t("没有平台有此记录。请核对数据集与编号。", "No platform has this record. Check the dataset and the number.")))
            p.quiet { a href=(format!("/search?{again}")) { (lang.t("本次查找的地址（不含用途）", "The address of this search, without the purpose")) } }
        }
    }
}

/// Who has looked at what.
///
/// # Errors
/// If the store cannot be read.
pub async fn looks(State(site): State<Site>, viewer: Viewer) -> Result<Response, WebError> {
    let rows = audit_list(&site.own(), LOOKS).await?;
    let title = viewer.lang.t("跨平台查看的审计", "Who looked at all platforms");
    Ok(Page::new(&viewer, title, looked(viewer.lang, &rows)).into_response())
}

fn looked(lang: Lang, rows: &[AuditRow]) -> Markup {
    let columns = [
        Column::text("时间", "When"),
        Column::text("何人", "Who"),
        Column::text("看了什么", "At what"),
        Column::text("用途", "What for"),
    ];
    let mut table = Table::new(lang, lang.t("查看", "Looks"), &columns);
    for row in rows {
        table.row([
            exact(row.at),
            html! { code { (row.who) } },
            html! { code { (row.view) } },
            html! { (row.purpose) },
        ]);
    }
    html! {
        (crumbs(lang, &[(lang.t("跨平台查找", "Search all platforms"), "/search")]))
        section {
            (table.or(lang.t("还没有人查看过。", "Nobody has looked yet.")))
            @if rows.len() as u64 >= LOOKS {
                p.quiet { (lang.t("只显示最近的；全部见命令 ", "The latest only; all of them by ")) code { "sanheyi-hub city audit" } }
            }
        }
    }
}

// === impl Asked ===

impl Asked {
    fn of(fields: &Fields) -> Self {
        let of = |name: &str| fields.get(name).to_owned();
        Self { dataset: of("dataset"), record: of("record"), purpose: of("purpose") }
    }
}

#[cfg(test)]
mod tests {
    use sanheyi_exchange_spec::gate::Standing;
    use sanheyi_exchange_spec::suite::Digest;
    use sanheyi_node::store::{FoundRecord, JournalNumber, Place};
    use sanheyi_node::web::viewer::Role;

    use super::*;
    use crate::web::planted::{Ground, NOW};

    #[tokio::test]
    async fn the_purpose_is_never_in_an_address_and_every_revision_opens() {
        let ground = Ground::new().await;
        let viewer = ground.viewer(Role::Operator, Lang::Zh);
        let asked = Asked {
            dataset: "case.case".into(),
            record: "JS/1".into(),
            purpose: "信访 2010-118".into(),
        };
        let place = Place {
            journal: JournalNumber::from_column(3),
            sequence: 1234,
            standing: Some(Standing::Accepted),
            digest: Digest::new([4; 32]),
        };
        let (dataset, record) = (asked.dataset.clone(), asked.record.clone());
        let found = FoundRecord { dataset, record, revision: 2, place };
        let found = [CityRecord { platform: "jintan".parse().unwrap(), found }];
        let html = results(&viewer, &asked, &found, &Names::default()).into_string();
        assert!(html.contains("/platforms/jintan/entries/3/1234"), "{html}");
        assert!(html.contains("/platforms/jintan/records/case.case/JS%2F1"));
        assert!(html.contains("record=JS%2F1") && !html.contains("118"));
        assert!(
            results(&viewer, &asked, &[], &Names::default())
                .into_string()
                .contains("没有平台有此记录")
        );
    }

    #[test]
    fn looks_are_shown_with_who_and_what_for() {
        let row = AuditRow {
            at: NOW,
            id: [0; 16],
            who: "web:wangfang".into(),
            purpose: "季度通报".into(),
            view: "find case.case A1".into(),
        };
        let html = looked(Lang::En, &[row]).into_string();
        assert!(html.contains("web:wangfang") && html.contains("季度通报"));
        assert!(looked(Lang::En, &[]).into_string().contains("Nobody has looked"));
    }
}
