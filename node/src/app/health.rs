//! The health of a node: its watchdog, its heart, and where both are asked for.

use std::sync::Arc;

use super::BuildError;
use crate::backup::BackupCheck;
use crate::branch::Branch;
use crate::config::NodeConfig;
use crate::health::heart::Heart;
use crate::health::metrics::{BranchMetrics, Metrics};
use crate::health::quarantine::Waiting;
use crate::health::vitals::{Body, Revoked, Vitals, own_checks};
use crate::health::{BranchWatch, Pace, http};
use crate::process::clock::Clock;
use crate::upkeep::room::Room;

/// The watchdog of a node, and the heart of its line.
pub(super) async fn vitals(
    config: &NodeConfig,
    branch: &Branch,
    room: Arc<Room>,
    clock: Arc<dyn Clock>,
) -> Result<(Vitals<BranchWatch>, Arc<Heart>), BuildError> {
    let seconds = config.health.heartbeat_seconds;
    let heart = Arc::new(Heart::new(seconds, Some(Arc::clone(&room)), &config.lanes));
    let files = config.identity();
    let own = config.platform.to_string();
    let checks = own_checks(own, Arc::clone(&room), Some(files.clone()))
        .with(Revoked)
        .with(Waiting::default());
    let (store, hub) = (branch.store().clone(), config.hub.clone());
    let watched = BranchWatch::new(store, hub, config.lanes.clone())
        .with_stages(branch.stages())
        .with_heart(Arc::clone(&heart))
        .with_checks(checks.with(BackupCheck::new(
            config.backup.clone(),
            config.file.clone(),
            clock.now(),
        )));
    let listener = http::listen(&config.health).await?;
    let body = Body { clock, room: Some(room), files: Some(files), pace: Pace::default() };
    let metrics = Metrics::default().with(BranchMetrics(branch.stages()));
    Ok((Vitals::new(watched, body, metrics, listener), heart))
}
