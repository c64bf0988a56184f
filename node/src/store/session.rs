//! Sessions of the pages that are open (会话): `session_*`. Of what a cookie holds only the digest is
//! here.

use sanheyi_exchange_spec::time::Timestamp;
use sea_query::{Cond, Expr, ExprTrait as _, Order, Query};

use super::column::Columns;
use super::engine::Row;
use super::error::StoreError;
use super::{Store, Tx};

/// Most sessions that are listed.
pub const SESSIONS: u64 = 1000;

/// A session.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionRow {
    /// SHA-256 of what the cookie holds.
    pub token: [u8; 32],
    /// Whose it is: the name signed in by.
    pub operator: String,
    /// What every form of it carries.
    pub form: String,
    /// Since when.
    pub created: Timestamp,
    /// When it was last used, to the minute.
    pub seen: Timestamp,
    /// When it ends, however much it is used.
    pub ends: Timestamp,
    /// From which address it was opened.
    pub address: String,
    /// By which browser, shortened.
    pub agent: String,
}

const COLUMNS: [&str; 8] =
    ["token", "operator", "form", "created", "seen", "ends", "address", "agent"];

fn read(row: &Row) -> Result<SessionRow, StoreError> {
    let row = Columns::new("session", row);
    let time = |column| row.integer(column).map(Timestamp::from_micros);
    Ok(SessionRow {
        token: row.parsed("token", row.blob("token")?.try_into())?,
        operator: row.text("operator")?.to_owned(),
        form: row.text("form")?.to_owned(),
        created: time("created")?,
        seen: time("seen")?,
        ends: time("ends")?,
        address: row.text("address")?.to_owned(),
        agent: row.text("agent")?.to_owned(),
    })
}

// What opens a session is in no log.
impl std::fmt::Debug for SessionRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SessionRow").field("operator", &self.operator).finish_non_exhaustive()
    }
}

// === impl Store ===

impl Store {
    /// A session by the digest of what its cookie holds.
    ///
    /// # Errors
    /// Of the database.
    pub async fn session_get(&self, token: &[u8; 32]) -> Result<Option<SessionRow>, StoreError> {
        let select = Query::select()
            .columns(COLUMNS)
            .from("session")
            .and_where(Expr::col("platform").eq(self.platform().as_str()))
            .and_where(Expr::col("token").eq(token.to_vec()))
            .to_owned();
        self.rows("session_get", &select).await?.first().map(read).transpose()
    }

    /// The sessions that are stored, the latest first, [`SESSIONS`] at most; some may be over.
    ///
    /// # Errors
    /// Of the database.
    pub async fn session_list(&self) -> Result<Vec<SessionRow>, StoreError> {
        let select = Query::select()
            .columns(COLUMNS)
            .from("session")
            .and_where(Expr::col("platform").eq(self.platform().as_str()))
            .order_by("created", Order::Desc)
            .limit(SESSIONS)
            .to_owned();
        self.rows("session_list", &select).await?.iter().map(read).collect()
    }
}

// === impl Tx ===

impl Tx {
    /// Opens a session.
    ///
    /// # Errors
    /// Of the database.
    pub async fn session_add(&mut self, store: &Store, row: &SessionRow) -> Result<(), StoreError> {
        let insert = Query::insert()
            .into_table("session")
            .columns(["platform"].into_iter().chain(COLUMNS))
            .values_panic([
                store.platform().as_str().into(),
                row.token.to_vec().into(),
                row.operator.as_str().into(),
                row.form.as_str().into(),
                row.created.as_micros().into(),
                row.seen.as_micros().into(),
                row.ends.as_micros().into(),
                row.address.as_str().into(),
                row.agent.as_str().into(),
            ])
            .to_owned();
        self.run(&insert).await.map(drop)
    }

    /// Notes that a session is used.
    ///
    /// # Errors
    /// Of the database.
    pub async fn session_seen(
        &mut self,
        store: &Store,
        token: &[u8; 32],
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let update = Query::update()
            .table("session")
            .value("seen", now.as_micros())
            .and_where(Expr::col("platform").eq(store.platform().as_str()))
            .and_where(Expr::col("token").eq(token.to_vec()))
            .to_owned();
        self.run(&update).await.map(drop)
    }

    /// Ends a session; answers whether there was one.
    ///
    /// # Errors
    /// Of the database.
    pub async fn session_end(
        &mut self,
        store: &Store,
        token: &[u8; 32],
    ) -> Result<bool, StoreError> {
        let delete = Query::delete()
            .from_table("session")
            .and_where(Expr::col("platform").eq(store.platform().as_str()))
            .and_where(Expr::col("token").eq(token.to_vec()))
            .to_owned();
        Ok(self.run(&delete).await? > 0)
    }

    /// Ends all sessions of an operator; answers how many.
    ///
    /// # Errors
    /// Of the database.
    pub async fn session_end_all(
        &mut self,
        store: &Store,
        operator: &str,
    ) -> Result<u64, StoreError> {
        let delete = Query::delete()
            .from_table("session")
            .and_where(Expr::col("platform").eq(store.platform().as_str()))
            .and_where(Expr::col("operator").eq(operator))
            .to_owned();
        self.run(&delete).await
    }

    /// Forgets sessions that are over: those not used since `idle`, and those that end by `now`.
    ///
    /// # Errors
    /// Of the database.
    pub async fn session_sweep(
        &mut self,
        store: &Store,
        idle: Timestamp,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let over = Cond::any()
            .add(Expr::col("seen").lte(idle.as_micros()))
            .add(Expr::col("ends").lte(now.as_micros()));
        let delete = Query::delete()
            .from_table("session")
            .and_where(Expr::col("platform").eq(store.platform().as_str()))
            .cond_where(over)
            .to_owned();
        self.run(&delete).await
    }
}
