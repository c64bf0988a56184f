//! Templates: filled, written, read again.

use std::collections::BTreeSet;

use prost::Message as _;

use super::{assert_good, dictionary, drawn};
use crate::dictionary::template::{Column, HEADINGS, OWN, PARENT, Template};
use crate::dictionary::{DictionaryError, sample};

/// A strict reading of CSV.
fn parsed(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
    let mut chars = text.strip_prefix('\u{feff}').expect("a byte order mark").chars().peekable();
    let mut inside = false;
    while let Some(c) = chars.next() {
        match (c, inside) {
            ('"', true) if chars.peek() == Some(&'"') => cell.extend(chars.next()),
            ('"', _) => inside = !inside,
            (',', false) => row.push(std::mem::take(&mut cell)),
            ('\r', false) => {}
            ('\n', false) => {
                row.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut row));
            }
            (c, _) => cell.push(c),
        }
    }
    assert!(row.is_empty() && cell.is_empty() && !inside, "the last line ends");
    rows
}

#[test]
fn a_sample_goes_through_csv_and_comes_back() {
    for dataset in &dictionary().datasets {
        let template = Template::new(dataset);
        let bodies = [sample::simple(dataset), sample::simple(dataset)];
        let tables = template.fill(&bodies);
        let mut read = Vec::new();
        for (sheet, rows) in template.sheets.iter().zip(&tables) {
            let mut all = parsed(&sheet.csv(rows));
            let values = all.split_off(HEADINGS);
            let paths: Vec<_> = sheet.columns.iter().map(Column::path).collect();
            assert_eq!(all[1], paths, "{} {}", dataset.info.name, sheet.path);
            assert!(all[0].iter().all(|title| !title.is_empty()));
            read.push(values);
        }
        let back = template.read(&read).unwrap();
        assert_eq!(back.len(), 2);
        for body in back {
            assert_eq!(body, bodies[0].encode_to_vec(), "{}", dataset.info.name);
            assert_good(dataset, &body);
        }
    }
}

#[test]
fn drawn_bodies_come_back_whole() {
    for dataset in &dictionary().datasets {
        let template = Template::new(dataset);
        for seed in 0..24 {
            let message = drawn(dataset, seed);
            let back = template.read(&template.fill(std::slice::from_ref(&message))).unwrap();
            assert_good(dataset, &back[0]);
            let again = dataset.decode(&back[0]).unwrap();
            assert_eq!(template.fill(&[again]), template.fill(&[message]), "{}", dataset.info.name);
        }
    }
}

#[test]
fn every_field_has_one_column_and_every_list_one_sheet() {
    for dataset in &dictionary().datasets {
        let template = Template::new(dataset);
        let fields = dataset.walk();
        let lists = fields.iter().filter(|field| field.list).count();
        assert_eq!(template.sheets.len(), lists + 1, "{}", dataset.info.name);
        let columns = template.sheets.iter().flat_map(|sheet| &sheet.columns);
        let values = columns.filter(|column| column.field().is_some()).count();
        let leaves = fields.iter().filter(|field| field.fields.is_empty()).count();
        assert_eq!(values, leaves, "{}", dataset.info.name);
        for sheet in &template.sheets {
            let titles: BTreeSet<_> = sheet.columns.iter().map(Column::title).collect();
            assert_eq!(titles.len(), sheet.columns.len(), "{} {}", dataset.info.name, sheet.path);
        }
    }
}

#[test]
fn rows_that_belong_nowhere_or_cannot_be_read_are_named() {
    let dictionary = dictionary();
    let item = dictionary.dataset("catalogue.power_item").unwrap();
    let template = Template::new(item);
    let tables = template.fill(&[sample::simple(item)]);
    let column = |sheet: usize, path: &str| {
        template.sheets[sheet].columns.iter().position(|column| column.path() == path).unwrap()
    };
    let broken = |sheet: usize, path: &str, cell: &str| {
        let mut changed = tables.clone();
        changed[sheet][0][column(sheet, path)] = cell.to_owned();
        template.read(&changed).unwrap_err()
    };
    let DictionaryError::Cell { sheet, row, path, .. } = broken(1, PARENT, "9") else { panic!() };
    assert_eq!((sheet.as_str(), row, path.as_str()), ("legal_basis", HEADINGS + 1, PARENT));
    for (path, cell) in [("version", "三"), ("kind", "没有"), ("valid_from", "明天")] {
        let error = broken(0, path, cell).to_string();
        assert!(error.contains(path) && !error.contains(cell), "{error}");
    }
    let mut twice = tables.clone();
    twice[0].push(tables[0][0].clone());
    let error = template.read(&twice).unwrap_err();
    assert!(matches!(error, DictionaryError::Cell { path, row: 4, .. } if path == OWN));
}

#[test]
fn codes_are_read_by_title_code_name_and_number() {
    let dictionary = dictionary();
    let item = dictionary.dataset("catalogue.power_item").unwrap();
    let template = Template::new(item);
    let kind =
        template.sheets[0].columns.iter().position(|column| column.path() == "kind").unwrap();
    let code = &template.sheets[0].columns[kind].choices().unwrap().entries[1];
    let number = code.number.to_string();
    let list = template.sheets[0].columns[kind].choices().unwrap();
    let name = list.identifier(code).unwrap();
    let bodies = [&*code.title_zh, &*code.code, name, &number].map(|cell| {
        let mut tables = template.fill(&[sample::simple(item)]);
        tables[0][0][kind] = cell.to_owned();
        template.read(&tables).unwrap()
    });
    assert!(bodies.windows(2).all(|pair| pair[0] == pair[1]));
}

#[test]
fn a_code_of_a_list_that_is_data_is_shown_by_its_label_and_read_by_both() {
    let dictionary = dictionary();
    let organisation = dictionary.dataset("organisation.organisation").unwrap();
    let template = Template::new(organisation);
    let region = |column: &Column<'_>| column.path() == "region_code";
    let at = template.sheets[0].columns.iter().position(region).unwrap();
    let list = template.sheets[0].columns[at].choices().unwrap();
    assert_eq!(list.name(), "region/1");
    let sample = sample::simple(organisation);
    let filled = template.fill(std::slice::from_ref(&sample));
    assert_eq!(filled[0][0][at], "320481 溧阳市");
    let read = |cell: &str| {
        let mut tables = filled.clone();
        tables[0][0][at] = cell.to_owned();
        let body = template.read(&tables).unwrap().remove(0);
        let body = organisation.decode(&body).unwrap();
        let region = body.get_field_by_name("region_code").unwrap().into_owned();
        region.as_str().unwrap().to_owned()
    };
    assert_eq!(read("320482 金坛市"), "320482");
    assert_eq!(read("320482"), "320482");
    assert_eq!(read("320583"), "320583", "the list may gain codes");
}

#[test]
fn notes_say_bounds_and_source() {
    let dictionary = dictionary();
    let step = dictionary.dataset("case.step").unwrap();
    let template = Template::new(step);
    let column =
        template.sheets[0].columns.iter().find(|column| column.path() == "case_no").unwrap();
    let note = column.note();
    assert!(note.contains("必填") && note.contains("required"), "{note}");
    assert!(note.contains("格式 · pattern: ^JS") && note.contains("例 · example: JS"), "{note}");
    assert_eq!(column.title(), "办件编号 *");
    let unit = template.sheets[0].columns.iter().find(|column| column.path() == "promise.unit");
    let unit = unit.unwrap();
    assert_eq!(unit.title(), "环节承诺期限：期限单位", "an optional group needs no value");
    assert!(unit.note().contains("整组可缺"), "{}", unit.note());
}
