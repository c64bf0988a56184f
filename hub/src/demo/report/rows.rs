//! The rows of the report, each from the stores' bytes.

use std::collections::BTreeMap;

use anyhow::anyhow;
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::ids::{Lane, PlatformId};
use sanheyi_exchange_spec::invariants::{Sealed, byte_exact};
use sanheyi_exchange_spec::keyring::Keyring;
use sanheyi_exchange_spec::later;
use sanheyi_exchange_spec::segment::SegmentReader;
use sanheyi_exchange_spec::suite::Suite;
use sanheyi_node::branch::{JournalReport, stored_rules, verify, verify_shown};
use sanheyi_node::store::{Counts, Database, JournalNumber, JournalRow, Store, StoreError};

use crate::demo::foreign::Answered;
use crate::demo::parties::{Guest, Member, member_answered, node_store};
use crate::demo::writer::{Families, Ledger};
use crate::store::{PlatformRow, hosted_list};
use crate::tenants;

/// Excepted entries read at a time.
const READ: u64 = 1000;
/// Segments of a mailbox read at a time.
const SEGMENTS: usize = 64;

/// Where a platform's branch lives.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Seat {
    /// In a node.
    Node,
    /// In the hub.
    Hosted,
    /// In somebody else's program.
    Foreign,
}

/// How many entries stand so for the sake of a rule.
pub(super) type Rules = BTreeMap<(Standing, String), u64>;

/// One platform's row.
pub(super) struct Row {
    pub(super) platform: PlatformId,
    pub(super) title: String,
    pub(super) seat: Seat,
    pub(super) entries: u64,
    pub(super) families: Families,
    /// Bytes on its line in the year, and entries of that.
    pub(super) wire: Option<(u64, u64)>,
    pub(super) counts: Counts,
    /// Excepted entries by standing and by the first rule that is named.
    pub(super) rules: Rules,
    pub(super) checkpoints: u64,
    pub(super) receipts: u64,
    /// Letters that say what became of entries that were pending before.
    pub(super) later: u64,
    pub(super) lag: u64,
    /// The root that was found, or why there is none to show.
    pub(super) root: Result<String, String>,
}

/// The hub's side.
pub(super) struct Hub<'a> {
    pub(super) id: &'a PlatformId,
    pub(super) store: &'a Database,
    pub(super) platforms: Vec<PlatformRow>,
    pub(super) keys: Keyring,
}

// === impl Row ===

impl Row {
    /// How many entries stand so for the sake of a rule.
    pub(super) fn rule(&self, standing: Standing, rule: &str) -> u64 {
        self.rules.get(&(standing, rule.to_owned())).copied().unwrap_or(0)
    }
}

// === impl Hub ===

