//! A revision follows the one before it, that very content of it. What comes too early waits; what
//! follows something else is quarantined; what follows something quarantined clears it.

use prost::Message as _;
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_hub::cli::answer;
use sanheyi_hub::quarantine::{Act, Filter, Who, WorkingDesk};
use sanheyi_node::branch::Sealed;
use sanheyi_node::store::Counts;
use sanheyi_proto::standard::v1::Complaint;
use sanheyi_tests::fixtures::{COMPLAINT, complaint, complaint_no};
use sanheyi_tests::world::{Foreign, World, counts, id, judged, rules};

fn titled(serial: u64, title: &str) -> Vec<u8> {
    Complaint { title: title.to_owned(), ..complaint(serial) }.encode_to_vec()
}

/// The next revision of a complaint; the first, if it follows nothing.
fn next(foreign: &Foreign, serial: u64, follows: Option<(u64, Digest)>, title: &str) -> Sealed {
    foreign.entry(COMPLAINT, &complaint_no(serial), follows, titled(serial, title))
}

/// Revisions 1 to `last`, each on the one before.
fn chain(foreign: &Foreign, serial: u64, last: u64) -> Vec<Sealed> {
    let mut all: Vec<Sealed> = Vec::new();
    for revision in 0..last {
        let follows = all.last().map(|before| (revision, before.digest));
        all.push(next(foreign, serial, follows, &format!("第 {} 版", revision + 1)));
    }
    all
}

async fn push(world: &World, foreign: &mut Foreign, entries: &[Sealed]) {
    foreign.push(entries).await.unwrap();
    judged(world, &id("jintan")).await;
}

fn pending(at: u64) -> (u64, Standing, Vec<String>) {
    (at, Standing::Pending, vec!["revision.absent".to_owned()])
}

fn quarantined(at: u64) -> (u64, Standing, Vec<String>) {
    (at, Standing::Quarantined, vec!["revision.follows".to_owned()])
}

#[tokio::test]
async fn one_that_comes_before_its_predecessor_waits_for_it() {
    let mut world = World::new(410, &["jintan"]).await;
    let mut foreign = world.foreign("jintan").await;
    foreign.greet().await.unwrap();
    let store = world.hub.store(&id("jintan"));
    let [one, two, three]: [Sealed; 3] = chain(&foreign, 1, 3).try_into().ok().unwrap();
    push(&world, &mut foreign, &[one, three]).await;
    assert_eq!(rules(&store).await, [pending(1)]);
    push(&world, &mut foreign, &[two]).await;
    assert_eq!(rules(&store).await, []);

    // From the last to the second, each by itself; and in one push, from the last to the first.
    let mut other = chain(&foreign, 2, 6);
    let first = other.remove(0);
    push(&world, &mut foreign, &[first]).await;
    for entry in other.into_iter().rev() {
        push(&world, &mut foreign, &[entry]).await;
    }
    let mut reversed = chain(&foreign, 3, 6);
    reversed.reverse();
    push(&world, &mut foreign, &reversed).await;
    assert_eq!(rules(&store).await, []);
    assert_eq!(counts(&store).await, Counts { accepted: 15, ..Counts::default() });
    for (serial, revisions) in [(1, 3), (2, 6), (3, 6)] {
        let found = store.record_history(COMPLAINT, &complaint_no(serial), 9).await.unwrap();
        assert_eq!(found.len(), revisions);
        assert!(found.iter().all(|one| one.standing == Some(Standing::Accepted)), "{found:?}");
    }
}

