//! Public projection (公开投影) and masks (脱敏).
//!
//! A field is as closed as itself and everything that it lies in, whichever is stricter. What this
//! version of the standard does not know is never shown: it may be personal.

use prost::Message as _;
use prost_reflect::{DynamicMessage, Value};
use sanheyi_proto::Sensitivity;

use super::json::{self, Unknown};
use super::model::{Field, Kind};
use super::{Dataset, DictionaryError};

/// Most characters that a mask stands for one by one; a longer text does not show its length.
pub const MASK_CHARACTERS: usize = 18;
/// A number shows its end only from this many characters on.
pub const MASK_SHORTEST_NUMBER: usize = 8;
/// How many characters of a number's end are shown.
pub const MASK_NUMBER_SHOWN: usize = 4;

/// A body that has the public fields of this one and nothing else. It need not keep the rules of
/// the dataset, because compulsory fields may be closed.
///
/// # Errors
/// If the bytes are not a body of the dataset.
pub fn project(dataset: &Dataset, body: &[u8]) -> Result<Vec<u8>, DictionaryError> {
    let message = dataset.decode(body)?;
    Ok(public(&dataset.fields, message).encode_to_vec())
}

/// The public fields of a body as JSON.
///
/// # Errors
/// If the bytes are not a body of the dataset.
pub fn project_json(dataset: &Dataset, body: &[u8]) -> Result<String, DictionaryError> {
    json::to_json(dataset, &project(dataset, body)?, Unknown::Refuse)
}

/// A body for readers inside, who may see internal fields: of personal ones only so much is left
/// that a person who knows the value recognises it. A number keeps its last four characters, any
/// other text its first; personal numbers, codes and answers are left out. It need not keep the
/// rules of the dataset.
///
/// # Errors
/// If the bytes are not a body of the dataset.
pub fn masked(dataset: &Dataset, body: &[u8]) -> Result<Vec<u8>, DictionaryError> {
    let message = dataset.decode(body)?;
    Ok(hidden(&dataset.fields, message).encode_to_vec())
}

fn public(fields: &[Field], mut message: DynamicMessage) -> DynamicMessage {
    let mut out = DynamicMessage::new(prost_reflect::ReflectMessage::descriptor(&message));
    for field in fields.iter().filter(|field| field.info.sensitivity == Sensitivity::Public) {
        if let Some(value) = taken(field, &mut message) {
            out.set_field(&field.descriptor, inside(value, |inner| public(&field.fields, inner)));
        }
    }
    out
}

fn hidden(fields: &[Field], mut message: DynamicMessage) -> DynamicMessage {
    let mut out = DynamicMessage::new(prost_reflect::ReflectMessage::descriptor(&message));
    for field in fields {
        let personal = field.info.sensitivity == Sensitivity::Personal;
        let Some(value) = taken(field, &mut message) else { continue };
        let shown = match (&field.kind, personal) {
            (Kind::Message(_), _) => inside(value, |inner| hidden(&field.fields, inner)),
            (_, false) => value,
            (Kind::Text, true) => texts(value),
            (_, true) => continue,
        };
        out.set_field(&field.descriptor, shown);
    }
    out
}

/// The value of a field that is set.
fn taken(field: &Field, message: &mut DynamicMessage) -> Option<Value> {
    let set = message.has_field(&field.descriptor);
    set.then(|| message.take_field(&field.descriptor)).flatten()
}

fn inside(value: Value, each: impl Fn(DynamicMessage) -> DynamicMessage + Copy) -> Value {
    match value {
        Value::Message(inner) => Value::Message(each(inner)),
        Value::List(items) => {
            Value::List(items.into_iter().map(|item| inside(item, each)).collect())
        }
        value => value,
    }
}

fn texts(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(mask(&text)),
        Value::List(items) => Value::List(items.into_iter().map(texts).collect()),
        value => value,
    }
}

/// A personal text of which little is left: `王建国` is `王**`, `320421197503120024` is
/// `**************0024`.
pub fn mask(text: &str) -> String {
    let all = text.chars().count();
    let marks = |count: usize| "*".repeat(count.min(MASK_CHARACTERS));
    let digits = text.chars().filter(char::is_ascii_digit).count();
    if digits * 2 >= all && text.is_ascii() {
        if all < MASK_SHORTEST_NUMBER {
            return marks(all);
        }
        let hidden = all - MASK_NUMBER_SHOWN;
        return marks(hidden) + &text.chars().skip(hidden).collect::<String>();
    }
    match text.chars().next() {
        Some(first) if all > 1 => format!("{first}{}", marks(all - 1)),
        _ => marks(all),
    }
}
