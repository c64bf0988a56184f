//! Offers of custody, and what became of them: `offer_*`.

use sanheyi_exchange_spec::custody::{Decision, Offer, Outcome};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use sea_query::{Cond, Condition, Expr, ExprTrait as _, OnConflict, Order, Query, SelectStatement};

use super::super::column::{Columns, signed};
use super::super::engine::Row;
use super::super::error::StoreError;
use super::super::{Must, Store, Tx};
use super::Register;

/// An offer, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferRow {
    /// Who offers.
    pub from: PlatformId,
    /// Its number.
    pub no: String,
    /// Its revision.
    pub revision: u64,
    /// What is offered.
    pub offer: Offer,
    /// The custody epoch that is opened, or would be.
    pub epoch: u64,
    /// What became of it; `None` = the gate has not judged it yet.
    pub outcome: Option<Outcome>,
    /// Revision of this platform's own last answer; 0 = none.
    pub answered: u64,
    /// When its outcome was judged.
    pub at: Timestamp,
}

const OFFER_KEY: [&str; 4] = ["platform", "offerer", "no", "revision"];
const OFFER: [&str; 11] = [
    "dataset",
    "record",
    "frozen",
    "digest",
    "recipient",
    "epoch",
    "expires",
    "reason",
    "outcome",
    "answered",
    "at",
];

fn of_offer(store: &Store, from: &PlatformId, no: &str, revision: u64) -> Condition {
    Cond::all()
        .add(Expr::col("platform").eq(store.platform().as_str()))
        .add(Expr::col("offerer").eq(from.as_str()))
        .add(Expr::col("no").eq(no))
        .add(Expr::col("revision").eq(signed(revision)))
}

fn offers(store: &Store, register: &Register) -> SelectStatement {
    Query::select()
        .columns(["offerer", "no", "revision"].into_iter().chain(OFFER))
        .from(register.offers)
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .order_by("offerer", Order::Asc)
        .order_by("no", Order::Asc)
        .order_by("revision", Order::Asc)
        .to_owned()
}

fn read_offer(table: &'static str, row: &Row) -> Result<OfferRow, StoreError> {
    let row = Columns::new(table, row);
    let outcome = match row.integer("outcome")? {
        0 => None,
        1 => Some(Outcome::Offered),
        decided => {
            let decision = Decision::from_number(decided - 1);
            let decision = decision.ok_or_else(|| row.wrong("outcome", "no known outcome"))?;
            Some(Outcome::Decided(decision))
        }
    };
    Ok(OfferRow {
        from: row.parsed("offerer", row.text("offerer")?.parse())?,
        no: row.text("no")?.to_owned(),
        revision: row.number("revision")?,
        offer: Offer {
            dataset: row.parsed("dataset", row.text("dataset")?.parse())?,
            record: row.parsed("record", row.text("record")?.parse())?,
            revision: row.number("frozen")?,
            digest: row.parsed("digest", Digest::from_slice(row.blob("digest")?))?,
            to: row.parsed("recipient", row.text("recipient")?.parse())?,
            expires: Timestamp::from_micros(row.integer("expires")?),
            reason: row.text("reason")?.to_owned(),
        },
        epoch: row.number("epoch")?,
        outcome,
        answered: row.number("answered")?,
        at: Timestamp::from_micros(row.integer("at")?),
    })
}

fn number(outcome: Option<Outcome>) -> i64 {
    match outcome {
        None => 0,
        Some(Outcome::Offered) => 1,
        Some(Outcome::Decided(decision)) => 1 + decision.number(),
    }
}

// === impl Store ===

impl Store {
    /// An offer.
    ///
    /// # Errors
    /// Of the database.
    pub async fn offer_get(
        &self,
        register: &Register,
        from: &PlatformId,
        no: &str,
        revision: u64,
    ) -> Result<Option<OfferRow>, StoreError> {
        let select =
            offers(self, register).cond_where(of_offer(self, from, no, revision)).to_owned();
        let rows = self.rows("offer_get", &select).await?;
        rows.first().map(|row| read_offer(register.offers, row)).transpose()
    }

