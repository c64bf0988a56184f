//! The exchange (交换): what a hub does with what branches say, whoever carries it. The gRPC handlers
//! and a hosted tenant's local port are thin skins over [`Exchange`].
//!
//! ```text
//! greet ─► chain of epochs: compare and swap, signed grant               one transaction
//! push  ─► admission: open, bind to the checkpoint ─► durable ─► answer  one transaction a group
//!            └─► gate: judge, index, receipt into the mailbox            one transaction a range
//! pull  ─► window of a journal as it is stored, signed at its end; waits for news
//! ```

mod admission;
mod fresh;
mod gate;
mod greet;
mod herald;
mod hosted;
mod lanes;
mod local;
mod mailbox;
mod news;
mod offer;
mod range;
mod readmit;
mod registry;
mod stages;

use std::sync::Arc;

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::gate::Edition;
use sanheyi_exchange_spec::ids::{Generation, PlatformId};
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_exchange_spec::suite::SigningKey;
use sanheyi_node::branch::Recent;
use sanheyi_node::process::clock::Clock;
use sanheyi_node::process::entropy::Entropy;
use sanheyi_node::store::{Database, Store, StoreError};
use sanheyi_node::uplink::port::{
    GreetAnswer, GreetCall, PullAnswer, PullCall, PushAnswer, PushCall,
};

use admission::{Admission, AdmissionDesk};
pub use gate::Gate;
pub use herald::Herald;
use lanes::lanes;
pub use local::LocalPort;
use news::News;
pub use readmit::readmit;
use registry::Registry;
pub use stages::Stages;

/// What an exchange is made of.
#[derive(Clone)]
pub struct ExchangeParts {
    /// The hub's own platform.
    pub hub: PlatformId,
    /// Its store.
    pub database: Database,
    /// Signs its checkpoints and grants.
    pub key: SigningKey,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Chance.
    pub entropy: Arc<dyn Entropy>,
    /// What it knows of the standard.
    pub edition: Edition,
}

/// Bytes of receipts kept in memory for each mailbox: some dozens.
const LETTERS_BYTES: usize = 32 * 1024;

/// What all rooms of the exchange share.
pub(crate) struct Shared {
    pub(crate) parts: ExchangeParts,
    pub(crate) generation: Generation,
    pub(crate) registry: Registry,
    pub(crate) news: News,
    pub(crate) fresh: fresh::Fresh,
    /// What the gate has written into mailboxes last.
    pub(crate) letters: Recent,
    pub(crate) stages: Arc<Stages>,
}

/// The exchange.
#[derive(Clone)]
pub struct Exchange {
    shared: Arc<Shared>,
    admission: AdmissionDesk,
}

/// The futures that an exchange needs to have run.
pub struct Workers {
    /// Admit pushes, group by group, one worker a lane.
    pub admission: Vec<Admission>,
    /// Judge what was admitted, one worker a lane.
    pub gates: Vec<Gate>,
    /// Carries news between instances.
    pub herald: Herald,
}

// === impl Exchange ===

impl Exchange {
    /// Opens an exchange on its store; a new store gets its generation here.
    ///
    /// # Errors
    /// Of the database.
    pub async fn open(parts: ExchangeParts) -> Result<(Self, Workers), StoreError> {
        let generation = registry::generation(&parts).await?;
        let registry = Registry::open(&parts).await?;
        let lanes = lanes(parts.database.reach());
        let shared = Arc::new(Shared {
            parts,
            generation,
            registry,
            news: News::new(lanes),
            fresh: fresh::Fresh::default(),
            letters: Recent::new(LETTERS_BYTES),
            stages: Arc::default(),
        });
        let (admission, desk) = Admission::new(&shared, lanes);
        let gates = (0..lanes)
            .map(|lane| Gate::new(Arc::clone(&shared), lane, lanes))
            .collect::<Result<_, _>>();
        let workers =
            Workers { admission, gates: gates?, herald: Herald::new(Arc::clone(&shared)) };
        Ok((Self { shared, admission: desk }, workers))
    }

    /// Generation of its store.
    pub fn generation(&self) -> Generation {
        self.shared.generation
    }

    /// Where the time of admission and gate went, in microseconds.
    pub fn stages(&self) -> Arc<Stages> {
        Arc::clone(&self.shared.stages)
    }

    /// Lets nobody wait any longer: the process is stopping.
    pub fn close(&self) {
        self.shared.news.close();
    }

    /// Refuses a tenant that calls over the network: its branch lives here, and whoever has a
    /// certificate in its name is somebody else.
    ///
    /// # Errors
    /// [`Code::Unauthorised`] for a tenant.
    pub async fn refuse_tenant(&self, platform: &PlatformId) -> Result<(), Refusal> {
        let parts = &self.shared.parts;
        let hosted = self.shared.registry.hosted(parts, platform).await;
        if !hosted.map_err(|error| refused(&error))? {
            return Ok(());
        }
        tracing::warn!(%platform, "somebody calls over the network as a tenant");
        Err(Refusal::new(
            Code::Unauthorised,
            platform.to_string(),
            format!("平台 {platform} 由市级平台托管，不接受网络连接"),
            format!("platform {platform} is hosted by the hub: it does not call over the network"),
        ))
    }

    /// Answers a Greet of `platform`.
    ///
    /// # Errors
    /// By rule 11 and the registry.
    pub async fn greet(
        &self,
        platform: &PlatformId,
        call: GreetCall,
    ) -> Result<GreetAnswer, Refusal> {
        let answer = greet::greet(&self.shared, platform, call).await;
        answer.inspect_err(|refusal| tracing::warn!(%platform, %refusal, "a Greet is refused"))
    }

    /// Admits a push of `platform`; answered when it is durable.
    ///
    /// # Errors
    /// By the admit rule.
    pub async fn push(&self, platform: &PlatformId, call: PushCall) -> Result<PushAnswer, Refusal> {
        self.admission.push(platform, call).await
    }

    /// Answers a pull of `platform`; waits for news up to the call's wait.
    ///
    /// # Errors
    /// If a journal is not this platform's to read.
    pub async fn pull(&self, platform: &PlatformId, call: PullCall) -> Result<PullAnswer, Refusal> {
        offer::pull(&self.shared, platform, call).await
    }
}

// === impl Shared ===

impl Shared {
    /// The rows of one platform.
    pub(crate) fn store(&self, platform: &PlatformId) -> Store {
        self.parts.database.of(platform)
    }
}

/// A fault of the store as a refusal.
pub(crate) fn refused(error: &StoreError) -> Refusal {
    tracing::error!(%error, "the store failed");
    Refusal::new(error.code(), "", "市级平台存储失败", "the hub's store failed")
}
