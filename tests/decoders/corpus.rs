//! Valid inputs for every decoder.

use prost::Message as _;
use sanheyi_exchange_spec::carry::{Ending, Kind, Writer};
use sanheyi_exchange_spec::checkpoint::Checkpoint;
use sanheyi_exchange_spec::conflict::Conflict;
use sanheyi_exchange_spec::entry::{Body, Header, Operation};
use sanheyi_exchange_spec::gate::{Reason, Standing};
use sanheyi_exchange_spec::grant::Grant;
use sanheyi_exchange_spec::ids::{CarryId, EpochId, Generation};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::merkle::tlog_proof::TlogProof;
use sanheyi_exchange_spec::note::{Note, verifier_key};
use sanheyi_exchange_spec::receipt::{Exception, Receipt};
use sanheyi_exchange_spec::segment::SegmentWriter;
use sanheyi_exchange_spec::suite::{Digest, Salt, Suite};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::exchange::v1 as wire;
use sanheyi_proto::exchange::v1::carry_item::Item;
use sanheyi_tests::decoders::{key, named_body};

mod served;

#[path = "../../proto/tests/standard/samples.rs"]
#[expect(unused_imports, reason = "the tests of the standard take more of it")]
mod samples;

const JOURNAL: &str = "jintan>changzhou/normal/000102030405060708090a0b0c0d0e0f";

/// The corpus of a decoder.
pub(crate) fn of(name: &str) -> Vec<Vec<u8>> {
    match name {
        "header" => headers(),
        "segment" => segments(),
        "note" => texts([note(), checkpoint().sign(&key()), grant_note()]),
        "verifier_key" => texts([
            verifier_key("changzhou", &key().verifying()),
            verifier_key(JOURNAL, &key().verifying()),
        ]),
        "checkpoint" => texts([unsigned(&checkpoint().sign(&key())), extended()]),
        "grant" => texts([unsigned(&grant_note()), unsigned(&grant_note()) + "more to come\n"]),
        "tlog_proof" => proofs(),
        "carry" => carried(),
        "receipt" => receipts(),
        "conflict" => conflicts(),
        "forward" => served::forwards(),
        "erasure" => vec![served::erasure().encode()],
        "custody_notice" => served::notices(),
        "pull_response" => served::pulled(),
        "journal_id" => texts([JOURNAL.into(), JOURNAL.replace("changzhou/normal", "*/urgent")]),
        "body" => bodies(),
        "erase_request" | "offer_request" | "put_request" | "get_request" => served::handed(name),
        other => calls(other),
    }
}

/// A body of every dataset.
fn bodies() -> Vec<Vec<u8>> {
    samples::samples().iter().map(|(dataset, body)| named_body(dataset, body)).collect()
}

fn texts<const N: usize>(texts: [String; N]) -> Vec<Vec<u8>> {
    texts.map(String::into_bytes).into()
}

fn time(micros: i64) -> Timestamp {
    Timestamp::from_micros(samples::MORNING + micros)
}

fn header(body: &Body) -> Header {
    Header {
        dataset: "case.case".parse().unwrap(),
        record: "JS048100JT0000000217".parse().unwrap(),
        revision: 1,
        follows: None,
        custody_epoch: 0,
        operation: Operation::Put,
        standard: 1,
        occurred: time(0),
        recorded: time(1),
        body_digest: Suite::Intl.body(&body.salt, &body.bytes),
    }
}

fn body(salt: u8, bytes: &[u8]) -> Body {
    Body { salt: Salt([salt; limits::SALT_BYTES]), bytes: bytes.to_vec().into() }
}

fn headers() -> Vec<Vec<u8>> {
    let first = header(&body(1, b"first"));
    let second = Header {
        revision: 300,
        follows: Some(Digest::new([9; 32])),
        custody_epoch: 2,
        operation: Operation::Withdraw,
        standard: 129,
        ..first.clone()
    };
    // Fields 10 and 16 of a later version in front of the body digest.
    let mut later = first.encode();
    let tail = later.split_off(later.len() - 34);
    later.extend_from_slice(&[0x50, 7, 0x82, 1, 3, b'n', b'e', b'w']);
    later.extend_from_slice(&tail);
    vec![first.encode(), second.encode(), later]
}

