//! Custody (保管权): whose revisions of a record count. It passes by an offer, which freezes the
//! record, and by the first answer that the gate judges (rule 18). Everything here is a value: who
//! has a store finds the facts, [`crate::gate`] judges by them, and a [`Ruling`] says what follows.

mod notice;
mod ruling;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use prost::Message as _;
use sanheyi_proto::standard::v1 as standard;

use crate::gate::Key;
use crate::ids::{DatasetName, PlatformId, RecordId};
use crate::suite::Digest;
use crate::time::Timestamp;

pub use notice::{DATASET, Notice, NoticeError, Outcome};
pub use ruling::{Ruling, Settled, ruling};

/// Dataset of an offer.
pub const OFFER: &str = "custody.offer";
/// Dataset of an answer.
pub const ANSWER: &str = "custody.answer";
/// The family of both: no policy is needed to send them, and they are not handed over themselves.
pub const FAMILY: &str = "custody.";
/// Custody epoch in which a record is written by the platform that made it.
pub const FIRST: u64 = 0;

/// What one platform is to one of its records. Where there is none it is [`Custody::default`]: the
/// platform made the record, and has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custody {
    /// How often the custodian has changed.
    pub epoch: u64,
    /// Whether this platform is custodian.
    pub ours: bool,
    /// Where it is: from whom it came. Where it is not: who has it now.
    pub other: Option<PlatformId>,
    /// What was taken over: revision and digest.
    pub base: Option<(u64, Digest)>,
    /// The offer that is open.
    pub frozen: Option<OfferName>,
}

/// An offer by its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OfferName {
    /// Who offered; `None` = the platform whose journal is judged.
    pub offerer: Option<PlatformId>,
    /// Its number.
    pub no: String,
    /// Its revision.
    pub revision: u64,
}

/// What is offered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Dataset of the record.
    pub dataset: DatasetName,
    /// The record.
    pub record: RecordId,
    /// The revision that it freezes.
    pub revision: u64,
    /// The digest of that revision.
    pub digest: Digest,
    /// To whom.
    pub to: PlatformId,
    /// When it ends without an answer.
    pub expires: Timestamp,
    /// Why.
    pub reason: String,
}

/// What is known of an offer when an answer to it is judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferFact {
    /// Who offered.
    pub from: PlatformId,
    /// What.
    pub offer: Offer,
    /// The custody epoch that it would open.
    pub epoch: u64,
    /// How it stands.
    pub state: OfferState,
    /// Whether the platform whose journal is judged has a record of its own by that name, which was
    /// never handed on.
    pub name_taken: bool,
}

/// How an offer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OfferState {
    /// Pending: shown to nobody yet.
    Pending,
    /// Accepted by the gate, and without an answer.
    Open,
    /// An answer has decided it.
    Decided(Decision),
}

/// What an answer says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Decision {
    /// 接收.
    Accept,
    /// 拒绝.
    Refuse,
    /// 撤回.
    Withdraw,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Who offered.
    pub offerer: PlatformId,
    /// Number of the offer.
    pub no: String,
    /// Its revision.
    pub revision: u64,
    /// What is said.
    pub decision: Decision,
    /// Why.
    pub reason: String,
}

/// What entries ask about custody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Whether every entry asks who has its record: only where any record of the platform was ever
    /// offered or taken over, else the answer is known without asking.
    pub everywhere: bool,
    /// Records: who has them?
    pub records: BTreeSet<Key>,
    /// Offers: what do they say, and how do they stand?
    pub offers: BTreeSet<OfferName>,
    /// Platforms: does one of this id take part?
    pub platforms: BTreeSet<PlatformId>,
}

/// What is known of custody.
#[derive(Clone, Debug, Default)]
pub struct Known {
    author: Option<PlatformId>,
    now: Timestamp,
    records: BTreeMap<&'static str, BTreeMap<String, Custody>>,
    offers: BTreeMap<OfferName, OfferFact>,
    platforms: BTreeSet<PlatformId>,
}

// === impl Custody ===

impl Default for Custody {
    fn default() -> Self {
        Self { epoch: FIRST, ours: true, other: None, base: None, frozen: None }
    }
}

// === impl Decision ===

