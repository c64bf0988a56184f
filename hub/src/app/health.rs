//! The health of a hub: its watchdog, and where it is asked for.

use std::sync::Arc;

use sanheyi_node::health::metrics::Metrics;
use sanheyi_node::health::vitals::{Body, Vitals, own_checks};
use sanheyi_node::health::{Checks, http};
use sanheyi_node::process::clock::Clock;
use sanheyi_node::process::host;
use sanheyi_node::process::meter::Meter;
use sanheyi_node::upkeep::room::Room;

use super::BuildError;
use crate::config::CheckedConfig;
use crate::exchange::Exchange;
use crate::health::HubWatch;
use crate::health::metrics::HubMetrics;

/// The watchdog of a hub. Its lines, its exchange and `further` checks are what it looks at.
pub(super) async fn vitals(
    config: &CheckedConfig,
    exchange: &Exchange,
    meter: &Arc<Meter>,
    room: Arc<Room>,
    clock: Arc<dyn Clock>,
    further: impl FnOnce(Checks) -> Checks,
) -> Result<Vitals<HubWatch>, BuildError> {
    let files = config.identity();
    let own = own_checks(config.hub.to_string(), Arc::clone(&room), Some(files.clone()));
    let instance = format!("{}:{}", host::name(), config.listen.port());
    let parts = exchange.parts();
    let watched = HubWatch::new(
        parts.database.clone(),
        &parts.hub,
        instance,
        exchange.peers(),
        exchange.works(),
        further(own),
    );
    let listener = http::listen(&config.health).await?;
    let pace = config.pace.unwrap_or_default();
    let body = Body { clock, room: Some(room), files: Some(files), pace };
    let (stages, meter) = (exchange.stages(), Arc::clone(meter));
    let metrics = Metrics::default().with(HubMetrics { stages, meter });
    let vitals = Vitals::new(watched, body, metrics, listener);
    exchange.set_standing(vitals.standing());
    Ok(vitals)
}
