//! What is derived holds for every dataset that there is, without one being named.

mod documents;
mod json;
mod lines;
mod public;
mod samples;
mod schema;
mod template;

use std::collections::BTreeSet;
use std::sync::LazyLock;

use proptest::prelude::*;
use prost::Message as _;
use prost_reflect::DynamicMessage;
use sanheyi_proto::{Violations, datasets};

use super::*;
use crate::codes::CodeList;

pub(super) fn dictionary() -> &'static Dictionary {
    static READ: LazyLock<Dictionary> = LazyLock::new(|| Dictionary::new().unwrap());
    &READ
}

/// Chance out of a seed (splitmix64).
pub(super) fn chance(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed;
    move |bound| {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % bound
    }
}

pub(super) fn drawn(dataset: &Dataset, seed: u64) -> DynamicMessage {
    sample::drawn(dataset, &mut chance(seed))
}

#[track_caller]
pub(super) fn assert_good(dataset: &Dataset, body: &[u8]) {
    let mut violations = Violations::new();
    (dataset.info.check)(body, &mut violations);
    assert!(violations.is_empty(), "{}: {violations:#?}", dataset.info.name);
}

#[test]
fn the_dictionary_has_every_dataset_and_field_once() {
    let dictionary = dictionary();
    assert_eq!(dictionary.datasets.len(), datasets().len());
    for (dataset, info) in dictionary.datasets.iter().zip(datasets()) {
        assert_eq!(dataset.info.name, info.name);
        let paths: Vec<_> = dataset.walk().iter().map(|field| field.info.path).collect();
        let known: BTreeSet<_> = info.fields.iter().map(|field| field.path).collect();
        assert_eq!(paths.len(), known.len(), "{}", info.name);
        assert!(paths.iter().all(|path| known.contains(path)), "{}", info.name);
        for field in dataset.walk() {
            let named = field.codes().map(CodeList::name).unwrap_or_default();
            assert_eq!(named, field.info.code_list, "{}", field.info.path);
            let enumeration = field.codes().and_then(CodeList::enumeration);
            let message = enumeration.map(|list| Kind::Code(list.message.to_owned()));
            let coded = matches!(field.kind, Kind::Code(_)).then(|| field.kind.clone());
            assert_eq!(message, coded, "{}", field.info.path);
            assert!(field.info.sensitivity >= field.declared, "{}", field.info.path);
        }
    }
    assert!(matches!(dictionary.dataset("case"), Err(DictionaryError::Dataset(_))));
}

#[test]
fn what_is_required_is_what_an_empty_body_lacks() {
    for dataset in &dictionary().datasets {
        let mut violations = Violations::new();
        (dataset.info.check)(&[], &mut violations);
        let lacking: BTreeSet<_> = violations.iter().map(|found| found.field.clone()).collect();
        let required: Vec<_> = dataset.fields.iter().filter(|field| field.required).collect();
        for field in required.iter().take(Violations::LIMIT) {
            assert!(lacking.contains(field.name()), "{} {}", dataset.info.name, field.name());
        }
        assert!(violations.left_off() || lacking.len() == required.len(), "{lacking:?}");
    }
}

#[test]
fn bounds_are_said_in_both_languages() {
    let dictionary = dictionary();
    let step = dictionary.dataset("case.step").unwrap();
    let said = |path: &str, lang| {
        let fields = step.walk();
        let field = fields.iter().find(|field| field.info.path == path).unwrap();
        words::bounds(field, lang).join("；")
    };
    assert_eq!(said("staff_name", Lang::Zh), "必填；1 至 100 个字");
    assert_eq!(said("staff_name", Lang::En), "required；1 to 100 characters");
    assert!(
        said("began_at", Lang::En).contains("1990-01-01T00:00:00Z to 2099-12-31T23:59:59.999999Z")
    );
    assert!(said("processed_at", Lang::Zh).starts_with("可缺"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn drawn_samples_keep_all_rules(seed in any::<u64>()) {
        for dataset in &dictionary().datasets {
            assert_good(dataset, &drawn(dataset, seed).encode_to_vec());
        }
    }
}
