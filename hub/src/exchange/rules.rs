//! The rulebook of a hub (规则集): what its own broadcast says, as one value that gate, desk and
//! courier share. It is read on when the broadcast has grown, whoever has appended to it.

use std::sync::Arc;
use std::time::Duration;

use sanheyi_exchange_spec::ids::{Audience, Lane};
use sanheyi_exchange_spec::rulebook::Rulebook;
use sanheyi_node::branch::read_rules;
use sanheyi_node::process::clock;
use sanheyi_node::store::{JournalRow, StoreError};
use tokio::sync::watch;

use super::Shared;
use super::outbox::Outbox;

/// How often the broadcast is looked at in case nobody was told that it has grown: a command line
/// beside a hub on SQLite tells nobody.
const LOOK: Duration = Duration::from_secs(1);

/// What the broadcast says, as far as it was read.
pub(crate) struct Rules(watch::Sender<Arc<Rulebook>>);

/// Reads the broadcast on.
pub struct RuleReader(Arc<Shared>);

// === impl Rules ===

impl Rules {
    /// What the broadcast says now.
    pub(super) async fn open(outbox: &Outbox) -> Result<Self, StoreError> {
        let rules = Self(watch::Sender::new(Arc::new(Rulebook::builtin())));
        rules.refresh(outbox).await?;
        Ok(rules)
    }

    /// What was read.
    pub(crate) fn now(&self) -> Arc<Rulebook> {
        Arc::clone(&self.0.borrow())
    }

    /// Hears of what is read.
    pub(crate) fn listen(&self) -> watch::Receiver<Arc<Rulebook>> {
        self.0.subscribe()
    }

    /// Reads on; answers whether there was more.
    pub(super) async fn refresh(&self, outbox: &Outbox) -> Result<bool, StoreError> {
        let row = broadcast(outbox).await?;
        let before = self.now();
        if row.head.size <= before.size() {
            return Ok(false);
        }
        let mut rulebook = Rulebook::clone(&before);
        read_rules(&outbox.store(&Audience::All), row.number, &mut rulebook).await?;
        // Of two that read at once, the one that read further stays.
        Ok(self.0.send_if_modified(|known| {
            let further = known.size() < rulebook.size();
            if further {
                *known = Arc::new(rulebook);
            }
            further
        }))
    }
}

/// The broadcast's row.
pub(super) async fn broadcast(outbox: &Outbox) -> Result<JournalRow, StoreError> {
    let held = outbox.hold(&Audience::All, Lane::Normal).await?;
    let id = held.journal().id().clone();
    drop(held);
    let row = outbox.store(&Audience::All).journal_get(&id).await?;
    row.ok_or_else(|| StoreError::contradiction("journal", "id", id, "was here just now"))
}

// === impl RuleReader ===

impl RuleReader {
    pub(super) fn new(shared: Arc<Shared>) -> Self {
        Self(shared)
    }

    /// Reads on whenever the broadcast has grown, until it is dropped. A fault of the store is said
    /// and tried again.
    ///
    /// # Errors
    /// Never by itself.
    pub async fn run(self) -> Result<(), StoreError> {
        let Self(shared) = self;
        let mut news = shared.news.listen(&shared.parts.hub);
        loop {
            news.borrow_and_update();
            match shared.rules.refresh(&shared.outbox).await {
                // Who waits for the broadcast may have been told by nobody.
                Ok(true) => shared.news.hear(&shared.parts.hub),
                Ok(false) => {}
                Err(error) => tracing::error!(%error, "the broadcast could not be read"),
            }
            tokio::select! {
                changed = news.changed() => if changed.is_err() { return Ok(()) },
                () = clock::pause(LOOK) => {}
            }
        }
    }
}
