//! What goes down and across (下行与横向): what the city says to all, orders and complaints with
//! their answers, a case that two districts handle together, one that is handed over, a file that
//! is carried behind its record. Each act is played by the commands and intakes that everybody has,
//! and told from what the stores hold afterwards.

mod broadcast;
pub(super) mod codes;
mod command;
mod custody;
mod file;
mod joint;
mod oversight;
mod records;
mod stage;
mod told;

use sanheyi_node::process::clock::Clock;

use self::stage::Stage;
pub(super) use self::told::Told;
use super::parties::Federation;
use super::writer::Ledger;

/// Plays all acts that follow the year. What they hand in is entered into the ledgers.
pub(super) async fn play(
    federation: &Federation,
    ledgers: &mut [Ledger],
    clock: &dyn Clock,
) -> anyhow::Result<Vec<Told>> {
    let stage = Stage::open(federation, clock).await?;
    let (oversight, (joint, custody, file)) = tokio::try_join!(oversight::play(&stage), async {
        let joint = joint::play(&stage).await?;
        let custody = custody::play(&stage).await?;
        Ok((joint, custody, file::play(&stage).await?))
    })?;
    let broadcast = broadcast::tell(&stage).await?;
    stage.close(ledgers).await?;
    Ok(vec![broadcast, oversight, joint, custody, file])
}
