//! The hub as a value: configuration → build → run. The listener and the shutdown are given, so
//! that tests run the real hub in their own process.

mod health;
mod pages;

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sanheyi_exchange_spec::gate::Edition;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::SigningKey;
use sanheyi_node::backup::{BackupCheck, BackupError, Backups};
use sanheyi_node::config::ARCHIVE;
use sanheyi_node::gateway;
use sanheyi_node::gateway::socket::{self, Socket, SocketError};
use sanheyi_node::health::Checks;
use sanheyi_node::health::Standing;
use sanheyi_node::health::vitals::Vitals;
use sanheyi_node::process::clock::Clock;
use sanheyi_node::process::config::ConfigError;
use sanheyi_node::process::disk::{Disk, SystemDisk};
use sanheyi_node::process::entropy::Entropy;
use sanheyi_node::process::folder::{self, FolderError};
use sanheyi_node::process::lifecycle::{Shutdown, TaskError, Tasks};
use sanheyi_node::process::meter::Meter;
use sanheyi_node::process::secret::{SecretError, read_secret};
use sanheyi_node::store::{Address, Database, Lease, Store, StoreError};
use sanheyi_node::upkeep::room::Room;
use sanheyi_node::upkeep::tasks::{Orders, Upkeep};
use sanheyi_node::web::listen::ListenError;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::sync::watch;

