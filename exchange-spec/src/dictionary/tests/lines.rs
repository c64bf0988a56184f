//! Bodies as lines: of every dataset each field stands by its titles, and nothing personal is told
//! unless it is asked for.

use sanheyi_proto::Sensitivity;

use super::dictionary;
use crate::dictionary::lines::lines;
use crate::dictionary::sample;

#[test]
fn every_field_of_every_sample_is_a_line_and_personal_ones_are_masked() {
    let mut personal = 0;
    for dataset in &dictionary().datasets {
        let body = sample::body(dataset);
        let told = lines(dataset, &body, false).unwrap();
        let whole = lines(dataset, &body, true).unwrap();
        let name = dataset.info.name;
        assert!(!told.is_empty(), "{name}");
        assert_eq!(told.len(), whole.len(), "{name}");
        for (told, whole) in told.iter().zip(&whole) {
            assert_eq!((&told.path, told.title_zh), (&whole.path, whole.title_zh));
            assert!(!told.title_zh.is_empty() && !told.title_en.is_empty(), "{name} {}", told.path);
            assert!(!whole.masked);
            assert_eq!(
                told.masked,
                told.personal && told.value_zh.is_some(),
                "{name} {}",
                told.path
            );
            if told.masked {
                personal += 1;
                let differs = told.value_zh != whole.value_zh
                    || whole.value_zh.as_deref().is_some_and(|text| text.contains('*'));
                assert!(differs, "{name} {} shows {:?}", told.path, whole.value_zh);
            } else {
                assert_eq!((&told.value_zh, &told.value_en), (&whole.value_zh, &whole.value_en));
            }
        }
        let declared =
            dataset.walk().iter().any(|one| one.info.sensitivity == Sensitivity::Personal);
        assert!(declared || told.iter().all(|line| !line.personal), "{name}");
    }
    assert!(personal > 10, "{personal} personal fields in all samples");
}

#[test]
fn codes_and_instants_are_said_in_words() {
    let dictionary = dictionary();
    let case = dictionary.dataset("case.case").unwrap();
    let lines = lines(case, &sample::body(case), false).unwrap();
    let of = |path: &str| {
        let line = lines.iter().find(|line| line.path == path);
        line.and_then(|line| line.value_zh.clone()).unwrap_or_else(|| panic!("{path}: {lines:?}"))
    };
    assert!(of("accepted_at").contains(':'), "an instant: {}", of("accepted_at"));
    assert!(lines.iter().any(|line| line.depth > 0), "what lies inside stands deeper");
}
