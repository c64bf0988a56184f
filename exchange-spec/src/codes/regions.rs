//! Regions (行政区划, GB/T 2260) and their succession by date. A platform keeps its id when its
//! region gets another code.

use std::sync::LazyLock;

use sanheyi_proto::standard::v1 as standard;
use serde::Deserialize;

use super::lists::{self, Entry};
use crate::calendar::Date;

const TEXT: &str = include_str!("../../data/region_succession.json");
const LIST: (&str, u32) = ("region", 1);

/// How one code follows another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum SuccessionKind {
    /// 更名: the same place under another code.
    Renamed,
    /// 并入: the place became part of another, which was there before.
    Merged,
    /// 拆分: one of several took a part of the place.
    Split,
}

/// One code follows another (区划沿革).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Succession {
    /// The code that ended.
    pub former: Box<str>,
    /// From 1; one more for each successor of the same code.
    pub serial: u32,
    /// The code that stands for it since.
    pub successor: Box<str>,
    /// First day of the successor.
    pub from: Date,
    /// How.
    pub kind: SuccessionKind,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "source")]
    _source: String,
    successions: Vec<SuccessionText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SuccessionText {
    former: Box<str>,
    serial: u32,
    successor: Box<str>,
    from: String,
    kind: SuccessionKind,
}

/// Read once; `None` is impossible, as a test shows.
static SUCCESSIONS: LazyLock<Option<Vec<Succession>>> = LazyLock::new(|| {
    let file: File = serde_json::from_str(TEXT).ok()?;
    let read = |text: SuccessionText| {
        let SuccessionText { former, serial, successor, from, kind } = text;
        Some(Succession { former, serial, successor, from: from.parse().ok()?, kind })
    };
    file.successions.into_iter().map(read).collect()
});

/// All successions that are built in, by former code.
pub fn successions() -> &'static [Succession] {
    SUCCESSIONS.as_deref().unwrap_or_default()
}

/// The same as records of the dataset `codes.region_succession`, for the hub that hands them out.
pub fn records() -> Vec<standard::RegionSuccession> {
    super::records::succession_records()
}

/// Whether a code stands in the list `region/1` and is in use on a day.
pub fn is_valid(code: &str, date: Date) -> bool {
    entry(code).is_some_and(|entry| entry.valid_on(date))
}

/// The Chinese name of a region that is in use on a day.
pub fn name(code: &str, date: Date) -> Option<&'static str> {
    entry(code).filter(|entry| entry.valid_on(date)).map(|entry| &*entry.title_zh)
}

/// The code that stands on a day for a former one; `None` while nothing has followed it.
pub fn successor(code: &str, date: Date) -> Option<&'static str> {
    follow(|| successions().iter(), code, date)
}

/// The same by other successions.
pub(crate) fn follow<'a, I: Iterator<Item = &'a Succession>>(
    successions: impl Fn() -> I,
    code: &str,
    date: Date,
) -> Option<&'a str> {
    let mut found: Option<&'a str> = None;
    // No more steps than successions, so that a circle ends, too.
    for _ in successions() {
        let after = |one: &&Succession| *one.former == *found.unwrap_or(code) && one.from <= date;
        match successions().find(after) {
            Some(next) => found = Some(&*next.successor),
            None => break,
        }
    }
    found
}

/// All codes that one place has had, in order: the code given, those it was renamed from and those
/// it was renamed to. A platform of Jintan finds its records under `320482` and `320413`.
pub fn codes_of(code: &str) -> Vec<&str> {
    let renamed = || successions().iter().filter(|one| one.kind == SuccessionKind::Renamed);
    let mut codes = vec![code];
    while let Some(earlier) = renamed().find(|one| codes.first() == Some(&&*one.successor))
        && codes.len() <= successions().len()
    {
        codes.insert(0, &earlier.former);
    }
    while let Some(later) = renamed().find(|one| codes.last() == Some(&&*one.former))
        && codes.len() <= successions().len()
    {
        codes.push(&later.successor);
    }
    codes
}

/// The former codes of places that became part of this one.
pub fn merged_into(code: &str) -> impl Iterator<Item = &'static str> {
    successions()
        .iter()
        .filter(move |one| one.kind == SuccessionKind::Merged && *one.successor == *code)
        .map(|one| &*one.former)
}

fn entry(code: &str) -> Option<&'static Entry> {
    lists::list(LIST.0, LIST.1)?.entry(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn the_file_is_read_and_agrees_with_the_list() {
        assert!(SUCCESSIONS.is_some());
        for one in successions() {
            let (former, successor) = (entry(&one.former).unwrap(), entry(&one.successor).unwrap());
            assert_eq!(former.valid_until, Some(one.from), "{}", one.former);
            assert!(successor.valid_on(one.from), "{}", one.successor);
            let is_new = successor.valid_from == Some(one.from);
            assert_eq!(is_new, one.kind == SuccessionKind::Renamed, "{}", one.successor);
        }
    }

    #[test]
    fn a_code_is_followed_on_the_day_and_not_before() {
        let (before, on) = (day("2015-05-31"), day("2015-06-01"));
        for (former, successor) in [("320482", "320413"), ("320405", "320412")] {
            assert_eq!(self::successor(former, before), None);
            assert_eq!(self::successor(former, on), Some(successor));
            assert!(is_valid(former, before) && !is_valid(former, on));
            assert_eq!(self::successor(successor, on), None);
        }
        assert!(!is_valid("320413", before) && is_valid("320413", on));
        assert!(is_valid("320412", before) && is_valid("320412", on));
        assert_eq!(name("320482", before), Some("金坛市"));
        assert_eq!(name("320482", on), None);
        assert_eq!(name("320413", on), Some("金坛区"));
        assert_eq!(name("320499", on), None);
    }

    #[test]
    fn a_place_knows_all_codes_that_it_had() {
        assert_eq!(codes_of("320482"), ["320482", "320413"]);
        assert_eq!(codes_of("320413"), ["320482", "320413"]);
        assert_eq!(codes_of("320412"), ["320412"]);
        assert_eq!(codes_of("320481"), ["320481"]);
        assert_eq!(merged_into("320412").collect::<Vec<_>>(), ["320405"]);
        assert_eq!(merged_into("320413").count(), 0);
    }
}
