//! The herald (传报): several instances of a hub on one database tell each other which platforms have
//! news, and look now and then for entries that an instance admitted and did not live to judge.
//! Without another instance it has nothing to do.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use sanheyi_node::process::clock;
use sanheyi_node::store::{Letterbox, StoreError};

use super::Shared;
use crate::store::gate_behind;

/// How often it looks for what nobody judges. What has not moved between two looks is taken up: so
/// entries that a dead instance admitted wait for twice as long at most.
const SWEEP: Duration = Duration::from_secs(3);
/// How long it waits after a fault of the database.
const AFTER_FAULT: Duration = Duration::from_secs(1);

/// Carries news between instances.
pub struct Herald {
    shared: Arc<Shared>,
}

impl Herald {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// Carries news until it is dropped. A fault of the database is said and tried again: what was
    /// missed meanwhile is looked for.
    ///
    /// # Errors
    /// Never by itself.
    pub async fn run(self) -> Result<(), StoreError> {
        loop {
            if let Err(error) = self.carry().await {
                tracing::warn!(%error, "news of other instances are not heard for the moment");
            }
            clock::pause(AFTER_FAULT).await;
        }
    }

    async fn carry(&self) -> Result<(), StoreError> {
        // Where there are no letters, one process has the store for itself.
        let Some(letters) = self.shared.parts.database.listen().await? else {
            return std::future::pending().await;
        };
        tokio::select! {
            ended = self.hear(letters) => ended,
            ended = self.tell() => ended,
            ended = self.sweep() => ended,
        }
    }

    async fn hear(&self, mut letters: Letterbox) -> Result<(), StoreError> {
        // What was said before anybody listened is in the store.
        self.shared.news.hear_all();
        loop {
            match letters.next().await? {
                Some(platforms) => platforms.iter().for_each(|one| self.shared.news.hear(one)),
                None => self.shared.news.hear_all(),
            }
        }
    }

    /// One notification for all that has gathered while the last one was on its way.
    async fn tell(&self) -> Result<(), StoreError> {
        let mut news = self.shared.news.listen_abroad();
        news.mark_changed();
        while news.changed().await.is_ok() {
            news.borrow_and_update();
            let platforms = self.shared.news.take_abroad();
            self.shared.parts.database.notify(&platforms).await?;
        }
        std::future::pending().await
    }

    async fn sweep(&self) -> Result<(), StoreError> {
        let mut before = BTreeMap::new();
        loop {
            clock::pause(SWEEP).await;
            let behind = gate_behind(&self.shared.parts.database).await?;
            for (journal, judged) in &behind {
                // Where a cursor moves, somebody is at work; two of them would only race.
                if before.get(journal) == Some(judged) {
                    self.shared.news.tell_gate(&journal.0);
                }
            }
            before = behind;
        }
    }
}
