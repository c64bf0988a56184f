//! The repository as the rules see it: paths from the top level, each with its text.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::mask::mask;

/// What git and the tools keep for themselves; git leaves it out, too.
const SKIPPED: [&str; 5] =
    [".git", "target", "tests/fuzz/target", "tests/fuzz/corpus", "tests/fuzz/artifacts"];

/// All files by path, `/` between the parts.
pub(crate) struct Tree(BTreeMap<String, String>);

impl Tree {
    /// This repository.
    pub(crate) fn of_repository() -> Tree {
        let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
        let top = tests.parent().expect("the tests crate stands in the repository");
        let mut files = BTreeMap::new();
        walk(top, "", &mut files);
        Tree(files)
    }

    /// A tree made up to break a rule.
    pub(crate) fn of(files: &[(&str, &str)]) -> Tree {
        Tree(files.iter().map(|(path, text)| (path.to_string(), text.to_string())).collect())
    }

    pub(crate) fn paths(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(path, text)| (path.as_str(), text.as_str()))
    }

    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.0.get(path).map(String::as_str)
    }

    /// The Rust files, ready for reading.
    pub(crate) fn sources(&self) -> impl Iterator<Item = Source<'_>> {
        self.files().filter(|(path, _)| path.ends_with(".rs")).map(|(path, text)| Source {
            path,
            text,
            code: mask(text),
        })
    }

    /// Whether a file or a folder stands there.
    pub(crate) fn has(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        self.0.contains_key(path) || self.paths().any(|known| known.starts_with(&folder))
    }
}

fn walk(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) {
    let listing = fs::read_dir(folder).expect("a folder of the repository can be listed");
    for item in listing {
        let item = item.expect("a folder of the repository can be listed");
        let path = format!("{prefix}{}", item.file_name().to_string_lossy());
        if SKIPPED.contains(&path.as_str()) {
            continue;
        }
        if item.file_type().is_ok_and(|kind| kind.is_dir()) {
            walk(&item.path(), &format!("{path}/"), files);
        } else if let Ok(bytes) = fs::read(item.path()) {
            files.insert(path, String::from_utf8_lossy(&bytes).into_owned());
        }
    }
}

/// A Rust file: as written, and with comments and strings masked.
pub(crate) struct Source<'a> {
    pub(crate) path: &'a str,
    pub(crate) text: &'a str,
    pub(crate) code: String,
}

impl Source<'_> {
    /// Lines of code with their numbers, and whether each belongs to a test.
    pub(crate) fn lines(&self) -> Vec<Line<'_>> {
        let all_test = is_test_file(self.path);
        let mut module_end: Option<String> = None;
        let mut marked = false;
        let mut lines = Vec::new();
        for (index, code) in self.code.lines().enumerate() {
            let trimmed = code.trim();
            let indent = &code[..code.len() - code.trim_start().len()];
            let inside = module_end.is_some();
            if module_end.as_deref() == Some(code.trim_end()) {
                module_end = None;
            } else if !inside && trimmed == "#[cfg(test)]" {
                marked = true;
            } else if marked && !trimmed.is_empty() && !trimmed.starts_with("#[") {
                marked = false;
                module_end = trimmed.ends_with('{').then(|| format!("{indent}}}"));
            }
            let test = all_test || inside || marked || module_end.is_some();
            lines.push(Line { number: index + 1, code, test });
        }
        lines
    }
}

/// One line of code.
pub(crate) struct Line<'a> {
    pub(crate) number: usize,
    pub(crate) code: &'a str,
    pub(crate) test: bool,
}

/// Whether the whole file is test code, by its path.
pub(crate) fn is_test_file(path: &str) -> bool {
    path.starts_with("tests/") || path.ends_with("/tests.rs") || path.contains("/tests/")
}

#[test]
fn test_modules_are_told_from_code() {
    let text = "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\nfn c() {}\n";
    let tree = Tree::of(&[("node/src/a.rs", text)]);
    let source = tree.sources().next().unwrap();
    let tests: Vec<usize> =
        source.lines().iter().filter(|line| line.test).map(|line| line.number).collect();
    assert_eq!(tests, [2, 3, 4, 5]);
    assert!(is_test_file("node/src/store/tests.rs") && !is_test_file("hub/src/lib.rs"));
}
