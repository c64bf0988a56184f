//! The city's view reads over all platforms, on either database; whoever looks is written down
//! before anything is read, and nothing can be written through it.

use std::sync::Arc;

use sanheyi_exchange_spec::gate::Standing;
use sanheyi_hub::city::{Authorisation, CityView, View};
use sanheyi_hub::cli::answer;
use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no, new_complaints};
use sanheyi_tests::knobs::Ground;
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{World, id, settled};
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Executor as _};

async fn view(world: &World) -> CityView {
    let scope = [View::Totals, View::Find, View::Quarantined];
    let by = Authorisation::new("王芳 (uid 1000)", "季度通报", scope).unwrap();
    let (database, hub) = (world.hub.database(), &world.setup().hub);
    let entropy = Arc::new(SeededEntropy::new(5));
    CityView::open(&database, hub, by, Arc::clone(&world.clock) as _, entropy).await.unwrap()
}

/// Two nodes, a tenant, and a platform that has never come.
async fn peopled(ground: Ground, seed: u64) -> World {
    let mut world = World::on(ground, seed, &["jintan", "liyang", "wujin"]).await;
    let tianning = world.tenant("tianning").await;
    for (name, count) in [("jintan", 12), ("liyang", 7)] {
        let node = world.node(name).await;
        node.submit(new_complaints(1..count + 1)).await;
        drop(node.settle().await);
    }
    tianning.submit(new_complaints(1..4)).await;
    let store = world.hub.store(&id("tianning"));
    until("the tenant's entries are answered", async || settled(&store).await).await;
    let mut foreign = world.foreign("wujin").await;
    foreign.greet().await.unwrap();
    let entry = foreign.entry(COMPLAINT, "BAD", None, vec![0xff, 0xff]);
    foreign.push(&[entry]).await.unwrap();
    let store = world.hub.store(&id("wujin"));
    until("the foreign entry is judged", async || {
        let rows = store.journal_list().await.unwrap();
        let row = rows.iter().find(|row| !row.home).unwrap();
        store.receipt_counts(row.number).await.unwrap().1 == 1
    })
    .await;
    world
}

async fn assert_seen(world: &World) {
    let view = view(world).await;
    let totals = view.totals().await.unwrap();
    let seen: Vec<_> = totals
        .iter()
        .map(|one| (one.platform.as_str(), one.hosted, one.entries, one.counts.accepted))
        .collect();
    let due = [
        ("jintan", false, 12, 12),
        ("liyang", false, 7, 7),
        ("tianning", true, 3, 3),
        ("wujin", false, 1, 0),
    ];
    assert_eq!(seen, due);
    // Each lane is a journal; the foreign vendor has the normal one only.
    let journals: Vec<_> = totals.iter().map(|one| one.journals).collect();
    assert_eq!(journals, [2, 2, 2, 1]);
    assert!(totals.iter().all(|one| one.unjudged == 0), "{totals:?}");

    let found = view.find(COMPLAINT, &complaint_no(2)).await.unwrap();
    let whose: Vec<_> = found.iter().map(|one| one.platform.as_str()).collect();
    assert_eq!(whose, ["jintan", "liyang", "tianning"], "a record's number is its platform's own");
    assert!(found.iter().all(|one| one.found.revision == 1 && one.found.record == complaint_no(2)));
    assert_eq!(found[0].found.place.standing, Some(Standing::Accepted));
    assert!(view.find(COMPLAINT, &complaint_no(99)).await.unwrap().is_empty());

    let quarantined = view.quarantined(10).await.unwrap();
    assert_eq!(quarantined.len(), 1);
    assert_eq!(quarantined[0].platform, id("wujin"));
    assert_eq!(quarantined[0].exception.record, "BAD");
    assert!(view.quarantined(0).await.unwrap().is_empty());
}

async fn operator(world: &World, command: &[&str]) -> serde_json::Value {
    let config = world.hub.folder().join("hub.toml").display().to_string();
    let args = [&["sanheyi-hub", "city"], command, &["--json", "--config", &config]].concat();
    let answer = answer(args.into_iter().map(str::to_owned)).await.unwrap();
    serde_json::from_str(&answer.text).unwrap()
}

async fn assert_traced(world: &World) {
    let totals = operator(world, &["totals", "--purpose", "通报", "--by", "王芳"]).await;
    assert_eq!(totals.as_array().unwrap().len(), 4);
    operator(world, &["find", COMPLAINT, "BAD", "--purpose", "信访 118"]).await;
    operator(world, &["quarantined", "--purpose", "复核"]).await;
    let audit = operator(world, &["audit"]).await;
    let looks = audit.as_array().unwrap();
    let text = |look: &serde_json::Value, key: &str| look[key].as_str().unwrap().to_owned();
    let said = |view: &str, purpose: &str| {
        looks
            .iter()
            .filter(|one| text(one, "view") == view && text(one, "purpose") == purpose)
            .count()
    };
    assert_eq!(said("totals", "通报"), 1, "{audit}");
    assert_eq!(said(&format!("find {COMPLAINT} BAD"), "信访 118"), 1, "{audit}");
    assert_eq!(said("quarantined 100", "复核"), 1, "{audit}");
    assert!(looks.iter().any(|one| text(one, "who").starts_with("王芳 (uid ")), "{audit}");
    assert!(looks.iter().all(|one| text(one, "who").contains("uid ")), "{audit}");
}

#[tokio::test]
async fn in_a_file() {
    let mut world = peopled(Ground::Sqlite, 330).await;
    assert_seen(&world).await;
    assert_traced(&world).await;
    world.hub.stop().await;
}

#[tokio::test]
async fn on_a_server_where_its_scope_can_write_nothing() {
    let mut world = peopled(Ground::Postgres, 331).await;
    assert_seen(&world).await;
    assert_traced(&world).await;
    world.hub.stop().await;

    let text = std::fs::read_to_string(world.hub.folder().join("hub.toml")).unwrap();
    let url = text.rsplit('"').find(|part| part.starts_with("postgres://")).unwrap();
    let mut city = PgConnection::connect(url).await.unwrap();
    city.execute("BEGIN; SET LOCAL sanheyi.view = 'city'").await.unwrap();
    let seen: i64 =
        sqlx::query_scalar("SELECT count(*) FROM record").fetch_one(&mut city).await.unwrap();
    assert!(seen >= 22, "{seen}");
    for table in
        ["journal", "record", "receipt", "exception", "gate", "waiting", "platform", "audit"]
    {
        for sql in [format!("UPDATE {table} SET platform = 'x'"), format!("DELETE FROM {table}")] {
            let done = city.execute(sqlx::AssertSqlSafe(sql)).await.unwrap();
            assert_eq!(done.rows_affected(), 0, "{table}");
        }
    }
    let insert = "INSERT INTO gate (platform, journal, judged) VALUES ('jintan', 99, 0)";
    let refused = city.execute(insert).await.unwrap_err().to_string();
    assert!(refused.contains("row-level security"), "{refused}");
    city.execute("ROLLBACK").await.unwrap();
    city.execute("BEGIN READ ONLY; SET LOCAL sanheyi.view = 'city'").await.unwrap();
    let refused = city.execute("DELETE FROM record").await.unwrap_err().to_string();
    assert!(refused.contains("read-only"), "{refused}");
    city.close().await.unwrap();
}
