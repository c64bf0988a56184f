//! A group of submissions: gathered while the last one was being committed, and decided one after
//! another, each all or none.

use std::collections::BTreeMap;

use sanheyi_exchange_spec::custody;
use sanheyi_exchange_spec::gate::Reason;
use sanheyi_exchange_spec::ids::Lane;
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::time::Timestamp;
use tokio::sync::mpsc;

use super::decide::{Expected, Heads, RecordKey, UNSEALED};
use super::journal::Sealed;
use super::stages::add;
use super::submit::{Appended, Draft, Refused, key, lane_of, read_key, seal_draft, state_of};
use super::writer::{Answer, Job, Writer};
use crate::store::{ExpectationRow, StoreError, Tx};

/// Drafts decided in one group: bounds the commit that a small write may have to wait for.
const GROUP_DRAFTS: usize = 8192;

fn is_custody(draft: &Draft) -> bool {
    draft.dataset.as_str().starts_with(custody::FAMILY)
}

/// Submissions and where they are answered.
pub(super) type Group = Vec<(Vec<Draft>, Answer)>;

/// A decided group, not yet written.
#[derive(Default)]
pub(super) struct Decided {
    pub(super) entries: BTreeMap<Lane, Vec<Sealed>>,
    pub(super) expectations: Vec<(Lane, ExpectationRow)>,
    pub(super) answers: Vec<Result<Vec<Appended>, Vec<Refused>>>,
}

/// The submissions that have arrived meanwhile; another kind of job that ends them waits.
pub(super) fn gather(
    first: (Vec<Draft>, Answer),
    queue: &mut mpsc::Receiver<Job>,
    waiting: &mut Option<Job>,
) -> Group {
    let mut drafts = first.0.len();
    let mut group = vec![first];
    while drafts < GROUP_DRAFTS {
        match queue.try_recv() {
            Ok(Job::Submit(more, answer)) => {
                drafts += more.len();
                group.push((more, answer));
            }
            Ok(other) => {
                *waiting = Some(other);
                break;
            }
            Err(_) => break,
        }
    }
    group
}

impl Writer {
    /// Decides one submission, all or none, on top of what the group has written so far.
    pub(super) async fn decide(
        &self,
        tx: &mut Tx,
        heads: &mut Heads<'_>,
        drafts: &[Draft],
        now: Timestamp,
        decided: &mut Decided,
    ) -> Result<(), StoreError> {
        let began = self.clock.now();
        heads.written.reserve(drafts.len());
        let mut refused = Vec::new();
        let mut undo = Vec::with_capacity(drafts.len());
        let custody = drafts.iter().any(is_custody).then(|| heads.custody.clone());
        for (index, draft) in drafts.iter().enumerate() {
            let key = key(draft);
            if let Some(reason) = self.objection(tx, heads, draft, &key, now).await? {
                refused.push(Refused { index, reasons: vec![reason] });
            } else {
                let state = draft.follows.map_or(1, |(revision, _)| revision + 1);
                // The digest follows with the salt.
                heads.custody.decided(&self.store, draft);
                let before = heads.written.insert(key.clone(), (state, UNSEALED));
                undo.push((key, before));
            }
        }
        if !refused.is_empty() {
            heads.restore(undo);
            heads.custody = custody.unwrap_or_else(|| std::mem::take(&mut heads.custody));
            decided.answers.push(Err(refused));
            return Ok(());
        }
        let settled = self.clock.now();
        add(&self.stages.decide, began, settled);
        let appended = self.seal_all(heads, drafts, now, decided);
        add(&self.stages.seal, settled, self.clock.now());
        decided.answers.push(Ok(appended));
        Ok(())
    }

    async fn objection(
        &self,
        tx: &mut Tx,
        heads: &mut Heads<'_>,
        draft: &Draft,
        key: &RecordKey,
        now: Timestamp,
    ) -> Result<Option<Reason>, StoreError> {
        if let Some(reason) = heads.custody.objection(tx, &self.store, draft, key).await? {
            return Ok(Some(reason));
        }
        if is_custody(draft)
            && let Some(reason) = self.hand_over(tx, heads, draft, now).await?
        {
            return Ok(Some(reason));
        }
        let own = Expected { key, state: draft.follows, own: true };
        if let Some(reason) = heads.check(tx, &self.store, &own).await? {
            return Ok(Some(reason));
        }
        for read in &draft.reads {
            let key = match read_key(read) {
                Ok(key) => key,
                Err(reason) => return Ok(Some(reason)),
            };
            let expected = Expected { key: &key, state: state_of(read), own: false };
            if let Some(reason) = heads.check(tx, &self.store, &expected).await? {
                return Ok(Some(reason));
            }
        }
        Ok(None)
    }

    /// Why an offer or an answer may not be appended: an offer freezes the record's head.
    async fn hand_over(
        &self,
        tx: &mut Tx,
        heads: &mut Heads<'_>,
        draft: &Draft,
        now: Timestamp,
    ) -> Result<Option<Reason>, StoreError> {
        if draft.dataset.as_str() == custody::ANSWER {
            return heads.custody.answer(tx, &self.store, draft).await;
        }
        let Some(offer) = custody::Offer::read(&draft.body) else { return Ok(None) };
        if let Some(reason) = heads.custody.offer(tx, &self.store, &offer, now).await? {
            return Ok(Some(reason));
        }
        let key = (offer.dataset, offer.record);
        let state = Some((offer.revision, offer.digest));
        heads.check(tx, &self.store, &Expected { key: &key, state, own: false }).await
    }

    fn seal_all(
        &self,
        heads: &mut Heads<'_>,
        drafts: &[Draft],
        now: Timestamp,
        decided: &mut Decided,
    ) -> Vec<Appended> {
        let mut salts = vec![0; drafts.len() * limits::SALT_BYTES];
        self.entropy.fill(&mut salts);
        let mut appended = Vec::with_capacity(drafts.len());
        for (draft, salt) in drafts.iter().zip(salts.chunks_exact(limits::SALT_BYTES)) {
            let lane = lane_of(draft);
            let key = key(draft);
            let entry = seal_draft(draft, salt, now, heads.custody.epoch(&key));
            let queue = decided.entries.entry(lane).or_default();
            let base = self.lanes.get(&lane).map_or(0, |journal| journal.head().size);
            let sequence = base + queue.len() as u64;
            let revision = draft.follows.map_or(1, |(revision, _)| revision + 1);
            heads.written.insert(key, (revision, entry.digest));
            appended.push(Appended { sequence, revision, digest: entry.digest });
            if !draft.reads.is_empty() {
                let reads = draft.reads.clone();
                decided.expectations.push((lane, ExpectationRow { sequence, reads }));
            }
            queue.push(entry);
        }
        appended
    }
}
