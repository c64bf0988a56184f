//! The rows of the report, each from the stores' bytes.

use std::collections::BTreeMap;

use anyhow::anyhow;
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::invariants::{Sealed, byte_exact};
use sanheyi_exchange_spec::suite::VerifyingKey;
use sanheyi_node::branch::{JournalReport, verify};
use sanheyi_node::store::{Counts, Database};

use super::node_store;
use crate::demo::foreign::Answered;
use crate::demo::parties::{Guest, Member, member_answered};
use crate::demo::writer::{Families, Ledger};
use crate::store::{PlatformRow, hosted_list};
use crate::tenants;

/// Excepted entries read at a time.
const READ: u64 = 1000;

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
    pub(super) title: String,
    pub(super) seat: Seat,
    pub(super) entries: u64,
    pub(super) families: Families,
    pub(super) wire: Option<u64>,
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
    pub(super) keys: BTreeMap<PlatformId, VerifyingKey>,
}

// === impl Hub ===

impl Hub<'_> {
    /// A node: two stores, each verified from its bytes, with one root for every journal.
    pub(super) async fn node(&self, member: &Member, ledger: &Ledger) -> anyhow::Result<Row> {
        let home = node_store(member).await?;
        let at_home = verify(&home, &self.keys).await?;
        let at_hub = self.verify(&member.platform).await?;
        let root = compare(&at_home, &at_hub).and_then(|root| {
            let stored = own(&at_home, &member.platform).map_or(0, |report| report.entries);
            acknowledged(ledger, stored).map(|()| root)
        });
        let mut row = self.row(&member.platform, &member.title, Seat::Node, &at_hub, root).await?;
        row.families.clone_from(&ledger.families);
        row.wire = member.line().map(crate::demo::line::Line::carried);
        row.receipts = own(&at_home, &member.platform).map_or(0, |report| report.receipts);
        let journals = home.journal_list().await?;
        let own = journals.iter().find(|row| row.home);
        let own = own.ok_or_else(|| anyhow!("{}: no journal at home", member.platform))?;
        let (counts, answered) = home.receipt_counts(own.number).await?;
        row.lag = own.head.size.saturating_sub(answered);
        if counts != row.counts && row.root.is_ok() {
            let there = row.counts;
            row.root = Err(format!("receipts differ: {counts:?} at home, {there:?} at the hub"));
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
            let report = own(&reports, &member.platform).ok_or("there is no journal of it")?;
            acknowledged(ledger, report.entries)?;
            let head = admitted.iter().find(|row| row.head.journal == report.journal);
            let head = &head.ok_or("nothing of it was admitted")?.head;
            byte_exact(&sealed(report), &Sealed { size: head.size, root: head.root })
                .map_err(|broken| format!("admitted: {broken}"))?;
            if report.checkpoints == 0 || report.keeper.as_ref() != Some(self.id) {
                return Err(format!("no checkpoint says that {} keeps its key", self.id));
            }
            Ok(report.root.to_string())
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
        let root = sound(&at_hub).and_then(|()| match own(&at_hub, &guest.platform) {
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
        let held = journals.iter().find(|row| row.head.journal.author == *platform);
        let held = held.ok_or_else(|| anyhow!("{platform}: the hub holds no journal"))?;
        let (counts, _) = store.receipt_counts(held.number).await?;
        let mut rules = Rules::new();
        let mut after = None;
        loop {
            let page = store.exception_list(held.number, after, READ).await?;
            let Some(last) = page.last() else { break };
            after = Some(last.sequence);
            // What was pending and is accepted now, without a warning, is no exception any more.
            for exception in page.iter().filter(|one| !one.reasons.is_empty()) {
                let rule = exception.reasons.first().map_or("?", |reason| reason.rule.as_str());
                *rules.entry((exception.standing, rule.to_owned())).or_insert(0) += 1;
            }
        }
        let report = own(reports, platform);
        let receipts = report.map_or(0, |report| report.receipts);
        // Whatever in its mailbox is no receipt is a later verdict.
        let mailbox = journals.iter().find(|row| row.head.journal.author == *self.id);
        let letters = mailbox.map_or(0, |row| row.head.size);
        Ok(Row {
            title: title.to_owned(),
            seat,
            entries: held.head.size,
            families: Families::default(),
            wire: None,
            counts,
            rules,
            checkpoints: report.map_or(0, |report| report.checkpoints),
            receipts,
            later: letters.saturating_sub(receipts),
            lag: 0,
            root,
        })
    }
}

fn own<'a>(reports: &'a [JournalReport], platform: &PlatformId) -> Option<&'a JournalReport> {
    reports.iter().find(|report| report.journal.author == *platform)
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
        if report.home {
            root = report.root.to_string();
        }
    }
    Ok(root)
}
