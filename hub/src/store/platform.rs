//! Platforms of the federation: `platform_*`.

use sanheyi_exchange_spec::ids::{Lane, PlatformId};
use sanheyi_exchange_spec::keyring::Keyring;
use sanheyi_exchange_spec::suite::VerifyingKey;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::store::{Columns, Database, Row, Store, StoreError, Tx, signed};
use sea_query::{Expr, ExprTrait as _, OnConflict, Order, Query, SelectStatement};

use super::FormerKeyRow;

/// A platform as it is registered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformRow {
    /// Its id, stable for life.
    pub platform: PlatformId,
    /// Its name in Chinese.
    pub title_zh: String,
    /// Its name in English.
    pub title_en: String,
    /// Verifies its checkpoints.
    pub key: VerifyingKey,
    /// Since when.
    pub added: Timestamp,
    /// Whether its branch lives in the hub: a tenant, whose key the hub holds.
    pub hosted: bool,
    /// Records a second that a tenant may submit; 0 = no limit.
    pub quota: u64,
}

const COLUMNS: [&str; 7] = ["platform", "title_zh", "title_en", "key", "added", "hosted", "quota"];

fn platforms() -> SelectStatement {
    Query::select().columns(COLUMNS).from("platform").order_by("platform", Order::Asc).to_owned()
}

fn read(row: &Row) -> Result<PlatformRow, StoreError> {
    let row = Columns::new("platform", row);
    Ok(PlatformRow {
        platform: row.parsed("platform", row.text("platform")?.parse())?,
        title_zh: row.text("title_zh")?.to_owned(),
        title_en: row.text("title_en")?.to_owned(),
        key: row.parsed("key", VerifyingKey::from_slice(row.blob("key")?))?,
        added: Timestamp::from_micros(row.integer("added")?),
        hosted: row.integer("hosted")? != 0,
        quota: row.number("quota")?,
    })
}

/// A platform by id.
///
/// # Errors
/// Of the database.
pub async fn platform_get(
    database: &Database,
    platform: &PlatformId,
) -> Result<Option<PlatformRow>, StoreError> {
    let mut select = platforms();
    select.and_where(Expr::col("platform").eq(platform.as_str()));
    database.directory_rows("platform_get", &select).await?.first().map(read).transpose()
}

/// All platforms, by id: a city has tens.
///
/// # Errors
/// Of the database.
pub async fn platform_list(database: &Database) -> Result<Vec<PlatformRow>, StoreError> {
    database.directory_rows("platform_list", &platforms()).await?.iter().map(read).collect()
}

/// Verifies what authors have signed: every platform's key, those that it had before, and the hub's
/// own.
pub fn author_keys(
    platforms: &[PlatformRow],
    former: &[FormerKeyRow],
    hub: &PlatformId,
    hub_key: VerifyingKey,
) -> Keyring {
    let mut keys: Keyring = platforms.iter().map(|row| (row.platform.clone(), row.key)).collect();
    for row in former {
        for (lane, until) in [(Lane::Normal, row.normal), (Lane::Urgent, row.urgent)] {
            keys.put_former(row.platform.clone(), lane, until, row.key);
        }
    }
    keys.put(hub.clone(), hub_key);
    keys
}

/// Registers a platform. One that is there keeps its key: it changes by [`platform_rekey`] only.
///
/// # Errors
/// Of the database.
pub async fn platform_put(tx: &mut Tx, row: &PlatformRow) -> Result<bool, StoreError> {
    let insert = Query::insert()
        .into_table("platform")
        .columns(COLUMNS)
        .values_panic([
            row.platform.as_str().into(),
            row.title_zh.as_str().into(),
            row.title_en.as_str().into(),
            row.key.as_bytes().to_vec().into(),
            row.added.as_micros().into(),
            i64::from(row.hosted).into(),
            signed(row.quota).into(),
        ])
        .on_conflict(OnConflict::column("platform").do_nothing().to_owned())
        .to_owned();
    Ok(tx.run(&insert).await? == 1)
}

/// Takes the platform's row for this transaction: of several instances one at a time opens journals
/// and epochs of it.
///
/// # Errors
/// Of the database.
pub async fn platform_lock(tx: &mut Tx, store: &Store) -> Result<(), StoreError> {
    // SQLite has one writer anyhow, and its language leaves the lock out.
    let select = Query::select()
        .column("platform")
        .from("platform")
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .lock_exclusive()
        .to_owned();
    tx.rows(&select).await.map(drop)
}

/// Sets how many records a second a tenant may submit; answers whether there is such a tenant.
///
/// # Errors
/// Of the database.
pub async fn platform_quota(
    tx: &mut Tx,
    platform: &PlatformId,
    quota: u64,
) -> Result<bool, StoreError> {
    let update = Query::update()
        .table("platform")
        .value("quota", signed(quota))
        .and_where(Expr::col("platform").eq(platform.as_str()))
        .and_where(Expr::col("hosted").ne(0i64))
        .to_owned();
    Ok(tx.run(&update).await? == 1)
}

/// Gives a platform another key, where it has `known`; answers whether it had.
///
/// # Errors
/// Of the database.
pub async fn platform_rekey(
    tx: &mut Tx,
    platform: &PlatformId,
    known: VerifyingKey,
    key: VerifyingKey,
) -> Result<bool, StoreError> {
    let update = Query::update()
        .table("platform")
        .value("key", key.as_bytes().to_vec())
        .and_where(Expr::col("platform").eq(platform.as_str()))
        .and_where(Expr::col("key").eq(known.as_bytes().to_vec()))
        .to_owned();
    Ok(tx.run(&update).await? == 1)
}
