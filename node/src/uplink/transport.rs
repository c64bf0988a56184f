//! One line to the hub: TCP, counted bytes, mutual TLS 1.3, HTTP/2, one tonic channel.
//!
//! A [`Line`] is *one* connection. When it is lost, its calls fail and go on failing; the caller
//! drops it and makes another, after a pause of [`super::retry`]. The channel never reconnects
//! behind the caller's back, because a new connection means a new Greet.
//!
//! Connected is not success: with TLS 1.3 a refusal of our certificate arrives only at the first
//! read. So after a failed call, look at [`Line::fault`]: if it says something, waiting does not
//! help and a person must act.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tonic::transport::{Channel, Endpoint};

use super::goodbye::{Frames, Goodbye};
use crate::process::meter::{Counted, Meter};
use crate::process::said::Said;
pub use crate::process::tls::handshake::IdentityFault;
use crate::process::tls::handshake::{
    ClientStream, connect as tls_connect, identity_fault, server_name,
};
use crate::process::tls::swap::Swap;
use crate::process::tls::{ClientConfig, TlsError};
use crate::process::unsent::keep_little_unsent;

/// Time for name resolution, TCP and TLS together: three round trips of a bad mobile line, with
/// room.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// Pause between two HTTP/2 pings, also while no call is under way: below the 30 s after which
/// middle boxes forget.
pub const PING_EVERY: Duration = Duration::from_secs(10);
/// How long an answer to a ping may take before the line counts as lost.
pub const PING_TIMEOUT: Duration = Duration::from_secs(10);
/// HTTP/2 window of a stream and of the connection: 4 MiB keep 100 Mbit/s busy at 300 ms.
pub const H2_WINDOW_BYTES: u32 = 4 * 1024 * 1024;

/// What is dialled, and how.
#[derive(Clone, Debug)]
pub struct LineConfig {
    /// The hub's address, `host:port`.
    pub hub: String,
    /// The name that the hub's certificate must carry; usually the host of `hub`.
    pub server_name: String,
    /// Own identity and trust: every new line takes the newest.
    pub tls: Swap<ClientConfig>,
    /// See [`CONNECT_TIMEOUT`].
    pub connect_timeout: Duration,
    /// See [`PING_EVERY`].
    pub ping_every: Duration,
    /// See [`PING_TIMEOUT`].
    pub ping_timeout: Duration,
    /// Counts the lines of the exchange that came to stand.
    pub stood: Arc<watch::Sender<u64>>,
}

/// A connected line.
#[derive(Debug)]
pub struct Line {
    /// For the stubs; cheap to clone.
    pub channel: Channel,
    /// The line's bytes, as on the wire.
    pub meter: Arc<Meter>,
    fault: FaultCell,
    goodbye: Goodbye,
}

/// Keeps the first fault of identity that a line meets.
#[derive(Clone, Debug, Default)]
pub struct FaultCell(Arc<OnceLock<IdentityFault>>);

