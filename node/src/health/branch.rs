//! How the line of a branch stands, from what its store says: a node's own, and a tenant's at a
//! hub.

use std::sync::Arc;

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::health::alerts::{RECEIPTS_LATE, TASK_STUCK};
use sanheyi_exchange_spec::health::{
    Finding, Heartbeat, LaneFacts, LinkFacts, link_findings, link_state,
};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;

use super::heart::Heart;
use super::still::Stills;
use super::watch::Gathered;
use super::{Checks, LinkStanding, VERSION, Watched};
use crate::branch::Stages;
use crate::store::{HeardRow, JournalRow, LinkRow, Store, StoreError, Tx};
use crate::uplink::lanes::LaneRules;

/// A receipt that is away for so long is late, in microseconds. A hub judges within seconds; ten
/// minutes leave room for its restart and for a month's backlog of a neighbour.
pub const RECEIPT_LATE_AFTER: i64 = 600_000_000;

/// Watches the line of a branch.
pub struct BranchWatch {
    store: Store,
    hub: PlatformId,
    lanes: LaneRules,
    stages: Option<Arc<Stages>>,
    checks: Checks,
    stills: Stills,
    heart: Option<Arc<Heart>>,
    /// When the heartbeat came that is noted.
    noted: Option<Timestamp>,
}

// === impl BranchWatch ===

impl BranchWatch {
    /// Watches the branch of `store`, whose hub is `hub`, and which uses its line by `lanes`.
    pub fn new(store: Store, hub: PlatformId, lanes: LaneRules) -> Self {
        let (checks, stills) = (Checks::new(), Stills::default());
        Self { store, hub, lanes, stages: None, checks, stills, heart: None, noted: None }
    }

    /// The same with the stages of a running writer.
    #[must_use]
    pub fn with_stages(self, stages: Arc<Stages>) -> Self {
        Self { stages: Some(stages), ..self }
    }

    /// The same with the heart of its line.
    #[must_use]
    pub fn with_heart(self, heart: Arc<Heart>) -> Self {
        Self { heart: Some(heart), ..self }
    }

    /// The same with further checks.
    #[must_use]
    pub fn with_checks(self, checks: Checks) -> Self {
        Self { checks, ..self }
    }

    /// How the line stands now.
    ///
    /// # Errors
    /// Of the database.
    pub async fn link(&mut self, now: Timestamp) -> Result<LinkStanding, StoreError> {
        let row = self.store.link_get().await?;
        let beat = match self.heart.as_ref().and_then(|heart| heart.peer()) {
            Some(beat) => Some(beat),
            None => self.noted_beat().await?,
        };
        let greeted = row.as_ref().is_some_and(|row| row.heard != Timestamp::default());
        let row = row.unwrap_or_default();
        let connected = matches!(row.phase.as_str(), "live" | "reconciling");
        let since = self.stills.since_at_least("line", u64::from(connected), row.since, now);
        let (mut lanes, mut unjudged) = (Vec::new(), 0);
        for journal in self.store.journal_list().await? {
            let (lane, waiting) = self.lane(&journal, &row, connected, now).await?;
            unjudged += waiting;
            lanes.extend(lane);
        }
        let code = if connected { None } else { code_in(&row.detail) };
        let facts = LinkFacts {
            platform: self.hub.to_string(),
            greeted,
            connected,
            since: Some(since),
            heard: greeted.then_some(row.heard),
            held: row.phase.strip_prefix("held:").and_then(Code::parse),
            full: code == Some(Code::StoreFull),
            rewound: code == Some(Code::HubRewound),
            by_files: false,
            lanes,
            skew: row.skew,
            // A line that stands for a while waits for a heartbeat from when it stood.
            heartbeat: beat.as_ref().map(|(_, came)| (*came).max(since)),
            heartbeat_every: beat.as_ref().map_or(0, |(beat, _)| every(beat.every_seconds)),
        };
        let state = link_state(&facts, now);
        let LinkRow { sent, received, .. } = row;
        Ok(LinkStanding { facts, state, sent, received, unjudged, beat })
    }

    async fn noted_beat(&self) -> Result<Option<(Heartbeat, Timestamp)>, StoreError> {
        let rows = self.store.heard_list().await?;
        Ok(rows.into_iter().find(|row| row.peer == self.hub).and_then(|row| row.beat))
    }

