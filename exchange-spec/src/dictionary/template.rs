//! Templates that departments fill in: sheets of columns, made out of the fields.
//!
//! The first sheet has a row for each body; fields of a nested message stand beside the others, by
//! their path (`applicant.name`). Every list has a sheet of its own, because it may be long. Rows
//! find each other by numbers that whoever fills them in gives: column `#` is a row's own number,
//! column `^` the number of the row that it belongs to. Two rows of headings stand above: titles
//! for people, paths for programs. A cell holds a text as it is, a number in decimal, 是 or 否, an
//! instant by the clock of Beijing, a code by its label ([`CodeList::label`]). An empty cell is an
//! absent field, and a group of which every cell is empty is absent.

pub(super) mod cell;
mod fill;
mod read;

pub use cell::{NO, YES};

use sanheyi_proto::FieldInfo;

use super::document::Lang;
use super::model::{Dataset, Field, Kind};
use super::words;
use crate::codes::CodeList;

/// Column of a row's own number.
pub const OWN: &str = "#";
/// Column of the number of the row that a row belongs to.
pub const PARENT: &str = "^";
/// How many rows of headings stand above the first row of values.
pub const HEADINGS: usize = 2;

/// What starts a text of UTF-8 for programs that would otherwise take it for another encoding.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// The sheets of a dataset.
#[derive(Clone, Debug)]
pub struct Template<'a> {
    /// The dataset.
    pub dataset: &'a Dataset,
    /// The bodies first, then lists, each behind what holds it.
    pub sheets: Vec<Sheet<'a>>,
}

/// A sheet.
#[derive(Clone, Debug)]
pub struct Sheet<'a> {
    /// Path of the list that it is for; empty for the bodies.
    pub path: &'a str,
    /// Name as a Chinese reader says it.
    pub title_zh: &'a str,
    /// Name as an English reader says it.
    pub title_en: &'a str,
    /// Columns, the numbers of rows first.
    pub columns: Vec<Column<'a>>,
    /// The list, unless it is the sheet of the bodies.
    field: Option<&'a Field>,
    /// The path of the sheet that its rows belong to.
    above: &'a str,
}

/// A column.
#[derive(Clone, Debug)]
pub enum Column<'a> {
    /// Numbers of rows: [`OWN`].
    Own,
    /// Numbers of the rows that rows belong to: [`PARENT`].
    Parent,
    /// Values of a field, one in each cell.
    Value {
        /// The field.
        field: &'a Field,
        /// The messages around it within the row, the outermost first.
        groups: Vec<&'a Field>,
    },
}

/// A table as it stands in a sheet below its headings.
pub type Rows = Vec<Vec<String>>;

/// The path of a field from the message at a path.
fn inner(path: &str, field: &Field) -> &'static str {
    let whole = field.info.path;
    whole.strip_prefix(path).unwrap_or(whole).trim_start_matches('.')
}

// === impl Template ===

impl<'a> Template<'a> {
    /// The template of a dataset.
    pub fn new(dataset: &'a Dataset) -> Self {
        let info = dataset.info;
        let mut first = Sheet {
            path: "",
            title_zh: info.title_zh,
            title_en: info.title_en,
            columns: vec![Column::Own],
            field: None,
            above: "",
        };
        let mut lists = Vec::new();
        first.spread(&dataset.fields, &[], &mut lists);
        let mut sheets = vec![first];
        sheets.append(&mut lists);
        Self { dataset, sheets }
    }

    /// The rows of some bodies, one table for each sheet, in their order.
    pub fn fill(&self, bodies: &[prost_reflect::DynamicMessage]) -> Vec<Rows> {
        fill::rows(self, bodies)
    }

    /// The bodies of tables in the order of the sheets; what [`Template::fill`] wrote, and what
    /// people changed of it. Rows in which every cell is empty are passed over.
    ///
    /// # Errors
    /// Of the first cell that cannot be read.
    pub fn read(&self, tables: &[Rows]) -> Result<Vec<Vec<u8>>, super::DictionaryError> {
        read::bodies(self, tables)
    }
}

// === impl Sheet ===

