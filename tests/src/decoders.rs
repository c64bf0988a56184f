//! Every decoder that meets bytes from outside, each behind one function that takes any bytes and
//! asserts what must hold of them: not only that nothing panics, but that what is read is written
//! back as it was, and that nothing grows beyond its bound. The seeded run of CI (`tests/decoders`)
//! and the fuzzer (`tests/fuzz`) call the same functions.

use std::fmt::Debug;
use std::sync::LazyLock;

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage};
use sanheyi_exchange_spec::carry::{Ending, Kind, Reader, Writer};
use sanheyi_exchange_spec::checkpoint::Checkpoint;
use sanheyi_exchange_spec::conflict::Conflict;
use sanheyi_exchange_spec::custody::Notice;
use sanheyi_exchange_spec::entry::{Body, DIGEST_TAIL, HeaderView, Operation};
use sanheyi_exchange_spec::erasure::Erasure;
use sanheyi_exchange_spec::forward::{Enclosure, Forward};
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::grant::Grant;
use sanheyi_exchange_spec::ids::{CarryId, EpochId, JournalId, PlatformId, RecordId};
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::merkle::SIZE_MAX;
use sanheyi_exchange_spec::merkle::tlog_proof::{PROOF_BYTES, PROOF_HASHES, TlogProof};
use sanheyi_exchange_spec::note::{Note, parse_verifier_key, verifier_key};
use sanheyi_exchange_spec::receipt::Receipt;
use sanheyi_exchange_spec::segment::{Opened, SegmentReader, SegmentWriter, peek_entries};
use sanheyi_exchange_spec::suite::{Salt, SigningKey, Suite};
use sanheyi_exchange_spec::time::Timestamp;
use sanheyi_proto::exchange::v1::{
    EraseRequest, GetRequest, GreetRequest, Header, OfferRequest, PullRequest, PullResponse,
    PushRequest, PutRequest, Refusal, SubmitRequest,
};
use sanheyi_proto::{DESCRIPTORS, Dataset, Violations, dataset};

/// A decoder behind its assertions; answers whether it accepted the bytes.
pub type Decoder = fn(&[u8]) -> bool;

/// Every decoder, by name.
pub const DECODERS: &[(&str, Decoder)] = &[
    ("header", header),
    ("segment", segment),
    ("note", note),
    ("verifier_key", verifier),
    ("checkpoint", checkpoint),
    ("grant", grant),
    ("tlog_proof", tlog_proof),
    ("carry", carry),
    ("receipt", receipt),
    ("conflict", conflict),
    ("forward", forward),
    ("erasure", erasure),
    ("custody_notice", custody_notice),
    ("journal_id", journal_id),
    ("body", body),
    ("greet_request", message::<GreetRequest>),
    ("push_request", message::<PushRequest>),
    ("pull_request", message::<PullRequest>),
    ("pull_response", pull_response),
    ("submit_request", message::<SubmitRequest>),
    ("erase_request", message::<EraseRequest>),
    ("offer_request", message::<OfferRequest>),
    ("put_request", message::<PutRequest>),
    ("get_request", message::<GetRequest>),
    ("refusal", message::<Refusal>),
];

/// Overhead of an entry in an opened segment: its digest tail and where its parts lie.
const SLOT_BYTES: usize = DIGEST_TAIL + 128;

/// Runs a decoder.
///
/// # Panics
/// If there is none of that name, or an assertion fails.
pub fn run(name: &str, bytes: &[u8]) -> bool {
    let found = DECODERS.iter().find(|(known, _)| *known == name);
    let (_, decoder) = found.expect("a decoder of that name");
    decoder(bytes)
}

/// The key under which texts are signed, so that what lies behind a signature is reached as well.
pub fn key() -> SigningKey {
    SigningKey::from_seed(&[7; 32])
}

fn header(bytes: &[u8]) -> bool {
    let Ok(view) = HeaderView::parse(bytes) else { return false };
    assert!(bytes.len() <= limits::HEADER_BYTES);
    let header = view.to_header().expect("what was read has ids of their shape");
    let message = Header::decode(bytes).expect("a header is a message of protobuf");
    assert_eq!(message.record, view.record);
    // Nothing unknown in it: then there is one way to write it.
    if message.encoded_len() == bytes.len() {
        assert_eq!(header.encode(), bytes);
    } else {
        assert!(bytes.starts_with(&header.encode_prefix()), "unknown fields come after known ones");
    }
    true
}

