//! The data dictionary as a document: one for each language, as HTML that needs nothing else, or
//! as Markdown.

use sanheyi_proto::Lane;

use super::model::{Dataset, Dictionary};
use super::{html, markdown, words};
use crate::codes::{CodeList, Entry};

/// The language of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lang {
    /// 中文.
    Zh,
    /// English.
    En,
}

// === impl Lang ===

impl Lang {
    /// The word in this language.
    pub const fn of<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    /// The tag of the language, by BCP 47.
    pub const fn tag(self) -> &'static str {
        self.of("zh-CN", "en")
    }

    pub(super) fn of_bool(self, yes: bool, zh: &str, en: &str, no_zh: &str, no_en: &str) -> String {
        if yes { self.of(zh, en).to_owned() } else { self.of(no_zh, no_en).to_owned() }
    }
}

/// The dictionary as one HTML page that asks for nothing outside itself.
pub fn html(dictionary: &Dictionary, lang: Lang) -> String {
    html::page(dictionary, lang)
}

/// The dictionary as one Markdown text.
pub fn markdown(dictionary: &Dictionary, lang: Lang) -> String {
    markdown::text(dictionary, lang)
}

/// Words that both forms of the document say.
pub(super) struct Said(pub(super) Lang);

impl Said {
    pub(super) const fn title(&self) -> &'static str {
        self.0.of(
            "“三合一”平台统一接口标准 数据字典",
            "Sanheyi unified interface standard: data dictionary",
        )
    }

    pub(super) fn preface(&self) -> String {
        let version = sanheyi_proto::STANDARD;
        match self.0 {
            Lang::Zh => format!(
                "标准第 {version} 版。本文由标准文件自动生成，与各平台实际执行的规则一致。时间为 1970-01-01T00:00:00Z 起的微秒数；长度按字计；组内字段的公开范围以自身与所在组中较严者为准。"
            ),
            Lang::En => format!(
                "Version {version} of the standard. This text is made out of the files of the standard, so that it says what every platform enforces. Instants are microseconds since 1970-01-01T00:00:00Z; lengths count characters; who may see a field of a group is said by the stricter of the two."
            ),
        }
    }

    /// Headings of the table of fields.
    pub(super) const fn fields(&self) -> [&'static str; 6] {
        match self.0 {
            Lang::Zh => ["字段", "名称", "类型", "要求", "公开范围", "依据"],
            Lang::En => ["Field", "Name", "Type", "Rules", "Visible to", "Source"],
        }
    }

    /// Where a list's codes are from, and whether there may be more of them any day.
    pub(super) fn list_source(&self, list: &CodeList) -> String {
        let open = match list.enumeration() {
            Some(_) => "",
            None => {
                self.0.of("；以数据形式发布，可随时增补", "; data, which may gain codes any day")
            }
        };
        format!("{}{open}", list.source)
    }

    /// The table of a list's codes: what no code of the list has is no column of it.
    pub(super) fn codes(&self, list: &CodeList) -> Vec<CodeColumn> {
        let lang = self.0;
        let column = |(zh, en), verbatim, cell: &dyn Fn(&Entry) -> String| {
            let cells = list.entries.iter().map(cell).collect();
            CodeColumn { heading: lang.of(zh, en), verbatim, cells }
        };
        let number = |entry: &Entry| {
            if entry.number == 0 { String::new() } else { entry.number.to_string() }
        };
        let others = |entry: &Entry| {
            let others = entry.mappings.iter().map(|(scheme, code)| format!("{scheme} {code}"));
            others.collect::<Vec<_>>().join(lang.of("，", ", "))
        };
        let mut columns = vec![
            column(("代码", "Code"), true, &|entry| entry.code.to_string()),
            column(("名称", "Name"), false, &|entry| {
                lang.of(&entry.title_zh, &entry.title_en).to_owned()
            }),
            column(("上级", "Under"), true, &|entry| {
                entry.parent.as_deref().unwrap_or_default().to_owned()
            }),
            column(("编号", "Number"), false, &number),
            column(("标识", "Identifier"), true, &|entry| {
                list.identifier(entry).unwrap_or_default().to_owned()
            }),
            column(("其他代码", "Elsewhere"), false, &others),
            column(("有效期", "Valid"), false, &|entry| validity(entry, lang)),
        ];
        columns.retain(|column| column.cells.iter().any(|cell| !cell.is_empty()));
        columns
    }

    pub(super) const fn datasets(&self) -> &'static str {
        self.0.of("数据集", "Datasets")
    }

    pub(super) const fn code_lists(&self) -> &'static str {
        self.0.of("代码表", "Code lists")
    }

    pub(super) const fn contents(&self) -> &'static str {
        self.0.of("目录", "Contents")
    }

    pub(super) const fn example(&self) -> &'static str {
        self.0.of("例", "example")
    }

    pub(super) const fn pattern(&self) -> &'static str {
        self.0.of("格式", "pattern")
    }

    pub(super) const fn list(&self) -> &'static str {
        self.0.of("代码表", "code list")
    }

    /// What stands above a table of fields, as pairs of word and text.
    pub(super) fn facts(&self, dataset: &Dataset) -> Vec<(&'static str, String)> {
        let lang = self.0;
        let lane = match dataset.info.lane {
            Lane::Urgent => lang.of("紧急", "urgent"),
            Lane::Normal => lang.of("普通", "normal"),
        };
        let mut facts = vec![
            (lang.of("写入方", "Written by"), words::author(dataset.info.author, lang).to_owned()),
            (lang.of("通道", "Lane"), lane.to_owned()),
            (lang.of("记录编号", "Record"), dataset.info.record.text.to_owned()),
        ];
        for reference in &dataset.references {
            let said = words::reference(reference, lang);
            facts.push((lang.of("引用", "Refers to"), said));
        }
        facts.push((lang.of("消息", "Message"), dataset.info.message.to_owned()));
        facts.push((lang.of("依据", "Source"), dataset.info.source.to_owned()));
        facts
    }
}

/// A column of a table of codes.
pub(super) struct CodeColumn {
    pub(super) heading: &'static str,
    /// Whether its cells are for programs.
    pub(super) verbatim: bool,
    /// One for each entry of the list.
    pub(super) cells: Vec<String>,
}

/// The days on which a code may be used; empty = always.
fn validity(entry: &Entry, lang: Lang) -> String {
    match (entry.valid_from, entry.valid_until, lang) {
        (None, None, _) => String::new(),
        (Some(from), None, Lang::Zh) => format!("{from} 起"),
        (Some(from), None, Lang::En) => format!("from {from}"),
        (None, Some(until), Lang::Zh) => format!("{until} 前"),
        (None, Some(until), Lang::En) => format!("before {until}"),
        (Some(from), Some(until), Lang::Zh) => format!("{from} 起，{until} 前"),
        (Some(from), Some(until), Lang::En) => format!("from {from}, before {until}"),
    }
}
