//! `support-bundle`: one file for whoever is asked for help, without anything personal.

use std::sync::Arc;

use clap::Args;
use sanheyi_node::bundle::{Bundle, hidden, parts, rows};
use sanheyi_node::cli::Answer;
use sanheyi_node::cli::bundle::{Take, shown, stand, unread};
use sanheyi_node::process::clock::{Clock as _, SystemClock};
use sanheyi_node::process::disk::SystemDisk;
use sanheyi_node::process::said::with_causes;
use sanheyi_node::store::Database;

use super::{At, status};
use crate::config::CheckedConfig;
use crate::doctor::examine;
use crate::health::VERSION;
use crate::store::{STEPS, platform_list};

/// Whose hub, and where to.
#[derive(Clone, Debug, Args)]
pub(crate) struct HubBundle {
    #[command(flatten)]
    at: At,
    #[command(flatten)]
    take: Take,
}

pub(crate) async fn bundle(args: &HubBundle) -> anyhow::Result<Answer> {
    let (path, take) = (&args.at.config, &args.take);
    // A wrong configuration is what help is asked for; a wrong --store is a wrong command line.
    let config = match CheckedConfig::load(path) {
        Ok(_) => Ok(args.at.load()?),
        Err(error) => Err(error),
    };
    let (clock, disk) = (Arc::new(SystemClock), Arc::new(SystemDisk));
    let mut bundle = Bundle::create(&take.out, VERSION, clock.now())?;
    let known = config.as_ref().ok().cloned();
    stand(&mut bundle, VERSION, path, known.as_ref().map(|config| config.data.as_path()))?;
    let examined = examine(path, config, take.quick, clock, disk).await;
    bundle.put(&parts::DOCTOR, &hidden::doctor(examined.into()))?;
    match &known {
        Some(config) => match Database::open_read_only(config.database()).await {
            Ok(database) => {
                let put = of_store(&mut bundle, config, &database).await;
                database.close().await;
                put?;
            }
            Err(error) => unread(&mut bundle, &with_causes(&error)),
        },
        // What is wrong with it, the doctor's report says at its place.
        None => unread(&mut bundle, "configuration"),
    }
    shown(bundle, take.json)
}

async fn of_store(
    bundle: &mut Bundle,
    config: &CheckedConfig,
    database: &Database,
) -> anyhow::Result<()> {
    bundle.take(&parts::STATUS, status::report(config, database).await)?;
    let own = database.of(&config.hub);
    // Where not even the directory can be read the rows of the hub itself say why.
    let others = platform_list(database).await.unwrap_or_default();
    let others = others.into_iter().map(|row| row.platform);
    let known: Vec<_> = [config.hub.clone()].into_iter().chain(others).collect();
    let all: Vec<_> = known.iter().map(|platform| database.of(platform)).collect();
    Ok(rows::put(bundle, &own, &all, STEPS, &known).await?)
}
