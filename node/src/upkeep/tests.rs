//! Schedules by a clock that is moved: what goes, when, and what stays.

use std::sync::Arc;
use std::time::Duration;

use prost::Message as _;
use sanheyi_exchange_spec::attachment::{Attachment, Hasher};
use sanheyi_exchange_spec::limits::ATTACHMENT_PIECE_BYTES;
use sanheyi_exchange_spec::note::Note;
use sanheyi_exchange_spec::suite::SigningKey;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::standard::v1 as standard;

use super::archive::{Archive, ROWS, archive};
use super::files::TOGETHER;
use super::node::{NodeEstate, table};
use super::tasks::{DONE, Orders, Task, Upkeep};
use crate::branch::attachment::{offer, put};
use crate::branch::{Draft, Erase};
use crate::config::upkeep::RetentionRules;
use crate::process::clock::Clock as _;
use crate::store::{ChangeRow, DueState, Store, UpkeepRow, Way};
use crate::tests::{DATASET, Home, body, draft, record};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn upkeep(home: &Home, folder: &std::path::Path) -> Upkeep<NodeEstate> {
    let orders = Orders {
        retention: RetentionRules::default(),
        archive: folder.join("archive"),
        key: SigningKey::from_seed(&[7; 32]),
        clock: Arc::clone(&home.clock) as _,
    };
    Upkeep::new(NodeEstate(home.store().clone()), orders).unwrap()
}

/// A file of so many pieces, the last of nine bytes.
fn file(number: u8, pieces: u64) -> (Attachment, Vec<u8>) {
    let length = usize::try_from((pieces - 1) * ATTACHMENT_PIECE_BYTES + 9).unwrap();
    let mut bytes = vec![number; length];
    bytes[..8].copy_from_slice(b"%PDF-1.7");
    let mut hasher = Hasher::default();
    hasher.update(&bytes);
    let media_type = "application/pdf".to_owned();
    (Attachment { digest: hasher.finish(), bytes: length as u64, media_type }, bytes)
}

/// Puts the first pieces of a file on the shelf.
async fn shelve(home: &Home, (file, bytes): &(Attachment, Vec<u8>), pieces: u64) {
    let now = home.clock.now();
    offer(home.store(), file, now).await.unwrap();
    let size = usize::try_from(ATTACHMENT_PIECE_BYTES).unwrap();
    for (number, piece) in (0..pieces).zip(bytes.chunks(size)) {
        let piece = bytes::Bytes::copy_from_slice(piece);
        put(home.store(), &file.digest, number, &piece, now).await.unwrap();
    }
}

/// A record that names a file.
fn naming(name: &str, file: &Attachment) -> Draft {
    let complaint = standard::Complaint::decode(body(name)).unwrap();
    let said = standard::Attachment {
        name: "附件.pdf".into(),
        sha256: file.digest.to_string(),
        bytes: i64::try_from(file.bytes).unwrap(),
        media_type: file.media_type.clone(),
    };
    let body = standard::Complaint { attachments: vec![said], ..complaint }.encode_to_vec();
    Draft { body: body.into(), ..draft(name) }
}

fn erasing(name: &str) -> Erase {
    Erase {
        dataset: DATASET.parse().unwrap(),
        record: record(name).parse().unwrap(),
        revision: 1,
        reason: "保存期限届满".into(),
        basis: "档案保管期限表".into(),
        decided_by: "数据管理科".into(),
    }
}

async fn here(store: &Store, file: &Attachment) -> bool {
    store.attachment_get(&file.digest).await.unwrap().is_some_and(|row| row.whole)
}

async fn done(upkeep: &mut Upkeep<NodeEstate>, task: Task) -> UpkeepRow {
    let row = upkeep.run(task).await.unwrap();
    assert_eq!(row.outcome, DONE);
    row
}

