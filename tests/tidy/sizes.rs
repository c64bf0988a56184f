//! Sizes: what a reader can hold in mind.

use crate::mask::HIDDEN;
use crate::tree::{Source, Tree};
use crate::{assert_clean, assert_trips};

const FILE_LINES: usize = 400;
/// Most files are short: this share of them, in percent, has at most [`SHORT_LINES`] lines.
const SHORT_SHARE: usize = 60;
const SHORT_LINES: usize = 200;
const FUNCTION_LINES: usize = 70;
const COLUMNS: usize = 100;
/// rustfmt does not break markup, and an element with what is in it reads best on one line.
const PAGE_COLUMNS: usize = 130;

fn findings(tree: &Tree) -> Vec<String> {
    let mut findings = Vec::new();
    for source in tree.sources() {
        let (path, lines) = (source.path, source.text.lines().count());
        if lines > FILE_LINES {
            findings.push(format!(
                "{path}:{FILE_LINES}: {lines} lines, at most {FILE_LINES}: split it by what it knows"
            ));
        }
        if path.ends_with("/mod.rs") {
            findings.push(format!("{path}:1: write foo.rs beside foo/, not foo/mod.rs"));
        }
        if path.ends_with("src/lib.rs") {
            findings.extend(logic(&source));
        }
        findings.extend(long_functions(&source));
        findings.extend(wide_lines(&source));
    }
    findings
}

fn shares(tree: &Tree) -> Vec<String> {
    let lines: Vec<usize> = tree.sources().map(|source| source.text.lines().count()).collect();
    let short = lines.iter().filter(|&&lines| lines <= SHORT_LINES).count();
    if short * 100 >= lines.len() * SHORT_SHARE {
        return Vec::new();
    }
    let all = lines.len();
    vec![format!(
        "{short} of {all} files have at most {SHORT_LINES} lines; {SHORT_SHARE} in 100 should"
    )]
}

/// `lib.rs` teaches and re-exports.
fn logic(source: &Source<'_>) -> Vec<String> {
    let holds_logic = |code: &str| {
        let words = ["fn", "struct", "enum", "union", "trait", "impl", "static", "macro_rules"];
        words.iter().any(|word| crate::mask::has_word(code, word))
    };
    let lines = source.lines().into_iter().filter(|line| !line.test && holds_logic(line.code));
    lines
        .map(|line| {
            format!("{}:{}: lib.rs teaches and re-exports: move this out", source.path, line.number)
        })
        .collect()
}

fn long_functions(source: &Source<'_>) -> Vec<String> {
    let lines: Vec<&str> = source.code.lines().map(str::trim_end).collect();
    let mut findings = Vec::new();
    for (start, line) in lines.iter().enumerate().filter(|(_, line)| begins_function(line)) {
        let length = function_length(&lines[start..]);
        if length > FUNCTION_LINES {
            findings.push(format!(
                "{}:{}: `{}` has {length} lines, at most {FUNCTION_LINES}: give its steps names",
                source.path,
                start + 1,
                line.trim()
            ));
        }
    }
    findings
}

/// Whether a function begins on the line: `fn` after nothing but qualifiers.
fn begins_function(line: &str) -> bool {
    let Some((before, _)) = line.split_once("fn ") else { return false };
    before.split_whitespace().all(|word| {
        matches!(word, "pub" | "const" | "async" | "extern" | "default")
            || word.starts_with("pub(")
            || word.starts_with('"')
    })
}

/// Lines from the `fn` to what closes it at the same indentation, in code as rustfmt writes it.
fn function_length(lines: &[&str]) -> usize {
    let indent = lines[0].len() - lines[0].trim_start().len();
    let closes = |line: &str| {
        let outside = line.len() - line.trim_start().len() == indent;
        outside && !line.is_empty() && (line.ends_with('}') || line.ends_with(';'))
    };
    lines.iter().position(|line| closes(line)).map_or(lines.len(), |end| end + 1)
}

/// Lines that are too wide although what stands in string literals is not counted. A line with an
/// address in it may be as wide as the address needs.
fn wide_lines(source: &Source<'_>) -> Vec<String> {
    let mut findings = Vec::new();
    let most = if source.path.contains("/src/web/") { PAGE_COLUMNS } else { COLUMNS };
    for (index, (code, text)) in source.code.lines().zip(source.text.lines()).enumerate() {
        let hidden = code.chars().filter(|&c| c == HIDDEN).count();
        let columns = text.chars().count() - hidden;
        if columns > most && !text.contains("://") {
            findings.push(format!(
                "{}:{}: {columns} columns, at most {most}: break the line",
                source.path,
                index + 1
            ));
        }
    }
    findings
}

#[test]
fn files_functions_and_lines_are_small() {
    assert_clean(&findings(&Tree::of_repository()));
}

#[test]
fn most_files_are_short() {
    assert_clean(&shares(&Tree::of_repository()));
}

#[test]
fn a_long_file_is_found() {
    let long = "const A: u8 = 0;\n".repeat(FILE_LINES + 1);
    let tree = Tree::of(&[("node/src/a.rs", &long)]);
    assert_trips(&findings(&tree), "401 lines");
    assert_trips(&shares(&tree), "0 of 1 files");
}

#[test]
fn a_long_function_is_found_and_a_short_one_is_not() {
    let body = "        work();\n".repeat(FUNCTION_LINES);
    let long = format!("impl A {{\n    pub(crate) async fn f(\n    ) {{\n{body}    }}\n}}\n");
    assert_trips(&findings(&Tree::of(&[("a.rs", &long)])), "a.rs:2: `pub(crate) async fn f(`");
    let short = format!("fn a() {{}}\nfn b();\nfn c() {{\n}}\nmod m {{\n{body}{body}}}\n");
    assert_clean(&findings(&Tree::of(&[("a.rs", &short)])));
}

#[test]
fn a_wide_line_is_found_unless_a_string_makes_it_wide() {
    let wide = "x".repeat(COLUMNS);
    let comment = format!("// {wide}\n");
    assert_trips(&findings(&Tree::of(&[("a.rs", &comment)])), "103 columns");
    assert_clean(&findings(&Tree::of(&[("a.rs", &format!("const A: &str = \"{wide}\";\n"))])));
}

#[test]
fn logic_in_lib_rs_and_mod_rs_are_found() {
    let logic = "//! Teaches.\npub mod a;\npub fn f() {}\n";
    assert_trips(&findings(&Tree::of(&[("hub/src/lib.rs", logic)])), "lib.rs:3: lib.rs teaches");
    assert_trips(&findings(&Tree::of(&[("hub/src/a/mod.rs", "")])), "mod.rs");
}
