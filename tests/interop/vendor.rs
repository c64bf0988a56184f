//! A client in Python, as another vendor would write it from the form alone, exchanges with a real
//! hub over mutual TLS.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;

use prost::Message as _;
use sanheyi_exchange_spec::dictionary::Dictionary;
use sanheyi_exchange_spec::dictionary::json::{Unknown, to_json};
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::receipt::Exception;
use sanheyi_node::process::clock::{Clock as _, SystemClock};
use sanheyi_proto::STANDARD;
use sanheyi_proto::standard::v1::Complaint;
use sanheyi_tests::fixtures::{self, COMPLAINT, HANDLING, complaint_no, handling_no};
use sanheyi_tests::knobs::ground;
use sanheyi_tests::patience::{until, within};
use sanheyi_tests::python::{Python, succeed};
use sanheyi_tests::world::{World, hub_rows, id};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::environment::{python, script, stubs, top};

const VENDOR: &str = "wujin";
const TITLE: &str = "反映客车拒载";

/// A world whose clock shows what the machine's shows, and the client's program.
struct Meeting {
    world: World,
    python: Python,
    stubs: TempDir,
}

impl Meeting {
    async fn new(seed: u64) -> Self {
        let world = World::begun(ground(), SystemClock.now(), seed, &[VENDOR]).await;
        let (python, folder) = (python(), tempfile::tempdir().unwrap());
        stubs(&python, folder.path());
        Self { world, python, stubs: folder }
    }

    fn folder(&self) -> PathBuf {
        self.world.folder(VENDOR)
    }

    /// Runs the client once: a process of its own, with the records that it is to append.
    async fn run(&self, records: &[Value]) -> Result<Value, String> {
        let address = self.world.hub.address().to_string();
        self.program("client.py", records, &["--hub", &address]).await
    }

