//! `erase` without `--yes`: what it says, and what it refuses.

use super::*;

fn told<'a>(record: &'a str, which: &[&'a str]) -> Vec<&'a str> {
    let why = ["--reason", "保存期限届满", "--basis", "保管期限表", "--by", "数据管理科"];
    [&["erase", "--dataset", DATASET, "--record", record], which, &why].concat()
}

#[tokio::test]
async fn what_would_go_and_what_stays_is_said_and_nothing_is_touched() {
    let dir = folder().await;
    let b = record("B");
    let said = command(dir.path(), &told(&b, &["--revision", "1"])).await;
    assert_eq!(said.code, OK);
    for part in ["将删除 · to be erased", "保留 · stays", "市级平台", "every proof", "--yes"]
    {
        assert!(said.text.contains(part), "{part} in\n{}", said.text);
    }
    let plan = json(dir.path(), &told(&b, &["--all"])).await;
    let rows = plan["revisions"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().all(|row| row["chosen"] == true && row["state"] == "whole"), "{plan}");
    assert_eq!(command(dir.path(), &["verify"]).await.code, OK);
}

#[tokio::test]
async fn a_choice_must_be_made_and_a_node_must_answer() {
    let dir = folder().await;
    let b = record("B");
    assert_eq!(command(dir.path(), &told(&b, &[])).await.code, USAGE);
    assert_eq!(command(dir.path(), &told(&b, &["--all", "--revision", "1"])).await.code, USAGE);
    let config = dir.path().join("node.toml").display().to_string();
    let now = told(&b, &["--all", "--yes", "--config", &config]);
    let failed = answer(["sanheyi-node"].into_iter().chain(now)).await.unwrap_err();
    assert!(format!("{failed:#}").contains("无法连接节点"), "{failed:#}");
}
