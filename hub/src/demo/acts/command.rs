//! The commands of the programs, given as people give them.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use sanheyi_node::process::clock;
use serde_json::Value;
use tokio::process::Command;

/// How long something may take to come about.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often is looked whether it has.
const LOOK: Duration = Duration::from_millis(100);

/// Runs a command of this same program, which carries those of a node, too; answers its JSON.
pub(super) async fn program(words: &[String], config: &Path) -> anyhow::Result<Value> {
    let said = Command::new(std::env::current_exe()?)
        .args(words)
        .args(["--json", "--config"])
        .arg(config)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await?;
    if !said.status.success() {
        bail!("{}: {}", words.join(" "), String::from_utf8_lossy(&said.stderr).trim());
    }
    serde_json::from_slice(&said.stdout).with_context(|| words.join(" "))
}

/// Waits until something has come about.
pub(super) async fn until<T>(
    what: &str,
    look: impl AsyncFn() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let looking = async {
        loop {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            clock::pause(LOOK).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, looking).await;
    waited.unwrap_or_else(|_| Err(anyhow!("等候超时 · waited in vain for: {what}")))
}
