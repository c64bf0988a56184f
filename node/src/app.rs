//! The application as a value: configuration, then build, then run. The program `sanheyi-node`, the
//! demonstration and tests make the same one.

mod living;

use std::fs::File;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;

use crate::branch::Branch;
use crate::config::{NodeConfig, NodeKeys};
use crate::gateway::socket;
use crate::process::clock::Clock;
use crate::process::config::ConfigError;
use crate::process::entropy::Entropy;
use crate::process::folder::{self, FolderError};
use crate::process::lifecycle::{Shutdown, TaskError, Tasks};
use crate::store::{Database, Store, StoreError};
use crate::uplink::transport::LineConfig;

pub use living::{Living, LivingParts};

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
}

/// A node, ready to run.
pub struct NodeApp {
    living: Living<LineConfig>,
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
        let NodeKeys { signing, tls } = config.read_keys(Arc::clone(&clock))?;
        folder::private(&config.data)?;
        let lock = folder::lock(&config.data)?;
        let database = Database::open(config.database(), &[]).await?;
        let store = database.of(&config.platform);
        let parts = LivingParts {
            store,
            hub: config.hub.clone(),
            key: signing,
            keeper: None,
            hub_key: config.keys.hub_key,
            retry: config.uplink.retry,
            lanes: config.lanes.clone(),
            clock,
            entropy,
        };
        let line = LineConfig::new(&config.uplink.address, &config.uplink.server_name, tls);
        let living = Living::open(parts, line, &config.socket()).await?;
        let (platform, hub) = (&config.platform, &config.hub);
        tracing::info!(%platform, %hub, "the node of {platform} is ready; its hub is {hub}");
        Ok(Self { living, database, _lock: lock })
    }

    /// The branch that it runs.
    pub fn branch(&self) -> &Branch {
        self.living.branch()
    }

    /// The store of the branch.
    pub fn store(&self) -> &Store {
        self.living.branch().store()
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
        let Self { living, database, _lock } = self;
        let stages = living.branch().stages();
        let mut tasks = Tasks::new();
        living.start(&mut tasks, &shutdown);
        let ended = tasks.run(shutdown, GRACE).await;
        database.close().await;
        stages.say();
        ended
    }
}

#[cfg(test)]
mod tests;
