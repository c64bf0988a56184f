//! What upkeep says and does beside a node.

use serde_json::json;

use super::{Home, OK, command, database_of, draft, empty_folder, json as shown};
use crate::tests::tamper;

#[tokio::test]
async fn it_says_what_it_would_do_and_then_does_it() {
    let dir = empty_folder();
    let home = Home::open(dir.path(), 1).await;
    for name in ["A", "B", "C", "D", "E"] {
        home.submit(vec![draft(name)]).await;
    }
    home.close().await;
    // As the hub would have said.
    let heard = "INSERT INTO greeting SELECT platform, number, zeroblob(16), '', size FROM journal";
    assert!(tamper(&database_of(dir.path()), heard).await > 0);

    let status = shown(dir.path(), &["upkeep", "status"]).await;
    let names: Vec<_> =
        status["tasks"].as_array().unwrap().iter().map(|one| &one["task"]).collect();
    assert_eq!(json!(names), json!(["merge", "files", "uploads", "archive", "tidy"]));
    let merge = &status["tasks"][0];
    assert_eq!((&merge["last"], &merge["outcome"]), (&json!(null), &json!(null)));
    assert!(status["disk"]["free_bytes"].as_u64().unwrap() > 0);

    let merge = ["upkeep", "run", "--task", "merge"];
    let planned = shown(dir.path(), &[&merge[..], &["--dry-run"]].concat()).await;
    assert_eq!((&planned["dry_run"], &planned["tasks"][0]["rows"]), (&json!(true), &json!(5)));
    let done = shown(dir.path(), &merge).await;
    let task = &done["tasks"][0];
    assert_eq!((&task["outcome"], &task["rows"]), (&json!("done"), &json!(4)));
    let again = shown(dir.path(), &merge).await;
    assert_eq!(again["tasks"][0]["rows"], json!(0), "it is done");

    let all = command(dir.path(), &["upkeep", "run"]).await;
    assert_eq!(all.code, OK);
    let text = command(dir.path(), &["upkeep", "status"]).await.text;
    assert!(text.contains("合并小段") && text.contains("tidy") && !text.contains("从未"), "{text}");
}
