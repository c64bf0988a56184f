//! Journals: `journal_*`.

mod heads;

use sanheyi_exchange_spec::ids::JournalId;
use sanheyi_exchange_spec::link::Position;
use sanheyi_exchange_spec::link::admit::Head;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use sea_query::{Expr, ExprTrait as _, Order, Query, SelectStatement};

use super::column::{Columns, signed};
use super::engine::Row;
use super::error::StoreError;
use super::{Must, Store, Tx};

pub use heads::Heads;

/// Number of a journal within a platform's rows: the short key of the tables beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct JournalNumber(pub(crate) i64);

impl JournalNumber {
    /// As a column has it.
    pub const fn to_column(self) -> i64 {
        self.0
    }

    /// From a column.
    pub const fn from_column(number: i64) -> Self {
        Self(number)
    }
}

/// A journal as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalRow {
    /// Its number here.
    pub number: JournalNumber,
    /// Whether it is appended here.
    pub home: bool,
    /// Id, size, root, position, and whether it is stopped.
    pub head: Head,
    /// How many epochs have been granted.
    pub serial: u64,
    /// Latest author's clock of an entry appended here.
    pub recorded: Timestamp,
    /// Why it is stopped.
    pub stopped: Option<String>,
}

// === impl Store ===

impl Store {
    /// A journal by id.
    ///
    /// # Errors
    /// Of the database.
    pub async fn journal_get(&self, id: &JournalId) -> Result<Option<JournalRow>, StoreError> {
        let mut select = journals(self);
        select.and_where(Expr::col("id").eq(id.to_string()));
        one(&self.rows("journal_get", &select).await?)
    }

    /// All journals of the platform, by number: the lanes of both directions, past incarnations
    /// included.
    ///
    /// # Errors
    /// Of the database.
    pub async fn journal_list(&self) -> Result<Vec<JournalRow>, StoreError> {
        let rows = self.rows("journal_list", &journals(self)).await?;
        rows.iter().map(read).collect()
    }
}

fn journals(store: &Store) -> SelectStatement {
    Query::select()
        .columns([
            "number",
            "id",
            "home",
            "size",
            "root",
            "recorded",
            "generation",
            "epoch",
            "serial",
            "opened",
            "stopped",
        ])
        .from("journal")
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .order_by("number", Order::Asc)
        .to_owned()
}

fn one(rows: &[Row]) -> Result<Option<JournalRow>, StoreError> {
    rows.first().map(read).transpose()
}

fn read(row: &Row) -> Result<JournalRow, StoreError> {
    let row = Columns::new("journal", row);
    let stopped = row.text_or_null("stopped")?.map(str::to_owned);
    Ok(JournalRow {
        number: JournalNumber(row.integer("number")?),
        home: row.integer("home")? != 0,
        head: row.head(row.parsed("id", row.text("id")?.parse())?)?,
        serial: row.number("serial")?,
        recorded: Timestamp::from_micros(row.integer("recorded")?),
        stopped,
    })
}

// === impl Tx ===

impl Tx {
    /// A journal by id, as this transaction sees it.
    ///
    /// # Errors
    /// Of the database.
    pub async fn journal_get(
        &mut self,
        store: &Store,
        id: &JournalId,
    ) -> Result<Option<JournalRow>, StoreError> {
        let mut select = journals(store);
        select.and_where(Expr::col("id").eq(id.to_string()));
        one(&self.rows(&select).await?)
    }

    /// All journals of the platform, as this transaction sees them.
    ///
    /// # Errors
    /// Of the database.
    pub async fn journal_list(&mut self, store: &Store) -> Result<Vec<JournalRow>, StoreError> {
        self.rows(&journals(store)).await?.iter().map(read).collect()
    }

