//! Crossing from one tenant to another by SQL, as the hub's own role, which owns the tables: the
//! second lock holds where the first, the statement, was forgotten. Every table is tried, so a new
//! one without its policies fails here.

use sanheyi_node::store::Database;
use sanheyi_tests::world::id;
use sea_query::{Asterisk, Expr, ExprTrait as _, Query};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection, Row as _};

use super::catalogue::{PLATFORM, STEPS, Tables, of_new_server};
use super::ground::{Ground, at, open_journal};

const OURS: &str = "tianning";
const THEIRS: &str = "zhonglou";
/// The directory of platforms, which everybody may read.
const DIRECTORY: &str = "platform";
/// What PostgreSQL says of a row that a policy forbids.
const FORBIDDEN: &str = "42501";

/// Values of a row of `platform`, whatever the table.
fn values(tables: &Tables, table: &str, platform: &str) -> String {
    let columns = tables[table].columns.iter();
    let value = |name: &str, kind: &str| match (name, kind) {
        (PLATFORM, _) => format!("'{platform}'"),
        (_, "bigint") => "1".to_owned(),
        (_, "bytea") => "'\\x01'::bytea".to_owned(),
        _ => "'x'".to_owned(),
    };
    columns.map(|column| value(&column.name, &column.kind)).collect::<Vec<_>>().join(", ")
}

/// A hub's store with a row of each tenant in every table, and its own role on it.
async fn filled(ground: &Ground) -> (Tables, PgConnection) {
    let (tables, mut admin) = of_new_server(ground).await;
    for table in tables.keys() {
        for platform in [OURS, THEIRS] {
            let row = values(&tables, table, platform);
            let insert = AssertSqlSafe(format!("INSERT INTO {table} VALUES ({row})"));
            admin.execute(insert).await.unwrap();
        }
    }
    let Ground::Server(database) = ground else { panic!("a server was due") };
    (tables, PgConnection::connect(&database.url()).await.unwrap())
}

/// Whose rows of `table` are seen.
async fn seen(role: &mut PgConnection, table: &str) -> Vec<String> {
    let select = format!("SELECT platform FROM {table} ORDER BY platform");
    sqlx::query_scalar(AssertSqlSafe(select)).fetch_all(role).await.unwrap()
}

/// Tries a statement and takes it back; answers how many rows it changed, or the code of why not.
async fn tried(role: &mut PgConnection, set: &str, statement: String) -> Result<u64, String> {
    role.execute(AssertSqlSafe(format!("BEGIN; {set}"))).await.unwrap();
    let done = role.execute(AssertSqlSafe(statement)).await;
    role.execute("ROLLBACK").await.unwrap();
    done.map(|done| done.rows_affected())
        .map_err(|error| error.as_database_error().unwrap().code().unwrap().into_owned())
}

fn forbidden() -> Result<u64, String> {
    Err(FORBIDDEN.to_owned())
}

#[tokio::test]
async fn who_does_not_say_whose_rows_it_wants_sees_none_and_writes_none() {
    let ground = Ground::server();
    let (tables, mut role) = filled(&ground).await;
    for table in tables.keys() {
        let due: &[&str] = if table == DIRECTORY { &[OURS, THEIRS] } else { &[] };
        assert_eq!(seen(&mut role, table).await, due, "{table}");
        let update = format!("UPDATE {table} SET platform = platform");
        assert_eq!(tried(&mut role, "", update).await, Ok(0), "{table}");
        assert_eq!(tried(&mut role, "", format!("DELETE FROM {table}")).await, Ok(0), "{table}");
        let insert = format!("INSERT INTO {table} VALUES ({})", values(&tables, table, "wujin"));
        assert_eq!(tried(&mut role, "", insert).await, forbidden(), "{table}");
    }
}

#[tokio::test]
async fn a_tenant_sees_and_changes_its_own_rows_only() {
    let ground = Ground::server();
    let (tables, mut role) = filled(&ground).await;
    let set = format!("SET LOCAL sanheyi.platform = '{OURS}'");
    for table in tables.keys() {
        role.execute(AssertSqlSafe(format!("BEGIN; {set}"))).await.unwrap();
        let due: &[&str] = if table == DIRECTORY { &[OURS, THEIRS] } else { &[OURS] };
        assert_eq!(seen(&mut role, table).await, due, "{table}");
        role.execute("COMMIT").await.unwrap();
        let afterwards = seen(&mut role, table).await;
        assert!(afterwards.is_empty() || table == DIRECTORY, "it is said for one transaction");

        let theirs = format!("WHERE platform = '{THEIRS}'");
        for (statement, due) in [
            (format!("UPDATE {table} SET platform = platform"), Ok(1)),
            (format!("UPDATE {table} SET platform = platform {theirs}"), Ok(0)),
            (format!("UPDATE {table} SET platform = '{OURS}' {theirs}"), Ok(0)),
            (format!("UPDATE {table} SET platform = 'wujin'"), forbidden()),
            (format!("DELETE FROM {table} {theirs}"), Ok(0)),
            (format!("DELETE FROM {table}"), Ok(1)),
            (
                format!("INSERT INTO {table} VALUES ({})", values(&tables, table, "wujin")),
                forbidden(),
            ),
            // Not even to learn whether the row is there.
            (
                format!(
                    "INSERT INTO {table} VALUES ({}) ON CONFLICT DO NOTHING",
                    values(&tables, table, THEIRS)
                ),
                forbidden(),
            ),
        ] {
            assert_eq!(tried(&mut role, &set, statement.clone()).await, due, "{statement}");
        }
    }
}

