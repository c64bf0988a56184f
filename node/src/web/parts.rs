//! What pages are put together from: times, states, facts, figures, tables, findings.

use std::fmt;

use maud::{Markup, Render, html};
use sanheyi_exchange_spec::time::Timestamp;

use super::lang::Lang;
use super::viewer::Viewer;
use crate::cli::local;
use crate::cli::table::grouped;
use crate::upkeep::room::sized;

/// How something stands, as a colour; a word always goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tone {
    /// As it should be.
    Good,
    /// Nothing to say, or away on purpose.
    Off,
    /// Somebody should look.
    Warn,
    /// Somebody must act.
    Bad,
}

/// A column of a table.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// 中文。
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
    /// Whether it holds numbers, which stand to the right.
    pub number: bool,
}

/// A table: dense on a screen, a list on a phone.
pub struct Table<'a> {
    lang: Lang,
    caption: &'a str,
    columns: &'a [Column],
    rows: Vec<Vec<Markup>>,
}

// === impl Tone ===

impl Tone {
    /// The class in the style.
    pub const fn class(self) -> &'static str {
        match self {
            Tone::Good => "good",
            Tone::Off => "off",
            Tone::Warn => "warn",
            Tone::Bad => "bad",
        }
    }
}

// === impl Column ===

impl Column {
    /// Of words.
    pub const fn text(zh: &'static str, en: &'static str) -> Self {
        Self { zh, en, number: false }
    }

    /// Of numbers.
    pub const fn number(zh: &'static str, en: &'static str) -> Self {
        Self { zh, en, number: true }
    }
}

// === impl Table ===

impl<'a> Table<'a> {
    /// An empty table. `caption` says what its rows are, for whoever does not see it.
    pub fn new(lang: Lang, caption: &'a str, columns: &'a [Column]) -> Self {
        Self { lang, caption, columns, rows: Vec::new() }
    }

    /// Adds a row, a cell for each column.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Markup>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Whether it has no rows.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table, or `empty` where it has no rows.
    pub fn or(&self, empty: &str) -> Markup {
        if self.is_empty() {
            html! { p.empty { (empty) } }
        } else {
            self.render()
        }
    }
}

impl Render for Table<'_> {
    fn render(&self) -> Markup {
        let Self { lang, columns, rows, .. } = self;
        html! {
            div.scroll tabindex="0" role="region" aria-label=(self.caption) {
                table.cards {
                    thead { tr {
                        @for column in *columns {
                            th scope="col" class=[column.number.then_some("number")] { (lang.t(column.zh, column.en)) }
                        }
                    } }
                    tbody {
                        @for row in rows { tr {
                            @for (cell, column) in row.iter().zip(columns.iter()) {
                                td class=[column.number.then_some("number")] data-label=(lang.t(column.zh, column.en)) { (cell) }
                            }
                        } }
                    }
                }
            }
        }
    }
}

impl fmt::Debug for Table<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table").field("rows", &self.rows.len()).finish_non_exhaustive()
    }
}

/// A moment: how long ago it was at `now`, with the exact time on hover and for who cannot see.
pub fn moment(viewer: &Viewer, time: Timestamp) -> Markup {
    let Some(exact) = local::rfc3339(time) else { return none() };
    let shown = local::shown(time);
    let ago = ago(viewer.lang, viewer.shell.now().micros_since(time));
    html! { time datetime=(exact) title=(shown) data-age { (ago) } }
}

/// A moment as a date and time.
pub fn exact(time: Timestamp) -> Markup {
    match local::rfc3339(time) {
        Some(exact) => html! { time datetime=(exact) { (local::shown(time)) } },
        None => none(),
    }
}

/// Where there is nothing to say; on a phone the whole cell goes.
pub fn none() -> Markup {
    html! { span.quiet.none { "—" } }
}

