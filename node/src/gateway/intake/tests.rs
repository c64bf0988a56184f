//! The intake over its socket.

use std::path::{Path, PathBuf};

use prost::Message as _;
use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::limits::{REASONS, SUBMIT_BYTES, SUBMIT_DRAFTS};
use sanheyi_proto::exchange::v1 as wire;
use tokio::task::JoinHandle;

use super::{ServeError, serve};
use crate::branch::Erase;
use crate::gateway::client::{IntakeClient, IntakeError};
use crate::gateway::erasures::erase;
use crate::gateway::socket::listen;
use crate::process::lifecycle::Shutdown;
use crate::tests::{DATASET, Home, MORNING, body, record};

struct Door {
    home: Home,
    path: PathBuf,
    shutdown: Shutdown,
    served: JoinHandle<Result<(), ServeError>>,
}

impl Door {
    async fn open(dir: &Path) -> Self {
        let home = Home::open(dir, 1).await;
        let path = dir.join("data/intake.sock");
        let socket = listen(&path).await.unwrap();
        let shutdown = Shutdown::new();
        let served = tokio::spawn(serve(socket, home.branch.clone(), shutdown.clone()));
        Self { home, path, shutdown, served }
    }

    async fn client(&self) -> IntakeClient {
        IntakeClient::connect(&self.path).await.unwrap()
    }
}

fn draft(name: &str) -> wire::Draft {
    wire::Draft {
        dataset: DATASET.to_owned(),
        record: record(name),
        operation: wire::Operation::Put.into(),
        occurred: MORNING.as_micros(),
        body: body(name),
        ..wire::Draft::default()
    }
}

#[tokio::test]
async fn a_batch_is_appended_and_its_records_can_be_followed() {
    let dir = tempfile::tempdir().unwrap();
    let door = Door::open(dir.path()).await;
    let client = door.client().await;
    let answer = client.submit(vec![draft("A"), draft("B")]).await.unwrap();
    assert_eq!((answer.appended.len(), answer.refused.len()), (2, 0));
    let first = &answer.appended[0];
    let next = wire::Draft {
        follows_revision: first.revision,
        follows_digest: first.digest.clone(),
        ..draft("A")
    };
    let answer = client.submit(vec![next]).await.unwrap();
    assert_eq!((answer.appended[0].sequence, answer.appended[0].revision), (2, 2));
    assert_eq!(door.home.journal().await.head.size, 3);
}

#[tokio::test]
async fn all_that_is_wrong_with_a_batch_is_answered_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let door = Door::open(dir.path()).await;
    let read = wire::Read { dataset: "x".to_owned(), ..wire::Read::default() };
    let batch = vec![
        draft("A"),
        wire::Draft {
            dataset: "Steps".to_owned(),
            record: "有空格 x".to_owned(),
            operation: 7,
            ..draft("A")
        },
        wire::Draft { body: Vec::new().into(), ..draft("B") },
        wire::Draft { follows_revision: 1, follows_digest: vec![1; 31].into(), ..draft("C") },
        wire::Draft { follows_digest: vec![1; 32].into(), ..draft("D") },
        wire::Draft { reads: vec![read], ..draft("E") },
        wire::Draft { dataset: "exchange.receipt".to_owned(), ..draft("F") },
    ];
    let answer = door.client().await.submit(batch).await.unwrap();
    assert!(answer.appended.is_empty());
    let fields: Vec<_> = answer
        .refused
        .iter()
        .map(|one| (one.index, one.reasons[0].field.as_str(), one.reasons.len()))
        .collect();
    let (standard, rest): (Vec<_>, Vec<_>) =
        fields.into_iter().partition::<Vec<_>, _>(|(index, ..)| *index == 2);
    assert_eq!(standard.len(), 1, "the standard's reasons stand beside the form's");
    assert_eq!(
        rest,
        [
            (1, "dataset", 3),
            (3, "follows_digest", 1),
            (4, "follows_digest", 1),
            (5, "reads[0].dataset", 2),
            (6, "", 1),
        ]
    );
    for reason in answer.refused.iter().flat_map(|one| &one.reasons) {
        assert!(!reason.zh.is_empty() && !reason.en.is_empty() && !reason.rule.is_empty());
    }
    assert!(answer.refused.iter().all(|one| one.reasons.len() <= REASONS));
    assert_eq!(door.home.journal().await.head.size, 0);
}

