//! Bodies that keep the rules of their dataset, made out of the rules: for templates, and for tests
//! of whatever takes any dataset.
//!
//! What fields say of each other is no rule of a field. [`simple`] keeps to that as well: the
//! standard says beside a field what a sample holds, where it is not what the rules alone make.

use prost::Message as _;
use prost_reflect::{DynamicMessage, Value};
use sanheyi_proto::forms::FORMS;

use super::model::{Dataset, Field, Kind};
use super::template::cell;

/// A number below the bound, which is at least 1: chance, as whoever asks has it. One that always
/// answers 0 makes the simplest body, with every field set.
pub type Draw<'a> = &'a mut dyn FnMut(u64) -> u64;

/// 2010-11-23, 08:00 in Beijing: every instant of a sample that its bounds allow.
const MORNING: i64 = 1_290_470_400_000_000;
/// How far drawn instants lie apart at most: 30 days.
const SPREAD: u64 = 30 * 86_400 * 1_000_000;
/// How much longer than it must a drawn list is at most.
const MORE_ITEMS: u64 = 3;
/// How much longer than it must a drawn text is at most.
const MORE_CHARACTERS: u64 = 40;

/// How much later than another instant is one that must not precede it: a day.
const LATER: i64 = crate::time::DAY_MICROS;
/// What stands beside a field that samples leave out.
const NOTHING: &str = "-";

/// The simplest body of a dataset that is good by itself, as departments see it.
pub fn simple(dataset: &Dataset) -> DynamicMessage {
    let mut message = every(dataset);
    told(&dataset.fields, &mut message);
    message
}

/// The simplest body of a dataset with every field set; each field keeps its rules.
pub fn every(dataset: &Dataset) -> DynamicMessage {
    drawn(dataset, &mut |_| 0)
}

/// The bytes of [`simple`].
pub fn body(dataset: &Dataset) -> Vec<u8> {
    simple(dataset).encode_to_vec()
}

/// A body drawn from chance: fields that may be absent are now and then, and every value lies
/// within its bounds.
pub fn drawn(dataset: &Dataset, draw: Draw<'_>) -> DynamicMessage {
    fill(&dataset.fields, dataset.empty(), draw)
}

fn fill(fields: &[Field], mut message: DynamicMessage, draw: Draw<'_>) -> DynamicMessage {
    for field in fields {
        if !field.required && draw(4) == 3 {
            continue;
        }
        message.set_field(&field.descriptor, value(field, draw));
    }
    in_order(fields, &mut message, 0);
    message
}

/// Puts in what the standard tells of samples.
fn told(fields: &[Field], message: &mut DynamicMessage) {
    for field in fields {
        if field.sample == NOTHING {
            message.clear_field(&field.descriptor);
        } else if let Ok(one) = cell::read(field, &field.sample)
            && !field.sample.is_empty()
        {
            let value = if field.list { Value::List(vec![one]) } else { one };
            message.set_field(&field.descriptor, value);
        } else if message.has_field(&field.descriptor) {
            match message.get_field_mut(&field.descriptor) {
                Value::Message(inner) => told(&field.fields, inner),
                Value::List(items) => {
                    let inner = items.iter_mut().filter_map(Value::as_message_mut);
                    inner.for_each(|inner| told(&field.fields, inner));
                }
                _ => {}
            }
        }
    }
    in_order(fields, message, LATER);
}

/// Moves instants up to the ones that they must not precede, or beyond them by some microseconds; a
/// chain takes as many rounds as it is long.
fn in_order(fields: &[Field], message: &mut DynamicMessage, beyond: i64) {
    for _ in fields {
        for field in fields.iter().filter(|field| !field.info.not_before.is_empty()) {
            let other = message.get_field_by_name(field.info.not_before);
            let other = other.and_then(|value| value.as_i64()).unwrap_or_default();
            let own = message.get_field(&field.descriptor).as_i64().unwrap_or_default();
            let least = other.saturating_add(beyond);
            if message.has_field(&field.descriptor) && own < least {
                message.set_field(&field.descriptor, Value::I64(least));
            }
        }
    }
}

fn value(field: &Field, draw: Draw<'_>) -> Value {
    if !field.list {
        return one(field, draw);
    }
    let least = field.rules.min_items.unwrap_or_default();
    let most = field.rules.max_items.unwrap_or(u64::MAX);
    let simplest = least.max(1).min(most);
    let count = simplest + draw(MORE_ITEMS.min(most - simplest) + 1);
    Value::List((0..count).map(|_| one(field, draw)).collect())
}

fn one(field: &Field, draw: Draw<'_>) -> Value {
    match &field.kind {
        Kind::Text => Value::String(text(field, draw)),
        Kind::Bool => Value::Bool(draw(2) == 0),
        Kind::Uint32 => {
            let number = number(field, 1, 0, i64::from(u32::MAX), draw);
            Value::U32(u32::try_from(number).unwrap_or(u32::MAX))
        }
        Kind::Int64 if field.instant => Value::I64(instant(field, draw)),
        Kind::Int64 => Value::I64(number(field, 1, i64::MIN, i64::MAX, draw)),
        Kind::Code(_) => Value::EnumNumber(code(field, draw)),
        Kind::Message(_) => {
            let empty = match field.descriptor.kind() {
                prost_reflect::Kind::Message(message) => DynamicMessage::new(message),
                _ => return Value::default_value_for_field(&field.descriptor),
            };
            Value::Message(fill(&field.fields, empty, draw))
        }
    }
}

/// A number within the bounds, the wish itself where nothing is drawn and the bounds allow it.
fn number(field: &Field, wish: i64, least: i64, most: i64, draw: Draw<'_>) -> i64 {
    let low = field.rules.low.unwrap_or(least).max(least);
    let high = field.rules.high.unwrap_or(most).min(most);
    let start = wish.clamp(low, high);
    // Half of the draws are near, the others anywhere above.
    let room = high.abs_diff(start);
    let room = if draw(2) == 0 { room.min(99) } else { room };
    start.saturating_add_unsigned(draw(room.saturating_add(1)))
}

fn instant(field: &Field, draw: Draw<'_>) -> i64 {
    let low = field.rules.low.unwrap_or(i64::MIN);
    let high = field.rules.high.unwrap_or(i64::MAX);
    let start = MORNING.clamp(low, high);
    start.saturating_add_unsigned(draw(SPREAD.min(high.abs_diff(start)) + 1))
}

fn code(field: &Field, draw: Draw<'_>) -> i32 {
    let prost_reflect::Kind::Enum(codes) = field.descriptor.kind() else { return 0 };
    let mut numbers: Vec<i32> = codes.values().map(|value| value.number()).collect();
    numbers.retain(|number| *number != 0 && !field.rules.not_in.contains(number));
    numbers.sort_unstable();
    let at = draw((numbers.len() as u64).max(1));
    usize::try_from(at).ok().and_then(|at| numbers.get(at)).copied().unwrap_or_default()
}

fn text(field: &Field, draw: Draw<'_>) -> String {
    let rules = &field.rules;
    if !rules.example.is_empty() {
        return rules.example.clone();
    }
    if let Some(form) = FORMS.iter().find(|form| form.name == field.info.form) {
        return form.example.to_owned();
    }
    let least = rules.min_len.unwrap_or_default();
    let most = rules.max_len.unwrap_or(u64::MAX);
    let title = field.info.title_zh;
    let plain = title.chars().count() as u64;
    let length = plain.clamp(least, most);
    let length = length + draw(MORE_CHARACTERS.min(most - length) + 1);
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    title.chars().chain(std::iter::repeat('例')).take(length).collect()
}
