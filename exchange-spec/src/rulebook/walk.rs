//! Codes in a body, found in its bytes: only the fields that are looked for are read, and nothing
//! is allocated.

use sanheyi_proto::{Dataset, FieldInfo, code_list};

use crate::wire::{Reader, Truncated};

const VARINT: u64 = 0;
const FIXED64: u64 = 1;
const LENGTH: u64 = 2;
const FIXED32: u64 = 5;

/// A code as it stands in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// The number of an enumeration.
    Number(i32),
    /// A text of a list that is data.
    Text(&'a str),
}

/// The fields of a message that are looked for, or lead to such.
#[derive(Clone, Debug, Default)]
pub(super) struct Watch(Vec<Watched>);

#[derive(Clone, Debug)]
struct Watched {
    number: u32,
    code: Option<Coded>,
    within: Watch,
}

/// A field that holds a code.
#[derive(Clone, Copy, Debug)]
pub(super) struct Coded {
    pub(super) field: &'static FieldInfo,
    /// Id of its list, without the version.
    pub(super) list: &'static str,
    is_number: bool,
}

/// The id in the name of a list, `power_kind` of `power_kind/1`; `None` where there is no list.
pub(super) fn list_id(field: &FieldInfo) -> Option<&'static str> {
    field.code_list.split_once('/').map(|(id, _)| id)
}

// === impl Watch ===

impl Watch {
    /// The fields of a dataset whose lists `asked` names; `None` if there are none.
    pub(super) fn of(dataset: &Dataset, asked: impl Fn(&str) -> bool) -> Option<Self> {
        let mut watch = Self::default();
        for field in dataset.fields {
            if let Some(list) = list_id(field).filter(|list| asked(list)) {
                watch.add(dataset, field, list);
            }
        }
        (!watch.0.is_empty()).then_some(watch)
    }

    fn add(&mut self, dataset: &Dataset, field: &'static FieldInfo, list: &'static str) {
        let version = field.code_list.rsplit('/').next().and_then(|version| version.parse().ok());
        let is_number = version.is_some_and(|version| code_list(list, version).is_some());
        let mut at = self;
        let ends = field.path.match_indices('.').map(|(end, _)| end);
        for end in ends.chain([field.path.len()]) {
            let path = field.path.get(..end);
            let Some(step) = dataset.fields.iter().find(|one| Some(one.path) == path) else {
                return;
            };
            let place = at.0.iter().position(|one| one.number == step.number);
            let place = place.unwrap_or_else(|| {
                at.0.push(Watched { number: step.number, code: None, within: Self::default() });
                at.0.len() - 1
            });
            let Some(watched) = at.0.get_mut(place) else { return };
            if end == field.path.len() {
                watched.code = Some(Coded { field, list, is_number });
                return;
            }
            at = &mut watched.within;
        }
    }

    /// Shows every code that is looked for. The body has passed the checks of its dataset; what
    /// cannot be read all the same is passed over.
    pub(super) fn walk<'a>(&self, body: &'a [u8], with: &mut impl FnMut(&Coded, Found<'a>)) {
        let mut reader = Reader::new(body);
        while let Ok(Some((number, value))) = next(&mut reader) {
            let Some(watched) = self.0.iter().find(|one| u64::from(one.number) == number) else {
                continue;
            };
            match (&watched.code, value) {
                (Some(code), Value::Number(value)) => show(code, value, with),
                (Some(code), Value::Bytes(bytes)) if code.is_number => {
                    let mut packed = Reader::new(bytes);
                    while let Ok(value) = loose_varint(&mut packed) {
                        show(code, value, with);
                    }
                }
                (Some(code), Value::Bytes(bytes)) => {
                    if let Some(text) = std::str::from_utf8(bytes).ok().filter(|t| !t.is_empty()) {
                        with(code, Found::Text(text));
                    }
                }
                (None, Value::Bytes(bytes)) => watched.within.walk(bytes, with),
                (_, Value::Other) | (None, Value::Number(_)) => {}
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "protobuf drops the higher bits")]
fn show<'a>(code: &Coded, value: u64, with: &mut impl FnMut(&Coded, Found<'a>)) {
    let number = (value as u32).cast_signed();
    if number != 0 && code.is_number {
        with(code, Found::Number(number));
    }
}

enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    Other,
}

/// The next field; groups, which no dataset has, end the walk.
fn next<'a>(reader: &mut Reader<'a>) -> Result<Option<(u64, Value<'a>)>, Truncated> {
    if reader.is_empty() {
        return Ok(None);
    }
    let key = loose_varint(reader)?;
    let value = match key & 7 {
        VARINT => Value::Number(loose_varint(reader)?),
        LENGTH => {
            let length = usize::try_from(loose_varint(reader)?).map_err(|_| Truncated)?;
            Value::Bytes(reader.take(length)?)
        }
        FIXED64 => reader.take(8).map(|_| Value::Other)?,
        FIXED32 => reader.take(4).map(|_| Value::Other)?,
        _ => return Err(Truncated),
    };
    Ok(Some((key >> 3, value)))
}

/// A varint as protobuf reads it: also in more bytes than it needs.
fn loose_varint(reader: &mut Reader<'_>) -> Result<u64, Truncated> {
    let mut value = 0u64;
    for place in 0..10 {
        let byte = reader.byte()?;
        value |= u64::from(byte & 0x7f).unbounded_shl(7 * place);
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(Truncated)
}
