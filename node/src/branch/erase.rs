//! Erasing bodies (删除正文): an entry says whose, why and by which law; the body goes, from its
//! segment and from whatever remembers it, in the transaction that appends that entry. Header,
//! digest and every proof stand (rule 2).

use bytes::Bytes;
use sanheyi_exchange_spec::conflict;
use sanheyi_exchange_spec::entry::{Header, Operation};
use sanheyi_exchange_spec::erasure::{DATASET, Erasure, ErasureError};
use sanheyi_exchange_spec::error::{Code, IdError};
use sanheyi_exchange_spec::ids::{DatasetName, Lane, RecordId};
use sanheyi_exchange_spec::segment::{EntryView, SegmentReader, SegmentWriter};
use sanheyi_exchange_spec::suite::{Digest, Suite};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::STANDARD;
use thiserror::Error;
use tokio::sync::oneshot;

use super::journal::{LiveJournal, Sealed, seal, view};
use super::submit::Appended;
use super::writer::{Branch, Job, Writer, no_memory};
use crate::store::{IndexRow, JournalNumber, Named, Place, SegmentRow, Store, StoreError, Tx};

/// Which body is to be erased, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erase {
    /// Dataset of the entry.
    pub dataset: DatasetName,
    /// Its record.
    pub record: RecordId,
    /// Its revision.
    pub revision: u64,
    /// Why; nothing personal.
    pub reason: String,
    /// By which law or schedule.
    pub basis: String,
    /// Who decided, named in office.
    pub decided_by: String,
}

