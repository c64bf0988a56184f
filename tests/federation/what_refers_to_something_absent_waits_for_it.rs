//! Records come in any order. What refers to something that is not there yet is pending, holds
//! nobody up, and is judged again when that has come; the author is told, and both stores say the
//! same.

use prost::Message as _;
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::limits::RECEIPT_EXCEPTIONS;
use sanheyi_node::branch::Draft;
use sanheyi_node::store::Counts;
use sanheyi_proto::standard::v1::Case;
use sanheyi_tests::fixtures::{
    CASE, ITEM, POWER, STEP, case, case_no, draft, item, item_no, new_case, new_complaints,
    new_item, new_step, step, step_no,
};
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{
    NodeMachine, Tenant, World, assert_converged, assert_tenant_sound, counts, id, judged, rules,
    told,
};

const ACCEPTED: Counts = Counts { accepted: 0, quarantined: 0, pending: 0, warned: 0 };

/// Every order of three.
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];

/// An item, a case on it and a step of that case, of one number.
fn family(serial: u64) -> [Draft; 3] {
    let case = Case { power_code: item(serial).code, power_version: 1, ..case(serial) };
    let case = draft(CASE, &case_no(serial), case.encode_to_vec());
    [new_item(serial), case, new_step(serial, 1)]
}

/// The same in another order.
fn ordered(serial: u64, order: [usize; 3]) -> Vec<Draft> {
    let all = family(serial);
    order.iter().map(|place| all[*place].clone()).collect()
}

async fn assert_all_accepted(world: &World, node: &NodeMachine, accepted: u64) {
    told(world, node).await;
    assert_converged(world, node).await;
    for store in [node.store(), &world.hub.store(&node.platform())] {
        assert_eq!(counts(store).await, Counts { accepted, ..ACCEPTED });
        assert_eq!(rules(store).await, []);
    }
    for found in node.store().record_list(None, 1000).await.unwrap() {
        assert_eq!(found.standing, Some(Standing::Accepted), "{found:?}");
    }
}

#[tokio::test]
async fn in_whatever_order_they_come_all_are_accepted_in_the_end() {
    let mut world = World::new(400, &["jintan"]).await;
    let mut node = world.node("jintan").await;
    node.dial_on().await;
    let orders = || ORDERS.into_iter().zip(1..);
    // One by one, each judged before the next comes.
    let waits = [false, true, true];
    for (order, serial) in orders() {
        let mut seen = [false; 3];
        for (part, place) in ordered(serial, order).into_iter().zip(order) {
            node.submit(vec![part]).await;
            told(&world, &node).await;
            seen[place] = true;
            // A pending case is there, as far as its step is concerned.
            let pending = (0..3).filter(|at| seen[*at] && waits[*at] && !seen[at - 1]).count();
            assert_eq!(counts(node.store()).await.pending, pending as u64, "{order:?} {place}");
        }
    }
    // All at once, in one range.
    for (order, serial) in orders() {
        node.submit(ordered(serial + 100, order)).await;
    }
    assert_all_accepted(&world, &node, 36).await;
    node.hang_up().await;
}

#[tokio::test]
async fn what_it_waits_for_is_named() {
    let mut world = World::new(401, &["jintan"]).await;
    let mut node = world.node("jintan").await;
    node.dial_on().await;
    node.submit(vec![new_step(1, 1), new_case(1)]).await;
    told(&world, &node).await;
    // The case came right behind, and is pending itself.
    let absent = |at| (at, Standing::Pending, vec!["reference.absent".to_owned()]);
    assert_eq!(rules(node.store()).await, [absent(1)]);
    let found = node.store().record_history(CASE, &case_no(1), 9).await.unwrap();
    assert_eq!(found[0].standing, Some(Standing::Pending));
    node.submit(vec![new_step(2, 1)]).await;
    told(&world, &node).await;
    assert_eq!(rules(node.store()).await, [absent(1), absent(2)]);
    let store = world.hub.store(&node.platform());
    let row = store.journal_list().await.unwrap().into_iter().find(|row| !row.home).unwrap();
    let exceptions = store.exception_list(row.number, None, 9).await.unwrap();
    for (exception, (field, target)) in
        exceptions.iter().zip([("power_code", item_no(POWER)), ("case_no", case_no(2))])
    {
        let reason = &exception.reasons[0];
        assert_eq!(reason.field, field);
        assert!(reason.zh.contains(&target) && reason.en.contains(&target), "{reason:?}");
    }
    node.hang_up().await;
}

#[tokio::test]
async fn more_than_a_letter_names_are_judged_again_all_of_them() {
    let mut world = World::new(402, &["jintan"]).await;
    let mut node = world.node("jintan").await;
    node.dial_on().await;
    let many = 2 * RECEIPT_EXCEPTIONS as u64 + 10;
    node.submit((1..=many).map(new_case).collect()).await;
    told(&world, &node).await;
    assert_eq!(counts(node.store()).await, Counts { pending: many, ..ACCEPTED });
    assert_converged(&world, &node).await;
    node.submit(vec![new_item(POWER)]).await;
    assert_all_accepted(&world, &node, many + 1).await;
    node.hang_up().await;
}