/// Why there is no line.
#[derive(Debug, Error)]
pub enum LineError {
    /// The configuration cannot be dialled.
    #[error("市级平台地址“{hub}”无法使用 / the hub's address `{hub}` cannot be used")]
    Address {
        /// The address.
        hub: String,
        /// What is wrong with it.
        #[source]
        source: AddressError,
    },
    /// Nobody answers, or not in time.
    #[error("无法连接市级平台 {hub} / the hub {hub} cannot be reached")]
    Unreachable {
        /// The address.
        hub: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Somebody answers whose certificate is not the hub's.
    #[error("{hub} 出示的证书不可信 / the certificate shown by {hub} is not trusted")]
    ServerUntrusted {
        /// The address.
        hub: String,
        /// What is wrong with it.
        #[source]
        source: IdentityFault,
    },
    /// The hub refuses our certificate, as far as it says so at once: mostly [`Line::fault`] says
    /// it later.
    #[error("市级平台 {hub} 拒绝本平台的证书 / the hub {hub} refuses this platform's certificate")]
    ClientRefused {
        /// The address.
        hub: String,
        /// What it says.
        #[source]
        source: IdentityFault,
    },
    /// Somebody answers who speaks something else.
    #[error("{hub} 没有使用本系统的协议应答 / {hub} does not answer as a hub does")]
    NotAHub {
        /// The address.
        hub: String,
        /// What was heard.
        #[source]
        source: io::Error,
    },
    /// HTTP/2 did not begin.
    #[error("与市级平台 {hub} 建立 HTTP/2 失败 / HTTP/2 with the hub {hub} did not begin")]
    Http {
        /// The address.
        hub: String,
        /// What tonic says.
        #[source]
        source: tonic::transport::Error,
    },
}

/// What is wrong with an address.
#[derive(Debug, Error)]
pub enum AddressError {
    /// The server's name.
    #[error(transparent)]
    Name(#[from] TlsError),
    /// The address as part of a URI.
    #[error("应为 主机:端口 / it should be host:port")]
    Uri(#[source] tonic::transport::Error),
}

// === impl LineConfig ===

impl LineConfig {
    /// Dials `hub` (`host:port`) with the usual times.
    pub fn new(
        hub: impl Into<String>,
        server_name: impl Into<String>,
        tls: impl Into<Swap<ClientConfig>>,
    ) -> Self {
        Self {
            hub: hub.into(),
            server_name: server_name.into(),
            tls: tls.into(),
            connect_timeout: CONNECT_TIMEOUT,
            ping_every: PING_EVERY,
            ping_timeout: PING_TIMEOUT,
            stood: Arc::new(watch::Sender::new(0)),
        }
    }
}

// === impl LineError ===

impl LineError {
    /// What a person should do about it.
    pub fn remedy(&self) -> Said {
        match self {
            LineError::Address { .. } => Said::new(
                "请修改配置中的市级平台地址和名称",
                "correct the hub's address and name in the configuration",
            ),
            LineError::Unreachable { .. } | LineError::Http { .. } => Said::new(
                "会自动重试；如长时间不通，请检查网络、防火墙和市级平台是否在运行",
                "it is tried again by itself; if it lasts, check the network, \
                 the firewall and whether the hub runs",
            ),
            LineError::ServerUntrusted { source, .. } | LineError::ClientRefused { source, .. } => {
                source.remedy()
            }
            LineError::NotAHub { .. } => Said::new(
                "请核对地址和端口是否为市级平台的交换端口，以及中间有无代理",
                "check that address and port are the hub's exchange port, \
                 and whether a proxy stands between",
            ),
        }
    }

    /// The fault of identity, if it is one: then waiting does not help.
    pub fn fault(&self) -> Option<&IdentityFault> {
        match self {
            LineError::ServerUntrusted { source, .. } | LineError::ClientRefused { source, .. } => {
                Some(source)
            }
            _ => None,
        }
    }
}

// === impl FaultCell ===

impl FaultCell {
    /// The first fault, if there was one.
    pub fn get(&self) -> Option<IdentityFault> {
        self.0.get().cloned()
    }

    fn note(&self, error: &io::Error) {
        if let Some(fault) = identity_fault(error) {
            // Only the first is kept: what follows on a broken line follows from it.
            let _ = self.0.set(fault);
        }
    }
}

// === impl Line ===

impl Line {
    /// The cell that keeps the line's first fault of identity.
    pub fn fault_cell(&self) -> FaultCell {
        self.fault.clone()
    }

    /// Whether the hub has ended the line in order; calls made after that fail.
    pub fn goodbye(&self) -> Goodbye {
        self.goodbye.clone()
    }

    /// After a failed call: whether it failed over somebody's identity.
    pub fn fault(&self) -> Option<IdentityFault> {
        self.fault.get()
    }
}

/// Connects: TCP, TLS and the beginning of HTTP/2.
///
/// # Errors
/// If any of them fails; [`LineError::fault`] tells whether trying again can help.
pub async fn connect(config: &LineConfig) -> Result<Line, LineError> {
    let hub = || config.hub.clone();
    let endpoint = endpoint(config).map_err(|source| LineError::Address { hub: hub(), source })?;
    let meter = Meter::new();
    let fault = FaultCell::default();

    let opened = tokio::time::timeout(config.connect_timeout, open(config, &meter)).await;
    let stream = opened.unwrap_or_else(|_| {
        Err(LineError::Unreachable { hub: hub(), source: io::ErrorKind::TimedOut.into() })
    })?;
    let goodbye = Goodbye::default();
    let frames = Frames::new(goodbye.clone());
    let watched = Watched { inner: stream, fault: fault.clone(), frames };

    // tonic asks its connector for a stream whenever it has none. This one has exactly one to give.
    let only = Mutex::new(Some(TokioIo::new(watched)));
    let connector = tower::service_fn(move |_| {
        let next = only.lock().unwrap_or_else(PoisonError::into_inner).take();
        std::future::ready(next.ok_or_else(|| io::Error::from(io::ErrorKind::NotConnected)))
    });
    let channel = endpoint
        .connect_with_connector(connector)
        .await
        .map_err(|source| LineError::Http { hub: hub(), source })?;
    Ok(Line { channel, meter, fault, goodbye })
}

fn endpoint(config: &LineConfig) -> Result<Endpoint, AddressError> {
    // The scheme is only what `:scheme` says; TLS is already below.
    let endpoint =
        Endpoint::from_shared(format!("http://{}", config.hub)).map_err(AddressError::Uri)?;
    Ok(endpoint
        .http2_keep_alive_interval(config.ping_every)
        .keep_alive_timeout(config.ping_timeout)
        .keep_alive_while_idle(true)
        .initial_stream_window_size(H2_WINDOW_BYTES)
        .initial_connection_window_size(H2_WINDOW_BYTES))
}

async fn open(
    config: &LineConfig,
    meter: &Arc<Meter>,
) -> Result<ClientStream<Counted<TcpStream>>, LineError> {
    let hub = || config.hub.clone();
    let name = server_name(&config.server_name)
        .map_err(|source| LineError::Address { hub: hub(), source: source.into() })?;
    let tcp = TcpStream::connect(&config.hub)
        .await
        .and_then(|tcp| keep_little_unsent(&tcp).map(|()| tcp))
        .map_err(|source| LineError::Unreachable { hub: hub(), source })?;
    let counted = Counted::new(tcp, Arc::clone(meter));
    tls_connect(config.tls.get(), name, counted).await.map_err(|source| {
        match identity_fault(&source) {
            Some(source @ IdentityFault::ServerUntrusted { .. }) => {
                LineError::ServerUntrusted { hub: hub(), source }
            }
            Some(source @ IdentityFault::ClientRefused { .. }) => {
                LineError::ClientRefused { hub: hub(), source }
            }
            None if source.kind() == io::ErrorKind::InvalidData => {
                LineError::NotAHub { hub: hub(), source }
            }
            None => LineError::Unreachable { hub: hub(), source },
        }
    })
}

/// A stream that notes faults of identity, and the hub's goodbye, as they pass.
struct Watched<T> {
    inner: T,
    fault: FaultCell,
    frames: Frames,
}

impl<T> Watched<T> {
    fn noted<R>(&self, polled: Poll<io::Result<R>>) -> Poll<io::Result<R>> {
        if let Poll::Ready(Err(error)) = &polled {
            self.fault.note(error);
        }
        polled
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Watched<T> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let polled = Pin::new(&mut this.inner).poll_read(cx, buf);
        this.frames.pass(&buf.filled()[before..]);
        this.noted(polled)
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Watched<T> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.inner).poll_write(cx, buf);
        this.noted(polled)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.inner).poll_flush(cx);
        this.noted(polled)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}
