//! Nobody sees what no policy shows: neither what is addressed to it nor a part of it. A policy
//! opens what comes after it, at once and without a restart; one that ends shuts what comes after
//! it; and a policy for all of a dataset needs no request.

use sanheyi_node::branch::Draft;
use sanheyi_node::store::Store;
use sanheyi_proto::standard::v1::PolicyScope;
use sanheyi_tests::fixtures::{CASE, POWER, case_no, new_case, new_item};
use sanheyi_tests::joint::{JOINT, joint_no, may_see, new_joint, next};
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{World, assert_converged, id, told};

/// What a store was shown of Jintan: dataset, record, revision.
async fn seen(store: &Store) -> Vec<(String, String, u64)> {
    let rows = store.enclosure_list(Some(&id("jintan")), None, 99).await.unwrap();
    let keys = rows.iter().map(|row| row.key().unwrap());
    keys.map(|key| (key.dataset, key.record, key.revision)).collect()
}

#[tokio::test]
async fn a_policy_opens_and_shuts_what_comes_after_it() {
    let mut world = World::new(620, &["jintan", "wujin", "liyang"]).await;
    let (mut jintan, mut wujin) = (world.node("jintan").await, world.node("wujin").await);
    let mut liyang = world.node("liyang").await;
    for node in [&mut jintan, &mut wujin, &mut liyang] {
        node.dial_on().await;
    }
    jintan.submit(vec![new_item(POWER), new_case(1), new_case(2)]).await;
    let request = new_joint(1, "wujin");
    let first = jintan.submit(vec![request.clone()]).await;
    told(&world, &jintan).await;
    let hub = world.hub.store(&id("jintan"));
    let due = sanheyi_hub::store::errand_due(&hub, 99).await.unwrap();
    assert_eq!((due, seen(wujin.store()).await), (vec![], vec![]), "no policy, no errand");

    // The request may be seen, the case that it lists may not.
    let policy = may_see("joint", "wujin", JOINT, "jintan", PolicyScope::Addressed);
    let policy_head = world.hub.exchange().dispatch(vec![policy.clone()]).await.unwrap();
    let second = jintan.submit(vec![next(&request, &first[0])]).await;
    until("the request is shown", async || !seen(wujin.store()).await.is_empty()).await;
    assert_eq!(seen(wujin.store()).await, [(JOINT.into(), joint_no(1), 2)]);

    // Now the part, too; its state of now comes with the next word of the request.
    let parts = may_see("cases", "wujin", CASE, "jintan", PolicyScope::Addressed);
    world.hub.exchange().dispatch(vec![parts]).await.unwrap();
    let third = jintan.submit(vec![next(&request, &second[0])]).await;
    until("the part is shown", async || seen(wujin.store()).await.len() == 3).await;
    let case = (CASE.to_owned(), case_no(1), 1);
    assert!(seen(wujin.store()).await.contains(&case));
    assert_eq!(seen(liyang.store()).await, [], "it was not asked");

    // The policy on requests ends.
    let ended = Draft {
        operation: sanheyi_exchange_spec::entry::Operation::Withdraw,
        body: Vec::new().into(),
        ..next(&policy, &policy_head[0])
    };
    world.hub.exchange().dispatch(vec![ended]).await.unwrap();
    jintan.submit(vec![next(&request, &third[0])]).await;
    told(&world, &jintan).await;

    // One for all of a dataset.
    let all = may_see("all-cases", "liyang", CASE, "jintan", PolicyScope::All);
    world.hub.exchange().dispatch(vec![all]).await.unwrap();
    jintan.submit(vec![new_case(3)]).await;
    until("it is shown", async || !seen(liyang.store()).await.is_empty()).await;
    assert_eq!(seen(liyang.store()).await, [(CASE.into(), case_no(3), 1)], "not what was before");
    let wujins: Vec<_> = seen(wujin.store()).await.into_iter().map(|one| one.2).collect();
    assert_eq!(wujins, [1, 2, 3], "no fourth word of the request, no third case");
    assert_converged(&world, &wujin).await;
    assert_converged(&world, &liyang).await;
}
