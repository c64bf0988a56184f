//! The index of what others wrote and this platform was given (来件): `incoming_*`. One small row an
//! entry, as in the index of own records; the author's id stands in front, for another platform's
//! records are another name space.
//!
//! ```text
//! key = author 0x00 dataset 0x00 record 0x00 number (the revision)
//! ```

use sanheyi_exchange_spec::entry::HeaderView;
use sanheyi_exchange_spec::ids::PlatformId;
use sea_query::{Expr, ExprTrait as _, OnConflict, Order, Query, SelectStatement};

use super::column::Columns;
use super::engine::Row;
use super::error::StoreError;
use super::record::{Place, RecordHead, beyond, push_ordered, record_prefix, take_ordered};
use super::{Must, Store, Tx};

/// Rows in one statement.
const CHUNK: usize = 512;

/// An entry that another platform wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncomingRow {
    /// Who wrote it.
    pub author: PlatformId,
    /// Its dataset.
    pub dataset: String,
    /// Its record.
    pub record: String,
    /// Its revision.
    pub revision: u64,
    /// Where it stands: the journal that brought it, not its author's.
    pub place: Place,
}

fn prefix(author: &PlatformId, dataset: &str) -> Vec<u8> {
    let mut key = author.as_str().as_bytes().to_vec();
    key.push(0);
    key.extend_from_slice(dataset.as_bytes());
    key.push(0);
    key
}

fn of_record(author: &PlatformId, dataset: &str, record: &str) -> Vec<u8> {
    let mut key = author.as_str().as_bytes().to_vec();
    key.push(0);
    key.extend_from_slice(&record_prefix(dataset, record));
    key
}

/// The key of one revision of a record of `author`.
pub(super) fn key_of(author: &PlatformId, dataset: &str, record: &str, revision: u64) -> Vec<u8> {
    let mut key = of_record(author, dataset, record);
    push_ordered(&mut key, revision);
    key
}

/// Between which two keys everything of `author` stands, neither of them a key.
pub(super) fn range_of(author: &PlatformId) -> (Vec<u8>, Vec<u8>) {
    let mut from = author.as_str().as_bytes().to_vec();
    from.push(0);
    (from.clone(), beyond(from))
}

fn unpack(key: &[u8]) -> Option<(PlatformId, String, String, u64)> {
    let mut parts = key.splitn(4, |byte| *byte == 0);
    let mut text = || std::str::from_utf8(parts.next()?).ok();
    let (author, dataset, record) = (text()?.parse().ok()?, text()?.to_owned(), text()?.to_owned());
    let mut rest = parts.next()?;
    Some((author, dataset, record, take_ordered(&mut rest)?))
}

fn read(row: &Row) -> Result<IncomingRow, StoreError> {
    let row = Columns::new("incoming", row);
    let (author, dataset, record, revision) =
        unpack(row.blob("key")?).ok_or_else(|| row.wrong("key", "not an index key"))?;
    let place = Place::unpack(row.blob("place")?)
        .ok_or_else(|| row.wrong("place", format!("of {dataset} {record} is not a place")))?;
    Ok(IncomingRow { author, dataset, record, revision, place })
}

fn index(store: &Store) -> SelectStatement {
    Query::select()
        .columns(["key", "place"])
        .from("incoming")
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .to_owned()
}

fn within(store: &Store, from: Vec<u8>, order: Order, limit: u64) -> SelectStatement {
    let to = beyond(from.clone());
    index(store)
        .and_where(Expr::col("key").gt(from))
        .and_where(Expr::col("key").lt(to))
        .order_by("key", order)
        .limit(limit)
        .to_owned()
}

// === impl IncomingRow ===

impl IncomingRow {
    /// The row of an entry of `author`.
    pub fn new(author: &PlatformId, header: &HeaderView<'_>, place: Place) -> Self {
        Self {
            author: author.clone(),
            dataset: header.dataset.to_owned(),
            record: header.record.to_owned(),
            revision: header.revision,
            place,
        }
    }

