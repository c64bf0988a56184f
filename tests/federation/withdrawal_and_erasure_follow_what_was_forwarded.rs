//! A withdrawal follows what was forwarded, and so does an erasure: the body is gone at home, at
//! the hub and at whoever was shown it; in the files, too. Every proof stands.

use prost::Message as _;
use sanheyi_exchange_spec::entry::Operation;
use sanheyi_exchange_spec::erasure;
use sanheyi_node::branch::{Draft, Erase, EraseError, stored_rules, verify_shown};
use sanheyi_node::store::{EnclosureRow, Erased, ForeignKey, Store};
use sanheyi_proto::standard::v1::{Case, PolicyScope};
use sanheyi_tests::fixtures::{CASE, POWER, case, case_no, draft, new_item};
use sanheyi_tests::joint::{JOINT, joint_no, may_see, new_joint, next};
use sanheyi_tests::knobs::Ground;
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{HUB, NodeMachine, World, assert_converged, id, told};

/// A text that nothing compresses, and nothing else has.
const SECRET: &str = "q7Zx0vKJ9mB2wT5yR8uLcN4hGdF1sAeP3iOkXbVnMjHgYtCz6WpQaDrEfUlI";

fn of_case(revision: u64) -> ForeignKey {
    let (dataset, record) = (CASE.to_owned(), case_no(1));
    ForeignKey { author: id("jintan"), dataset, record, revision }
}

async fn row(store: &Store, key: &ForeignKey) -> Option<EnclosureRow> {
    store.enclosure_get(key).await.unwrap()
}

async fn shown(store: &Store, key: &ForeignKey) -> EnclosureRow {
    until("it is shown", async || row(store, key).await.is_some()).await;
    row(store, key).await.unwrap()
}

fn secret_case() -> Draft {
    let body = Case { r#abstract: SECRET.into(), ..case(1) }.encode_to_vec();
    draft(CASE, &case_no(1), body)
}

fn erase(revision: u64) -> Erase {
    Erase {
        dataset: CASE.parse().unwrap(),
        record: case_no(1).parse().unwrap(),
        revision,
        reason: "保存期限届满".into(),
        basis: "档案保管期限表第三条".into(),
        decided_by: "数据管理科".into(),
    }
}

/// Whether any file of a store's folder has the secret.
fn is_in(folder: &std::path::Path) -> bool {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for item in std::fs::read_dir(folder).unwrap() {
            let item = item.unwrap();
            let path = item.path();
            if item.file_type().unwrap().is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap_or_default();
            // The middle of it: whatever stands before may be packed along.
            let part = &SECRET.as_bytes()[8..40];
            if bytes.windows(part.len()).any(|window| window == part) {
                return true;
            }
        }
    }
    false
}

async fn world() -> (World, NodeMachine, NodeMachine) {
    let mut world = World::on(Ground::Sqlite, 630, &["jintan", "wujin"]).await;
    let (mut jintan, mut wujin) = (world.node("jintan").await, world.node("wujin").await);
    let policy = may_see("wujin", "wujin", "case.*", "jintan", PolicyScope::Addressed);
    world.hub.exchange().dispatch(vec![policy]).await.unwrap();
    jintan.dial_on().await;
    wujin.dial_on().await;
    (world, jintan, wujin)
}

#[tokio::test]
async fn later_revisions_and_withdrawals_are_shown_while_the_request_stands() {
    let (world, jintan, wujin) = world().await;
    let case = secret_case();
    let first = jintan.submit(vec![new_item(POWER), case.clone()]).await;
    let request = new_joint(1, "wujin");
    let asked = jintan.submit(vec![request.clone()]).await;
    shown(wujin.store(), &of_case(1)).await;
    let second = jintan.submit(vec![next(&case, &first[1])]).await;
    shown(wujin.store(), &of_case(2)).await;
    let withdrawn = |draft: &Draft, head| Draft {
        operation: Operation::Withdraw,
        body: Vec::new().into(),
        ..next(draft, head)
    };
    jintan.submit(vec![withdrawn(&request, &asked[0])]).await;
    let (dataset, record) = (JOINT.to_owned(), joint_no(1));
    let key = ForeignKey { author: id("jintan"), dataset, record, revision: 2 };
    let header = shown(wujin.store(), &key).await.forward.header;
    let header = sanheyi_exchange_spec::entry::HeaderView::parse(&header).unwrap();
    assert_eq!(header.operation, Operation::Withdraw);
    // What the request showed is shown no longer.
    jintan.submit(vec![withdrawn(&case, &second[0])]).await;
    told(&world, &jintan).await;
    let hub = world.hub.store(&id("jintan"));
    assert_eq!(sanheyi_hub::store::errand_due(&hub, 9).await.unwrap(), []);
    assert_eq!(row(wujin.store(), &of_case(3)).await, None);
    assert_converged(&world, &jintan).await;
    assert_converged(&world, &wujin).await;
}

#[tokio::test]
async fn a_body_that_is_erased_is_gone_everywhere_and_every_proof_stands() {
    let (mut world, mut jintan, mut wujin) = world().await;
    jintan.submit(vec![new_item(POWER), secret_case()]).await;
    jintan.submit(vec![new_joint(1, "wujin")]).await;
    assert_eq!(shown(wujin.store(), &of_case(1)).await.erased, Erased::No);
    told(&world, &jintan).await;
    for folder in [jintan.folder().to_owned(), wujin.folder().to_owned(), world.hub.folder()] {
        assert!(is_in(&folder), "{}", folder.display());
    }

    let absent = jintan.branch().erase(erase(2)).await;
    assert!(matches!(absent, Err(EraseError::Absent { .. })), "{absent:?}");
    jintan.branch().erase(erase(1)).await.unwrap();
    let again = jintan.branch().erase(erase(1)).await;
    assert!(matches!(again, Err(EraseError::Gone { .. })), "{again:?}");
    until("it is erased at Wujin", async || {
        row(wujin.store(), &of_case(1)).await.is_some_and(|row| row.erased == Erased::Proved)
    })
    .await;
    told(&world, &jintan).await;
    told(&world, &wujin).await;
    let rules = stored_rules(wujin.store(), &id(HUB)).await.unwrap();
    let report = verify_shown(wujin.store(), &rules, &id(HUB)).await.unwrap();
    assert_eq!((report.difference, report.proved, report.erased), (None, 3, 1));
    for store in [jintan.store().clone(), world.hub.store(&id("jintan"))] {
        let place = store.record_head(CASE, &case_no(1)).await.unwrap().unwrap().place;
        let entry = store.entry_get(place.journal, place.sequence).await.unwrap().unwrap();
        assert_eq!((entry.body, entry.digest), (None, place.digest));
        let said = place.digest.to_string();
        assert!(store.record_head(erasure::DATASET, &said).await.unwrap().is_some());
    }
    assert_converged(&world, &jintan).await;
    assert_converged(&world, &wujin).await;

    for node in [&mut jintan, &mut wujin] {
        node.close().await;
        assert!(!is_in(node.folder()), "{}", node.folder().display());
    }
    world.hub.stop().await;
    assert!(!is_in(&world.hub.folder()));
}
