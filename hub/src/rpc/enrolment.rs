//! The call of machines without a certificate, on connections of their own.

mod throttle;

use std::io;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::ids::{EpochId, Lane};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_exchange_spec::suite::VerifyingKey;
use sanheyi_node::process::lifecycle::Shutdown;
use sanheyi_node::uplink::status::to_status;
use sanheyi_proto::exchange::v1::enrol_response::Outcome;
use sanheyi_proto::exchange::v1::enrolment_server::{Enrolment, EnrolmentServer};
use sanheyi_proto::exchange::v1::{
    EnrolRequest, EnrolResponse, Enrolled as WireEnrolled, EnrolmentWaiting,
};
use tokio_stream::Stream;
use tonic::transport::Server;
use tonic::{Request, Response, Status};

use super::listener::stranger::{Stranger, StrangerStream};
use crate::enrolment::{EnrolAnswer, EnrolCall, Enrolled, Enrolments};
pub use throttle::{CALLS_A_MINUTE, Throttle};

/// Calls under way on one connection: it asks one thing.
const CALLS_PER_CONNECTION: u32 = 2;
/// Longest call: a signature and some rows.
const CALL_TIMEOUT: Duration = Duration::from_secs(20);

/// The service.
pub struct EnrolmentService {
    enrolments: Enrolments,
    throttle: Mutex<Throttle>,
}

/// Serves those who want to enrol, until shutdown is asked for.
///
/// # Errors
/// If the transport fails as a whole.
pub async fn serve_strangers(
    enrolments: Enrolments,
    strangers: impl Stream<Item = io::Result<StrangerStream>>,
    shutdown: Shutdown,
) -> Result<(), tonic::transport::Error> {
    let service = EnrolmentService { enrolments, throttle: Mutex::default() };
    Server::builder()
        .max_concurrent_streams(CALLS_PER_CONNECTION)
        .timeout(CALL_TIMEOUT)
        .add_service(
            EnrolmentServer::new(service)
                .max_decoding_message_size(limits::ENROL_MESSAGE_BYTES)
                .max_encoding_message_size(limits::ENROL_MESSAGE_BYTES),
        )
        .serve_with_incoming_shutdown(strangers, shutdown.soft_asked())
        .await
}

#[tonic::async_trait]
impl Enrolment for EnrolmentService {
    async fn enrol(
        &self,
        request: Request<EnrolRequest>,
    ) -> Result<Response<EnrolResponse>, Status> {
        let stranger = request.extensions().get::<Stranger>().copied();
        let unnamed = || refused(Code::Internal, "连接来源不明", "the connection is from nowhere");
        let Stranger { address } = stranger.ok_or_else(unnamed)?;
        let now = self.enrolments.now();
        let admitted = {
            let mut throttle = self.throttle.lock().unwrap_or_else(PoisonError::into_inner);
            throttle.admits(address.ip(), now)
        };
        if !admitted {
            tracing::warn!(%address, "{address} asks to enrol too often");
            let said = ("请求过于频繁，请一分钟后再试", "too many requests: try again in a minute");
            return Err(refused(Code::Unavailable, said.0, said.1));
        }
        let call = call(request.into_inner(), address.ip().to_string())?;
        let answer = self.enrolments.enrol(&call).await;
        let answer = answer.map_err(|refusal| to_status(&refusal))?;
        Ok(Response::new(EnrolResponse { outcome: Some(outcome(answer)) }))
    }
}

fn call(request: EnrolRequest, address: String) -> Result<EnrolCall, Status> {
    let EnrolRequest { token, csr_pem, verifying_key, proof, epochs, software } = request;
    let malformed = |zh, en| refused(Code::Malformed, zh, en);
    let verifying = VerifyingKey::from_slice(&verifying_key);
    let verifying = verifying.map_err(|_| {
        malformed(
            "验证公钥应为 32 字节的 Ed25519 公钥",
            "the verifying key must be Ed25519, 32 bytes",
        )
    })?;
    let read = |one: &sanheyi_proto::exchange::v1::LaneEpoch| {
        let lane: Lane = one.lane.parse().ok()?;
        Some((lane, EpochId::from_slice(&one.epoch).ok()?))
    };
    let epochs: Option<Vec<_>> = epochs.iter().map(read).collect();
    let epochs = epochs
        .ok_or_else(|| malformed("纪元应为通道与 16 字节", "an epoch is a lane and 16 bytes"))?;
    let (csr, proof) = (csr_pem, proof.to_vec());
    Ok(EnrolCall { token, csr, verifying, proof, epochs, software, address })
}

fn outcome(answer: EnrolAnswer) -> Outcome {
    match answer {
        EnrolAnswer::Enrolled(enrolled) => {
            let Enrolled { platform, hub, chain, authorities, hub_key, journals } = *enrolled;
            Outcome::Enrolled(WireEnrolled {
                platform: platform.to_string(),
                hub: hub.to_string(),
                chain_pem: chain,
                authorities_pem: authorities,
                hub_key: hub_key.as_bytes().to_vec().into(),
                journals: journals.iter().map(ToString::to_string).collect(),
            })
        }
        EnrolAnswer::Waiting { fingerprint, since } => Outcome::Waiting(EnrolmentWaiting {
            fingerprint: fingerprint.to_string(),
            since: since.as_micros(),
        }),
    }
}

fn refused(code: Code, zh: &str, en: &str) -> Status {
    to_status(&Refusal::new(code, "enrol", zh, en))
}
