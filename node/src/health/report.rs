//! The health as commands and probes give it by `--json`: times by RFC 3339, nothing personal.

use sanheyi_exchange_spec::health::{Finding, LaneFacts, LinkState};
use serde::Serialize;

use super::beside::Seen;
use crate::cli::local::rfc3339;

/// One finding.
#[derive(Clone, Debug, Serialize)]
pub struct FindingReport {
    /// Name of the alert: `link.stuck`.
    pub name: &'static str,
    /// `notice`, `warning` or `critical`.
    pub severity: &'static str,
    /// What it is about.
    pub subject: String,
    /// Since when, if known.
    pub since: Option<String>,
    /// What is wrong, in Chinese.
    pub what_zh: String,
    /// What is wrong, in English.
    pub what_en: String,
    /// What to do, in Chinese.
    pub remedy_zh: String,
    /// What to do, in English.
    pub remedy_en: String,
}

/// One line, as a command shows it.
#[derive(Clone, Debug, Serialize)]
pub struct LinkReport {
    /// The platform at its other end.
    pub platform: String,
    /// `never`, `live`, `behind`, `offline`, `stuck`, `held` or `full`.
    pub state: &'static str,
    /// Of a held line the code of the refusal.
    pub code: Option<String>,
    /// Since when it is in that state, as far as known.
    pub since: Option<String>,
    /// Entries of the platform that the hub has not, if known.
    pub behind_up: Option<u64>,
    /// Entries for the platform that it has not, if known.
    pub behind_down: Option<u64>,
    /// Entries without a verdict.
    pub unjudged: u64,
    /// When the other side was last heard.
    pub heard: Option<String>,
    /// When the other side's last heartbeat came.
    pub heartbeat: Option<String>,
    /// What the other side runs.
    pub version: Option<String>,
    /// Where the other side is; null where there is no line.
    pub address: Option<String>,
    /// The other side's clock less ours, in microseconds, if known.
    pub skew_micros: Option<i64>,
    /// The words of the state, for people.
    #[serde(skip)]
    pub words: String,
}

/// One lane of one direction of a line.
#[derive(Clone, Debug, Serialize)]
pub struct LaneReport {
    /// Its name: `jintan>changzhou/normal`.
    pub line: String,
    /// `up` or `down`.
    pub way: &'static str,
    /// Entries in it.
    pub size: u64,
    /// Entries that the other side has not acknowledged.
    pub behind: u64,
    /// Until when it waits for its hours.
    pub waits_until: Option<String>,
    /// Why it is stopped, or null.
    pub stopped: Option<String>,
}

impl From<&Finding> for FindingReport {
    fn from(one: &Finding) -> Self {
        Self {
            name: one.name,
            severity: one.severity.as_str(),
            subject: one.subject.clone(),
            since: one.since.and_then(rfc3339),
            what_zh: one.what_zh.clone(),
            what_en: one.what_en.clone(),
            remedy_zh: one.remedy_zh.clone(),
            remedy_en: one.remedy_en.clone(),
        }
    }
}

impl From<&Seen> for LinkReport {
    fn from(seen: &Seen) -> Self {
        let (link, beat) = (&seen.link, seen.link.beat.as_ref());
        let code = match link.state {
            LinkState::Held(code) => Some(code.to_string()),
            _ => None,
        };
        Self {
            platform: link.facts.platform.clone(),
            state: link.state.as_str(),
            code,
            since: seen.since.and_then(rfc3339),
            behind_up: seen.up,
            behind_down: seen.down,
            unjudged: link.unjudged,
            heard: link.facts.heard.and_then(rfc3339),
            heartbeat: beat.and_then(|(_, came)| rfc3339(*came)),
            version: beat.map(|(beat, _)| beat.version.clone()).filter(|said| !said.is_empty()),
            address: Some(seen.address.clone()).filter(|address| !address.is_empty()),
            skew_micros: seen.skew,
            words: link.state.to_string(),
        }
    }
}

impl From<&LaneFacts> for LaneReport {
    fn from(lane: &LaneFacts) -> Self {
        Self {
            line: lane.line.clone(),
            way: if lane.down { "down" } else { "up" },
            size: lane.size,
            behind: lane.backlog,
            waits_until: lane.waits_until.and_then(rfc3339),
            stopped: lane.stopped.clone(),
        }
    }
}
