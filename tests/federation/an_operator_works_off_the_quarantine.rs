//! An operator works off the quarantine, one entry or thousands. Nobody overrules the gate: what is
//! released is what passes by what is in force now. At both sides the sums come out even.

use prost::Message as _;
use sanheyi_exchange_spec::entry::Operation;
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::quarantine::Tally;
use sanheyi_hub::quarantine::{Act, Filter, Who, WorkingDesk};
use sanheyi_node::branch::Draft;
use sanheyi_node::health::quarantine::waiting;
use sanheyi_node::store::{ChangeFilter, Counts};
use sanheyi_proto::standard::v1::{Case, ComplaintWay, Policy, PolicyAction, PolicyEffect};
use sanheyi_tests::fixtures::{
    CASE, COMPLAINT, case, case_no, complaint_no, draft, item, new_item,
};
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{World, assert_converged, counts, rules, told};
use serde_json::{Value, json};

use crate::commands::{hub, try_hub};
use crate::late_list::{RULE, assert_even, behind, by, counted, letters, publish, quarantined};

const RELEASE: [&str; 4] = ["quarantine", "release", "--rule", RULE];

#[tokio::test]
async fn a_list_comes_late_and_is_put_right_and_release_accepts_exactly_what_passes() {
    let mut world = World::new(560, &["wujin"]).await;
    let (wujin, _) = quarantined(&mut world, 600, 400).await;
    publish(&world, &["by e-mail"]).await;
    let before = letters(&world, &wujin).await;

    let dry = hub(&world, &[&RELEASE[..], &["--dry-run"]].concat()).await;
    assert_eq!(counted(&dry), [600, 400, 0, 0, 0, 1000]);
    assert_eq!((&dry["dry_run"], &dry["review"]), (&json!(true), &Value::Null));
    assert_eq!(dry["rules"][0]["rule"], RULE);
    assert_eq!(dry["rules"][0]["accepted"], 600);
    assert_eq!(dry["examples"].as_array().unwrap().len(), 5);
    let why = try_hub(&world, &RELEASE).await.unwrap_err();
    assert!(why.contains("1000") && why.contains("--yes"), "{why}");
    assert_eq!(letters(&world, &wujin).await, before, "nothing was written");
    assert_even(&world, &wujin, Tally { open: 1000, ..Tally::default() }).await;
    let there = world.hub.store(&wujin.platform());
    for store in [wujin.store(), &there] {
        let found = waiting(store).await.unwrap().expect("it is told");
        assert_eq!((found.name, found.subject.as_str()), ("quarantine.waiting", "wujin"));
        assert!(found.what_en.starts_with("at least 1000 ") && found.since.is_some(), "{found}");
    }

    let real = hub(&world, &[&RELEASE[..], &["--yes"]].concat()).await;
    assert_eq!(counted(&real), counted(&dry), "the dry run told what would be");
    assert_eq!(real["left"], 0);
    told(&world, &wujin).await;
    let due = Counts { accepted: 600, quarantined: 400, ..Counts::default() };
    for store in [wujin.store(), &there] {
        assert_eq!(counts(store).await, due, "the author has learnt it");
        assert!(
            rules(store)
                .await
                .iter()
                .all(|(at, how, _)| { *how == Standing::Quarantined && *at >= 600 })
        );
        let first = store.record_history(COMPLAINT, &complaint_no(1), 9).await.unwrap();
        assert_eq!(first[0].standing, Some(Standing::Accepted));
    }
    assert_even(&world, &wujin, Tally { open: 400, corrected: 600, ..Tally::default() }).await;
    for store in [wujin.store(), &there] {
        let found = waiting(store).await.unwrap().expect("it is told");
        assert!(found.what_en.starts_with("400 "), "{found}");
    }
    assert_converged(&world, &wujin).await;

    let after = letters(&world, &wujin).await;
    let again = hub(&world, &[&RELEASE[..], &["--yes"]].concat()).await;
    assert_eq!(counted(&again), [0, 400, 0, 0, 0, 400]);
    told(&world, &wujin).await;
    assert_eq!(letters(&world, &wujin).await, after, "nobody is told anything twice");
    assert_even(&world, &wujin, Tally { open: 400, corrected: 600, ..Tally::default() }).await;
    assert_converged(&world, &wujin).await;

    let store = world.hub.store(&world.setup().hub);
    let about = ChangeFilter { what: "quarantine".into(), ..ChangeFilter::default() };
    let changes = store.change_list(&about, None, 9).await.unwrap();
    // The command goes by the clock of the machine, the hub by that of this world.
    let of = |outcome: &str| changes.iter().filter(|one| one.outcome == outcome).count();
    assert_eq!((of("begun"), of("done")), (2, 2));
    assert!(changes.iter().all(|one| one.who.starts_with("cli:") && one.subject == "wujin"));
    assert!(
        changes.iter().any(|one| one.detail.contains("accepted 600, stays 400")),
        "{changes:?}"
    );
}

