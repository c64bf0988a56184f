//! The courier (转送): takes errands out of their author's rows, and appends each as a forward to the
//! mailbox of its reader. Twice the same changes nothing: what a reader has stands in its index.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use bytes::Bytes;
use sanheyi_exchange_spec::entry::{Header, HeaderView, Operation};
use sanheyi_exchange_spec::error::IdError;
use sanheyi_exchange_spec::forward::{self, Forward};
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::ids::{Audience, JournalId, Lane, PlatformId};
use sanheyi_exchange_spec::link::admit::Head;
use sanheyi_exchange_spec::segment::SegmentWriter;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::branch::{Sealed, keep, prove, seal};
use sanheyi_node::process::clock;
use sanheyi_node::store::{IncomingRow, JournalNumber, Named, Place, Store, StoreError, Way};
use tokio::sync::watch;

use super::Shared;
use super::enclose::{Encloser, Pages};
use crate::store::{Errand, errand_done, errand_due, platform_get};

/// Errands taken at a time: one segment in a mailbox, and, with bodies, some megabytes at most.
const BATCH: u64 = 64;
/// How long the courier pauses after a fault, such as a full disk, before it tries again.
const AFTER_FAULT: std::time::Duration = std::time::Duration::from_secs(1);
/// How often all platforms are looked through, in case nobody was told: only after a crash between
/// the commit of an errand and its news.
const SWEEP: std::time::Duration = std::time::Duration::from_secs(60);

/// News of errands: the authors whose rows have some that are due.
pub(crate) struct Due(watch::Sender<BTreeSet<PlatformId>>);

impl Default for Due {
    fn default() -> Self {
        Self(watch::Sender::new(BTreeSet::new()))
    }
}

impl Due {
    /// There are errands of `author` that are due.
    pub(crate) fn tell(&self, author: &PlatformId) {
        self.0.send_modify(|due| {
            due.insert(author.clone());
        });
    }

    fn take(&self) -> BTreeSet<PlatformId> {
        let mut taken = BTreeSet::new();
        self.0.send_if_modified(|due| {
            taken = std::mem::take(due);
            false
        });
        taken
    }
}

/// Carries errands out, author by author.
pub struct Courier {
    shared: Arc<Shared>,
    packer: SegmentWriter,
    busy: BTreeSet<PlatformId>,
}

/// An errand with what is shown.
struct Parcel {
    forward: Forward,
    /// Files that the entry names.
    files: Vec<Named>,
}

// === impl Courier ===

impl Courier {
    pub(super) fn new(shared: Arc<Shared>) -> Result<Self, StoreError> {
        let packer = SegmentWriter::new().map_err(memory)?;
        let busy = shared.registry.platforms().into_iter().collect();
        Ok(Self { shared, packer, busy })
    }

    /// Carries until the exchange ends. A fault of the store is said and tried again.
    ///
    /// # Errors
    /// Never by itself.
    pub async fn run(mut self) -> Result<(), StoreError> {
        let mut news = self.shared.due.0.subscribe();
        let mut sweep = Box::pin(clock::pause(SWEEP));
        loop {
            news.borrow_and_update();
            let faulty = self.round().await;
            if !self.busy.is_empty() {
                continue;
            }
            let again = !faulty.is_empty();
            tokio::select! {
                changed = news.changed() => if changed.is_err() { return Ok(()) },
                () = clock::pause(AFTER_FAULT), if again => {}
                () = &mut sweep => {
                    self.busy.extend(self.shared.registry.platforms());
                    sweep = Box::pin(clock::pause(SWEEP));
                }
            }
            self.busy.extend(faulty);
        }
    }

    /// One batch of every author that has errands, in turn; answers those whose rows failed.
    pub async fn round(&mut self) -> BTreeSet<PlatformId> {
        self.busy.extend(self.shared.due.take());
        let mut faulty = BTreeSet::new();
        for author in self.busy.clone() {
            let store = self.shared.store(&author);
            match self.turn(&store).await {
                Ok(0) => {
                    self.busy.remove(&author);
                }
                Ok(_) => {}
                // Another instance was faster: begin again from what it has written.
                Err(StoreError::Raced(what)) => {
                    tracing::debug!(%author, what, "another instance carries, too");
                }
                Err(error) => {
                    tracing::error!(%author, %error, "entries of {author} cannot be forwarded");
                    self.busy.remove(&author);
                    faulty.insert(author);
                }
            }
        }
        faulty
    }

