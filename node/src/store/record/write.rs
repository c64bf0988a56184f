//! The index within a transaction: what it sees, and what changes beside insertion.

use sea_query::{Cond, Expr, ExprTrait as _, Query};

use super::super::error::StoreError;
use super::super::{Must, Store, Tx};
use super::read::{head_of, index, keyed, last, places_of};
use super::{CHUNK, IndexRow, Place, RecordHead, push_ordered, record_prefix, record_read};

impl Tx {
    /// The head of a record.
    ///
    /// # Errors
    /// Of the database.
    pub async fn record_head(
        &mut self,
        store: &Store,
        dataset: &str,
        record: &str,
    ) -> Result<Option<RecordHead>, StoreError> {
        head_of(&self.rows(&last(store, dataset, record)).await?)
    }

    /// The places of these keys, as this transaction sees them.
    ///
    /// # Errors
    /// Of the database.
    pub async fn record_places(
        &mut self,
        store: &Store,
        rows: &[IndexRow],
    ) -> Result<Vec<Option<Place>>, StoreError> {
        let mut places = Vec::with_capacity(rows.len());
        for some in rows.chunks(CHUNK) {
            let found = self.rows(&keyed(store, some)).await?;
            places_of(some, &found, &mut places)?;
        }
        Ok(places)
    }

    /// The place of one revision of a record.
    ///
    /// # Errors
    /// Of the database.
    pub async fn record_place(
        &mut self,
        store: &Store,
        dataset: &str,
        record: &str,
        revision: u64,
    ) -> Result<Option<Place>, StoreError> {
        let mut key = record_prefix(dataset, record);
        push_ordered(&mut key, revision);
        let mut select = index(store);
        select.and_where(Expr::col("key").eq(key));
        let rows = self.rows(&select).await?;
        Ok(rows.first().map(record_read).transpose()?.map(|found| found.place))
    }

    /// Writes how entries stand that were judged again, with what is run next.
    pub fn record_stand(&mut self, store: &Store, rows: &[IndexRow]) {
        for row in rows {
            let update = Query::update()
                .table("record")
                .value("place", row.place.clone())
                .and_where(Expr::col("platform").eq(store.platform().as_str()))
                .and_where(Expr::col("key").eq(row.key.clone()))
                .to_owned();
            self.later(&update, Must::change(1, "record"));
        }
    }

    /// Removes the index rows of these entries, for the adoption of the hub's copy.
    ///
    /// # Errors
    /// Of the database.
    pub async fn record_remove(
        &mut self,
        store: &Store,
        rows: &[IndexRow],
    ) -> Result<(), StoreError> {
        for some in rows.chunks(CHUNK) {
            let any = some
                .iter()
                .fold(Cond::any(), |any, row| any.add(Expr::col("key").eq(row.key.clone())));
            let delete = Query::delete()
                .from_table("record")
                .and_where(Expr::col("platform").eq(store.platform().as_str()))
                .cond_where(any)
                .to_owned();
            self.run(&delete).await?;
        }
        Ok(())
    }
}
