//! A refusal as a gRPC status: the closed table of codes beside gRPC's, the refusal itself as
//! binary metadata.

use prost::Message as _;
use sanheyi_exchange_spec::error::Code;
use sanheyi_exchange_spec::link::Refusal;
use sanheyi_proto::exchange::v1 as wire;
use tonic::Status;
use tonic::metadata::MetadataValue;

use super::convert::{refusal_from_wire, refusal_to_wire};

/// Name of the metadata that carries the refusal.
pub const REFUSAL: &str = "sanheyi-refusal-bin";

/// The gRPC code of a code of the table.
pub const fn grpc_code(code: Code) -> tonic::Code {
    match code {
        Code::Malformed => tonic::Code::InvalidArgument,
        Code::Unauthorised => tonic::Code::PermissionDenied,
        Code::IdentityHeld | Code::EpochStale | Code::ExpectationFailed => {
            tonic::Code::FailedPrecondition
        }
        Code::Gap => tonic::Code::OutOfRange,
        Code::HistoryChanged => tonic::Code::DataLoss,
        Code::SignatureInvalid | Code::EnrolmentRefused => tonic::Code::Unauthenticated,
        Code::ProtocolUnknown => tonic::Code::Unimplemented,
        Code::StoreFull => tonic::Code::ResourceExhausted,
        Code::HubRewound => tonic::Code::FailedPrecondition,
        Code::Unavailable => tonic::Code::Unavailable,
        Code::Internal => tonic::Code::Internal,
    }
}

/// A refusal as a status.
pub fn to_status(refusal: &Refusal) -> Status {
    // HTTP/2 carries the message percent-encoded; the sentences travel whole in the metadata.
    let mut status = Status::new(grpc_code(refusal.code), refusal.en.clone());
    let bytes = refusal_to_wire(refusal).encode_to_vec();
    status.metadata_mut().insert_bin(REFUSAL, MetadataValue::from_bytes(&bytes));
    status
}

/// The refusal in a status, if the other side sent one.
pub fn from_status(status: &Status) -> Option<Refusal> {
    let bytes = status.metadata().get_bin(REFUSAL)?.to_bytes().ok()?;
    wire::Refusal::decode(bytes).ok().map(refusal_from_wire)
}
