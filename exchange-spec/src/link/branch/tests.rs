use super::*;
use crate::ids::Generation;

fn journal() -> JournalId {
    "jintan>changzhou/normal/00000000000000000000000000000001".parse().unwrap()
}

fn position(epoch: u8) -> Position {
    Position { generation: Generation::new([9; 16]), epoch: EpochId::new([epoch; 16]) }
}

fn granted(epoch: u8, size: u64, agrees: bool) -> Event {
    let granted = vec![Granted { journal: journal(), position: position(epoch), size, agrees }];
    Event::Greeted { granted, lanes: Vec::new() }
}

const PULL: Action = Action::Pull(Lane::Normal);

fn push(epoch: u8, first: u64) -> Action {
    Action::Push { journal: journal(), position: position(epoch), first }
}

fn pushed(epoch: u8, durable: u64) -> Event {
    Event::Pushed { journal: journal(), position: position(epoch), durable }
}

fn appended(size: u64) -> Event {
    Event::Appended { journal: journal(), size }
}

fn refused(code: Code) -> Event {
    Event::Refused { journal: Some(journal()), refusal: Refusal::new(code, "", "", "") }
}

/// A link that has been greeted on in epoch 1, with `size` entries of which the hub has `held`.
fn live(size: u64, held: u64) -> (BranchLink, Vec<Action>) {
    let mut link = BranchLink::new([(journal(), size)]);
    let next = EpochId::new([1; 16]);
    assert_eq!(link.on(Event::Connected { next }), [Action::StoreEpoch(next)]);
    assert_eq!(link.on(Event::EpochStored), [Action::Greet]);
    let actions = link.on(granted(1, held, true));
    (link, actions)
}

#[test]
fn nothing_is_sent_before_the_epoch_is_stored_and_the_greet_answered() {
    let mut link = BranchLink::new([(journal(), 7)]);
    assert_eq!(link.on(appended(8)), []);
    link.on(Event::Connected { next: EpochId::new([1; 16]) });
    assert_eq!(link.on(appended(9)), []);
    assert_eq!(link.on(Event::EpochStored), [Action::Greet]);
    assert_eq!(link.on(appended(10)), []);
    assert_eq!(link.on(granted(1, 7, true)), [push(1, 7), PULL]);
}

#[test]
fn what_is_appended_while_a_push_is_in_flight_is_coalesced() {
    let (mut link, actions) = live(0, 0);
    assert_eq!(actions, [PULL]);
    assert_eq!(link.on(appended(1)), [push(1, 0)]);
    assert_eq!(link.on(appended(2)), []);
    assert_eq!(link.on(appended(3)), []);
    assert_eq!(link.on(pushed(1, 1)), [push(1, 1)]);
    assert_eq!(link.on(pushed(1, 3)), []);
    assert!(link.is_caught_up());
}

#[test]
fn a_late_answer_of_an_earlier_epoch_acknowledges_nothing() {
    // M0 pushed u2; M1 := backup [u1], writes u3, greets; the late "size 2" arrives.
    let (mut link, _) = live(2, 1);
    link.on(Event::Lost);
    link.on(Event::Connected { next: EpochId::new([2; 16]) });
    link.on(Event::EpochStored);
    assert_eq!(link.on(granted(2, 1, true)), [push(2, 1), PULL]);
    assert_eq!(link.on(pushed(1, 2)), []);
    assert_eq!(link.acknowledged(&journal()), Some(1));
    assert!(!link.is_caught_up());
}

#[test]
fn another_history_is_adopted_and_greeted_on_again_before_anything_is_pushed() {
    let mut link = BranchLink::new([(journal(), 5)]);
    link.on(Event::Connected { next: EpochId::new([1; 16]) });
    link.on(Event::EpochStored);
    assert_eq!(link.on(granted(1, 4, false)), [Action::Adopt { journal: journal(), size: 4 }]);
    assert_eq!(link.phase(), Phase::Reconciling);
    assert_eq!(link.on(appended(6)), []);
    let again = link.on(Event::Adopted { journal: journal(), size: 6 });
    assert_eq!(again, [Action::Reconnect { pause: false }]);
    link.on(Event::Connected { next: EpochId::new([2; 16]) });
    link.on(Event::EpochStored);
    assert_eq!(link.on(granted(2, 4, true)), [push(2, 4), PULL]);
}

#[test]
fn a_held_machine_does_nothing_more() {
    let mut link = BranchLink::new([(journal(), 1)]);
    link.on(Event::Connected { next: EpochId::new([1; 16]) });
    link.on(Event::EpochStored);
    let refusal = Refusal::new(Code::IdentityHeld, "", "", "");
    let held = link.on(Event::Refused { journal: None, refusal });
    assert_eq!(held, [Action::Hold(Code::IdentityHeld)]);
    assert_eq!(link.on(Event::Lost), []);
    assert_eq!(link.on(Event::Connected { next: EpochId::new([2; 16]) }), []);
}

