//! Who looked at all platforms: `audit_*`. Rows are only added.

use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::store::{Columns, Store, StoreError, Tx};
use sea_query::{Expr, ExprTrait as _, Order, Query};

/// One look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    /// When.
    pub at: Timestamp,
    /// Tells two looks at one moment apart.
    pub id: [u8; 16],
    /// Who.
    pub who: String,
    /// What for.
    pub purpose: String,
    /// At what.
    pub view: String,
}

/// Adds a row. `store` is the hub's own.
///
/// # Errors
/// Of the database.
pub async fn audit_add(tx: &mut Tx, store: &Store, row: &AuditRow) -> Result<(), StoreError> {
    let insert = Query::insert()
        .into_table("audit")
        .columns(["platform", "at", "id", "who", "purpose", "view"])
        .values_panic([
            store.platform().as_str().into(),
            row.at.as_micros().into(),
            row.id.to_vec().into(),
            row.who.as_str().into(),
            row.purpose.as_str().into(),
            row.view.as_str().into(),
        ])
        .to_owned();
    tx.run(&insert).await.map(drop)
}

/// The latest `limit` rows, the latest first. `store` is the hub's own.
///
/// # Errors
/// Of the database.
pub async fn audit_list(store: &Store, limit: u64) -> Result<Vec<AuditRow>, StoreError> {
    let select = Query::select()
        .columns(["at", "id", "who", "purpose", "view"])
        .from("audit")
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .order_by("at", Order::Desc)
        .order_by("id", Order::Desc)
        .limit(limit)
        .to_owned();
    let rows = store.rows("audit_list", &select).await?;
    rows.iter()
        .map(|row| {
            let row = Columns::new("audit", row);
            Ok(AuditRow {
                at: Timestamp::from_micros(row.integer("at")?),
                id: row.parsed("id", row.blob("id")?.try_into())?,
                who: row.text("who")?.to_owned(),
                purpose: row.text("purpose")?.to_owned(),
                view: row.text("view")?.to_owned(),
            })
        })
        .collect()
}
