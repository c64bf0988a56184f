//! The hub as a value: configuration → build → run. The listener and the shutdown are given, so
//! that tests run the real hub in their own process.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::SigningKey;
use sanheyi_node::process::clock::Clock;
use sanheyi_node::process::entropy::Entropy;
use sanheyi_node::process::folder::{self, FolderError};
use sanheyi_node::process::lifecycle::{Shutdown, TaskError, Tasks};
use sanheyi_node::process::meter::Meter;
use sanheyi_node::process::secret::{SecretError, read_secret};
use sanheyi_node::process::tls::{Identity, ServerConfig, TlsError, Trust, server_config};
use sanheyi_node::store::{Database, StoreError};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::config::CheckedConfig;
use crate::exchange::{Exchange, ExchangeParts, Workers};
use crate::rpc::listener::Acceptor;
use crate::rpc::serve;
use crate::store::STEPS;

/// How long work under way may take after the first signal to stop.
pub const GRACE: Duration = Duration::from_secs(10);

/// Why a hub could not be built.
#[derive(Debug, Error)]
pub enum BuildError {
    /// The data folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The store cannot be opened.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A secret cannot be read.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The signing seed is not 64 hex digits.
    #[error("{path}：签名密钥应为 64 个十六进制数字 · the signing seed must be 64 hex digits", path = .0.display())]
    Seed(PathBuf),
    /// Certificates cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A hub that is ready to run.
pub struct HubApp {
    exchange: Exchange,
    workers: Workers,
    database: Database,
    hub: PlatformId,
    tls: Arc<ServerConfig>,
    meter: Arc<Meter>,
    _lock: File,
}

/// Reads a signing seed: 64 hex digits.
///
/// # Errors
/// If it cannot be read, is readable by others, or has another shape.
pub fn signing_key(path: &std::path::Path) -> Result<SigningKey, BuildError> {
    let secret = read_secret(path)?;
    let shape = || BuildError::Seed(path.to_owned());
    let text = std::str::from_utf8(&secret).map_err(|_| shape())?;
    SigningKey::from_hex(text.trim()).map_err(|_| shape())
}

// === impl HubApp ===

impl HubApp {
    /// Opens the store and the exchange.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub async fn build(
        config: &CheckedConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, BuildError> {
        folder::private(&config.data)?;
        let lock = folder::lock(&config.data)?;
        let identity = Identity::load(&config.tls.certificate, &config.tls.key)?;
        let tls = server_config(&identity, &Trust::load(&config.tls.ca)?, Arc::clone(&clock))?;
        let database = Database::open(&config.database(), STEPS).await?;
        let parts = ExchangeParts {
            hub: config.hub.clone(),
            database: database.clone(),
            key: signing_key(&config.signing)?,
            clock,
            entropy,
        };
        let (exchange, workers) = Exchange::open(parts).await?;
        let hub = config.hub.clone();
        Ok(Self { exchange, workers, database, hub, tls, meter: Meter::new(), _lock: lock })
    }

    /// The exchange.
    pub fn exchange(&self) -> Exchange {
        self.exchange.clone()
    }

    /// The store.
    pub fn database(&self) -> Database {
        self.database.clone()
    }

    /// Bytes on the wire, of all connections.
    pub fn meter(&self) -> Arc<Meter> {
        Arc::clone(&self.meter)
    }

    /// Runs until shutdown.
    ///
    /// # Errors
    /// If a task dies, or does not stop in time.
    pub async fn run(self, listener: TcpListener, shutdown: Shutdown) -> Result<(), TaskError> {
        let mut tasks = Tasks::new();
        let stages = self.exchange.stages();
        let acceptor = Acceptor::new(listener, self.tls, Arc::clone(&self.meter));
        let Workers { admission, gate } = self.workers;
        let (served, mut over) = watch::channel(false);
        tasks.spawn("admission", async move {
            tokio::select! {
                done = admission.run() => done,
                // The last push has been answered; nobody waits for anything any more.
                _ = over.wait_for(|over| *over) => Ok(()),
            }
        });
        let soft = shutdown.clone();
        tasks.spawn("gate", async move {
            tokio::select! {
                done = gate.run() => done,
                () = soft.soft_asked() => Ok(()),
            }
        });
        let serving = serve(self.exchange, self.hub, acceptor, shutdown.clone());
        tasks.spawn("rpc", async move {
            let ended = serving.await;
            served.send_replace(true);
            ended
        });
        let ended = tasks.run(shutdown, GRACE).await;
        self.database.close().await;
        stages.say(self.meter.received(), self.meter.sent());
        ended
    }
}
