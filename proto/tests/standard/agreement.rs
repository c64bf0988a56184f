//! The generated checks and the second opinion agree, on random messages and on bytes that somebody
//! tampered with.

use prost::Message;
use prost_reflect::{DynamicMessage, FieldDescriptor, Kind, MessageDescriptor, Value};
use sanheyi_proto::{Dataset, Violations, datasets};

use crate::chance::Chance;
use crate::samples;
use crate::slow::{Found, Slow};

const SEEDS: u64 = 400;

/// What the generated check says, sorted; and whether something was left off or merged.
fn judge(dataset: &Dataset, body: &[u8]) -> (Vec<Found>, bool) {
    let mut violations = Violations::new();
    (dataset.check)(body, &mut violations);
    let partial = violations.left_off() || violations.iter().any(|one| one.rule == "repeated");
    let mut found: Vec<_> =
        violations.iter().map(|one| (one.field.clone(), one.rule.to_owned())).collect();
    found.sort();
    (found, partial)
}

fn agree(slow: &Slow, dataset: &Dataset, body: &[u8], seed: u64) {
    let (found, partial) = judge(dataset, body);
    let second = slow.judge(dataset.message, body);
    if partial {
        assert!(!found.is_empty());
        assert_eq!(
            found.iter().any(|(_, rule)| rule == "wire"),
            second.iter().any(|(_, rule)| rule == "wire"),
            "{} seed {seed}: {body:02x?}",
            dataset.name
        );
    } else {
        assert_eq!(found, second, "{} seed {seed}: {body:02x?}", dataset.name);
    }
}

#[test]
fn generated_checks_agree_with_a_second_opinion() {
    let slow = Slow::new();
    let (mut clean, mut broken) = (0, 0);
    for seed in 0..SEEDS {
        for dataset in datasets() {
            let mut chance = Chance::new(seed);
            // From messages in which everything may be wrong to messages in which hardly anything
            // is.
            let wrong = *chance.pick(&[2, 8, 40, 200]);
            let message = slow.message(dataset.message);
            let body = message_of(&slow, &mut chance, &message, wrong).encode_to_vec();
            agree(&slow, dataset, &body, seed);
            let counter = if judge(dataset, &body).0.is_empty() { &mut clean } else { &mut broken };
            *counter += 1;
        }
    }
    assert!(clean > 50 && broken > 500, "the random messages are one-sided: {clean}, {broken}");
}

#[test]
fn tampered_bytes_neither_panic_nor_part_the_two_opinions() {
    let slow = Slow::new();
    let samples = [
        ("case.case", samples::case().encode_to_vec()),
        ("case.step", samples::step().encode_to_vec()),
        ("catalogue.power_item", samples::item().encode_to_vec()),
    ];
    for (name, sample) in &samples {
        let dataset = sanheyi_proto::dataset(name).expect("a dataset");
        for seed in 0..SEEDS * 10 {
            let mut chance = Chance::new(seed);
            let mut body = sample.clone();
            for _ in 0..=chance.below(4) {
                tamper(&mut chance, &mut body);
            }
            agree(&slow, dataset, &body, seed);
        }
        for length in 0..sample.len() {
            agree(&slow, dataset, &sample[..length], 0);
        }
    }
}

#[test]
fn noise_never_panics() {
    for seed in 0..SEEDS * 10 {
        let mut chance = Chance::new(seed);
        let length = chance.below(80);
        let body: Vec<u8> = (0..length).map(|_| chance.next().to_le_bytes()[0]).collect();
        for dataset in datasets() {
            let (found, _) = judge(dataset, &body);
            assert!(!found.is_empty(), "noise passes as {}: seed {seed}", dataset.name);
        }
    }
}

fn tamper(chance: &mut Chance, body: &mut Vec<u8>) {
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

/// A random message in which about one field in `wrong` is at or beyond a bound.
fn message_of(
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
            let count = if chance.one_in(wrong) { *chance.pick(&[0, 6, 7, 64, 65]) } else { 2 };
            Value::List((0..count).map(|_| value_of(slow, chance, &field, wrong)).collect())
        } else {
            value_of(slow, chance, &field, wrong)
        };
        message.set_field(&field, value);
    }
    message
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
        Kind::Uint32 if odd => {
            Value::U32(*chance.pick(&[0, 1, 9_999, 10_000, 999_999, 1_000_000, u32::MAX]))
        }
        Kind::Uint32 => Value::U32(7),
        Kind::Int64 if odd => {
            let (first, end) = (631_152_000_000_000, 4_102_444_800_000_000);
            Value::I64(*chance.pick(&[0, -1, first - 1, first, end - 1, end, i64::MIN, i64::MAX]))
        }
        Kind::Int64 => Value::I64(samples::MORNING),
        Kind::String => Value::String(text_of(slow, chance, field, odd)),
        other => panic!("the standard has no {other:?}"),
    }
}

/// The field's example or some words; where it is to be odd, lengths around the bounds or a changed
/// example.
fn text_of(slow: &Slow, chance: &mut Chance, field: &FieldDescriptor, odd: bool) -> String {
    let rules = slow.rules(field);
    let texts = rules.as_ref().and_then(|rules| {
        rules.get_field_by_name("string").and_then(|texts| texts.as_message().cloned())
    });
    let example = texts.as_ref().and_then(|texts| {
        let list = texts.get_field_by_name("example")?;
        list.as_list()?.first()?.as_str().map(str::to_owned)
    });
    if !odd {
        return example.unwrap_or_else(|| "行政权力".repeat(2));
    }
    if let Some(mut example) = example.filter(|_| !chance.one_in(8)) {
        let at = chance.below(example.len());
        match chance.below(4) {
            0 => example.truncate(at),
            1 => example.insert(at, *chance.pick(&['0', 'A', '字', '\n', '-'])),
            2 => drop(example.remove(at)),
            _ => example.replace_range(at..=at, chance.pick::<&str>(&["9", "Z", "a", "٣", " "])),
        }
        return example;
    }
    let most = texts
        .and_then(|texts| texts.get_field_by_name("max_len").and_then(|most| most.as_u64()))
        .map_or(10, |most| usize::try_from(most).expect("a bound"));
    let length = *chance.pick(&[0, 1, 4, 5, most.saturating_sub(1), most, most + 1]);
    let letter = *chance.pick(&["a", "é", "字", "𠀀"]);
    letter.repeat(length)
}
