//! The calls of a session: made when it is the turn of their lane, beside whatever it does.

use std::sync::Arc;

use sanheyi_exchange_spec::health::Heartbeat;
use sanheyi_exchange_spec::ids::{JournalId, Lane};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::link::Position;
use sanheyi_exchange_spec::link::branch::{Action, Event};

use super::super::fetch::fetch_and_adopt;
use super::super::greeting::failed;
use super::super::lanes::Way;
use super::super::outgoing::prepare_push;
use super::super::port::{CallError, HubPort, PullCall};
use super::{Done, GATHER, Outcome, PULL_WAIT, Session, bytes_of};
use crate::branch::Copies;
use crate::process::clock::pause;
use crate::process::lifecycle::beside;

impl<P: HubPort + 'static> Session<P> {
    /// Does what needs no store, when it is its turn.
    pub(super) fn in_turn(&mut self, action: Action) -> Option<Outcome> {
        let (lane, way) = match &action {
            Action::Push { journal, .. } => (journal.lane, Way::Up),
            Action::Pull(lane) => (*lane, Way::Down),
            _ => return self.act(action),
        };
        if self.parts.lanes.wait(lane, way).is_zero() {
            return self.act(action);
        }
        if let Action::Push { journal, .. } = &action {
            self.waiting.insert(journal.clone());
        }
        let lanes = Arc::clone(&self.parts.lanes);
        self.call(async move {
            lanes.turn(lane, way).await;
            Done::Turn(action)
        });
        None
    }

    /// Makes a call beside the session: at a port without a wire it reads and writes the very store
    /// that the session waits for while it does something else.
    pub(super) fn call(&self, call: impl Future<Output = Done> + Send + 'static) {
        self.calls.push(beside(call));
    }

    pub(super) fn greet(&self) {
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
    pub(super) fn adopt(
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

    pub(super) fn push(&mut self, journal: JournalId, position: Position, first: u64) {
        self.waiting.remove(&journal);
        let (parts, port) = (self.parts.clone(), Arc::clone(&self.port));
        let opened = self.opened.get(&journal).copied().unwrap_or(0);
        self.call(async move {
            let call = prepare_push(&parts, &journal, position, opened, first).await;
            let answer = match call {
                Ok(call) => {
                    parts.lanes.paid(journal.lane, Way::Up, bytes_of(&call.segments));
                    port.push(call).await
                }
                Err(error) => Err(error),
            };
            Done::Pushed(journal, answer)
        });
    }

    pub(super) fn pull(&self, lane: Lane) {
        let Some(copies) = self.copies.as_ref() else { return };
        let epochs = self.grants.iter().map(|(id, grant)| (id.clone(), grant.epoch)).collect();
        let call = PullCall {
            generation: copies.generation(),
            epochs,
            cursors: copies.cursors(lane),
            wait: self.parts.lanes.within_hours(lane, PULL_WAIT),
            max_bytes: limits::WINDOW_BYTES,
        };
        let (port, gathers) = (Arc::clone(&self.port), self.gathering.contains(&lane));
        self.call(async move {
            if gathers {
                pause(GATHER).await;
            }
            Done::Pulled(lane, port.pull(call).await)
        });
    }

    /// Gives a heartbeat and takes the hub's. It waits for nothing, and no lane's turn: some
    /// hundred bytes every few minutes.
    pub(super) fn beat(&mut self) -> Outcome {
        let size = self.known.values().sum();
        let acknowledged = self.acknowledged().into_values().sum();
        if let Some(pulse) = &mut self.pulse {
            pulse.again();
            let beat = pulse.heart.beat(self.parts.clock.now(), size, acknowledged);
            let port = Arc::clone(&self.port);
            self.call(async move { Done::Beaten(port.beat(beat).await) });
        }
        Outcome::Going
    }

    /// A heartbeat that was lost is nobody's business: what else is lost with it says so.
    pub(super) fn beaten(&mut self, beaten: Result<Option<Heartbeat>, CallError>) -> Outcome {
        match beaten {
            Ok(Some(beat)) => {
                self.seen.heard = true;
                if let Some(pulse) = &self.pulse {
                    pulse.heart.heard(beat, self.parts.clock.now());
                }
            }
            Ok(None) => {}
            Err(error) => tracing::debug!(%error, "a heartbeat was not answered"),
        }
        Outcome::Going
    }
}
