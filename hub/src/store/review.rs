//! Reviews of quarantined entries (复核): `review_*`. A row says who reviews what and what has come
//! of it; one more for each entry is taken away when the gate has come to it.

use std::collections::BTreeSet;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::store::{
    Columns, Database, JournalNumber, Must, Row, Store, StoreError, Tx, in_journal, signed,
};
use sea_query::{Expr, ExprTrait as _, OnConflict, Order, Query};

/// Entries in one statement.
const CHUNK: usize = 512;

/// What a review does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewAct {
    /// Judges again.
    Release,
    /// Asks for a correction.
    Return,
}

/// A review of entries of one platform.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewRow {
    /// Its id; that of all parts of it that are about other platforms.
    pub id: [u8; 16],
    /// When it was begun.
    pub at: Timestamp,
    /// Who began it.
    pub who: String,
    /// What it does.
    pub act: ReviewAct,
    /// Which entries were meant, as a text.
    pub filter: String,
    /// What the author is told with a return.
    pub note: String,
    /// Working days that it is given; 0 if it is not a return.
    pub days: u32,
    /// The last instant of the last of them.
    pub due: Timestamp,
    /// How many entries.
    pub entries: u64,
    /// What has come of them so far.
    pub done: ReviewCounts,
}

/// What has come of a review.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReviewCounts {
    /// Accepted.
    pub accepted: u64,
    /// Still quarantined.
    pub stays: u64,
    /// Pending.
    pub pending: u64,
    /// Returned.
    pub returned: u64,
    /// Passed over.
    pub passed: u64,
}

/// An entry that a review has still to come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReviewEntry {
    /// Its journal.
    pub journal: JournalNumber,
    /// Its sequence number.
    pub sequence: u64,
    /// The review.
    pub review: [u8; 16],
}

const COUNTS: [&str; 5] = ["accepted", "stays", "pending", "returned", "passed"];

// === impl ReviewCounts ===

impl ReviewCounts {
    const fn each(&self) -> [u64; 5] {
        [self.accepted, self.stays, self.pending, self.returned, self.passed]
    }

    /// All of them together.
    pub fn total(&self) -> u64 {
        self.each().into_iter().fold(0, u64::saturating_add)
    }
}

// === reading ===

/// A review of a platform's entries.
///
/// # Errors
/// Of the database.
pub async fn review_get(store: &Store, id: &[u8; 16]) -> Result<Option<ReviewRow>, StoreError> {
    let select = Query::select()
        .columns(["id", "at", "who", "act", "filter", "note", "days", "due", "entries"])
        .columns(COUNTS)
        .from("review")
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .and_where(Expr::col("id").eq(id.to_vec()))
        .to_owned();
    store.rows("review_get", &select).await?.first().map(review_read).transpose()
}

fn review_read(row: &Row) -> Result<ReviewRow, StoreError> {
    let row = Columns::new("review", row);
    let act = match row.integer("act")? {
        1 => ReviewAct::Release,
        2 => ReviewAct::Return,
        _ => return Err(row.wrong("act", "is none that is known")),
    };
    Ok(ReviewRow {
        id: row.parsed("id", row.blob("id")?.try_into())?,
        at: Timestamp::from_micros(row.integer("at")?),
        who: row.text("who")?.to_owned(),
        act,
        filter: row.text("filter")?.to_owned(),
        note: row.text("note")?.to_owned(),
        days: row.parsed("days", u32::try_from(row.integer("days")?))?,
        due: Timestamp::from_micros(row.integer("due")?),
        entries: row.number("entries")?,
        done: ReviewCounts {
            accepted: row.number("accepted")?,
            stays: row.number("stays")?,
            pending: row.number("pending")?,
            returned: row.number("returned")?,
            passed: row.number("passed")?,
        },
    })
}

