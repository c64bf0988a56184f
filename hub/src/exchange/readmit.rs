//! Letting a held machine go on (rule 11): the operator says by its epoch which of several machines
//! with one key it shall be. Good for one Greet, which moves the epoch again; whoever went on until
//! now is held from then on.

use sanheyi_exchange_spec::ids::{EpochId, JournalId, PlatformId};
use sanheyi_exchange_spec::link::Position;
use sanheyi_node::store::{Database, StoreError};

use crate::store::generation_get;

/// Puts `epoch`, which a held machine shows, in force for the next Greet for its journal. The hub
/// of this database may be running: it looks the epoch up when a Greet or a push comes.
///
/// # Errors
/// Of the database; [`StoreError::Contradiction`] if the hub has no such journal of the platform.
pub async fn readmit(
    database: &Database,
    hub: &PlatformId,
    platform: &PlatformId,
    journal: &JournalId,
    epoch: EpochId,
) -> Result<(), StoreError> {
    let store = database.of(platform);
    let absent = || StoreError::contradiction("journal", "id", journal, "is not here");
    let generation = generation_get(&database.of(hub)).await?.ok_or_else(absent)?;
    let mut tx = store.begin("readmit").await?;
    let row = tx.journal_get(&store, journal).await?;
    let row = row.filter(|row| !row.home).ok_or_else(absent)?;
    let (position, size) = (Position { generation, epoch }, row.head.size);
    tx.journal_epoch(&store, row.number, row.serial, row.serial + 1, position, size).await?;
    tx.commit().await?;
    tracing::warn!(%journal, %epoch, "an operator lets the machine that holds {epoch} go on");
    Ok(())
}
