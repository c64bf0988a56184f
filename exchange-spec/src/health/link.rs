//! In what state a link is, told apart by evidence: no connection, a backlog that moves, one that
//! does not, a refused identity, a full disk.

use std::fmt;

use super::alerts::{
    CLOCK_SKEW, DISK_FULL, HUB_REWOUND, JOURNAL_STOPPED, LINK_BEHIND, LINK_HELD, LINK_NEVER,
    LINK_OFFLINE, LINK_SILENT, LINK_STUCK,
};
use super::{Finding, in_order};
use crate::error::Code;
use crate::limits;
use crate::time::Timestamp;

/// A connection that is away for so long is *offline*, in microseconds. Connections end in order
/// now and then and come again within a second or two: that is nobody's business.
pub const OFFLINE_AFTER: i64 = 15_000_000;
/// A backlog whose eldest entry waits for so long is *behind*, in microseconds. A living link
/// brings an entry over within seconds.
pub const BEHIND_AFTER: i64 = 30_000_000;
/// A backlog that has not moved for so long is *stuck*, in microseconds: three of the longest
/// pauses that a living line makes, and half of the minute in which an operator must hear of it.
pub const STUCK_AFTER: i64 = 30_000_000;
/// After so many missing heartbeats a connected peer is *silent*: one may be late, two may be lost
/// with a restart.
pub const SILENT_INTERVALS: i64 = 3;

/// In what state a link is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LinkState {
    /// 从未连接: no Greet was ever answered.
    Never,
    /// 正常: connected, and what was appended goes over within seconds.
    Live,
    /// 积压: connected, the backlog moves or waits for its hours.
    Behind,
    /// 离线: no connection.
    Offline,
    /// 停滞: connected, and the backlog does not move.
    Stuck,
    /// 扣留: refused, until an operator acts.
    Held(Code),
    /// 磁盘已满: one side cannot write.
    Full,
}

/// One lane of one direction of a link, as far as whoever asks knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaneFacts {
    /// Its name, for people: `jintan>changzhou/normal`.
    pub line: String,
    /// Whether it goes from the hub to the platform.
    pub down: bool,
    /// Entries in it.
    pub size: u64,
    /// Entries that the other side has not acknowledged.
    pub backlog: u64,
    /// When the eldest of them was appended, if known.
    pub eldest: Option<Timestamp>,
    /// Since when the backlog has not become less: the last acknowledgement, or the time at which
    /// there was first something to acknowledge.
    pub still_since: Option<Timestamp>,
    /// Until when it waits for its hours.
    pub waits_until: Option<Timestamp>,
    /// Why it is stopped.
    pub stopped: Option<String>,
}

/// What is known of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinkFacts {
    /// The platform at its other end; for a branch's own page the branch's hub.
    pub platform: String,
    /// Whether a Greet was ever answered.
    pub greeted: bool,
    /// Whether there is a connection whose other end was heard lately.
    pub connected: bool,
    /// Since when it is connected, or not.
    pub since: Option<Timestamp>,
    /// When the other side was last heard.
    pub heard: Option<Timestamp>,
    /// Why the link is held, if it is.
    pub held: Option<Code>,
    /// Whether one side refuses writes for want of space.
    pub full: bool,
    /// Whether the hub's store was found rewound.
    pub rewound: bool,
    /// Whether it exchanges by files alone: then no connection is missed.
    pub by_files: bool,
    /// Its lanes.
    pub lanes: Vec<LaneFacts>,
    /// The other side's clock less ours, in microseconds.
    pub skew: i64,
    /// When the other side's last heartbeat was written, or the link began to wait for one.
    pub heartbeat: Option<Timestamp>,
    /// How often it writes one, in microseconds; 0 = not known.
    pub heartbeat_every: i64,
}

