//! The tables of `FORM.md` are those of the code.

use sanheyi_exchange_spec::attachment::KINDS;
use sanheyi_exchange_spec::error::CODES;
use sanheyi_exchange_spec::limits;

use crate::answers::remedy;

const FORM: &str = include_str!("../../FORM.md");
const LIMITS: &str = include_str!("../../src/limits.rs");

/// The table under the line `<!-- table: name -->`: rows of trimmed cells, heading left out.
fn table(name: &str) -> Vec<Vec<&'static str>> {
    let mark = format!("<!-- table: {name} -->");
    let (_, after) = FORM.split_once(&mark).unwrap_or_else(|| panic!("FORM.md has no {mark}"));
    let rows = after.trim_start().lines().take_while(|line| line.starts_with('|'));
    rows.skip(2).map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
}

#[test]
fn the_refusals_are_those_of_the_code() {
    let coded: Vec<Vec<String>> = CODES
        .iter()
        .map(|code| {
            let texts = [remedy(code.remedy()), code.remedy_zh(), code.remedy_en()];
            let mut row = vec![format!("`{code}`")];
            row.extend(texts.map(str::to_owned));
            row
        })
        .collect();
    let written = table("refusals");
    assert_eq!(written, coded, "the table should be:\n{}\n", rows(&coded));
}

#[test]
fn every_bound_stands_with_its_value() {
    let coded: Vec<Vec<String>> =
        limits().iter().map(|(name, value)| vec![format!("`{name}`"), value.to_string()]).collect();
    let written: Vec<Vec<&str>> =
        table("limits").into_iter().map(|row| row.into_iter().take(2).collect()).collect();
    assert_eq!(written, coded, "the first two columns should be:\n{}\n", rows(&coded));
}

#[test]
fn the_types_of_attachments_are_those_of_the_code() {
    let coded: Vec<_> = KINDS.iter().map(|kind| format!("`{}`", kind.media_type)).collect();
    let written: Vec<_> =
        table("kinds").into_iter().filter_map(|row| row.first().copied()).collect();
    assert_eq!(written, coded);
}

fn rows(table: &[Vec<String>]) -> String {
    table.iter().map(|row| format!("| {} |\n", row.join(" | "))).collect()
}

/// Names and values of all bounds, read from the source: a sum of products, as they are written.
fn limits() -> Vec<(&'static str, i64)> {
    let mut known: Vec<(&str, i64)> = Vec::new();
    for line in LIMITS.lines() {
        let Some((name, rest)) = line.strip_prefix("pub const ").and_then(|l| l.split_once(':'))
        else {
            continue;
        };
        let (_, value) = rest.split_once('=').unwrap();
        let factor = |text: &str| match text.parse() {
            Ok(number) => number,
            Err(_) => known.iter().find(|(name, _)| *name == text).unwrap().1,
        };
        let product = |text: &str| text.split('*').map(|f| factor(f.trim())).product::<i64>();
        let plain = value.trim().trim_end_matches(';').replace("- ", "+ -1 * ");
        let sum = plain.split('+').map(|term| product(&digits(term.trim()))).sum();
        known.push((name, sum));
    }
    known
}

/// A term without the underscores that stand between digits.
fn digits(term: &str) -> String {
    let of_word = |word: &str| match word.starts_with(|c: char| c.is_ascii_digit()) {
        true => word.replace('_', ""),
        false => word.to_owned(),
    };
    term.split(' ').map(of_word).collect::<Vec<_>>().join(" ")
}

#[test]
fn the_bounds_read_are_those_of_the_compiler() {
    let value = |name: &str| limits().into_iter().find(|(known, _)| *known == name).unwrap().1;
    for (name, compiled) in [
        ("FRAME_RATIO_FREE_BYTES", limits::FRAME_RATIO_FREE_BYTES),
        ("SEGMENT_TARGET_BYTES", limits::SEGMENT_TARGET_BYTES),
        ("HEADER_BYTES", limits::HEADER_BYTES),
    ] {
        assert_eq!(Ok(value(name)), i64::try_from(compiled), "{name}");
    }
}
