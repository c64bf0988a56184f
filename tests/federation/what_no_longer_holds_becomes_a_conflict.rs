//! A restored machine wrote on what it had; the hub has something else by then. Neither is lost:
//! the hub's stands, the machine's own is kept whole inside a conflict entry, and a person decides.

use sanheyi_exchange_spec::conflict::{self, Conflict};
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::suite::Suite;
use sanheyi_node::branch::Appended;
use sanheyi_tests::fixtures::{
    COMPLAINT, complaint_no, handling_on, new_complaints, next_complaint,
};
use sanheyi_tests::world::{NodeMachine, World, assert_converged, copy_folder, journal_of};

/// The hub has r@2 = u2; the restored machine has written r@2 = u3, a handling that had read it,
/// and r@3 on it.
async fn two_histories(world: &mut World) -> (NodeMachine, Appended, Vec<Appended>) {
    let mut node = world.node("jintan").await;
    let first = node.submit(new_complaints(1..4)).await[0];
    let mut link = node.settle().await;
    copy_folder(node.folder(), &world.folder("backup"));
    let u2 = node.submit(vec![next_complaint(1, &first, "乙")]).await[0];
    assert!(link.settle(node.store()).await);
    node.kill().await;

    let folder = world.folder("backup");
    let node = world.node_at(&folder).await;
    let u3 = node.submit(vec![next_complaint(1, &first, "丙")]).await[0];
    let handling = node.submit(vec![handling_on(1, 1, &u3)]).await[0];
    let r3 = node.submit(vec![next_complaint(1, &u3, "丁")]).await[0];
    node.submit(new_complaints(9..10)).await;
    (node, u2, vec![u3, handling, r3])
}

#[tokio::test]
async fn it_is_kept_whole_and_answered_and_the_next_revision_closes_it() {
    let mut world = World::new(50, &["jintan"]).await;
    let (node, u2, own) = two_histories(&mut world).await;
    let mut link = node.settle().await;
    assert_converged(&world, &node).await;

    let row = journal_of(&node).await;
    assert_eq!(row.head.size, 3 + 1 + 3 + 1);
    let exceptions = node.store().exception_list(row.number, None, 100).await.unwrap();
    assert_eq!(exceptions.len(), 3);
    for ((exception, own), sequence) in exceptions.iter().zip(&own).zip(4..) {
        assert_eq!((exception.sequence, exception.standing), (sequence, Standing::Quarantined));
        assert_eq!(exception.dataset, conflict::DATASET);
        assert_eq!(exception.record, own.digest.to_string());
        let [reason] = &exception.reasons[..] else { panic!("{:?}", exception.reasons) };
        assert_eq!(reason.rule, "conflict");
        assert!(!reason.zh.is_empty() && !reason.en.is_empty());

        let shown = node.store().entry_get(row.number, sequence).await.unwrap().unwrap();
        let inside = Conflict::decode(&shown.body.unwrap()).unwrap();
        assert_eq!(Suite::Intl.leaf(&inside.header), own.digest, "byte for byte");
    }
    let history = node.store().record_history(COMPLAINT, &complaint_no(1), 10).await.unwrap();
    assert_eq!(history.len(), 2);
    assert_eq!(history[1].found.place.digest, u2.digest, "the hub's revision stands");

    node.submit(vec![next_complaint(1, &u2, "定稿")]).await;
    assert!(link.settle(node.store()).await);
    assert_converged(&world, &node).await;
    let row = journal_of(&node).await;
    let (counts, _) = node.store().receipt_counts(row.number).await.unwrap();
    assert_eq!((counts.accepted, counts.quarantined), (6, 3));
}

#[tokio::test]
async fn restored_again_it_is_not_kept_twice() {
    let mut world = World::new(51, &["jintan"]).await;
    let (mut node, ..) = two_histories(&mut world).await;
    node.close().await;
    copy_folder(node.folder(), &world.folder("again"));
    node.open().await;
    drop(node.settle().await);
    node.kill().await;

    let folder = world.folder("again");
    let node = world.node_at(&folder).await;
    world.readmit(&node).await;
    let _link = node.settle().await;
    assert_eq!(journal_of(&node).await.head.size, 8);
    assert_converged(&world, &node).await;
}
