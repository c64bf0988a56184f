//! What the exchange answers: receipts, conflict entries, refusals.

use sanheyi_exchange_spec::conflict::{self, Conflict};
use sanheyi_exchange_spec::entry::Body;
use sanheyi_exchange_spec::error::{CODES, Remedy};
use sanheyi_exchange_spec::gate::{Reason, Standing};
use sanheyi_exchange_spec::receipt::{self, Exception, Receipt};
use sanheyi_exchange_spec::suite::Suite;
use sanheyi_exchange_spec::time::Timestamp;
use serde_json::{Value, json};

use crate::entries::{JOURNAL, MORNING, first, salt};
use crate::tree::root;
use crate::{hex, hold, variant};

fn reason_vector(reason: &Reason) -> Value {
    json!({"field": reason.field, "rule": reason.rule, "zh": reason.zh, "en": reason.en})
}

fn receipt() -> Receipt {
    let exception = |sequence, standing, rule: &str| Exception {
        sequence,
        standing,
        dataset: "case.case".into(),
        record: "JS048100JT0000000217".into(),
        revision: 1,
        reasons: vec![Reason::new("title", rule, "“办件标题”为必填项", "“case title” is required")],
    };
    Receipt {
        journal: JOURNAL.parse().unwrap(),
        from: 3,
        to: 9,
        root: root(9),
        standard: 1,
        received: Timestamp::from_micros(MORNING),
        broadcast: 0,
        exceptions: vec![
            exception(4, Standing::Quarantined, "required"),
            exception(8, Standing::Pending, "dataset.unknown"),
        ],
    }
}

#[test]
fn receipts_are_the_golden_ones() {
    let receipt = receipt();
    let body = receipt.encode();
    assert_eq!(Receipt::decode(&body).unwrap(), receipt);
    let (accepted, quarantined, pending) = receipt.counts();
    let exceptions: Vec<Value> = receipt
        .exceptions
        .iter()
        .map(|exception| {
            json!({
                "sequence": exception.sequence,
                "standing": exception.standing.number(),
                "dataset": exception.dataset,
                "record": exception.record,
                "revision": exception.revision,
                "reasons": exception.reasons.iter().map(reason_vector).collect::<Vec<_>>(),
            })
        })
        .collect();
    let swapped = {
        let mut swapped = receipt.clone();
        swapped.exceptions.reverse();
        swapped
    };
    let refused: Vec<Value> = [
        ("an empty range", Receipt { from: 9, exceptions: Vec::new(), ..receipt.clone() }),
        ("a range too long", Receipt { from: 0, to: 8193, ..receipt.clone() }),
        ("an exception outside its range", Receipt { from: 5, ..receipt.clone() }),
        ("exceptions that descend", swapped),
    ]
    .iter()
    .map(|(name, receipt)| {
        let body = receipt.encode();
        let error = variant(&Receipt::decode(&body).expect_err(name));
        json!({"name": name, "body": hex(body), "error": error})
    })
    .collect();
    // Judged by seven entries of the broadcast.
    let by_rules = Receipt { broadcast: 7, ..receipt.clone() };
    let by_rules_body = by_rules.encode();
    assert_eq!(Receipt::decode(&by_rules_body).unwrap(), by_rules);
    let vector = json!({
        "dataset": receipt::DATASET,
        "by_broadcast": {"broadcast": by_rules.broadcast, "body": hex(by_rules_body)},
        "receipt": {
            "journal": receipt.journal.to_string(),
            "from": receipt.from,
            "to": receipt.to,
            "root": receipt.root.to_string(),
            "standard": receipt.standard,
            "received": receipt.received.as_micros(),
            "exceptions": exceptions,
            "accepted": accepted,
            "quarantined": quarantined,
            "pending": pending,
            "body": hex(body),
        },
        "refused": refused,
    });
    hold("receipts", &vector);
}

#[test]
fn conflict_entries_are_the_golden_ones() {
    let body = Body { salt: salt(0x11), bytes: (&b"first"[..]).into() };
    let header = first(&body.salt, &body.bytes).encode();
    let conflicts: Vec<Value> = [None, Some((2, Suite::Intl.leaf(b"found")))]
        .map(|found| {
            let one = Conflict::new(header.clone().into(), body.clone(), found).unwrap();
            let bytes = one.encode();
            assert_eq!(Conflict::decode(&bytes).unwrap(), one);
            json!({
                "header": hex(&one.header),
                "salt": hex(one.body.salt.0),
                "inside": hex(&one.body.bytes),
                "reason": reason_vector(&one.reason),
                "found_revision": found.map_or(0, |(revision, _)| revision),
                "found_digest": found.map(|(_, digest)| digest.to_string()),
                "body": hex(bytes),
            })
        })
        .into();
    let other = Body { salt: salt(0x12), ..body.clone() };
    let other = Conflict::new(header.clone().into(), other, None).unwrap().encode();
    let bare = Conflict::new(header.clone().into(), body, None).unwrap().encode();
    let refused: Vec<Value> = [
        ("another salt than the header's digest has", other),
        ("no reason", bare[..2 + header.len() + 2 + 16 + 2 + 5].to_vec()),
        ("no header", Vec::new()),
    ]
    .iter()
    .map(|(name, body)| {
        let error = variant(&Conflict::decode(body).expect_err(name));
        json!({"name": name, "body": hex(body), "error": error})
    })
    .collect();
    let vector = json!({"dataset": conflict::DATASET, "conflicts": conflicts, "refused": refused});
    hold("conflicts", &vector);
}

pub(crate) fn remedy(remedy: Remedy) -> &'static str {
    match remedy {
        Remedy::Retry => "retry",
        Remedy::Greet => "greet",
        Remedy::Operator => "operator",
    }
}

#[test]
fn refusals_are_the_golden_ones() {
    let codes: Vec<Value> = CODES
        .iter()
        .map(|code| {
            json!({
                "code": code.as_str(),
                "remedy": remedy(code.remedy()),
                "remedy_zh": code.remedy_zh(),
                "remedy_en": code.remedy_en(),
            })
        })
        .collect();
    hold("refusals", &json!({ "codes": codes }));
}
