//! Datasets and code lists as tables.

use anyhow::bail;
use clap::Args;
use sanheyi_exchange_spec::calendar::Date;
use sanheyi_exchange_spec::codes::{CodeList, Entry, lists};
use sanheyi_exchange_spec::dictionary::{Dictionary, Lang, words};
use sanheyi_exchange_spec::ids::Lane;
use sanheyi_proto::STANDARD;
use serde::Serialize;

use super::Given;
use crate::cli::Answer;
use crate::cli::table::{Align, Table, grouped};

/// Which code list.
#[derive(Clone, Debug, Args)]
pub struct CodesArgs {
    /// 只列该代码表 · The codes of this list, for example region or js_power_kind/2010
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
    /// Whether it is an enumeration of the standard, else data that may gain codes any day.
    pub enumeration: bool,
    /// Its codes; empty where all lists are listed.
    pub codes: Vec<ShownCode>,
    /// How many codes it has.
    pub count: u64,
}

/// A code.
#[derive(Clone, Debug, Serialize)]
pub struct ShownCode {
    /// Its code in the source of the list.
    pub code: &'static str,
    /// Its number on the wire; null in a list that is data.
    pub number: Option<u32>,
    /// Its name in JSON; null in a list that is data.
    pub name: Option<&'static str>,
    /// Its title in Chinese.
    pub title_zh: &'static str,
    /// Its title in English.
    pub title_en: &'static str,
    /// The code in the same list that it stands under, if there is one.
    pub parent: Option<&'static str>,
    /// Other lists and its codes there, as `scheme code`.
    pub mappings: Vec<String>,
    /// First day on which it may be used; null where always.
    pub valid_from: Option<String>,
    /// First day on which it no longer may; null where there is no end in sight.
    pub valid_until: Option<String>,
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
        Some(name) => *list.id == **name || list.name() == *name,
        None => true,
    };
    let whole = args.list.is_some();
    let lists: Vec<_> = lists().iter().filter(wanted).map(|list| shown(list, whole)).collect();
    if let (Some(name), true) = (&args.list, lists.is_empty()) {
        bail!(
            "没有代码表 {name}；`standard codes` 列出全部 · there is no code list {name}; `standard codes` shows all"
        );
    }
    let text = if whole { codes_text } else { lists_text };
    Ok(Given::Answer(Answer::report(&CodesReport { lists }, args.json, text)?))
}

fn shown(list: &'static CodeList, whole: bool) -> ShownList {
    let day = |day: Option<Date>| day.map(|day| day.to_string());
    let code = |entry: &'static Entry| ShownCode {
        code: &entry.code,
        number: list.enumeration().map(|_| entry.number),
        name: list.identifier(entry),
        title_zh: &entry.title_zh,
        title_en: &entry.title_en,
        parent: entry.parent.as_deref(),
        mappings: entry.mappings.iter().map(|(scheme, code)| format!("{scheme} {code}")).collect(),
        valid_from: day(entry.valid_from),
        valid_until: day(entry.valid_until),
    };
    ShownList {
        list: list.name(),
        title_zh: &list.title_zh,
        title_en: &list.title_en,
        source: &list.source,
        enumeration: list.enumeration().is_some(),
        codes: list.entries.iter().filter(|_| whole).map(code).collect(),
        count: list.entries.len() as u64,
    }
}

fn lists_text(report: &CodesReport) -> String {
    let mut table = Table::new(&[
        ("代码表 LIST", Align::Left),
        ("名称 TITLE", Align::Left),
        ("代码 CODES", Align::Right),
        ("形式 FORM", Align::Left),
    ]);
    for list in &report.lists {
        let title = format!("{} {}", list.title_zh, list.title_en);
        let form = if list.enumeration { "枚举 enumeration" } else { "数据 data" };
        table.row([list.list.clone(), title, grouped(list.count), form.to_owned()]);
    }
    table.render()
}

fn codes_text(report: &CodesReport) -> String {
    let tables: Vec<String> = report.lists.iter().map(list_text).collect();
    tables.join("\n")
}

/// The codes of a list; what no code of the list has is no column of it.
fn list_text(list: &ShownList) -> String {
    let or_empty = |text: Option<&str>| text.unwrap_or_default().to_owned();
    let row = |code: &ShownCode| {
        let ends = [code.valid_from.as_deref(), code.valid_until.as_deref()].map(or_empty);
        let days = if ends.iter().all(String::is_empty) { String::new() } else { ends.join("–") };
        [
            code.code.to_owned(),
            format!("{} {}", code.title_zh, code.title_en),
            or_empty(code.parent),
            code.number.map(|number| number.to_string()).unwrap_or_default(),
            or_empty(code.name),
            code.mappings.join(", "),
            days,
        ]
    };
    let rows: Vec<_> = list.codes.iter().map(row).collect();
    let columns = [
        ("代码 CODE", Align::Left),
        ("名称 TITLE", Align::Left),
        ("上级 UNDER", Align::Left),
        ("编号 NUMBER", Align::Right),
        ("标识 NAME", Align::Left),
        ("其他代码 ELSEWHERE", Align::Left),
        ("有效期 VALID", Align::Left),
    ];
    let said = |at: &usize| rows.iter().filter_map(|row| row.get(*at)).any(|cell| !cell.is_empty());
    let kept: Vec<usize> = (0..columns.len()).filter(said).collect();
    let headings: Vec<_> = kept.iter().filter_map(|at| columns.get(*at).copied()).collect();
    let mut table = Table::new(&headings);
    for row in &rows {
        table.row(kept.iter().filter_map(|at| row.get(*at).cloned()));
    }
    let head = format!("{} {} {}\n{}\n", list.list, list.title_zh, list.title_en, list.source);
    head + &table.render()
}
