//! The calls for files that entries name.

use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_node::uplink::pieces::{PIECE_MESSAGE_BYTES, offer_from_wire};
use sanheyi_node::uplink::port::{PieceAsked, PieceCall};
use sanheyi_node::uplink::status::to_status;
use sanheyi_proto::exchange::v1::attachments_server::{Attachments, AttachmentsServer};
use sanheyi_proto::exchange::v1::{
    GetRequest, GetResponse, OfferRequest, OfferResponse, PutRequest, PutResponse,
};
use tonic::{Request, Response, Status};

use super::listener::Peer;
use super::service::ExchangeService;
use crate::certificates::Certificates;
use crate::exchange::Exchange;

impl ExchangeService {
    /// The service of a hub for files, bounded.
    pub fn files(
        exchange: Exchange,
        hub: PlatformId,
        certificates: Certificates,
    ) -> AttachmentsServer<Self> {
        AttachmentsServer::new(Self::of(exchange, hub, certificates))
            .max_decoding_message_size(PIECE_MESSAGE_BYTES)
            .max_encoding_message_size(PIECE_MESSAGE_BYTES)
    }
}

#[tonic::async_trait]
impl Attachments for ExchangeService {
    async fn offer(
        &self,
        request: Request<OfferRequest>,
    ) -> Result<Response<OfferResponse>, Status> {
        let Peer { platform, .. } = self.caller(&request).await?;
        let file = offer_from_wire(request.into_inner()).map_err(|e| to_status(&e))?;
        let held = self.exchange().offer_file(&platform, &file).await;
        held.map(|held| Response::new(held.into())).map_err(|e| to_status(&e))
    }

    async fn put(&self, request: Request<PutRequest>) -> Result<Response<PutResponse>, Status> {
        let Peer { platform, .. } = self.caller(&request).await?;
        let call = PieceCall::try_from(request.into_inner()).map_err(|e| to_status(&e))?;
        let held = self.exchange().put_piece(&platform, &call).await;
        held.map(|held| Response::new(held.into())).map_err(|e| to_status(&e))
    }

    async fn get(&self, request: Request<GetRequest>) -> Result<Response<GetResponse>, Status> {
        let Peer { platform, .. } = self.caller(&request).await?;
        let call = PieceAsked::try_from(request.into_inner()).map_err(|e| to_status(&e))?;
        let piece = self.exchange().get_piece(&platform, call).await;
        piece.map(|piece| Response::new(GetResponse { piece })).map_err(|e| to_status(&e))
    }
}
