//! The hub's own tables as data, behind those of its branches; and what is seen of tables over all
//! platforms.

use std::collections::BTreeSet;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::store::tables::{
    CUSTODY_COLUMNS, Cell, Column, MIDDLE, OFFER_COLUMNS, SMALL, TABLES as OF_BRANCHES, Table,
    blob, integer, or_null, text,
};
use sanheyi_node::store::{Columns, Database, Row, Snapshot, StoreError};
use sea_query::{Expr, ExprTrait as _, Query, SelectStatement};

use super::Mark;

const PLATFORM: Column = text("platform");
const JOURNAL: Column = integer("journal");

/// The tables that [`super::STEPS`] make.
pub const TABLES: &[Table] = &[
    Table {
        name: "platform",
        columns: &[
            PLATFORM,
            text("title_zh"),
            text("title_en"),
            blob("key"),
            integer("added"),
            integer("hosted"),
            integer("quota"),
        ],
        key: &["platform"],
        page: SMALL,
    },
    Table {
        name: "gate",
        columns: &[PLATFORM, JOURNAL, integer("judged"), integer("again")],
        key: &["platform", "journal"],
        page: SMALL,
    },
    Table {
        name: SETTING,
        columns: &[PLATFORM, text("name"), blob("value")],
        key: &["platform", "name"],
        page: SMALL,
    },
    Table {
        name: "hosted",
        columns: &[
            PLATFORM,
            JOURNAL,
            integer("size"),
            blob("root"),
            blob("generation"),
            blob("epoch"),
            integer("serial"),
            integer("opened"),
            or_null(text("stopped")),
        ],
        key: &["platform", "journal"],
        page: SMALL,
    },
    Table {
        name: "audit",
        columns: &[PLATFORM, integer("at"), blob("id"), text("who"), text("purpose"), text("view")],
        key: &["platform", "at", "id"],
        page: MIDDLE,
    },
    Table {
        name: "reader",
        columns: &[PLATFORM, text("journal"), integer("size"), integer("at")],
        key: &["platform", "journal"],
        page: SMALL,
    },
    Table {
        name: "custody",
        columns: &CUSTODY_COLUMNS,
        key: &["platform", "dataset", "record"],
        page: SMALL,
    },
    Table {
        name: "custody_offer",
        columns: &OFFER_COLUMNS,
        key: &["platform", "offerer", "no", "revision"],
        page: SMALL,
    },
    Table {
        name: "waiting",
        columns: &[PLATFORM, JOURNAL, integer("sequence"), blob("awaited"), integer("ready")],
        key: &["platform", "journal", "sequence"],
        page: SMALL,
    },
    Table {
        name: "errand",
        columns: &[PLATFORM, JOURNAL, integer("sequence"), text("reader"), integer("done")],
        key: &["platform", "journal", "sequence", "reader"],
        page: SMALL,
    },
    Table {
        name: "sight",
        columns: &[PLATFORM, blob("key"), text("reader"), text("request"), integer("since")],
        key: &["platform", "key", "reader", "request"],
        page: SMALL,
    },
    Table {
        name: "enrolment",
        columns: &[
            PLATFORM,
            blob("token"),
            blob("secret"),
            integer("created"),
            integer("expires"),
            text("title_zh"),
            text("title_en"),
            text("may_send"),
            integer("replaces"),
            text("state"),
            integer("used"),
            text("csr"),
            blob("request"),
            blob("verifying"),
            blob("epochs"),
            text("software"),
            text("address"),
            integer("decided"),
            text("chain"),
        ],
        key: &["platform", "token"],
        page: MIDDLE,
    },
    Table {
        name: "certificate",
        columns: &[
            PLATFORM,
            text("serial"),
            integer("issued"),
            integer("not_after"),
            blob("authority"),
            text("origin"),
            integer("revoked"),
            text("reason"),
        ],
        key: &["platform", "serial"],
        page: SMALL,
    },
    Table {
        name: "former_key",
        columns: &[PLATFORM, integer("number"), blob("key"), integer("normal"), integer("urgent")],
        key: &["platform", "number"],
        page: SMALL,
    },
    Table {
        name: "authority",
        columns: &[
            PLATFORM,
            blob("key"),
            text("certificate"),
            text("state"),
            integer("made"),
            integer("since"),
        ],
        key: &["platform", "key"],
        page: SMALL,
    },
    Table {
        name: "certificate_use",
        columns: &[PLATFORM, text("serial"), blob("key"), integer("seen")],
        key: &["platform", "serial"],
        page: SMALL,
    },
    Table {
        name: "trusted",
        columns: &[PLATFORM, blob("digest"), integer("at")],
        key: &["platform"],
        page: SMALL,
    },
    Table {
        name: "review",
        columns: &[
            PLATFORM,
            blob("id"),
            integer("at"),
            text("who"),
            integer("act"),
            text("filter"),
            text("note"),
            integer("days"),
            integer("due"),
            integer("entries"),
            integer("accepted"),
            integer("stays"),
            integer("pending"),
            integer("returned"),
            integer("passed"),
        ],
        key: &["platform", "id"],
        page: SMALL,
    },
    Table {
        name: "review_entry",
        columns: &[PLATFORM, JOURNAL, integer("sequence"), blob("review")],
        key: &["platform", "journal", "sequence"],
        page: SMALL,
    },
];

