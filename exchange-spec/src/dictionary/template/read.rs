//! Rows into bodies.

use std::collections::BTreeMap;

use prost::Message as _;
use prost_reflect::{DynamicMessage, ReflectMessage as _, Value};

use super::{Column, HEADINGS, Rows, Sheet, Template, cell, inner};
use crate::dictionary::DictionaryError;

/// What has been read of one sheet.
struct Found {
    /// The number that a row gives itself, and its place among the values.
    numbers: BTreeMap<String, usize>,
    /// The number of the row that it belongs to, and what it holds.
    values: Vec<(String, Value)>,
}

pub(super) fn bodies(
    template: &Template<'_>,
    tables: &[Rows],
) -> Result<Vec<Vec<u8>>, DictionaryError> {
    let mut read: Vec<Found> = Vec::new();
    for (at, sheet) in template.sheets.iter().enumerate() {
        let rows = tables.get(at).map(Vec::as_slice).unwrap_or_default();
        read.push(self::sheet(template, sheet, rows)?);
    }
    // From the innermost lists outwards, so that what is put into its place is whole.
    for (at, sheet) in template.sheets.iter().enumerate().rev() {
        let Some(list) = sheet.field else { continue };
        let values = read.get_mut(at).map(|found| std::mem::take(&mut found.values));
        let above = template.sheets.iter().position(|other| other.path == sheet.above);
        let Some(target) = above.and_then(|above| read.get_mut(above)) else { continue };
        for (index, (parent, value)) in values.unwrap_or_default().into_iter().enumerate() {
            let place = target.numbers.get(&parent).copied();
            let place = place.and_then(|place| target.values.get_mut(place));
            let Some((_, Value::Message(message))) = place else {
                let zh = format!("“{}”表中的序号", title(template, sheet.above));
                let en = format!("a number of a row of sheet {}", shown(sheet.above));
                return Err(wrong(sheet, index, super::PARENT, zh, en));
            };
            append(message, inner(sheet.above, list), value);
        }
    }
    let first = read.into_iter().next().map(|found| found.values).unwrap_or_default();
    Ok(first
        .into_iter()
        .filter_map(|(_, value)| value.as_message().map(DynamicMessage::encode_to_vec))
        .collect())
}

fn title<'a>(template: &'a Template<'_>, path: &str) -> &'a str {
    let sheet = template.sheets.iter().find(|sheet| sheet.path == path);
    sheet.map(|sheet| sheet.title_zh).unwrap_or_default()
}

fn shown(path: &str) -> &str {
    if path.is_empty() { "body" } else { path }
}

fn sheet(
    template: &Template<'_>,
    sheet: &Sheet<'_>,
    rows: &[Vec<String>],
) -> Result<Found, DictionaryError> {
    let mut found = Found { numbers: BTreeMap::new(), values: Vec::new() };
    for (index, row) in rows.iter().enumerate() {
        if row.iter().all(|cell| cell.trim().is_empty()) {
            continue;
        }
        let (mut own, mut parent) = (String::new(), String::new());
        let mut value = start(template, sheet);
        for (column, cell) in sheet.columns.iter().zip(row) {
            match column {
                Column::Own => own = cell.trim().to_owned(),
                Column::Parent => parent = cell.trim().to_owned(),
                Column::Value { .. } if cell.is_empty() => {}
                Column::Value { field, .. } => {
                    let read = cell::read(field, cell);
                    let read =
                        read.map_err(|(zh, en)| wrong(sheet, index, field.info.path, zh, en))?;
                    match &mut value {
                        Value::Message(message) => set(message, inner(sheet.path, field), read),
                        item => *item = read,
                    }
                }
            }
        }
        let place = found.values.len();
        if found.numbers.insert(own, place).is_some() {
            let (zh, en) = ("本表内不重复的序号", "a number that no other row has");
            return Err(wrong(sheet, index, super::OWN, zh.to_owned(), en.to_owned()));
        }
        found.values.push((parent, value));
    }
    Ok(found)
}

/// What a row is filled into: a message, or an item of its own.
fn start(template: &Template<'_>, sheet: &Sheet<'_>) -> Value {
    match sheet.field {
        None => Value::Message(template.dataset.empty()),
        Some(list) => Value::default_value(&list.descriptor.kind()),
    }
}

fn wrong(sheet: &Sheet<'_>, index: usize, path: &str, zh: String, en: String) -> DictionaryError {
    DictionaryError::Cell {
        sheet: shown(sheet.path).to_owned(),
        row: index + HEADINGS + 1,
        path: path.to_owned(),
        zh,
        en,
    }
}

/// The value at a path, made where it is absent, as are the messages on the way.
fn at<'a>(message: &'a mut DynamicMessage, path: &str) -> Option<&'a mut Value> {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let field = message.descriptor().get_field_by_name(name)?;
    let value = message.get_field_mut(&field);
    match rest {
        None => Some(value),
        Some(rest) => at(value.as_message_mut()?, rest),
    }
}

fn set(message: &mut DynamicMessage, path: &str, read: Value) {
    if let Some(value) = at(message, path) {
        *value = read;
    }
}

fn append(message: &mut DynamicMessage, path: &str, item: Value) {
    if let Some(Value::List(items)) = at(message, path) {
        items.push(item);
    }
}
