//! `grpc.health.v1`, as balancers ask it: over mutual TLS like every other call, so a balancer that
//! asks needs a certificate of the federation.

use std::sync::Arc;

use sanheyi_node::health::Standing;
use tokio::sync::watch;
use tonic_health::ServingStatus;
use tonic_health::pb::health_server::{Health, HealthServer};
use tonic_health::server::{HealthReporter, health_reporter};

/// The whole server, as the protocol names it.
const EVERYTHING: &str = "";
/// The exchange, by the name of its service.
const EXCHANGE: &str = "sanheyi.exchange.v1.Exchange";

/// The service, and what tells it.
pub(super) fn service() -> (HealthReporter, HealthServer<impl Health>) {
    health_reporter()
}

/// Tells the service what the watchdog sees, for as long as it looks.
pub(super) async fn tell(
    reporter: HealthReporter,
    standing: Option<watch::Receiver<Arc<Standing>>>,
) {
    let Some(mut standing) = standing else { return std::future::pending().await };
    loop {
        let status = match standing.borrow_and_update().ready {
            true => ServingStatus::Serving,
            false => ServingStatus::NotServing,
        };
        for name in [EVERYTHING, EXCHANGE] {
            reporter.set_service_status(name, status).await;
        }
        if standing.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
