//! A district's departments: hand in what the year brings, day by day, through the node's intake,
//! keeping what they read.

use std::collections::BTreeMap;

use anyhow::bail;
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::gateway::client::IntakeClient;
use sanheyi_proto::exchange::v1 as wire;

use super::parties::{Member, wait_for_intake};
use super::say::say;
use super::year::{District, Plan, Written, publication, year};
use super::{CUT, CUT_OFF};

/// What was written to a node and acknowledged.
pub(super) struct Ledger {
    pub(super) platform: PlatformId,
    /// Number of acknowledged entries.
    pub(super) entries: u64,
    /// Entries that the node had ahead of its hub when its line was mended.
    pub(super) while_cut: u64,
}

/// One district's departments.
pub(super) struct Writer<'a> {
    district: District,
    plan: Plan,
    member: &'a Member,
    client: IntakeClient,
    bar: ProgressBar,
    heads: BTreeMap<(&'static str, String), (u64, bytes::Bytes)>,
    entries: u64,
}

impl<'a> Writer<'a> {
    pub(super) async fn new(
        district: District,
        plan: Plan,
        member: &'a Member,
        bars: &MultiProgress,
    ) -> anyhow::Result<Self> {
        let client = wait_for_intake(member).await?;
        let bar = bars.add(ProgressBar::new(365));
        bar.set_style(ProgressStyle::with_template(
            "{prefix:<16} {bar:30} {pos:>3}/365 天 days  {msg}",
        )?);
        bar.set_prefix(member.title.clone());
        Ok(Self { district, plan, member, client, bar, heads: BTreeMap::new(), entries: 0 })
    }

    /// Publishes the catalogue, then lives through the year.
    pub(super) async fn write(mut self) -> anyhow::Result<Ledger> {
        let cut = self.district.platform.as_str() == CUT_OFF;
        let mut while_cut = 0;
        self.submit(publication(&self.district)).await?;
        for day in year(&self.district, &self.plan) {
            let ordinal = day.date.day_of_year();
            if cut && ordinal == CUT.start {
                self.member.line.cut();
                while_cut = self.entries;
            }
            if cut && ordinal == CUT.end {
                while_cut = self.entries - while_cut;
                self.member.line.mend();
            }
            for batch in day.batches {
                self.submit(batch).await?;
            }
            let note = match cut && CUT.contains(&ordinal) {
                true => "线路已断，照常办理 · line cut, works on",
                false => "",
            };
            self.bar.set_message(format!("{} 条 entries {note}", self.entries));
            self.bar.inc(1);
            // Where nobody can watch a bar move, a line a month.
            if self.bar.is_hidden() && day.date.day() == 1 {
                let (title, date, entries) = (&self.member.title, day.date, self.entries);
                say(&format!("{date} {title}: {entries} 条 entries {note}"));
            }
        }
        self.bar.finish();
        let platform = self.district.platform.clone();
        Ok(Ledger { platform, entries: self.entries, while_cut })
    }

    async fn submit(&mut self, batch: Vec<Written>) -> anyhow::Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        let keys: Vec<_> = batch.iter().map(|one| (one.dataset, one.record.clone())).collect();
        let drafts = batch.into_iter().map(|one| self.draft(one)).collect();
        let answer = self.client.submit(drafts).await?;
        if let Some(refused) = answer.refused.first() {
            bail!("{} refused a draft: {refused:?}", self.district.platform);
        }
        self.entries += answer.appended.len() as u64;
        for (key, appended) in keys.into_iter().zip(answer.appended) {
            self.heads.insert(key, (appended.revision, appended.digest));
        }
        Ok(())
    }

    fn draft(&self, one: Written) -> wire::Draft {
        let key = (one.dataset, one.record);
        let (follows_revision, follows_digest) = self.heads.get(&key).cloned().unwrap_or_default();
        wire::Draft {
            dataset: key.0.to_owned(),
            record: key.1,
            operation: i32::try_from(one.operation.number()).unwrap_or_default(),
            occurred: one.occurred.as_micros(),
            body: one.body,
            follows_revision,
            follows_digest,
            reads: Vec::new(),
        }
    }
}
