//! Connections of machines that want to enrol: few, short, and apart from all others. They have no
//! name, and reach nothing but the one service that gives them one.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use sanheyi_node::process::clock::pause;
use sanheyi_node::process::meter::Counted;
use sanheyi_node::process::tls::ServerConfig;
use sanheyi_node::process::tls::handshake::ServerStream;
use sanheyi_node::process::tls::swap::Swap;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::server::Connected;

/// Most connections of strangers at once: a city enrols one machine at a time, or a dozen.
pub const STRANGERS: usize = 16;
/// Longest such connection: long enough for some questions about an approval, too short to sit on.
pub const STRANGER_AGE: Duration = Duration::from_secs(60);

/// Who is at the other end: nobody knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stranger {
    /// Where it connects from.
    pub address: SocketAddr,
}

/// A connection of somebody without a certificate.
pub struct StrangerStream {
    stream: Box<ServerStream<Counted<TcpStream>>>,
    stranger: Stranger,
    over: Pin<Box<dyn Future<Output = ()> + Send>>,
    _place: OwnedSemaphorePermit,
}

/// Where the acceptor hands strangers over.
#[derive(Clone, Debug)]
pub struct Porch {
    tls: Swap<ServerConfig>,
    places: Arc<Semaphore>,
    queue: mpsc::Sender<StrangerStream>,
}

// === impl Porch ===

impl Porch {
    /// A porch, and the connections that come over it, as tonic takes them. `tls` is how strangers
    /// are accepted.
    pub fn new(
        tls: Swap<ServerConfig>,
    ) -> (Self, impl Stream<Item = io::Result<StrangerStream>> + Send) {
        let (queue, waiting) = mpsc::channel(STRANGERS);
        let places = Arc::new(Semaphore::new(STRANGERS));
        let streams = tokio_stream::StreamExt::map(ReceiverStream::new(waiting), Ok);
        (Self { tls, places, queue }, streams)
    }

    pub(super) fn tls(&self) -> Arc<ServerConfig> {
        self.tls.get()
    }

    /// Takes a stranger in, if there is a place.
    pub(super) fn take(&self, stream: Box<ServerStream<Counted<TcpStream>>>, address: SocketAddr) {
        let Ok(place) = Arc::clone(&self.places).try_acquire_owned() else {
            tracing::warn!(%address, "too many want to enrol at once: {address} was sent away");
            return;
        };
        let over = Box::pin(pause(STRANGER_AGE));
        let stranger = Stranger { address };
        let taken = self.queue.try_send(StrangerStream { stream, stranger, over, _place: place });
        if taken.is_err() {
            tracing::debug!(%address, "nobody enrols machines any more");
        }
    }
}

// === impl StrangerStream ===

impl Connected for StrangerStream {
    type ConnectInfo = Stranger;

    fn connect_info(&self) -> Stranger {
        self.stranger
    }
}

impl AsyncRead for StrangerStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.over.as_mut().poll(cx).is_ready() {
            // It is not asked again: the connection ends with this.
            this.over = Box::pin(std::future::pending());
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
        Pin::new(&mut *this.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for StrangerStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut *self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.get_mut().stream).poll_shutdown(cx)
    }
}
