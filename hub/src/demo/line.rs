//! The network between a node and its hub: carries bytes, counts them, and is really cut by closing
//! its sockets.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;

/// Connections that wait to be accepted: one node connects here.
const BACKLOG: u32 = 16;

/// A line that can be cut.
pub(super) struct Line {
    address: SocketAddr,
    /// Keeps the port while nobody listens: nobody else gets it meanwhile.
    _held: TcpSocket,
    hub: SocketAddr,
    up: watch::Sender<bool>,
    carried: AtomicU64,
}

impl Line {
    /// A line to `hub`, at a free port of this machine.
    pub(super) fn to(hub: SocketAddr) -> std::io::Result<Self> {
        let held = socket(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let (address, up) = (held.local_addr()?, watch::Sender::new(true));
        Ok(Self { address, _held: held, hub, up, carried: AtomicU64::new(0) })
    }

    /// Where the node connects.
    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Bytes carried in both directions.
    pub(super) fn carried(&self) -> u64 {
        self.carried.load(Ordering::Relaxed)
    }

    /// Whether it carries.
    pub(super) fn is_up(&self) -> bool {
        *self.up.borrow()
    }

    /// Cuts the line: every socket is closed, new connections are refused.
    pub(super) fn cut(&self) {
        self.up.send_replace(false);
    }

    /// Mends it.
    pub(super) fn mend(&self) {
        self.up.send_replace(true);
    }

    /// Carries until dropped.
    pub(super) async fn carry(&self) -> std::io::Result<()> {
        let mut up = self.up.subscribe();
        loop {
            let _ = up.wait_for(|up| *up).await;
            let listener = socket(self.address)?.listen(BACKLOG)?;
            let mut connections = FuturesUnordered::new();
            loop {
                tokio::select! {
                    accepted = listener.accept() => if let Ok((near, _)) = accepted {
                        connections.push(self.pass(near));
                    },
                    Some(()) = connections.next() => {}
                    changed = up.changed() => if changed.is_err() || !*up.borrow() { break },
                }
            }
            // Dropped here: the listener and every connection, and with them their sockets.
        }
    }

    async fn pass(&self, near: TcpStream) {
        let Ok(far) = TcpStream::connect(self.hub).await else { return };
        let _ = (near.set_nodelay(true), far.set_nodelay(true));
        let (near_read, near_write) = near.into_split();
        let (far_read, far_write) = far.into_split();
        // Either direction ending ends the connection, as a broken line does.
        tokio::select! {
            () = self.copy(near_read, far_write) => {}
            () = self.copy(far_read, near_write) => {}
        }
    }

    async fn copy<R, W>(&self, mut from: R, mut to: W)
    where
        R: tokio::io::AsyncRead + Unpin,
        W: tokio::io::AsyncWrite + Unpin,
    {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(length @ 1..) = from.read(&mut buffer).await {
            if to.write_all(&buffer[..length]).await.is_err() {
                return;
            }
            self.carried.fetch_add(length as u64, Ordering::Relaxed);
        }
    }
}

/// A socket at `address`, where another of this program may stand, too.
fn socket(address: SocketAddr) -> std::io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseport(true)?;
    socket.bind(address)?;
    Ok(socket)
}