const SETTING: &str = "setting";

/// All tables of a hub's store.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    OF_BRANCHES.iter().chain(TABLES)
}

/// Whether a row is a mark: it says what this database is, and stays in it.
pub fn is_mark(table: &Table, row: &[Cell]) -> bool {
    let is = |cell: &Cell| Mark::ALL.iter().any(|mark| *cell == Cell::Text(mark.name().into()));
    table.name == SETTING && row.get(1).is_some_and(is)
}

/// How many rows a table has, of all platforms, without marks. Only for a store that is moved.
///
/// # Errors
/// Of the database.
pub(crate) async fn table_count(database: &Database, table: &Table) -> Result<u64, StoreError> {
    let rows = database.city_rows("table_count", &count(table)).await?;
    rows.first().map_or(Ok(0), |row| Columns::new(table.name, row).number("rows"))
}

/// The same of a store as it is at one moment. Only for a backup.
///
/// # Errors
/// Of the database.
pub(crate) async fn snapshot_count(from: &mut Snapshot, table: &Table) -> Result<u64, StoreError> {
    let rows = from.rows("snapshot_count", &count(table)).await?;
    rows.first().map_or(Ok(0), |row| Columns::new(table.name, row).number("rows"))
}

fn count(table: &Table) -> SelectStatement {
    let mut select =
        Query::select().expr_as(Expr::col("platform").count(), "rows").from(table.name).to_owned();
    if table.name == SETTING {
        select.and_where(Expr::col("name").is_not_in(Mark::ALL.map(Mark::name)));
    }
    select
}

/// Every platform that has rows: those of the directory, those that have journals, and the hub.
/// Only for a store that is moved.
///
/// # Errors
/// Of the database.
pub(crate) async fn table_platforms(
    database: &Database,
) -> Result<BTreeSet<PlatformId>, StoreError> {
    let mut found = BTreeSet::new();
    for table in ENROLLED {
        let rows = database.city_rows("table_platforms", &platforms(table)).await?;
        named(table, &rows, &mut found)?;
    }
    Ok(found)
}

/// The same of a store as it is at one moment. Only for a backup.
///
/// # Errors
/// Of the database.
pub(crate) async fn snapshot_platforms(
    from: &mut Snapshot,
) -> Result<BTreeSet<PlatformId>, StoreError> {
    let mut found = BTreeSet::new();
    for table in ENROLLED {
        let rows = from.rows("snapshot_platforms", &platforms(table)).await?;
        named(table, &rows, &mut found)?;
    }
    Ok(found)
}

/// The tables that have a row of every platform that has any: one that was only invited stands in
/// `enrolment`.
const ENROLLED: [&str; 4] = ["platform", "journal", SETTING, "enrolment"];

fn platforms(table: &'static str) -> SelectStatement {
    Query::select().column("platform").distinct().from(table).to_owned()
}

fn named(
    table: &'static str,
    rows: &[Row],
    found: &mut BTreeSet<PlatformId>,
) -> Result<(), StoreError> {
    for row in rows {
        let row = Columns::new(table, row);
        found.insert(row.parsed("platform", row.text("platform")?.parse())?);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use sanheyi_node::store::tables::Kind;
    use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
    use sqlx::{Connection as _, Row as _};

    use super::*;
    use crate::store::STEPS;

    /// The schema as the database has it: table, column, kind, may be null, place in the key.
    async fn schema() -> Vec<(String, String, String, bool, i64)> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("hub.sqlite");
        Database::open(path.as_path(), STEPS).await.unwrap().close().await;
        let options = SqliteConnectOptions::new().filename(&path);
        let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
        let columns = "SELECT t.name AS t, c.name AS c, c.type AS kind, c.\"notnull\" AS filled, c.pk
            FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
            WHERE t.type = 'table' AND t.name NOT LIKE '\\_%' ESCAPE '\\' AND t.name NOT LIKE 'sqlite%'
            ORDER BY t.name, c.cid";
        let rows = sqlx::query(columns).fetch_all(&mut connection).await.unwrap();
        let read = |row: &sqlx::sqlite::SqliteRow| {
            let filled: i64 = row.get("filled");
            (row.get("t"), row.get("c"), row.get("kind"), filled == 0, row.get("pk"))
        };
        rows.iter().map(read).collect()
    }

    #[tokio::test]
    async fn the_tables_as_data_are_those_of_the_schema() {
        let mut known: Vec<_> = tables().copied().collect();
        known.sort_by_key(|table| table.name);
        let mut said = Vec::new();
        for Table { name, columns, key, .. } in known {
            for column in columns {
                let kind = match column.kind {
                    Kind::Integer => "INTEGER",
                    Kind::Text => "TEXT",
                    Kind::Blob => "BLOB",
                };
                let place = key.iter().position(|part| *part == column.name);
                let place = place.map_or(0, |place| i64::try_from(place).unwrap() + 1);
                let (table, column_name) = (name.to_owned(), column.name.to_owned());
                said.push((table, column_name, kind.to_owned(), column.null, place));
            }
        }
        assert_eq!(said, schema().await);
    }
}
