//! The application as a value: configuration, then build, then run. The program `sanheyi-node`, the
//! demonstration and tests make the same one.

mod health;
mod living;
mod pages;

use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::watch;

use crate::backup::{BackupError, Backups, OfNode};
use crate::branch::Branch;
use crate::config::{NodeConfig, NodeKeys};
use crate::gateway::socket;
use crate::health::vitals::Vitals;
use crate::health::{BranchWatch, Standing};
use crate::identity::Keeper;
use crate::process::clock::Clock;
use crate::process::config::ConfigError;
use crate::process::disk::{Disk, SystemDisk};
use crate::process::entropy::Entropy;
use crate::process::folder::{self, FolderError};
use crate::process::lifecycle::{Shutdown, TaskError, Tasks};
use crate::store::{Database, Store, StoreError};
use crate::upkeep::node::NodeEstate;
use crate::upkeep::room::Room;
use crate::upkeep::tasks::{Orders, Upkeep};
use crate::uplink::transport::LineConfig;
use crate::web::listen::ListenError;

pub use living::{Living, LivingParts};
use pages::Pages;

/// How long a node may take to stop: one group is committed, calls under way are answered.
pub const GRACE: Duration = Duration::from_secs(10);
/// Why a node cannot be built.
#[derive(Debug, Error)]
pub enum BuildError {
    /// Configuration, keys or certificates.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The data folder or the socket.
    #[error(transparent)]
    Socket(#[from] socket::SocketError),
    /// The data folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What backups need.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// Where probes are to be answered.
    #[error(transparent)]
    Probes(#[from] io::Error),
    /// Where pages are to be served.
    #[error(transparent)]
    Pages(#[from] ListenError),
}

/// A node, ready to run.
pub struct NodeApp {
    living: Living<LineConfig>,
    keeper: Keeper,
    vitals: Vitals<BranchWatch>,
    pages: Pages,
    upkeep: Upkeep<NodeEstate>,
    backups: Backups<OfNode>,
    database: Database,
    _lock: File,
}

// === impl NodeApp ===

impl NodeApp {
    /// Reads the keys, takes the data folder for itself, opens the database and listens at the
    /// socket. Nothing runs yet.
    ///
    /// # Errors
    /// If any of that fails.
    pub async fn build(
        config: NodeConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, BuildError> {
        Self::build_on(config, clock, entropy, Arc::new(SystemDisk)).await
    }

    /// As [`NodeApp::build`], on a disk that is given.
    ///
    /// # Errors
    /// As [`NodeApp::build`].
    pub async fn build_on(
        config: NodeConfig,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        disk: Arc<dyn Disk>,
    ) -> Result<Self, BuildError> {
        let NodeKeys { signing, tls } = config.read_keys(Arc::clone(&clock))?;
        folder::private(&config.data)?;
        let lock = folder::lock(&config.data)?;
        let database = Database::open(config.database(), &[]).await?;
        let store = database.of(&config.platform);
        let room = Arc::new(Room::new(disk, config.data.clone(), config.disk, true));
        let parts = LivingParts {
            store,
            hub: config.hub.clone(),
            key: signing,
            keeper: None,
            hub_key: config.keys.hub_key,
            retry: config.uplink.retry,
            lanes: config.lanes.clone(),
            room: Arc::clone(&room),
            clock,
            entropy,
        };
        let line = LineConfig::new(&config.uplink.address, &config.uplink.server_name, tls);
        let (own, time) = (config.platform.clone(), Arc::clone(&parts.clock));
        let keeper = Keeper::new(config.identity(), own, line.clone(), time);
        let orders = Orders {
            retention: config.retention,
            archive: config.archive(),
            key: parts.key.clone(),
            clock: Arc::clone(&parts.clock),
        };
        let upkeep = Upkeep::new(NodeEstate(parts.store.clone()), orders)?;
        let time = Arc::clone(&parts.clock);
        let backups = Backups::new(OfNode, OfNode::subject(&config, database.clone(), time)?);
        let (own_key, time) = (parts.key.verifying(), Arc::clone(&parts.clock));
        let chance = Arc::clone(&parts.entropy);
        let pages = Pages::bind(&config, &parts.store, own_key, time, chance).await?;
        let time = Arc::clone(&parts.clock);
        let living = Living::open(parts, line, &config.socket()).await?;
        let (vitals, heart) = health::vitals(&config, living.branch(), room, time).await?;
        let living = living.with_heart(heart);
        let (platform, hub) = (&config.platform, &config.hub);
        tracing::info!(%platform, %hub, "the node of {platform} is ready; its hub is {hub}");
        Ok(Self { living, keeper, vitals, pages, upkeep, backups, database, _lock: lock })
    }

    /// The branch that it runs.
    pub fn branch(&self) -> &Branch {
        self.living.branch()
    }

    /// The store of the branch.
    pub fn store(&self) -> &Store {
        self.living.branch().store()
    }

    /// What its watchdog sees, as it changes.
    pub fn standing(&self) -> watch::Receiver<Arc<Standing>> {
        self.vitals.standing()
    }

    /// Where its pages are, if it has any.
    pub fn pages(&self) -> Option<SocketAddr> {
        self.pages.address()
    }

    /// The socket of its intake; it takes connections from now on and answers once it runs.
    pub fn socket(&self) -> &Path {
        self.living.socket()
    }

    /// Runs until shutdown.
    ///
    /// # Errors
    /// If a task ends otherwise than as asked.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), TaskError> {
        let Self { living, keeper, vitals, pages, upkeep, backups, database, _lock } = self;
        let stages = living.branch().stages();
        let mut tasks = Tasks::new();
        living.start(&mut tasks, &shutdown);
        pages.start(vitals.standing(), &mut tasks, &shutdown);
        vitals.start(&mut tasks, &shutdown);
        tasks.spawn("identity", keeper.run(shutdown.clone()));
        tasks.spawn("upkeep", upkeep.live(shutdown.clone()));
        tasks.spawn("backup", backups.run(shutdown.clone()));
        let ended = tasks.run(shutdown, GRACE).await;
        database.close().await;
        stages.say();
        ended
    }
}

#[cfg(test)]
mod tests;
