//! Copies of journals that others append: admitted by the one rule of the link, kept byte for byte.
//! At a branch these are its mailboxes and the broadcast; what they bring is taken out as it
//! arrives, in the same transaction.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use sanheyi_exchange_spec::checkpoint::{Checkpoint, CheckpointError};
use sanheyi_exchange_spec::error::{Code, IdError};
use sanheyi_exchange_spec::forward::Enclosure;
use sanheyi_exchange_spec::ids::{EpochId, Generation, JournalId, Lane};
use sanheyi_exchange_spec::later::LaterVerdictError;
use sanheyi_exchange_spec::link::admit::{Admission, Head, Offer, admit, bind};
use sanheyi_exchange_spec::link::{Position, Refusal};
use sanheyi_exchange_spec::receipt::{Receipt, ReceiptError};
use sanheyi_exchange_spec::rulebook::Rulebook;
use sanheyi_exchange_spec::segment::{Opened, SegmentError, SegmentReader};
use sanheyi_exchange_spec::suite::{Suite, VerifyingKey};
use sanheyi_exchange_spec::time::Timestamp;
use thiserror::Error;

use super::attachment::note;
use super::forwards::{ForwardFault, forwards_in, keep, prove};
use super::journal::{Advance, LiveJournal};
use super::letters::brought;
use super::recent::Recent;
use super::slice::Window;
use crate::store::{JournalNumber, Store, StoreError, Tx, Way};

/// A branch's copies of its hub's journals.
pub struct Copies {
    pub(super) store: Store,
    key: VerifyingKey,
    generation: Generation,
    journals: BTreeMap<JournalId, LiveJournal>,
    reader: SegmentReader,
    recent: Arc<Recent>,
    /// How far the hub's acknowledgements are written down.
    noted: BTreeMap<JournalId, u64>,
    numbers: BTreeMap<JournalId, JournalNumber>,
}

/// A tail of a hub's journal as it came, and what it is held against.
pub struct Arrived<'a> {
    /// The journal.
    pub journal: &'a JournalId,
    /// Its next entries.
    pub entries: &'a Window,
    /// The hub's checkpoint at their end.
    pub checkpoint: &'a str,
    /// What came with the forwards among them.
    pub enclosures: &'a [(u64, Enclosure)],
    /// Whose keys prove what is forwarded.
    pub rules: &'a Rulebook,
}

/// Why a tail of a mailbox was not admitted.
#[derive(Debug, Error)]
pub enum CopyError {
    /// By the admit rule.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A segment does not follow the form.
    #[error("{journal}: {error}")]
    Segment {
        /// The journal.
        journal: JournalId,
        /// What is wrong.
        error: SegmentError,
    },
    /// The checkpoint does not verify.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// A receipt does not follow the form, or is about another history than ours.
    #[error("回执与本平台日志不符 · a receipt does not fit our journal: {0}")]
    Receipt(String),
    /// A forward is not proved by its author.
    #[error(transparent)]
    Forward(#[from] ForwardFault),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ReceiptError> for CopyError {
    fn from(error: ReceiptError) -> Self {
        CopyError::Receipt(error.to_string())
    }
}

impl From<LaterVerdictError> for CopyError {
    fn from(error: LaterVerdictError) -> Self {
        CopyError::Receipt(error.to_string())
    }
}

impl From<IdError> for CopyError {
    fn from(error: IdError) -> Self {
        CopyError::Receipt(error.to_string())
    }
}

/// The position of a hub's own journals: they live as long as its generation.
pub(crate) fn hub_position(generation: Generation) -> Position {
    Position { generation, epoch: EpochId::new(*generation.as_bytes()) }
}

/// The head of a hub's journal that is opened in `generation`.
pub(crate) fn hub_head(journal: JournalId, generation: Generation) -> Head {
    Head {
        journal,
        size: 0,
        root: Suite::Intl.empty_root(),
        position: hub_position(generation),
        opened: 0,
        stopped: false,
    }
}

/// Opens segments in order.
///
/// # Errors
/// Of the first that does not follow the form.
pub fn open_segments(
    reader: &mut SegmentReader,
    segments: &[Bytes],
) -> Result<Vec<(Bytes, Opened)>, SegmentError> {
    segments.iter().map(|bytes| Ok((bytes.clone(), reader.open(bytes)?))).collect()
}

// === impl Copies ===

impl Copies {
    /// Copies of the journals of the hub whose key is `key`, in its generation `generation`.
    ///
    /// # Errors
    /// If zstd has no memory.
    pub fn new(store: Store, key: VerifyingKey, generation: Generation) -> std::io::Result<Self> {
        let reader = SegmentReader::new(Suite::Intl)?;
        Ok(Self {
            store,
            key,
            generation,
            journals: BTreeMap::new(),
            reader,
            recent: Arc::default(),
            noted: BTreeMap::new(),
            numbers: BTreeMap::new(),
        })
    }

