//! The Intake service: convert in, call the branch, convert out.

use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_proto::exchange::v1 as wire;
use sanheyi_proto::exchange::v1::intake_server::{Intake, IntakeServer};
use thiserror::Error;
use tokio_stream::wrappers::UnixListenerStream;
use tonic::transport::Server;
use tonic::{Request, Response, Status};

use super::Takes;
use super::convert;
use super::erasures::Eraser;
use super::socket::Socket;
use crate::branch::{Refused, SubmitError};
use crate::process::lifecycle::Shutdown;
use crate::uplink::status::to_status;

/// HTTP/2 window of a stream and of the connection: a whole submission, so that none waits for a
/// window to open.
const H2_WINDOW_BYTES: u32 = 8 * 1024 * 1024;

/// Why the service ended.
#[derive(Debug, Error)]
#[error("收件服务停止 / the intake has stopped")]
pub struct ServeError(#[from] tonic::transport::Error);

/// Hands submissions at `socket` to `desk` until a soft shutdown; calls under way are answered.
///
/// # Errors
/// If the socket fails.
pub async fn serve<D: Takes>(
    socket: Socket,
    desk: D,
    shutdown: Shutdown,
) -> Result<(), ServeError> {
    let Socket { listener, file } = socket;
    let (files, erasures) = (desk.shelf().service(), desk.erases().map(Eraser::service));
    // An answer's size follows from the drafts asked about and the reasons kept for each.
    let service = IntakeServer::new(Door { desk })
        .max_decoding_message_size(limits::SUBMIT_BYTES)
        .max_encoding_message_size(usize::MAX);
    let served = Server::builder()
        .initial_stream_window_size(H2_WINDOW_BYTES)
        .initial_connection_window_size(H2_WINDOW_BYTES)
        .add_service(service)
        .add_service(files)
        .add_optional_service(erasures)
        .serve_with_incoming_shutdown(UnixListenerStream::new(listener), shutdown.soft_asked())
        .await;
    drop(file);
    Ok(served?)
}

struct Door<D> {
    desk: D,
}

#[tonic::async_trait]
impl<D: Takes> Intake for Door<D> {
    async fn submit(
        &self,
        request: Request<wire::SubmitRequest>,
    ) -> Result<Response<wire::SubmitResponse>, Status> {
        let messages = request.into_inner().drafts;
        if messages.len() > limits::SUBMIT_DRAFTS {
            return Err(status(&SubmitError::TooMany(messages.len())));
        }
        let (formed, malformed) = convert::drafts(messages);
        if !malformed.is_empty() {
            return Ok(Response::new(convert::refused(with_rules(&self.desk, formed, malformed))));
        }
        let drafts = formed.into_iter().map(|(_, draft)| draft).collect();
        let answer = match self.desk.take(drafts).await {
            Ok(appended) => convert::appended(appended),
            Err(SubmitError::Refused(refused)) => convert::refused(refused),
            Err(error) => return Err(status(&error)),
        };
        Ok(Response::new(answer))
    }
}

/// Adds what the standard says against the drafts that are well formed, so that one answer names
/// all that is wrong with a batch.
fn with_rules<D: Takes>(
    desk: &D,
    formed: Vec<(usize, crate::branch::Draft)>,
    mut refused: Vec<Refused>,
) -> Vec<Refused> {
    let (positions, drafts): (Vec<_>, Vec<_>) = formed.into_iter().unzip();
    if let Err(SubmitError::Refused(more)) = desk.check(&drafts) {
        for Refused { index, reasons } in more {
            let index = positions.get(index).copied().unwrap_or(index);
            refused.push(Refused { index, reasons });
        }
    }
    refused
}

fn status(error: &SubmitError) -> Status {
    let (code, place, zh, en) = match error {
        // Not reached: refused drafts are an answer. Should it be, it is at least said.
        SubmitError::Refused(refused) => (
            Code::Malformed,
            "drafts",
            format!("有 {} 条被拒绝", refused.len()),
            format!("{} drafts are refused", refused.len()),
        ),
        SubmitError::TooMany(count) => (
            Code::Malformed,
            "drafts",
            format!("一次最多提交 {} 条，实为 {count} 条", limits::SUBMIT_DRAFTS),
            format!("{count} drafts, at most {}", limits::SUBMIT_DRAFTS),
        ),
        SubmitError::Held(code) => (
            *code,
            "node",
            "本机已被扣留，不再写入".to_owned(),
            "this machine is held and appends nothing".to_owned(),
        ),
        SubmitError::OverQuota(wait) => (
            Code::Unavailable,
            "quota",
            format!("超过本平台每秒可提交的条数，请在 {} 秒后重试", wait.as_secs().max(1)),
            format!(
                "over this platform's quota of records a second: hand it in again in {} s",
                wait.as_secs().max(1)
            ),
        ),
        SubmitError::NoRoom(room) => return to_status(&room.refusal("本节点", "this node")),
        SubmitError::Store(error) => (
            error.code(),
            "store",
            format!("未能写入，本批没有任何内容被保存：{error}"),
            format!("nothing of the batch was written: {error}"),
        ),
        SubmitError::Stopped => (
            Code::Unavailable,
            "node",
            "节点正在停止".to_owned(),
            "the node is stopping".to_owned(),
        ),
    };
    to_status(&Refusal::new(code, place, zh, en))
}

#[cfg(test)]
mod tests;
