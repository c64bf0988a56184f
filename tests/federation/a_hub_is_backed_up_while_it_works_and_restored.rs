//! A hub is backed up while everybody writes, on either database: every journal of every platform
//! in one state. What comes out of it is the hub of that moment, and does not pretend to be more.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sanheyi_exchange_spec::gate::Edition;
use sanheyi_hub::app::HubApp;
use sanheyi_hub::backup::{HubGrounds, HubRestored, OfHub, restore};
use sanheyi_hub::config::CheckedConfig;
use sanheyi_hub::store::open;
use sanheyi_node::backup::{
    BackupError, Backups, Drill, Expected, Grounds, IDENTITY_FILE, Identities, Made, Subject, Wish,
    drill, make,
};
use sanheyi_node::cli::local::rfc3339;
use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_node::store::Database;
use sanheyi_node::uplink::sync::Outcome;
use sanheyi_tests::fixtures::new_complaints;
use sanheyi_tests::knobs::Ground;
use sanheyi_tests::patience::until;
use sanheyi_tests::postgres::shared;
use sanheyi_tests::world::{NodeMachine, Tenant, World, assert_converged, hub_rows, id, settled};

fn config(world: &World) -> PathBuf {
    world.hub.folder().join("hub.toml")
}

fn subject(world: &World, database: Database) -> Subject {
    let config = CheckedConfig::load(&config(world)).unwrap();
    OfHub::subject(&config, database, Arc::clone(&world.clock) as _).unwrap()
}

async fn back_up(world: &World) -> Made {
    let subject = subject(world, world.hub.database());
    make(&OfHub, &subject, &Wish::default(), &mut |_, _, _| {}).await.unwrap()
}

fn identity(world: &World) -> Identities {
    Identities::read(&world.hub.folder().join(IDENTITY_FILE)).unwrap()
}

fn grounds(world: &World, file: &Path, name: &str) -> HubGrounds {
    let grounds = Grounds {
        file: file.to_owned(),
        identities: identity(world),
        expected: Expected { platform: Some(id("changzhou")), key: None },
        folder: world.folder(name),
        by: "cli:1000".to_owned(),
        clock: Arc::clone(&world.clock) as _,
        entropy: Arc::new(SeededEntropy::new(78)),
    };
    HubGrounds { grounds, store: None, password_file: None }
}

async fn restored(hub: &HubGrounds) -> Result<HubRestored, BackupError> {
    restore(hub, &mut |_, _, _| {}).await
}

/// A hub with a node's and a tenant's records in it, all answered.
async fn at_work(seed: u64) -> (World, NodeMachine, Tenant) {
    let mut world = World::new(seed, &["jintan", "liyang"]).await;
    let tianning = world.tenant("tianning").await;
    let node = world.node("jintan").await;
    node.submit(new_complaints(1..41)).await;
    tianning.submit(new_complaints(1..11)).await;
    drop(node.settle().await);
    let store = world.hub.store(&id("tianning"));
    until("the tenant's entries are answered", async || settled(&store).await).await;
    (world, node, tianning)
}

/// Stops the hub and puts the restored one in its place, as an operator does.
async fn replace(world: &mut World, name: &str) {
    world.hub.stop().await;
    std::fs::remove_dir_all(world.hub.folder()).unwrap();
    std::fs::rename(world.folder(name), world.hub.folder()).unwrap();
    world.hub.start().await;
}

#[tokio::test]
async fn while_everybody_writes_each_journal_is_the_beginning_of_what_there_is() {
    let (mut world, mut node, tianning) = at_work(720).await;
    node.dial_on().await;
    let writing = async {
        for batch in 1..16 {
            node.submit(new_complaints(batch * 100..batch * 100 + 20)).await;
            tianning.submit(new_complaints(batch * 100..batch * 100 + 5)).await;
        }
    };
    let (made, ()) = tokio::join!(back_up(&world), writing);
    assert!(made.entries >= 50 && made.journals >= 6, "{made:?}");
    until("all is answered", async || settled(node.store()).await).await;

    let subject = subject(&world, world.hub.database());
    let identities = identity(&world);
    let wish = Drill { file: made.file, identities, compare: true };
    let found = drill(&OfHub, &subject, &wish, &mut |_, _, _| {}).await.unwrap();
    assert!(found.held && found.since > 0, "{found:?}");
    let text = std::fs::read_to_string(found.report.unwrap()).unwrap();
    assert!(text.contains("\nkind hub\n") && text.contains("\noutcome held\n"), "{text}");
    let rows = world.hub.store(&id("changzhou")).backup_list(9).await.unwrap();
    assert_eq!(rfc3339(rows[0].verified), found.at);
    world.hub.stop().await;
}

