//! Whose rows are seen: one platform's by its store, all of them by the city's view, and the
//! directory of platforms by everybody.

use sanheyi_exchange_spec::merkle::TileId;
use sanheyi_exchange_spec::suite::SigningKey;
use sanheyi_hub::store::{PlatformRow, gate_behind, gate_get, gate_list, gate_open, platform_put};
use sanheyi_hub::store::{platform_get, platform_list};
use sanheyi_node::store::{CheckpointRow, GreetingRow, LinkRow, SegmentRow, Staged, Store};
use sanheyi_tests::fixtures::{COMPLAINT, MORNING};
use sanheyi_tests::world::id;

use super::ground::{Ground, open_journal, row};

/// Rows of one platform in most tables.
async fn fill(store: &Store) {
    let journal = format!("{}>changzhou/normal/{}", store.platform(), "01".repeat(16));
    let at = open_journal(store, &journal).await;
    let mut tx = store.begin("fill").await.unwrap();
    tx.journal_advance(store, at.number, &at.head, 1, &at.head.root, MORNING);
    let bytes = b"a segment".to_vec().into();
    let segment = SegmentRow { first: 0, entries: 1, stored: MORNING, bytes };
    tx.segment_insert(store, at.number, std::slice::from_ref(&segment));
    tx.tile_put(store, at.number, &[(TileId { level: 0, index: 0 }, vec![1; 32])]);
    tx.checkpoint_put(store, at.number, &CheckpointRow { size: 1, note: "note".into() });
    tx.record_add(store, vec![row("A", 1, 0)]).await.unwrap();
    let greeting = GreetingRow { acknowledged: 1, ..GreetingRow::default() };
    tx.greeting_put(store, at.number, &greeting).await.unwrap();
    tx.link_put(store, &LinkRow { phase: "live".into(), ..LinkRow::default() }).await.unwrap();
    tx.staged_put(store, at.number, Staged::Own, &[segment]).await.unwrap();
    gate_open(&mut tx, store, at.number).await.unwrap();
    platform_put(&mut tx, &platform(store)).await.unwrap();
    tx.commit().await.unwrap();
}

fn platform(store: &Store) -> PlatformRow {
    PlatformRow {
        platform: store.platform().clone(),
        title_zh: "平台".into(),
        title_en: "platform".into(),
        key: SigningKey::from_seed(&[3; 32]).verifying(),
        added: MORNING,
        hosted: false,
        quota: 0,
    }
}

/// By its own number, its own id, its own record: nothing of another platform's is found, read or
/// written.
pub(crate) async fn another_platforms_rows_are_not_seen(ground: &Ground) {
    let database = ground.open().await;
    let (zhonglou, tianning) = (database.of(&id("zhonglou")), database.of(&id("tianning")));
    fill(&zhonglou).await;
    let at = zhonglou.journal_list().await.unwrap().remove(0);

    let store = &tianning;
    assert_eq!(store.journal_get(&at.head.journal).await.unwrap(), None);
    assert_eq!(store.journal_list().await.unwrap(), []);
    assert_eq!(store.segment_from(at.number, 0, 9).await.unwrap(), []);
    let tiles = store.tile_get(at.number, &[TileId { level: 0, index: 0 }]).await.unwrap();
    assert!(tiles.is_empty());
    assert_eq!(store.checkpoint_get(at.number, 1).await.unwrap(), None);
    assert_eq!(store.record_places(&[row("A", 1, 0)]).await.unwrap(), [None]);
    assert_eq!(store.record_revisions(COMPLAINT, "A", 9).await.unwrap(), []);
    assert_eq!(store.record_count().await.unwrap(), 0);
    assert_eq!(store.greeting_get(at.number).await.unwrap(), GreetingRow::default());
    assert_eq!(store.link_get().await.unwrap(), None);
    assert_eq!(gate_get(store, at.number).await.unwrap(), None);
    assert_eq!(gate_list(store).await.unwrap(), []);

    let mut tx = store.begin("cross").await.unwrap();
    assert_eq!(tx.record_head(store, COMPLAINT, "A").await.unwrap(), None);
    assert_eq!(tx.staged_from(store, at.number, Staged::Own, 0, 9).await.unwrap(), []);
    assert_eq!(tx.segment_cut(store, at.number, 0).await.unwrap(), 0);
    tx.checkpoint_cut(store, at.number, 0).await.unwrap();
    tx.record_remove(store, &[row("A", 1, 0)]).await.unwrap();
    tx.journal_stop(store, at.number, "stopped by another").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(zhonglou.journal_list().await.unwrap(), std::slice::from_ref(&at));
    assert_eq!(zhonglou.segment_from(at.number, 0, 9).await.unwrap().len(), 1);
    assert_eq!(zhonglou.record_count().await.unwrap(), 1);
    assert!(zhonglou.checkpoint_get(at.number, 1).await.unwrap().is_some());

    // The same numbers and keys are free for it.
    fill(&tianning).await;
    assert_eq!(tianning.journal_list().await.unwrap()[0].number, at.number);
}

pub(crate) async fn the_city_sees_all_platforms_and_the_directory_everybody(ground: &Ground) {
    let database = ground.open().await;
    let names = ["tianning", "zhonglou"];
    for name in names {
        fill(&database.of(&id(name))).await;
    }
    let behind = gate_behind(&database).await.unwrap();
    assert_eq!(behind.keys().map(|(one, _)| one.as_str()).collect::<Vec<_>>(), names);
    let listed = platform_list(&database).await.unwrap();
    assert_eq!(listed.iter().map(|one| one.platform.as_str()).collect::<Vec<_>>(), names);
    let one = platform_get(&database, &id("zhonglou")).await.unwrap();
    assert_eq!(one.as_ref(), Some(&listed[1]));
    assert_eq!(one, Some(platform(&database.of(&id("zhonglou")))));
    assert_eq!(platform_get(&database, &id("wujin")).await.unwrap(), None);
}
