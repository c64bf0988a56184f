//! A world: a hub and its nodes in one process, over real sockets and real mutual TLS, each party
//! in a folder and a runtime of its own, so that each can be stopped, killed, copied and started
//! again. One clock, which moves only when it is told to.

mod check;
mod enrol;
mod faulty;
mod ferry;
mod foreign;
mod hub;
mod link;
mod node;
mod party;
mod tenant;
mod told;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_hub::exchange::EVERYTHING;
use sanheyi_hub::exchange::{LocalPort, readmit};
use sanheyi_hub::setup::{NewPlatform, Setup};
use sanheyi_node::config::NodeConfig;
use sanheyi_node::process::clock::ManualClock;
use sanheyi_node::process::entropy::SeededEntropy;
use sanheyi_node::store::Address;
use tempfile::TempDir;

pub use check::{assert_converged, assert_sound, hub_rows, journal_of, node_rows};
pub use faulty::{CALLS, FATES, Fate, Faults, Faulty, Patient};
pub use ferry::{ALL, answer, bring, carrier, export, ferry, round_trip, take};
pub use foreign::Foreign;
pub use hub::HubMachine;
pub use link::{Link, settled};
pub use node::NodeMachine;
pub use tenant::{Tenant, assert_tenant_sound, home_and_admitted, wire_draft};
pub use told::{counts, judged, rules, told};

use crate::fixtures::MORNING;
use crate::knobs::{Ground, ground};
use crate::postgres::{PgDatabase, shared};

/// The hub of every world.
pub const HUB: &str = "changzhou";

/// A hub, and what its nodes are made from.
pub struct World {
    /// The hub.
    pub hub: HubMachine,
    /// What everybody takes the time from.
    pub clock: Arc<ManualClock>,
    setup: Setup,
    seed: u64,
    folder: TempDir,
    /// Keeps the server of the hub's store.
    database: Option<PgDatabase>,
}

/// A platform's id.
///
/// # Panics
/// If `text` is none.
pub fn id(text: &str) -> PlatformId {
    text.parse().expect("a platform's id")
}

/// Copies a folder: a backup, or a machine that was cloned.
///
/// # Panics
/// If the disk refuses.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for item in std::fs::read_dir(from).expect("a folder") {
        let item = item.expect("a folder's item");
        let target = to.join(item.file_name());
        match item.file_type().expect("a type of file") {
            kind if kind.is_dir() => copy_folder(&item.path(), &target),
            kind if kind.is_file() => {
                std::fs::copy(item.path(), &target).expect("a copy");
            }
            _ => {}
        }
    }
}

// === impl World ===

impl World {
    /// A hub that runs, and the platforms `names`, registered. `seed` gives all chance. Where its
    /// store lies, [`ground`] says.
    ///
    /// # Panics
    /// If it cannot be set up.
    pub async fn new(seed: u64, names: &[&str]) -> Self {
        Self::on(ground(), seed, names).await
    }

    /// The same, with the hub's store on `ground`.
    ///
    /// # Panics
    /// If it cannot be set up.
    pub async fn on(ground: Ground, seed: u64, names: &[&str]) -> Self {
        Self::begun(ground, MORNING, seed, names).await
    }

    /// The same, begun at another time: for programs that take the time from the machine.
    ///
    /// # Panics
    /// If it cannot be set up.
    pub async fn begun(ground: Ground, now: Timestamp, seed: u64, names: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let clock = Arc::new(ManualClock::new(now));
        let mut setup = Setup::new(
            folder.path().join("hub"),
            id(HUB),
            Arc::clone(&clock) as _,
            Arc::new(SeededEntropy::new(seed)),
        );
        let config = setup.init(&["127.0.0.1".to_owned()], "127.0.0.1:0").expect("a hub's files");
        let database = (ground == Ground::Postgres).then(|| shared().database());
        if let Some(database) = &database {
            let url = database.url();
            setup.store = Address::parse(&url, folder.path()).expect("an address");
            let text = std::fs::read_to_string(&config).expect("the hub's configuration");
            let text = format!("{text}\n[store]\naddress = \"{url}\"\n");
            std::fs::write(&config, text).expect("the hub's configuration");
        }
        let hub = HubMachine::new(config, Arc::clone(&clock), seed + 1);
        let mut world = Self { hub, clock, setup, seed, folder, database };
        for name in names {
            world.register(name).await;
        }
        world.hub.start().await;
        world
    }

    /// Where a platform's files lie.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The database of the hub's store, if it lies on a server.
    pub fn database(&self) -> Option<&PgDatabase> {
        self.database.as_ref()
    }

    /// The hub's setup.
    pub fn setup(&self) -> &Setup {
        &self.setup
    }

    /// Registers a platform and makes the files of its node.
    ///
    /// # Panics
    /// If it is there already.
    pub async fn register(&self, name: &str) -> PathBuf {
        let new = self.new_platform(name);
        self.setup.platform_add(&new).await.expect("a platform is added")
    }

    /// A platform as an operator would register it.
    pub fn new_platform(&self, name: &str) -> NewPlatform {
        NewPlatform {
            platform: id(name),
            title_zh: name.to_owned(),
            title_en: name.to_owned(),
            // Where its node really dials, the world says when it makes it.
            address: "127.0.0.1:1".to_owned(),
            server_name: "127.0.0.1".to_owned(),
            out: self.folder(name),
            may_send: vec![EVERYTHING.to_owned()],
        }
    }

    /// The node of a registered platform, open: its branch runs, its line is down.
    pub async fn node(&mut self, name: &str) -> NodeMachine {
        let folder = self.folder(name);
        self.node_at(&folder).await
    }

    /// A node on a folder: the platform's own, a backup put back, or a clone's.
    ///
    /// # Panics
    /// If it does not open.
    pub async fn node_at(&mut self, folder: &Path) -> NodeMachine {
        self.seed += 10;
        let clock = Arc::clone(&self.clock);
        let mut node = NodeMachine::new(folder, clock, self.hub.address(), self.seed);
        node.open().await;
        node
    }

    /// The hub's operator lets the machine that shows this node's epoch go on.
    ///
    /// # Panics
    /// If the hub refuses.
    pub async fn readmit(&self, node: &NodeMachine) {
        let (platform, database, hub) = (node.platform(), self.hub.database(), &self.setup.hub);
        for row in node_rows(node).await.into_iter().filter(|row| row.home) {
            let held = node.store().greeting_get(row.number).await.expect("its epochs");
            let (journal, epoch) = (&row.head.journal, held.holds[0]);
            let done = readmit(&database, hub, &platform, journal, epoch).await;
            done.expect("the hub lets it go on");
        }
    }

    /// The same without a wire: a platform whose calls are made in the hub's own process.
    ///
    /// # Panics
    /// If the platform has no key.
    pub async fn local(&mut self, name: &str) -> Foreign<LocalPort> {
        self.seed += 10;
        let config = NodeConfig::load(&self.folder(name).join("node.toml")).expect("its files");
        let key = config.read_signing_key().expect("its key");
        let port = LocalPort::new(self.hub.exchange(), config.platform.clone());
        Foreign::on(port, config.platform, key, Arc::clone(&self.clock), self.seed)
    }

    /// A program of another vendor, as a registered platform: every call is made by hand.
    pub async fn foreign(&mut self, name: &str) -> Foreign {
        self.seed += 10;
        let clock = Arc::clone(&self.clock);
        Foreign::new(&self.folder(name), clock, self.hub.address(), self.seed).await
    }
}
