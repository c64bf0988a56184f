use proptest::prelude::*;

use super::*;
use crate::entry::{Header, Operation};
use crate::suite::Suite;
use crate::time::Timestamp;

fn header(serial: u64, salt: &Salt, body: &[u8]) -> Vec<u8> {
    Header {
        dataset: "case.case".parse().unwrap(),
        record: format!("JS048200SC{serial:010}").parse().unwrap(),
        revision: 1,
        follows: None,
        custody_epoch: 0,
        operation: Operation::Put,
        standard: 1,
        occurred: Timestamp::from_micros(1_290_000_000_000_000),
        recorded: Timestamp::from_micros(1_290_000_000_000_001),
        body_digest: Suite::Intl.body(salt, body),
    }
    .encode()
}

fn packed(bodies: &[Vec<u8>]) -> (Bytes, Vec<Vec<u8>>) {
    let mut writer = SegmentWriter::new().unwrap();
    let mut headers = Vec::new();
    for (serial, body) in bodies.iter().enumerate() {
        let salt = Salt([serial as u8; 16]);
        let header = header(serial as u64, &salt, body);
        writer.push(&header, &salt, body);
        headers.push(header);
    }
    (writer.finish().unwrap(), headers)
}

fn open(bytes: &[u8]) -> Result<Opened, SegmentError> {
    SegmentReader::new(Suite::Intl).unwrap().open(bytes)
}

proptest! {
    #[test]
    fn entries_survive_a_segment(bodies in prop::collection::vec(any::<Vec<u8>>(), 1..20)) {
        let (bytes, headers) = packed(&bodies);
        let opened = open(&bytes).unwrap();
        prop_assert_eq!(opened.len(), bodies.len());
        prop_assert_eq!(peek_entries(&bytes).unwrap() as usize, bodies.len());
        for (place, entry) in opened.iter().enumerate() {
            prop_assert_eq!(entry.header_bytes, &headers[place][..]);
            prop_assert_eq!(entry.digest, Suite::Intl.leaf(&headers[place]));
            prop_assert_eq!(entry.body.unwrap().1, &bodies[place][..]);
        }
    }

    #[test]
    fn arbitrary_and_damaged_bytes_never_panic(
        bodies in prop::collection::vec(any::<Vec<u8>>(), 1..5),
        place: prop::sample::Index,
        byte: u8,
        cut: prop::sample::Index,
    ) {
        let (bytes, headers) = packed(&bodies);
        let mut damaged = bytes.to_vec();
        let place = place.index(damaged.len());
        damaged[place] = byte;
        if let Ok(opened) = open(&damaged) {
            // A container is not hashed: damage shows in the leaves, or it changed nothing.
            let same = opened.iter().map(|e| e.header_bytes.to_vec()).eq(headers);
            prop_assert!(same || damaged != bytes);
        }
        prop_assert!(open(&bytes[..cut.index(bytes.len())]).is_err());
    }
}

#[test]
fn an_erased_entry_keeps_its_digest_and_shows_no_body() {
    let salt = Salt([3; 16]);
    let header = header(1, &salt, b"gone");
    let mut writer = SegmentWriter::new().unwrap();
    writer.push(&header, &salt, b"gone");
    writer.push_erased(&header);
    let opened = open(&writer.finish().unwrap()).unwrap();
    assert_eq!(opened.digest(0), opened.digest(1));
    assert!(opened.get(1).unwrap().body.is_none());
}

#[test]
fn a_bomb_is_refused_before_it_inflates() {
    let zeros = vec![0; limits::FRAME_BYTES];
    let frame = zstd::bulk::compress(&zeros, 19).unwrap();
    let mut bomb = b"SHY1".to_vec();
    let lengths = [1, 1, 1, zeros.len(), frame.len()];
    lengths.iter().for_each(|length| bomb.extend_from_slice(&(*length as u32).to_le_bytes()));
    bomb.push(0);
    bomb.extend_from_slice(&frame);
    assert!(matches!(open(&bomb), Err(SegmentError::Ratio { .. })));
    // The same frame announcing less than it holds.
    bomb[16..20].copy_from_slice(&1000u32.to_le_bytes());
    assert_eq!(open(&bomb).unwrap_err(), SegmentError::Frame);
    // And announcing more than any frame may hold.
    bomb[16..20].copy_from_slice(&(limits::FRAME_BYTES as u32 + 1).to_le_bytes());
    assert!(matches!(open(&bomb), Err(SegmentError::FrameTooLarge(_))));
}

#[test]
fn an_honest_segment_that_compresses_like_a_bomb_is_stored_plain() {
    let (bytes, _) = packed(&[vec![0; limits::BODY_BYTES]]);
    assert!(bytes.len() > limits::BODY_BYTES);
    assert_eq!(open(&bytes).unwrap().len(), 1);
}

#[test]
fn the_bounds_hold_at_their_edges() {
    let (bytes, _) = packed(&[vec![7; limits::BODY_BYTES + 1]]);
    assert_eq!(
        open(&bytes).unwrap_err(),
        SegmentError::BodyTooLong { entry: 0, bytes: limits::BODY_BYTES + 1 }
    );
    let full: Vec<_> = (0..limits::SEGMENT_ENTRIES).map(|_| vec![1]).collect();
    assert_eq!(open(&packed(&full).0).unwrap().len(), limits::SEGMENT_ENTRIES);
    let more: Vec<_> = (0..=limits::SEGMENT_ENTRIES).map(|_| vec![1]).collect();
    assert!(matches!(open(&packed(&more).0), Err(SegmentError::Entries(_))));
    assert!(matches!(open(b"SHY2"), Err(SegmentError::Magic)));
    let (mut bytes, _) = packed(&[vec![1]]).clone();
    bytes = [bytes.as_ref(), b"x"].concat().into();
    assert_eq!(open(&bytes).unwrap_err(), SegmentError::Length);
}
