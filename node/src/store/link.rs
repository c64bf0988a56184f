//! How the link stands, for whoever looks from outside the process: `link_*`.

use sanheyi_exchange_spec::time::Timestamp;
use sea_query::{Expr, ExprTrait as _, OnConflict, Query};

use super::column::{Columns, signed};
use super::error::StoreError;
use super::{Store, Tx};

/// How a link stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkRow {
    /// Phase of the link: down, greeting, reconciling, live, held.
    pub phase: String,
    /// Since when.
    pub since: Timestamp,
    /// When the other side last answered.
    pub heard: Timestamp,
    /// Why, in words; empty where all is well.
    pub detail: String,
    /// The other side's clock less ours, in microseconds, at the last Greet.
    pub skew: i64,
    /// Bytes sent, as on the wire, since the store was made.
    pub sent: u64,
    /// Bytes received, as on the wire, since the store was made.
    pub received: u64,
}

const COLUMNS: [&str; 7] = ["phase", "since", "heard", "detail", "skew", "sent", "received"];

impl Store {
    /// How the platform's link stands; `None` before its first attempt.
    ///
    /// # Errors
    /// Of the database.
    pub async fn link_get(&self) -> Result<Option<LinkRow>, StoreError> {
        let select = Query::select()
            .columns(COLUMNS)
            .from("link")
            .and_where(Expr::col("platform").eq(self.platform().as_str()))
            .to_owned();
        let rows = self.rows("link_get", &select).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let row = Columns::new("link", row);
        Ok(Some(LinkRow {
            phase: row.text("phase")?.to_owned(),
            since: Timestamp::from_micros(row.integer("since")?),
            heard: Timestamp::from_micros(row.integer("heard")?),
            detail: row.text("detail")?.to_owned(),
            skew: row.integer("skew")?,
            sent: row.number("sent")?,
            received: row.number("received")?,
        }))
    }
}

impl Tx {
    /// Notes how the link stands.
    ///
    /// # Errors
    /// Of the database.
    pub async fn link_put(&mut self, store: &Store, link: &LinkRow) -> Result<(), StoreError> {
        let insert = Query::insert()
            .into_table("link")
            .columns(["platform"].into_iter().chain(COLUMNS))
            .values_panic([
                store.platform().as_str().into(),
                link.phase.as_str().into(),
                link.since.as_micros().into(),
                link.heard.as_micros().into(),
                link.detail.as_str().into(),
                link.skew.into(),
                signed(link.sent).into(),
                signed(link.received).into(),
            ])
            .on_conflict(OnConflict::column("platform").update_columns(COLUMNS).to_owned())
            .to_owned();
        self.run(&insert).await.map(drop)
    }
}
