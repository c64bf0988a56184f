//! Who has which record, and what is offered: `custody_*` and `offer_*`, in a register. A branch
//! keeps its own view ([`HOLDINGS`]); the hub keeps what its gate has judged, in tables of the same
//! shape. Only records to which something has happened have a row.

mod offers;

use sanheyi_exchange_spec::custody::{Custody, OfferName};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::Digest;
use sea_query::{Cond, Condition, Expr, ExprTrait as _, OnConflict, Order, Query, SelectStatement};

use super::column::{Columns, signed};
use super::engine::Row;
use super::error::StoreError;
use super::{Store, Tx};
pub use offers::OfferRow;

/// Two tables of one shape: who has which record, and offers.
#[derive(Clone, Copy, Debug)]
pub struct Register {
    /// Table of records.
    pub records: &'static str,
    /// Table of offers.
    pub offers: &'static str,
}

/// The branch's own view (保管).
pub const HOLDINGS: Register = Register { records: "holding", offers: "proposal" };

/// What a platform is to one record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustodyRow {
    /// Its dataset.
    pub dataset: String,
    /// The record.
    pub record: String,
    /// Who has it.
    pub custody: Custody,
}

/// Records in one statement.
const CHUNK: usize = 512;
const CUSTODY: [&str; 7] = ["epoch", "ours", "other", "base", "digest", "offer", "offer_revision"];
fn of_record(store: &Store, dataset: &str, record: &str) -> Condition {
    Cond::all()
        .add(Expr::col("platform").eq(store.platform().as_str()))
        .add(Expr::col("dataset").eq(dataset))
        .add(Expr::col("record").eq(record))
}

fn records(store: &Store, register: &Register) -> SelectStatement {
    Query::select()
        .columns(["dataset", "record"].into_iter().chain(CUSTODY))
        .from(register.records)
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .to_owned()
}

fn any(store: &Store, register: &Register) -> SelectStatement {
    Query::select()
        .expr(Expr::val(1i64))
        .from(register.records)
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .limit(1)
        .to_owned()
}

fn read_custody(table: &'static str, row: &Row) -> Result<CustodyRow, StoreError> {
    let row = Columns::new(table, row);
    let (other, offer, base) = (row.text("other")?, row.text("offer")?, row.number("base")?);
    let digest = row.blob("digest")?;
    let base = match base {
        0 => None,
        base => Some((base, row.parsed("digest", Digest::from_slice(digest))?)),
    };
    let revision = row.number("offer_revision")?;
    let frozen =
        (!offer.is_empty()).then(|| OfferName { offerer: None, no: offer.to_owned(), revision });
    let other = match other {
        "" => None,
        other => Some(row.parsed("other", other.parse())?),
    };
    let (epoch, ours) = (row.number("epoch")?, row.integer("ours")? != 0);
    Ok(CustodyRow {
        dataset: row.text("dataset")?.to_owned(),
        record: row.text("record")?.to_owned(),
        custody: Custody { epoch, ours, other, base, frozen },
    })
}

// === impl Store ===

impl Store {
    /// Whether anything was ever offered or handed over.
    ///
    /// # Errors
    /// Of the database.
    pub async fn custody_any(&self, register: &Register) -> Result<bool, StoreError> {
        Ok(!self.rows("custody_any", &any(self, register)).await?.is_empty())
    }

    /// What the platform is to a record; nothing where nothing has happened to it.
    ///
    /// # Errors
    /// Of the database.
    pub async fn custody_get(
        &self,
        register: &Register,
        dataset: &str,
        record: &str,
    ) -> Result<Option<Custody>, StoreError> {
        let select =
            records(self, register).cond_where(of_record(self, dataset, record)).to_owned();
        let rows = self.rows("custody_get", &select).await?;
        let row = rows.first().map(|row| read_custody(register.records, row)).transpose()?;
        Ok(row.map(|row| row.custody))
    }