fn segments() -> Vec<Vec<u8>> {
    let pack = |bodies: &[Body], erased: bool| {
        let mut writer = SegmentWriter::new().unwrap();
        for body in bodies {
            writer.push(&header(body).encode(), &body.salt, &body.bytes);
        }
        if erased {
            writer.push_erased(&header(&body(9, b"gone")).encode());
        }
        writer.finish().unwrap().to_vec()
    };
    let cases = samples::samples().into_iter().filter(|(dataset, _)| *dataset == "case.case");
    let cases: Vec<Body> = cases.map(|(_, case)| body(3, &case)).collect();
    vec![
        pack(&[body(1, b"x")], false),
        pack(&[], true),
        pack(&[body(1, b""), body(2, &[7; 500])], true),
        pack(&[&cases[..], &cases, &cases].concat(), true),
    ]
}

fn note() -> String {
    Note::sign("two\n\nparagraphs\n".into(), "changzhou", &key()).unwrap().to_string()
}

fn checkpoint() -> Checkpoint {
    Checkpoint {
        journal: JOURNAL.parse().unwrap(),
        size: 9,
        root: Suite::Intl.leaf(b"root"),
        epoch: EpochId::new([0x0e; 16]),
        opened: 4,
        time: time(0),
        keeper: None,
    }
}

fn extended() -> String {
    unsigned(&checkpoint().sign(&key())) + "weather fine\n雪\n"
}

fn grant_note() -> String {
    let grant = Grant {
        journal: JOURNAL.parse().unwrap(),
        epoch: EpochId::new([0x0e; 16]),
        serial: 7,
        opened: 4,
        root: Suite::Intl.leaf(b"root"),
        generation: Generation::new([0x9e; 16]),
        time: time(0),
    };
    grant.sign(&"changzhou".parse().unwrap(), &key())
}

/// The text of a note without its signatures.
fn unsigned(note: &str) -> String {
    note.rsplit_once("\n\n").unwrap().0.to_owned() + "\n"
}

fn proofs() -> Vec<Vec<u8>> {
    let proof = |hashes: u8, extra: Option<Vec<u8>>| {
        let hashes = (0..hashes).map(|n| Suite::Intl.leaf(&[n])).collect();
        TlogProof { extra, index: 3, hashes, checkpoint: checkpoint().sign(&key()) }.to_string()
    };
    texts([proof(0, None), proof(4, None), proof(63, Some(b"header".to_vec()))])
}

/// Carry files of both directions.
fn carried() -> Vec<Vec<u8>> {
    let ending = |kind| Ending {
        from: "jintan".parse().unwrap(),
        to: "changzhou".parse().unwrap(),
        kind,
        number: CarryId::new([3; 16]),
        part: 2,
        answers: Some(CarryId::new([4; 16])),
        time: time(0),
    };
    let file = |kind, items: Vec<Item>| {
        let mut writer = Writer::new(Vec::new()).unwrap();
        for item in items {
            writer.push(&wire::CarryItem { item: Some(item) }).unwrap();
        }
        writer.finish(ending(kind), &key()).unwrap().1
    };
    let call = |name: &str| calls(name).remove(0);
    let greet = wire::GreetRequest::decode(&call("greet_request")[..]).unwrap();
    let push = wire::PushRequest {
        checkpoint: checkpoint().sign(&key()),
        segments: vec![segments().remove(0).into()],
        ..wire::PushRequest::default()
    };
    let refusal = wire::Refusal::decode(&call("refusal")[..]).unwrap();
    let greeted = wire::GreetResponse { standard: 1, ..wire::GreetResponse::default() };
    vec![
        file(Kind::Up, vec![]),
        file(Kind::Up, vec![Item::Push(push), Item::Greet(greet)]),
        file(Kind::Down, vec![Item::Refusal(refusal), Item::Greeted(greeted)]),
    ]
}

