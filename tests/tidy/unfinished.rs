//! Nothing is left half done: no test is skipped, nothing says "later" in code.

use crate::tree::Tree;
use crate::{assert_clean, assert_trips};

const UNFINISHED: [(&str, &str); 5] = [
    ("#[ignore", "mend the test or remove it"),
    ("todo!", "write it, or return an error that says so"),
    ("unimplemented!", "write it, or return an error that says so"),
    ("dbg!", "remove it; what is worth saying is a tracing event"),
    ("#[allow(", "say #[expect(..., reason = \"...\")], which ends when its cause ends"),
];

fn findings(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for source in tree.sources() {
        for line in source.lines() {
            for (mark, remedy) in UNFINISHED.iter().filter(|(mark, _)| line.code.contains(mark)) {
                findings.push(format!("{}:{}: `{mark}`: {remedy}", source.path, line.number));
            }
        }
    }
    findings
}

#[test]
fn nothing_is_left_half_done() {
    assert_clean(&findings(&Tree::of_repository()));
}

#[test]
fn every_mark_is_found_in_code_and_none_in_comments() {
    for (mark, _) in UNFINISHED {
        assert_trips(&findings(&Tree::of(&[("hub/src/a.rs", &format!("{mark}\n"))])), mark);
        assert_clean(&findings(&Tree::of(&[("hub/src/a.rs", &format!("// {mark}\n"))])));
    }
}
