//! Bodies into rows.

use prost_reflect::{DynamicMessage, Value};

use super::{Column, Rows, Sheet, Template, cell, inner};
use crate::dictionary::model::Field;

/// A message whose columns are to be written, with the number of its row.
struct Held<'a> {
    number: usize,
    message: &'a DynamicMessage,
}

pub(super) fn rows(template: &Template<'_>, bodies: &[DynamicMessage]) -> Vec<Rows> {
    let numbered = bodies.iter().enumerate();
    let held: Vec<Held<'_>> =
        numbered.map(|(at, message)| Held { number: at + 1, message }).collect();
    // What each sheet's rows are made of, by the path of the sheet.
    let mut by_path = vec![("", held)];
    let mut tables = Vec::new();
    for sheet in &template.sheets {
        let Some(field) = sheet.field else {
            let first = by_path.first().map(|(_, held)| held.as_slice()).unwrap_or_default();
            let each =
                first.iter().map(|held| row(sheet, 0, held.number, Some(held.message), None));
            tables.push(each.collect());
            continue;
        };
        let above = by_path.iter().find(|(path, _)| *path == sheet.above);
        let above = above.map(|(_, held)| held.as_slice()).unwrap_or_default();
        let mut table = Rows::new();
        let mut inner = Vec::new();
        for parent in above {
            for item in items(parent.message, sheet.above, field) {
                let number = table.len() + 1;
                let message = item.as_message();
                table.push(row(sheet, parent.number, number, message, Some(item)));
                inner.extend(message.map(|message| Held { number, message }));
            }
        }
        tables.push(table);
        by_path.push((sheet.path, inner));
    }
    tables
}

/// The items of a list somewhere below a message, whose own path is given.
fn items<'a>(message: &'a DynamicMessage, path: &str, field: &Field) -> &'a [Value] {
    found(message, inner(path, field)).and_then(Value::as_list).unwrap_or_default()
}

/// The value at a path of messages, where it is set.
fn found<'a>(message: &'a DynamicMessage, path: &str) -> Option<&'a Value> {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    let mut set = message.fields();
    let (_, value) = set.find(|(field, _)| field.name() == name)?;
    match rest {
        None => Some(value),
        Some(rest) => found(value.as_message()?, rest),
    }
}

fn row(
    sheet: &Sheet<'_>,
    parent: usize,
    own: usize,
    message: Option<&DynamicMessage>,
    item: Option<&Value>,
) -> Vec<String> {
    let cells = sheet.columns.iter().map(|column| match (column, message) {
        (Column::Own, _) => own.to_string(),
        (Column::Parent, _) => parent.to_string(),
        (Column::Value { field, .. }, Some(message)) => {
            let value = found(message, inner(sheet.path, field));
            value.map(|value| cell::shown(field, value)).unwrap_or_default()
        }
        (Column::Value { field, .. }, None) => {
            item.map(|value| cell::shown(field, value)).unwrap_or_default()
        }
    });
    cells.collect()
}
