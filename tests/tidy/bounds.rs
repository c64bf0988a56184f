//! Every bound is held against by a test that names it.

use crate::mask::has_word;
use crate::tree::Tree;
use crate::{assert_clean, assert_trips};

const LIMITS: &str = "exchange-spec/src/limits.rs";

/// Bounds that no test can name, each with its reason. Empty, and better so.
const EXCEPTIONS: [(&str, &str); 0] = [];

fn findings(tree: &Tree) -> Vec<String> {
    let limits = tree.text(LIMITS).unwrap_or_default();
    let mut untested: Vec<(usize, &str)> = limits
        .lines()
        .enumerate()
        .filter_map(|(index, line)| {
            let (name, _) = line.strip_prefix("pub const ")?.split_once(':')?;
            Some((index + 1, name))
        })
        .filter(|(_, name)| EXCEPTIONS.iter().all(|(exception, _)| exception != name))
        .collect();
    for source in tree.sources().filter(|source| !source.path.starts_with("tests/tidy/")) {
        for line in source.lines().iter().filter(|line| line.test) {
            untested.retain(|(_, name)| !has_word(line.code, name));
        }
    }
    let finding =
        |(at, name)| format!("{LIMITS}:{at}: no test names `{name}`: reach it, then cross it");
    untested.into_iter().map(finding).collect()
}

#[test]
fn every_bound_is_named_in_a_test() {
    assert_clean(&findings(&Tree::of_repository()));
}

#[test]
fn a_bound_without_a_test_is_found() {
    let limits =
        "/// Most.\npub const MOST: usize = 1;\n/// Longest.\npub const LONGEST: u8 = 2;\n";
    let test = "#[cfg(test)]\nmod tests {\n    use crate::limits::LONGEST;\n}\nfn f() { MOST }\n";
    let tree = Tree::of(&[(LIMITS, limits), ("exchange-spec/src/note.rs", test)]);
    assert_trips(&findings(&tree), "limits.rs:2: no test names `MOST`");
}
