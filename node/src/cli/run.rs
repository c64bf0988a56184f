//! `run` and `config check`.

use std::sync::Arc;

use super::{Answer, At};
use crate::app::NodeApp;
use crate::config::NodeConfig;
use crate::process::clock::SystemClock;
use crate::process::entropy::OsEntropy;
use crate::process::lifecycle::Shutdown;
use crate::process::{supervisor, telemetry, tls};

/// What `run --help` ends with.
pub const HELP: &str = "\
例 · Example:
  sanheyi-node run --config /etc/sanheyi/node.toml

第一次 SIGTERM/SIGINT：写完手中内容后退出；第二次：立即退出。
The first SIGTERM or SIGINT lets the node finish what it holds; the second ends it at once.
断网、市级停机期间照常收件，恢复后自动续传。
While the line is down records are taken as usual; they follow by themselves.";

/// Runs a node until it is asked to stop.
///
/// # Errors
/// If it cannot be built, or ends otherwise than as asked.
pub async fn run(at: &At) -> anyhow::Result<Answer> {
    let config = NodeConfig::load(&at.config)?;
    telemetry::init(config.log.format, &config.log.filter)?;
    tls::install_provider();
    let shutdown = Shutdown::on_signals()?;
    let app = NodeApp::build(config, Arc::new(SystemClock), Arc::new(OsEntropy)).await?;
    let _told = supervisor::ready(&shutdown);
    app.run(shutdown).await?;
    Ok(Answer::ok(String::new()))
}

/// Checks a configuration with all files that it names.
///
/// # Errors
/// With everything that is wrong.
pub fn check(at: &At) -> anyhow::Result<Answer> {
    let config = NodeConfig::load(&at.config)?;
    let keys = config.read_keys(Arc::new(SystemClock))?;
    let NodeConfig { platform, hub, uplink, .. } = &config;
    let key = keys.signing.verifying();
    let address = &uplink.address;
    Ok(Answer::ok(format!(
        "配置可用 · the configuration is good\n\
         平台 · platform {platform}，市级 · hub {hub} ({address})\n\
         本平台验证公钥 · verifying key {key}\n"
    )))
}
