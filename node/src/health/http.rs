//! Probes for whoever watches a process from outside, in plain HTTP: `/healthz` (does it live),
//! `/readyz` (does it take work), `/metrics`. Nothing personal is in their answers, and nothing can
//! be changed by them.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sanheyi_exchange_spec::time::Timestamp;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::watch;

use super::Standing;
use super::metrics::Metrics;
use super::watch::SILENT_AFTER;
use crate::config::health::HealthRules;
use crate::process::clock::Clock;
use crate::process::lifecycle::Shutdown;
use crate::web::serve::{guarded, serve};

/// How Prometheus and OpenMetrics call their text.
const METRICS_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What probes are answered from.
#[derive(Clone)]
pub struct Probes {
    /// What the watchdog sees.
    pub standing: watch::Receiver<Arc<Standing>>,
    /// The metrics.
    pub metrics: Metrics,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// What `/readyz` answers.
#[derive(Serialize)]
struct Readiness {
    ready: bool,
    /// Names of alerts, no subjects.
    findings: Vec<&'static str>,
}

/// Listens where the rules say. A port that is taken is a fault only where it was chosen: another
/// process of this machine may be watched at the usual one.
///
/// # Errors
/// If the chosen address cannot be had.
pub async fn listen(rules: &HealthRules) -> io::Result<Option<TcpListener>> {
    let Some(address) = rules.listen else { return Ok(None) };
    match TcpListener::bind(address).await {
        Ok(listener) => {
            tracing::info!(%address, "probes and metrics are answered at http://{address}");
            Ok(Some(listener))
        }
        Err(error) if rules.chosen => {
            let said = format!(
                "health.listen {address}：无法监听，请改用空闲的端口 / cannot listen there: choose a free port: {error}"
            );
            Err(io::Error::new(error.kind(), said))
        }
        Err(error) => {
            tracing::warn!(%address, %error, "nobody can ask for the health: {address} is taken");
            Ok(None)
        }
    }
}

/// Answers probes until shutdown; without a listener it only waits for it.
///
/// # Errors
/// None.
pub async fn answer(
    listener: Option<TcpListener>,
    probes: Probes,
    shutdown: Shutdown,
) -> Result<(), Infallible> {
    match listener {
        Some(listener) => serve(listener, None, router(probes), shutdown).await,
        None => {
            shutdown.soft_asked().await;
            Ok(())
        }
    }
}

/// The paths.
pub fn router(probes: Probes) -> Router {
    let paths = Router::new()
        .route("/healthz", get(healthz))
        .route("/readyz", get(readyz))
        .route("/metrics", get(metrics));
    guarded(paths.with_state(probes))
}

/// Whether the watchdog itself looks: where it does not, the process is to be started again.
async fn healthz(State(probes): State<Probes>) -> Response {
    let at = probes.standing.borrow().at;
    let age = probes.clock.now().micros_since(at);
    match at == Timestamp::default() || age < 2 * SILENT_AFTER {
        true => (StatusCode::OK, "ok\n").into_response(),
        false => (StatusCode::SERVICE_UNAVAILABLE, "the watchdog does not look\n").into_response(),
    }
}

/// Whether work may be sent here.
async fn readyz(State(probes): State<Probes>) -> Response {
    let (ready, findings) = {
        let standing = probes.standing.borrow();
        (standing.ready, standing.names())
    };
    let code = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let said = serde_json::to_string(&Readiness { ready, findings }).unwrap_or_default();
    (code, [(header::CONTENT_TYPE, "application/json")], said).into_response()
}

async fn metrics(State(probes): State<Probes>) -> Response {
    ([(header::CONTENT_TYPE, METRICS_TYPE)], probes.metrics.text()).into_response()
}
