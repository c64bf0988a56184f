//! Erasing bodies (删除正文) at a node's own door: one revision by a call, answered when it is durable.
//! A hub's desk has no such door: what the hub has said to others is not unsaid.

use std::path::Path;

use sanheyi_exchange_spec::error::{Code, IdError};
use sanheyi_exchange_spec::limits::ERASURE_TEXT_BYTES;
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_proto::exchange::v1 as wire;
use sanheyi_proto::exchange::v1::erasures_client::ErasuresClient;
use sanheyi_proto::exchange::v1::erasures_server::{Erasures, ErasuresServer};
use tonic::{Request, Response, Status};

use super::client::{IntakeError, answered, dial};
use crate::branch::{Branch, Erase, EraseError};
use crate::uplink::status::to_status;

/// Longest request: three texts and an entry's name.
const REQUEST_BYTES: usize = 4 * ERASURE_TEXT_BYTES;

/// Erases what a caller names.
pub(super) struct Eraser(Branch);

// === impl Eraser ===

impl Eraser {
    pub(super) fn service(branch: Branch) -> ErasuresServer<Self> {
        ErasuresServer::new(Self(branch)).max_decoding_message_size(REQUEST_BYTES)
    }
}

#[tonic::async_trait]
impl Erasures for Eraser {
    async fn erase(
        &self,
        request: Request<wire::EraseRequest>,
    ) -> Result<Response<wire::EraseResponse>, Status> {
        let what = asked(request.into_inner()).map_err(|error| {
            let zh = "数据集名称或记录编号不合格式，请核对";
            to_status(&Refusal::new(Code::Malformed, "record", zh, error.to_string()))
        })?;
        let done = self.0.erase(what).await.map_err(|error| to_status(&refusal(&error)))?;
        let digest = done.digest.as_bytes().to_vec().into();
        Ok(Response::new(wire::EraseResponse { sequence: done.sequence, digest }))
    }
}

fn asked(message: wire::EraseRequest) -> Result<Erase, IdError> {
    Ok(Erase {
        dataset: message.dataset.parse()?,
        record: message.record.parse()?,
        revision: message.revision,
        reason: message.reason,
        basis: message.basis,
        decided_by: message.decided_by,
    })
}

fn refusal(error: &EraseError) -> Refusal {
    let (code, place, zh, en) = match error {
        EraseError::Absent { dataset, record, revision } => (
            Code::ExpectationFailed,
            "record",
            format!("本平台没有 {dataset} 记录 {record} 的第 {revision} 版"),
            format!("there is no revision {revision} of {dataset} {record} of this platform"),
        ),
        EraseError::Gone { dataset, record, revision } => (
            Code::ExpectationFailed,
            "record",
            format!("{dataset} 记录 {record} 第 {revision} 版的正文已经删除"),
            format!("the body of revision {revision} of {dataset} {record} is erased already"),
        ),
        EraseError::Form(error) => (
            Code::Malformed,
            "erasure",
            "删除说明不合格式：理由、依据、决定人各须填写，且不超过规定长度".to_owned(),
            error.to_string(),
        ),
        EraseError::Held(code) => (
            *code,
            "node",
            "本机已被扣留，未予删除".to_owned(),
            "this machine is held and erases nothing".to_owned(),
        ),
        EraseError::Store(error) => (
            error.code(),
            "store",
            format!("未能删除，正文仍在：{error}"),
            format!("nothing was erased: {error}"),
        ),
        EraseError::Stopped => (
            Code::Unavailable,
            "node",
            "节点正在停止".to_owned(),
            "the node is stopping".to_owned(),
        ),
    };
    Refusal::new(code, place, zh, en)
}

// === the other end ===

/// Has the node that listens at `socket` erase one body. Answers where the entry that says so
/// stands in its journal.
///
/// # Errors
/// If nobody listens there, or the node refuses: then nothing was erased. After
/// [`IntakeError::Lost`] it is not known.
pub async fn erase(socket: &Path, what: &Erase) -> Result<u64, IntakeError> {
    let request = wire::EraseRequest {
        dataset: what.dataset.to_string(),
        record: what.record.to_string(),
        revision: what.revision,
        reason: what.reason.clone(),
        basis: what.basis.clone(),
        decided_by: what.decided_by.clone(),
    };
    let mut client = ErasuresClient::new(dial(socket).await?);
    Ok(answered(client.erase(request).await)?.sequence)
}