#[tokio::test]
async fn the_citys_view_reads_all_and_writes_nothing() {
    let ground = Ground::server();
    let (tables, mut role) = filled(&ground).await;
    let set = "SET LOCAL sanheyi.view = 'city'";
    for table in tables.keys() {
        role.execute(AssertSqlSafe(format!("BEGIN; {set}"))).await.unwrap();
        assert_eq!(seen(&mut role, table).await, [OURS, THEIRS], "{table}");
        role.execute("COMMIT").await.unwrap();
        let update = format!("UPDATE {table} SET platform = platform");
        assert_eq!(tried(&mut role, set, update).await, Ok(0), "{table}");
        assert_eq!(tried(&mut role, set, format!("DELETE FROM {table}")).await, Ok(0), "{table}");
        let insert = format!("INSERT INTO {table} VALUES ({})", values(&tables, table, "wujin"));
        assert_eq!(tried(&mut role, set, insert).await, forbidden(), "{table}");
    }
}

#[tokio::test]
async fn every_table_is_locked_twice_and_its_owner_is_bound() {
    let ground = Ground::server();
    let (tables, mut admin) = of_new_server(&ground).await;
    let found = sqlx::query(
        "SELECT relname::text, relrowsecurity AND relforcerowsecurity, \
         ARRAY(SELECT polname || ' ' || polcmd::text || ' ' || pg_get_expr(polqual, polrelid) \
         FROM pg_policy WHERE polrelid = pg_class.oid ORDER BY polname) \
         FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') \
         AND relname <> $1 ORDER BY relname",
    );
    let found = found.bind(STEPS).fetch_all(&mut admin).await.unwrap();
    assert_eq!(found.len(), tables.len(), "no table, view or other relation beside them");
    for row in found {
        let (table, locked): (String, bool) = (row.get(0), row.get(1));
        assert!(locked, "{table}: row-level security must be enabled and forced");
        let mut due = vec![
            "of_city r (current_setting('sanheyi.view'::text, true) = 'city'::text)",
            "of_platform * (platform = current_setting('sanheyi.platform'::text, true))",
        ];
        if table == DIRECTORY {
            due.insert(0, "directory r true");
        }
        assert_eq!(row.get::<Vec<String>, _>(2), due, "{table}");
    }
}

#[tokio::test]
async fn a_statement_that_forgot_its_platform_finds_only_its_own_rows() {
    let ground = Ground::server();
    let database = ground.open().await;
    for platform in [OURS, THEIRS] {
        let journal = format!("{platform}>changzhou/normal/{}", "01".repeat(16));
        open_journal(&database.of(&id(platform)), &journal).await;
    }
    let forgot = Query::select().column(Asterisk).from("journal").to_owned();
    let ours = database.of(&id(OURS));
    assert_eq!(ours.rows("forgot", &forgot).await.unwrap().len(), 1);
    assert_eq!(database.directory_rows("forgot", &forgot).await.unwrap().len(), 0);
    assert_eq!(database.city_rows("forgot", &forgot).await.unwrap().len(), 2);
    let theirs = forgot.clone().and_where(Expr::col(PLATFORM).eq(THEIRS)).to_owned();
    assert_eq!(ours.rows("theirs", &theirs).await.unwrap().len(), 0);

    let delete = Query::delete().from_table("journal").to_owned();
    let mut tx = ours.begin("forgot").await.unwrap();
    assert_eq!(tx.run(&delete).await.unwrap(), 1);
    tx.commit().await.unwrap();
    assert_eq!(database.of(&id(THEIRS)).journal_list().await.unwrap().len(), 1);
    // What reads beside the writers writes nothing, whoever hands it a statement that would.
    let refused = database.of(&id(THEIRS)).rows("forgot", &delete).await.err().unwrap();
    assert!(refused.to_string().contains("read-only"), "{refused}");
}

/// The stricter way: the role that runs owns nothing, so it cannot unlock anything either.
#[tokio::test]
async fn a_role_that_owns_nothing_runs_the_store_and_unlocks_nothing() {
    let ground = Ground::server();
    let (_, mut admin) = of_new_server(&ground).await;
    let Ground::Server(database) = &ground else { panic!("a server was due") };
    let runner = format!("runner_of_{}", database.role());
    for statement in [
        format!("CREATE ROLE {runner} LOGIN"),
        format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {runner}"),
        format!("REVOKE INSERT, UPDATE, DELETE ON {STEPS} FROM {runner}"),
    ] {
        admin.execute(AssertSqlSafe(statement)).await.unwrap();
    }
    let url = database.url().replace(&format!("//{}@", database.role()), &format!("//{runner}@"));
    let store = Database::open(at(&url), sanheyi_hub::store::STEPS).await.unwrap().of(&id(OURS));
    let journal = format!("{OURS}>changzhou/normal/{}", "01".repeat(16));
    let row = open_journal(&store, &journal).await;
    assert_eq!(store.journal_list().await.unwrap(), [row]);
    let mut role = PgConnection::connect(&url).await.unwrap();
    assert!(seen(&mut role, "journal").await.is_empty());
    for statement in [
        "TRUNCATE journal",
        "ALTER TABLE journal DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE journal NO FORCE ROW LEVEL SECURITY",
        "DROP POLICY of_platform ON journal",
        "CREATE POLICY all_of_it ON journal USING (true)",
        "DELETE FROM _sqlx_migrations",
    ] {
        assert_eq!(tried(&mut role, "", statement.to_owned()).await, forbidden(), "{statement}");
    }
}
