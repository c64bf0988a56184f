//! Every state of a platform's line is told by its word.

use std::path::Path;
use std::sync::Arc;

use sanheyi_exchange_spec::health::alerts::{LINK_HELD, LINK_STUCK};
use sanheyi_exchange_spec::health::{Finding, Heartbeat};
use sanheyi_exchange_spec::ids::{EpochId, Generation};
use sanheyi_exchange_spec::link::Position;
use sanheyi_exchange_spec::link::admit::Head;
use sanheyi_exchange_spec::suite::{SigningKey, Suite};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::health::watch::SILENT_AFTER;
use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_node::store::{Database, HeardRow, PulseRow};
use serde_json::{Value, json};

use super::*;
use crate::cli::answer;
use crate::setup::{NewPlatform, NewTenant, Setup};
use crate::store::open;

/// Nodes that are registered; all but the first have been here.
const NODES: [&str; 6] = ["wujin", "jintan", "liyang", "qishuyan", "xinbei", "zhonglou"];

fn id(text: &str) -> PlatformId {
    text.parse().unwrap()
}

/// A hub on which no process runs, with a database that is open.
async fn hub(folder: &Path) -> Database {
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(SeededEntropy::new(4)));
    let setup = Setup::new(folder.to_owned(), id("changzhou"), clock, entropy);
    setup.init(&["127.0.0.1".to_owned()], "127.0.0.1:0").unwrap();
    for (name, seed) in NODES.into_iter().zip(1..) {
        let new = NewPlatform {
            platform: id(name),
            title_zh: name.to_owned(),
            title_en: name.to_owned(),
            address: String::new(),
            server_name: String::new(),
            out: folder.to_owned(),
            may_send: Vec::new(),
        };
        setup.register(&new, SigningKey::from_seed(&[seed; 32]).verifying()).await.unwrap();
    }
    let (title_zh, title_en) = ("天宁".to_owned(), "Tianning".to_owned());
    let platform = id("tianning");
    let tenant = NewTenant { platform, title_zh, title_en, quota: 0, may_send: Vec::new() };
    setup.tenant_add(&tenant).await.unwrap();
    let database = open(&setup.store, &setup.hub).await.unwrap();
    for name in NODES[1..].iter().chain(&["tianning"]) {
        let generation = Generation::new([7; 16]);
        let head = Head {
            journal: format!("{name}>changzhou/normal/{generation}").parse().unwrap(),
            size: 0,
            root: Suite::Intl.empty_root(),
            position: Position { generation, epoch: EpochId::new([6; 16]) },
            opened: 0,
            stopped: false,
        };
        let store = database.of(&id(name));
        let mut tx = store.begin("test").await.unwrap();
        tx.journal_open(&store, &head, false, 0).await.unwrap();
        tx.commit().await.unwrap();
    }
    database
}

fn heard(name: &str, now: Timestamp) -> HeardRow {
    let version = "sanheyi/9".to_owned();
    let at = now.plus_micros(61_000_000);
    let beat = Heartbeat { at, every_seconds: 300, version, ..Heartbeat::default() };
    HeardRow {
        peer: id(name),
        instance: "a".to_owned(),
        connected: true,
        since: now.plus_micros(-9_000_000),
        heard: now,
        address: format!("{name}.example.cn:1"),
        serial: "0a".to_owned(),
        beat: Some((beat, now)),
    }
}

/// A process that noted this at `at`.
async fn note(database: &Database, at: Timestamp, rows: &[HeardRow], findings: &[Finding]) {
    let store = database.of(&id("changzhou"));
    let (instance, version) = ("a".to_owned(), String::new());
    let mut tx = store.begin("test").await.unwrap();
    tx.pulse_put(&store, &PulseRow { instance, started: at, at, version, ready: true });
    tx.alert_replace(&store, "a", findings);
    tx.heard_put(&store, rows);
    tx.commit().await.unwrap();
}

async fn said(folder: &Path, args: &[&str]) -> anyhow::Result<String> {
    let config = folder.join("hub.toml").display().to_string();
    let args = [&["sanheyi-hub", "link"], args, &["--config", &config]].concat();
    let args: Vec<_> = args.into_iter().map(str::to_owned).collect();
    Ok(Box::pin(answer(args)).await?.text)
}

