//! The schemas, held by a validator against what the JSON mapping writes.

use jsonschema::Validator;
use proptest::prelude::*;
use prost::Message as _;
use serde_json::{Map, Value as Json, json};

use super::{dictionary, drawn};
use crate::dictionary::json::{Unknown, to_json};
use crate::dictionary::{Dataset, Dictionary, Field, Kind, sample, schema};

fn validator(dictionary: &Dictionary, dataset: &Dataset) -> Validator {
    let schema: Json =
        serde_json::from_str(&schema::json_schema(dictionary, Some(dataset))).unwrap();
    jsonschema::draft202012::new(&schema).unwrap()
}

fn shown(dataset: &Dataset, body: &[u8]) -> Json {
    serde_json::from_str(&to_json(dataset, body, Unknown::Refuse).unwrap()).unwrap()
}

#[test]
fn samples_keep_their_schema() {
    let dictionary = dictionary();
    for dataset in &dictionary.datasets {
        let validator = validator(dictionary, dataset);
        for seed in 0..16 {
            let body = drawn(dataset, seed).encode_to_vec();
            let value = shown(dataset, &body);
            let errors: Vec<_> =
                validator.iter_errors(&value).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{}: {errors:?}", dataset.info.name);
        }
    }
}

/// What a schema must not take in place of the value of a field.
fn mutations(field: &Field) -> Vec<Json> {
    let rules = &field.rules;
    if field.list {
        let mut wrong = vec![json!("no list"), json!({})];
        wrong.extend(rules.max_items.map(|most| {
            let item = json!(null);
            Json::Array(vec![item; usize::try_from(most).unwrap() + 1])
        }));
        wrong.extend(rules.min_items.filter(|least| *least > 0).map(|_| json!([])));
        return wrong;
    }
    let beyond =
        |bound: Option<i64>, by: i64| bound.map(|bound| i128::from(bound) + i128::from(by));
    match field.kind {
        Kind::Text => {
            let mut wrong = vec![json!(7), json!(null)];
            let longest = rules.max_len.map(|most| usize::try_from(most).unwrap() + 1);
            wrong.extend(longest.map(|length| json!("长".repeat(length))));
            if !rules.pattern.is_empty() || !field.info.form.is_empty() {
                wrong.push(json!("certainly not of this form!"));
            }
            wrong
        }
        Kind::Bool => vec![json!("true"), json!(1)],
        Kind::Uint32 => {
            let mut wrong = vec![json!("one"), json!(-1), json!(1.5), json!(4_294_967_296_u64)];
            wrong.extend(beyond(rules.high, 1).map(|number| json!(i64::try_from(number).unwrap())));
            wrong
        }
        Kind::Int64 => {
            let mut wrong =
                vec![json!(7), json!("seven"), json!("007"), json!("9223372036854775808")];
            let ends = [beyond(rules.low, -1), beyond(rules.high, 1)];
            wrong.extend(ends.into_iter().flatten().map(|number| json!(number.to_string())));
            wrong
        }
        Kind::Code(_) => vec![json!("NO_SUCH_CODE"), json!({}), json!("")],
        Kind::Message(_) => vec![json!("no object"), json!({"no such name": 1}), json!([])],
    }
}

fn mutate(
    validator: &Validator,
    fields: &[Field],
    good: &Map<String, Json>,
    put: &dyn Fn(Map<String, Json>) -> Json,
) {
    let refused = |changed: Map<String, Json>, what: &str| {
        assert!(!validator.is_valid(&put(changed)), "taken: {what}");
    };
    refused(
        good.iter()
            .map(|(k, v)| (k.clone(), v.clone()))
            .chain([("noSuchName".to_owned(), json!(1))])
            .collect(),
        "a name",
    );
    for field in fields {
        let name = field.json_name();
        for wrong in mutations(field) {
            let mut changed = good.clone();
            let what = format!("{} = {wrong}", field.info.path);
            changed.insert(name.to_owned(), wrong);
            refused(changed, &what);
        }
        if field.required {
            let mut changed = good.clone();
            changed.remove(name);
            refused(changed, &format!("without {}", field.info.path));
        }
        let inner = match &good[name] {
            Json::Object(inner) if !field.list => inner.clone(),
            Json::Array(items) => match items.first() {
                Some(Json::Object(inner)) => inner.clone(),
                _ => continue,
            },
            _ => continue,
        };
        mutate(validator, &field.fields, &inner, &|changed| {
            let mut outer = good.clone();
            let changed = Json::Object(changed);
            let whole = if field.list { Json::Array(vec![changed]) } else { changed };
            outer.insert(name.to_owned(), whole);
            put(outer)
        });
    }
}