impl Hub<'_> {
    /// A node: two stores, each verified from its bytes, with one root for every journal; and what
    /// others have shown it is proved.
    pub(super) async fn node(&self, member: &Member, ledger: &Ledger) -> anyhow::Result<Row> {
        let home = node_store(member).await?;
        let at_home = verify(&home, &self.keys).await?;
        let at_hub = self.verify(&member.platform).await?;
        let mut held = at_hub.clone();
        held.extend(verify(&self.store.of(self.id), &self.keys).await?);
        let root = compare(&at_home, &held).and_then(|root| {
            let stored = sum(&at_home, &member.platform, |report| report.entries);
            acknowledged(ledger, stored).map(|()| root)
        });
        let mut row = self.row(&member.platform, &member.title, Seat::Node, &at_hub, root).await?;
        row.families.clone_from(&ledger.families);
        row.wire = ledger.wire;
        row.receipts = sum(&at_home, &member.platform, |report| report.receipts);
        let mut counts = Counts::default();
        for own in home.journal_list().await?.iter().filter(|row| row.home) {
            let (of_lane, answered) = home.receipt_counts(own.number).await?;
            counts = together(counts, of_lane);
            row.lag += own.head.size.saturating_sub(answered);
        }
        if counts != row.counts && row.root.is_ok() {
            let there = row.counts;
            row.root = Err(format!("receipts differ: {counts:?} at home, {there:?} at the hub"));
        }
        let shown = verify_shown(&home, &stored_rules(&home, self.id).await?, self.id).await?;
        if let Some(difference) = shown.difference {
            row.root = Err(format!("shown to it: {difference}"));
        }
        home.database().close().await;
        Ok(row)
    }

    /// A tenant: one copy only. Its root from the bytes is the one that was admitted, at the size
    /// of the home, and its checkpoints say that the hub keeps the key.
    pub(super) async fn tenant(&self, member: &Member, ledger: &Ledger) -> anyhow::Result<Row> {
        let store = self.store.of(&member.platform);
        let reports = self.verify(&member.platform).await?;
        let admitted = hosted_list(&store).await?;
        let root = sound(&reports).and_then(|()| {
            acknowledged(ledger, sum(&reports, &member.platform, |report| report.entries))?;
            for report in own(&reports, &member.platform) {
                let head = admitted.iter().find(|row| row.head.journal == report.journal);
                let head = &head.ok_or("nothing of it was admitted")?.head;
                byte_exact(&sealed(report), &Sealed { size: head.size, root: head.root })
                    .map_err(|broken| format!("admitted: {broken}"))?;
                let told = report.checkpoints > 0 && report.keeper.as_ref() == Some(self.id);
                if report.entries > 0 && !told {
                    return Err(format!("no checkpoint says that {} keeps its key", self.id));
                }
            }
            shown(&reports, &member.platform)
                .map(|report| report.root.to_string())
                .ok_or_else(|| "there is no journal of it".to_owned())
        });
        let (platform, title) = (&member.platform, &member.title);
        let mut row = self.row(platform, title, Seat::Hosted, &reports, root).await?;
        row.families.clone_from(&ledger.families);
        row.lag = row.entries.saturating_sub(member_answered(&store).await?);
        Ok(row)
    }

    /// The foreign vendor: its own word against the hub's copy.
    pub(super) async fn guest(&self, guest: &Guest, answered: &Answered) -> anyhow::Result<Row> {
        let at_hub = self.verify(&guest.platform).await?;
        let root = sound(&at_hub).and_then(|()| match shown(&at_hub, &guest.platform) {
            Some(report) if report.root == answered.root => Ok(report.root.to_string()),
            Some(report) => Err(format!("{} at home, {} at the hub", answered.root, report.root)),
            None => Err("the hub has no journal of it".to_owned()),
        });
        let (platform, title) = (&guest.platform, &guest.title);
        let mut row = self.row(platform, title, Seat::Foreign, &at_hub, root).await?;
        row.families.clone_from(&answered.families);
        row.receipts = answered.receipts;
        row.lag = answered.entries.saturating_sub(row.counts.total());
        Ok(row)
    }

    /// What `verify` finds at the hub.
    async fn verify(&self, platform: &PlatformId) -> anyhow::Result<Vec<JournalReport>> {
        let row = self.platforms.iter().find(|row| row.platform == *platform);
        let row = row.ok_or_else(|| anyhow!("{platform} is not registered"))?;
        Ok(tenants::verify(&self.store.of(platform), row, self.id, &self.keys).await?)
    }

    async fn row(
        &self,
        platform: &PlatformId,
        title: &str,
        seat: Seat,
        reports: &[JournalReport],
        root: Result<String, String>,
    ) -> anyhow::Result<Row> {
        let store = self.store.of(platform);
        let journals = store.journal_list().await?;
        let (mut counts, mut rules, mut entries) = (Counts::default(), Rules::new(), 0);
        for held in journals.iter().filter(|row| row.head.journal.author == *platform) {
            counts = together(counts, store.receipt_counts(held.number).await?.0);
            count_rules(&store, held.number, &mut rules).await?;
            entries += held.head.size;
        }
        let receipts = sum(reports, platform, |report| report.receipts);
        let mut later = 0;
        for mailbox in journals.iter().filter(|row| row.head.journal.author == *self.id) {
            later += count_later(&store, mailbox).await?;
        }
        Ok(Row {
            platform: platform.clone(),
            title: title.to_owned(),
            seat,
            entries,
            families: Families::default(),
            wire: None,
            counts,
            rules,
            checkpoints: sum(reports, platform, |report| report.checkpoints),
            receipts,
            later,
            lag: 0,
            root,
        })
    }
}