fn reason() -> Reason {
    Reason::new("title", "required", "“办件标题”为必填项", "“case title” is required")
}

fn receipts() -> Vec<Vec<u8>> {
    let exception = |sequence, standing| Exception {
        sequence,
        standing,
        dataset: "case.case".into(),
        record: "JS048100JT0000000217".into(),
        revision: 1,
        reasons: vec![reason()],
    };
    let receipt = |exceptions| Receipt {
        journal: JOURNAL.parse().unwrap(),
        from: 3,
        to: 300,
        root: Suite::Intl.leaf(b"root"),
        standard: 1,
        received: time(0),
        broadcast: 0,
        exceptions,
    };
    let some = vec![exception(4, Standing::Quarantined), exception(8, Standing::Pending)];
    vec![receipt(Vec::new()).encode(), receipt(some).encode()]
}

fn conflicts() -> Vec<Vec<u8>> {
    let (body, found) = (body(1, b"first"), Some((2, Digest::new([1; 32]))));
    let one = |found| Conflict::new(header(&body).encode().into(), body.clone(), found).unwrap();
    vec![one(None).encode(), one(found).encode()]
}

fn calls(name: &str) -> Vec<Vec<u8>> {
    let id = |byte| vec![byte; 16].into();
    let root = || vec![5; 32].into();
    let cursor = || wire::JournalSize { journal: JOURNAL.into(), size: 7 };
    let one = match name {
        "greet_request" => wire::GreetRequest {
            protocol: 1,
            standard: 1,
            software: "sanheyi 0.1".into(),
            now: samples::MORNING,
            journals: vec![wire::JournalClaim {
                journal: JOURNAL.into(),
                holds: vec![id(0), id(1)],
                next: id(2),
                size: 7,
                root: root(),
                last_grant: grant_note(),
            }],
            copies: vec![wire::CopyClaim {
                journal: JOURNAL.into(),
                size: 9,
                root: root(),
                checkpoint: checkpoint().sign(&key()),
            }],
        }
        .encode_to_vec(),
        "push_request" => wire::PushRequest {
            journal: JOURNAL.into(),
            generation: id(9),
            epoch: id(1),
            first: 7,
            segments: segments().into_iter().map(Into::into).collect(),
            checkpoint: checkpoint().sign(&key()),
        }
        .encode_to_vec(),
        "pull_request" => wire::PullRequest {
            generation: id(9),
            cursors: vec![cursor(), cursor()],
            wait_millis: 25_000,
            max_bytes: 524_288,
            epochs: vec![wire::JournalEpoch { journal: cursor().journal, epoch: id(1) }],
        }
        .encode_to_vec(),
        "submit_request" => submission(),
        "refusal" => wire::Refusal {
            code: "history_changed".into(),
            durable: 7,
            root_claimed: root(),
            root_held: root(),
            generation: id(9),
            epoch: id(1),
            ..wire::Refusal::default()
        }
        .encode_to_vec(),
        other => panic!("{other} has no corpus"),
    };
    vec![one]
}

fn submission() -> Vec<u8> {
    let draft = wire::Draft {
        dataset: "case.case".into(),
        record: "JS048100JT0000000217".into(),
        operation: wire::Operation::Put.into(),
        occurred: samples::MORNING,
        body: samples::case().encode_to_vec().into(),
        follows_revision: 1,
        follows_digest: vec![1; 32].into(),
        reads: vec![wire::Read {
            dataset: "catalogue.power_item".into(),
            record: "JS048100JT-XK-1030.3".into(),
            revision: 3,
            digest: vec![2; 32].into(),
        }],
    };
    wire::SubmitRequest { drafts: vec![draft.clone(), draft] }.encode_to_vec()
}
