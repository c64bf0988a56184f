//! What is known of quarantined entries beyond their verdicts: `returned_*`, of which a correction
//! was asked for, and `released_*`, which a later verdict accepted. At the hub gate and desk write
//! them, at a branch they are read out of its mailbox; of a tenant the hub's rows are the branch's.

use prost::Message as _;
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::later::LaterVerdict;
use sanheyi_exchange_spec::receipt::Exception;
use sanheyi_exchange_spec::returning::Return;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::exchange::v1 as wire;
use sea_query::{Expr, ExprTrait as _, OnConflict, Order, Query, SelectStatement};

use super::column::{Columns, signed};
use super::engine::Row;
use super::error::StoreError;
use super::receipt::exception_read;
use super::{JournalNumber, Store, Tx, in_journal};

/// A correction that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnedRow {
    /// The entry.
    pub sequence: u64,
    /// When it was asked for, by the hub's clock.
    pub asked: Timestamp,
    /// Working days that the author was given.
    pub days: u32,
    /// The last instant of the last of them.
    pub due: Timestamp,
    /// What the operator said about it.
    pub note: String,
}

/// An entry that was quarantined until a later verdict accepted it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleasedRow {
    /// When it was judged again.
    pub judged: Timestamp,
    /// The verdict that was replaced; it has the entry's sequence number.
    pub before: Exception,
}

// === impl Store ===

impl Store {
    /// Up to `limit` entries of a journal that stand in this way and that their receipt excepts,
    /// after sequence number `after`, ascending.
    ///
    /// # Errors
    /// Of the database.
    pub async fn exception_standing(
        &self,
        journal: JournalNumber,
        standing: Standing,
        after: Option<u64>,
        limit: u64,
    ) -> Result<Vec<Exception>, StoreError> {
        let mut select = listed(self, "exception", journal, after, limit);
        select
            .columns(["sequence", "standing", "detail"])
            .and_where(Expr::col("standing").eq(standing.number()));
        let rows = self.rows("exception_standing", &select).await?;
        rows.iter().map(exception_read).collect()
    }

    /// The excepted ones among these entries of a journal, ascending.
    ///
    /// # Errors
    /// Of the database.
    pub async fn exception_among(
        &self,
        journal: JournalNumber,
        sequences: &[u64],
    ) -> Result<Vec<Exception>, StoreError> {
        let select = excepted(self, journal, sequences);
        self.rows("exception_among", &select).await?.iter().map(exception_read).collect()
    }

    /// Of these entries of a journal those of which a correction was asked for, ascending.
    ///
    /// # Errors
    /// Of the database.
    pub async fn returned_among(
        &self,
        journal: JournalNumber,
        sequences: &[u64],
    ) -> Result<Vec<ReturnedRow>, StoreError> {
        let mut select = listed(self, "returned", journal, None, sequences.len() as u64);
        select.columns(["sequence", "asked", "days", "due", "note"]).and_where(among(sequences));
        let rows = self.rows("returned_among", &select).await?;
        rows.iter().map(returned_read).collect()
    }

    /// Up to `limit` entries of a journal that were released, after sequence number `after`,
    /// ascending.
    ///
    /// # Errors
    /// Of the database.
    pub async fn released_list(
        &self,
        journal: JournalNumber,
        after: Option<u64>,
        limit: u64,
    ) -> Result<Vec<ReleasedRow>, StoreError> {
        let mut select = listed(self, "released", journal, after, limit);
        select.columns(["sequence", "judged", "detail"]);
        self.rows("released_list", &select).await?.iter().map(released_read).collect()
    }

    /// How many entries of a journal up to and with `sequence` were ever quarantined and are not
    /// pending now: those that stand so, and those that were released. Only counted, by keys.
    ///
    /// # Errors
    /// Of the database.
    pub async fn quarantined_until(
        &self,
        journal: JournalNumber,
        sequence: u64,
    ) -> Result<u64, StoreError> {
        let mut counted = 0;
        for table in ["exception", "released"] {
            let mut select = Query::select();
            select
                .expr_as(Expr::col("sequence").count(), "rows")
                .from(table)
                .cond_where(in_journal(self, journal))
                .and_where(Expr::col("sequence").lte(signed(sequence)));
            if table == "exception" {
                let quarantined = Standing::Quarantined.number();
                select.and_where(Expr::col("standing").eq(quarantined));
            }
            let rows = self.rows("quarantined_until", &select).await?;
            counted += rows.first().map_or(Ok(0), |row| Columns::new(table, row).number("rows"))?;
        }
        Ok(counted)
    }

    /// How many rows of a journal say that a correction was asked for, and how many that an entry
    /// was released: (returned, released).
    ///
    /// # Errors
    /// Of the database.
    pub async fn quarantine_rows(&self, journal: JournalNumber) -> Result<(u64, u64), StoreError> {
        let mut counts = [0; 2];
        for (count, table) in counts.iter_mut().zip(["returned", "released"]) {
            let select = Query::select()
                .expr_as(Expr::col("sequence").count(), "rows")
                .from(table)
                .cond_where(in_journal(self, journal))
                .to_owned();
            let rows = self.rows("quarantine_rows", &select).await?;
            *count = rows.first().map_or(Ok(0), |row| Columns::new(table, row).number("rows"))?;
        }
        Ok(counts.into())
    }
}

