//! Driving the link: events in, the machine of `exchange-spec` decides, its actions done. One push
//! per journal and one pull per lane are in flight; receipts are pulled back and kept as they
//! arrive.
//!
//! [`Session`] is one connection's life. [`Session::step`] waits for one thing to happen and does
//! what follows from it, so that a test can drive it by hand; [`super::run`] is a loop of
//! connecting, stepping and pausing.

mod calls;
mod noting;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::health::Heartbeat;
use sanheyi_exchange_spec::ids::{Audience, EpochId, JournalId, Lane};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::link::branch::{Action, BranchLink, Event, Phase};
use sanheyi_exchange_spec::segment::peek_entries;
use tokio::sync::watch;

use self::noting::due;
use super::attachments::{Moved, Mover, again_if_restored};
use super::beat::Pulse;
use super::greeting::{Accepted, Greeter, failed};
use super::lanes::Way;
pub use super::outcome::Outcome;
use super::outcome::{because, event_of};
pub use super::parts::LinkParts;
use super::port::{CallError, GreetAnswer, HubPort, JournalGrant, PullAnswer, PushAnswer, Tail};
use crate::branch::{Arrived, Copies, CopyError, Window};
use crate::health::heart::Heart;
use crate::process::clock::Deadline;
use crate::process::lifecycle::Beside;

/// How long the normal lane gathers letters after some that came one by one: each answer costs both
/// ends a commit or a signature, however little is in it. The first after a silence never waits.
const GATHER: Duration = Duration::from_millis(10);
/// Bytes of letters from which nothing is gathered: they come fast enough by themselves.
const GATHER_BYTES: usize = 64 * 1024;
/// How long a pull waits for news.
const PULL_WAIT: Duration = Duration::from_millis(limits::PULL_WAIT_MILLIS as u64);

/// What one connection's life looks like to whoever watches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The hub's clock less ours, at the last Greet.
    pub skew: Option<i64>,
    /// Whether something was answered since the last look.
    pub heard: bool,
    /// Journals that are stopped, and why.
    pub stopped: BTreeMap<JournalId, Code>,
}

enum Done {
    Greeted(Result<GreetAnswer, CallError>),
    Pushed(JournalId, Result<PushAnswer, CallError>),
    Pulled(Lane, Result<PullAnswer, CallError>),
    Moved(Moved),
    Beaten(Result<Option<Heartbeat>, CallError>),
    /// It is the turn of a push or a pull that had to wait for its lane.
    Turn(Action),
}

/// One connection's life.
pub struct Session<P> {
    parts: LinkParts,
    greeter: Arc<Greeter>,
    port: Arc<P>,
    machine: BranchLink,
    next: EpochId,
    grants: BTreeMap<JournalId, JournalGrant>,
    opened: BTreeMap<JournalId, u64>,
    copies: Option<Copies>,
    sizes: watch::Receiver<BTreeMap<JournalId, u64>>,
    known: BTreeMap<JournalId, u64>,
    calls: FuturesUnordered<Beside<Done>>,
    /// Journals whose push waits for the turn of its lane: nothing of them is under way.
    waiting: BTreeSet<JournalId>,
    /// Lanes whose letters came one by one, so that the next pull waits for more of them.
    gathering: BTreeSet<Lane>,
    mover: Mover,
    pulse: Option<Pulse>,
    /// When it is to be written down how far the hub has acknowledged.
    note: Option<Deadline>,
    seen: Seen,
    begun: bool,
}

// === impl Session ===

