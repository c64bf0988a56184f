//! The hub as a value: configuration → build → run. The listener and the shutdown are given, so
//! that tests run the real hub in their own process.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sanheyi_exchange_spec::gate::Edition;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::SigningKey;
use sanheyi_node::gateway;
use sanheyi_node::gateway::socket::{self, Socket, SocketError};
use sanheyi_node::process::clock::Clock;
use sanheyi_node::process::entropy::Entropy;
use sanheyi_node::process::folder::{self, FolderError};
use sanheyi_node::process::lifecycle::{Shutdown, TaskError, Tasks};
use sanheyi_node::process::meter::Meter;
use sanheyi_node::process::secret::{SecretError, read_secret};
use sanheyi_node::process::tls::{Identity, ServerConfig, TlsError, Trust, server_config};
use sanheyi_node::store::{Address, Database, Lease, StoreError};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::config::{CheckedConfig, DESK, TENANTS};
use crate::exchange::{Exchange, ExchangeParts, Workers};
use crate::rpc::age::{DRAIN, jittered};
use crate::rpc::listener::Acceptor;
use crate::rpc::serve;
use crate::store::{PRESENT, open, platform_list};
use crate::tenants::{Grounds, Tenants};

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
    /// The socket of the desk.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// Certificates cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// A hub that is ready to run.
pub struct HubApp {
    exchange: Exchange,
    workers: Workers,
    tenants: Tenants,
    /// Where its operators hand in what the hub says.
    desk: Socket,
    database: Database,
    hub: PlatformId,
    tls: Arc<ServerConfig>,
    meter: Arc<Meter>,
    max_age: Duration,
    /// Says to whoever wants to move the store that a hub runs on it.
    _present: Lease,
    _locks: Vec<File>,
}

/// Reads a signing seed: 64 hex digits.
///
/// # Errors
/// If it cannot be read, is readable by others, or has another shape.
pub fn signing_key(path: &Path) -> Result<SigningKey, BuildError> {
    let secret = read_secret(path)?;
    let shape = || BuildError::Seed(path.to_owned());
    let text = std::str::from_utf8(&secret).map_err(|_| shape())?;
    SigningKey::from_hex(text.trim()).map_err(|_| shape())
}

/// Locks the folder of the data, and that of the store's file, if it lies elsewhere.
///
/// # Errors
/// If another process has one of them.
pub fn lock(data: &Path, store: &Address) -> Result<Vec<File>, FolderError> {
    let mut locks = vec![folder::lock(data)?];
    let beside = store.file().and_then(Path::parent).filter(|folder| folder.is_dir());
    if let Some(beside) = beside {
        let same = data.canonicalize().ok() == beside.canonicalize().ok();
        if !same {
            locks.push(folder::lock(beside)?);
        }
    }
    Ok(locks)
}

/// Says where the store lies and how durable a commit in it is.
async fn say_where(database: &Database) -> Result<(), StoreError> {
    let durability = database.durability().await?;
    let settings: Vec<_> =
        durability.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let (address, settings) = (database.address(), settings.join(" "));
    tracing::info!(%address, %settings, "the store lies at {address}");
    let replicated = durability
        .iter()
        .any(|(name, value)| *name == "synchronous_standby_names" && !value.is_empty());
    let hosted = platform_list(database).await?.iter().any(|row| row.hosted);
    if !replicated && (hosted || address.file().is_none()) {
        tracing::warn!(
            %address,
            "没有同步副本：托管平台的条目只此一份，正式运行须为数据库配置同步副本（synchronous_standby_names） · no synchronous replica: hosted entries have no second home, and a hub in production needs one (synchronous_standby_names)"
        );
    }
    Ok(())
}

// === impl HubApp ===

impl HubApp {
    /// Opens the store and the exchange, which judges by `edition` of the standard.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub async fn build(
        config: &CheckedConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        edition: Edition,
    ) -> Result<Self, BuildError> {
        folder::private(&config.data)?;
        let locks = lock(&config.data, &config.database())?;
        let identity = Identity::load(&config.tls.certificate, &config.tls.key)?;
        let tls = server_config(&identity, &Trust::load(&config.tls.ca)?, Arc::clone(&clock))?;
        let database = open(&config.database(), &config.hub).await?;
        let present = database.share(PRESENT).await?.ok_or(StoreError::BeingCopied)?;
        say_where(&database).await?;
        let max_age = jittered(config.max_age, entropy.as_ref());
        let parts = ExchangeParts {
            hub: config.hub.clone(),
            database: database.clone(),
            key: signing_key(&config.signing)?,
            clock,
            entropy,
            edition,
        };
        let (exchange, workers) = Exchange::open(parts.clone()).await?;
        let tenants = Tenants::new(Grounds {
            exchange: exchange.clone(),
            database: database.clone(),
            hub: parts.hub,
            hub_key: parts.key.verifying(),
            keys: config.tenants.clone(),
            data: config.data.join(TENANTS),
            clock: parts.clock,
            entropy: parts.entropy,
        });
        let desk = socket::listen(&config.data.join(DESK)).await?;
        let hub = config.hub.clone();
        let meter = Meter::new();
        let (_present, _locks) = (present, locks);
        Ok(Self {
            exchange,
            workers,
            tenants,
            desk,
            database,
            hub,
            tls,
            meter,
            max_age,
            _present,
            _locks,
        })
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
        let acceptor = Acceptor::new(listener, self.tls, Arc::clone(&self.meter))
            .with_age(self.max_age, DRAIN);
        let Workers { admission, gates, herald, rules, readers, courier } = self.workers;
        let (served, over) = watch::channel(false);
        for (lane, worker) in admission.into_iter().enumerate() {
            let mut over = over.clone();
            tasks.spawn(format!("admission {lane}"), async move {
                tokio::select! {
                    done = worker.run() => done,
                    // The last push has been answered; nobody waits for anything any more.
                    _ = over.wait_for(|over| *over) => Ok(()),
                }
            });
        }
        for (lane, gate) in gates.into_iter().enumerate() {
            tasks.spawn(format!("gate {lane}"), until(gate.run(), shutdown.clone()));
        }
        tasks.spawn("tenants", self.tenants.run(shutdown.clone()));
        tasks.spawn("herald", until(herald.run(), shutdown.clone()));
        tasks.spawn("rules", until(rules.run(), shutdown.clone()));
        tasks.spawn("readers", until(readers.run(), shutdown.clone()));
        tasks.spawn("courier", until(courier.run(), shutdown.clone()));
        tasks.spawn("desk", gateway::serve(self.desk, self.exchange.clone(), shutdown.clone()));
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

/// Runs a task until it ends or a stop is asked for.
async fn until(
    task: impl Future<Output = Result<(), StoreError>>,
    shutdown: Shutdown,
) -> Result<(), StoreError> {
    tokio::select! {
        done = task => done,
        () = shutdown.soft_asked() => Ok(()),
    }
}
