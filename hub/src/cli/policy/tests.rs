//! What operators decide and are told.

use std::path::Path;

use serde_json::Value;

use crate::cli::answer;

/// Runs a command line at a hub in a folder; its text.
async fn run(folder: &Path, line: &[&str]) -> anyhow::Result<String> {
    let config = folder.join("hub.toml");
    let args = ["sanheyi-hub"].into_iter().chain(line.iter().copied());
    let args: Vec<String> = args.map(str::to_owned).collect();
    let at = ["--config".to_owned(), config.display().to_string()];
    let answer = answer(args.into_iter().chain(at)).await?;
    assert_eq!(answer.code, 0, "{}", answer.text);
    Ok(answer.text)
}

async fn json(folder: &Path, line: &[&str]) -> Value {
    let text = run(folder, &[line, &["--json"]].concat()).await.unwrap();
    serde_json::from_str(&text).unwrap()
}

/// A hub with Wujin, which may send nothing but cases.
async fn hub() -> tempfile::TempDir {
    sanheyi_node::process::tls::install_provider();
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().display().to_string();
    let init = ["sanheyi-hub", "init", "--folder", folder.as_str(), "--name", "localhost"];
    answer(init).await.unwrap();
    let out = dir.path().join("wujin").display().to_string();
    let add = ["platform", "add", "wujin", "--title-zh", "武进", "--title-en", "Wujin"];
    let node = ["--address", "localhost:1", "--server-name", "localhost", "--out", out.as_str()];
    run(dir.path(), &[&add[..], &node, &["--may-send", "case.*"]].concat()).await.unwrap();
    dir
}

const BY: [&str; 4] = ["--reason", "示例", "--by", "王芳"];

#[tokio::test]
async fn a_policy_is_made_explained_and_ended() {
    let hub = hub().await;
    let hub = hub.path();
    let explain = ["policy", "explain", "--platform", "wujin"];
    let see = [&explain[..], &["--see", "case.joint", "--of", "jintan"]].concat();
    let before = json(hub, &see).await;
    assert_eq!((&before["permitted"], &before["decided"]), (&Value::from(false), &Value::Null));

    let set = ["policy", "set", "joint", "--platform", "wujin", "--see", "case.joint"];
    let text = run(hub, &[&set[..], &["--of", "jintan"], &BY].concat()).await.unwrap();
    assert!(text.contains("joint 第 1 版"), "{text}");
    let after = json(hub, &see).await;
    assert_eq!((&after["permitted"], &after["scope"]), (&true.into(), &"addressed".into()));
    assert_eq!(after["matched"][0]["decided_by"], "王芳");
    assert_eq!(after["matched"][0]["revision"], 1);
    let text = run(hub, &see).await.unwrap();
    for part in ["→ 允许 permit joint", "王芳 决定", "允许，范围", "permitted, scope: addressed"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }

    let deny = ["policy", "set", "not", "--deny", "--platform", "*", "--see", "*", "--of", "*"];
    run(hub, &[&deny[..], &BY].concat()).await.unwrap();
    let denied = json(hub, &see).await;
    assert_eq!((&denied["permitted"], &denied["decided"]), (&false.into(), &"not".into()));
    assert_eq!(denied["matched"].as_array().unwrap().len(), 2);

    run(hub, &[&["policy", "end", "not"][..], &BY].concat()).await.unwrap();
    assert_eq!(json(hub, &see).await["decided"], "joint");
    let again = run(hub, &[&["policy", "end", "not"][..], &BY].concat()).await.unwrap_err();
    assert!(again.to_string().contains("已经终止"), "{again}");
    let none = run(hub, &[&["policy", "end", "none"][..], &BY].concat()).await.unwrap_err();
    assert!(none.to_string().contains("没有策略 none"), "{none}");
    let listed = json(hub, &["policy", "list"]).await;
    let ended = listed.as_array().unwrap().iter().find(|one| one["id"] == "not").unwrap();
    assert_eq!((&ended["holds"], &ended["revision"]), (&false.into(), &2.into()));
    let of_others = json(hub, &["policy", "list", "--platform", "liyang"]).await;
    assert!(of_others.as_array().unwrap().iter().all(|one| one["id"] == "not"), "{of_others}");
}

#[tokio::test]
async fn who_is_registered_may_send_what_the_operator_has_said() {
    let hub = hub().await;
    let hub = hub.path();
    let explain = ["policy", "explain", "--platform", "wujin", "--send"];
    let sent = async |dataset: &str| json(hub, &[&explain[..], &[dataset]].concat()).await;
    assert_eq!(sent("case.case").await["permitted"], true);
    let refused = sent("activity.daily").await;
    assert_eq!(refused["permitted"], false);
    assert!(refused["zh"].as_str().unwrap().contains("没有策略允许 wujin 报送 activity.daily"));
    let free = sent("custody.offer").await;
    assert_eq!((&free["permitted"], &free["free"]), (&true.into(), &true.into()));
}

#[tokio::test]
async fn what_is_wrong_with_a_policy_is_said_and_nothing_is_written() {
    let hub = hub().await;
    let hub = hub.path();
    let before = json(hub, &["policy", "list"]).await;
    let send = ["policy", "set", "x1", "--platform", "wujin", "--send"];
    let wrong = run(hub, &[&send[..], &["case"], &BY].concat()).await.unwrap_err();
    assert!(wrong.to_string().contains("record.policy_pattern"), "{wrong}");
    let late = [&send[..], &["case.case", "--until", "soon"], &BY].concat();
    let late = run(hub, &late).await.unwrap_err();
    assert!(late.to_string().contains("--until soon"), "{late}");
    assert_eq!(json(hub, &["policy", "list"]).await, before);
}
