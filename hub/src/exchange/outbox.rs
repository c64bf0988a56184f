//! The hub's own journals (发件): the broadcast and the mailboxes, as this process appends to them.
//! Whoever writes into one holds it meanwhile, so nothing in this process is composed in vain;
//! other processes on the same database are kept out by the fence of the transaction.
//!
//! They live as long as the generation of the store: a restored hub opens new ones.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use sanheyi_exchange_spec::ids::{Audience, EpochId, Generation, JournalId, Lane};
use sanheyi_exchange_spec::link::Position;
use sanheyi_exchange_spec::link::admit::Head;
use sanheyi_exchange_spec::suite::Suite;
use sanheyi_node::branch::{Advance, LiveJournal, Recent};
use sanheyi_node::store::{JournalRow, Store, StoreError, Tx};
use tokio::sync::{Mutex as Turn, OwnedMappedMutexGuard, OwnedMutexGuard};

use super::{ExchangeParts, registry};
use crate::store::platform_lock;

/// Bytes of letters kept in memory for each journal: some dozens.
const LETTERS_BYTES: usize = 32 * 1024;
/// Journals whose trees are kept in memory: some 20 KiB each. Those of platforms that are quiet are
/// opened again when they are needed.
const JOURNALS: usize = 4096;

type Slot = Arc<Turn<Option<LiveJournal>>>;

/// The hub's own journals.
pub(crate) struct Outbox {
    pub(super) parts: ExchangeParts,
    pub(super) generation: Generation,
    journals: Mutex<BTreeMap<(Audience, Lane), Slot>>,
    /// What was written into them last.
    letters: Recent,
}

/// A journal while one writer holds it.
pub(crate) struct Held(OwnedMappedMutexGuard<Option<LiveJournal>, LiveJournal>);

// === impl Outbox ===

impl Outbox {
    /// The journals of a store in this generation.
    pub(crate) fn new(parts: ExchangeParts, generation: Generation) -> Self {
        Self { parts, generation, journals: Mutex::default(), letters: Recent::new(LETTERS_BYTES) }
    }

    /// The journals of a store, whose generation is drawn where it has none.
    pub(crate) async fn of(parts: ExchangeParts) -> Result<Self, StoreError> {
        let generation = registry::generation(&parts).await?;
        Ok(Self::new(parts, generation))
    }

    /// The rows that journals for this audience belong to: its own, or the hub's for everybody's.
    pub(crate) fn store(&self, audience: &Audience) -> Store {
        match audience {
            Audience::All => self.parts.database.of(&self.parts.hub),
            Audience::One(platform) => self.parts.database.of(platform),
        }
    }

    /// What was written last.
    pub(crate) fn letters(&self) -> &Recent {
        &self.letters
    }

    /// Holds the journal of an audience and lane, opened where there is none yet.
    pub(crate) async fn hold(&self, audience: &Audience, lane: Lane) -> Result<Held, StoreError> {
        let mut turn = self.slot(audience, lane).lock_owned().await;
        if turn.is_none() {
            let store = self.store(audience);
            let row = self.row(&store, audience, lane).await?;
            *turn = Some(LiveJournal::open(&store, row).await?);
        }
        let held = OwnedMutexGuard::try_map(turn, Option::as_mut);
        // It was filled just now.
        held.map(Held).map_err(|_| StoreError::Raced("journal"))
    }

    /// Forgets the journals of an audience: they may have grown elsewhere.
    pub(crate) fn forget(&self, audience: &Audience) {
        let mut journals = self.journals.lock().unwrap_or_else(PoisonError::into_inner);
        journals.retain(|(one, _), _| one != audience);
    }

    fn slot(&self, audience: &Audience, lane: Lane) -> Slot {
        // A poisoned lock holds a map that is still whole: entries are only added and removed.
        let mut journals = self.journals.lock().unwrap_or_else(PoisonError::into_inner);
        if journals.len() >= JOURNALS {
            // What somebody holds, or waits for, stays: two copies of it would race.
            journals.retain(|_, slot| Arc::strong_count(slot) > 1);
        }
        Arc::clone(journals.entry((audience.clone(), lane)).or_default())
    }

    async fn row(
        &self,
        store: &Store,
        audience: &Audience,
        lane: Lane,
    ) -> Result<JournalRow, StoreError> {
        let rows = store.journal_list().await?;
        if let Some(row) = rows.into_iter().find(|row| self.is(row, audience, lane)) {
            return Ok(row);
        }
        let mut tx = store.begin("mailbox_open").await?;
        if matches!(audience, Audience::One(_)) {
            platform_lock(&mut tx, store).await?;
        }
        let row = self.open(&mut tx, store, audience, lane).await?;
        tx.commit().await?;
        Ok(row)
    }

    /// The journal of an audience and lane in this generation, opened where there is none yet. Of
    /// two processes that open one at once, the second fails and finds it when it looks again.
    pub(crate) async fn open(
        &self,
        tx: &mut Tx,
        store: &Store,
        audience: &Audience,
        lane: Lane,
    ) -> Result<JournalRow, StoreError> {
        let rows = tx.journal_list(store).await?;
        match rows.into_iter().find(|row| self.is(row, audience, lane)) {
            Some(row) => Ok(row),
            None => tx.journal_open(store, &self.fresh(audience, lane), true, 0).await,
        }
    }

    /// Whether a row is the journal of that audience and lane in this generation.
    fn is(&self, row: &JournalRow, audience: &Audience, lane: Lane) -> bool {
        row.home
            && row.head.journal.author == self.parts.hub
            && row.head.journal.audience == *audience
            && row.head.journal.lane == lane
            && row.head.position.generation == self.generation
    }

    fn fresh(&self, audience: &Audience, lane: Lane) -> Head {
        let generation = self.generation;
        Head {
            journal: JournalId {
                author: self.parts.hub.clone(),
                audience: audience.clone(),
                lane,
                incarnation: self.parts.entropy.incarnation(),
            },
            size: 0,
            root: Suite::Intl.empty_root(),
            position: Position { generation, epoch: EpochId::new(*generation.as_bytes()) },
            opened: 0,
            stopped: false,
        }
    }

    /// What was appended to a journal is durable.
    pub(crate) fn settle(&self, held: &mut Held, advance: Advance) {
        self.letters.put(held.0.id(), &advance);
        held.0.settle(advance);
    }
}

// === impl Held ===

impl Held {
    /// The journal.
    pub(crate) fn journal(&self) -> &LiveJournal {
        &self.0
    }
}
