//! A hub's doctor: every fault that it knows is planted, and found by its name; a hub that is well
//! has none of them.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use sanheyi_exchange_spec::entry::Body;
use sanheyi_exchange_spec::forward::{Enclosure, Forward};
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::health::ALERTS;
use sanheyi_exchange_spec::suite::Salt;
use sanheyi_hub::config::CheckedConfig;
use sanheyi_hub::doctor::examine;
use sanheyi_hub::setup::Setup;
use sanheyi_hub::store::STEPS;
use sanheyi_node::doctor::report::{DoctorReport, text};
use sanheyi_node::doctor::table::FAULTS;
use sanheyi_node::process::clock::{Clock as _, ManualClock};
use sanheyi_node::process::disk::ManualDisk;
use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_node::store::{Database, EnclosureRow, Erased, PulseRow};
use sanheyi_tests::files::TestFile;
use sanheyi_tests::fixtures::{new_complaints, sealed};
use sanheyi_tests::knobs::Ground;
use sanheyi_tests::world::{HUB, World, copy_folder, id, told};
use sqlx::Connection as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tempfile::TempDir;

use crate::commands::try_hub;
use crate::late_list::quarantined;

/// What only a node's doctor finds: a hub dials nobody.
const OF_NODES: [&str; 2] = ["hub.handshake", "hub.unreachable"];

/// A hub that has stopped: a node has sent it entries of which two are quarantined, it holds a
/// file, and a tenant lives in it.
async fn hub() -> World {
    let mut world = World::on(Ground::Sqlite, 5700, &["wujin"]).await;
    world.tenant("tianning").await;
    let (mut wujin, _) = quarantined(&mut world, 2, 0).await;
    wujin.submit(new_complaints(100..110)).await;
    told(&world, &wujin).await;
    TestFile::pdf(5701, 4096).shelve(&world.hub.store(&id("wujin"))).await;
    wujin.close().await;
    world.hub.stop().await;
    world
}

/// A copy of its folder, as private as the first one.
fn copy(world: &World) -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    copy_folder(&world.hub.folder(), dir.path());
    for folder in ["data", "tenants"] {
        mode(&dir.path().join(folder), 0o700);
    }
    dir
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn configure(dir: &Path, from: &str, to: &str) {
    let file = dir.join("hub.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(from), "{from} in\n{text}");
    std::fs::write(file, text.replacen(from, to, 1)).unwrap();
}

async fn found(dir: &Path, clock: &Arc<ManualClock>) -> Vec<&'static str> {
    let path = dir.join("hub.toml");
    let disk = Arc::new(ManualDisk::new(1 << 40, 1 << 39));
    let config = CheckedConfig::load(&path);
    let examined = examine(&path, config, false, Arc::clone(clock) as _, disk).await;
    let report = DoctorReport::from(examined);
    assert!(!text(&report).is_empty());
    report.findings.iter().map(|one| one.finding.name).collect()
}

