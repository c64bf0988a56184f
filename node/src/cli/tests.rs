//! The commands on a small store: what they print, and how they end.

mod doctor;
mod erase;
mod files;
mod link;
mod operator;
mod tampering;
mod upkeep;

use std::collections::BTreeMap;
use std::path::Path;

use sanheyi_exchange_spec::checkpoint::Checkpoint;
use sanheyi_exchange_spec::entry::{Header, Operation};
use sanheyi_exchange_spec::gate::{Reason, Standing};
use sanheyi_exchange_spec::ids::{EpochId, Generation, JournalId};
use sanheyi_exchange_spec::merkle::Tree;
use sanheyi_exchange_spec::receipt::{self, Exception, Receipt};
use sanheyi_exchange_spec::rulebook::Rulebook;
use sanheyi_exchange_spec::segment::SegmentWriter;
use sanheyi_exchange_spec::suite::{Salt, SigningKey, Suite};
use serde_json::Value;

use super::*;
use crate::branch::{Arrived, Copies, Draft, Window, seal};
use crate::process::secret::{write_secret, write_seed};
use crate::store::{CheckpointRow, GreetingRow, LinkRow};
use crate::tests::{DATASET, Home, MORNING, database_of, draft, next, record};

const SEED: [u8; 32] = [7; 32];
const HUB_SEED: [u8; 32] = [9; 32];

/// A node's folder: its configuration and its key.
fn empty_folder() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let hub_key = SigningKey::from_seed(&HUB_SEED).verifying().to_string();
    let line = EXAMPLE.lines().find(|line| line.starts_with("hub_key")).unwrap();
    let config = EXAMPLE.replace(line, &format!("hub_key = \"{hub_key}\""));
    std::fs::write(dir.path().join("node.toml"), config).unwrap();
    write_seed(&dir.path().join("signing.key"), &SEED).unwrap();
    dir
}

/// A node's folder whose store holds 300 entries and three more: of those 302 are answered, one of
/// them is quarantined; the hub has acknowledged 302.
async fn folder() -> tempfile::TempDir {
    let dir = empty_folder();
    let home = Home::open(dir.path(), 1).await;
    home.submit((0..300).map(|number| draft(&format!("A{number:03}"))).collect()).await;
    // A withdrawal has no body that could name its record: any id will do.
    let slashed =
        Draft { operation: Operation::Withdraw, record: "Z/1".parse().unwrap(), ..draft("C") };
    let first = home.submit(vec![draft("B"), slashed]).await;
    home.clock.set(MORNING.plus_micros(60_000_000));
    home.submit(vec![next("B", first[0])]).await;
    answer_by_hub(&home).await;
    home.close().await;
    dir
}

async fn answer_by_hub(home: &Home) {
    let (store, journal) = (home.store(), home.journal().await);
    let id = journal.head.journal.clone();
    let root = store.root_at(journal.number, 302).await.unwrap();
    let reason = Reason::new("note", "string.max_len", "“意见”过长", "“note” is too long");
    let exception = Exception {
        sequence: 300,
        standing: Standing::Quarantined,
        dataset: DATASET.to_owned(),
        record: record("B"),
        revision: 1,
        reasons: vec![reason],
    };
    let exceptions = vec![exception];
    let receipt = Receipt {
        journal: id.clone(),
        from: 0,
        to: 302,
        root,
        standard: 1,
        received: MORNING,
        broadcast: 0,
        exceptions,
    };
    let epoch = EpochId::new([3; 16]);
    let (opened, time, keeper) = (0, MORNING, None);
    let checkpoint = Checkpoint { journal: id, size: 302, root, epoch, opened, time, keeper };
    let note = checkpoint.sign(&SigningKey::from_seed(&SEED));
    let link = LinkRow {
        phase: "down".to_owned(),
        since: MORNING,
        heard: MORNING,
        detail: "无法连接市级平台 / unreachable".to_owned(),
        skew: 61_000_000,
        sent: 30_200,
        received: 3_020,
    };
    let greeting = GreetingRow { acknowledged: 302, ..GreetingRow::default() };
    deliver(store, &[(receipt::DATASET, receipt.encode())]).await;
    let mut tx = store.begin("test").await.unwrap();
    tx.checkpoint_put(store, journal.number, &CheckpointRow { size: 302, note });
    tx.greeting_put(store, journal.number, &greeting).await.unwrap();
    tx.link_put(store, &link).await.unwrap();
    tx.commit().await.unwrap();
}