/// The state of a link. What needs an operator goes before what a line does, and that before
/// backlogs.
pub fn link_state(facts: &LinkFacts, now: Timestamp) -> LinkState {
    if let Some(code) = facts.held {
        return LinkState::Held(code);
    }
    if facts.full {
        return LinkState::Full;
    }
    if !facts.connected && !facts.by_files {
        // A greeting that is under way for a moment is no new state.
        return if facts.greeted { LinkState::Offline } else { LinkState::Never };
    }
    if facts.lanes.iter().any(|lane| lane.is_stuck(now)) {
        return LinkState::Stuck;
    }
    if facts.lanes.iter().any(|lane| lane.is_behind(now)) {
        return LinkState::Behind;
    }
    LinkState::Live
}

/// What is to be said about a link, in order. Of the link's states one is said, not two: an
/// offline link is not also stuck.
pub fn link_findings(facts: &LinkFacts, now: Timestamp) -> Vec<Finding> {
    let mut found = Vec::new();
    let state = link_state(facts, now);
    found.extend(of_state(facts, state, now));
    found.extend(facts.lanes.iter().filter_map(LaneFacts::stopped));
    if facts.rewound {
        let (zh, en) = ("市级存储比已确认的更旧", "its store is older than what it acknowledged");
        found.push(Finding::new(&HUB_REWOUND, &facts.platform, zh, en));
    }
    if facts.skew.saturating_abs() > limits::CLOCK_SKEW_MICROS {
        let seconds = facts.skew / 1_000_000;
        let zh = format!("对方时钟与本机相差 {seconds:+} 秒");
        let en = format!("the other side's clock is {seconds:+} s from ours");
        found.push(Finding::new(&CLOCK_SKEW, &facts.platform, zh, en));
    }
    found.extend(silent(facts, now));
    in_order(found)
}

fn of_state(facts: &LinkFacts, state: LinkState, now: Timestamp) -> Option<Finding> {
    let subject = facts.platform.as_str();
    let finding = match state {
        LinkState::Live => return None,
        // Whoever has just come is about to greet.
        LinkState::Never
            if facts.since.is_some_and(|since| now.micros_since(since) < OFFLINE_AFTER) =>
        {
            return None;
        }
        LinkState::Never => {
            Finding::new(&LINK_NEVER, subject, "尚未问候过", "it has never greeted")
        }
        LinkState::Offline => {
            let away = facts.since.map_or(i64::MAX, |since| now.micros_since(since));
            if away < OFFLINE_AFTER {
                return None;
            }
            let (zh, en) = (heard_zh(facts, now), heard_en(facts, now));
            Finding::new(&LINK_OFFLINE, subject, zh, en)
        }
        LinkState::Held(code) => {
            let zh = format!("链路已扣留（{code}）");
            let en = format!("the link is held ({code})");
            Finding::new(&LINK_HELD, subject, zh, en).remedied(code.remedy_zh(), code.remedy_en())
        }
        LinkState::Full => Finding::new(
            &DISK_FULL,
            subject,
            "因磁盘已满，写入被拒绝",
            "writes are refused for want of space",
        ),
        LinkState::Stuck => return facts.lanes.iter().find_map(|lane| lane.stuck(subject, now)),
        LinkState::Behind => return facts.lanes.iter().find_map(|lane| lane.behind(subject, now)),
    };
    Some(Finding { since: facts.since, ..finding })
}

fn silent(facts: &LinkFacts, now: Timestamp) -> Option<Finding> {
    let last = facts.heartbeat?;
    let due = facts.heartbeat_every.checked_mul(SILENT_INTERVALS).filter(|due| *due > 0)?;
    let age = now.micros_since(last);
    if !facts.connected || age <= due {
        return None;
    }
    let minutes = age / 60_000_000;
    let zh = format!("已连接，{minutes} 分钟没有收到心跳");
    let en = format!("connected, without a heartbeat for {minutes} minutes");
    Some(Finding::new(&LINK_SILENT, &facts.platform, zh, en).since(last))
}

fn heard_zh(facts: &LinkFacts, now: Timestamp) -> String {
    match facts.heard {
        Some(heard) => format!("没有连接，最近一次应答在 {} 秒前", seconds(heard, now)),
        None => "没有连接".to_owned(),
    }
}

fn heard_en(facts: &LinkFacts, now: Timestamp) -> String {
    match facts.heard {
        Some(heard) => format!("not connected, last heard {} s ago", seconds(heard, now)),
        None => "not connected".to_owned(),
    }
}