#[tokio::test]
async fn what_is_corrected_or_withdrawn_meanwhile_is_passed_over() {
    let mut world = World::new(562, &["wujin"]).await;
    let (wujin, appended) = quarantined(&mut world, 40, 0).await;
    publish(&world, &[]).await;
    let desk = WorkingDesk::new(&world.hub.exchange());
    let plan = desk.plan(&Act::Release, &Filter::default()).await.unwrap();
    assert_eq!((plan.outcome.accepted, plan.entries.len()), (40, 40));
    let mut withdrawal = behind(&appended[1], by(ComplaintWay::Hotline, 2));
    withdrawal.operation = Operation::Withdraw;
    wujin.submit(vec![behind(&appended[0], by(ComplaintWay::Hotline, 1)), withdrawal]).await;
    told(&world, &wujin).await;
    let who = Who { name: "web:wang".into(), role: "operator".into() };
    let review = desk.begin(&plan, &who).await.unwrap();
    let done = desk.wait(&review, &mut |_| {}).await.unwrap().done;
    assert_eq!((done.accepted, done.passed), (38, 2));
    told(&world, &wujin).await;
    let due = Tally { corrected: 39, withdrawn: 1, ..Tally::default() };
    assert_even(&world, &wujin, due).await;
    assert_eq!(counts(wujin.store()).await.quarantined, 2, "their first verdicts stay");
    let head = world.hub.store(&wujin.platform()).record_head(COMPLAINT, &complaint_no(1)).await;
    assert_eq!(head.unwrap().unwrap().revision, 2, "and the head is the highest revision");
    assert_converged(&world, &wujin).await;
}

#[tokio::test]
async fn a_release_races_with_corrections_and_every_entry_is_settled_once() {
    let mut world = World::new(563, &["wujin"]).await;
    let (wujin, appended) = quarantined(&mut world, 300, 0).await;
    publish(&world, &[]).await;
    let desk = WorkingDesk::new(&world.hub.exchange());
    let plan = desk.plan(&Act::Release, &Filter::default()).await.unwrap();
    let review = desk.begin(&plan, &Who::default()).await.unwrap();
    // From the other end, while the gate works its way up.
    let named: Vec<_> = (1..=300_u64).zip(&appended).collect();
    for (serial, head) in named.into_iter().rev().step_by(10) {
        wujin.submit(vec![behind(head, by(ComplaintWay::Hotline, serial))]).await;
    }
    let done = desk.wait(&review, &mut |_| {}).await.unwrap();
    assert_eq!((done.left(), done.done.total()), (0, 300));
    told(&world, &wujin).await;
    assert_even(&world, &wujin, Tally { corrected: 300, ..Tally::default() }).await;
    assert_eq!(counts(wujin.store()).await.quarantined, done.done.passed);
    assert_converged(&world, &wujin).await;
}

