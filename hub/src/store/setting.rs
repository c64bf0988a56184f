//! What this store is: `setting_*`.

use sanheyi_exchange_spec::ids::Generation;
use sanheyi_node::store::{Columns, Store, StoreError, Tx};
use sea_query::{Expr, ExprTrait as _, Query};

const GENERATION: &str = "generation";

/// The generation of the store; `None` in a new one.
///
/// # Errors
/// Of the database.
pub async fn generation_get(store: &Store) -> Result<Option<Generation>, StoreError> {
    let select = Query::select()
        .column("value")
        .from("setting")
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .and_where(Expr::col("name").eq(GENERATION))
        .to_owned();
    let rows = store.rows("generation_get", &select).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let row = Columns::new("setting", row);
    row.parsed("value", Generation::from_slice(row.blob("value")?)).map(Some)
}

/// Gives a new store its generation.
///
/// # Errors
/// Of the database; also if it has one.
pub async fn generation_put(
    tx: &mut Tx,
    store: &Store,
    generation: Generation,
) -> Result<(), StoreError> {
    let insert = Query::insert()
        .into_table("setting")
        .columns(["platform", "name", "value"])
        .values_panic([
            store.platform().as_str().into(),
            GENERATION.into(),
            generation.as_bytes().to_vec().into(),
        ])
        .to_owned();
    tx.run(&insert).await.map(drop)
}