fn seconds(from: Timestamp, now: Timestamp) -> i64 {
    now.micros_since(from).max(0) / 1_000_000
}

// === impl LaneFacts ===

impl LaneFacts {
    fn waits(&self, now: Timestamp) -> bool {
        self.waits_until.is_some_and(|until| until > now)
    }

    fn is_stuck(&self, now: Timestamp) -> bool {
        let still = self.still_since.map_or(0, |since| now.micros_since(since));
        // A stopped journal has an alert of its own.
        self.backlog > 0 && self.stopped.is_none() && !self.waits(now) && still >= STUCK_AFTER
    }

    fn is_behind(&self, now: Timestamp) -> bool {
        let old = self.eldest.is_some_and(|at| now.micros_since(at) >= BEHIND_AFTER);
        self.backlog > 0 && self.stopped.is_none() && (old || self.waits(now))
    }

    fn stuck(&self, subject: &str, now: Timestamp) -> Option<Finding> {
        let still = seconds(self.still_since?, now);
        let (line, backlog) = (&self.line, self.backlog);
        let zh = format!("{line} 积压 {backlog} 条，{still} 秒没有前进");
        let en = format!("{line} has a backlog of {backlog} that has not moved for {still} s");
        let finding = Finding::new(&LINK_STUCK, subject, zh, en);
        self.is_stuck(now).then_some(Finding { since: self.still_since, ..finding })
    }

    fn behind(&self, subject: &str, now: Timestamp) -> Option<Finding> {
        let (line, backlog) = (&self.line, self.backlog);
        let (zh, en) = match (self.waits(now), self.eldest) {
            (true, _) => (
                format!("{line} 积压 {backlog} 条，正等待可用时段"),
                format!("{line} has a backlog of {backlog} and waits for its hours"),
            ),
            (false, eldest) => {
                let old = eldest.map_or(0, |at| seconds(at, now));
                (
                    format!("{line} 积压 {backlog} 条，最早的已等待 {old} 秒"),
                    format!("{line} has a backlog of {backlog}, the eldest waits for {old} s"),
                )
            }
        };
        let finding = Finding::new(&LINK_BEHIND, subject, zh, en);
        self.is_behind(now).then_some(Finding { since: self.eldest, ..finding })
    }

    fn stopped(&self) -> Option<Finding> {
        let why = self.stopped.as_deref()?;
        let zh = format!("日志已停止：{why}");
        let en = format!("the journal is stopped: {why}");
        Some(Finding::new(&JOURNAL_STOPPED, &self.line, zh, en))
    }
}

// === impl LinkState ===

impl LinkState {
    /// Its word, as metrics and reports have it; of a held link without the code.
    pub const fn as_str(self) -> &'static str {
        match self {
            LinkState::Never => "never",
            LinkState::Live => "live",
            LinkState::Behind => "behind",
            LinkState::Offline => "offline",
            LinkState::Stuck => "stuck",
            LinkState::Held(_) => "held",
            LinkState::Full => "full",
        }
    }

    /// Its title in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            LinkState::Never => "从未连接",
            LinkState::Live => "正常",
            LinkState::Behind => "积压",
            LinkState::Offline => "离线",
            LinkState::Stuck => "停滞",
            LinkState::Held(_) => "扣留",
            LinkState::Full => "磁盘已满",
        }
    }

    /// Its title in English.
    pub const fn en(self) -> &'static str {
        match self {
            LinkState::Never => "never connected",
            LinkState::Live => "live",
            LinkState::Behind => "behind",
            LinkState::Offline => "offline",
            LinkState::Stuck => "stuck",
            LinkState::Held(_) => "held",
            LinkState::Full => "disk full",
        }
    }

    /// The words of [`Self::as_str`], in the order of the states.
    pub const WORDS: [&'static str; 7] =
        ["never", "live", "behind", "offline", "stuck", "held", "full"];
}

impl fmt::Display for LinkState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LinkState::Held(code) => write!(f, "{} {} ({code})", self.zh(), self.en()),
            _ => write!(f, "{} {}", self.zh(), self.en()),
        }
    }
}
