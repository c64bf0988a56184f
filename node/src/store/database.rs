//! An open store, and the rows of one platform in it. Which database it lies in, `engine` knows.

use std::collections::BTreeSet;

use sanheyi_exchange_spec::ids::PlatformId;
use sea_query_sqlx::SqlxBinder;

use super::engine::{Address, Engine, Hold, Lease, Letterbox, Reach, Row, Scope};
use super::error::StoreError;
use super::transaction::Tx;

/// An open database.
#[derive(Clone, Debug)]
pub struct Database {
    pub(super) engine: Engine,
    address: Address,
}

/// The rows of one platform. Its statements carry the platform; forgetting it does not compile.
#[derive(Clone, Debug)]
pub struct Store {
    database: Database,
    platform: PlatformId,
}

/// A step of the schema, embedded in the program, in the language of each database. Steps only
/// add.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Version, ascending.
    pub version: i64,
    /// What it adds.
    pub title: &'static str,
    /// Its statements for SQLite.
    pub sqlite: &'static str,
    /// Its statements for PostgreSQL.
    pub postgres: &'static str,
}

/// The steps of every store.
pub const STEPS: &[Step] = &[
    Step {
        version: 1,
        title: "branch",
        sqlite: include_str!("migrations/sqlite/0001_branch.sql"),
        postgres: include_str!("migrations/postgres/0001_branch.sql"),
    },
    Step {
        version: 2,
        title: "warnings",
        sqlite: include_str!("migrations/sqlite/0002_warnings.sql"),
        postgres: include_str!("migrations/postgres/0002_warnings.sql"),
    },
    Step {
        version: 3,
        title: "incoming",
        sqlite: include_str!("migrations/sqlite/0003_incoming.sql"),
        postgres: include_str!("migrations/postgres/0003_incoming.sql"),
    },
    Step {
        version: 4,
        title: "holding",
        sqlite: include_str!("migrations/sqlite/0004_holding.sql"),
        postgres: include_str!("migrations/postgres/0004_holding.sql"),
    },
    Step {
        version: 5,
        title: "attachments",
        sqlite: include_str!("migrations/sqlite/0005_attachments.sql"),
        postgres: include_str!("migrations/postgres/0005_attachments.sql"),
    },
    Step {
        version: 6,
        title: "enclosure",
        sqlite: include_str!("migrations/sqlite/0006_enclosure.sql"),
        postgres: include_str!("migrations/postgres/0006_enclosure.sql"),
    },
    Step {
        version: 7,
        title: "quarantine",
        sqlite: include_str!("migrations/sqlite/0007_quarantine.sql"),
        postgres: include_str!("migrations/postgres/0007_quarantine.sql"),
    },
    Step {
        version: 9,
        title: "health",
        sqlite: include_str!("migrations/sqlite/0009_health.sql"),
        postgres: include_str!("migrations/postgres/0009_health.sql"),
    },
    Step {
        version: 10,
        title: "upkeep",
        sqlite: include_str!("migrations/sqlite/0010_upkeep.sql"),
        postgres: include_str!("migrations/postgres/0010_upkeep.sql"),
    },
    Step {
        version: 11,
        title: "backup",
        sqlite: include_str!("migrations/sqlite/0011_backup.sql"),
        postgres: include_str!("migrations/postgres/0011_backup.sql"),
    },
    Step {
        version: 8,
        title: "operators",
        sqlite: include_str!("migrations/sqlite/0008_operators.sql"),
        postgres: include_str!("migrations/postgres/0008_operators.sql"),
    },
];

/// A step of the schema, and when it came into the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Migrated {
    /// Version.
    pub version: i64,
    /// What it adds.
    pub title: &'static str,
    /// Whether it was applied just now; else it was there.
    pub fresh: bool,
}

// === impl Database ===

impl Database {
    /// Opens or makes the database at `address` and brings its schema up to [`STEPS`] and `further`
    /// steps.
    ///
    /// # Errors
    /// [`StoreError::SchemaUnknown`] if a newer program has written it; other errors of the
    /// database.
    pub async fn open(address: impl Into<Address>, further: &[Step]) -> Result<Self, StoreError> {
        Self::migrate(address, further).await.map(|(database, _)| database)
    }

    /// As [`Database::open`]; says which steps were there and which were applied.
    ///
    /// # Errors
    /// As [`Database::open`].
    pub async fn migrate(
        address: impl Into<Address>,
        further: &[Step],
    ) -> Result<(Self, Vec<Migrated>), StoreError> {
        let address = address.into();
        let steps: Vec<_> = STEPS.iter().chain(further).copied().collect();
        let (engine, before) = Engine::open(&address, &steps).await?;
        let migrated = |step: &Step| {
            let Step { version, title, .. } = *step;
            Migrated { version, title, fresh: !before.contains(&version) }
        };
        Ok((Self { engine, address }, steps.iter().map(migrated).collect()))
    }

    /// Opens the database for reading beside the process that writes it.
    ///
    /// # Errors
    /// If there is none.
    pub async fn open_read_only(address: impl Into<Address>) -> Result<Self, StoreError> {
        let address = address.into();
        Ok(Self { engine: Engine::open_read_only(&address).await?, address })
    }

    /// The rows of one platform.
    pub fn of(&self, platform: &PlatformId) -> Store {
        Store { database: self.clone(), platform: platform.clone() }
    }

