//! A hub put back to an old backup without anybody saying so has forgotten what it signed. Whoever
//! read its journal knows better: the Greet is refused, and nothing is written on top.

use std::path::Path;

use sanheyi_node::uplink::sync::Outcome;
use sanheyi_tests::fixtures::new_complaints;
use sanheyi_tests::knobs::Ground;
use sanheyi_tests::world::{World, hub_rows, id, journal_of};
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};

/// A whole copy of a database that is being written.
async fn back_up(database: &Path, to: &Path) {
    let options = SqliteConnectOptions::new().filename(database);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let sql = format!("VACUUM INTO '{}'", to.display());
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn until_an_operator_acts() {
    let mut world = World::on(Ground::Sqlite, 230, &["jintan"]).await;
    let node = world.node("jintan").await;
    node.submit(new_complaints(1..11)).await;
    let mut link = node.settle().await;
    let data = world.hub.folder().join("data");
    let backup = world.folder("backup.sqlite");
    back_up(&data.join("hub.sqlite"), &backup).await;
    node.submit(new_complaints(11..16)).await;
    assert!(link.settle(node.store()).await, "they go up in the same epoch");
    drop(link);
    world.hub.stop().await;
    std::fs::remove_dir_all(&data).unwrap();
    std::fs::create_dir(&data).unwrap();
    std::fs::rename(&backup, data.join("hub.sqlite")).unwrap();
    world.hub.start().await;

    let before = hub_rows(&world, &id("jintan")).await;
    for _ in 0..3 {
        let ended = node.link().await.end().await;
        let Outcome::Reconnect { pause: true, why } = ended else { panic!("{ended:?}") };
        assert!(why.contains("rewound") && why.contains("回退"), "{why}");
    }
    assert_eq!(hub_rows(&world, &id("jintan")).await, before, "the hub writes nothing on top");
    let row = journal_of(&node).await;
    let held = node.store().greeting_get(row.number).await.unwrap().holds;
    assert_eq!(held.len(), 1, "a refused Greet uses no epoch up");
    node.submit(new_complaints(16..17)).await;
}
