//! The round trip that the help of `carry` shows, by the programs, beside a hub and a node that
//! run and have no line.

use std::fs;

use sanheyi_node::gateway::client::IntakeClient;
use sanheyi_tests::fixtures::new_complaints;
use sanheyi_tests::patience::{until, within};
use sanheyi_tests::world::{settled, wire_draft};

use crate::federation::{Federation, command, succeed};

async fn submit(federation: &Federation, serials: std::ops::Range<u64>) {
    let socket = federation.node_config().socket();
    until("the intake listens", async || IntakeClient::connect(&socket).await.is_ok()).await;
    let client = IntakeClient::connect(&socket).await.unwrap();
    let drafts = new_complaints(serials).into_iter().map(wire_draft).collect();
    within("the records are taken", client.submit(drafts)).await.unwrap();
}

/// A command that must be refused; answers what it says.
async fn refused(args: &[&str]) -> String {
    let output = command(args).await;
    assert_eq!(output.status.code(), Some(1), "`{}`", args.join(" "));
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[tokio::test]
async fn a_round_trip_by_the_commands() {
    let mut federation = Federation::new().await;
    let (hub, node) = (federation.hub_toml(), federation.node_toml());
    let (hub, node) = (hub.to_str().unwrap(), node.to_str().unwrap());
    // Nothing answers at the discard port: there is no line.
    let text = fs::read_to_string(node).unwrap();
    let dialled = text.lines().find(|line| line.starts_with("address = ")).unwrap().to_owned();
    fs::write(node, text.replace(&dialled, "address = \"127.0.0.1:9\"")).unwrap();
    let at = |name: &str| federation.folder.path().join(name).to_str().unwrap().to_owned();
    let files: Vec<_> = (0..4).map(|n| (at(&format!("up{n}")), at(&format!("down{n}")))).collect();
    federation.hub.start();
    federation.node.start();
    submit(&federation, 1..101).await;
    for (up, down) in &files {
        succeed(&["node", "carry", "export", "--config", node, "--to", up]).await;
        succeed(&["carry", "import", "--config", hub, up, "--answer", down]).await;
        succeed(&["node", "carry", "import", "--config", node, down]).await;
    }
    let store = federation.node_store().await;
    assert!(settled(&store).await, "every entry is answered");

    let (up, down) = &files[1];
    let shown = succeed(&["carry", "show", "--config", hub, "--json", up]).await;
    assert!(
        shown.contains("\"signature\": \"good\"") && shown.contains("\"past\": 100"),
        "{shown}"
    );
    let said = refused(&["node", "carry", "export", "--config", node, "--to", up]).await;
    assert!(said.contains("up1"), "a file is never written over: {said}");
    let said = refused(&["node", "carry", "import", "--config", node, up]).await;
    assert!(said.contains("changzhou"), "it is for the hub: {said}");
    let said = refused(&["node", "carry", "import", "--config", node, down]).await;
    assert!(said.contains("older"), "later answers were taken in: {said}");
    let other = at("other");
    let said = refused(&["carry", "import", "--config", hub, up, "--answer", &other]).await;
    assert!(said.contains("older") && !fs::exists(&other).unwrap(), "{said}");
    let mut bytes = fs::read(up).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&other, &bytes).unwrap();
    let said = refused(&["carry", "import", "--config", hub, &other, "--answer", &at("x")]).await;
    assert!(said.contains("copy it again"), "{said}");
    // The last one again: the same answer, and nothing changes.
    let (up, _) = &files[3];
    let again = at("again");
    let said = succeed(&["carry", "import", "--config", hub, up, "--answer", &again]).await;
    assert!(said.contains("answered again"), "{said}");
    succeed(&["node", "carry", "import", "--config", node, &again]).await;

    federation.node.stop().await;
    federation.hub.stop().await;
    succeed(&["node", "verify", "--config", node]).await;
    succeed(&["verify", "--config", hub]).await;
    // And alone, with neither of them running.
    let (up, down) = (at("alone-up"), at("alone-down"));
    succeed(&["node", "carry", "export", "--config", node, "--to", &up]).await;
    succeed(&["carry", "import", "--config", hub, &up, "--answer", &down]).await;
    succeed(&["node", "carry", "import", "--config", node, &down]).await;
}
