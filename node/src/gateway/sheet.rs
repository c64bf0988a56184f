//! Templates as a spreadsheet file (XLSX), for departments that report by filling one in.
//!
//! What the columns are is said by [`Template`]; here it becomes formats, drop-down lists and
//! limits, so that most mistakes cannot be typed: codes are chosen from lists on a hidden sheet,
//! texts keep their leading zeros, instants are dates, lengths and numbers have bounds. The same
//! template gives the same bytes.

mod rules;

use std::collections::{BTreeMap, BTreeSet};

use rust_xlsxwriter::{
    Color, DocProperties, ExcelDateTime, Format, FormatAlign, Note, Workbook, Worksheet, XlsxError,
};
use sanheyi_exchange_spec::codes::CodeList;
use sanheyi_exchange_spec::dictionary::template::{Column, HEADINGS, Rows, Sheet, Template};
use sanheyi_exchange_spec::dictionary::{Field, Kind, instant};

/// How many rows of a sheet have formats, lists and limits; a department that reports more at once
/// fills in several files.
pub const PREPARED_ROWS: u32 = 10_000;
/// Most characters of a sheet's name, by the format of the file.
pub const SHEET_NAME_CHARACTERS: usize = 31;

/// The hidden sheet with the code lists, a column each.
const CODES: &str = "_codes";
/// The largest integer that a cell holds exactly, by the format of the file: 15 digits.
const EXACT: i64 = 999_999_999_999_999;
/// Days from the first day that the file counts to 1970-01-01.
const EPOCH_DAYS: f64 = 25_569.0;
/// Microseconds of a day.
const DAY_MICROS: f64 = 86_400_000_000.0;
/// How far Beijing's clock is ahead, in days.
const BEIJING_DAYS: f64 = 8.0 / 24.0;

/// A template with rows as a file.
///
/// # Errors
/// If the format of the file has no place for what the template says.
pub fn xlsx(template: &Template<'_>, tables: &[Rows]) -> Result<Vec<u8>, XlsxError> {
    let mut book = Workbook::new();
    // The same template, the same bytes: the day says nothing.
    let day = ExcelDateTime::from_ymd(2000, 1, 1)?;
    let title = format!("{} · {}", template.dataset.info.title_zh, template.dataset.info.title_en);
    let properties = DocProperties::new().set_title(title).set_subject(template.dataset.info.name);
    book.set_properties(&properties.set_creation_datetime(&day));
    let lists = lists(template);
    let mut names = BTreeSet::from([CODES.to_lowercase()]);
    for (sheet, rows) in template.sheets.iter().zip(tables) {
        let page = book.add_worksheet();
        page.set_name(name(sheet.title_zh, &mut names))?;
        write(page, sheet, rows, &lists)?;
    }
    let page = book.add_worksheet();
    page.set_name(CODES)?;
    page.set_hidden(true);
    for (number, (id, labels)) in (0_u16..).zip(&lists) {
        page.write_string(0, number, id)?;
        for (row, label) in (1..).zip(labels) {
            page.write_string(row, number, label)?;
        }
    }
    book.save_to_buffer()
}

/// The labels of every list that the template's columns choose from, by id.
fn lists(template: &Template<'_>) -> BTreeMap<String, Vec<String>> {
    let columns = template.sheets.iter().flat_map(|sheet| &sheet.columns);
    let lists = columns.filter_map(Column::choices);
    lists.map(|list| (list.name(), labels(list))).collect()
}

fn labels(list: &CodeList) -> Vec<String> {
    list.entries.iter().map(|entry| list.label(entry)).collect()
}

/// A name that the file can give a sheet and that no other sheet has.
fn name(title: &str, taken: &mut BTreeSet<String>) -> String {
    let fit = |suffix: &str| -> String {
        let room = SHEET_NAME_CHARACTERS - suffix.chars().count();
        let plain = title.chars().map(|c| if "[]:*?/\\'".contains(c) { '·' } else { c });
        plain.take(room).chain(suffix.chars()).collect()
    };
    let mut name = fit("");
    let mut again = 2_u32;
    while !taken.insert(name.to_lowercase()) {
        name = fit(&format!(" {again}"));
        again = again.saturating_add(1);
    }
    name
}

