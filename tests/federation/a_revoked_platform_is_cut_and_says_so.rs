//! A machine was stolen: its certificate is revoked, every instance of the hub cuts it within
//! seconds, and it waits for a person instead of knocking for ever. The others notice nothing.

use std::fs;
use std::sync::Arc;
use std::time::Duration;

use sanheyi_exchange_spec::gate::Edition;
use sanheyi_hub::app::HubApp;
use sanheyi_hub::authority::Authority;
use sanheyi_hub::authority::request::request;
use sanheyi_hub::certificates::LOOK;
use sanheyi_hub::cli;
use sanheyi_hub::config::CheckedConfig;
use sanheyi_hub::store::platform_get;
use sanheyi_node::enrol::{EnrolError, EnrolParts, enrol_again};
use sanheyi_node::identity::health::revoked_finding;
use sanheyi_node::process::clock::{Clock as _, Deadline};
use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_node::process::folder::{self, FolderError};
use sanheyi_node::process::lifecycle::Shutdown;
use sanheyi_node::process::secret::write_secret;
use sanheyi_node::store::ChangeFilter;
use sanheyi_tests::fixtures::new_complaints;
use sanheyi_tests::knobs::Ground;
use sanheyi_tests::patience::{until, within};
use sanheyi_tests::world::{HUB, NodeMachine, World, assert_converged, hub_rows, id, settled};
use tokio::net::TcpListener;

/// What is promised: a minute; what is aimed at is one look and a moment.
const PROMISED: Duration = Duration::from_secs(60);

async fn held(node: &NodeMachine) {
    until("the node is held", async || node.link_row().await.phase.starts_with("held:")).await;
    let row = node.link_row().await;
    assert_eq!(row.phase, "held:unauthorised", "{}", row.detail);
    assert!(revoked_finding("jintan", &row).is_some(), "{}", row.detail);
}

/// As an operator does it, in a process beside the hub.
async fn revoke(world: &World, name: &str) {
    let config = world.hub.folder().join("hub.toml").display().to_string();
    let words = ["sanheyi-hub", "platform", "revoke", "--config", &config, name, "--all"];
    let reason = ["--reason", "机器被盗"];
    let told = cli::answer(words.iter().chain(&reason)).await.unwrap();
    assert!(told.text.contains("--yes"), "it says first what it would do: {}", told.text);
    let done = cli::answer(words.iter().chain(&reason).chain(&["--yes"])).await.unwrap();
    assert!(done.text.contains("已吊销"), "{}", done.text);
}

#[tokio::test]
async fn and_the_others_go_on() {
    let mut world = World::new(610, &["jintan", "wujin"]).await;
    let (mut jintan, mut wujin) = (world.node("jintan").await, world.node("wujin").await);
    for node in [&mut jintan, &mut wujin] {
        node.dial_on().await;
        node.submit(new_complaints(1..3)).await;
        until("everything is answered", async || settled(node.store()).await).await;
    }
    let promised = Deadline::after(PROMISED);
    revoke(&world, "jintan").await;
    held(&jintan).await;
    assert!(!promised.left().is_zero(), "within a minute");
    assert!(LOOK * 2 < PROMISED);

    wujin.submit(new_complaints(3..6)).await;
    until("everything is answered", async || settled(wujin.store()).await).await;
    assert_eq!(wujin.link_row().await.detail, "");
    // What it writes meanwhile is not lost; and why it was cut is written down.
    jintan.submit(new_complaints(3..5)).await;
    let filter = ChangeFilter { what: "certificate.revoke".to_owned(), ..ChangeFilter::default() };
    let rows = world.hub.store(&id(HUB)).change_list(&filter, None, 10).await.unwrap();
    assert!(matches!(&rows[..], [row] if row.subject == "jintan" && row.detail.contains("被盗")));
    // Its key does not come back by a renewal, either.
    jintan.keep_identity().await.unwrap_err();
}

