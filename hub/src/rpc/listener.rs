//! The hub's door: from a TCP listener to streams whose other end has a name.
//!
//! tonic takes any stream of connections; this one yields only those whose handshake is done and
//! whose certificate names a platform of this hub. A handler finds the name in
//! `request.extensions().get::<Peer>()`.
//!
//! Everything is bounded: handshakes under way, their time, and connections. A failed handshake
//! costs its own slot and a log line, never the others; nothing that a stranger does ends the
//! stream.

pub mod stranger;

use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use stranger::Porch;

use super::age::{DRAIN, MAX_AGE_SECONDS};
use crate::authority::BACKDATED_MICROS;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_node::process::clock::{Deadline, pause};
use sanheyi_node::process::meter::{Counted, Meter};
use sanheyi_node::process::said::with_causes;
use sanheyi_node::process::tls::ServerConfig;
use sanheyi_node::process::tls::enrol::{Accepted, accept_either};
use sanheyi_node::process::tls::handshake::{AcceptError, ServerStream};
use sanheyi_node::process::tls::subject::Subject;
use sanheyi_node::process::tls::swap::{Revoked, Swap};
use sanheyi_node::process::unsent::keep_little_unsent;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_stream::Stream;
use tonic::transport::server::Connected;

/// Most connections at once: a city has tens of platforms, a province thousands, each with one line
/// and now and then a second in passing. Idle they cost some dozens of kilobytes each; the process
/// needs as many file handles (`LimitNOFILE` of the unit).
pub const CONNECTIONS: usize = 4096;
/// Most handshakes at once: strangers can hold these slots, not the connections.
pub const HANDSHAKES: usize = 64;
/// Longest handshake.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);
/// Pause after the system has refused to accept: mostly it is out of file handles, and asking again
/// at once burns a core.
const REFUSED_PAUSE: Duration = Duration::from_millis(200);

/// Who is at the other end of a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The platform in its certificate.
    pub platform: PlatformId,
    /// The hub in its certificate: this one.
    pub hub: PlatformId,
    /// Serial number of its certificate, in lower-case hex.
    pub serial: String,
    /// SHA-256 of its certificate's public key.
    pub key: [u8; 32],
    /// When its certificate was issued, as far as the certificate says so.
    pub issued: Timestamp,
    /// When its certificate ends.
    pub not_after: Timestamp,
    /// Where it connects from.
    pub address: SocketAddr,
    /// When its connection has reached its age.
    pub ends: Deadline,
}

/// A connection with a named other end.
pub struct PeerStream {
    stream: Box<ServerStream<Counted<TcpStream>>>,
    peer: Peer,
    /// Ends when the connection must be over; `None` when it has.
    over: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    _connection: OwnedSemaphorePermit,
}

