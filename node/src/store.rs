//! The store (存储): tables, migrations, queries. One file per resource; noun first: `journal_get`,
//! `segment_insert`, `receipt_list`. It lies in SQLite or PostgreSQL; which, only `engine` knows.
//!
//! Reading is on [`Store`], beside the writers; writing is on [`Tx`], a named transaction. Every
//! statement carries the platform: [`Database::of`] is the only way to a [`Store`].
//!
//! *To add a table*: a step in `store/migrations`, once for each database (steps only add; the key
//! begins with `platform`; row-level security binds it), a file here with a row type and
//! `noun_verb` functions, a line in ARCHITECTURE.md. *Absent here*:
//! decisions. What is stored is decided in `exchange-spec`, and by `branch` and the hub's
//! `exchange`.

mod attachment;
mod backup;
mod change;
mod checkpoint;
mod column;
mod database;
mod enclosure;
mod engine;
mod error;
mod greeting;
mod health;
mod holding;
mod incoming;
mod journal;
mod link;
mod operator;
mod quarantine;
mod receipt;
mod record;
mod segment;
mod session;
mod snapshot;
mod staged;
pub mod tables;
mod tile;
mod transaction;
mod upkeep;

pub use attachment::{AttachmentRow, DueRow, DueState, DueTotal, Named, Way};
pub use backup::BackupRow;
pub use change::{ChangeFilter, ChangeRow, DONE, REFUSED};
pub use checkpoint::CheckpointRow;
pub use column::{Columns, signed};
pub use database::{Database, Migrated, STEPS, Step, Store};
pub use enclosure::{EnclosureRow, Erased, ForeignKey};
pub use engine::{Address, AddressError, Lease, Letterbox, Reach, Row, ServerAddress};
pub use error::StoreError;
pub use greeting::{ExpectationRow, GreetingRow};
pub use health::{AlertRow, HeardRow, PulseRow};
pub use holding::{CustodyRow, HOLDINGS, OfferRow, Register};
pub use incoming::IncomingRow;
pub use journal::{Heads, JournalNumber, JournalRow};
pub use link::LinkRow;
pub use operator::{Lock, OPERATORS, OperatorRow};
pub use quarantine::{ReleasedRow, ReturnedRow};
pub use receipt::{Counts, ReceiptRow, exception_read};
pub use record::{FoundRecord, IndexRow, Place, RecordHead, record_range, record_read};
pub use segment::{SegmentRow, SegmentSize, SegmentTotal};
pub use session::{SESSIONS, SessionRow};
pub use snapshot::Snapshot;
pub use staged::Staged;
pub use tile::Tiles;
pub use transaction::{Must, Tx};
pub use upkeep::UpkeepRow;

use sea_query::{Cond, Condition, Expr, ExprTrait as _, IntoColumnRef};

/// The condition of a row that belongs to one journal of the store's platform.
pub fn in_journal(store: &Store, journal: JournalNumber) -> Condition {
    Cond::all()
        .add(Expr::col("platform").eq(store.platform().as_str()))
        .add(Expr::col("journal").eq(journal.0))
}

/// The sum of a column, 0 of no rows, as an integer: PostgreSQL sums integers to decimals.
pub fn total(column: impl IntoColumnRef) -> Expr {
    Expr::col(column).sum().if_null(0).cast_as("bigint")
}

#[cfg(test)]
mod tests;
