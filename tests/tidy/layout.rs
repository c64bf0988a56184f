//! The top level holds what it is said to hold, and README.md tells the command that CI runs.

use std::collections::BTreeSet;

use crate::tree::Tree;
use crate::{assert_clean, assert_trips};

const TOP_LEVEL: [&str; 18] = [
    ".ci",
    ".config",
    ".gitignore",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "README.md",
    "clippy.toml",
    "deny.toml",
    "deploy",
    "exchange-spec",
    "hub",
    "node",
    "proto",
    "rustfmt.toml",
    "tests",
];
const TEST_COMMAND: &str = "cargo test --workspace --locked";

fn strangers(tree: &Tree) -> Vec<String> {
    let names: BTreeSet<&str> = tree.paths().filter_map(|path| path.split('/').next()).collect();
    let strange = names.iter().filter(|name| !TOP_LEVEL.contains(name));
    strange.map(|name| format!("{name}:1: not a top-level name: give it to a folder")).collect()
}

/// README.md and CI agree about the command that tests everything.
fn commands(tree: &Tree) -> Vec<String> {
    let stands_alone = |path: &str| {
        let text = tree.text(path).unwrap_or_default();
        text.lines().any(|line| line.trim().trim_start_matches("step ") == TEST_COMMAND)
    };
    let lacking = ["README.md", ".ci/run"].into_iter().filter(|path| !stands_alone(path));
    lacking.map(|path| format!("{path}:1: has no line `{TEST_COMMAND}`")).collect()
}

#[test]
fn the_top_level_holds_what_it_is_said_to_hold() {
    assert_clean(&strangers(&Tree::of_repository()));
}

#[test]
fn readme_tells_the_command_that_ci_runs() {
    assert_clean(&commands(&Tree::of_repository()));
}

#[test]
fn a_stranger_and_another_command_are_found() {
    let tree = Tree::of(&[
        ("notes.md", ""),
        ("tests/src/lib.rs", ""),
        (".ci/run", &format!("step {TEST_COMMAND}\n")),
        ("README.md", "cargo test\n"),
    ]);
    assert_trips(&strangers(&tree), "notes.md");
    assert_trips(&commands(&tree), "README.md:1");
}
