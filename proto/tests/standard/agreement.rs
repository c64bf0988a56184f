//! The generated checks and the second opinion agree, on random messages and on bytes that somebody
//! tampered with.

use prost::Message;
use sanheyi_proto::forms::FORMS;
use sanheyi_proto::{Dataset, Violations, datasets};

use crate::chance::Chance;
use crate::random::{message_of, tamper};
use crate::samples::samples;
use crate::slow::{Found, Slow, forms};

/// Random messages of each dataset.
const SEEDS: u64 = 80;

/// Tampered bodies of all samples together.
const TAMPERED: usize = 8_000;

/// Changed examples of each form.
const FORM_SEEDS: u64 = 4_000;

/// Places at which a sample is cut off.
const CUTS: usize = 50;

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
    for dataset in datasets() {
        let (mut clean, mut broken) = (0, 0);
        for seed in 0..SEEDS {
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
        assert!(clean > 0 && broken > 0, "{}: one-sided: {clean}, {broken}", dataset.name);
    }
}

#[test]
fn tampered_bytes_neither_panic_nor_part_the_two_opinions() {
    let slow = Slow::new();
    let samples = samples();
    for (name, sample) in &samples {
        let dataset = sanheyi_proto::dataset(name).expect("a dataset");
        for seed in 0..TAMPERED / samples.len() {
            let seed = u64::try_from(seed).expect("a seed");
            let mut chance = Chance::new(seed);
            let mut body = sample.clone();
            for _ in 0..=chance.below(4) {
                tamper(&mut chance, &mut body);
            }
            agree(&slow, dataset, &body, seed);
        }
        for length in (0..sample.len()).step_by(sample.len().div_ceil(CUTS).max(1)) {
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

#[test]
fn forms_agree_with_a_second_opinion_and_are_numbered_as_in_the_options() {
    let slow = Slow::new();
    let declared = slow.pool.get_enum_by_name("sanheyi.options.v1.Form").expect("declared");
    assert_eq!(declared.values().len(), FORMS.len() + 1);
    for (form, number) in FORMS.iter().zip(1..) {
        let name = declared.get_value(number).expect("a number").name().to_owned();
        assert_eq!(name, format!("FORM_{}", form.name.to_uppercase()));
        assert_eq!(forms::rule(number), format!("form.{}", form.name));
        let (mut right, mut wrong) = (0, 0);
        for seed in 0..FORM_SEEDS {
            let mut chance = Chance::new(seed);
            let mut text = form.example.to_owned();
            for _ in 0..=chance.below(2) {
                let at = chance.below(text.len());
                let with = *chance.pick(&["0", "1", "2", "9", "X", "A", ".", "-", "", "00"]);
                text.replace_range(at..=at, with);
                if text.is_empty() {
                    break;
                }
            }
            assert_eq!((form.holds)(&text), forms::has(number, &text), "{}: {text}", form.name);
            *if (form.holds)(&text) { &mut right } else { &mut wrong } += 1;
        }
        assert!(right > 0 && wrong > 0, "{}: one-sided: {right}, {wrong}", form.name);
    }
}
