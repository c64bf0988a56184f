//! Below the last threshold nothing new is taken, at a node or at the hub, before anything is
//! written: what is there goes on, others go on, and once there is room everything does.

use std::sync::Arc;

use sanheyi_exchange_spec::error::Code;
use sanheyi_node::branch::{Erase, SubmitError};
use sanheyi_node::config::upkeep::{DiskRules, REFUSE_FREE_BYTES};
use sanheyi_node::process::disk::ManualDisk;
use sanheyi_node::store::{DueState, Way};
use sanheyi_node::upkeep::room::Room;
use sanheyi_node::uplink::port::HubPort as _;
use sanheyi_tests::files::TestFile;
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no, new_complaint, new_complaints};
use sanheyi_tests::knobs::Ground;
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{World, assert_converged, id, journal_of, settled};

use crate::refused;

const TIB: u64 = 1024 * 1024 * 1024 * 1024;
/// One byte too little.
const TOO_LITTLE: u64 = REFUSE_FREE_BYTES - 1;

#[tokio::test]
async fn at_a_node_only_what_is_new_is_refused() {
    let mut world = World::new(5100, &["jintan", "wujin"]).await;
    let (mut jintan, mut wujin) = (world.node("jintan").await, world.node("wujin").await);
    let disk = Arc::new(ManualDisk::new(TIB, TIB));
    let room = Room::new(Arc::clone(&disk) as _, "/data".into(), DiskRules::default(), true);
    jintan.branch().set_room(Arc::new(room));
    jintan.submit(new_complaints(1..51)).await;
    disk.set_free(TOO_LITTLE);
    let before = journal_of(&jintan).await;
    let answer = jintan.try_submit(vec![new_complaint(51)]).await;
    let Err(SubmitError::NoRoom(full)) = answer else { panic!("{answer:?}") };
    let refusal = full.refusal("本节点", "this node");
    assert_eq!((refusal.code, refusal.place.as_str()), (Code::StoreFull, "disk"));
    assert_eq!(journal_of(&jintan).await, before, "nothing is written");

    // What is there goes up, receipts come down, bodies can be erased; the others notice nothing.
    jintan.dial_on().await;
    wujin.dial_on().await;
    wujin.submit(new_complaints(1..21)).await;
    until("all is answered", async || settled(jintan.store()).await).await;
    let erase = Erase {
        dataset: COMPLAINT.parse().unwrap(),
        record: complaint_no(7).parse().unwrap(),
        revision: 1,
        reason: "保存期限届满".into(),
        basis: "档案保管期限表".into(),
        decided_by: "数据管理科".into(),
    };
    jintan.branch().erase(erase).await.unwrap();
    until("the others go on", async || settled(wujin.store()).await).await;

    disk.set_free(REFUSE_FREE_BYTES);
    assert!(jintan.try_submit(vec![new_complaint(51)]).await.is_err(), "it wants a margin");
    disk.set_free(REFUSE_FREE_BYTES + REFUSE_FREE_BYTES / 4);
    jintan.submit(vec![new_complaint(51)]).await;
    until("all is answered", async || settled(jintan.store()).await).await;
    assert_converged(&world, &jintan).await;
    assert_converged(&world, &wujin).await;
}

#[tokio::test]
async fn before_a_full_hub_nodes_write_on_and_catch_up() {
    let mut world = World::on(Ground::Sqlite, 5110, &["jintan", "wujin"]).await;
    let disk = Arc::new(ManualDisk::new(TIB, TIB));
    world.hub.stop().await;
    world.hub.disk = Arc::clone(&disk) as _;
    world.hub.start().await;
    let (mut jintan, mut wujin) = (world.node("jintan").await, world.node("wujin").await);
    jintan.submit(new_complaints(1..11)).await;
    jintan.dial_on().await;
    until("all is answered", async || settled(jintan.store()).await).await;
    disk.set_free(TOO_LITTLE);
    let file = TestFile::pdf(5111, 300 * 1024);
    file.shelve(jintan.store()).await;
    jintan.submit(new_complaints(11..31)).await;
    jintan.submit(vec![file.named_by(31)]).await;
    wujin.submit(new_complaints(1..6)).await;
    wujin.dial_on().await;
    for node in [&jintan, &wujin] {
        until("it says why it does not go on", async || {
            node.link_row().await.detail.contains(Code::StoreFull.as_str())
        })
        .await;
    }
    let foreign = world.foreign("wujin").await;
    refused(foreign.port.offer_file(file.file.clone()).await, Code::StoreFull);
    refused(foreign.port.put_piece(file.piece(0)).await, Code::StoreFull);
    drop(foreign);
    let word = world.hub.exchange().dispatch(vec![new_complaint(900)]).await;
    assert!(matches!(word, Err(SubmitError::NoRoom(_))), "{word:?}");
    let store = world.hub.store(&id("jintan"));
    let held = store.journal_list().await.unwrap().into_iter().find(|row| !row.home).unwrap();
    assert_eq!(held.head.size, 10, "nothing is admitted");

    disk.set_free(TIB);
    for node in [&jintan, &wujin] {
        until("all is answered", async || settled(node.store()).await).await;
        assert_converged(&world, node).await;
    }
    until("the file has come", async || {
        file.state(jintan.store(), Way::Up).await == Some(DueState::Passed)
    })
    .await;
}