impl<'a> Sheet<'a> {
    /// Takes up fields as columns, and lists among them as sheets of their own.
    fn spread(&mut self, fields: &'a [Field], groups: &[&'a Field], lists: &mut Vec<Sheet<'a>>) {
        for field in fields {
            if field.list {
                let mut sheet = Sheet {
                    path: field.info.path,
                    title_zh: field.info.title_zh,
                    title_en: field.info.title_en,
                    columns: vec![Column::Parent, Column::Own],
                    field: Some(field),
                    above: self.path,
                };
                let mut within = Vec::new();
                match &field.kind {
                    Kind::Message(_) => sheet.spread(&field.fields, &[], &mut within),
                    _ => sheet.columns.push(Column::Value { field, groups: Vec::new() }),
                }
                lists.push(sheet);
                lists.append(&mut within);
            } else if let Kind::Message(_) = &field.kind {
                let around: Vec<_> = groups.iter().copied().chain([field]).collect();
                self.spread(&field.fields, &around, lists);
            } else {
                self.columns.push(Column::Value { field, groups: groups.to_vec() });
            }
        }
    }

    /// The sheet as CSV (RFC 4180) with a byte order mark, so that spreadsheets take it for UTF-8:
    /// titles, paths, then rows.
    pub fn csv(&self, rows: &Rows) -> String {
        let titles = self.columns.iter().map(Column::title).collect();
        let paths = self.columns.iter().map(|column| column.path().to_owned()).collect();
        let mut out = BYTE_ORDER_MARK.to_owned();
        for row in [titles, paths].iter().chain(rows) {
            let cells: Vec<String> = row.iter().map(|cell| quoted(cell)).collect();
            out.push_str(&cells.join(","));
            out.push_str("\r\n");
        }
        out
    }
}

/// A cell of CSV. A text that a spreadsheet would take for a formula is marked as text.
fn quoted(cell: &str) -> String {
    let formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let number = cell.parse::<i64>().is_ok();
    let cell = if formula && !number { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains([',', '"', '\n', '\r']) {
        return format!("\"{}\"", cell.replace('"', "\"\""));
    }
    cell
}

// === impl Column ===

impl Column<'_> {
    /// The path that programs read.
    pub fn path(&self) -> &str {
        match self {
            Column::Own => OWN,
            Column::Parent => PARENT,
            Column::Value { field, .. } => field.info.path,
        }
    }

    /// The heading that people read, with the groups around; an asterisk where every record needs a
    /// value.
    pub fn title(&self) -> String {
        let Column::Value { field, groups } = self else {
            let own = matches!(self, Column::Own);
            return if own { "序号" } else { "所属序号" }.to_owned();
        };
        let around = groups.iter().chain([field]);
        let titles: Vec<_> = around.clone().map(|field| field.info.title_zh).collect();
        let needed = around.clone().all(|field| field.required);
        format!("{}{}", titles.join("："), if needed { " *" } else { "" })
    }

    /// The field, where it is one.
    pub fn field(&self) -> Option<&Field> {
        match self {
            Column::Value { field, .. } => Some(field),
            Column::Own | Column::Parent => None,
        }
    }

    /// What whoever fills in the column should know, both languages.
    pub fn note(&self) -> String {
        let Column::Value { field, groups } = self else {
            let (zh, en) = match self {
                Column::Own => {
                    ("本行的编号，表内不得重复", "number of this row, once in this sheet")
                }
                _ => ("所属那一行的序号", "number of the row that this one belongs to"),
            };
            return format!("{zh}\n{en}");
        };
        let info = field.info;
        let said = |lang: Lang, title: &str| {
            let kind = words::kind(field, lang);
            format!("{title}: {kind}; {}", words::bounds(field, lang).join("; "))
        };
        let mut note = vec![said(Lang::Zh, info.title_zh), said(Lang::En, info.title_en)];
        if let Some(group) = groups.iter().find(|group| field.required && !group.required) {
            let FieldInfo { title_zh, title_en, .. } = group.info;
            note.push(format!("“{title_zh}”整组可缺；填写其一，则必填者均须填写"));
            note.push(format!("the whole group “{title_en}” may be absent"));
        }
        if !field.rules.pattern.is_empty() {
            note.push(format!("格式 · pattern: {}", field.rules.pattern));
        }
        if !field.rules.example.is_empty() {
            note.push(format!("例 · example: {}", field.rules.example));
        }
        if !info.source.is_empty() {
            note.push(format!("依据 · source: {}", info.source));
        }
        note.join("\n")
    }

    /// The code list whose labels may stand in its cells.
    pub fn choices(&self) -> Option<&'static CodeList> {
        self.field().and_then(Field::codes)
    }
}
