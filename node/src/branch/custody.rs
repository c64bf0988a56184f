//! Custody at a branch (保管权): an own offer freezes the record as soon as it is appended, and what
//! the hub's letters say is written down as they arrive (rule 18). What was handed over is refused
//! here already; what was taken over goes on from the revision that was offered.

mod offers;

pub(super) use offers::release_gone;
pub use offers::{answer_draft, draft};

use std::collections::BTreeMap;

use sanheyi_exchange_spec::custody::{
    ANSWER, Answer, Custody, Decision, FIRST, Notice, OFFER, Offer, OfferName, Outcome,
};
use sanheyi_exchange_spec::entry::Operation;
use sanheyi_exchange_spec::gate::{Reason, Standing};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::receipt::Exception;
use sanheyi_exchange_spec::suite::Digest;

use super::decide::RecordKey;
use super::submit::Draft;
use crate::store::{CustodyRow, HOLDINGS, OfferRow, Store, StoreError, Tx};

/// Who has which record, as a group of submissions sees it.
#[derive(Clone, Default)]
pub(crate) struct Custodian {
    /// Whether anything was ever offered or handed over: else nothing is looked up.
    any: bool,
    looked: BTreeMap<RecordKey, Option<Custody>>,
    offers: Vec<(RecordKey, OfferRow)>,
    answers: Vec<(PlatformId, String, u64, u64)>,
}

// === impl Custodian ===

impl Custodian {
    /// At the beginning of a group.
    pub(crate) async fn open(tx: &mut Tx, store: &Store) -> Result<Self, StoreError> {
        Ok(Self { any: tx.custody_any(store, &HOLDINGS).await?, ..Self::default() })
    }

    /// What this platform is to a record; nothing where nothing has happened to it.
    pub(crate) async fn look(
        &mut self,
        tx: &mut Tx,
        store: &Store,
        key: &RecordKey,
    ) -> Result<Option<&Custody>, StoreError> {
        if !self.any {
            return Ok(None);
        }
        if !self.looked.contains_key(key) {
            let found = tx.custody_get(store, &HOLDINGS, key.0.as_str(), key.1.as_str()).await?;
            self.looked.insert(key.clone(), found);
        }
        Ok(self.looked.get(key).and_then(Option::as_ref))
    }

    /// The custody epoch in which a record is written, once it was looked at.
    pub(crate) fn epoch(&self, key: &RecordKey) -> u64 {
        let looked = self.looked.get(key).and_then(Option::as_ref);
        looked.map_or(FIRST, |held| held.epoch)
    }

    /// What was taken over of a record, where it was looked at: its head until it is revised here.
    pub(crate) fn base(&self, key: &RecordKey) -> Option<(u64, Digest)> {
        self.looked.get(key)?.as_ref().filter(|held| held.ours)?.base
    }

    /// Writes down what the group has offered and answered, with what is run next.
    pub(crate) fn write(&self, tx: &mut Tx, store: &Store) {
        for (key, row) in &self.offers {
            let custody = self.looked.get(key).cloned().flatten().unwrap_or_default();
            let (dataset, record) = (key.0.to_string(), key.1.to_string());
            tx.custody_put(store, &HOLDINGS, &CustodyRow { dataset, record, custody });
            tx.offer_put(store, &HOLDINGS, row);
        }
        for (from, no, revision, answer) in &self.answers {
            tx.offer_answered(store, &HOLDINGS, from, no, *revision, *answer);
        }
    }

    /// Why a draft may not be appended, as far as custody goes.
    pub(crate) async fn objection(
        &mut self,
        tx: &mut Tx,
        store: &Store,
        draft: &Draft,
        key: &RecordKey,
    ) -> Result<Option<Reason>, StoreError> {
        let operation = matches!(draft.dataset.as_str(), OFFER | ANSWER)
            && draft.operation == Operation::Withdraw;
        if operation {
            return Ok(Some(offers::operation()));
        }
        let Some(held) = self.look(tx, store, key).await? else { return Ok(None) };
        Ok(match &held.frozen {
            _ if !held.ours => Some(offers::lost(key, held)),
            Some(offer) => Some(offers::frozen(key, offer)),
            None => None,
        })
    }

