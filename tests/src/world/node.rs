//! A node of a world: its branch on a runtime of its own, its line driven by hand or by itself.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::branch::{Appended, Branch, BranchConfig, Draft, SubmitError};
use sanheyi_node::config::NodeConfig;
use sanheyi_node::health::{BranchWatch, Checks, Pace, Watchdog};
use sanheyi_node::identity::Keeper;
use sanheyi_node::identity::health::{Validity, certificate_finding};
use sanheyi_node::identity::keeper::KeepError;
use sanheyi_node::process::clock::{Clock, ManualClock};
use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_node::process::lifecycle::Shutdown;
use sanheyi_node::process::tls::ClientConfig;
use sanheyi_node::process::tls::swap::Swap;
use sanheyi_node::store::{Database, LinkRow, Store, StoreError};
use sanheyi_node::uplink::lanes::Lanes;
use sanheyi_node::uplink::retry::RetryConfig;
use sanheyi_node::uplink::run::Uplink;
use sanheyi_node::uplink::sync::LinkParts;
use sanheyi_node::uplink::transport::{Line, LineConfig, LineError, connect};
use tokio::task::JoinHandle;

use super::link::Link;
use super::party::Party;
use crate::patience::within;

/// The machine on which a node runs, or does not.
pub struct NodeMachine {
    folder: PathBuf,
    clock: Arc<dyn Clock>,
    seed: u64,
    /// Where it dials: the hub, or a proxy before it.
    pub dial: SocketAddr,
    /// Its line asks for signs of life so often, and waits so long for each, if not as usual.
    pub pings: Option<Duration>,
    running: Option<Running>,
}

struct Running {
    party: Party,
    branch: Branch,
    parts: LinkParts,
    tls: Swap<ClientConfig>,
    uplink: Option<(Shutdown, JoinHandle<Result<(), StoreError>>)>,
}

/// Short pauses: a test has no time to lose.
const PAUSES: RetryConfig =
    RetryConfig { first: Duration::from_millis(1), factor: 2, max: Duration::from_millis(50) };

impl NodeMachine {
    pub(super) fn new(folder: &Path, clock: Arc<ManualClock>, dial: SocketAddr, seed: u64) -> Self {
        Self { folder: folder.to_owned(), clock, seed, dial, pings: None, running: None }
    }

    /// Takes the time from a clock of its own.
    pub fn set_clock(&mut self, clock: Arc<ManualClock>) {
        self.clock = clock;
    }

    fn running(&self) -> &Running {
        self.running.as_ref().expect("the node is open")
    }

    /// Its configuration, as the hub's operator handed it over.
    ///
    /// # Panics
    /// If it cannot be read.
    pub fn config(&self) -> NodeConfig {
        NodeConfig::load(&self.folder.join("node.toml")).expect("the node's configuration")
    }

    /// Opens the branch.
    ///
    /// # Panics
    /// If it does not open.
    pub async fn open(&mut self) {
        assert!(self.running.is_none(), "the node is open already");
        self.seed += 1;
        let config = self.config();
        let keys = config.read_keys(Arc::clone(&self.clock)).expect("the node's keys");
        let party = Party::new(config.platform.as_str());
        let entropy = Arc::new(SeededEntropy::new(self.seed));
        let (clock, chance) = (Arc::clone(&self.clock), Arc::clone(&entropy));
        let hub_key = config.keys.hub_key;
        let lanes = Arc::new(Lanes::new(&config.lanes, Arc::clone(&self.clock)));
        let (branch, writer) = party
            .run(async move {
                std::fs::create_dir_all(&config.data).expect("a data folder");
                let database = Database::open(config.database(), &[]).await.expect("a database");
                let store = database.of(&config.platform);
                let own = BranchConfig { platform: config.platform, hub: config.hub };
                let (branch, writer) =
                    Branch::open(own, store, clock, chance).await.expect("a branch");
                (branch, Box::pin(writer))
            })
            .await;
        party.spawn(writer);
        let parts = LinkParts {
            branch: branch.clone(),
            key: keys.signing,
            keeper: None,
            hub_key,
            clock: Arc::clone(&self.clock),
            entropy,
            lanes,
        };
        self.running = Some(Running { party, branch, parts, tls: keys.tls.into(), uplink: None });
    }

    /// Closes the branch as an operator does; its files are then whole by themselves.
    ///
    /// # Panics
    /// If it is not open.
    pub async fn close(&mut self) {
        self.hang_up().await;
        let Running { party, branch, parts, .. } = self.running.take().expect("the node is open");
        let database = branch.store().database().clone();
        drop((branch, parts));
        party.kill().await;
        database.close().await;
    }

    /// Kills the node where it stands.
    ///
    /// # Panics
    /// If it is not open.
    pub async fn kill(&mut self) {
        let Running { party, .. } = self.running.take().expect("the node is open");
        party.kill().await;
    }

    /// Its platform.
    pub fn platform(&self) -> PlatformId {
        self.branch().platform().clone()
    }

