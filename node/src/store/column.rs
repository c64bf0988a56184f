//! Reading columns into the types of the form; what does not fit is a contradiction that names
//! table and column.

use super::engine::Row;
use super::error::StoreError;

/// A row of a named table.
pub struct Columns<'a> {
    row: &'a Row,
    table: &'static str,
}

impl<'a> Columns<'a> {
    /// A row of `table`.
    pub fn new(table: &'static str, row: &'a Row) -> Self {
        Self { row, table }
    }

    /// An integer.
    ///
    /// # Errors
    /// If the column is missing or holds something else; so for all of these.
    pub fn integer(&self, column: &'static str) -> Result<i64, StoreError> {
        self.row.get(column).map_err(|error| self.wrong(column, error))
    }

    /// A size, sequence or count: never negative.
    pub fn number(&self, column: &'static str) -> Result<u64, StoreError> {
        u64::try_from(self.integer(column)?).map_err(|error| self.wrong(column, error))
    }

    /// An integer or nothing.
    ///
    /// # Errors
    /// As [`Columns::integer`].
    pub fn integer_or_null(&self, column: &'static str) -> Result<Option<i64>, StoreError> {
        self.row.get(column).map_err(|error| self.wrong(column, error))
    }

    /// A text.
    ///
    /// # Errors
    /// As [`Columns::integer`].
    pub fn text(&self, column: &'static str) -> Result<&'a str, StoreError> {
        self.row.get(column).map_err(|error| self.wrong(column, error))
    }

    /// A text or nothing.
    ///
    /// # Errors
    /// As [`Columns::integer`].
    pub fn text_or_null(&self, column: &'static str) -> Result<Option<&'a str>, StoreError> {
        self.row.get(column).map_err(|error| self.wrong(column, error))
    }

    /// Bytes.
    ///
    /// # Errors
    /// As [`Columns::integer`].
    pub fn blob(&self, column: &'static str) -> Result<&'a [u8], StoreError> {
        self.row.get(column).map_err(|error| self.wrong(column, error))
    }

    /// A column read by its own parser.
    pub fn parsed<T, E: ToString>(
        &self,
        column: &'static str,
        parsed: Result<T, E>,
    ) -> Result<T, StoreError> {
        parsed.map_err(|error| self.wrong(column, error))
    }

    /// A contradiction in this column.
    pub fn wrong(&self, column: &'static str, problem: impl ToString) -> StoreError {
        StoreError::contradiction(self.table, column, "a row", problem)
    }
}

/// A size or sequence as a column has it.
pub fn signed(number: u64) -> i64 {
    // Sequence numbers stay below 2^63 for longer than there are entries to write.
    i64::try_from(number).unwrap_or(i64::MAX)
}
