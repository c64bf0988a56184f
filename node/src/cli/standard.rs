//! `standard`: the standard as documents, schemas and templates, and bodies held against it. Needs
//! no configuration and no store: everything comes out of the program itself.

pub mod bodies;
pub mod documents;
pub mod listing;

use std::io::{self, IsTerminal as _, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{Args, Subcommand, ValueEnum};
use sanheyi_exchange_spec::dictionary::{Dictionary, Lang};

use super::{Answer, show};

/// What `standard --help` ends with.
pub const HELP: &str = "\
例 · Examples:
  … standard list                                      数据集一览 · the datasets
  … standard dictionary --output dictionary.html       数据字典 · the data dictionary, --lang en for English
  … standard schema --format openapi > openapi.json
  … standard template case.case --output case.xlsx     填报模板 · a form with drop-down lists
  … standard json case.step < step.bin > step.json     正文转 JSON，--reverse 反向 · body to JSON, --reverse back
  … standard check case.step < step.bin                对照标准检查 · hold a body against the standard
  … standard public case.case --json < case.bin        公开投影 · what everybody may see
  … standard codes region                              代码表 · a code list
写入文件时不覆盖已有文件。Files that exist are never written over.
退出码 · Exit codes: 0 正常 · all is well; 1 失败 · failed; 2 正文不合标准 · `check` found broken rules.";

/// Commands about the standard.
#[derive(Clone, Debug, Subcommand)]
pub enum StandardCommand {
    /// 列出数据集 · List the datasets
    List(Shown),
    /// 数据字典 · The data dictionary
    Dictionary(documents::DictionaryArgs),
    /// JSON Schema 或 OpenAPI 组件 · JSON Schema, or OpenAPI components
    Schema(documents::SchemaArgs),
    /// 部门填报模板 · A template for departments to fill in
    Template(documents::TemplateArgs),
    /// 正文与 JSON 互转（标准输入到标准输出）· A body to JSON or back, standard input to output
    Json(bodies::JsonArgs),
    /// 公开投影（标准输入到标准输出）· The public fields of a body, standard input to output
    Public(bodies::PublicArgs),
    /// 对照标准检查正文（标准输入）· Hold a body against the standard, from standard input
    Check(bodies::CheckArgs),
    /// 列出代码表 · List code lists, or the codes of one
    Codes(listing::CodesArgs),
}

/// How to show a listing.
#[derive(Clone, Debug, Args)]
pub struct Shown {
    /// 输出 JSON · Print one JSON document
    #[arg(long)]
    pub json: bool,
}

/// A language, as the command line says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SaidIn {
    /// 中文.
    Zh,
    /// English.
    En,
}

impl From<SaidIn> for Lang {
    fn from(said: SaidIn) -> Self {
        match said {
            SaidIn::Zh => Lang::Zh,
            SaidIn::En => Lang::En,
        }
    }
}

/// Where a document goes.
#[derive(Clone, Debug, Args)]
pub struct Destination {
    /// 写入文件，默认标准输出 · Write to a file that does not exist yet, else to standard output
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// What a command reads from and what it finds at its other end.
struct Ends<'a> {
    input: &'a mut dyn Read,
    /// Whether a person looks at standard output.
    terminal: bool,
}

/// What a command gives.
enum Given {
    /// For standard output, by the way of every answer.
    Answer(Answer),
    /// For standard output, as it is.
    Bytes(Vec<u8>),
}

/// Carries out a command.
///
/// # Errors
/// If the input is no body of the dataset, or a file cannot be written.
pub fn standard(command: &StandardCommand) -> anyhow::Result<Answer> {
    let mut input = io::stdin().lock();
    let terminal = io::stdout().is_terminal();
    match carried_out(command, Ends { input: &mut input, terminal })? {
        Given::Answer(answer) => Ok(answer),
        Given::Bytes(bytes) => {
            show(&bytes)?;
            Ok(Answer::ok(String::new()))
        }
    }
}

fn carried_out(command: &StandardCommand, ends: Ends<'_>) -> anyhow::Result<Given> {
    let dictionary = Dictionary::new()?;
    match command {
        StandardCommand::List(shown) => listing::datasets(&dictionary, shown.json),
        StandardCommand::Dictionary(args) => documents::dictionary(&dictionary, args),
        StandardCommand::Schema(args) => documents::schema(&dictionary, args),
        StandardCommand::Template(args) => documents::template(&dictionary, args),
        StandardCommand::Json(args) => bodies::json(&dictionary, args, ends),
        StandardCommand::Public(args) => bodies::public(&dictionary, args, ends),
        StandardCommand::Check(args) => bodies::check(&dictionary, args, ends),
        StandardCommand::Codes(args) => listing::codes(args),
    }
}

/// Writes a file that was not there.
fn written(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let mut options = std::fs::File::options();
    let file = options.write(true).create_new(true).open(path);
    file.and_then(|mut file| file.write_all(bytes)).with_context(|| {
        let path = path.display();
        format!("无法写入 {path}；已有的文件请先移开 · cannot write {path}; move a file of that name away first")
    })
}

/// A text for standard output or a file.
fn given(text: String, to: &Destination) -> anyhow::Result<Given> {
    let Some(path) = &to.output else { return Ok(Given::Answer(Answer::ok(text))) };
    written(path, text.as_bytes())?;
    Ok(Given::Answer(Answer::ok(format!("已写入 · written: {}\n", path.display()))))
}

#[cfg(test)]
mod tests;
