//! A hub's store moves from one database to another: every row, every root, and the generation with
//! them. The districts notice nothing; the old store does not run again.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sanheyi_exchange_spec::gate::Edition;
use sanheyi_hub::app::HubApp;
use sanheyi_hub::cli::answer;
use sanheyi_hub::config::CheckedConfig;
use sanheyi_hub::moving::{Move, MoveError, Moved, Progress, Stage};
use sanheyi_hub::store::{is_mark, open, tables};
use sanheyi_node::cli::{DIFFERENT, OK};
use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_node::store::tables::Cell;
use sanheyi_node::store::{Address, Database, StoreError};
use sanheyi_tests::fixtures::new_complaints;
use sanheyi_tests::knobs::Ground;
use sanheyi_tests::patience::until;
use sanheyi_tests::postgres::{PgDatabase, shared};
use sanheyi_tests::world::{NodeMachine, World, assert_converged, id, settled};
use sqlx::Connection as _;
use sqlx::postgres::PgConnection;

fn server(database: &PgDatabase) -> Address {
    Address::parse(&database.url(), Path::new("/")).unwrap()
}

fn config(world: &World) -> PathBuf {
    world.hub.folder().join("hub.toml")
}

/// A command of the hub's operator.
async fn operator(world: &World, command: &[&str]) -> anyhow::Result<(String, u8)> {
    let config = config(world).display().to_string();
    let args = [&["sanheyi-hub"], command, &["--config", &config]].concat();
    let answer = answer(args.into_iter().map(str::to_owned)).await?;
    Ok((answer.text, answer.code))
}

/// What the operator writes into the configuration after a move.
fn point_to(world: &World, address: &str) {
    let text = std::fs::read_to_string(config(world)).unwrap();
    let (before, _) = text.split_once("\n[store]").unwrap_or((&text, ""));
    let text = format!("{before}\n[store]\naddress = \"{address}\"\n");
    std::fs::write(config(world), text).unwrap();
}

/// A hub on SQLite that stands still, with a node's and a tenant's records in it.
async fn at_rest(seed: u64) -> (World, NodeMachine) {
    let mut world = World::on(Ground::Sqlite, seed, &["jintan", "liyang"]).await;
    let tianning = world.tenant("tianning").await;
    let node = world.node("jintan").await;
    node.submit(new_complaints(1..41)).await;
    tianning.submit(new_complaints(1..11)).await;
    drop(node.settle().await);
    let store = world.hub.store(&id("tianning"));
    until("the tenant's entries are answered", async || settled(&store).await).await;
    world.hub.stop().await;
    (world, node)
}

/// Copies a store until it is done, or until `kill` says that the process is killed.
async fn copy(
    world: &World,
    from: &Address,
    to: &Address,
    mut kill: impl FnMut(&Progress) -> bool + Send + 'static,
) -> Result<Result<Moved, MoveError>, Killed> {
    let (hub, hub_key) = (world.setup().hub.clone(), world.hub.key().verifying());
    let (from, to) = (from.clone(), to.clone());
    let copying = tokio::spawn(async move {
        let entropy = SeededEntropy::new(9);
        let moving = Move { from: &from, to: &to, hub: &hub, hub_key, entropy: &entropy };
        moving.run(&mut |progress| assert!(!kill(progress), "killed here")).await
    });
    copying.await.map_err(|_| Killed)
}

#[derive(Debug)]
struct Killed;

fn to_the_end(_: &Progress) -> bool {
    false
}

/// Kills a copy after so many pages.
fn after(mut pages: usize) -> impl FnMut(&Progress) -> bool + Send + 'static {
    move |_| {
        let over = pages == 0;
        pages = pages.saturating_sub(1);
        over
    }
}

/// A server lets go of what a killed process held as soon as it hears of it.
async fn let_go(database: &PgDatabase) {
    until("nobody is connected", async || {
        let mut admin = PgConnection::connect(&database.admin_url()).await.unwrap();
        let count = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'
            AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        let held: i64 = sqlx::query_scalar(count).fetch_one(&mut admin).await.unwrap();
        admin.close().await.unwrap();
        held == 0
    })
    .await;
}

