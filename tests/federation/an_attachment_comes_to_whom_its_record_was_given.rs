//! A file that the hub's word names is fetched by whoever was given that word; a machine that was
//! lost gets its files back; a tenant's are at the hub already.

use prost::Message as _;
use sanheyi_node::store::{DueState, Store, Way};
use sanheyi_proto::standard::v1::{Complaint, PolicyScope};
use sanheyi_tests::files::TestFile;
use sanheyi_tests::fixtures::{COMPLAINT, complaint, complaint_no, draft, new_complaints};
use sanheyi_tests::joint::may_see;
use sanheyi_tests::patience::{until, within};
use sanheyi_tests::world::{
    World, assert_converged, assert_tenant_sound, copy_folder, id, settled,
};

async fn there(file: &TestFile, store: &Store, way: Way, state: DueState) {
    let what = format!("the file is {state:?} {way:?}");
    until(&what, async || file.state(store, way).await == Some(state)).await;
}

#[tokio::test]
async fn from_the_hub_to_the_platform_that_it_writes_to() {
    let mut world = World::new(3400, &["jintan", "wujin"]).await;
    let mut jintan = world.node("jintan").await;
    let mut wujin = world.node("wujin").await;
    jintan.dial_on().await;
    wujin.dial_on().await;
    let file = TestFile::pdf(3401, 900 * 1024);
    // First the word, then the file: it comes when it is there.
    let attachments = vec![file.said()];
    let body = Complaint { attachments, addressee: "jintan".to_owned(), ..complaint(1) };
    let word = draft(COMPLAINT, &complaint_no(1), body.encode_to_vec());
    within("it is dispatched", world.hub.exchange().dispatch(vec![word])).await.unwrap();
    there(&file, jintan.store(), Way::Down, DueState::Absent).await;
    file.shelve(&world.hub.store(&world.setup().hub)).await;
    // What wakes the node is the next thing that it hears.
    jintan.hang_up().await;
    jintan.dial_on().await;
    there(&file, jintan.store(), Way::Down, DueState::Here).await;
    assert!(file.is_in(jintan.store()).await);
    assert_eq!(file.state(wujin.store(), Way::Down).await, None);
    assert!(!file.is_in(wujin.store()).await);
}

#[tokio::test]
async fn from_one_district_to_another_that_is_shown_its_record() {
    let mut world = World::new(3430, &["jintan", "wujin", "liyang"]).await;
    let mut jintan = world.node("jintan").await;
    let mut wujin = world.node("wujin").await;
    let mut liyang = world.node("liyang").await;
    let all = may_see("wujin-complaints", "wujin", COMPLAINT, "jintan", PolicyScope::All);
    world.hub.exchange().dispatch(vec![all]).await.unwrap();
    let file = TestFile::pdf(3431, 600 * 1024);
    file.shelve(jintan.store()).await;
    jintan.submit(vec![file.named_by(1)]).await;
    jintan.dial_on().await;
    there(&file, jintan.store(), Way::Up, DueState::Passed).await;
    wujin.dial_on().await;
    liyang.dial_on().await;
    there(&file, wujin.store(), Way::Down, DueState::Here).await;
    assert!(file.is_in(wujin.store()).await);
    assert_eq!(file.state(liyang.store(), Way::Down).await, None);
}

#[tokio::test]
async fn back_to_a_machine_that_was_restored() {
    let mut world = World::new(3410, &["jintan"]).await;
    let mut node = world.node("jintan").await;
    node.submit(new_complaints(1..3)).await;
    drop(node.settle().await);
    node.close().await;
    copy_folder(node.folder(), &world.folder("backup"));
    node.open().await;
    let file = TestFile::pdf(3411, 600 * 1024);
    file.shelve(node.store()).await;
    node.submit(vec![file.named_by(3)]).await;
    node.dial_on().await;
    there(&file, node.store(), Way::Up, DueState::Passed).await;
    node.kill().await;

    let mut restored = world.node_at(&world.folder("backup")).await;
    assert!(!file.is_in(restored.store()).await);
    world.readmit(&restored).await;
    restored.dial_on().await;
    there(&file, restored.store(), Way::Down, DueState::Here).await;
    assert!(file.is_in(restored.store()).await);
    there(&file, restored.store(), Way::Up, DueState::Passed).await;
    let store = restored.store().clone();
    until("everything is answered", async || settled(&store).await).await;
    restored.hang_up().await;
    assert_converged(&world, &restored).await;
}

#[tokio::test]
async fn a_tenants_file_is_at_the_hub_once() {
    let mut world = World::new(3420, &[]).await;
    let tenant = world.tenant("tianning").await;
    let store = world.hub.store(&id("tianning"));
    let file = TestFile::pdf(3421, 600 * 1024);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("告知书.pdf");
    std::fs::write(&path, &file.bytes).unwrap();
    let scanned = sanheyi_node::gateway::files::scan(&path, None).await.unwrap();
    assert_eq!(scanned, file.file);
    let put = sanheyi_node::gateway::files::attach(tenant.socket(), &path, &scanned);
    within("the tenant's door takes it", put).await.unwrap();
    tenant.submit(vec![file.named_by(1)]).await;
    there(&file, &store, Way::Up, DueState::Passed).await;
    assert!(file.is_in(&store).await);
    until("everything is answered", async || settled(&store).await).await;
    assert_tenant_sound(&world, &tenant).await;
}
