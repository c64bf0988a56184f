//! tonic with idle streams, to hold W6 against: a process of its own with the hub's certificate and
//! mutual TLS 1.3, tonic as it is set by default, and one call under way on each connection, which
//! is never answered. No store, no journal, no grant.
//!
//! The process is this program again, called with [`WORD`] and the hub's folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, bail};
use sanheyi_exchange_spec::ids::Generation;
use sanheyi_hub::rpc::listener::Acceptor;
use sanheyi_hub::setup::Setup;
use sanheyi_node::process::clock::SystemClock;
use sanheyi_node::process::lifecycle::Shutdown;
use sanheyi_node::process::meter::Meter;
use sanheyi_node::process::tls::{Identity, Trust, server_config};
use sanheyi_node::uplink::grpc::GrpcPort;
use sanheyi_node::uplink::port::{HubPort as _, PullCall};
use sanheyi_node::uplink::transport::{Line, LineConfig, connect};
use sanheyi_proto::exchange::v1::exchange_server::{Exchange, ExchangeServer};
use sanheyi_proto::exchange::v1::{
    GreetRequest, GreetResponse, PullRequest, PullResponse, PushRequest, PushResponse,
};
use sanheyi_tests::crowd::Member;
use sanheyi_tests::knobs;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tonic::transport::Server;
use tonic::{Request, Response, Status};

use super::federation::listening;
use super::machine::Party;

/// What this program is called with to be that process.
pub(crate) const WORD: &str = "idle-server";
/// File in the hub's folder where it says at which address it listens.
const ADDRESS: &str = "idle-address";
/// Connections that are made at the same time.
const AT_ONCE: usize = 32;
/// Connections that it takes.
const ROOM: usize = 65_536;

/// The process.
pub(crate) struct Idle {
    /// To be weighed and stopped.
    pub(crate) party: Party,
    address: String,
}

/// Connections, each with a call under way.
pub(crate) struct Waiting {
    calls: JoinSet<()>,
    lines: Vec<Line>,
}

struct NeverAnswers;

/// Runs the server until it is told to stop, if `arguments` say that this is what the program is.
///
/// # Errors
/// If it cannot listen.
pub(crate) async fn serve(folder: &Path) -> anyhow::Result<()> {
    let shutdown = Shutdown::on_signals()?;
    let identity = Identity::load(&folder.join("hub.pem"), &folder.join("hub.key"))?;
    let trust = Trust::load(&folder.join("ca.pem"))?;
    let tls = server_config(&identity, &trust, Arc::new(SystemClock))?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    std::fs::write(folder.join(ADDRESS), listener.local_addr()?.to_string())?;
    let acceptor = Acceptor::new(listener, tls, Meter::new());
    let acceptor = acceptor.with_bounds(ROOM, Duration::from_secs(10));
    let server = Server::builder()
        .add_service(ExchangeServer::new(NeverAnswers))
        .serve_with_incoming(acceptor.incoming());
    // Its calls never end: it is cut off.
    tokio::select! {
        served = server => Ok(served?),
        () = shutdown.soft_asked() => Ok(()),
    }
}

impl Idle {
    /// Starts it with the hub's certificate.
    ///
    /// # Errors
    /// If it does not start.
    pub(crate) async fn start(setup: &Setup, folder: &Path) -> anyhow::Result<Self> {
        let log: PathBuf = folder.join("idle.log");
        let party = Party::start_program(&knobs::program()?, &[WORD], &setup.folder, log)?;
        let address = listening(&setup.folder.join(ADDRESS)).await?.to_string();
        Ok(Self { party, address })
    }

    /// Connects with all members, and makes one call on each connection.
    ///
    /// # Errors
    /// If one cannot connect.
    pub(crate) async fn connect(&self, members: &[Member]) -> anyhow::Result<Waiting> {
        let mut waiting = Waiting { calls: JoinSet::new(), lines: Vec::new() };
        for chunk in members.chunks(AT_ONCE) {
            let mut dialling = JoinSet::new();
            for member in chunk {
                let tls = Arc::clone(&member.tls);
                let config = LineConfig::new(&self.address, "localhost", tls);
                dialling.spawn(async move { connect(&config).await });
            }
            while let Some(line) = dialling.join_next().await {
                let line = line?.context("a line to tonic alone")?;
                let port = GrpcPort::new(&line);
                waiting.lines.push(line);
                waiting.calls.spawn(async move {
                    let call = PullCall {
                        generation: Generation::ZERO,
                        cursors: Vec::new(),
                        epochs: Vec::new(),
                        // How long the client is patient; nobody answers before.
                        wait: Duration::from_secs(3600),
                        max_bytes: 0,
                    };
                    // An end of any kind is found by who counts the calls.
                    let _ = port.pull(call).await;
                });
            }
        }
        if waiting.lines.len() != members.len() {
            bail!("{} of {} lines stand", waiting.lines.len(), members.len());
        }
        Ok(waiting)
    }
}

impl Waiting {
    /// Whether every call is still under way.
    pub(crate) fn all_wait(&mut self) -> bool {
        self.calls.try_join_next().is_none() && self.calls.len() == self.lines.len()
    }
}

#[tonic::async_trait]
impl Exchange for NeverAnswers {
    async fn greet(&self, _: Request<GreetRequest>) -> Result<Response<GreetResponse>, Status> {
        std::future::pending().await
    }

    async fn push(&self, _: Request<PushRequest>) -> Result<Response<PushResponse>, Status> {
        std::future::pending().await
    }

    async fn pull(&self, _: Request<PullRequest>) -> Result<Response<PullResponse>, Status> {
        std::future::pending().await
    }
}
