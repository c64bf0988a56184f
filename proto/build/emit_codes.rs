//! Writes templates, references and code lists as Rust constants.

use std::fmt::Write;

use super::codes::CodeList;
use super::emit::line;
use super::model::Reference;
use super::template::{MAX_SLOTS, Piece, Template};

/// The bound of the walk.
pub(crate) fn bound(out: &mut String) {
    line!(out, "\n/// The most fields that one template with its condition looks at.");
    line!(out, "pub(crate) const MAX_SLOTS: usize = {MAX_SLOTS};");
}

/// A template as an expression.
pub(crate) fn template(template: &Template) -> String {
    let pieces: Vec<_> = template
        .pieces
        .iter()
        .map(|piece| match piece {
            Piece::Literal(text) => format!("Piece::Literal({text:?})"),
            Piece::Field(slot, width) => format!("Piece::Field({slot}, {width})"),
        })
        .collect();
    let slots: Vec<_> = template
        .slots
        .iter()
        .map(|slot| format!("Slot {{ key: {}, holds: Holds::{} }}", slot.key, slot.holds))
        .collect();
    format!(
        "Template {{ text: {:?}, pieces: &[{}], slots: &[{}] }}",
        template.text,
        pieces.join(", "),
        slots.join(", ")
    )
}

/// A reference as an expression.
pub(crate) fn reference(reference: &Reference) -> String {
    format!(
        "Reference {{ dataset: {:?}, record: {}, field: {:?}, when: {:?} }}",
        reference.dataset,
        template(&reference.record),
        reference.field,
        reference.when
    )
}

/// The table of code lists.
pub(crate) fn code_lists(out: &mut String, lists: &[CodeList]) {
    line!(out, "\n/// All code lists, ascending by id and version.");
    line!(out, "pub(crate) static CODE_LISTS: &[CodeList] = &[");
    for list in lists {
        line!(out, "    CodeList {{");
        line!(out, "        id: {:?},", list.id);
        line!(out, "        version: {},", list.version);
        line!(out, "        title_zh: {:?},", list.title_zh);
        line!(out, "        title_en: {:?},", list.title_en);
        line!(out, "        source: {:?},", list.source);
        line!(out, "        message: {:?},", list.message);
        line!(out, "        entries: &[");
        for code in &list.entries {
            line!(out, "            Code {{");
            line!(out, "                number: {},", code.number);
            line!(out, "                name: {:?},", code.name);
            line!(out, "                code: {:?},", code.code);
            line!(out, "                title_zh: {:?},", code.title_zh);
            line!(out, "                title_en: {:?},", code.title_en);
            line!(out, "                mappings: &{:?},", code.mappings);
            line!(out, "                valid_from: {:?},", code.valid_from);
            line!(out, "                valid_until: {:?},", code.valid_until);
            line!(out, "            }},");
        }
        line!(out, "        ],\n    }},");
    }
    line!(out, "];");
}
