//! Every golden vector is explained to whoever implements the form in another language.

use crate::tree::Tree;
use crate::{assert_clean, assert_trips};

const FOLDER: &str = "exchange-spec/vectors/";
const PAGE: &str = "exchange-spec/vectors/README.md";

fn findings(tree: &Tree) -> Vec<String> {
    let page = tree.text(PAGE).unwrap_or_default();
    let vectors = tree.paths().filter_map(|path| path.strip_prefix(FOLDER));
    let unnamed = vectors.filter(|name| name.ends_with(".json"));
    let unnamed = unnamed.filter(|name| !page.contains(&format!("`{name}`")));
    let mut findings: Vec<String> =
        unnamed.map(|name| format!("{PAGE}:1: `{name}` is not explained: add it")).collect();
    for (index, line) in page.lines().enumerate() {
        for name in line.split('`').skip(1).step_by(2).filter(|name| name.ends_with(".json")) {
            if !tree.has(&format!("{FOLDER}{name}")) {
                findings.push(format!("{PAGE}:{}: `{name}` does not exist", index + 1));
            }
        }
    }
    findings
}

#[test]
fn every_vector_is_explained() {
    assert_clean(&findings(&Tree::of_repository()));
}

#[test]
fn a_vector_that_nobody_explains_is_found() {
    let page = (PAGE, "| `ids.json` | ids |\n");
    let (ids, roots) = ("exchange-spec/vectors/ids.json", "exchange-spec/vectors/roots.json");
    assert_clean(&findings(&Tree::of(&[page, (ids, "")])));
    assert_trips(&findings(&Tree::of(&[page, (ids, ""), (roots, "")])), "`roots.json` is not");
    assert_trips(&findings(&Tree::of(&[page])), "md:1: `ids.json` does not exist");
}
