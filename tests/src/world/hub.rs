//! The hub of a world: the real application on a real listener.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sanheyi_exchange_spec::gate::Edition;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::SigningKey;
use sanheyi_hub::app::{HubApp, signing_key};
use sanheyi_hub::certificates::Certificates;
use sanheyi_hub::config::CheckedConfig;
use sanheyi_hub::exchange::Exchange;
use sanheyi_node::health::{Pace, Standing};
use sanheyi_node::process::clock::ManualClock;
use sanheyi_node::process::disk::{Disk, SystemDisk};
use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_node::process::lifecycle::{Shutdown, TaskError};
use sanheyi_node::process::meter::Meter;
use sanheyi_node::store::{Database, Store};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::party::Party;
use crate::patience::within;
use crate::ports;

/// The machine on which the hub runs, or does not.
pub struct HubMachine {
    config: PathBuf,
    clock: Arc<ManualClock>,
    seed: u64,
    /// Age of connections, if another than the configured one.
    pub max_age: Option<Duration>,
    /// How fast its watchdog is, if not as usual.
    pub pace: Option<Pace>,
    /// What it knows of the standard when it starts.
    pub edition: Edition,
    /// The disk that it stands on.
    pub disk: Arc<dyn Disk>,
    address: Option<SocketAddr>,
    running: Option<Running>,
}

struct Running {
    party: Party,
    shutdown: Shutdown,
    exchange: Exchange,
    certificates: Certificates,
    database: Database,
    meter: Arc<Meter>,
    standing: watch::Receiver<Arc<Standing>>,
    pages: Option<SocketAddr>,
    ended: JoinHandle<Result<(), TaskError>>,
}

impl HubMachine {
    pub(super) fn new(config: PathBuf, clock: Arc<ManualClock>, seed: u64) -> Self {
        Self {
            config,
            clock,
            seed,
            max_age: None,
            pace: None,
            edition: Edition::CURRENT,
            disk: Arc::new(SystemDisk),
            address: None,
            running: None,
        }
    }

    fn checked(&self) -> CheckedConfig {
        CheckedConfig::load(&self.config).expect("the hub's configuration")
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("the hub runs")
    }

    /// Starts the hub, after the first time at the same address.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn start(&mut self) {
        assert!(self.running.is_none(), "the hub runs already");
        self.seed += 1;
        let party = Party::new("hub");
        let mut config = self.checked();
        config.max_age = self.max_age.unwrap_or(config.max_age);
        let listen = *self.address.get_or_insert_with(ports::free);
        config.listen = listen;
        config.pace = self.pace;
        // Many hubs run at once here, and nobody asks them from outside.
        config.health.listen = None;
        // Backups are made by the tests that are about them, when they say so.
        config.backup.at = None;
        let clock = Arc::clone(&self.clock);
        let entropy = Arc::new(SeededEntropy::new(self.seed));
        let (edition, disk) = (self.edition, Arc::clone(&self.disk));
        let (app, listener) = party
            .run(async move {
                let listener = TcpListener::bind(listen).await.expect("the hub's port");
                let app = HubApp::build_on(&config, clock, entropy, edition, disk).await;
                let app = app.expect("a hub is built");
                (app, listener)
            })
            .await;
        let (exchange, database, meter) = (app.exchange(), app.database(), app.meter());
        let (certificates, standing) = (app.certificates(), app.standing());
        let pages = app.pages();
        let shutdown = Shutdown::new();
        let ended = party.spawn(app.run(listener, shutdown.clone()));
        self.running = Some(Running {
            party,
            shutdown,
            exchange,
            certificates,
            database,
            meter,
            standing,
            pages,
            ended,
        });
    }

    /// Stops the hub as an operator does.
    ///
    /// # Panics
    /// If it does not run, or does not stop as it should.
    pub async fn stop(&mut self) {
        let Running { party, shutdown, exchange, certificates, database, ended, .. } =
            self.running.take().expect("the hub runs");
        drop((exchange, certificates));
        shutdown.soft();
        let ended = within("the hub stops", ended).await.expect("the hub does not panic");
        ended.expect("the hub stops as asked");
        drop(database);
        party.kill().await;
    }

    /// Kills the hub where it stands.
    ///
    /// # Panics
    /// If it does not run.
    pub async fn kill(&mut self) {
        let Running { party, .. } = self.running.take().expect("the hub runs");
        party.kill().await;
    }

    /// Where nodes connect.
    ///
    /// # Panics
    /// Before the first start.
    pub fn address(&self) -> SocketAddr {
        self.address.expect("the hub was started")
    }

    /// Where its pages are.
    ///
    /// # Panics
    /// If it does not run, or has none.
    pub fn pages(&self) -> SocketAddr {
        self.running().pages.expect("the hub has pages")
    }

    /// The exchange that runs.
    ///
    /// # Panics
    /// If it does not run.
    pub fn exchange(&self) -> Exchange {
        self.running().exchange.clone()
    }

    /// Its register of certificates.
    ///
    /// # Panics
    /// If it does not run.
    pub fn certificates(&self) -> Certificates {
        self.running().certificates.clone()
    }

    /// The hub's database.
    ///
    /// # Panics
    /// If it does not run.
    pub fn database(&self) -> Database {
        self.running().database.clone()
    }

    /// The hub's rows of a platform.
    pub fn store(&self, platform: &PlatformId) -> Store {
        self.database().of(platform)
    }

    /// What its watchdog has seen last.
    pub fn standing(&self) -> Arc<Standing> {
        Arc::clone(&self.running().standing.borrow())
    }

    /// Bytes on all its lines.
    pub fn meter(&self) -> Arc<Meter> {
        Arc::clone(&self.running().meter)
    }

    /// The key by which it signs.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn key(&self) -> SigningKey {
        signing_key(&self.checked().signing).expect("the hub's key")
    }

    /// Its folder.
    ///
    /// # Panics
    /// Never: a configuration lies in a folder.
    pub fn folder(&self) -> PathBuf {
        self.config.parent().expect("a folder").to_owned()
    }
}