use self::pages::Pages;
use crate::backup::{OfHub, still_runs};
use crate::certificates::health::Authorities;
use crate::certificates::{CertificateError, Certificates, Own};
use crate::config::{CheckedConfig, DESK, EnrolmentConfig, TENANTS};
use crate::enrolment::Enrolments;
use crate::exchange::{Exchange, ExchangeParts, Workers};
use crate::health::HubWatch;
use crate::health::waiting::Waiting;
use crate::rpc::age::{DRAIN, jittered};
use crate::rpc::enrolment::serve_strangers;
use crate::rpc::listener::Acceptor;
use crate::rpc::listener::stranger::Porch;
use crate::rpc::serve;
use crate::store::{PRESENT, open, platform_list, restored_get};
use crate::tenants::{Grounds, Tenants};
use crate::upkeep::HubEstate;

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
    /// Where probes are to be answered.
    #[error(transparent)]
    Probes(#[from] io::Error),
    /// Where pages are to be served.
    #[error(transparent)]
    Pages(#[from] ListenError),
    /// The socket of the desk.
    #[error(transparent)]
    Socket(#[from] SocketError),
    /// Certificates cannot be used.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// What backups need; or the hub that this one was restored from still runs.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The configuration cannot be read again.
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// A hub that is ready to run.
pub struct HubApp {
    exchange: Exchange,
    workers: Workers,
    tenants: Tenants,
    /// Where its operators hand in what the hub says.
    desk: Socket,
    upkeep: Upkeep<HubEstate>,
    backups: Backups<OfHub>,
    database: Database,
    hub: PlatformId,
    certificates: Certificates,
    own: Own,
    /// Lets machines in that come with a token; none where that is switched off.
    enrolments: Option<Enrolments>,
    meter: Arc<Meter>,
    vitals: Vitals<HubWatch>,
    pages: Pages,
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

/// A hub that was restored does not start beside the one that was backed up, as far as that can be
/// seen from here.
async fn hold_off(own: &Store, config: &CheckedConfig) -> Result<(), BuildError> {
    let Some(lay) = restored_get(own).await? else { return Ok(()) };
    let here = [config.data.display().to_string(), config.database().to_string()];
    let lay = lay.lines().map(str::to_owned).filter(|place| !here.contains(place));
    match still_runs(&lay.collect::<Vec<_>>(), config).await {
        Some(running) => Err(BackupError::StillRuns(running).into()),
        None => Ok(()),
    }
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

fn grounds(
    config: &CheckedConfig,
    exchange: &Exchange,
    parts: ExchangeParts,
    room: Arc<Room>,
) -> Grounds {
    Grounds {
        exchange: exchange.clone(),
        database: parts.database,
        hub: parts.hub,
        hub_key: parts.key.verifying(),
        keys: config.tenants.clone(),
        data: config.data.join(TENANTS),
        room,
        clock: parts.clock,
        entropy: parts.entropy,
    }
}

fn orders(config: &CheckedConfig, parts: &ExchangeParts) -> Orders {
    Orders {
        retention: config.retention,
        archive: config.data.join(ARCHIVE),
        key: parts.key.clone(),
        clock: Arc::clone(&parts.clock),
    }
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
        Self::build_on(config, clock, entropy, edition, Arc::new(SystemDisk)).await
    }

    /// As [`HubApp::build`], on a disk that is given.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub async fn build_on(
        config: &CheckedConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        edition: Edition,
        disk: Arc<dyn Disk>,
    ) -> Result<Self, BuildError> {
        folder::private(&config.data)?;
        let locks = lock(&config.data, &config.database())?;
        let database = open(&config.database(), &config.hub).await?;
        let present = database.share(PRESENT).await?.ok_or(StoreError::BeingCopied)?;
        hold_off(&database.of(&config.hub), config).await?;
        say_where(&database).await?;
        let max_age = jittered(config.max_age, entropy.as_ref());
        let register = config.certificates(&database, &clock, &entropy);
        let certificates = Certificates::open(register).await?;
        let own = Own::open(certificates.clone(), config.identity()).await?;
        let parts = ExchangeParts {
            hub: config.hub.clone(),
            database: database.clone(),
            key: signing_key(&config.signing)?,
            clock,
            entropy,
            edition,
        };
        let (exchange, workers) = Exchange::open(parts.clone()).await?;
        let EnrolmentConfig { enabled, approval } = config.enrolment;
        let enrolments =
            enabled.then(|| Enrolments::new(parts.clone(), certificates.clone(), approval));
        let estate = HubEstate { database: database.clone(), hub: parts.hub.clone() };
        let upkeep = Upkeep::new(estate, orders(config, &parts))?;
        let time = Arc::clone(&parts.clock);
        let backups = Backups::new(OfHub, OfHub::subject(config, database.clone(), time)?);
        let room = Arc::new(config.room(disk));
        let (watched_room, watched_clock) = (Arc::clone(&room), Arc::clone(&parts.clock));
        exchange.set_room(Arc::clone(&room));
        let tenants = Tenants::new(grounds(config, &exchange, parts, room));
        let desk = socket::listen(&config.data.join(DESK)).await?;
        let hub = config.hub.clone();
        let meter = Meter::new();
        let authorities = Authorities(certificates.clone());
        let saved =
            BackupCheck::new(config.backup.clone(), config.file.clone(), watched_clock.now());
        let further =
            |checks: Checks| checks.with(authorities).with(saved).with(Waiting::default());
        let vitals =
            health::vitals(config, &exchange, &meter, watched_room, watched_clock, further).await?;
        let pages = Pages::bind(config, &exchange, &certificates).await?;
        let (_present, _locks) = (present, locks);
        Ok(Self {
            exchange,
            workers,
            tenants,
            desk,
            upkeep,
            backups,
            database,
            hub,
            certificates,
            own,
            enrolments,
            meter,
            vitals,
            pages,
            max_age,
            _present,
            _locks,
        })
    }

    /// The exchange.
    pub fn exchange(&self) -> Exchange {
        self.exchange.clone()
    }

    /// Certificates and authorities.
    pub fn certificates(&self) -> Certificates {
        self.certificates.clone()
    }

    /// The store.
    pub fn database(&self) -> Database {
        self.database.clone()
    }

    /// Where its pages are, if it has any.
    pub fn pages(&self) -> Option<SocketAddr> {
        self.pages.address()
    }

    /// What its watchdog sees, as it changes.
    pub fn standing(&self) -> watch::Receiver<Arc<Standing>> {
        self.vitals.standing()
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
        let porch = self.enrolments.map(|enrolments| {
            let (porch, strangers) = Porch::new(self.own.strangers());
            let serving = serve_strangers(enrolments, strangers, shutdown.clone());
            tasks.spawn("enrolment", serving);
            porch
        });
        let acceptor = Acceptor::new(listener, self.own.tls(), Arc::clone(&self.meter))
            .with_age(self.max_age, DRAIN)
            .with_revoked(self.certificates.revoked())
            .with_porch(porch);
        let Workers { admission, gates, herald, rules, readers, courier, reviews } = self.workers;
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
        self.pages.start(self.vitals.standing(), &mut tasks, &shutdown);
        self.vitals.start(&mut tasks, &shutdown);
        tasks.spawn("tenants", self.tenants.run(shutdown.clone()));
        tasks.spawn("certificates", self.own.run(shutdown.clone()));
        tasks.spawn("herald", until(herald.run(), shutdown.clone()));
        tasks.spawn("rules", until(rules.run(), shutdown.clone()));
        tasks.spawn("readers", until(readers.run(), shutdown.clone()));
        tasks.spawn("courier", until(courier.run(), shutdown.clone()));
        tasks.spawn("upkeep", self.upkeep.live(shutdown.clone()));
        tasks.spawn("backup", self.backups.run(shutdown.clone()));
        tasks.spawn("reviews", until(reviews.run(), shutdown.clone()));
        tasks.spawn("desk", gateway::serve(self.desk, self.exchange.clone(), shutdown.clone()));
        let serving = serve(self.exchange, self.hub, self.certificates, acceptor, shutdown.clone());
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
