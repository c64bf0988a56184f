//! The branch's side of the link. The driver feeds it what happened and does what it answers;
//! between the two lies everything that can fail.

use std::collections::{BTreeMap, BTreeSet};

use super::{Position, Refusal};
use crate::error::{Code, Remedy};
use crate::ids::{EpochId, JournalId, Lane};

/// Where the link stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// 离线: no connection, or none that has been greeted on.
    Down,
    /// 问候中: a Greet is on its way.
    Greeting,
    /// 核对中: greeted; some journal's history is being replaced by the hub's copy.
    Reconciling,
    /// 在线: greeted and reconciled; entries flow.
    Live,
    /// 已扣留: the hub refuses this machine; an operator decides.
    Held(Code),
}

/// What the hub granted for one journal, and how it compares with the branch's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Granted {
    /// The journal.
    pub journal: JournalId,
    /// Position in force from now on.
    pub position: Position,
    /// Size of the hub's copy.
    pub size: u64,
    /// Whether the branch's own journal begins with the hub's copy.
    pub agrees: bool,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A connection stands. `next` was drawn at random for the Greet on it.
    Connected {
        /// The next epoch id.
        next: EpochId,
    },
    /// The next epoch id is durable.
    EpochStored,
    /// The Greet was accepted; the grants are durable.
    Greeted {
        /// What was granted for each own journal.
        granted: Vec<Granted>,
        /// Lanes on which there is something to pull besides the normal one, which is always
        /// pulled: a hub that names no urgent mailbox is asked no urgent pull.
        lanes: Vec<Lane>,
    },
    /// The hub's copy is now the prefix of the journal, own entries appended again; all durable.
    Adopted {
        /// The journal.
        journal: JournalId,
        /// Its size now.
        size: u64,
    },
    /// Entries became durable in the branch's own journal.
    Appended {
        /// The journal.
        journal: JournalId,
        /// Its size now.
        size: u64,
    },
    /// A push was answered.
    Pushed {
        /// The journal.
        journal: JournalId,
        /// Position that the answer carries.
        position: Position,
        /// Durable size of the hub's copy.
        durable: u64,
    },
    /// A pull of that lane was answered and what it brought is durable.
    Pulled(Lane),
    /// A call was refused.
    Refused {
        /// The journal it was about; `None` for a Greet or a Pull.
        journal: Option<JournalId>,
        /// The refusal.
        refusal: Refusal,
    },
    /// A call failed, or the connection was lost.
    Lost,
    /// The hub has said that this connection is at its end, and takes no new call on it. Calls that
    /// were under way before are still answered.
    Ended {
        /// The journal whose push was not taken; `None` for a Greet or a Pull.
        journal: Option<JournalId>,
    },
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Store the next epoch id, then report [`Event::EpochStored`]. Nothing is sent before.
    StoreEpoch(EpochId),
    /// Send the Greet.
    Greet,
    /// Make the hub's copy the prefix of the journal, then report [`Event::Adopted`].
    Adopt {
        /// The journal.
        journal: JournalId,
        /// Size of the hub's copy.
        size: u64,
    },
    /// Offer entries from `first` on, up to one window.
    Push {
        /// The journal.
        journal: JournalId,
        /// Position to carry.
        position: Position,
        /// First sequence number.
        first: u64,
    },
    /// Ask for news on that lane. Each lane has one pull in flight, so that what is urgent never
    /// waits for the answer to a bulk one.
    Pull(Lane),
    /// Drop the connection and connect again; `pause` says whether to wait first, longer each time.
    Reconnect {
        /// Whether to wait.
        pause: bool,
    },
    /// Tell the operator: this machine is held.
    Hold(Code),
    /// Tell the operator: this journal alone is stopped.
    Stop {
        /// The journal.
        journal: JournalId,
        /// Why.
        code: Code,
    },
}

/// One of the branch's own journals, as the link sees it.
#[derive(Clone, Debug)]
struct Outgoing {
    size: u64,
    acknowledged: u64,
    position: Option<Position>,
    in_flight: bool,
    stopped: bool,
}

/// The branch's side of the link.
#[derive(Clone, Debug)]
pub struct BranchLink {
    phase: Phase,
    outgoing: BTreeMap<JournalId, Outgoing>,
    /// Journals whose history is being replaced.
    adopting: BTreeSet<JournalId>,
    /// Lanes that are pulled on this connection.
    pulling: BTreeSet<Lane>,
    /// The hub takes no new call on this connection: what is in flight is waited for.
    ending: bool,
}

