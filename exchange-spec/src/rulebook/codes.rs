//! Code lists in force (施行中的代码表): which versions there are, from when to when, and whether a body
//! uses a code on a day on which it may not.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Deref;
use std::sync::{Arc, LazyLock};

use sanheyi_proto::standard::v1 as standard;
use sanheyi_proto::{Dataset, Sensitivity, datasets};

use super::walk::{Coded, Found, Watch};
use crate::calendar::Date;
use crate::codes::{self, CodeList};
use crate::reason::{Findings, Reason};

/// First day of what is in force from the beginning: the first that a record can name.
pub(super) const FIRST_DAY: Date = jiff::civil::date(1900, 1, 1);
/// Versions from here on are years: such a list begins with its year.
const YEARS: u32 = 1900;

/// A code list with the days on which it is in force.
#[derive(Clone, Debug)]
pub struct ListInForce {
    list: Held,
    /// First day; `None`: from the beginning.
    pub from: Option<Date>,
    /// First day on which it no longer is; `None`: no end in sight.
    pub until: Option<Date>,
}

#[derive(Clone, Debug)]
enum Held {
    Builtin(&'static CodeList),
    Received(Arc<CodeList>),
}

/// The lists by id and version.
#[derive(Clone, Debug)]
pub(super) struct Codes {
    lists: BTreeMap<Box<str>, BTreeMap<u32, ListInForce>>,
    /// What has to be looked for in the bodies of a dataset; most have nothing.
    watches: Arc<BTreeMap<&'static str, Watch>>,
}

static BUILTIN: LazyLock<Codes> = LazyLock::new(|| {
    let mut codes = Codes { lists: BTreeMap::new(), watches: Arc::default() };
    for list in codes::lists() {
        codes.lists.entry(list.id.clone()).or_default().insert(list.version, builtin(list));
    }
    codes.watch();
    codes
});

/// A built-in list with its days.
pub(super) fn builtin(list: &'static CodeList) -> ListInForce {
    let year = i16::try_from(list.version).ok().filter(|_| list.version >= YEARS);
    let from = year.and_then(|year| Date::new(year, 1, 1).ok());
    ListInForce { list: Held::Builtin(list), from, until: None }
}

// === impl ListInForce ===

impl Deref for ListInForce {
    type Target = CodeList;

    fn deref(&self) -> &CodeList {
        match &self.list {
            Held::Builtin(list) => list,
            Held::Received(list) => list,
        }
    }
}

impl ListInForce {
    fn read(record: &standard::CodeList) -> Option<Self> {
        let list = CodeList::from_record(record)?;
        let from = codes::day(&record.valid_from)?.filter(|from| *from > FIRST_DAY);
        let until = codes::day(&record.valid_until)?;
        Some(Self { list: Held::Received(Arc::new(list)), from, until })
    }

    /// Whether it is in force on a day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day < until)
    }

    /// Whether no day makes a difference, and every code of the built-in list is there.
    fn is_timeless(&self) -> bool {
        let undated = |entry: &codes::Entry| entry.valid_from.or(entry.valid_until).is_none();
        let complete = self.enumeration().is_some_and(|built_in| {
            built_in.entries.iter().all(|code| self.numbered(code.number).is_some())
        });
        self.from.or(self.until).is_none() && complete && self.entries.iter().all(undated)
    }
}

// === impl Codes ===

impl Codes {
    pub(super) fn builtin() -> Self {
        BUILTIN.clone()
    }

    pub(super) fn on(&self, id: &str, day: Date) -> Option<&ListInForce> {
        self.lists.get(id)?.values().rev().find(|list| list.holds_on(day))
    }

    pub(super) fn version(&self, id: &str, version: u32) -> Option<&ListInForce> {
        self.lists.get(id)?.get(&version)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &ListInForce> {
        self.lists.values().flat_map(BTreeMap::values)
    }

    pub(super) fn put(&mut self, record: &standard::CodeList) -> bool {
        let Some(list) = ListInForce::read(record) else { return false };
        let versions = self.lists.entry(record.id.as_str().into()).or_default();
        versions.insert(record.version, list);
        self.watch();
        true
    }

    /// Falls back to what is built in.
    pub(super) fn withdraw(&mut self, record: &str) -> bool {
        let Some((id, version)) = record.rsplit_once('-') else { return false };
        let Ok(version) = version.parse() else { return false };
        let Some(versions) = self.lists.get_mut(id) else { return false };
        let known = match codes::list(id, version) {
            Some(list) => versions.insert(version, builtin(list)).is_some(),
            None => versions.remove(&version).is_some(),
        };
        if versions.is_empty() {
            self.lists.remove(id);
        }
        self.watch();
        known
    }

    /// Finds what has to be looked for: the fields whose list has several versions, days, or not
    /// all codes of the built-in one.
    fn watch(&mut self) {
        let varies = |versions: &BTreeMap<u32, ListInForce>| {
            versions.len() != 1 || versions.values().any(|list| !list.is_timeless())
        };
        let varying: BTreeSet<&str> =
            self.lists.iter().filter(|(_, list)| varies(list)).map(|(id, _)| &**id).collect();
        let watch = |dataset: &Dataset| {
            let watch = Watch::of(dataset, |list| varying.contains(list));
            watch.map(|watch| (dataset.name, watch))
        };
        self.watches = Arc::new(datasets().iter().filter_map(watch).collect());
    }

    /// What must be looked for in the bodies of a dataset.
    pub(super) fn watch_of(&self, dataset: &str) -> Option<&Watch> {
        self.watches.get(dataset)
    }

    /// Adds what a code breaks on a day.
    pub(super) fn hold(&self, code: &Coded, found: Found<'_>, day: Date, out: &mut Findings) {
        let list = self.on(code.list, day);
        let entry = list.and_then(|list| found.entry(list));
        if !entry.is_some_and(|entry| entry.valid_on(day)) {
            out.push(not_in_force(code, found, list, day));
        }
    }
}

impl Found<'_> {
    fn entry(self, list: &CodeList) -> Option<&codes::Entry> {
        match self {
            Found::Number(number) => list.numbered(number),
            Found::Text(text) => list.entry(text),
        }
    }
}

fn not_in_force(code: &Coded, found: Found<'_>, list: Option<&ListInForce>, day: Date) -> Reason {
    let field = code.field;
    let built_in = codes::named(field.code_list);
    // Nothing personal is repeated.
    let (named_zh, named_en) = match field.sensitivity {
        Sensitivity::Personal => (String::new(), String::new()),
        Sensitivity::Public | Sensitivity::Internal => {
            let known = list.map(Deref::deref).or(built_in).and_then(|list| found.entry(list));
            let known = known.or_else(|| built_in.and_then(|list| found.entry(list)));
            match (known, found) {
                (Some(entry), _) => (
                    format!(" {}（{}）", entry.code, entry.title_zh),
                    format!(" {} ({})", entry.code, entry.title_en),
                ),
                (None, Found::Number(number)) => (format!(" {number}"), format!(" {number}")),
                (None, Found::Text(text)) => (format!(" {text}"), format!(" {text}")),
            }
        }
    };
    let held = list.map_or_else(|| field.code_list.to_owned(), |list| list.name());
    let (title_zh, title_en) = (field.title_zh, field.title_en);
    Reason::new(
        field.path,
        "code.not_in_force",
        format!(
            "“{title_zh}”的代码{named_zh}在 {day} 不在代码表 {held} 的有效代码之内，请改用当日有效的代码"
        ),
        format!(
            "{title_en}: code{named_en} is not in force on {day} by list {held}: use one that is"
        ),
    )
}
