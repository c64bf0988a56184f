//! How far everything is, over all platforms: what the watchdog of a hub goes by. Sizes and places
//! alone; no body, and no segment in which one could lie.

use std::collections::BTreeMap;

use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::ids::{JournalId, PlatformId};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::store::{Columns, Database, StoreError};
use sea_query::{Expr, ExprTrait as _, Order, Query};

/// A journal of the exchange, as far as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reached {
    /// In whose rows it stands.
    pub platform: PlatformId,
    /// Its id.
    pub journal: JournalId,
    /// Entries that the hub has: of a hosted journal those that were admitted.
    pub size: u64,
    /// How many of them the gate has passed; nothing where it does not judge.
    pub judged: Option<u64>,
    /// Why it is stopped.
    pub stopped: Option<String>,
}

/// How far a reader of the hub's journals is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReaderReached {
    /// Who.
    pub platform: PlatformId,
    /// Of which journal.
    pub journal: JournalId,
    /// It has what lies below.
    pub size: u64,
    /// Since when.
    pub at: Timestamp,
}

type Key = (String, i64);

/// How far every journal is, by platform and number.
///
/// # Errors
/// Of the database.
pub(crate) async fn reached_list(database: &Database) -> Result<Vec<Reached>, StoreError> {
    let select = Query::select().columns(["platform", "journal", "judged"]).from("gate").to_owned();
    let mut judged = BTreeMap::<Key, u64>::new();
    for row in &database.city_rows("reached_gate", &select).await? {
        let row = Columns::new("gate", row);
        let key = (row.text("platform")?.to_owned(), row.integer("journal")?);
        judged.insert(key, row.number("judged")?);
    }
    let mut hosted = BTreeMap::<Key, (u64, Option<String>)>::new();
    let select = Query::select()
        .columns(["platform", "journal", "size", "stopped"])
        .from("hosted")
        .to_owned();
    for row in &database.city_rows("reached_hosted", &select).await? {
        let row = Columns::new("hosted", row);
        let key = (row.text("platform")?.to_owned(), row.integer("journal")?);
        let stopped = row.text_or_null("stopped")?.map(str::to_owned);
        hosted.insert(key, (row.number("size")?, stopped));
    }
    let select = Query::select()
        .columns(["platform", "number", "id", "size", "stopped"])
        .from("journal")
        .to_owned();
    let mut reached = Vec::new();
    for row in &database.city_rows("reached_list", &select).await? {
        let row = Columns::new("journal", row);
        let platform = row.text("platform")?;
        let key = (platform.to_owned(), row.integer("number")?);
        let (size, stopped) = match hosted.remove(&key) {
            Some(admitted) => admitted,
            None => (row.number("size")?, row.text_or_null("stopped")?.map(str::to_owned)),
        };
        reached.push(Reached {
            platform: row.parsed("platform", platform.parse())?,
            journal: row.parsed("id", row.text("id")?.parse())?,
            size,
            judged: judged.get(&key).copied(),
            stopped,
        });
    }
    Ok(reached)
}

/// How far every reader is.
///
/// # Errors
/// Of the database.
pub(crate) async fn reader_reached(database: &Database) -> Result<Vec<ReaderReached>, StoreError> {
    let select =
        Query::select().columns(["platform", "journal", "size", "at"]).from("reader").to_owned();
    let rows = database.city_rows("reader_reached", &select).await?;
    rows.iter()
        .map(|row| {
            let row = Columns::new("reader", row);
            Ok(ReaderReached {
                platform: row.parsed("platform", row.text("platform")?.parse())?,
                journal: row.parsed("journal", row.text("journal")?.parse())?,
                size: row.number("size")?,
                at: Timestamp::from_micros(row.integer("at")?),
            })
        })
        .collect()
}

/// The platforms that have something in their quarantine, by id.
///
/// # Errors
/// Of the database.
pub(crate) async fn quarantined_platforms(
    database: &Database,
) -> Result<Vec<PlatformId>, StoreError> {
    let select = Query::select()
        .column("platform")
        .distinct()
        .from("exception")
        .and_where(Expr::col("standing").eq(Standing::Quarantined.number()))
        .order_by("platform", Order::Asc)
        .to_owned();
    let rows = database.city_rows("quarantined_platforms", &select).await?;
    let read = rows.iter().map(|row| {
        let row = Columns::new("exception", row);
        row.parsed("platform", row.text("platform")?.parse())
    });
    read.collect()
}
