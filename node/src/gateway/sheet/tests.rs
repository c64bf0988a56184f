//! The files, opened again by another library.

use std::io::{Cursor, Read as _};

use calamine::{Data, Range, Reader as _, SheetVisible, Xlsx, open_workbook_from_rs};
use sanheyi_exchange_spec::dictionary::{Dictionary, sample};
use sanheyi_proto::Violations;

use super::*;

type Opened = Xlsx<Cursor<Vec<u8>>>;

fn opened(file: Vec<u8>) -> Opened {
    open_workbook_from_rs(Cursor::new(file)).unwrap()
}

/// A cell as the template's tables have it.
fn cell(data: &Data) -> String {
    match data {
        Data::Empty => String::new(),
        Data::String(text) => text.clone(),
        Data::Float(number) => number.to_string(),
        Data::DateTime(day) => {
            let days = day.as_f64() - EPOCH_DAYS - BEIJING_DAYS;
            let seconds: i64 = format!("{:.0}", days * 86_400.0).parse().unwrap();
            instant::beijing(seconds * 1_000_000)
        }
        other => panic!("an unexpected cell: {other:?}"),
    }
}

fn table(range: &Range<Data>) -> Rows {
    range.rows().map(|row| row.iter().map(cell).collect()).collect()
}

/// A part of the file as it is stored.
fn part(file: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(file)).unwrap();
    let mut text = String::new();
    archive.by_name(name).unwrap().read_to_string(&mut text).unwrap();
    text
}

#[test]
fn headings_sample_and_lists_are_found_and_the_sample_keeps_all_rules() {
    let dictionary = Dictionary::new().unwrap();
    for dataset in &dictionary.datasets {
        let template = Template::new(dataset);
        let bodies = [sample::simple(dataset)];
        let mut book = opened(xlsx(&template, &template.fill(&bodies)).unwrap());
        let names = book.sheet_names();
        assert_eq!(names.len(), template.sheets.len() + 1, "{}", dataset.info.name);
        let mut tables = Vec::new();
        for (sheet, name) in template.sheets.iter().zip(&names) {
            let mut rows = table(&book.worksheet_range(name).unwrap());
            let values = rows.split_off(HEADINGS);
            let titles: Vec<_> = sheet.columns.iter().map(Column::title).collect();
            let paths: Vec<_> = sheet.columns.iter().map(|column| column.path()).collect();
            assert_eq!((&rows[0], rows[1].iter().eq(paths)), (&titles, true));
            tables.push(values);
        }
        let back = template.read(&tables).unwrap();
        let mut violations = Violations::new();
        (dataset.info.check)(&back[0], &mut violations);
        assert!(violations.is_empty(), "{}: {violations:?}", dataset.info.name);
        assert_eq!(dataset.decode(&back[0]).unwrap(), bodies[0], "{}", dataset.info.name);

        let codes = table(&book.worksheet_range(CODES).unwrap());
        for list in template.sheets.iter().flat_map(|sheet| &sheet.columns) {
            let Some(list) = list.choices() else { continue };
            let at = codes[0].iter().position(|id| *id == list.name()).unwrap();
            let column: Vec<_> = codes[1..].iter().map(|row| &row[at]).collect();
            let wanted = labels(list);
            assert!(wanted.iter().zip(&column).all(|(label, cell)| label == *cell));
        }
        let hidden =
            book.sheets_metadata().iter().filter(|one| one.visible == SheetVisible::Hidden);
        assert_eq!(hidden.map(|one| one.name.as_str()).collect::<Vec<_>>(), [CODES]);
    }
}

#[test]
fn leading_zeros_dates_lists_and_limits_are_in_the_file() {
    let dictionary = Dictionary::new().unwrap();
    let item = dictionary.dataset("catalogue.power_item").unwrap();
    let template = Template::new(item);
    let file = xlsx(&template, &template.fill(&[sample::simple(item)])).unwrap();
    assert_eq!(file, xlsx(&template, &template.fill(&[sample::simple(item)])).unwrap());
    let (page, styles) = (part(&file, "xl/worksheets/sheet1.xml"), part(&file, "xl/styles.xml"));
    assert!(styles.contains("yyyy\\-mm\\-dd hh:mm:ss") || styles.contains("yyyy-mm-dd hh:mm:ss"));
    assert!(page.contains("<pane ") && page.contains("state=\"frozen\""));
    let last = u32::try_from(HEADINGS).unwrap() + PREPARED_ROWS;
    let limits: Vec<_> = page.split("<dataValidation ").skip(1).collect();
    let kinds = |kind: &str| limits.iter().filter(|one| one.contains(kind)).count();
    assert!(limits.iter().all(|one| one.contains("3:") && one.contains(&last.to_string())));
    assert!(kinds("type=\"list\"") >= 2 && kinds("type=\"textLength\"") >= 2, "{limits:?}");
    assert!(kinds("type=\"date\"") >= 2 && kinds("type=\"whole\"") >= 1, "{limits:?}");
    assert!(page.contains("_codes!$"), "lists are on the hidden sheet");
    assert!(part(&file, "xl/comments1.xml").contains("required"), "notes say the bounds");

    let mut tables = template.fill(&[sample::simple(item)]);
    let code = template.sheets[0].columns.iter().position(|column| column.path() == "department");
    tables[0][0][code.unwrap()] = "007".to_owned();
    let mut book = opened(xlsx(&template, &tables).unwrap());
    let name = book.sheet_names()[0].clone();
    let rows = table(&book.worksheet_range(&name).unwrap());
    assert_eq!(rows[HEADINGS][code.unwrap()], "007");
}

#[test]
fn codes_of_a_list_that_is_data_are_chosen_and_others_asked_about() {
    let dictionary = Dictionary::new().unwrap();
    let organisation = dictionary.dataset("organisation.organisation").unwrap();
    let template = Template::new(organisation);
    let file = xlsx(&template, &template.fill(&[sample::simple(organisation)])).unwrap();
    let page = part(&file, "xl/worksheets/sheet1.xml");
    let open: Vec<_> = page
        .split("<dataValidation ")
        .filter(|one| one.contains("errorStyle=\"warning\""))
        .collect();
    assert_eq!(open.len(), 1, "{open:?}");
    assert!(open[0].contains("不在代码表中 · not in the list"), "{open:?}");
    assert!(open[0].contains("type=\"list\"") && open[0].contains("_codes!$"), "{open:?}");
    let mut book = opened(file);
    let codes = table(&book.worksheet_range(CODES).unwrap());
    let at = codes[0].iter().position(|id| id == "region/1").unwrap();
    assert!(codes[1..].iter().any(|row| row[at] == "320482 金坛市"), "{codes:?}");
}

#[test]
fn names_of_sheets_are_what_the_file_can_hold_and_told_apart() {
    let mut taken = BTreeSet::new();
    let long = "长".repeat(SHEET_NAME_CHARACTERS + 1);
    let names = [&*long, &long, "a/b", "A·B"].map(|title| name(title, &mut taken));
    assert_eq!(names[0].chars().count(), SHEET_NAME_CHARACTERS);
    assert_eq!(names[1].chars().count(), SHEET_NAME_CHARACTERS);
    assert!(names[1].ends_with(" 2"), "{names:?}");
    assert_eq!((names[2].as_str(), names[3].as_str()), ("a·b", "A·B 2"));
}
