//! The gate (闸口) behind admission: a cursor per journal. Verdicts, index, cursor and receipt commit
//! in one transaction, and its first statement fences the cursor. What is pending waits for one
//! thing; when that has come, it is judged [`again`].

mod again;
mod alone;
mod custody;
mod known;
mod letters;
mod rejudge;
mod review;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sanheyi_exchange_spec::ids::{Audience, JournalId, PlatformId};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::receipt::Receipt;
use sanheyi_exchange_spec::segment::{Opened, SegmentReader, SegmentWriter};
use sanheyi_exchange_spec::suite::{Digest, Suite};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::process::clock;
use sanheyi_node::store::{JournalNumber, Store, StoreError};

use super::attachments::note_up;
use super::fresh::Waiting;
use super::hosted::Judgeable;
use super::lanes::lane_of;
use super::mailbox::Letter;
use super::range::{Hearing, Part, Span, Taken, come, judge_range, taken};
use super::stages::add;
use super::{Shared, errand};
use crate::store::{GateRow, gate_advance, gate_list, waiting_put};
use again::{still_absent, wake};
use known::{Asked, Cursors, Memory, remember_at_most};
pub(crate) use review::try_release;

/// How long the gate pauses after a fault of the store, such as a full disk, before it tries again.
const AFTER_FAULT: std::time::Duration = std::time::Duration::from_secs(1);
/// The same where other platforms keep the gate busy, in rounds.
const AFTER_ROUNDS: u32 = 256;
/// How often waiting entries are looked through, in case nobody was told that something has come:
/// only after a crash between two instances' commits.
const SWEEP: std::time::Duration = std::time::Duration::from_secs(60);
/// Bytes of contents that are remembered of all platforms together, of 3,000 as of three.
const ALL_REMEMBERED_BYTES: usize = 128 * 1024 * 1024;
/// Segments read from the store at a time.
const READ: usize = 16;

/// The worker that judges the platforms of one lane.
pub struct Gate {
    shared: Arc<Shared>,
    lane: usize,
    reader: SegmentReader,
    packer: SegmentWriter,
    memories: BTreeMap<PlatformId, Memory>,
    /// Bytes that they may have, this lane's share.
    remembered: usize,
    /// Platforms whose waiting entries were looked through in this process.
    swept: BTreeSet<PlatformId>,
    /// Those of them that have waiting entries: the next sweep looks through these again.
    waiting: BTreeSet<PlatformId>,
    /// Platforms that may have entries without a verdict: all of them at the start, then those of
    /// which something was admitted.
    busy: BTreeSet<PlatformId>,
    /// Platforms whose rows could not be judged: left alone for a while.
    faulty: BTreeSet<PlatformId>,
    rounds: u32,
    ids: BTreeMap<(PlatformId, JournalNumber), JournalId>,
}

/// What is judged.
struct Judged<'a> {
    number: JournalNumber,
    journal: JournalId,
    due: Span,
    /// Whether its index is the gate's to write; at a tenant's home it is written already.
    indexed: bool,
    /// How far the platform's journals were judged.
    cursors: &'a Cursors,
}

/// What came of a platform's turn.
struct Turn {
    judged: u64,
    /// Whether there may be more to judge. What is admitted meanwhile tells of itself.
    more: bool,
}

/// A range that was judged and is durable.
struct Settled {
    entries: u64,
    /// Whether any entry of the platform is pending.
    pending: bool,
}

// === impl Gate ===

impl Gate {
    /// The worker of lane `lane` of so many.
    pub(super) fn new(shared: Arc<Shared>, lane: usize, of: usize) -> Result<Self, StoreError> {
        let memory = |error| StoreError::contradiction("segment", "bytes", "a context", error);
        let mut busy: BTreeSet<_> = shared.registry.platforms().into_iter().collect();
        busy.retain(|platform| lane_of(platform, of) == lane);
        Ok(Self {
            shared,
            lane,
            reader: SegmentReader::new(Suite::Intl).map_err(memory)?,
            packer: SegmentWriter::new().map_err(memory)?,
            memories: BTreeMap::new(),
            remembered: ALL_REMEMBERED_BYTES / of.max(1),
            swept: BTreeSet::new(),
            waiting: BTreeSet::new(),
            busy,
            faulty: BTreeSet::new(),
            rounds: 0,
            ids: BTreeMap::new(),
        })
    }

    /// Judges until the exchange ends. A fault of the store is said and tried again: the gate never
    /// gives up on an entry.
    ///
    /// # Errors
    /// Never by itself.
    pub async fn run(mut self) -> Result<(), StoreError> {
        let mut news = self.shared.news.listen_gate(self.lane);
        // It goes on while news come: a sweep falls due however busy the gate is.
        let mut sweep = Box::pin(clock::pause(SWEEP));
        loop {
            news.borrow_and_update();
            if self.round().await > 0 || !self.busy.is_empty() {
                continue;
            }
            tokio::select! {
                changed = news.changed() => if changed.is_err() { return Ok(()) },
                () = clock::pause(AFTER_FAULT), if !self.faulty.is_empty() => {
                    self.busy.append(&mut self.faulty);
                }
                () = &mut sweep => {
                    self.swept.retain(|platform| !self.waiting.contains(platform));
                    self.busy.append(&mut self.waiting);
                    sweep = Box::pin(clock::pause(SWEEP));
                }
            }
        }
    }

