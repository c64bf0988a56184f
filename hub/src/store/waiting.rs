//! What pending entries wait for: `waiting_*`. A row for each pending entry; it is taken away when
//! the entry is judged again.

use sanheyi_exchange_spec::gate::{Standing, Wait};
use sanheyi_node::store::{
    Columns, JournalNumber, Must, Store, StoreError, Tx, in_journal, signed,
};
use sea_query::{Cond, Expr, ExprTrait as _, Order, Query};

/// Keys in one statement.
const CHUNK: usize = 512;

/// A pending entry that may be judged again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct WaitingRow {
    /// Its journal.
    pub journal: JournalNumber,
    /// Its sequence number.
    pub sequence: u64,
}

/// Writes down what pending entries wait for, with what is run next.
pub fn waiting_put(tx: &mut Tx, store: &Store, journal: JournalNumber, waits: &[(u64, Wait)]) {
    for some in waits.chunks(CHUNK) {
        let mut insert = insert();
        for (sequence, wait) in some {
            insert.values_panic([
                store.platform().as_str().into(),
                journal.to_column().into(),
                signed(*sequence).into(),
                wait.to_bytes().into(),
                0i64.into(),
            ]);
        }
        tx.later(&insert, None);
    }
}

fn insert() -> sea_query::InsertStatement {
    Query::insert()
        .into_table("waiting")
        .columns(["platform", "journal", "sequence", "awaited", "ready"])
        .to_owned()
}

/// Whether any entry is pending: it waits, or may be judged again.
///
/// # Errors
/// Of the database, or of a statement that was handed in before.
pub async fn waiting_any(tx: &mut Tx, store: &Store) -> Result<bool, StoreError> {
    let select = Query::select()
        .expr(Expr::val(1i64))
        .from("waiting")
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .limit(1)
        .to_owned();
    Ok(!tx.rows(&select).await?.is_empty())
}

/// Up to `limit` sequence numbers of a journal's pending entries, ascending.
///
/// # Errors
/// Of the database.
pub async fn waiting_sequences(
    store: &Store,
    journal: JournalNumber,
    limit: u64,
) -> Result<Vec<u64>, StoreError> {
    let select = Query::select()
        .column("sequence")
        .from("waiting")
        .cond_where(in_journal(store, journal))
        .order_by("sequence", Order::Asc)
        .limit(limit)
        .to_owned();
    let rows = store.rows("waiting_sequences", &select).await?;
    rows.iter().map(|row| Columns::new("waiting", row).number("sequence")).collect()
}

/// Makes ready what waits for any of these, with what is run next.
pub fn waiting_wake(tx: &mut Tx, store: &Store, come: &[Vec<u8>]) {
    for some in come.chunks(CHUNK) {
        let update = Query::update()
            .table("waiting")
            .value("ready", 1i64)
            .and_where(Expr::col("platform").eq(store.platform().as_str()))
            .and_where(Expr::col("ready").eq(0i64))
            .and_where(Expr::col("awaited").is_in(some.iter().cloned()))
            .to_owned();
        tx.later(&update, None);
    }
}

/// Up to `limit` entries that may be judged again, by journal and sequence.
///
/// # Errors
/// Of the database.
pub async fn waiting_ready(store: &Store, limit: u64) -> Result<Vec<WaitingRow>, StoreError> {
    let select = Query::select()
        .columns(["journal", "sequence"])
        .from("waiting")
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .and_where(Expr::col("ready").eq(1i64))
        .order_by("journal", Order::Asc)
        .order_by("sequence", Order::Asc)
        .limit(limit)
        .to_owned();
    let rows = store.rows("waiting_ready", &select).await?;
    let read = |row| {
        let row = Columns::new("waiting", row);
        let journal = JournalNumber::from_column(row.integer("journal")?);
        Ok(WaitingRow { journal, sequence: row.number("sequence")? })
    };
    rows.iter().map(read).collect()
}

/// Takes entries away that are judged again. It fences: of two instances one finds fewer rows than
/// it must, and loses with [`StoreError::Raced`].
pub fn waiting_take(tx: &mut Tx, store: &Store, journal: JournalNumber, sequences: &[u64]) {
    let delete = Query::delete()
        .from_table("waiting")
        .cond_where(in_journal(store, journal))
        .and_where(Expr::col("ready").eq(1i64))
        .and_where(Expr::col("sequence").is_in(sequences.iter().map(|at| signed(*at))))
        .to_owned();
    tx.later(&delete, Must::change(sequences.len() as u64, "waiting"));
}

/// Up to `limit` of the things that are waited for, after `after`, ascending by their bytes.
///
/// # Errors
/// Of the database.
pub async fn waiting_awaited(
    store: &Store,
    after: &[u8],
    limit: u64,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let select = unready(store)
        .distinct()
        .column("awaited")
        .and_where(Expr::col("awaited").gt(after.to_vec()))
        .order_by("awaited", Order::Asc)
        .limit(limit)
        .to_owned();
    let rows = store.rows("waiting_awaited", &select).await?;
    rows.iter().map(|row| Ok(Columns::new("waiting", row).blob("awaited")?.to_vec())).collect()
}

/// Up to `limit` entries of gated journals that are pending and wait for nothing: those that were
/// judged before it was written down what entries wait for.
///
/// # Errors
/// Of the database.
pub async fn waiting_missed(store: &Store, limit: u64) -> Result<Vec<WaitingRow>, StoreError> {
    let same = |table: &'static str| {
        Cond::all()
            .add(Expr::col(("exception", "platform")).equals((table, "platform")))
            .add(Expr::col(("exception", "journal")).equals((table, "journal")))
    };
    let waits =
        same("waiting").add(Expr::col(("exception", "sequence")).equals(("waiting", "sequence")));
    let select = Query::select()
        .columns([("exception", "journal"), ("exception", "sequence")])
        .from("exception")
        .inner_join("gate", same("gate"))
        .left_join("waiting", waits)
        .and_where(Expr::col(("exception", "platform")).eq(store.platform().as_str()))
        .and_where(Expr::col(("exception", "standing")).eq(Standing::Pending.number()))
        .and_where(Expr::col(("waiting", "sequence")).is_null())
        .limit(limit)
        .to_owned();
    let rows = store.rows("waiting_missed", &select).await?;
    let read = |row| {
        let row = Columns::new("exception", row);
        let journal = JournalNumber::from_column(row.integer("journal")?);
        Ok(WaitingRow { journal, sequence: row.number("sequence")? })
    };
    rows.iter().map(read).collect()
}

/// Writes down that these may be judged again, with what is run next.
pub fn waiting_put_ready(tx: &mut Tx, store: &Store, rows: &[WaitingRow]) {
    for some in rows.chunks(CHUNK) {
        let mut insert = insert();
        for row in some {
            insert.values_panic([
                store.platform().as_str().into(),
                row.journal.to_column().into(),
                signed(row.sequence).into(),
                Vec::<u8>::new().into(),
                1i64.into(),
            ]);
        }
        tx.later(&insert, None);
    }
}

fn unready(store: &Store) -> sea_query::SelectStatement {
    Query::select()
        .from("waiting")
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .and_where(Expr::col("ready").eq(0i64))
        .to_owned()
}
