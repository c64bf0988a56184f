//! How far the readers of the hub's journals are (送达): `reader_*`. A row for each reader and
//! journal, written some seconds after the reader has asked.

use sanheyi_exchange_spec::ids::JournalId;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::store::{Columns, Row, Store, StoreError, Tx, signed};
use sea_query::{Expr, ExprTrait as _, OnConflict, Query};

/// How far a reader is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReaderRow {
    /// The journal.
    pub journal: JournalId,
    /// Size of the reader's copy: it has what lies below, durable.
    pub size: u64,
    /// When that was first seen.
    pub at: Timestamp,
}

/// Writes how far the reader is, with what is run next.
pub fn reader_put(tx: &mut Tx, store: &Store, row: &ReaderRow) {
    let insert = Query::insert()
        .into_table("reader")
        .columns(["platform", "journal", "size", "at"])
        .values_panic([
            store.platform().as_str().into(),
            row.journal.to_string().into(),
            signed(row.size).into(),
            row.at.as_micros().into(),
        ])
        .on_conflict(
            OnConflict::columns(["platform", "journal"]).update_columns(["size", "at"]).to_owned(),
        )
        .to_owned();
    tx.later(&insert, None);
}

/// How far the reader is with each journal, by journal.
///
/// # Errors
/// Of the database.
pub async fn reader_list(store: &Store) -> Result<Vec<ReaderRow>, StoreError> {
    let select = Query::select()
        .columns(["journal", "size", "at"])
        .from("reader")
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .order_by("journal", sea_query::Order::Asc)
        .to_owned();
    store.rows("reader_list", &select).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<ReaderRow, StoreError> {
    let row = Columns::new("reader", row);
    Ok(ReaderRow {
        journal: row.parsed("journal", row.text("journal")?.parse())?,
        size: row.number("size")?,
        at: Timestamp::from_micros(row.integer("at")?),
    })
}
