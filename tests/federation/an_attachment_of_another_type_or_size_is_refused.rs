//! What a hub takes as a file is what the entry says: that size, that type, and in the end that
//! digest. Else nothing of it stays.

use sanheyi_exchange_spec::attachment::Attachment;
use sanheyi_exchange_spec::error::Code;
use sanheyi_node::branch::attachment::Held;
use sanheyi_node::store::{DueState, Store, Way};
use sanheyi_node::uplink::port::{HubPort as _, PieceCall};
use sanheyi_tests::files::{PDF, TestFile};
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no};
use sanheyi_tests::patience::within;
use sanheyi_tests::world::{Foreign, World, id};

use crate::refused;

const NOTHING: Held = Held { pieces: 0, whole: false };

/// The hub has judged a complaint that names the file.
async fn named(foreign: &mut Foreign, store: &Store, serial: u64, file: &TestFile) {
    let entry = foreign.entry(COMPLAINT, &complaint_no(serial), None, file.complaint(serial));
    foreign.push(&[entry]).await.unwrap();
    within("the gate has seen the entry", async {
        while file.state(store, Way::Up).await.is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn another_size_or_type_than_the_entry_says_is_not_taken_up() {
    let mut world = World::new(3300, &["jintan"]).await;
    let mut foreign = world.foreign("jintan").await;
    foreign.greet().await.unwrap();
    let store = world.hub.store(&id("jintan"));
    let file = TestFile::pdf(3301, 5000);
    named(&mut foreign, &store, 1, &file).await;

    let other = Attachment { bytes: 5001, ..file.file.clone() };
    let refusal = refused(foreign.port.offer_file(other).await, Code::Unavailable);
    assert!(refusal.en.contains(&complaint_no(1)), "it names the entry: {refusal}");
    let other = Attachment { media_type: "image/png".to_owned(), ..file.file.clone() };
    refused(foreign.port.offer_file(other).await, Code::Unavailable);
    assert_eq!(foreign.port.offer_file(file.file.clone()).await.unwrap(), NOTHING);
}

#[tokio::test]
async fn what_a_program_calls_a_picture_is_refused_by_its_first_piece() {
    let mut world = World::new(3310, &["jintan"]).await;
    let mut foreign = world.foreign("jintan").await;
    foreign.greet().await.unwrap();
    let store = world.hub.store(&id("jintan"));
    let program = [b"\x7fELF\x02\x01\x01\0".as_slice(), &[7; 4000]].concat();
    let disguised = TestFile::of(program.clone(), "image/png");
    named(&mut foreign, &store, 1, &disguised).await;
    assert_eq!(foreign.port.offer_file(disguised.file.clone()).await.unwrap(), NOTHING);
    refused(foreign.port.put_piece(disguised.piece(0)).await, Code::Malformed);
    assert_eq!(store.piece_get(&disguised.digest(), 0).await.unwrap(), None);

    // A type that is not carried is not even taken up.
    let open = TestFile::of([program, vec![1]].concat(), "application/x-executable");
    named(&mut foreign, &store, 2, &open).await;
    let refusal = refused(foreign.port.offer_file(open.file.clone()).await, Code::Malformed);
    assert!(refusal.zh.contains("PDF"), "it says what is carried: {refusal}");
}

#[tokio::test]
async fn pieces_come_in_order_and_have_their_size() {
    let mut world = World::new(3320, &["jintan"]).await;
    let mut foreign = world.foreign("jintan").await;
    foreign.greet().await.unwrap();
    let store = world.hub.store(&id("jintan"));
    let file = TestFile::pdf(3321, 700 * 1024);
    named(&mut foreign, &store, 1, &file).await;
    foreign.port.offer_file(file.file.clone()).await.unwrap();

    let refusal = refused(foreign.port.put_piece(file.piece(1)).await, Code::Gap);
    assert_eq!(refusal.durable, Some(0));
    let short = PieceCall { piece: file.pieces()[0].slice(..1000), ..file.piece(0) };
    refused(foreign.port.put_piece(short).await, Code::Malformed);
    let one = Held { pieces: 1, whole: false };
    assert_eq!(foreign.port.put_piece(file.piece(0)).await.unwrap(), one);
    assert_eq!(foreign.port.put_piece(file.piece(0)).await.unwrap(), one, "again changes nothing");
    assert_eq!(foreign.port.offer_file(file.file.clone()).await.unwrap(), one);
    let beyond = PieceCall { number: 3, ..file.piece(2) };
    refused(foreign.port.put_piece(beyond).await, Code::Gap);
}

#[tokio::test]
async fn other_bytes_than_the_digest_says_are_discarded_and_the_sender_told() {
    let mut world = World::new(3330, &["jintan"]).await;
    let mut foreign = world.foreign("jintan").await;
    foreign.greet().await.unwrap();
    let store = world.hub.store(&id("jintan"));
    let file = TestFile::pdf(3331, 300 * 1024);
    named(&mut foreign, &store, 1, &file).await;
    foreign.port.offer_file(file.file.clone()).await.unwrap();
    foreign.port.put_piece(file.piece(0)).await.unwrap();
    let mut bytes = file.pieces()[1].to_vec();
    bytes[0] ^= 1;
    let changed = PieceCall { piece: bytes.into(), ..file.piece(1) };
    let refusal = refused(foreign.port.put_piece(changed).await, Code::Malformed);
    assert!(refusal.en.contains("discarded"), "{refusal}");
    assert_eq!(store.attachment_get(&file.digest()).await.unwrap(), None);
    assert_eq!(store.piece_get(&file.digest(), 0).await.unwrap(), None);

    // From the beginning, it goes.
    assert_eq!(foreign.port.offer_file(file.file.clone()).await.unwrap(), NOTHING);
    for number in 0..2 {
        foreign.port.put_piece(file.piece(number)).await.unwrap();
    }
    assert!(file.is_in(&store).await);
}

#[tokio::test]
async fn a_refused_file_keeps_the_reason_and_the_records_go_on() {
    let mut world = World::new(3340, &["jintan"]).await;
    let node = world.node("jintan").await;
    // The record says another size than the file has: nobody noticed at the branch.
    let file = TestFile::pdf(3341, 4000);
    let wrong = Attachment { bytes: 4001, ..file.file.clone() };
    let said = TestFile { file: wrong, ..file.clone() };
    file.shelve(node.store()).await;
    node.submit(vec![said.named_by(1)]).await;
    let mut link = node.settle().await;
    let store = node.store().clone();
    let there = async |_: &_| file.state(&store, Way::Up).await == Some(DueState::Refused);
    link.until("the file is refused", there).await.unwrap();
    let rows = store.due_get(&file.digest()).await.unwrap();
    assert!(!rows[0].why.is_empty());

    // A corrected record clears it.
    node.submit(vec![file.named_by(2)]).await;
    let there = async |_: &_| file.state(&store, Way::Up).await == Some(DueState::Passed);
    link.until("the file goes", there).await.unwrap();
    assert!(file.is_in(&world.hub.store(&id("jintan"))).await);
    assert_eq!(PDF, file.file.media_type);
}
