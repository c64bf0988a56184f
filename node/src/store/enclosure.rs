//! Entries of other platforms with their bodies and their authors' own proofs: `enclosure_*`. The
//! key of a row is that of the index `incoming`.

use bytes::Bytes;
use sanheyi_exchange_spec::entry::{Body, HeaderView};
use sanheyi_exchange_spec::forward::{Enclosure, Forward};
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::suite::{Digest, Salt};
use sea_query::{Expr, ExprTrait as _, OnConflict, Order, Query, SelectStatement};

use super::column::{Columns, signed};
use super::engine::Row;
use super::error::StoreError;
use super::incoming::{key_of, range_of};
use super::{Named, Store, Tx};

/// Rows in one statement: few shapes of it, and a body each.
const CHUNK: usize = 16;
/// Bytes of a hash.
const HASH: usize = 32;

/// What has become of the body of an entry that was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Erased {
    /// It is there.
    No,
    /// It was gone when the hub served the entry; its author's word on that has not come yet.
    Served,
    /// Its author has erased it, and that was proved here.
    Proved,
}

/// An entry of another platform, as this one was shown it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnclosureRow {
    /// Header and place; reasons are not kept here.
    pub forward: Forward,
    /// Body, checkpoint and proof.
    pub enclosure: Enclosure,
    /// What has become of the body.
    pub erased: Erased,
}

/// Names one revision of another platform's record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ForeignKey {
    /// Who wrote it.
    pub author: PlatformId,
    /// Its dataset.
    pub dataset: String,
    /// Its record.
    pub record: String,
    /// Its revision.
    pub revision: u64,
}

const COLUMNS: [&str; 9] =
    ["journal", "sequence", "standing", "header", "salt", "body", "erased", "note", "inclusion"];

// === impl ForeignKey ===

impl ForeignKey {
    /// Of the entry that a header is of.
    pub fn of(author: &PlatformId, header: &HeaderView<'_>) -> Self {
        Self {
            author: author.clone(),
            dataset: header.dataset.to_owned(),
            record: header.record.to_owned(),
            revision: header.revision,
        }
    }

    fn bytes(&self) -> Vec<u8> {
        key_of(&self.author, &self.dataset, &self.record, self.revision)
    }
}

// === impl EnclosureRow ===

impl EnclosureRow {
    /// Names it.
    ///
    /// # Errors
    /// If its header is none.
    pub fn key(&self) -> Result<ForeignKey, StoreError> {
        let Forward { journal, header, .. } = &self.forward;
        let header = HeaderView::parse(header).map_err(|error| {
            StoreError::contradiction("enclosure", "header", self.forward.sequence, error)
        })?;
        Ok(ForeignKey::of(&journal.author, &header))
    }

    fn read(row: &Row) -> Result<Self, StoreError> {
        let row = Columns::new("enclosure", row);
        let standing = Standing::from_number(row.integer("standing")?);
        let erased = match row.integer("erased")? {
            0 => Erased::No,
            1 => Erased::Served,
            2 => Erased::Proved,
            other => return Err(row.wrong("erased", other)),
        };
        let body = match erased {
            Erased::No => Some(Body {
                salt: Salt(row.parsed("salt", row.blob("salt")?.try_into())?),
                bytes: Bytes::copy_from_slice(row.blob("body")?),
            }),
            Erased::Served | Erased::Proved => None,
        };
        let hashes = row.blob("inclusion")?.chunks(HASH).map(Digest::from_slice);
        Ok(Self {
            forward: Forward {
                journal: row.parsed("journal", row.text("journal")?.parse())?,
                sequence: row.number("sequence")?,
                header: Bytes::copy_from_slice(row.blob("header")?),
                standing: standing.ok_or_else(|| row.wrong("standing", "names no standing"))?,
                reasons: Vec::new(),
            },
            enclosure: Enclosure {
                body,
                checkpoint: row.text("note")?.to_owned(),
                inclusion: row.parsed("inclusion", hashes.collect::<Result<_, _>>())?,
            },
            erased,
        })
    }
}

// === impl Store ===

impl Store {
    /// One revision of another platform's record, as it was shown.
    ///
    /// # Errors
    /// Of the database.
    pub async fn enclosure_get(
        &self,
        key: &ForeignKey,
    ) -> Result<Option<EnclosureRow>, StoreError> {
        let select = one(self, key);
        let rows = self.rows("enclosure_get", &select).await?;
        rows.first().map(EnclosureRow::read).transpose()
    }

