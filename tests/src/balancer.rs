//! A balancer of connections, as stands before several instances of one hub: it knows TCP and
//! nothing above it. Connections go round robin to the backends that take them; bytes are copied
//! both ways, and an end on one side is an end on the other.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Stands between nodes and the instances of a hub.
pub struct Balancer {
    address: SocketAddr,
    table: Arc<Mutex<Table>>,
    serving: JoinHandle<()>,
}

#[derive(Default)]
struct Table {
    places: Vec<Place>,
    /// Whose turn it is; taken modulo the places that there are.
    turn: usize,
    turned_away: u64,
}

/// A backend, wherever it listens at present.
#[derive(Clone, Copy, Default)]
struct Place {
    address: Option<SocketAddr>,
    served: u64,
}

// === impl Balancer ===

impl Balancer {
    /// A balancer that has no backends yet.
    ///
    /// # Panics
    /// If no socket can be had.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let table = Arc::default();
        let serving = tokio::spawn(serve(listener, Arc::clone(&table)));
        Self { address, table, serving }
    }

    /// Where nodes connect.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Says where a backend listens, or that it has none of the connections to come; those that
    /// stand go on. Backends are counted from 0, and take turns in that order.
    pub fn set(&self, backend: usize, address: Option<SocketAddr>) {
        let mut table = locked(&self.table);
        if table.places.len() <= backend {
            table.places.resize(backend + 1, Place::default());
        }
        table.places[backend].address = address;
    }

    /// How many connections a backend has taken, wherever it listened.
    pub fn served(&self, backend: usize) -> u64 {
        locked(&self.table).places.get(backend).map_or(0, |place| place.served)
    }

    /// How many connections were closed at once, because no backend took them.
    pub fn turned_away(&self) -> u64 {
        locked(&self.table).turned_away
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

fn locked(table: &Mutex<Table>) -> MutexGuard<'_, Table> {
    // No change is left half done by a panic: a poisoned table is still whole.
    table.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, table: Arc<Mutex<Table>>) {
    // Dropped with this task: so are its connections.
    let mut connections = JoinSet::new();
    while let Ok((below, _)) = listener.accept().await {
        // One after the other, so that turns are given in the order of arrival.
        let Some(above) = next_backend(&table).await else {
            locked(&table).turned_away += 1;
            continue;
        };
        connections.spawn(carry(below, above));
        while connections.try_join_next().is_some() {}
    }
}

/// The backend whose turn it is, or the first after it that takes a connection.
async fn next_backend(table: &Mutex<Table>) -> Option<TcpStream> {
    let (places, turn) = {
        let table = locked(table);
        (table.places.clone(), table.turn)
    };
    for ahead in 0..places.len() {
        let backend = (turn + ahead) % places.len();
        let Some(address) = places[backend].address else { continue };
        let Ok(stream) = TcpStream::connect(address).await else { continue };
        let mut table = locked(table);
        table.turn = backend + 1;
        table.places[backend].served += 1;
        return Some(stream);
    }
    None
}

