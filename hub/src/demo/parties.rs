//! The parties: hub and nodes, each a process with its own folder, configuration, keys and store.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::gateway::client::IntakeClient;
use sanheyi_node::process::clock::{self, Clock};
use sanheyi_node::process::entropy::OsEntropy;
use sanheyi_node::store::{Database, JournalRow, Store};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

use super::line::Line;
use super::place;
use super::year::{District, districts, tenants};
use crate::exchange::EVERYTHING;
use crate::setup::{NewPlatform, NewTenant, Setup};

/// How long a party may take to answer after it was started.
const START: Duration = Duration::from_secs(20);
/// How long a party may take to stop.
const STOP: Duration = Duration::from_secs(15);
/// How often is looked whether it does.
const LOOK: Duration = Duration::from_millis(50);

/// The foreign vendor's platform: a development zone, which has no region code of its own.
const FOREIGN: (&str, &str, &str) = ("jingkai", "常州经开区", "Jingkai");

/// The folder of a federation; removed at the end unless it is kept.
pub(super) struct Folder {
    path: PathBuf,
    remove: bool,
}

/// A platform whose branch is ours, wherever it lives.
pub(super) struct Member {
    pub(super) platform: PlatformId,
    pub(super) title: String,
    /// Where its records are handed in.
    socket: PathBuf,
    home: Home,
}

/// Where a branch lives.
enum Home {
    /// In a node of its own: its folder, and its line to the hub.
    Node(PathBuf, Line),
    /// In the hub: a tenant.
    Hub,
}

/// What the foreign client is given.
pub(super) struct Guest {
    pub(super) platform: PlatformId,
    pub(super) title: String,
    pub(super) folder: PathBuf,
    pub(super) hub: SocketAddr,
}

/// The running federation.
pub(super) struct Federation {
    pub(super) setup: Setup,
    /// The hub's store, read beside the hub.
    pub(super) store: Database,
    members: Vec<Member>,
    foreign: Guest,
    children: Mutex<Vec<(String, Child)>>,
}

// === impl Folder ===

