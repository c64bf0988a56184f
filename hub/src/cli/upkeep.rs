//! `upkeep`: as a node's, over the rows of all platforms.

use std::sync::Arc;

use clap::{Args, Subcommand};
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::upkeep::{How, answered, run, status, text};
use sanheyi_node::config::ARCHIVE;
use sanheyi_node::process::clock::SystemClock;
use sanheyi_node::process::disk::SystemDisk;
use sanheyi_node::upkeep::tasks::{Orders, Upkeep};

use super::{At, Listing};
use crate::app::signing_key;
use crate::store::open;
use crate::upkeep::HubEstate;

/// What is asked of upkeep.
#[derive(Debug, Subcommand)]
pub(crate) enum UpkeepCommand {
    /// 各项维护的上次、结果和下次 · When each task ran, what came of it, when it is due
    Status(Listing),
    /// 现在执行 · Do it now
    Run(RunArgs),
}

/// What is done now.
#[derive(Clone, Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    listing: Listing,
    #[command(flatten)]
    how: How,
}

pub(crate) async fn upkeep(command: UpkeepCommand) -> anyhow::Result<Answer> {
    match command {
        UpkeepCommand::Status(listing) => {
            let (config, database) = listing.at.open().await?;
            let room = config.room(Arc::new(SystemDisk));
            let estate = HubEstate { database: database.clone(), hub: config.hub.clone() };
            let found = status(&estate, &room).await;
            database.close().await;
            Answer::report(&found?, listing.json, text)
        }
        UpkeepCommand::Run(RunArgs { listing, how }) => {
            let done = carried_out(&listing.at, &how).await?;
            answered(&done, listing.json)
        }
    }
}

async fn carried_out(
    at: &At,
    how: &How,
) -> anyhow::Result<sanheyi_node::cli::upkeep::UpkeepReport> {
    let (config, mut database) = at.open().await?;
    if !how.dry_run {
        database.close().await;
        database = open(&config.database(), &config.hub).await?;
    }
    let orders = Orders {
        retention: config.retention,
        archive: config.data.join(ARCHIVE),
        key: signing_key(&config.signing)?,
        clock: Arc::new(SystemClock),
    };
    let estate = HubEstate { database: database.clone(), hub: config.hub.clone() };
    let upkeep = Upkeep::new(estate, orders)?;
    let done = run(upkeep, &config.room(Arc::new(SystemDisk)), how).await;
    database.close().await;
    done
}
