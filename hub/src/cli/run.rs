//! `init`, `run` and `config check`.

use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use sanheyi_exchange_spec::gate::Edition;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::backup::first_words;
use sanheyi_node::cli::Answer;
use sanheyi_node::process::clock::SystemClock;
use sanheyi_node::process::entropy::OsEntropy;
use sanheyi_node::process::lifecycle::Shutdown;
use sanheyi_node::process::{supervisor, telemetry, tls};
use tokio::net::TcpListener;

use super::At;
use crate::app::{HubApp, signing_key};
use crate::setup::Setup;

/// What `init` is told.
#[derive(Clone, Debug, Args)]
pub(crate) struct InitArgs {
    /// 市级平台目录 · Folder for configuration, authority, keys and data
    #[arg(long)]
    folder: PathBuf,
    /// 平台标识 · Id of the hub's own platform
    #[arg(long, default_value = "changzhou")]
    hub: PlatformId,
    /// 域名或地址，可多次给出 · Names or addresses where branches reach it; may be given again
    #[arg(long = "name", default_values_t = ["localhost".to_owned()])]
    names: Vec<String>,
    /// 监听地址 · Where branches connect
    #[arg(long, default_value = "0.0.0.0:7443")]
    listen: String,
}

pub(crate) fn init(args: InitArgs) -> anyhow::Result<Answer> {
    let (clock, entropy) = (Arc::new(SystemClock), Arc::new(OsEntropy));
    let opens = first_words(&args.folder);
    let setup = Setup::new(args.folder, args.hub, clock, entropy);
    let config = setup.init(&args.names, &args.listen)?;
    Ok(Answer::ok(format!(
        "已生成 · made {}\n验证公钥 · verifying key {}\n{opens}接着 · next: sanheyi-hub platform add …, sanheyi-hub run --config {}\n",
        config.display(),
        setup.hub_key()?,
        config.display(),
    )))
}

pub(crate) async fn run(at: &At) -> anyhow::Result<Answer> {
    let config = at.load()?;
    telemetry::init(config.log.format, &config.log.filter)?;
    tls::install_provider();
    let shutdown = Shutdown::on_signals()?;
    let app = HubApp::build(&config, Arc::new(SystemClock), Arc::new(OsEntropy), Edition::CURRENT)
        .await?;
    let listener = TcpListener::bind(config.listen)
        .await
        .with_context(|| format!("无法监听 {0} · cannot listen at {0}", config.listen))?;
    let address = listener.local_addr()?;
    // Whoever starts hubs on free ports (port 0) reads here which one it got.
    let noted = config.data.join("address");
    std::fs::write(&noted, format!("{address}\n"))
        .with_context(|| format!("cannot write {}", noted.display()))?;
    tracing::info!(%address, hub = %config.hub, "listening");
    let _told = supervisor::ready(&shutdown);
    app.run(listener, shutdown).await?;
    Ok(Answer::ok(String::new()))
}

pub(crate) fn check(at: &At) -> anyhow::Result<Answer> {
    let config = at.load()?;
    let key = signing_key(&config.signing)?.verifying();
    let identity = tls::Identity::load(&config.tls.certificate, &config.tls.key)?;
    let trust = tls::Trust::load(&config.tls.ca)?;
    tls::server_config(&identity, &trust, Arc::new(SystemClock))?;
    Ok(Answer::ok(format!(
        "配置可用 · the configuration is good\n市级平台 · hub {} ({})\n存储 · store {}\n验证公钥 · verifying key {key}\n",
        config.hub,
        config.listen,
        config.database(),
    )))
}