/// The same words as in `assets/page.js`.
fn ago(lang: Lang, micros: i64) -> String {
    let seconds = micros / 1_000_000;
    let size = seconds.unsigned_abs();
    let (count, zh, en) = match size {
        0 => return lang.t("刚刚", "just now").to_owned(),
        1..60 => (size, "秒", "second"),
        60..3600 => (size / 60, "分钟", "minute"),
        3600..86_400 => (size / 3600, "小时", "hour"),
        _ => (size / 86_400, "天", "day"),
    };
    let many = counted(lang, count, zh, en);
    match (lang, seconds < 0) {
        (Lang::Zh, false) => format!("{many}前"),
        (Lang::Zh, true) => format!("{many}后"),
        (Lang::En, false) => format!("{many} ago"),
        (Lang::En, true) => format!("in {many}"),
    }
}

/// So many of something: `en` in the singular.
pub fn counted(lang: Lang, count: u64, zh: &str, en: &str) -> String {
    let number = grouped(count);
    match (lang, count) {
        (Lang::Zh, _) => format!("{number} {zh}"),
        (Lang::En, 1) => format!("1 {en}"),
        (Lang::En, _) => format!("{number} {en}s"),
    }
}

/// How something stands.
pub fn state(tone: Tone, word: &str) -> Markup {
    html! { span.state.(tone.class()) { (word) } }
}

/// A number with its thousands apart.
pub fn number(value: u64) -> Markup {
    html! { (grouped(value)) }
}

/// A number of bytes, as people read it; what is said of a disk elsewhere has the same units.
pub fn bytes(value: u64) -> String {
    sized(value)
}

/// Names and values.
pub fn facts<'a>(facts: impl IntoIterator<Item = (&'a str, Markup)>) -> Markup {
    html! { dl.facts { @for (name, value) in facts { dt { (name) } dd { (value) } } } }
}

/// Figures in a row: what is counted, how many, and where to see what was counted.
pub fn figures<'a>(figures: impl IntoIterator<Item = (&'a str, Markup, Option<String>)>) -> Markup {
    html! {
        dl.figures {
            @for (name, value, path) in figures {
                div {
                    dt { (name) }
                    dd { @if let Some(path) = path { a href=(path) { (value) } } @else { (value) } }
                }
            }
        }
    }
}

/// What a change came to, above the page that shows it.
pub fn said(tone: Tone, text: &str) -> Markup {
    html! { p.said.(tone.class()) role="status" { (text) } }
}

/// The way back up: names and paths, the outermost first.
pub fn crumbs(lang: Lang, path: &[(&str, &str)]) -> Markup {
    if path.is_empty() {
        return html! {};
    }
    html! {
        nav.crumbs aria-label=(lang.t("位置", "Where this is")) {
            @for (at, (name, href)) in path.iter().enumerate() {
                @if at > 0 { " / " }
                a href=(href) { (name) }
            }
        }
    }
}

/// The token that every form of a session carries.
pub fn form_token(viewer: &Viewer) -> Markup {
    html! { input type="hidden" name="form_token" value=(viewer.form_token()); }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_said_in_the_unit_that_tells_most() {
        assert_eq!(ago(Lang::Zh, 999_999), "刚刚");
        assert_eq!(ago(Lang::En, 59_000_000), "59 seconds ago");
        assert_eq!(ago(Lang::En, 60_000_000), "1 minute ago");
        assert_eq!(ago(Lang::En, -120_000_000), "in 2 minutes");
        assert_eq!(ago(Lang::Zh, 3_600_000_000), "1 小时前");
        assert_eq!(ago(Lang::Zh, -2 * 86_400_000_000), "2 天后");
    }

    #[test]
    fn bytes_are_said_with_one_decimal() {
        assert_eq!(bytes(999), "999 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(512 << 20), "512.0 MiB");
    }

    #[test]
    fn what_is_shown_is_escaped() {
        let columns = [Column::text("甲", "A")];
        let mut table = Table::new(Lang::En, "t", &columns);
        table.row([html! { ("<script>") }]);
        assert!(table.render().into_string().contains("&lt;script&gt;"));
        assert!(state(Tone::Bad, "<b>").into_string().contains("&lt;b&gt;"));
    }
}
