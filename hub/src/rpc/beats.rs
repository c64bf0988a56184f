//! The call for heartbeats.

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::uplink::beat::{beat_from_wire, beat_to_wire};
use sanheyi_proto::exchange::v1::heartbeats_server::{Heartbeats, HeartbeatsServer};
use sanheyi_proto::exchange::v1::{BeatRequest, BeatResponse};
use tonic::{Request, Response, Status};

use super::listener::Peer;
use super::service::ExchangeService;
use crate::certificates::Certificates;
use crate::exchange::Exchange;

/// Largest message: a heartbeat has some hundred bytes.
const MESSAGE_BYTES: usize = 1024;

impl ExchangeService {
    /// The service of a hub for heartbeats, bounded.
    pub fn beats(
        exchange: Exchange,
        hub: PlatformId,
        certificates: Certificates,
    ) -> HeartbeatsServer<Self> {
        HeartbeatsServer::new(Self::of(exchange, hub, certificates))
            .max_decoding_message_size(MESSAGE_BYTES)
            .max_encoding_message_size(MESSAGE_BYTES)
    }
}

#[tonic::async_trait]
impl Heartbeats for ExchangeService {
    async fn beat(&self, request: Request<BeatRequest>) -> Result<Response<BeatResponse>, Status> {
        let Peer { platform, .. } = self.caller(&request).await?;
        let beat = request.into_inner().heartbeat.map(beat_from_wire);
        let heartbeat = self.exchange().beat(&platform, beat).map(beat_to_wire);
        Ok(Response::new(BeatResponse { heartbeat }))
    }
}
