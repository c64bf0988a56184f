//! The branch's side of the Greet chain: `greeting_*`; and what decisions read: `expectation_*`.

use prost::Message as _;
use sanheyi_exchange_spec::ids::EpochId;
use sanheyi_proto::exchange::v1 as wire;
use sea_query::{Expr, ExprTrait as _, OnConflict, Order, Query, SelectStatement};

use super::column::{Columns, signed};
use super::engine::Row;
use super::error::StoreError;
use super::{JournalNumber, Store, Tx, in_journal};

/// What a branch holds of the Greet chain of one journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GreetingRow {
    /// All epoch ids that it may hold.
    pub holds: Vec<EpochId>,
    /// The last grant (a signed note), or empty.
    pub grant: String,
    /// Durable size of the hub's copy, as far as the hub has said.
    pub acknowledged: u64,
}

/// Other records that the decision behind an entry read.
#[derive(Clone, Debug, PartialEq)]
pub struct ExpectationRow {
    /// Sequence number of the entry.
    pub sequence: u64,
    /// The records read: revision 0 = absent.
    pub reads: Vec<wire::Read>,
}

impl Default for GreetingRow {
    /// A branch that has never been answered holds the zero id.
    fn default() -> Self {
        Self { holds: vec![EpochId::ZERO], grant: String::new(), acknowledged: 0 }
    }
}

// === impl Store ===

impl Store {
    /// The Greet chain of a journal.
    ///
    /// # Errors
    /// Of the database.
    pub async fn greeting_get(&self, journal: JournalNumber) -> Result<GreetingRow, StoreError> {
        read(&self.rows("greeting_get", &greeting(self, journal)).await?)
    }
}

fn greeting(store: &Store, journal: JournalNumber) -> SelectStatement {
    Query::select()
        .columns(["holds", "grant_note", "acknowledged"])
        .from("greeting")
        .cond_where(in_journal(store, journal))
        .to_owned()
}

fn read(rows: &[Row]) -> Result<GreetingRow, StoreError> {
    let Some(row) = rows.first() else { return Ok(GreetingRow::default()) };
    let row = Columns::new("greeting", row);
    let holds = row.blob("holds")?;
    Ok(GreetingRow {
        holds: row.parsed("holds", holds.chunks(16).map(EpochId::from_slice).collect())?,
        grant: row.text("grant_note")?.to_owned(),
        acknowledged: row.number("acknowledged")?,
    })
}

// === impl Tx ===

impl Tx {
    /// The Greet chain of a journal, as this transaction sees it.
    ///
    /// # Errors
    /// Of the database.
    pub async fn greeting_get(
        &mut self,
        store: &Store,
        journal: JournalNumber,
    ) -> Result<GreetingRow, StoreError> {
        read(&self.rows(&greeting(store, journal)).await?)
    }

    /// Keeps the Greet chain of a journal. How far it was acknowledged stays as it is, if it is
    /// known: in a hub's own store that is written beside this.
    ///
    /// # Errors
    /// Of the database.
    pub async fn greeting_put(
        &mut self,
        store: &Store,
        journal: JournalNumber,
        greeting: &GreetingRow,
    ) -> Result<(), StoreError> {
        let holds: Vec<u8> = greeting.holds.iter().flat_map(|id| *id.as_bytes()).collect();
        let insert = Query::insert()
            .into_table("greeting")
            .columns(["platform", "journal", "holds", "grant_note", "acknowledged"])
            .values_panic([
                store.platform().as_str().into(),
                journal.0.into(),
                holds.into(),
                greeting.grant.as_str().into(),
                signed(greeting.acknowledged).into(),
            ])
            .on_conflict(
                OnConflict::columns(["platform", "journal"])
                    .update_columns(["holds", "grant_note"])
                    .to_owned(),
            )
            .to_owned();
        self.run(&insert).await.map(drop)
    }

    /// Notes how far the hub has acknowledged a journal, and forgets what acknowledged entries
    /// expected.
    pub fn greeting_acknowledge(&mut self, store: &Store, journal: JournalNumber, durable: u64) {
        let update = Query::update()
            .table("greeting")
            .value("acknowledged", signed(durable))
            .cond_where(in_journal(store, journal))
            .to_owned();
        self.later(&update, None);
        let delete = Query::delete()
            .from_table("expectation")
            .cond_where(in_journal(store, journal))
            .and_where(Expr::col("sequence").lt(signed(durable)))
            .to_owned();
        self.later(&delete, None);
    }

    /// Keeps what the decision behind an entry read.
    ///
    /// # Errors
    /// Of the database.
    pub async fn expectation_put(
        &mut self,
        store: &Store,
        journal: JournalNumber,
        expectation: &ExpectationRow,
    ) -> Result<(), StoreError> {
        let reads =
            wire::Draft { reads: expectation.reads.clone(), ..Default::default() }.encode_to_vec();
        let insert = Query::insert()
            .into_table("expectation")
            .columns(["platform", "journal", "sequence", "reads"])
            .values_panic([
                store.platform().as_str().into(),
                journal.0.into(),
                signed(expectation.sequence).into(),
                reads.into(),
            ])
            .to_owned();
        self.run(&insert).await.map(drop)
    }

    /// Takes away what entries at or beyond `first` expected, ascending: they are decided again.
    ///
    /// # Errors
    /// Of the database.
    pub async fn expectation_take(
        &mut self,
        store: &Store,
        journal: JournalNumber,
        first: u64,
    ) -> Result<Vec<ExpectationRow>, StoreError> {
        let select = Query::select()
            .columns(["sequence", "reads"])
            .from("expectation")
            .cond_where(in_journal(store, journal))
            .and_where(Expr::col("sequence").gte(signed(first)))
            .order_by("sequence", Order::Asc)
            .to_owned();
        let rows = self.rows(&select).await?;
        let taken = rows
            .iter()
            .map(|row| {
                let row = Columns::new("expectation", row);
                let draft = row.parsed("reads", wire::Draft::decode(row.blob("reads")?))?;
                Ok(ExpectationRow { sequence: row.number("sequence")?, reads: draft.reads })
            })
            .collect::<Result<_, StoreError>>()?;
        let delete = Query::delete()
            .from_table("expectation")
            .cond_where(in_journal(store, journal))
            .and_where(Expr::col("sequence").gte(signed(first)))
            .to_owned();
        self.run(&delete).await?;
        Ok(taken)
    }
}
