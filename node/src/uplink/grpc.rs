//! The port over gRPC.

use std::time::Duration;

use bytes::Bytes;
use sanheyi_exchange_spec::attachment::Attachment;
use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::health::Heartbeat;
use sanheyi_exchange_spec::limits;
use sanheyi_proto::exchange::v1 as wire;
use sanheyi_proto::exchange::v1::attachments_client::AttachmentsClient;
use sanheyi_proto::exchange::v1::exchange_client::ExchangeClient;
use sanheyi_proto::exchange::v1::heartbeats_client::HeartbeatsClient;
use tonic::transport::Channel;
use tonic::{Request, Status};

use super::beat::{beat_from_wire, beat_to_wire};
use super::convert::Malformed;
use super::goodbye::Goodbye;
use super::pieces::{PIECE_MESSAGE_BYTES, offer_to_wire};
use super::port::{
    CallError, GreetAnswer, GreetCall, HubPort, PieceAsked, PieceCall, PullAnswer, PullCall,
    PushAnswer, PushCall,
};
use super::status::from_status;
use super::transport::{FaultCell, Line};
use crate::branch::attachment::Held;

/// How long a Greet or a push may take: a window on a line of 64 kbit/s.
const PATIENCE: Duration = Duration::from_secs(90);

/// The exchange as a hub offers it on a line.
#[derive(Clone)]
pub struct GrpcPort {
    client: ExchangeClient<Channel>,
    files: AttachmentsClient<Channel>,
    beats: HeartbeatsClient<Channel>,
    fault: FaultCell,
    goodbye: Goodbye,
}

// === impl GrpcPort ===

impl GrpcPort {
    /// The port on a line that stands.
    pub fn new(line: &Line) -> Self {
        let client = ExchangeClient::new(line.channel.clone())
            .max_decoding_message_size(limits::MESSAGE_BYTES)
            .max_encoding_message_size(limits::MESSAGE_BYTES);
        let files = AttachmentsClient::new(line.channel.clone())
            .max_decoding_message_size(PIECE_MESSAGE_BYTES)
            .max_encoding_message_size(PIECE_MESSAGE_BYTES);
        let beats = HeartbeatsClient::new(line.channel.clone());
        Self { client, files, beats, fault: line.fault_cell(), goodbye: line.goodbye() }
    }

    pub(super) fn lost(&self, status: &Status) -> CallError {
        match (from_status(status), self.fault.get()) {
            // An instance that stops has nothing against the call: another one may take it.
            (Some(refusal), _) if refusal.code == Code::Unavailable && self.goodbye.said() => {
                ended()
            }
            (Some(refusal), _) => refusal.into(),
            // With TLS 1.3 a refused certificate shows only at the first answer.
            (None, Some(fault)) => CallError::Identity(format!("{fault} → {}", fault.remedy())),
            // The channel says of it what it says of a broken line: not connected.
            (None, None) if self.goodbye.said() => ended(),
            (None, None) => CallError::Lost(format!("{:?}: {}", status.code(), status.message())),
        }
    }
}

fn ended() -> CallError {
    let (zh, en) = ("市级平台正常结束了这条连接", "the hub has ended this connection in order");
    CallError::Ended(format!("{zh} / {en}"))
}

pub(super) fn timed<T>(message: T, patience: Duration) -> Request<T> {
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

    async fn offer_file(&self, file: Attachment) -> Result<Held, CallError> {
        let call = timed(offer_to_wire(file), PATIENCE);
        let answer = self.files.clone().offer(call).await;
        answer.map_err(|status| self.lost(&status)).map(|it| it.into_inner().into())
    }

    async fn put_piece(&self, call: PieceCall) -> Result<Held, CallError> {
        let answer = self.files.clone().put(timed(call.into(), PATIENCE)).await;
        answer.map_err(|status| self.lost(&status)).map(|it| it.into_inner().into())
    }

    async fn beat(&self, beat: Heartbeat) -> Result<Option<Heartbeat>, CallError> {
        let call = wire::BeatRequest { heartbeat: Some(beat_to_wire(beat)) };
        match self.beats.clone().beat(timed(call, PATIENCE)).await {
            Ok(answer) => Ok(answer.into_inner().heartbeat.map(beat_from_wire)),
            // An older hub does not know the call: it is well without.
            Err(status) if status.code() == tonic::Code::Unimplemented => Ok(None),
            Err(status) => Err(self.lost(&status)),
        }
    }

    async fn get_piece(&self, call: PieceAsked) -> Result<Bytes, CallError> {
        let answer = self.files.clone().get(timed(call.into(), PATIENCE)).await;
        answer.map_err(|status| self.lost(&status)).map(|it| it.into_inner().piece)
    }
}
