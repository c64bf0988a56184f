//! A branch with all that keeps it alive: its writer, its line to the hub, its intake. A node has
//! one, a hub has one for each of its tenants.

use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::suite::{SigningKey, VerifyingKey};
use tokio::sync::mpsc;

use super::BuildError;
use crate::branch::{Branch, BranchConfig};
use crate::gateway::{self, socket};
use crate::health::heart::Heart;
use crate::process::clock::{Clock, pause};
use crate::process::entropy::Entropy;
use crate::process::lifecycle::{Shutdown, Tasks};
use crate::store::{Store, StoreError};
use crate::upkeep::room::Room;
use crate::uplink::connect::Connect;
use crate::uplink::lanes::{LaneRules, Lanes};
use crate::uplink::retry::RetryConfig;
use crate::uplink::run::Uplink;
use crate::uplink::sync::LinkParts;

/// How often the copy of the broadcast is looked at, in case another process has added to it.
const LOOK: Duration = Duration::from_secs(5);

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
    /// What each lane may take of it.
    pub lanes: LaneRules,
    /// The disk by which it refuses what is new.
    pub room: Arc<Room>,
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
    clock: Arc<dyn Clock>,
}

/// How often a branch looks whether an offer of its own has expired: minutes would do, too.
const OFFERS: Duration = Duration::from_secs(2);

/// After so many rounds it looks even where it knows of none: letters may have brought one back.
const ROUNDS: u64 = 150;

/// Withdraws own offers that have expired, until the process stops.
async fn withdraw_expired(
    branch: &Branch,
    clock: &dyn Clock,
    shutdown: &Shutdown,
) -> Result<(), StoreError> {
    for round in 1_u64.. {
        tokio::select! {
            () = shutdown.soft_asked() => return Ok(()),
            () = pause(OFFERS) => {}
        }
        if round.is_multiple_of(ROUNDS) {
            branch.expect_offers();
        }
        if let Err(error) = branch.withdraw_expired(clock.now()).await {
            tracing::warn!(%error, "expired offers could not be withdrawn, and will be");
        }
    }
    Ok(())
}

// === impl Living ===

impl<C: Connect> Living<C> {
    /// Opens the branch and listens at the socket. Nothing runs yet.
    ///
    /// # Errors
    /// Of the store or the socket.
    pub async fn open(parts: LivingParts, line: C, socket: &Path) -> Result<Self, BuildError> {
        let LivingParts { store, hub, key, keeper, hub_key, retry, lanes, room, clock, entropy } =
            parts;
        let config = BranchConfig { platform: store.platform().clone(), hub };
        let (time, chance) = (Arc::clone(&clock), Arc::clone(&entropy));
        let (branch, writer) = Branch::open(config, store, time, chance).await?;
        branch.set_room(room);
        let lanes = Arc::new(Lanes::new(&lanes, Arc::clone(&clock)));
        let time = Arc::clone(&clock);
        let link =
            LinkParts { branch: branch.clone(), key, keeper, hub_key, clock: time, entropy, lanes };
        let uplink = Uplink::new(link, line, retry).await?;
        let socket = socket::listen(socket).await?;
        Ok(Self { branch, writer: Box::pin(writer), uplink, socket, clock })
    }

    /// The same, with heartbeats on its line.
    #[must_use]
    pub fn with_heart(self, heart: Arc<Heart>) -> Self {
        Self { uplink: self.uplink.with_heart(heart), ..self }
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
        let Self { branch, writer, uplink, socket, clock } = self;
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
        let (wish, mark) = (shutdown.clone(), handing_in.clone());
        let (offers, time) = (branch.clone(), clock);
        tasks.spawn("custody", async move {
            let ended = withdraw_expired(&offers, time.as_ref(), &wish).await;
            drop(mark);
            ended
        });
        let (wish, reader) = (shutdown.clone(), branch.clone());
        tasks.spawn("broadcast", async move {
            tokio::select! {
                ended = read_on(&reader) => ended,
                () = wish.soft_asked() => Ok(()),
            }
        });
        let (wish, mark) = (shutdown.clone(), handing_in);
        tasks.spawn("intake", async move {
            let ended = gateway::serve(socket, branch, wish).await;
            drop(mark);
            ended
        });
    }
}

/// Reads the broadcast on now and then: a carry file may have been taken in beside this process,
/// and nobody told.
async fn read_on(branch: &Branch) -> Result<(), StoreError> {
    loop {
        pause(LOOK).await;
        if let Err(error) = branch.read_broadcast().await {
            tracing::warn!(%error, "the broadcast could not be read on: it is tried again");
        }
    }
}
