//! Bodies as JSON and back: protobuf's own mapping (ProtoJSON), pinned down where it leaves room.
//!
//! - Written are names in lowerCamelCase, in the order of field numbers; what holds its default is
//!   left out; codes by name; `int64` as text; no white space.
//! - Read are names in lowerCamelCase and as in the protobuf files, in any order; codes by name or
//!   number; numbers as numbers or text; `null` as if the field were absent.
//! - ProtoJSON has no place for what a reader does not know. A body with unknown fields, or a
//!   document with unknown names, is refused, unless the caller says that they may be dropped:
//!   whoever encodes the result again would have lost them without a word.
//! - The result of reading is not checked: that is the dataset's `check`.

mod strict;

use prost::Message as _;
use prost_reflect::{
    DeserializeOptions, DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, SerializeOptions,
    Value,
};
use serde_json::Value as Json;

use super::{Dataset, DictionaryError};

/// How much of a strange name an error shows, in characters.
const SHOWN: usize = 40;

/// What becomes of what this version of the standard does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// It is an error.
    Refuse,
    /// It is left out.
    Drop,
}

/// A body as JSON, on one line.
///
/// # Errors
/// If the bytes are not a body of the dataset, or have unknown fields that may not be dropped.
pub fn to_json(
    dataset: &Dataset,
    body: &[u8],
    unknown: Unknown,
) -> Result<String, DictionaryError> {
    let message = dataset.decode(body)?;
    if unknown == Unknown::Refuse {
        known(&message, "")?;
    }
    let mut out = Vec::new();
    let mut writer = serde_json::Serializer::new(&mut out);
    let options = SerializeOptions::new();
    // Neither writing to memory nor a decoded message can fail here.
    let written = message.serialize_with_options(&mut writer, &options);
    written.map_err(|_| DictionaryError::Descriptors(dataset.info.message.to_owned()))?;
    String::from_utf8(out).map_err(|error| DictionaryError::Descriptors(error.to_string()))
}

/// The body of a JSON document; it may still break rules.
///
/// # Errors
/// If the text is not JSON or does not fit the dataset: with the path of the field and what it
/// should be.
pub fn from_json(
    dataset: &Dataset,
    text: &str,
    unknown: Unknown,
) -> Result<Vec<u8>, DictionaryError> {
    let strict::Document(value) = serde_json::from_str(text).map_err(|error| syntax(&error))?;
    object(&dataset.descriptor, &value, "", unknown)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let options = DeserializeOptions::new().deny_unknown_fields(unknown == Unknown::Refuse);
    let read =
        DynamicMessage::deserialize_with_options(dataset.descriptor.clone(), &mut reader, &options);
    read.map(|message| message.encode_to_vec()).map_err(|error| syntax(&error))
}

/// Only the place: what is wrong there may quote a value.
fn syntax(error: &serde_json::Error) -> DictionaryError {
    if error.is_data() {
        let (line, column) = (error.line(), error.column());
        let place =
            format!("第 {line} 行第 {column} 列的名称 the name at line {line}, column {column}");
        return DictionaryError::Twice { place };
    }
    DictionaryError::Syntax { line: error.line(), column: error.column() }
}

fn known(message: &DynamicMessage, path: &str) -> Result<(), DictionaryError> {
    if let Some(field) = message.unknown_fields().next() {
        let place = place(path);
        return Err(DictionaryError::UnknownField { place, number: field.number() });
    }
    for (field, value) in message.fields() {
        let path = within(path, field.name());
        match value {
            Value::Message(inner) => known(inner, &path)?,
            Value::List(items) => {
                for (index, inner) in items.iter().filter_map(Value::as_message).enumerate() {
                    known(inner, &format!("{path}[{index}]"))?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The path of a message in a sentence.
fn place(path: &str) -> String {
    if path.is_empty() { "正文 body".to_owned() } else { path.to_owned() }
}

fn within(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// Holds a document against a message before it is read, so that errors have a path.
fn object(
    message: &MessageDescriptor,
    value: &Json,
    path: &str,
    unknown: Unknown,
) -> Result<(), DictionaryError> {
    let Json::Object(entries) = value else {
        return Err(mistyped(&place(path), "对象 {…}", "an object {…}"));
    };
    for (name, value) in entries {
        let by_json = message.get_field_by_json_name(name);
        let Some(field) = by_json.or_else(|| message.get_field_by_name(name)) else {
            if unknown == Unknown::Drop {
                continue;
            }
            let name = name.chars().take(SHOWN).collect();
            return Err(DictionaryError::UnknownName { place: place(path), name });
        };
        let path = within(path, field.name());
        let twin = if name == field.name() { field.json_name() } else { field.name() };
        if twin != name && entries.contains_key(twin) {
            return Err(DictionaryError::Twice { place: path });
        }
        match value {
            Json::Null => {}
            Json::Array(items) if field.is_list() => {
                for (index, item) in items.iter().enumerate() {
                    one(&field, item, &format!("{path}[{index}]"), unknown)?;
                }
            }
            _ if field.is_list() => return Err(mistyped(&path, "数组 […]", "a list […]")),
            value => one(&field, value, &path, unknown)?,
        }
    }
    Ok(())
}

fn one(
    field: &FieldDescriptor,
    value: &Json,
    path: &str,
    unknown: Unknown,
) -> Result<(), DictionaryError> {
    match (field.kind(), value) {
        (Kind::Message(inner), value) => object(&inner, value, path, unknown),
        (Kind::String, Json::String(_)) | (Kind::Bool, Json::Bool(_)) => Ok(()),
        (Kind::String, _) => Err(mistyped(path, "文本 \"…\"", "a text \"…\"")),
        (Kind::Bool, _) => Err(mistyped(path, "true 或 false", "true or false")),
        (Kind::Uint32, value) if number(value).is_some_and(|n| u32::try_from(n).is_ok()) => Ok(()),
        (Kind::Uint32, _) => {
            Err(mistyped(path, "0 至 4294967295 的整数", "an integer from 0 to 4294967295"))
        }
        (Kind::Int64, value) if number(value).is_some() => Ok(()),
        (Kind::Int64, _) => Err(mistyped(
            path,
            "64 位整数，写作文本，如 \"1290470400000000\"",
            "an integer of 64 bits as a text, as \"1290470400000000\"",
        )),
        (Kind::Enum(codes), Json::String(name)) if codes.get_value_by_name(name).is_some() => {
            Ok(())
        }
        (Kind::Enum(_), value @ Json::Number(_))
            if number(value).is_some_and(|n| i32::try_from(n).is_ok()) =>
        {
            Ok(())
        }
        (Kind::Enum(codes), _) => {
            let first = codes.values().find(|value| value.number() != 0);
            let first = first.map(|value| value.name().to_owned()).unwrap_or_default();
            let zh = format!("代码表中的标识，如 \"{first}\"");
            let en = format!("a name of the code list, as \"{first}\"");
            Err(mistyped(path, &zh, &en))
        }
        // The build lets no other types in.
        _ => Ok(()),
    }
}

fn number(value: &Json) -> Option<i64> {
    match value {
        Json::Number(number) => number.as_i64(),
        Json::String(text) => text.parse().ok(),
        _ => None,
    }
}

fn mistyped(place: &str, zh: &str, en: &str) -> DictionaryError {
    DictionaryError::Type { place: place.to_owned(), zh: zh.to_owned(), en: en.to_owned() }
}