impl Folder {
    /// The folder named, or a temporary one.
    pub(super) fn make(named: Option<&Path>) -> anyhow::Result<Self> {
        let path = match named {
            Some(path) => path.to_owned(),
            None => std::env::temp_dir().join(format!("sanheyi-demo-{}", std::process::id())),
        };
        std::fs::create_dir(&path)
            .with_context(|| format!("无法创建目录 · cannot make the folder {}", path.display()))?;
        Ok(Self { path: path.canonicalize()?, remove: named.is_none() })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps it.
    pub(super) fn keep(&mut self) -> PathBuf {
        self.remove = false;
        self.path.clone()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.remove {
            // What cannot be removed lies in the temporary folder, which the system clears.
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

// === impl Member ===

impl Member {
    /// Whether the hub hosts it.
    pub(super) fn is_hosted(&self) -> bool {
        matches!(self.home, Home::Hub)
    }

    /// Its line to the hub, if there is one.
    pub(super) fn line(&self) -> Option<&Line> {
        match &self.home {
            Home::Node(_, line) => Some(line),
            Home::Hub => None,
        }
    }

    /// The folder of its node, if it has one.
    pub(super) fn folder(&self) -> Option<&Path> {
        match &self.home {
            Home::Node(folder, _) => Some(folder),
            Home::Hub => None,
        }
    }
}

// === impl Federation ===

impl Federation {
    /// Makes keys and certificates on the spot, registers the platforms, starts hub and nodes. The
    /// hub's store lies in its folder, or at the address that is given.
    pub(super) async fn start(
        folder: &Path,
        store: Option<&str>,
        clock: Arc<dyn Clock>,
    ) -> anyhow::Result<Self> {
        let hub: PlatformId = "changzhou".parse()?;
        let entropy = Arc::new(OsEntropy);
        let mut setup = Setup::new(folder.join("hub"), hub, clock, entropy);
        let config = setup.init(&["127.0.0.1".into(), "localhost".into()], "127.0.0.1:0")?;
        if let Some(text) = store {
            setup.store = place::server(text)?;
            place::note(&config, text)?;
        }
        let mut hosted = Vec::new();
        for district in tenants() {
            hosted.push(take_in(&setup, district).await?);
        }
        let children = Mutex::new(Vec::new());
        start(&children, folder, "hub", &["run", "--config"], &config).await?;
        let address = wait_for_address(&setup.data.join("address")).await?;
        let mut members = Vec::new();
        for district in districts() {
            let (member, config) = connect(&setup, folder, address, district).await?;
            let name = member.platform.as_str();
            start(&children, folder, name, &["node", "run", "--config"], &config).await?;
            members.push(member);
        }
        members.extend(hosted);
        let foreign = invite(&setup, folder, address).await?;
        let store = Database::open_read_only(&setup.store).await?;
        Ok(Self { setup, store, members, foreign, children })
    }

    pub(super) fn members(&self) -> &[Member] {
        &self.members
    }

    pub(super) fn member(&self, platform: &PlatformId) -> anyhow::Result<&Member> {
        self.members
            .iter()
            .find(|one| one.platform == *platform)
            .ok_or_else(|| anyhow!("{platform} is not a member"))
    }

    pub(super) fn foreign(&self) -> &Guest {
        &self.foreign
    }

    /// Entries of the tenants that are answered, by the hub's store.
    pub(super) async fn hosted_answered(&self) -> anyhow::Result<u64> {
        let mut answered = 0;
        for member in self.members.iter().filter(|member| member.is_hosted()) {
            answered += member_answered(&self.store.of(&member.platform)).await?;
        }
        Ok(answered)
    }

    /// Carries all lines until dropped.
    pub(super) async fn carry(&self) {
        let lines = self.members.iter().filter_map(Member::line);
        let mut lines: FuturesUnordered<_> = lines.map(Line::carry).collect();
        while let Some(ended) = lines.next().await {
            tracing::error!(?ended, "a line of the demonstration ended");
        }
    }

    /// Waits until a party dies, which none should.
    pub(super) async fn died(&self) -> anyhow::Error {
        let mut children = self.children.lock().await;
        let mut waiting: FuturesUnordered<_> = children
            .iter_mut()
            .map(|(name, child)| async { (name.clone(), child.wait().await) })
            .collect();
        match waiting.next().await {
            Some((name, status)) => anyhow!("{name} 意外退出 · ended unexpectedly: {status:?}"),
            None => anyhow!("no party runs"),
        }
    }

    /// Stops all parties, nodes first; one that does not stop in time is killed.
    pub(super) async fn stop(&self) {
        self.store.close().await;
        let mut children = self.children.lock().await;
        for (name, child) in children.iter_mut().rev() {
            ask_to_stop(child);
            if tokio::time::timeout(STOP, child.wait()).await.is_err() {
                tracing::warn!(name, "did not stop in time and is killed");
                let _ = child.kill().await;
            }
        }
    }
}

/// Sends SIGTERM by the shell's own `kill`: the standard library can only kill outright.
fn ask_to_stop(child: &Child) {
    if let Some(id) = child.id() {
        let command = format!("kill {id}");
        let _ = std::process::Command::new("sh").args(["-c", &command]).status();
    }
}

/// Entries of a branch that are answered by a receipt, by the store where it is at home.
pub(super) async fn member_answered(store: &Store) -> anyhow::Result<u64> {
    let mut answered = 0;
    let own = |row: &&JournalRow| row.home && row.head.journal.author == *store.platform();
    for row in store.journal_list().await?.iter().filter(own) {
        answered += store.receipt_counts(row.number).await?.1;
    }
    Ok(answered)
}

/// The store of a node, read beside it.
pub(super) async fn node_store(member: &Member) -> anyhow::Result<Store> {
    let folder = member.folder().ok_or_else(|| anyhow!("{} has no node", member.platform))?;
    let database = Database::open_read_only(&folder.join("data/node.sqlite")).await?;
    Ok(database.of(&member.platform))
}

fn title(district: &District) -> String {
    format!("{} {}", district.title_zh, district.title_en)
}

/// Registers a tenant; the hub brings it to life.
async fn take_in(setup: &Setup, district: District) -> anyhow::Result<Member> {
    let new = NewTenant {
        platform: district.platform.clone(),
        title_zh: district.title_zh.into(),
        title_en: district.title_en.into(),
        quota: 0,
        may_send: vec![EVERYTHING.to_owned()],
    };
    let socket = setup.tenant_add(&new).await?.socket;
    Ok(Member { title: title(&district), platform: district.platform, socket, home: Home::Hub })
}

/// Registers a platform with a node, and lays its line; says where the node's configuration is.
async fn connect(
    setup: &Setup,
    folder: &Path,
    hub: SocketAddr,
    district: District,
) -> anyhow::Result<(Member, PathBuf)> {
    let line = Line::to(hub)?;
    let home = folder.join(district.platform.as_str());
    let new = NewPlatform {
        platform: district.platform.clone(),
        title_zh: district.title_zh.into(),
        title_en: district.title_en.into(),
        address: line.address().to_string(),
        server_name: "localhost".into(),
        out: home.clone(),
        may_send: vec![EVERYTHING.to_owned()],
    };
    let config = setup.platform_add(&new).await?;
    let (title, socket) = (title(&district), home.join("data/intake.sock"));
    let member =
        Member { platform: district.platform, title, socket, home: Home::Node(home, line) };
    Ok((member, config))
}

async fn invite(setup: &Setup, folder: &Path, hub: SocketAddr) -> anyhow::Result<Guest> {
    let (id, title_zh, title_en) = FOREIGN;
    let platform: PlatformId = id.parse()?;
    let home = folder.join(id);
    let new = NewPlatform {
        platform: platform.clone(),
        title_zh: title_zh.into(),
        title_en: title_en.into(),
        address: hub.to_string(),
        server_name: "localhost".into(),
        out: home.clone(),
        may_send: vec![EVERYTHING.to_owned()],
    };
    setup.platform_add(&new).await?;
    Ok(Guest { platform, title: format!("{title_zh} {title_en}"), folder: home, hub })
}

/// Starts a party as a process of its own: this same program, which carries the node's command line
/// too.
async fn start(
    children: &Mutex<Vec<(String, Child)>>,
    folder: &Path,
    name: &str,
    command: &[&str],
    config: &Path,
) -> anyhow::Result<()> {
    let log = std::fs::File::create(folder.join(format!("{name}.log")))?;
    let child = Command::new(std::env::current_exe()?)
        .args(command)
        .arg(config)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        // Ctrl-C is for the demonstration, which then stops its parties in order.
        .process_group(0)
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("cannot start {name}"))?;
    children.lock().await.push((name.to_owned(), child));
    Ok(())
}

/// The hub writes the address that it really listens at into its data folder.
async fn wait_for_address(path: &Path) -> anyhow::Result<SocketAddr> {
    let looking = async {
        loop {
            if let Ok(text) = std::fs::read_to_string(path)
                && let Ok(address) = text.trim().parse()
            {
                return address;
            }
            clock::pause(LOOK).await;
        }
    };
    tokio::time::timeout(START, looking)
        .await
        .map_err(|_| anyhow!("市级平台未能启动，请看 hub.log · the hub did not start: see hub.log"))
}

/// Waits until a branch's intake answers.
pub(super) async fn wait_for_intake(member: &Member) -> anyhow::Result<IntakeClient> {
    let looking = async {
        loop {
            if let Ok(client) = IntakeClient::connect(&member.socket).await {
                return client;
            }
            clock::pause(LOOK).await;
        }
    };
    tokio::time::timeout(START, looking).await.map_err(|_| {
        let log = if member.is_hosted() { "hub" } else { member.platform.as_str() };
        anyhow!("{}：未能启动，请看 {log}.log · did not start: see {log}.log", member.title)
    })
}
