//! Receipts and the entries they except: `receipt_*`, `exception_*`. At the hub the gate writes
//! them, at a branch they are read out of its mailbox.

use prost::Message as _;
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::later::Change;
use sanheyi_exchange_spec::receipt::{Exception, Receipt};
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::exchange::v1 as wire;
use sea_query::{Expr, ExprTrait as _, OnConflict, Order, Query, SelectStatement};

use super::column::{Columns, signed};
use super::engine::Row;
use super::error::StoreError;
use super::{JournalNumber, Store, Tx, in_journal, total};

/// A receipt as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptRow {
    /// First sequence number judged.
    pub first: u64,
    /// One past the last.
    pub past: u64,
    /// Root at size `past`.
    pub root: Digest,
    /// Version of the standard judged by.
    pub standard: u32,
    /// When the hub received the last entry of the range.
    pub received: Timestamp,
    /// Accepted, quarantined, pending; later verdicts have moved entries from one to another.
    pub counts: Counts,
}

/// How many entries stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Accepted.
    pub accepted: u64,
    /// Quarantined.
    pub quarantined: u64,
    /// Pending.
    pub pending: u64,
    /// Accepted with warnings: among the accepted.
    pub warned: u64,
}

impl Counts {
    /// All of them together.
    pub fn total(&self) -> u64 {
        self.accepted + self.quarantined + self.pending
    }
}

// === impl Store ===

impl Store {
    /// Up to `limit` receipts of a journal that begin at or after `first`, ascending.
    ///
    /// # Errors
    /// Of the database.
    pub async fn receipt_list(
        &self,
        journal: JournalNumber,
        first: u64,
        limit: u64,
    ) -> Result<Vec<ReceiptRow>, StoreError> {
        let select = receipts(self, journal, first).limit(limit).to_owned();
        self.rows("receipt_list", &select).await?.iter().map(receipt_read).collect()
    }

    /// The receipt that judged an entry.
    ///
    /// # Errors
    /// Of the database.
    pub async fn receipt_over(
        &self,
        journal: JournalNumber,
        sequence: u64,
    ) -> Result<Option<ReceiptRow>, StoreError> {
        let select = receipts(self, journal, 0)
            .clear_order_by()
            .and_where(Expr::col("first").lte(signed(sequence)))
            .and_where(Expr::col("past").gt(signed(sequence)))
            .order_by("first", Order::Desc)
            .limit(1)
            .to_owned();
        self.rows("receipt_over", &select).await?.first().map(receipt_read).transpose()
    }

    /// How many receipts of a journal end at or before `past`.
    ///
    /// # Errors
    /// Of the database.
    pub async fn receipt_count(
        &self,
        journal: JournalNumber,
        past: u64,
    ) -> Result<u64, StoreError> {
        let select = Query::select()
            .expr_as(Expr::col("first").count(), "receipts")
            .from("receipt")
            .cond_where(in_journal(self, journal))
            .and_where(Expr::col("past").lte(signed(past)))
            .to_owned();
        let rows = self.rows("receipt_count", &select).await?;
        rows.first().map_or(Ok(0), |row| Columns::new("receipt", row).number("receipts"))
    }

    /// What became of a journal's entries so far, and up to where: (counts, one past the last
    /// judged).
    ///
    /// # Errors
    /// Of the database.
    pub async fn receipt_counts(
        &self,
        journal: JournalNumber,
    ) -> Result<(Counts, u64), StoreError> {
        let select = Query::select()
            .expr_as(total("accepted"), "accepted")
            .expr_as(total("quarantined"), "quarantined")
            .expr_as(total("pending"), "pending")
            .expr_as(total("warned"), "warned")
            .expr_as(Expr::col("past").max().if_null(0), "past")
            .from("receipt")
            .cond_where(in_journal(self, journal))
            .to_owned();
        let rows = self.rows("receipt_counts", &select).await?;
        let Some(row) = rows.first() else { return Ok((Counts::default(), 0)) };
        let row = Columns::new("receipt", row);
        let counts = Counts {
            accepted: row.number("accepted")?,
            quarantined: row.number("quarantined")?,
            pending: row.number("pending")?,
            warned: row.number("warned")?,
        };
        Ok((counts, row.number("past")?))
    }

    /// Up to `limit` excepted entries of a journal after sequence number `after`, ascending.
    ///
    /// # Errors
    /// Of the database.
    pub async fn exception_list(
        &self,
        journal: JournalNumber,
        after: Option<u64>,
        limit: u64,
    ) -> Result<Vec<Exception>, StoreError> {
        let mut select = Query::select();
        select
            .columns(["sequence", "standing", "detail"])
            .from("exception")
            .cond_where(in_journal(self, journal))
            .order_by("sequence", Order::Asc)
            .limit(limit);
        if let Some(after) = after {
            select.and_where(Expr::col("sequence").gt(signed(after)));
        }
        let rows = self.rows("exception_list", &select).await?;
        rows.iter().map(exception_read).collect()
    }
}

fn receipts(store: &Store, journal: JournalNumber, first: u64) -> SelectStatement {
    Query::select()
        .columns(["first", "past", "root", "standard", "received"])
        .columns(["accepted", "quarantined", "pending", "warned"])
        .from("receipt")
        .cond_where(in_journal(store, journal))
        .and_where(Expr::col("first").gte(signed(first)))
        .order_by("first", Order::Asc)
        .to_owned()
}

fn receipt_read(row: &Row) -> Result<ReceiptRow, StoreError> {
    let row = Columns::new("receipt", row);
    Ok(ReceiptRow {
        first: row.number("first")?,
        past: row.number("past")?,
        root: row.parsed("root", Digest::from_slice(row.blob("root")?))?,
        standard: row.parsed("standard", u32::try_from(row.integer("standard")?))?,
        received: Timestamp::from_micros(row.integer("received")?),
        counts: Counts {
            accepted: row.number("accepted")?,
            quarantined: row.number("quarantined")?,
            pending: row.number("pending")?,
            warned: row.number("warned")?,
        },
    })
}

