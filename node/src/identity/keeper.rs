//! The task that keeps an identity fresh: it asks the hub which authorities to trust, renews the
//! certificate in good time, and swaps what new lines use. The line that stands is not touched: at
//! its age it ends in order, and the next one shows the new certificate. The old one stays valid
//! meanwhile.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use thiserror::Error;
use tokio::sync::watch;

use super::files::{Files, FilesError, Held};
use super::health::Validity;
use crate::process::clock::{Clock, Deadline, pause};
use crate::process::lifecycle::Shutdown;
use crate::process::said::with_causes;
use crate::process::tls::request::{RequestError, request};
use crate::process::tls::{TlsError, client_config};
use crate::uplink::identity::IdentityPort;
use crate::uplink::port::CallError;
use crate::uplink::transport::{LineConfig, LineError, connect};

/// How often the files and the clock are looked at.
pub const LOOK: Duration = Duration::from_secs(5);
/// How often the hub is asked, in microseconds of the clock; and after every connection.
pub const ASK_EVERY: i64 = 3_600_000_000;
/// How soon the hub is asked again after it could not be.
const ASK_AGAIN: Duration = Duration::from_secs(60);
/// How often authorities may be taken over in one go: those, and the word that they are trusted.
const ROUNDS: usize = 3;

/// Keeps one node's identity fresh.
pub struct Keeper {
    files: Files,
    platform: PlatformId,
    line: LineConfig,
    clock: Arc<dyn Clock>,
    stood: watch::Receiver<u64>,
    stamp: Vec<Option<[u8; 32]>>,
    asked: Option<Timestamp>,
    again: Option<Deadline>,
}

/// Why a look at the hub came to nothing; it is repeated.
#[derive(Debug, Error)]
pub enum KeepError {
    /// There is no line.
    #[error(transparent)]
    Line(#[from] LineError),
    /// The hub refused, or the line was lost.
    #[error("市级平台未予办理：{0} / the hub did not do it: {0}")]
    Call(CallError),
    /// What was given could not be kept.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// What is there cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// No key could be made.
    #[error(transparent)]
    Request(#[from] RequestError),
}

// === impl Keeper ===

impl Keeper {
    /// Keeps `files`, and what `line` shows and trusts.
    pub fn new(
        files: Files,
        platform: PlatformId,
        line: LineConfig,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let stood = line.stood.subscribe();
        let stamp = files.stamp();
        Self { files, platform, line, clock, stood, stamp, asked: None, again: None }
    }

    /// Looks and asks until shutdown.
    ///
    /// # Errors
    /// None: what fails is said and tried again.
    pub async fn run(mut self, shutdown: Shutdown) -> Result<(), Infallible> {
        loop {
            tokio::select! {
                () = self.tick() => {}
                () = shutdown.soft_asked() => return Ok(()),
            }
            tokio::select! {
                () = pause(LOOK) => {}
                Ok(()) = self.stood.changed() => self.asked = None,
                () = shutdown.soft_asked() => return Ok(()),
            }
        }
    }

    /// Looks once at files and clock, and asks the hub if it is time.
    pub async fn tick(&mut self) {
        if self.files.stamp() != self.stamp {
            tracing::info!("the files of the identity have changed: new lines use the new ones");
            self.say(self.swap().map(drop));
            self.stamp = self.files.stamp();
        }
        if self.again.is_some_and(|again| !again.left().is_zero()) {
            return;
        }
        let now = self.clock.now();
        let fresh = |asked: Timestamp| (0..ASK_EVERY).contains(&now.micros_since(asked));
        if self.asked.is_some_and(fresh) {
            return;
        }
        let done = self.ask(now).await;
        self.asked = done.is_ok().then_some(now);
        self.again = done.is_err().then(|| Deadline::after(ASK_AGAIN));
        self.stamp = self.files.stamp();
        self.say(done);
    }

    fn say(&self, done: Result<(), KeepError>) {
        match done {
            Ok(()) => {}
            // The uplink says that the hub is away, and does so better.
            Err(KeepError::Line(error)) if error.fault().is_none() => {
                tracing::debug!(%error, "the identity was not looked at: there is no line");
            }
            Err(error) => {
                let why = with_causes(&error);
                tracing::warn!(
                    why,
                    "the identity could not be kept fresh, it is tried again: {why}"
                );
            }
        }
    }

    /// Asks the hub, whatever the time, and does what follows: trust first, then the certificate.
    ///
    /// # Errors
    /// If there is no line, the hub refuses, or the disk does.
    pub async fn ask(&self, now: Timestamp) -> Result<(), KeepError> {
        let line = connect(&self.line).await?;
        let port = IdentityPort::new(&line);
        let mut held = self.files.load()?;
        let mut due = false;
        for _ in 0..ROUNDS {
            let answer = port.trust(held.trusts).await.map_err(KeepError::Call)?;
            due = answer.due;
            let Some(authorities) = answer.authorities else { break };
            self.files.keep_trust(&authorities)?;
            held = self.swap()?;
            tracing::info!("other authorities are trusted from now on");
        }
        let Held { subject, trusts, .. } = held;
        let validity = Validity { not_before: subject.not_before, not_after: subject.not_after };
        if due || validity.renewal_due(now) {
            self.renew(&port, trusts).await?;
        }
        Ok(())
    }

    async fn renew(&self, port: &IdentityPort, trusts: [u8; 32]) -> Result<(), KeepError> {
        let made = request(&self.platform)?;
        let given = port.renew(&made.csr_pem, trusts).await.map_err(KeepError::Call)?;
        if let Some(authorities) = given.authorities {
            self.files.keep_trust(&authorities)?;
        }
        let subject = self.files.keep_pair(&given.chain, &made.key_pem)?;
        self.swap()?;
        let (serial, until) = (subject.serial, subject.not_after);
        tracing::info!(serial, %until, "the certificate was renewed; the next line shows it");
        Ok(())
    }

    /// Reads the files and gives new lines what they say.
    fn swap(&self) -> Result<Held, KeepError> {
        let held = self.files.load()?;
        self.line.tls.put(client_config(&held.identity, &held.trust, Arc::clone(&self.clock))?);
        Ok(held)
    }
}
