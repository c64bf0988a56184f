//! Writes the Rust text: labels, matchers, one function per message, and the tables.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::emit_codes;
use super::emit_field;
use super::model::{Field, Message, Sensitivity, Standard};
use super::pattern;
use super::rules::Kind;

/// Names of the functions of messages and patterns.
pub(crate) struct Names {
    /// Full name of a message to the stem of its function and labels.
    pub(crate) messages: BTreeMap<String, String>,
    /// Text of a pattern to its function.
    pub(crate) patterns: BTreeMap<String, String>,
}

/// The whole text.
pub(crate) fn emit(standard: &Standard) -> String {
    let names = names(standard);
    let mut out = String::new();
    patterns(&mut out, standard, &names);
    for (name, message) in &standard.messages {
        let stem = &names.messages[name];
        labels(&mut out, stem, message);
        function(&mut out, &names, stem, message);
    }
    table(&mut out, standard, &names);
    emit_codes::bound(&mut out);
    emit_codes::code_lists(&mut out, &standard.code_lists);
    imports(&out) + &out
}

/// Imports what the text uses of the crate.
fn imports(text: &str) -> String {
    let helpers = ["Cursor", "fail", "longer", "run", "shorter"];
    let mut used: Vec<_> =
        helpers.into_iter().filter(|name| text.contains(&format!("{name}("))).collect();
    used.extend(text.contains("Broken::").then_some("Broken"));
    used.extend(["Label", "Place", "Violations"]);
    let also = |name: &str, used: &'static str| if text.contains(name) { used } else { "" };
    format!(
        "use crate::check::{{{}}};\n\
         use crate::codes::{{{}CodeList}};\n\
         use crate::dataset::{{Author, Dataset, FieldInfo, Lane, Sensitivity}};\n\
         {}use crate::template::{{Holds, Piece, {}Slot, Template}};\n\
         use crate::wire::{{Malformed, Reader}};\n",
        used.join(", "),
        also(" Code {", "Code, "),
        also("forms::", "use crate::forms;\n"),
        also(" Reference {", "Reference, "),
    )
}

fn names(standard: &Standard) -> Names {
    let mut messages = BTreeMap::new();
    for name in standard.messages.keys() {
        messages.insert(name.clone(), name.to_lowercase().replace('.', "_"));
    }
    let mut patterns = BTreeMap::new();
    for field in standard.messages.values().flat_map(|message| &message.fields) {
        if let Some(pattern) = &field.rules.value.pattern {
            let next = format!("pattern_{}", patterns.len());
            patterns.entry(pattern.text.clone()).or_insert(next);
        }
    }
    Names { messages, patterns }
}

/// Adds a line; writing to a `String` cannot fail.
macro_rules! line {
    ($out:expr, $($text:tt)*) => {{ let _ = writeln!($out, $($text)*); }};
}
pub(crate) use line;

fn patterns(out: &mut String, standard: &Standard, names: &Names) {
    let mut bodies = BTreeMap::new();
    for field in standard.messages.values().flat_map(|message| &message.fields) {
        if let Some(pattern) = &field.rules.value.pattern {
            bodies.insert(&pattern.text, &pattern.parts);
        }
    }
    for (text, parts) in bodies {
        line!(out, "\n/// `{text}`");
        line!(out, "fn {}(text: &str) -> bool {{", names.patterns[text]);
        line!(out, "    let mut cursor = Cursor(text.as_bytes());");
        line!(out, "    {}\n}}", pattern::matcher(parts));
    }
}

fn labels(out: &mut String, stem: &str, message: &Message) {
    let count = message.fields.len();
    line!(out, "\nstatic {}: [Label; {count}] = [", stem.to_uppercase());
    for field in &message.fields {
        let open = field.sensitivity == Sensitivity::Public;
        line!(
            out,
            "    Label {{ name: {:?}, zh: {:?}, en: {:?}, open: {open}, \
             instant: {}, example: {:?} }},",
            field.name,
            field.title_zh,
            field.title_en,
            field.instant,
            field.rules.value.example
        );
    }
    line!(out, "];");
}

