//! Ids, salted bodies, headers.

use sanheyi_exchange_spec::entry::{Header, HeaderError, HeaderView, Operation};
use sanheyi_exchange_spec::ids::{DatasetName, JournalId, PlatformId, RecordId};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::suite::{Digest, Salt, Suite};
use sanheyi_exchange_spec::time::Timestamp;
use serde_json::{Value, json};

use crate::{hex, hold, variant};

/// 2010-11-23, 08:00 in Beijing.
pub(crate) const MORNING: i64 = 1_290_470_400_000_000;
pub(crate) const JOURNAL: &str = "jintan>changzhou/normal/000102030405060708090a0b0c0d0e0f";

/// The header of revision 1 of a case, with that body.
pub(crate) fn first(salt: &Salt, body: &[u8]) -> Header {
    Header {
        dataset: "case.case".parse().unwrap(),
        record: "JS048100JT0000000217".parse().unwrap(),
        revision: 1,
        follows: None,
        custody_epoch: 0,
        operation: Operation::Put,
        standard: 1,
        occurred: Timestamp::from_micros(MORNING),
        recorded: Timestamp::from_micros(MORNING + 1_500_000),
        body_digest: Suite::Intl.body(salt, body),
    }
}

pub(crate) fn salt(byte: u8) -> Salt {
    Salt([byte; limits::SALT_BYTES])
}

