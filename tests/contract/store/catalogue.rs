//! What both databases say of themselves: their tables, columns and keys are the same, and every
//! key begins with the platform.

use std::collections::BTreeMap;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, Row as _, SqliteConnection};

use super::ground::Ground;

/// The column by which rows are distributed and kept apart.
pub(crate) const PLATFORM: &str = "platform";
/// The one table that is the driver's, not ours.
pub(crate) const STEPS: &str = "_sqlx_migrations";

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    /// As PostgreSQL calls it.
    pub(crate) kind: String,
    required: bool,
    default: Option<String>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Column>,
    primary: Vec<String>,
    unique: Vec<Vec<String>>,
}

pub(crate) type Tables = BTreeMap<String, Table>;

/// The tables as PostgreSQL knows them.
pub(crate) async fn of_server(admin: &mut PgConnection) -> Tables {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace \
         AND relkind IN ('r', 'p', 'v', 'm', 'f') AND relname <> $1",
    )
    .bind(STEPS)
    .fetch_all(&mut *admin)
    .await
    .unwrap();
    let mut tables = Tables::new();
    for name in names {
        let columns = sqlx::query(
            "SELECT column_name::text, data_type::text, is_nullable = 'NO', column_default::text \
             FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name = $1 ORDER BY ordinal_position",
        );
        let columns = columns.bind(&name).fetch_all(&mut *admin).await.unwrap();
        let columns = columns
            .iter()
            .map(|row| Column {
                name: row.get(0),
                kind: row.get(1),
                required: row.get(2),
                default: row.get(3),
            })
            .collect();
        let keys = sqlx::query(
            "SELECT indisprimary, ARRAY(SELECT attname::text FROM unnest(indkey) WITH ORDINALITY \
             AS key (number, place) JOIN pg_attribute ON attrelid = indrelid AND attnum = number \
             ORDER BY place) FROM pg_index WHERE indrelid = ('public.' || $1)::regclass \
             ORDER BY indisprimary DESC, indexrelid",
        );
        let keys = keys.bind(&name).fetch_all(&mut *admin).await.unwrap();
        let of = |primary: bool| {
            let of_kind = keys.iter().filter(move |row| row.get::<bool, _>(0) == primary);
            of_kind.map(|row| row.get::<Vec<String>, _>(1)).collect::<Vec<_>>()
        };
        let primary = of(true).pop().unwrap_or_default();
        tables.insert(name, Table { columns, primary, unique: of(false) });
    }
    tables
}

/// The tables as SQLite knows them, in PostgreSQL's words.
async fn of_file(file: &mut SqliteConnection) -> Tables {
    let names = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') AND name <> ?";
    let names = sqlx::query_scalar(names).bind(STEPS).fetch_all(&mut *file).await;
    let mut tables = Tables::new();
    for name in names.unwrap() {
        let name: String = name;
        let info = AssertSqlSafe(format!(
            "SELECT name, type, \"notnull\", dflt_value, pk FROM pragma_table_info('{name}') \
             ORDER BY cid"
        ));
        let info = sqlx::query(info).fetch_all(&mut *file).await.unwrap();
        let kind = |kind: &str| match kind {
            "INTEGER" => "bigint".to_owned(),
            "BLOB" => "bytea".to_owned(),
            other => other.to_lowercase(),
        };
        let column = |row: &sqlx::sqlite::SqliteRow| Column {
            name: row.get(0),
            kind: kind(row.get(1)),
            required: row.get(2),
            default: row.get(3),
        };
        let mut primary: Vec<(i64, String)> = info
            .iter()
            .map(|row| (row.get(4), row.get(0)))
            .filter(|(place, _)| *place > 0)
            .collect();
        primary.sort();
        let mut unique = Vec::new();
        let indexes = AssertSqlSafe(format!(
            "SELECT name FROM pragma_index_list('{name}') WHERE origin <> 'pk' ORDER BY seq DESC"
        ));
        for index in sqlx::query_scalar(indexes).fetch_all(&mut *file).await.unwrap() {
            let index: String = index;
            let parts = AssertSqlSafe(format!(
                "SELECT name FROM pragma_index_info('{index}') ORDER BY seqno"
            ));
            unique.push(sqlx::query_scalar(parts).fetch_all(&mut *file).await.unwrap());
        }
        let primary = primary.into_iter().map(|(_, name)| name).collect();
        tables.insert(name, Table { columns: info.iter().map(column).collect(), primary, unique });
    }
    tables
}

