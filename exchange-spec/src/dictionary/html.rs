//! The dictionary as one HTML page: no script, no font, no picture from elsewhere.

use std::fmt::Write as _;

use super::document::{Lang, Said};
use super::model::{Dataset, Dictionary, Field};
use super::words;
use crate::codes::{CodeList, lists};

/// How the page looks: on a wide screen with its contents beside it, on a narrow one with every
/// row as a card, and on paper without either.
const STYLE: &str = include_str!("html/style.css");

/// Adds a line; writing to a `String` cannot fail.
macro_rules! line {
    ($out:expr, $($text:tt)*) => {{ let _ = writeln!($out, $($text)*); }};
}

pub(super) fn page(dictionary: &Dictionary, lang: Lang) -> String {
    let said = Said(lang);
    let mut out = String::new();
    line!(out, "<!doctype html>\n<html lang=\"{}\">\n<head>", lang.tag());
    line!(out, "<meta charset=\"utf-8\">");
    line!(out, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    line!(out, "<title>{}</title>", escaped(said.title()));
    line!(out, "<style>\n{STYLE}</style>\n</head>\n<body>");
    contents(&mut out, dictionary, &said);
    line!(out, "<main>\n<header>\n<h1>{}</h1>", escaped(said.title()));
    line!(out, "<p>{}</p>\n</header>", escaped(&said.preface()));
    line!(out, "<h2 id=\"datasets\">{}</h2>", said.datasets());
    for entry in &dictionary.datasets {
        dataset(&mut out, entry, &said);
    }
    line!(out, "<h2 id=\"codes\">{}</h2>", said.code_lists());
    for list in lists() {
        code_list(&mut out, list, &said);
    }
    line!(out, "</main>\n</body>\n</html>");
    out
}

fn contents(out: &mut String, dictionary: &Dictionary, said: &Said) {
    let lang = said.0;
    line!(out, "<nav aria-label=\"{}\">\n<details open>", said.contents());
    line!(out, "<summary>{}</summary>", said.contents());
    line!(out, "<p><a href=\"#datasets\">{}</a></p>\n<ul>", said.datasets());
    for dataset in &dictionary.datasets {
        let (name, title) =
            (dataset.info.name, lang.of(dataset.info.title_zh, dataset.info.title_en));
        line!(out, "<li><a href=\"#{name}\">{} <code>{name}</code></a></li>", escaped(title));
    }
    line!(out, "</ul>\n<p><a href=\"#codes\">{}</a></p>\n<ul>", said.code_lists());
    for list in lists() {
        let id = list.name();
        let title = escaped(lang.of(&list.title_zh, &list.title_en));
        line!(out, "<li><a href=\"#{id}\">{title} <code>{id}</code></a></li>");
    }
    line!(out, "</ul>\n</details>\n</nav>");
}

fn dataset(out: &mut String, dataset: &Dataset, said: &Said) {
    let name = dataset.info.name;
    let title = said.0.of(dataset.info.title_zh, dataset.info.title_en);
    line!(out, "<section id=\"{name}\">");
    line!(out, "<h3>{} <code>{name}</code></h3>\n<dl>", escaped(title));
    for (word, fact) in said.facts(dataset) {
        line!(out, "<div><dt>{word}</dt><dd>{}</dd></div>", escaped(&fact));
    }
    line!(out, "</dl>\n<table class=\"fields\">");
    headings(out, &said.fields());
    for field in dataset.walk() {
        row(out, dataset, field, said);
    }
    line!(out, "</tbody>\n</table>\n</section>");
}

fn headings(out: &mut String, headings: &[&str]) {
    let cells: String =
        headings.iter().map(|word| format!("<th scope=\"col\">{word}</th>")).collect();
    line!(out, "<thead><tr>{cells}</tr></thead>\n<tbody>");
}

fn row(out: &mut String, dataset: &Dataset, field: &Field, said: &Said) {
    let lang = said.0;
    let [_, name, kind, rules, visible, source] = said.fields();
    let path = field.info.path;
    let anchor = format!("{}/{path}", dataset.info.name);
    let word = words::sensitivity(field.info.sensitivity, lang);
    line!(
        out,
        "<tr id=\"{anchor}\" class=\"depth{}\"><th scope=\"row\"><a href=\"#{anchor}\"><code>{path}</code></a> <small>{}</small></th>",
        field.depth().min(3),
        field.number
    );
    let title = escaped(lang.of(field.info.title_zh, field.info.title_en));
    line!(out, "<td data-is=\"{name}\">{title}</td>");
    line!(
        out,
        "<td data-is=\"{kind}\">{}<br><code>{}</code></td>",
        words::kind(field, lang),
        words::declared(field)
    );
    line!(out, "<td data-is=\"{rules}\">{}</td>", demands(field, said));
    line!(out, "<td data-is=\"{visible}\" class=\"{:?}\">{word}</td>", field.info.sensitivity);
    line!(out, "<td data-is=\"{source}\">{}</td></tr>", escaped(field.info.source));
}

fn demands(field: &Field, said: &Said) -> String {
    let mut demands: Vec<String> =
        words::bounds(field, said.0).iter().map(|bound| escaped(bound)).collect();
    if !field.rules.pattern.is_empty() {
        demands.push(format!("{} <code>{}</code>", said.pattern(), escaped(&field.rules.pattern)));
    }
    if !field.rules.example.is_empty() {
        demands.push(format!("{} <code>{}</code>", said.example(), escaped(&field.rules.example)));
    }
    if let Some(list) = field.codes() {
        let id = list.name();
        demands.push(format!("{} <a href=\"#{id}\"><code>{id}</code></a>", said.list()));
    }
    demands.join("<br>")
}

fn code_list(out: &mut String, list: &CodeList, said: &Said) {
    let lang = said.0;
    let id = list.name();
    line!(out, "<section id=\"{id}\">");
    line!(out, "<h3>{} <code>{id}</code></h3>", escaped(lang.of(&list.title_zh, &list.title_en)));
    line!(out, "<p>{}</p>\n<table class=\"codes\">", escaped(&said.list_source(list)));
    let columns = said.codes(list);
    headings(out, &columns.iter().map(|column| column.heading).collect::<Vec<_>>());
    for (at, entry) in list.entries.iter().enumerate() {
        let code = escaped(&entry.code);
        line!(out, "<tr id=\"{id}/{code}\"><th scope=\"row\"><code>{code}</code></th>");
        for column in columns.iter().skip(1) {
            let cell = column.cells.get(at).map(|cell| escaped(cell)).unwrap_or_default();
            let verbatim = column.verbatim && !cell.is_empty();
            let cell = if verbatim { format!("<code>{cell}</code>") } else { cell };
            line!(out, "<td data-is=\"{}\">{cell}</td>", column.heading);
        }
        line!(out, "</tr>");
    }
    line!(out, "</tbody>\n</table>\n</section>");
}

/// The text where markup would be read.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}
