//! The bounds of a call, reached and crossed on every form of the port: what comes from the hub's
//! own process is held to what comes over a wire.

use std::time::Duration;

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::ids::EpochId;
use sanheyi_exchange_spec::limits::{
    EPOCHS_HELD, JOURNALS_PER_CALL, PULL_WAIT_MILLIS, WINDOW_BYTES, WINDOW_SEGMENTS,
};
use sanheyi_node::uplink::port::{
    CallError, CopyClaim, GreetCall, HubPort, JournalClaim, PullCall, PushCall,
};
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no};
use sanheyi_tests::patience::within;
use sanheyi_tests::world::{Foreign, World};

/// The refusal is about this field and its bound, not about what stands in it.
#[track_caller]
fn beyond<T: std::fmt::Debug>(answer: Result<T, CallError>, field: &str) {
    let Err(CallError::Refused(refusal)) = answer else { panic!("{field} is beyond: {answer:?}") };
    assert_eq!((refusal.code, &*refusal.place), (Code::Malformed, field), "{refusal}");
    assert!(!refusal.zh.is_empty() && !refusal.en.is_empty(), "in both languages: {refusal:?}");
}

async fn greet<P: HubPort>(jintan: &mut Foreign<P>) {
    let copies = |count: usize| -> Vec<CopyClaim> {
        let copy = CopyClaim {
            journal: "wujin>changzhou/normal/00000000000000000000000000000001".parse().unwrap(),
            size: 0,
            root: jintan.tree.root(),
            checkpoint: String::new(),
        };
        vec![copy; count]
    };
    let call = jintan.greet_call();
    let more = GreetCall { copies: copies(JOURNALS_PER_CALL + 1), ..call.clone() };
    beyond(jintan.port.greet(more).await, "copies");

    // So many journals are looked at, one by one: here two are of one lane.
    let claims = |count: usize| vec![call.journals[0].clone(); count];
    let most = GreetCall { journals: claims(JOURNALS_PER_CALL), ..call.clone() };
    beyond(jintan.port.greet(most).await, &jintan.journal.to_string());
    let more = GreetCall { journals: claims(JOURNALS_PER_CALL + 1), ..call.clone() };
    beyond(jintan.port.greet(more).await, "journals");

    let holding = |count: usize| {
        let others = (1..count).map(|n| EpochId::new((n as u128).to_be_bytes()));
        let holds = [EpochId::ZERO].into_iter().chain(others).collect();
        vec![JournalClaim { holds, ..call.journals[0].clone() }]
    };
    let more = GreetCall { journals: holding(EPOCHS_HELD + 1), ..call.clone() };
    beyond(jintan.port.greet(more).await, "holds");
    let copies = copies(JOURNALS_PER_CALL);
    let most = GreetCall { journals: holding(EPOCHS_HELD), copies, ..call };
    let answer = jintan.port.greet(most).await.unwrap();
    jintan.take(&answer);
}

async fn push<P: HubPort>(jintan: &mut Foreign<P>) {
    let entries: Vec<_> = (0..=WINDOW_SEGMENTS as u64)
        .map(|serial| jintan.entry(COMPLAINT, &complaint_no(serial), None, vec![]))
        .collect();
    let segments: Vec<_> =
        entries.iter().map(|entry| jintan.segment(std::slice::from_ref(entry))).collect();
    let more = PushCall { segments: segments.clone(), ..jintan.push_call(&entries) };
    beyond(jintan.port.push(more).await, "segments");
    let most = PushCall {
        segments: segments[..WINDOW_SEGMENTS].to_vec(),
        ..jintan.push_call(&entries[..WINDOW_SEGMENTS])
    };
    assert_eq!(jintan.port.push(most).await.unwrap().durable, WINDOW_SEGMENTS as u64);
}

async fn pull<P: HubPort>(jintan: &mut Foreign<P>) {
    let own = |count: usize| vec![(jintan.journal.clone(), 0); count];
    let epochs = |count: usize| vec![(jintan.journal.clone(), jintan.position.epoch); count];
    let most = PullCall {
        generation: jintan.position.generation,
        cursors: own(JOURNALS_PER_CALL),
        epochs: epochs(JOURNALS_PER_CALL),
        wait: Duration::from_millis(u64::from(PULL_WAIT_MILLIS)),
        max_bytes: WINDOW_BYTES,
    };
    let more = PullCall { cursors: own(JOURNALS_PER_CALL + 1), ..most.clone() };
    beyond(jintan.port.pull(more).await, "cursors");
    let more = PullCall { epochs: epochs(JOURNALS_PER_CALL + 1), ..most.clone() };
    beyond(jintan.port.pull(more).await, "epochs");
    let answer = within("a pull with news", jintan.port.pull(most)).await.unwrap();
    assert!(!answer.tails.is_empty());
}

async fn all<P: HubPort>(mut jintan: Foreign<P>) {
    greet(&mut jintan).await;
    push(&mut jintan).await;
    pull(&mut jintan).await;
}

#[tokio::test]
async fn of_a_call_without_a_wire() {
    let mut world = World::new(8, &["jintan"]).await;
    all(world.local("jintan").await).await;
}

#[tokio::test]
async fn of_a_call_over_the_wire() {
    let mut world = World::new(8, &["jintan"]).await;
    all(world.foreign("jintan").await).await;
}
