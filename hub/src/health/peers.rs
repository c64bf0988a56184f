//! What this instance knows of the platforms from their lines: who is connected, since when, how
//! many bytes went, what their heartbeats said, and whom it refused.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::health::Heartbeat;
use sanheyi_exchange_spec::ids::{EpochId, PlatformId};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::process::clock::Clock;
use sanheyi_node::uplink::port::GreetCall;

/// A tenant whose branch has called within this time is there, in microseconds: a pull returns
/// every 25 s at the latest.
pub const CALLED_WITHIN: i64 = 60_000_000;
/// A refusal that no Greet of the same machine has followed is shown for so long, in microseconds:
/// a day. A held machine asks no more, so nothing else says that it still waits.
pub const HELD_SHOWN: i64 = 86_400_000_000;

/// The lines of this instance.
pub struct Peers {
    clock: Arc<dyn Clock>,
    known: Mutex<BTreeMap<PlatformId, Known>>,
}

/// Bytes of one platform, of all its connections, inside TLS.
#[derive(Debug, Default)]
pub struct Traffic {
    received: AtomicU64,
    sent: AtomicU64,
}

/// What is known of one platform.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// Connections that stand.
    pub lines: usize,
    /// Since when there are some, or none.
    pub since: Timestamp,
    /// When it was last heard, to a look's precision.
    pub heard: Timestamp,
    /// Where its last connection came from.
    pub address: String,
    /// Serial number of the certificate of that connection.
    pub serial: String,
    /// Its last heartbeat, and when that came.
    pub beat: Option<(Heartbeat, Timestamp)>,
    /// When a machine was last held, and by which epochs it is known.
    pub held: Option<(Timestamp, BTreeSet<EpochId>)>,
    /// When it last said that this store was rewound.
    pub rewound: Option<Timestamp>,
    /// Bytes.
    pub traffic: Arc<Traffic>,
    /// Bytes received at the last look.
    pub(super) seen: u64,
}

/// A connection that stands: it is one fewer when this is dropped.
pub struct Presence {
    peers: Arc<Peers>,
    platform: PlatformId,
    traffic: Arc<Traffic>,
}

// === impl Peers ===

