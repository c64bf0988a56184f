//! The demonstration with the hub's store in a database that it was given: everything agrees as
//! with SQLite, and what stands in the database afterwards is left alone by the next one.

use std::process::Output;

use sanheyi_tests::postgres::shared;

use crate::federation::{command, succeed};

/// What a command says, and its exit code.
async fn told(args: &[&str]) -> (String, Option<i32>) {
    let Output { status, stdout, stderr } = command(args).await;
    let said = [stdout, stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (said.concat(), status.code())
}

#[tokio::test]
async fn everything_agrees_and_nobodys_data_are_touched() {
    let (server, folder) = (shared(), tempfile::tempdir().unwrap());
    let url = server.database().url();
    let kept = folder.path().join("kept");
    let kept = kept.to_str().unwrap();
    let small = ["--once", "--cases-per-day", "1", "--store", &url];
    let said = succeed(&[&["demo", "--folder", kept], &small[..]].concat()).await;
    let hosted = said.lines().filter(|line| line.contains("托管 hosted")).count();
    assert!(hosted > 4 && said.contains("市级存储 · the hub's store: postgres://"), "{said}");

    // Its configuration leads an operator's commands there, too.
    let config = format!("{kept}/hub/hub.toml");
    let (status, _) = told(&["status", "--json", "--config", &config]).await;
    let status: serde_json::Value = serde_json::from_str(&status).unwrap();
    let platforms = status["platforms"].as_array().unwrap();
    assert_eq!(platforms.iter().filter(|one| one["hosted"] == true).count(), 4);
    for platform in platforms {
        assert!(platform["journals"][0]["entries"].as_u64().unwrap() > 100, "{platform}");
    }

    let (refused, code) = told(&[&["demo"], &small[..]].concat()).await;
    assert_eq!(code, Some(1), "{refused}");
    assert!(refused.contains("8 platforms are registered in postgres://"), "{refused}");
    assert!(!refused.contains("联邦目录"), "nothing was begun: {refused}");
}
