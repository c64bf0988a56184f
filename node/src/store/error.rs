//! Errors of the store: each names the operation; stored data that contradicts itself names table,
//! column and key.

use std::path::PathBuf;

use sanheyi_exchange_spec::error::Code;
use thiserror::Error;

/// SQLite's code for a full disk or a reached page limit.
const SQLITE_FULL: &str = "13";

/// What can go wrong with a store.
#[derive(Debug, Error)]
pub enum StoreError {
    /// No space is left.
    #[error("磁盘已满：{operation} 未写入任何内容 · disk full: {operation} wrote nothing")]
    Full {
        /// What was being done.
        operation: &'static str,
    },
    /// The database failed.
    #[error("{operation}: {source}")]
    Database {
        /// What was being done.
        operation: &'static str,
        /// Why it failed.
        #[source]
        source: sqlx::Error,
    },
    /// The schema could not be brought up to date.
    #[error("数据库升级失败 · schema: {0}")]
    Migration(#[source] Box<sqlx::migrate::MigrateError>),
    /// A newer program has written this database.
    #[error(
        "数据库结构版本 {0} 比本程序新，请使用当前或更新版本的程序 · schema step {0} is newer than this program: run the version that wrote it, or a later one"
    )]
    SchemaUnknown(i64),
    /// There is no database.
    #[error("没有找到数据库 {0}，请先运行该平台 · no database at {0}: run the platform first")]
    Absent(PathBuf),
    /// Stored data contradicts itself.
    #[error(
        "存储数据自相矛盾 · stored data contradicts itself: {table}.{column} of {key}: {problem}"
    )]
    Contradiction {
        /// Table.
        table: &'static str,
        /// Column.
        column: &'static str,
        /// Key of the row.
        key: String,
        /// What is wrong.
        problem: String,
    },
    /// The row was changed by somebody else since it was read: begin again from what is stored.
    #[error("{0} was changed meanwhile")]
    Raced(&'static str),
}

// === impl StoreError ===

impl StoreError {
    pub(crate) fn at(operation: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
        move |source| match &source {
            sqlx::Error::Database(error) if error.code().as_deref() == Some(SQLITE_FULL) => {
                StoreError::Full { operation }
            }
            _ => StoreError::Database { operation, source },
        }
    }

    pub(crate) fn migration(error: sqlx::migrate::MigrateError) -> StoreError {
        StoreError::Migration(Box::new(error))
    }

    /// A contradiction found in stored data.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "made where an error is at hand, and errors are not needed after"
    )]
    pub fn contradiction(
        table: &'static str,
        column: &'static str,
        key: impl ToString,
        problem: impl ToString,
    ) -> StoreError {
        StoreError::Contradiction {
            table,
            column,
            key: key.to_string(),
            problem: problem.to_string(),
        }
    }

    /// The code by which a surface refuses.
    pub fn code(&self) -> Code {
        match self {
            StoreError::Full { .. } => Code::StoreFull,
            StoreError::Raced(_) => Code::Unavailable,
            _ => Code::Internal,
        }
    }
}
