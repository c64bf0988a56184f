//! What the tests of all families use.

use crate::reason::{Findings, Level};

/// What a rule finds, one line each: level, field, rule.
pub(super) fn rules(rule: impl FnOnce(&mut Findings)) -> Vec<String> {
    let mut out = Findings::default();
    rule(&mut out);
    let lines = out.into_reasons().into_iter().map(|reason| {
        assert!(!reason.zh.is_empty() && !reason.en.is_empty(), "{reason:?}");
        let level = if reason.level == Level::Error { "error" } else { "warning" };
        format!("{level} {} {}", reason.field, reason.rule)
    });
    lines.collect()
}

#[path = "../../../../proto/tests/standard/samples.rs"]
#[expect(unused_imports, reason = "the tests of the standard take more of it")]
mod samples;

#[test]
fn the_samples_of_the_standard_keep_the_rules_within_a_record() {
    for (dataset, body) in samples::samples() {
        let mut out = Findings::default();
        super::check(dataset, &body, &mut out);
        assert!(!out.has_error(), "{dataset}: {:?}", out.into_reasons());
    }
}