#[tokio::test]
async fn a_refused_call_says_its_code() {
    let dir = tempfile::tempdir().unwrap();
    let door = Door::open(dir.path()).await;
    let client = door.client().await;
    let code = |outcome: Result<wire::SubmitResponse, IntakeError>| match outcome.unwrap_err() {
        IntakeError::Refused(refusal) => refusal.code,
        other => panic!("{other}"),
    };
    let many = vec![wire::Draft::default(); SUBMIT_DRAFTS + 1];
    assert_eq!(code(client.submit(many).await), Code::Malformed);

    door.home.branch.hold(Some(Code::IdentityHeld));
    assert_eq!(code(client.submit(vec![draft("A")]).await), Code::IdentityHeld);
    door.home.branch.hold(None);

    door.home.store().database().limit_pages(1).await.unwrap();
    let full = (0..2000).map(|number| draft(&format!("A{number}"))).collect();
    assert_eq!(code(client.submit(full).await), Code::StoreFull);
}

#[tokio::test]
async fn a_submission_travels_up_to_its_bound() {
    let dir = tempfile::tempdir().unwrap();
    let door = Door::open(dir.path()).await;
    let client = door.client().await;
    // Not well formed, so that nothing is appended; what counts is whether it arrives.
    let sized = |total: usize| {
        let body =
            |length: usize| wire::Draft { body: vec![0; length].into(), ..Default::default() };
        let around = wire::SubmitRequest { drafts: vec![body(total - 100)] }.encoded_len();
        let request = wire::SubmitRequest { drafts: vec![body(total - 100 + total - around)] };
        assert_eq!(request.encoded_len(), total);
        request.drafts
    };
    assert_eq!(client.submit(sized(SUBMIT_BYTES)).await.unwrap().refused.len(), 1);
    let beyond = client.submit(sized(SUBMIT_BYTES + 1)).await;
    assert!(matches!(beyond, Err(IntakeError::Lost(_))), "{beyond:?}");
}

#[tokio::test]
async fn a_soft_stop_ends_the_service_and_takes_the_socket_away() {
    let dir = tempfile::tempdir().unwrap();
    let door = Door::open(dir.path()).await;
    let client = door.client().await;
    client.submit(vec![draft("A")]).await.unwrap();
    door.shutdown.soft();
    door.served.await.unwrap().unwrap();
    assert!(!door.path.exists());
    assert!(client.submit(vec![draft("B")]).await.is_err());
    let gone = IntakeClient::connect(&door.path).await.unwrap_err();
    assert!(matches!(gone, IntakeError::Unreachable { .. }), "{gone}");
    door.home.close().await;
}

#[tokio::test]
async fn a_body_is_erased_once_and_a_refusal_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let door = Door::open(dir.path()).await;
    door.client().await.submit(vec![draft("A")]).await.unwrap();
    let what = |revision, reason: &str| Erase {
        dataset: DATASET.parse().unwrap(),
        record: record("A").parse().unwrap(),
        revision,
        reason: reason.to_owned(),
        basis: "档案保管期限表第三条".to_owned(),
        decided_by: "数据管理科".to_owned(),
    };
    let refused = async |what: Erase| match erase(&door.path, &what).await.unwrap_err() {
        IntakeError::Refused(refusal) => (refusal.code, refusal.place),
        other => panic!("{other}"),
    };
    let changed = (Code::ExpectationFailed, "record".to_owned());
    assert_eq!(refused(what(2, "期满")).await, changed, "there is none");
    assert_eq!(refused(what(1, " ")).await, (Code::Malformed, "erasure".to_owned()));
    assert_eq!(erase(&door.path, &what(1, "期满")).await.unwrap(), 1);
    assert_eq!(refused(what(1, "期满")).await, changed, "it is gone");
    door.home.branch.hold(Some(Code::IdentityHeld));
    let held = (Code::IdentityHeld, "node".to_owned());
    assert_eq!(refused(what(1, "期满")).await, held);
}
