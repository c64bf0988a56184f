//! Tenants share a process and a store, and nothing of what is theirs: not by the store, not by the
//! port, not by an intake, and not by a certificate in a tenant's name.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use sanheyi_exchange_spec::error::Code;
use sanheyi_hub::authority::Authority;
use sanheyi_hub::authority::request::request;
use sanheyi_hub::exchange::LocalPort;
use sanheyi_node::process::clock::Clock as _;
use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_node::process::secret::write_secret;
use sanheyi_node::uplink::port::{CopyClaim, GreetCall, HubPort as _, PullCall};
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no, new_complaint, new_complaints};
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{
    Foreign, Tenant, World, assert_tenant_sound, copy_folder, home_and_admitted, hub_rows, id,
    settled,
};

use crate::refused;

async fn two(seed: u64) -> (World, Tenant, Tenant) {
    let mut world = World::new(seed, &["jintan"]).await;
    let (tianning, zhonglou) = (world.tenant("tianning").await, world.tenant("zhonglou").await);
    tianning.submit(new_complaints(1..6)).await;
    zhonglou.submit(new_complaints(1..4)).await;
    for tenant in [&tianning, &zhonglou] {
        let store = world.hub.store(&tenant.platform);
        until("all is answered", async || settled(&store).await).await;
    }
    (world, tianning, zhonglou)
}

#[tokio::test]
async fn by_the_store() {
    let (world, tianning, zhonglou) = two(321).await;
    let (ours, theirs) = (world.hub.store(&zhonglou.platform), world.hub.store(&tianning.platform));
    let (home, _) = home_and_admitted(&theirs).await;
    assert_eq!(ours.journal_get(&home.head.journal).await.unwrap(), None);
    // The numbers are the same, and what they name is not: the platform is in every statement.
    let (own, _) = home_and_admitted(&ours).await;
    assert_eq!(own.number, home.number);
    assert_eq!(ours.entry_get(home.number, 4).await.unwrap(), None, "it has three entries");
    let first = |store: &sanheyi_node::store::Store| {
        let store = store.clone();
        async move { store.entry_get(home.number, 0).await.unwrap().unwrap().digest }
    };
    assert_ne!(first(&ours).await, first(&theirs).await);
}

#[tokio::test]
async fn by_the_port() {
    let (world, tianning, zhonglou) = two(322).await;
    let port = LocalPort::new(world.hub.exchange(), zhonglou.platform.clone());
    let store = world.hub.store(&tianning.platform);
    let (home, _) = home_and_admitted(&store).await;
    let key = sanheyi_hub::app::signing_key(&world.setup().tenant_files(&zhonglou.platform).key);
    let clock = world.clock.clone();
    let mut thief = Foreign::on(port, zhonglou.platform.clone(), key.unwrap(), clock, 5);
    thief.keeper = Some(world.setup().hub.clone());
    thief.journal = home.head.journal.clone();
    refused(thief.port.greet(thief.greet_call()).await, Code::Unauthorised);
    thief.position = home.head.position;
    let entry = [thief.entry(COMPLAINT, &complaint_no(9), None, vec![])];
    let push = thief.push_call(&entry);
    refused(thief.port.push(push).await, Code::Unauthorised);
    let rows = hub_rows(&world, &tianning.platform).await;
    for journal in rows.into_iter().map(|row| row.head.journal) {
        let pull = PullCall {
            generation: world.hub.exchange().generation(),
            cursors: vec![(journal, 0)],
            epochs: Vec::new(),
            wait: Duration::ZERO,
            max_bytes: 1024,
        };
        refused(thief.port.pull(pull).await, Code::Unauthorised);
    }
    // A journal of its own that is not at home here would be a second home.
    thief.journal = thief.journal.clone();
    thief.journal.author = zhonglou.platform.clone();
    refused(thief.port.greet(thief.greet_call()).await, Code::Malformed);
    assert_tenant_sound(&world, &tianning).await;
    assert_tenant_sound(&world, &zhonglou).await;
}