    /// Carries all that is due, for whoever waits for it. A fault is said, and left to the next
    /// time.
    pub(crate) async fn finish(&mut self) {
        self.busy.extend(self.shared.registry.platforms());
        while !self.busy.is_empty() {
            self.round().await;
        }
    }

    async fn turn(&mut self, store: &Store) -> Result<usize, StoreError> {
        let due = errand_due(store, BATCH).await?;
        if due.is_empty() {
            return Ok(0);
        }
        let rows = store.journal_list().await?;
        let journals: BTreeMap<JournalNumber, JournalId> =
            rows.into_iter().map(|row| (row.number, row.head.journal)).collect();
        let mut pages = Pages::new()?;
        let mut parcels: BTreeMap<(PlatformId, Lane), Vec<Parcel>> = BTreeMap::new();
        for errand in due.iter().cloned() {
            let Some(journal) = journals.get(&errand.journal) else { continue };
            let key = (errand.reader.clone(), journal.lane);
            let parcel = parcel(store, &mut pages, &errand, journal).await?;
            parcels.entry(key).or_default().push(parcel);
        }
        for ((reader, lane), parcels) in parcels {
            let delivered = self.deliver(&reader, lane, &parcels).await;
            if let Err(error) = delivered {
                // What was composed may stand on a mailbox that has grown elsewhere.
                self.shared.outbox.forget(&Audience::One(reader));
                return Err(error);
            }
        }
        let mut tx = store.begin("errand_done").await?;
        errand_done(&mut tx, store, &due, self.shared.parts.clock.now());
        tx.commit().await?;
        Ok(due.len())
    }

