//! Facts of a whole city, and what follows for each platform.

use std::collections::BTreeMap;

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::health::alerts::{DISK_FULL, GATE_STUCK, TENANT_ABSENT};
use sanheyi_exchange_spec::health::{
    Finding, Heartbeat, LaneFacts, LinkFacts, STUCK_AFTER, link_state,
};
use sanheyi_exchange_spec::ids::{Audience, JournalId, PlatformId};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::health::LinkStanding;
use sanheyi_node::health::branch::{every, line_of};
use sanheyi_node::health::still::Stills;
use sanheyi_node::store::HeardRow;

use super::HEARD_EVERY;
use super::peers::{CALLED_WITHIN, Known};
use crate::store::{PlatformRow, Reached, ReaderReached};

/// What the store and this instance know at one moment.
pub(super) struct City {
    pub(super) hub: PlatformId,
    pub(super) platforms: Vec<PlatformRow>,
    pub(super) reached: Vec<Reached>,
    pub(super) readers: Vec<ReaderReached>,
    pub(super) known: BTreeMap<PlatformId, Known>,
    /// What instances have noted; connected are only lines of others that live.
    pub(super) elsewhere: Vec<HeardRow>,
    /// Whether the hub refuses what is new, for want of space.
    pub(super) full: bool,
}

/// The tables by platform: a city is walked once, not once for each platform.
struct Sorted<'a> {
    own: BTreeMap<&'a PlatformId, Vec<&'a Reached>>,
    readers: BTreeMap<(&'a PlatformId, &'a JournalId), &'a ReaderReached>,
    heard: BTreeMap<&'a PlatformId, Vec<&'a HeardRow>>,
}

/// What is known of one platform's line, here or elsewhere.
struct Line {
    connected: bool,
    since: Option<Timestamp>,
    heard: Option<Timestamp>,
    beat: Option<(Heartbeat, Timestamp)>,
    /// Whether a connection was ever seen.
    ever: bool,
}

/// Whether a finding says that the hub refuses what is new, for want of space.
pub(super) fn has_no_room(finding: &Finding, hub: &PlatformId) -> bool {
    finding.name == DISK_FULL.name && finding.subject == hub.as_str()
}

// === impl City ===