// === impl BranchLink ===

impl BranchLink {
    /// A link that is down, for the branch's own journals and their durable sizes.
    pub fn new(journals: impl IntoIterator<Item = (JournalId, u64)>) -> Self {
        let outgoing = journals
            .into_iter()
            .map(|(journal, size)| {
                let fresh = Outgoing {
                    size,
                    acknowledged: 0,
                    position: None,
                    in_flight: false,
                    stopped: false,
                };
                (journal, fresh)
            })
            .collect();
        let adopting = BTreeSet::new();
        let pulling = BTreeSet::new();
        Self { phase: Phase::Down, outgoing, adopting, pulling, ending: false }
    }

    /// Where the link stands.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// Durable size of the hub's copy, as far as the hub has said in the present position.
    pub fn acknowledged(&self, journal: &JournalId) -> Option<u64> {
        self.outgoing
            .get(journal)
            .and_then(|outgoing| outgoing.position.map(|_| outgoing.acknowledged))
    }

    /// Whether everything that was appended is durable at the hub.
    pub fn is_caught_up(&self) -> bool {
        self.phase == Phase::Live
            && self.outgoing.values().all(|one| one.acknowledged >= one.size && !one.stopped)
    }

    /// Takes an event, answers with actions, to be done in order.
    pub fn on(&mut self, event: Event) -> Vec<Action> {
        match (self.phase, event) {
            (Phase::Held(_), _) => Vec::new(),
            (_, Event::Appended { journal, size }) => self.appended(&journal, size),
            (Phase::Down, Event::Connected { next }) => {
                self.phase = Phase::Greeting;
                vec![Action::StoreEpoch(next)]
            }
            (Phase::Greeting, Event::EpochStored) => vec![Action::Greet],
            (Phase::Greeting, Event::Greeted { granted, lanes }) => self.greeted(granted, lanes),
            (_, Event::Adopted { journal, size }) => self.adopted(&journal, size),
            (Phase::Live, Event::Pushed { journal, position, durable }) => {
                self.pushed(&journal, position, durable)
            }
            (Phase::Live, Event::Pulled(lane)) if self.pulling.contains(&lane) => {
                vec![Action::Pull(lane)]
            }
            (Phase::Down, Event::Lost) => vec![Action::Reconnect { pause: true }],
            (_, Event::Lost) => self.down(true),
            (Phase::Live | Phase::Reconciling, Event::Ended { journal }) => self.ended(journal),
            // A connection that ends before it was of any use is as good as none.
            (_, Event::Ended { .. }) => self.down(true),
            (_, Event::Refused { journal, refusal }) => self.refused(journal, &refusal),
            // An answer to a question of an earlier position: ignored (rule 10).
            _ => Vec::new(),
        }
    }

    fn greeted(&mut self, granted: Vec<Granted>, lanes: Vec<Lane>) -> Vec<Action> {
        let mut actions = Vec::new();
        for grant in granted {
            let Some(own) = self.outgoing.get_mut(&grant.journal) else { continue };
            own.acknowledged = grant.size;
            own.position = Some(grant.position);
            own.stopped = false;
            if !grant.agrees {
                own.position = None;
                own.acknowledged = 0;
                self.adopting.insert(grant.journal.clone());
                actions.push(Action::Adopt { journal: grant.journal, size: grant.size });
            }
        }
        if actions.is_empty() { self.live(lanes) } else { self.reconcile(actions) }
    }

    fn reconcile(&mut self, actions: Vec<Action>) -> Vec<Action> {
        self.phase = Phase::Reconciling;
        actions
    }

    /// After the last adoption the branch greets again: the epoch that it then opens stands on
    /// histories that both share. One that ends after the connection was lost counts as well.
    fn adopted(&mut self, journal: &JournalId, size: u64) -> Vec<Action> {
        if let Some(own) = self.outgoing.get_mut(journal) {
            own.size = size;
        }
        self.adopting.remove(journal);
        let last = self.phase == Phase::Reconciling && self.adopting.is_empty();
        if last { self.down(false) } else { Vec::new() }
    }

