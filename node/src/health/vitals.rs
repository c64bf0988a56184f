//! The watchdog of a process with what it is asked by: put together once, started with the other
//! tasks. A node and a hub have the same.

use std::sync::Arc;

use sanheyi_exchange_spec::time::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::Standing;
use super::check::{Check, Checks, Found};
use super::http::{Probes, answer};
use super::metrics::{Metrics, StandingMetrics};
use super::watch::{Pace, Watchdog, Watched};
use crate::identity::Files;
use crate::identity::health::{Validity, certificate_finding, revoked_finding};
use crate::process::clock::Clock;
use crate::process::lifecycle::{Shutdown, Tasks};
use crate::store::{Store, StoreError};
use crate::upkeep::room::{Room, disk_finding};

/// A watchdog, its metrics, and where both are asked for.
pub struct Vitals<W> {
    watchdog: Watchdog<W>,
    probes: Probes,
    listener: Option<TcpListener>,
}

/// The part of a process that its metrics tell.
pub struct Body {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The disk of its data.
    pub room: Option<Arc<Room>>,
    /// Where its certificate lies, if it has one.
    pub files: Option<Files>,
    /// How fast its watchdog is.
    pub pace: Pace,
}

// === impl Vitals ===

impl<W: Watched + 'static> Vitals<W> {
    /// The watchdog of `watched`; `further` metrics stand beside its own.
    pub fn new(watched: W, body: Body, further: Metrics, listener: Option<TcpListener>) -> Self {
        let Body { clock, room, files, pace } = body;
        let version = watched.version();
        let watchdog = Watchdog::new(watched, Arc::clone(&clock), pace);
        let standing = watchdog.listen();
        let own = StandingMetrics {
            standing: standing.clone(),
            clock: Arc::clone(&clock),
            room,
            certificate_ends: Box::new(move || {
                let held = files.as_ref()?.load().ok()?;
                Some(held.subject.not_after)
            }),
            version,
        };
        let probes = Probes { standing, metrics: further.with(own), clock };
        Self { watchdog, probes, listener }
    }

    /// What the watchdog sees, as it changes.
    pub fn standing(&self) -> watch::Receiver<Arc<Standing>> {
        self.probes.standing.clone()
    }

    /// Starts the watchdog and the probes.
    pub fn start(self, tasks: &mut Tasks, shutdown: &Shutdown) {
        let Self { watchdog, probes, listener } = self;
        tasks.spawn("watch", watchdog.run(shutdown.clone()));
        tasks.spawn("probes", answer(listener, probes, shutdown.clone()));
    }
}

/// What is wrong with the disk of a process and with its certificate.
pub fn own_checks(subject: String, room: Arc<Room>, files: Option<Files>) -> Checks {
    let disk = subject.clone();
    Checks::new()
        .with_plain(move |_| {
            let found = room.look().and_then(|seen| disk_finding(&room.rules(), &seen, &disk));
            found.into_iter().collect()
        })
        .with_plain(move |now| {
            let Some(held) = files.as_ref().and_then(|files| files.load().ok()) else {
                return Vec::new();
            };
            let (not_before, not_after) = (held.subject.not_before, held.subject.not_after);
            let validity = Validity { not_before, not_after };
            certificate_finding(&subject, validity, now).into_iter().collect()
        })
}

/// Whether the certificate of a branch was revoked.
pub struct Revoked;

impl Check for Revoked {
    fn findings<'a>(&'a self, store: &'a Store, _now: Timestamp) -> Found<'a> {
        Box::pin(async move {
            let link = store.link_get().await?;
            let subject = store.platform().as_str();
            let found = link.and_then(|link| revoked_finding(subject, &link));
            Ok::<_, StoreError>(found.into_iter().collect())
        })
    }
}
