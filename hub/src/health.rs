//! The health of a hub: how every platform's line stands, whether gate and admission move, and what
//! else is wrong. The watchdog, the names of alerts and the states of lines are those of a node
//! ([`sanheyi_node::health`]); here is what a hub knows.
//!
//! ```text
//! connections ─► Peers ─┐
//! heartbeats  ─►        ├─► HubWatch ─► Standing ─► log, probes, metrics, pages
//! store (sizes, places) ┘        └────► heard, alert, pulse (store) ─► other instances, commands
//! ```
//!
//! Several instances share a store: what one of them knows of its own lines it notes, and each
//! tells of all.

pub(crate) mod beside;
pub mod documents;
mod facts;
pub mod metrics;
pub mod peers;
pub mod waiting;

use std::collections::BTreeMap;
use std::sync::Arc;

use sanheyi_exchange_spec::health::alerts::{ADMISSION_STUCK, DISK_FULL, GATE_STUCK};
use sanheyi_exchange_spec::health::{Finding, Heartbeat, link_findings};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::health::beat::Beat;
use sanheyi_node::health::still::Stills;
use sanheyi_node::health::watch::{Gathered, SILENT_AFTER};
use sanheyi_node::health::{Checks, LinkStanding, Watched};
use sanheyi_node::store::{Database, HeardRow, Store, StoreError, Tx};

use crate::certificates::health::certificate_findings;
use crate::store::{certificate_living, platform_list, reached_list, reader_reached};
use facts::{City, has_no_room};
use peers::{Known, Peers};

/// Name and version of the program.
pub const VERSION: &str = concat!("sanheyi-hub/", env!("CARGO_PKG_VERSION"));
/// How often it is noted that a platform was heard while nothing else about it changes, in
/// microseconds: thousands of platforms are a small write a minute.
pub const HEARD_EVERY: i64 = 60_000_000;
/// Certificates that have ended are spoken of for so long, in microseconds: a month.
const ENDED_SHOWN: i64 = 30 * 86_400_000_000;

/// Signs of life of the workers of an exchange.
#[derive(Debug, Default)]
pub struct Works {
    /// Of the gate, by lane.
    pub gates: Vec<Beat>,
    /// Of admission, by lane.
    pub admissions: Vec<Beat>,
}

/// Watches over a hub.
pub struct HubWatch {
    database: Database,
    store: Store,
    instance: String,
    peers: Arc<Peers>,
    works: Arc<Works>,
    checks: Checks,
    stills: Stills,
    known: BTreeMap<PlatformId, Known>,
    /// Lines that a process before this one has left as connected.
    left: Vec<HeardRow>,
    noted: BTreeMap<PlatformId, HeardRow>,
    noting: Vec<HeardRow>,
    begun: bool,
}

// === impl Works ===

impl Works {
    /// Of so many lanes each.
    pub fn new(lanes: usize) -> Arc<Self> {
        let beats = || (0..lanes).map(|_| Beat::default()).collect();
        Arc::new(Self { gates: beats(), admissions: beats() })
    }
}

/// The longest standstill among workers: which, since when.
fn stuck(beats: &[Beat], now: Timestamp) -> Option<(usize, Timestamp)> {
    let stuck = beats.iter().map(|beat| beat.stuck_since(now)).enumerate();
    stuck.filter_map(|(lane, since)| Some((lane, since?))).min_by_key(|(_, since)| *since)
}

// === impl HubWatch ===

impl HubWatch {
    /// Watches over the hub `hub`; `instance` tells it from others on the same store.
    pub fn new(
        database: Database,
        hub: &PlatformId,
        instance: String,
        peers: Arc<Peers>,
        works: Arc<Works>,
        checks: Checks,
    ) -> Self {
        let store = database.of(hub);
        Self {
            database,
            store,
            instance,
            peers,
            works,
            checks,
            stills: Stills::default(),
            known: BTreeMap::new(),
            left: Vec::new(),
            noted: BTreeMap::new(),
            noting: Vec::new(),
            begun: false,
        }
    }

    async fn city(&mut self, full: bool, now: Timestamp) -> Result<City, StoreError> {
        let heard = self.store.heard_list().await?;
        let pulses = self.store.pulse_list().await?;
        let living = |instance: &str| {
            let mut own = pulses.iter().filter(|row| row.instance == instance);
            own.any(|row| now.micros_since(row.at) < SILENT_AFTER)
        };
        if !self.begun {
            let own = heard.iter().filter(|row| row.instance == self.instance && row.connected);
            self.left = own.cloned().collect();
            self.begun = true;
        }
        let elsewhere = heard
            .into_iter()
            .map(|mut row| {
                row.connected &= row.instance != self.instance && living(&row.instance);
                row
            })
            .collect();
        Ok(City {
            hub: self.store.platform().clone(),
            platforms: platform_list(&self.database).await?,
            reached: reached_list(&self.database).await?,
            readers: reader_reached(&self.database).await?,
            known: self.known.clone(),
            elsewhere,
            full,
        })
    }