    /// Notes that a draft was decided: an offer freezes its record for what comes behind it.
    pub(crate) fn decided(&mut self, store: &Store, draft: &Draft) {
        let revision = draft.follows.map_or(1, |(revision, _)| revision + 1);
        match draft.dataset.as_str() {
            OFFER => {
                let Some(offer) = Offer::read(&draft.body) else { return };
                let key = (offer.dataset.clone(), offer.record.clone());
                let mut held = self.looked.get(&key).cloned().flatten().unwrap_or_default();
                let (no, from) = (draft.record.to_string(), store.platform().clone());
                held.frozen = Some(OfferName { offerer: None, no: no.clone(), revision });
                let (epoch, outcome) = (held.epoch + 1, None);
                let at = draft.occurred;
                let row = OfferRow { from, no, revision, offer, epoch, outcome, answered: 0, at };
                self.any = true;
                self.looked.insert(key.clone(), Some(held));
                self.offers.push((key, row));
            }
            ANSWER => {
                let Some(answer) = Answer::read(&draft.body) else { return };
                self.answers.push((answer.offerer, answer.no, answer.revision, revision));
            }
            _ => {}
        }
    }

    /// Why an answer may not be appended.
    pub(crate) async fn answer(
        &self,
        tx: &mut Tx,
        store: &Store,
        draft: &Draft,
    ) -> Result<Option<Reason>, StoreError> {
        let Some(answer) = Answer::read(&draft.body) else { return Ok(None) };
        let Answer { offerer, no, revision, decision, .. } = &answer;
        let row = tx.offer_get(store, &HOLDINGS, offerer, no, *revision).await?;
        let own = offerer == store.platform();
        let unwritten = self.offers.iter().map(|(_, row)| row);
        let row = row.or_else(|| {
            unwritten.clone().find(|row| own && row.no == *no && row.revision == *revision).cloned()
        });
        let Some(row) = row else { return Ok(Some(offers::no_offer(&answer))) };
        let party = if *decision == Decision::Withdraw {
            own
        } else {
            !own && row.offer.to == *store.platform()
        };
        if !party {
            return Ok(Some(offers::not_party()));
        }
        if let Some(Outcome::Decided(decision)) = row.outcome {
            return Ok(Some(offers::decided(no, decision)));
        }
        if *decision != Decision::Accept {
            return Ok(None);
        }
        let (dataset, record) = (row.offer.dataset.as_str(), row.offer.record.as_str());
        let handed = tx.custody_get(store, &HOLDINGS, dataset, record).await?.is_some();
        let taken = !handed && tx.record_head(store, dataset, record).await?.is_some();
        Ok(taken.then(|| offers::name_taken(record)))
    }

    /// Why an offer may not be appended, as far as its own fields and the record say; that the
    /// revision which it freezes is the head is held beside.
    pub(crate) async fn offer(
        &mut self,
        tx: &mut Tx,
        store: &Store,
        offer: &Offer,
        now: sanheyi_exchange_spec::time::Timestamp,
    ) -> Result<Option<Reason>, StoreError> {
        if offer.to == *store.platform() {
            return Ok(Some(offers::to(&offer.to)));
        }
        if offer.key().is_none() {
            return Ok(Some(offers::dataset(offer.dataset.as_str())));
        }
        if offer.expires <= now {
            return Ok(Some(offers::expired()));
        }
        let key = (offer.dataset.clone(), offer.record.clone());
        match self.look(tx, store, &key).await? {
            Some(held) if !held.ours => return Ok(Some(offers::lost(&key, held))),
            Some(Custody { frozen: Some(open), .. }) => {
                return Ok(Some(offers::offered(&key, open)));
            }
            _ => {}
        }
        let (dataset, record) = (offer.dataset.as_str(), offer.record.as_str());
        let Some(head) = tx.record_head(store, dataset, record).await? else { return Ok(None) };
        let exceptions = store.standing_of(head.place.journal, head.place.sequence).await?;
        let standing = head.place.standing.unwrap_or(exceptions);
        let wrong = standing == Standing::Quarantined && head.revision == offer.revision;
        Ok(wrong.then(|| offers::not_accepted(offer.revision)))
    }
}

