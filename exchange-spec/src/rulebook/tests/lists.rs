//! Code lists by days, and the codes of bodies.

use prost_reflect::{DynamicMessage, Value};
use sanheyi_proto::standard::v1::{
    CodeEntry, CodeList as List, Organisation, PowerItem, PowerKind,
};

use super::*;
use crate::dictionary::{Dictionary, Field, sample};

fn found(rules: &Rulebook, name: &str, body: &impl Message, on: &str) -> Vec<String> {
    let mut out = Findings::default();
    let at = crate::calendar::midnight(day(on));
    let body = body.encode_to_vec();
    rules.codes_in_force(dataset(name).unwrap(), (at, MORNING), &body, &mut out);
    out.into_reasons().into_iter().map(|one| format!("{} {}", one.field, one.rule)).collect()
}

fn item(kind: PowerKind) -> PowerItem {
    PowerItem { kind: kind.into(), ..PowerItem::default() }
}

const NONE: [&str; 0] = [];
const ENDED: [&str; 1] = ["kind code.not_in_force"];
const ITEM: &str = "catalogue.power_item";

#[test]
fn a_code_ends_on_its_day_in_beijing() {
    let rules = Rulebook::builtin();
    assert!(rules.watches_codes_of(ITEM) && !rules.watches_codes_of("case.step"));
    assert_eq!(found(&rules, ITEM, &item(PowerKind::Sp), "2015-05-09"), NONE);
    assert_eq!(found(&rules, ITEM, &item(PowerKind::Sp), "2015-05-10"), ENDED);
    assert_eq!(found(&rules, ITEM, &item(PowerKind::Xk), "2030-01-01"), NONE);
    assert_eq!(found(&rules, ITEM, &PowerItem::default(), "2030-01-01"), NONE);
    // Who does not say when it happened is held to when it was recorded.
    let body = item(PowerKind::Sp).encode_to_vec();
    let late = crate::calendar::midnight(day("2015-05-10"));
    for (recorded, errors) in [(late.plus_micros(-1), 0), (late, 1)] {
        let mut out = Findings::default();
        let times = (Timestamp::default(), recorded);
        rules.codes_in_force(dataset(ITEM).unwrap(), times, &body, &mut out);
        assert_eq!(out.into_reasons().len(), errors);
    }
}

#[test]
fn texts_whose_list_is_data_are_held_against_it() {
    let rules = Rulebook::builtin();
    let of = |code: &str| Organisation { region_code: code.into(), ..Organisation::default() };
    let name = "organisation.organisation";
    assert_eq!(found(&rules, name, &of("320482"), "2015-05-31"), NONE);
    let wrong = ["region_code code.not_in_force"];
    assert_eq!(found(&rules, name, &of("320482"), "2015-06-01"), wrong);
    assert_eq!(found(&rules, name, &of("320413"), "2015-05-31"), wrong);
    assert_eq!(found(&rules, name, &of("320499"), "2010-01-01"), wrong);
    assert_eq!(found(&rules, name, &of(""), "2010-01-01"), NONE);
}

#[test]
fn a_new_version_takes_effect_on_its_first_day() {
    let mut broadcast = Broadcast::default();
    let put = broadcast.put("codes.code_list", &codes_of_kinds(2, "2011-01-01"));
    assert_eq!(put, Applied::Taken);
    let reward = item(PowerKind::Jl);
    assert_eq!(found(&broadcast.rules, ITEM, &reward, "2010-12-31"), NONE);
    assert_eq!(found(&broadcast.rules, ITEM, &reward, "2011-01-01"), ENDED);
    let version = |on: &str| broadcast.rules.code_list_on("power_kind", day(on)).unwrap().version;
    assert_eq!((version("2010-12-31"), version("2011-01-01")), (1, 2));
    // Where it ends, the version before holds again.
    let mut until = codes_of_kinds(2, "2011-01-01");
    until.valid_until = "2012-01-01".into();
    broadcast.put("codes.code_list", &until);
    assert_eq!(found(&broadcast.rules, ITEM, &reward, "2011-12-31"), ENDED);
    assert_eq!(found(&broadcast.rules, ITEM, &reward, "2012-01-01"), NONE);
    broadcast.withdraw("codes.code_list", "power_kind-2");
    assert_eq!(found(&broadcast.rules, ITEM, &reward, "2011-01-01"), NONE);
    assert!(broadcast.rules.code_list("power_kind", 2).is_none());
}

#[test]
fn a_list_without_days_costs_no_walk_until_a_code_is_taken_away() {
    let mut broadcast = Broadcast::default();
    assert!(!broadcast.rules.watches_codes_of("case.step"));
    let full = crate::codes::named("step_status/1").unwrap().record(day("1900-01-01"));
    broadcast.put("codes.code_list", &full);
    assert!(!broadcast.rules.watches_codes_of("case.step"));
    let fewer = List { entries: full.entries[1..].to_vec(), ..full.clone() };
    broadcast.put("codes.code_list", &fewer);
    assert!(broadcast.rules.watches_codes_of("case.step"));
    broadcast.put("codes.code_list", &List { version: 2, ..full });
    assert!(broadcast.rules.watches_codes_of("case.step"));
    broadcast.withdraw("codes.code_list", "step_status-1");
    broadcast.withdraw("codes.code_list", "step_status-2");
    assert!(!broadcast.rules.watches_codes_of("case.step"));
}

/// Every field with a code list is found by the walk, wherever it lies.
#[test]
fn the_walk_finds_every_code_of_every_sample() {
    let dictionary = Dictionary::new().unwrap();
    for known in &dictionary.datasets {
        let body = sample::body(known);
        let mut broadcast = Broadcast::default();
        let mut coded = 0;
        for field in known.info.fields.iter().filter(|field| !field.code_list.is_empty()) {
            let (id, version) = field.code_list.split_once('/').unwrap();
            // A list of one code that no body has: whatever is used is not in force.
            let entry = CodeEntry { code: "NONE".into(), number: 999_999, ..CodeEntry::default() };
            let list = List {
                id: id.into(),
                version: version.parse().unwrap(),
                entries: vec![entry],
                valid_from: "1900-01-01".into(),
                ..List::default()
            };
            assert_eq!(broadcast.put("codes.code_list", &list), Applied::Taken);
            coded += 1;
        }
        let mut out = Vec::new();
        let watch = broadcast.rules.codes.watch_of(known.info.name);
        assert_eq!(watch.is_some(), coded > 0, "{}", known.info.name);
        if let Some(watch) = watch {
            watch.walk(&body, &mut |code, _| out.push(code.field.path));
        }
        let mut expected = Vec::new();
        gather(&known.fields, &known.decode(&body).unwrap(), &mut expected);
        expected.sort_unstable();
        out.sort_unstable();
        assert_eq!(out, expected, "{}", known.info.name);
    }
}

/// The fields that hold a code, found by reflection.
fn gather(fields: &[Field], message: &DynamicMessage, out: &mut Vec<&'static str>) {
    for field in fields {
        let value = message.get_field_by_name(field.name()).unwrap();
        let values = value.as_list().map_or_else(|| vec![value.as_ref().clone()], <[_]>::to_vec);
        for value in values {
            match value {
                Value::Message(inner) if message.has_field_by_name(field.name()) => {
                    gather(&field.fields, &inner, out);
                }
                Value::EnumNumber(number) if number != 0 => out.push(field.info.path),
                Value::String(text) if !text.is_empty() && !field.info.code_list.is_empty() => {
                    out.push(field.info.path);
                }
                _ => {}
            }
        }
    }
}