#[test]
fn a_changed_history_stops_its_journal_alone() {
    let (mut link, _) = live(3, 0);
    let stop = Action::Stop { journal: journal(), code: Code::HistoryChanged };
    assert_eq!(link.on(refused(Code::HistoryChanged)), [stop]);
    assert_eq!(link.on(appended(9)), []);
    assert_eq!(link.on(Event::Pulled(Lane::Normal)), [PULL]);
    assert!(!link.is_caught_up());
}

#[test]
fn a_stale_epoch_greets_again_at_once_and_trouble_pauses_first() {
    let (mut link, _) = live(3, 0);
    assert_eq!(link.on(refused(Code::EpochStale)), [Action::Reconnect { pause: false }]);
    let (mut link, _) = live(3, 0);
    assert_eq!(link.on(refused(Code::StoreFull)), [Action::Reconnect { pause: true }]);
    assert_eq!(link.on(Event::Lost), [Action::Reconnect { pause: true }]);
}

#[test]
fn a_hub_whose_own_journal_is_shorter_than_its_copy_is_not_asked_in_a_circle() {
    let (mut link, _) = live(3, 3);
    let refusal = Refusal::new(Code::Gap, "", "", "");
    let refused = Event::Refused { journal: None, refusal };
    assert_eq!(link.on(refused), [Action::Reconnect { pause: true }]);
}

#[test]
fn a_late_refusal_of_an_earlier_epoch_changes_nothing() {
    let late = |code, epoch| Event::Refused {
        journal: Some(journal()),
        refusal: Refusal::new(code, "", "", "").with_position(position(epoch)),
    };
    // The push of epoch 0 found epoch 1 in force, or was judged while epoch 0 still was.
    for refusal in [late(Code::EpochStale, 1), late(Code::HistoryChanged, 0), late(Code::Gap, 0)] {
        let (mut link, _) = live(3, 0);
        assert_eq!(link.on(refusal), []);
        assert_eq!(link.on(pushed(1, 2)), [push(1, 2)]);
    }
    // The same refusals of the present epoch count.
    let (mut link, _) = live(3, 0);
    assert_eq!(link.on(late(Code::EpochStale, 2)), [Action::Reconnect { pause: false }]);
    let (mut link, _) = live(3, 0);
    let stop = Action::Stop { journal: journal(), code: Code::HistoryChanged };
    assert_eq!(link.on(late(Code::HistoryChanged, 1)), [stop]);
    // A push refused after the connection was lost.
    let (mut link, _) = live(3, 0);
    link.on(Event::Lost);
    link.on(Event::Connected { next: EpochId::new([2; 16]) });
    assert_eq!(link.on(refused(Code::HistoryChanged)), []);
    assert_eq!(link.phase(), Phase::Greeting);
}

#[test]
fn the_branch_greets_again_only_when_every_history_is_adopted() {
    let urgent = urgent();
    let mut link = BranchLink::new([(journal(), 5), (urgent.clone(), 5)]);
    link.on(Event::Connected { next: EpochId::new([1; 16]) });
    link.on(Event::EpochStored);
    let grant = |journal: &JournalId, epoch, agrees| Granted {
        journal: journal.clone(),
        position: position(epoch),
        size: 4,
        agrees,
    };
    let both = vec![grant(&journal(), 1, false), grant(&urgent, 1, false)];
    assert_eq!(link.on(Event::Greeted { granted: both, lanes: Vec::new() }).len(), 2);
    assert_eq!(link.on(Event::Adopted { journal: journal(), size: 6 }), []);
    let again = link.on(Event::Adopted { journal: urgent.clone(), size: 7 });
    assert_eq!(again, [Action::Reconnect { pause: false }]);
    link.on(Event::Connected { next: EpochId::new([2; 16]) });
    link.on(Event::EpochStored);
    let both = vec![grant(&journal(), 2, true), grant(&urgent, 2, true)];
    link.on(Event::Greeted { granted: both, lanes: Vec::new() });
    assert_eq!(link.on(pushed(2, 6)), []);
    let answer = Event::Pushed { journal: urgent.clone(), position: position(2), durable: 7 };
    assert_eq!(link.on(answer), []);
    assert!(link.is_caught_up());
}

#[test]
fn an_adoption_that_ends_after_the_connection_was_lost_counts() {
    let mut link = BranchLink::new([(journal(), 5)]);
    link.on(Event::Connected { next: EpochId::new([1; 16]) });
    link.on(Event::EpochStored);
    link.on(granted(1, 4, false));
    link.on(Event::Lost);
    assert_eq!(link.on(Event::Adopted { journal: journal(), size: 7 }), []);
    link.on(Event::Connected { next: EpochId::new([2; 16]) });
    link.on(Event::EpochStored);
    assert_eq!(link.on(granted(2, 4, true)), [push(2, 4), PULL]);
    assert_eq!(link.on(pushed(2, 7)), []);
    assert!(link.is_caught_up());
}

