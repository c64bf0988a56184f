//! Keys that platforms signed with before a new machine enrolled: `former_key_*`. Rows are only
//! added.

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::VerifyingKey;
use sanheyi_node::store::{Columns, Database, Row, Store, StoreError, Tx, signed};
use sea_query::{Expr, ExprTrait as _, Order, Query, SelectStatement};

/// A key that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormerKeyRow {
    /// Whose.
    pub platform: PlatformId,
    /// In which order keys were given up, from 1.
    pub number: u64,
    /// The key.
    pub key: VerifyingKey,
    /// Up to which size of the journals of the normal lane it signed.
    pub normal: u64,
    /// The same of the urgent lane.
    pub urgent: u64,
}

const COLUMNS: [&str; 5] = ["platform", "number", "key", "normal", "urgent"];

fn keys() -> SelectStatement {
    Query::select()
        .columns(COLUMNS)
        .from("former_key")
        .order_by("platform", Order::Asc)
        .order_by("number", Order::Asc)
        .to_owned()
}

fn read(row: &Row) -> Result<FormerKeyRow, StoreError> {
    let row = Columns::new("former_key", row);
    Ok(FormerKeyRow {
        platform: row.parsed("platform", row.text("platform")?.parse())?,
        number: row.number("number")?,
        key: row.parsed("key", VerifyingKey::from_slice(row.blob("key")?))?,
        normal: row.number("normal")?,
        urgent: row.number("urgent")?,
    })
}

/// Former keys of all platforms, in order: a machine is lost now and then.
///
/// # Errors
/// Of the database.
pub async fn former_key_list(database: &Database) -> Result<Vec<FormerKeyRow>, StoreError> {
    database.city_rows("former_key_list", &keys()).await?.iter().map(read).collect()
}

/// Former keys of the store's platform, in order.
///
/// # Errors
/// Of the database.
pub async fn former_key_of(store: &Store) -> Result<Vec<FormerKeyRow>, StoreError> {
    let mut select = keys();
    select.and_where(Expr::col("platform").eq(store.platform().as_str()));
    store.rows("former_key_of", &select).await?.iter().map(read).collect()
}

/// Writes down a key that is given up.
///
/// # Errors
/// Of the database; also if its number is taken: then another process was faster.
pub async fn former_key_put(tx: &mut Tx, row: &FormerKeyRow) -> Result<(), StoreError> {
    let insert = Query::insert()
        .into_table("former_key")
        .columns(COLUMNS)
        .values_panic([
            row.platform.as_str().into(),
            signed(row.number).into(),
            row.key.as_bytes().to_vec().into(),
            signed(row.normal).into(),
            signed(row.urgent).into(),
        ])
        .to_owned();
    tx.run(&insert).await.map(drop)
}
