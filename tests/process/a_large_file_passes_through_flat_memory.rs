//! A file is put on a node's shelf by the command, and goes on to the hub: neither process ever
//! holds more of it than a piece or two, however large it is.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use prost::Message as _;
use sanheyi_exchange_spec::attachment::Hasher;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_node::gateway::client::IntakeClient;
use sanheyi_node::process::entropy::{Entropy as _, SeededEntropy};
use sanheyi_node::store::{DueState, Store, Way};
use sanheyi_proto::standard::v1::{Attachment, Complaint};
use sanheyi_tests::fixtures::{COMPLAINT, complaint, complaint_no, draft};
use sanheyi_tests::knobs::file_mebibytes;
use sanheyi_tests::patience::until;
use sanheyi_tests::world::wire_draft;

use crate::federation::{Federation, Process, succeed};

const MIB: usize = 1024 * 1024;
/// By how much the peak of either process may grow while the file passes. It has caches of the
/// database in it, which fill up to a bound of their own, and nothing that grows with the file.
const GROWTH: usize = 160 * MIB;

/// A PDF, by its head, of so many MiB; gives its digest.
fn write_file(path: &Path, mebibytes: usize) -> Digest {
    let mut file = fs::File::create(path).unwrap();
    let (mut piece, mut hasher) = (vec![0; MIB], Hasher::default());
    SeededEntropy::new(4100).fill(&mut piece);
    for number in 0..mebibytes {
        // No two are alike, and none can be packed.
        piece[..8].copy_from_slice(&number.to_be_bytes());
        if number == 0 {
            piece[..8].copy_from_slice(b"%PDF-1.7");
        }
        file.write_all(&piece).unwrap();
        hasher.update(&piece);
    }
    hasher.finish()
}

/// Waits until a file is whole in a store; as long as pieces come, it takes what it takes.
async fn arrives(store: &Store, digest: &Digest) {
    let held = async || {
        let row = store.attachment_get(digest).await.unwrap();
        row.map_or((0, false), |row| (row.held, row.whole))
    };
    let mut before = held().await;
    while !before.1 {
        until("a further piece is there", async || held().await != before).await;
        before = held().await;
    }
}

/// Peak of a process's resident memory, in bytes.
fn peak(process: u32) -> usize {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<usize>().unwrap() * 1024
}

#[tokio::test]
async fn on_both_sides() {
    let mut federation = Federation::new().await;
    federation.hub.start();
    federation.node.start();
    let file = federation.folder.path().join("现场录像.pdf");
    let digest = write_file(&file, file_mebibytes());
    let (path, config) = (file.to_str().unwrap(), federation.node_toml());
    let config = config.to_str().unwrap();
    let store = federation.node_store().await;
    until("the node is live", async || {
        store.link_get().await.unwrap().is_some_and(|link| link.phase == "live")
    })
    .await;
    let processes = [("node", federation.node.id()), ("hub", federation.hub.id())];
    let before = processes.map(|(_, process)| peak(process));

    let args = ["node", "attach", path, "--config", config];
    let mut attach = Process::new("attach", federation.folder.path(), &args);
    attach.start();
    arrives(&store, &digest).await;
    until("the command has answered", async || attach.said().ends_with('}')).await;
    let said: serde_json::Value = serde_json::from_str(&attach.said()).unwrap();
    let text = |key: &str| said[key].as_str().unwrap().to_owned();
    let attachment = Attachment {
        name: text("name"),
        sha256: text("sha256"),
        bytes: text("bytes").parse().unwrap(),
        media_type: text("mediaType"),
    };
    assert_eq!(attachment.sha256, digest.to_string());
    let body = Complaint { attachments: vec![attachment], ..complaint(1) }.encode_to_vec();
    let client = IntakeClient::connect(federation.node_config().socket()).await.unwrap();
    let answer = client.submit(vec![wire_draft(draft(COMPLAINT, &complaint_no(1), body))]).await;
    assert_eq!(answer.unwrap().appended.len(), 1);
    arrives(&federation.hub_store().await, &digest).await;
    until("the node knows", async || {
        let rows = store.due_get(&digest).await.unwrap();
        rows.iter().any(|row| row.way == Way::Up && row.state == DueState::Passed)
    })
    .await;

    for ((name, process), before) in processes.into_iter().zip(before) {
        let growth = peak(process) - before;
        assert!(growth < GROWTH, "the {name} grew by {} MiB", growth / MIB);
    }
    federation.node.stop().await;
    federation.hub.stop().await;
    let out = federation.folder.path().join("out.pdf");
    let sha256 = digest.to_string();
    let get = ["node", "attach", "get", &sha256, "--out", out.to_str().unwrap()];
    succeed(&[&get[..], &["--config", config]].concat()).await;
    assert_eq!(fs::metadata(&out).unwrap().len(), fs::metadata(&file).unwrap().len());
    succeed(&["node", "verify", "--config", config]).await;
    let hub = federation.hub_toml();
    let verified = succeed(&["verify", "--config", hub.to_str().unwrap()]).await;
    assert!(verified.contains("attachments: 1"), "{verified}");
}