fn segment(bytes: &[u8]) -> bool {
    let mut reader = SegmentReader::new(Suite::Intl).expect("memory for a context");
    let Ok(opened) = reader.open(bytes) else { return false };
    assert_eq!(usize::try_from(peek_entries(bytes).expect("it was opened")), Ok(opened.len()));
    assert!((1..=limits::SEGMENT_ENTRIES).contains(&opened.len()));
    let most = 2 * limits::FRAME_BYTES + opened.len() * SLOT_BYTES;
    assert!(opened.memory() <= most, "{} bytes, at most {most}", opened.memory());
    let again = reader.open(&packed(&opened)).expect("what was read can be packed anew");
    assert_eq!(again.len(), opened.len());
    for (one, other) in opened.iter().zip(again.iter()) {
        assert_eq!(one.header_bytes, other.header_bytes);
        assert_eq!((one.digest, one.body), (other.digest, other.body));
        assert_eq!(one.digest, Suite::Intl.leaf(one.header_bytes));
        if let Some((salt, body)) = one.body {
            assert!(body.len() <= limits::BODY_BYTES);
            assert_eq!(one.header.body_digest, Suite::Intl.body(&salt, body));
        }
    }
    true
}

fn packed(opened: &Opened) -> Vec<u8> {
    let mut writer = SegmentWriter::new().expect("memory for a context");
    for entry in opened.iter() {
        match entry.body {
            Some((salt, body)) => writer.push(entry.header_bytes, &Salt(salt.0), body),
            None => writer.push_erased(entry.header_bytes),
        }
    }
    writer.finish().expect("memory").to_vec()
}

fn note(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else { return false };
    let Ok(note) = Note::parse(text) else { return false };
    assert!(text.len() <= limits::NOTE_BYTES);
    assert_eq!(note.to_string(), text);
    // It verifies under nobody's key by chance.
    assert!(note.verify("nobody", &key().verifying()).is_err());
    true
}

fn verifier(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else { return false };
    let Ok((name, key)) = parse_verifier_key(text) else { return false };
    assert_eq!(verifier_key(&name, &key), text);
    true
}

/// The bytes as a note, and as the text of one that is signed.
fn checkpoint(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else { return false };
    let key = key();
    let unsigned = Checkpoint::open(text, &key.verifying());
    let origin = text.lines().next().unwrap_or_default();
    let Ok(note) = Note::sign(text.to_owned(), origin, &key) else { return unsigned.is_ok() };
    let Ok(read) = Checkpoint::open(&note.to_string(), &key.verifying()) else {
        return unsigned.is_ok();
    };
    let again = read.sign(&key);
    let again = again.split_once("\n\n").map_or("", |(text, _)| text);
    assert!(text.starts_with(again), "what is read is written in one way");
    true
}

fn grant(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else { return false };
    let (key, hub) = (key(), "changzhou".parse::<PlatformId>().expect("a platform id"));
    let unsigned = Grant::open(text, &hub, &key.verifying());
    let Ok(note) = Note::sign(text.to_owned(), hub.as_str(), &key) else { return unsigned.is_ok() };
    let Ok(read) = Grant::open(&note.to_string(), &hub, &key.verifying()) else {
        return unsigned.is_ok();
    };
    let again = read.sign(&hub, &key);
    let again = again.split_once("\n\n").map_or("", |(text, _)| text);
    assert!(text.starts_with(again), "what is read is written in one way");
    true
}

fn tlog_proof(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else { return false };
    let Ok(proof) = text.parse::<TlogProof>() else { return false };
    assert!(text.len() <= PROOF_BYTES && proof.hashes.len() <= PROOF_HASHES);
    assert_eq!(proof.to_string(), text);
    let leaf = Suite::Intl.leaf(b"nothing that stands in a journal");
    assert!(proof.verify(Suite::Intl, &leaf, &key().verifying()).is_err());
    true
}

