//! The calls by which nodes keep their certificates fresh.

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::ids::PlatformId;
use sanheyi_exchange_spec::limits::ENROL_MESSAGE_BYTES;
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_node::uplink::status::to_status;
use sanheyi_proto::exchange::v1::identity_server::{Identity, IdentityServer};
use sanheyi_proto::exchange::v1::{RenewRequest, RenewResponse, TrustRequest, TrustResponse};
use tonic::{Request, Response, Status};

use super::service::ExchangeService;
use crate::certificates::Certificates;
use crate::exchange::Exchange;

impl ExchangeService {
    /// The service of a hub for identities, bounded.
    pub fn identity(
        exchange: Exchange,
        hub: PlatformId,
        certificates: Certificates,
    ) -> IdentityServer<Self> {
        IdentityServer::new(Self::of(exchange, hub, certificates))
            .max_decoding_message_size(ENROL_MESSAGE_BYTES)
            .max_encoding_message_size(ENROL_MESSAGE_BYTES)
    }
}

fn digest(bytes: &[u8]) -> Result<[u8; 32], Status> {
    bytes.try_into().map_err(|_| {
        let (zh, en) = ("应为 32 字节的 SHA-256", "it must be SHA-256, 32 bytes");
        to_status(&Refusal::new(Code::Malformed, "trusts_digest", zh, en))
    })
}

#[tonic::async_trait]
impl Identity for ExchangeService {
    async fn renew(
        &self,
        request: Request<RenewRequest>,
    ) -> Result<Response<RenewResponse>, Status> {
        let peer = self.caller(&request).await?;
        let RenewRequest { csr_pem, trusts_digest } = request.into_inner();
        let trusts = digest(&trusts_digest)?;
        let issued = self.certificates().renew(&peer, &csr_pem, trusts).await;
        let issued = issued.map_err(|refusal| to_status(&refusal))?;
        let authorities_pem = issued.authorities.unwrap_or_default();
        Ok(Response::new(RenewResponse { chain_pem: issued.chain, authorities_pem }))
    }

    async fn trust(
        &self,
        request: Request<TrustRequest>,
    ) -> Result<Response<TrustResponse>, Status> {
        let peer = self.caller(&request).await?;
        let trusts = digest(&request.into_inner().trusts_digest)?;
        let answer = self.certificates().trust(&peer, trusts).await;
        let answer = answer.map_err(|refusal| to_status(&refusal))?;
        let authorities_pem = answer.authorities.unwrap_or_default();
        Ok(Response::new(TrustResponse { authorities_pem, due: answer.due }))
    }
}