    fn key(&self) -> Vec<u8> {
        key_of(&self.author, &self.dataset, &self.record, self.revision)
    }
}

// === impl Store ===

impl Store {
    /// One revision of a record of `author`.
    ///
    /// # Errors
    /// Of the database.
    pub async fn incoming_get(
        &self,
        author: &PlatformId,
        dataset: &str,
        record: &str,
        revision: u64,
    ) -> Result<Option<IncomingRow>, StoreError> {
        let mut select = index(self);
        select.and_where(Expr::col("key").eq(key_of(author, dataset, record, revision)));
        self.rows("incoming_get", &select).await?.first().map(read).transpose()
    }

    /// Whether anything came of another author than `author`.
    ///
    /// # Errors
    /// Of the database.
    pub async fn incoming_besides(&self, author: &PlatformId) -> Result<bool, StoreError> {
        let (from, to) = range_of(author);
        for side in [Expr::col("key").lt(from), Expr::col("key").gt(to)] {
            let select = index(self).and_where(side).limit(1).to_owned();
            if !self.rows("incoming_besides", &select).await?.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The last revision of a record of `author` that came.
    ///
    /// # Errors
    /// Of the database.
    pub async fn incoming_head(
        &self,
        author: &PlatformId,
        dataset: &str,
        record: &str,
    ) -> Result<Option<RecordHead>, StoreError> {
        let select = within(self, of_record(author, dataset, record), Order::Desc, 1);
        head_of(&self.rows("incoming_head", &select).await?)
    }

    /// The revisions of a record of `author` that came, ascending.
    ///
    /// # Errors
    /// Of the database.
    pub async fn incoming_revisions(
        &self,
        author: &PlatformId,
        dataset: &str,
        record: &str,
        limit: u64,
    ) -> Result<Vec<IncomingRow>, StoreError> {
        let select = within(self, of_record(author, dataset, record), Order::Asc, limit);
        self.rows("incoming_revisions", &select).await?.iter().map(read).collect()
    }

    /// Rows of one dataset of `author`, ascending, behind `after`.
    ///
    /// # Errors
    /// Of the database.
    pub async fn incoming_of(
        &self,
        author: &PlatformId,
        dataset: &str,
        after: Option<&IncomingRow>,
        limit: u64,
    ) -> Result<Vec<IncomingRow>, StoreError> {
        let mut select = within(self, prefix(author, dataset), Order::Asc, limit);
        if let Some(after) = after {
            select.and_where(Expr::col("key").gt(after.key()));
        }
        self.rows("incoming_of", &select).await?.iter().map(read).collect()
    }

    /// All rows, ascending, behind `after`: a page of a walk.
    ///
    /// # Errors
    /// Of the database.
    pub async fn incoming_after(
        &self,
        after: Option<&IncomingRow>,
        limit: u64,
    ) -> Result<Vec<IncomingRow>, StoreError> {
        let mut select = index(self);
        if let Some(after) = after {
            select.and_where(Expr::col("key").gt(after.key()));
        }
        select.order_by("key", Order::Asc).limit(limit);
        self.rows("incoming_after", &select).await?.iter().map(read).collect()
    }
}

fn head_of(rows: &[Row]) -> Result<Option<RecordHead>, StoreError> {
    let head = rows.first().map(read).transpose()?;
    Ok(head.map(|row| RecordHead { revision: row.revision, place: row.place }))
}

// === impl Tx ===

impl Tx {
    /// The last revision of a record of `author` that came, as this transaction sees it.
    ///
    /// # Errors
    /// Of the database.
    pub async fn incoming_head(
        &mut self,
        store: &Store,
        author: &PlatformId,
        dataset: &str,
        record: &str,
    ) -> Result<Option<RecordHead>, StoreError> {
        let select = within(store, of_record(author, dataset, record), Order::Desc, 1);
        head_of(&self.rows(&select).await?)
    }

    /// The place of one revision of a record of `author`, as this transaction sees it.
    ///
    /// # Errors
    /// Of the database.
    pub async fn incoming_place(
        &mut self,
        store: &Store,
        row: &IncomingRow,
    ) -> Result<Option<Place>, StoreError> {
        let select = index(store).and_where(Expr::col("key").eq(row.key())).to_owned();
        let rows = self.rows(&select).await?;
        Ok(rows.first().map(read).transpose()?.map(|row| row.place))
    }

    /// Adds rows, with what is run next; one that is there already stays as it is.
    pub fn incoming_add(&mut self, store: &Store, rows: &[IncomingRow]) {
        self.incoming_insert(store, rows, false);
    }

    /// Adds rows none of which may be there, with what is run next: else
    /// [`StoreError::Raced`]. Few of them: a call's worth.
    pub fn incoming_new(&mut self, store: &Store, rows: &[IncomingRow]) {
        self.incoming_insert(store, rows, true);
    }

    fn incoming_insert(&mut self, store: &Store, rows: &[IncomingRow], new: bool) {
        for some in rows.chunks(CHUNK) {
            let mut insert = Query::insert()
                .into_table("incoming")
                .columns(["platform", "key", "place"])
                .on_conflict(OnConflict::columns(["platform", "key"]).do_nothing().to_owned())
                .to_owned();
            for row in some {
                insert.values_panic([
                    store.platform().as_str().into(),
                    row.key().into(),
                    row.place.pack().into(),
                ]);
            }
            let all = new.then(|| Must::change(some.len() as u64, "incoming")).flatten();
            self.later(&insert, all);
        }
    }
}

#[cfg(test)]
mod tests {
    use sanheyi_exchange_spec::suite::Digest;

    use super::*;
    use crate::store::JournalNumber;
    use crate::tests::Home;

    fn row(author: &str, record: &str, revision: u64) -> IncomingRow {
        let place = Place {
            journal: JournalNumber::from_column(2),
            sequence: revision,
            standing: None,
            digest: Digest::new([7; 32]),
        };
        IncomingRow {
            author: author.parse().unwrap(),
            dataset: "supervision.order".into(),
            record: record.into(),
            revision,
            place,
        }
    }

    #[tokio::test]
    async fn each_author_has_a_name_space() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::open(dir.path(), 1).await;
        let store = home.store();
        let rows = [row("changzhou", "A", 1), row("changzhou", "A", 2), row("wujin", "A", 1)];
        let mut tx = store.begin("incoming_add").await.unwrap();
        tx.incoming_add(store, &rows);
        tx.incoming_add(store, &rows[..1]);
        tx.commit().await.unwrap();
        let (hub, wujin) = (&rows[0].author, &rows[2].author);
        let head = |author| store.incoming_head(author, "supervision.order", "A");
        assert_eq!(head(hub).await.unwrap().unwrap().revision, 2);
        assert_eq!(head(wujin).await.unwrap().unwrap().revision, 1);
        assert_eq!(store.incoming_after(None, 10).await.unwrap(), rows);
        assert_eq!(store.incoming_after(Some(&rows[0]), 1).await.unwrap(), rows[1..2]);
        let of = store.incoming_of(hub, "supervision.order", Some(&rows[0]), 9).await.unwrap();
        assert_eq!(of, rows[1..2]);
    }

    #[tokio::test]
    async fn one_that_must_be_new_and_is_not_is_a_race() {
        let dir = tempfile::tempdir().unwrap();
        let home = Home::open(dir.path(), 1).await;
        let store = home.store();
        for raced in [false, true] {
            let mut tx = store.begin("incoming_add").await.unwrap();
            tx.incoming_new(store, &[row("changzhou", "A", 1)]);
            assert_eq!(matches!(tx.commit().await, Err(StoreError::Raced("incoming"))), raced);
        }
    }
}
