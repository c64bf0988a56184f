//! A branch with all that keeps it alive: its writer, its line to the hub, its intake. A node has
//! one, a hub has one for each of its tenants.

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::{SigningKey, VerifyingKey};
use tokio::sync::mpsc;

use super::BuildError;
use crate::branch::{Branch, BranchConfig};
use crate::gateway::{self, socket};
use crate::process::clock::Clock;
use crate::process::entropy::Entropy;
use crate::process::lifecycle::{Shutdown, Tasks};
use crate::store::{Store, StoreError};
use crate::uplink::connect::Connect;
use crate::uplink::retry::RetryConfig;
use crate::uplink::run::Uplink;
use crate::uplink::sync::LinkParts;

/// What a branch is brought to life with.
pub struct LivingParts {
    /// Its rows; the platform is theirs.
    pub store: Store,
    /// Its hub.
    pub hub: PlatformId,
    /// Signs its checkpoints.
    pub key: SigningKey,
    /// Who holds that key, where it is not the platform.
    pub keeper: Option<PlatformId>,
    /// Verifies its hub's checkpoints and grants.
    pub hub_key: VerifyingKey,
    /// Pauses between two attempts of its line.
    pub retry: RetryConfig,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
}

/// A branch that is ready to live. It takes connections at its socket and answers once it runs.
pub struct Living<C: Connect> {
    branch: Branch,
    writer: Pin<Box<dyn Future<Output = Result<(), StoreError>> + Send>>,
    uplink: Uplink<C>,
    socket: socket::Socket,
}

// === impl Living ===

impl<C: Connect> Living<C> {
    /// Opens the branch and listens at the socket. Nothing runs yet.
    ///
    /// # Errors
    /// Of the store or the socket.
    pub async fn open(parts: LivingParts, line: C, socket: &Path) -> Result<Self, BuildError> {
        let LivingParts { store, hub, key, keeper, hub_key, retry, clock, entropy } = parts;
        let config = BranchConfig { platform: store.platform().clone(), hub };
        let (time, chance) = (Arc::clone(&clock), Arc::clone(&entropy));
        let (branch, writer) = Branch::open(config, store, time, chance).await?;
        let link = LinkParts { branch: branch.clone(), key, keeper, hub_key, clock, entropy };
        let uplink = Uplink::new(link, line, retry).await?;
        let socket = socket::listen(socket).await?;
        Ok(Self { branch, writer: Box::pin(writer), uplink, socket })
    }

    /// The branch.
    pub fn branch(&self) -> &Branch {
        &self.branch
    }

    /// The socket of its intake.
    pub fn socket(&self) -> &Path {
        self.socket.path()
    }

    /// Starts its tasks: the writer, the uplink and the intake. The writer stops last, when nobody
    /// is left who could hand it anything.
    pub fn start(self, tasks: &mut Tasks, shutdown: &Shutdown) {
        let Self { branch, writer, uplink, socket } = self;
        let (handing_in, mut all_gone) = mpsc::channel::<()>(1);
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
        tasks.spawn("intake", async move {
            let ended = gateway::serve(socket, branch, wish).await;
            drop(mark);
            ended
        });
    }
}
