//! Where a hub's store lies: in a file of SQLite, or in a database of a PostgreSQL server that is
//! started for the benches and thrown away with them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_hub::store::gate_list;
use sanheyi_node::store::{Address, Database, Store};
use sanheyi_tests::postgres::{PgDatabase, PgServer, PgSettings};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions as _, Connection as _, PgConnection, Row as _};

use super::load::SET_UP;
use super::machine::{cpu, cpu_of_children};
use super::table::say;

/// What the server is asked before anything is measured.
const SETTINGS: [&str; 8] = [
    "server_version",
    "fsync",
    "synchronous_commit",
    "full_page_writes",
    "wal_compression",
    "shared_buffers",
    "max_wal_size",
    "checkpoint_timeout",
];

/// Where hubs keep their stores.
pub(crate) enum Place {
    /// In a file each.
    Sqlite,
    /// In a database each.
    Postgres(Arc<PgServer>),
}

/// The store of one hub, empty at first.
pub(crate) enum HubStore {
    /// A file.
    Sqlite,
    /// A database, owned by a role that is nothing else.
    Postgres(PgDatabase),
}

/// Looks at a hub's store from outside while the hub works on it: as much as a reader needs to see
/// what was judged, and no more.
pub(crate) enum Watch {
    /// Read in this process, whose CPU is the load's.
    Sqlite(Box<Store>),
    /// Read by a process of the server, whose CPU is the load's, too.
    Postgres {
        /// The connection.
        connection: PgConnection,
        /// Whose entries.
        platform: PlatformId,
        /// The process that answers.
        backend: u32,
    },
}

// === impl Place ===

impl Place {
    /// A server that loses no commit, for all runs.
    pub(crate) fn postgres() -> Self {
        Self::Postgres(PgServer::start_with(PgSettings { durable: true, ..PgSettings::default() }))
    }

    /// A figure's name, with the database where it is not the usual one.
    pub(crate) fn name(&self, name: &str) -> String {
        match self {
            Self::Sqlite => name.to_owned(),
            Self::Postgres(_) => format!("{name} · PostgreSQL"),
        }
    }

    /// An empty store.
    pub(crate) fn store(&self) -> HubStore {
        match self {
            Self::Sqlite => HubStore::Sqlite,
            Self::Postgres(server) => HubStore::Postgres(server.database()),
        }
    }

    /// How the server is set, as it says itself; `None` if there is no server.
    ///
    /// # Errors
    /// If it does not answer.
    pub(crate) async fn describe(&self) -> anyhow::Result<Option<String>> {
        let Self::Postgres(server) = self else { return Ok(None) };
        let database = server.database();
        let mut said = Vec::new();
        // As the role that the hub has: what holds for others does not matter.
        let mut connection = PgConnection::connect(&database.url()).await?;
        for name in SETTINGS {
            let asked = sqlx::query_scalar("SELECT current_setting($1)").bind(name);
            let value: String = asked.fetch_one(&mut connection).await?;
            said.push(format!("{name}={value}"));
        }
        connection.close().await?;
        database.remove();
        Ok(Some(format!("PostgreSQL: {}", said.join(", "))))
    }
}

// === impl HubStore ===

impl HubStore {
    /// Its address; `file` where it is a file.
    ///
    /// # Errors
    /// If the hub would not understand it.
    pub(crate) fn address(&self, file: &Path) -> anyhow::Result<Address> {
        Ok(match self {
            Self::Sqlite => Address::File(file.to_owned()),
            Self::Postgres(database) => Address::parse(&database.url(), Path::new(""))?,
        })
    }