    /// Appends what the reader does not have yet to its mailbox, as one segment.
    async fn deliver(
        &mut self,
        reader: &PlatformId,
        lane: Lane,
        parcels: &[Parcel],
    ) -> Result<(), StoreError> {
        if platform_get(&self.shared.parts.database, reader).await?.is_none() {
            tracing::warn!(%reader, "entries are to be shown to a platform that is not registered");
            return Ok(());
        }
        let store = self.shared.store(reader);
        let mut held = self.shared.outbox.hold(&Audience::One(reader.clone()), lane).await?;
        let mut new = Vec::new();
        for parcel in parcels {
            if !has(&store, &parcel.forward).await? {
                new.push(parcel);
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        let now = self.shared.parts.clock.now();
        let journal = held.journal();
        // The author's clock never goes back within a journal, whatever the machine's does.
        let recorded = now.max(journal.recorded());
        let first = journal.head().size;
        let mut sealed = Vec::with_capacity(new.len());
        for (place, Parcel { forward, .. }) in (first..).zip(&new) {
            sealed.push(entry(&self.shared, journal.head(), place, forward, recorded)?);
        }
        let advance = journal.append(&mut self.packer, &sealed, recorded).map_err(memory)?;
        let mailbox = journal.number();
        let shown = (first..).zip(new.iter().map(|parcel| parcel.forward.clone()));
        let shown: BTreeMap<u64, Forward> = shown.collect();
        let proved = match self.shared.is_hosted(&store).await? {
            true => Some(self.prove(&shown).await?),
            false => None,
        };
        let mut tx = store.begin("mailbox_forward").await?;
        tx.journal_write(&store, &advance);
        match proved {
            // A tenant's mailbox is at home here: what a node does when it pulls is done at once.
            Some(proved) => keep(&mut tx, &store, mailbox, &proved).await?,
            None => {
                tx.incoming_new(&store, &index(mailbox, &shown)?);
                // Who is shown an entry may fetch the files that it names.
                for Parcel { forward, files } in &new {
                    for named in files {
                        tx.due_put(&store, Way::Down, &forward.journal.author, named).await?;
                    }
                }
            }
        }
        tx.commit().await?;
        self.shared.outbox.settle(&mut held, advance);
        drop(held);
        self.shared.forwarded.note(reader);
        self.shared.news.tell(reader);
        Ok(())
    }

    /// What a tenant's branch would verify is verified here, by the same rules.
    async fn prove(
        &self,
        forwards: &BTreeMap<u64, Forward>,
    ) -> Result<Vec<sanheyi_node::branch::Proved>, StoreError> {
        let mut encloser = Encloser::new(&self.shared)?;
        let mut enclosures = Vec::with_capacity(forwards.len());
        for (sequence, forward) in forwards {
            enclosures.push((*sequence, encloser.enclose(forward).await?));
        }
        prove(forwards.clone(), enclosures, &self.shared.rulebook()).map_err(|error| {
            StoreError::contradiction("errand", "sequence", "a forward", error.to_string())
        })
    }
}

/// Whether a reader has that very entry.
async fn has(store: &Store, forward: &Forward) -> Result<bool, StoreError> {
    let header = header(forward)?;
    let HeaderView { dataset, record, revision, .. } = header;
    let author = &forward.journal.author;
    let there = store.incoming_get(author, dataset, record, revision).await?;
    if there.as_ref().is_some_and(|row| row.place.digest != forward.digest()) {
        let sequence = forward.sequence;
        tracing::error!(%author, dataset, record, revision, sequence, "another entry was shown");
    }
    Ok(there.is_some())
}

fn header(forward: &Forward) -> Result<HeaderView<'_>, StoreError> {
    HeaderView::parse(&forward.header)
        .map_err(|error| StoreError::contradiction("segment", "bytes", forward.sequence, error))
}

/// The entry of an errand, as it is forwarded.
async fn parcel(
    store: &Store,
    pages: &mut Pages,
    errand: &Errand,
    journal: &JournalId,
) -> Result<Parcel, StoreError> {
    let sequence = errand.sequence;
    let entry = pages.entry(store, errand.journal, sequence).await?;
    let header = Bytes::copy_from_slice(entry.header_bytes);
    let before = sequence.checked_sub(1);
    let next = store.exception_list(errand.journal, before, 1).await?;
    let said = next.into_iter().find(|exception| exception.sequence == sequence);
    let (standing, reasons) =
        said.map_or((Standing::Accepted, Vec::new()), |said| (said.standing, said.reasons));
    let files = entry.body.map(|(_, body)| Named::by(&entry.header, body)).unwrap_or_default();
    let forward = Forward { journal: journal.clone(), sequence, header, standing, reasons };
    Ok(Parcel { forward, files })
}

/// The index rows of what a reader is shown.
fn index(
    mailbox: JournalNumber,
    shown: &BTreeMap<u64, Forward>,
) -> Result<Vec<IncomingRow>, StoreError> {
    let row = |(sequence, forward): (&u64, &Forward)| {
        let (sequence, digest) = (*sequence, forward.digest());
        let standing = Some(forward.standing);
        let place = Place { journal: mailbox, sequence, standing, digest };
        Ok(IncomingRow::new(&forward.journal.author, &header(forward)?, place))
    };
    shown.iter().map(row).collect()
}

/// A forward as entry number `place` of a mailbox.
fn entry(
    shared: &Shared,
    mailbox: &Head,
    place: u64,
    forward: &Forward,
    now: Timestamp,
) -> Result<Sealed, StoreError> {
    let wrong =
        |error: IdError| StoreError::contradiction("journal", "id", &mailbox.journal, error);
    let record = format!("{}-{place:016}", mailbox.journal.incarnation);
    let sealed = Header {
        dataset: forward::DATASET.parse().map_err(wrong)?,
        record: record.parse().map_err(wrong)?,
        revision: 1,
        follows: None,
        custody_epoch: 0,
        operation: Operation::Put,
        standard: shared.parts.edition.version(),
        occurred: header(forward)?.occurred,
        recorded: now,
        body_digest: Digest::new([0; 32]),
    };
    Ok(seal(sealed, shared.parts.entropy.salt(), forward.encode().into()))
}

fn memory(error: std::io::Error) -> StoreError {
    StoreError::contradiction("segment", "bytes", "packer", error)
}
