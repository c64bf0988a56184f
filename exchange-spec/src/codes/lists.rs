//! Code lists (代码表): those that are enumerations of the standard, and those that are data only,
//! `data/code_lists/*.json`, behind one door.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::calendar::Date;

/// The lists that are data only, as they were written.
const TEXTS: [&str; 10] = [
    include_str!("../../data/code_lists/gbt39046_exercise_level-1.json"),
    include_str!("../../data/code_lists/gbt39046_item_type-1.json"),
    include_str!("../../data/code_lists/gbt39046_satisfaction-1.json"),
    include_str!("../../data/code_lists/gbt39046_service_object-1.json"),
    include_str!("../../data/code_lists/gbt39046_special_procedure-1.json"),
    include_str!("../../data/code_lists/gbt39046_subject_nature-1.json"),
    include_str!("../../data/code_lists/js_power_kind-2010.json"),
    include_str!("../../data/code_lists/js_power_kind-2022.json"),
    include_str!("../../data/code_lists/power_kind_2014-1.json"),
    include_str!("../../data/code_lists/region-1.json"),
];

/// A code list (代码表).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeList {
    /// Its id: `region`.
    pub id: Box<str>,
    /// Its version; a list that follows a year's order has the year.
    pub version: u32,
    /// Name as a Chinese reader says it.
    pub title_zh: Box<str>,
    /// Name as an English reader says it.
    pub title_en: Box<str>,
    /// The law, standard or interface that the codes are from.
    pub source: Box<str>,
    /// Its entries, in the order of the source.
    pub entries: Vec<Entry>,
}

/// An entry of a code list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The code.
    pub code: Box<str>,
    /// Its number on the wire where the list is an enumeration of the standard; else 0.
    pub number: u32,
    /// Name as a Chinese reader says it.
    pub title_zh: Box<str>,
    /// Name as an English reader says it.
    pub title_en: Box<str>,
    /// The code in the same list that it stands under.
    pub parent: Option<Box<str>>,
    /// What other lists call it: scheme and code.
    pub mappings: BTreeMap<Box<str>, Box<str>>,
    /// First day on which it may be used; `None`: always.
    pub valid_from: Option<Date>,
    /// First day on which it no longer may; `None`: no end in sight.
    pub valid_until: Option<Date>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ListText {
    id: Box<str>,
    version: u32,
    title_zh: Box<str>,
    title_en: Box<str>,
    source: Box<str>,
    entries: Vec<EntryText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryText {
    code: Box<str>,
    title_zh: Box<str>,
    title_en: Box<str>,
    parent: Option<Box<str>>,
    #[serde(default)]
    mappings: BTreeMap<Box<str>, Box<str>>,
    #[serde(default)]
    valid_from: String,
    #[serde(default)]
    valid_until: String,
}

static LISTS: LazyLock<Vec<CodeList>> = LazyLock::new(|| {
    let data = TEXTS.iter().filter_map(|text| read(text));
    let enumerations = sanheyi_proto::code_lists().iter().filter_map(of_enumeration);
    let mut lists: Vec<CodeList> = data.chain(enumerations).collect();
    lists.sort_by(|a, b| (&a.id, a.version).cmp(&(&b.id, b.version)));
    lists
});

/// All code lists, ascending by id and version.
pub fn lists() -> &'static [CodeList] {
    &LISTS
}

/// A code list by id and version.
pub fn list(id: &str, version: u32) -> Option<&'static CodeList> {
    let order = |list: &CodeList| (&*list.id, list.version).cmp(&(id, version));
    lists().binary_search_by(order).ok().and_then(|place| lists().get(place))
}

/// A code list by the name that fields have for it: `power_kind/1`.
pub fn named(name: &str) -> Option<&'static CodeList> {
    let (id, version) = name.split_once('/')?;
    list(id, version.parse().ok()?)
}

/// What `scheme` calls a code of a list; the list is named as in the standard, `power_kind/1`.
///
/// `None` where list or code are not known, and where the scheme has nothing for it: in 2014 there
/// were no approvals that are no permits any more.
pub fn map(list: &str, code: &str, scheme: &str) -> Option<&'static str> {
    let entry = named(list)?.entry(code)?;
    entry.mappings.get(scheme).map(|code| &**code)
}

/// A day as data writes it, `None` if it is empty. The outer `None` is no day.
pub(crate) fn day(text: &str) -> Option<Option<Date>> {
    if text.is_empty() { Some(None) } else { text.parse().ok().map(Some) }
}

fn read(text: &str) -> Option<CodeList> {
    let list: ListText = serde_json::from_str(text).ok()?;
    let entry = |entry: EntryText| {
        Some(Entry {
            code: entry.code,
            number: 0,
            title_zh: entry.title_zh,
            title_en: entry.title_en,
            parent: entry.parent,
            mappings: entry.mappings,
            valid_from: day(&entry.valid_from)?,
            valid_until: day(&entry.valid_until)?,
        })
    };
    Some(CodeList {
        id: list.id,
        version: list.version,
        title_zh: list.title_zh,
        title_en: list.title_en,
        source: list.source,
        entries: list.entries.into_iter().map(entry).collect::<Option<_>>()?,
    })
}

