//! A district without a node lives in the hub: the same branch, the same link, the same gate. Its
//! rows at home are the hub's copy; what is admitted is a cursor over them, and every checkpoint
//! says that the hub holds the key.

use std::fs;
use std::sync::Arc;

use sanheyi_exchange_spec::checkpoint::Checkpoint;
use sanheyi_exchange_spec::gate::Edition;
use sanheyi_hub::cli::answer;
use sanheyi_hub::exchange::{Exchange, ExchangeParts};
use sanheyi_hub::store::{gate_get, open};
use sanheyi_hub::tenants::{Grounds, host};
use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_tests::fixtures::{
    COMPLAINT, complaint_no, handling_on, new_complaint, new_complaints, next_complaint,
};
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{
    Tenant, World, assert_converged, assert_tenant_sound, home_and_admitted, settled,
};

use crate::home::{Home, faulty_complaint};

/// What a hub's command prints, and its exit code.
async fn told(world: &World, command: &[&str]) -> (String, u8) {
    let config = world.hub.folder().join("hub.toml").display().to_string();
    let args = [&["sanheyi-hub"], command, &["--config", &config]].concat();
    let answer = answer(args.into_iter().map(str::to_owned)).await.unwrap();
    (answer.text, answer.code)
}

async fn answered(world: &World, tenant: &Tenant) {
    let store = world.hub.store(&tenant.platform);
    until("the tenant's entries are answered", async || settled(&store).await).await;
}

#[tokio::test]
async fn from_its_intake_to_its_receipts_beside_a_node() {
    let mut world = World::new(301, &["jintan"]).await;
    let tianning = world.tenant("tianning").await;
    let mut jintan = world.node("jintan").await;
    jintan.dial_on().await;
    jintan.submit(new_complaints(1..21)).await;
    let first = tianning.submit(new_complaints(1..21)).await;
    tianning.submit(vec![handling_on(1, 1, &first[0]), next_complaint(2, &first[1], "改")]).await;
    answered(&world, &tianning).await;
    until("the node's entries are answered", async || settled(jintan.store()).await).await;
    assert_converged(&world, &jintan).await;
    let reports = assert_tenant_sound(&world, &tianning).await;

    // One set of rows: for each lane the journal and its mailbox, all at home, and nothing copied.
    assert_eq!(reports.len(), 4);
    assert!(reports.iter().all(|report| report.home));
    let own = reports.iter().find(|report| report.journal.author == tianning.platform).unwrap();
    assert_eq!((own.entries, own.keeper.clone()), (22, Some(world.setup().hub.clone())));
    assert!(own.checkpoints > 0);
    let store = world.hub.store(&tianning.platform);
    let (home, _) = home_and_admitted(&store).await;
    let acknowledged = store.greeting_get(home.number).await.unwrap().acknowledged;
    assert_eq!(acknowledged, 22, "what was admitted is acknowledged in the same transaction");

    // Its proofs say whose hand signs.
    let notes = store.checkpoint_list(home.number, 0, 100).await.unwrap();
    let key = world.registered(&tianning.platform).await.unwrap().key;
    for row in notes {
        let signed = Checkpoint::open(&row.note, &key).unwrap();
        assert_eq!(signed.keeper, Some(world.setup().hub.clone()));
    }
}

#[tokio::test]
async fn the_hubs_commands_show_it_as_it_is() {
    let mut world = World::new(302, &["jintan"]).await;
    let tianning = world.tenant("tianning").await;
    tianning.submit(new_complaints(1..4)).await;
    answered(&world, &tianning).await;
    let (text, code) = told(&world, &["verify"]).await;
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("代管密钥 · key held by the hub changzhou"), "{text}");
    let (text, _) = told(&world, &["status"]).await;
    assert!(text.contains("tianning tianning（托管 hosted）"), "{text}");
    let (text, _) = told(&world, &["status", "--json"]).await;
    let status: serde_json::Value = serde_json::from_str(&text).unwrap();
    let platform = &status["platforms"][1];
    assert_eq!((&platform["platform"], &platform["hosted"]), (&"tianning".into(), &true.into()));
    let journal = &platform["journals"][0];
    let counts = ["entries", "accepted", "unjudged"].map(|key| journal[key].as_u64().unwrap());
    assert_eq!(counts, [3, 3, 0]);
    let (text, _) = told(&world, &["platform", "list"]).await;
    let line = |name: &str| text.lines().find(|line| line.starts_with(name)).unwrap().to_owned();
    assert!(line("tianning").contains("托管 hosted") && line("jintan").contains("节点 node"));
}

