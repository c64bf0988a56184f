use super::*;
use crate::suite::Suite;
use proptest::prelude::*;
use prost::Message as _;
use sanheyi_proto::exchange::v1 as wire;

fn header() -> impl Strategy<Value = Header> {
    (
        prop_oneof!["case\\.step", "[a-z][a-z0-9_]{0,15}\\.[a-z][a-z0-9_]{0,15}"],
        "[!-~]{1,64}",
        1u64..SIGNED,
        any::<[u8; 32]>(),
        (0..SIGNED, any::<bool>(), any::<i64>(), any::<i64>()),
        1u32..,
        any::<[u8; 32]>(),
    )
        .prop_map(|(dataset, record, revision, follows, rest, standard, digest)| Header {
            dataset: dataset.parse().unwrap(),
            record: record.parse().unwrap(),
            revision,
            follows: (revision > 1).then_some(Digest::new(follows)),
            custody_epoch: rest.0,
            operation: if rest.1 { Operation::Put } else { Operation::Withdraw },
            standard,
            occurred: Timestamp::from_micros(rest.2),
            recorded: Timestamp::from_micros(rest.3),
            body_digest: Digest::new(digest),
        })
}

fn simple() -> Header {
    Header {
        dataset: "case.case".parse().unwrap(),
        record: "JS048200SC0000000001".parse().unwrap(),
        revision: 2,
        follows: Some(Digest::new([9; 32])),
        custody_epoch: 1,
        operation: Operation::Put,
        standard: 1,
        occurred: Timestamp::from_micros(5),
        recorded: Timestamp::from_micros(6),
        body_digest: Suite::Intl.body(&Salt([1; 16]), b"x"),
    }
}

proptest! {
    #[test]
    fn a_header_survives_its_bytes(header in header()) {
        let bytes = header.encode();
        prop_assert_eq!(HeaderView::parse(&bytes).unwrap().to_header().unwrap(), header);
    }

    #[test]
    fn the_bytes_are_the_protobuf_message_of_the_same_name(header in header()) {
        let message = wire::Header::decode(header.encode().as_slice()).unwrap();
        prop_assert_eq!(message.record.as_str(), header.record.as_str());
        prop_assert_eq!(message.revision, header.revision);
        prop_assert_eq!(message.recorded, header.recorded.as_micros());
        prop_assert_eq!(message.encode_to_vec(), header.encode());
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        let _ = HeaderView::parse(&bytes);
    }

    #[test]
    fn what_is_read_has_one_form(header in header(), place: prop::sample::Index, bit in 0u8..8) {
        let mut bytes = header.encode();
        let place = place.index(bytes.len());
        bytes[place] ^= 1 << bit;
        if let Ok(view) = HeaderView::parse(&bytes) {
            // Whatever still reads as a header of known fields reads as exactly these bytes. A bit
            // can also turn a time into a field of a later version.
            let known = wire::Header::decode(bytes.as_slice()).unwrap().encoded_len();
            if known == bytes.len() {
                prop_assert_eq!(view.to_header().unwrap().encode(), bytes);
            }
        }
    }
}

#[test]
fn the_edge_of_the_length_is_the_named_bound() {
    let mut bytes = simple().encode_prefix();
    let room = limits::HEADER_BYTES - bytes.len() - DIGEST_TAIL;
    // Unknown field 16 fills the header up to the bound: two bytes of tag, two of length.
    put_varint(&mut bytes, 16 << 3 | 2);
    put_varint(&mut bytes, (room - 4) as u64);
    bytes.resize(limits::HEADER_BYTES - DIGEST_TAIL, 7);
    seal(&mut bytes, &simple().body_digest);
    assert_eq!(bytes.len(), limits::HEADER_BYTES);
    assert_eq!(HeaderView::parse(&bytes).unwrap().to_header().unwrap(), simple());
    bytes.push(0);
    assert_eq!(HeaderView::parse(&bytes), Err(HeaderError::TooLong(limits::HEADER_BYTES + 1)));
}

#[test]
fn each_broken_field_is_named() {
    let named = |header: &Header| match HeaderView::parse(&header.encode()) {
        Err(HeaderError::Field { field, .. }) => field,
        other => panic!("{other:?}"),
    };
    assert_eq!(named(&Header { revision: 0, ..simple() }), "revision");
    assert_eq!(named(&Header { revision: 1, ..simple() }), "follows");
    assert_eq!(named(&Header { follows: None, ..simple() }), "follows");
    assert_eq!(named(&Header { standard: 0, ..simple() }), "standard");
    assert_eq!(named(&Header { revision: SIGNED, ..simple() }), "revision");
    assert_eq!(named(&Header { custody_epoch: SIGNED, ..simple() }), "custody_epoch");
    let prefix = simple().encode_prefix();
    assert!(HeaderView::parse(&prefix).is_err(), "a header ends with its body digest");
    let mut twice = simple().encode();
    seal(&mut twice, &Digest::new([0; 32]));
    assert!(HeaderView::parse(&twice).is_err(), "the body digest stands once");
}

#[test]
fn unknown_fields_are_those_that_protobuf_can_carry() {
    let with = |tag: u64| {
        let mut bytes = simple().encode_prefix();
        put_varint(&mut bytes, tag);
        put_varint(&mut bytes, 1);
        seal(&mut bytes, &simple().body_digest);
        bytes
    };
    let largest = ((1 << 29) - 1) << 3;
    assert!(HeaderView::parse(&with(largest)).is_ok());
    assert!(wire::Header::decode(with(largest).as_slice()).is_ok());
    for refused in [1 << 32, 0, 9 << 3, 15 << 3, 10 << 3 | 3, 10 << 3 | 6] {
        assert!(HeaderView::parse(&with(refused)).is_err(), "{refused:#x}");
    }
}

#[test]
fn ids_fill_their_bounds_and_no_more() {
    let named = |dataset: usize, record: usize| {
        let mut bytes = vec![0x0a, u8::try_from(dataset).unwrap()];
        bytes.extend_from_slice(format!("a.{}", "b".repeat(dataset - 2)).as_bytes());
        bytes.extend_from_slice(&[0x12, u8::try_from(record).unwrap()]);
        bytes.resize(bytes.len() + record, b'x');
        // Revision 1, put, standard 1.
        bytes.extend_from_slice(&[0x18, 1, 0x30, 1, 0x38, 1]);
        seal(&mut bytes, &Digest::new([0; 32]));
        HeaderView::parse(&bytes).is_ok()
    };
    assert!(named(limits::DATASET_NAME_BYTES, limits::RECORD_ID_BYTES));
    assert!(!named(limits::DATASET_NAME_BYTES + 1, limits::RECORD_ID_BYTES));
    assert!(!named(limits::DATASET_NAME_BYTES, limits::RECORD_ID_BYTES + 1));
}

#[test]
fn a_salt_has_its_bytes_and_each_of_them_counts() {
    let salt = [0; limits::SALT_BYTES];
    let plain = Suite::Intl.body(&Salt(salt), b"body");
    for place in 0..limits::SALT_BYTES {
        let mut other = salt;
        other[place] = 1;
        assert_ne!(Suite::Intl.body(&Salt(other), b"body"), plain);
    }
}
