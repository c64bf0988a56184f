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
use sanheyi_node::process::clock::{self, Clock};
use sanheyi_node::process::entropy::OsEntropy;
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

use super::line::Line;
use super::year::districts;
use crate::setup::{NewPlatform, Setup};

/// How long a party may take to answer after it was started.
const START: Duration = Duration::from_secs(20);
/// How long a party may take to stop.
const STOP: Duration = Duration::from_secs(15);
/// How often is looked whether it does.
const LOOK: Duration = Duration::from_millis(50);

/// The foreign vendor's platform: a development zone, which has no region code of its own.
const FOREIGN: (&str, &str, &str) = ("jingkai", "常州经开区", "Jingkai (a foreign vendor)");

/// The folder of a federation; removed at the end unless it is kept.
pub(super) struct Folder {
    path: PathBuf,
    remove: bool,
}

/// A node and its line.
pub(super) struct Member {
    pub(super) platform: PlatformId,
    pub(super) title: String,
    pub(super) folder: PathBuf,
    pub(super) line: Line,
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

// === impl Federation ===

impl Federation {
    /// Makes keys and certificates on the spot, registers the platforms, starts hub and nodes.
    pub(super) async fn start(folder: &Path, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        let hub: PlatformId = "changzhou".parse()?;
        let entropy = Arc::new(OsEntropy);
        let setup = Setup::new(folder.join("hub"), hub, clock, entropy);
        let config = setup.init(&["127.0.0.1".into(), "localhost".into()], "127.0.0.1:0")?;
        let children = Mutex::new(Vec::new());
        start(&children, folder, "hub", &["run", "--config"], &config).await?;
        let address = wait_for_address(&setup.data.join("address")).await?;
        let mut members = Vec::new();
        for district in districts() {
            let line = Line::to(address).await?;
            let home = folder.join(district.platform.as_str());
            let title = format!("{} {}", district.title_zh, district.title_en);
            let new = NewPlatform {
                platform: district.platform.clone(),
                title_zh: district.title_zh.into(),
                title_en: district.title_en.into(),
                address: line.address().to_string(),
                server_name: "localhost".into(),
                out: home.clone(),
            };
            let config = setup.platform_add(&new).await?;
            let name = district.platform.as_str();
            start(&children, folder, name, &["node", "run", "--config"], &config).await?;
            members.push(Member { platform: district.platform, title, folder: home, line });
        }
        let foreign = invite(&setup, folder, address).await?;
        Ok(Self { setup, members, foreign, children })
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

    /// Carries all lines until dropped.
    pub(super) async fn carry(&self) {
        let lines = self.members.iter().map(|member| member.line.carry());
        let mut lines: FuturesUnordered<_> = lines.collect();
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

/// Waits until a node's intake answers.
pub(super) async fn wait_for_intake(
    member: &Member,
) -> anyhow::Result<sanheyi_node::gateway::client::IntakeClient> {
    use sanheyi_node::gateway::client::IntakeClient;
    let socket = member.folder.join("data/intake.sock");
    let looking = async {
        loop {
            if let Ok(client) = IntakeClient::connect(&socket).await {
                return client;
            }
            clock::pause(LOOK).await;
        }
    };
    tokio::time::timeout(START, looking).await.map_err(|_| {
        anyhow!("{}：节点未能启动 · the node did not start: see its log", member.title)
    })
}
