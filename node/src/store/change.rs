//! Who changed what (变更审计): `change_*`. Rows are only added, until they go into the archive.
//!
//! Whatever a person does to a platform leaves a row, whether it came from a page or from a
//! command, and whether it was done or refused. A row names no person's data: ids, never contents.

use sanheyi_exchange_spec::time::Timestamp;
use sea_query::{Expr, ExprTrait as _, LikeExpr, Order, Query};

use super::column::Columns;
use super::engine::Row;
use super::error::StoreError;
use super::{Store, Tx};
use crate::process::clock::Clock;
use crate::process::entropy::Entropy;

/// One change, or one that was refused.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeRow {
    /// When.
    pub at: Timestamp,
    /// Tells two changes at one moment apart.
    pub id: [u8; 16],
    /// Who: `web:` and the name signed in by, `cli:` and the account of the machine, or empty: the
    /// process by itself.
    pub who: String,
    /// As what: a role of the pages, or empty.
    pub role: String,
    /// What was done, dotted: `operator.add`, `quarantine.release`.
    pub what: String,
    /// To what: an id.
    pub subject: String,
    /// What else is worth knowing; nothing personal.
    pub detail: String,
    /// [`DONE`], [`REFUSED`], or a word of what was done.
    pub outcome: String,
}

/// It was done.
pub const DONE: &str = "done";
/// It was refused.
pub const REFUSED: &str = "refused";

/// Which changes are asked for; everything that is empty lets all pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeFilter {
    /// By whom, as [`ChangeRow::who`].
    pub who: String,
    /// What, or the first part of it: `operator` for all about operators.
    pub what: String,
    /// To what.
    pub subject: String,
}

const COLUMNS: [&str; 8] = ["at", "id", "who", "role", "what", "subject", "detail", "outcome"];

fn read(row: &Row) -> Result<ChangeRow, StoreError> {
    let row = Columns::new("change", row);
    let text = |column| row.text(column).map(str::to_owned);
    Ok(ChangeRow {
        at: Timestamp::from_micros(row.integer("at")?),
        id: row.parsed("id", row.blob("id")?.try_into())?,
        who: text("who")?,
        role: text("role")?,
        what: text("what")?,
        subject: text("subject")?,
        detail: text("detail")?,
        outcome: text("outcome")?,
    })
}

// === impl ChangeRow ===

impl ChangeRow {
    /// A change that is done now, by `who`; role and detail are for the caller to add.
    pub fn done(
        clock: &dyn Clock,
        entropy: &dyn Entropy,
        who: impl Into<String>,
        what: impl Into<String>,
        subject: impl Into<String>,
    ) -> Self {
        Self {
            at: clock.now(),
            id: entropy.bytes16(),
            who: who.into(),
            role: String::new(),
            what: what.into(),
            subject: subject.into(),
            detail: String::new(),
            outcome: DONE.to_owned(),
        }
    }

    /// The same with something more to know.
    #[must_use]
    pub fn with(self, detail: impl Into<String>) -> Self {
        Self { detail: detail.into(), ..self }
    }

    /// The same, refused.
    #[must_use]
    pub fn refused(self) -> Self {
        Self { outcome: REFUSED.to_owned(), ..self }
    }
}

// === impl Tx ===

impl Tx {
    /// Adds a row.
    ///
    /// # Errors
    /// Of the database.
    pub async fn change_add(&mut self, store: &Store, row: &ChangeRow) -> Result<(), StoreError> {
        let insert = Query::insert()
            .into_table("change")
            .columns(["platform"].into_iter().chain(COLUMNS))
            .values_panic([
                store.platform().as_str().into(),
                row.at.as_micros().into(),
                row.id.to_vec().into(),
                row.who.as_str().into(),
                row.role.as_str().into(),
                row.what.as_str().into(),
                row.subject.as_str().into(),
                row.detail.as_str().into(),
                row.outcome.as_str().into(),
            ])
            .to_owned();
        self.run(&insert).await.map(drop)
    }
}

// === impl Store ===

impl Store {
    /// Rows that a filter lets pass, the latest first, of those before `before`.
    ///
    /// # Errors
    /// Of the database.
    pub async fn change_list(
        &self,
        filter: &ChangeFilter,
        before: Option<(Timestamp, [u8; 16])>,
        limit: u64,
    ) -> Result<Vec<ChangeRow>, StoreError> {
        let mut select = Query::select()
            .columns(COLUMNS)
            .from("change")
            .and_where(Expr::col("platform").eq(self.platform().as_str()))
            .order_by("at", Order::Desc)
            .order_by("id", Order::Desc)
            .limit(limit)
            .to_owned();
        if !filter.who.is_empty() {
            select.and_where(Expr::col("who").eq(filter.who.as_str()));
        }
        if !filter.what.is_empty() {
            let below = LikeExpr::new(format!("{}.%", literally(&filter.what))).escape('\\');
            let what = Expr::col("what").eq(filter.what.as_str());
            select.and_where(what.or(Expr::col("what").like(below)));
        }
        if !filter.subject.is_empty() {
            select.and_where(Expr::col("subject").eq(filter.subject.as_str()));
        }
        if let Some((at, id)) = before {
            let key = Expr::tuple([Expr::col("at"), Expr::col("id")]);
            let than = Expr::tuple([Expr::val(at.as_micros()), Expr::val(id.to_vec())]);
            select.and_where(key.lt(than));
        }
        self.rows("change_list", &select).await?.iter().map(read).collect()
    }
}

/// Text that a pattern takes as it is.
fn literally(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::house;

    fn row(at: i64, who: &str, what: &str) -> ChangeRow {
        let id = [u8::try_from(at).unwrap(); 16];
        let (who, what) = (who.to_owned(), what.to_owned());
        ChangeRow { at: Timestamp::from_micros(at), id, who, what, ..ChangeRow::default() }
    }

    #[tokio::test]
    async fn changes_are_listed_latest_first_by_pages_and_by_what_is_asked_for() {
        let dir = tempfile::tempdir().unwrap();
        let store = &house(dir.path()).await;
        let rows = [
            row(1, "web:a", "operator.add"),
            row(2, "web:b", "operator.role"),
            row(3, "web:a", "operators"),
            row(4, "web:a", "operator_x.add"),
        ];
        let mut tx = store.begin("change_test").await.unwrap();
        for row in &rows {
            tx.change_add(store, row).await.unwrap();
        }
        tx.commit().await.unwrap();
        let all = ChangeFilter::default();
        let page = store.change_list(&all, None, 3).await.unwrap();
        assert_eq!(page, [&rows[3], &rows[2], &rows[1]].map(Clone::clone));
        let last = page.last().map(|row| (row.at, row.id));
        assert_eq!(store.change_list(&all, last, 3).await.unwrap(), [rows[0].clone()]);
        let about = ChangeFilter { what: "operator".into(), ..ChangeFilter::default() };
        let found = store.change_list(&about, None, 9).await.unwrap();
        assert_eq!(found, [&rows[1], &rows[0]].map(Clone::clone));
        let by = ChangeFilter { who: "web:b".into(), ..about };
        assert_eq!(store.change_list(&by, None, 9).await.unwrap(), [rows[1].clone()]);
    }
}