async fn told(folder: &Path, args: &[&str]) -> Value {
    let text = said(folder, &[args, &["--json"]].concat()).await.unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The states of all platforms, by id.
fn states(list: &Value) -> Vec<(String, String)> {
    let word = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    let links = list["links"].as_array().unwrap().iter();
    links.map(|one| (word(one, "platform"), word(one, "state"))).collect()
}

#[tokio::test]
async fn every_state_is_told_by_its_word_and_none_stands_without_a_process() {
    let folder = tempfile::tempdir().unwrap();
    let database = hub(folder.path()).await;
    let never = told(folder.path(), &["list"]).await;
    assert_eq!((&never["running"], &never["noted"]), (&json!(false), &Value::Null));
    let text = said(folder.path(), &["list"]).await.unwrap();
    assert!(text.contains("none ever has") && text.contains("从未连接 never connected"), "{text}");

    let now = SystemClock.now();
    let mut rows: Vec<_> = NODES[1..].iter().chain(&["tianning"]).map(|n| heard(n, now)).collect();
    let old = now.plus_micros(-60_000_000);
    let beat = Heartbeat { size: 5, ..rows[1].beat.clone().unwrap().0 };
    rows[1].beat = Some((beat, old));
    rows[4].connected = false;
    (rows[5].connected, rows[5].beat) = (false, None);
    let since = now.plus_micros(-40_000_000);
    let findings = [(&LINK_HELD, "qishuyan"), (&LINK_STUCK, "xinbei")]
        .map(|(alert, name)| Finding::new(alert, name, "原因", "the reason").since(since));
    note(&database, now, &rows, &findings).await;
    let list = told(folder.path(), &["list"]).await;
    let due = [
        ("jintan", "live"),
        ("liyang", "behind"),
        ("qishuyan", "held"),
        ("tianning", "live"),
        ("wujin", "never"),
        ("xinbei", "stuck"),
        ("zhonglou", "offline"),
    ];
    let due = due.map(|(platform, state)| (platform.to_owned(), state.to_owned()));
    assert_eq!(states(&list), due);
    assert_eq!(list["running"], true);
    let (jintan, liyang) = (&list["links"][0], &list["links"][1]);
    assert_eq!(liyang["behind_up"], 5, "by its heartbeat, of which nothing is here");
    assert_eq!(jintan["behind_up"], 0);
    assert!(jintan["behind_down"].as_u64().unwrap() > 0, "nobody has read the broadcast");
    assert_eq!(jintan["address"], "jintan.example.cn:1");
    assert_eq!(
        (&jintan["version"], &jintan["skew_micros"]),
        (&"sanheyi/9".into(), &json!(61_000_000))
    );
    assert_eq!(jintan["since"], json!(rfc3339(now.plus_micros(-9_000_000))));
    assert_eq!(list["links"][2]["code"], "identity_held");
    assert_eq!(list["links"][3]["hosted"], true);
    let text = said(folder.path(), &["list"]).await.unwrap();
    for words in
        ["扣留 held (identity_held)", "停滞 stuck", "积压 behind", "离线 offline", "set the clock"]
    {
        assert!(text.contains(words), "{words} in\n{text}");
    }

    let xinbei = told(folder.path(), &["show", "xinbei"]).await;
    assert_eq!((&xinbei["state"], &xinbei["since"]), (&"stuck".into(), &json!(rfc3339(since))));
    assert_eq!(xinbei["findings"].as_array().unwrap().len(), 1);
    let text = said(folder.path(), &["show", "xinbei"]).await.unwrap();
    assert!(text.contains(LINK_STUCK.remedy_zh) && text.contains("下行 down"), "{text}");
    let none = said(folder.path(), &["show", "nobody"]).await.unwrap_err().to_string();
    assert!(none.contains("nobody") && none.contains("platform list"), "{none}");

    let gone = now.plus_micros(-SILENT_AFTER);
    note(&database, gone, &[], &findings).await;
    let list = told(folder.path(), &["list"]).await;
    let offline = states(&list).into_iter().filter(|(_, state)| state == "offline").count();
    assert_eq!((&list["running"], offline), (&json!(false), 6), "{list}");
    assert_eq!(list["links"][0]["since"], json!(rfc3339(gone)), "no longer than it was seen");
    let text = said(folder.path(), &["list"]).await.unwrap();
    assert!(text.contains("no process runs; this was noted"), "{text}");
    database.close().await;
}