/// A carry file; one whose items are read to their end is accepted, whatever its manifest says.
fn carry(bytes: &[u8]) -> bool {
    let length = bytes.len() as u64;
    let Ok(mut reader) = Reader::open(bytes, length) else { return false };
    let mut items = Vec::new();
    loop {
        match reader.next_item() {
            Ok(Some(item)) => items.push(item),
            Ok(None) => break,
            Err(_) => return false,
        }
    }
    let manifest = reader.finish().map(|claimed| claimed.manifest().clone());
    let ending = Ending {
        from: "jintan".parse().expect("a platform id"),
        to: "changzhou".parse().expect("a platform id"),
        kind: Kind::Up,
        number: CarryId::new([3; 16]),
        part: 1,
        answers: None,
        time: Timestamp::from_micros(0),
    };
    let mut writer = Writer::new(Vec::new()).expect("memory");
    items.iter().for_each(|item| writer.push(item).expect("what was read can be written"));
    let (written, again) = writer.finish(ending, &key()).expect("memory");
    if let Ok(manifest) = manifest {
        assert_eq!(manifest.items, written.items);
        assert!(manifest.bytes < length);
    }
    let claimed = Reader::open(&again[..], again.len() as u64).and_then(Reader::finish);
    let claimed = claimed.expect("what was written is whole");
    claimed.verify(&written.to, Kind::Up, &key().verifying()).expect("and signed");
    true
}

fn receipt(bytes: &[u8]) -> bool {
    let Ok(receipt) = Receipt::decode(bytes) else { return false };
    let (accepted, quarantined, pending) = receipt.counts();
    assert_eq!(accepted + quarantined + pending, receipt.to - receipt.from);
    assert!(receipt.to - receipt.from <= limits::RECEIPT_ENTRIES);
    assert!(receipt.exceptions.len() <= limits::RECEIPT_EXCEPTIONS);
    assert_eq!(Receipt::decode(&receipt.encode()).expect("written anew"), receipt);
    true
}

fn conflict(bytes: &[u8]) -> bool {
    let Ok(conflict) = Conflict::decode(bytes) else { return false };
    let inside = HeaderView::parse(&conflict.header).expect("one whole entry is inside");
    let body = Suite::Intl.body(&conflict.body.salt, &conflict.body.bytes);
    assert_eq!(inside.body_digest, body);
    assert_eq!(Conflict::decode(&conflict.encode()).expect("written anew"), conflict);
    true
}

fn forward(bytes: &[u8]) -> bool {
    let Ok(forward) = Forward::decode(bytes) else { return false };
    assert!(forward.sequence < SIZE_MAX && forward.reasons.len() <= limits::REASONS);
    HeaderView::parse(&forward.header).expect("one whole header is inside");
    assert_eq!(Forward::decode(&forward.encode()).expect("written anew"), forward);
    true
}

/// A forward, and what proves it by the author whose key is [`key`].
pub static FORWARDED: LazyLock<(Forward, Enclosure)> = LazyLock::new(|| {
    let journal = "jintan>changzhou/normal/000102030405060708090a0b0c0d0e0f";
    let journal: JournalId = journal.parse().expect("a journal's id");
    let body = Body { salt: Salt([1; limits::SALT_BYTES]), bytes: b"shown".to_vec().into() };
    let header = sanheyi_exchange_spec::entry::Header {
        dataset: "case.case".parse().expect("a dataset's name"),
        record: "JS048100JT0000000217".parse().expect("a record's id"),
        revision: 1,
        follows: None,
        custody_epoch: 0,
        operation: Operation::Put,
        standard: 1,
        occurred: Timestamp::from_micros(0),
        recorded: Timestamp::from_micros(0),
        body_digest: Suite::Intl.body(&body.salt, &body.bytes),
    };
    let header = header.encode();
    let checkpoint = Checkpoint {
        journal: journal.clone(),
        size: 1,
        root: Suite::Intl.leaf(&header),
        epoch: EpochId::new([0x0e; 16]),
        opened: 0,
        time: Timestamp::from_micros(0),
        keeper: None,
    };
    let checkpoint = checkpoint.sign(&key());
    let (sequence, standing, reasons) = (0, Standing::Accepted, Vec::new());
    let forward = Forward { journal, sequence, header: header.into(), standing, reasons };
    (forward, Enclosure { body: Some(body), checkpoint, inclusion: Vec::new() })
});

fn erasure(bytes: &[u8]) -> bool {
    let Ok(erasure) = Erasure::decode(bytes) else { return false };
    for text in [&erasure.reason, &erasure.basis, &erasure.decided_by] {
        assert!((1..=limits::ERASURE_TEXT_BYTES).contains(&text.len()));
    }
    assert!(erasure.record_id().parse::<RecordId>().is_ok(), "it can name a record");
    assert_eq!(Erasure::decode(&erasure.encode()).expect("written anew"), erasure);
    true
}