/// All rows of all tables, without marks.
async fn rows(at: &Address) -> Vec<(&'static str, Vec<Cell>)> {
    let database = Database::open_read_only(at).await.unwrap();
    let mut rows = Vec::new();
    for platform in ["changzhou", "jintan", "liyang", "tianning"] {
        let store = database.of(&id(platform));
        for table in tables() {
            let mut after = None;
            loop {
                let page = store.table_page(table, after.as_deref()).await.unwrap();
                let Some(last) = page.last() else { break };
                after = Some(table.key_of(last));
                let page = page.into_iter().filter(|row| !is_mark(table, row));
                rows.extend(page.map(|row| (table.name, row)));
            }
        }
    }
    database.close().await;
    rows
}

async fn say(database: &PgDatabase, sql: &'static str) -> u64 {
    let mut admin = PgConnection::connect(&database.admin_url()).await.unwrap();
    let done = sqlx::query(sql).execute(&mut admin).await.unwrap();
    admin.close().await.unwrap();
    done.rows_affected()
}

#[tokio::test]
async fn from_a_file_to_a_server_and_its_districts_go_on() {
    let (mut world, node) = at_rest(310).await;
    let there = shared().database();
    let (said, code) = operator(&world, &["copy-store", "--to", &there.url()]).await.unwrap();
    assert_eq!(code, OK, "{said}");
    assert!(said.contains("= ") && said.contains("All agree"), "{said}");
    assert!(said.contains(&format!("address = \"{}\"", there.url())), "{said}");

    // The old store does not run again; it can be looked at.
    let old = world.setup().store.clone();
    let refused = open(&old, &world.setup().hub).await.unwrap_err();
    assert!(
        matches!(&refused, StoreError::Moved(to) if to.starts_with("postgres://")),
        "{refused}"
    );
    let checked = CheckedConfig::load(&config(&world)).unwrap();
    let (clock, chance) = (Arc::clone(&world.clock), Arc::new(SeededEntropy::new(1)));
    let run =
        HubApp::build(&checked, clock, chance, Edition::CURRENT).await.err().unwrap().to_string();
    assert!(run.contains("已迁至") && run.contains("must not run again"), "{run}");
    assert_eq!(operator(&world, &["verify"]).await.unwrap().1, OK);
    let (status, _) = operator(&world, &["status"]).await.unwrap();
    let (elsewhere, twice) = (tempfile::tempdir().unwrap(), ["copy-store", "--to"]);
    let other = elsewhere.path().join("other.sqlite").display().to_string();
    let twice = operator(&world, &[twice[0], twice[1], &other]).await.unwrap_err();
    assert!(twice.to_string().contains("must not run again"), "{twice}");

    point_to(&world, &there.url());
    assert_eq!(operator(&world, &["status"]).await.unwrap().0, status, "nothing is different");
    assert_eq!(operator(&world, &["verify"]).await.unwrap().1, OK);
    world.hub.start().await;
    node.submit(new_complaints(41..51)).await;
    let _link = node.settle().await;
    assert_converged(&world, &node).await;
    world.hub.stop().await;
}

#[tokio::test]
async fn and_back_again_with_the_same_rows() {
    let (mut world, node) = at_rest(311).await;
    let there = shared().database();
    let (old, middle) = (world.setup().store.clone(), server(&there));
    let back = Address::File(world.folder("back.sqlite"));
    for (from, to) in [(&old, &middle), (&middle, &back)] {
        let moved = copy(&world, from, to, to_the_end).await.unwrap().unwrap();
        assert!(moved.clean, "{moved:?}");
        assert!(moved.journals.len() >= 4, "{moved:?}");
        assert!(moved.journals.iter().all(|one| one.root == one.computed), "{moved:?}");
    }
    assert_eq!(rows(&old).await, rows(&back).await);
    assert!(matches!(open(&middle, &world.setup().hub).await, Err(StoreError::Moved(_))));

    point_to(&world, &world.folder("back.sqlite").display().to_string());
    world.hub.start().await;
    node.submit(new_complaints(41..51)).await;
    let _link = node.settle().await;
    assert_converged(&world, &node).await;
    world.hub.stop().await;
}