    /// Where the database lies.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// What one transaction may hold.
    pub fn reach(&self) -> Reach {
        self.engine.reach()
    }

    /// Limits the file to `pages` pages of 4 KiB, as a full disk would; a server is not limited.
    ///
    /// # Errors
    /// Of the database.
    pub async fn limit_pages(&self, pages: u32) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => {
                sqlite.limit_pages(pages).await.map_err(StoreError::at("limit"))
            }
            Engine::Postgres(_) => Ok(()),
        }
    }

    /// Keeps a file in order: writes the log back, gives free pages back where there are many, and
    /// lets the planner look at its tables. A server does that by itself. Answers the bytes that
    /// became free for others.
    ///
    /// # Errors
    /// Of the database.
    pub async fn tidy(&self) -> Result<u64, StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.tidy().await.map_err(StoreError::at("tidy")),
            Engine::Postgres(_) => Ok(0),
        }
    }

    /// Versions of the steps of the schema that stand, also such as this program does not know.
    ///
    /// # Errors
    /// Of the database.
    pub async fn applied(&self) -> Result<BTreeSet<i64>, StoreError> {
        self.engine.applied().await.map_err(StoreError::at("applied"))
    }

    /// What the file finds damaged in itself; nothing where it is whole. A server looks after its
    /// own.
    ///
    /// # Errors
    /// Of the database.
    pub async fn damage(&self) -> Result<Vec<String>, StoreError> {
        match &self.engine {
            Engine::Sqlite(sqlite) => sqlite.damage().await.map_err(StoreError::at("damage")),
            Engine::Postgres(_) => Ok(Vec::new()),
        }
    }

    /// How durable a commit is, as a connection that writes says it: settings and their values.
    ///
    /// # Errors
    /// Of the database.
    pub async fn durability(&self) -> Result<Vec<(&'static str, String)>, StoreError> {
        self.engine.durability().await.map_err(StoreError::at("durability"))
    }

    /// Closes all connections.
    pub async fn close(&self) {
        self.engine.close().await;
    }

    /// Rows of a statement about the directory of platforms, which everybody may read.
    ///
    /// # Errors
    /// Of the database.
    pub async fn directory_rows(
        &self,
        name: &'static str,
        statement: &impl SqlxBinder,
    ) -> Result<Vec<Row>, StoreError> {
        self.engine.rows(Scope::Directory, statement).await.map_err(StoreError::at(name))
    }

    /// Rows of a statement over all platforms. Only for work that is named as such in
    /// ARCHITECTURE.md: the city's view, and the sweep of the gate.
    ///
    /// # Errors
    /// Of the database.
    pub async fn city_rows(
        &self,
        name: &'static str,
        statement: &impl SqlxBinder,
    ) -> Result<Vec<Row>, StoreError> {
        self.engine.rows(Scope::City, statement).await.map_err(StoreError::at(name))
    }

    /// Tells other processes on this database that platforms have news. Without others it does
    /// nothing.
    ///
    /// # Errors
    /// Of the database.
    pub async fn notify(&self, platforms: &BTreeSet<PlatformId>) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Postgres(postgres) if !platforms.is_empty() => {
                postgres.notify(platforms).await.map_err(StoreError::at("notify"))
            }
            _ => Ok(()),
        }
    }

    /// Hears what other processes on this database tell; `None` if there can be none.
    ///
    /// # Errors
    /// Of the database.
    pub async fn listen(&self) -> Result<Option<Letterbox>, StoreError> {
        match &self.engine {
            Engine::Postgres(postgres) => {
                postgres.listen().await.map(Some).map_err(StoreError::at("listen"))
            }
            Engine::Sqlite(_) => Ok(None),
        }
    }

    /// Takes what one process holds at a time; `None` if another one has it.
    ///
    /// # Errors
    /// Of the database.
    pub async fn lease(&self, name: &str) -> Result<Option<Lease>, StoreError> {
        self.hold(name, Hold::Alone).await
    }

    /// Takes what many processes hold together; `None` if one has it for itself.
    ///
    /// # Errors
    /// Of the database.
    pub async fn share(&self, name: &str) -> Result<Option<Lease>, StoreError> {
        self.hold(name, Hold::Together).await
    }

    async fn hold(&self, name: &str, how: Hold) -> Result<Option<Lease>, StoreError> {
        match &self.engine {
            Engine::Postgres(postgres) => {
                postgres.lease(name, how).await.map_err(StoreError::at("lease"))
            }
            Engine::Sqlite(_) => Ok(Some(Lease::alone())),
        }
    }
}

// === impl Store ===

impl Store {
    /// The platform whose rows these are.
    pub fn platform(&self) -> &PlatformId {
        &self.platform
    }

    /// The database under it.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Begins a named writing transaction.
    ///
    /// # Errors
    /// Of the database.
    pub async fn begin(&self, name: &'static str) -> Result<Tx, StoreError> {
        let scope = Scope::Of(&self.platform);
        let open = self.database.engine.begin(scope).await.map_err(StoreError::at(name))?;
        Ok(Tx::new(open, name))
    }

    /// Rows of a statement, read beside the writers.
    ///
    /// # Errors
    /// Of the database.
    pub async fn rows(
        &self,
        name: &'static str,
        statement: &impl SqlxBinder,
    ) -> Result<Vec<Row>, StoreError> {
        let scope = Scope::Of(&self.platform);
        self.database.engine.rows(scope, statement).await.map_err(StoreError::at(name))
    }
}
