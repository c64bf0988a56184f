//! The commands, on bodies of every dataset.

use std::path::Path;

use clap::Parser;
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
    assert!(text(&["codes"]).contains("power_kind/1"));
    assert!(refused(&["codes", "no_such"], &[], false).contains("standard codes"));
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
