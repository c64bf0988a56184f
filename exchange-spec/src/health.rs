//! What is wrong now (告警), by name: a closed table of alerts, and what is found of them. Pages,
//! metrics, alert rules, `doctor` and the log all show the same findings.
//!
//! Nothing is fetched here. Whoever gathers facts hands them over with the time, and the same facts
//! give the same findings on a node and on a hub.
//!
//! ```text
//! facts of a store and a process ──► link_state, link_findings, … ──► Finding { name, subject, … }
//!                                                                        │
//!               ALERTS: name, severity, titles, remedy ──────────────────┘
//! ```

pub mod alerts;
pub mod heartbeat;
mod link;

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fmt;

use crate::time::Timestamp;

pub use alerts::{ALERTS, Alert, alert};
pub use heartbeat::Heartbeat;
pub use link::{
    BEHIND_AFTER, LaneFacts, LinkFacts, LinkState, OFFLINE_AFTER, SILENT_INTERVALS, STUCK_AFTER,
    link_findings, link_state,
};

/// How grave an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// 提示: to be known; nothing need be done now.
    Notice,
    /// 警告: it will become worse if nobody acts, within days or hours.
    Warning,
    /// 严重: something stands still, or is about to be refused: act now.
    Critical,
}

/// Every severity, the least first.
pub const SEVERITIES: [Severity; 3] = [Severity::Notice, Severity::Warning, Severity::Critical];

/// Something named that is wrong now, with what it is about, since when, why and what to do.
/// Nothing personal stands in it.
///
/// ```
/// use sanheyi_exchange_spec::health::{Finding, alerts};
///
/// let found = Finding::new(&alerts::DISK_FULL, "jintan", "剩余 0 字节", "0 bytes are left");
/// assert_eq!(found.name, "disk.full");
/// assert!(found.to_string().contains("剩余 0 字节"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Name of the alert in [`ALERTS`].
    pub name: &'static str,
    /// How grave it is here and now.
    pub severity: Severity,
    /// What it is about: a platform, a line of journals, a folder. Of bounded number.
    pub subject: String,
    /// Since when, as far as known.
    pub since: Option<Timestamp>,
    /// What is wrong and why, in Chinese.
    pub what_zh: String,
    /// What is wrong and why, in English.
    pub what_en: String,
    /// What to do, in Chinese.
    pub remedy_zh: String,
    /// What to do, in English.
    pub remedy_en: String,
}

/// The findings in the order in which they are shown: the gravest first, then by name and subject.
/// Of two with one name and subject the graver stays.
pub fn in_order(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort();
    let mut seen = BTreeSet::new();
    findings.retain(|one| seen.insert((one.name, one.subject.clone())));
    findings
}

// === impl Severity ===

impl Severity {
    /// The word as it travels and as metrics have it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Severity::Notice => "notice",
            Severity::Warning => "warning",
            Severity::Critical => "critical",
        }
    }

    /// The word in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Severity::Notice => "提示",
            Severity::Warning => "警告",
            Severity::Critical => "严重",
        }
    }

    /// Reads a word as it travels.
    pub fn parse(text: &str) -> Option<Severity> {
        SEVERITIES.into_iter().find(|severity| severity.as_str() == text)
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.zh(), self.as_str())
    }
}

// === impl Finding ===

impl Finding {
    /// A finding of an alert, as grave and with the remedy that the table says, since a time that
    /// is not known.
    pub fn new(
        alert: &Alert,
        subject: impl Into<String>,
        what_zh: impl Into<String>,
        what_en: impl Into<String>,
    ) -> Self {
        Self {
            name: alert.name,
            severity: alert.severity,
            subject: subject.into(),
            since: None,
            what_zh: what_zh.into(),
            what_en: what_en.into(),
            remedy_zh: alert.remedy_zh.to_owned(),
            remedy_en: alert.remedy_en.to_owned(),
        }
    }

    /// The same since `since`.
    #[must_use]
    pub fn since(mut self, since: Timestamp) -> Self {
        self.since = Some(since);
        self
    }

    /// The same, as grave as `severity`.
    #[must_use]
    pub fn as_grave_as(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// The same with another remedy than the table's.
    #[must_use]
    pub fn remedied(mut self, zh: impl Into<String>, en: impl Into<String>) -> Self {
        self.remedy_zh = zh.into();
        self.remedy_en = en.into();
        self
    }

    /// Its row in the table.
    pub fn alert(&self) -> Option<&'static Alert> {
        alert(self.name)
    }
}

impl Ord for Finding {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |one: &Self| (one.name, one.subject.clone(), one.since);
        other.severity.cmp(&self.severity).then_with(|| key(self).cmp(&key(other)))
    }
}

impl PartialOrd for Finding {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, severity, subject, what_zh, what_en, remedy_zh, remedy_en, .. } = self;
        write!(f, "[{severity}] {name} {subject}：{what_zh} · {what_en}")?;
        write!(f, " → {remedy_zh} · {remedy_en}")
    }
}

#[cfg(test)]
mod tests;
