//! What processes on one server tell each other, and what one of them holds at a time. SQLite's
//! store belongs to one process, which is alone.

use std::collections::BTreeSet;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::store::{Database, Lease, Letterbox};
use sanheyi_tests::patience::{until, within};
use sanheyi_tests::world::id;
use sqlx::{Connection as _, PgConnection};

use super::ground::Ground;

fn platforms(names: &[&str]) -> BTreeSet<PlatformId> {
    names.iter().map(|name| id(name)).collect()
}

async fn heard(letters: &mut Letterbox) -> Option<BTreeSet<PlatformId>> {
    within("a notification", letters.next()).await.unwrap()
}

/// Ends sessions on the server as a failing line would; answers how many.
async fn cut(ground: &Ground, whose: &'static str) -> i64 {
    let Ground::Server(database) = ground else { panic!("a server was due") };
    let mut admin = PgConnection::connect(&database.admin_url()).await.unwrap();
    sqlx::query_scalar(whose).fetch_one(&mut admin).await.unwrap()
}

#[tokio::test]
async fn news_are_heard_by_other_processes_and_not_by_oneself() {
    let ground = Ground::server();
    let (one, two) = (ground.open().await, ground.open().await);
    let mut letters = one.listen().await.unwrap().unwrap();
    let mut others = two.listen().await.unwrap().unwrap();
    one.notify(&platforms(&["wujin"])).await.unwrap();
    two.notify(&platforms(&["jintan", "liyang"])).await.unwrap();
    two.notify(&platforms(&[])).await.unwrap();
    assert_eq!(heard(&mut letters).await, Some(platforms(&["jintan", "liyang"])));
    assert_eq!(heard(&mut others).await, Some(platforms(&["wujin"])));

    // A copy of the same opening is the same process.
    one.clone().notify(&platforms(&["wujin"])).await.unwrap();
    two.notify(&platforms(&["xinbei"])).await.unwrap();
    assert_eq!(heard(&mut letters).await, Some(platforms(&["xinbei"])));
}

#[tokio::test]
async fn more_news_than_a_notification_holds_mean_everything() {
    let ground = Ground::server();
    let (one, two) = (ground.open().await, ground.open().await);
    let mut letters = one.listen().await.unwrap().unwrap();
    let many: Vec<_> = (0..1000).map(|number| format!("platform-{number}")).collect();
    let most: BTreeSet<_> = many.iter().map(|name| id(name)).collect();
    two.notify(&most).await.unwrap();
    assert_eq!(heard(&mut letters).await, None);
    let few: BTreeSet<_> = many.iter().take(400).map(|name| id(name)).collect();
    two.notify(&few).await.unwrap();
    assert_eq!(heard(&mut letters).await, Some(few));
}

#[tokio::test]
async fn a_listener_that_lost_its_line_says_so_and_listens_again() {
    let ground = Ground::server();
    let (one, two) = (ground.open().await, ground.open().await);
    let mut letters = one.listen().await.unwrap().unwrap();
    let listening = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
        WHERE datname = current_database() AND query LIKE 'LISTEN%'";
    assert_eq!(cut(&ground, listening).await, 1);
    assert_eq!(heard(&mut letters).await, None, "whatever was told meanwhile is lost");
    two.notify(&platforms(&["jintan"])).await.unwrap();
    assert_eq!(heard(&mut letters).await, Some(platforms(&["jintan"])));
}

async fn leased(database: &Database) -> Option<Lease> {
    database.lease("sweep").await.unwrap()
}

#[tokio::test]
async fn one_process_has_a_lease_until_it_gives_it_back_or_is_lost() {
    let ground = Ground::server();
    let (one, two) = (ground.open().await, ground.open().await);
    let mut held = leased(&one).await.unwrap();
    held.check().await.unwrap();
    assert!(leased(&two).await.is_none() && leased(&one).await.is_none());
    assert!(two.lease("another").await.unwrap().is_some());
    held.release().await;
    // The server may be a moment behind a connection that was closed.
    until("the lease is free", async || leased(&two).await.is_some()).await;

    let mut lost = None;
    until("it is free again", async || {
        lost = leased(&one).await;
        lost.is_some()
    })
    .await;
    let holding = "SELECT count(pg_terminate_backend(pid)) FROM pg_locks \
        WHERE locktype = 'advisory' AND granted AND database = \
        (SELECT oid FROM pg_database WHERE datname = current_database())";
    assert_eq!(cut(&ground, holding).await, 1);
    until("another has it", async || leased(&two).await.is_some()).await;
    let error = lost.unwrap().check().await.unwrap_err();
    assert_eq!(error.code(), sanheyi_exchange_spec::error::Code::Unavailable, "{error}");
}

#[tokio::test]
async fn what_many_hold_nobody_gets_alone() {
    let ground = Ground::server();
    let (one, two) = (ground.open().await, ground.open().await);
    let shared = [one.share("store").await.unwrap(), two.share("store").await.unwrap()];
    assert!(shared.iter().all(Option::is_some));
    assert!(two.lease("store").await.unwrap().is_none());
    for lease in shared.into_iter().flatten() {
        lease.release().await;
    }
    let mut alone = None;
    until("nobody holds it", async || {
        alone = two.lease("store").await.unwrap();
        alone.is_some()
    })
    .await;
    assert!(one.share("store").await.unwrap().is_none());
}

#[tokio::test]
async fn a_file_has_one_process_which_is_alone() {
    let database = Ground::file().open().await;
    assert!(database.listen().await.unwrap().is_none());
    database.notify(&platforms(&["jintan"])).await.unwrap();
    let mut held = leased(&database).await.unwrap();
    held.check().await.unwrap();
    held.release().await;
}
