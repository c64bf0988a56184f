//! Reading the broadcast (广播): its entries in order make the rulebook, at a branch from its copy,
//! at the hub from the journal itself.

use std::sync::{Arc, Mutex, PoisonError};

use sanheyi_exchange_spec::ids::{Audience, JournalId, PlatformId};
use sanheyi_exchange_spec::rulebook::Rulebook;
use sanheyi_exchange_spec::segment::SegmentReader;
use sanheyi_exchange_spec::suite::Suite;
use tokio::sync::watch;

use super::writer::Branch;
use crate::store::{JournalNumber, Store, StoreError};

/// Segments read at a time.
const READ: usize = 16;

/// The rules that a branch goes by, and the journal that they were read from.
pub(super) struct Ruling {
    rulebook: watch::Sender<Arc<Rulebook>>,
    from: Mutex<Option<JournalId>>,
}

impl Default for Ruling {
    fn default() -> Self {
        let rulebook = watch::Sender::new(Rulebook::builtin_shared());
        Self { rulebook, from: Mutex::default() }
    }
}

impl Branch {
    /// What the hub's broadcast says, as far as this branch has it. Of a branch that never had any
    /// of it: what is built in.
    pub fn rulebook(&self) -> Arc<Rulebook> {
        Arc::clone(&self.ruling.rulebook.borrow())
    }

    /// Gives the branch rules that were read elsewhere: of a tenant, by its hub.
    pub fn set_rulebook(&self, rulebook: Arc<Rulebook>) {
        self.ruling.rulebook.send_replace(rulebook);
    }

    /// Reads the copy of the broadcast on; nothing where there is none.
    ///
    /// # Errors
    /// Of the database.
    pub async fn read_broadcast(&self) -> Result<(), StoreError> {
        let rows = self.store().journal_list().await?;
        // A restored hub opens a new one: the last is in force.
        let Some(row) = rows.into_iter().rfind(|row| {
            let journal = &row.head.journal;
            !row.home && journal.author == *self.hub() && journal.audience == Audience::All
        }) else {
            return Ok(());
        };
        let journal = row.head.journal;
        let known = self.ruling.from.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut rulebook = match known.is_none_or(|known| known == journal) {
            true => Rulebook::clone(&self.rulebook()),
            false => Rulebook::builtin(),
        };
        if rulebook.size() < row.head.size {
            read_rules(self.store(), row.number, &mut rulebook).await?;
            self.set_rulebook(Arc::new(rulebook));
        }
        *self.ruling.from.lock().unwrap_or_else(PoisonError::into_inner) = Some(journal);
        Ok(())
    }
}

/// What the broadcast of `hub` says, as far as a store has it, for whoever has no branch at hand.
///
/// # Errors
/// Of the database, or if a segment does not open.
pub async fn stored_rules(store: &Store, hub: &PlatformId) -> Result<Rulebook, StoreError> {
    let mut rulebook = Rulebook::builtin();
    let rows = store.journal_list().await?;
    let broadcast = rows.into_iter().rfind(|row| {
        let journal = &row.head.journal;
        journal.author == *hub && journal.audience == Audience::All
    });
    if let Some(row) = broadcast {
        read_rules(store, row.number, &mut rulebook).await?;
    }
    Ok(rulebook)
}

/// Reads the journal on from where the rulebook ends.
///
/// # Errors
/// Of the database, or if a segment does not open.
pub async fn read_rules(
    store: &Store,
    broadcast: JournalNumber,
    rulebook: &mut Rulebook,
) -> Result<(), StoreError> {
    let wrong =
        |first: u64, problem: String| StoreError::contradiction("segment", "bytes", first, problem);
    let mut reader =
        SegmentReader::new(Suite::Intl).map_err(|error| wrong(0, error.to_string()))?;
    loop {
        let from = rulebook.size();
        for row in store.segment_from(broadcast, from, READ).await? {
            let opened =
                reader.open(&row.bytes).map_err(|error| wrong(row.first, error.to_string()))?;
            for (sequence, entry) in (row.first..).zip(opened.iter()) {
                if sequence == rulebook.size() {
                    rulebook.apply(sequence, &entry.header, entry.body.map(|(_, body)| body));
                }
            }
        }
        if rulebook.size() == from {
            return Ok(());
        }
    }
}
