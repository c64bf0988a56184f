//! `migrate` brings a hub's store up to date on either database and says what it did; a program
//! that is older than its store touches nothing.

use sanheyi_hub::cli::answer;
use sanheyi_hub::store::open;
use sanheyi_node::store::{Address, StoreError};
use sanheyi_tests::knobs::Ground;
use sanheyi_tests::postgres::{PgDatabase, shared};
use sanheyi_tests::world::World;
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

const NEWER: &str = "INSERT INTO _sqlx_migrations \
    (version, description, installed_on, success, checksum, execution_time) \
    VALUES (9999, 'of tomorrow', CURRENT_TIMESTAMP, TRUE, ''::bytea, 1)";

async fn migrate(world: &World, store: &str) -> anyhow::Result<Vec<bool>> {
    let config = world.hub.folder().join("hub.toml").display().to_string();
    let args = ["sanheyi-hub", "migrate", "--json", "--store", store, "--config", &config];
    let said: serde_json::Value = serde_json::from_str(&answer(args).await?.text)?;
    let steps = said["steps"].as_array().unwrap();
    Ok(steps.iter().map(|step| step["applied"].as_bool().unwrap()).collect())
}

async fn say(database: &PgDatabase, sql: &'static str) {
    let mut admin = PgConnection::connect(&database.admin_url()).await.unwrap();
    sqlx::raw_sql(sql).execute(&mut admin).await.unwrap();
    admin.close().await.unwrap();
}

/// Applied once, all of it; then all of it is there.
async fn assert_applied_once(world: &World, store: &str) {
    let first = migrate(world, store).await.unwrap();
    assert!(first.len() >= 4 && first.iter().all(|applied| *applied), "{first:?}");
    let again = migrate(world, store).await.unwrap();
    assert!(again.len() == first.len() && !again.contains(&true), "{again:?}");
}

#[tokio::test]
async fn step_by_step_and_once() {
    let world = World::on(Ground::Sqlite, 320, &[]).await;
    let file = world.folder("new.sqlite").display().to_string();
    assert_applied_once(&world, &file).await;
    let options = SqliteConnectOptions::new().filename(&file);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let newer = NEWER.replace("''::bytea", "x'00'");
    sqlx::query(sqlx::AssertSqlSafe(newer)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let refused = migrate(&world, &file).await.unwrap_err().to_string();
    assert!(refused.contains("9999"), "{refused}");

    let database = shared().database();
    assert_applied_once(&world, &database.url()).await;
    say(&database, NEWER).await;
    let refused = migrate(&world, &database.url()).await.unwrap_err().to_string();
    assert!(refused.contains("9999"), "{refused}");
}

#[tokio::test]
async fn a_role_that_may_not_create_tables_is_told_who_may() {
    let world = World::on(Ground::Sqlite, 321, &[]).await;
    let database = shared().database();
    let role = format!("clerk_of_{}", database.role());
    let clerk = database.url().replace(database.role(), &role);
    let make = format!("CREATE ROLE {role} LOGIN");
    let mut admin = PgConnection::connect(&database.admin_url()).await.unwrap();
    sqlx::raw_sql(sqlx::AssertSqlSafe(make)).execute(&mut admin).await.unwrap();

    let hub = &world.setup().hub;
    let at = Address::parse(&clerk, world.hub.folder().as_path()).unwrap();
    let refused = open(&at, hub).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unprivileged(_)), "{refused:?}");
    assert!(refused.to_string().contains("`sanheyi-hub migrate`"), "{refused}");

    migrate(&world, &database.url()).await.unwrap();
    let grant =
        format!("GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}");
    sqlx::raw_sql(sqlx::AssertSqlSafe(grant)).execute(&mut admin).await.unwrap();
    open(&at, hub).await.expect("what is up to date runs").close().await;
    admin.close().await.unwrap();
}