#[tokio::test]
async fn what_never_comes_holds_nobody_up() {
    let mut world = World::new(403, &["jintan"]).await;
    let mut node = world.node("jintan").await;
    node.dial_on().await;
    node.submit(vec![new_case(1)]).await;
    node.submit(new_complaints(1..51)).await;
    node.submit(ordered(2, [0, 1, 2])).await;
    told(&world, &node).await;
    let due = Counts { accepted: 53, pending: 1, ..ACCEPTED };
    assert_eq!(counts(node.store()).await, due);
    // Nor does it come by itself, whatever happens to the hub.
    world.hub.kill().await;
    world.hub.start().await;
    node.submit(new_complaints(51..61)).await;
    told(&world, &node).await;
    let due = Counts { accepted: 63, pending: 1, ..ACCEPTED };
    assert_eq!(counts(node.store()).await, due);
    assert_converged(&world, &node).await;
    // It waits through all of that.
    world.hub.stop().await;
    world.hub.start().await;
    node.submit(vec![new_item(POWER)]).await;
    assert_all_accepted(&world, &node, 65).await;
    node.hang_up().await;
}

/// Two that wait for each other's like would wait for ever, if what is quarantined were not there.
#[tokio::test]
async fn what_is_quarantined_is_there() {
    let mut world = World::new(404, &["jintan"]).await;
    let mut foreign = world.foreign("jintan").await;
    foreign.greet().await.unwrap();
    let number = case_no(1);
    let wrong = Case { title: String::new(), ..case(1) }.encode_to_vec();
    let quarantined = foreign.entry(CASE, &number, None, wrong);
    let first = foreign.entry(STEP, &step_no(1, 1), None, step(1, 1).encode_to_vec());
    let second = foreign.entry(STEP, &step_no(1, 2), None, step(1, 2).encode_to_vec());
    let third = foreign.entry(STEP, &step_no(1, 3), None, step(1, 3).encode_to_vec());
    let item = foreign.entry(ITEM, &item_no(POWER), None, item(POWER).encode_to_vec());
    let follows = Some((1, quarantined.digest));
    let correct = foreign.entry(CASE, &number, follows, case(1).encode_to_vec());
    // Pending first, then with a warning, as if it had come afterwards.
    foreign.push(&[first]).await.unwrap();
    judged(&world, &id("jintan")).await;
    foreign.push(&[quarantined]).await.unwrap();
    judged(&world, &id("jintan")).await;
    foreign.push(&[second]).await.unwrap();
    judged(&world, &id("jintan")).await;
    let store = world.hub.store(&id("jintan"));
    let warned = |at| (at, Standing::Accepted, vec!["reference.quarantined".to_owned()]);
    let kept = [warned(0), (1, Standing::Quarantined, vec!["string.min_len".into()]), warned(2)];
    assert_eq!(rules(&store).await, kept);
    let due = Counts { accepted: 2, quarantined: 1, pending: 0, warned: 2 };
    assert_eq!(counts(&store).await, due);

    foreign.push(&[item, correct]).await.unwrap();
    foreign.push(&[third]).await.unwrap();
    judged(&world, &id("jintan")).await;
    assert_eq!(rules(&store).await, kept, "what was said of them stays said");
    let due = Counts { accepted: 5, quarantined: 1, pending: 0, warned: 2 };
    assert_eq!(counts(&store).await, due);
}

async fn admitted(tenant: &Tenant, world: &World, entries: u64) {
    let store = world.hub.store(&tenant.platform);
    until("all of it has a verdict", async || counts(&store).await.total() == entries).await;
    judged(world, &tenant.platform).await;
}

#[tokio::test]
async fn a_tenants_records_wait_as_well() {
    let mut world = World::new(405, &[]).await;
    let tianning = world.tenant("tianning").await;
    tianning.submit(vec![new_step(1, 1)]).await;
    admitted(&tianning, &world, 1).await;
    tianning.submit((2..100).map(new_case).collect()).await;
    admitted(&tianning, &world, 99).await;
    let store = world.hub.store(&tianning.platform);
    assert_eq!(counts(&store).await, Counts { pending: 99, ..ACCEPTED });
    assert_tenant_sound(&world, &tianning).await;
    world.hub.kill().await;
    world.hub.start().await;
    tianning.up().await;
    tianning.submit(vec![new_item(POWER), new_case(1)]).await;
    admitted(&tianning, &world, 101).await;
    let store = world.hub.store(&tianning.platform);
    until("the letters are taken out", async || counts(&store).await.pending == 0).await;
    assert_eq!(counts(&store).await, Counts { accepted: 101, ..ACCEPTED });
    assert_eq!(rules(&store).await, []);
    for found in store.record_list(None, 1000).await.unwrap() {
        assert_eq!(found.standing, Some(Standing::Accepted), "{found:?}");
    }
    assert_tenant_sound(&world, &tianning).await;
}
