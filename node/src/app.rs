//! The application as a value: configuration, then build, then run. The program `sanheyi-node`, the
//! demonstration and tests make the same one.

use std::fs::File;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use thiserror::Error;
use tokio::sync::mpsc;

use crate::branch::{Branch, BranchConfig};
use crate::config::{NodeConfig, NodeKeys};
use crate::gateway::{self, socket};
use crate::process::clock::Clock;
use crate::process::config::ConfigError;
use crate::process::entropy::Entropy;
use crate::process::folder::{self, FolderError};
use crate::process::lifecycle::{Shutdown, TaskError, Tasks};
use crate::store::{Database, Store, StoreError};
use crate::uplink::run::Uplink;
use crate::uplink::sync::LinkParts;
use crate::uplink::transport::LineConfig;

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
    branch: Branch,
    database: Database,
    writer: Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>,
    uplink: Uplink,
    socket: socket::Socket,
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
        let database = Database::open(&config.database(), &[]).await?;
        let store = database.of(&config.platform);
        let NodeConfig { platform, hub, .. } = config.clone();
        let (branch, writer) = Branch::open(
            BranchConfig { platform, hub },
            store,
            Arc::clone(&clock),
            Arc::clone(&entropy),
        )
        .await?;
        let hub_key = config.keys.hub_key;
        let parts = LinkParts { branch: branch.clone(), key: signing, hub_key, clock, entropy };
        let line = LineConfig::new(&config.uplink.address, &config.uplink.server_name, tls);
        let uplink = Uplink::new(parts, line, config.uplink.retry).await?;
        let socket = socket::listen(&config.socket()).await?;
        let (platform, hub) = (branch.platform(), branch.hub());
        tracing::info!(%platform, %hub, "the node of {platform} is ready; its hub is {hub}");
        Ok(Self { branch, database, writer: Box::pin(writer), uplink, socket, _lock: lock })
    }

    /// The branch that it runs.
    pub fn branch(&self) -> &Branch {
        &self.branch
    }

    /// The store of the branch.
    pub fn store(&self) -> &Store {
        self.branch.store()
    }

    /// The socket of its intake; it takes connections from now on and answers once it runs.
    pub fn socket(&self) -> &Path {
        self.socket.path()
    }

    /// Runs until shutdown: the writer, the uplink and the intake. The writer stops last, when
    /// nobody is left who could hand it anything.
    ///
    /// # Errors
    /// If a task ends otherwise than as asked.
    pub async fn run(self, shutdown: Shutdown) -> Result<(), TaskError> {
        let Self { branch, database, writer, uplink, socket, _lock } = self;
        let (handing_in, mut all_gone) = mpsc::channel::<()>(1);
        let mut tasks = Tasks::new();
        tasks.spawn("writer", async move {
            tokio::select! {
                biased;
                ended = writer => ended,
                _ = all_gone.recv() => Ok(()),
            }
        });
        let (wish, mark) = (shutdown.clone(), handing_in.clone());
        tasks.spawn("uplink", async move {
            let ended = uplink.run(wish).await;
            drop(mark);
            ended
        });
        let (wish, mark) = (shutdown.clone(), handing_in);
        let stages = branch.stages();
        tasks.spawn("intake", async move {
            let ended = gateway::serve(socket, branch, wish).await;
            drop(mark);
            ended
        });
        let ended = tasks.run(shutdown, GRACE).await;
        database.close().await;
        stages.say();
        ended
    }
}

#[cfg(test)]
mod tests;
