//! The port over gRPC.

use std::time::Duration;

use sanheyi_exchange_spec::limits;
use sanheyi_proto::exchange::v1::exchange_client::ExchangeClient;
use tonic::transport::Channel;
use tonic::{Request, Status};

use super::convert::Malformed;
use super::port::{
    CallError, GreetAnswer, GreetCall, HubPort, PullAnswer, PullCall, PushAnswer, PushCall,
};
use super::status::from_status;
use super::transport::{FaultCell, Line};

/// How long a Greet or a push may take: a window on a line of 64 kbit/s.
const PATIENCE: Duration = Duration::from_secs(90);

/// The exchange as a hub offers it on a line.
#[derive(Clone)]
pub struct GrpcPort {
    client: ExchangeClient<Channel>,
    fault: FaultCell,
}

// === impl GrpcPort ===

impl GrpcPort {
    /// The port on a line that stands.
    pub fn new(line: &Line) -> Self {
        let client = ExchangeClient::new(line.channel.clone())
            .max_decoding_message_size(limits::MESSAGE_BYTES)
            .max_encoding_message_size(limits::MESSAGE_BYTES);
        Self { client, fault: line.fault_cell() }
    }

    fn lost(&self, status: &Status) -> CallError {
        if let Some(refusal) = from_status(status) {
            return refusal.into();
        }
        // With TLS 1.3 a refused certificate shows only at the first answer.
        match self.fault.get() {
            Some(fault) => CallError::Identity(format!("{fault} → {}", fault.remedy())),
            None => CallError::Lost(format!("{:?}: {}", status.code(), status.message())),
        }
    }
}

fn timed<T>(message: T, patience: Duration) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(patience);
    request
}

fn read<M, A: TryFrom<M, Error = Malformed>>(message: M) -> Result<A, CallError> {
    A::try_from(message).map_err(|refusal| CallError::Lost(format!("malformed answer: {refusal}")))
}

impl HubPort for GrpcPort {
    async fn greet(&self, call: GreetCall) -> Result<GreetAnswer, CallError> {
        let answer = self.client.clone().greet(timed(call.into(), PATIENCE)).await;
        answer.map_err(|status| self.lost(&status)).and_then(|it| read(it.into_inner()))
    }

    async fn push(&self, call: PushCall) -> Result<PushAnswer, CallError> {
        let answer = self.client.clone().push(timed(call.into(), PATIENCE)).await;
        answer.map_err(|status| self.lost(&status)).and_then(|it| read(it.into_inner()))
    }

    async fn pull(&self, call: PullCall) -> Result<PullAnswer, CallError> {
        let patience = PATIENCE + call.wait;
        let answer = self.client.clone().pull(timed(call.into(), patience)).await;
        answer.map_err(|status| self.lost(&status)).and_then(|it| read(it.into_inner()))
    }
}