fn headers() -> [(&'static str, Header); 6] {
    let first = first(&salt(0x11), b"first");
    let second = Header {
        revision: 2,
        follows: Some(Suite::Intl.leaf(&first.encode())),
        recorded: Timestamp::from_micros(MORNING + 60_000_000),
        body_digest: Suite::Intl.body(&salt(0x22), b"second"),
        ..first.clone()
    };
    let withdrawn = Header {
        revision: 3,
        follows: Some(Suite::Intl.leaf(&second.encode())),
        operation: Operation::Withdraw,
        body_digest: Suite::Intl.body(&salt(0x33), b""),
        ..second.clone()
    };
    let moved = Header { custody_epoch: 300, standard: 129, ..second.clone() };
    let timeless = Header {
        occurred: Timestamp::from_micros(0),
        recorded: Timestamp::from_micros(0),
        ..first.clone()
    };
    let early = Header { occurred: Timestamp::from_micros(-1), ..first.clone() };
    [
        ("the first revision", first),
        ("the second names the digest of the first", second),
        ("a withdrawal", withdrawn),
        ("after a change of custodian, in a later standard: numbers of two bytes", moved),
        ("both times zero: defaults are left out", timeless),
        ("before 1970: eight bytes, two's complement", early),
    ]
}

fn header_vector(name: &str, bytes: &[u8]) -> Value {
    let view = HeaderView::parse(bytes).unwrap();
    json!({
        "name": name,
        "dataset": view.dataset,
        "record": view.record,
        "revision": view.revision,
        "follows": view.follows.map(|digest| digest.to_string()),
        "custody_epoch": view.custody_epoch,
        "operation": view.operation.number(),
        "standard": view.standard,
        "occurred": view.occurred.as_micros(),
        "recorded": view.recorded.as_micros(),
        "body_digest": view.body_digest.to_string(),
        "header": hex(bytes),
        "digest": Suite::Intl.leaf(bytes).to_string(),
    })
}

/// A header's fields up to 9, then `middle`, then the body digest.
fn with_middle(middle: &[u8]) -> Vec<u8> {
    let header = first(&salt(0x11), b"first");
    let mut bytes = header.encode_prefix();
    bytes.extend_from_slice(middle);
    bytes.extend_from_slice(&[0x7a, 32]);
    bytes.extend_from_slice(header.body_digest.as_bytes());
    bytes
}

fn refused_headers() -> Vec<(&'static str, Vec<u8>)> {
    let first = first(&salt(0x11), b"first");
    let whole = first.encode();
    let changed = |at: usize, byte: u8| {
        let mut bytes = whole.clone();
        bytes[at] = byte;
        bytes
    };
    let operation = first.encode_prefix().len() - 18 - 4;
    vec![
        ("empty", Vec::new()),
        ("cut in the middle", whole[..30].to_vec()),
        ("no body digest", first.encode_prefix()),
        ("bytes after the body digest", [&whole[..], &[0x80, 0x01, 1]].concat()),
        ("the body digest twice", [&whole[..], &whole[whole.len() - 34..]].concat()),
        ("a dataset in capitals", changed(2, b'C')),
        ("operation 3", changed(operation + 1, 3)),
        ("revision 0 written out", changed(34, 0)),
        ("revision 2 that follows nothing", changed(34, 2)),
        (
            "revision 1 that follows something",
            Header { follows: Some(Digest::new([1; 32])), ..first.clone() }.encode(),
        ),
        ("a revision beyond 63 bits", {
            let follows = Some(Digest::new([1; 32]));
            Header { revision: 1 << 63, follows, ..first.clone() }.encode()
        }),
        ("standard 0", Header { standard: 0, ..first.clone() }.encode()),
        ("a known field again", with_middle(&[0x38, 1])),
        ("an unknown field twice", with_middle(&[0x50, 1, 0x50, 1])),
        ("unknown fields that descend", with_middle(&[0x58, 1, 0x50, 1])),
        ("a varint longer than it must be", with_middle(&[0x50, 0x81, 0x00])),
        ("a group", with_middle(&[0x53, 0x54])),
        ("a field number beyond 2^29 - 1", with_middle(&[0x80, 0x80, 0x80, 0x80, 0x10, 1])),
        ("longer than the bound", with_middle(&[&[0x82, 1, 0x80, 0x08], &[7; 1024][..]].concat())),
    ]
}

fn error_name(error: HeaderError) -> String {
    match error {
        HeaderError::Field { field, .. } => format!("Field {field}"),
        other => variant(&other),
    }
}

#[test]
fn headers_are_the_golden_ones() {
    let mut known: Vec<Value> = headers()
        .iter()
        .map(|(name, header)| {
            let bytes = header.encode();
            assert_eq!(HeaderView::parse(&bytes).unwrap().to_header().unwrap(), *header);
            header_vector(name, &bytes)
        })
        .collect();
    let unknown = with_middle(&[0x50, 7, 0x82, 1, 3, b'n', b'e', b'w']);
    known
        .push(header_vector("fields 10 and 16 of a later version, in front of field 15", &unknown));
    let refused: Vec<Value> = refused_headers()
        .iter()
        .map(|(name, bytes)| {
            let error = error_name(HeaderView::parse(bytes).expect_err(name));
            json!({"name": name, "header": hex(bytes), "error": error})
        })
        .collect();
    hold("headers", &json!({"headers": known, "refused": refused}));
}

#[test]
fn salted_bodies_are_the_golden_ones() {
    let bodies: Vec<Vec<u8>> =
        vec![Vec::new(), b"first".to_vec(), "办件".into(), (0..=255).collect()];
    let bodies: Vec<Value> = (0..)
        .zip(&bodies)
        .map(|(n, body)| {
            let salt = Salt(std::array::from_fn(|place| n + u8::try_from(place).unwrap()));
            let digest = Suite::Intl.body(&salt, body).to_string();
            json!({"salt": hex(salt.0), "body": hex(body), "digest": digest})
        })
        .collect();
    hold("bodies", &json!({ "bodies": bodies }));
}

#[test]
fn ids_are_the_golden_ones() {
    let zero = "00000000000000000000000000000000";
    let texts = [
        JOURNAL.to_owned(),
        format!("changzhou>*/normal/{zero}"),
        format!("changzhou>jintan/urgent/{zero}"),
        format!("a1-b>z9/urgent/{}", "f".repeat(32)),
    ];
    let journals: Vec<Value> = texts
        .iter()
        .map(|text| {
            let id: JournalId = text.parse().unwrap();
            assert_eq!(id.to_string(), *text);
            json!({
                "text": text,
                "author": id.author.as_str(),
                "audience": id.audience.to_string(),
                "lane": id.lane.as_str(),
                "incarnation": id.incarnation.to_string(),
            })
        })
        .collect();
    let mut refused = Vec::new();
    for text in [
        "jintan>changzhou/normal",
        "jintan>changzhou/slow/000102030405060708090a0b0c0d0e0f",
        "jintan>changzhou/normal/000102030405060708090A0B0C0D0E0F",
        "jintan>changzhou/normal/000102030405060708090a0b0c0d0e0f/",
        "*>changzhou/normal/000102030405060708090a0b0c0d0e0f",
        "jintan>changzhou/normal/000102030405060708090a0b0c0d0e0f ",
    ] {
        assert!(text.parse::<JournalId>().is_err(), "{text}");
        refused.push(json!({"kind": "journal", "text": text}));
    }
    for text in ["", "j", "Jintan", "1jintan", "jin_tan", "jintan-", &"j".repeat(33)] {
        assert!(text.parse::<PlatformId>().is_err(), "{text}");
        refused.push(json!({"kind": "platform", "text": text}));
    }
    for text in ["case", "case.", ".step", "case.step.x", "Case.step", "1case.step", "case-x.step"]
    {
        assert!(text.parse::<DatasetName>().is_err(), "{text}");
        refused.push(json!({"kind": "dataset", "text": text}));
    }
    for text in ["", "a b", "案", &"x".repeat(65)] {
        assert!(text.parse::<RecordId>().is_err(), "{text}");
        refused.push(json!({"kind": "record", "text": text}));
    }
    hold("ids", &json!({"journals": journals, "refused": refused}));
}
