//! The JSON mapping, both ways.

use proptest::prelude::*;
use prost::Message as _;
use serde_json::Value as Json;

use super::{dictionary, drawn};
use crate::dictionary::json::{Unknown, from_json, to_json};
use crate::dictionary::{Dataset, DictionaryError, sample};

fn refused(dataset: &Dataset, text: &str) -> DictionaryError {
    from_json(dataset, text, Unknown::Refuse).unwrap_err()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn a_body_comes_back_as_it_was(seed in any::<u64>()) {
        for dataset in &dictionary().datasets {
            let body = drawn(dataset, seed).encode_to_vec();
            let text = to_json(dataset, &body, Unknown::Refuse).unwrap();
            let back = from_json(dataset, &text, Unknown::Refuse).unwrap();
            prop_assert_eq!(&back, &body, "{} {}", dataset.info.name, text);
            prop_assert_eq!(to_json(dataset, &back, Unknown::Refuse).unwrap(), text);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,64}") {
        for dataset in &dictionary().datasets {
            let _ = from_json(dataset, &text, Unknown::Refuse);
        }
    }
}

#[test]
fn names_are_in_camel_case_in_the_order_of_numbers() {
    let dictionary = dictionary();
    let step = dictionary.dataset("case.step").unwrap();
    let text = to_json(step, &sample::body(step), Unknown::Refuse).unwrap();
    assert!(text.starts_with("{\"caseNo\":\"") && !text.contains("case_no"), "{text}");
    let places: Vec<_> = step
        .fields
        .iter()
        .map(|field| text.find(&format!("\"{}\":", field.json_name())).unwrap())
        .collect();
    assert!(places.is_sorted(), "{text}");
    assert!(text.contains("\"beganAt\":\"1290470400000000\""), "64 bits are text: {text}");
    assert!(text.contains("\"status\":\"STEP_STATUS_"), "codes are names: {text}");
}

#[test]
fn both_names_of_a_field_are_read_but_not_together() {
    let dictionary = dictionary();
    let step = dictionary.dataset("case.step").unwrap();
    let camel = from_json(step, r#"{"caseNo": "1", "clockRuns": null}"#, Unknown::Refuse);
    let snake = from_json(step, r#"{"case_no": "1"}"#, Unknown::Refuse);
    assert_eq!(camel.unwrap(), snake.unwrap());
    let twice = refused(step, r#"{"case_no": "1", "caseNo": "2"}"#);
    assert_eq!(twice, DictionaryError::Twice { place: "case_no".to_owned() });
    let text = r#"{"promise": {"amount": 1, "amount": 2}}"#;
    let said = refused(step, text).to_string();
    assert!(said.contains("第 1 行第 34 列") && said.contains("line 1, column 34"), "{said}");
}

#[test]
fn what_the_standard_does_not_know_is_refused_unless_it_may_be_dropped() {
    let dictionary = dictionary();
    let step = dictionary.dataset("case.step").unwrap();
    let mut body = sample::body(step);
    let known = to_json(step, &body, Unknown::Refuse).unwrap();
    body.extend([0xf8, 0x7f, 1]); // Field 2047.
    let error = to_json(step, &body, Unknown::Refuse).unwrap_err();
    assert!(matches!(error, DictionaryError::UnknownField { number: 2047, .. }), "{error}");
    assert_eq!(to_json(step, &body, Unknown::Drop).unwrap(), known);

    let text = r#"{"promise": {"amount": 3, "colour": "red"}}"#;
    let error = refused(step, text);
    let (place, name) = ("promise".to_owned(), "colour".to_owned());
    assert_eq!(error, DictionaryError::UnknownName { place, name });
    let read = from_json(step, text, Unknown::Drop).unwrap();
    assert_eq!(to_json(step, &read, Unknown::Refuse).unwrap(), r#"{"promise":{"amount":3}}"#);
}

#[test]
fn unknown_fields_within_messages_are_found_too() {
    let dictionary = dictionary();
    let step = dictionary.dataset("case.step").unwrap();
    let promise = step.fields.iter().find(|field| field.name() == "promise").unwrap();
    let key = u8::try_from(promise.number << 3 | 2).unwrap();
    let error = to_json(step, &[key, 3, 0xf8, 0x7f, 1], Unknown::Refuse).unwrap_err();
    let place = "promise".to_owned();
    assert_eq!(error, DictionaryError::UnknownField { place, number: 2047 });
}

#[test]
fn errors_name_the_place_and_never_the_value() {
    let dictionary = dictionary();
    let case = dictionary.dataset("case.case").unwrap();
    let wrong = [
        (r#"{"applicant": {"name": 320421}}"#, "applicant.name"),
        (r#"{"applicant": "320421"}"#, "applicant"),
        (r#"{"appliedAt": "320421x"}"#, "applied_at"),
        (r#"{"powerVersion": -320421}"#, "power_version"),
        (r#"{"powerVersion": 320421.5}"#, "power_version"),
        (r#"{"applyWay": "320421"}"#, "apply_way"),
        (r#"["320421"]"#, "正文 body"),
        (r#"{"no": "320421""#, "第 1 行"),
    ];
    for (text, place) in wrong {
        let said = refused(case, text).to_string();
        assert!(said.contains(place) && said.contains(" · "), "{said}");
        assert!(!said.contains("320421"), "{said}");
    }
    let item = dictionary.dataset("catalogue.power_item").unwrap();
    let said = refused(item, r#"{"legalBasis": [{}, {"title": true}]}"#).to_string();
    assert!(said.contains("legal_basis[1].title"), "{said}");
    assert!(refused(item, r#"{"legalBasis": {}}"#).to_string().contains("legal_basis"));
    assert!(
        to_json(item, &[0xff], Unknown::Drop).unwrap_err().to_string().contains(item.info.name)
    );
}

#[test]
fn a_number_outside_the_list_keeps_its_value() {
    let dictionary = dictionary();
    let step = dictionary.dataset("case.step").unwrap();
    let body = from_json(step, r#"{"status": 99}"#, Unknown::Refuse).unwrap();
    let text = to_json(step, &body, Unknown::Refuse).unwrap();
    assert_eq!(serde_json::from_str::<Json>(&text).unwrap()["status"], 99);
}