/// Why a connection was dropped.
#[derive(Debug, thiserror::Error)]
enum Dropped {
    #[error(transparent)]
    Accept(#[from] AcceptError),
    #[error("握手超时 / the handshake took too long")]
    Slow,
    #[error("连接在握手前已断开 / the connection was gone before the handshake")]
    Gone(#[source] io::Error),
}

/// Accepts connections and does their handshakes. It needs nobody to run it: it works while it is
/// polled, which tonic does.
#[derive(Debug)]
pub struct Acceptor {
    listener: TcpListener,
    tls: Swap<ServerConfig>,
    meter: Arc<Meter>,
    connections: Arc<Semaphore>,
    handshake_timeout: Duration,
    max_age: Duration,
    drain: Duration,
    revoked: Revoked,
    porch: Option<Porch>,
}

// === impl Acceptor ===

impl Acceptor {
    /// Accepts from `listener` by `tls` and counts the bytes of all connections on `meter`.
    pub fn new(
        listener: TcpListener,
        tls: impl Into<Swap<ServerConfig>>,
        meter: Arc<Meter>,
    ) -> Self {
        let tls = tls.into();
        let connections = Arc::new(Semaphore::new(CONNECTIONS));
        Self {
            listener,
            tls,
            meter,
            connections,
            handshake_timeout: HANDSHAKE_TIMEOUT,
            max_age: Duration::from_secs(MAX_AGE_SECONDS),
            drain: DRAIN,
            revoked: Revoked::default(),
            porch: None,
        }
    }

    /// Other bounds than the usual ones.
    #[must_use]
    pub fn with_bounds(self, connections: usize, handshake_timeout: Duration) -> Self {
        let connections = Arc::new(Semaphore::new(connections));
        Self { connections, handshake_timeout, ..self }
    }

    /// Another age of connections than the usual one, and how long they may take to end after it.
    #[must_use]
    pub fn with_age(self, max_age: Duration, drain: Duration) -> Self {
        Self { max_age, drain, ..self }
    }

    /// Ends connections whose certificate is among these, at once and whenever they change.
    #[must_use]
    pub fn with_revoked(self, revoked: Revoked) -> Self {
        Self { revoked, ..self }
    }

    /// Hands machines over that want to enrol; without a porch they are refused like anybody who
    /// shows no certificate.
    #[must_use]
    pub fn with_porch(self, porch: Option<Porch>) -> Self {
        Self { porch, ..self }
    }

    /// The age at which whoever serves the connections ends them.
    pub fn max_age(&self) -> Duration {
        self.max_age
    }

    /// The connections, as tonic's `serve_with_incoming_shutdown` takes them. It never ends and
    /// yields no error.
    pub fn incoming(self) -> impl Stream<Item = io::Result<PeerStream>> + Send {
        let handshakes = FuturesUnordered::new();
        futures_util::stream::unfold((self, handshakes), async |(acceptor, mut handshakes)| {
            loop {
                tokio::select! {
                    (tcp, from, permit) = acceptor.next_tcp(), if handshakes.len() < HANDSHAKES => {
                        handshakes.push(acceptor.handshake(tcp, from, permit));
                    }
                    Some(done) = handshakes.next() => {
                        if let Some(stream) = done {
                            return Some((Ok(stream), (acceptor, handshakes)));
                        }
                    }
                }
            }
        })
    }

    /// The next connection, once there is room for one. Dropping the future loses none.
    async fn next_tcp(&self) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
        loop {
            // It fails only when the semaphore is closed, which nobody does.
            let Ok(permit) = Arc::clone(&self.connections).acquire_owned().await else {
                std::future::pending().await
            };
            match self.listener.accept().await {
                Ok((tcp, address)) => return (tcp, address, permit),
                Err(error) => {
                    tracing::warn!(%error, "the system refuses to accept a connection: {error}");
                    pause(REFUSED_PAUSE).await;
                }
            }
        }
    }

    /// One handshake, as a future that borrows nothing.
    fn handshake(
        &self,
        tcp: TcpStream,
        address: SocketAddr,
        permit: OwnedSemaphorePermit,
    ) -> impl Future<Output = Option<PeerStream>> + Send + use<> {
        let (tls, meter, limit) = (self.tls.get(), Arc::clone(&self.meter), self.handshake_timeout);
        let (max_age, drain) = (self.max_age, self.drain);
        let (revoked, porch) = (self.revoked.clone(), self.porch.clone());
        async move {
            let strangers = porch.as_ref().map(Porch::tls);
            match accepted(tcp, tls, strangers, meter, limit).await {
                Ok(Accepted::Stranger(stream)) => {
                    porch?.take(stream, address);
                    None
                }
                Ok(Accepted::Named(stream, subject)) => {
                    let Subject { platform, hub, serial, key, not_before, not_after } = subject;
                    tracing::debug!(%platform, serial, %address, "{platform} from {address}");
                    let ends = Deadline::after(max_age);
                    let issued = not_before.plus_micros(BACKDATED_MICROS);
                    let cut = cut(revoked, serial.clone());
                    let peer =
                        Peer { platform, hub, serial, key, issued, not_after, address, ends };
                    let over = Some(Box::pin(over(max_age + drain, cut)) as _);
                    Some(PeerStream { stream, peer, over, _connection: permit })
                }
                Err(reason) => {
                    let reason = with_causes(&reason);
                    tracing::warn!(%address, reason, "connection from {address} dropped: {reason}");
                    None
                }
            }
        }
    }
}

/// Returns when a connection must be over: long after its age, or when its certificate was revoked.
async fn over(age: Duration, cut: impl Future<Output = ()>) {
    tokio::select! {
        () = pause(age) => {}
        () = cut => {}
    }
}

async fn cut(revoked: Revoked, serial: String) {
    let mut told = revoked.watch();
    // It ends only with the acceptor, which nobody lives longer than.
    if told.wait_for(|serials| serials.contains(&serial)).await.is_err() {
        std::future::pending::<()>().await;
    }
    tracing::warn!(serial, "a line was cut: its certificate {serial} was revoked");
}

async fn accepted(
    tcp: TcpStream,
    tls: Arc<ServerConfig>,
    strangers: Option<Arc<ServerConfig>>,
    meter: Arc<Meter>,
    limit: Duration,
) -> Result<Accepted<Counted<TcpStream>>, Dropped> {
    // A segment is written whole: waiting for more bytes would only delay it. What waits here can
    // be overtaken by what is urgent.
    keep_little_unsent(&tcp).map_err(Dropped::Gone)?;
    tokio::time::timeout(limit, accept_either(tls, strangers, Counted::new(tcp, meter)))
        .await
        .map_err(|_| Dropped::Slow)?
        .map_err(Dropped::Accept)
}

// === impl PeerStream ===

impl PeerStream {
    /// Who is at the other end.
    pub fn peer(&self) -> &Peer {
        &self.peer
    }

    /// Fails once the connection should have been over for long: its other end keeps a call open
    /// and does not go. Whoever serves it reads all the time.
    fn poll_over(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        if self.over.as_mut().is_some_and(|over| over.as_mut().poll(cx).is_ready()) {
            self.over = None;
        }
        if self.over.is_some() { Ok(()) } else { Err(io::ErrorKind::TimedOut.into()) }
    }
}

impl fmt::Debug for PeerStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PeerStream").field("peer", &self.peer).finish_non_exhaustive()
    }
}

impl Connected for PeerStream {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.peer.clone()
    }
}

impl AsyncRead for PeerStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        this.poll_over(cx)?;
        Pin::new(&mut *this.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for PeerStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.get_mut().stream).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.get_mut().stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests;