#[tokio::test]
async fn a_copy_that_was_killed_goes_on_where_it_stood() {
    let (world, _node) = at_rest(312).await;
    let there = shared().database();
    let (old, new) = (world.setup().store.clone(), server(&there));
    let hub = &world.setup().hub;
    let mut kills = 0;
    for pages in (0..).step_by(7) {
        let copied = copy(&world, &old, &new, after(pages)).await;
        let_go(&there).await;
        if let Ok(moved) = copied {
            assert!(moved.unwrap().clean);
            break;
        }
        kills += 1;
        let refused = open(&new, hub).await.unwrap_err();
        assert!(matches!(refused, StoreError::Unfinished), "{refused}");
    }
    assert!(kills > 5, "{kills}");
    assert_eq!(rows(&old).await, rows(&new).await);
    assert!(matches!(open(&old, hub).await, Err(StoreError::Moved(_))));
    open(&new, hub).await.unwrap().close().await;
}

#[tokio::test]
async fn a_source_that_was_written_meanwhile_is_not_pieced_together() {
    let (world, _node) = at_rest(313).await;
    let there = shared().database();
    let (old, new) = (world.setup().store.clone(), server(&there));
    assert!(copy(&world, &old, &new, after(3)).await.is_err(), "killed");
    let_go(&there).await;
    // The operator thinks better of it, and the hub runs on.
    world.register("wujin").await;
    let refused = copy(&world, &old, &new, to_the_end).await.unwrap().unwrap_err();
    assert!(matches!(refused, MoveError::Stale { .. }), "{refused}");
    let fresh = shared().database();
    let moved = copy(&world, &old, &server(&fresh), to_the_end).await.unwrap().unwrap();
    assert!(moved.clean, "{moved:?}");
}

#[tokio::test]
async fn what_differs_is_named_and_the_old_store_remains() {
    let (world, _node) = at_rest(314).await;
    let there = shared().database();
    let (old, new) = (world.setup().store.clone(), server(&there));
    let hub = &world.setup().hub;
    let compares = |progress: &Progress| progress.stage == Stage::Compare;
    assert!(copy(&world, &old, &new, compares).await.is_err(), "killed when all was copied");
    let_go(&there).await;
    let damage = "UPDATE segment SET bytes = overlay(bytes placing '\\x00'::bytea from 40) \
                  WHERE platform = 'jintan' AND first = 0 AND journal = 1";
    assert!(say(&there, damage).await > 0);
    let unseen = "UPDATE platform SET title_en = 'Lyang' WHERE platform = 'liyang'";
    assert_eq!(say(&there, unseen).await, 1, "no root is about it");
    let (said, code) = operator(&world, &["copy-store", "--to", &there.url()]).await.unwrap();
    assert_eq!(code, DIFFERENT, "{said}");
    assert!(said.contains("差异 · difference: jintan") && said.contains("≠"), "{said}");
    let differs: Vec<_> = said.lines().filter(|line| line.ends_with('≠')).collect();
    assert!(differs.len() == 2, "{differs:?}");
    assert!(differs[0].starts_with("segment") && differs[1].starts_with("platform"), "{said}");
    open(&old, hub).await.unwrap().close().await;
    assert!(matches!(open(&new, hub).await, Err(StoreError::Unfinished)));
}

#[tokio::test]
async fn no_hub_may_run_and_nothing_may_stand_in_the_target() {
    let (mut world, _node) = at_rest(315).await;
    let there = shared().database();
    world.hub.start().await;
    let refused = operator(&world, &["copy-store", "--to", &there.url()]).await.unwrap_err();
    assert!(format!("{refused:#}").contains("another process writes"), "{refused:#}");
    world.hub.stop().await;

    let other = World::on(Ground::Postgres, 316, &["wujin"]).await;
    let old = world.setup().store.clone();
    let theirs = other.setup().store.clone();
    let running = copy(&world, &old, &theirs, to_the_end).await.unwrap().unwrap_err();
    assert!(matches!(running, MoveError::Running(_)), "{running}");
    let mut other = other;
    other.hub.stop().await;
    let taken = copy(&world, &old, &theirs, to_the_end).await.unwrap().unwrap_err();
    assert!(matches!(taken, MoveError::NotEmpty { table: "journal" | "platform", .. }), "{taken}");
    other.hub.start().await;
    other.hub.stop().await;
    open(&old, &world.setup().hub).await.unwrap().close().await;
}