    /// What the hub's command line says of it, before its configuration.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let mut arguments = vec!["run".to_owned()];
        if let Self::Postgres(database) = self {
            arguments.extend(["--store".to_owned(), database.url()]);
        }
        arguments.push("--config".to_owned());
        arguments
    }

    /// CPU seconds that its server has used so far, in all its processes; `None` without a server.
    ///
    /// # Errors
    /// If the system does not say.
    pub(crate) fn cpu(&self) -> anyhow::Result<Option<f64>> {
        match self {
            Self::Sqlite => Ok(None),
            Self::Postgres(database) => cpu_of_children(database.server().postmaster()).map(Some),
        }
    }

    /// A look at the entries of `platform`.
    ///
    /// # Errors
    /// If the store cannot be read.
    pub(crate) async fn watch(&self, file: &Path, platform: &PlatformId) -> anyhow::Result<Watch> {
        match self {
            Self::Sqlite => {
                Ok(Watch::Sqlite(Box::new(Database::open_read_only(file).await?.of(platform))))
            }
            Self::Postgres(database) => {
                // The superuser, whom row-level security does not bind: one round trip a look.
                let mut connection = PgConnection::connect(&database.admin_url()).await?;
                let asked = sqlx::query_scalar("SELECT pg_backend_pid()");
                let backend: i32 = asked.fetch_one(&mut connection).await?;
                let (platform, backend) = (platform.clone(), backend.unsigned_abs());
                Ok(Watch::Postgres { connection, platform, backend })
            }
        }
    }

    /// Bytes on the disk, with indexes. Of a server's, each table is said.
    ///
    /// # Errors
    /// If the store does not say.
    pub(crate) async fn bytes(&self, file: &Path) -> anyhow::Result<u64> {
        match self {
            Self::Sqlite => file_bytes(file).await,
            Self::Postgres(database) => tables_bytes(database).await,
        }
    }

    /// Removes what is not in a folder.
    pub(crate) fn remove(self) {
        if let Self::Postgres(database) = self {
            database.remove();
        }
    }
}

/// Bytes of a SQLite store as a reader sees it: what is still in the log counts by where it goes.
///
/// # Errors
/// Of the database.
pub(crate) async fn file_bytes(file: &Path) -> anyhow::Result<u64> {
    let options = SqliteConnectOptions::new().filename(file).read_only(true);
    let mut store = options.connect().await?;
    let mut bytes = 1;
    for pragma in ["PRAGMA page_count", "PRAGMA page_size"] {
        let found: i64 = sqlx::query_scalar(pragma).fetch_one(&mut store).await?;
        bytes *= u64::try_from(found)?;
    }
    store.close().await?;
    Ok(bytes)
}

async fn tables_bytes(database: &PgDatabase) -> anyhow::Result<u64> {
    let mut connection = PgConnection::connect(&database.admin_url()).await?;
    sqlx::query("CHECKPOINT").execute(&mut connection).await?;
    let select = "SELECT relname::text, pg_total_relation_size(oid), pg_relation_size(oid), \
                  pg_indexes_size(oid) FROM pg_class WHERE relkind IN ('r', 'p') \
                  AND relnamespace = 'public'::regnamespace AND relname <> '_sqlx_migrations' \
                  ORDER BY 2 DESC, 1";
    let (mut bytes, mut said) = (0, Vec::new());
    for row in sqlx::query(select).fetch_all(&mut connection).await? {
        let [all, heap, indexes]: [i64; 3] = [row.get(1), row.get(2), row.get(3)];
        bytes += u64::try_from(all)?;
        let kilobytes = |bytes: i64| bytes.div_euclid(1024);
        let (table, beside) = (row.get::<&str, _>(0), all - heap - indexes);
        if all >= 1 << 20 {
            said.push(format!(
                "{table} {} (rows {}, indexes {}, values beside {})",
                kilobytes(all),
                kilobytes(heap),
                kilobytes(indexes),
                kilobytes(beside)
            ));
        }
    }
    connection.close().await?;
    say(&format!("  tables of the hub over 1 MiB, in KiB: {}", said.join("; ")))?;
    Ok(bytes)
}

// === impl Watch ===

impl Watch {
    /// How many records of the load the gate has judged.
    ///
    /// # Errors
    /// Of the database.
    pub(crate) async fn judged(&mut self) -> anyhow::Result<u64> {
        let judged = match self {
            Self::Sqlite(store) => gate_list(store).await?.iter().map(|row| row.judged).sum(),
            Self::Postgres { connection, platform, .. } => {
                let select =
                    "SELECT coalesce(sum(judged), 0)::bigint FROM gate WHERE platform = $1";
                let asked = sqlx::query_scalar(select).bind(platform.as_str());
                let judged: i64 = asked.fetch_one(connection).await?;
                u64::try_from(judged).context("gate.judged is a count")?
            }
        };
        Ok(judged.saturating_sub(SET_UP))
    }

    /// CPU seconds of the server's process that answers it: they are the load's.
    ///
    /// # Errors
    /// If it is gone.
    pub(crate) fn cpu(&self) -> anyhow::Result<f64> {
        match self {
            Self::Sqlite(_) => Ok(0.0),
            Self::Postgres { backend, .. } => cpu(&backend.to_string()),
        }
    }
}

/// The file of a hub's store in its data folder.
pub(crate) fn hub_file(data: &Path) -> PathBuf {
    data.join(sanheyi_hub::config::STORE)
}
