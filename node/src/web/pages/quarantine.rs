//! `/quarantine`: the platform's own entries that the gate quarantined: why, how each is being
//! handled, what the hub's operator said, and what to do.

use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use sanheyi_exchange_spec::quarantine::{Handling, Tally};

use super::ground::{Ground, dataset};
use super::record::why;
use crate::branch::Quarantined;
use crate::store::{JournalNumber, StoreError};
use crate::web::error::WebError;
use crate::web::form::query;
use crate::web::lang::Lang;
use crate::web::page::Page;
use crate::web::parts::{Column, Table, Tone, exact, figures, none, number, state};
use crate::web::viewer::Viewer;

/// Entries of a page.
pub const PAGE: usize = 50;
/// Entries that are looked through for a page; then one goes on by hand.
const LOOKED: usize = 5000;
/// Up to so many entries are counted one by one for the figures.
const COUNTED: u64 = 20_000;
/// Entries read at a time.
const READ: u64 = 250;

const COLUMNS: [Column; 6] = [
    Column::text("数据集", "Dataset"),
    Column::text("记录", "Record"),
    Column::number("版本", "Revision"),
    Column::text("处理", "Handling"),
    Column::text("原因", "Reasons"),
    Column::text("市级意见", "What the hub says"),
];

/// A page of entries, and where to go on.
struct Found {
    entries: Vec<Quarantined>,
    next: Option<String>,
}

/// The page.
///
/// # Errors
/// If the store cannot be read.
pub async fn page(viewer: Viewer, ground: Ground) -> Result<Response, WebError> {
    let lang = viewer.lang;
    let asked = viewer.asked();
    // What is to be done comes first: who asks for nothing sees what is open.
    let wanted = asked.get("handling");
    let handling = match wanted {
        "" => Some(Handling::Open),
        word => Handling::parse(word),
    };
    let found = find(&ground, handling, asked.get("after")).await?;
    let mut table = Table::new(lang, lang.t("被隔离的条目", "Quarantined entries"), &COLUMNS);
    for one in &found.entries {
        table.row(cells(lang, &ground, one));
    }
    let none = match handling {
        Some(Handling::Open) => lang.t("没有待处理的条目。", "Nothing is open."),
        _ => lang.t("没有符合条件的条目。", "Nothing matches."),
    };
    let at = |after: &str| format!("?{}", query([("handling", wanted), ("after", after)]));
    let body = html! {
        (ground.crumbs(lang, &[]))
        (counted(lang, &ground).await?)
        p { (lang.t(
            "被隔离的记录不计入全市数据。请在原系统更正后重新交来；新版本被接受后自动离开隔离区。",
            "Quarantined records do not count in the city's data. Correct them where they come from and hand them in again: a later revision that is accepted settles it.",
        )) }
        (form(lang, &ground, handling))
        section {
            (table.or(none))
            nav.pager aria-label=(lang.t("翻页", "Pages")) {
                @if asked.get("after").is_empty() { span {} } @else { a href=(at("")) rel="first" { (lang.t("回到开头", "From the beginning")) } }
                @if let Some(next) = &found.next { a href=(at(next)) rel="next" { (lang.t("继续", "Go on")) } }
            }
        }
    };
    Ok(Page::new(&viewer, lang.t("隔离区", "Quarantine"), body).into_response())
}

/// Where a page begins: the journal, and the first sequence number that may be on it.
fn cursor(text: &str) -> Option<(JournalNumber, u64)> {
    let (journal, sequence) = text.split_once('/')?;
    Some((JournalNumber::from_column(journal.parse().ok()?), sequence.parse().ok()?))
}

