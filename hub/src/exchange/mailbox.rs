//! Letters (信件): what the gate writes into mailboxes, receipts, later verdicts, notices of custody
//! and returns, as entries.

use sanheyi_exchange_spec::custody::{self, Notice};
use sanheyi_exchange_spec::entry::{Header, Operation};
use sanheyi_exchange_spec::later::{self, LaterVerdict};
use sanheyi_exchange_spec::link::admit::Head;
use sanheyi_exchange_spec::receipt::{self, Receipt};
use sanheyi_exchange_spec::returning::{self, Return};
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::branch::{Sealed, seal};
use sanheyi_node::store::StoreError;

use super::Shared;

/// What the gate writes into a mailbox.
pub(super) enum Letter<'a> {
    /// First verdicts.
    Receipt(&'a Receipt),
    /// Verdicts that replace others.
    Later(&'a LaterVerdict),
    /// What has become of an offer of custody.
    Custody(&'a Notice),
    /// What an operator asks the author to correct.
    Return(&'a Return),
}

/// A letter as entry number `place` of the mailbox. The record of a receipt is the judged journal's
/// incarnation and first sequence number, that of the others the mailbox's own incarnation and its
/// size: ascending, and the same again after a crash.
pub(super) fn entry(
    shared: &Shared,
    mailbox: &Head,
    letter: &Letter<'_>,
    now: Timestamp,
) -> Result<Sealed, StoreError> {
    let (dataset, record, occurred, body) = match letter {
        Letter::Receipt(receipt) => (
            receipt::DATASET,
            format!("{}-{:016}", receipt.journal.incarnation, receipt.from),
            receipt.received,
            receipt.encode(),
        ),
        Letter::Later(later) => (
            later::DATASET,
            format!("{}-{:016}", mailbox.journal.incarnation, mailbox.size),
            later.judged,
            later.encode(),
        ),
        Letter::Custody(notice) => (
            custody::DATASET,
            format!("{}-{:016}", mailbox.journal.incarnation, mailbox.size),
            notice.at,
            notice.encode(),
        ),
        Letter::Return(letter) => (
            returning::DATASET,
            format!("{}-{:016}", mailbox.journal.incarnation, mailbox.size),
            letter.asked,
            letter.encode(),
        ),
    };
    let wrong = |error: sanheyi_exchange_spec::error::IdError| {
        StoreError::contradiction("journal", "id", &mailbox.journal, error)
    };
    let header = Header {
        dataset: dataset.parse().map_err(wrong)?,
        record: record.parse().map_err(wrong)?,
        revision: 1,
        follows: None,
        custody_epoch: 0,
        operation: Operation::Put,
        standard: shared.parts.edition.version(),
        occurred,
        recorded: now,
        body_digest: Digest::new([0; 32]),
    };
    Ok(seal(header, shared.parts.entropy.salt(), body.into()))
}
