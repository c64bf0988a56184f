//! Who may sign in to the pages (操作员): `operator_*`; and which addresses failed to: `attempt_*`.
//!
//! A try is counted before its password is looked at, so that many at once are not more than one
//! after another, in however many processes they run.

use sanheyi_exchange_spec::time::Timestamp;
use sea_query::{Expr, ExprTrait as _, OnConflict, Order, Query, SelectStatement};

use super::column::{Columns, signed};
use super::engine::Row;
use super::error::StoreError;
use super::{Must, Store, Tx};

/// Most operators that are listed: a platform has some dozens.
pub const OPERATORS: u64 = 1000;

/// Somebody who may sign in.
#[derive(Clone, PartialEq, Eq)]
pub struct OperatorRow {
    /// The name to sign in by.
    pub name: String,
    /// What they may do: a role of the pages.
    pub role: String,
    /// The password, as a PHC string.
    pub password: String,
    /// Tries since the last success.
    pub failures: u64,
    /// Until when no try counts; the epoch if any does.
    pub locked: Timestamp,
    /// Since when they are here.
    pub created: Timestamp,
    /// Since when they may no longer sign in; the epoch if they may.
    pub disabled: Timestamp,
    /// Whether a new password must be chosen first.
    pub renew: bool,
    /// When they last signed in; the epoch if never.
    pub last: Timestamp,
}

/// When tries are too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock {
    /// The present instant.
    pub now: Timestamp,
    /// So many tries without success lock.
    pub most: u64,
    /// Until then.
    pub until: Timestamp,
}

const COLUMNS: [&str; 9] =
    ["name", "role", "password", "failures", "locked", "created", "disabled", "renew", "last"];

fn read(row: &Row) -> Result<OperatorRow, StoreError> {
    let row = Columns::new("operator", row);
    let time = |column| row.integer(column).map(Timestamp::from_micros);
    Ok(OperatorRow {
        name: row.text("name")?.to_owned(),
        role: row.text("role")?.to_owned(),
        password: row.text("password")?.to_owned(),
        failures: row.number("failures")?,
        locked: time("locked")?,
        created: time("created")?,
        disabled: time("disabled")?,
        renew: row.integer("renew")? != 0,
        last: time("last")?,
    })
}

fn operators(store: &Store) -> SelectStatement {
    Query::select()
        .columns(COLUMNS)
        .from("operator")
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .to_owned()
}

// === impl OperatorRow ===

impl OperatorRow {
    /// Whether they may no longer sign in.
    pub fn is_disabled(&self) -> bool {
        self.disabled.as_micros() != 0
    }

    /// Whether no try counts at `now`.
    pub fn is_locked(&self, now: Timestamp) -> bool {
        self.locked > now
    }
}

// A password's hash is in no log.
impl std::fmt::Debug for OperatorRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { name, role, .. } = self;
        f.debug_struct("OperatorRow")
            .field("name", name)
            .field("role", role)
            .finish_non_exhaustive()
    }
}

// === impl Store ===

impl Store {
    /// An operator.
    ///
    /// # Errors
    /// Of the database.
    pub async fn operator_get(&self, name: &str) -> Result<Option<OperatorRow>, StoreError> {
        let select = operators(self).and_where(Expr::col("name").eq(name)).to_owned();
        self.rows("operator_get", &select).await?.first().map(read).transpose()
    }

    /// All operators by name, [`OPERATORS`] at most.
    ///
    /// # Errors
    /// Of the database.
    pub async fn operator_list(&self) -> Result<Vec<OperatorRow>, StoreError> {
        let select = operators(self).order_by("name", Order::Asc).limit(OPERATORS).to_owned();
        self.rows("operator_list", &select).await?.iter().map(read).collect()
    }
}

// === impl Tx ===

impl Tx {
    /// An operator, as this transaction sees it.
    ///
    /// # Errors
    /// Of the database.
    pub async fn operator_get(
        &mut self,
        store: &Store,
        name: &str,
    ) -> Result<Option<OperatorRow>, StoreError> {
        let select = operators(store).and_where(Expr::col("name").eq(name)).to_owned();
        self.rows(&select).await?.first().map(read).transpose()
    }

    /// How many operators have `role` and are not disabled. Their rows stay as they are until this
    /// transaction ends: of two who take each other's role away one finds itself the last.
    ///
    /// # Errors
    /// Of the database.
    pub async fn operator_count(&mut self, store: &Store, role: &str) -> Result<u64, StoreError> {
        // Written as they are: counting alone would hold nobody up.
        let hold = Query::update()
            .table("operator")
            .value("role", Expr::col("role"))
            .and_where(Expr::col("platform").eq(store.platform().as_str()))
            .and_where(Expr::col("role").eq(role))
            .and_where(Expr::col("disabled").eq(0))
            .to_owned();
        self.run(&hold).await
    }

