//! What follows of an offer or an answer that was accepted: the rows of both platforms, and what
//! both are told.

use super::{ANSWER, Answer, Custody, Decision, Known, Notice, OFFER, Offer, OfferFact, OfferName};
use super::{OfferState, Outcome};
use crate::entry::HeaderView;
use crate::gate::Wait;
use crate::ids::PlatformId;
use crate::time::Timestamp;

/// What follows of an accepted entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// Who offers.
    pub from: PlatformId,
    /// Number of the offer.
    pub no: String,
    /// Its revision.
    pub revision: u64,
    /// What is offered.
    pub offer: Offer,
    /// The custody epoch that is opened, or would be.
    pub epoch: u64,
    /// What has become of the offer.
    pub outcome: Outcome,
    /// Whether the other platform has heard of the offer: a withdrawal may come before that.
    pub shown: bool,
    /// As whoever offered or answered gave it.
    pub reason: String,
    /// When it was judged.
    pub at: Timestamp,
}

/// What both platforms are to the record afterwards.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// The platform that offers; nothing where nothing has changed.
    pub from: Option<Custody>,
    /// The platform to which it is offered; nothing where nothing has changed.
    pub to: Option<Custody>,
    /// What has come for those who wait in the shard of the one that offers.
    pub wakes_from: Vec<Wait>,
    /// And in that of the other.
    pub wakes_to: Vec<Wait>,
}

/// What follows of an entry that was judged accepted by these facts; nothing where it is neither
/// offer nor answer.
pub fn ruling(header: &HeaderView<'_>, body: Option<&[u8]>, known: &Known) -> Option<Ruling> {
    match header.dataset {
        OFFER => {
            let offer = Offer::read(body?)?;
            let before = known.record(offer.dataset.as_str(), offer.record.as_str());
            Some(Ruling {
                from: known.author()?.clone(),
                no: header.record.to_owned(),
                revision: header.revision,
                epoch: before.map_or(super::FIRST, |before| before.epoch) + 1,
                outcome: Outcome::Offered,
                shown: true,
                reason: offer.reason.clone(),
                at: known.now(),
                offer,
            })
        }
        ANSWER => {
            let answer = Answer::read(body?)?;
            let OfferFact { from, offer, epoch, state, .. } = known.offer(&answer.offer())?.clone();
            let Answer { no, revision, decision, reason, .. } = answer;
            let shown = state != OfferState::Pending;
            let (outcome, at) = (Outcome::Decided(decision), known.now());
            Some(Ruling { from, no, revision, offer, epoch, outcome, shown, reason, at })
        }
        _ => None,
    }
}

// === impl Ruling ===

impl Ruling {
    /// What both platforms are to the record afterwards; `before` is what the one that offers was.
    pub fn settle(&self, before: Custody) -> Settled {
        let Offer { dataset, record, revision, digest, to, .. } = &self.offer;
        let base = (*revision, *digest);
        let mut settled =
            Settled { from: None, to: None, wakes_from: Vec::new(), wakes_to: Vec::new() };
        let Outcome::Decided(decision) = self.outcome else {
            let (no, revision) = (self.no.clone(), self.revision);
            let frozen = Some(OfferName { offerer: None, no, revision });
            settled.from = Some(Custody { frozen, ..before });
            return settled;
        };
        if !self.shown {
            // It was taken back before it froze anything.
            return settled;
        }
        let (dataset, record) = (dataset.to_string(), record.to_string());
        settled.wakes_from.push(Wait::Decision { offer: self.no.clone(), revision: self.revision });
        if decision != Decision::Accept {
            settled.from = Some(Custody { frozen: None, ..before });
            return settled;
        }
        let epoch = self.epoch;
        let (other, from) = (Some(to.clone()), Some(self.from.clone()));
        settled.from = Some(Custody { epoch, ours: false, other, base: None, frozen: None });
        let base = Some(base);
        settled.to = Some(Custody { epoch, ours: true, other: from, base, frozen: None });
        let opened = Wait::Custody { dataset: dataset.clone(), record: record.clone(), epoch };
        settled.wakes_from.push(opened.clone());
        // The record is there now, too, for whatever refers to it.
        settled.wakes_to = vec![opened, Wait::Record { dataset, record }];
        settled
    }

    /// What both are told.
    pub fn notice(&self) -> Notice {
        Notice {
            outcome: self.outcome,
            dataset: self.offer.dataset.clone(),
            record: self.offer.record.clone(),
            revision: self.offer.revision,
            digest: self.offer.digest,
            from: self.from.clone(),
            to: self.offer.to.clone(),
            epoch: self.epoch,
            offer_no: self.no.clone(),
            offer_revision: self.revision,
            expires: self.offer.expires,
            reason: self.reason.clone(),
            at: self.at,
        }
    }
}
