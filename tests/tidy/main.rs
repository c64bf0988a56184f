//! *Tidy*: what can be counted about this repository is checked by a machine. Each rule is a
//! function from a [`Tree`](tree::Tree) to findings; a finding names file, line and remedy. Beside
//! the test that holds the rule against the repository stands one that breaks it on purpose, so
//! that a rule which has gone blind is noticed.

mod bounds;
mod clauses;
mod doors;
mod layout;
mod left;
mod mask;
mod rooms;
mod sizes;
mod tree;
mod unfinished;
mod vectors;
mod words;

/// Fails with every finding at once.
#[track_caller]
fn assert_clean(findings: &[String]) {
    assert!(findings.is_empty(), "{} finding(s):\n  {}\n", findings.len(), findings.join("\n  "));
}

/// Fails unless exactly one finding was made, and it contains `part`.
#[track_caller]
fn assert_trips(findings: &[String], part: &str) {
    assert!(
        findings.len() == 1 && findings[0].contains(part),
        "expected one finding about {part:?}, got {findings:?}"
    );
}
