//! Whose entries are under review: what this process knows of it, and the look into the store for
//! reviews that a command, a page of another instance or a dead process has left there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::process::clock;
use sanheyi_node::store::{JournalNumber, Reach, StoreError};

use super::{Exchange, Shared, gate};
use crate::quarantine::Reviewed;
use crate::store::{ReviewEntry, review_due, review_platforms};

/// How often it looks: an operator waits for what comes of it.
const LOOK: Duration = Duration::from_secs(1);
/// How long it waits after a fault of the database.
const AFTER_FAULT: Duration = Duration::from_secs(5);

/// The platforms whose entries are under review.
#[derive(Default)]
pub(crate) struct Reviews(Mutex<BTreeSet<PlatformId>>);

// === impl Reviews ===

impl Reviews {
    /// Entries of a platform are to be reviewed.
    pub(crate) fn add(&self, platform: &PlatformId) {
        self.set().insert(platform.clone());
    }

    /// Whether there may be any.
    pub(crate) fn has(&self, platform: &PlatformId) -> bool {
        self.set().contains(platform)
    }

    /// There are no more. What was added while somebody found that out is found by the next look.
    pub(crate) fn done(&self, platform: &PlatformId) {
        self.set().remove(platform);
    }

    fn set(&self) -> std::sync::MutexGuard<'_, BTreeSet<PlatformId>> {
        // A poisoned lock holds a set that is still whole.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// === impl Exchange ===

impl Exchange {
    /// Tries the release of quarantined entries of a platform, by journal, ascending: what would
    /// become of each. Nothing is written.
    pub(crate) async fn try_release(
        &self,
        platform: &PlatformId,
        entries: &[(JournalNumber, Vec<u64>)],
    ) -> Result<Vec<(JournalNumber, u64, Reviewed)>, StoreError> {
        gate::try_release(&self.shared, &self.shared.store(platform), entries).await
    }

    /// The gate goes on with what is under review of a platform.
    pub(crate) fn go_on(&self, platform: &PlatformId) {
        self.shared.reviews.add(platform);
        self.shared.news.tell_gate(platform);
    }
}

/// Looks for reviews in the store.
pub struct ReviewWatch {
    shared: Arc<Shared>,
    /// What was next in each platform's review at the last look.
    before: BTreeMap<PlatformId, ReviewEntry>,
}

// === impl ReviewWatch ===

impl ReviewWatch {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, before: BTreeMap::new() }
    }

    /// Looks until it is dropped. A fault of the database is said and tried again.
    ///
    /// # Errors
    /// Never by itself.
    pub async fn run(mut self) -> Result<(), StoreError> {
        loop {
            match self.look().await {
                Ok(()) => clock::pause(LOOK).await,
                Err(error) => {
                    tracing::warn!(%error, "reviews cannot be looked for at the moment");
                    clock::pause(AFTER_FAULT).await;
                }
            }
        }
    }

    /// Tells the gate of what waits. Of several instances one is at work where something moves; two
    /// would only race.
    async fn look(&mut self) -> Result<(), StoreError> {
        let database = &self.shared.parts.database;
        let alone = database.reach() == Reach::Everything;
        let mut found = BTreeMap::new();
        for platform in review_platforms(database).await? {
            let store = self.shared.store(&platform);
            let Some(next) = review_due(&store, 1).await?.first().copied() else { continue };
            if alone || self.before.get(&platform) == Some(&next) {
                self.shared.reviews.add(&platform);
                self.shared.news.tell_gate(&platform);
            }
            found.insert(platform, next);
        }
        self.before = found;
        Ok(())
    }
}
