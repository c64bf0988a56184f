//! Sight (可见): records of an author that a reader was asked to help with, and by which request:
//! `sight_*`. While the request stands, every later revision of such a record is shown.

use std::collections::BTreeSet;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::store::{Columns, Row, Store, StoreError, Tx};
use sea_query::{Expr, ExprTrait as _, OnConflict, Query};

/// Rows and keys in one statement.
const CHUNK: usize = 256;

/// A record that a reader sees because of a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sight {
    /// Dataset of the record.
    pub dataset: String,
    /// Its id.
    pub record: String,
    /// Who sees it.
    pub reader: PlatformId,
    /// Record id of the request.
    pub request: String,
}

/// Writes down what is seen from now on, with what is run next; what is there stays as it is.
pub fn sight_put(tx: &mut Tx, store: &Store, seen: &[Sight], since: Timestamp) {
    for some in seen.chunks(CHUNK) {
        let mut insert = Query::insert()
            .into_table("sight")
            .columns(["platform", "key", "reader", "request", "since"])
            .on_conflict(
                OnConflict::columns(["platform", "key", "reader", "request"])
                    .do_nothing()
                    .to_owned(),
            )
            .to_owned();
        for one in some {
            insert.values_panic([
                store.platform().as_str().into(),
                key(&one.dataset, &one.record).into(),
                one.reader.as_str().into(),
                one.request.as_str().into(),
                since.as_micros().into(),
            ]);
        }
        tx.later(&insert, None);
    }
}

/// Ends what these requests showed, with what is run next.
pub fn sight_end(tx: &mut Tx, store: &Store, requests: &BTreeSet<String>) {
    let requests: Vec<_> = requests.iter().collect();
    for some in requests.chunks(CHUNK) {
        let delete = Query::delete()
            .from_table("sight")
            .and_where(Expr::col("platform").eq(store.platform().as_str()))
            .and_where(Expr::col("request").is_in(some.iter().map(|request| request.as_str())))
            .to_owned();
        tx.later(&delete, None);
    }
}

/// Who sees which of these records, given by dataset and id.
///
/// # Errors
/// Of the database.
pub async fn sight_of(
    store: &Store,
    records: &BTreeSet<(String, String)>,
) -> Result<Vec<Sight>, StoreError> {
    let mut found = Vec::new();
    let records: Vec<_> = records.iter().collect();
    for some in records.chunks(CHUNK) {
        let keys = some.iter().map(|(dataset, record)| key(dataset, record));
        let select = Query::select()
            .columns(["key", "reader", "request"])
            .from("sight")
            .and_where(Expr::col("platform").eq(store.platform().as_str()))
            .and_where(Expr::col("key").is_in(keys))
            .to_owned();
        for row in &store.rows("sight_of", &select).await? {
            found.push(read(row)?);
        }
    }
    Ok(found)
}

fn key(dataset: &str, record: &str) -> Vec<u8> {
    [dataset.as_bytes(), &[0], record.as_bytes()].concat()
}

fn read(row: &Row) -> Result<Sight, StoreError> {
    let row = Columns::new("sight", row);
    let key = std::str::from_utf8(row.blob("key")?).ok().and_then(|key| key.split_once('\0'));
    let (dataset, record) = key.ok_or_else(|| row.wrong("key", "not a dataset and a record"))?;
    Ok(Sight {
        dataset: dataset.to_owned(),
        record: record.to_owned(),
        reader: row.parsed("reader", row.text("reader")?.parse())?,
        request: row.text("request")?.to_owned(),
    })
}