fn function(out: &mut String, names: &Names, stem: &str, message: &Message) {
    let fields: Vec<_> = message
        .fields
        .iter()
        .enumerate()
        .map(|(index, field)| {
            let label = format!("&{}[{index}]", stem.to_uppercase());
            emit_field::FieldText::of(field, message, names, stem, &label)
        })
        .collect();
    for field in &fields {
        out.push_str(&field.helper);
    }
    line!(out, "\nfn {stem}(");
    line!(out, "    reader: &mut Reader<'_>,");
    line!(out, "    place: &Place<'_>,");
    line!(out, "    out: &mut Violations,");
    line!(out, ") -> Result<(), Malformed> {{");
    for field in &fields {
        out.push_str(&field.state);
    }
    line!(out, "    while let Some(key) = reader.key()? {{");
    line!(out, "        match key {{");
    for field in &fields {
        out.push_str(&field.arms);
    }
    let numbers: Vec<_> = message.fields.iter().map(|field| i64::from(field.number)).collect();
    let known = match numbers.as_slice() {
        [] => "false".to_owned(),
        numbers => format!("matches!(key >> 3, {})", emit_field::ranges(numbers)),
    };
    line!(out, "            key => reader.other(key, {known})?,");
    line!(out, "        }}\n    }}");
    for field in &fields {
        out.push_str(&field.verdict);
    }
    line!(out, "    Ok(())\n}}");
}

fn table(out: &mut String, standard: &Standard, names: &Names) {
    for dataset in &standard.datasets {
        let stem = &names.messages[&dataset.message];
        line!(out, "\nfn check_{stem}(body: &[u8], out: &mut Violations) {{");
        line!(out, "    run(out, |out| {stem}(&mut Reader::new(body), &Place::BODY, out));");
        line!(out, "}}");
    }
    line!(out, "\n/// All datasets, ascending by name.");
    line!(out, "pub(crate) static DATASETS: &[Dataset] = &[");
    for dataset in &standard.datasets {
        line!(out, "    Dataset {{");
        line!(out, "        name: {:?},", dataset.name);
        line!(out, "        message: {:?},", dataset.message);
        line!(out, "        title_zh: {:?},", dataset.title_zh);
        line!(out, "        title_en: {:?},", dataset.title_en);
        line!(out, "        lane: Lane::{},", if dataset.urgent { "Urgent" } else { "Normal" });
        line!(out, "        lane_since: {},", dataset.lane_since);
        line!(out, "        source: {:?},", dataset.source);
        line!(out, "        record: {},", emit_codes::template(&dataset.record));
        line!(out, "        author: Author::{},", dataset.author);
        line!(out, "        references: &[");
        for reference in &dataset.references {
            line!(out, "            {},", emit_codes::reference(reference));
        }
        line!(out, "        ],\n        referable: {},", dataset.referable);
        match &dataset.addressee {
            Some(field) => line!(out, "        addressee: Some({}),", emit_codes::template(field)),
            None => line!(out, "        addressee: None,"),
        }
        line!(out, "        fields: &[");
        infos(out, standard, &dataset.message, "", Sensitivity::Public);
        line!(out, "        ],");
        line!(out, "        check: check_{},", names.messages[&dataset.message]);
        line!(out, "    }},");
    }
    line!(out, "];");
}

/// The fields of a message and of those within it, each at least as closed as what it lies in.
fn infos(out: &mut String, standard: &Standard, message: &str, prefix: &str, around: Sensitivity) {
    for field in &standard.messages[message].fields {
        let sensitivity = around.max(field.sensitivity);
        info(out, field, prefix, sensitivity);
        if let Kind::Message(inner) = &field.kind {
            let prefix = format!("{prefix}{}.", field.name);
            infos(out, standard, inner, &prefix, sensitivity);
        }
    }
}

fn info(out: &mut String, field: &Field, prefix: &str, sensitivity: Sensitivity) {
    line!(out, "            FieldInfo {{");
    line!(out, "                path: {:?},", format!("{prefix}{}", field.name));
    line!(out, "                number: {},", field.number);
    line!(out, "                title_zh: {:?},", field.title_zh);
    line!(out, "                title_en: {:?},", field.title_en);
    line!(out, "                sensitivity: Sensitivity::{sensitivity:?},");
    line!(out, "                source: {:?},", field.source);
    line!(out, "                code_list: {:?},", field.code_list);
    line!(out, "                form: {:?},", field.form);
    line!(out, "                not_before: {:?},", field.not_before);
    line!(out, "            }},");
}
