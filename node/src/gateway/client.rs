//! The other end of the intake: for importers, the demonstration and measurements.

use std::io;
use std::path::{Path, PathBuf};

use hyper_util::rt::TokioIo;
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_proto::exchange::v1 as wire;
use sanheyi_proto::exchange::v1::intake_client::IntakeClient as Stub;
use thiserror::Error;
use tokio::net::UnixStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Response, Status};

use crate::uplink::status::from_status;

/// HTTP/2 window, as the service has it.
const H2_WINDOW_BYTES: u32 = 8 * 1024 * 1024;

/// A client of a node's intake. Clones share one connection; it is made again when it is lost.
#[derive(Clone, Debug)]
pub struct IntakeClient {
    stub: Stub<Channel>,
}

/// Why a submission got no answer. Nothing of it was appended, except perhaps after
/// [`IntakeError::Lost`]: then read the records before handing it in again.
#[derive(Debug, Error)]
pub enum IntakeError {
    /// Nobody answers at the socket.
    #[error(
        "无法连接节点 {path}，请确认该节点正在运行 / no node answers at {path}: is it running?",
        path = path.display()
    )]
    Unreachable {
        /// The socket.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: tonic::transport::Error,
    },
    /// The node refused the call.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// The connection was lost before the answer.
    #[error("与节点的连接中断，结果未知 / the connection to the node was lost: {0}")]
    Lost(String),
}

// === impl IntakeClient ===

impl IntakeClient {
    /// Connects to the node that listens at `socket`.
    ///
    /// # Errors
    /// If nobody does.
    pub async fn connect(socket: impl AsRef<Path>) -> Result<Self, IntakeError> {
        let channel = dial(socket.as_ref()).await?;
        let stub = Stub::new(channel)
            .max_encoding_message_size(limits::SUBMIT_BYTES)
            .max_decoding_message_size(usize::MAX);
        Ok(Self { stub })
    }

    /// Hands a batch in, whole or not at all: at most [`limits::SUBMIT_DRAFTS`] drafts and
    /// [`limits::SUBMIT_BYTES`] together. Refused drafts are in the answer.
    ///
    /// # Errors
    /// If the node refuses the call or is lost.
    pub async fn submit(
        &self,
        drafts: Vec<wire::Draft>,
    ) -> Result<wire::SubmitResponse, IntakeError> {
        let request = wire::SubmitRequest { drafts };
        answered(self.stub.clone().submit(request).await)
    }
}

/// A connection to the node that listens at `socket`.
pub(super) async fn dial(socket: &Path) -> Result<Channel, IntakeError> {
    let path = socket.to_owned();
    let dialled = path.clone();
    let connector = tower::service_fn(move |_| {
        let path = dialled.clone();
        async move { Ok::<_, io::Error>(TokioIo::new(UnixStream::connect(path).await?)) }
    });
    // The address only fills `:authority`; the connector goes to the socket.
    Endpoint::from_static("http://intake.local")
        .initial_stream_window_size(H2_WINDOW_BYTES)
        .initial_connection_window_size(H2_WINDOW_BYTES)
        .connect_with_connector(connector)
        .await
        .map_err(|source| IntakeError::Unreachable { path, source })
}

/// What a node answers.
pub(super) fn answered<T>(answer: Result<Response<T>, Status>) -> Result<T, IntakeError> {
    answer.map(Response::into_inner).map_err(|status| match from_status(&status) {
        Some(refusal) => IntakeError::Refused(Box::new(refusal)),
        None => IntakeError::Lost(format!("{:?}: {}", status.code(), status.message())),
    })
}
