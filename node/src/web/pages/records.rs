//! `/records`: the records of a platform: by dataset, number, standing. The filter stands in the
//! address, so that a view can be sent to a colleague.

use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::suite::Digest;

use super::ground::{Ground, dataset, standing};
use crate::branch::RecordView;
use crate::store::{FoundRecord, JournalNumber, Place, StoreError};
use crate::web::error::WebError;
use crate::web::form::query;
use crate::web::lang::Lang;
use crate::web::page::Page;
use crate::web::parts::{Column, Table, number};
use crate::web::viewer::Viewer;

/// Revisions of a page.
pub const PAGE: usize = 50;
/// Revisions that are looked through for a page; then one goes on by hand.
pub const LOOKED: usize = 4000;
/// Revisions read at a time.
const READ: u64 = 500;

const COLUMNS: [Column; 5] = [
    Column::text("数据集", "Dataset"),
    Column::text("记录", "Record"),
    Column::number("版本", "Revision"),
    Column::text("状态", "Standing"),
    Column::text("原因", "Reasons"),
];

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Wanted {
    dataset: String,
    text: String,
    standing: String,
    after: String,
}

/// What was found.
struct Found {
    views: Vec<RecordView>,
    /// Where to go on; nothing at the end.
    next: Option<String>,
    /// Whether the search ended before the end, and before the page was full.
    tired: bool,
}

// === impl Wanted ===

impl Wanted {
    fn of(viewer: &Viewer) -> Self {
        let asked = viewer.asked();
        let get = |name: &str| asked.get(name).to_owned();
        Self {
            dataset: get("dataset"),
            text: get("q"),
            standing: get("standing"),
            after: get("after"),
        }
    }

    fn query(&self, after: &str) -> String {
        let Self { dataset, text, standing, .. } = self;
        query([("dataset", &**dataset), ("q", text), ("standing", standing), ("after", after)])
    }

    fn fits(&self, view: &RecordView) -> bool {
        let standing = view.standing.map_or("unanswered", Standing::en);
        let text = self.text.to_lowercase();
        (self.standing.is_empty() || self.standing == standing)
            && (text.is_empty() || view.found.record.to_lowercase().contains(&text))
    }

    /// Where the walk begins: after what was asked for, or before all of a dataset.
    fn begin(&self) -> Option<FoundRecord> {
        let after = parsed(&self.after);
        // No record has an empty id: this stands before all of the dataset.
        let first = || (!self.dataset.is_empty()).then(|| at(&self.dataset, "", 0));
        after.filter(|at| self.dataset.is_empty() || at.dataset == self.dataset).or_else(first)
    }
}

/// A key of the index; where it stands is not asked.
fn at(dataset: &str, record: &str, revision: u64) -> FoundRecord {
    let (journal, digest) = (JournalNumber::from_column(0), Digest::new([0; 32]));
    let place = Place { journal, sequence: 0, standing: None, digest };
    FoundRecord { dataset: dataset.to_owned(), record: record.to_owned(), revision, place }
}

fn written(found: &FoundRecord) -> String {
    format!("{}/{}/{}", found.dataset, found.record, found.revision)
}

/// A record's id may hold a slash; a dataset and a revision hold none.
fn parsed(text: &str) -> Option<FoundRecord> {
    let (dataset, rest) = text.split_once('/')?;
    let (record, revision) = rest.rsplit_once('/')?;
    Some(at(dataset, record, revision.parse().ok()?))
}

async fn find(ground: &Ground, wanted: &Wanted) -> Result<Found, StoreError> {
    let (mut views, mut looked) = (Vec::new(), 0);
    let mut after = wanted.begin();
    loop {
        let page = ground.store.record_list(after.as_ref(), READ).await?;
        let full = page.len() as u64 == READ;
        for view in page {
            let beyond = !wanted.dataset.is_empty() && view.found.dataset != wanted.dataset;
            if beyond {
                return Ok(Found { views, next: None, tired: false });
            }
            if views.len() == PAGE {
                let next = after.as_ref().map(written);
                return Ok(Found { views, next, tired: false });
            }
            after = Some(view.found.clone());
            looked += 1;
            if wanted.fits(&view) {
                views.push(view);
            }
        }
        if !full {
            return Ok(Found { views, next: None, tired: false });
        }
        if looked >= LOOKED {
            return Ok(Found { views, next: after.as_ref().map(written), tired: true });
        }
    }
}

