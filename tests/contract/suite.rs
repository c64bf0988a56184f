//! The promises. Each gets a world, and two platforms on the form of the port that is tested.

use std::time::Duration;

use sanheyi_exchange_spec::checkpoint::Checkpoint;
use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::grant::Grant;
use sanheyi_exchange_spec::ids::{Audience, EpochId, Generation, JournalId, Lane};
use sanheyi_exchange_spec::limits::WINDOW_BYTES;
use sanheyi_exchange_spec::link::{Position, Refusal};
use sanheyi_node::branch::Sealed;
use sanheyi_node::uplink::port::{CallError, GreetAnswer, HubPort, PROTOCOL, PullCall, PushCall};
use sanheyi_tests::fixtures::{COMPLAINT, complaint_no};
use sanheyi_tests::patience::within;
use sanheyi_tests::world::{Foreign, World};

pub(crate) use crate::files::a_file_is_taken_behind_its_record_and_given_back;

#[track_caller]
pub(crate) fn refused<T: std::fmt::Debug>(answer: Result<T, CallError>, code: Code) -> Refusal {
    let Err(CallError::Refused(refusal)) = answer else { panic!("{code} was due: {answer:?}") };
    assert_eq!(refusal.code, code, "{refusal}");
    assert!(!refusal.zh.is_empty() && !refusal.en.is_empty(), "in both languages: {refusal:?}");
    *refusal
}

fn entries<P: HubPort>(foreign: &Foreign<P>, serials: std::ops::Range<u64>) -> Vec<Sealed> {
    serials.map(|serial| foreign.entry(COMPLAINT, &complaint_no(serial), None, vec![])).collect()
}

fn pull_of(answer: &GreetAnswer) -> PullCall {
    PullCall {
        epochs: Vec::new(),
        generation: answer.generation,
        cursors: answer.mailboxes.clone(),
        wait: Duration::from_secs(20),
        max_bytes: WINDOW_BYTES,
    }
}

/// The mailbox of the normal lane: receipts go where their journal's lane is.
fn mailbox(answer: &GreetAnswer) -> &JournalId {
    let letters = |id: &JournalId| id.audience != Audience::All && id.lane == Lane::Normal;
    &answer.mailboxes.iter().find(|(id, _)| letters(id)).unwrap().0
}

pub(crate) async fn a_greet_grants_every_journal_that_is_claimed<P: HubPort>(
    world: &World,
    jintan: Foreign<P>,
    _: Foreign<P>,
) {
    let call = jintan.greet_call();
    let answer = jintan.port.greet(call.clone()).await.unwrap();
    let [grant] = &answer.grants[..] else { panic!("one grant: {answer:?}") };
    assert_eq!((&grant.journal, grant.epoch), (&jintan.journal, call.journals[0].next));
    assert_eq!((grant.size, grant.extends_claim), (0, true));
    let hub = &world.setup().hub;
    let signed = Grant::open(&grant.grant, hub, &world.hub.key().verifying()).unwrap();
    assert_eq!((signed.epoch, signed.serial, signed.opened), (grant.epoch, 1, 0));
    assert_eq!(signed.generation, answer.generation);
    let letters = answer.mailboxes.iter().filter(|(id, _)| id.audience != Audience::All);
    let [(normal, 0), (urgent, 0)] = letters.collect::<Vec<_>>()[..] else {
        panic!("an empty mailbox for each lane: {answer:?}")
    };
    assert_eq!((urgent.lane, normal.lane), (Lane::Urgent, Lane::Normal));
    for letters in [urgent, normal] {
        assert_eq!(letters.branch(hub), &jintan.platform);
    }
}

pub(crate) async fn the_same_greet_again_gets_the_same_answer<P: HubPort>(
    _: &World,
    jintan: Foreign<P>,
    _: Foreign<P>,
) {
    let call = jintan.greet_call();
    let first = jintan.port.greet(call.clone()).await.unwrap();
    assert_eq!(jintan.port.greet(call).await.unwrap(), first);
}

