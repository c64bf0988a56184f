//! Later verdicts (改判): what became of entries that were pending, once what they waited for had
//! come, and of quarantined ones that an operator had judged again. Written by the gate into the
//! author's mailbox. First receipts tile the journal and stay as they are; a later verdict names
//! the entry and the standing that it replaces (rule 17).

use prost::Message as _;
use sanheyi_proto::exchange::v1 as wire;
use thiserror::Error;

use crate::error::IdError;
use crate::gate::Standing;
use crate::ids::JournalId;
use crate::limits;
use crate::receipt::Exception;
use crate::time::Timestamp;

/// Dataset of a later verdict.
pub const DATASET: &str = "exchange.later_verdict";

/// Entries of one journal that were judged again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaterVerdict {
    /// The journal.
    pub journal: JournalId,
    /// Version of the standard judged by.
    pub standard: u32,
    /// When, by the hub's clock.
    pub judged: Timestamp,
    /// What has changed, ascending by sequence number.
    pub changes: Vec<Change>,
}

/// One entry's standing before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The standing that is replaced.
    pub replaced: Standing,
    /// The verdict now.
    pub verdict: Exception,
}

/// A later verdict that does not follow the form.
#[derive(Debug, Error)]
pub enum LaterVerdictError {
    /// Not the protobuf message.
    #[error("not a later verdict")]
    Decode(#[from] prost::DecodeError),
    /// An id without its shape.
    #[error(transparent)]
    Id(#[from] IdError),
    /// None or too many, or out of order.
    #[error("a later verdict about {0} entries: they must be 1 to {max} and ascend", max = limits::RECEIPT_EXCEPTIONS)]
    Changes(usize),
    /// The standing that is replaced is none that is known.
    #[error("entry {0}: the standing that is replaced is not known")]
    Replaced(u64),
}

// === impl LaterVerdict ===

impl LaterVerdict {
    /// Its body.
    pub fn encode(&self) -> Vec<u8> {
        let change = |change: &Change| wire::Change {
            replaced: change.replaced.to_wire().into(),
            verdict: Some(change.verdict.to_wire()),
        };
        wire::LaterVerdict {
            journal: self.journal.to_string(),
            standard: self.standard,
            judged: self.judged.as_micros(),
            changes: self.changes.iter().map(change).collect(),
        }
        .encode_to_vec()
    }

    /// Reads a body.
    ///
    /// # Errors
    /// See [`LaterVerdictError`].
    pub fn decode(body: &[u8]) -> Result<Self, LaterVerdictError> {
        let message = wire::LaterVerdict::decode(body)?;
        let changes: Result<Vec<_>, _> = message.changes.into_iter().map(Change::read).collect();
        let changes = changes?;
        let ascend = changes.is_sorted_by(|a, b| a.verdict.sequence < b.verdict.sequence);
        if changes.is_empty() || changes.len() > limits::RECEIPT_EXCEPTIONS || !ascend {
            return Err(LaterVerdictError::Changes(changes.len()));
        }
        Ok(LaterVerdict {
            journal: message.journal.parse()?,
            standard: message.standard,
            judged: Timestamp::from_micros(message.judged),
            changes,
        })
    }
}

// === impl Change ===

impl Change {
    fn read(message: wire::Change) -> Result<Self, LaterVerdictError> {
        let verdict = Exception::verdict_from_wire(message.verdict.unwrap_or_default());
        let replaced = Standing::from_wire(message.replaced)
            .ok_or(LaterVerdictError::Replaced(verdict.sequence))?;
        Ok(Change { replaced, verdict })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::Reason;

    fn change(sequence: u64, standing: Standing) -> Change {
        let reasons = match standing {
            Standing::Accepted => Vec::new(),
            _ => vec![Reason::new("no", "record.name", "不符", "differs")],
        };
        let (dataset, record) = ("case.step".to_owned(), "JS048200SC0000000001-0001".to_owned());
        let verdict = Exception { sequence, standing, dataset, record, revision: 1, reasons };
        Change { replaced: Standing::Pending, verdict }
    }

    fn later(changes: Vec<Change>) -> LaterVerdict {
        LaterVerdict {
            journal: "jintan>changzhou/normal/00000000000000000000000000000001".parse().unwrap(),
            standard: 2,
            judged: Timestamp::from_micros(99),
            changes,
        }
    }

    #[test]
    fn a_later_verdict_survives_its_bytes() {
        let one = later(vec![change(3, Standing::Accepted), change(9, Standing::Quarantined)]);
        assert_eq!(LaterVerdict::decode(&one.encode()).unwrap(), one);
    }

    #[test]
    fn changes_ascend_and_are_bounded() {
        let many = |count: usize| -> Vec<_> {
            (0..count as u64).map(|at| change(at, Standing::Accepted)).collect()
        };
        assert!(LaterVerdict::decode(&later(many(limits::RECEIPT_EXCEPTIONS)).encode()).is_ok());
        let twice = vec![change(3, Standing::Accepted), change(3, Standing::Accepted)];
        for wrong in [many(limits::RECEIPT_EXCEPTIONS + 1), many(0), twice] {
            let error = LaterVerdict::decode(&later(wrong).encode()).unwrap_err();
            assert!(matches!(error, LaterVerdictError::Changes(_)), "{error}");
        }
    }

    #[test]
    fn what_replaces_no_known_standing_is_refused() {
        let mut message =
            wire::LaterVerdict::decode(&*later(vec![change(3, Standing::Accepted)]).encode())
                .unwrap();
        message.changes[0].replaced = 0;
        let error = LaterVerdict::decode(&message.encode_to_vec()).unwrap_err();
        assert!(matches!(error, LaterVerdictError::Replaced(3)), "{error}");
    }
}
