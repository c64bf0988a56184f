//! Receipts (回执): what became of a range of a journal, written by the gate into the author's
//! mailbox.

use prost::Message as _;
use sanheyi_proto::exchange::v1 as wire;
use thiserror::Error;

use crate::error::IdError;
use crate::gate::{Reason, Standing};
use crate::ids::JournalId;
use crate::limits;
use crate::suite::Digest;
use crate::time::Timestamp;

/// Dataset of a receipt.
pub const DATASET: &str = "exchange.receipt";

/// An entry that was not simply accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// Sequence number in the judged journal.
    pub sequence: u64,
    /// Quarantined, pending, or accepted with warnings.
    pub standing: Standing,
    /// Dataset of the entry, as its header has it.
    pub dataset: String,
    /// Record of the entry, as its header has it.
    pub record: String,
    /// Revision of the entry.
    pub revision: u64,
    /// Why, in the reader's words.
    pub reasons: Vec<Reason>,
}

/// A receipt for entries `from..to` of a journal. Every entry that no exception names is accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The journal.
    pub journal: JournalId,
    /// First sequence number judged.
    pub from: u64,
    /// One past the last sequence number judged.
    pub to: u64,
    /// Root of the journal at size `to`.
    pub root: Digest,
    /// Version of the standard judged by.
    pub standard: u32,
    /// When the hub received the last entry of the range.
    pub received: Timestamp,
    /// The exceptions, ascending.
    pub exceptions: Vec<Exception>,
    /// How many entries of the broadcast were judged by: the size of the rulebook. 0 where what is
    /// built in was judged by, and of receipts that were written before there was a broadcast.
    pub broadcast: u64,
}

