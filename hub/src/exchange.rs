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
mod attachments;
mod courier;
mod dispatch;
mod enclose;
mod errand;
mod fresh;
mod gate;
mod greet;
mod health;
mod herald;
mod hosted;
mod lanes;
mod local;
mod mailbox;
mod news;
mod offer;
mod outbox;
mod permits;
mod publish;
mod range;
mod readers;
mod readmit;
mod registry;
mod reviews;
mod room;
mod rules;
mod stages;

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use sanheyi_exchange_spec::attachment::Attachment;
use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::gate::Edition;
use sanheyi_exchange_spec::ids::{Audience, Generation, PlatformId};
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_exchange_spec::rulebook::Rulebook;
use sanheyi_exchange_spec::suite::SigningKey;
use sanheyi_node::branch::attachment::Held as FileHeld;
use sanheyi_node::branch::{Appended, Draft, SubmitError};
use sanheyi_node::gateway::Takes;
use sanheyi_node::gateway::files::Shelf;
use sanheyi_node::health::Standing;
use sanheyi_node::process::clock::Clock;
use sanheyi_node::process::entropy::Entropy;
use sanheyi_node::store::{Database, JournalRow, Store, StoreError};
use sanheyi_node::upkeep::room::Room;
use sanheyi_node::uplink::port::{
    GreetAnswer, GreetCall, PieceAsked, PieceCall, PullAnswer, PullCall, PushAnswer, PushCall,
};
use tokio::sync::watch;

use crate::health::Works;
use crate::health::peers::{Greeting, Peers};
use admission::{Admission, AdmissionDesk};
pub use courier::Courier;
pub(crate) use dispatch::audience;
pub use gate::Gate;
pub use herald::Herald;
use lanes::lanes;
pub use local::LocalPort;
use news::News;
use offer::Signed;
pub(crate) use outbox::Outbox;
pub use publish::EVERYTHING;
pub use readers::ReaderNotes;
use readers::Readers;
pub use readmit::readmit;
use registry::Registry;
pub use reviews::ReviewWatch;
pub use rules::RuleReader;
use rules::Rules;
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