impl Peers {
    /// Nobody yet.
    pub fn new(clock: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self { clock, known: Mutex::default() })
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<PlatformId, Known>> {
        // A poisoned lock holds a map that is still whole.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection of `platform` stands.
    pub fn come(self: &Arc<Self>, platform: &PlatformId, address: &str, serial: &str) -> Presence {
        let now = self.clock.now();
        let mut known = self.known();
        let one = known.entry(platform.clone()).or_default();
        if one.lines == 0 {
            one.since = now;
        }
        one.lines += 1;
        one.heard = now;
        address.clone_into(&mut one.address);
        serial.clone_into(&mut one.serial);
        let traffic = Arc::clone(&one.traffic);
        Presence { peers: Arc::clone(self), platform: platform.clone(), traffic }
    }

    /// A tenant, which has no connection, has called.
    pub fn called(&self, platform: &PlatformId) {
        let now = self.clock.now();
        let mut known = self.known();
        let one = known.entry(platform.clone()).or_default();
        if one.since == Timestamp::default() {
            one.since = now;
        }
        one.heard = now;
    }

    /// A heartbeat came.
    pub fn beat(&self, platform: &PlatformId, beat: Heartbeat) {
        let now = self.clock.now();
        self.known().entry(platform.clone()).or_default().beat = Some((beat, now));
    }

    /// A Greet was refused.
    pub fn refused(&self, platform: &PlatformId, call: &Greeting, code: Code) {
        let now = self.clock.now();
        let mut known = self.known();
        match code {
            Code::IdentityHeld => {
                known.entry(platform.clone()).or_default().held = Some((now, call.0.clone()));
            }
            Code::HubRewound => known.entry(platform.clone()).or_default().rewound = Some(now),
            _ => {}
        }
    }

    /// A Greet was granted: if it was the machine that was held, that is over.
    pub fn granted(&self, platform: &PlatformId, call: &Greeting) {
        let mut known = self.known();
        let Some(one) = known.get_mut(platform) else { return };
        one.rewound = None;
        if one.held.as_ref().is_some_and(|(_, epochs)| !epochs.is_disjoint(&call.0)) {
            one.held = None;
        }
    }

    /// Everything that is known now. Whoever was heard since the last look was heard now.
    pub fn look(&self, now: Timestamp) -> BTreeMap<PlatformId, Known> {
        let mut known = self.known();
        for one in known.values_mut() {
            let received = one.traffic.received.load(Ordering::Relaxed);
            if received != one.seen {
                one.seen = received;
                one.heard = now;
            }
            let shown = |at: Timestamp| now.micros_since(at) < HELD_SHOWN;
            one.held.take_if(|(at, _)| !shown(*at));
            one.rewound.take_if(|at| !shown(*at));
        }
        known.clone()
    }

    fn go(&self, platform: &PlatformId) {
        let now = self.clock.now();
        let mut known = self.known();
        let Some(one) = known.get_mut(platform) else { return };
        one.lines = one.lines.saturating_sub(1);
        if one.lines == 0 {
            one.since = now;
        }
    }
}

/// By which epochs the machine behind a Greet is known.
pub struct Greeting(BTreeSet<EpochId>);

impl Greeting {
    /// What a Greet shows.
    pub fn of(call: &GreetCall) -> Self {
        let shown = call.journals.iter().flat_map(|claim| claim.holds.iter().copied());
        Self(shown.filter(|id| !id.is_zero()).collect())
    }
}

// === impl Traffic ===

impl Traffic {
    /// Bytes received and sent.
    pub fn read(&self) -> (u64, u64) {
        (self.received.load(Ordering::Relaxed), self.sent.load(Ordering::Relaxed))
    }
}

// === impl Presence ===

impl Presence {
    /// So many bytes came.
    pub fn received(&self, bytes: usize) {
        self.traffic.received.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// A write was tried.
    pub fn sent(&self, written: &Poll<io::Result<usize>>) {
        if let Poll::Ready(Ok(bytes)) = written {
            self.traffic.sent.fetch_add(*bytes as u64, Ordering::Relaxed);
        }
    }
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.peers.go(&self.platform);
    }
}

impl std::fmt::Debug for Presence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Presence").field(&self.platform).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sanheyi_node::process::clock::ManualClock;
    use std::time::Duration;

    fn id() -> PlatformId {
        "jintan".parse().unwrap()
    }

    #[test]
    fn a_platform_is_there_for_as_long_as_one_of_its_lines_is() {
        let at = |seconds: i64| Timestamp::from_micros(seconds * 1_000_000);
        let clock = Arc::new(ManualClock::new(at(10)));
        let peers = Peers::new(Arc::clone(&clock) as _);
        let first = peers.come(&id(), "192.0.2.1:1", "0a");
        clock.advance(Duration::from_secs(5));
        let second = peers.come(&id(), "192.0.2.1:2", "0b");
        drop(first);
        let known = peers.look(at(15))[&id()].clone();
        assert_eq!((known.lines, known.since, known.serial.as_str()), (1, at(10), "0b"));
        second.received(3);
        clock.advance(Duration::from_secs(5));
        assert_eq!(peers.look(at(20))[&id()].heard, at(20));
        assert_eq!(peers.look(at(25))[&id()].heard, at(20), "nothing came since");
        drop(second);
        let known = peers.look(at(30))[&id()].clone();
        assert_eq!((known.lines, known.since), (0, at(20)));
        assert_eq!(known.traffic.read(), (3, 0));
    }

    #[test]
    fn a_held_machine_is_shown_until_it_is_granted_and_another_one_does_not_end_it() {
        let clock = Arc::new(ManualClock::new(Timestamp::from_micros(1)));
        let peers = Peers::new(Arc::clone(&clock) as _);
        let machine = |n: u8| Greeting(BTreeSet::from([EpochId::new([n; 16])]));
        peers.refused(&id(), &machine(1), Code::IdentityHeld);
        peers.granted(&id(), &machine(2));
        assert!(peers.look(clock.now())[&id()].held.is_some());
        peers.granted(&id(), &machine(1));
        assert!(peers.look(clock.now())[&id()].held.is_none());
        peers.refused(&id(), &machine(1), Code::IdentityHeld);
        let later = clock.now().plus_micros(HELD_SHOWN);
        assert!(peers.look(later)[&id()].held.is_none());
    }
}
