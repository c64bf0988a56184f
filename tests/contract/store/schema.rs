//! Opening: steps are made once, a newer schema is refused, a reader only reads.

use sanheyi_node::store::{Database, LinkRow, StoreError};
use sanheyi_tests::world::id;

use super::ground::{Ground, UP, open_journal};

pub(crate) async fn a_store_is_opened_again_without_another_step(ground: &Ground) {
    let store = ground.jintan().await;
    let row = open_journal(&store, UP).await;
    store.database().close().await;
    // What a step would do twice would fail: every one makes a table.
    let again = ground.jintan().await;
    assert_eq!(again.journal_list().await.unwrap(), [row]);
    let steps = sanheyi_node::store::STEPS.len() + sanheyi_hub::store::STEPS.len();
    let touched = ground.tamper("UPDATE _sqlx_migrations SET execution_time = 1").await;
    assert_eq!(touched, steps as u64);
}

/// A folder has one process; a server may have several that start together.
#[tokio::test]
async fn a_store_that_two_processes_make_at_once_is_made_once() {
    let ground = Ground::server();
    let (one, two) = tokio::join!(ground.open(), ground.open());
    let row = open_journal(&one.of(&id("jintan")), UP).await;
    assert_eq!(two.of(&id("jintan")).journal_list().await.unwrap(), [row]);
}

pub(crate) async fn a_store_that_a_newer_program_has_written_is_not_opened(ground: &Ground) {
    ground.open().await.close().await;
    let newer = "INSERT INTO _sqlx_migrations \
        (version, description, installed_on, success, checksum, execution_time) \
        SELECT 9999, 'of tomorrow', installed_on, success, checksum, 1 \
        FROM _sqlx_migrations WHERE version = 1";
    assert_eq!(ground.tamper(newer).await, 1);
    let refused = Database::open(ground.address(), sanheyi_hub::store::STEPS).await.unwrap_err();
    assert!(matches!(refused, StoreError::SchemaUnknown(9999)), "{refused}");
    assert!(refused.to_string().contains("9999"), "{refused}");
}

pub(crate) async fn a_reader_beside_the_writer_sees_what_is_committed_and_writes_nothing(
    ground: &Ground,
) {
    let store = ground.jintan().await;
    let reading = Database::open_read_only(ground.address()).await.unwrap().of(&id("jintan"));
    let mut tx = store.begin("link_put").await.unwrap();
    let link = LinkRow { phase: "live".into(), ..LinkRow::default() };
    tx.link_put(&store, &link).await.unwrap();
    assert_eq!(reading.link_get().await.unwrap(), None);
    assert_eq!(store.link_get().await.unwrap(), None, "a writer's readers see it no sooner");
    tx.commit().await.unwrap();
    assert_eq!(reading.link_get().await.unwrap(), Some(link.clone()));
    assert_eq!(store.link_get().await.unwrap(), Some(link.clone()));

    // Which of the two statements is refused is the database's affair.
    let refused = match reading.begin("link_put").await {
        Ok(mut tx) => tx.link_put(&reading, &LinkRow::default()).await.unwrap_err(),
        Err(error) => error,
    };
    assert!(matches!(refused, StoreError::Database { operation: "link_put", .. }), "{refused}");
    assert_eq!(store.link_get().await.unwrap(), Some(link));
}