#[tokio::test]
async fn a_file_goes_with_the_last_body_that_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 1).await;
    let mut upkeep = upkeep(&home, dir.path());
    // More pieces than one transaction takes away.
    let (alone, shared) = (file(1, TOGETHER + 2), file(2, 2));
    shelve(&home, &alone, TOGETHER + 2).await;
    shelve(&home, &shared, 2).await;
    home.submit(vec![naming("A", &alone.0), naming("B", &shared.0)]).await;
    home.submit(vec![naming("C", &shared.0)]).await;
    assert_eq!(done(&mut upkeep, Task::Files).await.rows, 0, "every file is named");
    assert!(here(home.store(), &alone.0).await);

    home.branch.erase(erasing("A")).await.unwrap();
    home.branch.erase(erasing("C")).await.unwrap();
    assert_eq!(upkeep.look(Task::Files).await.unwrap().rows, 2, "both are in question");
    assert!(here(home.store(), &alone.0).await, "who only looks takes nothing away");
    let row = done(&mut upkeep, Task::Files).await;
    assert_eq!((row.rows, row.bytes), (1, alone.0.bytes));
    assert_eq!(home.store().attachment_get(&alone.0.digest).await.unwrap(), None);
    for number in 0..TOGETHER + 2 {
        let piece = home.store().piece_get(&alone.0.digest, number).await.unwrap();
        assert_eq!(piece, None, "piece {number}");
    }
    assert_eq!(home.store().due_get(&alone.0.digest).await.unwrap(), []);
    // The other is B's now.
    assert!(here(home.store(), &shared.0).await);
    let dues = home.store().due_get(&shared.0.digest).await.unwrap();
    let by: Vec<_> = dues.iter().map(|due| (due.way, due.record.clone(), due.state)).collect();
    assert_eq!(by, [(Way::Up, record("B"), DueState::Here)]);
    assert_eq!(done(&mut upkeep, Task::Files).await.rows, 0, "the question is settled");
    home.branch.erase(erasing("B")).await.unwrap();
    assert_eq!(done(&mut upkeep, Task::Files).await.rows, 1);
    assert!(!here(home.store(), &shared.0).await);
}

#[tokio::test]
async fn what_was_given_up_goes_on_its_day_and_not_before() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 2).await;
    let mut upkeep = upkeep(&home, dir.path());
    let (begun, unnamed, named) = (file(1, 3), file(2, 1), file(3, 1));
    shelve(&home, &begun, 2).await;
    shelve(&home, &unnamed, 1).await;
    shelve(&home, &named, 1).await;
    home.submit(vec![naming("A", &named.0)]).await;
    let RetentionRules { unfinished_days, unnamed_days, .. } = RetentionRules::default();
    let days = |days: u64| DAY * u32::try_from(days).unwrap();

    home.clock.advance(days(unfinished_days));
    assert_eq!(done(&mut upkeep, Task::Uploads).await.rows, 0, "it is exactly so old");
    home.clock.advance(Duration::from_micros(1));
    let row = done(&mut upkeep, Task::Uploads).await;
    assert_eq!((row.rows, row.bytes), (1, 2 * ATTACHMENT_PIECE_BYTES));
    assert_eq!(home.store().attachment_get(&begun.0.digest).await.unwrap(), None);
    // Whoever comes back with it begins anew.
    shelve(&home, &begun, 3).await;
    assert!(here(home.store(), &begun.0).await);

    home.clock.advance(days(unnamed_days - unfinished_days));
    let row = done(&mut upkeep, Task::Uploads).await;
    assert_eq!((row.rows, row.bytes), (1, 9), "the one that nobody ever named");
    assert!(!here(home.store(), &unnamed.0).await);
    home.clock.advance(days(10_000));
    done(&mut upkeep, Task::Uploads).await;
    assert!(here(home.store(), &named.0).await, "what a record names stays");
}

fn change(at: Timestamp, id: u8, who: &str) -> ChangeRow {
    let (what, subject) = ("operator.add".to_owned(), "王五".to_owned());
    ChangeRow { at, id: [id; 16], who: who.to_owned(), what, subject, ..ChangeRow::default() }
}