#[test]
fn a_connection_at_its_end_is_left_at_once_when_nothing_is_under_way() {
    let again = [Action::Reconnect { pause: false }];
    let (mut link, _) = live(3, 3);
    assert_eq!(link.on(Event::Ended { journal: None }), again);
    assert_eq!(link.phase(), Phase::Down);
    // A push that was not taken is not under way.
    let (mut link, _) = live(3, 0);
    assert_eq!(link.on(Event::Ended { journal: Some(journal()) }), again);
}

#[test]
fn what_is_under_way_on_a_connection_at_its_end_is_waited_for() {
    let again = Action::Reconnect { pause: false };
    let (mut link, actions) = live(3, 0);
    assert_eq!(actions, [push(1, 0), PULL]);
    assert_eq!(link.on(Event::Ended { journal: None }), []);
    assert_eq!(link.on(appended(4)), [], "nothing new is begun");
    assert_eq!(link.on(Event::Pulled(Lane::Normal)), []);
    assert_eq!(link.on(pushed(1, 3)), std::slice::from_ref(&again));
    link.on(Event::Connected { next: EpochId::new([2; 16]) });
    link.on(Event::EpochStored);
    assert_eq!(link.on(granted(2, 3, true)), [push(2, 3), PULL]);

    let (mut link, _) = live(3, 0);
    link.on(Event::Ended { journal: None });
    let stop = Action::Stop { journal: journal(), code: Code::HistoryChanged };
    assert_eq!(link.on(refused(Code::HistoryChanged)), [stop, again]);
    let (mut link, _) = live(3, 0);
    link.on(Event::Ended { journal: None });
    assert_eq!(link.on(Event::Lost), [Action::Reconnect { pause: true }]);
}

#[test]
fn a_connection_that_ends_before_the_greet_is_answered_is_not_tried_again_at_once() {
    let mut link = BranchLink::new([(journal(), 3)]);
    link.on(Event::Connected { next: EpochId::new([1; 16]) });
    link.on(Event::EpochStored);
    let paused = [Action::Reconnect { pause: true }];
    assert_eq!(link.on(Event::Ended { journal: None }), paused);
}

fn urgent() -> JournalId {
    "jintan>changzhou/urgent/00000000000000000000000000000001".parse().unwrap()
}

/// A link with both lanes, live in epoch 1, whose hub names the mailboxes of those lanes.
fn live_on(lanes: Vec<Lane>) -> (BranchLink, Vec<Action>) {
    let mut link = BranchLink::new([(journal(), 5), (urgent(), 1)]);
    link.on(Event::Connected { next: EpochId::new([1; 16]) });
    link.on(Event::EpochStored);
    let grant = |journal| Granted { journal, position: position(1), size: 0, agrees: true };
    let granted = vec![grant(journal()), grant(urgent())];
    let actions = link.on(Event::Greeted { granted, lanes });
    (link, actions)
}

#[test]
fn each_lane_has_a_push_and_a_pull_of_its_own_and_the_urgent_one_goes_first() {
    let (mut link, actions) = live_on(vec![Lane::Normal, Lane::Urgent]);
    let first = Action::Push { journal: urgent(), position: position(1), first: 0 };
    assert_eq!(actions, [first, push(1, 0), Action::Pull(Lane::Urgent), PULL]);
    // The bulk ones stay without an answer: the urgent ones go on.
    assert_eq!(link.on(Event::Pulled(Lane::Urgent)), [Action::Pull(Lane::Urgent)]);
    let answer = Event::Pushed { journal: urgent(), position: position(1), durable: 1 };
    assert_eq!(link.on(answer), []);
    let next = Action::Push { journal: urgent(), position: position(1), first: 1 };
    assert_eq!(link.on(Event::Appended { journal: urgent(), size: 2 }), [next]);
    assert_eq!(link.on(Event::Pulled(Lane::Normal)), [PULL]);
}

#[test]
fn a_hub_that_names_no_urgent_mailbox_is_asked_no_urgent_pull() {
    let (mut link, actions) = live_on(Vec::new());
    assert_eq!(actions.last(), Some(&PULL));
    assert!(!actions.contains(&Action::Pull(Lane::Urgent)));
    assert_eq!(link.on(Event::Pulled(Lane::Urgent)), []);
}

#[test]
fn no_lane_is_pulled_again_on_a_connection_at_its_end_or_after_it() {
    let (mut link, _) = live_on(vec![Lane::Urgent]);
    link.on(Event::Ended { journal: None });
    for lane in [Lane::Urgent, Lane::Normal] {
        assert_eq!(link.on(Event::Pulled(lane)), []);
    }
    // The pulls that the end of the connection refuses are not two ends.
    let last = Event::Ended { journal: Some(urgent()) };
    assert_eq!(link.on(last), []);
    assert_eq!(link.on(pushed(1, 5)), [Action::Reconnect { pause: false }]);
    assert_eq!(link.on(Event::Pulled(Lane::Urgent)), []);
}