#[tokio::test]
async fn by_an_intake() {
    let (world, tianning, zhonglou) = two(323).await;
    let (_, before) = home_and_admitted(&world.hub.store(&zhonglou.platform)).await;
    // A draft says nothing of whose it is: the socket does, and it belongs to its tenant alone.
    tianning.submit(vec![new_complaint(7)]).await;
    let store = world.hub.store(&tianning.platform);
    until("all is answered", async || settled(&store).await).await;
    let (home, _) = home_and_admitted(&store).await;
    assert_eq!((home.head.size, &home.head.journal.author), (6, &tianning.platform));
    let (after, _) = home_and_admitted(&world.hub.store(&zhonglou.platform)).await;
    assert_eq!(after.head.size, before.head.size);
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    for tenant in [&tianning, &zhonglou] {
        assert_eq!(mode(tenant.socket()), 0o600);
        assert_eq!(mode(tenant.socket().parent().unwrap()), 0o700);
        assert_eq!(mode(&world.setup().tenant_files(&tenant.platform).key), 0o600);
    }
}

#[tokio::test]
async fn by_a_certificate_in_its_name() {
    let (mut world, tianning, _) = two(324).await;
    let folder = world.folder("tianning");
    copy_folder(&world.folder("jintan"), &folder);
    let authority = Authority::open(&world.hub.folder()).unwrap();
    let made = request(&tianning.platform).unwrap();
    let (now, chance) = (world.clock.now(), SeededEntropy::new(5));
    let chain = authority.issue(&tianning.platform, &made.csr_pem, &[], now, 30, &chance).unwrap();
    fs::write(folder.join("node.pem"), chain).unwrap();
    for file in ["node.key", "signing.key"] {
        fs::remove_file(folder.join(file)).unwrap();
    }
    write_secret(&folder.join("node.key"), made.key_pem.as_bytes()).unwrap();
    // Even with the tenant's own key.
    let key = world.setup().tenant_files(&tianning.platform).key;
    fs::copy(key, folder.join("signing.key")).unwrap();
    let file = folder.join("node.toml");
    let config = fs::read_to_string(&file).unwrap().replace("\"jintan\"", "\"tianning\"");
    fs::write(&file, config).unwrap();
    let thief = world.foreign("tianning").await;
    let refusal = refused(thief.port.greet(thief.greet_call()).await, Code::Unauthorised);
    assert!(refusal.en.contains("hosted by the hub"), "{refusal}");
    let pull = PullCall {
        generation: world.hub.exchange().generation(),
        cursors: Vec::new(),
        epochs: Vec::new(),
        wait: Duration::ZERO,
        max_bytes: 1024,
    };
    refused(thief.port.pull(pull).await, Code::Unauthorised);
    assert_tenant_sound(&world, &tianning).await;
}

#[tokio::test]
async fn and_a_node_names_no_keeper() {
    let mut world = World::new(325, &["jintan"]).await;
    let mut jintan = world.foreign("jintan").await;
    jintan.greet().await.unwrap();
    let entry = [jintan.entry(COMPLAINT, &complaint_no(1), None, vec![])];
    jintan.keeper = Some(world.setup().hub.clone());
    let refusal = refused(jintan.push(&entry).await, Code::SignatureInvalid);
    assert!(refusal.en.contains("keeps the key"), "{refusal}");
    jintan.keeper = None;
    jintan.push(&entry).await.unwrap();
    // Copies that are claimed of others' journals say nothing of what may be read.
    let copies = vec![CopyClaim {
        journal: "tianning>changzhou/normal/00000000000000000000000000000001".parse().unwrap(),
        size: 1,
        root: jintan.tree.root(),
        checkpoint: String::new(),
    }];
    let call = GreetCall { copies, ..jintan.greet_call() };
    jintan.port.greet(call).await.unwrap();
    assert_eq!(hub_rows(&world, &id("tianning")).await, []);
}
