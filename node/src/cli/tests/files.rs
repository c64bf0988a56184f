//! Files on the shelf of a node that does not run.

use bytes::Bytes;
use sanheyi_exchange_spec::attachment::{Attachment, Hasher};
use serde_json::json;

use super::{DIFFERENT, Home, MORNING, OK, command, database_of, empty_folder, json as shown};
use crate::branch::attachment::{offer, put};
use crate::gateway::files::{AttachError, scan};
use crate::store::{Named, Way};
use crate::tests::tamper;

fn pdf(text: &str) -> (Bytes, Attachment) {
    let bytes = Bytes::from(format!("%PDF-1.4 {text}"));
    let mut hasher = Hasher::default();
    hasher.update(&bytes);
    let media_type = "application/pdf".to_owned();
    let file = Attachment { digest: hasher.finish(), bytes: bytes.len() as u64, media_type };
    (bytes, file)
}

/// One file that is here and named, one that is named and missing.
async fn folder() -> (tempfile::TempDir, Attachment, Attachment) {
    let dir = empty_folder();
    let home = Home::open(dir.path(), 1).await;
    let ((bytes, file), (_, missing)) = (pdf("here"), pdf("missing"));
    let store = home.store();
    offer(store, &file, MORNING).await.unwrap();
    put(store, &file.digest, 0, &bytes, MORNING).await.unwrap();
    let mut tx = store.begin("test").await.unwrap();
    for (file, record) in [(&file, "A"), (&missing, "B")] {
        let (dataset, record) = ("case.case".to_owned(), record.to_owned());
        let named = Named { file: file.clone(), dataset, record, revision: 1 };
        tx.due_put(store, Way::Up, store.platform(), &named).await.unwrap();
    }
    tx.commit().await.unwrap();
    home.close().await;
    (dir, file, missing)
}

#[tokio::test]
async fn a_listing_tells_what_is_here_and_what_is_missing() {
    let (dir, file, missing) = folder().await;
    let listed = shown(dir.path(), &["attach", "list"]).await;
    let by_digest = |digest: String| {
        let found = listed.as_array().unwrap().iter().find(|one| one["sha256"] == digest);
        found.unwrap().clone()
    };
    let here = by_digest(file.digest.to_string());
    assert_eq!((&here["held"], &here["whole"]), (&json!(1), &json!(true)));
    assert_eq!(here["named"][0]["state"], "here");
    let absent = by_digest(missing.digest.to_string());
    assert_eq!((&absent["held"], &absent["stored"]), (&json!(0), &json!(null)));
    assert_eq!(
        absent["named"][0],
        json!({
            "way": "up", "dataset": "case.case", "record": "B", "revision": 1, "state": "absent", "why": ""
        })
    );
    let text = command(dir.path(), &["attach", "list"]).await.text;
    assert!(text.contains("缺文件") && text.contains("待传"), "{text}");
    let status = shown(dir.path(), &["status"]).await;
    assert_eq!(status["attachments"][1]["state"], "here");
    assert!(command(dir.path(), &["status"]).await.text.contains("附件上行"));
}

#[tokio::test]
async fn a_file_is_written_out_once_and_verified() {
    let (dir, file, _) = folder().await;
    let out = dir.path().join("out.pdf");
    let digest = file.digest.to_string();
    let get = ["attach", "get", &digest, "--out", out.to_str().unwrap()];
    assert_eq!(command(dir.path(), &get).await.code, OK);
    assert_eq!(std::fs::read(&out).unwrap(), pdf("here").0);
    let config = dir.path().join("node.toml");
    let again = [&["sanheyi-node"], &get[..], &["--config", config.to_str().unwrap()]].concat();
    assert!(super::answer(again).await.is_err(), "what is there is not written over");

    let report = shown(dir.path(), &["verify"]).await;
    assert_eq!((&report["clean"], &report["attachments"]["whole"]), (&json!(true), &json!(1)));
    let changed = "UPDATE piece SET bytes = x'25504446'";
    assert_eq!(tamper(&database_of(dir.path()), changed).await, 1);
    let answer = command(dir.path(), &["verify"]).await;
    assert_eq!(answer.code, DIFFERENT);
    assert!(answer.text.contains("piece.bytes"), "{}", answer.text);
}

#[tokio::test]
async fn a_file_is_scanned_before_it_is_taken() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let (bytes, file) = pdf("here");
    assert_eq!(scan(&write("a.pdf", &bytes), None).await.unwrap(), file);
    let renamed = write("b.bin", &bytes);
    assert!(matches!(scan(&renamed, None).await, Err(AttachError::File(_))));
    assert_eq!(scan(&renamed, Some("application/pdf")).await.unwrap(), file);
    for refused in [write("c.pdf", b"MZ\x90\0"), write("d.exe", b"MZ\x90\0"), write("e.pdf", b"")] {
        assert!(matches!(scan(&refused, None).await, Err(AttachError::File(_))), "{refused:?}");
    }
    let absent = dir.path().join("none.pdf");
    assert!(matches!(scan(&absent, None).await, Err(AttachError::Read { .. })));
}