async fn changes(home: &Home, rows: &[ChangeRow]) {
    let mut tx = home.store().begin("change_add").await.unwrap();
    for row in rows {
        tx.change_add(home.store(), row).await.unwrap();
    }
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn an_audit_goes_into_a_signed_file_before_its_rows_go() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 3).await;
    let mut upkeep = upkeep(&home, dir.path());
    let table = table("change").unwrap();
    let start = home.clock.now();
    let old: Vec<_> =
        (0..3).map(|n| change(start.plus_micros(i64::from(n)), n, "cli:root")).collect();
    changes(&home, &old).await;
    let days = u32::try_from(RetentionRules::default().audit_days).unwrap();
    home.clock.advance(DAY * days + Duration::from_micros(2));
    changes(&home, &[change(home.clock.now(), 9, "web:wang")]).await;
    assert_eq!(upkeep.look(Task::Archive).await.unwrap().rows, 2, "the third is exactly so old");
    let row = done(&mut upkeep, Task::Archive).await;
    assert_eq!(row.rows, 2);

    let name = format!("change-{}-{}", start.as_micros(), start.as_micros() + 1);
    let folder = dir.path().join("archive");
    let packed = std::fs::read(folder.join(format!("{name}.jsonl.zst"))).unwrap();
    let text = String::from_utf8(zstd::stream::decode_all(&packed[..]).unwrap()).unwrap();
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 2);
    assert_eq!((&lines[0]["who"], &lines[1]["subject"]), (&"cli:root".into(), &"王五".into()));
    assert_eq!(lines[1]["at"], start.as_micros() + 1);
    let note = Note::parse(&std::fs::read_to_string(folder.join(format!("{name}.note"))).unwrap());
    let note = note.unwrap();
    note.verify("jintan", &SigningKey::from_seed(&[7; 32]).verifying()).unwrap();
    let mut hasher = Hasher::default();
    hasher.update(text.as_bytes());
    let digest = format!("sha256 {}", hasher.finish());
    for line in ["platform jintan", "table change", "rows 2", &digest] {
        assert!(note.text().lines().any(|one| one == line), "{line}: {}", note.text());
    }
    assert_eq!(home.store().table_older(table, i64::MAX).await.unwrap(), 2, "two are left");
    assert_eq!(done(&mut upkeep, Task::Archive).await.rows, 0);
}

#[tokio::test]
async fn where_the_archive_cannot_be_written_nothing_is_deleted() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 4).await;
    let mut upkeep = upkeep(&home, dir.path());
    changes(&home, &[change(home.clock.now(), 1, "cli:root")]).await;
    home.clock.advance(DAY * 4000);
    std::fs::write(dir.path().join("archive"), b"in the way").unwrap();
    let row = upkeep.run(Task::Archive).await.unwrap();
    assert_ne!(row.outcome, DONE);
    let left = home.store().table_older(table("change").unwrap(), i64::MAX).await.unwrap();
    assert_eq!(left, 1);
    let listed = home.store().upkeep_list().await.unwrap();
    assert_eq!(listed, [row], "it is written down that it failed");
    // Once the way is free it goes on by itself.
    std::fs::remove_file(dir.path().join("archive")).unwrap();
    assert_eq!(done(&mut upkeep, Task::Archive).await.rows, 1);
}

#[tokio::test]
async fn a_long_audit_goes_in_several_files() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 5).await;
    let start = home.clock.now();
    let many = ROWS + 1;
    for from in (0..many).step_by(1000) {
        let each = from..(from + 1000).min(many);
        let at = |n: u64| start.plus_micros(i64::try_from(n).unwrap());
        changes(&home, &each.map(|n| change(at(n), 0, "cli:root")).collect::<Vec<_>>()).await;
    }
    let (store, table) = (home.store(), table("change").unwrap());
    let at = Archive {
        folder: dir.path().join("archive"),
        keeper: store.platform().clone(),
        key: SigningKey::from_seed(&[7; 32]),
    };
    let before = start.plus_micros(i64::MAX / 2);
    let first = archive(store, table, before, before, &at).await.unwrap();
    assert_eq!(first.rows, ROWS);
    let second = archive(store, table, before, before, &at).await.unwrap();
    assert_eq!(second.rows, 1);
    assert_eq!(archive(store, table, before, before, &at).await.unwrap().file, None);
}

#[tokio::test]
async fn each_task_runs_when_it_is_due() {
    let dir = tempfile::tempdir().unwrap();
    let home = Home::open(dir.path(), 6).await;
    let mut upkeep = upkeep(&home, dir.path());
    let ran = async |upkeep: &mut Upkeep<NodeEstate>| {
        let rows = upkeep.turn().await.unwrap();
        rows.into_iter().map(|row| row.task).collect::<Vec<_>>()
    };
    let all: Vec<_> = Task::ALL.iter().map(|task| task.as_str()).collect();
    assert_eq!(ran(&mut upkeep).await, all, "in a new store all of them");
    assert!(ran(&mut upkeep).await.is_empty());
    home.clock.advance(Task::Merge.every());
    assert_eq!(ran(&mut upkeep).await, ["merge"]);
    home.clock.advance(Task::Files.every());
    assert_eq!(ran(&mut upkeep).await, ["merge", "files"]);
    home.clock.advance(DAY);
    assert_eq!(ran(&mut upkeep).await, all);
    // A clock that was far ahead does not put it off.
    home.clock.set(crate::tests::MORNING);
    assert_eq!(ran(&mut upkeep).await, all);
}
