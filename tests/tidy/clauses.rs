//! The clauses of the standard are whole: numbered, in both languages, each held by a test that
//! exists; and its rules are those that the code gives, none more and none fewer.

use std::collections::{BTreeMap, BTreeSet};

use crate::tree::Tree;
use crate::{assert_clean, assert_trips};

const CLAUSES: &str = "exchange-spec/STANDARD.md";
/// Sentences of the rules of fields, and their ids.
const WORDING: &str = "proto/src/wording.rs";
const FORMS: &str = "proto/src/forms.rs";
/// Bodies of every dataset and the rules that they break; ids of bounds are made by the build.
const VERDICTS: &str = "exchange-spec/vectors/verdicts.json";
/// Where reasons are given.
const GIVERS: [&str; 5] = [
    "exchange-spec/src/gate",
    "exchange-spec/src/rulebook",
    "exchange-spec/src/conflict.rs",
    "node/src/",
    "hub/src/",
];
/// Where every text with the shape of a rule's id is one, or the name of a dataset.
const GATE: &str = "exchange-spec/src/gate";
/// What gives a reason; its second argument is the rule.
const CALLS: [&str; 3] = ["Reason::new(", ".error(", ".warning("];

/// A clause as it stands on the page.
struct Clause<'a> {
    line: usize,
    number: (u32, u32),
    zh: String,
    en: String,
    /// The last part: rules, fields, tests.
    held: String,
    text: &'a str,
}

/// The clauses, each with the number of the section that it stands in.
fn clauses(page: &str) -> Vec<(u32, Clause<'_>)> {
    let mut section = 0;
    let mut found = Vec::new();
    let mut at = 1;
    for block in page.split("\n\n") {
        let line = at;
        at += block.matches('\n').count() + 2;
        let block = block.trim_matches('\n');
        if let Some(heading) = block.strip_prefix("## ") {
            section = heading.split('.').next().and_then(|n| n.parse().ok()).unwrap_or(0);
        }
        let Some((number, rest)) = block.strip_prefix("**").and_then(|b| b.split_once(".**"))
        else {
            continue;
        };
        let number =
            number.split_once('.').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
        let mut parts = rest.split("\\\n").map(|part| part.replace('\n', " ").trim().to_owned());
        let mut next = || parts.next().unwrap_or_default();
        let (zh, en, held) = (next(), next(), next());
        let number = number.unwrap_or((0, 0));
        found.push((section, Clause { line, number, zh, en, held, text: block }));
    }
    found
}

fn is_chinese(c: char) -> bool {
    ('\u{4e00}'..='\u{9fff}').contains(&c)
}

/// What stands in backticks behind a word of the last part, up to the next part.
fn named<'a>(held: &'a str, word: &str) -> Vec<&'a str> {
    let parts = held.trim_start_matches("— ").split(" · ");
    let part = parts.into_iter().find(|part| part.starts_with(word)).unwrap_or_default();
    part.split('`').skip(1).step_by(2).collect()
}

/// Functions in tests by their name, with the parts of the paths of their files.
fn tests(tree: &Tree) -> BTreeMap<String, Vec<Vec<String>>> {
    let mut tests: BTreeMap<String, Vec<Vec<String>>> = BTreeMap::new();
    for source in tree.sources() {
        let parts = source.path.trim_end_matches(".rs").split('/');
        let path: Vec<String> = parts.map(str::to_owned).collect();
        for line in source.lines().iter().filter(|line| line.test) {
            let Some((_, rest)) = line.code.split_once("fn ") else { continue };
            let name: String =
                rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            tests.entry(name).or_default().push(path.clone());
        }
    }
    tests
}

/// Whether a test of that path exists: a function in a file whose path has all the modules.
fn exists(tests: &BTreeMap<String, Vec<Vec<String>>>, path: &str) -> bool {
    let mut modules: Vec<&str> = path.split("::").collect();
    let Some(name) = modules.pop() else { return false };
    let fits = |file: &Vec<String>| {
        modules.iter().all(|module| *module == "tests" || file.iter().any(|part| part == module))
    };
    tests.get(name).is_some_and(|files| files.iter().any(fits))
}

