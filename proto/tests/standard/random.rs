//! Random messages of the standard, made by reflection out of its rules.

use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};
use sanheyi_proto::forms::FORMS;

use crate::chance::Chance;
use crate::samples;
use crate::slow::Slow;

/// A random message in which about one field in `wrong` is at or beyond a bound.
pub(crate) fn message_of(
    slow: &Slow,
    chance: &mut Chance,
    descriptor: &MessageDescriptor,
    wrong: usize,
) -> DynamicMessage {
    let mut message = DynamicMessage::new(descriptor.clone());
    for field in descriptor.fields() {
        if chance.one_in(wrong) && chance.one_in(2) {
            continue;
        }
        let value = if field.is_list() {
            let odd = chance.one_in(wrong);
            let count = if odd { *chance.pick(&[0, 6, 7, 64, 65]) } else { items(slow, &field) };
            // In long lists hardly any item is wrong, so that they do not hold long lists in turn.
            let wrong = if count > 7 { wrong * 100 } else { wrong };
            Value::List((0..count).map(|_| value_of(slow, chance, &field, wrong)).collect())
        } else {
            value_of(slow, chance, &field, wrong)
        };
        message.set_field(&field, value);
    }
    message
}

/// Two items, or as many as the rules want.
fn items(slow: &Slow, field: &FieldDescriptor) -> u64 {
    let rules = slow.rules_of(field, "repeated");
    let bound = |name: &str| rules.as_ref().and_then(|rules| set(rules, name)?.as_u64());
    2.min(bound("max_items").unwrap_or(u64::MAX)).max(bound("min_items").unwrap_or(0))
}

fn value_of(slow: &Slow, chance: &mut Chance, field: &FieldDescriptor, wrong: usize) -> Value {
    let odd = chance.one_in(wrong);
    match field.kind() {
        Kind::Message(inner) => Value::Message(message_of(slow, chance, &inner, wrong)),
        Kind::Enum(list) if odd => {
            let beyond = i32::try_from(list.values().len()).expect("a short list");
            Value::EnumNumber(*chance.pick(&[0, -1, beyond - 1, beyond, i32::MIN, i32::MAX]))
        }
        Kind::Enum(_) => Value::EnumNumber(1),
        Kind::Bool => Value::Bool(chance.one_in(2)),
        Kind::Uint32 => {
            let (low, high) = bounds(slow, field, i64::from(u32::MAX));
            let number = match odd {
                true => *chance.pick(&[0, low - 1, low, high, high + 1, i64::from(u32::MAX)]),
                false => 7.clamp(low, high),
            };
            Value::U32(u32::try_from(number).unwrap_or_default())
        }
        Kind::Int64 => {
            let (low, high) = bounds(slow, field, i64::MAX);
            let near = samples::MORNING.saturating_add(*chance.pick(&[-1, 0, 0, 1]));
            let beyond = (low.saturating_sub(1), high.saturating_add(1));
            Value::I64(match odd {
                true => *chance.pick(&[0, -1, beyond.0, low, high, beyond.1, i64::MIN, i64::MAX]),
                false => near.clamp(low, high),
            })
        }
        Kind::String => Value::String(text_of(slow, chance, field, odd)),
        other => panic!("the standard has no {other:?}"),
    }
}

/// What the rules of a number allow, both inclusive.
fn bounds(slow: &Slow, field: &FieldDescriptor, most: i64) -> (i64, i64) {
    let family = if most == i64::MAX { "int64" } else { "uint32" };
    let rules = slow.rules_of(field, family);
    let bound = |name: &str| {
        let value = rules.as_ref().and_then(|rules| set(rules, name))?;
        value.as_i64().or(value.as_u32().map(i64::from))
    };
    let low = bound("gte").or(bound("gt").map(|low| low + 1)).unwrap_or(0);
    let high = bound("lte").or(bound("lt").map(|high| high - 1)).unwrap_or(most);
    (low, high)
}

/// The value of a rule that is set.
fn set(rules: &DynamicMessage, name: &str) -> Option<Value> {
    rules
        .has_field_by_name(name)
        .then(|| rules.get_field_by_name(name))?
        .map(|value| value.into_owned())
}

/// The field's example or some words; where it is to be odd, lengths around the bounds or a changed
/// example.
fn text_of(slow: &Slow, chance: &mut Chance, field: &FieldDescriptor, odd: bool) -> String {
    let rules = slow.rules_of(field, "string");
    let bound = |name: &str| {
        let bound = rules.as_ref().and_then(|rules| set(rules, name)?.as_u64());
        bound.map(|bound| usize::try_from(bound).expect("a bound"))
    };
    let form = usize::try_from(slow.form(field)).expect("a form");
    let example = rules
        .as_ref()
        .and_then(|rules| set(rules, "example")?.as_list()?.first()?.as_str().map(str::to_owned))
        .or_else(|| (form > 0).then(|| FORMS[form - 1].example.to_owned()));
    let most = bound("max_len");
    if !odd {
        let words = || "行政权力".chars().cycle();
        let length = 8.min(most.unwrap_or(8)).max(bound("min_len").unwrap_or(0));
        return example.unwrap_or_else(|| words().take(length).collect());
    }
    if let Some(mut example) = example.filter(|_| !chance.one_in(8)) {
        let at = example.floor_char_boundary(chance.below(example.len()));
        match chance.below(4) {
            0 => example.truncate(at),
            1 => example.insert(at, *chance.pick(&['0', 'A', '字', '\n', '-'])),
            2 => drop(example.remove(at)),
            _ => {
                example.remove(at);
                example.insert(at, *chance.pick(&['9', 'Z', 'a', '٣', ' ']));
            }
        }
        return example;
    }
    let most = most.unwrap_or(10);
    let length = *chance.pick(&[0, 1, 4, 5, most.saturating_sub(1), most, most + 1]);
    let letter = *chance.pick(&["a", "é", "字", "𠀀"]);
    letter.repeat(length)
}

/// Changes some bytes.
pub(crate) fn tamper(chance: &mut Chance, body: &mut Vec<u8>) {
    let at = chance.below(body.len() + 1);
    let byte = chance.next().to_le_bytes()[0];
    match chance.below(5) {
        0 => body.insert(at, byte),
        1 => body.truncate(at),
        2 => body.extend([byte & 0x7f, byte]),
        3 if at < body.len() => drop(body.remove(at)),
        _ if at < body.len() => body[at] ^= 1 << (byte & 7),
        _ => {}
    }
}
