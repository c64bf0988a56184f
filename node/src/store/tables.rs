//! The tables as data: what whoever copies or compares whole stores goes by.
//!
//! Reading is in pages by key, so that memory stays flat; a page of a table with large bytes has
//! few rows.

mod cut;
mod list;

use sanheyi_exchange_spec::ids::PlatformId;
use sea_query::{Expr, ExprTrait as _, OnConflict, Order, Query, SelectStatement, Value};

use super::column::Columns;
use super::engine::Row;
use super::error::StoreError;
use super::{Store, Tx};
pub use list::{CUSTODY_COLUMNS, OFFER_COLUMNS, TABLES};

/// A table.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// Its columns in the order of the schema; `platform` is the first.
    pub columns: &'static [Column],
    /// The columns of its key; `platform` is the first.
    pub key: &'static [&'static str],
    /// Rows of a page: so many weigh 64 MiB at the very most.
    pub page: u64,
}

/// A column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub kind: Kind,
    /// Whether it may hold nothing.
    pub null: bool,
}

/// What a column holds: both databases mean the same by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A 64-bit integer.
    Integer,
    /// Text.
    Text,
    /// Bytes.
    Blob,
}

/// What one column of one row holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Null(Kind),
    /// A 64-bit integer.
    Integer(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
}

/// Rows of a page where rows are small.
pub const SMALL: u64 = 1000;
/// Rows of a page where a row may have 4 MiB: a segment of two full frames.
pub const LARGE: u64 = 16;
/// Rows of a page where a row may have some KiB.
pub const MIDDLE: u64 = 256;

/// A column of integers.
pub const fn integer(name: &'static str) -> Column {
    Column { name, kind: Kind::Integer, null: false }
}

/// A column of texts.
pub const fn text(name: &'static str) -> Column {
    Column { name, kind: Kind::Text, null: false }
}

/// A column of bytes.
pub const fn blob(name: &'static str) -> Column {
    Column { name, kind: Kind::Blob, null: false }
}

/// A column that may hold nothing.
pub const fn or_null(column: Column) -> Column {
    Column { null: true, ..column }
}

// === impl Table ===

impl Table {
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.columns.iter().map(|column| column.name)
    }

    /// The key of a row, without its platform.
    pub fn key_of(&self, row: &[Cell]) -> Vec<Cell> {
        let of = |name: &&str| self.names().zip(row).find(|(column, _)| column == name);
        self.key[1..].iter().filter_map(of).map(|(_, cell)| cell.clone()).collect()
    }

    /// The statement for a page of a platform's rows after a key; `None` where nothing can follow.
    pub(super) fn page_after(
        &self,
        platform: &PlatformId,
        after: Option<&[Cell]>,
    ) -> Option<SelectStatement> {
        let mut select = self.rows_of(platform, self.page);
        let rest = &self.key[1..];
        match after {
            Some(_) if rest.is_empty() => return None,
            Some(after) => {
                let key = Expr::tuple(rest.iter().map(|name| Expr::col(*name)));
                let after = Expr::tuple(after.iter().map(|cell| Expr::val(cell.clone().value())));
                select.and_where(key.gt(after));
            }
            None => {}
        }
        for name in rest {
            select.order_by(*name, Order::Asc);
        }
        Some(select)
    }

    fn rows_of(&self, platform: &PlatformId, limit: u64) -> SelectStatement {
        Query::select()
            .columns(self.names())
            .from(self.name)
            .and_where(Expr::col("platform").eq(platform.as_str()))
            .limit(limit)
            .to_owned()
    }

    pub(super) fn read(&self, row: &Row) -> Result<Vec<Cell>, StoreError> {
        let row = Columns::new(self.name, row);
        self.columns.iter().map(|column| Cell::read(&row, *column)).collect()
    }
}

// === impl Cell ===

impl Cell {
    fn read(row: &Columns<'_>, column: Column) -> Result<Self, StoreError> {
        let Column { name, kind, null } = column;
        match (kind, null) {
            (Kind::Integer, false) => row.integer(name).map(Self::Integer),
            (Kind::Integer, true) => {
                Ok(row.integer_or_null(name)?.map_or(Self::Null(kind), Self::Integer))
            }
            (Kind::Text, false) => row.text(name).map(|text| Self::Text(text.to_owned())),
            (Kind::Text, true) => {
                let text = row.text_or_null(name)?.map(|text| Self::Text(text.to_owned()));
                Ok(text.unwrap_or(Self::Null(kind)))
            }
            (Kind::Blob, false) => row.blob(name).map(|bytes| Self::Blob(bytes.to_vec())),
            (Kind::Blob, true) => Err(row.wrong(name, "bytes that may be absent are not read")),
        }
    }

    fn value(self) -> Value {
        match self {
            Self::Null(Kind::Integer) => Value::BigInt(None),
            Self::Null(Kind::Text) => Value::String(None),
            Self::Null(Kind::Blob) => Value::Bytes(None),
            Self::Integer(number) => number.into(),
            Self::Text(text) => text.into(),
            Self::Blob(bytes) => bytes.into(),
        }
    }
}

// === impl Store ===

impl Store {
    /// The rows of the platform after `after`, a key without its platform, in the order of their
    /// keys: a page of a walk over all of them. The last page is an empty one.
    ///
    /// # Errors
    /// Of the database.
    pub async fn table_page(
        &self,
        table: &Table,
        after: Option<&[Cell]>,
    ) -> Result<Vec<Vec<Cell>>, StoreError> {
        let Some(select) = table.page_after(self.platform(), after) else {
            return Ok(Vec::new());
        };
        self.rows("table_page", &select).await?.iter().map(|row| table.read(row)).collect()
    }
}

impl Store {
    /// The last key of the platform's rows, without the platform.
    ///
    /// # Errors
    /// Of the database.
    pub async fn table_last(&self, table: &Table) -> Result<Option<Vec<Cell>>, StoreError> {
        let mut select = table.rows_of(self.platform(), 1);
        for name in &table.key[1..] {
            select.order_by(*name, Order::Desc);
        }
        let rows = self.rows("table_last", &select).await?;
        let last = rows.first().map(|row| table.read(row)).transpose()?;
        Ok(last.map(|row| table.key_of(&row)))
    }
}

// === impl Tx ===

impl Tx {
    /// Puts rows of a table as they are; those whose key is there already are left out. Answers how
    /// many were put.
    ///
    /// # Errors
    /// Of the database.
    pub async fn table_put(
        &mut self,
        table: &Table,
        rows: Vec<Vec<Cell>>,
    ) -> Result<u64, StoreError> {
        if rows.is_empty() {
            return Ok(0);
        }
        let there = OnConflict::columns(table.key.iter().copied()).do_nothing().to_owned();
        let mut insert = Query::insert();
        insert.into_table(table.name).columns(table.names()).on_conflict(there);
        for row in rows {
            insert.values_panic(row.into_iter().map(|cell| Expr::val(cell.value())));
        }
        self.run(&insert).await
    }
}
