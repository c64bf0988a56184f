//! The dictionary as a document.

use std::collections::BTreeSet;

use super::dictionary;
use crate::codes::lists;
use crate::dictionary::Dictionary;
use crate::dictionary::document::{Lang, html, markdown};

/// What stands behind `name="` everywhere in a page.
fn values<'a>(page: &'a str, name: &str) -> Vec<&'a str> {
    let parts = page.split(name).skip(1);
    parts.filter_map(|rest| rest.strip_prefix("=\"")?.split('"').next()).collect()
}

fn titles(dictionary: &Dictionary, lang: Lang) -> Vec<&'static str> {
    let fields = dictionary.datasets.iter().flat_map(|dataset| dataset.walk());
    let fields = fields.map(|field| lang.of(field.info.title_zh, field.info.title_en));
    let codes = lists().iter().flat_map(|list| &list.entries);
    fields.chain(codes.map(|code| lang.of(&code.title_zh, &code.title_en))).collect()
}

#[test]
fn the_page_stands_alone_and_every_anchor_leads_somewhere() {
    let dictionary = dictionary();
    for lang in [Lang::Zh, Lang::En] {
        let page = html(dictionary, lang);
        assert!(page.contains(&format!("<html lang=\"{}\">", lang.tag())));
        for foreign in ["<script", "<link", "<img", "<iframe", "url(", "@import", "src=\"", "://"] {
            let body = page.replace("https://", "");
            assert!(!body.contains(foreign) || foreign == "://", "{foreign}");
        }
        let ids: Vec<_> = values(&page, " id");
        let known: BTreeSet<_> = ids.iter().copied().collect();
        assert_eq!(ids.len(), known.len(), "ids are told apart");
        for link in values(&page, "href") {
            let target = link.strip_prefix('#').expect("links stay within the page");
            assert!(known.contains(target), "{link}");
        }
        for dataset in &dictionary.datasets {
            for field in dataset.walk() {
                let anchor = format!("{}/{}", dataset.info.name, field.info.path);
                assert!(known.contains(anchor.as_str()), "{anchor}");
            }
        }
        for list in lists() {
            assert!(known.contains(list.name().as_str()), "{}", list.id);
        }
    }
}

#[test]
fn every_title_stands_in_both_forms_and_languages() {
    let dictionary = dictionary();
    for lang in [Lang::Zh, Lang::En] {
        let (page, text) = (html(dictionary, lang), markdown(dictionary, lang));
        let plain = text.replace('\\', "");
        for title in titles(dictionary, lang) {
            assert!(page.contains(&super::super::html::escaped(title)), "{title}");
            let written = title.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
            assert!(plain.contains(&written), "{title}");
        }
    }
}

#[test]
fn every_code_of_every_list_stands_with_its_days_mappings_and_what_is_above_it() {
    let dictionary = dictionary();
    for lang in [Lang::Zh, Lang::En] {
        let (page, text) = (html(dictionary, lang), markdown(dictionary, lang));
        for list in lists() {
            for entry in &list.entries {
                let id = format!("id=\"{}/{}\"", list.name(), entry.code);
                let (_, row) = page.split_once(&id).unwrap_or_else(|| panic!("{id}"));
                let (row, _) = row.split_once("</tr>").unwrap();
                for (scheme, code) in &entry.mappings {
                    assert!(row.contains(&format!("{scheme} {code}")), "{id} {scheme}");
                }
                for day in [entry.valid_from, entry.valid_until].into_iter().flatten() {
                    assert!(row.contains(&day.to_string()), "{id} {day}");
                }
                if let Some(parent) = &entry.parent {
                    assert!(row.contains(&format!("<code>{parent}</code>")), "{id} {parent}");
                }
            }
        }
        let under = lang.of(
            "320482` | 金坛市 | `320400` | 2015-06-01 前",
            "320482` | Jintan City | `320400` | before 2015-06-01",
        );
        assert!(text.contains(under), "{lang:?}");
    }
}

#[test]
fn a_field_leads_to_its_code_list_that_is_data() {
    let link = "<a href=\"#region/1\"><code>region/1</code></a>";
    assert!(html(dictionary(), Lang::Zh).contains(link));
    assert!(markdown(dictionary(), Lang::Zh).contains("[region/1](#region/1)"));
}

#[test]
fn tags_are_closed_in_order() {
    let page = html(dictionary(), Lang::Zh);
    let (_, body) = page.split_once("</head>").unwrap();
    let mut open = vec!["html"];
    for tag in body.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        let name = tag.split(' ').next().unwrap();
        match name.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "</{name}>"),
            None if name == "br" => {}
            None => open.push(name),
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn rows_of_markdown_have_as_many_cells_as_their_headings() {
    for lang in [Lang::Zh, Lang::En] {
        let text = markdown(dictionary(), lang);
        let mut cells = 0;
        for line in text.lines() {
            if !line.starts_with('|') {
                cells = 0;
                continue;
            }
            let found = line.replace("\\|", "").matches('|').count();
            assert!(cells == 0 || cells == found, "{line}");
            cells = found;
        }
    }
}

#[test]
fn markup_in_a_text_is_shown_as_text() {
    assert_eq!(
        super::super::html::escaped("<a href='x'>&\"</a>"),
        "&lt;a href=&#39;x&#39;&gt;&amp;&quot;&lt;/a&gt;"
    );
}