    /// Its branch.
    pub fn branch(&self) -> &Branch {
        &self.running().branch
    }

    /// Its store.
    pub fn store(&self) -> &Store {
        self.branch().store()
    }

    /// What its links are made of.
    pub fn parts(&self) -> LinkParts {
        self.running().parts.clone()
    }

    /// Its folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Appends drafts.
    ///
    /// # Panics
    /// If they are refused.
    pub async fn submit(&self, drafts: Vec<Draft>) -> Vec<Appended> {
        self.try_submit(drafts).await.expect("the drafts are appended")
    }

    /// Appends drafts, or not.
    ///
    /// # Errors
    /// As the branch says.
    pub async fn try_submit(&self, drafts: Vec<Draft>) -> Result<Vec<Appended>, SubmitError> {
        within("a submission is answered", self.branch().submit(drafts)).await
    }

    /// How it dials.
    pub fn line_config(&self) -> LineConfig {
        let tls = self.running().tls.clone();
        let mut line = LineConfig::new(self.dial.to_string(), "127.0.0.1", tls);
        if let Some(pings) = self.pings {
            (line.ping_every, line.ping_timeout) = (pings, pings);
            line.connect_timeout = pings;
        }
        line
    }

    /// A watchdog over it, as its process has one; it looks when it is told to.
    pub fn watchdog(&self) -> Watchdog<BranchWatch> {
        let (config, branch) = (self.config(), self.branch());
        // The machine's own disk may be as full as it likes.
        let name = self.platform().to_string();
        let files = config.identity();
        let checks = Checks::new().with_plain(move |now| {
            let held = files.load().expect("an identity");
            let (not_before, not_after) = (held.subject.not_before, held.subject.not_after);
            let validity = Validity { not_before, not_after };
            certificate_finding(&name, validity, now).into_iter().collect()
        });
        let watched = BranchWatch::new(self.store().clone(), config.hub, config.lanes)
            .with_stages(branch.stages())
            .with_checks(checks);
        Watchdog::new(watched, Arc::clone(&self.clock), Pace::default())
    }

    /// What keeps its certificate and its trust fresh; a test has it ask.
    pub fn keeper(&self) -> Keeper {
        let clock = Arc::clone(&self.clock);
        Keeper::new(self.config().identity(), self.platform(), self.line_config(), clock)
    }

    /// Has the node look after its identity once, as its task does.
    ///
    /// # Errors
    /// As [`Keeper::ask`].
    pub async fn keep_identity(&self) -> Result<(), KeepError> {
        within("the hub is asked", self.keeper().ask(self.clock.now())).await
    }

    /// Serial number of the certificate that its next line shows.
    ///
    /// # Panics
    /// If it has none that works.
    pub fn serial(&self) -> String {
        self.config().identity().load().expect("an identity").subject.serial
    }

    /// A line to the hub.
    ///
    /// # Errors
    /// If it does not come about.
    pub async fn line(&self) -> Result<Line, LineError> {
        within("a line", connect(&self.line_config())).await
    }

    /// A link that is stepped by hand.
    ///
    /// # Panics
    /// If there is no line.
    pub async fn link(&self) -> Link {
        let line = self.line().await.expect("a line to the hub");
        Link::new(self.parts(), line)
    }

    /// Links by hand until everything is acknowledged and answered; gives the link, which stands.
    pub async fn settle(&self) -> Link {
        within("everything is acknowledged and answered", async {
            loop {
                let mut link = self.link().await;
                if link.settle(self.store()).await {
                    return link;
                }
            }
        })
        .await
    }

    /// Lets the node keep its line up by itself.
    ///
    /// # Panics
    /// If it does already.
    pub async fn dial_on(&mut self) {
        self.dial_on_with(PAUSES).await;
    }

    /// The same, with other pauses between connections.
    ///
    /// # Panics
    /// If it does already.
    pub async fn dial_on_with(&mut self, pauses: RetryConfig) {
        let (parts, line) = (self.parts(), self.line_config());
        let running = self.running.as_mut().expect("the node is open");
        assert!(running.uplink.is_none(), "the node keeps its line already");
        let shutdown = Shutdown::new();
        let uplink = Uplink::new(parts, line, pauses).await.expect("an uplink");
        let task = running.party.spawn(uplink.run(shutdown.clone()));
        running.uplink = Some((shutdown, task));
    }

    /// Ends the line that the node keeps by itself, if it does.
    ///
    /// # Panics
    /// If the uplink failed.
    pub async fn hang_up(&mut self) {
        let uplink = self.running.as_mut().and_then(|running| running.uplink.take());
        if let Some((shutdown, task)) = uplink {
            shutdown.soft();
            let ended = within("the uplink ends", task).await;
            ended.expect("it does not panic").expect("it does not fail");
        }
    }

    /// How its link stands, as `status` shows it.
    ///
    /// # Panics
    /// If the store cannot be read.
    pub async fn link_row(&self) -> LinkRow {
        self.store().link_get().await.expect("the link's row").unwrap_or_default()
    }
}