/// A platform's own journals, one for each lane.
fn own<'a>(
    reports: &'a [JournalReport],
    platform: &PlatformId,
) -> impl Iterator<Item = &'a JournalReport> {
    reports.iter().filter(move |report| report.journal.author == *platform)
}

/// The one whose root is shown: that of the normal lane.
fn shown<'a>(reports: &'a [JournalReport], platform: &PlatformId) -> Option<&'a JournalReport> {
    own(reports, platform).find(|report| report.journal.lane == Lane::Normal)
}

fn sum(reports: &[JournalReport], platform: &PlatformId, what: fn(&JournalReport) -> u64) -> u64 {
    own(reports, platform).map(what).sum()
}

fn together(one: Counts, other: Counts) -> Counts {
    Counts {
        accepted: one.accepted + other.accepted,
        quarantined: one.quarantined + other.quarantined,
        pending: one.pending + other.pending,
        warned: one.warned + other.warned,
    }
}

/// Counts the excepted entries of a journal.
async fn count_rules(
    store: &Store,
    journal: JournalNumber,
    rules: &mut Rules,
) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let page = store.exception_list(journal, after, READ).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.sequence);
        // What was pending and is accepted now, without a warning, is no exception any more.
        for exception in page.iter().filter(|one| !one.reasons.is_empty()) {
            let rule = exception.reasons.first().map_or("?", |reason| reason.rule.as_str());
            *rules.entry((exception.standing, rule.to_owned())).or_insert(0) += 1;
        }
    }
}

/// Counts the letters of a mailbox that are later verdicts.
async fn count_later(store: &Store, mailbox: &JournalRow) -> anyhow::Result<u64> {
    let mut reader = SegmentReader::new(Suite::Intl)?;
    let (mut next, mut later) = (0, 0);
    while next < mailbox.head.size {
        for row in store.segment_from(mailbox.number, next, SEGMENTS).await? {
            let opened = reader.open(&row.bytes)?;
            // It may have been merged meanwhile: what was counted is not counted again.
            let seen = usize::try_from(next.saturating_sub(row.first))?;
            next = row.first + row.entries;
            let told = opened.iter().skip(seen);
            let told = told.filter(|entry| entry.header.dataset == later::DATASET);
            later += told.count() as u64;
        }
    }
    Ok(later)
}

fn sealed(report: &JournalReport) -> Sealed {
    Sealed { size: report.entries, root: report.root }
}

/// Whether as much is stored as was acknowledged.
fn acknowledged(ledger: &Ledger, stored: u64) -> Result<(), String> {
    let same = stored == ledger.entries;
    same.then_some(()).ok_or_else(|| format!("{} acknowledged, {stored} stored", ledger.entries))
}

/// No journal of a store differs from its bytes.
fn sound(reports: &[JournalReport]) -> Result<(), String> {
    let difference = reports.iter().find_map(|report| report.difference.as_ref());
    difference.map_or(Ok(()), |difference| Err(difference.to_string()))
}

/// Every journal that both stores hold has the same root in both, computed from the bytes.
fn compare(home: &[JournalReport], hub: &[JournalReport]) -> Result<String, String> {
    let mut root = String::new();
    sound(home).map_err(|difference| format!("home: {difference}"))?;
    sound(hub).map_err(|difference| format!("hub: {difference}"))?;
    for report in home {
        let other = hub.iter().find(|other| other.journal == report.journal);
        let other = other.ok_or_else(|| format!("{} is not at the hub", report.journal))?;
        byte_exact(&sealed(report), &sealed(other))
            .map_err(|broken| format!("{}: {broken}", report.journal))?;
        if report.home && report.journal.lane == Lane::Normal {
            root = report.root.to_string();
        }
    }
    Ok(root)
}
