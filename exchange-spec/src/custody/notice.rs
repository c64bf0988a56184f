//! Notices of custody (保管权通知): the letters by which both platforms hear of a decision.

use prost::Message as _;
use sanheyi_proto::exchange::v1 as wire;
use thiserror::Error;

use super::Decision;
use crate::error::IdError;
use crate::ids::{DatasetName, PlatformId, RecordId};
use crate::suite::Digest;
use crate::time::Timestamp;

/// Dataset of a notice.
pub const DATASET: &str = "exchange.custody";

/// What has become of an offer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It is open, and the record frozen.
    Offered,
    /// An answer has decided it.
    Decided(Decision),
}

/// A notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What has become of the offer.
    pub outcome: Outcome,
    /// Dataset of the record.
    pub dataset: DatasetName,
    /// The record.
    pub record: RecordId,
    /// The revision that was offered.
    pub revision: u64,
    /// Its digest.
    pub digest: Digest,
    /// Who offers.
    pub from: PlatformId,
    /// To whom.
    pub to: PlatformId,
    /// The custody epoch that is opened, or would be.
    pub epoch: u64,
    /// Number of the offer.
    pub offer_no: String,
    /// Revision of the offer.
    pub offer_revision: u64,
    /// When the offer ends without an answer.
    pub expires: Timestamp,
    /// As whoever offered or answered gave it.
    pub reason: String,
    /// When it was judged, by the hub's clock.
    pub at: Timestamp,
}

/// A notice that does not follow the form.
#[derive(Debug, Error)]
pub enum NoticeError {
    /// Not the protobuf message.
    #[error("not a notice of custody")]
    Decode(#[from] prost::DecodeError),
    /// An id without its shape.
    #[error(transparent)]
    Id(#[from] IdError),
    /// An outcome that is not known, or a digest, revision or epoch that cannot be.
    #[error("a notice of custody whose {0} cannot be")]
    Value(&'static str),
}

// === impl Outcome ===

impl Outcome {
    const fn to_wire(self) -> wire::CustodyOutcome {
        match self {
            Outcome::Offered => wire::CustodyOutcome::Offered,
            Outcome::Decided(Decision::Accept) => wire::CustodyOutcome::Accepted,
            Outcome::Decided(Decision::Refuse) => wire::CustodyOutcome::Refused,
            Outcome::Decided(Decision::Withdraw) => wire::CustodyOutcome::Withdrawn,
        }
    }

    fn from_wire(number: i32) -> Option<Self> {
        match wire::CustodyOutcome::try_from(number).ok()? {
            wire::CustodyOutcome::Unspecified => None,
            wire::CustodyOutcome::Offered => Some(Outcome::Offered),
            wire::CustodyOutcome::Accepted => Some(Outcome::Decided(Decision::Accept)),
            wire::CustodyOutcome::Refused => Some(Outcome::Decided(Decision::Refuse)),
            wire::CustodyOutcome::Withdrawn => Some(Outcome::Decided(Decision::Withdraw)),
        }
    }
}

// === impl Notice ===

impl Notice {
    /// Its body.
    pub fn encode(&self) -> Vec<u8> {
        wire::CustodyNotice {
            outcome: self.outcome.to_wire().into(),
            dataset: self.dataset.to_string(),
            record: self.record.to_string(),
            revision: self.revision,
            digest: self.digest.as_bytes().to_vec().into(),
            from: self.from.to_string(),
            to: self.to.to_string(),
            epoch: self.epoch,
            offer_no: self.offer_no.clone(),
            offer_revision: self.offer_revision,
            expires: self.expires.as_micros(),
            reason: self.reason.clone(),
            at: self.at.as_micros(),
        }
        .encode_to_vec()
    }

    /// Reads a body.
    ///
    /// # Errors
    /// See [`NoticeError`].
    pub fn decode(body: &[u8]) -> Result<Self, NoticeError> {
        let message = wire::CustodyNotice::decode(body)?;
        let outcome = Outcome::from_wire(message.outcome).ok_or(NoticeError::Value("outcome"))?;
        let digest =
            Digest::from_slice(&message.digest).map_err(|_| NoticeError::Value("digest"))?;
        if message.revision == 0 || message.offer_revision == 0 {
            return Err(NoticeError::Value("revision"));
        }
        if message.epoch == 0 {
            return Err(NoticeError::Value("epoch"));
        }
        Ok(Self {
            outcome,
            dataset: message.dataset.parse()?,
            record: message.record.parse()?,
            revision: message.revision,
            digest,
            from: message.from.parse()?,
            to: message.to.parse()?,
            epoch: message.epoch,
            offer_no: message.offer_no,
            offer_revision: message.offer_revision,
            expires: Timestamp::from_micros(message.expires),
            reason: message.reason,
            at: Timestamp::from_micros(message.at),
        })
    }
}
