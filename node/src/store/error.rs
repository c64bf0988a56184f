//! Errors of the store: each names the operation; stored data that contradicts itself names table,
//! column and key.

use std::path::PathBuf;

use sanheyi_exchange_spec::error::Code;
use thiserror::Error;

/// No space: SQLite's code, which it also gives at a page limit, and PostgreSQL's.
const FULL: [&str; 2] = ["13", "53100"];
/// Another writer was first, or stands in the way: serialisation failure, deadlock, a lock that was
/// not given in time. What is in hand is decided again.
const RACED: [&str; 3] = ["40001", "40P01", "55P03"];
/// Classes of PostgreSQL's codes that speak of the connection or of a server that is stopping or
/// full, and of a transaction that it ended because its writer stood still.
const UNREACHABLE: [&str; 5] = ["08", "57P", "53", "25P03", "25P04"];

/// The role has no right to do it, in PostgreSQL's words.
const UNPRIVILEGED: &str = "42501";

/// What can go wrong with a store.
#[derive(Debug, Error)]
pub enum StoreError {
    /// No space is left.
    #[error("磁盘已满：{operation} 未写入任何内容 · disk full: {operation} wrote nothing")]
    Full {
        /// What was being done.
        operation: &'static str,
    },
    /// The server cannot be reached, or has gone away. Whether a commit that was under way stands,
    /// only the store can say.
    #[error(
        "无法连接数据库（{operation}）：{source}，请检查数据库服务与网络 · the database cannot be reached ({operation}): {source}; check the server and the network"
    )]
    Unreachable {
        /// What was being done.
        operation: &'static str,
        /// Why it failed.
        #[source]
        source: sqlx::Error,
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
    /// The role may not change the schema, which is not up to date.
    #[error(
        "数据库角色无权更新结构，请以有权的角色执行 sanheyi-hub migrate · this role may not bring the schema up to date: run `sanheyi-hub migrate` as a role that may create tables"
    )]
    Unprivileged(#[source] Box<sqlx::migrate::MigrateError>),
    /// The hub was moved to another database; this one must not be written any more.
    #[error(
        "该存储已迁至 {0}，不得再运行，请修改 hub.toml 的 store.address · this store was moved to {0} and must not run again: set store.address in hub.toml"
    )]
    Moved(String),
    /// It is being copied to another database at this moment.
    #[error(
        "该存储正在迁移，请待 copy-store 结束 · this store is being copied: wait until copy-store has ended"
    )]
    BeingCopied,
    /// A copy into this database was not finished.
    #[error(
        "该存储是尚未完成的迁移目标，请再次执行 sanheyi-hub copy-store · this store is the target of an unfinished copy: run `sanheyi-hub copy-store` again"
    )]
    Unfinished,
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
    /// An error of the driver, by what it means to whoever was at work.
    pub(crate) fn at(operation: &'static str) -> impl FnOnce(sqlx::Error) -> StoreError {
        move |source| {
            let code = source.as_database_error().and_then(|error| error.code());
            let code = code.as_deref().unwrap_or_default();
            let twice = source.as_database_error().is_some_and(|one| one.is_unique_violation());
            let lost = matches!(
                source,
                sqlx::Error::Io(_)
                    | sqlx::Error::Tls(_)
                    | sqlx::Error::PoolTimedOut
                    | sqlx::Error::PoolClosed
                    | sqlx::Error::BeginFailed
            );
            if FULL.contains(&code) {
                StoreError::Full { operation }
            } else if twice || RACED.contains(&code) {
                StoreError::Raced(operation)
            } else if lost || UNREACHABLE.iter().any(|class| code.starts_with(class)) {
                StoreError::Unreachable { operation, source }
            } else {
                StoreError::Database { operation, source }
            }
        }
    }

    pub(crate) fn migration(error: sqlx::migrate::MigrateError) -> StoreError {
        use sqlx::migrate::MigrateError::{Execute, ExecuteMigration};
        let code = match &error {
            Execute(source) | ExecuteMigration(source, _) => source.as_database_error(),
            _ => None,
        };
        match code.and_then(|error| error.code()) {
            Some(code) if code == UNPRIVILEGED => StoreError::Unprivileged(Box::new(error)),
            _ => StoreError::Migration(Box::new(error)),
        }
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
            StoreError::Raced(_) | StoreError::Unreachable { .. } => Code::Unavailable,
            _ => Code::Internal,
        }
    }
}
