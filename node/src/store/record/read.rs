//! Reading the index: pages, revisions, heads, places.

use std::collections::BTreeMap;

use sea_query::{Expr, ExprTrait as _, Order, Query};

use super::super::Store;
use super::super::column::Columns;
use super::super::engine::Row;
use super::super::error::StoreError;
use super::{
    CHUNK, FoundRecord, IndexRow, Place, RecordHead, push_ordered, record_prefix, record_range,
    record_read,
};

impl Store {
    /// All revisions of a record, ascending.
    ///
    /// # Errors
    /// Of the database.
    pub async fn record_revisions(
        &self,
        dataset: &str,
        record: &str,
        limit: u64,
    ) -> Result<Vec<FoundRecord>, StoreError> {
        let (from, to) = record_range(dataset, record);
        let mut select = index(self);
        select
            .and_where(Expr::col("key").gt(from))
            .and_where(Expr::col("key").lt(to))
            .order_by("key", Order::Asc)
            .limit(limit);
        self.rows("record_revisions", &select).await?.iter().map(record_read).collect()
    }

    /// How many revisions are indexed.
    ///
    /// # Errors
    /// Of the database.
    pub async fn record_count(&self) -> Result<u64, StoreError> {
        let select = Query::select()
            .expr_as(Expr::col("key").count(), "revisions")
            .from("record")
            .and_where(Expr::col("platform").eq(self.platform().as_str()))
            .to_owned();
        let rows = self.rows("record_count", &select).await?;
        rows.first().map_or(Ok(0), |row| Columns::new("record", row).number("revisions"))
    }

    /// Entries of the index after `(dataset, record, revision)`, ascending: a page of a walk over
    /// all of it.
    ///
    /// # Errors
    /// Of the database.
    pub async fn record_after(
        &self,
        after: Option<&FoundRecord>,
        limit: u64,
    ) -> Result<Vec<FoundRecord>, StoreError> {
        let mut select = index(self);
        if let Some(after) = after {
            let mut key = record_prefix(&after.dataset, &after.record);
            push_ordered(&mut key, after.revision);
            select.and_where(Expr::col("key").gt(key));
        }
        select.order_by("key", Order::Asc).limit(limit);
        self.rows("record_after", &select).await?.iter().map(record_read).collect()
    }

    /// The places of these keys, in order; `None` where a key is not indexed.
    ///
    /// # Errors
    /// Of the database.
    pub async fn record_places(&self, rows: &[IndexRow]) -> Result<Vec<Option<Place>>, StoreError> {
        let mut places = Vec::with_capacity(rows.len());
        for some in rows.chunks(CHUNK) {
            let found = self.rows("record_places", &keyed(self, some)).await?;
            places_of(some, &found, &mut places)?;
        }
        Ok(places)
    }

    /// The head of a record.
    ///
    /// # Errors
    /// Of the database.
    pub async fn record_head(
        &self,
        dataset: &str,
        record: &str,
    ) -> Result<Option<RecordHead>, StoreError> {
        head_of(&self.rows("record_head", &last(self, dataset, record)).await?)
    }
}

/// The rows of these keys. The list is filled up to a power of two with its last key, so that few
/// shapes of the statement stay prepared.
pub(super) fn keyed(store: &Store, rows: &[IndexRow]) -> sea_query::SelectStatement {
    let keys = rows.iter().chain(rows.last().into_iter().cycle()).map(|row| row.key.clone());
    let mut select = index(store);
    select.and_where(Expr::col("key").is_in(keys.take(rows.len().next_power_of_two())));
    select
}

pub(super) fn places_of(
    asked: &[IndexRow],
    found: &[Row],
    out: &mut Vec<Option<Place>>,
) -> Result<(), StoreError> {
    let mut known = BTreeMap::new();
    for row in found {
        let columns = Columns::new("record", row);
        known.insert(columns.blob("key")?.to_vec(), record_read(row)?.place);
    }
    out.extend(asked.iter().map(|row| known.get(&row.key).copied()));
    Ok(())
}

/// The last revision of a record.
pub(super) fn last(store: &Store, dataset: &str, record: &str) -> sea_query::SelectStatement {
    let (from, to) = record_range(dataset, record);
    let mut select = index(store);
    select
        .and_where(Expr::col("key").gt(from))
        .and_where(Expr::col("key").lt(to))
        .order_by("key", Order::Desc)
        .limit(1);
    select
}

pub(super) fn head_of(rows: &[Row]) -> Result<Option<RecordHead>, StoreError> {
    let head = rows.first().map(record_read).transpose()?;
    Ok(head.map(|found| RecordHead { revision: found.revision, place: found.place }))
}

pub(super) fn index(store: &Store) -> sea_query::SelectStatement {
    Query::select()
        .columns(["key", "place"])
        .from("record")
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .to_owned()
}