fn custody_notice(bytes: &[u8]) -> bool {
    let Ok(notice) = Notice::decode(bytes) else { return false };
    assert!(notice.revision > 0 && notice.offer_revision > 0 && notice.epoch > 0);
    assert_eq!(Notice::decode(&notice.encode()).expect("written anew"), notice);
    true
}

fn journal_id(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else { return false };
    let Ok(id) = text.parse::<JournalId>() else { return false };
    assert_eq!(id.to_string(), text);
    true
}

/// The messages of the standard, by name.
static STANDARD: LazyLock<DescriptorPool> =
    LazyLock::new(|| DescriptorPool::decode(DESCRIPTORS).expect("our own descriptors"));

/// A body of any dataset behind the dataset's name: a byte with its length, the name, the body.
pub fn named_body(name: &str, body: &[u8]) -> Vec<u8> {
    let length = u8::try_from(name.len()).expect("a short name");
    [&[length], name.as_bytes(), body].concat()
}

/// The check of a dataset: what it accepts is that message, and stays accepted, named and leaning
/// on the same records when written anew.
fn body(bytes: &[u8]) -> bool {
    let Some((dataset, body)) = of_dataset(bytes) else { return false };
    let mut violations = Violations::new();
    (dataset.check)(body, &mut violations);
    assert!(violations.len() <= Violations::LIMIT);
    for violation in &violations {
        assert!(!violation.rule.is_empty());
        assert!(!violation.zh.is_empty() && !violation.en.is_empty());
    }
    let names = names(dataset, body);
    if !violations.is_empty() {
        return false;
    }
    let message = STANDARD.get_message_by_name(dataset.message).expect("a message of the standard");
    let message = DynamicMessage::decode(message, body).expect("what keeps the rules is a message");
    let again = message.encode_to_vec();
    (dataset.check)(&again, &mut violations);
    assert!(violations.is_empty(), "{}: {violations:?}", dataset.name);
    assert_eq!(self::names(dataset, &again), names, "{}", dataset.name);
    assert!(names.first().is_some_and(Option::is_some), "{}: no record", dataset.name);
    true
}

fn of_dataset(bytes: &[u8]) -> Option<(&'static Dataset, &[u8])> {
    let (length, rest) = bytes.split_first()?;
    let (name, body) = rest.split_at_checked(usize::from(*length))?;
    Some((dataset(str::from_utf8(name).ok()?)?, body))
}

/// The record that a body is, and those that it leans on.
fn names(dataset: &Dataset, body: &[u8]) -> Vec<Option<String>> {
    let mut out = String::new();
    let mut names = vec![dataset.record.name(body, &mut out).then(|| out.clone())];
    for reference in dataset.references {
        names.push(reference.target(body, &mut out).then(|| out.clone()));
    }
    names
}

fn message<M: Message + Default + PartialEq + Debug>(bytes: &[u8]) -> bool {
    let Ok(message) = M::decode(bytes) else { return false };
    let again = message.encode_to_vec();
    assert_eq!(M::decode(again.as_slice()).expect("written anew"), message);
    true
}

/// The answer to a pull, with what is joined to the forwards in it: whatever that is, it proves no
/// other body than the one that its author signed.
fn pull_response(bytes: &[u8]) -> bool {
    let Ok(response) = PullResponse::decode(bytes) else { return false };
    assert!(message::<PullResponse>(bytes));
    for tail in response.tails {
        for one in tail.enclosures {
            let place = one.checkpoint;
            let Ok((sequence, enclosure)) = Enclosure::from_wire(one, &tail.checkpoints) else {
                return false;
            };
            assert!(enclosure.inclusion.len() <= limits::INCLUSION_HASHES);
            let written = enclosure.to_wire(sequence, place);
            assert!(written.encoded_len() <= enclosure.weight(), "it weighs what it takes");
            let again = Enclosure::from_wire(written, &tail.checkpoints);
            assert_eq!(again.expect("written anew"), (sequence, enclosure.clone()));
            let (forward, shown) = &*FORWARDED;
            if forward.verify(&enclosure, |_, _, _| Some(key().verifying())).is_ok() {
                assert!(enclosure.body.is_none() || enclosure.body == shown.body);
                assert!(enclosure.inclusion.is_empty(), "it stands alone in its journal");
            }
        }
    }
    true
}
