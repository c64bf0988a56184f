//! Datasets and code lists as tables.

use anyhow::bail;
use clap::Args;
use sanheyi_exchange_spec::dictionary::{Dictionary, Lang, words};
use sanheyi_exchange_spec::ids::Lane;
use sanheyi_proto::{CodeList, STANDARD, code_lists};
use serde::Serialize;

use super::Given;
use crate::cli::Answer;
use crate::cli::table::{Align, Table, grouped};

/// Which code list.
#[derive(Clone, Debug, Args)]
pub struct CodesArgs {
    /// 只列该代码表 · The codes of this list, for example power_kind or power_kind/1
    #[arg(value_name = "LIST")]
    pub list: Option<String>,
    /// 输出 JSON · Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// The datasets; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
pub struct DatasetsReport {
    /// Version of the standard.
    pub standard: u32,
    /// The datasets, ascending by name.
    pub datasets: Vec<ShownDataset>,
}

/// A dataset.
#[derive(Clone, Debug, Serialize)]
pub struct ShownDataset {
    /// Its name.
    pub dataset: &'static str,
    /// Its title in Chinese.
    pub title_zh: &'static str,
    /// Its title in English.
    pub title_en: &'static str,
    /// Who writes it: `platforms`, `the hub`, or `platforms and the hub`.
    pub author: &'static str,
    /// Its lane.
    pub lane: String,
    /// How its records are named.
    pub record: &'static str,
    /// How many fields it has, nested ones included.
    pub fields: u64,
    /// The datasets that its records lean on.
    pub references: Vec<&'static str>,
}

/// Code lists, or the codes of one; these are the keys of `--json`.
#[derive(Clone, Debug, Serialize)]
pub struct CodesReport {
    /// The lists, ascending by id.
    pub lists: Vec<ShownList>,
}

/// A code list.
#[derive(Clone, Debug, Serialize)]
pub struct ShownList {
    /// Id and version.
    pub list: String,
    /// Its title in Chinese.
    pub title_zh: &'static str,
    /// Its title in English.
    pub title_en: &'static str,
    /// Where its codes are from.
    pub source: &'static str,
    /// Its codes; empty where all lists are listed.
    pub codes: Vec<ShownCode>,
    /// How many codes it has.
    pub count: u64,
}

/// A code.
#[derive(Clone, Debug, Serialize)]
pub struct ShownCode {
    /// Its number on the wire.
    pub number: i32,
    /// Its code in the source of the list.
    pub code: &'static str,
    /// Its name in JSON.
    pub name: &'static str,
    /// Its title in Chinese.
    pub title_zh: &'static str,
    /// Its title in English.
    pub title_en: &'static str,
    /// Other lists and its codes there, as `scheme code`.
    pub mappings: Vec<String>,
    /// First day on which it may be used; empty where always.
    pub valid_from: &'static str,
    /// First day on which it no longer may; empty where there is no end in sight.
    pub valid_until: &'static str,
}

pub(super) fn datasets(dictionary: &Dictionary, json: bool) -> anyhow::Result<Given> {
    let datasets = dictionary.datasets.iter().map(|dataset| ShownDataset {
        dataset: dataset.info.name,
        title_zh: dataset.info.title_zh,
        title_en: dataset.info.title_en,
        author: words::author(dataset.info.author, Lang::En),
        lane: Lane::from(dataset.info.lane).to_string(),
        record: dataset.info.record.text,
        fields: dataset.info.fields.len() as u64,
        references: dataset.info.references.iter().map(|one| one.dataset).collect(),
    });
    let report = DatasetsReport { standard: STANDARD, datasets: datasets.collect() };
    Ok(Given::Answer(Answer::report(&report, json, datasets_text)?))
}

fn datasets_text(report: &DatasetsReport) -> String {
    let mut table = Table::new(&[
        ("数据集 DATASET", Align::Left),
        ("名称 TITLE", Align::Left),
        ("写入方 AUTHOR", Align::Left),
        ("记录 RECORD", Align::Left),
        ("字段 FIELDS", Align::Right),
    ]);
    for dataset in &report.datasets {
        table.row([
            dataset.dataset.to_owned(),
            format!("{} {}", dataset.title_zh, dataset.title_en),
            dataset.author.to_owned(),
            dataset.record.to_owned(),
            grouped(dataset.fields),
        ]);
    }
    table.render()
}

pub(super) fn codes(args: &CodesArgs) -> anyhow::Result<Given> {
    let wanted = |list: &&CodeList| match &args.list {
        Some(name) => list.id == name || words::list_id(list) == *name,
        None => true,
    };
    let whole = args.list.is_some();
    let lists: Vec<_> = code_lists().iter().filter(wanted).map(|list| shown(list, whole)).collect();
    if let (Some(name), true) = (&args.list, lists.is_empty()) {
        bail!(
            "没有代码表 {name}；`standard codes` 列出全部 · there is no code list {name}; `standard codes` shows all"
        );
    }
    let text = if whole { codes_text } else { lists_text };
    Ok(Given::Answer(Answer::report(&CodesReport { lists }, args.json, text)?))
}

fn shown(list: &CodeList, whole: bool) -> ShownList {
    let codes = list.entries.iter().filter(|_| whole).map(|code| ShownCode {
        number: code.number,
        code: code.code,
        name: code.name,
        title_zh: code.title_zh,
        title_en: code.title_en,
        mappings: code.mappings.iter().map(|(scheme, code)| format!("{scheme} {code}")).collect(),
        valid_from: code.valid_from,
        valid_until: code.valid_until,
    });
    ShownList {
        list: words::list_id(list),
        title_zh: list.title_zh,
        title_en: list.title_en,
        source: list.source,
        codes: codes.collect(),
        count: list.entries.len() as u64,
    }
}

fn lists_text(report: &CodesReport) -> String {
    let mut table = Table::new(&[
        ("代码表 LIST", Align::Left),
        ("名称 TITLE", Align::Left),
        ("代码 CODES", Align::Right),
    ]);
    for list in &report.lists {
        let title = format!("{} {}", list.title_zh, list.title_en);
        table.row([list.list.clone(), title, grouped(list.count)]);
    }
    table.render()
}

fn codes_text(report: &CodesReport) -> String {
    let mut text = String::new();
    for list in &report.lists {
        text.push_str(&format!("{} {} {}\n", list.list, list.title_zh, list.title_en));
        let mut table = Table::new(&[
            ("编号 NUMBER", Align::Right),
            ("代码 CODE", Align::Left),
            ("名称 TITLE", Align::Left),
            ("标识 NAME", Align::Left),
            ("其他代码 ELSEWHERE", Align::Left),
            ("有效期 VALID", Align::Left),
        ]);
        for code in &list.codes {
            let days = match (code.valid_from, code.valid_until) {
                ("", "") => String::new(),
                (from, until) => format!("{from}–{until}"),
            };
            table.row([
                code.number.to_string(),
                code.code.to_owned(),
                format!("{} {}", code.title_zh, code.title_en),
                code.name.to_owned(),
                code.mappings.join(", "),
                days,
            ]);
        }
        text.push_str(&table.render());
    }
    text
}