/// The count of a receipt in which an entry of this standing is.
const fn column_of(standing: Standing) -> &'static str {
    match standing {
        Standing::Accepted => "accepted",
        Standing::Quarantined => "quarantined",
        Standing::Pending => "pending",
    }
}

/// Reads the columns `sequence`, `standing` and `detail` of an excepted entry.
///
/// # Errors
/// If they contradict each other.
pub fn exception_read(row: &Row) -> Result<Exception, StoreError> {
    let row = Columns::new("exception", row);
    let detail = row.parsed("detail", wire::Exception::decode(row.blob("detail")?))?;
    let exception = Exception::from_wire(detail)
        .ok_or_else(|| row.wrong("detail", "names no standing that is known"))?;
    let same = exception.sequence == row.number("sequence")?
        && Standing::from_number(row.integer("standing")?) == Some(exception.standing);
    if same { Ok(exception) } else { Err(row.wrong("detail", "is about another entry")) }
}

// === impl Tx ===

impl Tx {
    /// Keeps a receipt and what it excepts. One that is there already stays: receipts come again
    /// after a lost answer.
    pub fn receipt_put(&mut self, store: &Store, journal: JournalNumber, receipt: &Receipt) {
        let (accepted, quarantined, pending) = receipt.counts();
        let insert = Query::insert()
            .into_table("receipt")
            .columns([
                "platform",
                "journal",
                "first",
                "past",
                "root",
                "standard",
                "received",
                "accepted",
                "quarantined",
                "pending",
                "warned",
            ])
            .values_panic([
                store.platform().as_str().into(),
                journal.0.into(),
                signed(receipt.from).into(),
                signed(receipt.to).into(),
                receipt.root.as_bytes().to_vec().into(),
                i64::from(receipt.standard).into(),
                receipt.received.as_micros().into(),
                signed(accepted).into(),
                signed(quarantined).into(),
                signed(pending).into(),
                signed(receipt.warned()).into(),
            ])
            .on_conflict(
                OnConflict::columns(["platform", "journal", "first"]).do_nothing().to_owned(),
            )
            .to_owned();
        self.later(&insert, None);
        self.exception_put(store, journal, &receipt.exceptions);
    }

    fn exception_put(&mut self, store: &Store, journal: JournalNumber, exceptions: &[Exception]) {
        if exceptions.is_empty() {
            return;
        }
        let mut insert = Query::insert()
            .into_table("exception")
            .columns(["platform", "journal", "sequence", "standing", "detail"])
            .on_conflict(
                OnConflict::columns(["platform", "journal", "sequence"]).do_nothing().to_owned(),
            )
            .to_owned();
        for exception in exceptions {
            insert.values_panic([
                store.platform().as_str().into(),
                journal.0.into(),
                signed(exception.sequence).into(),
                exception.standing.number().into(),
                exception.to_wire().encode_to_vec().into(),
            ]);
        }
        self.later(&insert, None);
    }

    /// Replaces the verdict on an entry, and moves it from one count of its receipt to the other.
    /// Nothing is changed where the entry does not stand as the change says, so that one that comes
    /// again changes nothing.
    pub fn verdict_change(&mut self, store: &Store, journal: JournalNumber, change: &Change) {
        let verdict = &change.verdict;
        let sequence = signed(verdict.sequence);
        let stands = || {
            in_journal(store, journal)
                .add(Expr::col("sequence").eq(sequence))
                .add(Expr::col("standing").eq(change.replaced.number()))
        };
        let warns = verdict.standing == Standing::Accepted && !verdict.reasons.is_empty();
        if verdict.standing != change.replaced {
            let there =
                Query::select().expr(Expr::val(1)).from("exception").cond_where(stands()).take();
            let (from, to) = (column_of(change.replaced), column_of(verdict.standing));
            let mut update = Query::update();
            update
                .table("receipt")
                .value(from, Expr::col(from).sub(1))
                .value(to, Expr::col(to).add(1))
                .cond_where(in_journal(store, journal))
                .and_where(Expr::col("first").lte(sequence))
                .and_where(Expr::col("past").gt(sequence))
                .and_where(Expr::exists(there));
            if warns {
                update.value("warned", Expr::col("warned").add(1));
            }
            self.later(&update, None);
        }
        if verdict.standing == Standing::Accepted && !warns {
            let delete = Query::delete().from_table("exception").cond_where(stands()).take();
            self.later(&delete, None);
            return;
        }
        let update = Query::update()
            .table("exception")
            .value("standing", verdict.standing.number())
            .value("detail", verdict.to_wire().encode_to_vec())
            .cond_where(stands())
            .take();
        self.later(&update, None);
    }

    /// Removes receipts, exceptions and what followed of them about entries at or beyond `size`:
    /// the journal was cut back to the hub's copy.
    ///
    /// # Errors
    /// Of the database.
    pub async fn receipt_cut(
        &mut self,
        store: &Store,
        journal: JournalNumber,
        size: u64,
    ) -> Result<(), StoreError> {
        let of_entries = ["exception", "returned", "released"].map(|table| (table, "sequence"));
        for (table, column) in std::iter::once(("receipt", "past")).chain(of_entries) {
            let edge = if column == "past" { size + 1 } else { size };
            let delete = Query::delete()
                .from_table(table)
                .cond_where(in_journal(store, journal))
                .and_where(Expr::col(column).gte(signed(edge)))
                .to_owned();
            self.run(&delete).await?;
        }
        Ok(())
    }
}