    /// One range of every journal that has news, in turn, so that no platform waits for another's
    /// bulk. What is wrong with one platform's rows is said, and tried again after a pause; it
    /// holds nobody else up. Answers how many entries were judged.
    pub async fn round(&mut self) -> u64 {
        let mut judged = 0;
        self.busy.extend(self.shared.news.take_admitted(self.lane));
        self.rounds = self.rounds.wrapping_add(1);
        if self.rounds.is_multiple_of(AFTER_ROUNDS) {
            self.busy.append(&mut self.faulty);
        }
        for platform in self.busy.clone() {
            let store = self.shared.store(&platform);
            self.shared.works.gates[self.lane].busy(self.now());
            match self.turn(&store).await {
                Ok(turn) => {
                    judged += turn.judged;
                    self.busy.retain(|one| turn.more || *one != platform);
                }
                // Another instance was faster: begin again from what it has written.
                Err(StoreError::Raced(what)) => {
                    tracing::debug!(%platform, what, "another instance judges, too");
                    self.forget(&platform);
                }
                Err(error) => {
                    tracing::error!(%platform, %error, "entries of {platform} cannot be judged");
                    self.forget(&platform);
                    self.busy.remove(&platform);
                    self.faulty.insert(platform);
                }
            }
        }
        self.shared.works.gates[self.lane].rest();
        remember_at_most(&mut self.memories, self.remembered);
        judged
    }

    fn forget(&mut self, platform: &PlatformId) {
        self.shared.outbox.forget(&Audience::One(platform.clone()));
        self.memories.remove(platform);
    }

    async fn turn(&mut self, store: &Store) -> Result<Turn, StoreError> {
        let mut turn = Turn { judged: 0, more: false };
        let judgeable = Judgeable::of(&self.shared, store).await?;
        let mut rows = gate_list(store).await?;
        let mut cursors: Cursors = rows.iter().map(|row| (row.journal, row.judged)).collect();
        if !self.memories.entry(store.platform().clone()).or_default().check(&rows) {
            // Another instance has judged meanwhile, and may have died over it.
            self.swept.remove(store.platform());
        }
        if self.swept.insert(store.platform().clone()) {
            self.sweep(store, &cursors).await?;
        }
        // Nothing is known of what is pending until something was settled.
        let mut pending = true;
        for GateRow { journal: number, judged: at, size, .. } in &mut rows {
            let (number, from) = (*number, *at);
            self.shared.fresh.forget(store.platform(), number, from);
            let due = from..judgeable.until(number, *size);
            if due.is_empty() {
                continue;
            }
            let (until, indexed) = (due.end, judgeable.is_indexed_here());
            let range = self.range(store, number, due, indexed, &cursors).await?;
            let Some(settled) = range else { continue };
            *at = from + settled.entries;
            cursors.insert(number, *at);
            turn.judged += settled.entries;
            turn.more |= *at < until;
            pending = settled.pending;
        }
        let mut later = 0;
        if pending {
            later = self.again(store, &judgeable, &rows, &cursors).await?;
        }
        if later == 0 {
            later = self.review(store, &judgeable, &rows, &cursors).await?;
        }
        Ok(Turn { judged: turn.judged + later, more: turn.more || later > 0 })
    }

    async fn range(
        &mut self,
        store: &Store,
        number: JournalNumber,
        due: Span,
        indexed: bool,
        cursors: &Cursors,
    ) -> Result<Option<Settled>, StoreError> {
        let parts = self.parts(store, number, &due).await?;
        if parts.is_empty() {
            return Ok(None);
        }
        let journal = self.journal_id(store, number).await?;
        let judged = Judged { number, journal, due, indexed, cursors };
        let none = Taken::default();
        match self.settle(store, &judged, &parts, &none).await {
            // Some revision of these is there already: find which, and judge again knowing it.
            Err(StoreError::Raced("record")) => {
                let taken = taken(store, number, &parts).await?;
                self.settle(store, &judged, &parts, &taken).await.map(Some)
            }
            outcome => outcome.map(Some),
        }
    }

    async fn journal_id(
        &mut self,
        store: &Store,
        number: JournalNumber,
    ) -> Result<JournalId, StoreError> {
        let key = (store.platform().clone(), number);
        if let Some(id) = self.ids.get(&key) {
            return Ok(id.clone());
        }
        let rows = store.journal_list().await?;
        let row = rows.into_iter().find(|row| row.number == number).ok_or_else(|| {
            StoreError::contradiction("gate", "journal", number.to_column(), "names no journal")
        })?;
        self.ids.insert(key, row.head.journal.clone());
        Ok(row.head.journal)
    }

