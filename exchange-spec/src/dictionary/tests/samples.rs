//! Samples: each field by its rules, and, as departments see them, a record that is good by itself.

use prost::Message as _;
use prost_reflect::Value;

use super::{assert_good, dictionary};
use crate::dictionary::template::cell;
use crate::dictionary::{Dataset, sample};
use crate::gate::{Findings, check_body};

/// All that a gate that sees only this body tells its author, errors and warnings.
fn told(dataset: &Dataset, body: &[u8]) -> Vec<String> {
    let (mut name, mut out) = (String::new(), Findings::default());
    assert!(dataset.info.record.name(body, &mut name), "{}", dataset.info.name);
    check_body(dataset.info, &name, body, &mut Default::default(), &mut out);
    let told = |place, rule, said| format!("{} {place} [{rule}] {said}", dataset.info.name);
    out.into_reasons().into_iter().map(|one| told(one.field, one.rule, one.en)).collect()
}

#[test]
fn the_body_with_every_field_keeps_the_rules_of_each() {
    for dataset in &dictionary().datasets {
        let message = sample::every(dataset);
        assert_eq!(message.fields().count(), dataset.fields.len(), "{}", dataset.info.name);
        assert_good(dataset, &message.encode_to_vec());
    }
}

#[test]
fn the_sample_of_every_dataset_is_good_by_itself() {
    let bodies = dictionary().datasets.iter().map(|one| (one, sample::body(one)));
    let told: Vec<_> = bodies.flat_map(|(one, body)| told(one, &body)).collect();
    assert!(told.is_empty(), "{told:#?}");
    for dataset in &dictionary().datasets {
        let read = dataset.decode(&sample::body(dataset)).unwrap();
        assert!(read == sample::simple(dataset), "{}", dataset.info.name);
    }
}

#[test]
fn a_sample_has_every_field_but_those_that_the_standard_leaves_out() {
    for dataset in &dictionary().datasets {
        let message = sample::simple(dataset);
        for field in &dataset.fields {
            let left_out = field.sample == "-";
            assert_eq!(message.has_field(&field.descriptor), !left_out, "{}", field.info.path);
        }
    }
}

#[test]
fn what_the_standard_tells_of_samples_can_be_read_and_is_needed() {
    for dataset in &dictionary().datasets {
        for field in dataset.walk().iter().filter(|field| !field.sample.is_empty()) {
            let at = format!("{} {}", dataset.info.name, field.info.path);
            if field.sample == "-" {
                assert!(!field.required, "{at} must not be left out");
                continue;
            }
            let read = cell::read(field, &field.sample).unwrap_or_else(|_| panic!("{at}"));
            if field.depth() > 0 {
                continue;
            }
            let made = sample::every(dataset);
            let made = made.get_field(&field.descriptor);
            let first = made.as_list().and_then(|items| items.first());
            assert_ne!(first.unwrap_or(&made), &read, "{at}: the rules make the same");
        }
    }
}

#[test]
fn what_must_not_precede_another_instant_comes_later_in_a_sample() {
    let mut pairs = 0;
    for dataset in &dictionary().datasets {
        let message = sample::simple(dataset);
        for field in dataset.fields.iter().filter(|field| !field.info.not_before.is_empty()) {
            let other = message.get_field_by_name(field.info.not_before);
            let own = message.get_field(&field.descriptor).as_i64();
            assert!(own > other.as_deref().and_then(Value::as_i64), "{}", field.info.path);
            pairs += 1;
        }
    }
    assert!(pairs > 10, "{pairs}");
}
