//! The call of a machine that has no certificate yet, on a connection of its own for each.

use std::sync::Arc;
use std::time::Duration;

use sanheyi_exchange_spec::enrolment::Token;
use sanheyi_exchange_spec::ids::{EpochId, Lane};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_proto::exchange::v1::enrol_response::Outcome;
use sanheyi_proto::exchange::v1::enrolment_client::EnrolmentClient;
use sanheyi_proto::exchange::v1::{EnrolRequest, LaneEpoch};
pub use sanheyi_proto::exchange::v1::{Enrolled, EnrolmentWaiting};
use thiserror::Error;

use super::greeting::SOFTWARE;
use super::status::from_status;
use super::transport::{LineConfig, LineError, connect};
use crate::process::clock::Clock;
use crate::process::tls::TlsError;
use crate::process::tls::enrol::pinned_config;

/// How long an answer may take: a signature and some rows.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a machine asks with.
#[derive(Clone, Debug)]
pub struct EnrolAsk {
    /// The hub, `host:port`.
    pub hub: String,
    /// The name in the hub's certificate.
    pub server_name: String,
    /// Its token.
    pub token: Token,
    /// Its certificate request, PEM.
    pub csr: String,
    /// Its verifying key, 32 bytes.
    pub verifying: [u8; 32],
    /// Its proof, 64 bytes.
    pub proof: [u8; 64],
    /// The epoch ids that it drew.
    pub epochs: Vec<(Lane, EpochId)>,
}

/// What it is told.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// It is the platform's node from now on.
    Enrolled(Enrolled),
    /// A person has to approve it.
    Waiting(EnrolmentWaiting),
}

/// Why it is told nothing.
#[derive(Debug, Error)]
pub enum AskError {
    /// There is no line, or somebody else answers; the token was not sent.
    #[error(transparent)]
    Line(#[from] LineError),
    /// TLS cannot be had at all.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The hub says no.
    #[error("市级平台不予办理：{} / the hub refuses: {}", .0.zh, .0.en)]
    Refused(Box<Refusal>),
    /// The line was lost, or the hub said something that is no answer.
    #[error("未得到市级平台的答复：{0} / the hub gave no answer: {0}")]
    Lost(String),
}

/// Asks once. The token is sent only to the hub that made it.
///
/// # Errors
/// See [`AskError`].
pub async fn ask(ask: &EnrolAsk, clock: Arc<dyn Clock>) -> Result<Told, AskError> {
    let tls = pinned_config(ask.token.pin, clock)?;
    let line = connect(&LineConfig::new(&ask.hub, &ask.server_name, tls)).await?;
    let mut client = EnrolmentClient::new(line.channel.clone())
        .max_decoding_message_size(limits::ENROL_MESSAGE_BYTES)
        .max_encoding_message_size(limits::ENROL_MESSAGE_BYTES);
    let epoch = |(lane, id): &(Lane, EpochId)| LaneEpoch {
        lane: lane.to_string(),
        epoch: id.as_bytes().to_vec().into(),
    };
    let request = EnrolRequest {
        token: ask.token.reveal(),
        csr_pem: ask.csr.clone(),
        verifying_key: ask.verifying.to_vec().into(),
        proof: ask.proof.to_vec().into(),
        epochs: ask.epochs.iter().map(epoch).collect(),
        software: SOFTWARE.to_owned(),
    };
    let answered = tokio::time::timeout(PATIENCE, client.enrol(request)).await;
    let answered = answered.map_err(|_| AskError::Lost("time is up".to_owned()))?;
    match answered {
        Ok(response) => match response.into_inner().outcome {
            Some(Outcome::Enrolled(enrolled)) => Ok(Told::Enrolled(enrolled)),
            Some(Outcome::Waiting(waiting)) => Ok(Told::Waiting(waiting)),
            None => Err(AskError::Lost("an empty answer".to_owned())),
        },
        Err(status) => Err(match from_status(&status) {
            Some(refusal) => AskError::Refused(Box::new(refusal)),
            None => AskError::Lost(status.message().to_owned()),
        }),
    }
}
