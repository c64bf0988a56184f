//! Files that entries name, and their pieces: `attachment_*`, `piece_*`. Which of them are to
//! travel stands in `attachment/due.rs`; how they go again, in `attachment/gone.rs`.

mod due;
mod gone;

use bytes::Bytes;
use sanheyi_exchange_spec::attachment::Attachment;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use sea_query::{Cond, Condition, Expr, ExprTrait as _, OnConflict, Order, Query, SelectStatement};

use super::column::{Columns, signed};
use super::engine::Row;
use super::error::StoreError;
use super::{Must, Store, Tx};

pub use due::{DueRow, DueState, DueTotal, Named, Way};

/// A file, and how much of it is here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachmentRow {
    /// Which file.
    pub file: Attachment,
    /// Pieces that are here, from the first on.
    pub held: u64,
    /// Whether all are, and give its digest.
    pub whole: bool,
    /// When it was begun, or, if whole, when it became that.
    pub stored: Timestamp,
}

const COLUMNS: [&str; 6] = ["digest", "bytes", "media_type", "held", "whole", "stored"];

pub(super) fn in_file(store: &Store, digest: &Digest) -> Condition {
    Cond::all()
        .add(Expr::col("platform").eq(store.platform().as_str()))
        .add(Expr::col("digest").eq(digest.as_bytes().to_vec()))
}

pub(super) fn file(row: &Columns<'_>) -> Result<Attachment, StoreError> {
    Ok(Attachment {
        digest: row.parsed("digest", Digest::from_slice(row.blob("digest")?))?,
        bytes: row.number("bytes")?,
        media_type: row.text("media_type")?.to_owned(),
    })
}

fn read(row: &Row) -> Result<AttachmentRow, StoreError> {
    let row = Columns::new("attachment", row);
    Ok(AttachmentRow {
        file: file(&row)?,
        held: row.number("held")?,
        whole: row.integer("whole")? != 0,
        stored: Timestamp::from_micros(row.integer("stored")?),
    })
}

fn files() -> SelectStatement {
    Query::select().columns(COLUMNS).from("attachment").to_owned()
}

// === impl Store ===

impl Store {
    /// A file; `None` if nothing of it is here.
    ///
    /// # Errors
    /// Of the database.
    pub async fn attachment_get(
        &self,
        digest: &Digest,
    ) -> Result<Option<AttachmentRow>, StoreError> {
        let select = files().cond_where(in_file(self, digest)).to_owned();
        self.rows("attachment_get", &select).await?.first().map(read).transpose()
    }

    /// Up to `limit` files behind `after`, by their digests.
    ///
    /// # Errors
    /// Of the database.
    pub async fn attachment_list(
        &self,
        after: Option<&Digest>,
        limit: u64,
    ) -> Result<Vec<AttachmentRow>, StoreError> {
        let mut select = files();
        select.and_where(Expr::col("platform").eq(self.platform().as_str()));
        if let Some(after) = after {
            select.and_where(Expr::col("digest").gt(after.as_bytes().to_vec()));
        }
        select.order_by("digest", Order::Asc).limit(limit);
        self.rows("attachment_list", &select).await?.iter().map(read).collect()
    }

    /// A piece of a file; `None` if it is not here.
    ///
    /// # Errors
    /// Of the database.
    pub async fn piece_get(
        &self,
        digest: &Digest,
        number: u64,
    ) -> Result<Option<Bytes>, StoreError> {
        let select = Query::select()
            .column("bytes")
            .from("piece")
            .cond_where(in_file(self, digest))
            .and_where(Expr::col("number").eq(signed(number)))
            .to_owned();
        let rows = self.rows("piece_get", &select).await?;
        let bytes = |row| Ok(Bytes::copy_from_slice(Columns::new("piece", row).blob("bytes")?));
        rows.first().map(bytes).transpose()
    }
}

// === impl Tx ===

impl Tx {
    /// Begins a file of which nothing is here; one that was begun stays as it is.
    ///
    /// # Errors
    /// Of the database.
    pub async fn attachment_open(
        &mut self,
        store: &Store,
        file: &Attachment,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let insert = Query::insert()
            .into_table("attachment")
            .columns(["platform"].into_iter().chain(COLUMNS))
            .values_panic([
                store.platform().as_str().into(),
                file.digest.as_bytes().to_vec().into(),
                signed(file.bytes).into(),
                file.media_type.as_str().into(),
                0.into(),
                0.into(),
                now.as_micros().into(),
            ])
            .on_conflict(OnConflict::columns(["platform", "digest"]).do_nothing().to_owned())
            .to_owned();
        self.run(&insert).await.map(drop)
    }

    /// Adds the next piece. The first statement fences: two that bring the same piece race for it.
    pub fn piece_add(&mut self, store: &Store, digest: &Digest, number: u64, bytes: &Bytes) {
        let grow = Query::update()
            .table("attachment")
            .value("held", signed(number + 1))
            .cond_where(in_file(store, digest))
            .and_where(Expr::col("held").eq(signed(number)))
            .and_where(Expr::col("whole").eq(0))
            .to_owned();
        self.later(&grow, Must::change(1, "attachment"));
        let insert = Query::insert()
            .into_table("piece")
            .columns(["platform", "digest", "number", "bytes"])
            .values_panic([
                store.platform().as_str().into(),
                digest.as_bytes().to_vec().into(),
                signed(number).into(),
                bytes.to_vec().into(),
            ])
            .to_owned();
        self.later(&insert, Must::change(1, "piece"));
    }

    /// All pieces are here and give the digest: whoever waits for the file has it.
    pub fn attachment_settle(&mut self, store: &Store, digest: &Digest, now: Timestamp) {
        let whole = Query::update()
            .table("attachment")
            .value("whole", 1)
            .value("stored", now.as_micros())
            .cond_where(in_file(store, digest))
            .to_owned();
        self.later(&whole, Must::change(1, "attachment"));
        self.due_come(store, digest);
    }

    /// Forgets a file with its pieces, if it is not whole.
    pub fn attachment_drop(&mut self, store: &Store, digest: &Digest) {
        let row = Query::delete()
            .from_table("attachment")
            .cond_where(in_file(store, digest))
            .and_where(Expr::col("whole").eq(0))
            .to_owned();
        self.later(&row, Must::change(1, "attachment"));
        let pieces =
            Query::delete().from_table("piece").cond_where(in_file(store, digest)).to_owned();
        self.later(&pieces, None);
    }
}