    /// A lane of the line, and how many entries of it are acknowledged and not judged. Of copies
    /// only those that are stopped matter.
    async fn lane(
        &mut self,
        row: &JournalRow,
        link: &LinkRow,
        connected: bool,
        now: Timestamp,
    ) -> Result<(Option<LaneFacts>, u64), StoreError> {
        let id = row.head.journal.to_string();
        let line = line_of(&id);
        // The reason of a stop that the hub has told stands with the link.
        let told = (connected && link.detail.contains(&id)).then(|| link.detail.clone());
        let stopped = row.stopped.clone().or(told);
        if !row.home {
            let lane = LaneFacts { line, stopped, ..LaneFacts::default() };
            return Ok((lane.stopped.is_some().then_some(lane), 0));
        }
        let acknowledged = self.store.greeting_get(row.number).await?.acknowledged;
        let acknowledged = acknowledged.min(row.head.size);
        let backlog = row.head.size - acknowledged;
        let eldest = match backlog {
            0 => None,
            _ => self.store.segment_stored(row.number, acknowledged).await?,
        };
        // While there is no line, nothing could move: a line that comes has its time.
        let still = if connected { backlog } else { 0 };
        let still_since = self.stills.still(&format!("up {id}"), acknowledged, still, now);
        let judged = self.store.receipt_reach(row.number).await?.min(acknowledged);
        let unjudged = acknowledged - judged;
        let waits_until = self.lanes.of(row.head.journal.lane).waits_until(now);
        // Receipts come down the same line: where there is none, they cannot be late.
        let due = if connected && waits_until.is_none() { unjudged } else { 0 };
        self.stills.still(&format!("judged {line}"), judged, due, now);
        let (down, size) = (false, row.head.size);
        let lane =
            LaneFacts { line, down, size, backlog, eldest, still_since, waits_until, stopped };
        Ok((Some(lane), unjudged))
    }

    fn late(&mut self, link: &LinkStanding, now: Timestamp) -> Option<Finding> {
        let since = link.facts.lanes.iter().filter_map(|lane| {
            let key = format!("judged {}", lane.line);
            self.stills.held_since(&key)
        });
        let since = since.min().filter(|at| now.micros_since(*at) >= RECEIPT_LATE_AFTER)?;
        let (count, minutes) = (link.unjudged, now.micros_since(since) / 60_000_000);
        let zh = format!("市级已存的 {count} 条，{minutes} 分钟没有新的回执");
        let en = format!("{count} entries that the hub has, and no receipt for {minutes} minutes");
        Some(Finding::new(&RECEIPTS_LATE, self.hub.as_str(), zh, en).since(since))
    }

    fn writer(&self, now: Timestamp) -> Option<Finding> {
        let since = self.stages.as_ref()?.busy.stuck_since(now)?;
        let seconds = now.micros_since(since) / 1_000_000;
        let zh = format!("写入任务 {seconds} 秒没有完成当前一批");
        let en = format!("the writer has been at one group for {seconds} s");
        Some(Finding::new(&TASK_STUCK, "writer", zh, en).since(since))
    }
}

impl Watched for BranchWatch {
    fn store(&self) -> &Store {
        &self.store
    }

    fn instance(&self) -> &str {
        // A node is alone in its folder.
        ""
    }

    fn version(&self) -> &'static str {
        VERSION
    }

    async fn gather(&mut self, now: Timestamp) -> Result<Gathered, StoreError> {
        let link = self.link(now).await?;
        let mut findings = link_findings(&link.facts, now);
        findings.extend(self.late(&link, now));
        findings.extend(self.writer(now));
        findings.extend(self.checks.findings(&self.store, now).await?);
        if let Some(heart) = &self.heart {
            heart.set_findings(findings.len());
        }
        Ok(Gathered { links: vec![link], findings })
    }

    fn note(&mut self, tx: &mut Tx, _now: Timestamp) {
        let beat = self.heart.as_ref().and_then(|heart| heart.peer());
        let Some((beat, came)) = beat.filter(|(_, came)| self.noted != Some(*came)) else { return };
        self.noted = Some(came);
        let row = HeardRow {
            peer: self.hub.clone(),
            instance: String::new(),
            connected: true,
            since: came,
            heard: came,
            address: String::new(),
            serial: String::new(),
            beat: Some((beat, came)),
        };
        tx.heard_put(&self.store, &[row]);
    }
}

/// The line of a journal, without its incarnation: of bounded number.
pub fn line_of(journal: &str) -> String {
    journal.rsplit_once('/').map_or(journal, |(line, _)| line).to_owned()
}

/// An interval of heartbeats in microseconds.
pub fn every(seconds: u32) -> i64 {
    i64::from(seconds) * 1_000_000
}

/// The code of the refusal that a sentence tells, if it tells one.
fn code_in(detail: &str) -> Option<Code> {
    let words = detail.split(|c: char| !c.is_ascii_lowercase() && c != '_');
    words.filter(|word| word.contains('_')).find_map(Code::parse)
}