#[tokio::test]
async fn one_that_follows_another_content_is_quarantined() {
    let mut world = World::new(411, &["jintan"]).await;
    let mut foreign = world.foreign("jintan").await;
    foreign.greet().await.unwrap();
    let store = world.hub.store(&id("jintan"));
    let elsewhere = Digest::new([7; 32]);
    let first = next(&foreign, 1, None, "甲");
    // Behind what it should follow, in its range and in another; and before it.
    let wrong = next(&foreign, 1, Some((1, elsewhere)), "乙");
    push(&world, &mut foreign, &[first, wrong]).await;
    let first = next(&foreign, 2, None, "甲");
    push(&world, &mut foreign, &[first]).await;
    let wrong = next(&foreign, 2, Some((1, elsewhere)), "乙");
    push(&world, &mut foreign, &[wrong]).await;
    let early = next(&foreign, 3, Some((1, elsewhere)), "乙");
    push(&world, &mut foreign, &[early]).await;
    assert_eq!(rules(&store).await, [quarantined(1), quarantined(3), pending(4)]);
    let first = next(&foreign, 3, None, "甲");
    push(&world, &mut foreign, &[first]).await;
    assert_eq!(rules(&store).await, [quarantined(1), quarantined(3), quarantined(4)]);
    let due = Counts { accepted: 3, quarantined: 3, pending: 0, warned: 0 };
    assert_eq!(counts(&store).await, due);
}

async fn quarantine(world: &World) -> serde_json::Value {
    let config = world.hub.folder().join("hub.toml").display().to_string();
    let args = ["sanheyi-hub", "quarantine", "list", "--cleared", "--json", "--config", &config];
    let answer = answer(args.map(str::to_owned)).await.unwrap();
    serde_json::from_str(&answer.text).unwrap()
}

#[tokio::test]
async fn one_that_follows_what_is_quarantined_clears_it() {
    let mut world = World::new(412, &["jintan"]).await;
    let mut foreign = world.foreign("jintan").await;
    foreign.greet().await.unwrap();
    let store = world.hub.store(&id("jintan"));
    let first = next(&foreign, 1, None, "甲");
    let wrong = next(&foreign, 1, Some((1, first.digest)), "");
    let correct = next(&foreign, 1, Some((2, wrong.digest)), "乙");
    push(&world, &mut foreign, &[first, wrong]).await;
    let min_len = [(1, Standing::Quarantined, vec!["string.min_len".to_owned()])];
    assert_eq!(rules(&store).await, min_len);
    push(&world, &mut foreign, &[correct]).await;
    assert_eq!(rules(&store).await, min_len, "the correction is no exception");
    let due = Counts { accepted: 2, quarantined: 1, pending: 0, warned: 0 };
    assert_eq!(counts(&store).await, due);
    let listed = quarantine(&world).await;
    let [one] = &listed.as_array().unwrap()[..] else { panic!("one was due: {listed}") };
    assert_eq!((one["sequence"].as_u64(), one["cleared"].as_bool()), (Some(1), Some(true)));
}

#[tokio::test]
async fn what_claims_a_revision_that_another_has_is_not_released() {
    let mut world = World::new(413, &["jintan"]).await;
    let mut foreign = world.foreign("jintan").await;
    foreign.greet().await.unwrap();
    let store = world.hub.store(&id("jintan"));
    let (first, other) = (next(&foreign, 1, None, "甲"), next(&foreign, 1, None, "乙"));
    let digest = first.digest;
    push(&world, &mut foreign, &[first, other]).await;
    let taken = [(1, Standing::Quarantined, vec!["revision.taken".to_owned()])];
    assert_eq!(rules(&store).await, taken);
    let desk = WorkingDesk::new(&world.hub.exchange());
    // What it says would keep all rules; but it is not the record's first revision.
    let plan = desk.plan(&Act::Release, &Filter::default()).await.unwrap();
    assert_eq!((plan.outcome.stays, plan.entries.len()), (1, 1));
    let review = desk.begin(&plan, &Who::default()).await.unwrap();
    assert_eq!(desk.wait(&review, &mut |_| {}).await.unwrap().done, plan.outcome);
    assert_eq!(rules(&store).await, taken);
    let head = store.record_head(COMPLAINT, &complaint_no(1)).await.unwrap().unwrap();
    assert_eq!((head.revision, head.place.digest), (1, digest));
}
