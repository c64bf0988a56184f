//! Erasures (删除): an entry in its author's own journal which says that the body of another entry
//! there is gone, by whose decision and by which law. Whoever holds a copy of that body, or was
//! shown it, erases it; header, digest and every proof stand.

use bytes::Bytes;
use prost::Message as _;
use sanheyi_proto::exchange::v1 as wire;
use thiserror::Error;

use crate::conflict;
use crate::error::IdError;
use crate::gate::EXCHANGE_FAMILY;
use crate::ids::{DatasetName, RecordId};
use crate::limits;
use crate::suite::Digest;

/// Dataset of an erasure.
pub const DATASET: &str = "exchange.erasure";

/// What is erased, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// Dataset of the entry whose body is erased.
    pub dataset: DatasetName,
    /// Its record.
    pub record: RecordId,
    /// Its revision, from 1.
    pub revision: u64,
    /// Digest of that entry.
    pub digest: Digest,
    /// Why; nothing personal. 1 to [`limits::ERASURE_TEXT_BYTES`] bytes.
    pub reason: String,
    /// By which law or schedule. The same bound.
    pub basis: String,
    /// Who decided, named in office. The same bound.
    pub decided_by: String,
}

/// An erasure that does not follow the form.
#[derive(Debug, Error)]
pub enum ErasureError {
    /// Not the protobuf message.
    #[error("not an erasure")]
    Decode(#[from] prost::DecodeError),
    /// An id without its shape.
    #[error(transparent)]
    Id(#[from] IdError),
    /// A field that says too little or too much.
    #[error("{0}: 1 to {max} bytes are needed", max = limits::ERASURE_TEXT_BYTES)]
    Text(&'static str),
    /// Revisions count from 1.
    #[error("revision: from 1")]
    Revision,
    /// What the exchange itself writes is not erased, but for conflict entries.
    #[error("dataset: entries of {0} are not erased")]
    Dataset(DatasetName),
}

// === impl Erasure ===

impl Erasure {
    /// The erasure's body.
    pub fn encode(&self) -> Vec<u8> {
        wire::Erasure {
            dataset: self.dataset.to_string(),
            record: self.record.to_string(),
            revision: self.revision,
            digest: Bytes::copy_from_slice(self.digest.as_bytes()),
            reason: self.reason.clone(),
            basis: self.basis.clone(),
            decided_by: self.decided_by.clone(),
        }
        .encode_to_vec()
    }

    /// Reads an erasure's body.
    ///
    /// # Errors
    /// See [`ErasureError`].
    pub fn decode(body: &[u8]) -> Result<Self, ErasureError> {
        let message = wire::Erasure::decode(body)?;
        let erasure = Self {
            dataset: message.dataset.parse()?,
            record: message.record.parse()?,
            revision: message.revision,
            digest: Digest::from_slice(&message.digest)?,
            reason: message.reason,
            basis: message.basis,
            decided_by: message.decided_by,
        };
        erasure.check()?;
        Ok(erasure)
    }

    /// Holds it against its bounds.
    ///
    /// # Errors
    /// See [`ErasureError`].
    pub fn check(&self) -> Result<(), ErasureError> {
        let texts =
            [("reason", &self.reason), ("basis", &self.basis), ("decided_by", &self.decided_by)];
        for (name, text) in texts {
            if text.trim().is_empty() || text.len() > limits::ERASURE_TEXT_BYTES {
                return Err(ErasureError::Text(name));
            }
        }
        let name = self.dataset.as_str();
        if name.starts_with(EXCHANGE_FAMILY) && name != conflict::DATASET {
            return Err(ErasureError::Dataset(self.dataset.clone()));
        }
        if self.revision == 0 { Err(ErasureError::Revision) } else { Ok(()) }
    }

    /// The record id of the entry that holds it: the digest of what is erased, in hex. So an entry
    /// is erased once, and a second word on it is found.
    pub fn record_id(&self) -> String {
        self.digest.to_string()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn erasure() -> Erasure {
        Erasure {
            dataset: "case.case".parse().unwrap(),
            record: "JS048200SC0000000001".parse().unwrap(),
            revision: 2,
            digest: Digest::new([7; 32]),
            reason: "保存期限届满".into(),
            basis: "档案保管期限表第三条".into(),
            decided_by: "数据管理科".into(),
        }
    }

    #[test]
    fn an_erasure_survives_its_bytes() {
        assert_eq!(Erasure::decode(&erasure().encode()).unwrap(), erasure());
        assert_eq!(erasure().record_id(), "07".repeat(limits::RECORD_ID_BYTES / 2));
    }

    #[test]
    fn it_says_why_by_what_and_by_whom_within_a_bound() {
        let longest = "x".repeat(limits::ERASURE_TEXT_BYTES);
        let texts = |reason: &str, basis: &str, decided_by: &str| Erasure {
            reason: reason.into(),
            basis: basis.into(),
            decided_by: decided_by.into(),
            ..erasure()
        };
        let most = texts(&longest, &longest, &longest);
        assert_eq!(Erasure::decode(&most.encode()).unwrap(), most);
        let more = format!("{longest}x");
        for (field, wrong) in [
            ("reason", texts("", "b", "c")),
            ("reason", texts(&more, "b", "c")),
            ("basis", texts("a", " ", "c")),
            ("basis", texts("a", &more, "c")),
            ("decided_by", texts("a", "b", "")),
            ("decided_by", texts("a", "b", &more)),
        ] {
            let refused = Erasure::decode(&wrong.encode());
            assert!(matches!(refused, Err(ErasureError::Text(name)) if name == field), "{field}");
        }
    }

    #[test]
    fn what_the_exchange_writes_is_not_erased_but_for_conflicts() {
        let of = |name: &str| Erasure { dataset: name.parse().unwrap(), ..erasure() };
        assert!(of("exchange.conflict").check().is_ok());
        for name in ["exchange.erasure", "exchange.receipt", "exchange.platform"] {
            assert!(matches!(of(name).check(), Err(ErasureError::Dataset(_))), "{name}");
        }
        let none = Erasure { revision: 0, ..erasure() };
        assert!(matches!(none.check(), Err(ErasureError::Revision)));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = Erasure::decode(&bytes);
        }
    }
}
