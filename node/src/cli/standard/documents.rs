//! The data dictionary, schemas and templates.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use sanheyi_exchange_spec::dictionary::template::Template;
use sanheyi_exchange_spec::dictionary::{Dictionary, Lang, document, sample, schema};

use super::{Destination, Given, SaidIn, given, written};
use crate::cli::Answer;
use crate::gateway::sheet;

/// Which document.
#[derive(Clone, Debug, Args)]
pub struct DictionaryArgs {
    /// 语言 · The language
    #[arg(long, value_enum, default_value_t = SaidIn::Zh)]
    pub lang: SaidIn,
    /// 格式 · The form
    #[arg(long, value_enum, default_value_t = DocumentForm::Html)]
    pub format: DocumentForm,
    /// Where it goes.
    #[command(flatten)]
    pub to: Destination,
}

/// The form of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DocumentForm {
    /// One page that needs nothing else.
    Html,
    /// Text with marks.
    Markdown,
}

/// Which schema.
#[derive(Clone, Debug, Args)]
pub struct SchemaArgs {
    /// 只要该数据集 · Only this dataset, for example case.step
    #[arg(value_name = "DATASET")]
    pub dataset: Option<String>,
    /// 格式 · The form
    #[arg(long, value_enum, default_value_t = SchemaForm::JsonSchema)]
    pub format: SchemaForm,
    /// Where it goes.
    #[command(flatten)]
    pub to: Destination,
}

/// The form of a schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaForm {
    /// JSON Schema 2020-12.
    JsonSchema,
    /// Components of OpenAPI 3.1.
    Openapi,
}

/// Which template.
#[derive(Clone, Debug, Args)]
pub struct TemplateArgs {
    /// 数据集 · The dataset, for example case.case
    #[arg(value_name = "DATASET")]
    pub dataset: String,
    /// 格式，默认看文件名 · The form, else by the name of the file
    #[arg(long, value_enum)]
    pub format: Option<TemplateForm>,
    /// 写入文件；CSV 的列表各写一个文件 · The file; in CSV every list gets a file beside it
    #[arg(long, value_name = "FILE")]
    pub output: PathBuf,
}

/// The form of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TemplateForm {
    /// One file for each sheet.
    Csv,
    /// One file with lists to choose from.
    Xlsx,
}

pub(super) fn dictionary(dictionary: &Dictionary, args: &DictionaryArgs) -> anyhow::Result<Given> {
    let lang = Lang::from(args.lang);
    let text = match args.format {
        DocumentForm::Html => document::html(dictionary, lang),
        DocumentForm::Markdown => document::markdown(dictionary, lang),
    };
    given(text, &args.to)
}

pub(super) fn schema(dictionary: &Dictionary, args: &SchemaArgs) -> anyhow::Result<Given> {
    let of = args.dataset.as_deref().map(|name| dictionary.dataset(name)).transpose()?;
    let text = match args.format {
        SchemaForm::JsonSchema => schema::json_schema(dictionary, of),
        SchemaForm::Openapi => schema::openapi(dictionary, of),
    };
    given(text, &args.to)
}

pub(super) fn template(dictionary: &Dictionary, args: &TemplateArgs) -> anyhow::Result<Given> {
    let dataset = dictionary.dataset(&args.dataset)?;
    let template = Template::new(dataset);
    let tables = template.fill(&[sample::simple(dataset)]);
    let named = args.output.extension().is_some_and(|end| end.eq_ignore_ascii_case("csv"));
    let mut said = String::new();
    match args.format.unwrap_or(if named { TemplateForm::Csv } else { TemplateForm::Xlsx }) {
        TemplateForm::Xlsx => {
            written(&args.output, &sheet::xlsx(&template, &tables)?)?;
            said.push_str(&format!("已写入 · written: {}\n", args.output.display()));
        }
        TemplateForm::Csv => {
            for (sheet, rows) in template.sheets.iter().zip(&tables) {
                let path = beside(&args.output, sheet.path);
                written(&path, sheet.csv(rows).as_bytes())?;
                said.push_str(&format!("已写入 · written: {}\n", path.display()));
            }
        }
    }
    Ok(Given::Answer(Answer::ok(said)))
}

/// The file of a list beside that of the bodies: `case.csv`, `case.legal_basis.csv`.
fn beside(file: &Path, list: &str) -> PathBuf {
    if list.is_empty() {
        return file.to_owned();
    }
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let end = file.extension().unwrap_or_else(|| "csv".as_ref()).to_string_lossy();
    file.with_file_name(format!("{stem}.{list}.{end}"))
}
