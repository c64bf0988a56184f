//! Files (附件) at a node's own door: put on the shelf before the record that names them is handed
//! in, piece by piece, so that one process writes and memory stays flat. The calls are those by
//! which they go on to the hub.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use sanheyi_exchange_spec::attachment::{Attachment, AttachmentError, Hasher, Kind};
use sanheyi_exchange_spec::limits::{ATTACHMENT_BYTES, ATTACHMENT_PIECE_BYTES};
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_proto::exchange::v1 as wire;
use sanheyi_proto::exchange::v1::attachments_client::AttachmentsClient;
use sanheyi_proto::exchange::v1::attachments_server::{Attachments, AttachmentsServer};
use thiserror::Error;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use tonic::{Request, Response, Status};

use super::client::{IntakeError, answered, dial};
use crate::branch::attachment::{CarryError, get, offer, put};
use crate::process::clock::Clock;
use crate::store::Store;
use crate::upkeep::room::Room;
use crate::uplink::pieces::{PIECE_MESSAGE_BYTES, offer_from_wire, offer_to_wire};
use crate::uplink::port::{PieceAsked, PieceCall};
use crate::uplink::status::to_status;

/// Where files are kept that are handed in at a door.
#[derive(Clone)]
pub struct Shelf {
    /// The rows.
    pub store: Store,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The disk by which it refuses what is new, if there is one.
    pub room: Option<Arc<Room>>,
}

// === impl Shelf ===

impl Shelf {
    /// Whether there is room for more.
    fn has_room(&self) -> Result<(), Status> {
        let checked = self.room.as_ref().map_or(Ok(()), |room| room.check());
        checked.map_err(|full| to_status(&full.refusal("本平台", "this platform")))
    }

    pub(super) fn service(self) -> AttachmentsServer<Self> {
        AttachmentsServer::new(self)
            .max_decoding_message_size(PIECE_MESSAGE_BYTES)
            .max_encoding_message_size(PIECE_MESSAGE_BYTES)
    }
}

fn status(error: CarryError) -> Status {
    let refusal = match error {
        CarryError::Refused(refusal) => refusal,
        CarryError::Store(error) => {
            let (zh, en) = (format!("未能保存附件：{error}"), format!("not stored: {error}"));
            Refusal::new(error.code(), "store", zh, en)
        }
    };
    to_status(&refusal)
}

#[tonic::async_trait]
impl Attachments for Shelf {
    async fn offer(
        &self,
        request: Request<wire::OfferRequest>,
    ) -> Result<Response<wire::OfferResponse>, Status> {
        self.has_room()?;
        let file = offer_from_wire(request.into_inner()).map_err(|e| to_status(&e))?;
        let held = offer(&self.store, &file, self.clock.now()).await.map_err(status)?;
        Ok(Response::new(held.into()))
    }

    async fn put(
        &self,
        request: Request<wire::PutRequest>,
    ) -> Result<Response<wire::PutResponse>, Status> {
        self.has_room()?;
        let call = PieceCall::try_from(request.into_inner()).map_err(|e| to_status(&e))?;
        let PieceCall { digest, number, piece } = call;
        let held = put(&self.store, &digest, number, &piece, self.clock.now()).await;
        Ok(Response::new(held.map_err(status)?.into()))
    }

    async fn get(
        &self,
        request: Request<wire::GetRequest>,
    ) -> Result<Response<wire::GetResponse>, Status> {
        let call = PieceAsked::try_from(request.into_inner()).map_err(|e| to_status(&e))?;
        let piece = get(&self.store, &call.digest, call.number).await.map_err(status)?;
        Ok(Response::new(wire::GetResponse { piece }))
    }
}

// === the other end ===

/// Why a file was not put on the shelf.
#[derive(Debug, Error)]
pub enum AttachError {
    /// It cannot be read.
    #[error("无法读取文件 {path} / the file {path} cannot be read", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// It is out of bounds, or of a type that is not carried.
    #[error(transparent)]
    File(#[from] AttachmentError),
    /// It was written while it was read.
    #[error(
        "文件在读取时被改动，请待其不再变化后重试 / the file was changed while it was read: try again when it stands still"
    )]
    Changed,
    /// The node.
    #[error(transparent)]
    Node(#[from] IntakeError),
}

/// Reads a file once: its digest, its size, and its type, which is `media_type` or what its name
/// says; either way its bytes must agree.
///
/// # Errors
/// If it cannot be read, is out of bounds, or of a type that is not carried.
pub async fn scan(path: &Path, media_type: Option<&str>) -> Result<Attachment, AttachError> {
    let read = |source| AttachError::Read { path: path.to_owned(), source };
    let mut file = File::open(path).await.map_err(read)?;
    let first = piece(&mut file).await.map_err(read)?;
    let name = path.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    let media_type = match media_type {
        Some(named) => named.to_owned(),
        None if first.is_empty() => String::new(),
        None => {
            let kind = Kind::guess(&name, &first).map_err(AttachmentError::Kind)?;
            kind.media_type.to_owned()
        }
    };
    let (mut hasher, mut bytes, mut next) = (Hasher::default(), 0, first.clone());
    while !next.is_empty() {
        hasher.update(&next);
        bytes += next.len() as u64;
        if bytes > ATTACHMENT_BYTES {
            return Err(AttachmentError::Size(bytes).into());
        }
        next = piece(&mut file).await.map_err(read)?;
    }
    let attachment = Attachment { digest: hasher.finish(), bytes, media_type };
    attachment.check()?;
    attachment.check_piece(0, &first)?;
    Ok(attachment)
}

/// Puts a file on the shelf of the node that listens at `socket`. What is there already is not sent
/// again.
///
/// # Errors
/// If the node refuses it or is lost, or the file has changed since it was scanned.
pub async fn attach(socket: &Path, path: &Path, file: &Attachment) -> Result<(), AttachError> {
    let mut client = client(socket).await?;
    let held = answered(client.offer(offer_to_wire(file.clone())).await)?;
    if held.whole {
        return Ok(());
    }
    let read = |source| AttachError::Read { path: path.to_owned(), source };
    let mut source = File::open(path).await.map_err(read)?;
    for number in 0..file.pieces() {
        let piece = piece(&mut source).await.map_err(read)?;
        file.check_piece(number, &piece).map_err(|_| AttachError::Changed)?;
        if number >= held.held {
            let call = PieceCall { digest: file.digest, number, piece };
            answered(client.put(wire::PutRequest::from(call)).await)?;
        }
    }
    Ok(())
}

async fn client(
    socket: &Path,
) -> Result<AttachmentsClient<tonic::transport::Channel>, IntakeError> {
    Ok(AttachmentsClient::new(dial(socket).await?)
        .max_encoding_message_size(PIECE_MESSAGE_BYTES)
        .max_decoding_message_size(PIECE_MESSAGE_BYTES))
}

/// The next piece of a file: whole, but where the file ends.
async fn piece(file: &mut File) -> io::Result<Bytes> {
    let mut bytes = Vec::new();
    file.take(ATTACHMENT_PIECE_BYTES).read_to_end(&mut bytes).await?;
    Ok(bytes.into())
}