#[tokio::test]
async fn a_review_goes_on_where_the_hub_was_killed() {
    let mut world = World::new(564, &["wujin"]).await;
    let (mut wujin, _) = quarantined(&mut world, 500, 0).await;
    publish(&world, &[]).await;
    let desk = WorkingDesk::new(&world.hub.exchange());
    let plan = desk.plan(&Act::Release, &Filter::default()).await.unwrap();
    let review = desk.begin(&plan, &Who::default()).await.unwrap();
    until("a batch is done", async || {
        desk.desk().progress(&review).await.unwrap().done.accepted > 0
    })
    .await;
    drop(desk);
    world.hub.kill().await;
    world.hub.start().await;
    let desk = WorkingDesk::new(&world.hub.exchange());
    let done = desk.wait(&review, &mut |_| {}).await.unwrap();
    assert_eq!((done.left(), done.done.accepted), (0, 500));
    told(&world, &wujin).await;
    assert_even(&world, &wujin, Tally { corrected: 500, ..Tally::default() }).await;
    assert_converged(&world, &wujin).await;
    wujin.hang_up().await;
}

#[tokio::test]
async fn where_no_hub_runs_the_command_has_the_gate_do_it() {
    let mut world = World::new(565, &["wujin"]).await;
    let (wujin, _) = quarantined(&mut world, 100, 30).await;
    publish(&world, &["by e-mail"]).await;
    world.hub.stop().await;
    let real = hub(&world, &[&RELEASE[..], &["--yes"]].concat()).await;
    assert_eq!(counted(&real), [100, 30, 0, 0, 0, 130]);
    world.hub.start().await;
    told(&world, &wujin).await;
    assert_even(&world, &wujin, Tally { open: 30, corrected: 100, ..Tally::default() }).await;
    assert_converged(&world, &wujin).await;
}

/// A policy on all that a platform sends.
fn on_sending(effect: PolicyEffect) -> Draft {
    let body = Policy {
        id: "jintan-sends".into(),
        title: "报送".into(),
        effect: effect.into(),
        action: PolicyAction::Send.into(),
        platform: "jintan".into(),
        dataset: "*".into(),
        reason: "试点".into(),
        decided_by: "市数据局".into(),
        ..Policy::default()
    };
    draft("exchange.policy", "jintan-sends", body.encode_to_vec())
}

#[tokio::test]
async fn what_a_policy_shut_out_is_released_and_counts_for_what_stands_behind_it() {
    let mut world = World::new(569, &["jintan"]).await;
    let mut jintan = world.node("jintan").await;
    let shut = on_sending(PolicyEffect::Deny);
    let head = world.hub.exchange().dispatch(vec![shut.clone()]).await.unwrap();
    // More items than one letter names, and behind them a case on each.
    let on = |serial| Case { power_code: item(serial).code, power_version: 1, ..case(serial) };
    let cases = (1..=70).map(|at| draft(CASE, &case_no(at), on(at).encode_to_vec()));
    jintan.submit((1..=70).map(new_item).chain(cases).collect()).await;
    jintan.dial_on().await;
    told(&world, &jintan).await;
    assert_eq!(counts(jintan.store()).await, Counts { quarantined: 140, ..Counts::default() });
    let desk = WorkingDesk::new(&world.hub.exchange());
    let plan = desk.plan(&Act::Release, &Filter::default()).await.unwrap();
    assert_eq!((plan.outcome.stays, plan.entries.len()), (140, 140), "it is shut still");
    let open = behind(&head[0], on_sending(PolicyEffect::Permit));
    world.hub.exchange().dispatch(vec![open]).await.unwrap();
    let plan = desk.plan(&Act::Release, &Filter::default()).await.unwrap();
    let review = desk.begin(&plan, &Who::default()).await.unwrap();
    let done = desk.wait(&review, &mut |_| {}).await.unwrap().done;
    assert_eq!((done, done.accepted), (plan.outcome, 140));
    told(&world, &jintan).await;
    // Not one case is warned that its item was not in force: what was released counts.
    assert_eq!(rules(jintan.store()).await, []);
    assert_converged(&world, &jintan).await;
}
