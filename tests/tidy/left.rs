//! Every dependency points left: proto, exchange-spec, node, hub, tests. And the leftmost two stay
//! free of sockets, disks and tasks with all that they pull in.

use std::process::Command;

use crate::tree::Tree;
use crate::{assert_clean, assert_trips};

/// The crates from left to right, which is also the reading order.
const ORDER: [(&str, &str); 5] = [
    ("proto", "sanheyi-proto"),
    ("exchange-spec", "sanheyi-exchange-spec"),
    ("node", "sanheyi-node"),
    ("hub", "sanheyi-hub"),
    ("tests", "sanheyi-tests"),
];

/// Crates that must not be in exchange-spec's tree, however they would get there.
const IMPURE: [&str; 9] =
    ["tokio", "tonic", "sqlx", "hyper", "rustls", "mio", "socket2", "getrandom", "rand"];

fn findings(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for (own, (folder, _)) in ORDER.iter().enumerate() {
        let path = format!("{folder}/Cargo.toml");
        let Some(text) = tree.text(&path) else {
            findings.push(format!("{path}: missing: every crate has its folder"));
            continue;
        };
        for (at, name, line) in dependencies(text) {
            let other = ORDER.iter().position(|(_, package)| *package == name);
            if other.is_some_and(|other| other >= own) {
                findings.push(format!(
                    "{path}:{at}: `{name}` points right: move what is needed to the left"
                ));
            }
            if !line.contains("workspace = true") {
                findings.push(format!(
                    "{path}:{at}: `{name}` has a version of its own: name it in the root Cargo.toml"
                ));
            }
        }
    }
    findings
}

/// The dependencies of a manifest, of all kinds: line number, name, whole line.
fn dependencies(manifest: &str) -> Vec<(usize, &str, &str)> {
    let mut inside = false;
    let mut found = Vec::new();
    for (index, line) in manifest.lines().enumerate() {
        if line.starts_with('[') {
            inside = line.contains("dependencies");
        } else if inside && !line.trim().is_empty() && !line.starts_with('#') {
            let end = line.find(['.', ' ', '=']).unwrap_or(line.len());
            found.push((index + 1, &line[..end], line));
        }
    }
    found
}

/// The packages in a `cargo tree --prefix none` that must not be there.
fn impurities(listing: &str) -> Vec<String> {
    let names = listing.lines().filter_map(|line| line.split_whitespace().next());
    names
        .filter(|name| IMPURE.contains(name))
        .map(|name| {
            format!(
                "exchange-spec/Cargo.toml: `{name}` got into the tree: ask cargo tree -i {name}"
            )
        })
        .collect()
}

#[test]
fn dependencies_point_left() {
    assert_clean(&findings(&Tree::of_repository()));
}

#[test]
fn exchange_spec_is_pure_with_all_it_pulls_in() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--package", "sanheyi-exchange-spec", "--edges", "normal"])
        .args(["--prefix", "none", "--locked", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let listing = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && listing.contains("sanheyi-proto"), "cargo tree: {errors}");
    assert_clean(&impurities(&listing));
}

#[test]
fn a_dependency_to_the_right_is_found() {
    let left = "[dependencies]\nserde.workspace = true\n";
    let right = "[dev-dependencies]\nsanheyi-hub = { workspace = true }\n";
    let tree = Tree::of(&[
        ("proto/Cargo.toml", left),
        ("exchange-spec/Cargo.toml", left),
        ("node/Cargo.toml", right),
        ("hub/Cargo.toml", left),
        ("tests/Cargo.toml", right),
    ]);
    assert_trips(&findings(&tree), "node/Cargo.toml:2: `sanheyi-hub` points right");
    assert_trips(&impurities("bytes v1.11.0\ntokio v1.54.0\n"), "`tokio`");
}