    /// What the platform is to records of one dataset, of those to which something has happened.
    ///
    /// # Errors
    /// Of the database.
    pub async fn custody_among(
        &self,
        register: &Register,
        dataset: &str,
        wanted: &[&str],
    ) -> Result<Vec<CustodyRow>, StoreError> {
        let mut found = Vec::new();
        for some in wanted.chunks(CHUNK) {
            let select = records(self, register)
                .and_where(Expr::col("dataset").eq(dataset))
                .and_where(Expr::col("record").is_in(some.iter().copied()))
                .to_owned();
            for row in &self.rows("custody_among", &select).await? {
                found.push(read_custody(register.records, row)?);
            }
        }
        Ok(found)
    }

    /// Up to `limit` records to which something has happened, behind `after` (dataset and record),
    /// ascending.
    ///
    /// # Errors
    /// Of the database.
    pub async fn custody_list(
        &self,
        register: &Register,
        after: Option<(&str, &str)>,
        limit: u64,
    ) -> Result<Vec<CustodyRow>, StoreError> {
        let mut select = records(self, register);
        select.order_by("dataset", Order::Asc).order_by("record", Order::Asc).limit(limit);
        if let Some((dataset, record)) = after {
            select.cond_where(
                Cond::any().add(Expr::col("dataset").gt(dataset)).add(
                    Cond::all()
                        .add(Expr::col("dataset").eq(dataset))
                        .add(Expr::col("record").gt(record)),
                ),
            );
        }
        let rows = self.rows("custody_list", &select).await?;
        rows.iter().map(|row| read_custody(register.records, row)).collect()
    }
}

// === impl Tx ===

impl Tx {
    /// Whether anything was ever offered or handed over, as this transaction sees it.
    ///
    /// # Errors
    /// Of the database.
    pub async fn custody_any(
        &mut self,
        store: &Store,
        register: &Register,
    ) -> Result<bool, StoreError> {
        Ok(!self.rows(&any(store, register)).await?.is_empty())
    }

    /// What the platform is to a record, as this transaction sees it.
    ///
    /// # Errors
    /// Of the database.
    pub async fn custody_get(
        &mut self,
        store: &Store,
        register: &Register,
        dataset: &str,
        record: &str,
    ) -> Result<Option<Custody>, StoreError> {
        let select =
            records(store, register).cond_where(of_record(store, dataset, record)).to_owned();
        let rows = self.rows(&select).await?;
        let row = rows.first().map(|row| read_custody(register.records, row)).transpose()?;
        Ok(row.map(|row| row.custody))
    }

    /// Writes down what the platform is to a record, with what is run next.
    pub fn custody_put(&mut self, store: &Store, register: &Register, row: &CustodyRow) {
        let Custody { epoch, ours, other, base, frozen } = &row.custody;
        let (base, digest) =
            base.map_or((0, Vec::new()), |(base, digest)| (base, digest.as_bytes().to_vec()));
        let (offer, revision) =
            frozen.as_ref().map_or(("", 0), |offer| (offer.no.as_str(), offer.revision));
        let insert = Query::insert()
            .into_table(register.records)
            .columns(["platform", "dataset", "record"].into_iter().chain(CUSTODY))
            .values_panic([
                store.platform().as_str().into(),
                row.dataset.as_str().into(),
                row.record.as_str().into(),
                signed(*epoch).into(),
                i64::from(*ours).into(),
                other.as_ref().map_or("", PlatformId::as_str).into(),
                signed(base).into(),
                digest.into(),
                offer.into(),
                signed(revision).into(),
            ])
            .on_conflict(
                OnConflict::columns(["platform", "dataset", "record"])
                    .update_columns(CUSTODY)
                    .to_owned(),
            )
            .to_owned();
        self.later(&insert, None);
    }

    /// Forgets what the platform is to a record, with what is run next: it is its own again.
    pub fn custody_forget(
        &mut self,
        store: &Store,
        register: &Register,
        dataset: &str,
        record: &str,
    ) {
        let delete = Query::delete()
            .from_table(register.records)
            .cond_where(of_record(store, dataset, record))
            .to_owned();
        self.later(&delete, None);
    }
}