impl<P: HubPort + 'static> Session<P> {
    /// Begins on a connection that stands.
    pub fn new(parts: LinkParts, port: P) -> Self {
        let mut sizes = parts.branch.sizes();
        let known = sizes.borrow_and_update().clone();
        let machine = BranchLink::new(known.clone());
        let greeter = Arc::new(Greeter {
            store: parts.branch.store().clone(),
            hub: parts.branch.hub().clone(),
            hub_key: parts.hub_key,
            clock: Arc::clone(&parts.clock),
        });
        let next = parts.entropy.epoch();
        Self {
            parts,
            greeter,
            port: Arc::new(port),
            machine,
            next,
            grants: BTreeMap::new(),
            opened: BTreeMap::new(),
            copies: None,
            sizes,
            known,
            calls: FuturesUnordered::new(),
            waiting: BTreeSet::new(),
            gathering: BTreeSet::new(),
            mover: Mover::default(),
            pulse: None,
            note: None,
            seen: Seen::default(),
            begun: false,
        }
    }

    /// The same, with heartbeats.
    #[must_use]
    pub fn with_heart(self, heart: Option<Arc<Heart>>) -> Self {
        Self { pulse: heart.map(Pulse::new), ..self }
    }

    /// The machine: phase, and how far the hub has acknowledged.
    pub fn machine(&self) -> &BranchLink {
        &self.machine
    }

    /// What was seen since the last look.
    pub fn take_seen(&mut self) -> Seen {
        let seen = self.seen.clone();
        self.seen.heard = false;
        seen
    }

    /// Waits for one thing to happen and does what follows from it.
    pub async fn step(&mut self) -> Outcome {
        if !self.begun {
            self.begun = true;
            let next = self.next;
            return self.feed(Event::Connected { next }).await;
        }
        let outcome = tokio::select! {
            Some(done) = self.calls.next() => self.done(done).await,
            Ok(()) = self.sizes.changed() => self.appended().await,
            () = Pulse::wait(&self.pulse), if self.beats() => self.beat(),
            () = due(self.note) => self.write_down().await,
            else => Outcome::Reconnect { pause: true, why: "the branch has stopped".to_owned() },
        };
        // Files go when nothing else is to be sent.
        let free = self.machine.is_caught_up() && outcome == Outcome::Going;
        if let Some(job) = self.mover.job(free, &self.port, &self.parts) {
            self.call(async move { Done::Moved(job.run().await) });
        }
        outcome
    }

    fn beats(&self) -> bool {
        self.pulse.is_some() && self.machine.phase() == Phase::Live
    }

    async fn appended(&mut self) -> Outcome {
        let sizes = self.sizes.borrow_and_update().clone();
        for (journal, size) in &sizes {
            if self.known.get(journal) != Some(size) {
                let event = Event::Appended { journal: journal.clone(), size: *size };
                let outcome = self.feed(event).await;
                if outcome != Outcome::Going {
                    return outcome;
                }
            }
        }
        self.known = sizes;
        Outcome::Going
    }

    async fn done(&mut self, done: Done) -> Outcome {
        match done {
            Done::Greeted(Ok(answer)) => self.greeted(&answer).await,
            Done::Pushed(journal, Ok(answer)) => {
                self.seen.heard = true;
                self.mover.wake(false);
                self.note_soon();
                let PushAnswer { position, durable } = answer;
                self.feed(Event::Pushed { journal, position, durable }).await
            }
            Done::Pulled(lane, Ok(answer)) => self.pulled(lane, answer).await,
            Done::Moved(moved) => {
                self.mover.took(moved);
                Outcome::Going
            }
            Done::Beaten(beaten) => self.beaten(beaten),
            Done::Turn(action) => self.act(action).unwrap_or(Outcome::Going),
            Done::Pushed(journal, Err(error)) => self.failed(Some(journal), error).await,
            Done::Greeted(Err(error)) => {
                let (greeter, next) = (Arc::clone(&self.greeter), self.next);
                greeter.forget_if_not_granted(next, &error).await;
                self.failed(None, error).await
            }
            Done::Pulled(_, Err(error)) => self.failed(None, error).await,
        }
    }

    async fn failed(&mut self, journal: Option<JournalId>, error: CallError) -> Outcome {
        match event_of(journal, error) {
            Ok((event, why)) => because(&self.feed(event).await, why),
            Err(held) => held,
        }
    }

    async fn greeted(&mut self, answer: &GreetAnswer) -> Outcome {
        let store = self.parts.branch.store();
        if let Err(error) = again_if_restored(store, answer.generation).await {
            return self.failed(None, failed(error)).await;
        }
        let Accepted { granted, opened, grants, skew } =
            match self.greeter.accept(answer, self.next).await {
                Ok(accepted) => accepted,
                Err(error) => return self.failed(None, error).await,
            };
        if skew.abs() > limits::CLOCK_SKEW_MICROS {
            tracing::warn!(
                skew_seconds = skew / 1_000_000,
                "the hub's clock and ours differ: check the time service"
            );
        }
        self.seen.skew = Some(skew);
        self.seen.heard = true;
        self.seen.stopped.clear();
        self.note_soon();
        self.mover.wake(true);
        self.parts.branch.hold(None);
        self.grants = grants;
        self.opened = opened;
        let taken = self.take_up(answer).await;
        if let Err(error) = taken {
            return self.failed(None, error).await;
        }
        let lanes = self.copies.as_ref().map(Copies::lanes).unwrap_or_default();
        self.feed(Event::Greeted { granted, lanes }).await
    }

    async fn take_up(&mut self, answer: &GreetAnswer) -> Result<(), CallError> {
        let store = self.parts.branch.store().clone();
        let mut copies = Copies::new(store, self.parts.hub_key, answer.generation)
            .map_err(|error| CallError::Lost(error.to_string()))?
            .beside(Arc::clone(self.parts.branch.recent()));
        copies.take_up(&answer.mailboxes).await.map_err(failed)?;
        self.copies = Some(copies);
        Ok(())
    }

    async fn pulled(&mut self, lane: Lane, answer: PullAnswer) -> Outcome {
        self.seen.heard = true;
        self.mover.wake(answer.tails.is_empty());
        let bytes = answer.tails.iter().map(|tail| bytes_of(&tail.segments)).sum();
        self.parts.lanes.paid(lane, Way::Down, bytes);
        self.gathering.remove(&lane);
        if lane == Lane::Normal && (1..GATHER_BYTES).contains(&bytes) {
            self.gathering.insert(lane);
        }
        for tail in answer.tails {
            if let Err(error) = self.take_in(&tail).await {
                let refused = match error {
                    CopyError::Refused(refusal) => CallError::from(refusal),
                    other => CallError::Lost(other.to_string()),
                };
                tracing::error!(journal = %tail.journal, %refused, "a mailbox was not admitted");
                return self.failed(None, refused).await;
            }
        }
        self.feed(Event::Pulled(lane)).await
    }

    async fn take_in(&mut self, tail: &Tail) -> Result<(), CopyError> {
        let acknowledged = self.acknowledged();
        let Some(copies) = self.copies.as_mut() else { return Ok(()) };
        let mut past = tail.first;
        for bytes in &tail.segments {
            past +=
                u64::from(peek_entries(bytes).map_err(|error| CopyError::Segment {
                    journal: tail.journal.clone(),
                    error,
                })?);
        }
        let entries = Window { first: tail.first, past, segments: tail.segments.clone() };
        let now = self.parts.clock.now();
        let arrived = Arrived {
            journal: &tail.journal,
            entries: &entries,
            checkpoint: &tail.checkpoint,
            enclosures: &tail.enclosures,
            rules: &self.parts.branch.rulebook(),
        };
        copies.admit(&arrived, &acknowledged, now).await?;
        if tail.journal.audience == Audience::All {
            self.parts.branch.read_broadcast().await?;
        }
        Ok(())
    }

    /// How far the hub has acknowledged each own journal.
    pub fn acknowledged(&self) -> BTreeMap<JournalId, u64> {
        self.known
            .keys()
            .filter_map(|id| Some((id.clone(), self.machine.acknowledged(id)?)))
            .collect()
    }

    /// Feeds an event to the machine and does what it answers. What writes to the store is done
    /// here and now: a transaction inside a future that nobody polls would hold the one writer for
    /// ever.
    async fn feed(&mut self, event: Event) -> Outcome {
        let mut outcome = Outcome::Going;
        let mut reason = None;
        let mut events = VecDeque::from([event]);
        if matches!(events.front(), Some(Event::Ended { .. })) {
            // What waits for its turn was not sent: the end of a connection is not kept waiting.
            let unsent = std::mem::take(&mut self.waiting).into_iter();
            events.extend(unsent.map(|journal| Event::Ended { journal: Some(journal) }));
        }
        while outcome == Outcome::Going
            && let Some(event) = events.pop_front()
        {
            for action in self.machine.on(event) {
                let done = match action {
                    Action::StoreEpoch(next) => {
                        self.greeter.store_next(next).await.map(|()| Some(Event::EpochStored))
                    }
                    Action::Adopt { journal, .. } => self.adopt(journal).await,
                    other => {
                        if let Some(end) = self.in_turn(other) {
                            outcome = end;
                        }
                        Ok(None)
                    }
                };
                match done.map_err(|error| event_of(None, error)) {
                    Ok(event) => events.extend(event),
                    Err(Ok((event, why))) => {
                        if !matches!(event, Event::Ended { .. }) {
                            tracing::warn!(why, "the link gives up this connection");
                        }
                        reason = Some(why);
                        events.push_back(event);
                    }
                    Err(Err(held)) => return held,
                }
            }
        }
        reason.map_or_else(|| outcome.clone(), |reason| because(&outcome, reason))
    }

    fn act(&mut self, action: Action) -> Option<Outcome> {
        match action {
            Action::StoreEpoch(_) | Action::Adopt { .. } => {}
            Action::Greet => self.greet(),
            Action::Push { journal, position, first } => self.push(journal, position, first),
            Action::Pull(lane) => self.pull(lane),
            Action::Reconnect { pause } => {
                return Some(Outcome::Reconnect { pause, why: String::new() });
            }
            Action::Hold(code) => return Some(Outcome::Held(code, String::new())),
            Action::Stop { journal, code } => {
                tracing::error!(%journal, %code, "the journal is stopped");
                self.seen.stopped.insert(journal, code);
            }
        }
        None
    }
}

fn bytes_of(segments: &[Bytes]) -> usize {
    segments.iter().map(Bytes::len).sum()
}
