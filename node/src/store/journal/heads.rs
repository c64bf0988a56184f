//! Heads: size, root, position, serial and stop of a journal, in the table of journals or in one
//! beside it, such as what a hub has admitted of a journal that is at home in its own store. The
//! statements that fence are the same for both.

use sanheyi_exchange_spec::ids::{EpochId, Generation, JournalId};
use sanheyi_exchange_spec::link::Position;
use sanheyi_exchange_spec::link::admit::Head;
use sanheyi_exchange_spec::suite::Digest;
use sea_query::{Cond, Condition, Expr, ExprTrait as _, Query, UpdateStatement};

use super::JournalNumber;
use crate::store::column::{Columns, signed};
use crate::store::{Must, Store, StoreError, Tx};

/// A table of heads: the journals themselves, or one beside them whose rows have the same columns
/// for size, root, position, serial and stop.
#[derive(Clone, Copy, Debug)]
pub struct Heads {
    /// The table.
    pub table: &'static str,
    /// Its column of a journal's number.
    pub number: &'static str,
}

// === impl Heads ===

impl Heads {
    pub(super) const JOURNAL: Self = Self { table: "journal", number: "number" };

    fn of(self, store: &Store, number: JournalNumber) -> Condition {
        Cond::all()
            .add(Expr::col("platform").eq(store.platform().as_str()))
            .add(Expr::col(self.number).eq(number.0))
    }

    pub(super) fn advance(
        self,
        store: &Store,
        number: JournalNumber,
        from: &Head,
        size: u64,
        root: &Digest,
    ) -> UpdateStatement {
        Query::update()
            .table(self.table)
            .values([("size", signed(size).into()), ("root", root.as_bytes().to_vec().into())])
            .cond_where(self.of(store, number))
            .and_where(Expr::col("size").eq(signed(from.size)))
            .and_where(Expr::col("epoch").eq(from.position.epoch.as_bytes().to_vec()))
            .and_where(Expr::col("generation").eq(from.position.generation.as_bytes().to_vec()))
            .to_owned()
    }
}

// === impl Columns ===

impl Columns<'_> {
    /// The head of `journal`, from a row of a table of heads.
    ///
    /// # Errors
    /// If a column holds something else.
    pub fn head(&self, journal: JournalId) -> Result<Head, StoreError> {
        let generation = Generation::from_slice(self.blob("generation")?);
        Ok(Head {
            journal,
            size: self.number("size")?,
            root: self.parsed("root", Digest::from_slice(self.blob("root")?))?,
            position: Position {
                generation: self.parsed("generation", generation)?,
                epoch: self.parsed("epoch", EpochId::from_slice(self.blob("epoch")?))?,
            },
            opened: self.number("opened")?,
            stopped: self.text_or_null("stopped")?.is_some(),
        })
    }
}

// === impl Tx ===

impl Tx {
    /// Moves a head that is kept beside the journal's own, by the same condition.
    pub fn head_advance(
        &mut self,
        heads: Heads,
        store: &Store,
        number: JournalNumber,
        from: &Head,
        to: &Head,
    ) {
        let update = heads.advance(store, number, from, to.size, &to.root);
        self.later(&update, Must::change(1, heads.table));
    }

    /// Opens an epoch in a table of heads; `serials`: the one before, the one from now on.
    ///
    /// # Errors
    /// [`StoreError::Raced`] if the one before is no longer the serial.
    pub async fn head_epoch(
        &mut self,
        heads: Heads,
        store: &Store,
        number: JournalNumber,
        serials: (u64, u64),
        position: Position,
        opened: u64,
    ) -> Result<(), StoreError> {
        let update = Query::update()
            .table(heads.table)
            .values([
                ("generation", position.generation.as_bytes().to_vec().into()),
                ("epoch", position.epoch.as_bytes().to_vec().into()),
                ("serial", signed(serials.1).into()),
                ("opened", signed(opened).into()),
                ("stopped", Option::<String>::None.into()),
            ])
            .cond_where(heads.of(store, number))
            .and_where(Expr::col("serial").eq(signed(serials.0)))
            .to_owned();
        match self.run(&update).await? {
            1 => Ok(()),
            _ => Err(StoreError::Raced(heads.table)),
        }
    }

    /// Stops a journal in a table of heads.
    ///
    /// # Errors
    /// Of the database.
    pub async fn head_stop(
        &mut self,
        heads: Heads,
        store: &Store,
        number: JournalNumber,
        why: &str,
    ) -> Result<(), StoreError> {
        let update = Query::update()
            .table(heads.table)
            .value("stopped", why)
            .cond_where(heads.of(store, number))
            .to_owned();
        self.run(&update).await.map(drop)
    }
}
