//! How records are named and what they lean on: the walk over bytes against a twin by reflection.

use prost::Message;
use prost_reflect::{DynamicMessage, Value};
use sanheyi_proto::{Dataset, Reference, Template, datasets};

use crate::chance::Chance;
use crate::random::{message_of, tamper};
use crate::samples::samples;
use crate::slow::Slow;

/// Random messages of each dataset.
const SEEDS: u64 = 50;

/// What a template writes, or nothing.
fn named(template: &Template, body: &[u8]) -> Option<String> {
    let mut out = "what was here before".to_owned();
    template.name(body, &mut out).then_some(out)
}

fn target(reference: &Reference, body: &[u8]) -> Option<String> {
    let mut out = String::new();
    reference.target(body, &mut out).then_some(out)
}

/// A top-level field of a message as a text; nothing where it is empty or 0.
fn field(message: &DynamicMessage, name: &str, width: usize) -> Option<String> {
    let number = |number: i64| (number != 0).then(|| format!("{number:0width$}"));
    match message.get_field_by_name(name).expect("a field").into_owned() {
        Value::String(text) => Some(text).filter(|text| !text.is_empty()),
        Value::U32(value) => number(value.into()),
        Value::EnumNumber(value) => number(value.into()),
        other => panic!("{name} is {other:?}"),
    }
}

fn twin(template: &str, message: &DynamicMessage) -> Option<String> {
    let mut out = String::new();
    for part in template.split_inclusive('}') {
        let (literal, name) = part.split_once('{').unwrap_or((part, ""));
        out.push_str(literal);
        if let Some(name) = name.strip_suffix('}') {
            let (name, width) = name.split_once(":0").unwrap_or((name, "0"));
            out.push_str(&field(message, name, width.parse().expect("a width"))?);
        }
    }
    Some(out)
}

fn text(option: &DynamicMessage, name: &str) -> String {
    option.get_field_by_name(name).expect("declared").as_str().expect("a text").to_owned()
}

/// Holds all templates of a dataset against the twin, for one body. What reflection cannot read
/// has no twin.
fn agree(slow: &Slow, dataset: &Dataset, body: &[u8]) {
    let descriptor = slow.message(dataset.message);
    let option = slow.option(&descriptor.options(), "sanheyi.options.v1.dataset").expect("set");
    let name = named(&dataset.record, body);
    let targets: Vec<_> = dataset.references.iter().map(|one| target(one, body)).collect();
    let Ok(message) = DynamicMessage::decode(descriptor, body) else { return };
    assert_eq!(name, twin(&text(&option, "record"), &message), "{}", dataset.name);
    let references = option.get_field_by_name("references").expect("declared").into_owned();
    let references = references.as_list().expect("a list");
    assert_eq!(targets.len(), references.len());
    for (found, reference) in targets.into_iter().zip(references) {
        let reference = reference.as_message().expect("a message");
        let when = text(reference, "when");
        let holds = when.is_empty()
            || when.split_once('=').is_some_and(|(name, number)| {
                field(&message, name, 0).unwrap_or_else(|| "0".into()) == number
            });
        let expected = twin(&text(reference, "record"), &message).filter(|_| holds);
        assert_eq!(found, expected, "{} to {}", dataset.name, text(reference, "dataset"));
    }
}

#[test]
fn templates_and_references_agree_with_a_twin_by_reflection() {
    let slow = Slow::new();
    for dataset in datasets() {
        let mut named_at_all = 0;
        for seed in 0..SEEDS {
            let mut chance = Chance::new(seed);
            let wrong = *chance.pick(&[2, 8, 40]);
            let message = slow.message(dataset.message);
            let mut body = message_of(&slow, &mut chance, &message, wrong).encode_to_vec();
            agree(&slow, dataset, &body);
            named_at_all += usize::from(named(&dataset.record, &body).is_some());
            // Fields that stand twice: the last one binds.
            let again = message_of(&slow, &mut chance, &message, wrong).encode_to_vec();
            agree(&slow, dataset, &[body.as_slice(), &again].concat());
            tamper(&mut chance, &mut body);
            agree(&slow, dataset, &body);
        }
        assert!(named_at_all > 0, "{} is never named", dataset.name);
    }
}

#[test]
fn every_dataset_has_a_sample_that_passes_and_is_named() {
    let slow = Slow::new();
    let samples = samples();
    for dataset in datasets() {
        let found = samples.iter().filter(|(name, _)| *name == dataset.name).count();
        assert!(found > 0, "{} has no sample in proto/tests/standard/samples/", dataset.name);
    }
    for (name, body) in &samples {
        let dataset = sanheyi_proto::dataset(name).expect("a sample's dataset");
        let mut violations = sanheyi_proto::Violations::new();
        (dataset.check)(body, &mut violations);
        assert!(violations.is_empty(), "{name}: {violations:?}");
        assert!(named(&dataset.record, body).is_some(), "{name} is not named");
        agree(&slow, dataset, body);
    }
}

/// A reference of a dataset, by the dataset that it leads to.
fn reference(from: &str, to: &str) -> &'static Reference {
    let dataset = sanheyi_proto::dataset(from).expect("a dataset");
    dataset.references.iter().find(|one| one.dataset == to).expect("a reference")
}

#[test]
fn records_are_named_by_their_fields() {
    use crate::samples::{case, item, step};
    let name = |dataset: &str, body: &[u8]| {
        named(&sanheyi_proto::dataset(dataset).expect("a dataset").record, body)
    };
    let sample = name("case.step", &step().encode_to_vec());
    assert_eq!(sample.as_deref(), Some("JS048100JT0000000217-0002"));
    let sample = name("catalogue.power_item", &item().encode_to_vec());
    assert_eq!(sample.as_deref(), Some("JS048100JT-XK-1030-3"));
    let mut bare = step();
    bare.ordinal = 0;
    assert_eq!(name("case.step", &bare.encode_to_vec()), None);
    bare.ordinal = u32::MAX;
    let wide = name("case.step", &bare.encode_to_vec());
    assert_eq!(wide.as_deref(), Some("JS048100JT0000000217-4294967295"));
    bare.case_no.clear();
    assert_eq!(name("case.step", &bare.encode_to_vec()), None);
    assert_eq!(name("case.step", b"\x0a\x7f"), None, "malformed");
    assert_eq!(name("case.step", b""), None);
    let to = reference("case.case", "catalogue.power_item");
    let leans = target(to, &case().encode_to_vec());
    assert_eq!(leans.as_deref(), Some("JS048100JT-XK-1030-3"));
    let mut loose = case();
    loose.power_version = 0;
    assert_eq!(target(to, &loose.encode_to_vec()), None);
}
