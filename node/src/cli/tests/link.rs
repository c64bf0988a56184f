//! `link` and `status` say how the line stands in the words of its states, and what a process has
//! noted.

use sanheyi_exchange_spec::health::alerts::{LINK_OFFLINE, LINK_STUCK};
use sanheyi_exchange_spec::health::{Alert, Finding, Heartbeat};
use sanheyi_exchange_spec::time::Timestamp;

use super::*;
use crate::health::watch::SILENT_AFTER;
use crate::process::clock::{Clock as _, SystemClock};
use crate::store::{BackupRow, Database, HeardRow, PulseRow};
use crate::tests::{id, normal};

/// What a planted process has noted.
#[derive(Default)]
struct Planted {
    phase: &'static str,
    detail: &'static str,
    /// How long ago it last noted how it stands, in microseconds; nothing where none ever has.
    ago: Option<i64>,
    /// How many of the 303 entries the hub has.
    acknowledged: u64,
    found: Option<&'static Alert>,
}

async fn plant(dir: &Path, planted: &Planted) -> Timestamp {
    let now = SystemClock.now();
    let database = Database::open(database_of(dir), &[]).await.unwrap();
    let store = database.of(&id("jintan"));
    let number = normal(&store).await;
    let link = LinkRow {
        phase: planted.phase.to_owned(),
        since: MORNING,
        heard: MORNING,
        detail: planted.detail.to_owned(),
        skew: 61_000_000,
        ..LinkRow::default()
    };
    let found = planted.found.map(|alert| {
        Finding::new(alert, "changzhou", "原因", "the reason").since(MORNING.plus_micros(7_000_000))
    });
    let beat = Heartbeat {
        at: now,
        size: 9,
        acknowledged: 4,
        version: "sanheyi-hub/9".to_owned(),
        ..Heartbeat::default()
    };
    let heard = HeardRow {
        peer: id("changzhou"),
        instance: String::new(),
        connected: true,
        since: now,
        heard: now,
        address: String::new(),
        serial: String::new(),
        beat: Some((beat, now)),
    };
    let mut tx = store.begin("test").await.unwrap();
    tx.greeting_acknowledge(&store, number.number, planted.acknowledged);
    tx.link_put(&store, &link).await.unwrap();
    if let Some(ago) = planted.ago {
        let (instance, version, at) = (String::new(), String::new(), now.plus_micros(-ago));
        tx.pulse_put(&store, &PulseRow { instance, started: at, at, version, ready: true });
        tx.alert_replace(&store, "", found.as_slice());
        tx.heard_put(&store, &[heard]);
    }
    tx.commit().await.unwrap();
    database.close().await;
    now
}

#[tokio::test]
async fn every_state_of_the_line_is_told_by_its_word() {
    let dir = folder().await;
    let lives = |phase| Planted { phase, ago: Some(0), acknowledged: 303, ..Planted::default() };
    let full = "exchange.full: store_full";
    for (planted, state, words, since) in [
        (lives("live"), "live", "正常 live", "08:00:00"),
        (Planted { acknowledged: 302, ..lives("live") }, "behind", "积压 behind", "08:00:00"),
        (
            Planted { acknowledged: 302, found: Some(&LINK_STUCK), ..lives("live") },
            "stuck",
            "停滞 stuck",
            "08:00:07",
        ),
        (lives("down"), "offline", "离线 offline", "08:00:00"),
        // What the process noted before its line went counts no more.
        (
            Planted { found: Some(&LINK_STUCK), ..lives("down") },
            "offline",
            "离线 offline",
            "08:00:00",
        ),
        (lives("held:identity_held"), "held", "扣留 held (identity_held)", "08:00:00"),
        (Planted { detail: full, ..lives("down") }, "full", "磁盘已满 disk full", "08:00:00"),
    ] {
        plant(dir.path(), &planted).await;
        let report = json(dir.path(), &["link"]).await;
        assert_eq!(report["state"], state, "{report}");
        assert_eq!(report["since"], format!("2010-11-23T{since}.000000+08:00"), "{report:#}");
        assert_eq!(report["running"], true);
        assert_eq!(report["behind_up"], 303 - planted.acknowledged);
        // Of nine entries for us the hub knew that four are here; one letter is.
        assert_eq!(report["behind_down"], 5);
        assert_eq!(report["version"], "sanheyi-hub/9");
        assert_eq!(report["skew_micros"], 61_000_000);
        let text = command(dir.path(), &["link"]).await.text;
        assert!(text.contains(words) && text.contains("set the clock"), "{text}");
        assert!(!text.contains("没有进程"), "{text}");
        let named = planted.found.map(|alert| alert.remedy_en).unwrap_or_default();
        assert!(text.contains(named), "{text}");
    }
}