/// Up to `limit` entries that reviews have still to come to, by journal and sequence number.
///
/// # Errors
/// Of the database.
pub async fn review_due(store: &Store, limit: u64) -> Result<Vec<ReviewEntry>, StoreError> {
    let select = Query::select()
        .columns(["journal", "sequence", "review"])
        .from("review_entry")
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .order_by("journal", Order::Asc)
        .order_by("sequence", Order::Asc)
        .limit(limit)
        .to_owned();
    let rows = store.rows("review_due", &select).await?;
    let read = |row| {
        let row = Columns::new("review_entry", row);
        let journal = JournalNumber::from_column(row.integer("journal")?);
        let review = row.parsed("review", row.blob("review")?.try_into())?;
        Ok(ReviewEntry { journal, sequence: row.number("sequence")?, review })
    };
    rows.iter().map(read).collect()
}

/// The platforms of which entries are still to be reviewed. Looks at all platforms.
///
/// # Errors
/// Of the database.
pub async fn review_platforms(database: &Database) -> Result<BTreeSet<PlatformId>, StoreError> {
    let select = Query::select().column("platform").distinct().from("review_entry").to_owned();
    let rows = database.city_rows("review_platforms", &select).await?;
    let read = |row| {
        let row = Columns::new("review_entry", row);
        row.parsed("platform", row.text("platform")?.parse())
    };
    rows.iter().map(read).collect()
}

// === writing ===

/// Begins a review of these entries. Those that another review has still to come to stay with that
/// one. Answers how many are reviewed.
///
/// # Errors
/// Of the database.
pub async fn review_put(
    tx: &mut Tx,
    store: &Store,
    review: &ReviewRow,
    entries: &[(JournalNumber, u64)],
) -> Result<u64, StoreError> {
    let mut put = 0;
    for some in entries.chunks(CHUNK) {
        let mut insert = Query::insert()
            .into_table("review_entry")
            .columns(["platform", "journal", "sequence", "review"])
            .on_conflict(
                OnConflict::columns(["platform", "journal", "sequence"]).do_nothing().to_owned(),
            )
            .to_owned();
        for (journal, sequence) in some {
            insert.values_panic([
                store.platform().as_str().into(),
                journal.to_column().into(),
                signed(*sequence).into(),
                review.id.to_vec().into(),
            ]);
        }
        put += tx.run(&insert).await?;
    }
    let act = match review.act {
        ReviewAct::Release => 1i64,
        ReviewAct::Return => 2,
    };
    let columns =
        ["platform", "id", "at", "who", "act", "filter", "note", "days", "due", "entries"];
    let insert = Query::insert()
        .into_table("review")
        .columns(columns.into_iter().chain(COUNTS))
        .values_panic(
            [
                store.platform().as_str().into(),
                review.id.to_vec().into(),
                review.at.as_micros().into(),
                review.who.as_str().into(),
                act.into(),
                review.filter.as_str().into(),
                review.note.as_str().into(),
                i64::from(review.days).into(),
                review.due.as_micros().into(),
                signed(put).into(),
            ]
            .into_iter()
            .chain(COUNTS.map(|_| 0i64.into())),
        )
        .to_owned();
    tx.run(&insert).await?;
    Ok(put)
}

/// Takes entries away that a review has come to. It fences: of two instances one finds fewer rows
/// than it must, and loses with [`StoreError::Raced`].
pub fn review_take(tx: &mut Tx, store: &Store, journal: JournalNumber, sequences: &[u64]) {
    let delete = Query::delete()
        .from_table("review_entry")
        .cond_where(in_journal(store, journal))
        .and_where(Expr::col("sequence").is_in(sequences.iter().map(|at| signed(*at))))
        .to_owned();
    tx.later(&delete, Must::change(sequences.len() as u64, "review_entry"));
}

/// Counts what has come of a batch, with what is run next.
pub fn review_count(tx: &mut Tx, store: &Store, id: &[u8; 16], counts: &ReviewCounts) {
    let mut update = Query::update();
    update
        .table("review")
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .and_where(Expr::col("id").eq(id.to_vec()));
    for (column, count) in COUNTS.into_iter().zip(counts.each()) {
        update.value(column, Expr::col(column).add(signed(count)));
    }
    tx.later(&update, Must::change(1, "review"));
}