async fn tamper(dir: &Path, sql: &'static str) {
    let options = SqliteConnectOptions::new().filename(dir.join("data/hub.sqlite"));
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let done = sqlx::query(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    assert!(done.rows_affected() > 0, "{sql}");
}

/// Spoils the first page of a table, as a bad disk does.
async fn spoil(dir: &Path, table: &str) {
    let path = dir.join("data/hub.sqlite");
    let options = SqliteConnectOptions::new().filename(&path);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let select = "SELECT rootpage FROM sqlite_master WHERE type = 'table' AND name = $1";
    let root = sqlx::query_scalar::<_, i64>(select).bind(table);
    let root = root.fetch_one(&mut connection).await.unwrap();
    let size = sqlx::query_scalar::<_, i64>("PRAGMA page_size");
    let size = size.fetch_one(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let at = usize::try_from((root - 1) * size).unwrap();
    bytes[at..][..usize::try_from(size).unwrap()].fill(0xff);
    std::fs::write(path, bytes).unwrap();
}

/// Changes a store so that it breaks the invariant of a name.
fn tampering(name: &str) -> Option<&'static str> {
    Some(match name {
        "files.differ" => "UPDATE piece SET bytes = zeroblob(length(bytes))",
        "invariant.byte_exact" => "UPDATE journal SET root = zeroblob(32) WHERE platform = 'wujin'",
        "invariant.checkpoint_binds" => {
            "UPDATE checkpoint SET size = size + 1000 WHERE platform = 'wujin'"
        }
        "invariant.contiguous" => "DELETE FROM segment WHERE platform = 'wujin' AND first = 0",
        "invariant.every_entry_answered" => {
            "UPDATE receipt SET accepted = accepted + 1 WHERE platform = 'wujin'"
        }
        "invariant.index_complete" => {
            "DELETE FROM record WHERE platform = 'wujin' \
             AND key = (SELECT max(key) FROM record WHERE platform = 'wujin')"
        }
        "invariant.quarantine_settles" => "DELETE FROM exception WHERE platform = 'wujin'",
        "store.newer" => {
            "INSERT INTO _sqlx_migrations \
             (version, description, installed_on, success, checksum, execution_time) \
             SELECT 9999, 'of tomorrow', installed_on, success, checksum, 1 \
             FROM _sqlx_migrations WHERE version = 1"
        }
        "invariant.receipts_tile" => {
            "UPDATE receipt SET first = 1 WHERE platform = 'wujin' AND first = 0"
        }
        _ => return None,
    })
}

/// The store of a copy is open for what `plant` does in it.
async fn store_of(dir: &Path) -> Database {
    Database::open(dir.join("data/hub.sqlite"), STEPS).await.unwrap()
}

/// A tenant was shown an entry whose proof proves nothing.
async fn unproved(dir: &Path) {
    let entry = sealed("A", 1, b"one");
    let forward = Forward {
        journal: "wujin>changzhou/normal/000102030405060708090a0b0c0d0e0f".parse().unwrap(),
        sequence: 0,
        header: entry.header,
        standing: Standing::Accepted,
        reasons: Vec::new(),
    };
    let body = Some(Body { salt: Salt([3; 16]), bytes: Bytes::from_static(b"one") });
    let enclosure = Enclosure { body, checkpoint: "none".to_owned(), inclusion: Vec::new() };
    let row = EnclosureRow { forward, enclosure, erased: Erased::No };
    let database = store_of(dir).await;
    let store = database.of(&id("tianning"));
    let mut tx = store.begin("test").await.unwrap();
    tx.enclosure_put(&store, &[row]).unwrap();
    tx.commit().await.unwrap();
    database.close().await;
}

/// A process lives.
async fn alive(dir: &Path, clock: &ManualClock) {
    let database = store_of(dir).await;
    let store = database.of(&id(HUB));
    let (instance, version, at) = ("b".to_owned(), String::new(), clock.now());
    let mut tx = store.begin("test").await.unwrap();
    tx.pulse_put(&store, &PulseRow { instance, started: at, at, version, ready: true });
    tx.commit().await.unwrap();
    database.close().await;
}

/// Files of another hub of this name.
fn other(name: &str, clock: &Arc<ManualClock>, to: &Path, files: &[&str]) {
    let dir = tempfile::tempdir().unwrap();
    let chance = Arc::new(SeededEntropy::new(5799));
    let setup = Setup::new(dir.path().join("hub"), id(name), Arc::clone(clock) as _, chance);
    setup.init(&["127.0.0.1".to_owned()], "127.0.0.1:0").unwrap();
    for file in files {
        std::fs::copy(setup.folder.join(file), to.join(file)).unwrap();
    }
}

/// Plants the fault of a name; answers what has to live until it is found.
async fn plant(dir: &Path, name: &str, clock: &Arc<ManualClock>) -> Option<std::net::TcpListener> {
    if let Some(sql) = tampering(name) {
        tamper(dir, sql).await;
        return None;
    }
    let at = |file: &str| dir.join(file);
    match name {
        "authority.broken" => std::fs::write(at("ca.pem"), "none").unwrap(),
        "config.invalid" => configure(dir, "hub = ", "hbu = "),
        "data.absent" => std::fs::remove_dir_all(at("data")).unwrap(),
        "data.exposed" => mode(&at("data"), 0o755),
        "identity.broken" => other(HUB, clock, dir, &["hub.pem"]),
        "identity.other" => other("liyang", clock, dir, &["ca.pem", "hub.pem", "hub.key"]),
        "port.silent" => {
            // Port 9 is refused at once on a machine without a discard service.
            configure(dir, "listen = \"127.0.0.1:0\"", "listen = \"127.0.0.1:9\"");
            alive(dir, clock).await;
        }
        "port.taken" => {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let to = format!("listen = \"{}\"", listener.local_addr().unwrap());
            configure(dir, "listen = \"127.0.0.1:0\"", &to);
            return Some(listener);
        }
        // The key of a tenant, which the hub keeps, counts as its own.
        "secret.exposed" => mode(&at("tenants/tianning.key"), 0o640),
        "secret.unreadable" => std::fs::write(at("signing.key"), "no seed").unwrap(),
        "shown.differs" => unproved(dir).await,
        "store.absent" => std::fs::remove_file(at("data/hub.sqlite")).unwrap(),
        "store.damaged" => spoil(dir, "session").await,
        // It takes connections, as a server does that hangs, and says nothing.
        "store.silent" => {
            let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            let port = listener.local_addr().unwrap().port();
            let checked = "sslmode=verify-full&sslrootcert=ca.pem";
            let address = format!("postgres://sanheyi@127.0.0.1:{port}/hub?{checked}");
            let text = std::fs::read_to_string(at("hub.toml")).unwrap();
            std::fs::write(at("hub.toml"), format!("{text}\n[store]\naddress = \"{address}\"\n"))
                .unwrap();
            return Some(listener);
        }
        "store.unreadable" => std::fs::write(at("data/hub.sqlite"), vec![7; 8192]).unwrap(),
        _ => panic!("no test plants {name}"),
    }
    None
}

#[tokio::test]
async fn every_fault_is_found_by_its_name_and_a_hub_that_is_well_has_none() {
    let world = hub().await;
    world.clock.advance(std::time::Duration::from_secs(90));
    let well = found(copy(&world).path(), &world.clock).await;
    // It does not run, nobody has made a backup, and two entries wait.
    assert_eq!(well, ["backup.old", "process.silent", "quarantine.waiting"]);
    assert!(well.iter().all(|name| ALERTS.iter().any(|alert| alert.name == *name)));
    let mut missed = Vec::new();
    for fault in FAULTS.iter().filter(|fault| !OF_NODES.contains(&fault.name)) {
        let dir = copy(&world);
        let _listener = plant(dir.path(), fault.name, &world.clock).await;
        let names = found(dir.path(), &world.clock).await;
        if !names.contains(&fault.name) {
            missed.push((fault.name, names));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
    let said = try_hub(&world, &["doctor"]).await.unwrap();
    let report: serde_json::Value = serde_json::from_str(&said).unwrap();
    let checks: Vec<_> = report["checks"].as_array().unwrap().iter().collect();
    for check in ["secrets", "tenants", "integrity", "journals", "ports"] {
        assert!(checks.iter().any(|one| *one == check), "{check}: {checks:?}");
    }
    let named = report["findings"].as_array().unwrap().iter().map(|one| &one["name"]);
    assert!(named.into_iter().any(|name| name == "process.silent"), "{said}");
}