#[tokio::test]
async fn registered_by_one_command_beside_the_hub_that_runs() {
    let mut world = World::new(308, &["jintan"]).await;
    let titles = ["--title-zh", "市直部门", "--title-en", "City departments"];
    let (text, code) =
        told(&world, &[&["platform", "add", "shizhi", "--hosted"][..], &titles].concat()).await;
    assert_eq!(code, 0, "{text}");
    let shizhi = world.tenant("shizhi").await;
    assert!(text.contains(&shizhi.socket().display().to_string()), "{text}");
    shizhi.submit(new_complaints(1..3)).await;
    answered(&world, &shizhi).await;
    let (text, _) = told(&world, &["tenant", "records", "shizhi"]).await;
    assert_eq!(text.matches("已接受 accepted").count(), 2, "{text}");
    let (text, code) = told(&world, &["platform", "quota", "shizhi", "1200"]).await;
    assert!(code == 0 && text.contains("每秒 1200 条"), "{text}");
    let (text, _) = told(&world, &["platform", "list"]).await;
    assert!(text.contains("1,200"), "{text}");
    // Either a node, with what it needs, or a tenant.
    let node = [&["platform", "add", "wujin"][..], &titles].concat();
    let (text, code) = told(&world, &node).await;
    assert!(code == 0 && text.contains("shy1-"), "its machine joins by a token: {text}");
    let both = [&node[..], &["--hosted", "--address", "a:1"]].concat();
    assert_eq!(told(&world, &both).await.1, 64);
}

#[tokio::test]
async fn what_is_quarantined_is_corrected_through_the_intake() {
    let mut world = World::new(303, &[]).await;
    let tianning = world.tenant("tianning").await;
    tianning.submit(vec![new_complaint(1)]).await;
    answered(&world, &tianning).await;
    world.hub.stop().await;
    // An entry of an older standard, which the branch of today would have refused.
    let mut home = Home::open(&world, "tianning").await;
    let faulty = faulty_complaint(2);
    let digest = faulty.digest;
    home.append(&[faulty]).await;
    home.close().await;

    world.hub.start().await;
    tianning.up().await;
    answered(&world, &tianning).await;
    let (text, _) = told(&world, &["quarantine", "list"]).await;
    assert!(text.contains(&format!("tianning #1 {COMPLAINT} {} r1", complaint_no(2))), "{text}");
    let head = sanheyi_node::branch::Appended { sequence: 1, revision: 1, digest };
    tianning.submit(vec![next_complaint(2, &head, "改正")]).await;
    answered(&world, &tianning).await;
    let (text, _) = told(&world, &["quarantine", "list"]).await;
    assert!(text.contains("nothing is quarantined"), "{text}");
    let (text, _) = told(&world, &["quarantine", "list", "--cleared"]).await;
    assert!(text.contains("已更正 cleared"), "{text}");
    assert_tenant_sound(&world, &tianning).await;
}

#[tokio::test]
async fn through_restarts_and_kills_of_the_hub() {
    let mut world = World::new(304, &[]).await;
    let tianning = world.tenant("tianning").await;
    for round in 0..4 {
        tianning.submit(new_complaints(round * 50 + 1..round * 50 + 51)).await;
        // Not waited for: the hub goes while something is under way, or not yet begun.
        if round % 2 == 0 {
            world.hub.kill().await;
        } else {
            world.hub.stop().await;
        }
        world.hub.start().await;
        tianning.up().await;
    }
    answered(&world, &tianning).await;
    assert_tenant_sound(&world, &tianning).await;
    let (home, _) = home_and_admitted(&world.hub.store(&tianning.platform)).await;
    assert_eq!(home.head.size, 200);
}