    /// Up to `limit` rows behind `after` in the order of their keys, of one author or of all.
    ///
    /// # Errors
    /// Of the database.
    pub async fn enclosure_list(
        &self,
        author: Option<&PlatformId>,
        after: Option<&ForeignKey>,
        limit: u64,
    ) -> Result<Vec<EnclosureRow>, StoreError> {
        let mut select = enclosures(self);
        if let Some(author) = author {
            let (from, to) = range_of(author);
            select.and_where(Expr::col("key").gt(from)).and_where(Expr::col("key").lt(to));
        }
        if let Some(after) = after {
            select.and_where(Expr::col("key").gt(after.bytes()));
        }
        select.order_by("key", Order::Asc).limit(limit);
        let rows = self.rows("enclosure_list", &select).await?;
        rows.iter().map(EnclosureRow::read).collect()
    }
}

fn enclosures(store: &Store) -> SelectStatement {
    Query::select()
        .columns(COLUMNS)
        .from("enclosure")
        .and_where(Expr::col("platform").eq(store.platform().as_str()))
        .to_owned()
}

fn one(store: &Store, key: &ForeignKey) -> SelectStatement {
    enclosures(store).and_where(Expr::col("key").eq(key.bytes())).to_owned()
}

// === impl Tx ===

impl Tx {
    /// Keeps entries that were shown, with what is run next; one that is there stays as it is.
    ///
    /// # Errors
    /// If a header is none.
    pub fn enclosure_put(
        &mut self,
        store: &Store,
        rows: &[EnclosureRow],
    ) -> Result<(), StoreError> {
        for some in rows.chunks(CHUNK) {
            let mut insert = Query::insert()
                .into_table("enclosure")
                .columns(["platform", "key"].into_iter().chain(COLUMNS))
                .on_conflict(OnConflict::columns(["platform", "key"]).do_nothing().to_owned())
                .to_owned();
            for row in some {
                let key = row.key()?.bytes();
                let EnclosureRow { forward, enclosure, erased } = row;
                let (salt, body) = enclosure.body.as_ref().map_or_else(Default::default, |body| {
                    (body.salt.0.to_vec(), body.bytes.to_vec())
                });
                let mut inclusion: Vec<u8> = Vec::with_capacity(enclosure.inclusion.len() * HASH);
                enclosure
                    .inclusion
                    .iter()
                    .for_each(|hash| inclusion.extend_from_slice(hash.as_bytes()));
                insert.values_panic([
                    store.platform().as_str().into(),
                    key.into(),
                    forward.journal.to_string().into(),
                    signed(forward.sequence).into(),
                    forward.standing.number().into(),
                    forward.header.to_vec().into(),
                    salt.into(),
                    body.into(),
                    number(*erased).into(),
                    enclosure.checkpoint.as_str().into(),
                    inclusion.into(),
                ]);
            }
            self.later(&insert, None);
        }
        Ok(())
    }

    /// Erases the body of one revision of another platform's record, if it is the entry with that
    /// digest. Its author's word was proved before.
    ///
    /// # Errors
    /// Of the database.
    pub async fn enclosure_erase(
        &mut self,
        store: &Store,
        key: &ForeignKey,
        digest: &Digest,
    ) -> Result<bool, StoreError> {
        let rows = self.rows(&one(store, key)).await?;
        let there = rows.first().map(EnclosureRow::read).transpose()?;
        let Some(row) = there.filter(|row| row.forward.digest() == *digest) else {
            return Ok(false);
        };
        // Whether any other entry names its files, upkeep will see.
        if let Some(body) = &row.enclosure.body {
            let ForeignKey { dataset, record, revision, .. } = key;
            for named in Named::of(dataset, record, *revision, &body.bytes) {
                self.unnamed_put(store, &named.file.digest);
            }
        }
        let update = Query::update()
            .table("enclosure")
            .value("salt", Vec::<u8>::new())
            .value("body", Vec::<u8>::new())
            .value("erased", number(Erased::Proved))
            .and_where(Expr::col("platform").eq(store.platform().as_str()))
            .and_where(Expr::col("key").eq(key.bytes()))
            .to_owned();
        Ok(self.run(&update).await? == 1)
    }
}

const fn number(erased: Erased) -> i64 {
    match erased {
        Erased::No => 0,
        Erased::Served => 1,
        Erased::Proved => 2,
    }
}

// A body that fits a page of the walk over whole stores: see `tables`.
const _: () = assert!(limits::BODY_BYTES <= 256 * 1024);
