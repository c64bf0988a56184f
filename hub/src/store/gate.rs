//! The gate's cursors: `gate_*`.

use std::collections::BTreeMap;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::store::{
    Columns, Database, JournalNumber, Must, Store, StoreError, Tx, in_journal, signed,
};
use sea_query::{Cond, Expr, ExprTrait as _, Func, OnConflict, Query};

/// How far a journal has been judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GateRow {
    /// The journal.
    pub journal: JournalNumber,
    /// Entries before this sequence number have a verdict.
    pub judged: u64,
    /// How often entries of it were judged again.
    pub again: u64,
    /// How many entries it has: those of a hosted journal may not have been admitted yet.
    pub size: u64,
}

/// How far a journal has been judged; `None` if the gate does not judge it.
///
/// # Errors
/// Of the database.
pub async fn gate_get(store: &Store, journal: JournalNumber) -> Result<Option<u64>, StoreError> {
    let select = Query::select()
        .column("judged")
        .from("gate")
        .cond_where(in_journal(store, journal))
        .to_owned();
    let rows = store.rows("gate_get", &select).await?;
    rows.first().map(|row| Columns::new("gate", row).number("judged")).transpose()
}

/// Which journal a cursor is of.
fn of_journal() -> Cond {
    Cond::all()
        .add(Expr::col(("gate", "platform")).equals(("journal", "platform")))
        .add(Expr::col(("gate", "journal")).equals(("journal", "number")))
}

/// All cursors of a platform.
///
/// # Errors
/// Of the database.
pub async fn gate_list(store: &Store) -> Result<Vec<GateRow>, StoreError> {
    let select = Query::select()
        .columns([("gate", "journal"), ("gate", "judged"), ("gate", "again"), ("journal", "size")])
        .from("gate")
        .inner_join("journal", of_journal())
        .and_where(Expr::col(("gate", "platform")).eq(store.platform().as_str()))
        .to_owned();
    let rows = store.rows("gate_list", &select).await?;
    rows.iter()
        .map(|row| {
            let row = Columns::new("gate", row);
            let journal = JournalNumber::from_column(row.integer("journal")?);
            let (judged, again) = (row.number("judged")?, row.number("again")?);
            Ok(GateRow { journal, judged, again, size: row.number("size")? })
        })
        .collect()
}

/// Opens the gate for a journal, at its beginning.
///
/// # Errors
/// Of the database.
pub async fn gate_open(
    tx: &mut Tx,
    store: &Store,
    journal: JournalNumber,
) -> Result<(), StoreError> {
    let insert = Query::insert()
        .into_table("gate")
        .columns(["platform", "journal", "judged"])
        .values_panic([store.platform().as_str().into(), journal.to_column().into(), 0i64.into()])
        .on_conflict(OnConflict::columns(["platform", "journal"]).do_nothing().to_owned())
        .to_owned();
    tx.run(&insert).await.map(drop)
}

/// Moves a cursor, with what is run next. Its condition fences the gate: of two, one loses with
/// [`StoreError::Raced`] because the cursor is no longer at `from`.
pub fn gate_advance(tx: &mut Tx, store: &Store, journal: JournalNumber, from: u64, to: u64) {
    let update = Query::update()
        .table("gate")
        .value("judged", signed(to))
        .cond_where(in_journal(store, journal))
        .and_where(Expr::col("judged").eq(signed(from)))
        .to_owned();
    tx.later(&update, Must::change(1, "gate"));
}

/// Notes that entries of a journal are judged again, with what is run next. It fences: nothing of
/// the journal was judged, for the first time or again, since the row was read; else
/// [`StoreError::Raced`].
pub fn gate_again(tx: &mut Tx, store: &Store, row: &GateRow) {
    let update = Query::update()
        .table("gate")
        .value("again", signed(row.again + 1))
        .cond_where(in_journal(store, row.journal))
        .and_where(Expr::col("judged").eq(signed(row.judged)))
        .and_where(Expr::col("again").eq(signed(row.again)))
        .to_owned();
    tx.later(&update, Must::change(1, "gate"));
}

/// The journals that have entries without a verdict, and how far each was judged. Looks at all
/// platforms.
///
/// # Errors
/// Of the database.
pub async fn gate_behind(
    database: &Database,
) -> Result<BTreeMap<(PlatformId, JournalNumber), u64>, StoreError> {
    let behind =
        Query::select()
            .columns([("gate", "platform"), ("gate", "journal"), ("gate", "judged")])
            .from("gate")
            .inner_join("journal", of_journal())
            // Of a hosted journal the gate judges what was admitted.
            .left_join(
                "hosted",
                Cond::all()
                    .add(Expr::col(("gate", "platform")).equals(("hosted", "platform")))
                    .add(Expr::col(("gate", "journal")).equals(("hosted", "journal"))),
            )
            .and_where(Expr::col(("gate", "judged")).lt(Func::coalesce([
                Expr::col(("hosted", "size")),
                Expr::col(("journal", "size")),
            ])))
            .to_owned();
    let rows = database.city_rows("gate_behind", &behind).await?;
    rows.iter()
        .map(|row| {
            let row = Columns::new("gate", row);
            let platform = row.parsed("platform", row.text("platform")?.parse())?;
            let journal = JournalNumber::from_column(row.integer("journal")?);
            Ok(((platform, journal), row.number("judged")?))
        })
        .collect()
}
