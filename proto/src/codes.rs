//! The enumerations of the standard as code lists (代码表): data for tools, pages and receipts.

use crate::generated::CODE_LISTS;

/// A code list that is an enumeration of the standard. Lists that are data, such as regions, travel
/// in the dataset `codes.code_list`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeList {
    /// For example `power_kind`.
    pub id: &'static str,
    /// From 1; one more where a code is taken away or means something else.
    pub version: u32,
    /// Name as a Chinese reader says it.
    pub title_zh: &'static str,
    /// Name as an English reader says it.
    pub title_en: &'static str,
    /// The law, standard or interface that the codes are from.
    pub source: &'static str,
    /// Full name of the enumeration.
    pub message: &'static str,
    /// Its codes, ascending by number; the unspecified one is none of them.
    pub entries: &'static [Code],
}

/// A code of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// Number on the wire, never 0.
    pub number: i32,
    /// Name of the value in the protobuf file: `POWER_KIND_XK`.
    pub name: &'static str,
    /// The code in the source of the list.
    pub code: &'static str,
    /// Name as a Chinese reader says it.
    pub title_zh: &'static str,
    /// Name as an English reader says it.
    pub title_en: &'static str,
    /// Schemes and what they call it: `("js2014", "01")`.
    pub mappings: &'static [(&'static str, &'static str)],
    /// First day on which it may be used, `2009-10-13`; empty where always.
    pub valid_from: &'static str,
    /// First day on which it no longer may; empty where there is no end in sight.
    pub valid_until: &'static str,
}

/// All code lists of this version of the standard, ascending by id and version.
#[must_use]
pub fn code_lists() -> &'static [CodeList] {
    CODE_LISTS
}

/// The code list of that id and version, or nothing.
#[must_use]
pub fn code_list(id: &str, version: u32) -> Option<&'static CodeList> {
    let found = CODE_LISTS.binary_search_by(|list| (list.id, list.version).cmp(&(id, version)));
    CODE_LISTS.get(found.ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_lists_are_sorted_and_found() {
        assert!(code_lists().is_sorted_by(|a, b| (a.id, a.version) < (b.id, b.version)));
        for list in code_lists() {
            assert_eq!(code_list(list.id, list.version), Some(list));
            assert!(list.entries.is_sorted_by(|a, b| a.number < b.number), "{}", list.id);
            assert!(list.entries.iter().all(|code| code.number != 0), "{}", list.id);
        }
        assert!(code_list("power_kind", 0).is_none() && code_list("power", 1).is_none());
    }

    #[test]
    fn the_kinds_of_power_know_what_other_lists_call_them() {
        let kinds = code_list("power_kind", 1).expect("listed");
        assert_eq!(kinds.message, "sanheyi.standard.v1.PowerKind");
        assert_eq!(kinds.entries.len(), 12);
        let kind = |code| kinds.entries.iter().find(|kind| kind.code == code).expect(code);
        assert_eq!(kind("XK").title_zh, "行政许可");
        assert_eq!(kind("JL").mappings, [("js2014", "06"), ("gbt39046", "08")]);
        assert_eq!(kind("JC").mappings, [("gbt39046", "06")]);
        assert_eq!((kind("SP").mappings, kind("SP").valid_until), (&[][..], "2015-05-10"));
    }
}