#[tokio::test]
async fn where_nothing_was_exchanged_since_it_goes_on_as_if_nothing_had_been() {
    let (mut world, node, tianning) = at_work(721).await;
    let made = back_up(&world).await;
    let before = hub_rows(&world, &id("jintan")).await;
    // Its keys, and those of its tenants, are beside the configuration.
    let hub = grounds(&world, &made.file, "restored");
    world.hub.stop().await;
    let done = restored(&hub).await.unwrap();
    assert_eq!(done.manifest.entries, made.entries);
    for name in ["ca.key", "signing.key", "hub.key", "tenants/tianning.key"] {
        assert!(world.folder("restored").join(name).is_file(), "{name}");
    }
    world.hub.start().await;
    replace(&mut world, "restored").await;
    assert_eq!(hub_rows(&world, &id("jintan")).await, before);
    node.submit(new_complaints(41..51)).await;
    let _link = node.settle().await;
    assert_converged(&world, &node).await;
    tianning.up().await;
    tianning.submit(new_complaints(11..21)).await;
    let store = world.hub.store(&id("tianning"));
    until("the tenant goes on", async || settled(&store).await).await;
    world.hub.stop().await;
}

#[tokio::test]
async fn a_branch_that_knows_more_is_not_written_over() {
    let (mut world, node, _tianning) = at_work(722).await;
    let mut link = node.settle().await;
    let made = back_up(&world).await;
    node.submit(new_complaints(41..46)).await;
    assert!(link.settle(node.store()).await, "they go up in the same epoch");
    drop(link);
    let hub = grounds(&world, &made.file, "restored");
    world.hub.stop().await;
    restored(&hub).await.unwrap();
    world.hub.start().await;
    replace(&mut world, "restored").await;
    let before = hub_rows(&world, &id("jintan")).await;
    let ended = node.link().await.end().await;
    let Outcome::Reconnect { pause: true, why } = ended else { panic!("{ended:?}") };
    assert!(why.contains("rewound") && why.contains("回退"), "{why}");
    assert_eq!(hub_rows(&world, &id("jintan")).await, before, "nothing is written on top");
    world.hub.stop().await;
}

#[tokio::test]
async fn it_is_not_restored_or_started_beside_the_one_that_runs() {
    let (mut world, _node, _tianning) = at_work(723).await;
    let made = back_up(&world).await;
    let hub = grounds(&world, &made.file, "restored");
    let refused = restored(&hub).await.unwrap_err();
    assert!(matches!(refused, BackupError::StillRuns(_)), "{refused}");
    let left = std::fs::read_dir(world.folder("restored")).unwrap().count();
    assert_eq!(left, 0, "nothing remains");

    world.hub.stop().await;
    restored(&hub).await.unwrap();
    world.hub.start().await;
    let there = CheckedConfig::load(&world.folder("restored").join("hub.toml")).unwrap();
    let build = async || {
        let (clock, chance) = (Arc::clone(&world.clock), Arc::new(SeededEntropy::new(1)));
        HubApp::build(&there, clock, chance, Edition::CURRENT).await
    };
    let refused = build().await.err().unwrap().to_string();
    assert!(refused.contains("仍在运行") && refused.contains("still runs"), "{refused}");
    world.hub.stop().await;
    assert!(build().await.is_ok(), "once the old one has stopped it starts");
}

#[tokio::test]
async fn its_first_is_made_at_once_and_then_one_every_night_by_one_of_its_instances() {
    let mut world = World::new(726, &["jintan"]).await;
    let of = |world: &World| Backups::new(OfHub, subject(world, world.hub.database()));
    let (one, other) = (of(&world), of(&world));
    let first = one.tick().await.unwrap().unwrap().unwrap();
    assert!(first.file.is_file() && first.entries > 0, "{first:?}");
    assert!(other.tick().await.unwrap().is_none(), "the store says that there is one");
    let mut made = 0;
    for _hour in 0..72 {
        world.clock.advance(Duration::from_secs(3600));
        for backups in [&other, &one] {
            made += u32::from(backups.tick().await.unwrap().is_some_and(|done| done.is_ok()));
        }
    }
    assert_eq!(made, 3, "three nights, three backups");
    world.hub.stop().await;
}

