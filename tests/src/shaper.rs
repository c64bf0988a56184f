//! A slow line: a TCP relay that lets so many bytes a second through, each way, and holds next to
//! nothing itself, so that what does not fit waits where it was sent from, as before a real modem.

use std::net::SocketAddr;
use std::time::Duration;

use sanheyi_node::process::clock::{Clock as _, SystemClock, pause};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Bytes that a socket of the relay may hold, as far as the system lets it be so small.
const SOCKET_BYTES: u32 = 8 * 1024;
/// Bytes that pass in one piece: some packets.
const PIECE: usize = 4 * 1024;
/// How late a piece may be made up for, in microseconds: what a timer of the system is late.
const LATE: i64 = 20_000;

/// Stands between a node and its hub.
pub struct Shaper {
    address: SocketAddr,
    serving: JoinHandle<()>,
}

// === impl Shaper ===

impl Shaper {
    /// A line to `upstream` that carries so many bytes a second in each direction.
    ///
    /// # Panics
    /// If no socket can be had.
    pub fn before(upstream: SocketAddr, bytes_a_second: u64) -> Self {
        let socket = small();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a port");
        let listener = socket.listen(16).expect("a listener");
        let address = listener.local_addr().expect("an address");
        let serving = tokio::spawn(async move {
            let mut lines = JoinSet::new();
            while let Ok((near, _)) = listener.accept().await {
                lines.spawn(line(near, upstream, bytes_a_second));
            }
        });
        Self { address, serving }
    }

    /// Where nodes connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Shaper {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn small() -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(SOCKET_BYTES).expect("a small buffer");
    socket.set_send_buffer_size(SOCKET_BYTES).expect("a small buffer");
    socket
}

async fn line(near: TcpStream, upstream: SocketAddr, rate: u64) {
    let Ok(far) = small().connect(upstream).await else { return };
    let small_pieces = [near.set_nodelay(true), far.set_nodelay(true)];
    if small_pieces.iter().any(Result::is_err) {
        return;
    }
    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
    // One way may end before the other, which then still carries what is under way.
    tokio::join!(carry(near_in, far_out, rate), carry(far_in, near_out, rate));
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, rate: u64) {
    let mut piece = vec![0; PIECE];
    let mut free = 0;
    while let Ok(bytes @ 1..) = from.read(&mut piece).await {
        let now = SystemClock.now().as_micros();
        let cost = bytes as u64 * 1_000_000 / rate.max(1);
        free = free.max(now - LATE) + i64::try_from(cost).unwrap_or(i64::MAX);
        if let Ok(wait @ 1..) = u64::try_from(free - now) {
            pause(Duration::from_micros(wait)).await;
        }
        if to.write_all(piece.get(..bytes).unwrap_or_default()).await.is_err() {
            return;
        }
    }
    // What was read was written; the end of it is passed on.
    let _ = to.shutdown().await;
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;
    use crate::patience::within;

    /// Bytes a second: 2 Mbit/s.
    const RATE: u64 = 250_000;
    const BYTES: usize = 150_000;

    async fn pour(mut out: OwnedWriteHalf) {
        let sent: Vec<u8> = (0..BYTES).map(|n| u8::try_from(n % 251).unwrap()).collect();
        out.write_all(&sent).await.unwrap();
        out.shutdown().await.unwrap();
    }

    async fn drain(mut source: OwnedReadHalf) {
        let mut got = Vec::new();
        source.read_to_end(&mut got).await.unwrap();
        assert_eq!(got.len(), BYTES);
        assert!(got.iter().enumerate().all(|(n, byte)| usize::from(*byte) == n % 251));
    }

    #[tokio::test]
    async fn both_ways_carry_what_they_may_and_no_more() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let shaper = Shaper::before(listener.local_addr().unwrap(), RATE);
        let began = SystemClock.now();
        let far = async {
            let (far, _) = listener.accept().await.unwrap();
            let (source, out) = far.into_split();
            tokio::join!(drain(source), pour(out));
        };
        let near = async {
            let near = TcpStream::connect(shaper.address()).await.unwrap();
            let (source, out) = near.into_split();
            tokio::join!(drain(source), pour(out));
        };
        within("both ways are through", async { tokio::join!(far, near) }).await;
        let took = SystemClock.now().micros_since(began);
        let least = i64::try_from(BYTES as u64 * 1_000_000 / RATE).unwrap() - LATE;
        assert!(took >= least, "{took} < {least} microseconds");
    }

    #[tokio::test]
    async fn what_does_not_fit_waits_where_it_was_sent_from() {
        // Nobody reads at the far end.
        let socket = small();
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let listener = socket.listen(1).unwrap();
        let shaper = Shaper::before(listener.local_addr().unwrap(), 1_000_000_000);
        let near = small().connect(shaper.address()).await.unwrap();
        let (_far, _) = within("the far end is there", listener.accept()).await.unwrap();
        let mut taken = 0;
        let full = Duration::from_millis(200);
        while tokio::time::timeout(full, near.writable()).await.is_ok() {
            match near.try_write(&[0; 1024]) {
                Ok(bytes) => taken += bytes,
                Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::WouldBlock),
            }
        }
        assert!(taken < 256 * 1024, "the relay and four sockets hold {taken} bytes");
    }
}
