//! Every fault that the doctor names is planted here, and found by its name.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use bytes::Bytes;
use rcgen::string::Ia5String;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair, SanType};
use sanheyi_exchange_spec::attachment::{Attachment, Hasher};
use sanheyi_exchange_spec::forward::{Enclosure, Forward};
use sanheyi_exchange_spec::health::alerts::{LINK_OFFLINE, LINK_STUCK};
use sanheyi_exchange_spec::health::{ALERTS, Finding};
use sanheyi_exchange_spec::time::Timestamp;

use super::*;
use crate::branch::attachment::{offer, put};
use crate::doctor::table::FAULTS;
use crate::doctor::{node, report};
use crate::process::clock::{Clock as _, ManualClock, SystemClock};
use crate::process::disk::ManualDisk;
use crate::store::{Database, EnclosureRow, Erased, PulseRow};
use crate::tests::{id, spoil, tamper};

/// A certificate of `platform`, its key, and the authority that signed it.
fn certified(dir: &Path, platform: &str) {
    let ca_key = KeyPair::generate().unwrap();
    let mut ca = CertificateParams::default();
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let ca_pem = ca.self_signed(&ca_key).unwrap().pem();
    let key = KeyPair::generate().unwrap();
    let uri = format!("spiffe://changzhou/platform/{platform}");
    let mut own = CertificateParams::default();
    own.subject_alt_names = vec![SanType::URI(Ia5String::try_from(uri).unwrap())];
    let own = own.signed_by(&key, &Issuer::new(ca, &ca_key)).unwrap().pem();
    std::fs::write(dir.join("ca.pem"), ca_pem).unwrap();
    std::fs::write(dir.join("node.pem"), own).unwrap();
    let _ = std::fs::remove_file(dir.join("node.key"));
    write_secret(&dir.join("node.key"), key.serialize_pem().as_bytes()).unwrap();
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn configure(dir: &Path, from: &str, to: &str) {
    let file = dir.join("node.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(from), "{from}");
    std::fs::write(file, text.replace(from, to)).unwrap();
}

/// A node that is well, but for a hub that nobody reaches and a process that nobody runs.
async fn well() -> tempfile::TempDir {
    let dir = folder().await;
    certified(dir.path(), "jintan");
    mode(&dir.path().join("data"), 0o700);
    // Port 9 is refused at once on a machine without a discard service.
    configure(dir.path(), "127.0.0.1:7443", "127.0.0.1:9");
    let text = std::fs::read_to_string(dir.path().join("node.toml")).unwrap();
    let mut text = text.replace("\nlisten = ", "\n# listen = ");
    for section in ["health", "pages"] {
        let (head, closed) =
            (format!("\n[{section}]\n"), format!("\n[{section}]\nlisten = \"\"\n"));
        text = match text.contains(&head) {
            true => text.replace(&head, &closed),
            false => text + &closed,
        };
    }
    std::fs::write(dir.path().join("node.toml"), text).unwrap();
    dir
}

async fn found(dir: &Path) -> Vec<String> {
    let clock = Arc::new(ManualClock::new(MORNING.plus_micros(90_000_000)));
    let disk = Arc::new(ManualDisk::new(1 << 40, 1 << 40));
    let examined = node::examine(&dir.join("node.toml"), false, clock, disk).await;
    let report = report::DoctorReport::from(examined);
    assert!(!report::text(&report).is_empty());
    report.findings.iter().map(|one| one.finding.name.to_owned()).collect()
}

/// Changes a store so that it breaks the invariant of a name.
fn tampering(name: &str) -> Option<&'static str> {
    Some(match name {
        "invariant.byte_exact" => "UPDATE journal SET root = zeroblob(32) WHERE size > 0",
        "invariant.checkpoint_binds" => "UPDATE checkpoint SET size = 301",
        "invariant.contiguous" => "DELETE FROM segment WHERE first = 300",
        "invariant.every_entry_answered" => "UPDATE receipt SET accepted = accepted - 1",
        "invariant.index_complete" => {
            "DELETE FROM record WHERE key = (SELECT max(key) FROM record)"
        }
        "invariant.quarantine_settles" => "DELETE FROM exception",
        "invariant.receipts_tile" => "UPDATE receipt SET first = 1",
        _ => return None,
    })
}

/// Plants the fault of a name; answers what has to live until it is found.
async fn plant(dir: &Path, name: &str) -> Option<tokio::net::TcpListener> {
    if let Some(sql) = tampering(name) {
        assert!(tamper(&database_of(dir), sql).await > 0, "{sql}");
        return None;
    }
    let at = |file: &str| dir.join(file);
    match name {
        "authority.broken" => std::fs::write(at("ca.pem"), "none").unwrap(),
        "config.invalid" => configure(dir, "platform = ", "platfrom = "),
        "data.absent" => std::fs::remove_dir_all(at("data")).unwrap(),
        "data.exposed" => mode(&at("data"), 0o755),
        "identity.broken" => {
            let other = tempfile::tempdir().unwrap();
            certified(other.path(), "jintan");
            std::fs::copy(other.path().join("node.pem"), at("node.pem")).unwrap();
        }
        "identity.other" => certified(dir, "liyang"),
        "files.differ" => changed_file(dir).await,
        "hub.unreachable" => {}
        "secret.exposed" => mode(&at("node.key"), 0o640),
        "secret.unreadable" => std::fs::remove_file(at("signing.key")).unwrap(),
        "shown.differs" => unproved(dir).await,
        "store.damaged" => spoil(&database_of(dir), "session").await,
        "store.absent" => std::fs::remove_file(database_of(dir)).unwrap(),
        "store.newer" => {
            let newer = "INSERT INTO _sqlx_migrations \
                (version, description, installed_on, success, checksum, execution_time) \
                SELECT 9999, 'of tomorrow', installed_on, success, checksum, 1 \
                FROM _sqlx_migrations WHERE version = 1";
            assert_eq!(tamper(&database_of(dir), newer).await, 1);
        }
        "store.unreadable" => std::fs::write(database_of(dir), vec![7; 8192]).unwrap(),
        "hub.handshake" | "port.taken" => {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            let port = listener.local_addr().unwrap().port();
            let to = format!("127.0.0.1:{port}");
            match name {
                "port.taken" => configure(
                    dir,
                    "[health]\nlisten = \"\"",
                    &format!("[health]\nlisten = \"{to}\""),
                ),
                _ => configure(dir, "127.0.0.1:9", &to),
            }
            return Some(listener);
        }
        "port.silent" => {
            configure(dir, "[health]\nlisten = \"\"", "[health]\nlisten = \"127.0.0.1:9\"");
            note(dir, &[]).await;
        }
        _ => panic!("no test plants {name}"),
    }
    None
}

/// A process lives, and has noted this.
async fn note(dir: &Path, findings: &[Finding]) {
    note_at(dir, MORNING.plus_micros(89_000_000), findings).await;
}

async fn note_at(dir: &Path, at: Timestamp, findings: &[Finding]) {
    let database = Database::open(database_of(dir), &[]).await.unwrap();
    let store = database.of(&id("jintan"));
    let (instance, version) = (String::new(), String::new());
    let mut tx = store.begin("test").await.unwrap();
    tx.pulse_put(&store, &PulseRow { instance, started: at, at, version, ready: true });
    tx.alert_replace(&store, "", findings);
    tx.commit().await.unwrap();
    database.close().await;
}

/// A file whose bytes are changed once it is whole.
async fn changed_file(dir: &Path) {
    let bytes = Bytes::from_static(b"%PDF-1.4");
    let mut hasher = Hasher::default();
    hasher.update(&bytes);
    let media_type = "application/pdf".to_owned();
    let file = Attachment { digest: hasher.finish(), bytes: bytes.len() as u64, media_type };
    let database = Database::open(database_of(dir), &[]).await.unwrap();
    let store = database.of(&id("jintan"));
    offer(&store, &file, MORNING).await.unwrap();
    put(&store, &file.digest, 0, &bytes, MORNING).await.unwrap();
    database.close().await;
    let changed = "UPDATE piece SET bytes = CAST('%PDF-1.5' AS BLOB)";
    assert_eq!(tamper(&database_of(dir), changed).await, 1);
}

/// An entry of somebody else, whose proof proves nothing.
async fn unproved(dir: &Path) {
    let header = Header {
        dataset: DATASET.parse().unwrap(),
        record: record("A").parse().unwrap(),
        revision: 1,
        follows: None,
        custody_epoch: 0,
        operation: Operation::Put,
        standard: 1,
        occurred: MORNING,
        recorded: MORNING,
        body_digest: Suite::Intl.empty_root(),
    };
    let entry = seal(header, Salt([1; 16]), Bytes::new());
    let generation = Generation::new([8; 16]);
    let forward = Forward {
        journal: format!("wujin>changzhou/normal/{generation}").parse().unwrap(),
        sequence: 0,
        header: entry.header,
        standing: Standing::Accepted,
        reasons: Vec::new(),
    };
    let (body, inclusion) = (Some(entry.body), Vec::new());
    let enclosure = Enclosure { body, checkpoint: "none".to_owned(), inclusion };
    let row = EnclosureRow { forward, enclosure, erased: Erased::No };
    let database = Database::open(database_of(dir), &[]).await.unwrap();
    let store = database.of(&id("jintan"));
    let mut tx = store.begin("test").await.unwrap();
    tx.enclosure_put(&store, &[row]).unwrap();
    tx.commit().await.unwrap();
    database.close().await;
}

#[tokio::test]
async fn every_fault_of_the_table_is_found_by_its_name_and_a_node_that_is_well_has_none() {
    let dir = well().await;
    let mut names = found(dir.path()).await;
    names.retain(|name| !ALERTS.iter().any(|alert| alert.name == name));
    assert_eq!(names, ["hub.unreachable"]);
    // A node's database is a file, and a file answers.
    for fault in FAULTS.iter().filter(|fault| fault.name != "store.silent") {
        let dir = well().await;
        let listener = plant(dir.path(), fault.name).await;
        let garbage = async {
            let Some(listener) = listener else { return std::future::pending().await };
            loop {
                // It takes the connection and closes it: nobody who speaks TLS does.
                drop(listener.accept().await);
            }
        };
        let names = tokio::select! {
            names = found(dir.path()) => names,
            () = garbage => unreachable!(),
        };
        assert!(names.iter().any(|name| name == fault.name), "{}: {names:?}", fault.name);
    }
}

#[tokio::test]
async fn whatever_a_process_has_noted_is_shown_and_decides_how_doctor_ends() {
    let dir = well().await;
    let told = |alert| Finding::new(alert, "jintan", "错", "wrong").since(MORNING);
    note(dir.path(), &ALERTS.iter().map(told).collect::<Vec<_>>()).await;
    let names = found(dir.path()).await;
    for alert in ALERTS {
        assert!(names.iter().any(|name| name == alert.name), "{}: {names:?}", alert.name);
    }
    let answer = command(dir.path(), &["doctor", "--quick"]).await;
    assert_eq!(answer.code, DIFFERENT, "{}", answer.text);
    assert!(answer.text.contains("怎么办 · next: "), "{}", answer.text);
    let report = json(dir.path(), &["doctor", "--quick"]).await;
    assert!(report["findings"][0]["why_zh"].as_str().is_some_and(|why| !why.is_empty()));
}

#[tokio::test]
async fn a_quick_look_ends_badly_only_for_what_is_critical() {
    let dir = well().await;
    for (alert, quick) in [(&LINK_OFFLINE, OK), (&LINK_STUCK, DIFFERENT)] {
        let told = Finding::new(alert, "changzhou", "错", "wrong").since(MORNING);
        note_at(dir.path(), SystemClock.now(), &[told]).await;
        let answer = command(dir.path(), &["doctor", "--quick"]).await;
        assert!(answer.text.contains(alert.name), "{}", answer.text);
        assert_eq!(answer.code, quick, "{}", answer.text);
        let whole = command(dir.path(), &["doctor"]).await;
        assert_eq!(whole.code, DIFFERENT, "{}", whole.text);
    }
}
