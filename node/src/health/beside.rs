//! How lines stand, for who stands beside the processes: a command. Sizes and the other side's
//! words are read from the store. What takes time to see, such as a standstill, the watchdog of a
//! living process has noted, and its word counts; where no process lives, no line stands.

use sanheyi_exchange_spec::health::alerts::{DISK_FULL, LINK_BEHIND, LINK_HELD, LINK_STUCK};
use sanheyi_exchange_spec::health::{Finding, LinkState, link_state};
use sanheyi_exchange_spec::time::Timestamp;

use super::noted::{Noted, noted};
use super::{BranchWatch, LinkStanding, is_about};
use crate::config::NodeConfig;
use crate::store::{Store, StoreError};

/// A line as it is seen from beside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// How it stands.
    pub link: LinkStanding,
    /// Since when it is in its state, as far as known.
    pub since: Option<Timestamp>,
    /// Entries of the branch that the hub has not, if known.
    pub up: Option<u64>,
    /// Entries for the branch that it has not, if known.
    pub down: Option<u64>,
    /// Where the other side is; empty where nobody knows.
    pub address: String,
    /// The other side's clock less ours, in microseconds, if known.
    pub skew: Option<i64>,
    /// What is wrong about it, the gravest first.
    pub findings: Vec<Finding>,
}

/// The line of a node, and what its process has noted.
///
/// # Errors
/// Of the database.
pub async fn line(
    config: &NodeConfig,
    store: &Store,
    now: Timestamp,
) -> Result<(Seen, Noted), StoreError> {
    let noted = noted(store, now).await?;
    let mut watch = BranchWatch::new(store.clone(), config.hub.clone(), config.lanes.clone());
    let link = watch.link(now).await?;
    let copies = store.journal_list().await?.into_iter().filter(|row| !row.home);
    let here: u64 = copies.map(|row| row.head.size).sum();
    // What came since the hub's last heartbeat is not behind any more.
    let down = link.beat.as_ref().map(|(beat, _)| {
        let told = beat.size.saturating_sub(beat.acknowledged);
        told.min(beat.size.saturating_sub(here))
    });
    let (up, skew) = (Some(link.backlog()), link.facts.greeted.then_some(link.facts.skew));
    let address = config.uplink.address.clone();
    let seen = Seen { link, since: None, up, down, address, skew, findings: Vec::new() };
    Ok((seen.as_noted(&noted, now), noted))
}

// === impl Seen ===

impl Seen {
    /// The same in the state that follows with what is noted.
    #[must_use]
    pub fn as_noted(mut self, noted: &Noted, now: Timestamp) -> Self {
        let facts = &mut self.link.facts;
        let own = |one: &&Finding| is_about(&one.subject, &facts.platform);
        self.findings = noted.findings.iter().filter(own).cloned().collect();
        let told = |name: &str| {
            let mut found = self.findings.iter().filter(|one| one.name == name);
            found.find(|one| one.subject == facts.platform)
        };
        if !noted.lives() {
            if facts.connected {
                facts.since = noted.last();
            }
            facts.connected = false;
        }
        // What a standstill is, one look cannot say.
        let state = match link_state(facts, now) {
            LinkState::Live | LinkState::Behind if told(LINK_STUCK.name).is_some() => {
                LinkState::Stuck
            }
            LinkState::Live if told(LINK_BEHIND.name).is_some() => LinkState::Behind,
            state => state,
        };
        let since = alert_of(state).and_then(told).and_then(|one| one.since);
        self.since = since.or(facts.since);
        self.link.state = state;
        self
    }
}

/// The alert by which a state is told, where the time of the state is not that of the connection.
fn alert_of(state: LinkState) -> Option<&'static str> {
    match state {
        LinkState::Never | LinkState::Live | LinkState::Offline => None,
        LinkState::Behind => Some(LINK_BEHIND.name),
        LinkState::Stuck => Some(LINK_STUCK.name),
        LinkState::Held(_) => Some(LINK_HELD.name),
        LinkState::Full => Some(DISK_FULL.name),
    }
}
