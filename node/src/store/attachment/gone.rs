//! Files that nobody needs: finding them, and taking them away in parts that a store bears.

use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use sea_query::{Expr, ExprTrait as _, Order, Query};

use super::super::column::signed;
use super::super::error::StoreError;
use super::super::{Must, Store, Tx};
use super::{AttachmentRow, DueRow, DueState, files, in_file, read};

// === impl Store ===

impl Store {
    /// Up to `limit` files that were begun before `before` and are not whole, or, with `whole`,
    /// that were whole before it and that no entry names, by their digests.
    ///
    /// # Errors
    /// Of the database.
    pub async fn attachment_idle(
        &self,
        whole: bool,
        before: Timestamp,
        limit: u64,
    ) -> Result<Vec<AttachmentRow>, StoreError> {
        let mut select = files();
        select
            .and_where(Expr::col("platform").eq(self.platform().as_str()))
            .and_where(Expr::col("whole").eq(i64::from(whole)))
            .and_where(Expr::col("stored").lt(before.as_micros()));
        if whole {
            for table in ["attachment_due", "unnamed"] {
                let named = Query::select()
                    .column("digest")
                    .from(table)
                    .and_where(Expr::col("platform").eq(self.platform().as_str()))
                    .to_owned();
                select.and_where(Expr::col("digest").not_in_subquery(named));
            }
        }
        select.order_by("digest", Order::Asc).limit(limit);
        self.rows("attachment_idle", &select).await?.iter().map(read).collect()
    }
}

// === impl Tx ===

impl Tx {
    /// Nobody is to be given a file any more, and nobody is said to name it, with what is run next.
    /// [`StoreError::Raced`] if an entry has named it since `dues` were read.
    pub fn attachment_withdraw(&mut self, store: &Store, digest: &Digest, dues: &[DueRow]) {
        for due in dues {
            let delete = Query::delete()
                .from_table("attachment_due")
                .cond_where(in_file(store, digest))
                .and_where(Expr::col("way").eq(due.way.number()))
                .and_where(Expr::col("dataset").eq(due.dataset.as_str()))
                .and_where(Expr::col("record").eq(due.record.as_str()))
                .and_where(Expr::col("revision").eq(signed(due.revision)))
                .to_owned();
            self.later(&delete, Must::change(1, "attachment_due"));
        }
        // Who has named it at this very moment, another way, has to have it anew.
        let again = Query::update()
            .table("attachment_due")
            .value("state", DueState::Absent.number())
            .cond_where(in_file(store, digest))
            .to_owned();
        self.later(&again, None);
        let hidden = Query::update()
            .table("attachment")
            .value("whole", 0)
            .cond_where(in_file(store, digest))
            .to_owned();
        self.later(&hidden, None);
    }

    /// Takes the last pieces of a file away that is not whole, with what is run next: what is left
    /// is a beginning, with which whoever offers the file again may go on. With the last piece the
    /// file is forgotten. [`StoreError::Raced`] if it does not have `held` pieces.
    pub fn attachment_shrink(&mut self, store: &Store, digest: &Digest, held: u64, left: u64) {
        let shrink = Query::update()
            .table("attachment")
            .value("held", signed(left))
            .cond_where(in_file(store, digest))
            .and_where(Expr::col("held").eq(signed(held)))
            .and_where(Expr::col("whole").eq(0))
            .to_owned();
        self.later(&shrink, Must::change(1, "attachment"));
        let pieces = Query::delete()
            .from_table("piece")
            .cond_where(in_file(store, digest))
            .and_where(Expr::col("number").gte(signed(left)))
            .to_owned();
        self.later(&pieces, None);
        if left == 0 {
            let gone = Query::delete()
                .from_table("attachment")
                .cond_where(in_file(store, digest))
                .to_owned();
            self.later(&gone, Must::change(1, "attachment"));
        }
    }
}