#[tokio::test]
async fn keys_that_lie_elsewhere_come_back_with_it_and_are_used() {
    let (mut world, node, tianning) = at_work(727).await;
    world.hub.stop().await;
    let (home, away) = (world.hub.folder(), world.folder("away"));
    std::fs::create_dir_all(&away).unwrap();
    let mut text = std::fs::read_to_string(config(&world)).unwrap();
    for name in ["ca.pem", "ca.key", "signing.key", "tenants"] {
        std::fs::rename(home.join(name), away.join(name)).unwrap();
        let there = away.join(name).display().to_string();
        text = text.replace(&format!("\"{name}\""), &format!("\"{there}\""));
    }
    assert!(text.contains("away/ca.pem") && text.contains("away/signing.key"), "{text}");
    std::fs::write(config(&world), text).unwrap();
    std::os::unix::fs::symlink(away.join("tenants"), home.join("tenants")).unwrap();
    world.hub.start().await;
    // The authority that is to follow lies beside the one that signs.
    world.hub.certificates().rotate("cli:test").await.unwrap();
    assert!(away.join("ca-2.key").is_file());
    let made = back_up(&world).await;
    let hub = grounds(&world, &made.file, "restored");
    world.hub.stop().await;
    restored(&hub).await.unwrap();
    for name in ["ca.key", "ca-2.pem", "ca-2.key", "signing.key", "tenants/tianning.key"] {
        assert!(world.folder("restored").join(name).is_file(), "{name}");
    }
    std::fs::remove_dir_all(&away).unwrap();
    std::fs::remove_dir_all(&home).unwrap();
    std::fs::rename(world.folder("restored"), &home).unwrap();
    world.hub.start().await;
    // It signs grants and receipts, issues certificates, and keeps its tenant as before.
    node.submit(new_complaints(41..51)).await;
    let _link = node.settle().await;
    let before = node.serial();
    world.clock.advance(Duration::from_secs(641 * 86_400));
    node.keep_identity().await.unwrap();
    assert_ne!(node.serial(), before);
    assert_converged(&world, &node).await;
    tianning.up().await;
    tianning.submit(new_complaints(11..21)).await;
    let store = world.hub.store(&id("tianning"));
    until("the tenant goes on", async || settled(&store).await).await;
    let next = world.hub.certificates().rotation().await.unwrap();
    assert!(next.authorities.len() == 2 && next.authorities.iter().all(|one| one.key_here));
    world.hub.stop().await;
}

#[tokio::test]
async fn what_its_server_is_believed_by_comes_back_with_it() {
    let mut world = World::on(Ground::Sqlite, 728, &["jintan"]).await;
    let away = world.folder("a way");
    std::fs::create_dir_all(&away).unwrap();
    for name in ["city.crt", "role.crt", "role.key"] {
        std::fs::write(away.join(name), name).unwrap();
    }
    let at = away.display().to_string().replace(' ', "%20");
    let files = format!("sslrootcert={at}/city.crt&sslcert={at}/role.crt&sslkey={at}/role.key");
    let address = format!("postgres://hub@127.0.0.1/hub?sslmode=verify-full&{files}");
    let text = std::fs::read_to_string(config(&world)).unwrap();
    std::fs::write(config(&world), format!("{text}\n[store]\naddress = \"{address}\"\n")).unwrap();
    let made = back_up(&world).await;
    std::fs::write(config(&world), text).unwrap();
    std::fs::remove_dir_all(&away).unwrap();
    let hub = grounds(&world, &made.file, "restored");
    world.hub.stop().await;
    restored(&hub).await.unwrap();
    let folder = world.folder("restored");
    for (name, was) in [("db-ca.pem", "city.crt"), ("db.pem", "role.crt"), ("db.key", "role.key")] {
        assert_eq!(std::fs::read_to_string(folder.join(name)).unwrap(), was);
    }
    let mode = std::fs::metadata(folder.join("db.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert!(CheckedConfig::load(&folder.join("hub.toml")).is_ok(), "and its store is a file");
}

#[tokio::test]
async fn it_may_be_restored_into_an_empty_database() {
    let (mut world, node, _tianning) = at_work(724).await;
    let made = back_up(&world).await;
    let before = hub_rows(&world, &id("jintan")).await;
    world.hub.stop().await;
    let there = shared().database();
    let mut hub = grounds(&world, &made.file, "restored");
    hub.store = Some(there.url());
    let done = restored(&hub).await.unwrap();
    assert!(done.moved.as_ref().is_some_and(|moved| moved.clean), "{done:?}");
    let text = std::fs::read_to_string(&done.config).unwrap();
    assert!(text.contains(&there.url()), "{text}");
    assert!(!world.folder("restored/data/hub.sqlite").exists(), "it lies in one place");
    world.hub.start().await;
    replace(&mut world, "restored").await;
    assert_eq!(hub_rows(&world, &id("jintan")).await, before);
    node.submit(new_complaints(41..51)).await;
    let _link = node.settle().await;
    assert_converged(&world, &node).await;
    world.hub.stop().await;
}

#[tokio::test]
async fn a_node_is_not_restored_out_of_a_hubs_backup() {
    let world = World::on(Ground::Sqlite, 725, &["jintan"]).await;
    let made = back_up(&world).await;
    let mut hub = grounds(&world, &made.file, "restored");
    hub.grounds.expected = Expected::default();
    let refused = sanheyi_node::backup::settle(&hub.grounds, &mut |_, _, _| {}).await.unwrap_err();
    let said = refused.to_string();
    assert!(said.contains("hub changzhou") && said.contains("node changzhou"), "{said}");
    // A store that is a copy of another one is none.
    assert!(open(&world.setup().store, &world.setup().hub).await.is_ok());
}
