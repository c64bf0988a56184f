//! A server that goes away, forgets its durability, or waits too long for us. What SQLite has
//! instead, a full disk, is tried beside its branch.

use sanheyi_exchange_spec::error::Code;
use sanheyi_node::store::{Columns, Database, LinkRow, Store, StoreError};
use sanheyi_tests::patience::until;
use sanheyi_tests::postgres::PgServer;
use sanheyi_tests::world::id;
use sea_query::{Expr, Query, SelectStatement};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use super::ground::{Ground, UP, at, open_journal};

/// Connections that write and read, at most: each may have to find out for itself that it is lost.
const CONNECTIONS: usize = 32;

#[track_caller]
fn unreachable<T>(outcome: Result<T, StoreError>) {
    let Err(error) = outcome else { panic!("the server is gone") };
    assert!(matches!(error, StoreError::Unreachable { .. }), "{error}");
    assert_eq!(error.code(), Code::Unavailable);
    assert!(error.to_string().contains("无法连接数据库"), "{error}");
}

async fn put(store: &Store, phase: &str) -> Result<(), StoreError> {
    let mut tx = store.begin("link_put").await?;
    tx.link_put(store, &LinkRow { phase: phase.into(), ..LinkRow::default() }).await?;
    tx.commit().await
}

/// What the session of a writing transaction has for a setting.
fn setting(name: &str) -> SelectStatement {
    let value = Expr::cust_with_values("current_setting($1)", [name]);
    Query::select().expr_as(value, "value").to_owned()
}

async fn admin(ground: &Ground) -> PgConnection {
    let Ground::Server(database) = ground else { panic!("a server was due") };
    PgConnection::connect(&database.admin_url()).await.unwrap()
}

/// Ends every session of ours on this database.
const END_ALL: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
    WHERE datname = current_database() AND application_name = 'sanheyi'";
/// How many there are.
const COUNT_ALL: &str = "SELECT count(*) FROM pg_stat_activity \
    WHERE datname = current_database() AND application_name = 'sanheyi'";