fn of_enumeration(list: &sanheyi_proto::CodeList) -> Option<CodeList> {
    let entry = |code: &sanheyi_proto::Code| {
        Some(Entry {
            code: code.code.into(),
            number: u32::try_from(code.number).ok()?,
            title_zh: code.title_zh.into(),
            title_en: code.title_en.into(),
            parent: None,
            mappings: code.mappings.iter().map(|(s, c)| ((*s).into(), (*c).into())).collect(),
            valid_from: day(code.valid_from)?,
            valid_until: day(code.valid_until)?,
        })
    };
    Some(CodeList {
        id: list.id.into(),
        version: list.version,
        title_zh: list.title_zh.into(),
        title_en: list.title_en.into(),
        source: list.source.into(),
        entries: list.entries.iter().map(entry).collect::<Option<_>>()?,
    })
}

// === impl CodeList ===

impl CodeList {
    /// The entry of a code.
    pub fn entry(&self, code: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| &*entry.code == code)
    }

    /// The entry of a number on the wire; for lists that are enumerations of the standard.
    pub fn numbered(&self, number: i32) -> Option<&Entry> {
        self.entries.iter().find(|entry| i32::try_from(entry.number) == Ok(number))
    }

    /// How fields name it: `region/1`.
    pub fn name(&self) -> String {
        format!("{}/{}", self.id, self.version)
    }

    /// The enumeration of the standard that it is; a list that is data only is none, and may gain
    /// codes without a new version of the standard.
    pub fn enumeration(&self) -> Option<&'static sanheyi_proto::CodeList> {
        sanheyi_proto::code_list(&self.id, self.version)
    }

    /// The name of an entry in the enumeration, which JSON shows: `POWER_KIND_XK`. `None` where the
    /// list is data only.
    pub fn identifier(&self, entry: &Entry) -> Option<&'static str> {
        let codes = self.enumeration()?.entries.iter();
        let same = |code: &&sanheyi_proto::Code| u32::try_from(code.number) == Ok(entry.number);
        codes.clone().find(same).map(|code| code.name)
    }

    /// How a cell shows an entry, so that a reader chooses and a program can tell it from all
    /// others of the list: its Chinese title, with the name where two entries have one title;
    /// behind its code where the list is data only.
    pub fn label(&self, entry: &Entry) -> String {
        let title = &entry.title_zh;
        let Some(name) = self.identifier(entry) else {
            return format!("{} {title}", entry.code);
        };
        let twins = self.entries.iter().filter(|other| other.title_zh == *title).count();
        if twins < 2 { title.to_string() } else { format!("{title}（{name}）") }
    }

    /// The entries that may be used on a day.
    pub fn valid_on(&self, date: Date) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |entry| entry.valid_on(date))
    }
}

// === impl Entry ===

impl Entry {
    /// Whether it may be used on a day.
    pub fn valid_on(&self, date: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= date)
            && self.valid_until.is_none_or(|until| date < until)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_file_is_read_and_every_list_is_there_once() {
        for text in TEXTS {
            let list = read(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(self::list(&list.id, list.version), Some(&list));
        }
        assert_eq!(lists().len(), TEXTS.len() + sanheyi_proto::code_lists().len());
        assert!(lists().is_sorted_by(|a, b| (&a.id, a.version) < (&b.id, b.version)));
    }

    #[test]
    fn every_list_in_the_folder_is_compiled_in() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/data/code_lists");
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), TEXTS.len());
    }

    #[test]
    fn labels_of_a_list_are_told_apart() {
        for list in lists() {
            let labels: BTreeSet<_> = list.entries.iter().map(|entry| list.label(entry)).collect();
            assert_eq!(labels.len(), list.entries.len(), "{}", list.name());
        }
    }

    #[test]
    fn enumerations_have_identifiers_and_data_has_codes_in_its_labels() {
        let kinds = named("power_kind/1").unwrap();
        let permit = kinds.entry("XK").unwrap();
        assert_eq!(kinds.identifier(permit), Some("POWER_KIND_XK"));
        assert_eq!(kinds.label(permit), "行政许可");
        let regions = named("region/1").unwrap();
        let jintan = regions.entry("320482").unwrap();
        assert!(regions.enumeration().is_none() && regions.identifier(jintan).is_none());
        assert_eq!(regions.label(jintan), "320482 金坛市");
        assert!(named("region").is_none() && named("region/2").is_none());
    }

    #[test]
    fn entries_have_titles_one_place_and_days_in_order() {
        for list in lists() {
            let name = list.name();
            assert!(!list.title_zh.is_empty() && !list.title_en.is_empty(), "{name}");
            for entry in &list.entries {
                let at = format!("{name} {}", entry.code);
                assert!(!entry.title_zh.is_empty() && !entry.title_en.is_empty(), "{at}");
                assert_eq!(list.entry(&entry.code), Some(entry), "{at} stands twice");
                if let (Some(from), Some(until)) = (entry.valid_from, entry.valid_until) {
                    assert!(from < until, "{at}");
                }
                if let Some(parent) = &entry.parent {
                    assert!(list.entry(parent).is_some(), "{at}: {parent}");
                }
            }
        }
    }
}