#[tokio::test]
async fn without_a_process_no_line_stands_and_that_is_said() {
    let dir = folder().await;
    let live = Planted { phase: "live", acknowledged: 303, ..Planted::default() };
    plant(dir.path(), &live).await;
    let report = json(dir.path(), &["link"]).await;
    assert_eq!((&report["state"], &report["running"]), (&"offline".into(), &false.into()));
    assert_eq!((&report["noted"], &report["behind_down"]), (&Value::Null, &Value::Null));
    assert!(command(dir.path(), &["link"]).await.text.contains("none ever has"));
    // A process that has fallen silent is none, and the line stood no longer than it did.
    let silent = Planted { ago: Some(SILENT_AFTER), ..live };
    let at = plant(dir.path(), &silent).await.plus_micros(-SILENT_AFTER);
    let report = json(dir.path(), &["link"]).await;
    assert_eq!((&report["state"], &report["running"]), (&"offline".into(), &false.into()));
    assert_eq!(report["since"], local::rfc3339(at).unwrap());
    assert!(command(dir.path(), &["link"]).await.text.contains("no process runs; this was noted"));
    let fresh = empty_folder();
    Home::open(fresh.path(), 1).await.close().await;
    assert_eq!(json(fresh.path(), &["link"]).await["state"], "never");
}

#[tokio::test]
async fn status_tells_what_is_wrong_and_how_backups_stand() {
    let dir = folder().await;
    let none = json(dir.path(), &["status"]).await;
    assert_eq!(none["findings"][0]["name"], "process.silent");
    assert_eq!((&none["backup"]["good"], &none["backup"]["failed"]), (&Value::Null, &Value::Null));
    assert!(command(dir.path(), &["status"]).await.text.contains("none that is good yet"));

    let down =
        Planted { phase: "down", ago: Some(0), found: Some(&LINK_OFFLINE), ..Planted::default() };
    plant(dir.path(), &down).await;
    let database = Database::open(database_of(dir.path()), &[]).await.unwrap();
    let store = database.of(&id("jintan"));
    let mut tx = store.begin("test").await.unwrap();
    for (seconds, outcome) in [(1, "旧 old"), (2, ""), (3, "磁盘已满 disk full"), (4, "")] {
        let row = BackupRow {
            at: MORNING.plus_micros(seconds * 1_000_000),
            file: format!("b{seconds}"),
            bytes: 12_345,
            entries: 303,
            seconds: 1,
            outcome: outcome.to_owned(),
            verified: Timestamp::default(),
        };
        tx.backup_add(&store, &row).await.unwrap();
    }
    tx.commit().await.unwrap();
    database.close().await;
    let report = json(dir.path(), &["status"]).await;
    let names: Vec<_> =
        report["findings"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!(names, ["link.offline"]);
    assert_eq!(report["backup"]["good"]["file"], "b4");
    assert_eq!(report["backup"]["good"]["at"], "2010-11-23T08:00:04.000000+08:00");
    assert_eq!(report["backup"]["failed"]["why"], "磁盘已满 disk full");
    let text = command(dir.path(), &["status"]).await.text;
    for said in
        ["[警告 warning] link.offline changzhou", "2010-11-23 08:00:04，12,345", "disk full"]
    {
        assert!(text.contains(said), "{said} in\n{text}");
    }
}
