//! The datasets as data: names, titles, who may see what, and the check of each.

use crate::check::Violations;
use crate::generated::DATASETS;
use crate::template::{Reference, Template};

/// How soon the entries of a dataset travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Ahead of everything else.
    Urgent,
    /// In the order of the journal.
    Normal,
}

/// Who may see a field; the order is from open to closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sensitivity {
    /// Anybody.
    Public,
    /// Platforms and their departments.
    Internal,
    /// Only those who handle the case; never in logs, exports, error texts or record ids.
    Personal,
}

/// Who may write the records of a dataset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Author {
    /// Platforms, each its own records.
    Platform,
    /// The hub, for all.
    Hub,
    /// Either.
    Both,
}

/// A field of a dataset, with the fields of its nested messages in their place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldInfo {
    /// Path from the body, without positions in lists: `applicant.name`, `legal_basis.title`.
    pub path: &'static str,
    /// Its number in its message.
    pub number: u32,
    /// Name as a Chinese reader says it.
    pub title_zh: &'static str,
    /// Name as an English reader says it.
    pub title_en: &'static str,
    /// Who may see it, taken together with the messages around it: the strictest of them binds.
    pub sensitivity: Sensitivity,
    /// The law, standard or clause that the field or its rule follows; empty where the dataset's
    /// own says enough.
    pub source: &'static str,
    /// Id and version of the code list whose codes it holds, for example `step_status/1`; else
    /// empty. Of an enumeration it is found by [`code_list`](crate::code_list); the list of a text
    /// is data of the dataset `codes.code_list`.
    pub code_list: &'static str,
    /// Name of the form in [`forms::FORMS`](crate::forms::FORMS) that its text has, for example
    /// `credit_code`; else empty.
    pub form: &'static str,
    /// Name of the field beside it, an instant that must not be later than this one; else empty.
    pub not_before: &'static str,
}

/// A dataset of the standard.
#[derive(Clone, Copy, Debug)]
pub struct Dataset {
    /// Name on the wire, for example `case.step`.
    pub name: &'static str,
    /// Full name of the protobuf message of its bodies.
    pub message: &'static str,
    /// Name as a Chinese reader says it.
    pub title_zh: &'static str,
    /// Name as an English reader says it.
    pub title_en: &'static str,
    /// How soon its entries travel.
    pub lane: Lane,
    /// Version of the standard from which they do so; what was written by an earlier one stands on
    /// the normal lane.
    pub lane_since: u32,
    /// The law, standard or clause that it follows.
    pub source: &'static str,
    /// How its records are named.
    pub record: Template,
    /// Who may write them.
    pub author: Author,
    /// The records that they lean on: the same platform must have reported them.
    pub references: &'static [Reference],
    /// Whether any dataset leans on this one.
    pub referable: bool,
    /// Names the platform that an entry is for, out of its body; it does so of no body where that
    /// field is empty.
    pub addressee: Option<Template>,
    /// Its fields in the order of the message, nested ones directly after the field that holds
    /// them.
    pub fields: &'static [FieldInfo],
    /// Checks the bytes of a body field by field and adds what it finds. Bytes that are not
    /// protobuf give exactly one violation, of rule `wire`. Works in one pass and without
    /// allocation as long as nothing is found.
    pub check: fn(&[u8], &mut Violations),
}

// === impl Dataset ===

impl Dataset {
    /// The lane of an entry that was written by that version of the standard.
    #[must_use]
    pub fn lane_by(&self, standard: u32) -> Lane {
        if standard < self.lane_since { Lane::Normal } else { self.lane }
    }
}

/// All datasets of this version of the standard, ascending by name.
#[must_use]
pub fn datasets() -> &'static [Dataset] {
    DATASETS
}

/// The dataset of that name, or nothing: a reader of an older version may meet names that it does
/// not know.
#[must_use]
pub fn dataset(name: &str) -> Option<&'static Dataset> {
    let found = DATASETS.binary_search_by(|dataset| dataset.name.cmp(name)).ok()?;
    DATASETS.get(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn datasets_are_sorted_and_found_by_name() {
        let names: Vec<_> = datasets().iter().map(|dataset| dataset.name).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
        assert!(names.contains(&"case.step"));
        for name in names {
            assert_eq!(dataset(name).expect("listed").name, name);
        }
        assert!(dataset("case").is_none());
    }

    #[test]
    fn sensitivity_covers_what_lies_within() {
        let case = dataset("case.case").expect("listed");
        let field = |path| case.fields.iter().find(|field| field.path == path).expect(path);
        assert_eq!(field("applicant.name").sensitivity, Sensitivity::Personal);
        assert_eq!(field("applicant.type").sensitivity, Sensitivity::Internal);
        assert_eq!(field("promise.unit").code_list, "limit_unit/1");
        assert_eq!(field("title").title_zh, "办件标题");
    }

    #[test]
    fn references_lead_to_datasets_that_know_it() {
        for from in datasets() {
            for reference in from.references {
                assert!(dataset(reference.dataset).expect("a dataset").referable);
                let field = from.fields.iter().find(|field| field.path == reference.field);
                assert!(field.is_some(), "{}: {}", from.name, reference.field);
            }
        }
        assert!(dataset("catalogue.power_item").expect("listed").referable);
        assert_eq!(dataset("case.case").expect("listed").author, Author::Platform);
    }
}