impl City {
    fn sorted(&self) -> Sorted<'_> {
        let mut own: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for one in &self.reached {
            own.entry(&one.platform).or_default().push(one);
        }
        let mut heard: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for row in &self.elsewhere {
            heard.entry(&row.peer).or_default().push(row);
        }
        let readers = self.readers.iter().map(|row| ((&row.platform, &row.journal), row));
        Sorted { own, readers: readers.collect(), heard }
    }

    /// How every platform's line stands.
    pub(super) fn links(&self, stills: &mut Stills, now: Timestamp) -> Vec<LinkStanding> {
        let sorted = self.sorted();
        self.platforms.iter().map(|row| self.link(row, &sorted, stills, now)).collect()
    }

    fn link(
        &self,
        row: &PlatformRow,
        sorted: &Sorted<'_>,
        stills: &mut Stills,
        now: Timestamp,
    ) -> LinkStanding {
        let platform = &row.platform;
        let known = self.known.get(platform);
        let heard = sorted.heard.get(platform).map(Vec::as_slice).unwrap_or_default();
        let own = sorted.own.get(platform).map(Vec::as_slice).unwrap_or_default();
        let line = Line::of(row.hosted, known, heard, now);
        let greeted = own.iter().any(|one| one.journal.author == *platform);
        let key = format!("line {platform}");
        let earlier = line.since.unwrap_or(now);
        let since = stills.since_at_least(&key, u64::from(line.connected), earlier, now);
        let mut lanes = Vec::new();
        if !row.hosted {
            lanes.extend(self.up(platform, own, &line, stills, now));
            lanes.extend(self.down(platform, sorted, &line, stills, now));
        }
        lanes.extend(stopped(own));
        let came = line.beat.as_ref().map(|(_, came)| *came);
        let facts = LinkFacts {
            platform: platform.to_string(),
            greeted,
            connected: line.connected,
            since: Some(since),
            heard: line.heard,
            held: known.and_then(|one| one.held.as_ref()).map(|_| Code::IdentityHeld),
            full: self.full && line.connected,
            rewound: known.is_some_and(|one| one.rewound.is_some()),
            by_files: greeted && !line.ever,
            lanes,
            skew: line.beat.as_ref().map_or(0, |(beat, came)| beat.at.micros_since(*came)),
            heartbeat: came.map(|came| came.max(since)),
            heartbeat_every: line.beat.as_ref().map_or(0, |(beat, _)| every(beat.every_seconds)),
        };
        let state = link_state(&facts, now);
        let (received, sent) = known.map_or((0, 0), |one| one.traffic.read());
        let unjudged = own.iter().map(|one| unjudged(one)).sum();
        LinkStanding { facts, state, sent, received, unjudged, beat: line.beat }
    }

    /// What the platform writes and the hub has not: as far as its last heartbeat says.
    fn up(
        &self,
        platform: &PlatformId,
        own: &[&Reached],
        line: &Line,
        stills: &mut Stills,
        now: Timestamp,
    ) -> Option<LaneFacts> {
        let (beat, came) = line.beat.as_ref()?;
        let written = own.iter().filter(|one| one.journal.author == *platform);
        let here: u64 = written.map(|one| one.size).sum();
        let backlog = beat.size.saturating_sub(here);
        let counts = line.connected && !beat.has_hours;
        let still = if counts { backlog } else { 0 };
        Some(LaneFacts {
            line: format!("{platform}>{}", self.hub),
            size: beat.size.max(here),
            backlog,
            eldest: (backlog > 0).then_some(*came),
            still_since: stills.still(&format!("up {platform}"), here, still, now),
            ..LaneFacts::default()
        })
    }

    /// What the hub writes and the platform has not. Of a platform that tells no heartbeats nobody
    /// knows whether it waits for its hours, so nothing is said to stand still.
    fn down(
        &self,
        platform: &PlatformId,
        sorted: &Sorted<'_>,
        line: &Line,
        stills: &mut Stills,
        now: Timestamp,
    ) -> Vec<LaneFacts> {
        let rows = |of: &PlatformId| sorted.own.get(of).map(Vec::as_slice).unwrap_or_default();
        let mailbox = rows(platform).iter().filter(|one| one.journal.author == self.hub);
        let broadcast = rows(&self.hub)
            .iter()
            .filter(|one| one.journal.author == self.hub && one.journal.audience == Audience::All);
        let knows = line.beat.as_ref().is_some_and(|(beat, _)| !beat.has_hours);
        let mut lanes = Vec::new();
        for one in mailbox.chain(broadcast) {
            let reader = sorted.readers.get(&(platform, &one.journal));
            let has = reader.map_or(0, |row| row.size.min(one.size));
            let backlog = one.size - has;
            let still = if line.connected && knows { backlog } else { 0 };
            let key = format!("down {platform} {}", one.journal);
            let still_since = stills.still(&key, has, still, now);
            let name = line_of(&one.journal.to_string());
            lanes.push(LaneFacts {
                line: name,
                down: true,
                size: one.size,
                backlog,
                eldest: still_since,
                still_since,
                ..LaneFacts::default()
            });
        }
        lanes
    }

    /// Platforms whose entries wait and whose gate does not move.
    pub(super) fn gate(&self, stills: &mut Stills, now: Timestamp) -> Vec<Finding> {
        let mut stuck: BTreeMap<&PlatformId, (u64, Timestamp)> = BTreeMap::new();
        for one in &self.reached {
            let key = format!("gate {} {}", one.platform, one.journal);
            let (waiting, judged) = (unjudged(one), one.judged.unwrap_or(0));
            let Some(since) = stills.still(&key, judged, waiting, now) else { continue };
            if now.micros_since(since) >= STUCK_AFTER {
                let all = stuck.entry(&one.platform).or_insert((0, since));
                *all = (all.0 + waiting, all.1.min(since));
            }
        }
        let found = stuck.into_iter().map(|(platform, (waiting, since))| {
            let seconds = now.micros_since(since) / 1_000_000;
            let zh = format!("{waiting} 条未判，闸口 {seconds} 秒没有前进");
            let en = format!("{waiting} entries wait and the gate has not moved for {seconds} s");
            Finding::new(&GATE_STUCK, platform.as_str(), zh, en).since(since)
        });
        found.collect()
    }

    /// Tenants that live in no instance.
    pub(super) fn tenants(&self, stills: &mut Stills, now: Timestamp) -> Vec<Finding> {
        let mut found = Vec::new();
        for row in self.platforms.iter().filter(|row| row.hosted) {
            let platform = &row.platform;
            let heard: Vec<_> = self.elsewhere.iter().filter(|one| one.peer == *platform).collect();
            let line = Line::of(true, self.known.get(platform), &heard, now);
            let absent = u64::from(!line.connected);
            let since = stills.still(&format!("tenant {platform}"), 0, absent, now);
            let Some(since) = since.filter(|at| now.micros_since(*at) >= STUCK_AFTER) else {
                continue;
            };
            let (zh, en) = ("没有在任何实例中运行", "it lives in no instance");
            found.push(Finding::new(&TENANT_ABSENT, platform.as_str(), zh, en).since(since));
        }
        found
    }
}

/// Entries that are stored and not judged.
fn unjudged(one: &Reached) -> u64 {
    one.judged.map_or(0, |judged| one.size.saturating_sub(judged))
}

fn stopped(own: &[&Reached]) -> Vec<LaneFacts> {
    let stopped = own.iter().filter_map(|one| {
        let why = one.stopped.as_deref()?;
        // The rest is the note by which it can be proved.
        let why = why.lines().next().unwrap_or_default().to_owned();
        Some(LaneFacts {
            line: line_of(&one.journal.to_string()),
            stopped: Some(why),
            ..LaneFacts::default()
        })
    });
    stopped.collect()
}

// === impl Line ===

impl Line {
    fn of(hosted: bool, known: Option<&Known>, heard: &[&HeardRow], now: Timestamp) -> Self {
        // A note of a tenant may be as old as notes are apart.
        let called = |at: Timestamp, slack: i64| now.micros_since(at) < CALLED_WITHIN + slack;
        let here = known.is_some_and(|one| match hosted {
            true => called(one.heard, 0),
            false => one.lines > 0,
        });
        let there = heard.iter().filter(|row| match hosted {
            true => called(row.heard, HEARD_EVERY),
            false => row.connected,
        });
        let there: Vec<_> = there.collect();
        let connected = here || !there.is_empty();
        let own = known.filter(|one| one.since != Timestamp::default());
        let since = match connected {
            true => {
                own.filter(|_| here).map(|one| one.since).or(there.first().map(|row| row.since))
            }
            false => {
                let noted = heard.iter().map(|row| row.since);
                own.map(|one| one.since).into_iter().chain(noted).max()
            }
        };
        let beats = heard.iter().filter_map(|row| row.beat.clone());
        let own_beat = known.and_then(|one| one.beat.clone());
        Self {
            connected,
            since,
            heard: own.map(|one| one.heard).into_iter().chain(heard.iter().map(|r| r.heard)).max(),
            beat: own_beat.into_iter().chain(beats).max_by_key(|(_, came)| *came),
            ever: own.is_some() || !heard.is_empty(),
        }
    }
}

#[cfg(test)]
mod tests;
