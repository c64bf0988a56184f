//! Conflict entries (冲突条目): an entry whose basis is gone after its author took the hub's copy as
//! the prefix (rule 12). It is carried byte for byte, answered and shown, never judged as a
//! revision; a person closes it.

use bytes::Bytes;
use prost::Message as _;
use sanheyi_proto::exchange::v1 as wire;
use thiserror::Error;

use crate::entry::{Body, HeaderError, HeaderView};
use crate::reason::Reason;
use crate::suite::{Digest, Salt, Suite};

/// Dataset of a conflict entry.
pub const DATASET: &str = "exchange.conflict";

/// An entry kept inside a conflict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Header bytes as written.
    pub header: Bytes,
    /// Salt and body as written.
    pub body: Body,
    /// Why it no longer holds.
    pub reason: Reason,
    /// The head found instead: revision and digest, or `None` where the record is absent.
    pub found: Option<(u64, Digest)>,
}

/// A conflict entry that does not follow the form.
#[derive(Debug, Error)]
pub enum ConflictError {
    /// Not the protobuf message.
    #[error("not a conflict entry")]
    Decode(#[from] prost::DecodeError),
    /// The entry inside has no proper header.
    #[error("the entry inside: {0}")]
    Header(#[from] HeaderError),
    /// Salt, body or digest of the entry inside do not belong together.
    #[error("the entry inside: {0}")]
    Inside(&'static str),
}

// === impl Conflict ===

impl Conflict {
    /// Wraps an entry of which `found` is what stands in its place.
    pub fn new(
        header: Bytes,
        body: Body,
        found: Option<(u64, Digest)>,
    ) -> Result<Self, HeaderError> {
        let view = HeaderView::parse(&header)?;
        let now = found.map_or(0, |(revision, _)| revision);
        let reason = Reason::new(
            "",
            "conflict",
            format!(
                "记录 {} 第 {} 版所依据的内容已不是现行内容（现为第 {now} 版），须由人工核对",
                view.record, view.revision
            ),
            format!(
                "revision {} of record {} was written on a basis that no longer stands (now revision {now}); a person decides",
                view.revision, view.record
            ),
        );
        Ok(Self { header, body, reason, found })
    }

    /// The body of the conflict entry.
    pub fn encode(&self) -> Vec<u8> {
        wire::Conflict {
            header: self.header.clone(),
            salt: self.body.salt.0.to_vec().into(),
            body: self.body.bytes.clone(),
            reason: Some(self.reason.to_wire()),
            found_revision: self.found.map_or(0, |(revision, _)| revision),
            found_digest: self.found.map_or_else(Bytes::new, |(_, d)| d.as_bytes().to_vec().into()),
        }
        .encode_to_vec()
    }

    /// Reads a conflict entry and checks that what is inside is one whole entry.
    ///
    /// # Errors
    /// See [`ConflictError`].
    pub fn decode(body: &[u8]) -> Result<Self, ConflictError> {
        let message = wire::Conflict::decode(body)?;
        let salt: [u8; 16] = message
            .salt
            .as_ref()
            .try_into()
            .map_err(|_| ConflictError::Inside("the salt must have 16 bytes"))?;
        let inside = Body { salt: Salt(salt), bytes: message.body };
        let view = HeaderView::parse(&message.header)?;
        if view.body_digest != Suite::Intl.body(&inside.salt, &inside.bytes) {
            return Err(ConflictError::Inside("the body does not have the digest of its header"));
        }
        let found = match message.found_revision {
            0 => None,
            revision => Some((
                revision,
                Digest::from_slice(&message.found_digest)
                    .map_err(|_| ConflictError::Inside("the digest found must have 32 bytes"))?,
            )),
        };
        let reason = message.reason.ok_or(ConflictError::Inside("a reason is missing"))?;
        Ok(Self { header: message.header, body: inside, reason: Reason::from_wire(reason), found })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::{Header, Operation};
    use crate::limits;
    use crate::time::Timestamp;
    use proptest::prelude::*;

    fn conflict(found: Option<(u64, Digest)>) -> Conflict {
        let body = Body { salt: Salt([4; 16]), bytes: Bytes::from_static(b"body") };
        Conflict::new(header(&body).encode().into(), body, found).unwrap()
    }

    fn header(body: &Body) -> Header {
        Header {
            dataset: "case.case".parse().unwrap(),
            record: "JS048200SC0000000001".parse().unwrap(),
            revision: 2,
            follows: Some(Digest::new([1; 32])),
            custody_epoch: 0,
            operation: Operation::Put,
            standard: 1,
            occurred: Timestamp::default(),
            recorded: Timestamp::default(),
            body_digest: Suite::Intl.body(&body.salt, &body.bytes),
        }
    }

    #[test]
    fn the_entry_inside_survives_byte_for_byte() {
        for found in [None, Some((2, Digest::new([7; 32])))] {
            let conflict = conflict(found);
            assert_eq!(Conflict::decode(&conflict.encode()).unwrap(), conflict);
        }
    }

    #[test]
    fn the_largest_draft_still_fits_when_it_is_kept_inside_a_conflict() {
        let body = Body { salt: Salt([4; 16]), bytes: vec![7; limits::DRAFT_BYTES].into() };
        let digest = Suite::Intl.body(&body.salt, &body.bytes);
        let record = "r".repeat(limits::RECORD_ID_BYTES).parse().unwrap();
        let header =
            Header { record, revision: u64::MAX >> 1, body_digest: digest, ..header(&body) };
        // Room that a later version may fill with fields of its own.
        let unused = limits::HEADER_BYTES - header.encode().len();
        let found = Some((u64::MAX >> 1, Digest::new([7; 32])));
        let wrapped = Conflict::new(header.encode().into(), body, found).unwrap().encode();
        assert!(wrapped.len() + unused <= limits::BODY_BYTES);
    }

    #[test]
    fn a_body_that_is_not_its_headers_is_refused() {
        let mut wrong = conflict(None);
        wrong.body.bytes = Bytes::from_static(b"other");
        assert!(matches!(Conflict::decode(&wrong.encode()), Err(ConflictError::Inside(_))));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let _ = Conflict::decode(&bytes);
        }
    }
}
