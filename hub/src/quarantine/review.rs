//! A review (复核) that is under way: begun by an operator, worked off by the gate in batches, and
//! written down with what came of it.

use std::collections::BTreeMap;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::process::clock;
use sanheyi_node::store::{ChangeRow, JournalNumber, StoreError};

use super::plan::{Act, Outcome, Plan, PlanError};
use super::{Desk, EntryName, WorkingDesk};
use crate::store::{ReviewAct, ReviewCounts, ReviewRow, review_get, review_put};

/// How often whoever waits for a review looks how far it is.
const LOOK: std::time::Duration = std::time::Duration::from_millis(200);
/// Looks after which a review that does not move is left to whoever works on it: a minute.
const STUCK: u32 = 300;

/// Who reviews.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    /// `web:` and the name signed in by, or `cli:` and the account of the machine.
    pub name: String,
    /// The role of the pages, or empty.
    pub role: String,
}

/// A review that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// Its id.
    pub id: [u8; 16],
    /// Whose entries it is about, ascending.
    pub platforms: Vec<PlatformId>,
    /// How many entries.
    pub entries: u64,
}

/// How far a review has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Entries of it.
    pub entries: u64,
    /// What has become of those that are done.
    pub done: Outcome,
    /// When it was begun.
    pub begun: Timestamp,
}

// === impl Desk ===

impl Desk {
    /// How far a review is.
    ///
    /// # Errors
    /// Of the database.
    pub async fn progress(&self, review: &Review) -> Result<Progress, StoreError> {
        let mut progress = Progress::default();
        for platform in &review.platforms {
            let store = self.database.of(platform);
            if let Some(row) = review_get(&store, &review.id).await? {
                progress.entries += row.entries;
                progress.begun = row.at;
                progress.done.add(&outcome_of(&row.done));
            }
        }
        Ok(progress)
    }
}

fn outcome_of(counts: &ReviewCounts) -> Outcome {
    let ReviewCounts { accepted, stays, pending, returned, passed } = *counts;
    Outcome { accepted, stays, pending, returned, passed }
}

// === impl WorkingDesk ===

impl WorkingDesk {
    /// Begins what was planned: written down, platform by platform, and left to the gate of the hub
    /// that runs. Entries that another review has still to come to are left to that one.
    ///
    /// # Errors
    /// See [`PlanError`].
    pub async fn begin(&self, plan: &Plan, who: &Who) -> Result<Review, PlanError> {
        let parts = self.exchange.parts();
        let (id, at) = (parts.entropy.bytes16(), self.now());
        let due = self.due(&plan.act, at)?;
        let mut by_platform: BTreeMap<&PlatformId, Vec<(JournalNumber, u64)>> = BTreeMap::new();
        for (cursor, _) in &plan.entries {
            let entries = by_platform.entry(&cursor.platform).or_default();
            entries.push((cursor.journal, cursor.sequence));
        }
        let mut review = Review { id, platforms: Vec::new(), entries: 0 };
        for (platform, entries) in by_platform {
            self.note(plan, who, platform, entries.len()).await?;
            let (note, days, act) = match &plan.act {
                Act::Release => (String::new(), 0, ReviewAct::Release),
                Act::Return { note, days } => (note.clone(), *days, ReviewAct::Return),
            };
            let row = ReviewRow {
                id,
                at,
                who: who.name.clone(),
                act,
                filter: plan.filter.to_string(),
                note,
                days,
                due,
                entries: 0,
                done: ReviewCounts::default(),
            };
            let store = self.desk.database.of(platform);
            let mut tx = store.begin("review_begin").await?;
            review.entries += review_put(&mut tx, &store, &row, &entries).await?;
            tx.commit().await?;
            review.platforms.push(platform.clone());
            self.exchange.go_on(platform);
        }
        Ok(review)
    }

    /// Who begins what is written down before it is begun.
    async fn note(
        &self,
        plan: &Plan,
        who: &Who,
        platform: &PlatformId,
        entries: usize,
    ) -> Result<(), StoreError> {
        let parts = self.exchange.parts();
        let (clock, entropy) = (parts.clock.as_ref(), parts.entropy.as_ref());
        let what = format!("quarantine.{}", plan.act.name());
        let row = ChangeRow::done(clock, entropy, &who.name, what, platform.as_str());
        let row = ChangeRow { role: who.role.clone(), outcome: BEGUN.to_owned(), ..row };
        let row = row.with(format!("{}; entries {entries}", plan.filter));
        self.write(&row).await
    }

    /// Somebody looks at personal fields: written down before they are shown.
    ///
    /// # Errors
    /// Of the database, or if it does not say what for.
    pub async fn audit_look(
        &self,
        name: &EntryName,
        purpose: &str,
        who: &Who,
    ) -> Result<(), PlanError> {
        if purpose.trim().is_empty() || purpose.len() > crate::city::PURPOSE_BYTES {
            return Err(PlanError::Unsaid(
                "查看个人信息须写明用途，最多 1024 字节",
                "say what personal fields are looked at for, in 1024 bytes at most",
            ));
        }
        let parts = self.exchange.parts();
        let (clock, entropy) = (parts.clock.as_ref(), parts.entropy.as_ref());
        let subject = name.to_string();
        let row = ChangeRow::done(clock, entropy, &who.name, "quarantine.personal", subject);
        let row = ChangeRow { role: who.role.clone(), ..row }.with(purpose);
        Ok(self.write(&row).await?)
    }

    async fn write(&self, row: &ChangeRow) -> Result<(), StoreError> {
        let hub = self.desk.database.of(&self.desk.hub);
        let mut tx = hub.begin("change_add").await?;
        tx.change_add(&hub, row).await?;
        tx.commit().await
    }

    /// Waits until a review has come to its end, or does not move any more: then a hub that runs
    /// goes on with it. `told` hears how far it is.
    ///
    /// # Errors
    /// Of the database.
    pub async fn wait(
        &self,
        review: &Review,
        told: &mut (dyn FnMut(&Progress) + Send),
    ) -> Result<Progress, StoreError> {
        let (mut last, mut still) = (None, 0);
        loop {
            let progress = self.desk.progress(review).await?;
            if last != Some(progress) {
                told(&progress);
                still = 0;
            }
            if progress.left() == 0 || still >= STUCK {
                return Ok(progress);
            }
            last = Some(progress);
            still += 1;
            clock::pause(LOOK).await;
        }
    }
}

/// In the audit: it was begun; what came of it stands in a row of its own.
const BEGUN: &str = "begun";

// === impl Progress ===

impl Progress {
    /// Entries that are still to be looked at.
    pub fn left(&self) -> u64 {
        self.entries.saturating_sub(self.done.total())
    }
}
