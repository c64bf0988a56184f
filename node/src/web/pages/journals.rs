//! `/journals`: the journals of a platform: what it writes, and copies of what is written to it.

use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::ground::{Ground, role_of};
use crate::store::{Counts, JournalRow, StoreError};
use crate::web::error::WebError;
use crate::web::lang::Lang;
use crate::web::page::Page;
use crate::web::parts::{Column, Table, Tone, moment, none, number, state};
use crate::web::viewer::Viewer;

const COLUMNS: [Column; 9] = [
    Column::text("日志", "Journal"),
    Column::text("通道", "Lane"),
    Column::text("状态", "State"),
    Column::number("条目", "Entries"),
    Column::number("市级已存", "At the hub"),
    Column::number("已接受", "Accepted"),
    Column::number("已隔离", "Quarantined"),
    Column::number("待判", "Pending"),
    Column::text("最近写入", "Last written"),
];

/// Those of its columns that are known at its home alone: what is acknowledged, the last writing.
const OF_HOME: [usize; 2] = [4, 8];

/// Of a copy nobody here judges anything, and nothing is acknowledged.
const OF_COPIES: [Column; 4] = [
    Column::text("日志", "Journal"),
    Column::text("通道", "Lane"),
    Column::text("状态", "State"),
    Column::number("条目", "Entries"),
];

/// A journal and what became of its entries.
pub(super) struct Known {
    pub(super) row: JournalRow,
    /// How many the other store has; nothing where that is not asked.
    pub(super) acknowledged: Option<u64>,
    pub(super) counts: Counts,
    /// Up to where the gate has judged.
    pub(super) judged: u64,
}

/// What is known of a journal.
pub(super) async fn known(ground: &Ground, row: JournalRow) -> Result<Known, StoreError> {
    let own = row.head.journal.author == *ground.store.platform();
    let (counts, judged) = ground.store.receipt_counts(row.number).await?;
    let acknowledged = match row.home && own {
        true => Some(ground.store.greeting_get(row.number).await?.acknowledged.min(row.head.size)),
        false => None,
    };
    Ok(Known { row, acknowledged, counts, judged })
}

/// The page.
///
/// # Errors
/// If the store cannot be read.
pub async fn page(viewer: Viewer, ground: Ground) -> Result<Response, WebError> {
    let lang = viewer.lang;
    let (mut own, mut copies) = (Vec::new(), Vec::new());
    for row in ground.store.journal_list().await? {
        let known = known(&ground, row).await?;
        match known.row.head.journal.author == *ground.store.platform() {
            true => own.push(known),
            false => copies.push(known),
        }
    }
    let body = html! {
        (ground.crumbs(lang, &[]))
        p.lead { (lang.t(
            "条目只追加、不修改；每个日志的大小与根都由作者签名，任何一方都能核验。",
            "Entries are only ever added. Size and root of a journal are signed by its author, and anybody can check them.",
        )) }
        section aria-labelledby="own-title" {
            h2 #own-title { (lang.t("本平台写的", "Written by this platform")) }
            (table(&viewer, &ground, &own, lang.t("还没有日志：尚未写过条目，也未连接过。", "No journals yet: nothing was written, and no line was ever up.")))
        }
        section aria-labelledby="copies-title" {
            h2 #copies-title { (lang.t("写给本平台的", "Written to this platform")) }
            (copied(&viewer, &ground, &copies, lang.t("还没有来信与广播：首次连接后即有。", "No mailbox and no broadcast yet: they come with the first connection.")))
        }
    };
    Ok(Page::new(&viewer, lang.t("日志", "Journals"), body).into_response())
}

fn table(viewer: &Viewer, ground: &Ground, journals: &[Known], empty: &str) -> Markup {
    let lang = viewer.lang;
    // Of copies nothing is acknowledged, and when they were written is known elsewhere.
    let home = journals.iter().any(|known| known.row.home);
    let of_home = |at: usize| home || !OF_HOME.contains(&at);
    let columns: Vec<_> = COLUMNS.into_iter().enumerate().filter(|(at, _)| of_home(*at)).collect();
    let columns: Vec<_> = columns.into_iter().map(|(_, column)| column).collect();
    let mut table = Table::new(lang, lang.t("日志", "Journals"), &columns);
    for known in journals {
        let Known { row, acknowledged, counts, judged } = known;
        let count = |value| {
            if *judged > 0 { number(value) } else { none() }
        };
        let cells = [
            named(lang, ground, row),
            html! { (lane(viewer, row)) },
            stands(viewer, row, *acknowledged),
            number(row.head.size),
            acknowledged.map_or_else(none, number),
            count(counts.accepted),
            count(counts.quarantined),
            count(counts.pending),
            moment(viewer, row.recorded),
        ];
        let cells = cells.into_iter().enumerate().filter(|(at, _)| of_home(*at));
        table.row(cells.map(|(_, cell)| cell));
    }
    table.or(empty)
}

fn copied(viewer: &Viewer, ground: &Ground, journals: &[Known], empty: &str) -> Markup {
    let lang = viewer.lang;
    let mut table = Table::new(lang, lang.t("日志", "Journals"), &OF_COPIES);
    for Known { row, acknowledged, .. } in journals {
        table.row([
            named(lang, ground, row),
            html! { (lane(viewer, row)) },
            stands(viewer, row, *acknowledged),
            number(row.head.size),
        ]);
    }
    table.or(empty)
}

/// A journal by what it is for, and by who writes it to whom.
fn named(lang: Lang, ground: &Ground, row: &JournalRow) -> Markup {
    let journal = &row.head.journal;
    html! {
        a href=(ground.journal(row.number)) { (role_of(lang, ground, journal)) } " "
        code.quiet { (journal.author) "→" (journal.audience) }
    }
}

/// The lane in words.
pub(super) fn lane(viewer: &Viewer, row: &JournalRow) -> &'static str {
    match row.head.journal.lane {
        sanheyi_exchange_spec::ids::Lane::Urgent => viewer.lang.t("紧急", "urgent"),
        sanheyi_exchange_spec::ids::Lane::Normal => viewer.lang.t("普通", "normal"),
    }
}

/// Whether it goes on.
pub(super) fn stands(viewer: &Viewer, row: &JournalRow, acknowledged: Option<u64>) -> Markup {
    let lang = viewer.lang;
    if row.stopped.is_some() || row.head.stopped {
        return state(Tone::Bad, lang.t("已停止", "stopped"));
    }
    match acknowledged {
        Some(acknowledged) if acknowledged < row.head.size => {
            state(Tone::Warn, lang.t("有积压", "behind"))
        }
        _ => state(Tone::Good, lang.t("正常", "well")),
    }
}
