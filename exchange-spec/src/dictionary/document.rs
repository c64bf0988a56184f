//! The data dictionary as a document: one for each language, as HTML that needs nothing else, or
//! as Markdown.

use sanheyi_proto::Lane;

use super::model::{Dataset, Dictionary};
use super::{html, markdown, words};

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

    /// Headings of the table of codes.
    pub(super) const fn codes(&self) -> [&'static str; 6] {
        match self.0 {
            Lang::Zh => ["编号", "代码", "名称", "标识", "其他代码", "有效期"],
            Lang::En => ["Number", "Code", "Name", "Identifier", "Elsewhere", "Valid"],
        }
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

/// The days on which a code may be used; empty = always.
pub(super) fn validity(from: &str, until: &str, lang: Lang) -> String {
    match (from, until, lang) {
        ("", "", _) => String::new(),
        (from, "", Lang::Zh) => format!("{from} 起"),
        (from, "", Lang::En) => format!("from {from}"),
        ("", until, Lang::Zh) => format!("{until} 前"),
        ("", until, Lang::En) => format!("before {until}"),
        (from, until, Lang::Zh) => format!("{from} 起，{until} 前"),
        (from, until, Lang::En) => format!("from {from}, before {until}"),
    }
}