    /// What is urgent goes first: journals are in the order of their lanes, and so are pulls.
    fn live(&mut self, lanes: Vec<Lane>) -> Vec<Action> {
        self.phase = Phase::Live;
        self.pulling = lanes.into_iter().chain([Lane::Normal]).collect();
        let pushes = self.outgoing.iter_mut().filter_map(|(journal, own)| own.next_push(journal));
        pushes.chain(self.pulling.iter().map(|lane| Action::Pull(*lane))).collect()
    }

    fn appended(&mut self, journal: &JournalId, size: u64) -> Vec<Action> {
        let live = self.phase == Phase::Live && !self.ending;
        let Some(own) = self.outgoing.get_mut(journal) else { return Vec::new() };
        own.size = own.size.max(size);
        // Send at once if nothing is in flight, else coalesce: no timers on the data path.
        if live { own.next_push(journal).into_iter().collect() } else { Vec::new() }
    }

    fn pushed(&mut self, journal: &JournalId, position: Position, durable: u64) -> Vec<Action> {
        let Some(own) = self.outgoing.get_mut(journal) else { return Vec::new() };
        if own.position != Some(position) || !own.in_flight {
            return Vec::new();
        }
        own.in_flight = false;
        own.acknowledged = own.acknowledged.max(durable.min(own.size));
        if self.ending {
            return self.end_if_idle();
        }
        own.next_push(journal).into_iter().collect()
    }

    /// Nothing is wrong: after the last answer the branch connects again, at once.
    fn ended(&mut self, journal: Option<JournalId>) -> Vec<Action> {
        self.ending = true;
        self.pulling.clear();
        if let Some(own) = journal.and_then(|journal| self.outgoing.get_mut(&journal)) {
            own.in_flight = false;
        }
        self.end_if_idle()
    }

    fn end_if_idle(&mut self) -> Vec<Action> {
        if self.outgoing.values().any(|own| own.in_flight) { Vec::new() } else { self.down(false) }
    }

    fn refused(&mut self, journal: Option<JournalId>, refusal: &Refusal) -> Vec<Action> {
        if journal.as_ref().is_some_and(|journal| self.is_late(journal, refusal)) {
            return Vec::new();
        }
        match (refusal.code.remedy(), refusal.code, journal) {
            // Our copy of the hub's journal is longer than the journal: no Greet mends that.
            (_, Code::Gap, None) => self.down(true),
            (Remedy::Greet, ..) => self.down(false),
            (Remedy::Retry, ..) => self.down(true),
            (Remedy::Operator, code, Some(journal)) if stops_journal_alone(code) => {
                if let Some(own) = self.outgoing.get_mut(&journal) {
                    own.stopped = true;
                    own.in_flight = false;
                }
                let mut actions = vec![Action::Stop { journal, code }];
                if self.ending {
                    actions.extend(self.end_if_idle());
                }
                actions
            }
            (Remedy::Operator, code, _) => {
                self.phase = Phase::Held(code);
                vec![Action::Hold(code)]
            }
        }
    }

    /// Whether a push was refused that carried an earlier position than the present one (rule 10).
    /// A stale position was the present one only if another is in force by now.
    fn is_late(&self, journal: &JournalId, refusal: &Refusal) -> bool {
        let own = self.outgoing.get(journal).and_then(|own| own.position);
        if self.phase != Phase::Live || own.is_none() {
            return true;
        }
        let same = own == refusal.position;
        refusal.position.is_some() && same == (refusal.code == Code::EpochStale)
    }

    fn down(&mut self, pause: bool) -> Vec<Action> {
        self.phase = Phase::Down;
        self.pulling.clear();
        self.ending = false;
        self.adopting.clear();
        for own in self.outgoing.values_mut() {
            own.in_flight = false;
            own.position = None;
        }
        vec![Action::Reconnect { pause }]
    }
}

const fn stops_journal_alone(code: Code) -> bool {
    matches!(code, Code::HistoryChanged | Code::SignatureInvalid | Code::Malformed)
}

// === impl Outgoing ===

impl Outgoing {
    fn next_push(&mut self, journal: &JournalId) -> Option<Action> {
        let position = self.position?;
        if self.in_flight || self.stopped || self.acknowledged >= self.size {
            return None;
        }
        self.in_flight = true;
        Some(Action::Push { journal: journal.clone(), position, first: self.acknowledged })
    }
}

#[cfg(test)]
mod tests;
