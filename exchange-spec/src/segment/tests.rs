use proptest::prelude::*;

use super::*;
use crate::entry::{Header, Operation};
use crate::suite::Suite;
use crate::time::Timestamp;
use crate::wire::put_varint;

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
    for (serial, body) in (0u64..).zip(bodies) {
        let salt = Salt([(serial & 0xff) as u8; 16]);
        let header = header(serial, &salt, body);
        writer.push(&header, &salt, body);
        headers.push(header);
    }
    (writer.finish().unwrap(), headers)
}

fn le(number: usize) -> [u8; 4] {
    u32::try_from(number).unwrap().to_le_bytes()
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
    lengths.iter().for_each(|length| bomb.extend_from_slice(&le(*length)));
    bomb.push(0);
    bomb.extend_from_slice(&frame);
    assert!(matches!(open(&bomb), Err(SegmentError::Ratio { .. })));
    // The same frame announcing less than it holds.
    bomb[16..20].copy_from_slice(&1000u32.to_le_bytes());
    assert_eq!(open(&bomb).unwrap_err(), SegmentError::Frame);
    // And announcing more than any frame may hold.
    bomb[16..20].copy_from_slice(&le(limits::FRAME_BYTES + 1));
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

/// A segment of one entry whose body frame is `frame`, announcing `inflated` bytes.
fn with_bodies_frame(body: &[u8], frame: &[u8], inflated: usize) -> Vec<u8> {
    let header = header(1, &Salt([0; 16]), body);
    let prefix = &header[..header.len() - crate::entry::DIGEST_TAIL];
    let mut out = b"SHY1".to_vec();
    for length in [1, prefix.len() + 2, prefix.len() + 2, inflated, frame.len()] {
        out.extend_from_slice(&le(length));
    }
    out.extend_from_slice(&[0, u8::try_from(prefix.len()).unwrap()]);
    out.extend_from_slice(prefix);
    out.extend_from_slice(frame);
    out
}

/// Salt, length and body as they stand in a bodies frame; the body has four kinds of bytes.
fn bodies_frame(length: usize) -> (Vec<u8>, Vec<u8>) {
    let body: Vec<u8> =
        (0..length).map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()[3] & 3).collect();
    let mut frame = vec![0; 16];
    put_varint(&mut frame, length as u64);
    frame.extend_from_slice(&body);
    (body, frame)
}

#[test]
fn a_frame_has_one_window_within_its_bound_and_nothing_beside_it() {
    let (body, plain) = bodies_frame(200_000);
    let packed = |window: u32| {
        let mut packer = zstd::stream::Encoder::new(Vec::new(), 3).unwrap();
        packer.window_log(window).unwrap();
        packer.include_contentsize(false).unwrap();
        std::io::Write::write_all(&mut packer, &plain).unwrap();
        packer.finish().unwrap()
    };
    let opened =
        |frame: &[u8]| open(&with_bodies_frame(&body, frame, plain.len())).map(|o| o.len());
    let mut edge = packed(limits::FRAME_WINDOW_LOG);
    assert_eq!(opened(&edge), Ok(1));
    assert_eq!(opened(&packed(limits::FRAME_WINDOW_LOG + 1)), Err(SegmentError::Frame));
    // One eighth above the bound.
    edge[5] |= 1;
    assert_eq!(opened(&edge), Err(SegmentError::Frame));

    let (front, back) = plain.split_at(100_000);
    let pack = |part: &[u8]| zstd::bulk::compress(part, 1).unwrap();
    let skippable = [0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2];
    assert_eq!(opened(&pack(&plain)), Ok(1));
    for beside in [[pack(front), pack(back)].concat(), [&skippable[..], &pack(&plain)].concat()] {
        assert_eq!(opened(&beside), Err(SegmentError::Frame));
    }
}

#[test]
fn the_ratio_binds_from_its_edge_on() {
    let announced = |inflated: usize, packed: usize| {
        let frame = vec![0; packed];
        open(&with_bodies_frame(b"", &frame, inflated)).unwrap_err()
    };
    let is_ratio = |error| matches!(error, SegmentError::Ratio { .. });
    let free = limits::FRAME_RATIO_FREE_BYTES;
    assert!(!is_ratio(announced(free, 1)), "up to the exempt size any ratio passes");
    assert!(is_ratio(announced(free + 1, 1)));
    let packed = 1000;
    assert!(!is_ratio(announced(packed * limits::FRAME_RATIO, packed)));
    assert!(is_ratio(announced(packed * limits::FRAME_RATIO + 1, packed)));
}

#[test]
fn a_writer_closes_a_segment_before_its_frame_is_too_large() {
    let mut writer = SegmentWriter::new().unwrap();
    let push = |writer: &mut SegmentWriter, length: usize| {
        let (body, salt) = (vec![5; length], Salt([1; 16]));
        writer.push(&header(1, &salt, &body), &salt, &body);
    };
    // One byte short of full, then the largest body: still within the frame.
    let overhead = limits::SALT_BYTES + 3;
    let mut room = limits::SEGMENT_TARGET_BYTES - 1;
    while room > 0 {
        let length = (room - overhead).min(limits::BODY_BYTES);
        push(&mut writer, length);
        room -= length + overhead;
        room = if room <= overhead { 0 } else { room };
        assert!(!writer.is_full());
    }
    push(&mut writer, limits::BODY_BYTES);
    assert!(writer.is_full());
    let opened = open(&writer.finish().unwrap()).unwrap();
    assert!(opened.bodies.len() <= limits::FRAME_BYTES);
    assert!(opened.bodies.len() > limits::SEGMENT_TARGET_BYTES);
    let most = 2 * limits::FRAME_BYTES
        + limits::SEGMENT_ENTRIES * (crate::entry::DIGEST_TAIL + size_of::<Slot>());
    assert!(opened.memory() <= most);
}
