//! Forwards at their reader (转送, rule 20): what another platform wrote is kept once its author's
//! own proof was verified, and never on the hub's word. A hub does the same for its tenants.

use std::collections::BTreeMap;

use bytes::Bytes;
use sanheyi_exchange_spec::entry::HeaderView;
use sanheyi_exchange_spec::erasure::{self, Erasure};
use sanheyi_exchange_spec::forward::{self, Enclosure, EnclosureError, Forward, ForwardError};
use sanheyi_exchange_spec::ids::{JournalId, PlatformId};
use sanheyi_exchange_spec::rulebook::Rulebook;
use sanheyi_exchange_spec::segment::{EntryView, Opened};
use sanheyi_exchange_spec::suite::Digest;
use thiserror::Error;

use crate::store::{
    EnclosureRow, Erased, ForeignKey, IncomingRow, JournalNumber, Named, Place, Store, StoreError,
    Tx, Way,
};

/// An entry of another platform that was proved.
#[derive(Clone, Debug)]
pub struct Proved {
    /// Sequence number of the forward in the mailbox.
    pub sequence: u64,
    /// What is kept of it.
    pub row: EnclosureRow,
    key: ForeignKey,
    digest: Digest,
    /// What it erases, if that is what it says.
    erases: Option<Erasure>,
}

/// Why a forward is not taken in. Nothing of its tail is.
#[derive(Debug, Error)]
pub enum ForwardFault {
    /// The forward itself is none.
    #[error("第 {sequence} 号转送条目不合格式 · forward {sequence}: {error}")]
    Form {
        /// Its sequence number in the mailbox.
        sequence: u64,
        /// What is wrong.
        error: ForwardError,
    },
    /// Nothing came with it.
    #[error(
        "第 {0} 号转送条目没有附件，未予接收 · forward {0} came without its enclosure and is not taken in"
    )]
    Bare(u64),
    /// What came with it does not prove it.
    #[error(
        "第 {sequence} 号转送（{journal} 第 {place} 条）未能以作者的检查点证实，未予接收 · \
         forward {sequence}, entry {place} of {journal}, is not proved by its author: {error}"
    )]
    Unproved {
        /// Its sequence number in the mailbox.
        sequence: u64,
        /// The author's journal.
        journal: Box<JournalId>,
        /// The sequence number there.
        place: u64,
        /// What is wrong.
        error: EnclosureError,
    },
}

/// The forwards of a tail that begins at `first`, by their sequence numbers.
///
/// # Errors
/// Of the first that is none.
pub fn forwards_in(
    first: u64,
    segments: &[(Bytes, Opened)],
) -> Result<BTreeMap<u64, Forward>, ForwardFault> {
    let entries = segments.iter().flat_map(|(_, opened)| opened.iter());
    let mut found = BTreeMap::new();
    for (sequence, entry) in (first..).zip(entries) {
        if let Some(forward) = forward_of(sequence, &entry)? {
            found.insert(sequence, forward);
        }
    }
    Ok(found)
}

/// The forward that an entry of a mailbox is, if it is one.
///
/// # Errors
/// If it says so and is none.
pub fn forward_of(sequence: u64, entry: &EntryView<'_>) -> Result<Option<Forward>, ForwardFault> {
    match entry.body {
        Some((_, body)) if entry.header.dataset == forward::DATASET => {
            let decoded = Forward::decode(body);
            decoded.map(Some).map_err(|error| ForwardFault::Form { sequence, error })
        }
        _ => Ok(None),
    }
}

/// Proves forwards by what came with them and the keys of the directory.
///
/// # Errors
/// Of the first that is not proved.
pub fn prove(
    forwards: BTreeMap<u64, Forward>,
    enclosures: Vec<(u64, Enclosure)>,
    rules: &Rulebook,
) -> Result<Vec<Proved>, ForwardFault> {
    let mut enclosures: BTreeMap<_, _> = enclosures.into_iter().collect();
    let mut proved = Vec::with_capacity(forwards.len());
    for (sequence, forward) in forwards {
        let enclosure = enclosures.remove(&sequence).ok_or(ForwardFault::Bare(sequence))?;
        let key_of = |author: &PlatformId, lane, at| rules.key_of(author, lane, at);
        let verified = forward.verify(&enclosure, key_of);
        let kept = verified.and_then(|_| Proved::new(sequence, forward.clone(), enclosure));
        proved.push(kept.map_err(|error| ForwardFault::Unproved {
            sequence,
            journal: Box::new(forward.journal.clone()),
            place: forward.sequence,
            error,
        })?);
    }
    Ok(proved)
}

impl Proved {
    fn new(sequence: u64, forward: Forward, enclosure: Enclosure) -> Result<Self, EnclosureError> {
        let header = HeaderView::parse(&forward.header)?;
        let key = ForeignKey::of(&forward.journal.author, &header);
        let says = enclosure.body.as_ref().filter(|_| header.dataset == erasure::DATASET);
        let erases = says.and_then(|body| Erasure::decode(&body.bytes).ok());
        let digest = forward.digest();
        let erased = if enclosure.body.is_some() { Erased::No } else { Erased::Served };
        let forward = Forward { reasons: Vec::new(), ..forward };
        let row = EnclosureRow { forward, enclosure, erased };
        Ok(Self { sequence, row, key, digest, erases })
    }

    fn incoming(&self, mailbox: JournalNumber) -> IncomingRow {
        let ForeignKey { author, dataset, record, revision } = self.key.clone();
        let standing = Some(self.row.forward.standing);
        let (sequence, digest) = (self.sequence, self.digest);
        let place = Place { journal: mailbox, sequence, standing, digest };
        IncomingRow { author, dataset, record, revision, place }
    }
}

/// Keeps what was proved, in the transaction that admits the mailbox's entries, and erases what
/// its author has erased.
///
/// # Errors
/// Of the database.
pub async fn keep(
    tx: &mut Tx,
    store: &Store,
    mailbox: JournalNumber,
    proved: &[Proved],
) -> Result<(), StoreError> {
    if proved.is_empty() {
        return Ok(());
    }
    let rows: Vec<_> = proved.iter().map(|one| one.row.clone()).collect();
    tx.enclosure_put(store, &rows)?;
    let index: Vec<_> = proved.iter().map(|one| one.incoming(mailbox)).collect();
    tx.incoming_add(store, &index);
    for Proved { row, .. } in proved {
        let Some(body) = &row.enclosure.body else { continue };
        let wrong =
            |error| StoreError::contradiction("enclosure", "header", mailbox.to_column(), error);
        let header = HeaderView::parse(&row.forward.header).map_err(wrong)?;
        for named in Named::by(&header, &body.bytes) {
            tx.due_put(store, Way::Down, &row.forward.journal.author, &named).await?;
        }
    }
    for Proved { key, erases, .. } in proved {
        let Some(erasure) = erases else { continue };
        // An author erases what it wrote itself, and nobody else's.
        let erased = ForeignKey {
            author: key.author.clone(),
            dataset: erasure.dataset.to_string(),
            record: erasure.record.to_string(),
            revision: erasure.revision,
        };
        tx.enclosure_erase(store, &erased, &erasure.digest).await?;
    }
    Ok(())
}