/// Acts on a notice of the hub, with what is run next: who has the record, and how the offer
/// stands. A notice that is older than what is known changes nothing.
///
/// # Errors
/// Of the database.
pub async fn hear(tx: &mut Tx, store: &Store, notice: &Notice) -> Result<(), StoreError> {
    let Notice { from, to, offer_no: no, offer_revision, .. } = notice;
    let revision = *offer_revision;
    let before = tx.offer_get(store, &HOLDINGS, from, no, revision).await?;
    let decided = before.as_ref().and_then(|row| row.outcome);
    if matches!(decided, Some(Outcome::Decided(_))) {
        return Ok(());
    }
    tx.offer_put(
        store,
        &HOLDINGS,
        &OfferRow {
            from: from.clone(),
            no: no.clone(),
            revision,
            offer: Offer {
                dataset: notice.dataset.clone(),
                record: notice.record.clone(),
                revision: notice.revision,
                digest: notice.digest,
                to: to.clone(),
                expires: notice.expires,
                reason: notice.reason.clone(),
            },
            epoch: notice.epoch,
            outcome: Some(notice.outcome),
            answered: before.map_or(0, |row| row.answered),
            at: notice.at,
        },
    );
    let (dataset, record) = (notice.dataset.as_str(), notice.record.as_str());
    let held = tx.custody_get(store, &HOLDINGS, dataset, record).await?.unwrap_or_default();
    if let Some(custody) = after(store.platform(), notice, held) {
        put(tx, store, dataset, record, custody);
    }
    Ok(())
}

/// What this platform is to the record after a notice; nothing where it stays what it was.
fn after(me: &PlatformId, notice: &Notice, held: Custody) -> Option<Custody> {
    let Notice { from, to, epoch, offer_no, offer_revision: revision, .. } = notice;
    if held.epoch >= *epoch {
        return None;
    }
    let epoch = *epoch;
    let offer = OfferName { offerer: None, no: offer_no.clone(), revision: *revision };
    match notice.outcome {
        Outcome::Offered if me == from => Some(Custody { frozen: Some(offer), ..held }),
        Outcome::Decided(Decision::Accept) if me == from => {
            let other = Some(to.clone());
            Some(Custody { epoch, ours: false, other, base: None, frozen: None })
        }
        Outcome::Decided(Decision::Accept) if me == to => {
            let (other, base) = (Some(from.clone()), Some((notice.revision, notice.digest)));
            Some(Custody { epoch, ours: true, other, base, frozen: None })
        }
        Outcome::Decided(_) if me == from && held.frozen == Some(offer) => {
            Some(Custody { frozen: None, ..held })
        }
        _ => None,
    }
}

fn put(tx: &mut Tx, store: &Store, dataset: &str, record: &str, custody: Custody) {
    if custody == Custody::default() {
        return tx.custody_forget(store, &HOLDINGS, dataset, record);
    }
    let (dataset, record) = (dataset.to_owned(), record.to_owned());
    tx.custody_put(store, &HOLDINGS, &CustodyRow { dataset, record, custody });
}

/// Acts on a verdict: an offer that was quarantined freezes nothing, with what is run next.
///
/// # Errors
/// Of the database.
pub async fn judged(tx: &mut Tx, store: &Store, verdict: &Exception) -> Result<(), StoreError> {
    let void = verdict.dataset == OFFER && verdict.standing == Standing::Quarantined;
    if void { release(tx, store, &verdict.record, verdict.revision).await } else { Ok(()) }
}

/// Forgets an own offer that the gate has not accepted.
pub(super) async fn release(
    tx: &mut Tx,
    store: &Store,
    no: &str,
    revision: u64,
) -> Result<(), StoreError> {
    let me = store.platform().clone();
    let row = tx.offer_get(store, &HOLDINGS, &me, no, revision).await?;
    let Some(row) = row.filter(|row| row.outcome.is_none()) else { return Ok(()) };
    tx.offer_forget(store, &HOLDINGS, &me, no, revision);
    let (dataset, record) = (row.offer.dataset.as_str(), row.offer.record.as_str());
    let held = tx.custody_get(store, &HOLDINGS, dataset, record).await?;
    let offer = OfferName { offerer: None, no: no.to_owned(), revision };
    if let Some(held) = held.filter(|held| held.frozen == Some(offer)) {
        put(tx, store, dataset, record, Custody { frozen: None, ..held });
    }
    Ok(())
}