async fn find(
    ground: &Ground,
    handling: Option<Handling>,
    after: &str,
) -> Result<Found, StoreError> {
    let after = cursor(after);
    let (mut entries, mut looked) = (Vec::new(), 0);
    for journal in ground.store.judged_journals().await? {
        let mut behind = match after {
            Some((number, _)) if journal.number < number => continue,
            Some((number, from)) if journal.number == number => from.checked_sub(1),
            _ => None,
        };
        loop {
            let page = ground.store.quarantine_page(journal.number, behind, READ, false).await?;
            let Some(last) = page.last() else { break };
            let past = last.verdict.sequence;
            for one in page {
                if entries.len() == PAGE || looked == LOOKED {
                    let at = behind.map_or(0, |behind| behind + 1);
                    let next = Some(format!("{}/{at}", journal.number.to_column()));
                    return Ok(Found { entries, next });
                }
                looked += 1;
                behind = Some(one.verdict.sequence);
                if handling.is_none() || one.handling == handling {
                    entries.push(one);
                }
            }
            behind = Some(past);
        }
    }
    Ok(Found { entries, next: None })
}

async fn counted(lang: Lang, ground: &Ground) -> Result<Markup, StoreError> {
    let mut tally = Tally::default();
    let mut all = 0;
    let journals = ground.store.judged_journals().await?;
    for journal in &journals {
        all += ground.store.receipt_counts(journal.number).await?.0.quarantined;
    }
    if all > COUNTED {
        return Ok(figures([(lang.t("已隔离", "Quarantined"), number(all), None)]));
    }
    for journal in &journals {
        tally += ground.store.quarantine_count(journal.number).await?.tally;
    }
    Ok(figures(Handling::ALL.into_iter().map(|one| {
        let path = ground.path(&format!("/quarantine?handling={}", one.en()));
        (lang.t(one.zh(), one.en()), number(tally.of(one)), Some(path))
    })))
}

fn form(lang: Lang, ground: &Ground, handling: Option<Handling>) -> Markup {
    html! {
        form.filter method="get" action=(ground.path("/quarantine")) role="search" {
            label for="handling" { (lang.t("处理情况", "Handling"))
                select #handling name="handling" {
                    @for one in Handling::ALL {
                        option value=(one.en()) selected[handling == Some(one)] { (lang.t(one.zh(), one.en())) }
                    }
                    option value="all" selected[handling.is_none()] { (lang.t("全部", "all")) }
                }
            }
            button { (lang.t("筛选", "Filter")) }
        }
    }
}

fn cells(lang: Lang, ground: &Ground, one: &Quarantined) -> [Markup; 6] {
    let verdict = &one.verdict;
    [
        dataset(lang, &verdict.dataset),
        html! { a href=(ground.record(&verdict.dataset, &verdict.record)) { code { (verdict.record) } } },
        html! { a href=(ground.entry(one.journal, verdict.sequence)) { (number(verdict.revision)) } },
        handled(lang, one),
        why(lang, &verdict.reasons),
        html! {
            @match &one.returned {
                Some(returned) => {
                    @if !returned.note.is_empty() { p { (returned.note) } }
                    p.quiet { (lang.t("请于 ", "please correct it by ")) (exact(returned.due)) (lang.t(" 前更正", "")) }
                },
                None => { (none()) },
            }
        },
    ]
}

fn handled(lang: Lang, one: &Quarantined) -> Markup {
    let (tone, handling) = match one.handling {
        None => return state(Tone::Warn, lang.t("待判", "pending")),
        Some(handling @ Handling::Open) => (Tone::Bad, handling),
        Some(handling @ Handling::Returned) => (Tone::Warn, handling),
        Some(handling) => (Tone::Good, handling),
    };
    let later = one.later.map(|(revision, _)| revision);
    html! {
        (state(tone, lang.t(handling.zh(), handling.en())))
        @if let Some(revision) = later { " " span.quiet { (lang.t("第 ", "by revision ")) (number(revision)) (lang.t(" 版", "")) } }
        @if let Some(at) = one.released { " " span.quiet { (lang.t("改判于 ", "judged again ")) (exact(at)) } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_in_the_list_is_read_back() {
        assert_eq!(cursor("3/17"), Some((JournalNumber::from_column(3), 17)));
        assert_eq!(cursor("3"), None);
    }
}
