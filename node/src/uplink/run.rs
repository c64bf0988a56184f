//! A link for years: connect, live through a session, pause with growing lengths, again. How it
//! stands is written to the store, where `status` reads it.

use std::sync::Arc;

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::link::branch::Phase;

use super::connect::{Connect, Standing};
use super::retry::{Retry, RetryConfig};
use super::sync::{LinkParts, Outcome, Session};
use super::transport::LineConfig;
use crate::health::heart::Heart;
use crate::process::clock;
use crate::process::lifecycle::Shutdown;
use crate::store::{LinkRow, StoreError};

/// How often a living link notes that the hub was heard, in microseconds.
const NOTE_EVERY: i64 = 1_000_000;

/// A branch's line to its hub.
pub struct Uplink<C = LineConfig> {
    parts: LinkParts,
    line: C,
    retry: Retry,
    row: LinkRow,
    carried: (u64, u64),
    heart: Option<Arc<Heart>>,
}

// === impl Uplink ===

impl<C: Connect> Uplink<C> {
    /// A line that is not yet connected.
    ///
    /// # Errors
    /// Of the database.
    pub async fn new(parts: LinkParts, line: C, pauses: RetryConfig) -> Result<Self, StoreError> {
        let row = parts.branch.store().link_get().await?.unwrap_or_default();
        let retry = Retry::new(Arc::clone(&parts.entropy), pauses);
        let carried = (row.sent, row.received);
        Ok(Self { parts, line, retry, row, carried, heart: None })
    }

    /// The same, with heartbeats.
    #[must_use]
    pub fn with_heart(self, heart: Arc<Heart>) -> Self {
        Self { heart: Some(heart), ..self }
    }

    /// Keeps the line up until shutdown.
    ///
    /// # Errors
    /// Only if the store cannot be written at all.
    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), StoreError> {
        loop {
            let outcome = tokio::select! {
                outcome = self.once() => outcome?,
                () = shutdown.soft_asked() => return Ok(()),
            };
            let pause = match outcome {
                Outcome::Held(code, why) => {
                    let mended = self.line.mended();
                    self.hold(code, &why).await?;
                    tokio::select! {
                        () = shutdown.soft_asked() => return Ok(()),
                        // Another certificate mends a refused one, and nothing else.
                        () = mended, if code == Code::Unauthorised => false,
                    }
                }
                Outcome::Reconnect { pause: true, why } => {
                    tracing::warn!(why, "the line to the hub is down");
                    self.phase("down", why).await?;
                    true
                }
                Outcome::Reconnect { pause: false, why } => {
                    // Nothing is wrong with the line: how it stood stays written until the next
                    // one has greeted, or has failed to.
                    tracing::info!(why, "connecting to the hub again");
                    false
                }
                Outcome::Going => true,
            };
            if pause {
                let pause = self.retry.next_pause();
                tokio::select! {
                    () = clock::pause(pause) => {}
                    () = shutdown.soft_asked() => return Ok(()),
                }
            }
        }
    }

    /// One connection's life.
    async fn once(&mut self) -> Result<Outcome, StoreError> {
        let Standing { port, meter } = match self.line.connect().await {
            Ok(line) => line,
            Err(ended) => return Ok(ended),
        };
        self.carried = (self.row.sent, self.row.received);
        let mut session = Session::new(self.parts.clone(), port).with_heart(self.heart.clone());
        loop {
            let outcome = session.step().await;
            self.row.sent = self.carried.0 + meter.sent();
            self.row.received = self.carried.1 + meter.received();
            if outcome != Outcome::Going {
                // How it ended is written with its reason, in one go.
                return Ok(outcome);
            }
            self.note(&mut session).await?;
        }
    }

    async fn note(&mut self, session: &mut Session<C::Port>) -> Result<(), StoreError> {
        let seen = session.take_seen();
        let now = self.parts.clock.now();
        let phase = phase_name(session.machine().phase());
        if session.machine().phase() == Phase::Live {
            self.retry.reset();
        }
        let stopped: Vec<_> =
            seen.stopped.iter().map(|(id, code)| format!("{id}: {}", code.remedy_zh())).collect();
        let detail = stopped.join("; ");
        let changed = self.row.phase != phase || self.row.detail != detail;
        let due = seen.heard && now.micros_since(self.row.heard) >= NOTE_EVERY;
        if seen.heard && (due || changed) {
            self.row.heard = now;
        }
        self.row.skew = seen.skew.unwrap_or(self.row.skew);
        if changed {
            phase.clone_into(&mut self.row.phase);
            self.row.since = now;
            self.row.detail = detail;
        }
        if changed || due { self.write().await } else { Ok(()) }
    }

    async fn phase(&mut self, phase: &str, why: String) -> Result<(), StoreError> {
        if self.row.phase != phase {
            self.row.since = self.parts.clock.now();
        }
        phase.clone_into(&mut self.row.phase);
        self.row.detail = why;
        self.write().await
    }

    /// Ends in *held*: no pause will mend a refused identity.
    async fn hold(&mut self, code: Code, why: &str) -> Result<(), StoreError> {
        tracing::error!(%code, why, remedy = code.remedy_en(), "held: an operator must act");
        if code == Code::IdentityHeld {
            self.parts.branch.hold(Some(code));
        }
        self.phase(&format!("held:{code}"), why.to_owned()).await
    }

    async fn write(&self) -> Result<(), StoreError> {
        let store = self.parts.branch.store();
        let written = async {
            let mut tx = store.begin("link_put").await?;
            tx.link_put(store, &self.row).await?;
            tx.commit().await
        };
        match written.await {
            // A full disk must not take the link down: what the hub has acknowledged may free it.
            Err(StoreError::Full { operation }) => {
                tracing::error!(operation, "the disk is full");
                Ok(())
            }
            other => other,
        }
    }
}

/// The word for a phase, as the store has it.
pub fn phase_name(phase: Phase) -> String {
    match phase {
        Phase::Down => "down".to_owned(),
        Phase::Greeting => "greeting".to_owned(),
        Phase::Reconciling => "reconciling".to_owned(),
        Phase::Live => "live".to_owned(),
        Phase::Held(code) => format!("held:{code}"),
    }
}