/// Why a body is not erased.
#[derive(Debug, Error)]
pub enum EraseError {
    /// There is no such entry of this platform.
    #[error(
        "本平台没有 {dataset} 记录 {record} 的第 {revision} 版 · \
         there is no revision {revision} of {dataset} {record} of this platform"
    )]
    Absent {
        /// The dataset asked for.
        dataset: DatasetName,
        /// The record asked for.
        record: RecordId,
        /// The revision asked for.
        revision: u64,
    },
    /// The body is gone already.
    #[error(
        "{dataset} 记录 {record} 第 {revision} 版的正文已经删除 · \
         the body of revision {revision} of {dataset} {record} has been erased already"
    )]
    Gone {
        /// The dataset asked for.
        dataset: DatasetName,
        /// The record asked for.
        record: RecordId,
        /// The revision asked for.
        revision: u64,
    },
    /// The erasure would not follow the form.
    #[error("删除条目不合格式 · the erasure does not follow the form: {0}")]
    Form(#[from] ErasureError),
    /// This machine is held.
    #[error("{code}: {remedy}", code = .0, remedy = .0.remedy_zh())]
    Held(Code),
    /// The branch has stopped.
    #[error("分支已停止 · the branch has stopped")]
    Stopped,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Where an erasure is answered.
pub(super) type EraseAnswer = oneshot::Sender<Result<Appended, EraseError>>;

/// Erases the body of an entry from its segment; answers whether it was there. The segment keeps
/// its place, its headers and so every hash.
///
/// # Errors
/// Of the database, or if the segment does not open or holds another entry there.
pub async fn erase_body(tx: &mut Tx, store: &Store, place: &Place) -> Result<bool, StoreError> {
    let Place { journal, sequence, digest, .. } = *place;
    let wrong = |problem: &dyn ToString| {
        StoreError::contradiction("segment", "bytes", sequence, problem.to_string())
    };
    let rows = tx.segment_from(store, journal, sequence, 1).await?;
    let row = rows.into_iter().find(|row| row.past() > sequence);
    let row = row.ok_or_else(|| wrong(&"is missing"))?;
    let mut reader = SegmentReader::new(Suite::Intl).map_err(|error| wrong(&error))?;
    let opened = reader.open(&row.bytes).map_err(|error| wrong(&error))?;
    let mut writer = SegmentWriter::new().map_err(|error| wrong(&error))?;
    let mut was_there = false;
    for (at, entry) in (row.first..).zip(opened.iter()) {
        match entry.body {
            Some((_, body)) if at == sequence && entry.digest == digest => {
                was_there = true;
                // Whether any other entry names its files, upkeep will see.
                for named in Named::by(&entry.header, body) {
                    tx.unnamed_put(store, &named.file.digest);
                }
                writer.push_erased(entry.header_bytes);
            }
            _ if at == sequence && entry.digest != digest => {
                return Err(wrong(&"another entry stands where one is to be erased"));
            }
            Some((salt, body)) => writer.push(entry.header_bytes, &salt, body),
            None => writer.push_erased(entry.header_bytes),
        }
    }
    if was_there {
        let bytes = writer.finish().map_err(|error| wrong(&error))?;
        tx.segment_replace(store, journal, &SegmentRow { bytes, ..row });
    }
    Ok(was_there)
}

/// The erasure that an entry is, if it is one.
pub(super) fn erasure_of(entry: &EntryView<'_>) -> Option<Erasure> {
    let body = entry.body.filter(|_| entry.header.dataset == DATASET);
    body.and_then(|(_, body)| Erasure::decode(body).ok())
}

/// Erases again what erasures among these say, where the entry is here with its body: an adoption
/// may bring back what the hub had not erased yet.
pub(super) async fn erase_again(
    tx: &mut Tx,
    store: &Store,
    erasures: &[Erasure],
) -> Result<(), StoreError> {
    for erasure in erasures {
        let (dataset, record) = (erasure.dataset.as_str(), erasure.record.as_str());
        let there = tx.record_place(store, dataset, record, erasure.revision).await?;
        if let Some(place) = there.filter(|place| place.digest == erasure.digest) {
            erase_body(tx, store, &place).await?;
        }
    }
    Ok(())
}

// === impl Branch ===

impl Branch {
    /// Erases the body of one revision of an own record, and says so in the journal: durable when
    /// it is answered. A conflict entry that holds the same entry loses it, too. The hub and
    /// whoever was shown it follow.
    ///
    /// # Errors
    /// See [`EraseError`]; nothing was erased.
    pub async fn erase(&self, what: Erase) -> Result<Appended, EraseError> {
        let (answer, answered) = oneshot::channel();
        let sent = self.jobs.send(Job::Erase(what, answer)).await;
        sent.map_err(|_| EraseError::Stopped)?;
        answered.await.map_err(|_| EraseError::Stopped)?
    }
}

// === impl Writer ===

/// What is appended to erase, and the places that lose their bodies.
struct Erasing {
    lane: Lane,
    entries: Vec<Sealed>,
    places: Vec<Place>,
}

impl Writer {
    /// Appends an erasure and erases.
    pub(super) async fn erase(&mut self, what: &Erase) -> Result<Appended, EraseError> {
        if let Some(code) = self.is_held() {
            return Err(EraseError::Held(code));
        }
        match self.try_erase(what).await {
            // A Greet has moved the epoch under it, or segments were merged.
            Err(EraseError::Store(StoreError::Raced("journal" | "segment"))) => {
                self.reload().await?;
                self.try_erase(what).await
            }
            outcome => outcome,
        }
    }

    async fn try_erase(&mut self, what: &Erase) -> Result<Appended, EraseError> {
        let now = self.now();
        let mut tx = self.store.begin("entry_erase").await?;
        let Erasing { lane, entries, places } = self.erasing(&mut tx, what, now).await?;
        let absent = || StoreError::Raced("journal");
        let journal = self.lanes.get(&lane).ok_or_else(absent)?;
        let advance = journal.append(&mut self.packer, &entries, now).map_err(no_memory)?;
        tx.journal_write(&self.store, &advance);
        let mut index = Vec::with_capacity(entries.len());
        for (sequence, entry) in (advance.first()..).zip(&entries) {
            index.push(index_row(journal.number(), sequence, entry)?);
        }
        tx.record_insert(&self.store, index).await?;
        let mut erased = false;
        for place in &places {
            erased |= erase_body(&mut tx, &self.store, place).await?;
        }
        if !erased {
            let Erase { dataset, record, revision, .. } = what.clone();
            return Err(EraseError::Gone { dataset, record, revision });
        }
        tx.commit().await?;
        // What is remembered of the last groups still has the body.
        self.recent.clear();
        let sequence = advance.first();
        if let Some(journal) = self.lanes.get_mut(&lane) {
            journal.settle(advance);
        }
        self.announce();
        let digest = entries.first().map_or(Digest::new([0; 32]), |entry| entry.digest);
        Ok(Appended { sequence, revision: 1, digest })
    }

    /// Finds what is to be erased and seals the entries that say so: of the entry itself, and of a
    /// conflict entry that holds it.
    async fn erasing(
        &self,
        tx: &mut Tx,
        what: &Erase,
        now: Timestamp,
    ) -> Result<Erasing, EraseError> {
        let Erase { dataset, record, revision, .. } = what.clone();
        let found =
            tx.record_place(&self.store, dataset.as_str(), record.as_str(), revision).await?;
        let Some(place) = found else {
            return Err(EraseError::Absent { dataset, record, revision });
        };
        let of_journal = |one: &&LiveJournal| one.number() == place.journal;
        let Some(journal) = self.lanes.values().find(of_journal) else {
            return Err(EraseError::Absent { dataset, record, revision });
        };
        let lane = journal.id().lane;
        let erasure = Erasure {
            dataset,
            record,
            revision,
            digest: place.digest,
            reason: what.reason.clone(),
            basis: what.basis.clone(),
            decided_by: what.decided_by.clone(),
        };
        erasure.check()?;
        if tx.record_head(&self.store, DATASET, &erasure.record_id()).await?.is_some() {
            let Erase { dataset, record, revision, .. } = what.clone();
            return Err(EraseError::Gone { dataset, record, revision });
        }
        let mut erasing = Erasing { lane, entries: Vec::new(), places: vec![place] };
        erasing.entries.push(self.seal_erasure(&erasure, now)?);
        // An entry that was kept inside a conflict has its own digest for a record id.
        let kept = place.digest.to_string();
        let inside = tx.record_place(&self.store, conflict::DATASET, &kept, 1).await?;
        if let Some(inside) = inside.filter(|inside| inside.journal == place.journal) {
            let wrong = |error: IdError| {
                StoreError::contradiction("record", "key", &kept, error.to_string())
            };
            let around = Erasure {
                dataset: conflict::DATASET.parse().map_err(wrong)?,
                record: kept.parse().map_err(wrong)?,
                revision: 1,
                digest: inside.digest,
                ..erasure
            };
            erasing.entries.push(self.seal_erasure(&around, now)?);
            erasing.places.push(inside);
        }
        Ok(erasing)
    }

    fn seal_erasure(&self, erasure: &Erasure, now: Timestamp) -> Result<Sealed, StoreError> {
        let wrong = |error: IdError| {
            StoreError::contradiction("record", "key", erasure.record_id(), error.to_string())
        };
        let header = Header {
            dataset: DATASET.parse().map_err(wrong)?,
            record: erasure.record_id().parse().map_err(wrong)?,
            revision: 1,
            follows: None,
            custody_epoch: 0,
            operation: Operation::Put,
            standard: STANDARD,
            occurred: now,
            recorded: now,
            body_digest: Digest::new([0; 32]),
        };
        Ok(seal(header, self.entropy.salt(), Bytes::from(erasure.encode())))
    }
}

fn index_row(
    journal: JournalNumber,
    sequence: u64,
    entry: &Sealed,
) -> Result<IndexRow, StoreError> {
    let place = Place { journal, sequence, standing: None, digest: entry.digest };
    Ok(IndexRow::new(&view(entry)?, &place))
}
