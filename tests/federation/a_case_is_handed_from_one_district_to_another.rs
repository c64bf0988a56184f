//! A case is handed from one district to another: offered, accepted, and gone on with by the one
//! that took it over. A revision by the one that handed it on is refused at its branch; one that
//! gets through all the same is quarantined, kept, and shown to both.

use prost::Message as _;
use sanheyi_exchange_spec::custody::{Custody, Decision, Outcome};
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_hub::store::{CUSTODY, errand_readers};
use sanheyi_node::branch::{Appended, Draft, SubmitError};
use sanheyi_node::store::{HOLDINGS, Store};
use sanheyi_proto::standard::v1::{Case, CustodyDecision};
use sanheyi_tests::custody::{answer, heard, offer};
use sanheyi_tests::fixtures::{CASE, POWER, case, case_no, draft, new_case, new_item, new_step};
use sanheyi_tests::world::{
    NodeMachine, World, assert_converged, assert_tenant_sound, copy_folder, id, rules, told,
};

const NO: &str = "YJ-2026-0001";
const ACCEPTED: Option<Outcome> = Some(Outcome::Decided(Decision::Accept));

/// The next revision of the case, by whoever has it.
fn next(head: &Appended, title: &str) -> Draft {
    let body = Case { title: title.to_owned(), ..case(1) }.encode_to_vec();
    Draft { follows: Some((head.revision, head.digest)), ..draft(CASE, &case_no(1), body) }
}

async fn holding(store: &Store) -> Custody {
    store.custody_get(&HOLDINGS, CASE, &case_no(1)).await.unwrap().unwrap()
}

fn refusal(outcome: Result<Vec<Appended>, SubmitError>) -> String {
    let Err(SubmitError::Refused(refused)) = outcome else { panic!("a refusal: {outcome:?}") };
    assert!(!refused[0].reasons[0].zh.is_empty() && !refused[0].reasons[0].en.is_empty());
    refused[0].reasons[0].rule.clone()
}

/// A district that has opened a case and offers it to Wujin.
async fn offered(jintan: &NodeMachine) -> Appended {
    let head = jintan.submit(vec![new_item(POWER), new_case(1)]).await.remove(1);
    jintan.submit(vec![offer(NO, CASE, &case_no(1), &head, "wujin")]).await;
    head
}

#[tokio::test]
async fn it_is_offered_accepted_and_gone_on_with() {
    let mut world = World::new(500, &["jintan", "wujin"]).await;
    let (mut jintan, mut wujin) = (world.node("jintan").await, world.node("wujin").await);
    let head = offered(&jintan).await;
    let frozen = jintan.try_submit(vec![next(&head, "改")]).await;
    assert_eq!(refusal(frozen), "custody.frozen", "as soon as it is offered");
    jintan.dial_on().await;
    wujin.dial_on().await;
    let shown = heard(wujin.store(), &id("jintan"), NO, |_| true).await;
    assert_eq!((shown.outcome, shown.offer.digest), (Some(Outcome::Offered), head.digest));

    let accept = answer("jintan", NO, CustodyDecision::Accept);
    wujin.submit(vec![accept]).await;
    for node in [&jintan, &wujin] {
        heard(node.store(), &id("jintan"), NO, |row| row.outcome == ACCEPTED).await;
    }
    let (gone, ours) = (holding(jintan.store()).await, holding(wujin.store()).await);
    assert_eq!((gone.epoch, gone.ours, gone.other), (1, false, Some(id("wujin"))));
    assert_eq!((ours.epoch, ours.ours, ours.base), (1, true, Some((1, head.digest))));
    for (platform, holding) in [("jintan", holding(jintan.store()).await), ("wujin", ours)] {
        let hub = world.hub.store(&id(platform));
        let judged = hub.custody_get(&CUSTODY, CASE, &case_no(1)).await.unwrap();
        assert_eq!(judged, Some(holding), "the branch and the gate agree: {platform}");
    }

    let lost = jintan.try_submit(vec![next(&head, "改")]).await;
    assert_eq!(refusal(lost), "custody.lost");
    let from_nothing = wujin.try_submit(vec![new_case(1)]).await;
    assert_eq!(refusal(from_nothing), "expect", "it begins where the other ended");
    let second = wujin.submit(vec![next(&head, "由武进办理")]).await;
    assert_eq!(second[0].revision, 2);
    wujin.submit(vec![next(&second[0], "武进再办"), new_step(1, 1)]).await;
    told(&world, &wujin).await;
    told(&world, &jintan).await;
    assert_eq!((rules(wujin.store()).await, rules(jintan.store()).await), (vec![], vec![]));
    let history = world.hub.store(&id("wujin")).record_history(CASE, &case_no(1), 9).await.unwrap();
    let revisions: Vec<_> = history.iter().map(|one| (one.found.revision, one.standing)).collect();
    assert_eq!(revisions, [(2, Some(Standing::Accepted)), (3, Some(Standing::Accepted))]);
    assert_converged(&world, &jintan).await;
    assert_converged(&world, &wujin).await;
}

