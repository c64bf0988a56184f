//! JSON Schema (2020-12) and OpenAPI 3.1 components of the bodies as [`json`](super::json) writes
//! them.
//!
//! A schema says what a schema can say: types, lengths, patterns, numbers, codes, what is
//! compulsory, and no names beyond those of the standard. What it cannot say stands in words and as
//! `x-sanheyi-*`: check characters (`x-sanheyi-form`), the order of instants
//! (`x-sanheyi-not-before`), who may see a field (`x-sanheyi-sensitivity`, of the field alone: the
//! stricter of a field and what it lies in binds), references and the record's name. A code list
//! that is data may gain codes any day: its codes stand beside the text (`x-sanheyi-values`), and
//! no text is refused for being none of them. `check` has the last word.

mod range;

use std::collections::BTreeMap;

use sanheyi_proto::forms::{BROKEN_DIGITS, WHOLE_DIGITS};

use super::document::Lang;
use super::model::{Dataset, Dictionary, Field, Kind};
use super::node::Node;
use super::words;
use crate::calendar::Date;
use crate::codes::CodeList;

/// The dialect of the schemas.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// Where a schema finds the others.
#[derive(Clone, Copy)]
enum Home {
    /// `$defs` of one document.
    Definitions,
    /// `components/schemas` of an OpenAPI document.
    Components,
}

impl Home {
    fn pointer(self, name: &str) -> Node {
        let folder = match self {
            Home::Definitions => "#/$defs/",
            Home::Components => "#/components/schemas/",
        };
        Node::object([("$ref", format!("{folder}{name}").into())])
    }
}

/// All datasets as definitions of one JSON Schema document, by name; where a dataset is given, the
/// document is the schema of its bodies.
pub fn json_schema(dictionary: &Dictionary, of: Option<&Dataset>) -> String {
    let mut document = Node::object([
        ("$schema", DIALECT.into()),
        ("$id", format!("urn:sanheyi:standard:{}", sanheyi_proto::STANDARD).into()),
        ("title", "三合一平台统一接口标准".into()),
        ("description", "Sanheyi unified interface standard: bodies in canonical JSON".into()),
    ]);
    if let Some(dataset) = of {
        document = document.with("$ref", format!("#/$defs/{}", dataset.info.name));
    }
    document.with("$defs", definitions(dictionary, of, Home::Definitions)).pretty()
}

/// All datasets as components of an OpenAPI 3.1 document without paths, or one of them with what it
/// needs.
pub fn openapi(dictionary: &Dictionary, of: Option<&Dataset>) -> String {
    let version = format!("{}", sanheyi_proto::STANDARD);
    Node::object([
        ("openapi", "3.1.0".into()),
        (
            "info",
            Node::object([
                ("title", "三合一平台统一接口标准".into()),
                ("summary", "Sanheyi unified interface standard: bodies in canonical JSON".into()),
                ("version", version.into()),
            ]),
        ),
        ("jsonSchemaDialect", DIALECT.into()),
        ("paths", Node::object([])),
        ("components", Node::object([("schemas", definitions(dictionary, of, Home::Components))])),
    ])
    .pretty()
}

fn definitions(dictionary: &Dictionary, of: Option<&Dataset>, home: Home) -> Node {
    let mut found: BTreeMap<String, Node> = BTreeMap::new();
    let wanted = |dataset: &&Dataset| of.is_none_or(|of| of.info.name == dataset.info.name);
    for dataset in dictionary.datasets.iter().filter(wanted) {
        found.insert(dataset.info.name.to_owned(), body(dataset, home));
        for field in dataset.walk() {
            if let Kind::Message(name) = &field.kind {
                found.entry(short(name)).or_insert_with(|| object(&field.fields, home));
            }
            if let Some(list) = field.codes() {
                found.entry(list_name(list)).or_insert_with(|| code_list(list));
            }
        }
    }
    Node::Object(found.into_iter().collect())
}

/// The name of a message or enumeration without its package.
fn short(name: &str) -> String {
    name.rsplit('.').next().unwrap_or(name).to_owned()
}

/// The name of a code list among the schemas: that of its enumeration, or `region-1`.
fn list_name(list: &CodeList) -> String {
    let data = || format!("{}-{}", list.id, list.version);
    list.enumeration().map_or_else(data, |known| short(known.message))
}