    /// The opened segments of what is due, up to a receipt's length: from memory if admission left
    /// them there.
    async fn parts(
        &mut self,
        store: &Store,
        number: JournalNumber,
        due: &Span,
    ) -> Result<Vec<Part>, StoreError> {
        let mut parts = Vec::new();
        let mut next = due.start;
        while next - due.start < limits::RECEIPT_ENTRIES && next < due.end {
            let key = (store.platform().clone(), number, next);
            if let Some(Waiting { opened, stored, root }) = self.shared.fresh.take(&key) {
                let first = next;
                next += opened.len() as u64;
                parts.push(Part { first, opened, stored, root });
                continue;
            }
            let rows = store.segment_from(number, next, READ).await?;
            let before = next;
            for row in rows.into_iter().filter(|row| row.past() > before) {
                let opened = self.open(row.first, &row.bytes)?;
                next = row.past();
                parts.push(Part { first: row.first, opened, stored: row.stored, root: None });
            }
            if next == before {
                break;
            }
        }
        Ok(parts)
    }

    fn open(&mut self, first: u64, bytes: &[u8]) -> Result<Opened, StoreError> {
        self.reader
            .open(bytes)
            .map_err(|error| StoreError::contradiction("segment", "bytes", first, error))
    }

    /// Judges a range and makes its verdicts durable.
    async fn settle(
        &mut self,
        store: &Store,
        what: &Judged<'_>,
        parts: &[Part],
        taken: &Taken,
    ) -> Result<Settled, StoreError> {
        let Judged { number, journal, due, indexed, cursors } = what;
        let (number, from) = (*number, due.start);
        let began = self.now();
        let edition = self.shared.parts.edition;
        let memory = self.memories.entry(store.platform().clone()).or_default();
        let everywhere = memory.custody(store).await?;
        let (asked, due) = Asked::of(parts, due, taken, &edition, everywhere);
        let (rules, hub) = (self.shared.rulebook(), &self.shared);
        let mut facts = custody::facts(hub, store, cursors, &asked, memory, &rules).await?;
        let (author, lane, due) = (&journal.author, journal.lane, &due);
        let hearing =
            Hearing { author, journal: number, lane, due, parts, taken, edition: &edition };
        let range = judge_range(&hearing, &mut facts);
        let (judged, past) = (self.now(), range.past);
        add(&self.shared.stages.judge, began, judged);
        let receipt = Receipt {
            journal: journal.clone(),
            from,
            to: past,
            root: root_at(store, number, parts, past).await?,
            standard: edition.version(),
            received: range.received,
            exceptions: range.exceptions,
            broadcast: rules.size(),
        };
        let platform = store.platform().clone();
        let lost = custody::shown(number, &receipt.exceptions, &facts);
        let matters = range.matters;
        let errands =
            errand::of_range(store, number, parts, &receipt, matters, &rules, judged).await?;
        let errands = errands.with(lost);
        let last = (number, past.saturating_sub(1), range.ruling);
        let delivery = self.prepare(store, lane, &Letter::Receipt(&receipt), last, judged).await?;
        let mut tx = store.begin("gate_settle").await?;
        gate_advance(&mut tx, store, number, from, past);
        delivery.lock(&mut tx).await?;
        still_absent(&mut tx, store, cursors, &range.waits).await?;
        tx.receipt_put(store, number, &receipt);
        if *indexed {
            note_up(&mut tx, store, parts, from, past).await?;
            tx.record_add(store, range.index).await?;
        } else {
            custody::heard_at_home(&mut tx, store, receipt.exceptions.iter()).await?;
        }
        waiting_put(&mut tx, store, number, &range.waits);
        // Under the lock of the platform, so what it waits for cannot come unseen.
        let pending = wake(&mut tx, store, || come(parts, from, past)).await?;
        errands.write(&mut tx, store, number, judged).await?;
        delivery.write(&mut tx).await?;
        tx.commit().await?;
        if !errands.is_empty() {
            self.shared.due.tell(&platform);
        }
        self.delivered(store, delivery);
        if !range.waits.is_empty() {
            self.waiting.insert(platform.clone());
        }
        let memory = self.memories.entry(platform.clone()).or_default();
        memory.settle(number, past, &asked, facts);
        self.shared.fresh.forget(&platform, number, past);
        self.shared.stages.settled(&receipt, judged, self.now());
        Ok(Settled { entries: past - from, pending })
    }

    fn now(&self) -> Timestamp {
        self.shared.parts.clock.now()
    }
}

/// Root of a journal at `size`: as admission has computed it, else out of the store.
async fn root_at(
    store: &Store,
    number: JournalNumber,
    parts: &[Part],
    size: u64,
) -> Result<Digest, StoreError> {
    let known = parts.last().filter(|last| last.first + last.opened.len() as u64 == size);
    match known.and_then(|last| last.root) {
        Some(root) => Ok(root),
        None => store.root_at(number, size).await,
    }
}
