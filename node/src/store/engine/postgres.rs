//! PostgreSQL: many writers, in many processes. Each transaction says whose rows it is about, and
//! row-level security shows it no others: what forgot its platform finds nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use sanheyi_exchange_spec::ids::PlatformId;
use sqlx::postgres::{PgConnectOptions, PgListener, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _, Transaction};

use super::address::ServerAddress;
use super::{Hold, Language, Scope, migrator, unmigrated};
use crate::store::database::Step;
use crate::store::error::StoreError;

/// Connections that write: commits of several platforms go on side by side, and share a flush.
const WRITERS: u32 = 16;
/// Connections that read, apart: whoever holds one to write may wait for one to read, never the
/// other way round.
const READERS: u32 = 16;
/// How long a connection is waited for.
const ACQUIRE: Duration = Duration::from_secs(15);
/// Statements kept prepared per connection: all shapes of the hot paths, with room.
const STATEMENTS: usize = 256;
/// A connection is closed at this age, so that servers behind a name can be exchanged.
const AGE: Duration = Duration::from_secs(30 * 60);
/// What every session asks for. `synchronous_commit`: an answer follows the flush, whatever the
/// server's default. The waits are bounded, because a writer that froze must not hold a row for
/// ever: its transaction is ended, and it is fenced out when it wakes.
const SESSION: [(&str, &str); 4] = [
    ("synchronous_commit", "on"),
    ("lock_timeout", "5s"),
    ("idle_in_transaction_session_timeout", "10s"),
    ("statement_timeout", "120s"),
];
/// Settings that say how durable a commit is; the last names the replicas that a commit waits for.
const DURABILITY: [&str; 4] =
    ["fsync", "synchronous_commit", "full_page_writes", "synchronous_standby_names"];
/// The channel on which instances tell each other which platforms have news.
const CHANNEL: &str = "sanheyi_news";
/// Bytes of one notification; the server refuses 8,000.
const NOTICE_BYTES: usize = 7000;
/// A notice that means: look at every platform.
const EVERYTHING: &str = "*";

#[derive(Clone, Debug)]
pub(in crate::store) struct Postgres {
    writer: PgPool,
    reader: PgPool,
    options: Box<PgConnectOptions>,
    /// Names this opening of the database among all that listen.
    origin: Arc<str>,
    /// Whether rows lie on several servers (Citus).
    distributed: bool,
}

/// Hears which platforms have news, from other processes on the same database. What this one has
/// told itself is left out.
pub struct Letterbox {
    listener: PgListener,
    origin: Arc<str>,
}

/// A thing that one process holds at a time, or several share: for as long as its connection to the
/// database stands.
pub struct Lease {
    connection: Option<PgConnection>,
}

// === impl Postgres ===

impl Postgres {
    /// Opens the database; answers which steps stood already.
    pub(super) async fn open(
        at: &ServerAddress,
        steps: &[Step],
    ) -> Result<(Self, BTreeSet<i64>), StoreError> {
        let opened = Self::connect(at, &[]).await?;
        let before = opened.applied().await.map_err(StoreError::at("open"))?;
        let migrator = migrator(steps, Language::Postgres);
        let known = migrator.iter().map(|step| (step.version, step.checksum.as_ref()));
        // A role that may not create tables may well run what is up to date.
        if !known.eq(before.iter().map(|(version, checksum)| (*version, checksum.as_slice()))) {
            migrator.run(&opened.writer).await.map_err(unmigrated)?;
        }
        opened.warn().await.map_err(StoreError::at("open"))?;
        Ok((opened, before.into_keys().collect()))
    }

    /// The steps that stand, with their checksums.
    pub(super) async fn applied(&self) -> Result<BTreeMap<i64, Vec<u8>>, sqlx::Error> {
        let known = sqlx::query_scalar("SELECT to_regclass('_sqlx_migrations') IS NOT NULL");
        if !known.fetch_one(&self.writer).await? {
            return Ok(BTreeMap::new());
        }
        let applied =
            sqlx::query_as("SELECT version, checksum FROM _sqlx_migrations WHERE success");
        Ok(applied.fetch_all(&self.writer).await?.into_iter().collect())
    }