pub(crate) async fn a_greet_that_holds_no_epoch_in_force_is_held<P: HubPort>(
    _: &World,
    mut jintan: Foreign<P>,
    _: Foreign<P>,
) {
    let before = jintan.greet_call();
    jintan.greet().await.unwrap();
    jintan.greet().await.unwrap();
    refused(jintan.port.greet(before).await, Code::IdentityHeld);
    jintan.greet().await.unwrap();
}

pub(crate) async fn a_greet_of_another_protocol_is_refused<P: HubPort>(
    _: &World,
    mut jintan: Foreign<P>,
    _: Foreign<P>,
) {
    let mut call = jintan.greet_call();
    call.protocol = PROTOCOL + 1;
    refused(jintan.port.greet(call).await, Code::ProtocolUnknown);
    let mut call = jintan.greet_call();
    call.journals.push(call.journals[0].clone());
    refused(jintan.port.greet(call).await, Code::Malformed);
    jintan.greet().await.unwrap();
}

pub(crate) async fn a_push_is_answered_when_it_is_durable<P: HubPort>(
    world: &World,
    mut jintan: Foreign<P>,
    _: Foreign<P>,
) {
    jintan.greet().await.unwrap();
    let some = entries(&jintan, 1..4);
    let answer = jintan.push(&some).await.unwrap();
    assert_eq!((answer.durable, answer.position), (3, jintan.position));
    // Read by another connection than the one that wrote: it is committed.
    let store = world.hub.store(&jintan.platform);
    let row = store.journal_get(&jintan.journal).await.unwrap().unwrap();
    assert_eq!((row.head.size, row.head.root), (3, jintan.tree.root()));
    for (sequence, entry) in (0..).zip(&some) {
        let kept = store.entry_get(row.number, sequence).await.unwrap().unwrap();
        assert_eq!(kept.digest, entry.digest);
    }
}

pub(crate) async fn a_repeated_push_changes_nothing<P: HubPort>(
    world: &World,
    mut jintan: Foreign<P>,
    _: Foreign<P>,
) {
    jintan.greet().await.unwrap();
    let call = jintan.push_call(&entries(&jintan, 1..4));
    let first = jintan.port.push(call.clone()).await.unwrap();
    let store = world.hub.store(&jintan.platform);
    let before = store.journal_get(&jintan.journal).await.unwrap();
    assert_eq!(jintan.port.push(call).await.unwrap(), first);
    assert_eq!(store.journal_get(&jintan.journal).await.unwrap(), before);
}

pub(crate) async fn a_gap_is_refused_with_the_durable_size<P: HubPort>(
    _: &World,
    mut jintan: Foreign<P>,
    _: Foreign<P>,
) {
    jintan.greet().await.unwrap();
    jintan.push(&entries(&jintan, 1..4)).await.unwrap();
    let next = entries(&jintan, 4..5);
    let call = jintan.push_call(&next);
    let beyond = PushCall { first: call.first + 1, ..call.clone() };
    assert_eq!(refused(jintan.port.push(beyond).await, Code::Gap).durable, Some(3));
    assert_eq!(jintan.port.push(call).await.unwrap().durable, 4);
}

pub(crate) async fn a_stale_epoch_or_generation_is_refused_with_the_position_in_force<
    P: HubPort,
>(
    _: &World,
    mut jintan: Foreign<P>,
    _: Foreign<P>,
) {
    let never = entries(&jintan, 1..2);
    let ungreeted = jintan.push_call(&never);
    refused(jintan.port.push(ungreeted).await, Code::EpochStale);
    let answer = jintan.greet().await.unwrap();
    jintan.push(&never).await.unwrap();
    let some = entries(&jintan, 2..3);
    let old = jintan.push_call(&some);
    jintan.greet().await.unwrap();
    let refusal = refused(jintan.port.push(old).await, Code::EpochStale);
    assert_eq!((refusal.position, refusal.durable), (Some(jintan.position), Some(1)));

    let good = jintan.push_call(&some);
    for position in [
        Position { epoch: EpochId::new([9; 16]), ..jintan.position },
        Position { generation: Generation::new([9; 16]), ..jintan.position },
    ] {
        let stale = PushCall { position, ..good.clone() };
        let refusal = refused(jintan.port.push(stale).await, Code::EpochStale);
        assert_eq!(refusal.position, Some(jintan.position));
    }
    assert_eq!(jintan.port.push(good).await.unwrap().durable, 2);
    let stale = PullCall { generation: Generation::new([9; 16]), ..pull_of(&answer) };
    refused(jintan.port.pull(stale).await, Code::EpochStale);
}

