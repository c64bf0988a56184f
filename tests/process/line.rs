//! A slow line between hub and node: two network namespaces, joined by a pair of devices that the
//! kernel shapes; where a machine permits no namespaces, a relay that does the same.

use std::process::Stdio;

use sanheyi_tests::patience::within;
use sanheyi_tests::ports;
use sanheyi_tests::shaper::Shaper;
use tokio::io::AsyncReadExt as _;
use tokio::process::{Child, Command};

use crate::federation::Federation;

/// Kilobits a second, each way.
pub(crate) const KILOBITS: u64 = 2_000;
/// Where the hub listens in its namespace, and the node's address in its own.
const ADDRESSES: [&str; 2] = ["10.77.0.1", "10.77.0.2"];

/// The line; it stands while this lives.
pub(crate) enum Line {
    /// The processes that hold the namespaces of hub and node open.
    Namespaces { _holders: Box<[Child; 2]> },
    /// A relay.
    Relay { _shaper: Shaper },
}

impl Line {
    /// A federation, set up, whose hub and node see each other only over a slow line.
    #[expect(
        clippy::print_stdout,
        reason = "on which line it was measured belongs to a measurement"
    )]
    pub(crate) async fn between() -> (Self, Federation) {
        match namespaces().await {
            Ok([hub, node]) => {
                let address = format!("{}:7443", ADDRESSES[0]);
                let mut federation = Federation::on(&address, &address).await;
                federation.hub.run_through(inside(&hub, &["-n"]));
                federation.node.run_through(inside(&node, &["-n"]));
                (Self::Namespaces { _holders: Box::new([hub, node]) }, federation)
            }
            Err(why) => {
                println!("no network namespaces here: {why}");
                let hub = ports::free();
                let relay = Shaper::before(hub, KILOBITS * 1000 / 8);
                let dial = relay.address().to_string();
                let federation = Federation::on(&hub.to_string(), &dial).await;
                (Self::Relay { _shaper: relay }, federation)
            }
        }
    }

    /// What it is made of.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Namespaces { .. } => "two network namespaces, tc tbf",
            Self::Relay { .. } => "a relay with a token bucket",
        }
    }
}

/// The command that runs what follows inside the user namespace of a process, and inside others.
fn inside(holder: &Child, others: &[&str]) -> Vec<String> {
    let id = holder.id().expect("it runs").to_string();
    let command = ["nsenter", "--preserve-credentials", "-t", &id, "-U"];
    command.iter().chain(others).map(ToString::to_string).chain(["--".to_owned()]).collect()
}

/// The namespaces of hub and node, joined; or why there are none.
async fn namespaces() -> Result<[Child; 2], String> {
    let hub = hold(&["unshare", "-Urn"].map(str::to_owned)).await?;
    let mut beside = inside(&hub, &[]);
    beside.extend(["unshare", "-n"].map(str::to_owned));
    let node = hold(&beside).await?;
    let other = node.id().expect("it runs").to_string();
    let pair = ["link", "add", "dev", "line", "type", "veth", "peer", "name", "line", "netns"];
    run(&hub, "ip", &[&pair[..], &[&other]].concat()).await?;
    for (holder, address) in [&hub, &node].into_iter().zip(ADDRESSES) {
        run(holder, "ip", &["addr", "add", &format!("{address}/24"), "dev", "line"]).await?;
        run(holder, "ip", &["link", "set", "dev", "lo", "up"]).await?;
        run(holder, "ip", &["link", "set", "dev", "line", "up"]).await?;
        let rate = format!("{KILOBITS}kbit");
        let shape = ["qdisc", "add", "dev", "line", "root", "tbf", "rate", &rate];
        run(holder, "tc", &[&shape[..], &["burst", "8kb", "latency", "200ms"]].concat()).await?;
    }
    Ok([hub, node])
}

/// A process that holds namespaces open: it ends with its input, and so with the test.
async fn hold(command: &[String]) -> Result<Child, String> {
    let Some((program, args)) = command.split_first() else { return Err(String::new()) };
    let mut child = Command::new(program)
        .args(args)
        .args(["sh", "-c", "echo; exec cat"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| format!("{program}: {error}"))?;
    let out = child.stdout.as_mut().ok_or("no output")?;
    let ready = within("the namespace is there", out.read_u8()).await;
    ready.map_err(|error| format!("`{}`: {error}", command.join(" ")))?;
    Ok(child)
}

async fn run(holder: &Child, program: &str, args: &[&str]) -> Result<(), String> {
    let mut command = inside(holder, &["-n"]);
    command.push(program.to_owned());
    command.extend(args.iter().map(ToString::to_string));
    let (first, rest) = command.split_first().ok_or("no command")?;
    let done = Command::new(first).args(rest).stdin(Stdio::null()).output();
    let output = within("a command ends", done).await.map_err(|error| error.to_string())?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!(
            "`{program} {}`: {}",
            args.join(" "),
            String::from_utf8_lossy(&output.stderr).trim()
        )),
    }
}
