//! One cell: a value as people write it, and back.

use prost_reflect::Value;

use crate::codes::Entry;
use crate::dictionary::instant;
use crate::dictionary::model::{Field, Kind};

/// What a cell should hold, in Chinese and English.
pub(in crate::dictionary) type Wanted = (String, String);

/// A cell that says yes.
pub const YES: &str = "是";
/// A cell that says no.
pub const NO: &str = "否";

/// A value in a cell.
pub(super) fn shown(field: &Field, value: &Value) -> String {
    match value {
        Value::String(text) => {
            let list = field.codes();
            let label = list.and_then(|list| list.entry(text).map(|entry| list.label(entry)));
            label.unwrap_or_else(|| text.clone())
        }
        Value::Bool(yes) => if *yes { YES } else { NO }.to_owned(),
        Value::U32(number) => number.to_string(),
        Value::I64(micros) if field.instant => instant::beijing(*micros),
        Value::I64(number) => number.to_string(),
        Value::EnumNumber(number) => {
            let list = field.codes();
            let label = list.and_then(|list| list.numbered(*number).map(|entry| list.label(entry)));
            label.unwrap_or_else(|| number.to_string())
        }
        _ => String::new(),
    }
}

/// Reads a cell that is not empty.
pub(in crate::dictionary) fn read(field: &Field, cell: &str) -> Result<Value, Wanted> {
    let wanted = |zh: &str, en: &str| (zh.to_owned(), en.to_owned());
    match &field.kind {
        Kind::Text => Ok(Value::String(text(field, cell))),
        Kind::Bool => match cell.trim() {
            YES | "true" | "TRUE" | "1" => Ok(Value::Bool(true)),
            NO | "false" | "FALSE" | "0" => Ok(Value::Bool(false)),
            _ => Err(wanted("“是”或“否”", "是 (yes) or 否 (no)")),
        },
        Kind::Uint32 => cell
            .trim()
            .parse()
            .map(Value::U32)
            .map_err(|_| wanted("0 至 4294967295 的整数", "an integer from 0 to 4294967295")),
        Kind::Int64 if field.instant => {
            instant::read_beijing(cell).map(Value::I64).ok_or_else(|| {
                wanted(
                    "北京时间，如 2010-11-23 08:00:00",
                    "a time in Beijing, as 2010-11-23 08:00:00",
                )
            })
        }
        Kind::Int64 => cell
            .trim()
            .parse()
            .map(Value::I64)
            .map_err(|_| wanted("64 位整数", "an integer of 64 bits")),
        Kind::Code(_) => code(field, cell.trim())
            .map(Value::EnumNumber)
            .ok_or_else(|| wanted("代码表中的名称", "a title of the code list")),
        Kind::Message(_) => Err(wanted("空", "empty")),
    }
}

/// A text as it is; where the field holds codes of a list, the code of what is a label.
fn text(field: &Field, cell: &str) -> String {
    let label = cell.trim();
    let found =
        field.codes().and_then(|list| list.entries.iter().find(|entry| list.label(entry) == label));
    found.map_or(cell, |entry| &entry.code).to_owned()
}

/// A code by its label, its code, its name or its number, tried in this order.
fn code(field: &Field, cell: &str) -> Option<i32> {
    let list = field.codes()?;
    let found = |is: &dyn Fn(&Entry) -> bool| list.entries.iter().find(|entry| is(entry));
    let entry = found(&|entry| list.label(entry) == cell)
        .or_else(|| list.entry(cell))
        .or_else(|| found(&|entry| list.identifier(entry) == Some(cell)))
        .or_else(|| found(&|entry| entry.number.to_string() == cell))?;
    i32::try_from(entry.number).ok()
}
