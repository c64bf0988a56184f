//! One tenant: its key, its folder, its branch with all that keeps it alive.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::{SigningKey, VerifyingKey};
use sanheyi_node::app::{BuildError, GRACE, Living, LivingParts};
use sanheyi_node::branch::Branch;
use sanheyi_node::process::clock::Clock;
use sanheyi_node::process::entropy::Entropy;
use sanheyi_node::process::folder::{self, FolderError};
use sanheyi_node::process::lifecycle::{Shutdown, TaskError, Tasks};
use sanheyi_node::process::secret::{SecretError, read_seed};
use sanheyi_node::store::{Database, Lease, StoreError};
use sanheyi_node::upkeep::room::Room;
use sanheyi_node::uplink::lanes::LaneRules;
use sanheyi_node::uplink::retry::RetryConfig;
use thiserror::Error;

use crate::exchange::{Exchange, LocalPort};
use crate::store::PlatformRow;

/// Socket of a tenant's intake inside its folder, as a node has it.
const SOCKET: &str = "intake.sock";
/// Pauses of a line that always stands: what refuses a call is in this very process, and waiting
/// costs nobody's network.
const PAUSES: RetryConfig =
    RetryConfig { first: Duration::from_millis(100), factor: 2, max: Duration::from_secs(5) };

/// What all tenants of a hub share.
#[derive(Clone)]
pub struct Grounds {
    /// The exchange that they call.
    pub exchange: Exchange,
    /// The store where they are at home.
    pub database: Database,
    /// The hub, which keeps their keys.
    pub hub: PlatformId,
    /// Verifies the hub's checkpoints and grants.
    pub hub_key: VerifyingKey,
    /// Folder of their keys: `<id>.key`.
    pub keys: PathBuf,
    /// Folder of their sockets: `<id>/intake.sock`.
    pub data: PathBuf,
    /// The disk by which they refuse what is new.
    pub room: Arc<Room>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
}

/// A tenant that runs.
pub struct Hosted {
    branch: Branch,
    socket: PathBuf,
    /// Of several instances of the hub, the one that has it hosts the tenant.
    lease: Lease,
    shutdown: Shutdown,
    ended: BoxFuture<'static, Result<(), TaskError>>,
}

/// Why a tenant does not run. Others do.
#[derive(Debug, Error)]
pub enum TenantError {
    /// Its key cannot be read.
    #[error(
        "租户 {platform} 的密钥文件 {path} 不可用，请从备份恢复该文件，权限 600 / \
         the key of tenant {platform} cannot be used: put {path} back from its backup, mode 600",
        path = path.display()
    )]
    Key {
        /// The tenant.
        platform: PlatformId,
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: SecretError,
    },
    /// The file holds another key than the registered one.
    #[error(
        "{path} 不是平台 {platform} 登记的密钥，请从备份恢复原文件 / \
         {path} is not the registered key of {platform}: put the right file back from its backup",
        path = path.display()
    )]
    OtherKey {
        /// The tenant.
        platform: PlatformId,
        /// The file.
        path: PathBuf,
    },
    /// Another instance of this hub hosts it.
    #[error("租户 {0} 由本平台的另一实例托管 / tenant {0} lives in another instance of this hub")]
    Elsewhere(PlatformId),
    /// The store cannot be reached.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its folder cannot be used.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Its branch cannot be opened, or its socket not be made.
    #[error(transparent)]
    Build(#[from] BuildError),
}

/// Where the key of a tenant lies.
pub(crate) fn key_file(keys: &Path, platform: &PlatformId) -> PathBuf {
    keys.join(format!("{platform}.key"))
}

/// Where records of a tenant are handed in.
pub(crate) fn socket_file(data: &Path, platform: &PlatformId) -> PathBuf {
    data.join(platform.as_str()).join(SOCKET)
}

/// Brings a tenant to life in this process. One process at a time does: two would race each other
/// at every append, and put out each other's epochs.
///
/// # Errors
/// See [`TenantError`].
pub async fn host(grounds: &Grounds, tenant: &PlatformRow) -> Result<Hosted, TenantError> {
    let platform = &tenant.platform;
    let key = signing_key(grounds, tenant)?;
    let lease = grounds.database.lease(&format!("tenant {platform}")).await?;
    let lease = lease.ok_or_else(|| TenantError::Elsewhere(platform.clone()))?;
    let socket = socket_file(&grounds.data, platform);
    folder::private(&grounds.data)?;
    folder::private(&grounds.data.join(platform.as_str()))?;
    let parts = LivingParts {
        store: grounds.database.of(platform),
        hub: grounds.hub.clone(),
        key,
        keeper: Some(grounds.hub.clone()),
        hub_key: grounds.hub_key,
        retry: PAUSES,
        lanes: LaneRules::default(),
        room: Arc::clone(&grounds.room),
        clock: Arc::clone(&grounds.clock),
        entropy: Arc::clone(&grounds.entropy),
    };
    let line = LocalPort::new(grounds.exchange.clone(), platform.clone());
    let living = Living::open(parts, line, &socket).await?;
    let branch = living.branch().clone();
    branch.set_quota(tenant.quota);
    let shutdown = Shutdown::new();
    let mut tasks = Tasks::new();
    living.start(&mut tasks, &shutdown);
    let ended = Box::pin(tasks.run(shutdown.clone(), GRACE));
    Ok(Hosted { branch, socket, lease, shutdown, ended })
}

fn signing_key(grounds: &Grounds, tenant: &PlatformRow) -> Result<SigningKey, TenantError> {
    let platform = tenant.platform.clone();
    let path = key_file(&grounds.keys, &platform);
    match read_seed(&path) {
        Ok(seed) => {
            let key = SigningKey::from_seed(&seed);
            let registered = key.verifying() == tenant.key;
            if registered { Ok(key) } else { Err(TenantError::OtherKey { platform, path }) }
        }
        Err(source) => Err(TenantError::Key { platform, path, source }),
    }
}

// === impl Hosted ===

impl Hosted {
    /// Its branch.
    pub fn branch(&self) -> &Branch {
        &self.branch
    }

    /// Where its records are handed in.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Whether this instance still has the tenant for itself.
    ///
    /// # Errors
    /// If the connection to the database that said so is lost: another instance may host it now.
    pub async fn check(&mut self) -> Result<(), StoreError> {
        self.lease.check().await
    }

    /// Waits until its tasks have ended. To be called no more once it has answered.
    ///
    /// # Errors
    /// With the first reason other than a wish to stop.
    pub async fn ended(&mut self) -> Result<(), TaskError> {
        (&mut self.ended).await
    }

    /// Stops it: calls under way are answered, what was acknowledged is durable.
    ///
    /// # Errors
    /// If a task ends otherwise than as asked.
    pub async fn stop(self) -> Result<(), TaskError> {
        let Self { branch, lease, shutdown, ended, .. } = self;
        // Whoever holds a branch could hand its writer something.
        drop(branch);
        shutdown.soft();
        let ended = ended.await;
        lease.release().await;
        ended
    }
}
