//! How a line to the hub comes about: over the network, or, for a branch that lives in the hub's
//! own process, as a call that always stands. [`super::run::Uplink`] is the same for both.

use std::sync::Arc;

use sanheyi_exchange_spec::error::Code;

use super::grpc::GrpcPort;
use super::port::HubPort;
use super::sync::Outcome;
use super::transport::{LineConfig, LineError, connect};
use crate::process::meter::Meter;
use crate::process::said::with_causes;

/// A line that stands.
pub struct Standing<P> {
    /// The hub's calls on it.
    pub port: P,
    /// Its bytes, as on the wire; none where there is no wire.
    pub meter: Arc<Meter>,
}

/// How lines come about.
pub trait Connect: Send + Sync + 'static {
    /// The port that a line gives.
    type Port: HubPort + 'static;

    /// Makes one line; how its attempt ended if there is none.
    fn connect(&self) -> impl Future<Output = Result<Standing<Self::Port>, Outcome>> + Send;

    /// Returns when a line that was refused may be tried again: another certificate is shown, or
    /// others are trusted, from now on.
    fn mended(&self) -> impl Future<Output = ()> + Send + use<Self> {
        std::future::pending()
    }
}

impl Connect for LineConfig {
    type Port = GrpcPort;

    async fn connect(&self) -> Result<Standing<GrpcPort>, Outcome> {
        let line = connect(self).await.map_err(|error| unconnected(&error))?;
        self.stood.send_modify(|count| *count += 1);
        Ok(Standing { port: GrpcPort::new(&line), meter: line.meter })
    }

    fn mended(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut told = self.tls.watch();
        async move {
            if told.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

fn unconnected(error: &LineError) -> Outcome {
    let why = format!("{} → {}", with_causes(error), error.remedy());
    match error.fault() {
        Some(_) => Outcome::Held(Code::Unauthorised, why),
        None => Outcome::Reconnect { pause: true, why },
    }
}
