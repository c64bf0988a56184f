//! From a listener to answers. Everything from outside is bounded: connections, handshakes, the
//! time for a request's head, and its body.

use std::convert::Infallible;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, DefaultBodyLimit, Request};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use crate::process::clock::pause;
use crate::process::lifecycle::{Shutdown, beside};
use crate::process::tls::ServerConfig;
use crate::process::tls::handshake::accept_anybody;

/// Most connections at once: some dozens of people look, each with a few connections.
pub const CONNECTIONS: usize = 512;
/// Longest handshake, and longest time until the head of a request is there.
pub const HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest body of a request, in bytes: a form with some thousand ticked boxes.
pub const BODY_BYTES: usize = 1024 * 1024;
/// How long requests under way may take when the process stops; a page that is kept fresh ends
/// then, and the browser asks again by itself.
pub const DRAIN: Duration = Duration::from_secs(3);
/// Pause after the system has refused to accept.
const REFUSED_PAUSE: Duration = Duration::from_millis(200);

/// What every answer says to the browser: nothing from elsewhere, nothing around it, nothing kept.
const HEADERS: [(HeaderName, &str); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src \
         'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    ),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "same-origin"),
    (header::CACHE_CONTROL, "no-store"),
];

/// A router with the bounds and headers that every site has.
pub fn guarded(router: Router) -> Router {
    router.layer(DefaultBodyLimit::max(BODY_BYTES)).layer(middleware::from_fn(with_headers))
}

async fn with_headers(request: Request, next: Next) -> Response {
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    for (name, value) in HEADERS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    answer
}

/// Serves a router until shutdown. Without `tls` it speaks plain HTTP: the configuration lets that
/// be only on this machine's own addresses.
///
/// # Errors
/// None: nothing that a stranger does ends it.
pub async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    router: Router,
    shutdown: Shutdown,
) -> Result<(), Infallible> {
    let graceful = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(CONNECTIONS));
    let mut connections = FuturesUnordered::new();
    loop {
        tokio::select! {
            () = shutdown.soft_asked() => break,
            Some(()) = connections.next() => {}
            accepted = accepted(&listener), if room.available_permits() > 0 => {
                let Ok((tcp, from)) = accepted else { continue };
                let Ok(permit) = Arc::clone(&room).try_acquire_owned() else { continue };
                let (tls, watcher) = (tls.clone(), graceful.watcher());
                let router = router.clone().layer(axum::Extension(ConnectInfo(from)));
                connections.push(beside(async move {
                    let _permit = permit;
                    match tls {
                        None => answer(tcp, router, watcher).await,
                        Some(tls) => {
                            let shaken = tokio::time::timeout(HEAD_TIMEOUT, accept_anybody(tls, tcp));
                            if let Ok(Ok(stream)) = shaken.await {
                                answer(stream, router, watcher).await;
                            }
                        }
                    }
                }));
            }
        }
    }
    drop(listener);
    // Whatever is under way is answered; what only waits ends here.
    let all = async { while connections.next().await.is_some() {} };
    let _ = tokio::time::timeout(DRAIN, async { tokio::join!(graceful.shutdown(), all) }).await;
    Ok(())
}

async fn accepted(listener: &TcpListener) -> io::Result<(TcpStream, std::net::SocketAddr)> {
    let accepted = listener.accept().await;
    if let Err(error) = &accepted {
        tracing::warn!(%error, "the system refuses to accept a connection: {error}");
        pause(REFUSED_PAUSE).await;
    }
    accepted
}

async fn answer<T>(stream: T, router: Router, watcher: Watcher)
where
    T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let mut builder = Builder::new(TokioExecutor::new()).http1_only();
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let service = TowerToHyperService::new(router);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection.into_owned()).await {
        tracing::debug!(error, "a browser's connection ended: {error}");
    }
}
