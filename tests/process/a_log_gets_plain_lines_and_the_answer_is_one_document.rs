//! Long commands tell how far they are on standard error, in plain lines where that is no
//! terminal; on standard output stands the answer, and nothing else.

use std::process::Output;

use sanheyi_node::gateway::client::IntakeClient;
use sanheyi_tests::fixtures::new_complaints;
use sanheyi_tests::patience::{until, within};
use sanheyi_tests::world::{settled, wire_draft};
use serde_json::Value;

use crate::federation::{Federation, command};

/// Runs a command with `--json`; answers its document, after a look at its lines.
async fn told(args: &[&str], due: &[&str]) -> Value {
    let words = [args, &["--json"]].concat();
    let Output { status, stdout, stderr } = command(&words).await;
    let (log, name) = (String::from_utf8(stderr).unwrap(), args.join(" "));
    assert!(status.success(), "`{name}`: {status}\n{log}");
    assert!(!log.contains('\r') && !log.contains('\u{1b}'), "`{name}`: plain lines: {log:?}");
    for word in due {
        assert!(log.lines().any(|line| line.contains(word)), "`{name}`: {word} is told in\n{log}");
    }
    serde_json::from_slice(&stdout).unwrap_or_else(|error| {
        panic!("`{name}` answers by one document ({error}): {}", String::from_utf8_lossy(&stdout))
    })
}

#[tokio::test]
async fn of_every_long_command() {
    let mut federation = Federation::new().await;
    let at = |name: &str| federation.folder.path().join(name).to_str().unwrap().to_owned();
    let (hub, node) = (at("hub/hub.toml"), at("jintan/node.toml"));
    federation.hub.start();
    federation.node.start();
    let socket = federation.node_config().socket();
    until("the intake listens", async || IntakeClient::connect(&socket).await.is_ok()).await;
    let client = IntakeClient::connect(&socket).await.unwrap();
    let drafts = new_complaints(1..11).into_iter().map(wire_draft).collect();
    within("the records are taken", client.submit(drafts)).await.unwrap();
    let store = federation.node_store().await;
    until("everything is answered", async || settled(&store).await).await;
    store.database().close().await;
    federation.node.stop().await;
    federation.hub.stop().await;

    let made = ["copy", "prove", "pack"];
    let opened = ["unpack", "prove"];
    for (of, config, identity) in [
        (&["node"][..], &node, at("jintan/backup.identity")),
        (&[], &hub, at("hub/backup.identity")),
    ] {
        let run = async |words: &[&str], due: &[&str]| {
            told(&[of, words, &["--config", config]].concat(), due).await
        };
        run(&["verify"], &["verify", "jintan>changzhou"]).await;
        run(&["upkeep", "run"], &["merge", "archive", "4/5"]).await;
        let file = run(&["backup"], &made).await["file"].as_str().unwrap().to_owned();
        run(&["backup", "verify", &file, "--identity", &identity], &opened).await;
        run(&["backup", "drill", "--identity", &identity], &[&opened[..], &["compare"]].concat())
            .await;
        let folder = at(&format!("restored{}", of.len()));
        let words = ["restore", "--from", &file, "--identity", &identity, "--folder", &folder];
        told(&[of, &words].concat(), &opened).await;
    }
    let (up, down, new) = (at("up.carry"), at("down.carry"), at("new.sqlite"));
    told(&["node", "carry", "export", "--config", &node, "--to", &up], &["export"]).await;
    let import = ["carry", "import", "--config", &hub, &up, "--answer", &down];
    told(&import, &["import", "answer"]).await;
    told(&["node", "carry", "import", "--config", &node, &down], &["import"]).await;
    told(&["copy-store", "--config", &hub, "--to", &new], &["copy jintan", "compare"]).await;
}
