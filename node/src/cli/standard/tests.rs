//! The commands, on bodies of every dataset.

use std::path::Path;

use clap::Parser;
use prost::Message as _;
use sanheyi_exchange_spec::calendar::Calendar;
use sanheyi_exchange_spec::codes::{lists, regions};
use sanheyi_exchange_spec::dictionary::{public, sample};
use sanheyi_exchange_spec::limits::BODY_BYTES;
use serde_json::Value;

use super::bodies::JSON_BYTES;
use super::*;
use crate::cli::{DIFFERENT, OK};

#[derive(Debug, Parser)]
struct Line {
    #[command(subcommand)]
    command: StandardCommand,
}

fn given(args: &[&str], input: &[u8], terminal: bool) -> anyhow::Result<Given> {
    let line = Line::try_parse_from(["standard"].iter().chain(args))?;
    carried_out(&line.command, Ends { input: &mut &*input, terminal })
}

fn bytes(args: &[&str], input: &[u8]) -> Vec<u8> {
    match given(args, input, false).unwrap() {
        Given::Bytes(bytes) => bytes,
        Given::Answer(answer) => answer.text.into_bytes(),
    }
}

fn text(args: &[&str]) -> String {
    String::from_utf8(bytes(args, &[])).unwrap()
}

fn refused(args: &[&str], input: &[u8], terminal: bool) -> String {
    match given(args, input, terminal) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("taken: {args:?}"),
    }
}

#[test]
fn datasets_and_codes_are_listed() {
    let report: Value = serde_json::from_str(&text(&["list", "--json"])).unwrap();
    let names = report["datasets"].as_array().unwrap().iter().map(|one| &one["dataset"]);
    assert!(names.eq(sanheyi_proto::datasets().iter().map(|one| one.name)));
    assert!(text(&["list"]).contains("办件"));
    let report: Value = serde_json::from_str(&text(&["codes", "power_kind", "--json"])).unwrap();
    assert_eq!(report["lists"][0]["codes"][0]["title_zh"], "行政许可");
    assert_eq!(text(&["codes", "power_kind"]), text(&["codes", "power_kind/1"]));
    for list in lists() {
        assert!(text(&["codes"]).contains(&list.name()), "{}", list.name());
        let shown = text(&["codes", &list.name()]);
        assert!(list.entries.iter().all(|entry| shown.contains(&*entry.title_zh)), "{shown}");
    }
    assert!(refused(&["codes", "no_such"], &[], false).contains("standard codes"));
}

#[test]
fn lists_that_are_data_are_shown_with_days_mappings_and_what_is_above() {
    let regions = text(&["codes", "region"]);
    let row = |text: &str, code: &str| {
        let found = text.lines().find(|line| line.starts_with(code));
        found.unwrap_or_else(|| panic!("{code}: {text}")).to_owned()
    };
    let jintan = row(&regions, "320482");
    assert!(jintan.contains("金坛市 Jintan City") && jintan.contains("320400"), "{jintan}");
    assert!(jintan.ends_with("–2015-06-01") && regions.contains("GB/T 2260"), "{regions}");
    assert!(!regions.contains("NUMBER") && !regions.contains("ELSEWHERE"), "{regions}");
    let kinds = text(&["codes", "js_power_kind/2010"]);
    assert!(row(&kinds, "JL").contains("gbt39046 08, js2009 JL, js2014 06"), "{kinds}");
    let both = text(&["codes", "js_power_kind"]);
    assert!(both.contains("js_power_kind/2010") && both.contains("js_power_kind/2022"), "{both}");
    assert!(text(&["codes", "power_kind_2014"]).contains("power_kind_2014/1"));
    let report: Value = serde_json::from_str(&text(&["codes", "region/1", "--json"])).unwrap();
    let list = &report["lists"][0];
    assert_eq!((&list["enumeration"], &list["codes"][0]["number"]), (&false.into(), &Value::Null));
    let last = list["codes"].as_array().unwrap().last().unwrap();
    assert_eq!((&last["parent"], &last["valid_until"]), (&"320400".into(), &"2015-06-01".into()));
}

#[test]
fn documents_are_printed_or_written_once() {
    let folder = tempfile::tempdir().unwrap();
    assert!(text(&["dictionary"]).contains("<html lang=\"zh-CN\">"));
    assert!(text(&["dictionary", "--lang", "en", "--format", "markdown"]).starts_with("# Sanheyi"));
    for format in ["json-schema", "openapi"] {
        let all: Value = serde_json::from_str(&text(&["schema", "--format", format])).unwrap();
        let one: Value =
            serde_json::from_str(&text(&["schema", "case.step", "--format", format])).unwrap();
        assert!(all.to_string().len() > one.to_string().len());
    }
    let file = folder.path().join("dictionary.html").display().to_string();
    let args = ["dictionary", "--output", &file];
    assert!(text(&args).contains(&file));
    assert_eq!(std::fs::read_to_string(&file).unwrap(), text(&["dictionary"]));
    assert!(refused(&args, &[], false).contains("move a file of that name away"));
}

