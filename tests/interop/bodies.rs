//! Bodies that keep or break every rule of every dataset, made out of the rules: the simplest body,
//! and for each of its fields what lies at a bound, beyond it, or has another form.

use prost::Message as _;
use prost_reflect::{DynamicMessage, ReflectMessage as _, Value};
use sanheyi_exchange_spec::dictionary::{Dataset, Field, Kind, sample};

/// A body, and what was done to it.
pub(crate) struct Body {
    /// For example `legal_basis[0].title: one too long`.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

/// What was done to a field, and what it holds then; nothing = it is absent.
type Change = (String, Option<Value>);

/// The bodies of a dataset: first the simplest, in which every field is set, then the empty one.
pub(crate) fn bodies(dataset: &Dataset) -> Vec<Body> {
    let simple = sample::every(dataset);
    let mut found = vec![
        Body { name: "the simplest".into(), bytes: simple.encode_to_vec() },
        Body { name: "empty".into(), bytes: Vec::new() },
    ];
    within(&dataset.fields, &simple, "", &|message| message, &mut found);
    found
}

/// Changes each field of a message in turn; `around` puts the message back where it stood.
fn within(
    fields: &[Field],
    message: &DynamicMessage,
    path: &str,
    around: &dyn Fn(DynamicMessage) -> DynamicMessage,
    found: &mut Vec<Body>,
) {
    for field in fields {
        let (name, path) = (field.name(), format!("{path}{}", field.name()));
        let Some(value) = message.get_field_by_name(name).map(|value| value.into_owned()) else {
            continue;
        };
        let put = |value: Option<Value>| {
            let mut changed = message.clone();
            match value {
                Some(value) => changed.set_field_by_name(name, value),
                None => changed.clear_field_by_name(name),
            }
            around(changed)
        };
        for (what, value) in changes(field, &value) {
            let bytes = put(value).encode_to_vec();
            found.push(Body { name: format!("{path}: {what}"), bytes });
        }
        match (&field.kind, value) {
            (Kind::Message(_), Value::Message(inner)) => {
                let around = |inner| put(Some(Value::Message(inner)));
                within(&field.fields, &inner, &format!("{path}."), &around, found);
            }
            (Kind::Message(_), Value::List(items)) => {
                let Some(Value::Message(inner)) = items.first() else { continue };
                let around = |inner| {
                    let mut items = items.clone();
                    items[0] = Value::Message(inner);
                    put(Some(Value::List(items)))
                };
                within(&field.fields, inner, &format!("{path}[0]."), &around, found);
            }
            _ => {}
        }
    }
}

fn changes(field: &Field, value: &Value) -> Vec<Change> {
    let mut changes = vec![("absent".to_owned(), None)];
    let Value::List(items) = value else {
        changes.extend(of_value(field, value));
        return changes;
    };
    let Some(item) = items.first() else { return changes };
    let many = |count: u64| {
        let count = usize::try_from(count).unwrap();
        Some(Value::List(vec![item.clone(); count]))
    };
    let rules = &field.rules;
    for count in around(rules.min_items).into_iter().chain(around(rules.max_items)) {
        changes.push((format!("{count} items"), many(count)));
    }
    for (what, value) in of_value(field, item) {
        let both = value.map(|value| Value::List(vec![item.clone(), value]));
        changes.push((format!("an item {what}"), both));
    }
    changes
}

fn of_value(field: &Field, value: &Value) -> Vec<Change> {
    let change = |what: &str, value| (what.to_owned(), Some(value));
    match (&field.kind, value) {
        (Kind::Text, Value::String(text)) => {
            let texts = texts(field, text).into_iter();
            texts.map(|(what, text)| change(what, Value::String(text))).collect()
        }
        (Kind::Bool, _) => [false, true].map(|is| change(&is.to_string(), Value::Bool(is))).into(),
        (Kind::Uint32, _) => {
            let numbers =
                numbers(field).into_iter().filter_map(|number| u32::try_from(number).ok());
            numbers.map(|number| change(&number.to_string(), Value::U32(number))).collect()
        }
        (Kind::Int64, _) => {
            let numbers = numbers(field).into_iter();
            numbers.map(|number| change(&number.to_string(), Value::I64(number))).collect()
        }
        (Kind::Code(_), _) => {
            let last = field.codes().and_then(|list| list.entries.last());
            let last = last.map_or(0, |one| i32::try_from(one.number).unwrap());
            let codes = [0, last, last + 1, -1, i32::MAX];
            codes.map(|code| change(&code.to_string(), Value::EnumNumber(code))).into()
        }
        (Kind::Message(_), Value::Message(inner)) => {
            let empty = DynamicMessage::new(inner.descriptor());
            vec![change("with nothing in it", Value::Message(empty))]
        }
        (kind, value) => panic!("{}: {kind:?} does not hold {value}", field.name()),
    }
}

/// A bound and its neighbours.
fn around(bound: Option<u64>) -> Vec<u64> {
    let near = |bound: u64| [bound.saturating_sub(1), bound, bound + 1];
    bound.map(near).into_iter().flatten().collect()
}

fn numbers(field: &Field) -> Vec<i64> {
    let bounds = [field.rules.low, field.rules.high].into_iter().flatten();
    let mut numbers: Vec<i64> = bounds.flat_map(|bound| [bound - 1, bound, bound + 1]).collect();
    numbers.extend([0, 1, -1, i64::from(u32::MAX), i64::MIN, i64::MAX]);
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// Texts of every length at a bound, of one, three and four bytes a character, and the text with
/// what a form does not want.
fn texts(field: &Field, text: &str) -> Vec<(&'static str, String)> {
    let mut texts = vec![
        ("empty", String::new()),
        ("in lower case", text.to_lowercase()),
        ("with a line end behind it", format!("{text}\n")),
        ("with a blank before it", format!(" {text}")),
        ("with a zero byte", format!("{text}\0")),
        ("without its first character", text.chars().skip(1).collect()),
        ("twice", text.repeat(2)),
        ("its digits foreign", text.replace(|c: char| c.is_ascii_digit(), "٣")),
        ("its digits wide", text.replace(|c: char| c.is_ascii_digit(), "９")),
        ("its digits nines", text.replace(|c: char| c.is_ascii_digit(), "9")),
    ];
    for (bound, letter) in [(field.rules.min_len, "字"), (field.rules.max_len, "𠀀")] {
        for length in around(bound) {
            let length = usize::try_from(length).unwrap();
            texts.push(("of a length at a bound", "a".repeat(length)));
            texts.push(("of wide letters, of a length at a bound", letter.repeat(length)));
        }
    }
    texts
}