impl Decision {
    /// Number in a column; the same as in the code list.
    pub const fn number(self) -> i64 {
        match self {
            Decision::Accept => 1,
            Decision::Refuse => 2,
            Decision::Withdraw => 3,
        }
    }

    /// Reads the number.
    pub const fn from_number(number: i64) -> Option<Self> {
        match number {
            1 => Some(Decision::Accept),
            2 => Some(Decision::Refuse),
            3 => Some(Decision::Withdraw),
            _ => None,
        }
    }

    /// The word in Chinese.
    pub const fn zh(self) -> &'static str {
        match self {
            Decision::Accept => "已接收",
            Decision::Refuse => "已拒绝",
            Decision::Withdraw => "已撤回",
        }
    }
}

impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Decision::Accept => "accepted",
            Decision::Refuse => "refused",
            Decision::Withdraw => "withdrawn",
        })
    }
}

// === impl Offer ===

impl Offer {
    /// Reads a body; nothing if it breaks a rule of its fields.
    pub fn read(body: &[u8]) -> Option<Self> {
        let message = standard::CustodyOffer::decode(body).ok()?;
        Some(Self {
            dataset: message.dataset.parse().ok()?,
            record: message.record.parse().ok()?,
            revision: message.revision.into(),
            digest: message.digest.parse().ok()?,
            to: message.to.parse().ok()?,
            expires: Timestamp::from_micros(message.expires_at),
            reason: message.reason,
        })
    }

    /// The record, where its dataset is known and may be handed over.
    pub fn key(&self) -> Option<Key> {
        key(self.dataset.as_str(), self.record.as_str())
    }
}

/// A record as the gate names it, where its dataset is known and may be handed over.
pub fn key(dataset: &str, record: &str) -> Option<Key> {
    let family = dataset.starts_with(FAMILY) || dataset.starts_with(crate::gate::EXCHANGE_FAMILY);
    let known = sanheyi_proto::dataset(dataset).filter(|_| !family)?;
    Some(Key { dataset: known.name, record: record.to_owned() })
}

// === impl Answer ===

impl Answer {
    /// Reads a body; nothing if it breaks a rule of its fields.
    pub fn read(body: &[u8]) -> Option<Self> {
        let message = standard::CustodyAnswer::decode(body).ok()?;
        let decision = Decision::from_number(message.decision.into())?;
        Some(Self {
            offerer: message.offerer.parse().ok()?,
            no: message.offer_no,
            revision: message.offer_revision.into(),
            decision,
            reason: message.reason,
        })
    }

    /// The offer that it answers.
    pub fn offer(&self) -> OfferName {
        let (no, revision) = (self.no.clone(), self.revision);
        OfferName { offerer: Some(self.offerer.clone()), no, revision }
    }
}

// === impl Known ===

impl Known {
    /// Whose journal is judged, and when.
    pub fn know_author(&mut self, author: &PlatformId, now: Timestamp) {
        (self.author, self.now) = (Some(author.clone()), now);
    }

    /// Who has a record.
    pub fn know_record(&mut self, key: &Key, custody: Custody) {
        self.records.entry(key.dataset).or_default().insert(key.record.clone(), custody);
    }

    /// What an offer says, and how it stands.
    pub fn know_offer(&mut self, name: &OfferName, fact: OfferFact) {
        self.offers.insert(name.clone(), fact);
    }

    /// A platform of this id takes part.
    pub fn know_platform(&mut self, platform: &PlatformId) {
        self.platforms.insert(platform.clone());
    }

    /// Whose journal is judged.
    pub fn author(&self) -> Option<&PlatformId> {
        self.author.as_ref()
    }

    /// When it is judged.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// What the platform is to a record; nothing where nothing ever happened to it.
    pub fn record(&self, dataset: &str, record: &str) -> Option<&Custody> {
        self.records.get(dataset)?.get(record)
    }

    /// An offer.
    pub fn offer(&self, name: &OfferName) -> Option<&OfferFact> {
        self.offers.get(name)
    }

    /// Whether a platform of this id takes part.
    pub fn is_platform(&self, platform: &PlatformId) -> bool {
        self.platforms.contains(platform)
    }
}