    pub(super) async fn open_read_only(at: &ServerAddress) -> Result<Self, StoreError> {
        Self::connect(at, &[("default_transaction_read_only", "on")]).await
    }

    async fn connect(at: &ServerAddress, further: &[(&str, &str)]) -> Result<Self, StoreError> {
        let options = at
            .options()
            .statement_cache_capacity(STATEMENTS)
            .application_name("sanheyi")
            .options(SESSION)
            .options(further.iter().copied());
        let pool = |most| {
            PgPoolOptions::new()
                .max_connections(most)
                .acquire_timeout(ACQUIRE)
                .max_lifetime(AGE)
                // A lost connection is an error of the first statement on it; asking each time
                // would cost every statement a second round trip.
                .test_before_acquire(false)
                .connect_lazy_with(options.clone())
        };
        let (writer, reader) = (pool(WRITERS), pool(READERS));
        // Whether there is a server at all is said here, and not by the first record.
        let asked = sqlx::query_as::<_, (String, bool)>(
            "SELECT gen_random_uuid()::text, to_regclass('pg_dist_partition') IS NOT NULL",
        );
        let (origin, distributed) =
            asked.fetch_one(&writer).await.map_err(StoreError::at("open"))?;
        let options = Box::new(options);
        Ok(Self { writer, reader, options, origin: origin.into(), distributed })
    }

    /// Says aloud what makes this server less than it should be.
    async fn warn(&self) -> Result<(), sqlx::Error> {
        for (name, value) in self.durability().await? {
            if value == "off" {
                tracing::error!(
                    name,
                    "the server is set to lose acknowledged commits at power loss"
                );
            }
        }
        let row = sqlx::query(
            "SELECT rolsuper OR rolbypassrls AS unbound FROM pg_roles WHERE rolname = current_user",
        );
        if row.fetch_one(&self.writer).await?.try_get("unbound")? {
            tracing::warn!(
                "row-level security does not bind this role: connect as an ordinary one"
            );
        }
        Ok(())
    }

    pub(super) async fn begin(
        &self,
        scope: Scope<'_>,
    ) -> Result<Transaction<'static, sqlx::Postgres>, sqlx::Error> {
        self.begin_on(&self.writer, "BEGIN", scope).await
    }

    pub(super) async fn read(
        &self,
        scope: Scope<'_>,
    ) -> Result<Transaction<'static, sqlx::Postgres>, sqlx::Error> {
        self.begin_on(&self.reader, "BEGIN READ ONLY", scope).await
    }

    /// A transaction that sees all rows as they are at one moment, however long it reads.
    pub(super) async fn read_at_once(
        &self,
    ) -> Result<Transaction<'static, sqlx::Postgres>, sqlx::Error> {
        let begin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        let mut tx = self.begin_on(&self.reader, begin, Scope::City).await?;
        // Between two pages the reader writes what it has read.
        tx.execute("SET LOCAL idle_in_transaction_session_timeout = '10min'").await?;
        if self.distributed {
            tracing::warn!("rows lie on several servers: each is seen at a moment of its own");
        }
        Ok(tx)
    }

    /// A transaction says with whose rows it is about, in the same round trip, unless rows are
    /// distributed: Citus hands the text of the whole message on to its workers.
    async fn begin_on(
        &self,
        pool: &PgPool,
        begin: &'static str,
        scope: Scope<'_>,
    ) -> Result<Transaction<'static, sqlx::Postgres>, sqlx::Error> {
        match setting(scope) {
            Some(set) if self.distributed => {
                let mut tx = pool.begin_with(begin).await?;
                tx.execute(AssertSqlSafe(set)).await?;
                Ok(tx)
            }
            Some(set) => pool.begin_with(AssertSqlSafe(format!("{begin}; {set}"))).await,
            None => pool.begin_with(begin).await,
        }
    }

    pub(super) async fn durability(&self) -> Result<Vec<(&'static str, String)>, sqlx::Error> {
        let mut found = Vec::new();
        for name in DURABILITY {
            let value = sqlx::query_scalar("SELECT current_setting($1)").bind(name);
            found.push((name, value.fetch_one(&self.writer).await?));
        }
        Ok(found)
    }

    /// Tells other processes that platforms have news: one notification for all of them, as far as
    /// they fit.
    pub(in crate::store) async fn notify(
        &self,
        platforms: &BTreeSet<PlatformId>,
    ) -> Result<(), sqlx::Error> {
        let names: Vec<_> = platforms.iter().map(PlatformId::as_str).collect();
        let joined = names.join(",");
        let text = if joined.len() > NOTICE_BYTES { EVERYTHING } else { &joined };
        let text = format!("{} {text}", self.origin);
        let query = sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(text);
        query.execute(&self.writer).await.map(drop)
    }

    pub(in crate::store) async fn listen(&self) -> Result<Letterbox, sqlx::Error> {
        let pool = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
        let pool = pool.connect_lazy_with((*self.options).clone());
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.listen(CHANNEL).await?;
        Ok(Letterbox { listener, origin: Arc::clone(&self.origin) })
    }

    pub(in crate::store) async fn lease(
        &self,
        name: &str,
        how: Hold,
    ) -> Result<Option<Lease>, sqlx::Error> {
        let mut connection = PgConnection::connect_with(&self.options).await?;
        let query = sqlx::query_scalar(match how {
            Hold::Alone => "SELECT pg_try_advisory_lock(hashtextextended($1, 0))",
            Hold::Together => "SELECT pg_try_advisory_lock_shared(hashtextextended($1, 0))",
        });
        let held: bool = query.bind(format!("sanheyi {name}")).fetch_one(&mut connection).await?;
        if held {
            return Ok(Some(Lease { connection: Some(connection) }));
        }
        connection.close().await?;
        Ok(None)
    }

    pub(super) async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

