//! A hub and its node as processes, set up by the commands that an operator would use.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use sanheyi_node::config::NodeConfig;
use sanheyi_node::store::{Database, Store};
use sanheyi_tests::patience::{until, within};
use sanheyi_tests::ports;
use tempfile::TempDir;
use tokio::process::{Child, Command};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_sanheyi-under-test");

/// A process, or none.
pub(crate) struct Process {
    name: &'static str,
    args: Vec<String>,
    /// The command that runs it elsewhere, with its arguments.
    through: Vec<String>,
    log: PathBuf,
    child: Option<Child>,
}

/// The folder, the hub and the node.
pub(crate) struct Federation {
    pub(crate) folder: TempDir,
    pub(crate) hub: Process,
    pub(crate) node: Process,
}

/// Backups only when somebody asks for one: they are no part of what is measured here.
fn by_hand(config: &str) {
    let text = fs::read_to_string(config).unwrap().replace("\nat = \"02:30\"\n", "\n");
    fs::write(config, text.replace("\n[backup]\n", "\n[backup]\nat = \"\"\n")).unwrap();
}

/// Runs a command to its end.
pub(crate) async fn command(args: &[&str]) -> Output {
    let run = Command::new(PROGRAM).args(args).stdin(Stdio::null()).output();
    within(&format!("`{}` ends", args.join(" ")), run).await.unwrap()
}

/// Runs a command that must succeed.
pub(crate) async fn succeed(args: &[&str]) -> String {
    let Output { status, stdout, stderr } = command(args).await;
    let said = format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "`{}`: {status}\n{said}", args.join(" "));
    said
}

// === impl Process ===

impl Process {
    pub(crate) fn new(name: &'static str, folder: &Path, args: &[&str]) -> Self {
        let args = args.iter().map(ToString::to_string).collect();
        let log = folder.join(format!("{name}.log"));
        Self { name, args, through: Vec::new(), log, child: None }
    }

    /// Runs it from now on by that command, which takes program and arguments behind its own.
    pub(crate) fn run_through(&mut self, command: Vec<String>) {
        self.through = command;
    }

    /// Starts it.
    pub(crate) fn start(&mut self) {
        assert!(self.child.is_none(), "{} runs already", self.name);
        let log = fs::File::options().create(true).append(true).open(&self.log).unwrap();
        let mut command = match self.through.split_first() {
            Some((first, rest)) => {
                let mut command = Command::new(first);
                command.args(rest).arg(PROGRAM);
                command
            }
            None => Command::new(PROGRAM),
        };
        let child = command
            .args(&self.args)
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .kill_on_drop(true)
            .spawn();
        self.child = Some(child.unwrap());
    }

    /// Kills it where it stands: SIGKILL.
    pub(crate) async fn kill(&mut self) {
        let mut child = self.child.take().unwrap();
        if let Some(status) = child.try_wait().unwrap() {
            panic!("{} had ended by itself: {status}\n{}", self.name, self.said());
        }
        within("the process is gone", child.kill()).await.unwrap();
    }

    /// Asks it to stop: SIGTERM. It must do so without complaint.
    pub(crate) async fn stop(&mut self) {
        let mut child = self.child.take().unwrap();
        let id = child.id().expect("it runs").to_string();
        let asked = Command::new("kill").args(["-TERM", &id]).status().await.unwrap();
        assert!(asked.success());
        let status = within("the process stops", child.wait()).await.unwrap();
        assert!(status.success(), "{} ended with {status}\n{}", self.name, self.said());
    }

    /// Its id.
    pub(crate) fn id(&self) -> u32 {
        self.child.as_ref().and_then(Child::id).expect("it runs")
    }

    /// The end of what it has logged.
    pub(crate) fn said(&self) -> String {
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }
}

// === impl Federation ===

impl Federation {
    /// A hub and the node of `jintan`, set up; nothing runs.
    pub(crate) async fn new() -> Self {
        let address = ports::free().to_string();
        Self::on(&address, &address).await
    }

    /// The same, where the hub listens at one address and the node dials another.
    pub(crate) async fn on(listen: &str, dial: &str) -> Self {
        let (name, _) = dial.rsplit_once(':').unwrap();
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        let (hub, node) = (at("hub"), at("jintan"));
        let (hub_toml, node_toml) = (format!("{hub}/hub.toml"), format!("{node}/node.toml"));
        let init = ["init", "--folder", &hub, "--name", name, "--listen", listen];
        succeed(&init).await;
        let titles = ["--title-zh", "金坛", "--title-en", "Jintan"];
        let mut add = vec!["platform", "add", "--config", &hub_toml, "jintan"];
        add.extend(titles);
        add.extend(["--address", dial, "--server-name", name, "--out", &node]);
        succeed(&add).await;
        let pauses = "retry_first_ms = 10\nretry_max_ms = 100\nserver_name";
        let text = fs::read_to_string(&node_toml).unwrap().replace("server_name", pauses);
        fs::write(&node_toml, text).unwrap();
        by_hand(&hub_toml);
        by_hand(&node_toml);
        let hub = Process::new("hub", folder.path(), &["run", "--config", &hub_toml]);
        let node = Process::new("node", folder.path(), &["node", "run", "--config", &node_toml]);
        Self { folder, hub, node }
    }

    pub(crate) fn hub_toml(&self) -> PathBuf {
        self.folder.path().join("hub/hub.toml")
    }

    pub(crate) fn node_toml(&self) -> PathBuf {
        self.folder.path().join("jintan/node.toml")
    }

    pub(crate) fn node_config(&self) -> NodeConfig {
        NodeConfig::load(&self.node_toml()).unwrap()
    }

    /// The node's store, read beside the process.
    pub(crate) async fn node_store(&self) -> Store {
        let config = self.node_config();
        read(&config.database()).await.of(&config.platform)
    }

    /// The hub's rows of the node's platform, read beside the process.
    pub(crate) async fn hub_store(&self) -> Store {
        let config = sanheyi_hub::config::CheckedConfig::load(&self.hub_toml()).unwrap();
        read(config.database().file().unwrap()).await.of(&self.node_config().platform)
    }

    /// What both have logged, for whoever looks into a failure.
    pub(crate) fn said(&self) -> String {
        format!("--- hub\n{}\n--- node\n{}", self.hub.said(), self.node.said())
    }
}

async fn read(path: &Path) -> Database {
    until("there is a database", async || path.exists()).await;
    Database::open_read_only(path).await.unwrap()
}