fn body(dataset: &Dataset, home: Home) -> Node {
    let info = dataset.info;
    let references = dataset.references.iter().map(|reference| {
        Node::object([
            ("dataset", reference.dataset.as_str().into()),
            ("record", reference.record.as_str().into()),
        ])
        .with_text("field", &reference.field)
        .with_text("when", &reference.when)
    });
    let mut schema = Node::object([
        ("title", info.title_zh.into()),
        ("description", info.title_en.into()),
        ("x-sanheyi-dataset", info.name.into()),
    ])
    .with_text("x-sanheyi-record", info.record.text)
    .with("x-sanheyi-author", words::author(info.author, Lang::En));
    if !dataset.references.is_empty() {
        schema = schema.with("x-sanheyi-references", references.collect::<Node>());
    }
    schema = schema.with_text("x-sanheyi-source", info.source);
    with_all(schema, object(&dataset.fields, home))
}

/// An object with the entries of another one behind its own.
fn with_all(schema: Node, more: Node) -> Node {
    match (schema, more) {
        (Node::Object(mut head), Node::Object(tail)) => {
            head.extend(tail);
            Node::Object(head)
        }
        (schema, _) => schema,
    }
}

fn object(fields: &[Field], home: Home) -> Node {
    let properties =
        fields.iter().map(|one| (one.json_name().to_owned(), field(one, home))).collect();
    let required: Vec<Node> = fields
        .iter()
        .filter(|field| field.required)
        .map(|field| field.json_name().into())
        .collect();
    let mut schema =
        Node::object([("type", "object".into()), ("properties", Node::Object(properties))]);
    if !required.is_empty() {
        schema = schema.with("required", required);
    }
    schema.with("additionalProperties", false)
}

fn field(field: &Field, home: Home) -> Node {
    let value = eased(field, value(field, home));
    let mut schema = if field.list {
        let mut list = Node::object([("type", "array".into()), ("items", value)]);
        if let Some(least) = field.rules.min_items {
            list = list.with("minItems", size(least));
        }
        if let Some(most) = field.rules.max_items {
            list = list.with("maxItems", size(most));
        }
        list
    } else {
        value
    };
    let bounds = words::bounds(field, Lang::En).join("; ");
    schema = schema
        .with("title", field.info.title_zh)
        .with("description", format!("{}: {bounds}", field.info.title_en));
    if !field.rules.example.is_empty() && !field.list {
        schema = schema.with("examples", vec![field.rules.example.as_str().into()]);
    }
    schema
        .with("x-sanheyi-number", i64::from(field.number))
        .with("x-sanheyi-sensitivity", words::sensitivity(field.declared, Lang::En))
        .with_text("x-sanheyi-form", field.info.form)
        .with_text("x-sanheyi-not-before", field.info.not_before)
        .with_text("x-sanheyi-code-list", field.info.code_list)
        .with_text("x-sanheyi-source", field.info.source)
}

/// The schema of a value, or the default, where the rules pass over the default and JSON may show
/// it.
fn eased(field: &Field, value: Node) -> Node {
    let default: Node = match &field.kind {
        _ if !field.rules.ignore_zero => return value,
        Kind::Text => "".into(),
        Kind::Uint32 => 0.into(),
        Kind::Int64 => "0".into(),
        Kind::Bool | Kind::Code(_) | Kind::Message(_) => return value,
    };
    Node::object([("anyOf", vec![Node::object([("const", default)]), value].into())])
}

fn value(field: &Field, home: Home) -> Node {
    let rules = &field.rules;
    match &field.kind {
        Kind::Text => match field.codes() {
            Some(list) => with_all(text(field), home.pointer(&list_name(list))),
            None => text(field),
        },
        Kind::Bool => Node::object([("type", "boolean".into())]),
        Kind::Uint32 => Node::object([
            ("type", "integer".into()),
            ("minimum", rules.low.unwrap_or_default().max(0).into()),
            ("maximum", rules.high.unwrap_or(i64::from(u32::MAX)).into()),
        ]),
        Kind::Int64 => {
            let (low, high) = (rules.low.unwrap_or(i64::MIN), rules.high.unwrap_or(i64::MAX));
            Node::object([("type", "string".into()), ("pattern", range::pattern(low, high).into())])
                .with("x-sanheyi-minimum", low.to_string())
                .with("x-sanheyi-maximum", high.to_string())
                .with("x-sanheyi-instant", field.instant)
        }
        Kind::Code(name) => code(field, home.pointer(&short(name))),
        Kind::Message(name) => home.pointer(&short(name)),
    }
}

