//! Of accept and withdraw the first that is judged wins, whichever was written first; both
//! platforms hear the same, and the other answer is told why it came too late.

use sanheyi_exchange_spec::custody::{ANSWER, Decision, Outcome};
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::ids::Lane;
use sanheyi_hub::store::CUSTODY;
use sanheyi_node::store::{HOLDINGS, OfferRow, Store};
use sanheyi_proto::standard::v1::CustodyDecision;
use sanheyi_tests::custody::{answer, heard, offer};
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no, new_complaint};
use sanheyi_tests::world::{NodeMachine, World, assert_converged, id, told};

const NO: &str = "YJ-2026-0001";

fn decided(row: &OfferRow) -> bool {
    matches!(row.outcome, Some(Outcome::Decided(_)))
}

/// How a platform's answer stands, and by which rules, in its urgent journal.
async fn stands(store: &Store) -> (Standing, Vec<String>) {
    let found = store.record_history(ANSWER, &format!("jintan-{NO}"), 9).await.unwrap();
    assert_eq!(found[0].journal.lane, Lane::Urgent);
    let place = found[0].found.place;
    let before = place.sequence.checked_sub(1);
    let told = store.exception_list(place.journal, before, 1).await.unwrap();
    let rules = told.into_iter().filter(|one| one.sequence == place.sequence);
    let rules = rules.flat_map(|one| one.reasons).map(|reason| reason.rule).collect();
    (found[0].standing.unwrap(), rules)
}

/// Both write, neither knows of the other; then `first` is connected, and afterwards the other.
async fn both_answer(seed: u64, accept_first: bool) {
    let mut world = World::new(seed, &["jintan", "wujin"]).await;
    let (mut jintan, mut wujin) = (world.node("jintan").await, world.node("wujin").await);
    let head = jintan.submit(vec![new_complaint(1)]).await.remove(0);
    jintan.submit(vec![offer(NO, COMPLAINT, &complaint_no(1), &head, "wujin")]).await;
    jintan.dial_on().await;
    wujin.dial_on().await;
    heard(wujin.store(), &id("jintan"), NO, |_| true).await;
    heard(jintan.store(), &id("jintan"), NO, |row| row.outcome.is_some()).await;
    told(&world, &jintan).await;
    told(&world, &wujin).await;
    jintan.hang_up().await;
    wujin.hang_up().await;
    jintan.submit(vec![answer("jintan", NO, CustodyDecision::Withdraw)]).await;
    wujin.submit(vec![answer("jintan", NO, CustodyDecision::Accept)]).await;

    let (first, second): (&mut NodeMachine, &mut NodeMachine) =
        if accept_first { (&mut wujin, &mut jintan) } else { (&mut jintan, &mut wujin) };
    first.dial_on().await;
    heard(first.store(), &id("jintan"), NO, decided).await;
    second.dial_on().await;
    heard(second.store(), &id("jintan"), NO, decided).await;
    told(&world, first).await;
    told(&world, second).await;
    let due = if accept_first { Decision::Accept } else { Decision::Withdraw };
    for store in [first.store(), second.store()] {
        let row = store.offer_get(&HOLDINGS, &id("jintan"), NO, 1).await.unwrap().unwrap();
        assert_eq!(row.outcome, Some(Outcome::Decided(due)));
    }
    assert_eq!(stands(first.store()).await, (Standing::Accepted, vec![]));
    let late = (Standing::Quarantined, vec!["custody.decided".to_owned()]);
    assert_eq!(stands(second.store()).await, late);
    // One custodian, by the gate's word.
    let mut custodians = 0;
    for platform in ["jintan", "wujin"] {
        let store = world.hub.store(&id(platform));
        let held = store.custody_get(&CUSTODY, COMPLAINT, &complaint_no(1)).await.unwrap();
        let made = platform == "jintan";
        custodians += usize::from(held.map_or(made, |held| held.ours && held.frozen.is_none()));
    }
    assert_eq!(custodians, 1);
    assert_converged(&world, &jintan).await;
    assert_converged(&world, &wujin).await;
}

#[tokio::test]
async fn the_acceptance_is_judged_first() {
    both_answer(520, true).await;
}

#[tokio::test]
async fn the_withdrawal_is_judged_first() {
    both_answer(521, false).await;
}

#[tokio::test]
async fn an_offer_that_is_withdrawn_before_it_is_judged_is_shown_to_nobody() {
    let mut world = World::new(522, &["jintan", "wujin"]).await;
    let (mut jintan, mut wujin) = (world.node("jintan").await, world.node("wujin").await);
    let head = jintan.submit(vec![new_complaint(1)]).await.remove(0);
    jintan.submit(vec![offer(NO, COMPLAINT, &complaint_no(1), &head, "wujin")]).await;
    jintan.submit(vec![answer("jintan", NO, CustodyDecision::Withdraw)]).await;
    jintan.dial_on().await;
    wujin.dial_on().await;
    told(&world, &jintan).await;
    told(&world, &wujin).await;
    // Whichever of complaint and offer came first: it is over.
    heard(jintan.store(), &id("jintan"), NO, decided).await;
    assert!(!jintan.store().custody_any(&HOLDINGS).await.unwrap());
}
