//! Returns (退回更正): the letter by which an operator of the hub asks an author to correct entries
//! that are quarantined. It changes no verdict: what follows of it is the author's to write, and a
//! later revision that is accepted settles it.

use prost::Message as _;
use sanheyi_proto::exchange::v1 as wire;
use thiserror::Error;

use crate::error::IdError;
use crate::ids::JournalId;
use crate::limits;
use crate::suite::Digest;
use crate::time::Timestamp;

/// Dataset of a return.
pub const DATASET: &str = "exchange.return";

/// What an author is asked to correct.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Return {
    /// The journal.
    pub journal: JournalId,
    /// When it was asked for, by the hub's clock.
    pub asked: Timestamp,
    /// Working days that the author is given; 1 at least.
    pub working_days: u32,
    /// The last instant of the last of them.
    pub due: Timestamp,
    /// What the operator says about it; nothing personal. At most [`limits::RETURN_NOTE_BYTES`].
    pub note: String,
    /// The entries, ascending by sequence number.
    pub entries: Vec<ReturnedEntry>,
}

/// An entry whose correction is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnedEntry {
    /// Its sequence number.
    pub sequence: u64,
    /// Its dataset, as its header has it.
    pub dataset: String,
    /// Its record, as its header has it.
    pub record: String,
    /// Its revision.
    pub revision: u64,
    /// Its digest.
    pub digest: Digest,
    /// Ids of the rules that it breaks, as its verdict has them.
    pub rules: Vec<String>,
}

/// A return that does not follow the form.
#[derive(Debug, Error)]
pub enum ReturnError {
    /// Not the protobuf message.
    #[error("not a return")]
    Decode(#[from] prost::DecodeError),
    /// An id without its shape.
    #[error(transparent)]
    Id(#[from] IdError),
    /// None or too many, or out of order.
    #[error("a return about {0} entries: they must be 1 to {max} and ascend", max = limits::RECEIPT_EXCEPTIONS)]
    Entries(usize),
    /// Something beyond its bound, or that cannot be.
    #[error("a return whose {0} cannot be")]
    Value(&'static str),
}

// === impl Return ===

impl Return {
    /// Its body.
    pub fn encode(&self) -> Vec<u8> {
        wire::Return {
            journal: self.journal.to_string(),
            asked: self.asked.as_micros(),
            working_days: self.working_days,
            due: self.due.as_micros(),
            note: self.note.clone(),
            entries: self.entries.iter().map(ReturnedEntry::to_wire).collect(),
        }
        .encode_to_vec()
    }

    /// Reads a body.
    ///
    /// # Errors
    /// See [`ReturnError`].
    pub fn decode(body: &[u8]) -> Result<Self, ReturnError> {
        let message = wire::Return::decode(body)?;
        let entries: Result<Vec<_>, _> =
            message.entries.into_iter().map(ReturnedEntry::read).collect();
        let entries = entries?;
        let ascend = entries.is_sorted_by(|a, b| a.sequence < b.sequence);
        if entries.is_empty() || entries.len() > limits::RECEIPT_EXCEPTIONS || !ascend {
            return Err(ReturnError::Entries(entries.len()));
        }
        if message.note.len() > limits::RETURN_NOTE_BYTES {
            return Err(ReturnError::Value("note"));
        }
        if message.working_days == 0 {
            return Err(ReturnError::Value("working_days"));
        }
        if message.due < message.asked {
            return Err(ReturnError::Value("due"));
        }
        Ok(Self {
            journal: message.journal.parse()?,
            asked: Timestamp::from_micros(message.asked),
            working_days: message.working_days,
            due: Timestamp::from_micros(message.due),
            note: message.note,
            entries,
        })
    }
}

// === impl ReturnedEntry ===

impl ReturnedEntry {
    fn to_wire(&self) -> wire::ReturnedEntry {
        wire::ReturnedEntry {
            sequence: self.sequence,
            dataset: self.dataset.clone(),
            record: self.record.clone(),
            revision: self.revision,
            digest: self.digest.as_bytes().to_vec().into(),
            rules: self.rules.clone(),
        }
    }

    fn read(message: wire::ReturnedEntry) -> Result<Self, ReturnError> {
        let digest =
            Digest::from_slice(&message.digest).map_err(|_| ReturnError::Value("digest"))?;
        if message.rules.len() > limits::REASONS {
            return Err(ReturnError::Value("rules"));
        }
        Ok(Self {
            sequence: message.sequence,
            dataset: message.dataset,
            record: message.record,
            revision: message.revision,
            digest,
            rules: message.rules,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(sequence: u64) -> ReturnedEntry {
        ReturnedEntry {
            sequence,
            dataset: "case.case".into(),
            record: "JS048200SC0000000001".into(),
            revision: 1,
            digest: Digest::new([5; 32]),
            rules: vec!["string.max_len".into()],
        }
    }

    fn letter(entries: Vec<ReturnedEntry>) -> Return {
        Return {
            journal: "jintan>changzhou/normal/00000000000000000000000000000001".parse().unwrap(),
            asked: Timestamp::from_micros(77),
            working_days: 5,
            due: Timestamp::from_micros(99),
            note: "请按新代码表更正".into(),
            entries,
        }
    }

    fn refused(letter: &Return) -> ReturnError {
        Return::decode(&letter.encode()).unwrap_err()
    }

    #[test]
    fn a_return_survives_its_bytes() {
        let one = letter(vec![entry(3), entry(9)]);
        assert_eq!(Return::decode(&one.encode()).unwrap(), one);
    }

    #[test]
    fn entries_ascend_and_are_bounded() {
        let many = |count: usize| (0..count as u64).map(entry).collect::<Vec<_>>();
        assert!(Return::decode(&letter(many(limits::RECEIPT_EXCEPTIONS)).encode()).is_ok());
        for wrong in [many(limits::RECEIPT_EXCEPTIONS + 1), Vec::new(), vec![entry(3), entry(3)]] {
            assert!(matches!(refused(&letter(wrong)), ReturnError::Entries(_)));
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let longest = "x".repeat(limits::RETURN_NOTE_BYTES);
        let fits = Return { note: longest.clone(), ..letter(vec![entry(1)]) };
        assert_eq!(Return::decode(&fits.encode()).unwrap(), fits);
        let one = || letter(vec![entry(1)]);
        let rules = |count| ReturnedEntry { rules: vec!["r".into(); count], ..entry(1) };
        assert!(Return::decode(&letter(vec![rules(limits::REASONS)]).encode()).is_ok());
        for (wrong, what) in [
            (Return { note: longest + "x", ..one() }, "note"),
            (Return { working_days: 0, ..one() }, "working_days"),
            (Return { due: Timestamp::from_micros(76), ..one() }, "due"),
            (letter(vec![rules(limits::REASONS + 1)]), "rules"),
        ] {
            assert!(matches!(refused(&wrong), ReturnError::Value(found) if found == what));
        }
        let mut message = wire::Return::decode(&*one().encode()).unwrap();
        message.entries[0].digest = vec![1; 31].into();
        let error = Return::decode(&message.encode_to_vec()).unwrap_err();
        assert!(matches!(error, ReturnError::Value("digest")), "{error}");
    }
}
