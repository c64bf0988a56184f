//! Old rows of a table that is only added to: counting them, and taking them away once they are in
//! the archive.

use sea_query::{Expr, ExprTrait as _, Query};

use super::super::column::Columns;
use super::super::error::StoreError;
use super::super::{Must, Store, Tx};
use super::{Cell, Table};

// === impl Store ===

impl Store {
    /// How many rows of the platform have `at` before `before`, in microseconds.
    ///
    /// # Errors
    /// Of the database.
    pub async fn table_older(&self, table: &Table, before: i64) -> Result<u64, StoreError> {
        let select = Query::select()
            .expr_as(Expr::col("at").count(), "count")
            .from(table.name)
            .and_where(Expr::col("platform").eq(self.platform().as_str()))
            .and_where(Expr::col("at").lt(before))
            .to_owned();
        let rows = self.rows("table_older", &select).await?;
        rows.first().map_or(Ok(0), |row| Columns::new(table.name, row).number("count"))
    }
}

// === impl Tx ===

impl Tx {
    /// Takes the platform's first rows away, up to the one with the key `last`, a key without its
    /// platform, with what is run next. [`StoreError::Raced`] if they are not `rows`; nothing went
    /// then.
    pub fn table_cut(&mut self, store: &Store, table: &Table, last: &[Cell], rows: u64) {
        let key = Expr::tuple(table.key[1..].iter().map(|name| Expr::col(*name)));
        let last = Expr::tuple(last.iter().map(|cell| Expr::val(cell.clone().value())));
        let delete = Query::delete()
            .from_table(table.name)
            .and_where(Expr::col("platform").eq(store.platform().as_str()))
            .and_where(key.lte(last))
            .to_owned();
        self.later(&delete, Must::change(rows, table.name));
    }
}
