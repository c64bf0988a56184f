//! The exchange over gRPC: thin skins. A handler converts in, calls the core, converts out; who
//! calls is read from the client's certificate, never from a request.

pub mod age;
mod attachments;
mod beats;
pub mod enrolment;
mod health;
mod identity;
pub mod listener;
mod peers;
mod service;

use futures_util::StreamExt as _;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::process::clock::pause;
use sanheyi_node::process::lifecycle::Shutdown;
use sanheyi_node::uplink::transport::{H2_WINDOW_BYTES, PING_EVERY, PING_TIMEOUT};
use tonic::transport::Server;

use crate::certificates::Certificates;
use crate::exchange::Exchange;
use age::GOODBYE_FIRST;
use listener::Acceptor;
use peers::HeardStream;
pub use service::ExchangeService;

/// Calls under way on one connection: a push and a pull per lane, with room.
const CALLS_PER_CONNECTION: u32 = 64;

/// Serves the exchange on accepted connections until shutdown is asked for. Each of them is ended
/// in order at its age.
///
/// # Errors
/// If the transport fails as a whole.
pub async fn serve(
    exchange: Exchange,
    hub: PlatformId,
    certificates: Certificates,
    acceptor: Acceptor,
    shutdown: Shutdown,
) -> Result<(), tonic::transport::Error> {
    let (reporter, service) = health::service();
    let (peers, standing) = (exchange.peers(), exchange.standing());
    let max_age = acceptor.max_age();
    let incoming = acceptor.incoming();
    let incoming = incoming.map(move |one| one.map(|stream| HeardStream::new(stream, &peers)));
    let server = Server::builder()
        // Without a grace: with one, this version of tonic says no goodbye and cuts the connection
        // at its end. Who does not go is cut off by the stream itself (`age::DRAIN`).
        .max_connection_age(max_age)
        .http2_keepalive_interval(Some(PING_EVERY))
        .http2_keepalive_timeout(Some(PING_TIMEOUT))
        .initial_stream_window_size(H2_WINDOW_BYTES)
        .initial_connection_window_size(H2_WINDOW_BYTES)
        .max_concurrent_streams(CALLS_PER_CONNECTION)
        .add_service(ExchangeService::server(exchange.clone(), hub.clone(), certificates.clone()))
        .add_service(ExchangeService::files(exchange.clone(), hub.clone(), certificates.clone()))
        .add_service(ExchangeService::beats(exchange.clone(), hub.clone(), certificates.clone()))
        .add_service(ExchangeService::identity(exchange.clone(), hub, certificates))
        .add_service(service)
        .serve_with_incoming_shutdown(incoming, shutdown.soft_asked());
    let closing = async {
        shutdown.soft_asked().await;
        // A pull that waits for news would hold the stop for as long as it waits. It is refused
        // after the goodbye: who heard that first goes elsewhere at once.
        pause(GOODBYE_FIRST).await;
        exchange.close();
        std::future::pending().await
    };
    let telling = async {
        health::tell(reporter, standing).await;
        std::future::pending().await
    };
    let served = tokio::select! {
        served = server => served,
        never = closing => never,
        never = telling => never,
    };
    // Without connections it ends before that pause does.
    exchange.close();
    served
}
