//! Driving the link: events in, the machine of `exchange-spec` decides, its actions done. One push
//! per journal and one pull are in flight; receipts are pulled back and kept as they arrive.
//!
//! [`Session`] is one connection's life. [`Session::step`] waits for one thing to happen and does
//! what follows from it, so that a test can drive it by hand; [`super::run`] is a loop of
//! connecting, stepping and pausing.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::ids::{EpochId, JournalId};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::link::Position;
use sanheyi_exchange_spec::link::branch::{Action, BranchLink, Event};
use sanheyi_exchange_spec::segment::peek_entries;
use tokio::sync::watch;

use super::fetch::fetch_and_adopt;
use super::greeting::{Accepted, Greeter, failed};
pub use super::outcome::Outcome;
use super::outcome::{because, event_of};
use super::outgoing::prepare_push;
pub use super::parts::LinkParts;
use super::port::{
    CallError, GreetAnswer, HubPort, JournalGrant, PullAnswer, PullCall, PushAnswer, Tail,
};
use crate::branch::{Copies, CopyError, Window};
use crate::process::lifecycle::{Beside, beside};

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
    Pulled(Result<PullAnswer, CallError>),
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
            branch: parts.branch.clone(),
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
            seen: Seen::default(),
            begun: false,
        }
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
        tokio::select! {
            Some(done) = self.calls.next() => self.done(done).await,
            Ok(()) = self.sizes.changed() => self.appended().await,
            else => Outcome::Reconnect { pause: true, why: "the branch has stopped".to_owned() },
        }
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
                let PushAnswer { position, durable } = answer;
                self.feed(Event::Pushed { journal, position, durable }).await
            }
            Done::Pulled(Ok(answer)) => self.pulled(answer).await,
            Done::Pushed(journal, Err(error)) => self.failed(Some(journal), error).await,
            Done::Greeted(Err(error)) => {
                let (greeter, next) = (Arc::clone(&self.greeter), self.next);
                greeter.forget_if_not_granted(next, &error).await;
                self.failed(None, error).await
            }
            Done::Pulled(Err(error)) => self.failed(None, error).await,
        }
    }

    async fn failed(&mut self, journal: Option<JournalId>, error: CallError) -> Outcome {
        match event_of(journal, error) {
            Ok((event, why)) => because(&self.feed(event).await, why),
            Err(held) => held,
        }
    }

    async fn greeted(&mut self, answer: &GreetAnswer) -> Outcome {
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
        self.parts.branch.hold(None);
        self.grants = grants;
        self.opened = opened;
        let taken = self.take_up(answer).await;
        if let Err(error) = taken {
            return self.failed(None, error).await;
        }
        self.feed(Event::Greeted(granted)).await
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

    async fn pulled(&mut self, answer: PullAnswer) -> Outcome {
        self.seen.heard = true;
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
        self.feed(Event::Pulled).await
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
        copies.admit(&tail.journal, &entries, &tail.checkpoint, &acknowledged, now).await
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
        while let Some(event) = events.pop_front() {
            for action in self.machine.on(event) {
                let done = match action {
                    Action::StoreEpoch(next) => {
                        self.greeter.store_next(next).await.map(|()| Some(Event::EpochStored))
                    }
                    Action::Adopt { journal, .. } => self.adopt(journal).await,
                    other => {
                        if let Some(end) = self.act(other) {
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

    /// Does what needs no store.
    fn act(&mut self, action: Action) -> Option<Outcome> {
        match action {
            Action::StoreEpoch(_) | Action::Adopt { .. } => {}
            Action::Greet => self.greet(),
            Action::Push { journal, position, first } => self.push(journal, position, first),
            Action::Pull => self.pull(),
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

    /// Makes a call beside the session: at a port without a wire it reads and writes the very store
    /// that the session waits for while it does something else.
    fn call(&self, call: impl Future<Output = Done> + Send + 'static) {
        self.calls.push(beside(call));
    }

    fn greet(&self) {
        let (greeter, port, next) = (Arc::clone(&self.greeter), Arc::clone(&self.port), self.next);
        self.call(async move {
            let call = match greeter.call(next).await {
                Ok(call) => call,
                Err(error) => return Done::Greeted(Err(failed(error))),
            };
            Done::Greeted(port.greet(call).await)
        });
    }

    /// Makes the hub's copy the prefix. It borrows nothing: a session may move between threads
    /// while it waits.
    fn adopt(
        &self,
        journal: JournalId,
    ) -> impl Future<Output = Result<Option<Event>, CallError>> + Send + use<P> {
        let (branch, port) = (self.parts.branch.clone(), Arc::clone(&self.port));
        let grant = self.grants.get(&journal).cloned();
        let generation = self.copies.as_ref().map(Copies::generation);
        async move {
            let (Some(grant), Some(generation)) = (grant, generation) else { return Ok(None) };
            let size = fetch_and_adopt(&branch, port.as_ref(), generation, &grant).await?;
            Ok(Some(Event::Adopted { journal, size }))
        }
    }

    fn push(&self, journal: JournalId, position: Position, first: u64) {
        let (parts, port) = (self.parts.clone(), Arc::clone(&self.port));
        let opened = self.opened.get(&journal).copied().unwrap_or(0);
        self.call(async move {
            let call = prepare_push(&parts, &journal, position, opened, first).await;
            let answer = match call {
                Ok(call) => port.push(call).await,
                Err(error) => Err(error),
            };
            Done::Pushed(journal, answer)
        });
    }

    fn pull(&self) {
        let Some(copies) = self.copies.as_ref() else { return };
        let epochs = self.grants.iter().map(|(id, grant)| (id.clone(), grant.epoch)).collect();
        let call = PullCall {
            generation: copies.generation(),
            epochs,
            cursors: copies.cursors(),
            wait: Duration::from_millis(u64::from(limits::PULL_WAIT_MILLIS)),
            max_bytes: limits::WINDOW_BYTES,
        };
        let port = Arc::clone(&self.port);
        self.call(async move { Done::Pulled(port.pull(call).await) });
    }
}
