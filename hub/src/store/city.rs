//! Statements over all platforms, for the city's view alone: `city_*`. They read the index, the
//! receipts and what they except, the gate, the heads of journals and the directory, and nothing
//! else: no body, and no segment in which one could lie.

use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::receipt::Exception;
use sanheyi_node::store::{
    Columns, Counts, Database, FoundRecord, Row, StoreError, exception_read, record_range,
    record_read, total,
};
use sea_query::{Cond, Condition, Expr, ExprTrait as _, JoinType, Order, Query, SelectStatement};

/// How one platform stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CityTotal {
    /// The platform.
    pub platform: PlatformId,
    /// Its name in Chinese.
    pub title_zh: String,
    /// Its name in English.
    pub title_en: String,
    /// Whether its branch lives in the hub.
    pub hosted: bool,
    /// Journals that the gate judges.
    pub journals: u64,
    /// Entries in them.
    pub entries: u64,
    /// What became of them.
    pub counts: Counts,
    /// Entries without a verdict.
    pub unjudged: u64,
}

/// A revision of a record, wherever it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CityRecord {
    /// Whose.
    pub platform: PlatformId,
    /// The revision and its place.
    pub found: FoundRecord,
}

/// An entry that the gate did not accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CityException {
    /// Whose.
    pub platform: PlatformId,
    /// The journal's id.
    pub journal: String,
    /// The entry, and why.
    pub exception: Exception,
}

/// A sum of a platform that may have none.
fn or_none(of: &'static str, column: &'static str) -> Expr {
    Expr::col((of, column)).if_null(0)
}

fn same_platform(one: &'static str, other: &'static str) -> Expr {
    Expr::col((one, "platform")).equals((other, "platform"))
}

/// The journals that the gate judges, summed up by platform.
fn judged() -> SelectStatement {
    let same = Cond::all()
        .add(same_platform("gate", "journal"))
        .add(Expr::col(("gate", "journal")).equals(("journal", "number")));
    Query::select()
        .column(("gate", "platform"))
        .expr_as(Expr::col(("gate", "journal")).count(), "journals")
        .expr_as(total(("journal", "size")), "entries")
        .expr_as(total(("gate", "judged")), "judged")
        .from("gate")
        .inner_join("journal", same)
        .group_by_col(("gate", "platform"))
        .to_owned()
}

/// The receipts, summed up by platform.
fn answered() -> SelectStatement {
    Query::select()
        .column("platform")
        .expr_as(total("accepted"), "accepted")
        .expr_as(total("quarantined"), "quarantined")
        .expr_as(total("pending"), "pending")
        .expr_as(total("warned"), "warned")
        .from("receipt")
        .group_by_col("platform")
        .to_owned()
}

/// Every platform and how it stands, by id: a city has tens.
///
/// # Errors
/// Of the database.
pub(crate) async fn city_totals(database: &Database) -> Result<Vec<CityTotal>, StoreError> {
    let mut select = Query::select();
    for column in ["platform", "title_zh", "title_en", "hosted"] {
        select.column(("platform", column));
    }
    for (of, columns) in [
        ("judged", &["journals", "entries", "judged"][..]),
        ("answered", &["accepted", "quarantined", "pending", "warned"][..]),
    ] {
        for column in columns.iter().copied() {
            select.expr_as(or_none(of, column), column);
        }
    }
    let left = JoinType::LeftJoin;
    select
        .from("platform")
        .join_subquery(left, judged(), "judged", same_platform("judged", "platform"))
        .join_subquery(left, answered(), "answered", same_platform("answered", "platform"))
        .order_by(("platform", "platform"), Order::Asc);
    let rows = database.city_rows("city_totals", &select).await?;
    rows.iter().map(read_total).collect()
}

fn read_total(row: &Row) -> Result<CityTotal, StoreError> {
    let row = Columns::new("platform", row);
    let entries = row.number("entries")?;
    Ok(CityTotal {
        platform: row.parsed("platform", row.text("platform")?.parse())?,
        title_zh: row.text("title_zh")?.to_owned(),
        title_en: row.text("title_en")?.to_owned(),
        hosted: row.integer("hosted")? != 0,
        journals: row.number("journals")?,
        entries,
        counts: Counts {
            accepted: row.number("accepted")?,
            quarantined: row.number("quarantined")?,
            pending: row.number("pending")?,
            warned: row.number("warned")?,
        },
        unjudged: entries.saturating_sub(row.number("judged")?),
    })
}

/// Rows of the platforms in the directory: said so, a key that begins with the platform is used.
fn of_platforms(table: &'static str) -> Condition {
    let directory = Query::select().column("platform").from("platform").to_owned();
    Cond::all().add(Expr::col((table, "platform")).in_subquery(directory))
}

/// Up to `limit` revisions of a record, whosever it is, by platform and revision.
///
/// # Errors
/// Of the database.
pub(crate) async fn city_find(
    database: &Database,
    dataset: &str,
    record: &str,
    limit: u64,
) -> Result<Vec<CityRecord>, StoreError> {
    let (from, to) = record_range(dataset, record);
    let select = Query::select()
        .columns(["platform", "key", "place"])
        .from("record")
        .cond_where(of_platforms("record"))
        .and_where(Expr::col("key").gt(from))
        .and_where(Expr::col("key").lt(to))
        .order_by("platform", Order::Asc)
        .order_by("key", Order::Asc)
        .limit(limit)
        .to_owned();
    let rows = database.city_rows("city_find", &select).await?;
    let read = |row: &Row| {
        let columns = Columns::new("record", row);
        let platform = columns.parsed("platform", columns.text("platform")?.parse())?;
        Ok(CityRecord { platform, found: record_read(row)? })
    };
    rows.iter().map(read).collect()
}

/// Up to `limit` entries that were quarantined, those cleared by a later revision among them, by
/// platform, journal and sequence.
///
/// # Errors
/// Of the database.
pub(crate) async fn city_quarantined(
    database: &Database,
    limit: u64,
) -> Result<Vec<CityException>, StoreError> {
    let same = Cond::all()
        .add(same_platform("journal", "exception"))
        .add(Expr::col(("journal", "number")).equals(("exception", "journal")));
    let mut select = Query::select();
    for column in ["platform", "journal", "sequence", "standing", "detail"] {
        select.column(("exception", column));
    }
    select
        .column(("journal", "id"))
        .from("exception")
        .inner_join("journal", same)
        .cond_where(of_platforms("exception"))
        .and_where(Expr::col(("exception", "standing")).eq(Standing::Quarantined.number()))
        .limit(limit);
    for column in ["platform", "journal", "sequence"] {
        select.order_by(("exception", column), Order::Asc);
    }
    let rows = database.city_rows("city_quarantined", &select).await?;
    let read = |row: &Row| {
        let columns = Columns::new("exception", row);
        Ok(CityException {
            platform: columns.parsed("platform", columns.text("platform")?.parse())?,
            journal: columns.text("id")?.to_owned(),
            exception: exception_read(row)?,
        })
    };
    rows.iter().map(read).collect()
}
