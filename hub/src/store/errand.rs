//! Errands (转送): judged entries that are to be shown to other platforms, in their author's rows:
//! `errand_*`. A row is written with the verdict and stays: it is due until the courier has put it
//! into the reader's mailbox, and afterwards says who was shown what.

use std::collections::BTreeSet;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::store::{Columns, JournalNumber, Row, Store, StoreError, Tx, in_journal, signed};
use sea_query::{Cond, Expr, ExprTrait as _, OnConflict, Order, Query, SelectStatement};

/// Rows in one statement.
const CHUNK: usize = 256;

/// An entry that is to be shown to a platform.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Errand {
    /// The journal that it stands in, in its author's rows.
    pub journal: JournalNumber,
    /// Its sequence number there.
    pub sequence: u64,
    /// To whom.
    pub reader: PlatformId,
}

/// Writes errands down in the rows of their author, with what is run next; one that is there
/// stays as it is.
pub fn errand_put(tx: &mut Tx, store: &Store, errands: &[Errand]) {
    for some in errands.chunks(CHUNK) {
        let mut insert = Query::insert()
            .into_table("errand")
            .columns(["platform", "journal", "sequence", "reader", "done"])
            .on_conflict(
                OnConflict::columns(["platform", "journal", "sequence", "reader"])
                    .do_nothing()
                    .to_owned(),
            )
            .to_owned();
        for errand in some {
            insert.values_panic([
                store.platform().as_str().into(),
                errand.journal.to_column().into(),
                signed(errand.sequence).into(),
                errand.reader.as_str().into(),
                0i64.into(),
            ]);
        }
        tx.later(&insert, None);
    }
}

/// Up to `limit` errands of an author that are due, by journal, sequence and reader.
///
/// # Errors
/// Of the database.
pub async fn errand_due(store: &Store, limit: u64) -> Result<Vec<Errand>, StoreError> {
    let select = errands(store).and_where(Expr::col("done").eq(0i64)).limit(limit).to_owned();
    store.rows("errand_due", &select).await?.iter().map(read).collect()
}

/// To whom an entry was or is to be shown, as this transaction sees it.
///
/// # Errors
/// Of the database.
pub async fn errand_readers(
    tx: &mut Tx,
    store: &Store,
    journal: JournalNumber,
    sequence: u64,
) -> Result<BTreeSet<PlatformId>, StoreError> {
    let select = errands(store)
        .cond_where(in_journal(store, journal))
        .and_where(Expr::col("sequence").eq(signed(sequence)))
        .to_owned();
    let rows = tx.rows(&select).await?;
    rows.iter().map(|row| read(row).map(|errand| errand.reader)).collect()
}

/// Marks errands done, with what is run next.
pub fn errand_done(tx: &mut Tx, store: &Store, errands: &[Errand], at: Timestamp) {
    for some in errands.chunks(CHUNK) {
        let any = some.iter().fold(Cond::any(), |any, errand| {
            any.add(
                in_journal(store, errand.journal)
                    .add(Expr::col("sequence").eq(signed(errand.sequence)))
                    .add(Expr::col("reader").eq(errand.reader.as_str())),
            )
        });
        let update = Query::update()
            .table("errand")
            .value("done", Ord::max(at.as_micros(), 1))
            .and_where(Expr::col("platform").eq(store.platform().as_str()))
            .and_where(Expr::col("done").eq(0i64))
            .cond_where(any)
            .to_owned();
        tx.later(&update, None);
    }
}

fn errands(store: &Store) -> SelectStatement {
    Query::select()
        .columns(["journal", "sequence", "reader"])
        .from("errand")
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .order_by("journal", Order::Asc)
        .order_by("sequence", Order::Asc)
        .order_by("reader", Order::Asc)
        .to_owned()
}

fn read(row: &Row) -> Result<Errand, StoreError> {
    let row = Columns::new("errand", row);
    Ok(Errand {
        journal: JournalNumber::from_column(row.integer("journal")?),
        sequence: row.number("sequence")?,
        reader: row.parsed("reader", row.text("reader")?.parse())?,
    })
}
