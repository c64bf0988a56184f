//! Mailboxes (信箱): the hub's own journals, one per platform, into which the gate writes receipts
//! and later verdicts.
//! They live as long as the generation of the store: a restored hub opens new ones.

use sanheyi_exchange_spec::entry::{Header, Operation};
use sanheyi_exchange_spec::ids::{Audience, EpochId, JournalId, Lane, PlatformId};
use sanheyi_exchange_spec::later::{self, LaterVerdict};
use sanheyi_exchange_spec::link::Position;
use sanheyi_exchange_spec::link::admit::Head;
use sanheyi_exchange_spec::receipt::{self, Receipt};
use sanheyi_exchange_spec::suite::{Digest, Suite};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::branch::{Sealed, seal};
use sanheyi_node::store::{JournalRow, Store, StoreError, Tx};

use super::Shared;

/// The mailbox of a platform in this generation, opened where there is none yet.
pub(super) async fn open(
    shared: &Shared,
    tx: &mut Tx,
    store: &Store,
) -> Result<JournalRow, StoreError> {
    let platform = store.platform();
    let rows = tx.journal_list(store).await?;
    let mine = rows.into_iter().find(|row| is_mailbox(shared, platform, row));
    match mine {
        Some(row) => Ok(row),
        None => tx.journal_open(store, &fresh(shared, platform), true, 0).await,
    }
}

/// Whether a row is the platform's mailbox in this generation.
pub(super) fn is_mailbox(shared: &Shared, platform: &PlatformId, row: &JournalRow) -> bool {
    row.home
        && row.head.journal.author == shared.parts.hub
        && row.head.journal.audience == Audience::One(platform.clone())
        && row.head.position.generation == shared.generation
}

fn fresh(shared: &Shared, platform: &PlatformId) -> Head {
    let generation = shared.generation;
    Head {
        journal: JournalId {
            author: shared.parts.hub.clone(),
            audience: Audience::One(platform.clone()),
            lane: Lane::Normal,
            incarnation: shared.parts.entropy.incarnation(),
        },
        size: 0,
        root: Suite::Intl.empty_root(),
        position: Position { generation, epoch: EpochId::new(*generation.as_bytes()) },
        opened: 0,
        stopped: false,
    }
}

/// What the gate writes into a mailbox.
pub(super) enum Letter<'a> {
    /// First verdicts.
    Receipt(&'a Receipt),
    /// Verdicts that replace others.
    Later(&'a LaterVerdict),
}

/// A letter as entry number `place` of the mailbox. The record of a receipt is the judged journal's
/// incarnation and first sequence number, that of a later verdict the mailbox's own incarnation and
/// the letter's place in it: ascending, and the same again after a crash.
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
