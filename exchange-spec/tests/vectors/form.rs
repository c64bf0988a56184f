//! The tables of `FORM.md` are those of the code.

use sanheyi_exchange_spec::error::CODES;

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

fn rows(table: &[Vec<String>]) -> String {
    table.iter().map(|row| format!("| {} |\n", row.join(" | "))).collect()
}

/// Names and values of all bounds. The values come from the compiler; that none is left out is held
/// against the source.
fn limits() -> Vec<(&'static str, i64)> {
    macro_rules! values {
        ($($name:ident)*) => {
            vec![$((
                stringify!($name),
                i64::try_from(sanheyi_exchange_spec::limits::$name).unwrap(),
            )),*]
        };
    }
    let values = values!(
        PLATFORM_ID_BYTES DATASET_NAME_BYTES RECORD_ID_BYTES HEADER_BYTES BODY_BYTES DRAFT_BYTES
        SALT_BYTES SEGMENT_ENTRIES FRAME_BYTES SEGMENT_TARGET_BYTES FRAME_RATIO
        FRAME_RATIO_FREE_BYTES FRAME_WINDOW_LOG WINDOW_BYTES WINDOW_SEGMENTS MESSAGE_BYTES
        NOTE_BYTES NOTE_SIGNATURES EPOCHS_HELD JOURNALS_PER_CALL PULL_WAIT_MILLIS
        CLOCK_SKEW_MICROS RECEIPT_ENTRIES RECEIPT_EXCEPTIONS REASONS SUBMIT_DRAFTS READS
    );
    let source: Vec<&str> = LIMITS
        .lines()
        .filter_map(|line| line.strip_prefix("pub const ")?.split_once(':'))
        .map(|(name, _)| name)
        .collect();
    let named: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
    assert_eq!(named, source, "a bound was added or moved: name it here");
    values
}
