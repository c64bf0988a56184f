//! Platforms of the federation: `platform_*`.

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::VerifyingKey;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::store::{Columns, Database, StoreError, Tx};
use sea_query::{Expr, ExprTrait as _, OnConflict, Order, Query, SelectStatement};
use sqlx::sqlite::SqliteRow;

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
}

fn platforms() -> SelectStatement {
    Query::select()
        .columns(["platform", "title_zh", "title_en", "key", "added"])
        .from("platform")
        .order_by("platform", Order::Asc)
        .to_owned()
}

fn read(row: &SqliteRow) -> Result<PlatformRow, StoreError> {
    let row = Columns::new("platform", row);
    Ok(PlatformRow {
        platform: row.parsed("platform", row.text("platform")?.parse())?,
        title_zh: row.text("title_zh")?.to_owned(),
        title_en: row.text("title_en")?.to_owned(),
        key: row.parsed("key", VerifyingKey::from_slice(row.blob("key")?))?,
        added: Timestamp::from_micros(row.integer("added")?),
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
    database.rows("platform_get", &select).await?.first().map(read).transpose()
}

/// All platforms, by id: a city has tens.
///
/// # Errors
/// Of the database.
pub async fn platform_list(database: &Database) -> Result<Vec<PlatformRow>, StoreError> {
    database.rows("platform_list", &platforms()).await?.iter().map(read).collect()
}

/// Registers a platform. One that is there keeps its key: a key changes only by enrolment.
///
/// # Errors
/// Of the database.
pub async fn platform_put(tx: &mut Tx, row: &PlatformRow) -> Result<bool, StoreError> {
    let insert = Query::insert()
        .into_table("platform")
        .columns(["platform", "title_zh", "title_en", "key", "added"])
        .values_panic([
            row.platform.as_str().into(),
            row.title_zh.as_str().into(),
            row.title_en.as_str().into(),
            row.key.as_bytes().to_vec().into(),
            row.added.as_micros().into(),
        ])
        .on_conflict(OnConflict::column("platform").do_nothing().to_owned())
        .to_owned();
    Ok(tx.run(&insert).await? == 1)
}