#[tokio::test]
async fn a_revision_by_who_no_longer_has_it_is_refused_kept_and_shown_to_both() {
    let mut world = World::new(501, &["jintan", "wujin"]).await;
    let (mut jintan, mut wujin) = (world.node("jintan").await, world.node("wujin").await);
    let head = jintan.submit(vec![new_item(POWER), new_case(1)]).await.remove(1);
    drop(jintan.settle().await);
    // A backup from before the offer.
    copy_folder(jintan.folder(), &world.folder("backup"));
    jintan.submit(vec![offer(NO, CASE, &case_no(1), &head, "wujin")]).await;
    jintan.dial_on().await;
    wujin.dial_on().await;
    heard(wujin.store(), &id("jintan"), NO, |_| true).await;
    wujin.submit(vec![answer("jintan", NO, CustodyDecision::Accept)]).await;
    heard(wujin.store(), &id("jintan"), NO, |row| row.outcome == ACCEPTED).await;
    jintan.kill().await;

    // It knows of no offer, and writes.
    let folder = world.folder("backup");
    let mut restored = world.node_at(&folder).await;
    let late = restored.submit(vec![next(&head, "不知已移交")]).await;
    world.readmit(&restored).await;
    restored.dial_on().await;
    heard(restored.store(), &id("jintan"), NO, |row| row.outcome == ACCEPTED).await;
    told(&world, &restored).await;
    let row = [(2, Standing::Quarantined, vec!["custody.lost".to_owned()])];
    assert_eq!(rules(restored.store()).await, row);
    let hub = world.hub.store(&id("jintan"));
    let found = hub.record_history(CASE, &case_no(1), 9).await.unwrap();
    let kept = &found[1].found;
    assert_eq!((kept.revision, kept.place.digest), (2, late[0].digest), "it is kept");
    let mut tx = hub.begin("readers").await.unwrap();
    let place = kept.place;
    let readers = errand_readers(&mut tx, &hub, place.journal, place.sequence).await.unwrap();
    assert_eq!(readers, [id("wujin")].into(), "and shown to who has the case");
    drop(tx);
    let refused = restored.try_submit(vec![next(&late[0], "再改")]).await;
    assert_eq!(refusal(refused), "custody.lost", "from now on at the branch already");
}

#[tokio::test]
async fn a_tenant_takes_a_case_over_and_hands_it_back() {
    let mut world = World::new(502, &["jintan"]).await;
    let tenant = world.tenant("wujin").await;
    let mut jintan = world.node("jintan").await;
    let head = offered(&jintan).await;
    jintan.dial_on().await;
    let store = world.hub.store(&id("wujin"));
    heard(&store, &id("jintan"), NO, |_| true).await;
    tenant.submit(vec![answer("jintan", NO, CustodyDecision::Accept)]).await;
    heard(jintan.store(), &id("jintan"), NO, |row| row.outcome == ACCEPTED).await;
    heard(&store, &id("jintan"), NO, |row| row.outcome == ACCEPTED).await;
    let second = tenant.submit(vec![next(&head, "托管区办理")]).await;

    // Back again: what the tenant wrote is what goes on.
    let back = offer("HT-2026-0001", CASE, &case_no(1), &second[0], "jintan");
    tenant.submit(vec![back]).await;
    heard(jintan.store(), &id("wujin"), "HT-2026-0001", |_| true).await;
    jintan.submit(vec![answer("wujin", "HT-2026-0001", CustodyDecision::Accept)]).await;
    heard(&store, &id("wujin"), "HT-2026-0001", |row| row.outcome == ACCEPTED).await;
    heard(jintan.store(), &id("wujin"), "HT-2026-0001", |row| row.outcome == ACCEPTED).await;
    assert_eq!(holding(jintan.store()).await.epoch, 2);
    let third = jintan.submit(vec![next(&second[0], "金坛续办")]).await;
    assert_eq!(third[0].revision, 3);
    told(&world, &jintan).await;
    assert_eq!((rules(jintan.store()).await, rules(&store).await), (vec![], vec![]));
    assert_converged(&world, &jintan).await;
    assert_tenant_sound(&world, &tenant).await;
}