/// The page.
///
/// # Errors
/// If the store cannot be read.
pub async fn page(viewer: Viewer, ground: Ground) -> Result<Response, WebError> {
    let lang = viewer.lang;
    let wanted = Wanted::of(&viewer);
    let found = find(&ground, &wanted).await?;
    let mut table = Table::new(lang, lang.t("记录的版本", "Revisions of records"), &COLUMNS);
    for view in &found.views {
        let RecordView { found, standing: stands, .. } = view;
        let place = &found.place;
        table.row([
            dataset(lang, &found.dataset),
            html! { a href=(ground.record(&found.dataset, &found.record)) { code { (found.record) } } },
            html! { a href=(ground.entry(place.journal, place.sequence)) { (number(found.revision)) } },
            standing(lang, *stands),
            first_reason(&ground, lang, view).await?,
        ]);
    }
    let none = match wanted == Wanted::default() {
        true => lang.t(
            "还没有记录。各部门的系统交来第一条后显示在这里。",
            "No records yet. They are here once a department's system has handed the first one in.",
        ),
        false => lang.t("没有符合条件的记录。", "Nothing matches."),
    };
    let body = html! {
        (ground.crumbs(lang, &[]))
        (form(&viewer, &ground, &wanted))
        section {
            (table.or(none))
            @if found.tired { p.quiet role="status" { (lang.t("已查找 4,000 个版本，尚未到末尾。", "4,000 revisions were looked through, and there are more.")) } }
            nav.pager aria-label=(lang.t("翻页", "Pages")) {
                span {
                    @if !wanted.after.is_empty() {
                        a href={ "?" (wanted.query("")) } rel="first" { (lang.t("回到开头", "From the beginning")) }
                    }
                }
                @if let Some(next) = &found.next { a href={ "?" (wanted.query(next)) } rel="next" { (lang.t("继续", "Go on")) } }
            }
        }
    };
    Ok(Page::new(&viewer, lang.t("记录", "Records"), body).into_response())
}

fn form(viewer: &Viewer, ground: &Ground, wanted: &Wanted) -> Markup {
    let lang = viewer.lang;
    let standings = [
        ("", lang.t("全部", "all")),
        ("accepted", lang.t("已接受", "accepted")),
        ("quarantined", lang.t("已隔离", "quarantined")),
        ("pending", lang.t("待判", "pending")),
        ("unanswered", lang.t("未回执", "unanswered")),
    ];
    html! {
        form.filter method="get" action=(ground.path("/records")) role="search" {
            label for="dataset" { (lang.t("数据集", "Dataset"))
                select #dataset name="dataset" {
                    option value="" { (lang.t("全部", "all")) }
                    @for known in sanheyi_proto::datasets() {
                        option value=(known.name) selected[known.name == wanted.dataset] {
                            (lang.t(known.title_zh, known.title_en))
                        }
                    }
                }
            }
            label for="standing" { (lang.t("状态", "Standing"))
                select #standing name="standing" {
                    @for (value, title) in standings { option value=(value) selected[value == wanted.standing] { (title) } }
                }
            }
            label for="q" { (lang.t("编号含有", "Number contains"))
                input #q name="q" type="search" value=(wanted.text) autocomplete="off";
            }
            button { (lang.t("查找", "Search")) }
        }
    }
}

/// The first reason of what is not simply accepted.
async fn first_reason(
    ground: &Ground,
    lang: Lang,
    view: &RecordView,
) -> Result<Markup, StoreError> {
    let place = &view.found.place;
    if view.standing.is_none() {
        return Ok(html! {});
    }
    let before = place.sequence.checked_sub(1);
    let next = ground.store.exception_list(place.journal, before, 1).await?;
    let own = next.into_iter().find(|one| one.sequence == place.sequence);
    let reasons = own.map(|one| one.reasons).unwrap_or_default();
    Ok(html! {
        @if let Some(reason) = reasons.first() {
            ul.reasons {
                li {
                    (lang.t(&reason.zh, &reason.en))
                    @if reasons.len() > 1 { span.quiet { " +" (reasons.len() - 1) } }
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_list_is_read_back_whatever_the_number_holds() {
        let found = at("case.case", "金坛/2010/17", 3);
        assert_eq!(parsed(&written(&found)), Some(found));
        assert_eq!(parsed("case.case"), None);
    }
}