    async fn program(
        &self,
        file: &str,
        records: &[Value],
        further: &[&str],
    ) -> Result<Value, String> {
        let list = self.folder().join("records.json");
        fs::write(&list, json!(records).to_string()).unwrap();
        let mut command = script(&self.python, file);
        command.arg(self.folder()).arg(list).args(further);
        command.env("PYTHONPATH", self.stubs.path()).stdin(Stdio::null());
        let mut command = tokio::process::Command::from(command);
        let output = within("the client ends", command.kill_on_drop(true).output()).await.unwrap();
        if output.status.success() {
            Ok(serde_json::from_slice(&output.stdout).unwrap())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    }

    /// What the hub has of the vendor's journal: root in hex, and size.
    async fn held(&self) -> (String, u64) {
        let rows = hub_rows(&self.world, &id(VENDOR)).await;
        let row = rows.iter().find(|row| row.head.journal.author == id(VENDOR)).unwrap();
        (row.head.root.to_string(), row.head.size)
    }

    async fn exceptions(&self) -> Vec<Exception> {
        let rows = hub_rows(&self.world, &id(VENDOR)).await;
        let row = rows.iter().find(|row| row.head.journal.author == id(VENDOR)).unwrap();
        self.world.hub.store(&id(VENDOR)).exception_list(row.number, None, 100).await.unwrap()
    }

    /// What became of each revision of a record.
    async fn standings(&self, dataset: &str, record: &str) -> Vec<Option<Standing>> {
        let store = self.world.hub.store(&id(VENDOR));
        let mut history = store.record_history(dataset, record, 10).await.unwrap();
        history.sort_by_key(|view| view.found.revision);
        history.into_iter().map(|view| view.standing).collect()
    }
}

/// A record as it stands in the client's file: its body is JSON as protobuf defines it.
fn record(dataset: &str, record: &str, body: &[u8]) -> Value {
    let dictionary = Dictionary::new().unwrap();
    let known = dictionary.dataset(dataset).unwrap();
    let body: Value = to_json(known, body, Unknown::Refuse).unwrap().parse().unwrap();
    json!({"dataset": dataset, "record": record, "body": body})
}

fn complaint(serial: u64, title: &str) -> Value {
    let body = Complaint { title: title.to_owned(), ..fixtures::complaint(serial) };
    record(COMPLAINT, &complaint_no(serial), &body.encode_to_vec())
}

/// Standing, first field, first rule: of an entry in the client's report.
fn said(entry: &Value) -> (&str, &str, &str) {
    let of = |name: &str| entry["reasons"][0][name].as_str().unwrap_or_default();
    (entry["standing"].as_str().unwrap(), of("field"), of("rule"))
}

#[tokio::test]
async fn a_client_written_from_the_form_is_answered_and_goes_on_where_it_ended() {
    let meeting = Meeting::new(180).await;
    let mut later = complaint(5, TITLE);
    later["standard"] = (STANDARD + 1).into();
    let novelty = json!({"dataset": "catalogue.novelty", "record": "N-1", "hex": "08ff01"});
    let records = [complaint(1, TITLE), complaint(2, ""), complaint(3, TITLE), novelty, later];
    let first = meeting.run(&records).await.unwrap();

    let due = [
        ("accepted", "", ""),
        ("quarantined", "title", "string.min_len"),
        ("accepted", "", ""),
        ("pending", "", "dataset.unknown"),
        ("pending", "", "standard.unknown"),
    ];
    let answered: Vec<_> = first["entries"].as_array().unwrap().iter().map(said).collect();
    assert_eq!(answered, due);
    // What was not understood is kept all the same, byte for byte: the client has pulled it back.
    assert_eq!(first["read_back"], true);
    let (root, size) = meeting.held().await;
    assert_eq!((&first["root"], &first["size"]), (&root.into(), &size.into()));
    let excepted: Vec<_> = meeting.exceptions().await.iter().map(|one| one.sequence).collect();
    assert_eq!(excepted, [1, 3, 4]);
    let wrong = complaint_no(2);
    assert_eq!(meeting.standings(COMPLAINT, &wrong).await, [Some(Standing::Quarantined)]);

    // A new process with nothing but its file: the revision that mends the record.
    let second = meeting.run(&[complaint(2, TITLE)]).await.unwrap();
    assert_eq!((&second["opened"], &second["size"]), (&json!(5), &json!(6)));
    assert_eq!(second["journal"], first["journal"]);
    assert_eq!(second["entries"][5]["revision"], 2);
    assert_eq!(said(&second["entries"][5]), ("accepted", "", ""));
    assert_eq!(said(&second["entries"][1]), due[1], "what was judged stays judged");
    let (root, size) = meeting.held().await;
    assert_eq!((&second["root"], &second["size"]), (&root.into(), &size.into()));
    let both = [Some(Standing::Quarantined), Some(Standing::Accepted)];
    assert_eq!(meeting.standings(COMPLAINT, &wrong).await, both);
}

#[tokio::test]
async fn a_client_reads_the_later_verdict_on_what_was_pending() {
    let meeting = Meeting::new(182).await;
    let handling = fixtures::handling(1, 1).encode_to_vec();
    let early = record(HANDLING, &handling_no(1, 1), &handling);
    let first = meeting.run(&[early]).await.unwrap();
    assert_eq!(said(&first["entries"][0]), ("pending", "complaint_no", "reference.absent"));

    meeting.run(&[complaint(1, TITLE)]).await.unwrap();
    until("the hub has judged again", async || {
        meeting.standings(HANDLING, &handling_no(1, 1)).await == [Some(Standing::Accepted)]
    })
    .await;
    let third = meeting.run(&[]).await.unwrap();
    assert_eq!(said(&third["entries"][0]), ("accepted", "", ""));
}

#[tokio::test]
async fn a_copied_client_is_held_and_told_why() {
    let meeting = Meeting::new(181).await;
    meeting.run(&[complaint(1, TITLE)]).await.unwrap();
    let file = meeting.folder().join("journal.json");
    let copied = fs::read(&file).unwrap();
    meeting.run(&[]).await.unwrap();
    fs::write(&file, copied).unwrap();
    let held = meeting.run(&[]).await.unwrap_err();
    assert!(held.contains("code: \"identity_held\""), "{held}");
}

/// Lines of the smallest client: what a newcomer reads in one sitting.
const SMALLEST: usize = 200;

#[tokio::test]
async fn a_client_of_under_200_lines_greets_pushes_and_pulls() {
    let text = fs::read_to_string(top().join("tests/interop/minimal.py")).unwrap();
    assert!(text.lines().count() < SMALLEST, "{} lines", text.lines().count());
    let meeting = Meeting::new(183).await;
    let hex = |title: &str, serial: u64| {
        let body = Complaint { title: title.to_owned(), ..fixtures::complaint(serial) };
        let bytes = body.encode_to_vec();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        json!({"dataset": COMPLAINT, "record": complaint_no(serial), "hex": hex})
    };
    let novelty = json!({"dataset": "catalogue.novelty", "record": "N-1", "hex": "08ff01"});
    let address = meeting.world.hub.address().to_string();
    let records = [hex(TITLE, 1), hex("", 2), novelty];
    let first = meeting.program("minimal.py", &records, &[&address]).await.unwrap();
    assert_eq!(first["standings"], json!(["accepted", "quarantined", "pending"]));
    // A new process goes on where it ended: the revision that mends the second.
    let second = meeting.program("minimal.py", &[hex(TITLE, 2)], &[&address]).await.unwrap();
    assert_eq!(second["standings"], json!(["accepted", "quarantined", "pending", "accepted"]));
    assert_eq!(meeting.held().await, (second["root"].as_str().unwrap().to_owned(), 4));
    let both = [Some(Standing::Quarantined), Some(Standing::Accepted)];
    assert_eq!(meeting.standings(COMPLAINT, &complaint_no(2)).await, both);
}

#[test]
fn the_bytes_of_the_client_are_those_of_the_golden_vectors() {
    let mut command = script(&python(), "vectors.py");
    succeed("vectors.py", command.arg(top().join("exchange-spec/vectors")));
}
