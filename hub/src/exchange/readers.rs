//! How far readers are (送达): the cursor of a pull acknowledges what the hub wrote. Cursors are kept
//! in memory as they come, for a pull must cost no commit, and written down every few seconds.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sanheyi_exchange_spec::ids::{JournalId, PlatformId};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::process::clock;
use sanheyi_node::store::{Reach, StoreError};

use super::Shared;
use crate::store::{ReaderRow, reader_put};

/// How often cursors are written down.
const EVERY: Duration = Duration::from_secs(2);
/// Readers written by one commit where one commit can hold several.
const TOGETHER: usize = 512;

/// Cursors that were seen.
#[derive(Default)]
pub(crate) struct Readers(Mutex<Noted>);

#[derive(Default)]
struct Noted {
    /// As far as they were seen.
    seen: BTreeMap<(PlatformId, JournalId), u64>,
    /// What of it is not written down, and when it was seen first.
    due: BTreeMap<(PlatformId, JournalId), (u64, Timestamp)>,
}

type Due = ((PlatformId, JournalId), (u64, Timestamp));

/// Writes cursors down.
pub struct ReaderNotes(Arc<Shared>);

// === impl Readers ===

impl Readers {
    /// Notes the cursors of a pull.
    pub(crate) fn note(&self, platform: &PlatformId, at: Timestamp, cursors: &[(JournalId, u64)]) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (journal, size) in cursors.iter().filter(|(journal, _)| journal.author != *platform) {
            let key = (platform.clone(), journal.clone());
            if noted.seen.get(&key).is_some_and(|seen| seen >= size) {
                continue;
            }
            noted.seen.insert(key.clone(), *size);
            noted.due.insert(key, (*size, at));
        }
    }

    fn take(&self) -> Vec<Due> {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut noted.due).into_iter().collect()
    }

    /// They could not be written: next time.
    fn give_back(&self, due: Vec<Due>) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, one) in due {
            noted.due.entry(key).or_insert(one);
        }
    }
}

// === impl ReaderNotes ===

impl ReaderNotes {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }

    /// Writes cursors down now and then, until it is dropped. A fault of the store is said and
    /// tried again: nothing depends on these rows but what is shown.
    ///
    /// # Errors
    /// Never by itself.
    pub async fn run(self) -> Result<(), StoreError> {
        loop {
            clock::pause(EVERY).await;
            self.write().await;
        }
    }

    /// Writes down what was seen since the last time.
    pub async fn write(&self) {
        let due = self.0.readers.take();
        for parcel in self.parcels(&due) {
            if let Err(error) = self.put(&parcel).await {
                tracing::warn!(%error, "how far readers are could not be written down");
                self.0.readers.give_back(parcel);
            }
        }
    }

    fn parcels(&self, due: &[Due]) -> Vec<Vec<Due>> {
        let alike = |one: &Due, other: &Due| match self.0.parts.database.reach() {
            Reach::Everything => true,
            Reach::OnePlatform => one.0.0 == other.0.0,
        };
        let chunks = due.chunk_by(alike).flat_map(|chunk| chunk.chunks(TOGETHER));
        chunks.map(<[Due]>::to_vec).collect()
    }

    async fn put(&self, due: &[Due]) -> Result<(), StoreError> {
        let Some(((first, _), _)) = due.first() else { return Ok(()) };
        let mut tx = self.0.store(first).begin("reader_put").await?;
        for ((platform, journal), (size, at)) in due {
            let row = ReaderRow { journal: journal.clone(), size: *size, at: *at };
            reader_put(&mut tx, &self.0.store(platform), &row);
        }
        tx.commit().await
    }
}