fn whole(tree: &Tree) -> Vec<String> {
    let Some(page) = tree.text(CLAUSES) else { return vec![format!("{CLAUSES}:1: missing")] };
    let (tests, mut findings) = (tests(tree), Vec::new());
    let mut last = (0, 0);
    for (section, clause) in clauses(page) {
        let Clause { line, number, .. } = clause;
        let mut say = |what: String| {
            findings.push(format!("{CLAUSES}:{line}: {}.{}: {what}", number.0, number.1));
        };
        let next = if last.0 == section { last.1 + 1 } else { 1 };
        if number != (section, next) {
            say(format!("the number should be {section}.{next}"));
        }
        last = (section, next);
        if !clause.zh.contains(is_chinese) {
            say("begin with the clause in Chinese".to_owned());
        }
        let letters = clause.en.chars().filter(char::is_ascii_alphabetic).count();
        if letters <= clause.en.chars().filter(|c| is_chinese(*c)).count() {
            say("say it in English behind the first hard break".to_owned());
        }
        let held = named(&clause.held, "test ");
        if held.is_empty() {
            say("name a test that holds it in the last line".to_owned());
        }
        for path in held.into_iter().filter(|path| !exists(&tests, path)) {
            say(format!("there is no test `{path}`: name the one that holds it"));
        }
    }
    findings
}

/// The clauses' rules, with the line of each.
fn written(page: &str) -> BTreeMap<&str, usize> {
    let mut rules = BTreeMap::new();
    for (_, clause) in clauses(page) {
        for rule in clause.text.split("rule `").skip(1) {
            rules.extend(rule.split('`').next().map(|rule| (rule, clause.line)));
        }
    }
    rules
}