fn write(
    page: &mut Worksheet,
    sheet: &Sheet<'_>,
    rows: &Rows,
    lists: &BTreeMap<String, Vec<String>>,
) -> Result<(), XlsxError> {
    let soft = Color::RGB(0x5B_64_70);
    let head = Format::new().set_bold().set_text_wrap().set_align(FormatAlign::Top);
    let head = head.set_background_color(Color::RGB(0xF1_F3_F5));
    let path = Format::new().set_font_color(soft).set_font_size(8);
    for (at, column) in (0_u16..).zip(&sheet.columns) {
        let title = column.title();
        let format = format(column);
        page.set_column_width(at, width(column, &title))?;
        page.set_column_format(at, &format)?;
        page.write_string_with_format(0, at, &title, &head)?;
        page.write_string_with_format(1, at, column.path(), &path)?;
        let note = Note::new(column.note()).add_author_prefix(false).set_width(320).set_height(140);
        page.insert_note(0, at, &note)?;
        if let Some(limit) = column.field().and_then(|field| rules::limit(field, lists)) {
            let first = u32::try_from(HEADINGS).unwrap_or_default();
            page.add_data_validation(first, at, first + PREPARED_ROWS - 1, at, &limit)?;
        }
        for (row, cells) in (0_u32..).zip(rows) {
            let row = row + u32::try_from(HEADINGS).unwrap_or_default();
            let cell = cells.get(usize::from(at)).map(String::as_str).unwrap_or_default();
            put(page, (row, at), column, cell, &format)?;
        }
    }
    let keys = sheet.columns.iter().filter(|column| column.field().is_none()).count();
    let keys = u16::try_from(keys).unwrap_or_default();
    page.set_freeze_panes(u32::try_from(HEADINGS).unwrap_or_default(), keys)?;
    Ok(())
}

/// How the cells of a column are shown and taken in.
fn format(column: &Column<'_>) -> Format {
    match column.field() {
        Some(field) if field.instant => Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
        Some(Field { kind: Kind::Uint32 | Kind::Int64, .. }) | None => {
            Format::new().set_num_format("0")
        }
        // Text, so that leading zeros and long numbers stay as they were typed.
        Some(_) => Format::new().set_num_format("@"),
    }
}

fn width(column: &Column<'_>, title: &str) -> f64 {
    let wide = unicode_width::UnicodeWidthStr::width(title).max(column.path().len());
    let least = match column.field() {
        Some(field) if field.instant => 20,
        Some(Field { kind: Kind::Text, .. }) => 18,
        Some(_) => 12,
        None => 8,
    };
    let wide = u32::try_from(wide.max(least).min(40)).unwrap_or(40);
    f64::from(wide) + 2.0
}

/// Writes a cell as what it is: a number, a date, a text.
fn put(
    page: &mut Worksheet,
    (row, column): (u32, u16),
    of: &Column<'_>,
    cell: &str,
    format: &Format,
) -> Result<(), XlsxError> {
    let number = match of.field() {
        Some(field) if field.instant => instant::read_beijing(cell).map(serial),
        Some(Field { kind: Kind::Uint32 | Kind::Int64, .. }) | None => exact(cell),
        Some(_) => None,
    };
    match number {
        Some(number) => page.write_number_with_format(row, column, number, format)?,
        None if cell.is_empty() => page.write_blank(row, column, format)?,
        None => page.write_string_with_format(row, column, cell, format)?,
    };
    Ok(())
}

fn exact(cell: &str) -> Option<f64> {
    let number: i64 = cell.parse().ok()?;
    whole(number)
}

/// The number, where a cell holds it exactly.
fn whole(number: i64) -> Option<f64> {
    (-EXACT..=EXACT).contains(&number).then_some(number as f64)
}

/// An instant as the file counts days, by the clock of Beijing; seconds stay exact.
fn serial(micros: i64) -> f64 {
    micros as f64 / DAY_MICROS + BEIJING_DAYS + EPOCH_DAYS
}

#[cfg(test)]
mod tests;