#[test]
fn templates_are_written_in_both_forms() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let said = text(&["template", "catalogue.power_item", "--output", &at("item.csv")]);
    assert!(said.contains("item.legal_basis.csv"), "{said}");
    let first = std::fs::read_to_string(at("item.csv")).unwrap();
    assert!(first.starts_with("\u{feff}序号,") && first.contains("\r\n#,"), "{first}");
    assert!(Path::new(&at("item.legal_basis.csv")).exists());
    text(&["template", "catalogue.power_item", "--output", &at("item.xlsx")]);
    assert!(std::fs::read(at("item.xlsx")).unwrap().starts_with(b"PK"));
}

#[test]
fn bodies_go_to_json_and_back() {
    for dataset in &Dictionary::new().unwrap().datasets {
        let name = dataset.info.name;
        let body = sample::body(dataset);
        let json = bytes(&["json", name], &body);
        assert_eq!(bytes(&["json", name, "--reverse"], &json), body, "{name}");
        let shown = bytes(&["public", name], &body);
        assert_eq!(shown, public::project(dataset, &body).unwrap());
        assert_eq!(bytes(&["public", name, "--json"], &body), bytes(&["json", name], &shown));
    }
    let later = [0xf8, 0x7f, 1];
    assert!(refused(&["json", "case.step"], &later, false).contains("2047"));
    assert_eq!(bytes(&["json", "case.step", "--drop-unknown"], &later), b"{}\n");
    assert!(refused(&["json", "no.such"], &[], false).contains("standard list"));
}

#[test]
fn a_check_prints_reasons_and_says_so_by_its_code() {
    let dictionary = Dictionary::new().unwrap();
    let step = dictionary.dataset("case.step").unwrap();
    let answer = |input: &[u8], args: &[&str]| match given(args, input, false).unwrap() {
        Given::Answer(answer) => answer,
        Given::Bytes(_) => panic!("an answer"),
    };
    let good = answer(&sample::body(step), &["check", "case.step"]);
    assert_eq!(good.code, OK, "{}", good.text);
    let bad = answer(&[], &["check", "case.step"]);
    assert_eq!(bad.code, DIFFERENT);
    assert!(bad.text.contains("case_no [required] “办件编号”为必填项"), "{}", bad.text);
    let report = answer(&[], &["check", "case.step", "--json"]);
    let report: Value = serde_json::from_str(&report.text).unwrap();
    assert_eq!(
        (&report["good"], &report["reasons"][0]["rule"]),
        (&false.into(), &"required".into())
    );
    let other = ["check", "case.step", "--record", "another"];
    assert_eq!(answer(&sample::body(step), &other).code, DIFFERENT, "it has another name");
}

/// What stands in this program can be handed out as it is.
#[test]
fn calendars_lists_and_successions_of_the_program_meet_the_standard() {
    let good = |dataset: &str, body: &[u8]| match given(&["check", dataset], body, false).unwrap() {
        Given::Answer(answer) => assert_eq!(answer.code, OK, "{dataset} {}", answer.text),
        Given::Bytes(_) => panic!("an answer"),
    };
    let calendar = Calendar::builtin();
    for year in calendar.first_year()..=calendar.last_year() {
        good("codes.working_calendar", &calendar.record(year).unwrap().encode_to_vec());
    }
    for list in lists() {
        good("codes.code_list", &list.record("2007-01-01".parse().unwrap()).encode_to_vec());
    }
    for succession in regions::records() {
        good("codes.region_succession", &succession.encode_to_vec());
    }
}

#[test]
fn a_terminal_is_shown_no_bytes() {
    for args in [&["json", "case.step", "--reverse"][..], &["public", "case.step"]] {
        let said = refused(args, b"{}", true);
        assert!(said.contains("> FILE"), "{said}");
    }
    assert!(given(&["public", "case.step", "--json"], &[], true).is_ok());
}

#[test]
fn input_is_read_up_to_its_bound() {
    let body = |size: usize| vec![0xff; size];
    let at = refused(&["json", "case.step"], &body(BODY_BYTES), false);
    assert!(!at.contains("字节"), "{at}");
    let beyond = refused(&["json", "case.step"], &body(BODY_BYTES + 1), false);
    assert!(beyond.contains(&format!("超过 {BODY_BYTES} 字节")), "{beyond}");
    let json = ["json", "case.step", "--reverse"];
    let at = refused(&json, &vec![b'x'; JSON_BYTES], false);
    assert!(at.contains("第 1 行"), "{at}");
    let beyond = refused(&json, &vec![b'x'; JSON_BYTES + 1], false);
    assert!(beyond.contains(&JSON_BYTES.to_string()), "{beyond}");
}
