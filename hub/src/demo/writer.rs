//! A district's departments: hand in what the year brings, day by day, through the intake of its
//! branch, keeping what they read. Where that branch lives makes no difference to them.

use std::collections::BTreeMap;

use anyhow::bail;
use bytes::Bytes;
use indicatif::ProgressBar;
use jiff::civil::Date;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::cli::table::grouped;
use sanheyi_node::gateway::client::IntakeClient;
use sanheyi_proto::exchange::v1 as wire;

use super::acts::codes::{self, Ended};
use super::pace::Pace;
use super::parties::{Federation, Member, wait_for_intake};
use super::year::{BATCH, District, Plan, Written, publication, year};
use super::{CUT, CUT_OFF};

/// What was handed in and acknowledged.
pub(super) struct Ledger {
    pub(super) platform: PlatformId,
    /// Number of acknowledged entries.
    pub(super) entries: u64,
    /// The same by family of the standard.
    pub(super) families: Families,
    /// What happened while its line was cut, if it was.
    pub(super) cut: Option<WhileCut>,
    /// Bytes on its line, and entries, when the year was over; nothing without a line.
    pub(super) wire: Option<(u64, u64)>,
    /// What was made of a code that ended in the year.
    pub(super) ended: Ended,
}

/// Records and entries by family: what stands before the dot in the names of datasets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Families(pub(super) BTreeMap<&'static str, (u64, u64)>);

/// What happened while a line was cut.
#[derive(Clone, Copy, Default)]
pub(super) struct WhileCut {
    /// Entries that the node wrote.
    pub(super) written: u64,
    /// Entries of the tenants that were answered at the hub.
    pub(super) hosted: u64,
}

/// One district's departments.
pub(super) struct Writer<'a> {
    district: District,
    plan: Plan,
    federation: &'a Federation,
    member: &'a Member,
    pace: &'a Pace,
    client: IntakeClient,
    bar: ProgressBar,
    heads: BTreeMap<(&'static str, String), (u64, Bytes)>,
    entries: u64,
    families: Families,
    ended: Ended,
}

// === impl Ledger ===

impl Ledger {
    /// Notes what the year cost on the line; what comes after it may be a file.
    pub(super) fn weigh(&mut self, member: &Member) {
        self.wire = member.line().map(|line| (line.carried(), self.entries));
    }

    /// Counts an entry that was handed in after the year.
    pub(super) fn count(&mut self, dataset: &'static str, revision: u64) {
        self.entries += 1;
        self.families.count(dataset, revision);
    }
}

// === impl Families ===

impl Families {
    /// Counts an entry; its first revision makes a record.
    pub(super) fn count(&mut self, dataset: &'static str, revision: u64) {
        let family = dataset.split('.').next().unwrap_or(dataset);
        let (records, entries) = self.0.entry(family).or_default();
        *records += u64::from(revision == 1);
        *entries += 1;
    }

    /// Adds those of somebody else.
    pub(super) fn add(&mut self, other: &Self) {
        for (family, (records, entries)) in &other.0 {
            let sum = self.0.entry(family).or_default();
            *sum = (sum.0 + records, sum.1 + entries);
        }
    }
}

/// A record state as it is handed in, by somebody who read the head of the record.
pub(super) fn draft(one: Written, (follows_revision, follows_digest): (u64, Bytes)) -> wire::Draft {
    wire::Draft {
        dataset: one.dataset.to_owned(),
        record: one.record,
        operation: i32::try_from(one.operation.number()).unwrap_or_default(),
        occurred: one.occurred.as_micros(),
        body: one.body,
        follows_revision,
        follows_digest,
        reads: Vec::new(),
    }
}

impl<'a> Writer<'a> {
    pub(super) async fn new(
        district: District,
        plan: Plan,
        federation: &'a Federation,
        pace: &'a Pace,
    ) -> anyhow::Result<Self> {
        let member = federation.member(&district.platform)?;
        let client = wait_for_intake(member).await?;
        let bar = pace.bar(member)?;
        Ok(Self {
            district,
            plan,
            federation,
            member,
            pace,
            client,
            bar,
            heads: BTreeMap::new(),
            entries: 0,
            families: Families::default(),
            ended: Ended::default(),
        })
    }

    /// Says who works there and publishes the catalogue, then lives through the year.
    pub(super) async fn write(mut self) -> anyhow::Result<Ledger> {
        let mut cut = None;
        for batch in publication(&self.district).chunks(BATCH) {
            self.submit(batch.to_vec()).await?;
        }
        for day in year(&self.district, &self.plan) {
            if day.date.day() == 1 {
                self.month(day.date).await?;
            }
            let note = self.line(day.date.day_of_year(), &mut cut).await?;
            for batch in day.batches {
                self.submit(batch).await?;
            }
            self.bar.set_message(format!("{:>7} {note}", grouped(self.entries)));
            self.bar.inc(1);
        }
        self.bar.finish();
        let Self { district, entries, families, ended, .. } = self;
        Ok(Ledger { platform: district.platform, entries, families, cut, wire: None, ended })
    }

    /// Waits for all at the first of a month; on one of these days the city publishes something.
    async fn month(&self, date: Date) -> anyhow::Result<()> {
        let last = self.pace.month(date).await;
        if date == codes::PUBLISHED {
            if last {
                codes::publish(self.federation).await?;
            }
            self.pace.together().await;
        }
        Ok(())
    }

    /// Cuts and mends the line of one district on its days; answers how it is, if it is cut.
    async fn line(&self, day: i16, cut: &mut Option<WhileCut>) -> anyhow::Result<&'static str> {
        let Some(line) = self.member.line() else { return Ok("") };
        if self.district.platform.as_str() != CUT_OFF {
            return Ok("");
        }
        if day == CUT.start {
            line.cut();
            let hosted = self.federation.hosted_answered().await?;
            *cut = Some(WhileCut { written: self.entries, hosted });
        }
        if day == CUT.end
            && let Some(before) = *cut
        {
            let hosted = self.federation.hosted_answered().await? - before.hosted;
            *cut = Some(WhileCut { written: self.entries - before.written, hosted });
            line.mend();
            // What the city said meanwhile comes down before anything else is handed in.
            codes::heard(self.federation, self.member).await?;
        }
        Ok(if CUT.contains(&day) { "断线 line cut" } else { "" })
    }

    async fn submit(&mut self, mut batch: Vec<Written>) -> anyhow::Result<()> {
        if batch.is_empty() {
            return Ok(());
        }
        self.ended.mind(&mut batch);
        let mut answer = self.hand_in(&batch).await?;
        if !answer.refused.is_empty() && self.ended.learn(&answer.refused) {
            self.ended.mind(&mut batch);
            answer = self.hand_in(&batch).await?;
        }
        if let Some(refused) = answer.refused.first() {
            bail!("{} refused a draft: {refused:?}", self.district.platform);
        }
        self.entries += answer.appended.len() as u64;
        self.ended.count(&batch);
        self.pace.wrote(self.member, answer.appended.len());
        for (one, appended) in batch.into_iter().zip(answer.appended) {
            self.families.count(one.dataset, appended.revision);
            self.heads.insert((one.dataset, one.record), (appended.revision, appended.digest));
        }
        Ok(())
    }

    async fn hand_in(&self, batch: &[Written]) -> anyhow::Result<wire::SubmitResponse> {
        let head = |one: &Written| {
            let key = (one.dataset, one.record.clone());
            self.heads.get(&key).cloned().unwrap_or_default()
        };
        let drafts = batch.iter().map(|one| draft(one.clone(), head(one)));
        Ok(self.client.submit(drafts.collect()).await?)
    }
}