async fn end_all(admin: &mut PgConnection) {
    admin.execute(END_ALL).await.unwrap();
    until("every session has ended", async || {
        sqlx::query_scalar::<_, i64>(COUNT_ALL).fetch_one(&mut *admin).await.unwrap() == 0
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_gone_is_said_to_be_unreachable() {
    let server = PgServer::start();
    let database = server.database();
    let address = at(&database.url());
    let store = Database::open(&address, &[]).await.unwrap().of(&id("jintan"));
    put(&store, "live").await.unwrap();
    let mut tx = store.begin("link_put").await.unwrap();
    let link = store.link_get().await.unwrap().unwrap();
    tx.link_put(&store, &link).await.unwrap();
    // Nobody holds it any longer, so it stops.
    drop((database, server));
    unreachable(tx.commit().await);
    for _ in 0..3 {
        unreachable(put(&store, "down").await);
        unreachable(store.link_get().await);
    }
    unreachable(Database::open(&address, &[]).await);
    unreachable(Database::open_read_only(&address).await);
    let Err(error) = store.database().lease("sweep").await else { panic!("it is gone") };
    assert_eq!(error.code(), Code::Unavailable);
}

#[tokio::test]
async fn after_all_lines_were_lost_the_store_works_again_by_itself() {
    let ground = Ground::server();
    let store = ground.jintan().await;
    put(&store, "before").await.unwrap();
    let mut admin = admin(&ground).await;
    let mut open = store.begin("link_put").await.unwrap();
    open.link_put(&store, &LinkRow::default()).await.unwrap();
    end_all(&mut admin).await;
    unreachable(open.commit().await);
    // No connection is asked before it is used: the first statement on a lost one finds out.
    let mut tries = 0;
    while let Err(error) = put(&store, "after").await {
        unreachable::<()>(Err(error));
        tries += 1;
        assert!(tries <= CONNECTIONS, "the pool keeps lost connections");
    }
    let mut tries = 0;
    let link = loop {
        match store.link_get().await {
            Ok(link) => break link.unwrap(),
            lost => unreachable(lost),
        }
        tries += 1;
        assert!(tries <= CONNECTIONS, "the pool keeps lost connections");
    };
    assert_eq!(link.phase, "after", "what was not acknowledged was not written");
}

#[tokio::test]
async fn a_commit_is_durable_whatever_the_servers_default() {
    let ground = Ground::server();
    let mut admin = admin(&ground).await;
    let Ground::Server(database) = &ground else { panic!("a server was due") };
    for statement in
        ["ALTER DATABASE {} SET synchronous_commit = off", "ALTER DATABASE {} SET lock_timeout = 0"]
    {
        let name: String = sqlx::query_scalar("SELECT current_database()::text")
            .fetch_one(&mut admin)
            .await
            .unwrap();
        admin.execute(AssertSqlSafe(statement.replace("{}", &name))).await.unwrap();
    }
    let role =
        AssertSqlSafe(format!("ALTER ROLE {} SET synchronous_commit = off", database.role()));
    admin.execute(role).await.unwrap();

    let store = ground.jintan().await;
    let mut tx = store.begin("setting").await.unwrap();
    for (name, due) in [
        ("synchronous_commit", "on"),
        ("lock_timeout", "5s"),
        ("idle_in_transaction_session_timeout", "10s"),
        ("statement_timeout", "2min"),
        ("transaction_read_only", "off"),
    ] {
        let rows = tx.rows(&setting(name)).await.unwrap();
        assert_eq!(Columns::new("setting", &rows[0]).text("value").unwrap(), due, "{name}");
    }
    let said = store.database().durability().await.unwrap();
    assert!(said.contains(&("synchronous_commit", "on".to_owned())), "{said:?}");
    assert!(said.contains(&("fsync", "off".to_owned())), "as these servers are: {said:?}");
    let reading = store.rows("setting", &setting("transaction_read_only")).await.unwrap();
    assert_eq!(Columns::new("setting", &reading[0]).text("value").unwrap(), "on");
}

#[tokio::test]
async fn a_writer_that_froze_is_ended_and_has_written_nothing() {
    let ground = Ground::server();
    let store = ground.jintan().await;
    let row = open_journal(&store, UP).await;
    let mut tx = store.begin("frozen").await.unwrap();
    tx.journal_stop(&store, row.number, "frozen").await.unwrap();
    // The bound of every session, for this one shorter than anybody waits.
    let shorter = Expr::cust("set_config('idle_in_transaction_session_timeout', '20', true)");
    let backend = Expr::cust("pg_backend_pid()::bigint");
    let select = Query::select().expr(shorter).expr_as(backend, "backend").to_owned();
    let rows = tx.rows(&select).await.unwrap();
    let backend = Columns::new("setting", &rows[0]).integer("backend").unwrap();
    let mut admin = admin(&ground).await;
    let alive = "SELECT count(*) FROM pg_stat_activity WHERE pid = $1";
    until("the server has ended it", async || {
        let alive = sqlx::query_scalar::<_, i64>(alive).bind(backend);
        alive.fetch_one(&mut admin).await.unwrap() == 0
    })
    .await;
    // Another one has the row meanwhile.
    let mut next = store.begin("journal_stop").await.unwrap();
    next.journal_stop(&store, row.number, "stopped").await.unwrap();
    next.commit().await.unwrap();
    unreachable(tx.journal_list(&store).await);
    drop(tx);
    let stored = store.journal_list().await.unwrap();
    assert_eq!(stored[0].stopped.as_deref(), Some("stopped"));
}

#[tokio::test]
async fn a_row_that_another_holds_too_long_is_a_race() {
    let ground = Ground::server();
    let (one, two) = (ground.jintan().await, ground.jintan().await);
    let row = open_journal(&one, UP).await;
    let mut holding = one.begin("holding").await.unwrap();
    holding.journal_stop(&one, row.number, "held").await.unwrap();
    let mut waiting = two.begin("waiting").await.unwrap();
    let shorter = Expr::cust("set_config('lock_timeout', '20', true)");
    waiting.rows(&Query::select().expr(shorter).to_owned()).await.unwrap();
    let refused = waiting.journal_stop(&two, row.number, "waited").await.unwrap_err();
    assert!(matches!(refused, StoreError::Raced("waiting")), "{refused}");
    holding.commit().await.unwrap();
}
