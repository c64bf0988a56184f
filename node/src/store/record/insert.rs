//! Adding rows to the index: the widest statement of the store, run at every append and verdict.

use std::sync::{Arc, LazyLock};

use sea_query::{OnConflict, Query};

use super::IndexRow;
use crate::store::engine::{Language, Statement};
use crate::store::{Must, Store, StoreError, Tx};

/// Rows of one insert are a power of two, so that few statements stay prepared: 1 to 4,096. Two
/// values a row stay far below SQLite's 32,766.
const INSERT_SIZES: usize = 13;
/// Rows that are few enough to be handed in with other statements: few shapes of them.
const FEW: usize = 16;

type Texts = [Arc<str>; INSERT_SIZES];

/// The statement that inserts as many of `left` rows as may be together, and how many those are.
/// Its text is made once: at this rate the builder would cost as much as the database.
fn insert(language: Language, left: usize) -> (usize, Arc<str>) {
    static SQLITE: LazyLock<Texts> = LazyLock::new(|| insert_texts(Language::Sqlite));
    static POSTGRES: LazyLock<Texts> = LazyLock::new(|| insert_texts(Language::Postgres));
    let texts = match language {
        Language::Sqlite => &SQLITE,
        Language::Postgres => &POSTGRES,
    };
    let fits = usize::try_from(left.max(1).ilog2()).unwrap_or(0);
    // A chunk that lacks less than an eighth is filled up instead of broken into small ones.
    let above = 1_usize << (fits + 1);
    let power = if above - left <= above / 8 { fits + 1 } else { fits };
    let power = power.min(INSERT_SIZES - 1);
    (1 << power, Arc::clone(&texts[power]))
}

fn insert_texts(language: Language) -> Texts {
    std::array::from_fn(|power| insert_text(language, 1 << power))
}

/// The platform is the first value. In PostgreSQL it stands in every row: whoever routes rows by it
/// needs to see it there. In SQLite it stands once, and places have no numbers: the driver would
/// look each number up in a list, which for wide statements costs more than the insert.
fn insert_text(language: Language, rows: usize) -> Arc<str> {
    let from = match language {
        Language::Sqlite => {
            let rows = vec!["(?, ?)"; rows].join(", ");
            format!("SELECT ?, column1, column2 FROM (VALUES {rows}) WHERE true")
        }
        Language::Postgres => {
            let row = |row: usize| format!("($1, ${}, ${})", 2 * row + 2, 2 * row + 3);
            format!("VALUES {}", (0..rows).map(row).collect::<Vec<_>>().join(", "))
        }
    };
    format!(
        "INSERT INTO record (platform, key, place) {from} \
         ON CONFLICT (platform, key) DO NOTHING"
    )
    .into()
}

impl Tx {
    /// Adds index rows; those whose key is there already are left out. Answers how many were added.
    ///
    /// # Errors
    /// Of the database.
    pub async fn record_insert(
        &mut self,
        store: &Store,
        mut rows: Vec<IndexRow>,
    ) -> Result<u64, StoreError> {
        rows.sort_unstable();
        let mut rows = rows.into_iter();
        let mut added = 0;
        while let Some(last) = rows.as_slice().last().cloned() {
            let (size, sql) = insert(self.language(), rows.as_slice().len());
            let chunk = rows.by_ref().take(size);
            // A row that stands already is left out: the last one fills a chunk up.
            let chunk = chunk.chain(std::iter::repeat(last)).take(size);
            let mut values = Vec::with_capacity(2 * size + 1);
            values.push(store.platform().as_str().into());
            values.extend(chunk.flat_map(|row| [row.key.into(), row.place.into()]));
            added += self.run_built(Statement { sql, values }).await?;
        }
        Ok(added)
    }

    /// Adds index rows that are not there yet; few of them wait for what is run next.
    ///
    /// # Errors
    /// Of the database; [`StoreError::Raced`] if a key is there already, at the latest when the
    /// transaction commits.
    pub async fn record_add(
        &mut self,
        store: &Store,
        mut rows: Vec<IndexRow>,
    ) -> Result<(), StoreError> {
        let count = rows.len() as u64;
        if rows.len() > FEW {
            let added = self.record_insert(store, rows).await?;
            return if added == count { Ok(()) } else { Err(StoreError::Raced("record")) };
        }
        rows.sort_unstable();
        let mut insert = Query::insert()
            .into_table("record")
            .columns(["platform", "key", "place"])
            .on_conflict(OnConflict::columns(["platform", "key"]).do_nothing().to_owned())
            .to_owned();
        for row in rows {
            insert.values_panic([
                store.platform().as_str().into(),
                row.key.into(),
                row.place.into(),
            ]);
        }
        if count > 0 {
            self.later(&insert, Must::change(count, "record"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::Home;

    fn rows(numbers: std::ops::Range<u32>) -> Vec<IndexRow> {
        let row = |number: u32| IndexRow { key: number.to_be_bytes().into(), place: vec![0; 40] };
        numbers.map(row).collect()
    }

    #[test]
    fn a_chunk_is_filled_up_by_less_than_an_eighth() {
        for left in 1..10_000 {
            let (size, _) = insert(Language::Sqlite, left);
            assert!(size <= left || size - left <= size / 8, "{left} rows in {size}");
            assert!(size > left / 2 || size == 1 << (INSERT_SIZES - 1), "{left} rows in {size}");
        }
        assert_eq!(insert(Language::Postgres, 500).1.matches("($1, $").count(), 512);
    }

    #[tokio::test]
    async fn every_row_counts_once_however_many_there_are() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::open(dir.path(), 1).await;
        let store = home.store();
        let mut tx = store.begin("record_insert").await.unwrap();
        let mut next = 0;
        for count in [1, 3, 16, 17, 500, 900, 9000] {
            let some = rows(next..next + count);
            assert_eq!(tx.record_insert(store, some.clone()).await.unwrap(), u64::from(count));
            assert_eq!(tx.record_insert(store, some).await.unwrap(), 0);
            next += count;
        }
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn a_row_that_is_there_already_is_a_race_however_many_there_are() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::open(dir.path(), 1).await;
        let store = home.store();
        for count in [2, 500] {
            let mut tx = store.begin("record_add").await.unwrap();
            tx.record_add(store, rows(0..1)).await.unwrap();
            let raced = match tx.record_add(store, rows(0..count)).await {
                Ok(()) => tx.commit().await,
                raced => raced,
            };
            assert!(matches!(raced, Err(StoreError::Raced("record"))), "{raced:?}");
        }
        assert!(store.record_places(&rows(0..1)).await.unwrap().iter().all(Option::is_none));
    }
}