/// Letters as they come: entries of the mailbox, signed by the hub.
async fn deliver(store: &Store, letters: &[(&str, Vec<u8>)]) {
    let hub = SigningKey::from_seed(&HUB_SEED);
    let generation = Generation::new([9; 16]);
    let id: JournalId = format!("changzhou>jintan/normal/{generation}").parse().unwrap();
    let mut packer = SegmentWriter::new().unwrap();
    let mut tree = Tree::new(Suite::Intl);
    for ((dataset, body), record) in letters.iter().zip(0..) {
        let header = Header {
            dataset: dataset.parse().unwrap(),
            record: format!("{record}").parse().unwrap(),
            revision: 1,
            follows: None,
            custody_epoch: 0,
            operation: Operation::Put,
            standard: 1,
            occurred: MORNING,
            recorded: MORNING,
            body_digest: Suite::Intl.empty_root(),
        };
        let letter = seal(header, Salt([1; 16]), body.clone().into());
        packer.push(&letter.header, &letter.body.salt, &letter.body.bytes);
        tree.push(letter.digest);
    }
    let past = tree.size();
    let tail = Window { first: 0, past, segments: vec![packer.finish().unwrap()] };
    let checkpoint = Checkpoint {
        journal: id.clone(),
        size: past,
        root: tree.root(),
        epoch: EpochId::new([9; 16]),
        opened: 0,
        time: MORNING,
        keeper: None,
    };
    let mut copies = Copies::new(store.clone(), hub.verifying(), generation).unwrap();
    copies.take_up(&[(id.clone(), past)]).await.unwrap();
    let note = checkpoint.sign(&hub);
    let rules = Rulebook::builtin_shared();
    let (journal, entries, checkpoint) = (&id, &tail, note.as_str());
    let arrived = Arrived { journal, entries, checkpoint, enclosures: &[], rules: &rules };
    copies.admit(&arrived, &BTreeMap::new(), MORNING).await.unwrap();
}

async fn command(dir: &Path, args: &[&str]) -> Answer {
    let config = dir.join("node.toml").display().to_string();
    let args = ["sanheyi-node"].iter().chain(args).map(|arg| (*arg).to_owned());
    answer(args.chain(["--config".to_owned(), config])).await.unwrap()
}

async fn json(dir: &Path, args: &[&str]) -> Value {
    let answer = command(dir, &[args, &["--json"]].concat()).await;
    serde_json::from_str(&answer.text).unwrap()
}

#[tokio::test]
async fn status_tells_link_backlog_and_receipts() {
    let dir = folder().await;
    let report = json(dir.path(), &["status"]).await;
    assert_eq!((&report["platform"], &report["running"]), (&"jintan".into(), &false.into()));
    assert_eq!(report["link"]["phase"], "down");
    assert_eq!(report["link"]["since"], "2010-11-23T08:00:00.000000+08:00");
    assert_eq!(report["link"]["bytes_sent_per_entry"], 100.0);
    let journal = &report["journals"][0];
    let numbers =
        ["size", "acknowledged", "behind", "accepted", "quarantined", "pending", "unanswered"];
    let numbers = numbers.map(|key| journal[key].as_u64().unwrap());
    assert_eq!(numbers, [303, 302, 1, 301, 1, 0, 1]);
    assert_eq!(journal["behind_since"], "2010-11-23T08:01:00.000000+08:00");

    let text = command(dir.path(), &["status"]).await.text;
    let said =
        ["离线 offline", "2010-11-23 08:01:00", "set the clock", "30,200", "已隔离", "未运行"];
    for said in said {
        assert!(text.contains(said), "{said} in\n{text}");
    }
}