/// The tables of a new hub in PostgreSQL.
pub(crate) async fn of_new_server(ground: &Ground) -> (Tables, PgConnection) {
    let Ground::Server(database) = ground else { panic!("a server was due") };
    ground.open().await.close().await;
    let mut admin = PgConnection::connect(&database.admin_url()).await.unwrap();
    (of_server(&mut admin).await, admin)
}

/// Keys of a table that do not begin with the platform.
fn keyless(tables: &Tables) -> Vec<String> {
    let wrong = tables.iter().filter(|(_, table)| {
        let mut keys = std::iter::once(&table.primary).chain(&table.unique);
        !keys.all(|key| key.first().is_some_and(|first| first == PLATFORM))
            || table.columns.first().is_none_or(|first| first.name != PLATFORM)
    });
    wrong.map(|(name, table)| format!("{name}: {:?} {:?}", table.primary, table.unique)).collect()
}

#[tokio::test]
async fn both_databases_have_the_same_tables_columns_and_keys() {
    let (server, _) = of_new_server(&Ground::server()).await;
    let ground = Ground::file();
    ground.open().await.close().await;
    let path = ground.address().file().unwrap().to_owned();
    let mut file = SqliteConnection::connect(path.to_str().unwrap()).await.unwrap();
    let file = of_file(&mut file).await;
    assert_eq!(file.keys().collect::<Vec<_>>(), server.keys().collect::<Vec<_>>());
    for (name, table) in &file {
        assert_eq!(table, &server[name], "{name}");
        let kinds = table.columns.iter().map(|column| column.kind.as_str());
        assert!(kinds.into_iter().all(|kind| ["bigint", "text", "bytea"].contains(&kind)));
        assert!(!table.primary.is_empty(), "{name}");
    }
}

#[tokio::test]
async fn every_key_begins_with_the_platform_and_sorts_by_bytes() {
    let ground = Ground::server();
    let (tables, mut admin) = of_new_server(&ground).await;
    assert!(tables.len() > 14 && tables.contains_key("journal"), "{tables:?}");
    assert_eq!(keyless(&tables), Vec::<String>::new());
    // Another collation sorts otherwise, and sorts anew when the server's library is renewed.
    let collated = "SELECT attrelid::regclass::text || '.' || attname::text FROM pg_index \
        JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey) \
        WHERE indrelid = ANY ($1::regclass[]) AND attcollation NOT IN (0, '\"C\"'::regcollation)";
    let names: Vec<_> = tables.into_keys().collect();
    let collated: Vec<String> =
        sqlx::query_scalar(collated).bind(names).fetch_all(&mut admin).await.unwrap();
    assert_eq!(collated, Vec::<String>::new(), "COLLATE \"C\" is due");
}

#[tokio::test]
async fn a_key_without_the_platform_is_found() {
    let ground = Ground::server();
    let (_, mut admin) = of_new_server(&ground).await;
    for statement in [
        "CREATE TABLE keyless (platform TEXT NOT NULL, number BIGINT PRIMARY KEY)",
        "CREATE INDEX by_size ON journal (size)",
    ] {
        sqlx::query(statement).execute(&mut admin).await.unwrap();
    }
    let wrong = keyless(&of_server(&mut admin).await);
    let named: Vec<_> = wrong.iter().filter_map(|line| line.split(':').next()).collect();
    assert_eq!(named, ["journal", "keyless"]);
}