async fn carry(mut below: TcpStream, mut above: TcpStream) {
    // Small frames are written whole on both sides: waiting for more would only delay them.
    let _ = (below.set_nodelay(true), above.set_nodelay(true));
    // An end is passed on, so that what was said before it is still heard; a fault drops both.
    let _ = copy_bidirectional(&mut below, &mut above).await;
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::patience::within;

    /// A server that sends back what it hears, its own letter first; gone when dropped.
    struct Echo {
        address: SocketAddr,
        serving: JoinHandle<()>,
    }

    impl Echo {
        async fn new(letter: u8) -> Self {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap();
            let serving = tokio::spawn(async move {
                let mut connections = JoinSet::new();
                while let Ok((mut stream, _)) = listener.accept().await {
                    connections.spawn(async move {
                        stream.write_all(&[letter]).await.unwrap();
                        let (mut from, mut to) = stream.split();
                        let _ = tokio::io::copy(&mut from, &mut to).await;
                    });
                }
            });
            Self { address, serving }
        }

        /// Ends it with all its connections.
        async fn end(self) {
            self.serving.abort();
            assert!(self.serving.await.unwrap_err().is_cancelled());
        }
    }

    async fn before(echoes: &[&Echo]) -> Balancer {
        let balancer = Balancer::start().await;
        for (backend, echo) in echoes.iter().enumerate() {
            balancer.set(backend, Some(echo.address));
        }
        balancer
    }

    /// Connects; gives the letter of whoever answers, or `None` if nobody does.
    async fn dial(balancer: &Balancer) -> Option<(u8, TcpStream)> {
        let mut stream = TcpStream::connect(balancer.address()).await.unwrap();
        let letter = within("a letter or an end", stream.read_u8()).await.ok()?;
        Some((letter, stream))
    }

    async fn letters(balancer: &Balancer, count: usize) -> String {
        let mut heard = String::new();
        for _ in 0..count {
            heard.push(dial(balancer).await.map_or('-', |(letter, _)| char::from(letter)));
        }
        heard
    }

    #[tokio::test]
    async fn backends_take_turns_and_their_connections_are_counted() {
        let (a, b, c) = (Echo::new(b'a').await, Echo::new(b'b').await, Echo::new(b'c').await);
        let balancer = before(&[&a, &b, &c]).await;
        assert_eq!(letters(&balancer, 7).await, "abcabca");
        let counts = [0, 1, 2, 3].map(|backend| balancer.served(backend));
        assert_eq!((counts, balancer.turned_away()), ([3, 2, 2, 0], 0));
    }

    #[tokio::test]
    async fn bytes_go_both_ways_and_an_end_is_passed_on() {
        let echo = Echo::new(b'a').await;
        let balancer = before(&[&echo]).await;
        let (_, mut stream) = dial(&balancer).await.unwrap();
        let said = vec![7; 1_000_000];
        let (mut from, mut to) = stream.split();
        let mut heard = Vec::new();
        let both = async {
            tokio::join!(
                async {
                    to.write_all(&said).await.unwrap();
                    to.shutdown().await.unwrap();
                },
                async { from.read_to_end(&mut heard).await.unwrap() }
            )
        };
        within("everything comes back, and then the end", both).await;
        assert_eq!(heard, said);
    }

    #[tokio::test]
    async fn a_dead_backend_is_passed_over_and_its_connections_end() {
        let (a, b) = (Echo::new(b'a').await, Echo::new(b'b').await);
        let balancer = before(&[&a, &b]).await;
        let (letter, mut stream) = dial(&balancer).await.unwrap();
        assert_eq!(letter, b'a');
        a.end().await;
        let end = within("the end of the connection", stream.read(&mut [0])).await;
        assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
        assert_eq!(letters(&balancer, 3).await, "bbb");
        assert_eq!((balancer.served(0), balancer.served(1)), (1, 3));
    }

    #[tokio::test]
    async fn backends_are_changed_while_it_runs() {
        let (a, b) = (Echo::new(b'a').await, Echo::new(b'b').await);
        let balancer = before(&[]).await;
        assert_eq!(letters(&balancer, 1).await, "-");
        assert_eq!(balancer.turned_away(), 1);
        balancer.set(1, Some(a.address));
        let (_, mut standing) = dial(&balancer).await.unwrap();
        balancer.set(1, Some(b.address));
        assert_eq!(letters(&balancer, 2).await, "bb");
        assert_eq!((balancer.served(0), balancer.served(1)), (0, 3), "one place, two addresses");
        balancer.set(1, None);
        assert_eq!(letters(&balancer, 1).await, "-");
        standing.write_all(b"x").await.unwrap();
        let heard = within("the connection that stands goes on", standing.read_u8()).await;
        assert_eq!(heard.unwrap(), b'x');
        drop(balancer);
        let end = within("its end with the balancer", standing.read(&mut [0])).await;
        assert!(matches!(end, Ok(0) | Err(_)), "{end:?}");
    }
}
