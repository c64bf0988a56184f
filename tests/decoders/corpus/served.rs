//! What is served of others' entries, and what is said of erased and handed-over ones.

use prost::Message as _;
use sanheyi_exchange_spec::custody::{Decision, Notice, Outcome};
use sanheyi_exchange_spec::erasure::Erasure;
use sanheyi_exchange_spec::forward::{Enclosure, Forward};
use sanheyi_exchange_spec::gate::Standing;
use sanheyi_exchange_spec::limits;
use sanheyi_exchange_spec::suite::Digest;
use sanheyi_proto::exchange::v1 as wire;
use sanheyi_tests::decoders::{FORWARDED, key};

use super::{JOURNAL, checkpoint, reason, segments, time};

pub(super) fn forwards() -> Vec<Vec<u8>> {
    let (forward, _) = &*FORWARDED;
    let kept = Forward {
        sequence: 300,
        standing: Standing::Quarantined,
        reasons: vec![reason(), reason()],
        ..forward.clone()
    };
    vec![forward.encode(), kept.encode()]
}

pub(super) fn erasure() -> Erasure {
    Erasure {
        dataset: "case.case".parse().unwrap(),
        record: "JS048100JT0000000217".parse().unwrap(),
        revision: 2,
        digest: Digest::new([7; 32]),
        reason: "保存期限届满".into(),
        basis: "档案保管期限表第三条".into(),
        decided_by: "数据管理科".into(),
    }
}

pub(super) fn notices() -> Vec<Vec<u8>> {
    let notice = |outcome| Notice {
        outcome,
        dataset: "case.case".parse().unwrap(),
        record: "JS048100JT0000000217".parse().unwrap(),
        revision: 2,
        digest: Digest::new([7; 32]),
        from: "jintan".parse().unwrap(),
        to: "wujin".parse().unwrap(),
        epoch: 1,
        offer_no: "YJ-2010-0001".into(),
        offer_revision: 1,
        expires: time(2),
        reason: "当事人住所地在武进".into(),
        at: time(1),
    };
    [Outcome::Offered, Outcome::Decided(Decision::Accept), Outcome::Decided(Decision::Refuse)]
        .map(|outcome| notice(outcome).encode())
        .into()
}

/// Forwards as they are served: with a body, and with one that was erased.
pub(super) fn pulled() -> Vec<Vec<u8>> {
    let (_, shown) = &*FORWARDED;
    let inclusion = vec![Digest::new([3; 32]), Digest::new([4; 32])];
    let erased = Enclosure { body: None, inclusion, ..shown.clone() };
    let tail = wire::Tail {
        journal: JOURNAL.into(),
        first: 7,
        segments: segments().into_iter().take(2).map(Into::into).collect(),
        checkpoint: checkpoint().sign(&key()),
        durable: 9,
        enclosures: vec![shown.to_wire(7, 0), erased.to_wire(8, 1)],
        checkpoints: vec![shown.checkpoint.clone(), checkpoint().sign(&key())],
    };
    let alone = wire::Tail { segments: Vec::new(), ..tail.clone() };
    let answer = |tails| wire::PullResponse { generation: vec![9; 16].into(), tails };
    [vec![tail.clone(), alone.clone()], vec![alone], Vec::new()]
        .map(|tails| answer(tails).encode_to_vec())
        .into()
}

/// Calls at a node's own door, and files.
pub(super) fn handed(name: &str) -> Vec<Vec<u8>> {
    let sha256 = || vec![5; 32].into();
    let said = erasure();
    let one = match name {
        "erase_request" => wire::EraseRequest {
            dataset: said.dataset.to_string(),
            record: said.record.to_string(),
            revision: said.revision,
            reason: said.reason,
            basis: said.basis,
            decided_by: said.decided_by,
        }
        .encode_to_vec(),
        "offer_request" => wire::OfferRequest {
            sha256: sha256(),
            bytes: limits::ATTACHMENT_PIECE_BYTES + 9,
            media_type: "application/pdf".into(),
        }
        .encode_to_vec(),
        "put_request" => {
            let piece = b"%PDF-1.4".to_vec().into();
            wire::PutRequest { sha256: sha256(), number: 1, piece }.encode_to_vec()
        }
        _ => wire::GetRequest { sha256: sha256(), number: 1 }.encode_to_vec(),
    };
    vec![one]
}
