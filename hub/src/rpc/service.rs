//! The three calls.

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_node::uplink::port::{GreetCall, PullCall, PushCall};
use sanheyi_node::uplink::status::to_status;
use sanheyi_proto::exchange::v1::exchange_server::{Exchange as Calls, ExchangeServer};
use sanheyi_proto::exchange::v1::{
    GreetRequest, GreetResponse, PullRequest, PullResponse, PushRequest, PushResponse,
};
use tonic::{Request, Response, Status};

use super::age::GOODBYE_FIRST;
use super::listener::Peer;
use crate::certificates::Certificates;
use crate::exchange::Exchange;

/// The exchange as a gRPC service.
pub struct ExchangeService {
    exchange: Exchange,
    hub: PlatformId,
    certificates: Certificates,
}

// === impl ExchangeService ===

impl ExchangeService {
    /// The service of a hub, bounded.
    pub fn server(
        exchange: Exchange,
        hub: PlatformId,
        certificates: Certificates,
    ) -> ExchangeServer<Self> {
        ExchangeServer::new(Self::of(exchange, hub, certificates))
            .max_decoding_message_size(limits::MESSAGE_BYTES)
            .max_encoding_message_size(limits::MESSAGE_BYTES)
    }

    pub(super) fn of(exchange: Exchange, hub: PlatformId, certificates: Certificates) -> Self {
        Self { exchange, hub, certificates }
    }

    pub(super) fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    pub(super) fn exchange(&self) -> &Exchange {
        &self.exchange
    }

    /// Who calls: the platform of the certificate, which must be one that calls over the network by
    /// a certificate that counts, and more about its connection.
    pub(super) async fn caller<T: Sync>(&self, request: &Request<T>) -> Result<Peer, Status> {
        let unnamed = |zh: &str, en: &str| {
            to_status(&Refusal::new(Code::Unauthorised, "certificate", zh, en))
        };
        let peer = request
            .extensions()
            .get::<Peer>()
            .ok_or_else(|| unnamed("连接没有证书", "the connection has no certificate"))?;
        if peer.hub != self.hub {
            return Err(unnamed(
                "证书属于另一个市级平台",
                "the certificate belongs to another hub's federation",
            ));
        }
        let refused = self.exchange.refuse_tenant(&peer.platform).await;
        refused.map_err(|refusal| to_status(&refusal))?;
        self.certificates.check(peer).await.map_err(|refusal| to_status(&refusal))?;
        Ok(peer.clone())
    }
}

#[tonic::async_trait]
impl Calls for ExchangeService {
    async fn greet(
        &self,
        request: Request<GreetRequest>,
    ) -> Result<Response<GreetResponse>, Status> {
        let Peer { platform, .. } = self.caller(&request).await?;
        let call = GreetCall::try_from(request.into_inner()).map_err(|e| to_status(&e))?;
        let answer = self.exchange.greet(&platform, call).await.map_err(|e| to_status(&e))?;
        Ok(Response::new(answer.into()))
    }

    async fn push(&self, request: Request<PushRequest>) -> Result<Response<PushResponse>, Status> {
        let Peer { platform, .. } = self.caller(&request).await?;
        let call = PushCall::try_from(request.into_inner()).map_err(|e| to_status(&e))?;
        let answer = self.exchange.push(&platform, call).await.map_err(|e| to_status(&e))?;
        Ok(Response::new(answer.into()))
    }

    async fn pull(&self, request: Request<PullRequest>) -> Result<Response<PullResponse>, Status> {
        let Peer { platform, ends, .. } = self.caller(&request).await?;
        let mut call = PullCall::try_from(request.into_inner()).map_err(|e| to_status(&e))?;
        // A pull that waits for news must not keep a connection that is at its end.
        call.wait = call.wait.min(ends.left() + GOODBYE_FIRST);
        let answer = self.exchange.pull(&platform, call).await.map_err(|e| to_status(&e))?;
        Ok(Response::new(answer.into()))
    }
}