pub(crate) async fn another_history_is_refused_with_both_roots<P: HubPort>(
    world: &World,
    mut jintan: Foreign<P>,
    _: Foreign<P>,
) {
    jintan.greet().await.unwrap();
    let empty = jintan.tree.clone();
    jintan.push(&entries(&jintan, 1..4)).await.unwrap();
    let held = jintan.tree.root();
    jintan.tree = empty;
    let others = entries(&jintan, 11..14);
    let changed = jintan.push_call(&others);
    others.iter().for_each(|entry| jintan.tree.push(entry.digest));
    let refusal = refused(jintan.port.push(changed.clone()).await, Code::HistoryChanged);
    let offered = jintan.tree.root();
    // The refusal that stops the journal carries both roots. Whoever lost that answer and asks
    // again hears that the journal is stopped (form, 6.4), and the hub's row says why.
    assert!(refusal.roots.is_none_or(|roots| roots == (offered, held)), "{refusal:?}");
    let row = world.hub.store(&jintan.platform).journal_get(&jintan.journal).await.unwrap();
    let why = row.unwrap().stopped.unwrap();
    assert!(why.contains(&offered.to_string()) && why.contains(&held.to_string()), "{why}");
    refused(jintan.port.push(changed).await, Code::HistoryChanged);
}

pub(crate) async fn a_pull_gives_letters_and_the_own_journal_byte_for_byte<P: HubPort>(
    world: &World,
    mut jintan: Foreign<P>,
    _: Foreign<P>,
) {
    let answer = jintan.greet().await.unwrap();
    let call = jintan.push_call(&entries(&jintan, 1..4));
    let sent = call.segments.clone();
    jintan.port.push(call).await.unwrap();
    let letters = within("a receipt", jintan.port.pull(pull_of(&answer))).await.unwrap();
    let [tail] = &letters.tails[..] else { panic!("one tail: {letters:?}") };
    assert_eq!((&tail.journal, tail.first, tail.durable), (mailbox(&answer), 0, 1));
    let key = world.hub.key().verifying();
    let signed = Checkpoint::open(&tail.checkpoint, &key).unwrap();
    assert_eq!((&signed.journal, signed.size), (&tail.journal, 1));

    let own = PullCall { cursors: vec![(jintan.journal.clone(), 0)], ..pull_of(&answer) };
    let own = jintan.port.pull(own).await.unwrap();
    assert_eq!(own.tails[0].segments, sent);
    assert_eq!(own.tails[0].durable, 3);
}

pub(crate) async fn a_pull_waits_for_news<P: HubPort>(
    _: &World,
    mut jintan: Foreign<P>,
    _: Foreign<P>,
) {
    let answer = jintan.greet().await.unwrap();
    let at_once = PullCall { wait: Duration::ZERO, ..pull_of(&answer) };
    assert_eq!(jintan.port.pull(at_once).await.unwrap().tails, []);

    let call = jintan.push_call(&entries(&jintan, 1..4));
    let (pulled, pushed) = within("both are answered", async {
        tokio::join!(jintan.port.pull(pull_of(&answer)), jintan.port.push(call))
    })
    .await;
    pushed.unwrap();
    assert_eq!(pulled.unwrap().tails.len(), 1);
}

pub(crate) async fn what_is_anothers_is_refused<P: HubPort>(
    _: &World,
    mut jintan: Foreign<P>,
    mut wujin: Foreign<P>,
) {
    let answer = jintan.greet().await.unwrap();
    wujin.greet().await.unwrap();
    refused(wujin.port.greet(jintan.greet_call()).await, Code::Unauthorised);
    let call = jintan.push_call(&entries(&jintan, 1..4));
    refused(wujin.port.push(call).await, Code::Unauthorised);
    for journal in [&jintan.journal, &answer.mailboxes[0].0] {
        let pull = PullCall { cursors: vec![(journal.clone(), 0)], ..pull_of(&answer) };
        refused(wujin.port.pull(pull).await, Code::Unauthorised);
    }
}
