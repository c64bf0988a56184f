//! Health (健康): nothing stalls silently. A watchdog looks at a process from beside it every few
//! seconds, says what is raised and what ends, and notes it in the store, where commands and pages
//! of other processes see it.
//!
//! ```text
//! store, tasks, line ──► gather ──► Standing { links, findings } ──► log, once a change
//!                        │ 10 s at most                          ├─► pulse, alert, heard (store)
//!                        └─ no answer: store.stuck               └─► pages, probes, metrics
//! ```
//!
//! What an alert is and when a link is in which state is decided in
//! [`sanheyi_exchange_spec::health`]; here facts are gathered. A hub gathers others and uses the
//! same watchdog.

pub mod beat;
pub mod beside;
pub mod branch;
pub mod check;
pub mod heart;
pub mod http;
pub mod metrics;
pub mod noted;
pub mod quarantine;
pub mod report;
pub mod spread;
pub mod still;
pub mod vitals;
pub mod watch;

use sanheyi_exchange_spec::health::{Finding, Heartbeat, LinkFacts, LinkState, Severity};
use sanheyi_exchange_spec::time::Timestamp;

pub use self::branch::BranchWatch;
pub use self::check::{Check, Checks};
pub use self::watch::{Pace, Watchdog, Watched};

/// How a process stands, as its watchdog found it last.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// When it was looked at; zero before the first look.
    pub at: Timestamp,
    /// When the process started.
    pub started: Timestamp,
    /// Whether it takes work: its store answers and can be written.
    pub ready: bool,
    /// Its lines: a node's one, a hub's by platform.
    pub links: Vec<LinkStanding>,
    /// What is wrong, the gravest first.
    pub findings: Vec<Finding>,
}

/// How one line stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkStanding {
    /// What is known of it.
    pub facts: LinkFacts,
    /// The state that follows.
    pub state: LinkState,
    /// Bytes sent, as on the wire, as far as this side counts them by line.
    pub sent: u64,
    /// Bytes received, likewise.
    pub received: u64,
    /// Entries that are without a verdict.
    pub unjudged: u64,
    /// The other side's last heartbeat, and when it came.
    pub beat: Option<(Heartbeat, Timestamp)>,
}

// === impl Standing ===

impl Standing {
    /// The line to a platform.
    pub fn link(&self, platform: &str) -> Option<&LinkStanding> {
        self.links.iter().find(|link| link.facts.platform == platform)
    }

    /// The names of what is found, without repetition, in order.
    pub fn names(&self) -> Vec<&'static str> {
        let mut names: Vec<_> = self.findings.iter().map(|one| one.name).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// How many findings are as grave as `severity`.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|one| one.severity == severity).count()
    }
}

impl LinkStanding {
    /// Entries that the other side has not acknowledged, of all lanes.
    pub fn backlog(&self) -> u64 {
        self.facts.lanes.iter().map(|lane| lane.backlog).sum()
    }
}

/// Whether a subject of a finding is the platform itself, or a line of journals that begins or ends
/// there: `jintan>changzhou/normal`.
pub fn is_about(subject: &str, platform: &str) -> bool {
    subject.split(['>', '/', ' ', ':']).any(|part| part == platform)
}

/// Name and version of a program as a heartbeat and `build_info` carry it.
pub const VERSION: &str = concat!("sanheyi/", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
mod tests;