    /// Opens a journal of size 0.
    ///
    /// # Errors
    /// Of the database.
    pub async fn journal_open(
        &mut self,
        store: &Store,
        head: &Head,
        home: bool,
        serial: u64,
    ) -> Result<JournalRow, StoreError> {
        let next = Query::select()
            .expr_as(Expr::col("number").max(), "number")
            .from("journal")
            .and_where(Expr::col("platform").eq(store.platform().as_str()))
            .to_owned();
        let rows = self.rows(&next).await?;
        let last = rows
            .first()
            .map_or(Ok(None), |row| Columns::new("journal", row).integer_or_null("number"))?;
        let number = JournalNumber(last.unwrap_or(0) + 1);
        let insert = Query::insert()
            .into_table("journal")
            .columns([
                "platform",
                "number",
                "id",
                "home",
                "size",
                "root",
                "recorded",
                "generation",
                "epoch",
                "serial",
                "opened",
            ])
            .values_panic([
                store.platform().as_str().into(),
                number.0.into(),
                head.journal.to_string().into(),
                i64::from(home).into(),
                signed(head.size).into(),
                head.root.as_bytes().to_vec().into(),
                0i64.into(),
                head.position.generation.as_bytes().to_vec().into(),
                head.position.epoch.as_bytes().to_vec().into(),
                signed(serial).into(),
                signed(head.opened).into(),
            ])
            .to_owned();
        self.run(&insert).await?;
        Ok(JournalRow {
            number,
            home,
            head: head.clone(),
            serial,
            recorded: Timestamp::default(),
            stopped: None,
        })
    }

    /// Moves the head of a journal: the first statement of every append and admission (rule 13).
    /// Its condition makes every other writer of the journal lose: [`StoreError::Raced`] if size or
    /// position are no longer those of `from`, when it is run with what follows.
    pub fn journal_advance(
        &mut self,
        store: &Store,
        number: JournalNumber,
        from: &Head,
        size: u64,
        root: &Digest,
        recorded: Timestamp,
    ) {
        let mut update = Heads::JOURNAL.advance(store, number, from, size, root);
        update.value("recorded", recorded.as_micros());
        self.later(&update, Must::change(1, Heads::JOURNAL.table));
    }

    /// Opens an epoch of a journal: position, serial, and the size at which it opens. A stop ends
    /// with its epoch.
    ///
    /// # Errors
    /// [`StoreError::Raced`] if `serial_before` is no longer the serial.
    pub async fn journal_epoch(
        &mut self,
        store: &Store,
        number: JournalNumber,
        serial_before: u64,
        serial: u64,
        position: Position,
        opened: u64,
    ) -> Result<(), StoreError> {
        let serials = (serial_before, serial);
        self.head_epoch(Heads::JOURNAL, store, number, serials, position, opened).await
    }

    /// Takes over an epoch that the hub granted for an own journal.
    ///
    /// # Errors
    /// Of the database.
    pub async fn journal_grant(
        &mut self,
        store: &Store,
        number: JournalNumber,
        serial: u64,
        position: Position,
        opened: u64,
    ) -> Result<(), StoreError> {
        let update = Query::update()
            .table("journal")
            .values([
                ("generation", position.generation.as_bytes().to_vec().into()),
                ("epoch", position.epoch.as_bytes().to_vec().into()),
                ("serial", signed(serial).into()),
                ("opened", signed(opened).into()),
            ])
            .and_where(Expr::col("platform").eq(store.platform().as_str()))
            .and_where(Expr::col("number").eq(number.0))
            .to_owned();
        self.run(&update).await.map(drop)
    }

    /// Stops a journal: nothing is admitted to it until its next epoch.
    ///
    /// # Errors
    /// Of the database.
    pub async fn journal_stop(
        &mut self,
        store: &Store,
        number: JournalNumber,
        why: &str,
    ) -> Result<(), StoreError> {
        self.head_stop(Heads::JOURNAL, store, number, why).await
    }

    /// Cuts a journal back to `size`, for the adoption of the hub's copy (rule 12); segments and
    /// tiles follow.
    ///
    /// # Errors
    /// Of the database.
    pub async fn journal_cut(
        &mut self,
        store: &Store,
        number: JournalNumber,
        size: u64,
        root: &Digest,
    ) -> Result<(), StoreError> {
        let update = Query::update()
            .table("journal")
            .values([("size", signed(size).into()), ("root", root.as_bytes().to_vec().into())])
            .and_where(Expr::col("platform").eq(store.platform().as_str()))
            .and_where(Expr::col("number").eq(number.0))
            .to_owned();
        self.run(&update).await.map(drop)
    }
}