#[tokio::test]
async fn killed_between_admission_and_gate_everything_is_judged_afterwards() {
    let mut world = World::new(305, &[]).await;
    let tianning = world.tenant("tianning").await;
    tianning.submit(new_complaints(1..6)).await;
    answered(&world, &tianning).await;
    world.hub.stop().await;

    // A hub that dies before its gate has a turn: it has none.
    let setup = world.setup().clone();
    let database = open(&setup.store, &setup.hub).await.unwrap();
    let (clock, entropy) = (Arc::clone(&world.clock), Arc::new(SeededEntropy::new(77)));
    let parts = ExchangeParts {
        hub: setup.hub.clone(),
        database: database.clone(),
        key: world.hub.key(),
        clock: clock.clone(),
        entropy: entropy.clone(),
        edition: Edition::CURRENT,
    };
    let (exchange, workers) = Exchange::open(parts.clone()).await.unwrap();
    let admission: Vec<_> =
        workers.admission.into_iter().map(|worker| tokio::spawn(worker.run())).collect();
    let grounds = Grounds {
        exchange,
        database: database.clone(),
        hub: parts.hub,
        hub_key: parts.key.verifying(),
        keys: setup.tenants.clone(),
        data: setup.data.join("tenants"),
        room: Arc::default(),
        clock,
        entropy,
    };
    let row = sanheyi_hub::store::platform_get(&database, &tianning.platform).await.unwrap();
    let hosted = host(&grounds, &row.unwrap()).await.unwrap();
    tianning.submit(new_complaints(6..31)).await;
    let store = database.of(&tianning.platform);
    until("all is admitted", async || home_and_admitted(&store).await.1.head.size == 30).await;
    let (home, admitted) = home_and_admitted(&store).await;
    assert_eq!(admitted.head.root, home.head.root);
    assert_eq!(gate_get(&store, home.number).await.unwrap(), Some(5), "nothing was judged");
    drop(hosted);
    drop(grounds);
    admission.into_iter().for_each(|worker| worker.abort());
    database.close().await;

    world.hub.start().await;
    tianning.up().await;
    answered(&world, &tianning).await;
    assert_tenant_sound(&world, &tianning).await;
}

#[tokio::test]
async fn one_without_its_key_is_left_out_and_taken_up_when_it_is_back() {
    let mut world = World::new(306, &[]).await;
    let tianning = world.tenant("tianning").await;
    let zhonglou = world.tenant("zhonglou").await;
    tianning.submit(new_complaints(1..3)).await;
    answered(&world, &tianning).await;
    world.hub.stop().await;
    let key = world.setup().tenant_files(&tianning.platform).key;
    let kept = key.with_extension("kept");
    fs::rename(&key, &kept).unwrap();
    world.hub.start().await;
    zhonglou.up().await;
    zhonglou.submit(new_complaints(1..3)).await;
    answered(&world, &zhonglou).await;
    assert!(tianning.try_submit(vec![new_complaint(3)]).await.is_err(), "it does not run");

    // The key of somebody else is no key, either.
    fs::copy(world.setup().tenant_files(&zhonglou.platform).key, &key).unwrap();
    world.hub.stop().await;
    world.hub.start().await;
    zhonglou.up().await;
    assert!(tianning.try_submit(vec![new_complaint(3)]).await.is_err(), "it does not run");
    fs::rename(&kept, &key).unwrap();
    tianning.up().await;
    tianning.submit(vec![new_complaint(3)]).await;
    answered(&world, &tianning).await;
    assert_tenant_sound(&world, &tianning).await;
}
