//! The gate never blocks and never drops: what is faulty is kept, answered with its reasons in both
//! languages, and cleared by a corrected revision; what stands beside it passes.

use prost::Message as _;
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::receipt::Exception;
use sanheyi_node::branch::Sealed;
use sanheyi_proto::STANDARD;
use sanheyi_proto::standard::v1::Complaint;
use sanheyi_tests::fixtures::{COMPLAINT, complaint, complaint_no};
use sanheyi_tests::patience::until;
use sanheyi_tests::world::{Foreign, World, hub_rows, id};

fn titled(serial: u64, title: &str) -> Vec<u8> {
    Complaint { title: title.to_owned(), ..complaint(serial) }.encode_to_vec()
}

fn good(foreign: &Foreign, serial: u64) -> Sealed {
    foreign.entry(COMPLAINT, &complaint_no(serial), None, complaint(serial).encode_to_vec())
}

/// A verdict that is due: sequence number, standing, field, rule.
type Due = (u64, Standing, &'static str, &'static str);

/// Every kind of fault, each between two good ones; with the verdicts that are due.
fn faulty(foreign: &Foreign) -> (Vec<Sealed>, Vec<Due>) {
    use Standing::{Pending, Quarantined};
    let long = "长".repeat(201);
    let entries = vec![
        good(foreign, 1),
        foreign.entry(COMPLAINT, &complaint_no(2), None, titled(2, &long)),
        good(foreign, 3),
        foreign.entry(COMPLAINT, &complaint_no(4), None, vec![0xff, 0xff, 0xff]),
        good(foreign, 5),
        foreign.entry("case.novelty", "N-1", None, vec![1, 2, 3]),
        good(foreign, 6),
        foreign.entry_by(
            STANDARD + 1,
            COMPLAINT,
            &complaint_no(7),
            None,
            complaint(7).encode_to_vec(),
        ),
        good(foreign, 8),
        // Another content for a revision that is there already, in this range.
        foreign.entry(COMPLAINT, &complaint_no(1), None, titled(1, "另一内容")),
        good(foreign, 9),
        foreign.entry("exchange.receipt", "R-1", None, vec![]),
        foreign.entry(COMPLAINT, &complaint_no(10), None, vec![]),
    ];
    let due = vec![
        (1, Quarantined, "title", "string.max_len"),
        (3, Quarantined, "", "wire"),
        (5, Pending, "", "dataset.unknown"),
        (7, Pending, "", "standard.unknown"),
        (9, Quarantined, "", "revision.taken"),
        (11, Quarantined, "", "exchange.form"),
        (12, Quarantined, "no", "required"),
    ];
    (entries, due)
}

async fn exceptions(world: &World, judged: u64) -> Vec<Exception> {
    let store = world.hub.store(&id("jintan"));
    let row = hub_rows(world, &id("jintan")).await[0].clone();
    until("the gate has judged", async || {
        store.receipt_counts(row.number).await.unwrap().1 == judged
    })
    .await;
    store.exception_list(row.number, None, 100).await.unwrap()
}

#[tokio::test]
async fn every_kind_of_fault_is_named_and_a_corrected_revision_is_accepted() {
    let mut world = World::new(160, &["jintan"]).await;
    let mut foreign = world.foreign("jintan").await;
    foreign.greet().await.unwrap();
    let (entries, due) = faulty(&foreign);
    foreign.push(&entries).await.unwrap();

    let found = exceptions(&world, 13).await;
    let places: Vec<_> = found.iter().map(|one| one.sequence).collect();
    assert_eq!(places, due.iter().map(|one| one.0).collect::<Vec<_>>());
    for (exception, (sequence, standing, field, rule)) in found.iter().zip(due) {
        assert_eq!(exception.standing, standing, "{exception:?}");
        let reason = &exception.reasons[0];
        assert_eq!((&*reason.field, &*reason.rule), (field, rule), "{exception:?}");
        assert!(!reason.zh.is_ascii() && !reason.en.is_empty(), "{reason:?}");
        assert!(!exception.dataset.is_empty() && !exception.record.is_empty());

        let row = hub_rows(&world, &id("jintan")).await[0].clone();
        let store = world.hub.store(&id("jintan"));
        let kept = store.entry_get(row.number, sequence).await.unwrap().unwrap();
        let sent = &entries[usize::try_from(sequence).unwrap()];
        assert_eq!((kept.digest, kept.body.unwrap()), (sent.digest, sent.body.bytes.clone()));
    }

    let wrong = entries[1].digest;
    let corrected = foreign.entry(COMPLAINT, &complaint_no(2), Some((1, wrong)), titled(2, "更正"));
    foreign.push(&[corrected]).await.unwrap();
    assert_eq!(exceptions(&world, 14).await.len(), 7, "the correction is no exception");
}

#[tokio::test]
async fn a_revision_taken_in_an_earlier_range_is_found() {
    let mut world = World::new(161, &["jintan"]).await;
    let mut foreign = world.foreign("jintan").await;
    foreign.greet().await.unwrap();
    let first = [good(&foreign, 1), good(&foreign, 2)];
    foreign.push(&first).await.unwrap();
    assert_eq!(exceptions(&world, 2).await, []);
    let second = [
        good(&foreign, 3),
        foreign.entry(COMPLAINT, &complaint_no(2), None, titled(2, "另一内容")),
        good(&foreign, 4),
    ];
    foreign.push(&second).await.unwrap();
    let found = exceptions(&world, 5).await;
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].sequence, &*found[0].reasons[0].rule), (3, "revision.taken"));
}

#[tokio::test]
async fn more_faults_than_a_receipt_holds_go_into_several() {
    use sanheyi_exchange_spec::limits::{REASONS, RECEIPT_EXCEPTIONS};
    let mut world = World::new(162, &["jintan"]).await;
    let mut foreign = world.foreign("jintan").await;
    foreign.greet().await.unwrap();
    let many = 2 * RECEIPT_EXCEPTIONS as u64 + 10;
    let entries: Vec<_> =
        (0..many).map(|n| foreign.entry(COMPLAINT, &complaint_no(n), None, vec![])).collect();
    foreign.push(&entries).await.unwrap();
    let row = hub_rows(&world, &id("jintan")).await[0].clone();
    let store = world.hub.store(&id("jintan"));
    until("the gate has judged", async || {
        store.receipt_counts(row.number).await.unwrap().1 == many
    })
    .await;
    let receipts = store.receipt_list(row.number, 0, 100).await.unwrap();
    assert_eq!(receipts.len(), 3);
    assert!(receipts.iter().all(|one| one.counts.quarantined <= RECEIPT_EXCEPTIONS as u64));
    let found = store.exception_list(row.number, None, 1000).await.unwrap();
    assert_eq!(found.len() as u64, many);
    assert!(found.iter().all(|one| one.reasons.len() <= REASONS));
}
