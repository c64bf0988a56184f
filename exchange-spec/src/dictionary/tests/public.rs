//! Projection and masks.

use proptest::prelude::*;
use prost::Message as _;
use prost_reflect::{DynamicMessage, Value};
use sanheyi_proto::Sensitivity;

use super::{chance, dictionary, drawn};
use crate::dictionary::json::{Unknown, to_json};
use crate::dictionary::public::{
    MASK_CHARACTERS, MASK_NUMBER_SHOWN, MASK_SHORTEST_NUMBER, mask, masked, project, project_json,
};
use crate::dictionary::{Field, Kind, sample};

/// Gives every text and every wide number a value that is found nowhere else, and notes it.
fn marked(
    fields: &[Field],
    message: &mut DynamicMessage,
    draw: &mut dyn FnMut(u64) -> u64,
    noted: &mut Vec<(&'static str, Sensitivity, Vec<u8>)>,
) {
    for field in fields {
        if !message.has_field(&field.descriptor) {
            continue;
        }
        let mut items = match message.get_field(&field.descriptor).into_owned() {
            Value::List(items) => items,
            one => vec![one],
        };
        for item in &mut items {
            let bytes = match item {
                Value::String(text) => {
                    *text = format!("{:016x}{:016x}", draw(u64::MAX), draw(u64::MAX));
                    text.clone().into_bytes()
                }
                Value::I64(number) => {
                    *number = i64::try_from(draw(1 << 50)).unwrap() + (1 << 50);
                    let mut bytes = Vec::new();
                    prost::encoding::encode_varint(number.cast_unsigned(), &mut bytes);
                    bytes
                }
                Value::Message(inner) => {
                    marked(&field.fields, inner, draw, noted);
                    continue;
                }
                _ => continue,
            };
            noted.push((field.info.path, field.info.sensitivity, bytes));
        }
        let value = if field.list { Value::List(items) } else { items.remove(0) };
        message.set_field(&field.descriptor, value);
    }
}

fn holds(body: &[u8], part: &[u8]) -> bool {
    body.windows(part.len()).any(|window| window == part)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn nothing_closed_is_shown_and_nothing_public_is_lost(seed in any::<u64>()) {
        for dataset in &dictionary().datasets {
            let (mut message, mut noted) = (drawn(dataset, seed), Vec::new());
            marked(&dataset.fields, &mut message, &mut chance(seed), &mut noted);
            let mut body = message.encode_to_vec();
            body.extend([0xfa, 0x7f, 7]); // Field 2047, of a later version.
            body.extend(b"unknown");
            let shown = project(dataset, &body).unwrap();
            prop_assert!(!holds(&shown, b"unknown"));
            for (path, sensitivity, bytes) in &noted {
                let open = *sensitivity == Sensitivity::Public;
                prop_assert_eq!(holds(&shown, bytes), open, "{} {}", dataset.info.name, path);
            }
            let text = project_json(dataset, &body).unwrap();
            let closed = dataset.fields.iter();
            for field in closed.filter(|field| field.info.sensitivity != Sensitivity::Public) {
                let name = format!("\"{}\":", field.json_name());
                prop_assert!(field.depth() > 0 || !top(&text).contains(&name), "{} {}", text, name);
            }
            prop_assert_eq!(project(dataset, &shown).unwrap(), shown, "a projection stays");
        }
    }

    #[test]
    fn readers_inside_see_no_whole_personal_text(seed in any::<u64>()) {
        for dataset in &dictionary().datasets {
            let (mut message, mut noted) = (drawn(dataset, seed), Vec::new());
            marked(&dataset.fields, &mut message, &mut chance(seed), &mut noted);
            let mut body = message.encode_to_vec();
            body.extend([0xfa, 0x7f, 7]);
            body.extend(b"unknown");
            let shown = masked(dataset, &body).unwrap();
            prop_assert!(!holds(&shown, b"unknown"));
            for (path, sensitivity, bytes) in &noted {
                let open = *sensitivity != Sensitivity::Personal;
                prop_assert_eq!(holds(&shown, bytes), open, "{} {}", dataset.info.name, path);
            }
        }
    }
}

/// A document without what lies within its objects and lists.
fn top(text: &str) -> String {
    let value: serde_json::Value = serde_json::from_str(text).unwrap();
    value.as_object().unwrap().keys().map(|name| format!("\"{name}\":")).collect()
}

#[test]
fn a_closed_message_hides_the_public_fields_within() {
    let dictionary = dictionary();
    let mut closed = 0;
    for dataset in &dictionary.datasets {
        for field in dataset.walk() {
            if matches!(field.kind, Kind::Message(_))
                && field.info.sensitivity > Sensitivity::Public
            {
                closed += 1;
                let within = field.fields.iter();
                assert!(within.clone().all(|one| one.info.sensitivity >= field.info.sensitivity));
            }
        }
    }
    assert!(closed > 0, "the standard has closed messages");
    let case = dictionary.dataset("case.case").unwrap();
    let text = project_json(case, &sample::body(case)).unwrap();
    assert!(!text.contains("applicant") && text.contains("\"department\":"), "{text}");
}

#[test]
fn the_mask_leaves_what_a_person_recognises() {
    for (text, left) in [
        ("王建国", "王**"),
        ("王", "*"),
        ("", ""),
        ("11010519491231002X", "**************002X"),
        ("D2143569X", "*****569X"),
        ("0519-82880000", "*********0000"),
        ("Smith", "S****"),
        ("金坛市东门大街 1 号", "金**********"),
    ] {
        assert_eq!(mask(text), left, "{text}");
    }
}

#[test]
fn a_mask_shows_little_of_the_short_and_no_length_of_the_long() {
    let number = |length: usize| "7".repeat(length);
    assert_eq!(mask(&number(MASK_SHORTEST_NUMBER - 1)), "*".repeat(MASK_SHORTEST_NUMBER - 1));
    let shown = mask(&number(MASK_SHORTEST_NUMBER));
    assert_eq!(shown.trim_start_matches('*').len(), MASK_NUMBER_SHOWN);
    assert_eq!(mask(&"址".repeat(MASK_CHARACTERS + 1)).chars().count(), MASK_CHARACTERS + 1);
    let longest = mask(&"址".repeat(MASK_CHARACTERS + 2));
    assert_eq!(longest.chars().count(), MASK_CHARACTERS + 1);
}

#[test]
fn masks_keep_what_is_not_personal() {
    let dictionary = dictionary();
    let case = dictionary.dataset("case.case").unwrap();
    let shown =
        to_json(case, &masked(case, &sample::body(case)).unwrap(), Unknown::Refuse).unwrap();
    let whole = to_json(case, &sample::body(case), Unknown::Refuse).unwrap();
    assert!(shown.contains("\"applicant\":") && shown.contains("*") && shown != whole, "{shown}");
}
