//! From nothing to a live link by the programs alone, as their own answers say: `init`, `run`,
//! `platform add`, `enrol`, `run`. No key is carried.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

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

/// Makes the platform's token, in a file; answers the words of the command that is shown for it.
async fn token(hub_toml: &str, listen: &str, token: &str) -> Vec<String> {
    let add = ["platform", "add", "--config", hub_toml, "jintan", "--title-zh", "金坛"];
    let add = [&add[..], &["--title-en", "Jintan", "--token-file", token, "--json"]].concat();
    let made: Value = serde_json::from_str(&succeed(&add).await).unwrap();
    assert_eq!((&made["token"], &made["token_file"]), (&Value::Null, &token.into()));
    assert_eq!(fs::metadata(token).unwrap().permissions().mode() & 0o777, 0o600);
    let twice = command(&add).await;
    assert!(!twice.status.success(), "a file that is there is not written over");
    let said = made["command"].as_str().unwrap();
    assert!(said.contains(&format!("--hub {listen} --token-file jintan.token")), "{said}");
    // The command that is shown, with where things lie.
    let shown = said.replace("sanheyi-node", "node").replace("jintan.token", token);
    shown.split(' ').map(str::to_owned).collect()
}

/// Both sides see each other live, and know by a heartbeat whom they talk to.
async fn acquainted(hub_toml: &str, node_toml: &str) {
    until("both know whom they talk to", async || {
        let lines = succeed(&["link", "list", "--config", hub_toml, "--json"]).await;
        let line = succeed(&["node", "link", "--config", node_toml, "--json"]).await;
        lines.contains("\"version\": \"sanheyi/") && line.contains("\"version\": \"sanheyi-hub/")
    })
    .await;
}

/// Its certificate is revoked; by another token it has another one, in the same folder.
async fn comes_back(hub_toml: &str, folder: &str) {
    let revoke = ["platform", "revoke", "--config", hub_toml, "jintan", "--all", "--yes"];
    let told = succeed(&[&revoke[..], &["--reason", "演练"]].concat()).await;
    assert!(told.contains("enrol --again"), "{told}");
    let file = format!("{folder}/again.token");
    let token = ["platform", "token", "jintan", "--config", hub_toml, "--token-file", &file];
    succeed(&token).await;
    succeed(&["node", "enrol", "--again", "--token-file", &file, "--folder", folder]).await;
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
    let shown = token(&hub_toml, &listen, &at("jintan.token")).await;
    let words = shown.iter().map(String::as_str).chain(["--folder", &jintan]).collect::<Vec<_>>();
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
    acquainted(&hub_toml, &node_toml).await;
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
    comes_back(&hub_toml, &jintan).await;
    node.start();
    until("it is live again", async || {
        let told = succeed(&["node", "status", "--config", &node_toml, "--json"]).await;
        told.contains("\"state\": \"live\"")
    })
    .await;
    node.stop().await;
    running.stop().await;
    succeed(&["node", "verify", "--config", &node_toml]).await;
    succeed(&["verify", "--config", &hub_toml]).await;
}
