//! `operator`: who may sign in, from the command line.

use serde_json::Value;

use super::{empty_folder, write_secret};
use crate::cli::{Answer, USAGE, answer};
use crate::store::{ChangeFilter, Database};
use crate::tests::{database_of, id};

async fn run(folder: &tempfile::TempDir, args: &[&str]) -> anyhow::Result<Answer> {
    let config = folder.path().join("node.toml");
    let config = ["--config", config.to_str().unwrap()];
    answer(["sanheyi-node", "operator"].into_iter().chain(args.iter().copied()).chain(config)).await
}

async fn json(folder: &tempfile::TempDir, args: &[&str]) -> Value {
    let args: Vec<_> = args.iter().copied().chain(["--json"]).collect();
    serde_json::from_str(&run(folder, &args).await.unwrap().text).unwrap()
}

#[tokio::test]
async fn operators_are_added_changed_and_listed_and_every_change_is_written_down() {
    let folder = empty_folder();
    let word = folder.path().join("word.txt");
    write_secret(&word, b"correct horse battery\n").unwrap();
    let file = ["--password-file", word.to_str().unwrap()];
    let none = run(&folder, &["list"]).await.unwrap();
    assert!(none.text.contains("还没有操作员"), "{}", none.text);
    run(&folder, &["add", "zhang", "--role", "admin", file[0], file[1]]).await.unwrap();
    let made = json(&folder, &["add", "li", "--role", "viewer", "--generate"]).await;
    assert_eq!(made["password"].as_str().unwrap().len(), 23, "{made}");
    run(&folder, &["role", "li", "operator"]).await.unwrap();
    run(&folder, &["disable", "li"]).await.unwrap();
    let refused = run(&folder, &["disable", "zhang"]).await.unwrap_err().to_string();
    assert!(refused.contains("最后一位可用的管理员"), "{refused}");

    let list = json(&folder, &["list"]).await;
    let shown: Vec<_> = list["operators"].as_array().unwrap().iter().collect();
    let of = |at: usize, key: &str| shown[at][key].as_str().unwrap();
    assert_eq!([of(0, "name"), of(0, "role"), of(0, "state")], ["li", "operator", "disabled"]);
    assert_eq!([of(1, "name"), of(1, "role"), of(1, "state")], ["zhang", "admin", "active"]);
    assert!(shown[1]["last"].is_null());
    assert!(!list.to_string().contains("argon2"), "a hash is shown nowhere");

    let database = Database::open_read_only(database_of(folder.path())).await.unwrap();
    let store = database.of(&id("jintan"));
    let rows = store.change_list(&ChangeFilter::default(), None, 9).await.unwrap();
    let said: Vec<_> = rows.iter().rev().map(|row| row.what.as_str()).collect();
    assert_eq!(said, ["operator.add", "operator.add", "operator.role", "operator.disable"]);
    assert!(rows.iter().all(|row| row.who.starts_with("cli:")), "{rows:?}");
    database.close().await;
}

#[tokio::test]
async fn a_password_never_stands_on_the_command_line_and_is_held_against_the_rules() {
    let folder = empty_folder();
    let word = folder.path().join("word.txt");
    let add = ["add", "zhang", "--role", "admin", "--password-file", word.to_str().unwrap()];
    write_secret(&word, b"too short").unwrap();
    let refused = run(&folder, &add).await.unwrap_err().to_string();
    assert!(refused.contains("12"), "{refused}");
    std::fs::remove_file(&word).unwrap();
    std::fs::write(&word, "correct horse battery").unwrap();
    let refused = run(&folder, &add).await.unwrap_err().to_string();
    assert!(refused.contains("chmod 600"), "{refused}");
    for args in [&["add", "zhang", "--role", "king"][..], &["add", "zhang", "--password", "x"]] {
        assert_eq!(run(&folder, args).await.unwrap().code, USAGE, "{args:?}");
    }
    let refused = run(&folder, &["role", "nobody", "admin"]).await.unwrap_err().to_string();
    assert!(refused.contains("没有这个操作员"), "{refused}");
}
