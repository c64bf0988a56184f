//! The calls by which a node keeps its certificate and its trust fresh, on a short line of their
//! own: they need neither the store nor the session.

use std::time::Duration;

use sanheyi_exchange_spec::limits::ENROL_MESSAGE_BYTES;
use sanheyi_proto::exchange::v1::identity_client::IdentityClient;
use sanheyi_proto::exchange::v1::{RenewRequest, TrustRequest};
use tonic::transport::Channel;

use super::grpc::{GrpcPort, timed};
use super::port::CallError;
use super::transport::Line;

/// How long an answer may take: a signature and a row.
const PATIENCE: Duration = Duration::from_secs(30);

/// The hub's calls about identity.
pub struct IdentityPort {
    client: IdentityClient<Channel>,
    port: GrpcPort,
}

/// What the hub says about trust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustAnswer {
    /// The authorities to trust, in PEM; none where the node has exactly these.
    pub authorities: Option<String>,
    /// Whether to renew now, whatever the certificate's age.
    pub due: bool,
}

/// A renewed certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renewed {
    /// The chain in PEM, own certificate first.
    pub chain: String,
    /// The authorities to trust, in PEM; none where the node has exactly these.
    pub authorities: Option<String>,
}

fn given(pem: String) -> Option<String> {
    (!pem.is_empty()).then_some(pem)
}

// === impl IdentityPort ===

impl IdentityPort {
    /// The port on a line that stands.
    pub fn new(line: &Line) -> Self {
        let client = IdentityClient::new(line.channel.clone())
            .max_decoding_message_size(ENROL_MESSAGE_BYTES)
            .max_encoding_message_size(ENROL_MESSAGE_BYTES);
        Self { client, port: GrpcPort::new(line) }
    }

    /// Says which authorities are trusted, and asks which ones should be.
    ///
    /// # Errors
    /// If the hub refuses, or the line is lost.
    pub async fn trust(&self, trusts: [u8; 32]) -> Result<TrustAnswer, CallError> {
        let call = TrustRequest { trusts_digest: trusts.to_vec().into() };
        let answer = self.client.clone().trust(timed(call, PATIENCE)).await;
        let answer = answer.map_err(|status| self.port.lost(&status))?.into_inner();
        Ok(TrustAnswer { authorities: given(answer.authorities_pem), due: answer.due })
    }

    /// Asks for a certificate for the key of a request.
    ///
    /// # Errors
    /// If the hub refuses, or the line is lost.
    pub async fn renew(&self, csr_pem: &str, trusts: [u8; 32]) -> Result<Renewed, CallError> {
        let call =
            RenewRequest { csr_pem: csr_pem.to_owned(), trusts_digest: trusts.to_vec().into() };
        let answer = self.client.clone().renew(timed(call, PATIENCE)).await;
        let answer = answer.map_err(|status| self.port.lost(&status))?.into_inner();
        Ok(Renewed { chain: answer.chain_pem, authorities: given(answer.authorities_pem) })
    }
}