/// Whose rows a transaction is about. A platform's id is lower-case letters, digits and hyphens, so
/// it needs no escaping.
fn setting(scope: Scope<'_>) -> Option<String> {
    match scope {
        Scope::Of(platform) => Some(format!("SET LOCAL sanheyi.platform = '{platform}'")),
        Scope::City => Some("SET LOCAL sanheyi.view = 'city'".to_owned()),
        Scope::Directory => None,
    }
}

/// Says that what follows in a transaction is about another platform's rows.
pub(super) async fn turn_to(
    tx: &mut Transaction<'static, sqlx::Postgres>,
    platform: &PlatformId,
) -> Result<(), sqlx::Error> {
    let set = setting(Scope::Of(platform)).unwrap_or_default();
    tx.execute(AssertSqlSafe(set)).await.map(drop)
}

// === impl Letterbox ===

impl Letterbox {
    /// The platforms of which the next notification says that they have news; `None` if all of them
    /// must be looked at, because notifications may have been lost.
    ///
    /// # Errors
    /// If the database cannot be reached again.
    pub async fn next(&mut self) -> Result<Option<BTreeSet<PlatformId>>, StoreError> {
        loop {
            let heard = self.listener.try_recv().await.map_err(StoreError::at("listen"))?;
            let Some(notice) = heard else { return Ok(None) };
            // What is not in our form was not said by us, and may mean anything.
            let Some((origin, text)) = notice.payload().split_once(' ') else { return Ok(None) };
            if origin == &*self.origin {
                continue;
            }
            if text == EVERYTHING {
                return Ok(None);
            }
            return Ok(Some(text.split(',').filter_map(|name| name.parse().ok()).collect()));
        }
    }
}

// === impl Lease ===

impl Lease {
    /// The lease of a store that no other process can open.
    pub(in crate::store) fn alone() -> Self {
        Self { connection: None }
    }

    /// Whether it is still held.
    ///
    /// # Errors
    /// If the connection that holds it is lost: then somebody else may hold it.
    pub async fn check(&mut self) -> Result<(), StoreError> {
        match &mut self.connection {
            Some(connection) => connection.ping().await.map_err(StoreError::at("lease")),
            None => Ok(()),
        }
    }

    /// Gives it back.
    pub async fn release(self) {
        if let Some(connection) = self.connection {
            // A connection that does not close politely is closed all the same, and the lease ends.
            let _ = connection.close().await;
        }
    }
}
