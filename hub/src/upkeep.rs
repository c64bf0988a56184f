//! The estate of a hub (市级维护): the rows of every platform, its own among them. What is done to
//! them is [`sanheyi_node::upkeep`], as at a node; here stands only how much of each journal may be
//! merged: what the gate has judged, and what the hub itself wrote.

use std::collections::BTreeSet;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::store::tables::Table;
use sanheyi_node::store::{Database, JournalRow, Store, StoreError};
use sanheyi_node::upkeep::merge::Mergeable;
use sanheyi_node::upkeep::node::table;
use sanheyi_node::upkeep::tasks::Estate;

use crate::store::{TABLES, gate_list, platform_list, waiting_sequences};

/// Pending entries whose segments are left alone; beyond so many nothing of a journal is merged
/// until some are settled.
const PENDING: u64 = 10_000;

/// The rows of a hub.
#[derive(Clone, Debug)]
pub struct HubEstate {
    /// The store.
    pub database: Database,
    /// The hub's own platform.
    pub hub: PlatformId,
}

impl Estate for HubEstate {
    fn home(&self) -> Store {
        self.database.of(&self.hub)
    }

    async fn stores(&self) -> Result<Vec<Store>, StoreError> {
        let mut ids: BTreeSet<_> =
            platform_list(&self.database).await?.into_iter().map(|row| row.platform).collect();
        ids.insert(self.hub.clone());
        Ok(ids.iter().map(|id| self.database.of(id)).collect())
    }

    async fn mergeable(&self, store: &Store) -> Result<Vec<Mergeable>, StoreError> {
        let judged = gate_list(store).await?;
        let mut all = Vec::new();
        for JournalRow { number, head, .. } in store.journal_list().await? {
            let cursor = judged.iter().find(|row| row.journal == number).map(|row| row.judged);
            // What the hub wrote has no judge; it is read by sequence numbers alone.
            let written = head.journal.author == self.hub;
            let mut until = if written { head.size } else { cursor.unwrap_or(0).min(head.size) };
            let pending = waiting_sequences(store, number, PENDING).await?;
            if pending.len() as u64 >= PENDING {
                until = until.min(pending.last().copied().unwrap_or(0));
            }
            all.push(Mergeable { number, until, apart: pending.into_iter().collect() });
        }
        Ok(all)
    }

    fn audits(&self) -> Vec<&'static Table> {
        let looks = TABLES.iter().find(|table| table.name == "audit");
        table("change").into_iter().chain(looks).collect()
    }
}