/// A receipt that does not follow the form.
#[derive(Debug, Error)]
pub enum ReceiptError {
    /// Not the protobuf message.
    #[error("not a receipt")]
    Decode(#[from] prost::DecodeError),
    /// An id without its shape.
    #[error(transparent)]
    Id(#[from] IdError),
    /// Ranges or exceptions out of order or out of bounds.
    #[error("receipt for {from}..{to}: {problem}")]
    Range {
        /// Its start.
        from: u64,
        /// Its end.
        to: u64,
        /// What is wrong.
        problem: &'static str,
    },
}

// === impl Receipt ===

impl Receipt {
    /// The receipt's body.
    pub fn encode(&self) -> Vec<u8> {
        wire::Receipt {
            journal: self.journal.to_string(),
            from: self.from,
            to: self.to,
            root: self.root.as_bytes().to_vec().into(),
            standard: self.standard,
            received: self.received.as_micros(),
            exceptions: self.exceptions.iter().map(Exception::to_wire).collect(),
            broadcast: self.broadcast,
        }
        .encode_to_vec()
    }

    /// Reads a receipt's body.
    ///
    /// # Errors
    /// See [`ReceiptError`].
    pub fn decode(body: &[u8]) -> Result<Self, ReceiptError> {
        let message = wire::Receipt::decode(body)?;
        let receipt = Receipt {
            journal: message.journal.parse()?,
            from: message.from,
            to: message.to,
            root: Digest::from_slice(&message.root)?,
            standard: message.standard,
            received: Timestamp::from_micros(message.received),
            exceptions: message.exceptions.into_iter().filter_map(Exception::from_wire).collect(),
            broadcast: message.broadcast,
        };
        receipt.check()?;
        Ok(receipt)
    }

    /// How many entries were accepted, quarantined, pending. Those accepted with warnings are among
    /// the accepted.
    pub fn counts(&self) -> (u64, u64, u64) {
        let of = |standing| {
            self.exceptions.iter().filter(|exception| exception.standing == standing).count() as u64
        };
        let (quarantined, pending) = (of(Standing::Quarantined), of(Standing::Pending));
        (self.to - self.from - quarantined - pending, quarantined, pending)
    }

    /// How many entries were accepted with warnings.
    pub fn warned(&self) -> u64 {
        let warned = |one: &&Exception| one.standing == Standing::Accepted;
        self.exceptions.iter().filter(warned).count() as u64
    }

    fn check(&self) -> Result<(), ReceiptError> {
        let wrong = |problem| Err(ReceiptError::Range { from: self.from, to: self.to, problem });
        if self.from >= self.to || self.to - self.from > limits::RECEIPT_ENTRIES {
            return wrong("the range is empty or too long");
        }
        if self.exceptions.len() > limits::RECEIPT_EXCEPTIONS {
            return wrong("too many exceptions");
        }
        let inside = self.exceptions.iter().all(|e| (self.from..self.to).contains(&e.sequence));
        let ascend = self.exceptions.is_sorted_by(|a, b| a.sequence < b.sequence);
        if !inside || !ascend {
            return wrong("exceptions must lie inside the range and ascend");
        }
        Ok(())
    }
}

// === impl Exception ===

impl Exception {
    /// The exception as it travels.
    pub fn to_wire(&self) -> wire::Exception {
        wire::Exception {
            sequence: self.sequence,
            standing: self.standing.to_wire() as i32,
            dataset: self.dataset.clone(),
            record: self.record.clone(),
            revision: self.revision,
            reasons: self.reasons.iter().map(Reason::to_wire).collect(),
        }
    }

    /// Reads an exception; one that says "accepted" and warns of nothing is none. A standing that
    /// is not known is read as pending: what this reader cannot name it does not count as accepted.
    pub fn from_wire(message: wire::Exception) -> Option<Self> {
        let exception = Self::verdict_from_wire(message);
        (exception.standing != Standing::Accepted || !exception.reasons.is_empty())
            .then_some(exception)
    }

    /// Reads a verdict in the same form, which may say "accepted" and nothing else.
    pub fn verdict_from_wire(message: wire::Exception) -> Self {
        Exception {
            sequence: message.sequence,
            standing: Standing::from_wire(message.standing).unwrap_or(Standing::Pending),
            dataset: message.dataset,
            record: message.record,
            revision: message.revision,
            reasons: message.reasons.into_iter().map(Reason::from_wire).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn receipt(from: u64, to: u64, at: &[u64]) -> Receipt {
        Receipt {
            journal: "jintan>changzhou/normal/00000000000000000000000000000001".parse().unwrap(),
            from,
            to,
            root: Digest::new([5; 32]),
            standard: 1,
            received: Timestamp::from_micros(77),
            broadcast: 0,
            exceptions: at
                .iter()
                .map(|sequence| Exception {
                    sequence: *sequence,
                    standing: Standing::Quarantined,
                    dataset: "case.case".into(),
                    record: "JS048200SC0000000001".into(),
                    revision: 1,
                    reasons: vec![Reason::new("title", "string.max_len", "过长", "too long")],
                })
                .collect(),
        }
    }

    #[test]
    fn a_receipt_survives_its_bytes_and_counts() {
        let receipt = receipt(10, 20, &[12, 15]);
        assert_eq!(Receipt::decode(&receipt.encode()).unwrap(), receipt);
        assert_eq!(receipt.counts(), (8, 2, 0));
    }

    #[test]
    fn a_standing_that_is_not_known_is_not_counted_as_accepted() {
        for (number, counts) in [(9, (9, 0, 1)), (0, (9, 0, 1)), (1, (10, 0, 0)), (2, (9, 1, 0))] {
            let mut message = wire::Receipt::decode(&*receipt(0, 10, &[4]).encode()).unwrap();
            message.exceptions[0].standing = number;
            let read = Receipt::decode(&message.encode_to_vec()).unwrap();
            assert_eq!(read.counts(), counts, "standing {number}");
        }
    }

    #[test]
    fn ranges_are_bounded_at_their_edges() {
        let ok = |r: Receipt| Receipt::decode(&r.encode()).is_ok();
        assert!(ok(receipt(0, limits::RECEIPT_ENTRIES, &[])));
        assert!(!ok(receipt(0, limits::RECEIPT_ENTRIES + 1, &[])));
        assert!(!ok(receipt(5, 5, &[])));
        assert!(!ok(receipt(0, 5, &[5])));
        assert!(!ok(receipt(0, 5, &[2, 2])));
        let full: Vec<_> = (0..limits::RECEIPT_EXCEPTIONS as u64).collect();
        assert!(ok(receipt(0, 100, &full)));
        let more: Vec<_> = (0..=limits::RECEIPT_EXCEPTIONS as u64).collect();
        assert!(!ok(receipt(0, 100, &more)));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = Receipt::decode(&bytes);
        }
    }
}