    /// Up to `limit` offers that are not decided, all or those of one platform.
    ///
    /// # Errors
    /// Of the database.
    pub async fn offer_open(
        &self,
        register: &Register,
        from: Option<&PlatformId>,
        limit: u64,
    ) -> Result<Vec<OfferRow>, StoreError> {
        let mut select = offers(self, register);
        select.and_where(Expr::col("outcome").lte(1i64)).limit(limit);
        if let Some(from) = from {
            select.and_where(Expr::col("offerer").eq(from.as_str()));
        }
        let rows = self.rows("offer_open", &select).await?;
        rows.iter().map(|row| read_offer(register.offers, row)).collect()
    }
}

// === impl Tx ===

impl Tx {
    /// An offer, as this transaction sees it.
    ///
    /// # Errors
    /// Of the database.
    pub async fn offer_get(
        &mut self,
        store: &Store,
        register: &Register,
        from: &PlatformId,
        no: &str,
        revision: u64,
    ) -> Result<Option<OfferRow>, StoreError> {
        let select =
            offers(store, register).cond_where(of_offer(store, from, no, revision)).to_owned();
        let rows = self.rows(&select).await?;
        rows.first().map(|row| read_offer(register.offers, row)).transpose()
    }

    /// Writes an offer down as it now stands, with what is run next.
    pub fn offer_put(&mut self, store: &Store, register: &Register, row: &OfferRow) {
        let OfferRow { from, no, revision, offer, epoch, outcome, answered, at } = row;
        let insert = Query::insert()
            .into_table(register.offers)
            .columns(OFFER_KEY.into_iter().chain(OFFER))
            .values_panic([
                store.platform().as_str().into(),
                from.as_str().into(),
                no.as_str().into(),
                signed(*revision).into(),
                offer.dataset.as_str().into(),
                offer.record.as_str().into(),
                signed(offer.revision).into(),
                offer.digest.as_bytes().to_vec().into(),
                offer.to.as_str().into(),
                signed(*epoch).into(),
                offer.expires.as_micros().into(),
                offer.reason.as_str().into(),
                number(*outcome).into(),
                signed(*answered).into(),
                at.as_micros().into(),
            ])
            .on_conflict(OnConflict::columns(OFFER_KEY).update_columns(OFFER).to_owned())
            .to_owned();
        self.later(&insert, None);
    }

    /// Writes an offer down that must be new, with what is run next: else [`StoreError::Raced`].
    pub fn offer_new(&mut self, store: &Store, register: &Register, row: &OfferRow) {
        self.offer_absent(store, register, row);
        self.offer_put(store, register, row);
    }

    /// Forgets an offer, with what is run next.
    pub fn offer_forget(
        &mut self,
        store: &Store,
        register: &Register,
        from: &PlatformId,
        no: &str,
        revision: u64,
    ) {
        let delete = Query::delete()
            .from_table(register.offers)
            .cond_where(of_offer(store, from, no, revision))
            .to_owned();
        self.later(&delete, None);
    }

    fn offer_absent(&mut self, store: &Store, register: &Register, row: &OfferRow) {
        let delete = Query::delete()
            .from_table(register.offers)
            .cond_where(of_offer(store, &row.from, &row.no, row.revision))
            .to_owned();
        self.later(&delete, Must::change(0, "offer"));
    }

    /// Decides an offer that is open, with what is run next. Of two decisions one loses with
    /// [`StoreError::Raced`].
    pub fn offer_decide(
        &mut self,
        store: &Store,
        register: &Register,
        row: &OfferRow,
        decision: Decision,
        at: Timestamp,
    ) {
        let update = Query::update()
            .table(register.offers)
            .value("outcome", number(Some(Outcome::Decided(decision))))
            .value("at", at.as_micros())
            .cond_where(of_offer(store, &row.from, &row.no, row.revision))
            .and_where(Expr::col("outcome").eq(number(Some(Outcome::Offered))))
            .to_owned();
        self.later(&update, Must::change(1, "offer"));
    }

    /// Notes that this platform has answered an offer, with what is run next.
    pub fn offer_answered(
        &mut self,
        store: &Store,
        register: &Register,
        from: &PlatformId,
        no: &str,
        revision: u64,
        answer: u64,
    ) {
        let update = Query::update()
            .table(register.offers)
            .value("answered", signed(answer))
            .cond_where(of_offer(store, from, no, revision))
            .to_owned();
        self.later(&update, None);
    }
}
