//! Three instances of one hub on one PostgreSQL, behind a plain TCP balancer, two nodes that dial
//! the balancer, and a tenant that lives in one of the instances: set up by the commands that an
//! operator would use.

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::config::NodeConfig;
use sanheyi_node::store::{Address, Database, Store};
use sanheyi_tests::balancer::Balancer;
use sanheyi_tests::patience::until;
use sanheyi_tests::postgres::{PgDatabase, PgServer, PgSettings};
use tempfile::TempDir;

use crate::federation::{Process, succeed};

/// Instances of the hub.
pub(crate) const INSTANCES: usize = 3;
/// Nodes, with their names in Chinese and English.
const NODES: [(&str, &str, &str); 2] = [("jintan", "金坛", "Jintan"), ("wujin", "武进", "Wujin")];
/// The tenant.
const TENANT: &str = "tianning";
/// Seconds after which an instance lets go of a connection: an instance that comes back is given
/// work again within a few of these.
const AGE: u64 = 2;

/// The instances, the nodes, and what is between and below them.
pub(crate) struct Hubs {
    pub(crate) hubs: Vec<Process>,
    pub(crate) nodes: Vec<Process>,
    pub(crate) balancer: Balancer,
    addresses: Vec<PathBuf>,
    database: PgDatabase,
    folder: TempDir,
}

impl Hubs {
    /// Everything set up; nothing runs.
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let server = Arc::new(PgServer::start_with(PgSettings::default()));
        let database = server.database();
        let balancer = Balancer::start().await;
        let (hub, url) = (at("hub"), database.url());
        succeed(&["init", "--folder", &hub, "--name", "127.0.0.1", "--listen", "127.0.0.1:0"])
            .await;
        let toml = format!("{hub}/hub.toml");
        let text = fs::read_to_string(&toml).unwrap();
        let aged = format!("{text}\n[line]\nmax_age_seconds = {AGE}\n");
        let mut addresses = Vec::new();
        let mut hubs = Vec::new();
        for (number, name) in ["hub 1", "hub 2", "hub 3"].into_iter().enumerate() {
            let (data, own) = (format!("data{number}"), format!("{hub}/hub{number}.toml"));
            fs::write(&own, aged.replace("\"data\"", &format!("\"{data}\""))).unwrap();
            let run = ["run", "--config", &own, "--store", &url];
            hubs.push(Process::new(name, folder.path(), &run));
            addresses.push(folder.path().join("hub").join(data).join("address"));
        }
        let mut nodes = Vec::new();
        let dial = balancer.address().to_string();
        for (name, zh, en) in NODES {
            let out = at(name);
            let mut add = vec!["platform", "add", "--config", &toml, "--store", &url, name];
            add.extend(["--title-zh", zh, "--title-en", en]);
            add.extend(["--address", &dial, "--server-name", "127.0.0.1", "--out", &out]);
            succeed(&add).await;
            let config = format!("{out}/node.toml");
            let pauses = "retry_first_ms = 10\nretry_max_ms = 100\nserver_name";
            let text = fs::read_to_string(&config).unwrap().replace("server_name", pauses);
            fs::write(&config, text).unwrap();
            nodes.push(Process::new(name, folder.path(), &["node", "run", "--config", &config]));
        }
        let mut add = vec!["platform", "add", "--config", &toml, "--store", &url, TENANT];
        add.extend(["--hosted", "--title-zh", "天宁", "--title-en", "Tianning"]);
        succeed(&add).await;
        Self { hubs, nodes, balancer, addresses, database, folder }
    }

    /// Where the tenant's intake may be: it lives in one instance.
    pub(crate) fn tenant_sockets(&self) -> Vec<PathBuf> {
        let beside = |address: &PathBuf| {
            let data = address.parent().unwrap();
            data.join("tenants").join(TENANT).join("intake.sock")
        };
        self.addresses.iter().map(beside).collect()
    }

    /// The tenant's rows, which are at home at the hub.
    pub(crate) async fn tenant_store(&self) -> Store {
        self.store_of(&TENANT.parse().unwrap()).await
    }

    /// Starts an instance, and tells the balancer where it listens.
    pub(crate) async fn start(&mut self, instance: usize) {
        let noted = &self.addresses[instance];
        // What an earlier life of it has noted says nothing.
        let _ = fs::remove_file(noted);
        self.hubs[instance].start();
        let mut address = None;
        until("the instance listens", async || {
            address = fs::read_to_string(noted).ok().and_then(|text| text.trim().parse().ok());
            address.is_some()
        })
        .await;
        self.balancer.set(instance, address);
    }

    /// Kills an instance where it stands. The balancer finds out by itself.
    pub(crate) async fn kill(&mut self, instance: usize) {
        self.hubs[instance].kill().await;
    }

    pub(crate) fn node_config(&self, node: usize) -> NodeConfig {
        let folder = self.folder.path().join(NODES[node].0);
        NodeConfig::load(&folder.join("node.toml")).unwrap()
    }

    /// The store of a node, read beside the process.
    pub(crate) async fn node_store(&self, node: usize) -> Store {
        let config = self.node_config(node);
        let path = config.database();
        until("there is a database", async || path.exists()).await;
        Database::open_read_only(path).await.unwrap().of(&config.platform)
    }

    /// The hub's rows of a node's platform.
    pub(crate) async fn hub_store(&self, node: usize) -> Store {
        self.store_of(&self.node_config(node).platform).await
    }

    async fn store_of(&self, platform: &PlatformId) -> Store {
        let address = Address::parse(&self.database.url(), self.folder.path()).unwrap();
        Database::open_read_only(address).await.unwrap().of(platform)
    }

    /// Verifies the hub's store and the nodes' from their bytes.
    pub(crate) async fn verify(&self) {
        let toml = self.folder.path().join("hub/hub.toml");
        let toml = toml.to_str().unwrap();
        succeed(&["verify", "--config", toml, "--store", &self.database.url()]).await;
        for (name, ..) in NODES {
            let config = self.folder.path().join(name).join("node.toml");
            succeed(&["node", "verify", "--config", config.to_str().unwrap()]).await;
        }
    }

    /// What all have logged, for whoever looks into a failure.
    pub(crate) fn said(&self) -> String {
        self.hubs.iter().chain(&self.nodes).map(|one| format!("---\n{}\n", one.said())).collect()
    }
}