#[test]
fn every_field_that_is_changed_for_the_worse_is_refused() {
    let dictionary = dictionary();
    for dataset in &dictionary.datasets {
        let validator = validator(dictionary, dataset);
        let Json::Object(good) = shown(dataset, &sample::every(dataset).encode_to_vec()) else {
            panic!("an object")
        };
        assert!(validator.is_valid(&Json::Object(good.clone())));
        mutate(&validator, &dataset.fields, &good, &Json::Object);
    }
}

fn references<'a>(value: &'a Json, found: &mut Vec<&'a str>) {
    match value {
        Json::Object(entries) => {
            found.extend(entries.get("$ref").and_then(Json::as_str));
            entries.values().for_each(|value| references(value, found));
        }
        Json::Array(items) => items.iter().for_each(|value| references(value, found)),
        _ => {}
    }
}

#[test]
fn openapi_components_find_each_other() {
    let dictionary = dictionary();
    let document: Json = serde_json::from_str(&schema::openapi(dictionary, None)).unwrap();
    assert_eq!(document["openapi"], "3.1.0");
    let mut found = Vec::new();
    references(&document, &mut found);
    assert!(!found.is_empty());
    for reference in found {
        let target = document.pointer(reference.trim_start_matches('#'));
        assert!(target.is_some(), "{reference}");
    }
    let schemas = document["components"]["schemas"].as_object().unwrap();
    for dataset in &dictionary.datasets {
        let schema = &schemas[dataset.info.name];
        assert_eq!(schema["title"], dataset.info.title_zh);
        assert_eq!(schema["x-sanheyi-record"], dataset.info.record.text);
        for field in &dataset.fields {
            let property = &schema["properties"][field.json_name()];
            assert_eq!(property["title"], field.info.title_zh);
            assert!(property["x-sanheyi-sensitivity"].is_string());
        }
    }
}

#[test]
fn a_code_list_that_is_data_stands_beside_its_texts_and_refuses_none() {
    let dictionary = dictionary();
    let organisation = dictionary.dataset("organisation.organisation").unwrap();
    let schema: Json =
        serde_json::from_str(&schema::json_schema(dictionary, Some(organisation))).unwrap();
    let list = &schema["$defs"]["region-1"];
    assert_eq!(
        (list["x-sanheyi-code-list"].as_str(), &list["enum"]),
        (Some("region/1"), &json!(null))
    );
    let jintan = json!({
        "code": "320482", "title": "金坛市", "description": "Jintan City", "parent": "320400",
        "validUntil": "2015-06-01",
    });
    assert!(list["x-sanheyi-values"].as_array().unwrap().contains(&jintan), "{list}");
    let region = &schema["$defs"]["organisation.organisation"]["properties"]["regionCode"];
    assert_eq!(region["$ref"], "#/$defs/region-1");
    let mut body = shown(organisation, &sample::body(organisation));
    let validator = validator(dictionary, organisation);
    for (code, taken) in [("320482", true), ("320583", true), ("32058", false)] {
        body["regionCode"] = json!(code);
        assert_eq!(validator.is_valid(&body), taken, "{code}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]
    #[test]
    fn drawn_bodies_keep_the_schema_of_their_dataset(seed in any::<u64>()) {
        let dictionary = dictionary();
        for dataset in &dictionary.datasets {
            let value = shown(dataset, &drawn(dataset, seed).encode_to_vec());
            prop_assert!(validator(dictionary, dataset).is_valid(&value), "{}", value);
        }
    }
}
