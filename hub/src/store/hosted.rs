//! Heads of hosted journals: `hosted_*`. A hosted journal's rows are at home in this store; what
//! stands here is how much of it the hub has admitted, and in which epoch.

use sanheyi_exchange_spec::link::Position;
use sanheyi_exchange_spec::link::admit::Head;
use sanheyi_node::store::{
    Columns, Heads, JournalNumber, JournalRow, Row, Store, StoreError, Tx, signed,
};
use sea_query::{Expr, ExprTrait as _, Query, SelectStatement};

const HEADS: Heads = Heads { table: "hosted", number: "journal" };

const COLUMNS: [&str; 8] =
    ["journal", "size", "root", "generation", "epoch", "serial", "opened", "stopped"];

fn heads(store: &Store) -> SelectStatement {
    Query::select()
        .columns(COLUMNS)
        .from(HEADS.table)
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .to_owned()
}

/// Every hosted journal of a platform as the hub has admitted it: the home's row, with the hub's
/// head, serial and stop in place of the branch's.
///
/// # Errors
/// Of the database.
pub async fn hosted_list(store: &Store) -> Result<Vec<JournalRow>, StoreError> {
    let heads = store.rows("hosted_list", &heads(store)).await?;
    admitted(&store.journal_list().await?, &heads)
}

/// Every journal that a platform has pushed, as the hub holds it: copies, and hosted ones as far as
/// they were admitted.
///
/// # Errors
/// Of the database.
pub async fn copy_list(store: &Store) -> Result<Vec<JournalRow>, StoreError> {
    let mut rows = store.journal_list().await?;
    rows.retain(|row| !row.home);
    rows.extend(hosted_list(store).await?);
    Ok(rows)
}

/// What [`hosted_list`] lists, as a transaction sees it.
///
/// # Errors
/// Of the database.
pub async fn hosted_list_in(tx: &mut Tx, store: &Store) -> Result<Vec<JournalRow>, StoreError> {
    let heads = tx.rows(&heads(store)).await?;
    admitted(&tx.journal_list(store).await?, &heads)
}

fn admitted(journals: &[JournalRow], heads: &[Row]) -> Result<Vec<JournalRow>, StoreError> {
    let mut admitted = Vec::new();
    for row in heads {
        let row = Columns::new(HEADS.table, row);
        let number = JournalNumber::from_column(row.integer("journal")?);
        let home = journals.iter().find(|journal| journal.home && journal.number == number);
        let home = home.ok_or_else(|| row.wrong("journal", "names no journal at its home here"))?;
        let stopped = row.text_or_null("stopped")?.map(str::to_owned);
        let head = row.head(home.head.journal.clone())?;
        admitted.push(JournalRow { head, serial: row.number("serial")?, stopped, ..home.clone() });
    }
    Ok(admitted)
}

/// Opens the hub's head of a journal of which nothing was admitted yet.
///
/// # Errors
/// Of the database; also if it is open.
pub async fn hosted_open(
    tx: &mut Tx,
    store: &Store,
    number: JournalNumber,
    head: &Head,
    serial: u64,
) -> Result<(), StoreError> {
    let insert = Query::insert()
        .into_table(HEADS.table)
        .columns(["platform", "journal", "size", "root", "generation", "epoch", "serial", "opened"])
        .values_panic([
            store.platform().as_str().into(),
            number.to_column().into(),
            signed(head.size).into(),
            head.root.as_bytes().to_vec().into(),
            head.position.generation.as_bytes().to_vec().into(),
            head.position.epoch.as_bytes().to_vec().into(),
            signed(serial).into(),
            signed(head.opened).into(),
        ])
        .to_owned();
    tx.run(&insert).await.map(drop)
}

/// Moves the admitted head, fenced as every admission is: [`StoreError::Raced`] if it is no longer
/// as it was, when it is run with what follows.
pub fn hosted_advance(tx: &mut Tx, store: &Store, number: JournalNumber, from: &Head, to: &Head) {
    tx.head_advance(HEADS, store, number, from, to);
}

/// Opens an epoch of a hosted journal, at the admitted size.
///
/// # Errors
/// [`StoreError::Raced`] if another Greet was faster.
pub async fn hosted_epoch(
    tx: &mut Tx,
    store: &Store,
    before: &JournalRow,
    serial: u64,
    position: Position,
) -> Result<(), StoreError> {
    let serials = (before.serial, serial);
    tx.head_epoch(HEADS, store, before.number, serials, position, before.head.size).await
}

/// Stops a hosted journal: nothing is admitted to it until its next epoch.
///
/// # Errors
/// Of the database.
pub async fn hosted_stop(
    tx: &mut Tx,
    store: &Store,
    number: JournalNumber,
    why: &str,
) -> Result<(), StoreError> {
    tx.head_stop(HEADS, store, number, why).await
}