#[tokio::test]
async fn records_are_listed_by_pages_with_their_standings() {
    let dir = folder().await;
    let first = json(dir.path(), &["records", "--limit", "300"]).await;
    assert_eq!(first["records"].as_array().unwrap().len(), 300);
    let cursor = first["next"].as_str().unwrap();
    assert_eq!(cursor, format!("{DATASET}/{}/1", record("A299")));
    let rest = json(dir.path(), &["records", "--limit", "300", "--after", cursor]).await;
    assert_eq!(rest["next"], Value::Null);
    let text = |one: &Value, key: &str| one[key].as_str().unwrap().to_owned();
    let rows = rest["records"].as_array().unwrap().iter();
    let rows: Vec<_> = rows
        .map(|one| format!("{} {} {}", text(one, "record"), one["revision"], text(one, "standing")))
        .collect();
    let b = record("B");
    let due = [format!("{b} 1 quarantined"), format!("{b} 2 unanswered"), "Z/1 1 accepted".into()];
    assert_eq!(rows, due);
    assert_eq!(rest["records"][0]["reasons"][0]["rule"], "string.max_len");

    let none = json(dir.path(), &["records", "--dataset", "case.case"]).await;
    assert!(none["records"].as_array().unwrap().is_empty());
    let one = json(dir.path(), &["records", "--record", "Z/1"]).await;
    assert_eq!(one["records"].as_array().unwrap().len(), 1);
    let after = ["records", "--dataset", DATASET, "--after", &format!("{DATASET}/Z/1/1")];
    assert!(json(dir.path(), &after).await["records"].as_array().unwrap().is_empty());

    let text = command(dir.path(), &["records", "--record", &b]).await.text;
    assert!(text.contains("已隔离 quarantined") && text.contains("“意见”过长"), "{text}");
    assert!(text.contains("未回执 unanswered"), "{text}");
}

#[tokio::test]
async fn a_clean_store_verifies() {
    let dir = folder().await;
    let answer = command(dir.path(), &["verify"]).await;
    assert_eq!(answer.code, OK, "{}", answer.text);
    assert!(answer.text.contains("全部一致") && answer.text.contains("303"), "{}", answer.text);
    let report = json(dir.path(), &["verify"]).await;
    assert_eq!(report["clean"], true);
    let journal = &report["journals"][0];
    let numbers = ["entries", "checkpoints", "receipts"].map(|key| journal[key].as_u64().unwrap());
    assert_eq!(numbers, [303, 1, 1]);
    assert_eq!(journal["difference"], Value::Null);
}

#[tokio::test]
async fn other_keys_do_not_verify_the_checkpoints() {
    let dir = folder().await;
    std::fs::remove_file(dir.path().join("signing.key")).unwrap();
    write_seed(&dir.path().join("signing.key"), &[8; 32]).unwrap();
    let answer = command(dir.path(), &["verify"]).await;
    assert_eq!(answer.code, DIFFERENT);
    assert!(answer.text.contains("checkpoint.note @302"), "{}", answer.text);
}

#[tokio::test]
async fn command_lines_end_with_their_codes() {
    let code = async |args: &[&str]| answer(args.iter().copied()).await.unwrap().code;
    assert_eq!(code(&["sanheyi-node", "--help"]).await, OK);
    assert_eq!(code(&["sanheyi-node", "--version"]).await, OK);
    assert_eq!(code(&["sanheyi-node", "stat"]).await, USAGE);
    assert_eq!(code(&["sanheyi-node", "records", "--limit", "0"]).await, USAGE);
    assert_eq!(code(&["sanheyi-node", "records", "--after", "case.step"]).await, USAGE);
    let example = answer(["sanheyi-node", "config", "example"]).await.unwrap();
    assert_eq!(example, Answer { text: EXAMPLE.to_owned(), code: OK });

    let failure = |error: anyhow::Error| complain(error.as_ref());
    let dir = tempfile::tempdir().unwrap();
    let missing = dir.path().join("none.toml").display().to_string();
    let none = answer(["sanheyi-node", "status", "--config", &missing]).await.unwrap_err();
    assert_eq!(failure(none), CONFIG);
    let config = dir.path().join("node.toml");
    std::fs::write(&config, EXAMPLE).unwrap();
    let config = config.display().to_string();
    let none = answer(["sanheyi-node", "status", "--config", &config]).await.unwrap_err();
    assert_eq!(failure(none), FAILED, "there is no database yet");
    let check = ["sanheyi-node", "config", "check", "--config", &config];
    assert_eq!(failure(answer(check).await.unwrap_err()), CONFIG);
}