/// What all rooms of the exchange share.
pub(crate) struct Shared {
    pub(crate) parts: ExchangeParts,
    pub(crate) generation: Generation,
    pub(crate) registry: Registry,
    pub(crate) news: News,
    pub(crate) fresh: fresh::Fresh,
    /// The hub's own journals.
    pub(crate) outbox: Outbox,
    /// What the broadcast says.
    pub(crate) rules: Rules,
    /// How far readers are.
    pub(crate) readers: Readers,
    /// The last checkpoint of the broadcast.
    pub(crate) signed: Signed,
    /// Whose errands are due.
    pub(crate) due: courier::Due,
    /// Who has forwards.
    pub(crate) forwarded: enclose::Forwarded,
    pub(crate) stages: Arc<Stages>,
    /// Signs of life of the workers.
    pub(crate) works: Arc<Works>,
    /// Who is connected, and what they say of themselves.
    pub(crate) peers: Arc<Peers>,
    /// What the watchdog sees.
    standing: OnceLock<watch::Receiver<Arc<Standing>>>,
    /// Whose entries are under review.
    pub(crate) reviews: reviews::Reviews,
    /// The disk by which what is new is refused.
    room: OnceLock<Arc<Room>>,
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
    /// Reads the broadcast on.
    pub rules: RuleReader,
    /// Writes down how far readers are.
    pub readers: ReaderNotes,
    /// Shows entries to other platforms.
    pub courier: Courier,
    /// Looks for reviews of quarantined entries.
    pub reviews: ReviewWatch,
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
        let outbox = Outbox::new(parts.clone(), generation);
        outbox.publish().await?;
        let rules = Rules::open(&outbox).await?;
        let peers = Peers::new(Arc::clone(&parts.clock));
        let shared = Arc::new(Shared {
            news: News::new(lanes),
            parts,
            generation,
            registry,
            fresh: fresh::Fresh::default(),
            outbox,
            rules,
            readers: Readers::default(),
            signed: Signed::default(),
            due: courier::Due::default(),
            forwarded: enclose::Forwarded::default(),
            stages: Arc::default(),
            works: Works::new(lanes),
            peers,
            standing: OnceLock::new(),
            reviews: reviews::Reviews::default(),
            room: OnceLock::new(),
        });
        let (admission, desk) = Admission::new(&shared, lanes);
        let gates = (0..lanes)
            .map(|lane| Gate::new(Arc::clone(&shared), lane, lanes))
            .collect::<Result<_, _>>();
        let workers = Workers {
            admission,
            gates: gates?,
            herald: Herald::new(Arc::clone(&shared)),
            rules: RuleReader::new(Arc::clone(&shared)),
            readers: ReaderNotes::new(Arc::clone(&shared)),
            courier: Courier::new(Arc::clone(&shared))?,
            reviews: ReviewWatch::new(Arc::clone(&shared)),
        };
        Ok((Self { shared, admission: desk }, workers))
    }

    /// What it is made of.
    pub(crate) fn parts(&self) -> &ExchangeParts {
        &self.shared.parts
    }

    /// Generation of its store.
    pub fn generation(&self) -> Generation {
        self.shared.generation
    }

    /// Where the time of admission and gate went, in microseconds.
    pub fn stages(&self) -> Arc<Stages> {
        Arc::clone(&self.shared.stages)
    }

    /// What the broadcast says, as far as it was read.
    pub fn rulebook(&self) -> Arc<Rulebook> {
        self.shared.rulebook()
    }

    /// Hears of what is read of the broadcast.
    pub fn rules(&self) -> watch::Receiver<Arc<Rulebook>> {
        self.shared.rules.listen()
    }

    /// Checks what the hub's operators hand in and appends it, all or none: to the mailbox of the
    /// platform that it names, or to the broadcast. Answered when it is durable and, where it is
    /// the broadcast, in force here.
    ///
    /// # Errors
    /// See [`SubmitError`].
    pub async fn dispatch(&self, drafts: Vec<Draft>) -> Result<Vec<Appended>, SubmitError> {
        let Shared { outbox, news, rules, parts, .. } = self.shared.as_ref();
        self.shared.has_room()?;
        let dispatched = outbox.dispatch(&drafts).await?;
        match &dispatched.audience {
            Audience::All => {
                rules.refresh(outbox).await?;
                news.tell(&parts.hub);
            }
            Audience::One(platform) => news.tell(platform),
        }
        Ok(dispatched.appended)
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
        let (shown, peers) = (Greeting::of(&call), &self.shared.peers);
        let answer = greet::greet(&self.shared, platform, call).await;
        answer.inspect(|_| peers.granted(platform, &shown)).inspect_err(|refusal| {
            peers.refused(platform, &shown, refusal.code);
            tracing::warn!(%platform, %refusal, "a Greet is refused");
        })
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

impl Exchange {
    /// Takes up a file of `platform`, or goes on with it.
    ///
    /// # Errors
    /// If no admitted entry of it names the file as it is offered.
    pub async fn offer_file(
        &self,
        platform: &PlatformId,
        file: &Attachment,
    ) -> Result<FileHeld, Refusal> {
        attachments::offer_file(&self.shared, platform, file).await
    }

    /// Takes a piece of a file of `platform`; answered when it is durable.
    ///
    /// # Errors
    /// If it is not the piece that is due.
    pub async fn put_piece(
        &self,
        platform: &PlatformId,
        call: &PieceCall,
    ) -> Result<FileHeld, Refusal> {
        attachments::put_piece(&self.shared, platform, call).await
    }

    /// Gives a piece of a file to `platform`.
    ///
    /// # Errors
    /// If nothing that it has or was given names the file, or it is not here whole.
    pub async fn get_piece(
        &self,
        platform: &PlatformId,
        call: PieceAsked,
    ) -> Result<Bytes, Refusal> {
        attachments::get_piece(&self.shared, platform, call).await
    }
}

impl Takes for Exchange {
    async fn take(&self, drafts: Vec<Draft>) -> Result<Vec<Appended>, SubmitError> {
        self.dispatch(drafts).await
    }

    fn check(&self, drafts: &[Draft]) -> Result<(), SubmitError> {
        dispatch::check_drafts(drafts)
    }

    fn shelf(&self) -> Shelf {
        let parts = &self.shared.parts;
        let clock = Arc::clone(&parts.clock);
        Shelf { store: self.shared.store(&parts.hub), clock, room: self.shared.room() }
    }
}

// === impl Shared ===

impl Shared {
    /// What the broadcast says, as far as it was read.
    pub(crate) fn rulebook(&self) -> Arc<Rulebook> {
        self.rules.now()
    }

    /// The broadcast, where a branch is to copy it: a tenant's rules are read where they are at
    /// home.
    pub(crate) async fn broadcast_for(
        &self,
        store: &Store,
    ) -> Result<Option<JournalRow>, StoreError> {
        match self.is_hosted(store).await? {
            true => Ok(None),
            false => rules::broadcast(&self.outbox).await.map(Some),
        }
    }

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
