//! The repository stands by itself: it names no path of the machine it was written on and no host
//! that a package comes from.

use crate::tree::Tree;
use crate::{assert_clean, assert_trips};

/// Words that must stand nowhere, each in two halves so that this file does not hold them itself.
const OUTSIDE: [(&str, &str, &str); 8] = [
    ("../sh", "ared", "a path outside the repository: bring what is needed inside"),
    ("/wo", "rk/", "a path of one machine: write it from the top level"),
    ("/ro", "ot/", "a path of one machine: write it from the top level"),
    ("/tmp/ba", "sh", "a path of one machine: write it from the top level"),
    ("/.car", "go/", "a path of one machine: write it from the top level"),
    ("index.cra", "tes.io", "a package host: cargo knows where packages are"),
    ("static.cra", "tes.io", "a package host: cargo knows where packages are"),
    ("cra", "tes.io/", "a package host: name the package"),
];

/// The lock file is written by cargo, which names the registry on every package.
const WRITTEN_BY_TOOLS: [&str; 2] = ["Cargo.lock", "tests/fuzz/Cargo.lock"];

fn findings(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, text) in tree.files().filter(|(path, _)| !WRITTEN_BY_TOOLS.contains(path)) {
        for (front, back, remedy) in OUTSIDE {
            let word = format!("{front}{back}");
            if !text.contains(&word) {
                continue;
            }
            for (index, _) in text.lines().enumerate().filter(|(_, line)| line.contains(&word)) {
                findings.push(format!("{path}:{}: `{word}`: {remedy}", index + 1));
            }
        }
    }
    findings
}

#[test]
fn nothing_outside_is_named() {
    assert_clean(&findings(&Tree::of_repository()));
}

#[test]
fn an_outside_word_is_found() {
    for (front, back, _) in OUTSIDE {
        let text = format!("one\nsee {front}{back}\n");
        assert!(findings(&Tree::of(&[("README.md", &text)])).iter().any(|f| f.contains("md:2")));
    }
    let path = ["see ", "/wo", "rk/place"].concat();
    assert_trips(&findings(&Tree::of(&[("deploy/README.md", &path)])), "deploy/README.md:1");
}