    /// Whether the workers move, by their own signs. Where a platform's entries say already that
    /// the gate stands still, the worker is not named beside it.
    fn workers(&self, gate_told: bool, now: Timestamp) -> Vec<Finding> {
        let hub = self.store.platform().as_str();
        let seconds = |since: Timestamp| now.micros_since(since) / 1_000_000;
        let mut found = Vec::new();
        if let Some((lane, since)) = stuck(&self.works.gates, now).filter(|_| !gate_told) {
            let zh = format!("闸口通道 {lane} 的当前一步已用 {} 秒", seconds(since));
            let en = format!("lane {lane} of the gate is at one step for {} s", seconds(since));
            found.push(Finding::new(&GATE_STUCK, hub, zh, en).since(since));
        }
        if let Some((lane, since)) = stuck(&self.works.admissions, now) {
            let zh = format!("接收通道 {lane} 的当前一批已用 {} 秒", seconds(since));
            let en = format!("lane {lane} of admission is at one group for {} s", seconds(since));
            found.push(Finding::new(&ADMISSION_STUCK, hub, zh, en).since(since));
        }
        found
    }

    fn rows_to_note(&self, now: Timestamp) -> Vec<HeardRow> {
        let mut rows: Vec<_> = self
            .known
            .iter()
            .filter_map(|(platform, known)| {
                let row = heard_row(platform, &self.instance, known);
                let due = self.noted.get(platform).is_none_or(|noted| {
                    let alike = HeardRow { heard: noted.heard, ..row.clone() } == *noted;
                    !alike || row.heard.micros_since(noted.heard) >= HEARD_EVERY
                });
                due.then_some(row)
            })
            .collect();
        let gone = self.left.iter().filter(|row| !self.known.contains_key(&row.peer));
        rows.extend(gone.map(|row| HeardRow { connected: false, since: now, ..row.clone() }));
        rows
    }
}

fn heard_row(platform: &PlatformId, instance: &str, known: &Known) -> HeardRow {
    HeardRow {
        peer: platform.clone(),
        instance: instance.to_owned(),
        connected: known.lines > 0,
        since: known.since,
        heard: known.heard,
        address: known.address.clone(),
        serial: known.serial.clone(),
        beat: known.beat.clone(),
    }
}

impl Watched for HubWatch {
    fn store(&self) -> &Store {
        &self.store
    }

    fn instance(&self) -> &str {
        &self.instance
    }

    fn version(&self) -> &'static str {
        VERSION
    }

    async fn gather(&mut self, now: Timestamp) -> Result<Gathered, StoreError> {
        self.known = self.peers.look(now);
        let checked = self.checks.findings(&self.store, now).await?;
        let full = checked.iter().any(|one| has_no_room(one, self.store.platform()));
        let city = self.city(full, now).await?;
        let links = city.links(&mut self.stills, now);
        let mut findings: Vec<Finding> =
            links.iter().flat_map(|link| link_findings(&link.facts, now)).collect();
        // That the disk is full is said once, of the hub, and not of every line.
        findings.retain(|one| one.name != DISK_FULL.name);
        let gate = city.gate(&mut self.stills, now);
        let gate_told = !gate.is_empty();
        findings.extend(gate);
        findings.extend(city.tenants(&mut self.stills, now));
        findings.extend(self.workers(gate_told, now));
        let lately = now.plus_micros(-ENDED_SHOWN);
        let certificates = certificate_living(&self.database, lately).await?;
        findings.extend(certificate_findings(&certificates, now));
        findings.extend(checked);
        Ok(Gathered { links, findings })
    }

    fn note(&mut self, tx: &mut Tx, now: Timestamp) {
        self.noting = self.rows_to_note(now);
        tx.heard_put(&self.store, &self.noting);
    }

    fn noted(&mut self) {
        let noted = std::mem::take(&mut self.noting).into_iter();
        self.noted.extend(noted.map(|row| (row.peer.clone(), row)));
        self.left.clear();
    }
}

/// What the hub's heartbeat says to a platform, by what the watchdog saw last.
pub(crate) fn heartbeat(link: Option<&LinkStanding>, now: Timestamp, findings: usize) -> Heartbeat {
    let (size, backlog) = link.map_or((0, 0), |link| {
        let down = link.facts.lanes.iter().filter(|lane| lane.down);
        down.fold((0, 0), |sum, lane| (sum.0 + lane.size, sum.1 + lane.backlog))
    });
    Heartbeat {
        at: now,
        size,
        acknowledged: size.saturating_sub(backlog),
        findings: u32::try_from(findings).unwrap_or(u32::MAX),
        version: VERSION.to_owned(),
        ..Heartbeat::default()
    }
}