fn text(field: &Field) -> Node {
    let rules = &field.rules;
    let mut schema = Node::object([("type", "string".into())]);
    if let Some(least) = rules.min_len {
        schema = schema.with("minLength", size(least));
    }
    if let Some(most) = rules.max_len {
        schema = schema.with("maxLength", size(most));
    }
    let form = form(field.info.form);
    match (rules.pattern.as_str(), form.as_str()) {
        (pattern, "") | ("", pattern) => schema.with_text("pattern", pattern),
        (pattern, form) => {
            let both = [pattern, form].map(|one| Node::object([("pattern", one.into())]));
            schema.with("allOf", both.into_iter().collect::<Node>())
        }
    }
}

/// What a pattern can say of a form: its characters, without the check. Empty of a form that is not
/// told here.
fn form(name: &str) -> String {
    let text = match name {
        "credit_code" => "[0-9A-HJ-NPQRTUWXY]{18}",
        "organisation_code" => "[0-9A-Z]{8}[0-9X]",
        "citizen_number" => "[0-9]{15}|[0-9]{17}[0-9X]",
        "registration_number" => "[0-9]{15}",
        "date" => "((19|20)[0-9]{2}|2100)-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])",
        "decimal" => {
            let (more, broken) = (WHOLE_DIGITS - 1, BROKEN_DIGITS);
            return format!("^((0|[1-9][0-9]{{0,{more}}})(\\.[0-9]{{1,{broken}}})?)?$");
        }
        _ => return String::new(),
    };
    // The empty text passes every form.
    format!("^({text})?$")
}

/// A code by name: those of the list without what the field bars; the number 0 where it may be
/// written out, and any number where the list is open.
fn code(field: &Field, list: Node) -> Node {
    let rules = &field.rules;
    let Some(codes) = field.codes() else { return list };
    let mut ways = vec![list];
    if !rules.not_in.contains(&0) {
        ways.push(Node::object([("const", zero(field).into())]));
    }
    if !rules.defined_only {
        ways.push(Node::object([("type", "integer".into())]));
    }
    let mut schema = match <[Node; 1]>::try_from(ways) {
        Ok([only]) => only,
        Err(ways) => Node::object([("anyOf", ways.into())]),
    };
    let barred: Vec<Node> = rules
        .not_in
        .iter()
        .filter_map(|number| codes.identifier(codes.numbered(*number)?).map(Node::from))
        .collect();
    if !barred.is_empty() {
        schema = schema.with("not", Node::object([("enum", barred.into())]));
    }
    schema
}

/// The name of the number 0.
fn zero(field: &Field) -> String {
    let prost_reflect::Kind::Enum(codes) = field.descriptor.kind() else { return String::new() };
    codes.get_value(0).map(|zero| zero.name().to_owned()).unwrap_or_default()
}

fn code_list(list: &CodeList) -> Node {
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let values = list.entries.iter().map(|entry| {
        let shown = match list.identifier(entry) {
            Some(name) => Node::object([
                ("name", name.into()),
                ("number", i64::from(entry.number).into()),
                ("code", (&*entry.code).into()),
            ]),
            None => Node::object([("code", (&*entry.code).into())]),
        };
        let shown = shown
            .with("title", &*entry.title_zh)
            .with("description", &*entry.title_en)
            .with_text("parent", entry.parent.as_deref().unwrap_or_default())
            .with_text("validFrom", &day(entry.valid_from))
            .with_text("validUntil", &day(entry.valid_until));
        let mappings = entry.mappings.iter();
        let mappings: Vec<_> =
            mappings.map(|(scheme, code)| (scheme.to_string(), (&**code).into())).collect();
        if mappings.is_empty() { shown } else { shown.with("mappings", Node::Object(mappings)) }
    });
    let mut schema = Node::object([("type", "string".into())]);
    if list.enumeration().is_some() {
        let names = list.entries.iter().filter_map(|entry| list.identifier(entry));
        schema = schema.with("enum", names.collect::<Node>());
    }
    schema
        .with("title", &*list.title_zh)
        .with("description", &*list.title_en)
        .with("x-sanheyi-code-list", list.name())
        .with_text("x-sanheyi-source", &list.source)
        .with("x-sanheyi-values", values.collect::<Node>())
}

/// A length; the build refuses those beyond 32 bits.
fn size(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
