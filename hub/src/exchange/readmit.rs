//! Letting a held machine go on (rule 11): the operator says by its epoch which of several machines
//! with one key it shall be. Good for one Greet, which moves the epoch again; whoever went on until
//! now is held from then on.

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::ids::{EpochId, JournalId, PlatformId};
use sanheyi_exchange_spec::link::{Position, Refusal};

use super::{Shared, refused};

/// Puts the epoch that a held machine shows in force again, for its next Greet.
pub(super) async fn readmit(
    shared: &Shared,
    platform: &PlatformId,
    journal: &JournalId,
    epoch: EpochId,
) -> Result<(), Refusal> {
    let store = shared.store(platform);
    let mut tx = store.begin("readmit").await.map_err(|error| refused(&error))?;
    let row = tx.journal_get(&store, journal).await.map_err(|error| refused(&error))?;
    let Some(row) = row.filter(|row| !row.home) else {
        let (zh, en) = ("市级平台没有该日志", "the hub has no such journal");
        return Err(Refusal::new(Code::Malformed, journal.to_string(), zh, en));
    };
    let position = Position { generation: shared.generation, epoch };
    let size = row.head.size;
    tx.journal_epoch(&store, row.number, row.serial, row.serial + 1, position, size)
        .await
        .map_err(|error| refused(&error))?;
    tx.commit().await.map_err(|error| refused(&error))?;
    tracing::warn!(%journal, %epoch, "an operator lets the machine that holds {epoch} go on");
    Ok(())
}
