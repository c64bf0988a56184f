//! Who is connected (在线): counted where connections come in, so that *offline* is known from the
//! line itself and not from silence. A connection costs two atomic additions a piece of bytes.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tonic::transport::server::Connected;

use super::listener::{Peer, PeerStream};
use crate::health::peers::{Peers, Presence};

/// A connection that is counted for as long as it lives.
#[derive(Debug)]
pub(super) struct HeardStream {
    stream: PeerStream,
    presence: Presence,
}

impl HeardStream {
    /// Counts `stream` among `peers`.
    pub(super) fn new(stream: PeerStream, peers: &Arc<Peers>) -> Self {
        let Peer { platform, serial, address, .. } = stream.peer();
        let presence = peers.come(platform, &address.to_string(), serial);
        Self { stream, presence }
    }
}

impl Connected for HeardStream {
    type ConnectInfo = Peer;

    fn connect_info(&self) -> Peer {
        self.stream.connect_info()
    }
}

impl AsyncRead for HeardStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let polled = Pin::new(&mut this.stream).poll_read(cx, buf);
        this.presence.received(buf.filled().len().saturating_sub(before));
        polled
    }
}

impl AsyncWrite for HeardStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write(cx, buf);
        this.presence.sent(&polled);
        polled
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write_vectored(cx, bufs);
        this.presence.sent(&polled);
        polled
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}