fn listed(
    store: &Store,
    table: &'static str,
    journal: JournalNumber,
    after: Option<u64>,
    limit: u64,
) -> SelectStatement {
    let mut select = Query::select();
    select
        .from(table)
        .cond_where(in_journal(store, journal))
        .order_by("sequence", Order::Asc)
        .limit(limit);
    if let Some(after) = after {
        select.and_where(Expr::col("sequence").gt(signed(after)));
    }
    select
}

fn excepted(store: &Store, journal: JournalNumber, sequences: &[u64]) -> SelectStatement {
    let mut select = listed(store, "exception", journal, None, sequences.len() as u64);
    select.columns(["sequence", "standing", "detail"]).and_where(among(sequences));
    select
}

fn among(sequences: &[u64]) -> Expr {
    Expr::col("sequence").is_in(sequences.iter().map(|at| signed(*at)))
}

fn returned_read(row: &Row) -> Result<ReturnedRow, StoreError> {
    let row = Columns::new("returned", row);
    Ok(ReturnedRow {
        sequence: row.number("sequence")?,
        asked: Timestamp::from_micros(row.integer("asked")?),
        days: row.parsed("days", u32::try_from(row.integer("days")?))?,
        due: Timestamp::from_micros(row.integer("due")?),
        note: row.text("note")?.to_owned(),
    })
}

fn released_read(row: &Row) -> Result<ReleasedRow, StoreError> {
    let row = Columns::new("released", row);
    let detail = row.parsed("detail", wire::Exception::decode(row.blob("detail")?))?;
    let before = Exception::verdict_from_wire(detail);
    if before.sequence != row.number("sequence")? || before.standing != Standing::Quarantined {
        return Err(row.wrong("detail", "is about another entry"));
    }
    Ok(ReleasedRow { judged: Timestamp::from_micros(row.integer("judged")?), before })
}

// === impl Tx ===

impl Tx {
    /// The excepted ones among these entries of a journal, ascending.
    ///
    /// # Errors
    /// Of the database, or of a statement that was handed in before.
    pub async fn exception_among(
        &mut self,
        store: &Store,
        journal: JournalNumber,
        sequences: &[u64],
    ) -> Result<Vec<Exception>, StoreError> {
        let select = excepted(store, journal, sequences);
        self.rows(&select).await?.iter().map(exception_read).collect()
    }

    /// Puts the verdicts of a letter in place of those that it replaces, and keeps what is
    /// released by it. A letter that comes again changes nothing.
    ///
    /// # Errors
    /// Of the database, or of a statement that was handed in before.
    pub async fn later_put(
        &mut self,
        store: &Store,
        journal: JournalNumber,
        later: &LaterVerdict,
    ) -> Result<(), StoreError> {
        let accepts = |standing| {
            let of = later.changes.iter().filter(move |change| change.replaced == standing);
            of.filter(|change| change.verdict.standing == Standing::Accepted)
        };
        let released: Vec<_> =
            accepts(Standing::Quarantined).map(|change| change.verdict.sequence).collect();
        if !released.is_empty() {
            let before = self.exception_among(store, journal, &released).await?;
            self.released_put(store, journal, later.judged, before);
        }
        for change in &later.changes {
            self.verdict_change(store, journal, change);
        }
        Ok(())
    }

    fn released_put(
        &mut self,
        store: &Store,
        journal: JournalNumber,
        judged: Timestamp,
        mut before: Vec<Exception>,
    ) {
        before.retain(|one| one.standing == Standing::Quarantined);
        if before.is_empty() {
            return;
        }
        let mut insert = Query::insert()
            .into_table("released")
            .columns(["platform", "journal", "sequence", "judged", "detail"])
            .on_conflict(key().do_nothing().to_owned())
            .to_owned();
        for one in before {
            insert.values_panic([
                store.platform().as_str().into(),
                journal.to_column().into(),
                signed(one.sequence).into(),
                judged.as_micros().into(),
                one.to_wire().encode_to_vec().into(),
            ]);
        }
        self.later(&insert, None);
    }

    /// Notes what a letter asks to be corrected, with what is run next. What is asked later counts.
    pub fn returned_put(&mut self, store: &Store, journal: JournalNumber, letter: &Return) {
        let mut insert = Query::insert()
            .into_table("returned")
            .columns(["platform", "journal", "sequence", "asked", "days", "due", "note"])
            .on_conflict(key().update_columns(["asked", "days", "due", "note"]).to_owned())
            .to_owned();
        for one in &letter.entries {
            insert.values_panic([
                store.platform().as_str().into(),
                journal.to_column().into(),
                signed(one.sequence).into(),
                letter.asked.as_micros().into(),
                i64::from(letter.working_days).into(),
                letter.due.as_micros().into(),
                letter.note.clone().into(),
            ]);
        }
        self.later(&insert, None);
    }
}

fn key() -> OnConflict {
    OnConflict::columns(["platform", "journal", "sequence"])
}