    /// Adds an operator; false if the name is taken.
    ///
    /// # Errors
    /// Of the database.
    pub async fn operator_add(
        &mut self,
        store: &Store,
        row: &OperatorRow,
    ) -> Result<bool, StoreError> {
        let insert = Query::insert()
            .into_table("operator")
            .columns(["platform"].into_iter().chain(COLUMNS))
            .values_panic([
                store.platform().as_str().into(),
                row.name.as_str().into(),
                row.role.as_str().into(),
                row.password.as_str().into(),
                signed(row.failures).into(),
                row.locked.as_micros().into(),
                row.created.as_micros().into(),
                row.disabled.as_micros().into(),
                i64::from(row.renew).into(),
                row.last.as_micros().into(),
            ])
            .on_conflict(OnConflict::columns(["platform", "name"]).do_nothing().to_owned())
            .to_owned();
        Ok(self.run(&insert).await? == 1)
    }

    /// Writes an operator anew: role, password, lock, whether disabled. Nothing else of the row.
    ///
    /// # Errors
    /// [`StoreError::Raced`] if there is no such operator; those of the database.
    pub async fn operator_put(
        &mut self,
        store: &Store,
        row: &OperatorRow,
    ) -> Result<(), StoreError> {
        let update = Query::update()
            .table("operator")
            .values([
                ("role", row.role.as_str().into()),
                ("password", row.password.as_str().into()),
                ("failures", signed(row.failures).into()),
                ("locked", row.locked.as_micros().into()),
                ("disabled", row.disabled.as_micros().into()),
                ("renew", i64::from(row.renew).into()),
            ])
            .and_where(Expr::col("platform").eq(store.platform().as_str()))
            .and_where(Expr::col("name").eq(row.name.as_str()))
            .to_owned();
        self.later(&update, Must::change(1, "operator"));
        Ok(())
    }

    /// Counts a try to sign in, before its password is looked at; the one that reaches
    /// [`Lock::most`] locks. False if it does not count: the name is locked, disabled, or unknown.
    ///
    /// # Errors
    /// Of the database.
    pub async fn operator_try(
        &mut self,
        store: &Store,
        name: &str,
        lock: Lock,
    ) -> Result<bool, StoreError> {
        // A lock that is over leaves nothing behind: counting begins again.
        let over = Expr::col("locked").gt(0);
        let next = Expr::case(over.clone(), 1).finally(Expr::col("failures").add(1));
        let reaches = over.not().and(Expr::col("failures").add(1).gte(signed(lock.most)));
        let locked = Expr::case(reaches, lock.until.as_micros()).finally(0_i64);
        let update = Query::update()
            .table("operator")
            .values([("failures", next.into()), ("locked", locked.into())])
            .and_where(Expr::col("platform").eq(store.platform().as_str()))
            .and_where(Expr::col("name").eq(name))
            .and_where(Expr::col("locked").lte(lock.now.as_micros()))
            .and_where(Expr::col("disabled").eq(0))
            .to_owned();
        Ok(self.run(&update).await? == 1)
    }

    /// Notes that somebody has signed in; false if their password or their standing has changed
    /// meanwhile.
    ///
    /// # Errors
    /// Of the database.
    pub async fn operator_in(
        &mut self,
        store: &Store,
        row: &OperatorRow,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let update = Query::update()
            .table("operator")
            .values([
                ("failures", 0.into()),
                ("locked", 0.into()),
                ("last", now.as_micros().into()),
            ])
            .and_where(Expr::col("platform").eq(store.platform().as_str()))
            .and_where(Expr::col("name").eq(row.name.as_str()))
            .and_where(Expr::col("password").eq(row.password.as_str()))
            .and_where(Expr::col("disabled").eq(0))
            .to_owned();
        Ok(self.run(&update).await? == 1)
    }

    /// Counts a try from an address; those before `from` are forgotten. Answers how many there were
    /// since then, this one among them.
    ///
    /// # Errors
    /// Of the database.
    pub async fn attempt_count(
        &mut self,
        store: &Store,
        address: &str,
        from: Timestamp,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let forget = Query::delete()
            .from_table("attempt")
            .and_where(Expr::col("platform").eq(store.platform().as_str()))
            .and_where(Expr::col("since").lte(from.as_micros()))
            .to_owned();
        self.later(&forget, None);
        let again = OnConflict::columns(["platform", "address"])
            .value("failures", Expr::col(("attempt", "failures")).add(1))
            .to_owned();
        let insert = Query::insert()
            .into_table("attempt")
            .columns(["platform", "address", "failures", "since"])
            .values_panic([
                store.platform().as_str().into(),
                address.into(),
                1.into(),
                now.as_micros().into(),
            ])
            .on_conflict(again)
            .to_owned();
        self.later(&insert, None);
        let select = Query::select()
            .column("failures")
            .from("attempt")
            .and_where(Expr::col("platform").eq(store.platform().as_str()))
            .and_where(Expr::col("address").eq(address))
            .to_owned();
        let rows = self.rows(&select).await?;
        rows.first().map_or(Ok(0), |row| Columns::new("attempt", row).number("failures"))
    }

    /// Forgets the tries from an address, with what is run next.
    pub fn attempt_forget(&mut self, store: &Store, address: &str) {
        let delete = Query::delete()
            .from_table("attempt")
            .and_where(Expr::col("platform").eq(store.platform().as_str()))
            .and_where(Expr::col("address").eq(address))
            .to_owned();
        self.later(&delete, None);
    }
}