#[tokio::test]
async fn and_comes_back_by_another_token_with_all_that_it_has() {
    let mut world = World::new(613, &["jintan", "wujin"]).await;
    let mut node = world.node("jintan").await;
    node.submit(new_complaints(1..11)).await;
    drop(node.settle().await);
    revoke(&world, "jintan").await;
    node.dial_on().await;
    held(&node).await;
    node.submit(new_complaints(11..16)).await;
    let (before, key) = (node.serial(), node.parts().key.verifying());

    let token = world.token("jintan", false).await;
    let parts = world.machine("jintan", &token);
    // A token of another platform does not make this machine that platform.
    let other = world.token("wujin", false).await;
    let wrong = EnrolParts { token: other, ..parts.clone() };
    node.close().await;
    let error = enrol_again(&wrong, |_| {}).await.unwrap_err();
    assert!(error.to_string().contains("the token is wrong"), "{error}");
    within("it is enrolled again", enrol_again(&parts, |_| {})).await.unwrap();
    assert!(!node.folder().join("data/identity/again").exists());
    node.open().await;
    assert_ne!(node.serial(), before, "another certificate");
    assert_eq!(node.parts().key.verifying(), key, "the same signing key");
    drop(node.settle().await);
    assert_converged(&world, &node).await;
    let rows = hub_rows(&world, &id("jintan")).await;
    assert_eq!(rows[0].head.size, 15, "and what the hub had not heard");
    let platform = platform_get(&world.hub.database(), &id("jintan")).await.unwrap().unwrap();
    assert_eq!(platform.key, key);
    // It stays let in, and goes on by itself.
    node.submit(new_complaints(16..21)).await;
    drop(node.settle().await);
    node.keep_identity().await.unwrap();
}

#[tokio::test]
async fn and_no_other_machine_runs_meanwhile() {
    let mut world = World::new(614, &["jintan"]).await;
    let node = world.node("jintan").await;
    let token = world.token("jintan", false).await;
    let parts = world.machine("jintan", &token);
    let _running = folder::lock(&node.config().data).unwrap();
    let error = enrol_again(&parts, |_| {}).await.unwrap_err();
    assert!(matches!(error, EnrolError::Folder(FolderError::InUse { .. })), "{error}");
}

#[tokio::test]
async fn at_every_instance_of_the_hub() {
    let mut world = World::on(Ground::Postgres, 611, &["jintan", "wujin"]).await;
    let mut config = CheckedConfig::load(&world.hub.folder().join("hub.toml")).unwrap();
    config.data = world.folder("second");
    let (clock, chance) = (Arc::clone(&world.clock), Arc::new(SeededEntropy::new(6)));
    let app = HubApp::build(&config, clock, chance, Edition::CURRENT).await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let second = listener.local_addr().unwrap();
    let shutdown = Shutdown::new();
    let running = tokio::spawn(app.run(listener, shutdown.clone()));

    let mut jintan = world.node("jintan").await;
    let mut wujin = world.node("wujin").await;
    wujin.dial = second;
    for node in [&mut jintan, &mut wujin] {
        node.dial_on().await;
        until("the line stands", async || node.link_row().await.phase == "live").await;
    }
    for name in ["jintan", "wujin"] {
        revoke(&world, name).await;
    }
    held(&jintan).await;
    held(&wujin).await;
    // A new line is refused in its handshake, wherever it knocks.
    for (node, dial) in [(&mut jintan, second), (&mut wujin, world.hub.address())] {
        node.hang_up().await;
        node.dial = dial;
        node.dial_on().await;
        held(node).await;
    }
    shutdown.soft();
    within("the second instance stops", running).await.unwrap().unwrap();
}

/// A certificate of the hub's authority that the hub has not written down.
fn unwritten(world: &World, name: &str) {
    let authority = Authority::open(&world.hub.folder()).unwrap();
    let made = request(&id(name)).unwrap();
    let (now, chance) = (world.clock.now(), SeededEntropy::new(8));
    let chain = authority.issue(&id(name), &made.csr_pem, &[], now, 30, &chance).unwrap();
    let folder = world.folder(name);
    fs::write(folder.join("node.pem"), chain).unwrap();
    fs::remove_file(folder.join("node.key")).unwrap();
    write_secret(&folder.join("node.key"), made.key_pem.as_bytes()).unwrap();
}

#[tokio::test]
async fn and_a_certificate_that_nobody_wrote_down_is_let_in_only_if_it_is_older_than_the_register()
{
    let mut world = World::new(612, &["jintan", "wujin"]).await;
    // Issued before the store began to keep the register, as in a store that was upgraded.
    unwritten(&world, "jintan");
    let jintan = world.node("jintan").await;
    drop(jintan.settle().await);
    // Issued later, and not by this hub: somebody has its authority's key.
    world.clock.advance(Duration::from_secs(3_600));
    unwritten(&world, "wujin");
    let mut wujin = world.node("wujin").await;
    wujin.dial_on().await;
    until("the node is held", async || wujin.link_row().await.phase.starts_with("held:")).await;
    let row = wujin.link_row().await;
    assert!(row.detail.contains("register"), "{}", row.detail);
}
