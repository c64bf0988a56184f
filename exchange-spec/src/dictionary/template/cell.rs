//! One cell: a value as people write it, and back.

use prost_reflect::Value;

use crate::dictionary::instant;
use crate::dictionary::model::{Field, Kind};
use crate::dictionary::words;

/// What a cell should hold, in Chinese and English.
pub(super) type Wanted = (String, String);

const YES: &str = "是";
const NO: &str = "否";

/// A value in a cell.
pub(super) fn shown(field: &Field, value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Bool(yes) => if *yes { YES } else { NO }.to_owned(),
        Value::U32(number) => number.to_string(),
        Value::I64(micros) if field.instant => instant::beijing(*micros),
        Value::I64(number) => number.to_string(),
        Value::EnumNumber(number) => {
            let list = field.codes();
            let found = list.and_then(|list| {
                let code = list.entries.iter().find(|code| code.number == *number);
                code.map(|code| words::label(list, code))
            });
            found.unwrap_or_else(|| number.to_string())
        }
        _ => String::new(),
    }
}

/// Reads a cell that is not empty.
pub(super) fn read(field: &Field, cell: &str) -> Result<Value, Wanted> {
    let wanted = |zh: &str, en: &str| (zh.to_owned(), en.to_owned());
    match &field.kind {
        Kind::Text => Ok(Value::String(cell.to_owned())),
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

/// A code by its label, its code, its name or its number, tried in this order.
fn code(field: &Field, cell: &str) -> Option<i32> {
    let list = field.codes()?;
    let found = |is: &dyn Fn(&sanheyi_proto::Code) -> bool| {
        list.entries.iter().find(|code| is(code)).map(|code| code.number)
    };
    found(&|code| words::label(list, code) == cell)
        .or_else(|| found(&|code| code.code == cell))
        .or_else(|| found(&|code| code.name == cell))
        .or_else(|| found(&|code| code.number.to_string() == cell))
}
