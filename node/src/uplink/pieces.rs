//! The calls for files, between the port's words and the wire's, both ways.

use bytes::Bytes;
use sanheyi_exchange_spec::attachment::Attachment;
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_proto::exchange::v1 as wire;

use super::bounds::malformed;
use super::convert::Malformed;
use super::port::{PieceAsked, PieceCall};
use crate::branch::attachment::Held;

/// Largest message of these calls: a piece, and what lies around it.
#[expect(clippy::cast_possible_truncation, reason = "a piece is far below what memory can be")]
pub const PIECE_MESSAGE_BYTES: usize = limits::ATTACHMENT_PIECE_BYTES as usize + 1024;
/// Longest name of a type that is looked at.
const MEDIA_TYPE_BYTES: usize = 128;

fn digest(bytes: &[u8]) -> Result<Digest, Malformed> {
    Digest::from_slice(bytes).map_err(|error| malformed("sha256", error))
}

fn blob(digest: &Digest) -> Bytes {
    Bytes::copy_from_slice(digest.as_bytes())
}

// === Offer ===

/// A file that is offered, as it travels.
pub fn offer_to_wire(file: Attachment) -> wire::OfferRequest {
    let Attachment { digest, bytes, media_type } = file;
    wire::OfferRequest { sha256: blob(&digest), bytes, media_type }
}

/// Reads a file that is offered.
///
/// # Errors
/// [`Malformed`] with the field that is not as it must be.
pub fn offer_from_wire(message: wire::OfferRequest) -> Result<Attachment, Malformed> {
    let wire::OfferRequest { sha256, bytes, media_type } = message;
    if media_type.len() > MEDIA_TYPE_BYTES {
        return Err(malformed("media_type", format!("{} > {MEDIA_TYPE_BYTES}", media_type.len())));
    }
    Ok(Attachment { digest: digest(&sha256)?, bytes, media_type })
}

impl From<Held> for wire::OfferResponse {
    fn from(held: Held) -> Self {
        Self { held: held.pieces, whole: held.whole }
    }
}

impl From<wire::OfferResponse> for Held {
    fn from(message: wire::OfferResponse) -> Self {
        Self { pieces: message.held, whole: message.whole }
    }
}

// === Put ===

impl From<PieceCall> for wire::PutRequest {
    fn from(call: PieceCall) -> Self {
        Self { sha256: blob(&call.digest), number: call.number, piece: call.piece }
    }
}

impl TryFrom<wire::PutRequest> for PieceCall {
    type Error = Malformed;

    fn try_from(message: wire::PutRequest) -> Result<Self, Malformed> {
        let wire::PutRequest { sha256, number, piece } = message;
        Ok(Self { digest: digest(&sha256)?, number, piece })
    }
}

impl From<Held> for wire::PutResponse {
    fn from(held: Held) -> Self {
        Self { held: held.pieces, whole: held.whole }
    }
}

impl From<wire::PutResponse> for Held {
    fn from(message: wire::PutResponse) -> Self {
        Self { pieces: message.held, whole: message.whole }
    }
}

// === Get ===

impl From<PieceAsked> for wire::GetRequest {
    fn from(call: PieceAsked) -> Self {
        Self { sha256: blob(&call.digest), number: call.number }
    }
}

impl TryFrom<wire::GetRequest> for PieceAsked {
    type Error = Malformed;

    fn try_from(message: wire::GetRequest) -> Result<Self, Malformed> {
        Ok(Self { digest: digest(&message.sha256)?, number: message.number })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(media_type: String) -> wire::OfferRequest {
        wire::OfferRequest { sha256: Bytes::from_static(&[7; 32]), bytes: 1, media_type }
    }

    #[test]
    fn the_longest_name_of_a_type_is_looked_at_and_no_longer_one() {
        assert!(offer_from_wire(offer("a".repeat(MEDIA_TYPE_BYTES))).is_ok());
        assert!(offer_from_wire(offer("a".repeat(MEDIA_TYPE_BYTES + 1))).is_err());
    }

    #[test]
    fn a_digest_has_32_bytes() {
        let short = wire::GetRequest { sha256: Bytes::from_static(&[7; 31]), number: 0 };
        assert!(PieceAsked::try_from(short).is_err());
        let put = wire::PutRequest { sha256: Bytes::new(), number: 0, piece: Bytes::new() };
        assert!(PieceCall::try_from(put).is_err());
    }
}