    /// Looks for roots among what became durable last, before it asks the store.
    #[must_use]
    pub fn beside(mut self, recent: Arc<Recent>) -> Self {
        self.recent = recent;
        self
    }

    /// Takes up the mailboxes that the hub named, making a place for new ones.
    ///
    /// # Errors
    /// Of the database.
    pub async fn take_up(&mut self, mailboxes: &[(JournalId, u64)]) -> Result<(), StoreError> {
        for (id, _) in mailboxes {
            if self.journals.contains_key(id) {
                continue;
            }
            let row = match self.store.journal_get(id).await? {
                // A tenant's mailbox is at home in this very store: there is nothing to copy, and
                // the gate has written its receipts where they are read.
                Some(row) if row.home => continue,
                Some(row) => row,
                None => {
                    let mut tx = self.store.begin("mailbox_open").await?;
                    let head = hub_head(id.clone(), self.generation);
                    let row = tx.journal_open(&self.store, &head, false, 0).await?;
                    tx.commit().await?;
                    row
                }
            };
            self.journals.insert(id.clone(), LiveJournal::open(&self.store, row).await?);
        }
        Ok(())
    }

    /// Generation of the hub that these copies follow.
    pub fn generation(&self) -> Generation {
        self.generation
    }

    /// The lanes of the copies.
    pub fn lanes(&self) -> Vec<Lane> {
        self.journals.keys().map(|id| id.lane).collect()
    }

    /// Where each copy of a lane ends: the cursors of a pull.
    pub fn cursors(&self, lane: Lane) -> Vec<(JournalId, u64)> {
        let of_lane = self.journals.iter().filter(|(id, _)| id.lane == lane);
        of_lane.map(|(id, one)| (id.clone(), one.head().size)).collect()
    }

    /// Admits a tail of a mailbox and takes the receipts out of it.
    ///
    /// # Errors
    /// See [`CopyError`]; nothing of the tail was stored.
    pub async fn admit(
        &mut self,
        arrived: &Arrived<'_>,
        acknowledged: &BTreeMap<JournalId, u64>,
        now: Timestamp,
    ) -> Result<(), CopyError> {
        let Arrived { journal: id, entries: tail, checkpoint, .. } = *arrived;
        let Some(journal) = self.journals.get(id) else {
            let zh = "收到了未曾请求的日志";
            let en = "a journal that was not asked for";
            return Err(Refusal::new(Code::Malformed, id.to_string(), zh, en).into());
        };
        let head = journal.head();
        let offer = Offer { position: head.position, first: tail.first, to: tail.past };
        if admit(head, &offer)? != Admission::Append {
            return Ok(());
        }
        let segments = open_segments(&mut self.reader, &tail.segments)
            .map_err(|error| CopyError::Segment { journal: id.clone(), error })?;
        let advance = journal.admit(&segments, Some(checkpoint.to_owned()), now);
        let signed = Checkpoint::open(checkpoint, &self.key)?;
        bind(head, &signed, tail.past, &advance.to().root)?;
        self.write(arrived, advance, &segments, acknowledged).await
    }

