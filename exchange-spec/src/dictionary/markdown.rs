//! The dictionary as one Markdown text.

use std::fmt::Write as _;

use super::document::{Lang, Said};
use super::model::{Dataset, Dictionary, Field};
use super::words;
use crate::codes::{CodeList, lists};

/// Adds a line; writing to a `String` cannot fail.
macro_rules! line {
    ($out:expr, $($text:tt)*) => {{ let _ = writeln!($out, $($text)*); }};
}

pub(super) fn text(dictionary: &Dictionary, lang: Lang) -> String {
    let said = Said(lang);
    let mut out = String::new();
    line!(out, "# {}\n\n{}\n", said.title(), escaped(&said.preface()));
    line!(out, "## {}\n", said.contents());
    for dataset in &dictionary.datasets {
        let (name, info) = (dataset.info.name, dataset.info);
        line!(out, "- [{} `{name}`](#{name})", escaped(lang.of(info.title_zh, info.title_en)));
    }
    for list in lists() {
        let title = escaped(lang.of(&list.title_zh, &list.title_en));
        line!(out, "- [{title} `{0}`](#{0})", list.name());
    }
    line!(out, "\n## {}", said.datasets());
    for entry in &dictionary.datasets {
        dataset(&mut out, entry, &said);
    }
    line!(out, "\n## {}", said.code_lists());
    for list in lists() {
        code_list(&mut out, list, &said);
    }
    out
}

fn dataset(out: &mut String, dataset: &Dataset, said: &Said) {
    let name = dataset.info.name;
    let title = said.0.of(dataset.info.title_zh, dataset.info.title_en);
    line!(out, "\n<a id=\"{name}\"></a>\n\n### {} `{name}`\n", escaped(title));
    for (word, fact) in said.facts(dataset) {
        line!(out, "- {word}: {}", escaped(&fact));
    }
    line!(out, "");
    headings(out, &said.fields());
    for field in dataset.walk() {
        row(out, field, said);
    }
}

fn headings(out: &mut String, headings: &[&str]) {
    line!(out, "| {} |\n|{}", headings.join(" | "), "---|".repeat(headings.len()));
}

fn row(out: &mut String, field: &Field, said: &Said) {
    let lang = said.0;
    let mut demands: Vec<String> =
        words::bounds(field, lang).iter().map(|bound| escaped(bound)).collect();
    if !field.rules.pattern.is_empty() {
        demands.push(format!("{} {}", said.pattern(), code(&field.rules.pattern)));
    }
    if !field.rules.example.is_empty() {
        demands.push(format!("{} {}", said.example(), code(&field.rules.example)));
    }
    if let Some(list) = field.codes() {
        demands.push(format!("{} [{1}](#{1})", said.list(), list.name()));
    }
    line!(
        out,
        "| `{}` {} | {} | {} `{}` | {} | {} | {} |",
        field.info.path,
        field.number,
        escaped(lang.of(field.info.title_zh, field.info.title_en)),
        words::kind(field, lang),
        words::declared(field),
        demands.join("<br>"),
        words::sensitivity(field.info.sensitivity, lang),
        escaped(field.info.source)
    );
}

fn code_list(out: &mut String, list: &CodeList, said: &Said) {
    let title = escaped(said.0.of(&list.title_zh, &list.title_en));
    let source = escaped(&said.list_source(list));
    line!(out, "\n<a id=\"{0}\"></a>\n\n### {title} `{0}`\n\n{source}\n", list.name());
    let columns = said.codes(list);
    headings(out, &columns.iter().map(|column| column.heading).collect::<Vec<_>>());
    for at in 0..list.entries.len() {
        let cells = columns.iter().map(|column| {
            let cell = column.cells.get(at).map(String::as_str).unwrap_or_default();
            if column.verbatim { code(cell) } else { escaped(cell) }
        });
        line!(out, "| {} |", cells.collect::<Vec<_>>().join(" | "));
    }
}

/// The text as it is, in a cell of a table; nothing where it is empty.
fn code(text: &str) -> String {
    let text = text.replace('|', "\\|").replace(['\n', '\r'], " ");
    match (text.is_empty(), text.contains('`')) {
        (true, _) => String::new(),
        (false, false) => format!("`{text}`"),
        (false, true) => format!("`` {text} ``"),
    }
}

/// The text where Markdown or markup within it would be read.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\n' | '\r' => out.push(' '),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '|' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}
