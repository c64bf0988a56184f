//! Faults of the line: a TCP proxy that refuses, cuts, delays, and loses answers, when it is told.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;

use sanheyi_node::process::clock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// Stands between a node and its hub.
pub struct Proxy {
    address: SocketAddr,
    control: Arc<Control>,
    serving: JoinHandle<()>,
}

struct Control {
    plan: watch::Sender<Plan>,
    /// Bytes that may still go up before the connection that carries them is cut.
    up_left: AtomicI64,
    torn: AtomicU64,
}

#[derive(Clone, Copy, Default)]
struct Plan {
    /// Connections made before are cut when it changes.
    cuts: u64,
    refusing: bool,
    losing_answers: bool,
    swallowing: bool,
    delay: Duration,
}

/// More than any test sends.
const UNBOUNDED: i64 = i64::MAX;

// === impl Proxy ===

impl Proxy {
    /// A proxy in front of `upstream`, without faults.
    ///
    /// # Panics
    /// If no socket can be had.
    pub async fn before(upstream: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let control = Arc::new(Control {
            plan: watch::Sender::new(Plan::default()),
            up_left: AtomicI64::new(UNBOUNDED),
            torn: AtomicU64::new(0),
        });
        let serving = tokio::spawn(serve(listener, upstream, Arc::clone(&control)));
        Self { address, control, serving }
    }

    /// Where nodes connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts every connection that stands.
    pub fn cut(&self) {
        self.control.plan.send_modify(|plan| plan.cuts += 1);
    }

    /// Whether new connections are closed at once.
    pub fn refuse(&self, refusing: bool) {
        self.control.plan.send_modify(|plan| plan.refusing = refusing);
    }

    /// Whether what the hub says gets lost on the way.
    pub fn lose_answers(&self, losing: bool) {
        self.control.plan.send_modify(|plan| plan.losing_answers = losing);
    }

    /// Whether everything gets lost on the way, both ways, and nobody is told: a port that is
    /// blocked without a word.
    pub fn swallow(&self, swallowing: bool) {
        self.control.plan.send_modify(|plan| plan.swallowing = swallowing);
    }

    /// How long every piece waits, both ways.
    pub fn delay(&self, delay: Duration) {
        self.control.plan.send_modify(|plan| plan.delay = delay);
    }

    /// Cuts the connection in the middle of whatever is sent, after `bytes` more have gone up.
    pub fn cut_after(&self, bytes: i64) {
        self.control.up_left.store(bytes, Ordering::SeqCst);
    }

    /// How many connections [`Proxy::cut_after`] has cut.
    pub fn torn(&self) -> u64 {
        self.control.torn.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Control {
    /// How many of `length` bytes may go up.
    fn take(&self, length: usize) -> usize {
        let wanted = i64::try_from(length).expect("a small piece");
        let left = self.up_left.load(Ordering::SeqCst);
        if left != UNBOUNDED {
            self.up_left.fetch_sub(wanted, Ordering::SeqCst);
        }
        usize::try_from(left.clamp(0, wanted)).expect("within the piece")
    }
}

async fn serve(listener: TcpListener, upstream: SocketAddr, control: Arc<Control>) {
    // Dropped with this task: so are its connections.
    let mut connections = JoinSet::new();
    while let Ok((below, _)) = listener.accept().await {
        if !control.plan.borrow().refusing {
            connections.spawn(connection(below, upstream, Arc::clone(&control)));
        }
    }
}

async fn connection(below: TcpStream, upstream: SocketAddr, control: Arc<Control>) {
    let mut plan = control.plan.subscribe();
    let before = plan.borrow_and_update().cuts;
    let Ok(above) = TcpStream::connect(upstream).await else { return };
    let ((from_node, to_node), (from_hub, to_hub)) = (below.into_split(), above.into_split());
    tokio::select! {
        () = carry(from_node, to_hub, &control, Way::Up) => {}
        () = carry(from_hub, to_node, &control, Way::Down) => {}
        _ = plan.wait_for(|plan| plan.cuts != before) => {}
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Up,
    Down,
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, control: &Control, way: Way) {
    let mut piece = vec![0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut piece).await {
        let plan = *control.plan.borrow();
        if !plan.delay.is_zero() {
            clock::pause(plan.delay).await;
        }
        let left = match way {
            Way::Up => control.take(length),
            Way::Down => length,
        };
        if left < length {
            // The beginning of the piece still goes out: the other end sees a torn message.
            let _ = to.write_all(&piece[..left]).await;
            control.up_left.store(UNBOUNDED, Ordering::SeqCst);
            control.torn.fetch_add(1, Ordering::SeqCst);
            return;
        }
        let lost = plan.swallowing || (way == Way::Down && plan.losing_answers);
        if !lost && to.write_all(&piece[..length]).await.is_err() {
            return;
        }
    }
}
