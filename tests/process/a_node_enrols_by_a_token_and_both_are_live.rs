//! From nothing to a live link by the programs alone, as their own answers say: `init`, `run`,
//! `platform add`, `enrol`, `run`. No key is carried.

use std::fs;

use sanheyi_hub::config::CheckedConfig;
use sanheyi_node::config::NodeConfig;
use sanheyi_node::gateway::client::IntakeClient;
use sanheyi_node::store::Database;
use sanheyi_tests::fixtures::new_complaints;
use sanheyi_tests::patience::{until, within};
use sanheyi_tests::ports;
use sanheyi_tests::world::{settled, wire_draft};
use serde_json::Value;

use crate::federation::{Process, command, succeed};

/// Pages and probes have fixed ports, which other tests may hold at the same time.
fn quiet(config: &str) {
    let text = fs::read_to_string(config).unwrap();
    let silent = |line: &str| match line.starts_with("# listen = ") {
        true => "listen = \"\"\n".to_owned(),
        false => format!("{line}\n"),
    };
    fs::write(config, text.lines().map(silent).collect::<String>()).unwrap();
}

/// A new machine has its first backup by itself, long before its first night.
async fn backed_up(command: &[&str], config: &str) {
    let listed = [command, &["list", "--json", "--config", config]].concat();
    until("the first backup was made", async || {
        let listed: Value = serde_json::from_str(&succeed(&listed).await).unwrap();
        listed[0]["outcome"] == "" && listed[0]["there"] == true
    })
    .await;
}

#[tokio::test]
async fn from_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (hub, jintan) = (at("hub"), at("jintan"));
    let (hub_toml, node_toml) = (format!("{hub}/hub.toml"), format!("{jintan}/node.toml"));
    let listen = ports::free().to_string();
    let init = ["init", "--folder", &hub, "--name", "127.0.0.1", "--listen", &listen];
    assert!(succeed(&init).await.contains("MOVE IT OFF THIS MACHINE"));
    quiet(&hub_toml);
    let mut running = Process::new("hub", folder.path(), &["run", "--config", &hub_toml]);
    running.start();
    let add = ["platform", "add", "--config", &hub_toml, "jintan", "--title-zh", "金坛"];
    let add = [&add[..], &["--title-en", "Jintan", "--json"]].concat();
    let made: Value = serde_json::from_str(&succeed(&add).await).unwrap();
    let said = made["command"].as_str().unwrap();
    assert!(said.contains(&format!("--hub {listen} ")), "{said}");
    // The command that is shown, with a folder.
    let mut words: Vec<_> =
        said.split(' ').map(|word| word.replace("sanheyi-node", "node")).collect();
    words.extend(["--folder".to_owned(), jintan.clone()]);
    // The token lies in a file: other users of a machine see what stands on a command line.
    let place = words.iter().position(|word| word == "--token").unwrap();
    let file = at("token.txt");
    fs::write(&file, format!("{}\n", words[place + 1])).unwrap();
    words[place] = "--token-file".to_owned();
    words[place + 1] = file;
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    until("the hub answers", async || {
        let listed = command(&["platform", "enrolments", "--config", &hub_toml]).await;
        listed.status.success() && std::net::TcpStream::connect(&listen).is_ok()
    })
    .await;
    let text = succeed(&words).await;
    assert!(text.contains(&format!("run --config {node_toml}")), "{text}");
    assert!(text.contains("MOVE IT OFF THIS MACHINE"), "{text}");
    let scheduled = NodeConfig::load(node_toml.as_ref()).unwrap().backup;
    assert!(scheduled.at.is_some() && scheduled.recipients.len() == 1, "{scheduled:?}");
    let scheduled = CheckedConfig::load(hub_toml.as_ref()).unwrap().backup;
    assert!(scheduled.at.is_some() && scheduled.recipients.len() == 1, "{scheduled:?}");
    assert!(succeed(&words).await.contains("未作改动"), "run again, it changes nothing");

    quiet(&node_toml);
    let mut node = Process::new("node", folder.path(), &["node", "run", "--config", &node_toml]);
    node.start();
    let config = NodeConfig::load(node_toml.as_ref()).unwrap();
    let socket = config.socket();
    until("the intake listens", async || IntakeClient::connect(&socket).await.is_ok()).await;
    let client = IntakeClient::connect(&socket).await.unwrap();
    let drafts = new_complaints(1..51).into_iter().map(wire_draft).collect();
    within("the records are taken", client.submit(drafts)).await.unwrap();
    let database = Database::open_read_only(config.database()).await.unwrap();
    let store = database.of(&config.platform);
    until("everything is answered", async || settled(&store).await).await;
    let status = succeed(&["node", "status", "--config", &node_toml, "--json"]).await;
    assert!(status.contains("\"live\""), "{status}");
    let enrolments = succeed(&["platform", "enrolments", "--config", &hub_toml, "--json"]).await;
    let enrolments: Value = serde_json::from_str(&enrolments).unwrap();
    assert_eq!(enrolments[0]["state"], "granted");
    let refused = command(&["platform", "approve", "--config", &hub_toml, "jintan"]).await;
    assert_eq!(refused.status.code(), Some(1), "nobody waits");
    for (of, config) in [(&["node", "backup"][..], &node_toml), (&["backup"], &hub_toml)] {
        backed_up(of, config).await;
        succeed(&[of, &["--config", config]].concat()).await;
    }
    database.close().await;
    node.stop().await;
    running.stop().await;
    succeed(&["node", "verify", "--config", &node_toml]).await;
    succeed(&["verify", "--config", &hub_toml]).await;
}
