//! A hub put back to an old backup without anybody saying so has forgotten what it signed. Whoever
//! read its journal knows better: the Greet is refused, and nothing is written on top.

use sanheyi_node::uplink::sync::Outcome;
use sanheyi_tests::fixtures::new_cases;
use sanheyi_tests::world::{World, copy_folder, hub_rows, id, journal_of};

#[tokio::test]
async fn until_an_operator_acts() {
    let mut world = World::new(230, &["jintan"]).await;
    let node = world.node("jintan").await;
    node.submit(new_cases(1..11)).await;
    let mut link = node.settle().await;
    let (data, backup) = (world.hub.folder().join("data"), world.folder("backup"));
    copy_folder(&data, &backup);
    node.submit(new_cases(11..16)).await;
    assert!(link.settle(node.store()).await, "they go up in the same epoch");
    drop(link);
    world.hub.kill().await;
    std::fs::remove_dir_all(&data).unwrap();
    copy_folder(&backup, &data);
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
    node.submit(new_cases(16..17)).await;
}
