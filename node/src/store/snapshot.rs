//! The whole store as it is at one moment: what a backup is made of. Only for work that is named as
//! such in ARCHITECTURE.md.

use std::path::Path;

use sanheyi_exchange_spec::ids::PlatformId;
use sea_query_sqlx::SqlxBinder;

use super::Database;
use super::engine::{Open, Row, SqliteEngine};
use super::error::StoreError;
use super::tables::{Cell, Table};

/// Rows of all platforms, all as they are at one moment. Nothing can be written through it.
pub struct Snapshot {
    open: Open,
}

impl Database {
    /// Writes a store that is a file of SQLite, as it is at one moment, into the empty file `to`;
    /// whoever writes the store is not kept waiting. Answers whether it is one: the rows of a
    /// server are read by [`Database::snapshot`].
    ///
    /// # Errors
    /// Of the database, such as a full disk; `to` is of no use then.
    pub async fn copy_file(&self, to: &Path) -> Result<bool, StoreError> {
        let Some(from) = self.address().file() else { return Ok(false) };
        let to = to.to_str().ok_or_else(|| {
            StoreError::contradiction("backup", "file", to.display(), "is no UTF-8")
        })?;
        SqliteEngine::copy(from, to).await.map_err(StoreError::at("store_copy"))?;
        Ok(true)
    }

    /// Begins to read all rows as they are at this moment.
    ///
    /// # Errors
    /// Of the database.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let open = self.engine.begin_snapshot().await.map_err(StoreError::at("snapshot"))?;
        Ok(Snapshot { open })
    }
}

impl Snapshot {
    /// Rows of a statement over all platforms.
    ///
    /// # Errors
    /// Of the database.
    pub async fn rows(
        &mut self,
        name: &'static str,
        statement: &impl SqlxBinder,
    ) -> Result<Vec<Row>, StoreError> {
        let statement = self.open.language().build(statement);
        self.open.rows(statement).await.map_err(StoreError::at(name))
    }

    /// The rows of a platform after `after`, a key without its platform, in the order of their
    /// keys. The last page is an empty one.
    ///
    /// # Errors
    /// Of the database.
    pub async fn table_page(
        &mut self,
        platform: &PlatformId,
        table: &Table,
        after: Option<&[Cell]>,
    ) -> Result<Vec<Vec<Cell>>, StoreError> {
        let Some(select) = table.page_after(platform, after) else { return Ok(Vec::new()) };
        self.rows("table_page", &select).await?.iter().map(|row| table.read(row)).collect()
    }
}