/// A text of two lower-case words with a full stop between them.
fn is_rule(text: &str) -> bool {
    let word = |word: &str| {
        !word.is_empty()
            && word.chars().all(|c| c == '_' || c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    text.split_once('.').is_some_and(|(family, name)| word(family) && word(name))
}

/// Texts between quotes in one line.
fn texts(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').skip(1).step_by(2)
}

/// The second argument of a call that begins here, if it is a plain text.
fn second(code: &str) -> Option<&str> {
    let (mut depth, mut quoted, mut begins) = (0, false, None);
    for (at, c) in code.char_indices() {
        match c {
            '"' => quoted = !quoted,
            _ if quoted => {}
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' if depth == 0 => return None,
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => match begins {
                None => begins = Some(at + 1),
                Some(begins) => {
                    let argument = code.get(begins..at)?.trim();
                    return argument.strip_prefix('"')?.strip_suffix('"');
                }
            },
            _ => {}
        }
    }
    None
}

/// All rules that the code can give, with where.
fn given(tree: &Tree) -> BTreeMap<String, String> {
    let mut given = BTreeMap::new();
    let datasets: BTreeSet<&str> = tree
        .files()
        .filter(|(path, _)| path.starts_with("proto/") && path.ends_with(".proto"))
        .flat_map(|(_, text)| text.split("name: \"").skip(1))
        .filter_map(|rest| rest.split('"').next())
        .collect();
    for source in tree.sources() {
        let path = source.path;
        let code: Vec<(usize, &str)> = source
            .lines()
            .iter()
            .zip(source.text.lines())
            .filter(|(line, raw)| !line.test && !raw.trim_start().starts_with("//"))
            .map(|(line, raw)| (line.number, raw))
            .collect();
        let mut give = |rule: &str, line: usize| {
            given.insert(rule.to_owned(), format!("{path}:{line}"));
        };
        for (at, (line, raw)) in code.iter().enumerate() {
            let rules = texts(raw).filter(|text| is_rule(text) && !datasets.contains(text));
            if path.starts_with(GATE) || path == WORDING {
                rules.for_each(|rule| give(rule, *line));
            }
            if path == WORDING && raw.contains("Broken::") && raw.contains("(\"") {
                texts(raw).take(1).for_each(|rule| give(rule, *line));
            }
            if path == WORDING && raw.contains("rule: \"") {
                texts(raw).for_each(|rule| give(rule, *line));
            }
            if path == FORMS && raw.contains("name: \"") {
                texts(raw).take(1).for_each(|name| give(&format!("form.{name}"), *line));
            }
            if !GIVERS.iter().any(|giver| path.starts_with(giver)) {
                continue;
            }
            for call in CALLS {
                let Some((_, rest)) = raw.split_once(call) else { continue };
                let after = code.iter().skip(at + 1).take(8).map(|(_, raw)| *raw);
                let rest: String =
                    std::iter::once(rest).chain(after).collect::<Vec<_>>().join("\n");
                second(&rest).into_iter().for_each(|rule| give(rule, *line));
            }
        }
    }
    given
}

/// The rules of the golden verdicts.
fn golden(tree: &Tree) -> BTreeSet<String> {
    let text = tree.text(VERDICTS).unwrap_or("{}");
    let verdicts: serde_json::Value = serde_json::from_str(text).unwrap_or_default();
    let found = verdicts["verdicts"].as_array().into_iter().flatten();
    let pairs = found.flat_map(|verdict| verdict["found"].as_array().into_iter().flatten());
    pairs.filter_map(|pair| pair[1].as_str().map(str::to_owned)).collect()
}

fn rules(tree: &Tree) -> Vec<String> {
    let page = tree.text(CLAUSES).unwrap_or_default();
    let (written, given, golden) = (written(page), given(tree), golden(tree));
    let mut findings = Vec::new();
    for (rule, place) in &given {
        if !written.contains_key(rule.as_str()) {
            findings
                .push(format!("{place}: no clause of {CLAUSES} has the rule `{rule}`: write it"));
        }
    }
    for rule in golden.iter().filter(|rule| !written.contains_key(rule.as_str())) {
        findings.push(format!("{VERDICTS}:1: no clause of {CLAUSES} has the rule `{rule}`"));
    }
    for (rule, line) in &written {
        if !given.contains_key(*rule) && !golden.contains(*rule) {
            findings.push(format!("{CLAUSES}:{line}: nothing gives the rule `{rule}`"));
        }
    }
    findings
}

#[test]
fn every_clause_is_whole_and_held_by_a_test() {
    assert_clean(&whole(&Tree::of_repository()));
}

#[test]
fn the_rules_of_the_clauses_are_those_of_the_code() {
    assert_clean(&rules(&Tree::of_repository()));
}

const GOOD: &str = "## 1. 范围 Scope\n\n**1.1.** 应如此。\\\nSo it shall be.\\\n— rule `record.a` (error) · of `x.y` · test `gate::tests::a_holds`\n";
const TEST: (&str, &str) = ("exchange-spec/src/gate/tests.rs", "#[test]\nfn a_holds() {}\n");

#[test]
fn a_clause_that_is_not_whole_is_found() {
    let of = |page: &str| whole(&Tree::of(&[(CLAUSES, page), TEST]));
    assert_clean(&of(GOOD));
    assert_trips(&of(&GOOD.replace("1.1", "1.2")), "the number should be 1.1");
    assert_trips(&of(&GOOD.replace("应如此", "Yes")), "in Chinese");
    assert_trips(&of(&GOOD.replace("So it shall be", "应如此")), "in English");
    assert_trips(&of(&GOOD.replace(" · test `gate::tests::a_holds`", "")), "name a test");
    assert_trips(&of(&GOOD.replace("a_holds", "b_holds")), "md:3: 1.1: there is no test");
    assert_trips(&of(&GOOD.replace("gate::", "codes::")), "there is no test");
    assert_trips(&whole(&Tree::of(&[])), "missing");
}

#[test]
fn a_rule_without_a_clause_and_a_clause_without_a_rule_are_found() {
    let code = "fn f() {\n    out.error(\n        \"a,b\",\n        \"record.a\",\n    );\n}\n";
    let of = |code: &str| rules(&Tree::of(&[(CLAUSES, GOOD), ("exchange-spec/src/gate.rs", code)]));
    assert_clean(&of(code));
    assert_trips(&of(""), "nothing gives the rule `record.a`");
    assert_trips(&of(&format!("{code}const B: &str = \"record.b\";\n")), "gate.rs:7: no clause");
    assert_trips(
        &of(&format!("{code}fn g() {{ Reason::new(\"\", \"taken\", zh, en) }}\n")),
        "`taken`",
    );
    assert_clean(&of(&format!("{code}// \"record.b\"\n")));
    let verdicts = (VERDICTS, "{\"verdicts\": [{\"found\": [[\"no\", \"string.len\"]]}]}");
    let gate = ("exchange-spec/src/gate.rs", code);
    assert_trips(&rules(&Tree::of(&[(CLAUSES, GOOD), gate, verdicts])), "`string.len`");
    let form = (FORMS, "const A: Form = Form { name: \"date\" };\n");
    assert_trips(&rules(&Tree::of(&[(CLAUSES, GOOD), gate, form])), "`form.date`");
    let said = (WORDING, "match broken {\n    Broken::Required => (\"required\", said()),\n}\n");
    assert_trips(&rules(&Tree::of(&[(CLAUSES, GOOD), gate, said])), "`required`");
}