    async fn write(
        &mut self,
        arrived: &Arrived<'_>,
        advance: Advance,
        segments: &[(Bytes, Opened)],
        acknowledged: &BTreeMap<JournalId, u64>,
    ) -> Result<(), CopyError> {
        let Arrived { journal: id, enclosures, rules, .. } = *arrived;
        let forwards = forwards_in(advance.first(), segments)?;
        let proved = prove(forwards, enclosures.to_vec(), rules)?;
        let brought = brought(&id.author, advance.number(), advance.first(), segments)?;
        self.check_brought(&brought).await?;
        let mut tx = self.store.begin("mailbox_admit").await?;
        tx.journal_write(&self.store, &advance);
        self.take_in(&mut tx, &brought).await?;
        let entries = segments.iter().flat_map(|(_, opened)| opened.iter());
        note(&mut tx, &self.store, Way::Down, &id.author, entries).await?;
        keep(&mut tx, &self.store, advance.number(), &proved).await?;
        self.acknowledge(&mut tx, acknowledged).await?;
        tx.commit().await?;
        self.noted.extend(acknowledged.iter().map(|(id, durable)| (id.clone(), *durable)));
        if let Some(journal) = self.journals.get_mut(id) {
            journal.settle(advance);
        }
        Ok(())
    }

    async fn acknowledge(
        &mut self,
        tx: &mut Tx,
        acknowledged: &BTreeMap<JournalId, u64>,
    ) -> Result<(), StoreError> {
        for (journal, durable) in acknowledged {
            if self.noted.get(journal) == Some(durable) {
                continue;
            }
            if let Some(number) = self.number(journal).await? {
                tx.greeting_acknowledge(&self.store, number, *durable);
            }
        }
        Ok(())
    }

    /// Notes how far the hub has acknowledged each own journal, if nothing that came has noted it.
    ///
    /// # Errors
    /// Of the database.
    pub async fn note(
        &mut self,
        acknowledged: &BTreeMap<JournalId, u64>,
    ) -> Result<(), StoreError> {
        if acknowledged.iter().all(|(id, durable)| self.noted.get(id) == Some(durable)) {
            return Ok(());
        }
        let mut tx = self.store.begin("greeting_acknowledge").await?;
        self.acknowledge(&mut tx, acknowledged).await?;
        tx.commit().await?;
        self.noted.extend(acknowledged.iter().map(|(id, durable)| (id.clone(), *durable)));
        Ok(())
    }

    /// Number of a journal in the store: for life, so it is looked up once.
    pub(super) async fn number(
        &mut self,
        id: &JournalId,
    ) -> Result<Option<JournalNumber>, StoreError> {
        if let Some(number) = self.numbers.get(id) {
            return Ok(Some(*number));
        }
        let number = self.store.journal_get(id).await?.map(|row| row.number);
        self.numbers.extend(number.map(|number| (id.clone(), number)));
        Ok(number)
    }

    /// A receipt must be about our own history: its root is our root at its end.
    pub(super) async fn check(&self, receipt: &Receipt) -> Result<(), CopyError> {
        let wrong = |problem: &str| {
            let Receipt { journal, from, to, .. } = receipt;
            Err(CopyError::Receipt(format!("{journal} {from}..{to}: {problem}")))
        };
        if self.recent.root_at(&receipt.journal, receipt.to) == Some(receipt.root) {
            return Ok(());
        }
        let Some(row) = self.store.journal_get(&receipt.journal).await? else {
            return wrong("it names a journal that is not ours");
        };
        if receipt.to > row.head.size {
            return wrong("it goes beyond our journal");
        }
        match self.store.root_at(row.number, receipt.to).await? {
            root if root == receipt.root => Ok(()),
            root => wrong(&format!("it has root {}, we have {root}", receipt.root)),
        }
    }
}
